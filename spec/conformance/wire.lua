--- The service's side of the wire, for what the recordings call: replies written from recorded results, requests read
--- and compared with recorded parameters. Written without the models, so that it does not repeat their mistakes.
local core = require "passo.core"

local wire = {}

-- The headers of a reply whose own were not recorded.
local ID = "x-amzn-RequestId: 00000000-0000-4000-8000-000000000900\r\n"

-- Services whose members begin with a small letter on the wire.
local CAMEL = { ecs = true, batch = true, states = true, ["aws-sdk:ecs"] = true, ["aws-sdk:batch"] = true,
  ["aws-sdk:sfn"] = true, ["aws-sdk:cloudwatchlogs"] = true, codebuild = true, ["aws-sdk:codebuild"] = true }
local PROTOCOL = { sns = "query", ["aws-sdk:sns"] = "query", ["aws-sdk:iam"] = "query", ["aws-sdk:sts"] = "query",
  ["aws-sdk:cloudformation"] = "query", ["aws-sdk:s3"] = "s3", lambda = "lambda", ["aws-sdk:lambda"] = "lambda" }

local function protocol_of(state)
  return PROTOCOL[state.service] or "json"
end

local function small(name)
  return (name:gsub("^%u", string.lower))
end

-- recorded -> wire ---------------------------------------------------------------------------------------

local function is_moment(key, value)
  return type(value) == "string" and not value:find "^%d%d%d%d%-"
    and (key:find "Date$" or key:find "At$" or key == "LastModified" or key:find "Timestamp$" or key:find "Time$")
end

-- Members as the wire spells them; moments, whose text the recorder replaced, as some moment.
local function spelt(value, camel, top)
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for key, inner in pairs(value) do
    if top and (key == "SdkHttpMetadata" or key == "SdkResponseMetadata") then
      inner = nil
    elseif type(key) == "string" and is_moment(key, inner) then
      inner = 1700000000.5
    else
      inner = spelt(inner, camel)
    end
    out[type(key) == "string" and camel and small(key) or key] = inner
  end
  return out
end

