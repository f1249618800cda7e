--- EMR's actions are about one cluster and one step where its operations take lists, and find fleets and groups by
--- their names where its operations want ids.
local core = require "passo.core"

local emr = { adapted = {} }

local function without(arguments, ...)
  local out = {}
  for key, value in pairs(arguments) do out[key] = value end
  for _, key in ipairs { ... } do out[key] = nil end
  return out
end

local function adapt(verb, arguments, result)
  emr.adapted["elasticmapreduce:" .. verb] = {
    arguments = function(given)
      if type(given) == "userdata" then given = given:lua() end
      return type(given) == "table" and arguments(given) or given
    end,
    result = result,
  }
end

adapt("createCluster", function(given) return given end, function(result)
  local out = without(result, "JobFlowId")
  out.ClusterId = result.JobFlowId
  return out
end)
adapt("terminateCluster", function(given) return { JobFlowIds = core.array { given.ClusterId } } end)
adapt("addStep", function(given)
  local out = without(given, "ClusterId", "Step")
  out.JobFlowId, out.Steps = given.ClusterId, core.array { given.Step }
  return out
end, function(result)
  local out = without(result, "StepIds")
  out.StepId = result.StepIds and result.StepIds[1]
  return out
end)
adapt("cancelStep", function(given)
  return { ClusterId = given.ClusterId, StepIds = core.array { given.StepId } }
end, function(result)
  local out = without(result, "CancelStepsInfoList")
  out.CancelStepsInfo = result.CancelStepsInfoList and result.CancelStepsInfoList[1]
  return out
end)
adapt("setClusterTerminationProtection", function(given)
  local out = without(given, "ClusterId")
  out.JobFlowIds = core.array { given.ClusterId }
  return out
end)

-- EMR Serverless answers nothing where the integration tells which application it was.
for _, verb in ipairs { "startApplication", "stopApplication", "deleteApplication" } do
  emr.adapted["emr-serverless:" .. verb] = {
    arguments = function(given) return given end,
    result = function(_, given)
      if type(given) == "userdata" then given = given:lua() end
      return { ApplicationId = given.ApplicationId }
    end,
  }
end

-- by name --------------------------------------------------------------------------------------------

-- {list operation, the list in its answer, the member for the id, the operation that changes it}
local BY_NAME = {
  modifyInstanceFleetByName = { "ListInstanceFleets", "InstanceFleets", function(arguments, id)
    local fleet = without(arguments.InstanceFleet or {}, "InstanceFleetName")
    fleet.InstanceFleetId = id
    return { ClusterId = arguments.ClusterId, InstanceFleet = fleet }
  end, "ModifyInstanceFleet", "InstanceFleetName" },
  modifyInstanceGroupByName = { "ListInstanceGroups", "InstanceGroups", function(arguments, id)
    local group = without(arguments.InstanceGroup or {}, "InstanceGroupName")
    group.InstanceGroupId = id
    return { ClusterId = arguments.ClusterId, InstanceGroups = core.array { group } }
  end, "ModifyInstanceGroups", "InstanceGroupName" },
}

--- Whether the action names a fleet or group.
function emr.by_name(verb)
  return BY_NAME[verb] ~= nil
end

--- Finds what is named and changes it: the result, or nil, error, cause.
---@param make fun(operation: string): passo.aws.Call
function emr.modify(make, client, verb, arguments)
  local list, member, change, operation, named = (unpack or table.unpack)(BY_NAME[verb])
  local name = arguments[named]
  local answer, err, cause = make(list):perform(client, { ClusterId = arguments.ClusterId })
  if answer == nil then return nil, err, cause end
  for _, one in ipairs(answer:lua()[member] or {}) do
    if one.Name == name then return make(operation):perform(client, change(arguments, one.Id)) end
  end
  return nil, "ElasticMapReduce.AmazonElasticMapReduceException",
    ("The cluster %s has no %s named '%s'"):format(tostring(arguments.ClusterId),
      member:sub(1, -2):gsub("(%l)(%u)", "%1 %2"):lower(), tostring(name))
end

return emr
