--- Keys that `aws login` left on this machine. They are used while they hold; only the AWS CLI renews them, with a
--- key of its own.
local core = require "passo.core"
local settings_of = require "passo.aws.settings"
local source = require "passo.aws.credentials.source"

local REMEDY = "; `aws login` gives new ones"

local function fetch(context, name, session)
  local settings = context.settings
  local folder, message = settings:path(settings:env "AWS_LOGIN_CACHE_DIRECTORY" or "~/.aws/login/cache")
  if not folder then return source.failed(name, message) end
  local text
  text, message = settings_of.read(folder .. "/" .. core.digest("sha256", session) .. ".json")
  if not text then return source.failed(name, message .. REMEDY) end
  local token = source.object(text)
  local keys = token and token.accessToken
  if type(keys) ~= "table" then return source.failed(name, "the cached login holds no keys" .. REMEDY) end
  local expires_ms = settings_of.time(keys.expiresAt)
  if expires_ms and expires_ms <= context.now_ms() then
    return source.failed(name, "the keys of the last login have expired" .. REMEDY)
  end
  return source.keys(name, keys, { "accessKeyId", "secretAccessKey", "sessionToken", "expiresAt" }, 4)
end

return function(context, profile_name, values)
  local name = ("login (profile %q)"):format(profile_name)
  local session = values.login_session
  if not session then return source.absent(name, "login_session is not set") end
  return { name = name, fetch = function() return fetch(context, name, session) end }
end
