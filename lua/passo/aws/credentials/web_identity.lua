--- Keys of a role for who holds a token of an identity provider, as the pods of EKS do.
local source = require "passo.aws.credentials.source"

local web_identity = {}

local function fetch(context, name, role)
  -- The token is replaced from time to time: it is read anew.
  local token, message = source.token_file(context, role.token_file)
  if not token then return source.failed(name, message) end
  local client, failure
  client, message, failure = context.client("sts", {
    region = role.region or source.sts_region(context), credentials = source.anonymous,
  })
  if not client then return source.failed(name, message, failure) end
  local result
  result, message, failure = client:call("AssumeRoleWithWebIdentity", {
    RoleArn = role.role_arn,
    RoleSessionName = role.session_name or ("passo-%d"):format(math.floor(context.now_ms() / 1000)),
    WebIdentityToken = token,
    DurationSeconds = role.duration_seconds,
    Policy = role.policy,
  })
  if not result then return source.failed(name, message, failure) end
  return source.sts_keys(name, result)
end

--- The fetcher of {role_arn, token_file, session_name, duration_seconds, policy, region}.
function web_identity.fetcher(context, role)
  local name = "web identity " .. role.role_arn
  return { name = name, waits = true, fetch = function() return fetch(context, name, role) end }
end

--- Of a profile, and of the environment unless `without_environment`.
function web_identity.find(context, profile_name, values, without_environment)
  local settings = context.settings
  local function value(variable, key)
    return not without_environment and settings:env(variable) or values[key]
  end
  local where = ("web identity (profile %q)"):format(profile_name)
  local file = value("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file")
  if not file then return source.absent(where, "no token file is named") end
  local role_arn = value("AWS_ROLE_ARN", "role_arn")
  if not role_arn then
    return source.failed(where, "a token file is named, but no role: AWS_ROLE_ARN or role_arn is missing")
  end
  return web_identity.fetcher(context, {
    role_arn = role_arn, token_file = file, session_name = value("AWS_ROLE_SESSION_NAME", "role_session_name"),
  })
end

return web_identity
