--- Turns a service model of botocore into the compact text that passo.aws reads.
--
-- The text is JSON of our own, described in src/aws/model_shape.c and model_read.c. What a client does not need is left
-- out: documentation, patterns, ranges, enumerations. Scalars have no entry of their own; lists, maps and structures
-- that look alike have one.
local M = {}

M.FORMAT = 1

-- What a reference below 16 means; scalars of src/aws/model_shape.c is the same list.
local SCALAR = { string = 0, character = 0, boolean = 1, byte = 2, short = 2, integer = 2, long = 3, float = 4,
  double = 5, bigInteger = 5, bigDecimal = 5, biginteger = 5, bigdecimal = 5, timestamp = 6, blob = 7, document = 8 }
local TIMESTAMP = { iso8601 = 9, unixTimestamp = 10, rfc822 = 11 }
local STREAMING_BLOB, SENSITIVE_STRING, SENSITIVE_BLOB = 12, 13, 14
local FIRST_SHAPE = 16

local TIME_FORMAT = { iso8601 = 1, unixTimestamp = 2, rfc822 = 3 }
local LOCATION = { header = "@", headers = "#", uri = "{", querystring = "?", statusCode = "%" }

-- As botocore chooses where a service speaks several.
local PROTOCOLS = { "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "query", "ec2" }

-- text ---------------------------------------------------------------------------------------------

local function quote(s)
  return '"' .. s:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- Any tree of strings, numbers, booleans and tables; a table without [1] is an object.
local function encode(v)
  if type(v) == "string" then return quote(v) end
  if type(v) == "number" then return ("%.14g"):format(v) end
  if type(v) ~= "table" then return tostring(v) end
  local parts = {}
  if v[1] ~= nil then
    for i, item in ipairs(v) do parts[i] = encode(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for i, key in ipairs(sorted_keys(v)) do parts[i] = quote(key) .. ":" .. encode(v[key]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- The facts as an object's text, or nil where there are none.
local function encode_facts(facts)
  if next(facts) == nil then return nil end
  return encode(facts)
end

-- shapes -------------------------------------------------------------------------------------------

local Shapes = {}
Shapes.__index = Shapes

local function is_scalar(shape)
  return shape.document or SCALAR[shape.type]
end

local function scalar_of(shape)
  if shape.document then return SCALAR.document end
  if shape.type == "timestamp" then return TIMESTAMP[shape.timestampFormat] or SCALAR.timestamp end
  if shape.type == "blob" and shape.streaming then return STREAMING_BLOB end
  if shape.sensitive and shape.type == "string" then return SENSITIVE_STRING end
  if shape.sensitive and shape.type == "blob" then return SENSITIVE_BLOB end
  return SCALAR[shape.type]
end

local function set_namespace(facts, namespace)
  if namespace then
    facts.xn = type(namespace) == "table" and namespace.uri or namespace
    facts.xp = type(namespace) == "table" and namespace.prefix or nil
  end
end

function Shapes:member(member, name, required)
  local reference = self:reference(member.shape)
  if required then reference = -1 - reference end
  local wire = member.locationName
  local place = LOCATION[member.location or self.given[member.shape].location]
  local facts = {
    t = TIME_FORMAT[member.timestampFormat], f = member.flattened and 1, a = member.xmlAttribute and 1,
    s = member.streaming and 1, i = member.idempotencyToken and 1, h = member.hostLabel and 1,
    j = member.jsonvalue and 1, q = member.queryName, e = member.eventheader and 1 or member.eventpayload and 2 or nil,
  }
  set_namespace(facts, member.xmlNamespace)
  facts = encode_facts(facts)
  if place then wire = place .. (wire ~= name and wire or "")
  elseif wire then wire = "=" .. wire end
  if facts then return ("[%d,%s,%s]"):format(reference, quote(wire or ""), facts) end
  if wire then return ("[%d,%s]"):format(reference, quote(wire)) end
  return ("%d"):format(reference)
end

function Shapes:structure(name, shape)
  local facts = {
    p = shape.payload, w = shape.locationName, u = shape.union and 1, e = shape.eventstream and 1,
    v = shape.sensitive and 1,
  }
  if shape.exception or self.exceptions[name] then
    local detail = shape.error or {}
    facts.n, facts.x = name, 1
    facts.c = detail.code ~= name and detail.code or nil
    facts.s = detail.httpStatusCode
    if shape.retryable then facts.r = shape.retryable.throttling and 2 or 1 end
  end
  if self.named then facts.n = name end
  set_namespace(facts, shape.xmlNamespace)
  local required = {}
  for _, member in ipairs(shape.required or {}) do required[member] = true end
  local parts = { encode_facts(facts) }
  for _, member in ipairs(sorted_keys(shape.members)) do
    parts[#parts + 1] = quote(member)
    parts[#parts + 1] = self:member(shape.members[member], member, required[member])
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

function Shapes:container(shape)
  local facts = { f = shape.flattened and 1, sp = shape.sparse and 1, w = shape.locationName,
    y = shape.sensitive and 1 }
  set_namespace(facts, shape.xmlNamespace)
  facts = encode_facts(facts)
  local more = facts and "," .. facts:sub(2, -2) or ""
  if shape.type == "list" then return ('{"l":%s%s}'):format(self:member(shape.member), more) end
  return ('{"k":%s,"v":%s%s}'):format(self:member(shape.key), self:member(shape.value), more)
end

function Shapes:new_index()
  self.count = self.count + 1
  return self.count
end

-- The number of the shape `name`, which is written on the way.
function Shapes:reference(name)
  local shape = self.given[name]
  if not shape then error("the shape " .. tostring(name) .. " is not in the model", 0) end
  if is_scalar(shape) then return scalar_of(shape) end
  local index = self.index[name]
  if index then return index end
  if self.open[name] then -- it contains itself: its number is needed before its text is known
    self.index[name] = self:new_index() + FIRST_SHAPE - 1
    return self.index[name]
  end
  self.open[name] = true
  local text = shape.type == "structure" and self:structure(name, shape) or self:container(shape)
  index = self.index[name] or self.known[text]
  if not index then
    index = self:new_index() + FIRST_SHAPE - 1
    self.known[text] = index
  end
  self.index[name] = index
  self.texts[index - FIRST_SHAPE + 1] = text
  return index
end

-- Old models name the payload where the operation refers to its input, not in the shape.
function Shapes:with_payload(input)
  if not input.payload then return input end
  local name, copy = input.shape .. " with its payload", {}
  for key, value in pairs(self.given[input.shape]) do copy[key] = value end
  copy.payload = input.payload
  self.given[name] = copy
  return { shape = name, locationName = input.locationName, xmlNamespace = input.xmlNamespace }
end

-- operations ---------------------------------------------------------------------------------------

local function has(list, wanted)
  for _, item in ipairs(list or {}) do
    if item == wanted then return true end
  end
  return false
end

local function auth_of(operation, metadata)
  if operation.authtype == "none" or has(operation.auth, "smithy.api#noAuth") then return "none" end
  if operation.authtype == "bearer" then return "bearer" end
  local list = operation.auth or metadata.auth
  local signed = not list or has(list, "aws.auth#sigv4") or has(list, "aws.auth#sigv4a")
  if not signed and has(list, "smithy.api#httpBearerAuth") then return "bearer" end
  if not operation.auth and metadata.signatureVersion == "bearer" then return "bearer" end
  if operation.authtype == "v4-unsigned-body" or operation.unsignedPayload then return "unsigned" end
  return nil
end

local function operation_text(shapes, errors, name, operation, metadata)
  local http = operation.http or {}
  local path = (http.method or "POST") .. " " .. (http.requestUri or "/")
  local input, output = operation.input and shapes:with_payload(operation.input), operation.output
  local checksum = operation.httpChecksum or {}
  local facts = {
    h = operation.endpoint and operation.endpoint.hostPrefix, a = auth_of(operation, metadata),
    w = output and output.resultWrapper, r = input and input.locationName,
    c = (operation.httpChecksumRequired or checksum.requestChecksumRequired) and 1,
    z = operation.requestcompression and has(operation.requestcompression.encodings, "gzip") and 1 or nil,
    ca = checksum.requestAlgorithmMember, cv = checksum.requestValidationModeMember,
  }
  set_namespace(facts, input and input.xmlNamespace)
  local refused = {}
  for i, item in ipairs(operation.errors or {}) do refused[i] = ("%d"):format(shapes:reference(item.shape)) end
  refused = "[" .. table.concat(refused, ",") .. "]"
  if not errors[refused] then
    errors[#errors + 1] = refused
    errors[refused] = #errors - 1
  end
  return ("[%s,%s,%d,%d,%d%s]"):format(quote(name), quote(path == "POST /" and "" or path),
    input and shapes:reference(input.shape) or -1, output and shapes:reference(output.shape) or -1,
    errors[refused], next(facts) and "," .. encode(facts) or "")
end

local function choose_protocol(metadata)
  for _, protocol in ipairs(PROTOCOLS) do
    if has(metadata.protocols, protocol) then return protocol end
  end
  return metadata.protocol
end

local function service_text(metadata)
  return encode {
    id = metadata.serviceId or metadata.serviceFullName or "", endpoint = metadata.endpointPrefix or "",
    signing = metadata.signingName, protocol = choose_protocol(metadata), json = metadata.jsonVersion,
    target = metadata.targetPrefix, version = metadata.apiVersion or "",
    xmlns = type(metadata.xmlNamespace) == "table" and metadata.xmlNamespace.uri or metadata.xmlNamespace,
    global = metadata.globalEndpoint, signature = metadata.signatureVersion,
    query_errors = metadata.awsQueryCompatible and 1,
  }
end

-- pages and waiting --------------------------------------------------------------------------------

local PAGE_FACTS = { "input_token", "output_token", "result_key", "limit_key", "more_results" }
local ACCEPTOR_FACTS = { "matcher", "argument", "expected", "state" }

local function pick(from, names)
  local out = {}
  for _, name in ipairs(names) do out[name] = from[name] end
  return out
end

local function pagination(paginators)
  local out = {}
  for name, given in pairs(paginators) do out[name] = pick(given, PAGE_FACTS) end
  return out
end

local function waiting(waiters)
  local out = {}
  for name, given in pairs(waiters) do
    local acceptors = {}
    for i, acceptor in ipairs(given.acceptors) do acceptors[i] = pick(acceptor, ACCEPTOR_FACTS) end
    out[name] = { operation = given.operation, delay = given.delay, attempts = given.maxAttempts,
      acceptors = acceptors }
  end
  return out
end

local function lines(list)
  return "[\n" .. table.concat(list, ",\n") .. "\n]"
end

--- The compact text of a service.
--
-- model       {metadata, operations = {name = operation}, shapes}: service-2.json as tables
-- paginators  {name = ...}: what "pagination" holds in paginators-1.json; nil: none
-- waiters     {name = ...}: what "waiters" holds in waiters-2.json; nil: none
-- Raises an error (a string) where the model does not hold together.
function M.compile(model, paginators, waiters)
  local shapes = setmetatable({ given = model.shapes or {}, index = {}, open = {}, known = {}, texts = {}, count = 0,
    exceptions = {}, named = choose_protocol(model.metadata) == "rest-xml" }, Shapes)
  for _, operation in pairs(model.operations) do
    for _, item in ipairs(operation.errors or {}) do shapes.exceptions[item.shape] = true end
  end
  for name, shape in pairs(shapes.given) do
    if shape.exception and shape.type == "structure" then shapes.exceptions[name] = true end
  end
  local operations, errors = {}, {}
  for i, name in ipairs(sorted_keys(model.operations)) do
    operations[i] = operation_text(shapes, errors, name, model.operations[name], model.metadata)
  end
  for _, name in ipairs(sorted_keys(shapes.exceptions)) do shapes:reference(name) end
  return ('{"passo":%d,"service":%s,\n"shapes":%s,\n"errors":%s,\n"operations":%s,\n"paginators":%s,\n"waiters":%s}\n')
    :format(M.FORMAT, service_text(model.metadata), lines(shapes.texts), lines(errors), lines(operations),
      encode(pagination(paginators or {})), encode(waiting(waiters or {})))
end

--- Lays what an SDK extras file ("merge": {...}) adds over `base`; tables are merged, other values replaced.
function M.merge(base, extras)
  for key, value in pairs(extras) do
    if type(value) == "table" and type(base[key]) == "table" and value[1] == nil then M.merge(base[key], value)
    else base[key] = value end
  end
  return base
end

return M
