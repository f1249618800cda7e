--- Keys of IAM Identity Center: the token that `aws sso login` left on this machine is exchanged for keys of a role.
---
--- A session's token is renewed here and written back, when its registration allows it; a token of the older kind
--- (a profile without sso_session) cannot be renewed.
local core = require "passo.core"
local settings_of = require "passo.aws.settings"
local source = require "passo.aws.credentials.source"

local WINDOW_MS = 15 * 60 * 1000 -- before its end a token is renewed

local function remedy(sso)
  return ("; `aws sso login%s` gives a new one"):format(
    sso.session and " --sso-session " .. sso.session or " --profile " .. sso.profile)
end

-- the token ------------------------------------------------------------------------------------------

local function token_path(context, sso)
  return context.settings:path("~/.aws/sso/cache/" .. core.digest("sha1", sso.session or sso.start_url) .. ".json")
end

local function read_token(context, sso)
  local path, message = token_path(context, sso)
  if not path then return source.failed(sso.name, message) end
  local text, failure
  text, message, failure = settings_of.read(path)
  if not text then
    if failure.absent then message = "nobody has logged in: there is no " .. path end
    return source.failed(sso.name, message .. remedy(sso))
  end
  local token = source.object(text)
  if not token or not source.text(token.accessToken) or not settings_of.time(token.expiresAt) then
    return source.failed(sso.name, path .. " holds no token" .. remedy(sso))
  end
  return token, path
end

local function time_text(ms)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(ms / 1000))
end

-- Whether everything is there that a renewal needs.
local function is_renewable(context, sso, token)
  local registered_ms = settings_of.time(token.registrationExpiresAt)
  return sso.session and source.text(token.refreshToken) and source.text(token.clientId)
    and source.text(token.clientSecret) and registered_ms and registered_ms > context.now_ms()
end

local function renew_token(context, sso, token, path)
  local client, message, failure = context.client("sso-oidc", { region = sso.region, credentials = source.anonymous })
  if not client then return source.failed(sso.name, message, failure) end
  local result
  result, message, failure = client:call("CreateToken", {
    grantType = "refresh_token",
    clientId = token.clientId, clientSecret = token.clientSecret, refreshToken = token.refreshToken,
  })
  if not result then return source.failed(sso.name, "the token cannot be renewed: " .. message, failure) end
  if not source.text(result.accessToken) or type(result.expiresIn) ~= "number" then
    return source.failed(sso.name, "the token cannot be renewed: the answer holds none")
  end
  -- A new refresh token, when there is one, replaces the old one, which is void from now on.
  local new = {
    startUrl = sso.start_url, region = sso.region,
    accessToken = result.accessToken, expiresAt = time_text(context.now_ms() + result.expiresIn * 1000),
    clientId = token.clientId, clientSecret = token.clientSecret,
    registrationExpiresAt = token.registrationExpiresAt, refreshToken = source.text(result.refreshToken),
  }
  -- One that cannot be written still serves this process.
  core.write_private(path, core.encode(new))
  return new
end

local function valid_token(context, sso)
  local token, path, failure = read_token(context, sso)
  if not token then return nil, path, failure end
  local left_ms = settings_of.time(token.expiresAt) - context.now_ms()
  if left_ms >= WINDOW_MS then return token end
  local message
  if is_renewable(context, sso, token) then
    local new
    new, message, failure = renew_token(context, sso, token, path)
    if new then return new end
    if failure.code ~= "ECREDENTIALS" then return nil, message, failure end
  end
  if left_ms > 0 then return token end
  return source.failed(sso.name, "the token has expired" .. (message and " (" .. message .. ")" or "") .. remedy(sso))
end

-- keys -----------------------------------------------------------------------------------------------

local function fetch(context, sso)
  local token, message, failure = valid_token(context, sso)
  if not token then return nil, message, failure end
  local client
  client, message, failure = context.client("sso", { region = sso.region, credentials = source.anonymous })
  if not client then return source.failed(sso.name, message, failure) end
  local result
  result, message, failure = client:call("GetRoleCredentials",
    { roleName = sso.role_name, accountId = sso.account_id, accessToken = token.accessToken })
  if not result then
    if failure and failure.code == "UnauthorizedException" then
      message = "the token is not accepted" .. remedy(sso)
    end
    return source.failed(sso.name, message, failure)
  end
  local credentials = result.roleCredentials
  if type(credentials) ~= "table" then return source.failed(sso.name, "the answer has no roleCredentials") end
  local keys, late
  keys, late, failure = source.keys(sso.name, credentials, { "accessKeyId", "secretAccessKey", "sessionToken" }, 3)
  if not keys then return nil, late, failure end
  return keys, tonumber(credentials.expiration)
end

local REQUIRED = { "sso_account_id", "sso_role_name", "sso_start_url", "sso_region" }

-- The profile's values with those of its session; they must not contradict each other.
local function resolve(context, name, values)
  local session = values.sso_session
  if not session then return values end
  local entry = context.settings.sso_sessions[session]
  if not entry then return source.failed(name, ("there is no section [sso-session %s]"):format(session)) end
  local all = {}
  for key, value in pairs(values) do all[key] = value end
  for key, value in pairs(entry.values) do
    if all[key] and all[key] ~= value then
      return source.failed(name, ("%s differs between the profile and [sso-session %s]"):format(key, session))
    end
    all[key] = value
  end
  return all
end

return function(context, profile_name, values)
  local name = ("SSO (profile %q)"):format(profile_name)
  if not values.sso_role_name and not values.sso_account_id then
    return source.absent(name, "sso_role_name and sso_account_id are not set")
  end
  local all, message, failure = resolve(context, name, values)
  if not all then return nil, message, failure end
  for _, key in ipairs(REQUIRED) do
    if not all[key] then return source.failed(name, key .. " is missing") end
  end
  local sso = {
    name = name, profile = profile_name, session = values.sso_session,
    start_url = all.sso_start_url, region = all.sso_region,
    account_id = all.sso_account_id, role_name = all.sso_role_name,
  }
  return { name = name, waits = true, fetch = function() return fetch(context, sso) end }
end
