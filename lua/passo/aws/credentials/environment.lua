--- Keys in the environment: AWS_ACCESS_KEY_ID and its companions.
local source = require "passo.aws.credentials.source"

local NAME = "environment"

local function fetch(context)
  local settings = context.settings
  local id = settings:env "AWS_ACCESS_KEY_ID"
  if not id then return source.failed(NAME, "AWS_ACCESS_KEY_ID is not set any more") end
  return source.keys(NAME, {
    AWS_ACCESS_KEY_ID = id,
    AWS_SECRET_ACCESS_KEY = settings:env "AWS_SECRET_ACCESS_KEY",
    AWS_SESSION_TOKEN = settings:env "AWS_SECURITY_TOKEN" or settings:env "AWS_SESSION_TOKEN",
    AWS_CREDENTIAL_EXPIRATION = settings:env "AWS_CREDENTIAL_EXPIRATION",
  }, { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION" })
end

return function(context)
  if not context.settings:env "AWS_ACCESS_KEY_ID" then
    local message = "AWS_ACCESS_KEY_ID is not set"
    if rawget(_G, "ngx") then
      message = message .. " (nginx passes on what nginx.conf names: \"env AWS_ACCESS_KEY_ID;\")"
    end
    return source.absent(NAME, message)
  end
  return { name = NAME, fetch = function() return fetch(context) end }
end
