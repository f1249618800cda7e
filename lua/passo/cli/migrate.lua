-- cli/migrate.lua: `passo migrate`: a definition from JSONPath to JSONata.
local definition = require "passo.cli.definition"
local files = require "passo.cli.files"
local terminal_text = require "passo.text"

local migrate = {
  summary = "convert a definition from JSONPath to JSONata",
  usage = "migrate FILE [OPTIONS]",
  about = [[
Converts the states of a definition (JSON or YAML; - is standard input) and prints it as JSON. A state is converted
where it then gives the same output for every input with which it succeeds in JSONPath; others are left in JSONPath,
and named with the field and the reason. When none is left, the machine's QueryLanguage is JSONata; until then, the
converted states say so themselves.

States.Format and States.Hash print numbers such as 1.0, objects and lists in a way of their own. With --plain, what
they print is taken for texts, whole numbers, truths or null, and the states that rely on this are named.

Exit code: 0 when all was converted, 1 when states are left in JSONPath, 2 when the definition could not be used.
]],
  examples = [[
passo migrate checkout.asl.json -o checkout.jsonata.asl.json
passo migrate checkout.asl.json --report
passo migrate checkout.asl.json --plain > checkout.jsonata.asl.json
]],
  options = {
    { name = "output", short = "o", value = "FILE", help = "write the definition there; default: standard output" },
    { name = "plain", help = "also convert what prints values of unknown type, taking them for plain" },
    { name = "report", help = "only say what would be converted, and what not" },
    { name = "set", value = "NAME=VALUE", many = true, help = "replaces ${NAME} in the definition; may be repeated" },
  },
}

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

local function report(shell, path, result, notes)
  local converted = result.states - result.already - #result.left
  shell.note(("%s: %s of %s converted%s\n"):format(path, converted, plural(result.states, "state"),
    result.already > 0 and (", %d in JSONata before"):format(result.already) or ""))
  for _, left in ipairs(result.left) do
    shell.note(("  %s stays in JSONPath: %s%s\n"):format(terminal_text.printable(left.state),
      left.field and left.field .. ": " or "", terminal_text.printable(left.reason)))
  end
  for _, name in ipairs(result.assumed) do
    shell.note(("  %s is the same as long as it prints nothing but plain texts (--plain)\n"):format(
      terminal_text.printable(name)))
  end
  if converted > 0 then
    shell.note "What differs all the same:\n"
    for _, note in ipairs(notes) do shell.note("  " .. note .. "\n") end
  end
end

function migrate.run(shell, options)
  local path = options[1]
  if not path or options[2] then
    shell.complain "migrate needs one definition: passo migrate FILE"
    return 2
  end
  local machine = definition.load(shell, path, options)
  if not machine then return 2 end
  local converter = require "passo.migrate"
  local result = converter.convert(machine:definition(), { plain = options.plain })
  report(shell, path, result, converter.notes)
  if not options.report then
    local text = require("passo").core.encode(result.definition, { pretty = true }) .. "\n"
    if options.output then
      local written, message = files.write(options.output, text)
      if not written then
        shell.complain(message)
        return 2
      end
    else
      shell.print(text)
    end
  end
  return result.whole and 0 or 1
end

return migrate
