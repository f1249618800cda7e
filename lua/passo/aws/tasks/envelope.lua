--- What a Task on states:startExecution sees of another execution: the answer when it has begun, and how it ended.
local core = require "passo.core"

local envelope = {}

--- The answer of a StartExecution.
function envelope.started(arn, start_ms)
  return core.object { { "ExecutionArn", arn }, { "StartDate", start_ms } }
end

--- DescribeExecution's answer as a Task sees it, its members in the order of their names.
---@param child {arn: string, name: string, machine_arn: string, start_ms: number, stop_ms: number, input: string}
---@param result {status: string, value: passo.Value?, error: string?, cause: string?}
---@param parsed boolean input and output as JSON (.sync:2), not as text
function envelope.of(child, result, parsed)
  local out = {}
  local function put(name, value)
    if value ~= nil then out[#out + 1] = { name, value } end
  end
  local failed = result.status ~= "SUCCEEDED"
  put("Cause", result.cause)
  put("Error", result.error)
  put("ExecutionArn", child.arn)
  put("Input", parsed and core.value(child.input) or child.input)
  put("InputDetails", { Included = true })
  put("Name", child.name)
  if not failed then
    put("Output", parsed and result.value or result.value:json())
    put("OutputDetails", { Included = true })
  end
  put("RedriveCount", 0)
  put("RedriveStatus", failed and "REDRIVABLE" or "NOT_REDRIVABLE")
  if not failed then put("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven") end
  put("StartDate", child.start_ms)
  put("StateMachineArn", child.machine_arn)
  put("Status", result.status)
  put("StopDate", child.stop_ms)
  return core.object(out)
end

return envelope
