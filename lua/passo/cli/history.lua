-- cli/history.lua: `passo history`: a recorded history as a table; a definition is run first.
local files = require "passo.cli.files"
local history = require "passo.history"
local run = require "passo.cli.run"
local terminal = require "passo.terminal"

local command = {
  summary = "show a history as a table",
  usage = "history FILE [OPTIONS]",
  about = [[
FILE is a history in JSON: a list of events, what `aws stepfunctions get-execution-history` prints, or what
`passo run --save-history` wrote; - is standard input. A definition may be given instead: it is run once, with the
options of `passo run`, and its history shown.
]],
  examples = [[
passo history run.json
aws stepfunctions get-execution-history --execution-arn ARN | passo history -
passo history reminder.asl.json -i '{"days": 30}' --virtual-time
passo history run.json --json | grep TaskFailed
]],
  options = { { name = "json", help = "the events as JSON, one a line" } },
}

-- Those of `run` that describe the execution itself.
for _, option in ipairs(run.options) do
  local own = { input = true, handlers = true, ["virtual-time"] = true, set = true, machine = true, profile = true,
    name = true, aws = true, region = true, ["endpoint-url"] = true, ["aws-profile"] = true }
  if own[option.name] then
    command.options[#command.options + 1] = option
  end
end

--- The events of a history file as Lua tables, or nil and words; `content` may be given already.
function command.read(path, stdin, content)
  local message
  if not content then
    content, message = files.read(path, stdin)
    if not content then
      return nil, message
    end
  end
  local value, why = files.decode(content, path == "-" and "standard input" or path)
  if value == nil then
    return nil, why
  end
  local events, wrong = history.events(value)
  if not events then
    return nil, ("%s: %s"):format(path, wrong)
  end
  return events
end

local function is_definition(path, content)
  return path:find "%.ya?ml$" or (content:find '"StartAt"%s*:' and content:find '"States"%s*:'
    and not content:find '"previousEventId"')
end

function command.run(shell, options)
  if #options ~= 1 then
    shell.complain "history needs one file: passo history FILE"
    return 2
  end
  local path = options[1]
  local content, message = files.read(path, shell.stdin)
  if not content then
    shell.complain(message)
    return 2
  end
  local events
  local code = 0
  if path ~= "-" and is_definition(path, content) then
    local result
    result, code = run.execute(shell, path, options)
    events = result and result.history
  else
    events, message = command.read(path, nil, content)
    if not events then
      shell.complain(message)
      return 2
    end
  end
  if not events then
    return code
  end
  if options.json then
    local encode = require("passo").core.encode
    for _, event in ipairs(events) do
      shell.print(encode(event) .. "\n")
    end
  else
    shell.print(table.concat(history.lines(events, { paint = shell.paint, width = terminal.width() }), "\n") .. "\n")
  end
  return code
end

return command
