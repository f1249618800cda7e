--- A state machine's logging, tracing and encryption: what is given, checked and with its defaults.
local core = require "passo.core"
local errors = require "passo.engine.errors"

local configuration = {}

local LEVELS = { "ALL", "ERROR", "FATAL", "OFF" }

local function refuse_logging(words)
  return errors.fail("InvalidLoggingConfiguration", "Invalid Logging Configuration: " .. words)
end

local function copy_destinations(list)
  if not list then return nil end
  local out = core.array {}
  for i, one in ipairs(list) do
    local group = one.cloudWatchLogsLogGroup
    out[i] = { cloudWatchLogsLogGroup = group and { logGroupArn = group.logGroupArn } }
  end
  return out
end

--- Adds what the model says about it to a check.
function configuration.constrain(check, request)
  local logging = request.loggingConfiguration
  if type(logging) == "table" then check:one_of("loggingConfiguration.level", logging.level, LEVELS) end
  local encryption = request.encryptionConfiguration
  if type(encryption) == "table" then
    check:required("encryptionConfiguration.type", encryption.type)
      :one_of("encryptionConfiguration.type", encryption.type, { "CUSTOMER_MANAGED_KMS_KEY", "AWS_OWNED_KEY" })
      :range("encryptionConfiguration.kmsDataKeyReusePeriodSeconds", encryption.kmsDataKeyReusePeriodSeconds, 60, 900)
      :length("encryptionConfiguration.kmsKeyId", encryption.kmsKeyId, 1, 2048)
  end
  return check
end

--- LoggingConfiguration with its defaults; nil, message, failure.
function configuration.logging(given)
  given = given or {}
  local level, destinations = given.level or "OFF", given.destinations
  local count = destinations and #destinations or 0
  if count > 1 or (level ~= "OFF" and count == 0) then
    return refuse_logging "Must specify exactly one Log Destination."
  end
  local out = { level = level, includeExecutionData = given.includeExecutionData == true,
    destinations = copy_destinations(destinations) }
  local group = count == 1 and destinations[1].cloudWatchLogsLogGroup
  if count == 1 then
    local arn = type(group) == "table" and group.logGroupArn
    if type(arn) ~= "string" or not arn:find "^arn:aws[%w-]*:logs:[^:]*:%d*:log%-group:[^:]+:%*$" then
      return refuse_logging "Log Destination is invalid."
    end
  end
  return out
end

function configuration.tracing(given)
  return { enabled = given ~= nil and given.enabled == true }
end

--- EncryptionConfiguration; nil, message, failure. Keys of KMS are kept with the machine; the store encrypts nothing.
function configuration.encryption(given)
  if given == nil or given.type == "AWS_OWNED_KEY" then
    if given and given.kmsKeyId then
      return errors.fail("InvalidEncryptionConfiguration",
        "Invalid Encryption Configuration: kmsKeyId must not be specified with AWS_OWNED_KEY")
    end
    return { type = "AWS_OWNED_KEY" }
  end
  if not given.kmsKeyId then
    return errors.fail("InvalidEncryptionConfiguration",
      "Invalid Encryption Configuration: kmsKeyId must be specified with CUSTOMER_MANAGED_KMS_KEY")
  end
  return { type = given.type, kmsKeyId = given.kmsKeyId,
    kmsDataKeyReusePeriodSeconds = given.kmsDataKeyReusePeriodSeconds or 300 }
end

return configuration
