--- Keys of a profile in ~/.aws/config and ~/.aws/credentials: its own, or of a source it names.
local assume_role = require "passo.aws.credentials.assume_role"
local source = require "passo.aws.credentials.source"
local web_identity = require "passo.aws.credentials.web_identity"

local profile = {}

-- Keys written in one of the two files.
local function written(entry, where, path)
  local values = entry and entry.values
  if not values or not values.aws_access_key_id then return nil end
  return { name = where, fetch = function()
    return source.keys(("%s in %s"):format(where, path), {
      aws_access_key_id = values.aws_access_key_id,
      aws_secret_access_key = values.aws_secret_access_key,
      aws_session_token = values.aws_security_token or values.aws_session_token,
    }, { "aws_access_key_id", "aws_secret_access_key", "aws_session_token" })
  end }
end

local function from(module)
  return function(context, name, values) return require("passo.aws.credentials." .. module)(context, name, values) end
end

-- The AWS CLI's order. Each answers a fetcher; or nil, and perhaps a failure that is no absence.
local STEPS = {
  function(context, name, values, given) return web_identity.find(context, name, values, given) end,
  from "sso",
  function(context, name)
    local settings = context.settings
    return written(settings.from_credentials[name], ("profile %q"):format(name), settings.credentials_file)
  end,
  from "login",
  from "process",
  function(context, name)
    local settings = context.settings
    return written(settings.from_config[name], ("profile %q"):format(name), settings.config_file)
  end,
}

local function why_absent(context, name)
  local settings = context.settings
  local problems = settings:why_no_files()
  if problems ~= "" then problems = " (" .. problems .. ")" end
  if not settings.profiles[name] then return "it is in neither file" .. problems end
  return "it names no keys and no source of any" .. problems
end

--- The fetcher of a profile; nil, message, failure when it has none.
---@param visited? table<string, boolean> of profiles whose source_profile led here
---@param own? boolean it has keys of its own, which count more than its role
function profile.find(context, name, visited, own)
  local entry = context.settings.profiles[name]
  local values = entry and entry.values or {}
  if values.role_arn and not values.web_identity_token_file and not own then
    return assume_role.of_profile(context, name, values, visited or { [name] = true }, profile.find)
  end
  local given = visited ~= nil or context.settings.profile_given
  for _, step in ipairs(STEPS) do
    local fetcher, message, failure = step(context, name, values, given)
    if fetcher then return fetcher end
    if failure and not failure.absent then return nil, message, failure end
  end
  return source.absent(("profile %q"):format(name), why_absent(context, name))
end

return profile
