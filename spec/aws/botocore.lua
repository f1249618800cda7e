--- What our calls are compared with: the same parameters, written by botocore (spec/aws/serialize.py).
local base64 = require "conformance.wire.base64"
local cbor = require "conformance.wire.cbor"
local core = require "passo.core"
local xml = require "conformance.wire.xml"

local M = {}

-- Whether the text holds the same pairs in another order.
local function pairs_of(text)
  local list = {}
  for pair in text:gmatch "[^&]+" do
    pair = pair:gsub("+", "%%20"):gsub("%%%x%x", string.upper)
    list[#list + 1] = pair:find("=", 1, true) and pair or pair .. "="
  end
  table.sort(list)
  return table.concat(list, "&")
end

local function same_tree(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b or tostring(a) == tostring(b) end
  for key, value in pairs(a) do
    if not same_tree(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function same_body(protocol, expected, actual)
  if expected == actual then return true end
  if expected == "" or actual == "" then return false end
  if protocol == "query" or protocol == "ec2" then return pairs_of(expected) == pairs_of(actual) end
  local first = expected:sub(1, 1)
  if protocol == "smithy-rpc-v2-cbor" then return same_tree(cbor.decode(expected), cbor.decode(actual)) end
  if first == "{" or first == "[" then return same_tree(core.decode(expected), core.decode(actual)) end
  if first == "<" then return xml.canonical(xml.parse(expected)) == xml.canonical(xml.parse(actual)) end
  return false
end

--- The lines that botocore made; nil, reason where there is none.
function M.calls(seed, services, operations)
  local errors = os.tmpname()
  local pipe = io.popen(("env -u LD_PRELOAD python3 spec/aws/serialize.py %d %d %d 2>%s"):format(seed, services,
    operations, errors))
  local calls = {}
  for line in pipe:lines() do calls[#calls + 1] = assert(core.decode(line)) end
  pipe:close()
  local file = io.open(errors)
  local why = file:read "*a"
  file:close()
  os.remove(errors)
  if not calls[2] then return nil, "botocore made no calls: " .. (why:match "([^\n]*)%s*$" or "") end
  return calls
end

-- Content-Length is the transport's; a raw payload has a media type with us, and none with botocore.
local UNCOMPARED = { ["content-length"] = true }

--- nil, or the first difference of a request of ours from botocore's.
function M.diff(protocol, call, request)
  request:target("https", "example.com", "", true)
  local method, url, _, body = request:parts()
  if method ~= call.method then return ("method %s, botocore has %s"):format(method, call.method) end
  local place, query = url:match "^([^?]*)%??(.*)$"
  local wanted, wanted_query = call.url:match "^([^?]*)%??(.*)$"
  if place ~= wanted then return ("url %s, botocore has %s"):format(place, wanted) end
  query = pairs_of(query):gsub("&?encoding%-type=url", "") -- S3 listings: botocore's adds it elsewhere
  wanted_query = pairs_of(wanted_query):gsub("&?encoding%-type=url", "")
  if query ~= wanted_query then return ("query %s, botocore has %s"):format(query, wanted_query) end
  for name, value in pairs(call.headers) do
    local ours = request:header(name)
    if name:lower() == "content-type" and ours then ours, value = ours:match "^[^;]*", value:match "^[^;]*" end
    if ours ~= value and not UNCOMPARED[name:lower()] then
      return ("header %s: %s, botocore has %s"):format(name, tostring(ours), value)
    end
  end
  local wanted_body = base64.decode(call.body)
  if not same_body(protocol, wanted_body, body or "") then
    return ("body %s, botocore has %s"):format(body or "", wanted_body)
  end
  return nil
end

--- nil, or words: the result of the reply that botocore's serializer made is what it was made from.
function M.diff_reply(call, op)
  if type(call.reply) ~= "table" then return nil end
  local result, message = op:read(200, "", call.reply.body)
  if not result then return "reply: " .. message end
  for name, value in pairs(call.reply.result) do
    if not same_tree(value, result[name]) then
      return ("reply: %s is %s in %s"):format(name, core.encode(result[name]), call.reply.body)
    end
  end
  return nil
end

return M
