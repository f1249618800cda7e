--- Tasks by Lua functions: which handler does which state, what it is told, and what its answer means.
local core = require "passo.core"
local driver = require "passo.driver"

local task = {}

--- The error name of a handler that raised, or returned what is no JSON value; its cause is the message and,
--- for an error raised, the traceback. Retry and Catch match it by this name, States.TaskFailed or States.ALL.
task.LUA_ERROR = "Lua.Error"
--- The error name of a task whose worker died, where such tasks are not to be tried again (engine option lost_tasks).
task.WORKER_LOST = "Lua.WorkerLost"
local MAX_CAUSE = 32768 -- characters, as the API has it

-- failures -------------------------------------------------------------------------------------------

local failure_mt = { __name = "passo.task_failure" }
function failure_mt:__tostring()
  return self.cause and (self.error .. ": " .. tostring(self.cause)) or self.error
end

--- Ends the task with this error: for handlers. Does not return.
---@param err string the error's name, which Retry and Catch look at
---@param cause? any words for people; a table is written as JSON
function task.fail(err, cause)
  if type(err) ~= "string" then error("passo.fail: the error's name must be a string", 2) end
  error(setmetatable({ error = err, cause = cause }, failure_mt), 0)
end

-- Words of any value; a __tostring that fails must not take the run with it.
local function words(value)
  local ok, said = pcall(tostring, value)
  return ok and type(said) == "string" and said or type(value)
end

local function has_words(value)
  local mt = getmetatable(value)
  return type(mt) == "table" and mt.__tostring ~= nil
end

local function cause_text(cause)
  if cause == nil or type(cause) == "string" then return cause end
  if type(cause) == "table" and not has_words(cause) then return (core.encode(cause)) or words(cause) end
  return words(cause)
end

-- The first MAX_CAUSE characters: a byte that continues one does not count.
local function shortened(cause)
  if #cause <= MAX_CAUSE then return cause end
  local count = 0
  for at in cause:gmatch "()[^\128-\191]" do
    count = count + 1
    if count > MAX_CAUSE then return cause:sub(1, at - 1) end
  end
  return cause
end

--- Ends a task with an error.
function task.refuse(run, command, err, cause)
  cause = cause_text(cause)
  if cause then cause = shortened(cause) end
  driver.feed(run, "fail", command.token, run.host:now_ms(), err, cause)
end

local refuse = task.refuse

local function refuse_raised(run, command, raised, traceback)
  if getmetatable(raised) == failure_mt then return refuse(run, command, raised.error, raised.cause) end
  local message = cause_text(raised) or "nil"
  refuse(run, command, task.LUA_ERROR, traceback and message .. "\n" .. traceback or message)
end

-- which handler ---------------------------------------------------------------------------------------

local function callable(v)
  if type(v) == "function" then return true end
  local mt = type(v) == "table" and getmetatable(v)
  return type(mt) == "table" and mt.__call ~= nil
end
task.is_callable = callable

--- The handler of a state: by its name, its full ARN (or "lua:" name), the function's name in the ARN,
--- `default`; those of a saga's or flow's own functions come last but `default`.
---@param handlers table<string, function>
---@param state passo.State
---@param own? table<string, function>
function task.find(handlers, state, own)
  local name = state.function_name
  local resource = state.resource
  return handlers[state.name] or (resource and handlers[resource]) or (name and handlers[name])
    or (own and resource and own[resource]) or handlers.default
end

--- Who does a state's tasks: the handlers first, then what the run falls back on, then AWS. Nil: nobody.
---@return function? handler
---@return boolean? takes_values it takes and gives values, not tables
function task.performer(run, state)
  local handler = task.find(run.handlers, state, run.own) or (run.fallback and run.fallback(state))
  if handler then return handler end
  if run.aws then return run.aws:handler(state), true end
end

--- What is ambiguous: handlers whose key names one state and stands in the resource of another.
---@return passo.Finding[]
function task.findings(states, handlers)
  local by_name, found = {}, core.array {}
  for _, state in ipairs(states) do by_name[state.name] = state end
  for _, state in ipairs(states) do
    for _, key in ipairs { state.resource or false, state.function_name or false } do
      local other = key and by_name[key]
      if other and other ~= state and handlers[key] and not handlers[state.name] then
        found[#found + 1] = { severity = "WARNING", code = "AMBIGUOUS_HANDLER", location = state.path,
          message = ("The handler '%s' is named like the state '%s', and does the state '%s' too, by its resource")
            :format(key, other.name, state.name) }
      end
    end
  end
  return found
