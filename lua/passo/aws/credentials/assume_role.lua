--- Keys of a role, from STS, for who may assume it.
local provider = require "passo.aws.credentials.provider"
local source = require "passo.aws.credentials.source"

local assume_role = {}

-- What STS takes for a session's name when nobody gives one.
local function default_name(context)
  return ("passo-%d"):format(math.floor(context.now_ms() / 1000))
end

local function fetch(context, name, role, from)
  local client, message, failure = context.client("sts", {
    region = role.region or source.sts_region(context), credentials = from,
  })
  if not client then return source.failed(name, message, failure) end
  local result
  result, message, failure = client:call("AssumeRole", {
    RoleArn = role.role_arn,
    RoleSessionName = role.session_name or default_name(context),
    ExternalId = role.external_id,
    DurationSeconds = role.duration_seconds,
    Policy = role.policy,
  })
  if not result then return source.failed(name, message, failure) end
  return source.sts_keys(name, result)
end

--- The fetcher of a role: {role_arn, session_name, external_id, duration_seconds, policy, region}, assumed with the
--- keys of `from`, a provider.
function assume_role.fetcher(context, role, from)
  local name = "assume role " .. role.role_arn
  return { name = name, waits = true, fetch = function() return fetch(context, name, role, from) end }
end

-- profiles -------------------------------------------------------------------------------------------

local NAMED = {
  Environment = "passo.aws.credentials.environment",
  Ec2InstanceMetadata = "passo.aws.credentials.imds",
  EcsContainer = "passo.aws.credentials.container",
}

local function named_source(context, where, name)
  if not NAMED[name] then
    return source.failed(where, ("credential_source: one of Environment, Ec2InstanceMetadata, EcsContainer was "
      .. "expected, found %q"):format(name:sub(1, 40)))
  end
  local fetcher, message, failure = require(NAMED[name])(context)
  if fetcher then return fetcher end
  return source.failed(where, ("credential_source %s: %s"):format(name, message), failure)
end

local function check(where, values)
  if values.mfa_serial then
    return source.failed(where, "mfa_serial: a role that asks for a code cannot be assumed without somebody to type "
      .. "it; `aws configure export-credentials` gives keys that work here")
  end
  if values.source_profile and values.credential_source then
    return source.failed(where, "source_profile and credential_source exclude each other")
  end
  if not values.source_profile and not values.credential_source then
    return source.failed(where, "role_arn needs source_profile or credential_source")
  end
  return true
end

-- The fetcher of the keys that assume the role.
local function source_of(context, where, profile_name, values, visited, find_profile)
  if values.credential_source then return named_source(context, where, values.credential_source) end
  local next_name = values.source_profile
  local following = context.settings.profiles[next_name]
  if not following then
    return source.failed(where, ("source_profile %q is in neither file"):format(next_name))
  end
  local has_keys = following.values.aws_access_key_id or following.values.aws_secret_access_key
  if visited[next_name] and not (next_name == profile_name and has_keys) then
    return source.failed(where, ("source_profile %q leads back to where it began"):format(next_name))
  end
  visited[next_name] = true
  return find_profile(context, next_name, visited, has_keys ~= nil)
end

local function copy_of(set)
  local copy = {}
  for key, value in pairs(set) do copy[key] = value end
  return copy
end

-- The provider of the keys that assume the role. When AWS refuses keys that have no end, the files are read again:
-- other programs renew theirs by writing them there.
local function provider_of_source(context, fetcher, look)
  local first = fetcher
  return provider.new(fetcher.name, function()
    local found = first
    first = nil
    if found then return found end
    local fresh, message, failure = context.again()
    if not fresh then return nil, message, failure end
    return look(fresh)
  end, context.now_ms)
end

--- The fetcher of a profile with role_arn.
---@param visited table<string, boolean> profiles that led here
---@param find_profile function as profile.find
function assume_role.of_profile(context, profile_name, values, visited, find_profile)
  local where = ("profile %q"):format(profile_name)
  local ok, message, failure = check(where, values)
  if not ok then return nil, message, failure end
  local function look(from)
    return source_of(from, where, profile_name, values, copy_of(visited), find_profile)
  end
  local fetcher
  fetcher, message, failure = look(context)
  if not fetcher then
    if failure then failure.absent = nil end
    return nil, message, failure
  end
  local from = provider_of_source(context, fetcher, look)
  local role = assume_role.fetcher(context, {
    role_arn = values.role_arn,
    session_name = values.role_session_name,
    external_id = values.external_id,
    duration_seconds = tonumber(values.duration_seconds),
  }, from)
  role.name = where .. ": " .. role.name
  return role
end

return assume_role
