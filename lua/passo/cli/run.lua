-- cli/run.lua: `passo run`: one execution, its result on standard output.
local definition = require "passo.cli.definition"
local files = require "passo.cli.files"
local history = require "passo.history"
local terminal = require "passo.terminal"
local text = require "passo.text"

-- Who else could do a Task, in words of the command line.
local REMEDY = "\n(--handlers FILE.lua has such functions; --aws leaves Tasks to AWS, "
  .. "--connections http:invoke to its API, --mock all to a test case)"

local run = {
  summary = "run a workflow once and print its result",
  usage = "run FILE [-i INPUT] [--handlers FILE.lua] [OPTIONS]",
  about = [[
FILE is a definition in JSON or YAML; - reads it from standard input. The result, a JSON object with status and
output (or error and cause), goes to standard output. Tasks are done by the functions that the handlers file returns:

  return {
    ChargeCard = function(input, ctx) return { charged = input.amount } end,   -- by state, function name or ARN
    default = function(input, ctx) return input end,                           -- for all others
  }

With --aws, tasks that no function does are done by AWS, with the credentials and region that the AWS CLI would find;
--record keeps what they answered in a file, without secrets, and --replay answers from it without AWS. --mock answers
as a test case of a Step Functions Local mock file says. --connections is for http:invoke: a JSON file of connections
by name, as EventBridge's CreateConnection takes them, whose secrets may be "env:NAME" or "file:PATH".

Exit code: 0 when the execution succeeded, 1 when it failed, timed out or was aborted, 2 when it could not start.
]],
  examples = [[
passo run hello.asl.json -i '{"name": "Ana"}'
passo run checkout.asl.yaml -i @order.json --handlers handlers.lua --history
echo '{"days": 30}' | passo run reminder.asl.json -i - --virtual-time
passo run etl.asl.yaml --set REGION=sa-east-1 --save-history run.json
passo run etl.asl.yaml --aws --region sa-east-1
passo run etl.asl.yaml --aws --endpoint-url http://localhost:5000
passo run etl.asl.yaml --record etl.cassette
passo run etl.asl.yaml --replay etl.cassette --virtual-time
passo run checkout.asl.json --mock MockConfigFile.json#HappyPath --virtual-time
passo run prices.asl.json --connections connections.json --allow 127.0.0.1:8080
passo graph etl.asl.yaml --history run.json -o run.svg
]],
  options = {
    { name = "input", short = "i", value = "INPUT", help = "JSON text, @FILE, or - for standard input (default {})" },
    { name = "handlers", value = "FILE.lua", help = "a Lua file that returns a table of functions" },
    { name = "aws", help = "tasks without a function are done by AWS" },
    { name = "region", value = "REGION", help = "with --aws: the region" },
    { name = "endpoint-url", value = "URL", help = "with --aws: another place than AWS, for all services" },
    { name = "aws-profile", value = "NAME", help = "with --aws: a profile of the AWS configuration files" },
    { name = "mock", value = "FILE#CASE", help = "a test case of a Step Functions Local mock file" },
    { name = "record", value = "FILE", help = "as --aws, and keep what tasks were answered in a new file" },
    { name = "replay", value = "FILE", help = "answer tasks from such a file" },
    { name = "connections", value = "FILE", help = "the connections of http:invoke" },
    { name = "allow", value = "ADDRESS", many = true,
      help = "an address, network or host that http:invoke may reach though it is private; may be repeated" },
    { name = "history", help = "show the history as a table, on standard error" },
    { name = "save-history", value = "FILE", help = "write the history as JSON, for passo history and passo graph" },
    { name = "virtual-time", help = "a clock of its own: waits, timeouts and retries take no time" },
    { name = "set", value = "NAME=VALUE", many = true, help = "replaces ${NAME} in the definition; may be repeated" },
    { name = "machine", value = "NAME", help = "which state machine of a SAM, CloudFormation or serverless.yml file" },
    { name = "profile", value = "NAME", choices = { "aws-standard", "aws-express", "unlimited" },
      help = "whose limits and rules hold: aws-standard (default), aws-express, unlimited" },
    { name = "name", value = "NAME", help = "the execution's name" },
    { name = "compact", help = "the result on one line" },
    { name = "output", help = "print the output alone, not the whole result" },
    { name = "quiet", short = "q", help = "no progress on the terminal" },
  },
}

-- The execution's input, as a value; nil and words.
local function read_input(shell, written)
  if not written then
    return files.json("{}", "input")
  end
  local path = written:match "^@(.+)$"
  local content, message, name = written, nil, "input"
  if written == "-" then
    content, name = files.read("-", shell.stdin), "standard input"
  elseif path then
    content, message = files.read(path)
    name = path
  end
  if not content then
    return nil, message
  end
  local value, why = files.json(content, name)
  if value == nil and not path and written ~= "-" and files.exists(written) then
    why = ("%s (it is the name of a file: -i @%s reads it)"):format(why, written)
  end
  return value, why
