--- AWS's wire protocols: what calls look like on the wire, and what replies mean.
local base64 = require "conformance.wire.base64"
local cbor = require "conformance.wire.cbor"
local core = require "passo.core"
local slices = require "conformance.slices"
local xml = require "conformance.wire.xml"

local protocols = {}

-- The token that the suites expect where a member wants one and has none.
local TOKEN = "00000000-0000-4000-8000-000000000000"
local DEFAULT_ENDPOINT = "https://service.region.amazonaws.com"

local function show(v)
  if v == nil then return "nothing" end
  local ok, text = pcall(core.encode, v)
  return ok and text:sub(1, 300) or tostring(v)
end

local function is_empty(v) return type(v) == "table" and next(v) == nil end

-- nil, or the first place where two trees differ. An empty list and an empty object are alike: JSON tells them apart,
-- XML does not.
local function diff_tree(expected, actual, path)
  if expected == actual then return nil end
  if is_empty(expected) and is_empty(actual) then return nil end
  if type(expected) ~= "table" or type(actual) ~= "table" then
    if type(expected) == "number" and type(actual) == "userdata" and tostring(actual) == tostring(expected) then
      return nil
    end
    return ("%s: expected %s, got %s"):format(path, show(expected), show(actual))
  end
  for key, value in pairs(expected) do
    local difference = diff_tree(value, actual[key], path .. "." .. tostring(key))
    if difference then return difference end
  end
  for key, value in pairs(actual) do
    if expected[key] == nil then return ("%s.%s: expected nothing, got %s"):format(path, key, show(value)) end
  end
  return nil
end

-- -- models ---------------------------------------------------------------------------------------

local function operation_of(case)
  local aws, compile = require "passo.aws.core", require "passo.aws.compile"
  local given = case.case.given
  local text = compile.compile { metadata = case.metadata, shapes = case.shapes, operations = { [given.name] = given } }
  local model = assert(aws.model(text))
  return assert(model:operation(given.name), "the operation is not in its model")
end

-- -- calls ----------------------------------------------------------------------------------------

local function split_url(url)
  local host, rest = url:match("^%a+://([^/?]*)(.*)$")
  local path, query = rest:match("^([^?]*)%??(.*)$")
  return host, path, query
