--- http:invoke: a Task's arguments and its connection become a request.
---
--- What the connection says of headers, query and body goes over what the Task says.
local core = require "passo.core"
local form = require "passo.aws.http.form"

local request = {}

local KNOWN = {}
for name in ([[ApiEndpoint Method Authentication InvocationConfig Headers QueryParameters RequestBody
    Transform]]):gmatch "%S+" do
  KNOWN[name] = true
end
local METHODS = { GET = true, POST = true, PUT = true, DELETE = true, PATCH = true, OPTIONS = true, HEAD = true }
-- Headers that are not the definition's to set.
local FORBIDDEN = {}
for name in ([[a-im accept-charset accept-datetime accept-encoding authorization cache-control connection
    content-encoding content-md5 date expect forwarded from host http2-settings if-match if-modified-since
    if-none-match if-range if-unmodified-since max-forwards origin pragma proxy-authorization referer server te
    trailer transfer-encoding upgrade via warning]]):gmatch "%S+" do
  FORBIDDEN[name] = true
end
-- Headers that Step Functions sets, whatever anybody else says.
local OWN = { ["user-agent"] = true, range = true, host = true, ["content-length"] = true }
-- A request that might have a body says that it has none.
local HAS_BODY = { POST = true, PUT = true, PATCH = true }
local JSON_TYPE = "application/json; charset=UTF-8"
local RANGE = "bytes=0-262144"

local function is_object(value)
  return type(value) == "table" and getmetatable(value) ~= core.array_mt
end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function given(value)
  if value == core.null then return nil end
  return value
end

--- Whether HTTP allows a header of that name.
function request.is_header_name(name)
  return name:find "^[!#$%%&'*+%-%.^_`|~%w]+$" ~= nil
end

-- reading the arguments -------------------------------------------------------------------------------

