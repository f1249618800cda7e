--- Executions within executions: states:startExecution of machines that this program has, in this process.
---
--- `aws.machines` names them, by ARN or by the last part of one; what is not among them runs at AWS.
local core = require "passo.core"
local envelope = require "passo.aws.tasks.envelope"

local nested = {}

local KNOWN = { Input = true, Name = true, StateMachineArn = true, TraceHeader = true }

local function machine_of(machines, arn)
  if type(arn) ~= "string" then return nil end
  return machines[arn] or machines[arn:match "([^:]+)$"]
end

local function execution_arn(machine_arn, name)
  return machine_arn:gsub(":stateMachine:", ":execution:") .. ":" .. name
end

local function text_of(input)
  if input == nil or input == core.null then return "{}" end
  return type(input) == "string" and input or core.encode(input)
end

-- Begins the child; it goes on beside its parent. Nil, error, cause where its input is no JSON.
local function begin(self, machine, arguments, ctx, name)
  local run = ctx.run
  local host = run.host
  local child = { name = type(arguments.Name) == "string" and arguments.Name or name,
    machine_arn = arguments.StateMachineArn, input = text_of(arguments.Input), start_ms = host:now_ms() }
  child.arn = execution_arn(child.machine_arn, child.name)
  local input, message = core.value(child.input)
  if not input then
    return nil, "StepFunctions.InvalidExecutionInputException", "Invalid State Machine Execution Input: " .. message
  end
  local failure
  child.run, message, failure = machine:start(input, { handlers = run.handlers, fallback = run.fallback,
    aws = self, profile = run.profile, clock = host.virtual_ms and host or nil,
    host = not host.virtual_ms and host or nil,
    name = child.name, arn = child.arn, machine_arn = child.machine_arn })
  if not child.run then
    return nil, "StepFunctions." .. (failure.code == "ENOHANDLER" and "AWSStepFunctionsException" or
      "InvalidExecutionInputException"), message
  end
  return child
end

local function wait(child, ctx, parsed)
  ctx.cancel = function() child.run:stop(nil, "The parent execution was stopped") end
  local result, message = child.run:finish()
  ctx.cancel = nil
  if not result then return nil, "States.TaskFailed", message end
  child.stop_ms = ctx.run.host:now_ms()
  local told = envelope.of(child, result, parsed)
  if result.status == "SUCCEEDED" then return told end
  return nil, "States.TaskFailed", core.encode(told)
end

-- The child of a task that was interrupted when it had begun: nothing of it is left in this process.
local function lost(ctx)
  return nil, "States.TaskFailed", ("The execution %s went with the process that ran it"):format(
    tostring(ctx.submitted_value and ctx.submitted_value:lua().ExecutionArn))
end

--- The handler of a states:startExecution: here where the machine is, else `remote`.
---@param remote fun(self, state, input, ctx): any
function nested.perform(self, state, input, ctx, name, remote)
  local arguments = input:lua()
  local machine = machine_of(self.options.machines, arguments.StateMachineArn)
  if not machine then return remote(self, state, input, ctx) end
  for key in pairs(arguments) do
    if not KNOWN[key] then
      return nil, "States.Runtime", ("Parameters.%s: the service has no such parameter"):format(tostring(key))
    end
  end
  if ctx.stage == "submitted" then return lost(ctx) end
  local child, err, cause = begin(self, machine, arguments, ctx, name)
  if not child then return nil, err, cause end
  local started = envelope.started(child.arn, child.start_ms)
  if state.pattern ~= "sync" then return started end
  ctx.submit(started)
  return wait(child, ctx, state.action:find ":2$" ~= nil)
end

return nested