end

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The pairs of a query or form, decoded and sorted, as one text.
local function canonical_form(text)
  local pairs_ = {}
  for pair in text:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    pairs_[#pairs_ + 1] = unescape(name) .. "=" .. unescape(value)
  end
  table.sort(pairs_)
  return table.concat(pairs_, "\n")
end

local function header_table(lines)
  local out = {}
  for name, value in lines:gmatch("([^:\r\n]+): ?([^\r\n]*)") do out[name:lower()] = value end
  return out
end

-- The media type is compared, not its charset: the suites disagree about it.
local function same_header(name, expected, actual)
  if name == "content-type" and actual then return actual:match("^[^;]*") == expected:match("^[^;]*") end
  return expected == actual
end

local function diff_headers(expected, actual)
  for name, value in pairs(expected.headers or {}) do
    local lower = name:lower()
    if not same_header(lower, value, actual[lower]) then
      return ("header %s: expected %s, got %s"):format(name, show(value), show(actual[lower]))
    end
  end
  for _, name in ipairs(expected.forbidHeaders or {}) do
    if actual[name:lower()] then return ("header %s: expected none, got %s"):format(name, actual[name:lower()]) end
  end
  for _, name in ipairs(expected.requireHeaders or {}) do
    -- Content-Length is the transport's to say.
    if name ~= "Content-Length" and not actual[name:lower()] then return "header " .. name .. ": expected one" end
  end
  return nil
end

local BODY = {}

function BODY.json(expected, actual)
  return diff_tree(core.decode(expected), core.decode(actual), "body")
end
BODY["rest-json"] = BODY.json

function BODY.query(expected, actual)
  expected, actual = canonical_form(expected), canonical_form(actual)
  if expected ~= actual then return ("body: expected %q, got %q"):format(expected, actual) end
  return nil
end
BODY.ec2 = BODY.query

BODY["rest-xml"] = function(expected, actual)
  expected, actual = xml.canonical(xml.parse(expected)), xml.canonical(xml.parse(actual))
  if expected ~= actual then return ("body: expected %s, got %s"):format(expected, actual) end
  return nil
end

BODY["smithy-rpc-v2-cbor"] = function(expected, actual)
  return diff_tree(cbor.decode(expected), cbor.decode(actual), "body")
end

local function diff_body(case, actual)
  local expected = case.case.serialized.body
  if not expected then
    -- The older suite means an empty body; the newer one does not look at it.
    if case.legacy and #actual > 0 then return "body: expected none, got " .. show(actual) end
    return nil
  end
  if case.metadata.protocol == "smithy-rpc-v2-cbor" then expected = base64.decode(expected) end
  if expected == actual then return nil end
  if expected == "" or actual == "" then return ("body: expected %q, got %q"):format(expected, actual) end
  return BODY[case.metadata.protocol](expected, actual)
end

local function diff_call(case, text)
  local op = operation_of(case)
  local params = core.value(slices.members(slices.members(text).case).params or "{}")
  local request, message = op:write(params, { idempotency_token = TOKEN })
  if not request then return "not written: " .. tostring(message) end
  local expected = case.case.serialized
  local endpoint_host, base_path = split_url(type(case.clientEndpoint) == "string" and case.clientEndpoint
    or DEFAULT_ENDPOINT)
  request:target("https", endpoint_host, base_path, true)
  local method, url, headers, body = request:parts()
  local host, path, query = split_url(url)
  if expected.method and method ~= expected.method then return "method: got " .. method end
  local wanted_path, wanted_query = (expected.uri or "/"):match("^([^?]*)%??(.*)$")
  if path ~= wanted_path then return ("path: expected %s, got %s"):format(wanted_path, path) end
  if canonical_form(query) ~= canonical_form(wanted_query) then
    return ("query: expected %q, got %q"):format(wanted_query, query)
  end
  local wanted_host = expected.host and expected.host:match("^[^/]*")
  if wanted_host and host ~= wanted_host then return ("host: expected %s, got %s"):format(wanted_host, host) end
  return diff_headers(expected, header_table(headers)) or diff_body(case, body or "")
end

-- -- replies --------------------------------------------------------------------------------------

local function header_lines(headers)
  local out = {}
  for name, value in pairs(headers or {}) do out[#out + 1] = ("%s: %s\r\n"):format(name, value) end
  table.sort(out)
  return table.concat(out)
end

local function diff_refusal(case, message, failure)
  if not failure then return "refused without a failure: " .. tostring(message) end
  local expected = case.case
  if failure.code ~= (expected.errorCode or failure.code) then
    return ("code: expected %s, got %s"):format(show(expected.errorCode), show(failure.code))
  end
  if expected.errorMessage and failure.message ~= expected.errorMessage then
    return ("message: expected %s, got %s"):format(show(expected.errorMessage), show(failure.message))
  end
  return diff_tree(expected.error, failure.fields or {}, "fields")
end

-- A stream of events is given in base 64, too.
local function has_events(case)
  local output = case.case.given.output
  for _, member in pairs(output and case.shapes[output.shape].members or {}) do
    if case.shapes[member.shape].eventstream then return true end
  end
  return false
end

local function diff_reply(case)
  local op = operation_of(case)
  local reply = case.case.response
  local body = reply.body or ""
  if case.metadata.protocol == "smithy-rpc-v2-cbor" or has_events(case) then body = base64.decode(body) end
  local result, message, failure = op:read(reply.status_code or 200, header_lines(reply.headers), body)
  if case.case.error then
    if result then return "taken as a result: " .. show(result) end
    return diff_refusal(case, message, failure)
  end
  if not result then return "not read: " .. tostring(message) end
  return diff_tree(case.case.result, result, "result")
end

function protocols.diff(case, text)
  if case.direction == "input" then return diff_call(case, text) end
  return diff_reply(case)
end

function protocols.skip()
  local ok = pcall(require, "passo.aws.core")
  if not ok then return "passo.aws.core is not built for this Lua" end
  return nil
end

return protocols
