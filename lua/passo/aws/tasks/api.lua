--- Sends what apigateway:invoke makes of a Task's arguments.
local apigateway = require "passo.aws.tasks.apigateway"

local api = {}

-- Signs for execute-api with the keys of the execution or of the Task's role.
local function sign(self, request, state, ctx, host)
  local region = host:match "%.execute%-api%.([^.]+)%." or state.region ~= "" and state.region or nil
  local client, message, failure = self:client("apigateway", region, ctx.role_arn)
  if not client then return nil, message, failure end
  local keys
  keys, message, failure = client.provider:get()
  if not keys then return nil, message, failure end
  return request:sign(keys, region or client.region, "execute-api", client.now_ms())
end

--- The result of apigateway:invoke, or nil, error, cause.
function api.invoke(self, state, input, ctx)
  local request, auth, cause = apigateway.write(input:lua())
  if not request then return nil, auth, cause end
  local method, url, lines, body = request:parts()
  if auth ~= "NO_AUTH" then
    local signed, message = sign(self, request, state, ctx, url:match "://([^/]+)")
    if not signed then return nil, "ApiGateway.SdkClientException", message end
    method, url, lines, body = request:parts()
  end
  local send = self.options.send or require("passo.net").send
  local status, headers, reply = send(method, url, lines, body, { http2 = false, timeout_ms = self.options.timeout_ms,
    ca_bundle = self.options.ca_bundle, proxy = self.options.proxy, no_proxy = self.options.no_proxy })
  if not status then
    return nil, "ApiGateway.SdkClientException", "Unable to execute HTTP request: " .. tostring(headers)
  end
  return apigateway.read(status, headers, reply)
end

return api
