--- Keys of a container's role: the endpoint that ECS, or the pod identity agent of EKS, names in the environment.
---
--- A full URL may name anybody; without TLS only this machine and the two agents' addresses are believed.
local source = require "passo.aws.credentials.source"

local NAME = "container"
local ECS = "http://169.254.170.2"
local AGENTS = { ["169.254.170.2"] = true, ["169.254.170.23"] = true, ["fd00:ec2::23"] = true, localhost = true }
local TIMEOUT_MS, ATTEMPTS, PAUSE_SECONDS = 2000, 3, 1

local function is_loopback(host)
  return host:find "^127%.%d+%.%d+%.%d+$" ~= nil or host == "::1" or host == "0:0:0:0:0:0:0:1"
end

-- The scheme and the host of a URL, as far as they decide whom to believe.
local function parse_url(url)
  local scheme, authority = url:match "^(%a+)://([^/?#]+)"
  -- A name, a backslash or a blank before the host is how one host is made to look like another.
  if not scheme or authority:find "[@\\%s%c]" then return nil end
  local host = authority:match "^%[([^%]]*)%]" or authority:match "^([^:]*)"
  return scheme:lower(), host:lower()
end

local function check_url(url)
  local scheme, host = parse_url(url)
  if scheme == "https" then return true end
  if scheme ~= "http" then return nil, "AWS_CONTAINER_CREDENTIALS_FULL_URI: an http or https URL is expected" end
  if is_loopback(host) or AGENTS[host] then return true end
  return nil, ("AWS_CONTAINER_CREDENTIALS_FULL_URI: without TLS the host must be this machine, 169.254.170.2, "
    .. "169.254.170.23 or fd00:ec2::23, not %q"):format(host:sub(1, 60))
end

local function headers_of(context)
  local settings = context.settings
  local token, message
  local file = settings:env "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
  if file then
    token, message = source.token_file(context, file)
    if not token then return nil, message end
  else
    token = settings:env "AWS_CONTAINER_AUTHORIZATION_TOKEN"
  end
  local headers = "Accept: application/json\r\n"
  if not token then return headers end
  if token:find "[%c]" then return nil, "the authorization token has characters that no header may have" end
  return headers .. "Authorization: " .. token .. "\r\n"
end

local function ask(context, url)
  local headers, problem = headers_of(context)
  if not headers then return source.failed(NAME, problem) end
  local status, message, body, failure
  for attempt = 1, ATTEMPTS do
    status, message, body = context.send("GET", url, headers, nil,
      { timeout_ms = TIMEOUT_MS, connect_timeout_ms = TIMEOUT_MS, max_body = 65536, proxy = false })
    if status == 200 then return body end
    failure = not status and body
    if failure and (failure.code == "ECANCELLED" or failure.code == "EHOST") then break end
    if attempt < ATTEMPTS then context.sleep(PAUSE_SECONDS) end
  end
  if status then return source.failed(NAME, ("the endpoint answered with status %d"):format(status)) end
  return source.failed(NAME, message, failure)
end

local function fetch(context, url)
  local body, message, failure = ask(context, url)
  if not body then return nil, message, failure end
  local reply
  reply, message = source.object(body)
  if not reply then return source.failed(NAME, message) end
  return source.keys(NAME, reply, source.METADATA_NAMES, 2)
end

return function(context)
  local settings = context.settings
  local relative = settings:env "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
  local url = relative and ECS .. relative or settings:env "AWS_CONTAINER_CREDENTIALS_FULL_URI"
  if not url then
    return source.absent(NAME, "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set")
  end
  if relative and relative:sub(1, 1) ~= "/" then
    return source.failed(NAME, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: a path that begins with / is expected")
  end
  local ok, message = check_url(url)
  if not ok then return source.failed(NAME, message) end
  return { name = NAME, waits = true, fetch = function() return fetch(context, url) end }
end