local function header_lines(headers)
  local names, lines = {}, {}
  for name in pairs(headers) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local values = headers[name]
    for _, value in ipairs(type(values) == "table" and values or { values }) do
      lines[#lines + 1] = name .. ": " .. value .. "\r\n"
    end
  end
  return table.concat(lines)
end

local function recorded_headers(result)
  local metadata = type(result) == "table" and result.SdkHttpMetadata
  return metadata and header_lines(metadata.AllHttpHeaders) or ID
end

local function escaped(text)
  return (tostring(text):gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

local function xml(name, value)
  if type(value) ~= "table" then return ("<%s>%s</%s>"):format(name, escaped(value), name) end
  local parts = {}
  if getmetatable(value) == core.array_mt then
    for _, item in ipairs(value) do parts[#parts + 1] = xml(name, item) end
    return table.concat(parts)
  end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do parts[#parts + 1] = xml(key, value[key]) end
  return ("<%s>%s</%s>"):format(name, table.concat(parts), name)
end

local function action(state)
  return (state.verb:gsub("^%l", string.upper))
end

local S3_HEADERS = { AcceptRanges = "accept-ranges", ContentLength = "Content-Length", ContentType = "Content-Type",
  ETag = "ETag", ServerSideEncryption = "x-amz-server-side-encryption", ChecksumCRC32 = "x-amz-checksum-crc32",
  ChecksumType = "x-amz-checksum-type", VersionId = "x-amz-version-id", ContentEncoding = "Content-Encoding",
  CacheControl = "Cache-Control", ChecksumCRC64NVME = "x-amz-checksum-crc64nvme" }

local function s3_reply(state, result)
  local headers = { ["x-amz-request-id"] = "REQUEST000000900" }
  local rest, raw = {}, ""
  for key, value in pairs(result) do
    if S3_HEADERS[key] then
      headers[S3_HEADERS[key]] = tostring(value)
    elseif key == "LastModified" and type(value) == "string" then
      headers["Last-Modified"] = "Tue, 14 Nov 2023 22:13:20 GMT"
    elseif key == "Metadata" then
      for name, text in pairs(value) do headers["x-amz-meta-" .. name] = text end
    elseif key == "Body" then
      raw = value
    else
      rest[key] = value
    end
  end
  if next(rest) then raw = xml(action(state) .. "Result", spelt(rest)) end
  return { status = 200, headers = header_lines(headers), body = raw }
end

--- The reply whose result was recorded; nil, why where this side does not know how.
function wire.reply(state, result)
  local protocol = protocol_of(state)
  local headers = recorded_headers(result)
  if protocol == "s3" then return s3_reply(state, result) end
  if protocol == "lambda" then
    if state.verb ~= "invoke" then
      return { status = 200, headers = headers, body = core.encode(spelt(result, false, true)) }
    end
    local payload = result.Payload
    if state.service == "lambda" then payload = core.encode(payload) end
    return { status = result.StatusCode or 200, headers = headers, body = payload }
  elseif protocol == "query" then
    local inner = xml(action(state) .. "Result", spelt(result, false, true))
    return { status = 200, headers = headers, body = ("<%sResponse>%s</%sResponse>"):format(action(state), inner,
      action(state)) }
  end
  return { status = 200, headers = headers, body = core.encode(spelt(result, CAMEL[state.service], true)) }
end

--- The answer that tells the end of a job.
function wire.job_reply(state, row, recorded)
  local body = spelt(recorded, CAMEL[state.service], true)
  if not row.whole then
    for i = #row.at, 1, -1 do
      local step = row.at[i]
      body = type(step) == "number" and core.array { body } or { [small(step)] = body }
      if type(step) == "string" and not CAMEL[state.service] then body = { [step] = body[small(step)] } end
    end
  end
  return { status = 200, headers = ID, body = core.encode(body) }
end

-- what a cause tells ---------------------------------------------------------------------------------------

local function read_cause(cause)
  local message, status, code, id =
    cause:match "^(.*) %(Service: [^;]*; Status Code: (%d+); Error Code: ([^;]*); Request ID: ([^;]*); Proxy: null%)$"
  if message then return { message = message, status = tonumber(status), code = code, id = id } end
  local head, tail = cause:match "^(.*) %(Service: [^,]*, Status Code: (%d+.*)$"
  if not head then return nil end
  return { message = head, status = tonumber(tail:match "^%d+"), id = tail:match "Request ID: ([^,)]+)",
    extended = tail:match "Extended Request ID: ([^,)]+)" }
end

-- The code on the wire of an error's name: the service's own list says which of two it is.
local function code_of(call, mock)
  local name = mock.error:match "%.([^.]*)$" or mock.error
  local short = name:gsub("Exception$", "")
  for _, known in ipairs(call.operation.facts.errors) do
    if known == name or known == short then return known end
  end
  return short:find "^%u%l+Db$" and "ValidationException" or name
end

--- The reply that refuses, as an error was recorded; nil, why.
function wire.refusal(state, call, mock)
  local cause = mock.cause or ""
  if mock.error == "EventBridge.FailedEntry" then
    return { status = 200, headers = "", body = cause }
  elseif mock.error:find "%.SdkClientException$" then
    local host = cause:match "HTTP request: ([^:]+): Name or service not known"
    if not host then return nil, "what went wrong on the way is not known" end
    return { failure = { code = "EDNS", message = "cannot resolve host " .. host, host = host } }
  elseif state.service == "lambda" and core.decode(cause) then
    return { status = 200, headers = "X-Amz-Function-Error: Unhandled\r\n", body = cause }
  end
  local told = read_cause(cause)
  if not told then
    return nil, state.pattern == "token" and "the outcome came by the task's token" or "the cause tells no reply"
  end
  local code = told.code or code_of(call, mock)
  local protocol = protocol_of(state)
  local headers = { ["x-amzn-RequestId"] = told.id }
  if told.extended then headers = { ["x-amz-request-id"] = told.id, ["x-amz-id-2"] = told.extended } end
  if protocol == "s3" then
    return { status = told.status, headers = header_lines(headers),
      body = ("<Error><Code>%s</Code><Message>%s</Message></Error>"):format(code, escaped(told.message)) }
  elseif protocol == "query" then
    return { status = told.status, headers = header_lines(headers), body = ("<ErrorResponse><Error><Type>Sender</Type>"
      .. "<Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>")
      :format(code, escaped(told.message), told.id) }
  elseif protocol == "lambda" then
    headers["x-amzn-ErrorType"] = code
    return { status = told.status, headers = header_lines(headers), body = core.encode { Message = told.message } }
  end
  return { status = told.status, headers = header_lines(headers),
    body = core.encode { __type = "com.amazonaws." .. state.service:gsub("[^%w]", "") .. "#" .. code,
      message = told.message } }
end

--- A function's reply by its own ARN.
function wire.function_reply(mock)
  if mock.timedOut or mock.pending then
    return { failure = { code = "ETIMEOUT", message = "no answer was recorded" } }
  elseif mock.error then
    if not core.decode(mock.cause or "") then return nil, "the cause tells no reply" end
    return { status = 200, headers = "X-Amz-Function-Error: Unhandled\r\n", body = mock.cause }
  end
  return { status = 200, headers = ID, body = core.encode(mock.result) }
end

--- The reply of an API.
function wire.api_reply(mock)
  if mock.error then
    return { status = tonumber(mock.error:match "%d+$"), headers = "", body = mock.cause or "" }
  end
  return { status = mock.result.StatusCode, headers = header_lines(mock.result.Headers),
    body = core.encode(mock.result.ResponseBody) }
end

-- requests -------------------------------------------------------------------------------------------------

local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function form(body)
  local out = {}
  for name, value in body:gmatch "([^&=]+)=([^&]*)" do out[decoded(name)] = decoded(value) end
  return out
end

local same

-- Text that stands for a JSON value where the parameters have that value.
local function same_text(expected, got)
  return type(got) == "string" and type(expected) ~= "string"
    and core.value(got) ~= nil and core.value(got):equal(core.value(core.encode(expected)))
end

-- The first member of `expected` that the wire lacks or has otherwise; nil: none.
function same(expected, got, path)
  if expected == core.null then return got ~= nil and path .. " is sent, though it is null" or nil end
  if type(expected) == "table" and type(got) == "table" then
    for key, inner in pairs(expected) do
      local other = got[key]
      if other == nil and type(key) == "string" then other = got[small(key)] end
      local wrong = same(inner, other, path .. "." .. key)
      if wrong then return wrong end
    end
    return nil
  end
  if expected == got or same_text(expected, got) then return nil end
  if got == nil then got = core.null end
  return ("%s is sent as %s, not as %s"):format(path, core.encode(got), core.encode(expected))
end

local function flat_form(expected, out, prefix)
  for key, value in pairs(expected) do
    if type(value) ~= "table" and value ~= core.null then out[prefix .. key] = tostring(value) end
  end
  return out
end

local function same_form(expected, body)
  local got = form(body)
  for name, value in pairs(flat_form(expected, {}, "")) do
    if got[name] ~= value then return ("%s is sent as %s"):format(name, tostring(got[name])) end
  end
  if type(expected.Message) == "table" then
    return same(expected.Message, core.decode(got.Message or ""), "Message")
  end
  for name, attribute in pairs(expected.MessageAttributes or {}) do
    local found = false
    for i = 1, 20 do
      local prefix = ("MessageAttributes.entry.%d."):format(i)
      found = found or got[prefix .. "Name"] == name and got[prefix .. "Value.StringValue"] == attribute.StringValue
        and got[prefix .. "Value.DataType"] == attribute.DataType
    end
    if not found then return "MessageAttributes." .. name .. " is not sent" end
  end
end

local function same_s3(expected, sent)
  local url = decoded(sent.url)
  if not url:find(expected.Bucket, 1, true) then return "the bucket is not in " .. url end
  if expected.Key and not url:find("/" .. expected.Key, 1, true) then return "the key is not in " .. url end
  local body = expected.Body
  if body == nil or body == core.null then return nil end
  if type(body) ~= "string" then return same(body, core.decode(sent.body), "Body") end
  return body ~= sent.body and "the body is sent as " .. tostring(sent.body) or nil
end

local function same_lambda(expected, sent)
  if not decoded(sent.url):find(expected.FunctionName, 1, true) then return "the function is not in " .. sent.url end
  local payload = expected.Payload
  if payload == nil or payload == core.null then
    return sent.body and sent.body ~= "" and "a body is sent: " .. sent.body or nil
  end
  if type(payload) == "string" then
    return payload ~= sent.body and "the payload is sent as " .. tostring(sent.body) or nil
  end
  return same(payload, core.decode(sent.body), "Payload")
end

--- What is wrong with a request that recorded parameters led to; nil: nothing.
function wire.request(state, call, expected, sent)
  local protocol = protocol_of(state)
  if protocol == "s3" then return same_s3(expected, sent) end
  if protocol == "lambda" then return same_lambda(expected, sent) end
  if protocol == "query" then
    return form(sent.body).Action ~= call.operation.name and "another action is sent" or same_form(expected, sent.body)
  end
  if not (sent.headers or ""):find("." .. call.operation.name, 1, true) then return "another operation is sent" end
  local body = core.decode(sent.body)
  if state.service == "states" and expected.Input == core.null then
    if body.input ~= "{}" then return "an execution without input gets " .. tostring(body.input) end
    expected = core.decode(core.encode(expected))
    expected.Input = nil
  end
  return same(expected, body, "$")
end

--- What is wrong with a request to an API; nil: nothing.
function wire.api_request(expected, method, url, body)
  if method ~= expected.Method then return "the method is " .. method end
  local path = decoded(url:match "^https://[^/]*(/[^?]*)")
  local wanted = "/" .. (expected.Stage or "") .. (expected.Path and "/" .. expected.Path or "")
  if path ~= wanted then return ("the path is %s, not %s"):format(path, wanted) end
  if expected.RequestBody == nil or expected.RequestBody == core.null then return body and "a body is sent" or nil end
  local value = core.decode(body)
  return same(expected.RequestBody, value, "RequestBody")
end

--- The members of a JSON text, in the order in which they stand.
function wire.order(text)
  local keys = {}
  for key in text:gmatch '"([^"\\]-)":' do keys[#keys + 1] = key end
  return table.concat(keys, ",")
end

return wire
