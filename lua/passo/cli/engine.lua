-- cli/engine.lua: `passo engine`: looks into a store of executions, and tells it what operators have to say.
local core = require "passo.core"

local engine = {
  summary = "executions in a store: list, describe, history, stop, redrive, doctor, upgrade",
  usage = "engine VERB --store URL [ARN] [OPTIONS]",
  about = [[
VERB is one of
  list        executions, newest first                       machines    state machines
  describe    everything about one execution                 history     its events
  stop        ends one (--error, --cause)                    redrive     runs a failed one again from where it failed
  release     lets one go on that was set aside              doctor      builds one again from its records and compares
  workers     processes at work on this store                upgrade     from now on writes the newest format
Nothing is performed here: executions go on in the processes that have their handlers.
Exit code: 0 fine; 1 the doctor found something, or what was asked was refused; 2 the store cannot be used.
]],
  examples = [[
passo engine list --store sqlite:shop.db --status RUNNING
passo engine history --store sqlite:shop.db arn:aws:states:us-east-1:123456789012:execution:checkout:order-42
passo engine doctor --store sqlite:shop.db --all
]],
  options = {
    { name = "store", short = "s", value = "URL", help = "sqlite:FILE or postgres://...; default: $PASSO_STORE" },
    { name = "status", value = "STATUS",
      choices = { "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED" }, help = "list: only these" },
    { name = "machine", value = "NAME", help = "list: only executions of this machine" },
    { name = "limit", value = "N", number = true, help = "list: at most so many (100)" },
    { name = "all", help = "doctor: every execution" },
    { name = "json", help = "as JSON, one object a line" },
    { name = "error", value = "NAME", help = "stop: the error's name" },
    { name = "cause", value = "TEXT", help = "stop: the cause" },
  },
}

local function time_text(seconds)
  return seconds and os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds)) or "-"
end

local LIST = getmetatable(core.array {})

local function is_moment(name)
  return name == "timestamp" or type(name) == "string" and name:find "Date$" ~= nil
end

-- Seconds of moments as plain decimals, not as 1.8E9.
local function readable(v)
  local kind = type(v) == "table" and getmetatable(v)
  if kind == false or kind ~= nil and kind ~= LIST then return v end
  local out = setmetatable({}, kind)
  for name, value in pairs(v) do
    out[name] = is_moment(name) and type(value) == "number" and core.value(("%.3f"):format(value)) or readable(value)
  end
  return out
end

local function line(shell, object)
  shell.print(core.encode(readable(object)) .. "\n")
end

-- A name spelt wrongly would make a new store.
local function is_missing(url)
  local path = url:match "^sqlite:([^?]+)"
  if not path then return false end
  local file = io.open((path:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)), "rb")
  if file then file:close() end
  return file == nil
end

local function refused(shell, message)
  shell.complain(message)
  return 1
end

local verbs = {}

-- Calls fn(item) for every item of a paged answer; nil, message when it ends early.
local function each(ask, limit, fn)
  local count, token = 0, nil
  repeat
    local page, message = ask(token)
    if not page then return nil, message end
    for _, item in ipairs(page.list) do
      if count == limit then return true end
      count = count + 1
      fn(item)
    end
    token = page.nextToken
  until not token
  return true
end

local function executions(opened, options, limit, fn)
  local target, message
  if options.machine then
    target, message = opened:target(options.machine, true)
    if not target then return nil, message end
  end
  return each(function(token)
    local rows, cursor = opened.store:list { machine = target and target.machine.arn,
      status = options.status, after = token, limit = 100 }
    if not rows then return nil, cursor end
    return { list = rows, nextToken = cursor }
  end, limit, fn)
end

-- What there is to say of an execution besides its status.
local function note_on(row, now_ms)
  if row.quarantine then return "set aside: " .. row.quarantine end
  if row.status ~= "RUNNING" or row.owner then return "" end
  if not row.due_ms then return "waits for a callback" end
  if row.due_ms <= now_ms then return "waits for a process that has its handlers" end
  return "asleep until " .. time_text(row.due_ms / 1000)
end

function verbs.list(shell, opened, options)
  local now_ms = opened.store:now_ms()
  local ok, message = executions(opened, options, options.limit or 100, function(row)
    local note = note_on(row, now_ms)
    if options.json then
      line(shell, { executionArn = row.arn, status = row.status, startDate = row.start_ms / 1000,
        stopDate = row.stop_ms and row.stop_ms / 1000 or core.null, note = note })
    else
      shell.print(("%-10s %s  %s  %s\n"):format(row.status, time_text(row.start_ms / 1000), row.arn, note))
    end
  end)
  if not ok then return refused(shell, message) end
  return 0
end

function verbs.machines(shell, opened)
  local ok, message = each(function(token)
    local page, why = opened:list_state_machines { nextToken = token }
    if not page then return nil, why end
    return { list = page.stateMachines, nextToken = page.nextToken }
  end, math.huge, function(machine)
    shell.print(("%-8s %s  %s\n"):format(machine.type, time_text(machine.creationDate), machine.stateMachineArn))
  end)
  if not ok then return refused(shell, message) end
  return 0
