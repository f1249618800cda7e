--- Which events a logging configuration lets through, and how a log record looks.
local logged = {}

local FATAL = { ExecutionAborted = true, ExecutionFailed = true, ExecutionTimedOut = true }
local DATA = {
  input = true, inputDetails = true, output = true, outputDetails = true, parameters = true,
  assignedVariables = true, assignedVariablesDetails = true,
}

local function passes(level, event_type)
  if level == "ALL" then return true end
  if level == "FATAL" then return FATAL[event_type] == true end
  if level ~= "ERROR" then return false end
  return event_type == "FailStateEntered" or event_type:find("Failed$") ~= nil
    or event_type:find("Aborted$") ~= nil or event_type:find("TimedOut$") ~= nil
end

--- Log records of `events` (as history.read gives them).
function logged.records(events, config, execution_arn)
  local out = {}
  for _, event in ipairs(events) do
    if passes(config.level, event.type) then
      local details = {}
      for key, value in pairs(event.details) do
        if config.includeExecutionData or not DATA[key] then details[key] = value end
      end
      out[#out + 1] = {
        id = ("%d"):format(event.id),
        previous_event_id = ("%d"):format(event.previousEventId),
        type = event.type,
        details = details,
        execution_arn = execution_arn,
        redrive_count = "0",
      }
    end
  end
  return out
end

return logged
