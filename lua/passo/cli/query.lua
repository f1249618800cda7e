-- cli/query.lua: `passo query`: a JSONata expression asked of JSON.
local files = require "passo.cli.files"
local passo = require "passo"

local query = {
  summary = "ask JSON a JSONata expression",
  usage = "query EXPRESSION [FILE] [OPTIONS]",
  about = [[
Evaluates EXPRESSION (jsonata.org, with the functions that Step Functions adds) on the JSON in FILE, or on standard
input, and prints the result as JSON. With --no-input the expression has no data, as in a state of a workflow.

Exit code: 0 when there was a result, 1 when the expression found nothing or failed, 2 when it could not be asked.
]],
  examples = [[
passo query '$sum(orders.(price * quantity))' orders.json
curl -s localhost/orders | passo query 'orders[status = "open"].id'
passo query '$fromMillis($now() ~> $toMillis(), "[FNn] [D1o] of [MNn]")' --no-input
passo query 'orders[price > $limit]' orders.json --bind limit=100
]],
  options = {
    { name = "bind", value = "NAME=JSON", many = true, help = "a variable $NAME of the expression; may be repeated" },
    { name = "no-input", help = "there is no data: nothing is read" },
    { name = "compact", help = "the result on one line" },
    { name = "raw", short = "r", help = "a string is printed as it is, without quotes" },
  },
}

local function place(expression, at)
  if not at or at == 0 then return "" end
  local before = expression:sub(1, at)
  local _, lines = before:gsub("\n", "")
  return (" (line %d, column %d)"):format(lines + 1, #before:match "[^\n]*$")
end

local function bindings_of(shell, list)
  local bindings = {}
  for _, binding in ipairs(list or {}) do
    local name, text = binding:match "^%$?([%w_]+)=(.*)$"
    if not name then
      shell.complain(("--bind %s: NAME=JSON is wanted, as in --bind limit=100"):format(binding))
      return nil
    end
    local value, message = passo.core.decode(text)
    if value == nil then
      shell.complain(("--bind %s: %s (a string is written with its quotes: '%s=\"...\"')"):format(name, message, name))
      return nil
    end
    bindings[name] = value
  end
  return bindings
end

function query.run(shell, options)
  local text, path = options[1], options[2]
  if not text then
    shell.complain "query needs an expression: passo query 'orders.price' orders.json"
    return 2
  end
  local bindings = bindings_of(shell, options.bind)
  if not bindings then return 2 end
  local expression, message, failure = passo.jsonata(text)
  if not expression then
    shell.complain(("%s: %s%s"):format(failure.code, message, place(text, failure.at)))
    return 2
  end
  local data
  if not options["no-input"] then
    local content
    content, message = files.read(path or "-", shell.stdin)
    if content then data, message = files.json(content, path or "standard input") end
    if not content or data == nil then
      shell.complain(message)
      return 2
    end
  end
  local result
  result, message, failure = expression:eval(data, bindings)
  if failure then
    shell.complain(("%s: %s%s"):format(failure.code, message, place(text, failure.at)))
    return 1
  elseif result == nil then
    shell.complain "the expression found nothing"
    return 1
  end
  local shown = options.raw and type(result) == "string" and result
    or passo.core.encode(result, not options.compact and { indent = "  " } or nil)
  shell.print(shown .. "\n")
  return 0
end

return query
