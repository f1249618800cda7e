--- Keys of an EC2 instance's role: version 2 of the instance metadata service (a session token first).
---
--- It is the last source of the chain: on machines that are no instances it must give up soon, so a second and one
--- attempt are the defaults, as in AWS's own tools.
local source = require "passo.aws.credentials.source"

local NAME = "instance metadata"
local TOKEN_PATH = "/latest/api/token"
local ROLE_PATH = "/latest/meta-data/iam/security-credentials/"
local TOKEN_SECONDS = 21600
local WINDOW_MS = 15 * 60 * 1000

-- Answers status, body; or nil, message, failure.
local function ask(context, metadata, method, path, headers)
  local options = { timeout_ms = metadata.timeout_ms, connect_timeout_ms = metadata.timeout_ms, max_body = 65536,
    proxy = false }
  local url = metadata.endpoint:gsub("/+$", "") .. path
  local status, message, body
  for _ = 1, metadata.attempts do
    status, message, body = context.send(method, url, headers, nil, options)
    if status and (status < 500 or status > 599) then return status, body end
    if not status and (body.code == "ECANCELLED" or body.code == "EHOST") then break end
  end
  if status then return status, body end
  return source.failed(NAME, ("%s: %s"):format(metadata.endpoint, message), body)
end

-- The headers that carry the session's token; without any for version 1.
local function open_session(context, metadata)
  local status, token, failure = ask(context, metadata, "PUT", TOKEN_PATH,
    ("x-aws-ec2-metadata-token-ttl-seconds: %d\r\n"):format(TOKEN_SECONDS))
  if status == 200 and token ~= "" and not token:find "%c" then
    return ("x-aws-ec2-metadata-token: %s\r\n"):format(token)
  end
  local old_service = status == 403 or status == 404 or status == 405 or (failure and failure.code == "ETIMEOUT")
  if old_service and metadata.v1_allowed then return "" end
  if not status then return nil, token, failure end
  return source.failed(NAME, ("%s gave no session token (status %d)%s"):format(metadata.endpoint, status,
    old_service and "; version 1 is used only where ec2_metadata_v1_disabled = false" or ""))
end

-- An instance whose service cannot renew its keys is told to go on with them: AWS accepts them meanwhile.
local function extend(context, expires_ms)
  local window_ms = WINDOW_MS + math.random(120, 600) * 1000
  local now_ms = context.now_ms()
  if expires_ms - now_ms > window_ms then return expires_ms end
  return now_ms + window_ms
end

local function fetch(context, metadata)
  local headers, message, failure = open_session(context, metadata)
  if not headers then return nil, message, failure end
  local status, role
  status, role, failure = ask(context, metadata, "GET", ROLE_PATH, headers)
  if not status then return nil, role, failure end
  if status == 404 then return source.absent(NAME, "the instance has no role") end
  role = status == 200 and role:match "^%s*([%w+=,.@_-]+)"
  if not role then return source.failed(NAME, ("no role's name came (status %d)"):format(status)) end
  local body
  status, body, failure = ask(context, metadata, "GET", ROLE_PATH .. role, headers)
  if not status then return nil, body, failure end
  if status ~= 200 then return source.failed(NAME, ("role %s: status %d"):format(role, status)) end
  local reply
  reply, message = source.object(body)
  if not reply then return source.failed(NAME, message) end
  if reply.Code ~= "Success" and source.text(reply.Message) and not reply.SecretAccessKey then
    return source.failed(NAME, ("role %s: %s"):format(role, reply.Message:sub(1, 100)))
  end
  local keys, expires_ms
  keys, expires_ms, failure = source.keys(NAME, reply, source.METADATA_NAMES, 4)
  if not keys then return nil, expires_ms, failure end
  return keys, extend(context, expires_ms)
end

return function(context)
  local metadata, message, failure = context.settings:metadata()
  if not metadata then return nil, message, failure end
  if metadata.disabled then return source.absent(NAME, "AWS_EC2_METADATA_DISABLED is true") end
  return { name = NAME, waits = true, fetch = function() return fetch(context, metadata) end }
end
