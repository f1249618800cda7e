--- Answers to task tokens: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat. At any process, for executions that
--- run anywhere or sleep: what is answered true is kept.
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local errors = require "passo.engine.errors"

local MAX_OUTPUT = 262144

-- Whether it looks like one of ours: 40 bytes, the first of them a small number. What nobody waits with any more was
-- answered, or its task is over; anything else never was a token.
local function looks_like_token(text)
  return #text == 56 and text:find "^AA[%w+/]+==$" ~= nil
end

local function no_task(text)
  if looks_like_token(text) then
    return errors.fail("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
  end
  return errors.fail("InvalidToken", "Invalid Token: 'Invalid token'")
end

local STALE = { ESTALE = true, EENDED = true, ENOTFOUND = true }

local function answer(engine, text, verb, first, second)
  local token, message, failure = engine.store:token(text)
  if not token then
    if failure then return nil, message, failure end
    return no_task(text)
  end
  if token.answered then return no_task(text) end
  local ok
  ok, message, failure = engine:post(token.execution, verb, token.number, first, second, verb ~= "beat" and text or nil)
  if ok then return {} end
  if failure and STALE[failure.code] then return no_task(text) end
  return nil, message, failure
end

local function invalid_output(words)
  return errors.fail("InvalidOutput", ("Invalid Output: '%s'"):format(words))
end

-- A request's output is JSON text; a program's own call gives the value.
local function output_of(engine, request, is_short)
  local output, message = request.output, nil
  if is_short then
    output, message = core.value(core.array { request.output == nil and core.null or request.output })
    output = output and core.encode(output):sub(2, -2)
  end
  if output == nil then return invalid_output(message or "it is missing") end
  local value
  value, message = core.value(output)
  if value == nil then return invalid_output(message) end
  if #output > MAX_OUTPUT and engine.profile ~= "unlimited" then
    return invalid_output(("it has %d bytes, more than %d"):format(#output, MAX_OUTPUT))
  end
  return value
end

local function checked(request)
  return constraints.new():required("taskToken", request.taskToken)
    :length("taskToken", request.taskToken, 1, 2048, true)
end

return function(Engine)
  --- Ends a task that waits with this token: send_task_success(token, output), with any value; or {taskToken=,
  --- output= JSON text}. A second answer is refused (TaskTimedOut).
  ---@return table? answer {} nil, message, failure (InvalidToken, InvalidOutput, TaskTimedOut)
  function Engine:send_task_success(first, output)
    local request, is_short = constraints.request("send_task_success", "taskToken", first)
    if is_short then request.output = output end
    local check = checked(request)
    if not is_short then check:required("output", request.output) end
    local ok, message, failure = check:done()
    if not ok then return nil, message, failure end
    local value
    value, message, failure = output_of(self, request, is_short)
    if value == nil then return nil, message, failure end
    return answer(self, request.taskToken, "resume", value)
  end

  --- send_task_failure(token, error, cause), or {taskToken=, error=, cause=}
  ---@return table? answer {} nil, message, failure (InvalidToken, TaskTimedOut)
  function Engine:send_task_failure(first, err, cause)
    local request, is_short = constraints.request("send_task_failure", "taskToken", first)
    if is_short then request.error, request.cause = err, cause end
    local ok, message, failure = checked(request):length("error", request.error, 0, 256, true)
      :length("cause", request.cause, 0, 32768, true):done()
    if not ok then return nil, message, failure end
    return answer(self, request.taskToken, "fail", request.error, request.cause)
  end

  --- Tells that the task is still being worked on: its HeartbeatSeconds begin anew.
  ---@return table? answer {} nil, message, failure (InvalidToken, TaskTimedOut)
  function Engine:send_task_heartbeat(first)
    local request = constraints.request("send_task_heartbeat", "taskToken", first)
    local ok, message, failure = checked(request):done()
    if not ok then return nil, message, failure end
    return answer(self, request.taskToken, "beat")
  end
end
