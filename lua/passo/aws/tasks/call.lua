--- One call as an integration makes it: a Task's arguments become a request, a reply its result or its error.
--- Who sends it is the client's matter.
local core = require "passo.core"
local pure = require "passo.aws.core"
local service = require "passo.aws.service"

local call = {}

local ADAPTED = require("passo.aws.tasks.emr").adapted

---@class passo.aws.Call
---@field service string "sqs", "aws-sdk:s3"
---@field verb string "sendMessage"
---@field model string "sqs"
---@field operation passo.aws.Operation
---@field sync? boolean a job that is waited for
---@field parsed? boolean input and output of an execution as JSON (.sync:2)
---@field execution_arn? string
---@field machine_arn? string
---@field name? string of a nested execution that its arguments do not name
---@field token? string for members that make a call count once
---@field bare? boolean the result is told without the headers it came with
---@field tells_attempts? boolean causes end with how often the call was sent
local Call = {}
Call.__index = Call

-- Actions whose operation has another name than they.
local RENAMED = {
  ["elasticmapreduce:createCluster"] = "RunJobFlow",
  ["elasticmapreduce:terminateCluster"] = "TerminateJobFlows",
  ["elasticmapreduce:addStep"] = "AddJobFlowSteps",
  ["elasticmapreduce:cancelStep"] = "CancelSteps",
  ["elasticmapreduce:setClusterTerminationProtection"] = "SetTerminationProtection",
  ["elasticmapreduce:modifyInstanceFleetByName"] = "ModifyInstanceFleet",
  ["elasticmapreduce:modifyInstanceGroupByName"] = "ModifyInstanceGroups",
}
-- Actions of a service's other API.
local ELSEWHERE = { ["bedrock:invokeModel"] = "bedrock-runtime" }

local by_sdk_name

-- Services go by the names of the AWS SDK for Java: "aws-sdk:applicationdiscovery".
local function sdk_model(name)
  if not by_sdk_name then
    by_sdk_name = {}
    for model, id in pairs(require "passo.aws.models.index") do
      local key = pure.integration_prefix(id):lower()
      local other = by_sdk_name[key] -- two models of one service: the first by name, in every process
      by_sdk_name[key] = other and other < model and other or model
    end
  end
  return by_sdk_name[name]
end

local function model_of(name)
  local sdk = name:match "^aws%-sdk:(.+)$"
  if sdk then return sdk_model(sdk) end
  local facts = pure.integration_service(name)
  return facts and facts.model
end

local function camel(name)
  return (name:gsub("^%u", string.lower))
end

local function unknown(name, verb, found)
  local actions = {}
  for i, operation in ipairs(found.model:operations()) do actions[i] = camel(operation) end
  local near = require("passo.text").nearest(verb, actions)
  return ("%s has no action '%s'%s"):format(name, verb, near and (", did you mean '%s'?"):format(near) or "")
end

-- What is called by a service and verb: {model, operation}, found once.
local targets = {}

local function find(key, service_name, verb)
  local model = ELSEWHERE[key] or model_of(service_name)
  if not model then return nil, ("there is no service '%s'"):format(service_name) end
  local found, message = service.get(model)
  if not found then return nil, message end
  local name = RENAMED[key] or verb:gsub("^%l", string.upper)
  local operation = found:operation(name)
  if not operation or camel(operation.name) ~= camel(name) then return nil, unknown(service_name, verb, found) end
  return { model = model, operation = operation }
end

--- Whether the call wants a token or name of its own, so that it counts once.
function Call:counts_once()
  return self.operation.wants_token or (self.service == "states" and self.verb == "startExecution")
end

--- The call behind a resource's service and verb; nil, message where there is none.
---@param given table fields of the call, with service and verb
---@return passo.aws.Call? call nil, message
function call.new(given)
  local key = given.service .. ":" .. given.verb
  local target = targets[key]
  if not target then
    local message
    target, message = find(key, given.service, given.verb)
    if not target then return nil, message end
    targets[key] = target
  end
  given.model, given.operation = target.model, target.operation
  return setmetatable(given, Call)
end

-- What went wrong before there was a reply, in Java's words where programs look at them.
local function words_of(failure)
  local host = failure.host or failure.message and failure.message:match "^([%w%.%-]+):%d+: "
  if failure.code == "EDNS" and host then return host .. ": Name or service not known" end
  return failure.message or failure.code or "unknown"
end

-- nil, error, cause of a call that has no result.
local function failed(self, bound, failure, headers)
  if failure.status and failure.sender_fault == nil then -- no refusal, but nothing that could be read either
    return nil, pure.integration_unreached(self, bound, ("Unable to unmarshall response (%s)"):format(failure.message))
  elseif failure.status then
    return nil, pure.integration_refused(self, bound, failure, headers, self.tells_attempts and failure.attempts or 0)
  elseif failure.code == "EINPUT" then
    return nil, "States.Runtime", failure.message
  elseif failure.code == "ECREDENTIALS" then
    return nil, pure.integration_unreached(self, bound, failure.message)
  end
  return nil, pure.integration_unreached(self, bound, "Unable to execute HTTP request: " .. words_of(failure))
end

--- Performs the call: its result as a Task has it, or nil, error, cause.
---@param client passo.aws.Client of self.model
---@param arguments any a passo.value, or Lua
---@return passo.Value? result nil, error, cause
---@return string? error
---@return string? cause
function Call:perform(client, arguments)
  local bound, adapt = self.operation.bound, ADAPTED[self.service .. ":" .. self.verb]
  local given = adapt and adapt.arguments(arguments) or arguments
  local params, message = pure.integration_params(self, bound, given)
  if not params then return nil, "States.Runtime", message end
  local result, why, failure, status, headers = client:call(self.operation.name, params,
    { value = true, lenient = true, idempotency_token = self.token })
  if result == nil then
    return failed(self, bound, failure or { code = "EINPUT", message = why }, headers)
  end
  local err, cause
  if self.bare then return pure.integration_result(self, bound, given, result) end
  result, err, cause = pure.integration_result(self, bound, given, result, status, headers)
  if result == nil then return nil, err, cause end
  return adapt and adapt.result and core.value(adapt.result(result:lua(), arguments)) or result
end

return call