end

-- The handlers, each telling on the terminal that its task has begun. A Choice predicate is no task: it has no
-- state of its own to name.
local function announced(shell, handlers)
  local list = {}
  for name, handler in pairs(handlers) do
    list[name] = type(handler) ~= "function" and handler or function(input, ctx)
      if ctx then
        local again = ctx.attempt > 0 and (", attempt %d"):format(ctx.attempt + 1) or ""
        shell.note(shell.paint_note("dim", ("%s%s"):format(text.printable(ctx.state.name), again)) .. "\n")
      end
      return handler(input, ctx)
    end
  end
  return list
end

-- A test case names the Tasks that it reaches; another one is an error when it is reached, and asked of nobody.
local function not_in_case(_, ctx)
  return nil, "States.Runtime", ("the test case has no response for state '%s'"):format(ctx.state.name)
end

-- Who does the tasks that neither AWS nor a test case is to do.
local function routes_of(options, uses_aws)
  if options.replay then
    return { default = { replay = options.replay } }
  elseif options.record then
    return { default = { record = options.record, fresh = true } }
  elseif not uses_aws then
    return { default = options.mock and not_in_case or false, http = options.connections and true or nil }
  end
end

-- The option `aws` of a run; one that only makes sense with it means it. Nil, words for those that do not go together.
local function aws_options(options)
  local own = { region = options.region, endpoint = options.endpoint_url, profile = options.aws_profile }
  local uses_aws = options.aws or options.record or next(own) ~= nil
  if not (uses_aws or options.mock or options.replay or options.connections) then
    if options.allow then
      return nil, "--allow is for http:invoke, which needs --connections"
    end
    return nil
  end
  if options.record and options.replay then
    return nil, "--record and --replay are each other's opposite"
  end
  if options.mock then
    local file, case = options.mock:match "^(.+)#([^#]+)$"
    if not file then
      return nil, ("--mock needs FILE#CASE, not %q"):format(options.mock)
    end
    own.mocks = { file = file, case = case, machine = options.machine }
  end
  own.connections = options.connections
  own.http = options.allow and { allow = options.allow } or nil
  own.routes, own.lenient_routes = routes_of(options, uses_aws), true
  return own
end

--- What `run` and `history` share: an execution described by options; its result, or an exit code and nothing else.
function run.execute(shell, path, options)
  local passo = require "passo"
  local machine = definition.load(shell, path, options)
  if not machine then
    return nil, 2
  end
  local input, message = read_input(shell, options.input)
  if input == nil then
    shell.complain(message)
    return nil, 2
  end
  local handlers
  if options.handlers then
    handlers, message = files.handlers(options.handlers)
    if not handlers then
      shell.complain(message)
      return nil, 2
    end
  end
  if handlers and not options.quiet and not options.history and terminal.is_terminal(2) then
    handlers = announced(shell, handlers)
  end
  local aws
  aws, message = aws_options(options)
  if message then
    shell.complain(message)
    return nil, 2
  end
  local result, why, failure = machine:run(input, {
    handlers = handlers,
    clock = options.virtual_time and passo.virtual_clock() or nil,
    aws = aws,
    profile = options.profile,
    name = options.name,
    history = true,
  })
  if not result then
    shell.complain(tostring(why) .. (type(failure) == "table" and failure.code == "ENOHANDLER" and REMEDY or ""))
    return nil, 2
  end
  return result, result.status == "SUCCEEDED" and 0 or 1
end

local function show(shell, options, result)
  local passo = require "passo"
  local shown
  if options.output then
    if result.status ~= "SUCCEEDED" then
      shell.complain(("%s: %s%s"):format(result.status, result.error or "", result.cause and ": " .. result.cause
        or ""))
      return
    end
    shown = result.value
  else
    local fields = { { "status", result.status } }
    -- The value, not the Lua table made of it: numbers and the order of keys as the workflow left them.
    for _, field in ipairs { { "output", result.value }, { "error", result.error }, { "cause", result.cause } } do
      if field[2] ~= nil then
        fields[#fields + 1] = field
      end
    end
    shown = passo.object(fields)
  end
  shell.print(passo.core.encode(shown, { pretty = not options.compact }) .. "\n")
end

function run.run(shell, options)
  if #options ~= 1 then
    shell.complain(#options == 0 and "run needs a definition: passo run FILE" or "run takes one definition at a time")
    return 2
  end
  local result, code = run.execute(shell, options[1], options)
  if not result then
    return code
  end
  if options.save_history then
    local json = require("passo").core.encode(require("passo").array(result.history), { pretty = true })
    local written, message = files.write(options.save_history, json .. "\n")
    if not written then
      shell.complain(message)
      return 2
    end
  end
  if options.history then
    local lines = history.lines(result.history, { paint = shell.paint_note, width = terminal.width() })
    shell.note(table.concat(lines, "\n") .. "\n")
  end
  show(shell, options, result)
  return code
end

return run