local function check_headers(headers)
  if not is_object(headers) then return "Headers must be an object" end
  local refused = {}
  for _, name in ipairs(sorted_keys(headers)) do
    local low = name:lower()
    if FORBIDDEN[low] or low:find "^x%-forwarded%-" or low:find "^x%-amzn?%-" then refused[#refused + 1] = low end
    if not request.is_header_name(name) then return ("Headers: '%s' is no name of a header"):format(name) end
    local values = type(headers[name]) == "table" and headers[name] or { headers[name] }
    for _, value in ipairs(values) do
      if type(value) == "table" then return ("Headers.%s must be a string or a list of strings"):format(name) end
      if tostring(value):find "[%c\127]" then return ("Headers.%s contains control characters"):format(name) end
    end
  end
  if #refused > 0 then
    return ("The 'Headers' field contains unsupported values: [%s]"):format(table.concat(refused, ", "))
  end
end

local function check_url(url)
  if type(url) ~= "string" then return "ApiEndpoint must be a string" end
  local scheme, authority = url:match "^(%a+)://([^/?#]*)"
  scheme = scheme and scheme:lower()
  if (scheme ~= "https" and scheme ~= "http") or authority == "" or url:find "[%c%s\127]" then
    return "ApiEndpoint must be a URL with https or http"
  end
  if authority:find("@", 1, true) then return "ApiEndpoint must not contain a user's name or password" end
  if url:find("#", 1, true) then return "ApiEndpoint must not contain a fragment" end
end

local function check_transform(transform)
  if not is_object(transform) then return "Transform must be an object" end
  local encoding = transform.RequestBodyEncoding or "NONE"
  if encoding ~= "NONE" and encoding ~= "URL_ENCODED" then
    return "Transform.RequestBodyEncoding must be NONE or URL_ENCODED"
  end
  local options = transform.RequestEncodingOptions
  if options == nil then return nil end
  if not is_object(options) then return "Transform.RequestEncodingOptions must be an object" end
  local style = options.ArrayFormat
  if style ~= nil and style ~= "NONE" and not form.knows(style) then
    return "Transform.RequestEncodingOptions.ArrayFormat must be INDICES, REPEAT, COMMAS or BRACKETS"
  end
end

local function connection_of(arguments)
  for _, name in ipairs { "InvocationConfig", "Authentication" } do
    local config = given(arguments[name])
    if config ~= nil then
      if type(config) ~= "table" or type(config.ConnectionArn) ~= "string" then
        return nil, ("%s.ConnectionArn must be a string"):format(name)
      end
      return config.ConnectionArn
    end
  end
  return nil, "InvocationConfig.ConnectionArn or Authentication.ConnectionArn is required"
end

--- Checks a Task's arguments: nil, words; else the connection's ARN.
---@param arguments table
---@return string? connection_arn nil, message
function request.check(arguments)
  if not is_object(arguments) then return nil, "the arguments of http:invoke must be an object" end
  for _, name in ipairs(sorted_keys(arguments)) do
    if not KNOWN[name] then return nil, ("the field '%s' is not supported by http:invoke"):format(name) end
  end
  local wrong = check_url(arguments.ApiEndpoint)
  if wrong then return nil, wrong end
  if not METHODS[arguments.Method] then
    return nil, "Method must be one of GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD"
  end
  wrong = given(arguments.Headers) and check_headers(arguments.Headers)
    or given(arguments.Transform) and check_transform(arguments.Transform)
  if wrong then return nil, wrong end
  if given(arguments.Authentication) and given(arguments.InvocationConfig) then
    return nil, "either Authentication or InvocationConfig, not both"
  end
  return connection_of(arguments)
end

-- writing the request -----------------------------------------------------------------------------------

-- "a=b", {a = "b", c = {"d", "e"}}, or a list of these.
local function query_parts(out, parameters, overridden)
  if type(parameters) == "string" then
    out[#out + 1] = parameters:gsub("^[?&]", "")
  elseif is_object(parameters) then
    local rest = {}
    for name, value in pairs(parameters) do
      if not overridden[name] then rest[name] = value end
    end
    local text = form.encode(rest, "REPEAT")
    if text ~= "" then out[#out + 1] = text end
  elseif type(parameters) == "table" then
    for _, one in ipairs(parameters) do query_parts(out, one, overridden) end
  end
end

local function url_of(arguments, extra)
  local parts, overridden = {}, {}
  for _, pair in ipairs(extra) do overridden[pair[1]] = true end
  query_parts(parts, given(arguments.QueryParameters), overridden)
  for _, pair in ipairs(extra) do parts[#parts + 1] = form.escape(pair[1]) .. "=" .. form.escape(pair[2]) end
  local url = arguments.ApiEndpoint
  if not url:find "^%a+://[^/?]+/" then url = url:gsub("^(%a+://[^/?]+)", "%1/") end
  if #parts == 0 then return url end
  return url .. (url:find("?", 1, true) and (url:find "[?&]$" and "" or "&") or "?") .. table.concat(parts, "&")
end

local function header_lines(arguments, extra, user_agent)
  local lines, seen = {}, {}
  local function add(name, value)
    lines[#lines + 1] = name .. ": " .. value .. "\r\n"
  end
  for _, pair in ipairs(extra) do
    local low = pair[1]:lower()
    if not OWN[low] then
      seen[low] = true
      add(pair[1], pair[2])
    end
  end
  local overridden = {}
  for name in pairs(seen) do overridden[name] = true end
  local headers = given(arguments.Headers) or {}
  for _, name in ipairs(sorted_keys(headers)) do
    local low = name:lower()
    if not OWN[low] and not overridden[low] then
      seen[low] = true
      local values = type(headers[name]) == "table" and headers[name] or { headers[name] }
      for _, value in ipairs(values) do add(name, value == core.null and "" or tostring(value)) end
    end
  end
  if not seen["content-type"] then add("Content-Type", JSON_TYPE) end
  add("Range", RANGE)
  add("User-Agent", user_agent)
  return table.concat(lines)
end

-- The body with the connection's members over the Task's.
local function merged(body, extra)
  if #extra == 0 then return body end
  if body == nil then body = {} end
  if not is_object(body) then
    return nil, "the connection's body parameters cannot be merged with a RequestBody that is no object"
  end
  for _, pair in ipairs(extra) do body[pair[1]] = pair[2] end
  return body
end

local function body_of(arguments, extra)
  local body, wrong = merged(given(arguments.RequestBody), extra)
  if wrong or body == nil then return nil, wrong end
  local transform = given(arguments.Transform) or {}
  if transform.RequestBodyEncoding == "URL_ENCODED" then
    if type(body) == "string" then return body end
    if not is_object(body) then return nil, "a RequestBody that is URL-encoded must be an object" end
    local style = (transform.RequestEncodingOptions or {}).ArrayFormat
    return form.encode(body, form.knows(style) and style or "INDICES")
  end
  if type(body) == "string" then return body end
  return core.encode(body)
end

--- The request; nil, words where the connection and the Task do not go together.
---@param arguments table checked; its body may be changed
---@param extra {headers: string[][], query: string[][], body: string[][]} pairs of the connection
---@param user_agent string
---@return {method: string, url: string, headers: string, body: string?}?
function request.write(arguments, extra, user_agent)
  local body, wrong = body_of(arguments, extra.body)
  if wrong then return nil, wrong end
  body = body or (HAS_BODY[arguments.Method] and "") or nil
  return { method = arguments.Method, url = url_of(arguments, extra.query), body = body,
    headers = header_lines(arguments, extra.headers, user_agent) }
end

-- redirects -----------------------------------------------------------------------------------------------

--- Scheme, host and port of a URL: to whom secrets may go.
function request.origin(url)
  local scheme, authority = url:match "^(%a+)://([^/?#]*)"
  if not scheme then return nil end
  scheme, authority = scheme:lower(), authority:lower()
  if not authority:find ":%d+$" then authority = authority .. (scheme == "https" and ":443" or ":80") end
  return scheme .. "://" .. authority
end

-- Without "." and ".." segments.
local function flat(path)
  local out = {}
  for segment in path:gmatch "/([^/]*)" do
    if segment == ".." then out[#out] = nil elseif segment ~= "." then out[#out + 1] = segment end
  end
  if path:find "/%.%.?$" then out[#out + 1] = "" end
  return "/" .. table.concat(out, "/")
end

--- The URL that `location` names, seen from `base`; nil for one that is none of HTTP.
function request.resolve(base, location)
  location = location:gsub("#.*$", ""):gsub("[%c%s\127]", function(c) return ("%%%02X"):format(c:byte()) end)
  if location:find "^%a[%w+.-]*:" then
    return not check_url(location) and location or nil
  end
  local scheme, authority, path = base:match "^(%a+)://([^/?#]*)([^?#]*)"
  if location:find "^//" then
    local url = scheme .. ":" .. location
    return not check_url(url) and url or nil
  end
  local root = scheme .. "://" .. authority
  local target, query = location:match "^([^?]*)(.*)$"
  if target == "" then return root .. (path == "" and "/" or path) .. query end
  if target:sub(1, 1) ~= "/" then target = (path:match "^(.*/)" or "/") .. target end
  return root .. flat(target) .. query
end

return request