end

local function no_handler(message, state)
  return nil, message, { code = "ENOHANDLER", message = message, state = state.path, resource = state.resource }
end

--- The first Task state that nothing would do: nil, message, failure. True when there is none.
function task.check(states, handlers, own, fallback, aws)
  for _, state in ipairs(states) do
    if state.type == "Task" then
      local handler = task.find(handlers, state, own)
      if handler and not callable(handler) then
        return no_handler(("the handler of state '%s' must be a function, got %s"):format(state.name, type(handler)),
          state)
      elseif not handler and not (fallback and fallback(state)) and not (aws and aws:handler(state)) then
        return task.missing(state, handlers, aws)
      end
    end
  end
  return true
end

-- What else would do the state's tasks.
local function aws_remedy(state, aws)
  if state.family == "activity" then return "" end
  if state.service == "http" then return aws and "" or ", or aws = {connections = ...} for the API itself" end
  local _, why = require("passo.aws.tasks").performer(state)
  if aws then return why and ("; AWS cannot do it: " .. why) or "" end
  return not why and state.service ~= "lua" and ", or aws = true for AWS itself" or ""
end

-- Under which names a handler for the state would be found, and which given name is nearly one of them.
local function remedy(state, handlers)
  local given, quoted = {}, {}
  for name in pairs(handlers) do
    if type(name) == "string" then given[#given + 1] = name end
  end
  table.sort(given)
  for _, name in ipairs { state.name, state.function_name or state.resource } do
    local near = #name > 3 and require("passo.text").nearest(name, given)
    if near then return ("handlers has '%s': did you mean '%s'?"):format(near, name), true end
    quoted[#quoted + 1] = ("[%q]"):format(name)
  end
  return ("give handlers%s or handlers.default"):format(table.concat(quoted, ", handlers"))
end

--- nil, message, failure: there is no handler for the state, and what would be one.
function task.missing(state, handlers, aws)
  local names, is_near = remedy(state, handlers)
  return no_handler(("no handler for state '%s' (%s): %s%s"):format(state.name, tostring(state.resource), names,
    is_near and "" or aws_remedy(state, aws)), state)
end

-- what a handler is told ------------------------------------------------------------------------------

-- The context is the driver's own command: a table less for every task. These are made when first asked for.
local made = {}
function made.execution(command)
  local arn, name = command.run.exec:identity()
  return { arn = arn, name = name }
end
function made.idempotency_key(command)
  return ("%s#%d"):format(tostring(command.run.exec:identity()), command.visit)
end
function made.cancelled(command)
  return function() return command.is_cancelled or false end
end
function made.heartbeat(command)
  return function() return driver.post(command.run, "beat", command.token, command.run.host:now_ms()) end
end
function made.submit(command)
  return function(value)
    local run = command.run
    local now_ms = run.host:now_ms()
    if not run.submit then return driver.post(run, "submitted", command.token, value, now_ms) end
    return run:submit(command.token, value) -- kept, when this answers
  end
end
-- What few handlers ask for; afterwards nobody knows it any more.
local function ask(command)
  if rawget(command, "asked") or command.run.finished then return end
  rawset(command, "asked", true)
  local task_token, role_arn = command.run.exec:task(command.token)
  rawset(command, "task_token", task_token)
  rawset(command, "role_arn", role_arn)
end
function made.task_token(command)
  ask(command)
  return rawget(command, "task_token")
end
function made.role_arn(command)
  ask(command)
  return rawget(command, "role_arn")
end
function made.submitted(command)
  return command.submitted_value and command.submitted_value:lua()
end

local ctx_mt = { __name = "passo.ctx" }
function ctx_mt:__index(key)
  local make = made[key]
  if not make then return nil end
  local value = make(self)
  rawset(self, key, value)
  return value
end

-- TASK and CALL ---------------------------------------------------------------------------------------

local function answered(command, ok, value, err, cause)
  local run = command.run
  run.tasks[command.token] = nil
  if not ok and command.release then command.release() end
  if command.is_cancelled or run.finished then return end
  if not ok then
    refuse_raised(run, command, value, err)
  elseif value == nil and err ~= nil then
    if type(err) ~= "string" then err, cause = task.LUA_ERROR, err end
    refuse(run, command, err, cause)
  else
    local fed, message, failure
    if command.state.pattern == "token" then
      fed, message, failure = driver.feed(run, "submitted", command.token, value, run.host:now_ms())
    else
      fed, message, failure = driver.feed(run, "resume", command.token, run.host:now_ms(), value)
    end
    if not fed and failure.code ~= "ESTALE" then
      refuse(run, command, task.LUA_ERROR, "the handler's result: " .. message)
    end
  end
  driver.wake(run)
end

--- Performs a TASK: the handler in a job of its own, its answer fed to the core.
function task.perform(run, command)
  local state = command.state
  if state.pattern == "token" and command.stage == "submitted" then -- it waits for its token's answer
    run.tasks[command.token] = nil
    return
  end
  local handler, takes_values = task.performer(run, state)
  if not handler then
    local _
    _, run.broken, run.failure = task.missing(state, run.handlers, run.aws)
    return
  end
  if not callable(handler) then
    return refuse(run, command, task.LUA_ERROR, ("the handler of state '%s' is no function"):format(state.name))
  end
  if command.stage == "new" then
    driver.feed(run, "started", command.token, run.host:now_ms(), state.family == "activity" and "lua" or nil)
  end
  local input, message = command.input, nil
  if not takes_values then input, message = input:lua() end
  if message then return refuse(run, command, task.LUA_ERROR, message) end
  command.run = run
  local worker = run.host:perform(handler, answered, command, input, setmetatable(command, ctx_mt))
  if worker then command.worker = worker end
end

-- A job that has not waited gives its answer back to whoever started it.
local NOW = {}

local function answered_at_once(command, ok, value, err, cause)
  if command and command.waits then return answered(command, ok, value, err, cause) end
  return NOW, ok, value, err, cause
end

-- How many arguments a handler looks at; what nobody looks at is not made. Lua 5.1 does not tell.
local arity = setmetatable({}, { __mode = "k" })

local function arity_of(handler)
  local info = type(handler) == "function" and debug.getinfo(handler, "u")
  local count = info and info.nparams and not info.isvararg and info.nparams or 2
  arity[handler] = count
  return count
end

local function command_of(run, token, state, attempt, visit, deadline_ms)
  return { run = run, token = token, state = state, attempt = attempt, visit = visit, deadline_ms = deadline_ms }
end

--- Performs a task that the core has started already: its answer goes straight back. The command's table is
--- made only when the handler looks at its context, or waits.
function task.start(run, token, state, attempt, visit, deadline_ms)
  local host = run.host
  local handler, takes_values = task.performer(run, state)
  if not handler then
    local _
    _, run.broken, run.failure = task.missing(state, run.handlers, run.aws)
    return
  end
  local command, given, message
  local wanted = arity[handler] or arity_of(handler)
  if wanted > 0 then
    given, message = run.exec:input(token, takes_values)
    if message then
      return refuse(run, command_of(run, token, state, attempt, visit, deadline_ms), task.LUA_ERROR, message)
    end
    if wanted > 1 then command = setmetatable(command_of(run, token, state, attempt, visit, deadline_ms), ctx_mt) end
  end
  local mark, ok, value, err, cause = host:perform(handler, answered_at_once, command, given, command)
  if mark ~= NOW then
    command = command or command_of(run, token, state, attempt, visit, deadline_ms)
    command.waits, command.worker, run.tasks[token] = true, mark, command
    host:adopt(mark, command)
  elseif not (ok and (value ~= nil or err == nil) and run.exec:resume(token, host:now_ms(), value)) then
    answered(command or command_of(run, token, state, attempt, visit, deadline_ms), ok, value, err, cause)
  end
end

--- Performs a CALL: a predicate gets the state's input, an intrinsic its arguments. It must not wait.
function task.call(run, command)
  local name, state = command.name, command.state
  local short = name:match "^lua:(.*)$"
  local handlers = run.handlers
  local handler = handlers[name] or (short and handlers[short]) or (run.own and run.own[name])
  if not callable(handler) then
    run.broken = ("no handler for '%s', which state '%s' asks: give handlers[%q]"):format(name,
      state and state.name or "?", name)
    run.failure = { code = "ENOHANDLER", message = run.broken, state = state and state.path, resource = name }
    return
  end
  local ok, value, err, cause = run.host:call(handler, command.input:lua())
  if not ok then
    refuse_raised(run, command, value, err)
  elseif value == nil and err ~= nil then
    refuse(run, command, tostring(err), cause)
  else
    local fed, message = driver.feed(run, "resume", command.token, run.host:now_ms(), value)
    if not fed then refuse(run, command, task.LUA_ERROR, message) end
  end
end

return task
