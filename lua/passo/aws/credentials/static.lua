--- Keys given in the program.
local provider = require "passo.aws.credentials.provider"

--- Takes keys as a table {access_key_id, secret_access_key, session_token}, as the names in ~/.aws/credentials
--- without "aws_", or as passo.aws.keys.
---@return passo.aws.Credentials
return function(keys)
  if type(keys) == "table" then
    local id, secret, token = keys.access_key_id, keys.secret_access_key, keys.session_token
    if type(id) ~= "string" or type(secret) ~= "string" or (token ~= nil and type(token) ~= "string") then
      error("credentials: access_key_id and secret_access_key must be strings, and session_token when given", 3)
    end
    keys = require("passo.aws.core").keys(id, secret, token)
  elseif type(keys) ~= "userdata" then
    error("credentials: a table with access_key_id and secret_access_key is expected", 3)
  end
  return provider.new("static", function()
    if not keys then return nil, "static: AWS refused the keys given, and there are no others" end
    local once = keys
    keys = nil
    return { name = "static", fetch = function() return once end }
  end)
end
