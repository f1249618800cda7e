-- Service models: all of them load, every operation can be called, and calls look as botocore's do.
local core = require "passo.core"
local has_aws, aws = pcall(require, "passo.aws.core")
if not has_aws then return end
local models = require "passo.aws.models"

local FIRST_SHAPE = 16
local NOW = 1700000000
local MADE = { [0] = "text", true, 7, 2 ^ 40, 0.5, 0.5, NOW, "bytes", { any = { 1, "two" } }, NOW, NOW, NOW, "bytes",
  "text", "bytes" }

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function model_file(name)
  local folders = models.folders()
  return read_file(folders[#folders] .. "/" .. name .. ".json")
end

-- Parameters by the shapes as the file has them: what is required, and with `all` every member down to some depth.
local Maker = {}
Maker.__index = Maker

function Maker:member(entry, depth)
  local reference = type(entry) == "table" and entry[1] or entry
  return self:value(reference < 0 and -1 - reference or reference, depth)
end

function Maker:structure(shape, depth)
  local first = type(shape[1]) == "table" and 2 or 1
  local union = first == 2 and shape[1].u
  local out = {}
  for i = first, #shape, 2 do
    local name, entry = shape[i], shape[i + 1]
    local reference = type(entry) == "table" and entry[1] or entry
    local inner = self.shapes[(reference < 0 and -1 - reference or reference) - FIRST_SHAPE + 1]
    if depth == 0 and inner and type(inner[1]) == "table" and inner[1].e then self.has_events = true end
    if (union and next(out) == nil) or (not union and (reference < 0 or (self.all and depth < 4))) then
      out[name] = self:member(entry, depth + 1)
    end
  end
  return out
end

function Maker:value(reference, depth)
  if reference < FIRST_SHAPE then return MADE[reference] end
  local shape = self.shapes[reference - FIRST_SHAPE + 1]
  if shape.l then return depth > 8 and {} or { self:member(shape.l, depth + 1) } end
  if shape.k then return depth > 8 and {} or { key = self:member(shape.v, depth + 1) } end
  return self:structure(shape, depth)
end

local function made_for(file, operation, all)
  local maker = setmetatable({ shapes = file.shapes, all = all }, Maker)
  local input = operation[3]
  return input < 0 and {} or maker:value(input, 0), maker.has_events
end

describe("the models of all services", function()
  it("load, and every operation writes a call with what is required, and with everything", function()
    local services = models.list()
    assert.is_true(#services > 400)
    local operations = 0
    for _, name in ipairs(services) do
      local text = model_file(name)
      local model = assert(aws.model(text))
      local file = core.decode(text)
      for _, entry in ipairs(file.operations) do
        for _, all in ipairs { false, true } do
          local params, has_events = made_for(file, entry, all)
          local op = model:operation(entry[1])
          local checksum = op:facts().checksum_algorithm
          if checksum and params[checksum] then params[checksum] = "SHA256" end
          local request, message = op:write(params)
          if has_events then
            assert.is_nil(request)
            assert.matches("streams of events", message)
          else
            assert(request, ("%s %s: %s"):format(name, entry[1], tostring(message)))
          end
        end
        operations = operations + 1
      end
    end
    assert.is_true(operations > 19000)
  end)

  it("have an id by which Step Functions calls them", function()
    assert.equal(models.get "stepfunctions", models.get "sfn")
    assert.equal(models.get "logs", models.get "cloudwatchlogs")
    assert.equal(models.get "logs", models.get "CloudWatch Logs")
    assert.equal("SFN", models.get "sfn":facts().service_id)
    local model, message, failure = models.get "dynamo"
    assert.is_nil(model)
    assert.equal('there is no service "dynamo"; did you mean dynamodb, dynamodbstreams?', message)
    message = select(2, models.get "dynamdb")
    assert.equal('there is no service "dynamdb"; did you mean dynamodb?', message)
    assert.equal("EINPUT", failure.code)
  end)

  it("give operations, pages and waiters", function()
    local s3 = models.get "s3"
    assert.equal(s3:operation "GetObject", s3:operation "GetObject")
    assert.is_nil(s3:operation "getObject")
    assert.equal("IsTruncated", s3:paginator "ListObjectsV2".more_results)
    assert.equal("HeadBucket", s3:waiter "BucketExists".operation)
    assert.is_nil(s3:waiter "Nothing")
    local facts = s3:operation "PutObject":facts()
    assert.equal("Body", facts.streaming_input)
    assert.equal("ChecksumAlgorithm", facts.checksum_algorithm)
    assert.is_true(models.get "sts":operation "AssumeRoleWithWebIdentity":facts().anonymous)
    assert.same({ "ClientRequestToken" }, models.get "dynamodb":operation "TransactWriteItems":facts().idempotency)
  end)

  it("keep their model while an operation lives", function()
    local op = (function() return aws.model(model_file "sqs"):operation "SendMessage" end)()
    collectgarbage()
    collectgarbage()
    assert.is_truthy(op:write { QueueUrl = "https://q", MessageBody = "hello" })
  end)
end)

describe("a text that is no model", function()
  local function with(shapes, errors, operations)
    return ('{"passo":1,"service":{"protocol":"json"},"shapes":[%s],"errors":[%s],"operations":[%s]}'):format(
      shapes, errors or "", operations or "")
  end

  for what, text in pairs {
    nothing = "", garbage = "{", ["another JSON"] = "[1]", ["a text after the model"] = '{"passo":1} x',
    ["a format of the future"] = '{"passo":99,"shapes":[],"errors":[],"operations":[]}',
    ["a protocol nobody knows"] = '{"passo":1,"service":{"protocol":"soap"},"shapes":[],"errors":[],"operations":[]}',
    ["a reference to nowhere"] = with '["a",17]', ["members out of order"] = with '["b",0,"a",0]',
    ["half a member"] = with '["b"]', ["an operation without parts"] = with('[]', '[]', '["A"]'),
    ["an error that is none"] = with('[]', '[16]'),
    ["an input that is a list"] = with('{"l":0}', '[]', '["A","",16,-1,0]'),
  } do
    it("is refused: " .. what, function()
      local model, message, failure = aws.model(text)
      assert.is_nil(model)
      assert.equal("EINPUT", failure.code)
      assert.equal(message, failure.message)
    end)
  end
end)

describe("parameters", function()
  local get_item = models.get "dynamodb":operation "GetItem"
  local put_object = models.get "s3":operation "PutObject"

  local function refused(op, params)
    local request, message, failure = op:write(params)
    assert.is_nil(request)
    assert.equal("EINPUT", failure.code)
    return message
  end

  it("are refused with the path and what was expected", function()
    assert.equal("Key.isbn.S: expected a string, got a number", refused(get_item, { Key = { isbn = { S = 1 } } }))
    assert.equal("TableName: is required, and was not given", refused(get_item, { Key = { isbn = { S = "1" } } }))
    assert.equal("table_name: there is no such member; did you mean TableName?",
      refused(get_item, { Key = {}, table_name = "Books" }))
    assert.equal("Key: expected an object, got a string", refused(get_item, { Key = "isbn" }))
    assert.equal("Key.isbn.L[2]: expected an object, got a boolean",
      refused(get_item, { TableName = "t", Key = { isbn = { L = { { S = "a" }, true } } } }))
    assert.equal("AttributesToGet: expected a list, got an object",
      refused(get_item, { TableName = "t", AttributesToGet = { a = 1 }, Key = {} }))
    assert.equal("Key.isbn.L: must be a list; this table has holes, or members with names",
      refused(get_item, { TableName = "t", Key = { isbn = { L = { 1, nil, 3 } } } }))
    assert.equal("Key.f: a function cannot be a parameter", refused(get_item, { Key = { f = print } }))
    assert.equal("Key.isbn.S: must be UTF-8 text", refused(get_item, { Key = { isbn = { S = "\255" } } }))
    assert.equal("ContentLength: expected an integer",
      refused(put_object, { Bucket = "b", Key = "k", ContentLength = 1.5 }))
    assert.equal("Key: must not be empty, for it is a part of the path",
      refused(put_object, { Bucket = "b", Key = "" }))
    assert.matches("^Expires: expected seconds since 1970",
      refused(put_object, { Bucket = "b", Key = "k", Expires = "soon" }))
    assert.equal("Metadata: has characters that a header must not have",
      refused(put_object, { Bucket = "b", Key = "k", Metadata = { a = "x\r\nEvil: 1" } }))
  end)

  it("may not contain themselves", function()
    local list = {}
    list[1] = { L = list }
    assert.matches("nested too deeply", select(2, get_item:write { Key = { a = { L = list } } }))
  end)

  it("are lists, maps and bytes as the shape says", function()
    local key = { a = { L = {} }, b = { M = {} }, c = { B = "\0\255" } }
    local request = assert(get_item:write { TableName = "t", Key = key })
    assert.equal('{"Key":{"a":{"L":[]},"b":{"M":{}},"c":{"B":"AP8="}},"TableName":"t"}', request:body())
  end)

  it("may be passo.values, and null counts as not given", function()
    local params = core.value '{"TableName":"t","Key":{"a":{"N":"1.0"}},"ConsistentRead":null}'
    assert.equal('{"TableName":"t","Key":{"a":{"N":"1.0"}}}', assert(get_item:write(params)):body())
    assert.equal('{"Key":{},"TableName":"t"}',
      assert(get_item:write { TableName = "t", Key = {}, ConsistentRead = core.null }):body())
  end)

  it("get a token where the model wants one", function()
    local op = models.get "dynamodb":operation "TransactWriteItems"
    local request = assert(op:write({ TransactItems = {} }, { idempotency_token = "abc" }))
    assert.equal('{"TransactItems":[],"ClientRequestToken":"abc"}', request:body())
    request = assert(op:write({ TransactItems = {}, ClientRequestToken = "mine" }, { idempotency_token = "abc" }))
    assert.matches('"mine"', request:body())
  end)
end)

describe("checksums", function()
  local s3 = models.get "s3"

  it("are sent where a service wants them: CRC32 unless the caller chooses", function()
    local params = { Bucket = "b", Delete = { Objects = { { Key = "x" } } } }
    local request = assert(s3:operation "DeleteObjects":write(params))
    assert.equal("2dGkzA==", request:header "x-amz-checksum-crc32")
    assert.equal("CRC32", request:header "x-amz-sdk-checksum-algorithm")
  end)

  it("are known values", function()
    local sums = { CRC32 = "y/Q5Jg==", CRC32C = "4waSgw==", SHA1 = "98O8HYCOBHMq32eZZczDTKeuNEE=",
      SHA256 = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=" }
    for algorithm, sum in pairs(sums) do
      local request = assert(s3:operation "PutObject":write { Bucket = "b", Key = "k", Body = "123456789",
        ChecksumAlgorithm = algorithm })
      assert.equal(sum, request:header("x-amz-checksum-" .. algorithm:lower()))
    end
  end)

  it("that are not built in are refused, unless the value is given", function()
    local op = s3:operation "PutObject"
    local params = { Bucket = "b", Key = "k", Body = "x", ChecksumAlgorithm = "CRC64NVME" }
    local _, message, failure = op:write(params)
    assert.equal("EUNSUPPORTED", failure.code)
    assert.matches("CRC64NVME", message)
    params.ChecksumCRC64NVME = "AAAAAAAAAAA="
    assert.is_truthy(op:write(params))
  end)
end)

describe("refusals", function()
  local op = models.get "dynamodb":operation "GetItem"

  it("tell code, message, request id and fields in every spelling", function()
    for _, spelling in ipairs {
      { "x-amzn-RequestId: r\r\n",
        '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"gone"}' },
      { "x-amzn-requestid: r\r\nX-Amzn-ErrorType: ResourceNotFoundException:http://internal\r\n",
        '{"Message":"gone"}' },
      { "x-amzn-requestid: r\r\n", '{"code":"aws#ResourceNotFoundException:http://x","errorMessage":"gone"}' },
    } do
      local result, message, failure = op:read(400, spelling[1], spelling[2])
      assert.is_nil(result)
      assert.equal("gone", message)
      assert.equal("ResourceNotFoundException", failure.code)
      assert.equal("ResourceNotFoundException", failure.name)
      assert.equal("r", failure.request_id)
      assert.equal(400, failure.status)
      assert.is_true(failure.sender_fault)
    end
  end)

  it("have a code although the reply has none", function()
    local _, message, failure = op:read(503, "", "<html><body>Service Unavailable</body></html>")
    assert.equal("HTTP 503", failure.code)
    assert.equal("HTTP 503", message)
    assert.is_false(failure.sender_fault)
  end)

  it("of services that spoke query go by that code", function()
    local _, _, failure = models.get "sqs":operation "SendMessage":read(400,
      "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender\r\n",
      '{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}')
    assert.equal("AWS.SimpleQueueService.NonExistentQueue", failure.code)
    assert.equal("QueueDoesNotExist", failure.name)
  end)
end)

describe("results", function()
  local op = models.get "dynamodb":operation "GetItem"

  it("have bytes, lists and numbers by the shape", function()
    local body = '{"Item":{"a":{"B":"AP8="},"l":{"L":[]}},"Unknown":1,"ConsumedCapacity":null}'
    local result = assert(op:read(200, "", body))
    assert.same({ Item = { a = { B = "\0\255" }, l = { L = {} } } }, result)
    assert.equal("[]", core.encode(result.Item.l.L))
  end)

  it("may be a passo.value", function()
    local result = assert(op:read(200, "", '{"Item":{"b":{"S":"1"},"a":{"S":"2"}}}', { value = true }))
    assert.equal('{"Item":{"b":{"S":"1"},"a":{"S":"2"}}}', tostring(result))
  end)

  it("that are no JSON, or of another shape, are errors", function()
    for _, body in ipairs { "{", "[]", '{"Item":[]}', '{"Item":{"a":{"B":"?"}}}' } do
      local result, _, failure = op:read(200, "", body)
      assert.is_nil(result)
      assert.equal("EINPUT", failure.code)
      assert.equal(200, failure.status)
    end
  end)

  it("leave a stream's body alone", function()
    local get = models.get "s3":operation "GetObject"
    local headers = 'ETag: "abc"\r\nContent-Length: 3\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n'
      .. "x-amz-meta-a: b\r\n"
    assert.equal("abc", assert(get:read(200, headers, "abc")).Body)
    local result = assert(get:read(200, headers, "abc", { streamed = true }))
    assert.is_nil(result.Body)
    assert.equal(1700000000, result.LastModified)
    assert.equal(3, result.ContentLength)
    assert.same({ a = "b" }, result.Metadata)
  end)
end)

describe("300 calls of 60 services", function()
  it("are what botocore writes, and replies mean what it says", function()
    local compare = require "aws.botocore"
    local calls, why = compare.calls(20261121, 60, 300)
    if not calls then return pending("skipped: " .. why) end
    local generate = require "passo.aws.generate"
    local compiled, differences, count = {}, {}, 0
    for i = 2, #calls do
      local call = calls[i]
      local model = compiled[call.service] or assert(aws.model((generate.service(calls[1].data, call.service))))
      compiled[call.service] = model
      local op = assert(model:operation(call.operation), call.service .. " " .. call.operation)
      local request, message = op:write(call.params)
      local difference = not request and message or compare.diff(model:facts().protocol, call, request)
        or compare.diff_reply(call, op)
      count = count + 1
      if difference then
        differences[#differences + 1] = ("%s %s: %s"):format(call.service, call.operation, difference)
      end
    end
    assert.equal("", table.concat(differences, "\n"))
    assert.is_true(count > 250)
  end)
end)
