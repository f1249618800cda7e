--- Tasks by Lua functions: which handler does which state, what it is told, and what its answer means.
local core = require "passo.core"
local driver = require "passo.driver"

local task = {}

--- The error name of a handler that raised, or returned what is no JSON value; its cause is the message and,
--- for an error raised, the traceback. Retry and Catch match it by this name, States.TaskFailed or States.ALL.
task.LUA_ERROR = "Lua.Error"
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

local function cause_text(cause)
  if cause == nil or type(cause) == "string" then return cause end
  if type(cause) == "table" then return (core.encode(cause)) or tostring(cause) end
  return tostring(cause)
end

local function refuse(run, command, err, cause)
  cause = cause_text(cause)
  if cause and #cause > MAX_CAUSE then cause = cause:sub(1, MAX_CAUSE) end
  driver.feed(run, "fail", command.token, run.host:now_ms(), err, cause)
end

local function refuse_raised(run, command, raised, traceback)
  if getmetatable(raised) == failure_mt then return refuse(run, command, raised.error, raised.cause) end
  local message = tostring(raised)
  refuse(run, command, task.LUA_ERROR, traceback and message .. "\n" .. traceback or message)
end

-- which handler ---------------------------------------------------------------------------------------

local function callable(v)
  if type(v) == "function" then return true end
  local mt = type(v) == "table" and getmetatable(v)
  return mt and mt.__call ~= nil
end

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

--- The first Task state that nothing would do: nil, message, failure. True when there is none.
function task.check(states, handlers, own, fallback)
  for _, state in ipairs(states) do
    if state.type == "Task" and not task.find(handlers, state, own) and not (fallback and fallback(state)) then
      return task.missing(state)
    end
  end
  return true
end

function task.missing(state)
  local message = ("no handler for state '%s' (%s)"):format(state.name, tostring(state.resource))
  return nil, message, { code = "ENOHANDLER", message = message, state = state.path, resource = state.resource }
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
    return driver.post(command.run, "submitted", command.token, value, command.run.host:now_ms())
  end
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
  if not run.pumping then run.host:set(run.event) end
end

--- Performs a TASK: the handler in a job of its own, its answer fed to the core.
function task.perform(run, command)
  local state = command.state
  if state.pattern == "token" and command.stage == "submitted" then return end
  local handler = task.find(run.handlers, state, run.own)
  if not handler then handler = run.fallback and run.fallback(state) end
  if not handler then
    local _
    _, run.broken, run.failure = task.missing(state)
    return
  end
  if not callable(handler) then
    return refuse(run, command, task.LUA_ERROR, ("the handler of state '%s' is no function"):format(state.name))
  end
  if command.stage == "new" then
    driver.feed(run, "started", command.token, run.host:now_ms(), state.family == "activity" and "lua" or nil)
  end
  local input, message = command.input:lua()
  if message then return refuse(run, command, task.LUA_ERROR, message) end
  command.run = run
  local worker = run.host:perform(handler, answered, command, input, setmetatable(command, ctx_mt))
  if worker then command.worker = worker end
end

--- Performs a CALL: a predicate gets the state's input, an intrinsic its arguments. It must not wait.
function task.call(run, command)
  local name, state = command.name, command.state
  local short = name:match "^lua:(.*)$"
  local handlers = run.handlers
  local handler = handlers[name] or (short and handlers[short]) or (run.own and run.own[name])
  if not callable(handler) then
    run.broken = ("no handler for '%s', which state '%s' asks"):format(name, state and state.name or "?")
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
