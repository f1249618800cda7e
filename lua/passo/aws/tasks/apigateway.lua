--- apigateway:invoke: arguments -> an HTTP request to an API, its reply -> the Task's result.
local core = require "passo.core"
local pure = require "passo.aws.core"
local reason = require "passo.aws.http.reason"

local apigateway = {}

local KNOWN = {}
for name in ([[ApiEndpoint Method Headers Stage Path QueryParameters RequestBody AllowNullValues
    AuthType]]):gmatch "%S+" do
  KNOWN[name] = true
end
local METHODS = { GET = true, POST = true, PUT = true, DELETE = true, PATCH = true, HEAD = true, OPTIONS = true }
local AUTH = { NO_AUTH = true, IAM_ROLE = true, RESOURCE_POLICY = true }
-- Headers that are not the definition's to set.
local FORBIDDEN = {}
for name in ([[authorization connection content-md5 expect host max-forwards proxy-authenticate server te
    transfer-encoding trailer upgrade via www-authenticate]]):gmatch "%S+" do
  FORBIDDEN[name] = true
end

local function refuse(words)
  return nil, "States.Runtime", words
end

local function encoded(text, keep)
  return (tostring(text):gsub("[^%w%-._~" .. (keep or "") .. "]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- One value, or all of a list; nulls only where they are allowed.
local function each(values, visit)
  if type(values) ~= "table" then values = { values } end
  for _, value in ipairs(values) do visit(value == core.null and "" or tostring(value)) end
end

--- "?a=1&a=2" of {a = {1, 2}}; empty for none.
function apigateway.query(parameters)
  local parts = {}
  for _, name in ipairs(sorted_keys(parameters or {})) do
    each(parameters[name], function(value)
      parts[#parts + 1] = encoded(name) .. "=" .. encoded(value)
    end)
  end
  return #parts > 0 and "?" .. table.concat(parts, "&") or ""
end

local function url_of(arguments)
  local base = arguments.ApiEndpoint:gsub("/+$", "")
  if not base:find "^%a[%w+.-]*://" then base = "https://" .. base end
  local parts = { base }
  for _, name in ipairs { "Stage", "Path" } do
    local part = arguments[name]
    if type(part) == "string" then
      part = part:gsub("^/+", "")
      if part ~= "" then parts[#parts + 1] = encoded(part, "/%%") end
    end
  end
  return table.concat(parts, "/") .. (#parts == 1 and "/" or "") .. apigateway.query(arguments.QueryParameters)
end

local function check(arguments)
  for name in pairs(arguments) do
    if not KNOWN[name] then return ("the field '%s' is not supported by apigateway:invoke"):format(tostring(name)) end
  end
  if type(arguments.ApiEndpoint) ~= "string" then return "ApiEndpoint must be a string" end
  if not METHODS[arguments.Method] then return "Method must be one of GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS" end
  if arguments.AuthType and not AUTH[arguments.AuthType] then
    return "AuthType must be one of NO_AUTH, IAM_ROLE, RESOURCE_POLICY"
  end
  if arguments.Headers ~= nil and type(arguments.Headers) ~= "table" then return "Headers must be an object" end
  for name in pairs(arguments.Headers or {}) do
    local low = tostring(name):lower()
    if FORBIDDEN[low] or low:find "^x%-forwarded" or low:find "^x%-amz" then
      return ("the 'Headers' field contains unsupported values: %s"):format(name)
    end
  end
end

-- A body is JSON, a string too. Its nulls go unsaid unless they are allowed.
local function without_nulls(body)
  if type(body) ~= "table" or getmetatable(body) == core.array_mt then return body end
  local out, dropped = {}, false
  for key, value in pairs(body) do
    if value == core.null then
      dropped = true
    else
      out[key] = without_nulls(value)
      dropped = dropped or out[key] ~= value
    end
  end
  return dropped and out or body
end

local function body_of(arguments)
  local body = arguments.RequestBody
  if body == nil or body == core.null then return nil end
  return core.encode(arguments.AllowNullValues and body or without_nulls(body))
end

--- The request for these arguments: nil, error, cause where they are wrong.
---@param arguments table
---@return passo.aws.Request? request
---@return string? auth "IAM_ROLE" and "RESOURCE_POLICY" are signed for execute-api
function apigateway.write(arguments)
  local wrong = check(arguments)
  if wrong then return refuse(wrong) end
  local body = body_of(arguments)
  local request, message = pure.request(arguments.Method, url_of(arguments), nil, body)
  if not request then return refuse(message) end
  request:header("Accept", "application/json")
  if body then request:header("Content-Type", "application/json") end
  for _, name in ipairs(sorted_keys(arguments.Headers or {})) do
    local list = {}
    each(arguments.Headers[name], function(value) list[#list + 1] = value end)
    request:header(name, table.concat(list, ","))
  end
  return request, arguments.AuthType or "NO_AUTH"
end

local function headers_of(lines)
  local out = {}
  for name, value in lines:gmatch "([^:\r\n]+):[ \t]*([^\r\n]*)" do
    local list = out[name]
    if list then list[#list + 1] = value else out[name] = core.array { value } end
  end
  return out
end

local function body_value(text)
  if text == nil or text == "" then return "" end
  local value, message = core.decode(text)
  if value == nil and message then return text end
  return value
end

--- The result of a reply: a table, or nil, error, cause.
function apigateway.read(status, headers, body)
  if status < 200 or status > 299 then return nil, "ApiGateway." .. status, body or "" end
  return { Headers = headers_of(headers), ResponseBody = body_value(body), StatusCode = status,
    StatusText = reason[status] or "" }
end

return apigateway
