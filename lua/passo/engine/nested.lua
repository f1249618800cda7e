--- Executions within executions: Tasks on states:startExecution, and on the API of Step Functions itself
--- (aws-sdk:sfn:...), about machines and executions that this engine has. What it has not is AWS's, as without an
--- engine.
---
--- A parent that waits for its child (.sync) does so in the store: the child's last append tells it. The child's name
--- comes of the parent's task, unless it has been given one, so that after a crash the same child is found.
local calendar = require "passo.engine.calendar"
local core = require "passo.core"
local driver = require "passo.driver"
local envelope = require "passo.aws.tasks.envelope"
local errors = require "passo.engine.errors"
local journal = require "passo.engine.journal"
local names = require "passo.engine.names"

local KNOWN = { Input = true, Name = true, StateMachineArn = true, TraceHeader = true }

-- names and words --------------------------------------------------------------------------------------

local function camel(name)
  return (name:gsub("^%u", string.lower))
end

local function pascal(name)
  return (name:gsub("^%l", string.upper))
end

local function method_of(verb)
  return (verb:gsub("%u", function(c) return "_" .. c:lower() end))
end

-- The same text for this try at this task, before and after a crash; no other has it.
local function once(ctx)
  local hex = core.digest("sha256", ("%s#%d#%d"):format(ctx.idempotency_key, ctx.attempt, ctx.token))
  return ("%s-%s-4%s-a%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21, 32))
end

local function exception(code)
  return code:find "Exception$" and code or code .. "Exception"
end

-- A refusal in the words of the optimized integration, and in those of the SDK's.
local function refused_start(message, failure)
  return nil, "StepFunctions." .. exception(failure.code),
    ("%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)"):format(message,
      failure.code, names.uuid())
end

local function refused_call(message, failure)
  return nil, "Sfn." .. exception(failure.code), ("%s (Service: Sfn, Status Code: 400, Request ID: %s)")
    :format(message, names.uuid())
end

-- Whether a failure is the store's or the process's, not the request's: the task has not been refused, and is tried
-- again when the execution goes on.
local function is_ours(failure)
  return failure == nil or failure.code:find "^E%u+$" ~= nil and failure.code ~= "EINPUT"
end

local function give_up(ctx, message, failure)
  local run = ctx.run
  run.broken, run.failure = message or "the store could not be asked", failure or { code = "ESTORE", message = message }
  ctx.is_cancelled = true
  run.host:set(run.event)
end

-- whose it is ------------------------------------------------------------------------------------------

-- Whether a machine's ARN means one of this engine's; where there is no AWS everything does.
local function has_machine(engine, arn)
  if not engine.aws then return true end
  if type(arn) ~= "string" then return false end
  return engine:start_target(arn, true, engine:now_ms()) ~= nil
end

local HAS = {
  StateMachineArn = has_machine,
  ExecutionArn = function(engine, arn) return engine.store:describe(arn) ~= nil end,
  MapRunArn = function(engine, arn) return engine.store:get("map_run", arn) ~= nil end,
  ActivityArn = function(engine, arn) return engine.store:get("activity", arn) ~= nil end,
  TaskToken = function(engine, text) return engine.store:token(text) ~= nil end,
}

local function has(engine, arguments)
  if not engine.aws then return true end
  for member, is_here in pairs(HAS) do
    local value = arguments[member]
    if type(value) == "string" then return is_here(engine, value) end
  end
  return false
end

local function remote(engine, ctx)
  local handler = engine.aws and engine.aws:handler(ctx.state)
  if handler then return handler(ctx.input, ctx) end
  local _, message, failure = errors.no_machine(tostring(ctx.input:lua().StateMachineArn))
  return refused_start(message, failure)
end

-- startExecution -----------------------------------------------------------------------------------------

local function text_of(input)
  if input == nil or input == core.null then return "{}" end
  return type(input) == "string" and input or core.encode(input)
end

-- Whether the child's input and output are told as JSON, not as text (.sync:2).
local function is_parsed(ctx)
  return ctx.state.action:find ":2$" ~= nil
end

-- The task has done its part: what it waits for comes as a letter, or by its token. It takes no more memory.
local function leave(ctx)
  ctx.is_cancelled = true
  driver.wake(ctx.run)
end

-- Waits in memory for an execution that was not begun by this task, but has the name it asked for.
local function follow(engine, ctx, row)
  while row.status == "RUNNING" do
    local message, failure
    row, message, failure = engine:await_row(row.id)
    if not row then return give_up(ctx, message, failure) end
  end
  if not ctx.is_cancelled then
    ctx.run.tasks[ctx.token] = nil
    engine:hear_child(ctx.run, ctx.token, row, is_parsed(ctx))
    leave(ctx)
  end
end

-- Whether the row is the child of this very task.
local function is_child(row, ctx)
  return row.parent == ctx.run.id and row.parent_token == ctx.token
end

-- From now on a letter tells of the child's end; or it has come to it already.
local function wait_for(engine, ctx, row)
  local run = ctx.run
  if row.status ~= "RUNNING" or not is_child(row, ctx) then return follow(engine, ctx, row) end
  run.awaited = run.awaited or {}
  run.awaited[ctx.token] = { id = row.id }
  if ctx.is_cancelled then engine:abandon(run, ctx.token) end
  return leave(ctx)
end

-- The name is taken: by this task before a crash, by a running execution with the same input, or by another.
local function taken(engine, b, row, ctx)
  local told = core.decode(row.body or "{}").startedBy
  if told == once(ctx) then return row end
  if row.status == "RUNNING" and row.type == "STANDARD" then
    local text, message, failure = journal.input(engine, row.id)
    if not text then return nil, message, failure end
    if core.value(text):equal(b.input) then return row end
  end
  return errors.fail("ExecutionAlreadyExists", ("Execution Already Exists: '%s'"):format(row.arn))
end

-- Begins the child, or finds it there: its row; nil, message, failure.
local function begin(engine, ctx, arguments, is_awaited)
  local input = text_of(arguments.Input)
  local b, target, failure = engine:starting { stateMachineArn = arguments.StateMachineArn,
    name = arguments.Name or once(ctx), input = input, traceHeader = arguments.TraceHeader }
  if not b then return nil, target, failure end
  if is_awaited and target.machine.type == "EXPRESS" then return errors.wrong_machine_type() end
  local body = core.decode(b.body)
  body.startedBy = once(ctx)
  if is_awaited then
    body.input, body.isParsed = input, is_parsed(ctx)
    b.parent, b.parent_token = ctx.run.id, ctx.token
  end
  b.body = core.encode(body)
  local live, message
  live, message, failure = engine:begin(b)
  if live then
    return { id = live.id, arn = live.arn, start_ms = live.start_ms, status = "RUNNING", parent = b.parent,
      parent_token = b.parent_token }
  elseif failure and failure.code == "EEXISTS" then
    return taken(engine, b, failure.execution, ctx)
  end
  return nil, message, failure
end

-- After a restart: the child was begun, and the parent has heard so.
local function resume(engine, ctx)
  local arn = ctx.submitted.ExecutionArn
  local row, message, failure = engine.store:describe(arn)
  if row then return wait_for(engine, ctx, row) end
  if failure then return give_up(ctx, message, failure) end
  return remote(engine, ctx)
end

local function start(engine, ctx, arguments)
  for key in pairs(arguments) do
    if not KNOWN[key] then
      return nil, "States.Runtime", ("Parameters.%s: the service has no such parameter"):format(tostring(key))
    end
  end
  local is_awaited = ctx.state.pattern == "sync"
  local row, message, failure = begin(engine, ctx, arguments, is_awaited)
  if not row then
    if is_ours(failure) then return give_up(ctx, message, failure) end
    return refused_start(message, failure)
  end
  local started = envelope.started(row.arn, row.start_ms)
  if not is_awaited then return started end
  if not ctx.is_cancelled then ctx.submit(started) end
  return wait_for(engine, ctx, row)
end

local function start_execution(engine)
  return function(arguments, ctx)
    if ctx.stage == "submitted" then return resume(engine, ctx) end
    if not has_machine(engine, arguments.StateMachineArn) then return remote(engine, ctx) end
    return start(engine, ctx, arguments)
  end
end

-- the API ------------------------------------------------------------------------------------------------

local is_date = { startDate = true, stopDate = true, creationDate = true, updateDate = true, redriveDate = true,
  timestamp = true }

local function to_sdk(value)
  if type(value) ~= "table" then return value end
  if #value > 0 or getmetatable(value) == core.array_mt then
    local list = core.array {}
    for i, one in ipairs(value) do list[i] = to_sdk(one) end
    return list
  end
  local out = {}
  for name, one in pairs(value) do
    local is_moment = is_date[name] and type(one) == "number"
    out[pascal(name)] = is_moment and calendar.iso(math.floor(one * 1000 + 0.5)) or to_sdk(one)
  end
  return out
end

local function from_sdk(value)
  if type(value) ~= "table" then return value end
  local out = getmetatable(value) == core.array_mt and core.array {} or {}
  for name, one in pairs(value) do out[type(name) == "string" and camel(name) or name] = from_sdk(one) end
  return out
end

-- Texts that hold JSON may be given as JSON.
local TEXTS = { "Input", "Output", "Definition" }

local function request_of(arguments, ctx)
  local request = from_sdk(arguments)
  for _, member in ipairs(TEXTS) do
    local given = arguments[member]
    if type(given) == "table" or type(given) == "userdata" then request[camel(member)] = core.encode(given) end
  end
  if ctx.state.verb == "startExecution" and not request.name then request.name = once(ctx) end
  return request
end

local function call_api(engine, method)
  return function(arguments, ctx)
    if not has(engine, arguments) then return remote(engine, ctx) end
    local answer, message, failure = engine[method](engine, request_of(arguments, ctx))
    if answer then return to_sdk(answer) end
    if is_ours(failure) then return give_up(ctx, message, failure) end
    return refused_call(message, failure)
  end
end

local VERBS = {}
for verb in ([[start_execution start_sync_execution stop_execution describe_execution list_executions
  get_execution_history redrive_execution send_task_success send_task_failure send_task_heartbeat describe_map_run
  list_map_runs update_map_run get_activity_task describe_state_machine describe_state_machine_for_execution
  list_state_machines create_activity describe_activity delete_activity list_activities]]):gmatch "%S+" do
  VERBS[verb] = true
end

local function performer(engine, state)
  if state.service == "states" and state.verb == "startExecution" then return start_execution(engine) end
  local method = state.service == "aws-sdk:sfn" and method_of(state.verb)
  if method and VERBS[method] then return call_api(engine, method) end
end

return function(Engine)
  --- What does the tasks of a state that asks for Step Functions; nil: not this engine.
  function Engine:nested_performer(state)
    local kept = self.nested_performers
    if not kept then
      kept = setmetatable({}, { __mode = "k" }) -- a state's handler is made once
      self.nested_performers = kept
    end
    local handler = kept[state]
    if handler == nil then
      handler = performer(self, state) or false
      kept[state] = handler
    end
    return handler or nil
  end
end
