--- Logs as a LoggingConfiguration asks for them: which events a level lets through, and the record of each, as
--- Step Functions writes them to CloudWatch Logs.
local core = require "passo.core"

local log = {}

local LEVELS = { ALL = true, ERROR = true, FATAL = true, OFF = true }
local FATAL = { ExecutionAborted = true, ExecutionFailed = true, ExecutionTimedOut = true }
local ERROR_ENDINGS = { "Failed$", "Aborted$", "TimedOut$" }
-- Left out unless the configuration includes execution data.
local DATA = { input = true, inputDetails = true, output = true, outputDetails = true, parameters = true,
  assignedVariables = true, assignedVariablesDetails = true }
-- A payload beyond this many bytes is cut, and its details say so (248 KiB, as the service has it).
local MAX_PAYLOAD = 248 * 1024
local PAYLOADS = { input = "inputDetails", output = "outputDetails" }

local function is_error(event_type)
  if event_type == "FailStateEntered" then return true end
  for _, ending in ipairs(ERROR_ENDINGS) do
    if event_type:find(ending) then return true end
  end
  return false
end

--- Whether events of this type are logged at the level.
---@param level "ALL"|"ERROR"|"FATAL"|"OFF"
---@param event_type string
function log.passes(level, event_type)
  if level == "ALL" then return true end
  if level == "FATAL" then return FATAL[event_type] == true end
  return level == "ERROR" and is_error(event_type)
end

-- At most MAX_PAYLOAD bytes, never half a character.
local function cut(text)
  local last = MAX_PAYLOAD
  while last > 0 and text:byte(last + 1) >= 128 and text:byte(last + 1) < 192 do last = last - 1 end
  return text:sub(1, last)
end

local function details_of(event, with_data)
  local details = {}
  for key, value in pairs(event) do
    if key:find "EventDetails$" then
      for name, member in pairs(value) do
        if with_data or not DATA[name] then details[name] = member end
      end
    end
  end
  for name, about in pairs(PAYLOADS) do
    local text = details[name]
    if type(text) == "string" and #text > MAX_PAYLOAD then
      details[name], details[about] = cut(text), { truncated = true }
    end
  end
  return details
end

--- The records of those events that the configuration lets through, in their order.
---@param config table LoggingConfiguration: level, includeExecutionData
---@param events passo.Event[]
---@param execution_arn string
---@param redrive_count? integer
---@return passo.LogRecord[]
function log.records(config, events, execution_arn, redrive_count)
  local records = {}
  for _, event in ipairs(events) do
    if log.passes(config.level, event.type) then
      records[#records + 1] = {
        id = ("%d"):format(event.id),
        type = event.type,
        details = details_of(event, config.includeExecutionData == true),
        previous_event_id = ("%d"):format(event.previousEventId),
        event_timestamp = ("%d"):format(math.floor(event.timestamp * 1000 + 0.5)),
        execution_arn = execution_arn,
        redrive_count = ("%d"):format(redrive_count or 0),
      }
    end
  end
  return records
end

local ORDER = { "id", "type", "details", "previous_event_id", "event_timestamp", "execution_arn", "redrive_count" }

--- A record as one line of JSON, its members in the service's order.
---@param record passo.LogRecord
---@return string
function log.text(record)
  local pairs_in_order = {}
  for i, name in ipairs(ORDER) do pairs_in_order[i] = { name, record[name] } end
  return core.encode(core.object(pairs_in_order))
end

local function refuse(text, ...)
  local message = text:format(...)
  return nil, message, { code = "EINPUT", message = message }
end

--- Checks a LoggingConfiguration.
---@return string|boolean? log_group_arn true where it names none; nil, message, failure when it is wrong
function log.check(config)
  if type(config) ~= "table" then return refuse "LoggingConfiguration: expected a table" end
  if not LEVELS[config.level] then
    return refuse("LoggingConfiguration.level: expected ALL, ERROR, FATAL or OFF, got %s", tostring(config.level))
  end
  local destinations = config.destinations
  if destinations == nil then return true end
  if type(destinations) ~= "table" or #destinations > 1 then
    return refuse "LoggingConfiguration.destinations: expected a list of one destination"
  end
  local group = destinations[1] and destinations[1].cloudWatchLogsLogGroup
  local arn = type(group) == "table" and group.logGroupArn
  if destinations[1] and not (type(arn) == "string" and arn:find "^arn:[%w-]+:logs:[%w-]*:%d*:log%-group:.+:%*$") then
    return refuse("LoggingConfiguration.destinations: logGroupArn must be a log group's ARN that ends in ':*', got %s",
      tostring(arn))
  end
  return arn or true
end

return log