end

local function needs_arn(shell, options)
  if options[2] then return options[2] end
  shell.complain(("passo engine %s needs an execution's ARN"):format(options[1]))
end

function verbs.describe(shell, opened, options)
  local arn = needs_arn(shell, options)
  if not arn then return 2 end
  local answer, message = opened:describe_execution(arn)
  if not answer then return refused(shell, message) end
  line(shell, answer)
  return 0
end

function verbs.history(shell, opened, options)
  local arn = needs_arn(shell, options)
  if not arn then return 2 end
  local ok, message = each(function(token)
    local page, why = opened:get_execution_history(arn, { nextToken = token, maxResults = 1000 })
    if not page then return nil, why end
    return { list = page.events, nextToken = page.nextToken }
  end, math.huge, function(event) line(shell, event) end)
  if not ok then return refused(shell, message) end
  return 0
end

function verbs.stop(shell, opened, options)
  local arn = needs_arn(shell, options)
  if not arn then return 2 end
  local ok, message = opened:stop_execution(arn, options.error, options.cause)
  if not ok then return refused(shell, message) end
  shell.note("told to stop\n")
  return 0
end

function verbs.redrive(shell, opened, options)
  local arn = needs_arn(shell, options)
  if not arn then return 2 end
  local ok, message = opened:redrive_execution(arn)
  if not ok then return refused(shell, message) end
  shell.note("redriven\n")
  return 0
end

function verbs.release(shell, opened, options)
  local arn = needs_arn(shell, options)
  if not arn then return 2 end
  local ok, message = opened:release_execution(arn)
  if not ok then return refused(shell, message) end
  shell.note("released\n")
  return 0
end

local function examine(shell, opened, arn, options)
  local report, message = opened:doctor(arn)
  if not report then
    shell.complain(arn .. ": " .. message)
    return false
  end
  if options.json then
    line(shell, report)
  else
    shell.print(("%s %s: %d records, %d events%s\n"):format(report.healthy and "ok     " or "DAMAGED", arn,
      report.records, report.events, report.healthy and "" or "; " .. table.concat(report.findings, "; ")))
  end
  return report.healthy
end

function verbs.doctor(shell, opened, options)
  local problems = opened.store:check() or {}
  for _, problem in ipairs(problems) do shell.complain("the store: " .. problem) end
  local healthy = #problems == 0
  if options[2] then
    healthy = examine(shell, opened, options[2], options) and healthy
  elseif options.all then
    local ok, message = executions(opened, options, math.huge, function(row)
      healthy = examine(shell, opened, row.arn, options) and healthy
    end)
    if not ok then return refused(shell, message) end
  end
  return healthy and 0 or 1
end

function verbs.workers(shell, opened)
  local workers, message = opened.store:workers()
  if not workers then return refused(shell, message) end
  for _, worker in ipairs(workers) do
    shell.print(("%s  %s  lease until %s  %s  %s\n"):format(worker.id, worker.alive and "alive" or "dead ",
      time_text(worker.lease_ms / 1000), worker.name or "", worker.info or ""))
  end
  return 0
end

function verbs.upgrade(shell, opened)
  local upgraded, message = opened:upgrade()
  if not upgraded then return refused(shell, message) end
  shell.note(("format %d, before %d\n"):format(upgraded.format, upgraded.before))
  return 0
end

-- How many arguments follow a verb, at most; an ARN is one.
local ARGUMENTS = { describe = 1, history = 1, stop = 1, redrive = 1, release = 1, doctor = 1 }

-- What is wrong with a command line besides its options' names; nil: nothing.
local function misuse(options)
  local verb, limit = options[1], options.limit
  local surplus = options[2 + (ARGUMENTS[verb] or 0)]
  if surplus then return ("passo engine %s does not know what to do with %q"):format(verb, surplus) end
  if limit and (limit < 1 or limit % 1 ~= 0) then return "--limit needs a whole number, 1 or more" end
end

function engine.run(shell, options)
  local verb = verbs[options[1] or ""]
  if not verb then
    local known = {}
    for name in pairs(verbs) do known[#known + 1] = name end
    table.sort(known)
    local near = options[1] and require("passo.text").nearest(options[1], known)
    shell.complain(options[1] and ("unknown verb %q%s"):format(options[1], near and (", did you mean %s?"):format(near)
      or "; `passo help engine` lists them") or "which verb? `passo help engine` lists them")
    return 2
  end
  local words = misuse(options)
  if words then
    shell.complain(words)
    return 2
  end
  local url = options.store or os.getenv "PASSO_STORE"
  if not url then
    shell.complain "which store? give --store sqlite:FILE or --store postgres://..., or set PASSO_STORE"
    return 2
  end
  if is_missing(url) then
    shell.complain(("there is no store %s"):format(url))
    return 2
  end
  local opened, message = require("passo").engine { store = url, max_running = 0 }
  if not opened then
    shell.complain(message)
    return 2
  end
  local code = verb(shell, opened, options)
  opened:close()
  return code
end

return engine
