-- client_spec.lua: passo.aws.client against a transport that answers from a script: no network, no clock, no waiting.
local helper = require "helper"
local core = require("passo").core
local aws = require "passo.aws"

local SECRET, TOKEN = "wJalrXUtnFEMI/K7MDENG", "a-session-token-of-mine"

-- A client whose attempts are answered one after the other: {status, body, headers} or {error = code}.
-- `seen` has what was sent, `slept` the seconds between.
local function scripted(service, replies, options)
  local seen, slept, now_ms = {}, {}, 1767225600000 -- 2026-01-01T00:00:00Z
  local all = {
    region = "us-east-1", env = {}, config_file = "/nonexistent", credentials_file = "/nonexistent",
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = SECRET, session_token = TOKEN },
    now_ms = function() return now_ms end,
    random = function() return 0.5 end,
    sleep = function(seconds)
      slept[#slept + 1] = seconds
      return true
    end,
  }
  function all.send(method, url, headers, body, transport)
    if type(body) == "function" then
      local pieces = {}
      for piece in body do pieces[#pieces + 1] = piece end
      body = table.concat(pieces)
    elseif io.type(body) == "file" then
      body = body:read "*a"
    end
    seen[#seen + 1] = { method = method, url = url, headers = headers, body = body, options = transport }
    local reply = replies[#seen] or replies[#replies]
    if reply.error then return nil, reply.message or "broken", { code = reply.error, message = reply.message } end
    if transport and transport.sink and reply[1] < 300 then
      transport.sink(reply[2])
      return reply[1], reply[3] or "", nil
    end
    return reply[1], reply[3] or "", reply[2] or ""
  end
  for key, value in pairs(options or {}) do all[key] = value end
  return assert(aws.client(service, all)), seen, slept
end

local function refusal(status, code, headers, message)
  return { status, ('{"__type":"com.amazon#%s","message":"%s"}'):format(code, message or "no"), headers }
end

local FINE = { 200, '{"Item":{"k":{"S":"v"}}}' }
local KEY = { TableName = "t", Key = { k = { S = "a" } } }

describe("passo.aws.client", function()
  it("calls by any spelling of an operation", function()
    local d, seen = scripted("dynamodb", { FINE })
    for _, name in ipairs { "get_item", "GetItem", "getItem" } do
      assert.same({ Item = { k = { S = "v" } } }, d[name](d, KEY))
    end
    assert.same({ Item = { k = { S = "v" } } }, d:call("get-item", KEY))
    assert.equal(4, #seen)
    assert.equal("https://dynamodb.us-east-1.amazonaws.com/", seen[1].url)
    local signed = "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb"
    assert.truthy(seen[1].headers:find(signed, 1, true))
  end)

  it("names the nearest operation, option and service", function()
    local d = scripted("dynamodb", { FINE })
    assert.error_matches(function() return d:get_itme {} end, "did you mean get_item")
    assert.error_matches(function() aws.client("s3", { regoin = "x" }) end, "did you mean region")
    local none, message = aws.client "dynamo"
    assert.is_nil(none)
    assert.matches("dynamodb", message)
  end)

  it("says what is wrong with options and calls that are no such", function()
    local function says(words, fn, ...)
      local ok, message = pcall(fn, ...)
      assert.is_false(ok)
      assert.matches(words, message, 1, true)
    end
    says("retries.attempts is a whole number from 1, not 0", aws.client, "s3", { retries = { attempts = 0 } })
    says("retries.attempts is a whole number from 1, not 3", aws.client, "s3", { retries = { attempts = "3" } })
    says('no "atempts"', aws.client, "s3", { retries = { atempts = 5 } })
    says("retries is a table", aws.client, "s3", { retries = 5 })
    says("timeout_ms is a number from 0, not -1", aws.client, "s3", { timeout_ms = -1 })
    says("options are a table, got a string", aws.client, "s3", "us-east-1")
    says("a service is named by a string, got a nil", aws.client)
    local client, seen = scripted("dynamodb", { FINE })
    says('no option "timeoutms", did you mean timeout_ms?', client.get_item, client, KEY, { timeoutms = 5 })
    says("the options of a call are a table, got a number", client.get_item, client, KEY, 5)
    says("write a colon before the operation: client:get_item{...}", client.get_item, KEY)
    says("an operation is named by a string, got a nil", client.call, client)
    assert.is_false(client:has(nil))
    assert.equal("dynamodb GetItem: parameters: expected a table or a passo.value, got a string",
      select(2, client:get_item "k"))
    says("sink: a function or an open file", function()
      assert(scripted("s3", { FINE }):get_object({ Bucket = "b-c", Key = "k" }, { sink = "a.csv" }))
    end)
    assert.equal(0, #seen)
  end)

  it("sends nothing when parameters are wrong, and names the place", function()
    local d, seen = scripted("dynamodb", { FINE })
    local cases = {
      { { TableName = "t", Key = { k = { S = 5 } } }, "Key" }, { { TableName = "t" }, "Key" },
      { { TableName = "t", Key = {}, Tabel = 1 }, "Tabel" },
    }
    for _, case in ipairs(cases) do
      local result, message, failure = d:get_item(case[1])
      assert.is_nil(result)
      assert.matches(case[2], message)
      assert.equal("EINPUT", failure.code)
      assert.equal(0, failure.attempts)
    end
    assert.equal(0, #seen)
  end)

  it("tells who refused what", function()
    local reply = refusal(400, "ResourceNotFoundException", "x-amzn-RequestId: R1\r\n", "no table")
    local d = scripted("dynamodb", { reply })
    local result, message, failure, status = d:get_item(KEY)
    assert.is_nil(result)
    assert.equal("dynamodb GetItem: ResourceNotFoundException: no table (HTTP 400, request R1)", message)
    assert.equal("ResourceNotFoundException", failure.code)
    assert.equal("no table", failure.message)
    assert.equal("R1", failure.request_id)
    assert.equal("GetItem", failure.operation)
    assert.equal(400, failure.status)
    assert.equal(400, status)
    assert.equal(1, failure.attempts)
  end)

  it("tells no secret in errors", function()
    local replies = { refusal(403, "AccessDeniedException"), { error = "ETIMEOUT", message = "no reply" } }
    for _, reply in ipairs(replies) do
      local d, seen = scripted("dynamodb", { reply }, { retries = { mode = "none" } })
      local _, message, failure = d:get_item(KEY)
      local all = message .. assert(core.encode(failure)) .. tostring(d)
      assert.is_nil(all:find(SECRET, 1, true))
      assert.is_nil(all:find(TOKEN, 1, true))
      assert.is_nil((seen[1].url .. (seen[1].body or "")):find(SECRET, 1, true))
    end
    assert.has_no.errors(function() aws.client("s3", { credentials = "anonymous", region = "x-y-1", env = {} }) end)
  end)

  it("needs no keys when it is anonymous", function()
    local s3, seen = scripted("s3", { { 200, "x" } }, { credentials = "anonymous" })
    assert.truthy(s3:get_object { Bucket = "open-data", Key = "k" })
    assert.is_nil(seen[1].headers:find("Authorization", 1, true))
  end)

  it("fills in a token for idempotency once a call, the same for every attempt", function()
    local sfn, seen = scripted("ecs", { { 500, "" }, { 200, "{}" } })
    assert(sfn:run_task { taskDefinition = "t" })
    local token = core.decode(seen[1].body).clientToken
    assert.matches("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$", token)
    assert.equal(36, #token)
    assert.equal(token, core.decode(seen[2].body).clientToken)
    assert(sfn:run_task({ taskDefinition = "t" }, { idempotency_token = "mine" }))
    assert.equal("mine", core.decode(seen[3].body).clientToken)
  end)

  it("sends a call's own headers, and gives the status and headers of the reply", function()
    local d, seen = scripted("dynamodb", { { 200, "{}", "x-a: b\r\n" } })
    local _, _, _, status, headers = d:call("ListTables", {}, { headers = { ["x-extra"] = "1" } })
    assert.truthy(seen[1].headers:find("x-extra: 1", 1, true))
    assert.equal(200, status)
    assert.equal("x-a: b\r\n", headers)
  end)

  it("puts an operation's prefix before AWS's hosts, not before others", function()
    local params = { stateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:x" }
    local c, seen = scripted("stepfunctions", { { 200, '{"executionArn":"a","status":"SUCCEEDED"}' } })
    c:start_sync_execution(params)
    assert.equal("https://sync-states.us-east-1.amazonaws.com/", seen[1].url)
    assert.equal(310000, seen[1].options.timeout_ms)
    c, seen = scripted("stepfunctions", { { 200, "{}" } }, { endpoint = "http://localhost:8083" })
    c:start_sync_execution(params)
    assert.equal("http://localhost:8083/", seen[1].url)
  end)

  it("tells which endpoint is none, but no password in it", function()
    local options = { region = "us-east-1", config_file = "/nonexistent", credentials_file = "/nonexistent",
      env = { AWS_ENDPOINT_URL = "localhost:4566" } }
    local _, message = aws.client("s3", options)
    assert.equal('the endpoint "localhost:4566" (of AWS_ENDPOINT_URL, or endpoint_url in the profile): '
      .. "expected a URL that begins with http:// or https://", message)
    options.endpoint = "http://me:secret@h"
    _, message = aws.client("s3", options)
    assert.equal("the endpoint: a URL with a user name or password in it", message)
  end)

  it("takes its endpoint from the environment", function()
    local c, seen = scripted("dynamodb", { FINE }, { env = { AWS_ENDPOINT_URL_DYNAMODB = "http://localhost:8000" } })
    c:get_item(KEY)
    assert.equal("http://localhost:8000/", seen[1].url)
  end)
end)

describe("passo.aws.client retries", function()
  it("waits longer each time, up to three attempts", function()
    local c, seen, slept = scripted("sqs", { { 503, "" } })
    local result, _, failure = c:list_queues()
    assert.is_nil(result)
    assert.equal(3, #seen)
    assert.same({ 0.5, 1 }, slept)
    assert.equal(3, failure.attempts)
  end)

  it("retries what passes, and nothing else", function()
    local again = {
      { 500, "" }, { 502, "" }, { 503, "" }, { 504, "" }, { 429, "{}" }, refusal(400, "ThrottlingException"),
      refusal(400, "ProvisionedThroughputExceededException"), refusal(400, "RequestTimeout"),
      { error = "ERESET" }, { error = "ECONNECT" }, { error = "ETIMEOUT" }, { error = "EDNS" },
    }
    for i, reply in ipairs(again) do
      local c, seen = scripted("dynamodb", { reply, FINE })
      assert.truthy(c:get_item(KEY), i)
      assert.equal(2, #seen)
    end
    local final = { { 501, "" }, refusal(400, "ValidationException"), refusal(403, "AccessDenied"), { error = "ETLS" },
      { error = "ECANCELLED" }, { error = "ELIMIT" } }
    for i, reply in ipairs(final) do
      local c, seen = scripted("dynamodb", { reply, FINE })
      assert.is_nil((c:get_item(KEY)), i)
      assert.equal(1, #seen)
    end
  end)

  it("has one attempt only in mode none, and as many as it is told", function()
    local c, seen = scripted("dynamodb", { { 503, "" } }, { retries = { mode = "none" } })
    c:get_item(KEY)
    assert.equal(1, #seen)
    c, seen = scripted("dynamodb", { { 503, "" } }, { retries = { attempts = 6 } })
    c:get_item(KEY)
    assert.equal(6, #seen)
    c, seen = scripted("sqs", { { 503, "" } }, { env = { AWS_MAX_ATTEMPTS = "2" } })
    c:list_queues()
    assert.equal(2, #seen)
  end)

  it("obeys Retry-After, but not without end", function()
    for header, seconds in pairs { ["Retry-After: 7"] = 7, ["Retry-After: Thu, 01 Jan 2026 00:00:09 GMT"] = 9,
      ["x-amz-retry-after: 60000"] = 5.5, ["Retry-After: soon"] = 0.5 } do
      local c, _, slept = scripted("sqs", { { 503, "", header .. "\r\n" }, { 200, "{}" } })
      assert.truthy(c:list_queues())
      assert.same({ seconds }, slept)
    end
    local c, seen = scripted("sqs", { { 503, "", "Retry-After: 86400\r\n" } })
    assert.is_nil((c:list_queues()))
    assert.equal(1, #seen)
  end)

  it("stops retrying when the bucket of tokens is empty, and fills it by success", function()
    local down = true
    local replies = setmetatable({}, { __index = function() return down and { 503, "" } or { 200, "{}" } end,
      __len = function() return 1 end })
    local c, seen = scripted("sqs", replies)
    for _ = 1, 50 do c:list_queues() end
    assert.equal(150, #seen)
    c:list_queues()
    assert.equal(151, #seen)
    down = false
    for _ = 1, 5 do assert.truthy(c:list_queues()) end
    down = true
    c:list_queues()
    assert.equal(158, #seen)
  end)

  it("ends when its wait is cut short", function()
    local c, seen = scripted("sqs", { { 503, "" } }, { sleep = function() return nil, "cancelled" end })
    local _, _, failure = c:list_queues()
    assert.equal("ECANCELLED", failure.code)
    assert.equal(1, #seen)
  end)

  it("learns the server's clock from a refusal, and keeps to it", function()
    for _, code in ipairs { "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException",
      "SignatureDoesNotMatch" } do
      local c, seen, slept = scripted("dynamodb",
        { refusal(403, code, "Date: Thu, 01 Jan 2026 00:20:00 GMT\r\n"), FINE })
      assert.truthy(c:get_item(KEY), code)
      assert.truthy(seen[1].headers:find("X-Amz-Date: 20260101T000000Z", 1, true))
      assert.truthy(seen[2].headers:find("X-Amz-Date: 20260101T002000Z", 1, true))
      assert.same({}, slept)
      c:get_item(KEY)
      assert.truthy(seen[3].headers:find("X-Amz-Date: 20260101T002000Z", 1, true))
    end
    local c, seen = scripted("dynamodb",
      { refusal(403, "SignatureDoesNotMatch", "Date: Thu, 01 Jan 2026 00:01:00 GMT\r\n") })
    assert.is_nil((c:get_item(KEY)))
    assert.equal(1, #seen)
  end)

  it("asks for other keys once when those it has have expired", function()
    local first = require("passo.aws.core").keys("AKIDOLD", SECRET)
    local second = require("passo.aws.core").keys("AKIDNEW", SECRET)
    local provider = { expired = 0 }
    function provider:get() return self.expired > 0 and second or first end
    function provider:expire(keys)
      assert.equal(first, keys)
      self.expired = self.expired + 1
    end
    local c, seen = scripted("dynamodb", { refusal(400, "ExpiredTokenException"), FINE }, { credentials = provider })
    assert.truthy(c:get_item(KEY))
    assert.truthy(seen[1].headers:find("AKIDOLD", 1, true))
    assert.truthy(seen[2].headers:find("AKIDNEW", 1, true))
    provider.expired = 0
    c, seen = scripted("dynamodb", { refusal(400, "ExpiredTokenException") }, { credentials = provider })
    assert.is_nil((c:get_item(KEY)))
    assert.equal(2, #seen)
  end)

  it("tells why there are no keys", function()
    local c = scripted("dynamodb", { FINE }, { credentials = { get = function()
      return nil, "nobody has any", { code = "ECREDENTIALS", message = "nobody has any" }
    end } })
    local _, message, failure = c:get_item(KEY)
    assert.equal("dynamodb GetItem: nobody has any", message)
    assert.equal("ECREDENTIALS", failure.code)
  end)
end)

describe("passo.aws.client for S3", function()
  local function elsewhere(status, code, region)
    return { status, ("<Error><Code>%s</Code><Message>m</Message></Error>"):format(code),
      "x-amz-bucket-region: " .. region .. "\r\n" }
  end
  local has_xml = require("passo.aws.core").model ~= nil

  it("puts a bucket into the host where it can be there", function()
    assert.is_true(has_xml)
    local c, seen = scripted("s3", { { 200, "x" } })
    c:get_object { Bucket = "my-bucket", Key = "a b/ü" }
    c:get_object { Bucket = "my.bucket", Key = "k" }
    c:get_object { Bucket = "arn:aws:s3:us-west-2:123456789012:accesspoint/ap", Key = "k" }
    assert.equal("https://my-bucket.s3.us-east-1.amazonaws.com/a%20b/%C3%BC", seen[1].url)
    assert.equal("https://s3.us-east-1.amazonaws.com/my.bucket/k", seen[2].url)
    assert.equal("https://ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com/k", seen[3].url)
    assert.truthy(seen[3].headers:find("/us-west-2/s3/", 1, true))
  end)

  it("goes to the bucket's region when it is told, and remembers it", function()
    if not helper.reads_xml() then pending "built without expat" return end
    for _, refused in ipairs { elsewhere(301, "PermanentRedirect", "eu-west-3"),
      elsewhere(307, "TemporaryRedirect", "eu-west-3"),
      elsewhere(400, "AuthorizationHeaderMalformed", "eu-west-3") } do
      local c, seen = scripted("s3", { refused, { 200, "x" } })
      assert.truthy(c:get_object { Bucket = "my-bucket", Key = "k" })
      assert.equal("https://my-bucket.s3.eu-west-3.amazonaws.com/k", seen[2].url)
      assert.truthy(seen[2].headers:find("/eu-west-3/s3/", 1, true))
      c:get_object { Bucket = "my-bucket", Key = "k2" }
      assert.equal("https://my-bucket.s3.eu-west-3.amazonaws.com/k2", seen[3].url)
    end
  end)

  it("follows one redirect only", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local c, seen = scripted("s3", { elsewhere(301, "PermanentRedirect", "eu-west-3"),
      elsewhere(301, "PermanentRedirect", "eu-west-2") })
    local _, _, failure = c:get_object { Bucket = "my-bucket", Key = "k" }
    assert.equal("PermanentRedirect", failure.code)
    assert.equal(2, #seen)
  end)

  it("asks for the region of a bucket when a refusal of HEAD cannot tell", function()
    local c, seen = scripted("s3", { { 400, "" }, { 301, "", "x-amz-bucket-region: eu-west-3\r\n" }, { 200, "" } })
    assert.truthy(c:head_object { Bucket = "my-bucket", Key = "k" })
    assert.equal("https://my-bucket.s3.eu-west-3.amazonaws.com/k", seen[3].url)
  end)

  it("encodes the source of a copy", function()
    local c, seen = scripted("s3", { { 200, "<CopyObjectResult/>" } })
    c:copy_object { Bucket = "bucket", Key = "k", CopySource = "from/a b+ü?versionId=v1" }
    c:copy_object { Bucket = "bucket", Key = "k", CopySource = { Bucket = "from", Key = "a/b c", VersionId = "v2" } }
    c:copy_object({ Bucket = "bucket", Key = "k", CopySource = "from/a%20b" }, { exact = true })
    assert.truthy(seen[1].headers:lower():find("x-amz-copy-source: from/a%20b%2b%c3%bc?versionid=v1", 1, true))
    assert.truthy(seen[2].headers:lower():find("x-amz-copy-source: from/a/b%20c?versionid=v2", 1, true))
    assert.truthy(seen[3].headers:lower():find("x-amz-copy-source: from/a%20b", 1, true))
  end)

  it("leaves a caller's table as it is", function()
    local c = scripted("s3", { { 200, "<CopyObjectResult/>" } })
    local params = { Bucket = "bucket", Key = "k", CopySource = { Bucket = "from", Key = "a" } }
    c:copy_object(params)
    assert.same({ Bucket = "bucket", Key = "k", CopySource = { Bucket = "from", Key = "a" } }, params)
  end)

  it("says where a bucket is made", function()
    local c, seen = scripted("s3", { { 200, "" } }, { region = "sa-east-1" })
    c:create_bucket { Bucket = "my-bucket" }
    assert.matches("<LocationConstraint>sa%-east%-1</LocationConstraint>", seen[1].body)
  end)

  it("encodes a customer's key and adds its digest", function()
    local c, seen = scripted("s3", { { 200, "x" } })
    c:get_object { Bucket = "my-bucket", Key = "k", SSECustomerAlgorithm = "AES256", SSECustomerKey = ("k"):rep(32) }
    assert.truthy(seen[1].headers:lower():find(("x-amz-server-side-encryption-customer-key: %s"):format(
      "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="), 1, true))
    assert.truthy(seen[1].headers:lower():find("customer-key-md5:", 1, true))
  end)

  it("sends a body in pieces unsigned, and does not begin again what it cannot", function()
    local c, seen = scripted("s3", { { 503, "" }, { 200, "" } })
    local given = { "one", "two" }
    local function body() return table.remove(given, 1) end
    local result = c:put_object({ Bucket = "my-bucket", Key = "k", Body = body }, { length = 6 })
    assert.is_nil(result)
    assert.equal(1, #seen)
    assert.equal("onetwo", seen[1].body)
    assert.truthy(seen[1].headers:find("UNSIGNED-PAYLOAD", 1, true))
    assert.equal(6, seen[1].options.length)
    assert.equal(0, seen[1].options.timeout_ms)
    local none, message = c:put_object { Bucket = "my-bucket", Key = "k", Body = function() end }
    assert.is_nil(none)
    assert.matches("ContentLength", message)
  end)

  it("begins a file again", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w+b"))
    file:write "0123456789"
    file:seek("set", 4)
    local c, seen = scripted("s3", { { 503, "" }, { 200, "" } })
    assert.truthy(c:put_object { Bucket = "my-bucket", Key = "k", Body = file })
    assert.equal("456789", seen[1].body)
    assert.equal("456789", seen[2].body)
    file:close()
    os.remove(path)
  end)

  it("gives a reply to a sink, and does not give it twice", function()
    local c = scripted("s3", { { 200, "abc", "ETag: e\r\n" } })
    local pieces = {}
    local result = c:get_object({ Bucket = "my-bucket", Key = "k" }, { sink = function(piece)
      pieces[#pieces + 1] = piece
    end })
    assert.same({ "abc" }, pieces)
    assert.is_nil(result.Body)
    assert.equal("e", result.ETag)
    local none, _, failure = c:head_bucket({ Bucket = "my-bucket" }, { sink = print })
    assert.is_nil(none)
    assert.equal("EINPUT", failure.code)
  end)
end)

describe("passo.aws.client:presign", function()
  it("signs S3's operations in the query", function()
    local c = scripted("s3", { { 200, "" } })
    local params = { Bucket = "my-bucket", Key = "k", ContentType = "text/plain" }
    local url, headers, method = c:presign("put_object", params, 60)
    assert.matches("^https://my%-bucket%.s3%.us%-east%-1%.amazonaws%.com/k%?", url)
    assert.matches("X%-Amz%-Expires=60", url)
    assert.matches("X%-Amz%-Date=20260101T000000Z", url)
    assert.matches("X%-Amz%-SignedHeaders=content%-type%%3Bhost", url)
    assert.same({ ["Content-Type"] = "text/plain" }, headers)
    assert.equal("PUT", method)
    assert.is_nil(url:find(SECRET, 1, true))
  end)

  it("makes a GET of what is posted as a form", function()
    local c = scripted("sts", { { 200, "" } })
    local url, headers, method = c:presign("get_caller_identity", {}, 60,
      { headers = { ["x-k8s-aws-id"] = "cluster" } })
    assert.matches("Action=GetCallerIdentity&Version=2011%-06%-15&", url)
    assert.matches("host%%3Bx%-k8s%-aws%-id", url)
    assert.same({ ["x-k8s-aws-id"] = "cluster" }, headers)
    assert.equal("GET", method)
  end)

  it("refuses what cannot be signed", function()
    local c = scripted("s3", { { 200, "" } })
    assert.is_nil((c:presign("get_object", { Bucket = "my-bucket", Key = "k" }, 999999)))
    assert.is_nil((c:presign("get_object", { Bucket = "my-bucket" }, 60)))
  end)
end)

describe("passo.aws.client:pages", function()
  local function listing(names, token)
    local rows = {}
    for i, name in ipairs(names) do rows[i] = ('"%s"'):format(name) end
    return { 200, ('{"TableNames":[%s]%s}'):format(table.concat(rows, ","),
      token and (',"LastEvaluatedTableName":"%s"'):format(token) or "") }
  end

  it("iterates over pages, and over the items in them", function()
    local replies = { listing({ "a", "b" }, "b"), listing({ "c" }, "c"), listing {} }
    local c, seen = scripted("dynamodb", replies)
    local params, counts, names = { Limit = 2 }, {}, {}
    for page in c:pages("list_tables", params) do counts[#counts + 1] = #page.TableNames end
    assert.same({ 2, 1, 0 }, counts)
    assert.same({ Limit = 2 }, params)
    assert.same({ Limit = 2, ExclusiveStartTableName = "c" }, core.decode(seen[3].body))
    c = scripted("dynamodb", replies)
    local items = c:items "ListTables"
    repeat
      local item = items:next()
      names[#names + 1] = item
    until item == nil
    assert.same({ "a", "b", "c" }, names)
  end)

  it("ends, with words, when the token repeats", function()
    local c, seen = scripted("dynamodb", { listing({ "a" }, "a") })
    local pages = c:pages "list_tables"
    assert.truthy(pages:next())
    assert.truthy(pages:next())
    local page, message = pages:next()
    assert.is_nil(page)
    assert.matches("twice", message)
    assert.equal(2, #seen)
  end)

  it("does not let a broken listing pass for a whole one", function()
    local c = scripted("dynamodb", { listing({ "a" }, "a"), refusal(400, "ValidationException") })
    local pages = c:pages "list_tables"
    pages:next()
    local page, _, failure = pages:next()
    assert.is_nil(page)
    assert.equal("ValidationException", failure.code)
    c = scripted("dynamodb", { refusal(400, "ValidationException") })
    assert.error_matches(function()
      for _ in c:pages "list_tables" do error "a page" end
    end, "ValidationException")
  end)

  it("refuses what has no pages", function()
    local c = scripted("dynamodb", { FINE })
    assert.error_matches(function() c:pages "get_item" end, "no pages")
  end)
end)

describe("passo.aws.client:wait_until", function()
  local function table_is(status)
    return { 200, ('{"Table":{"TableStatus":"%s"}}'):format(status) }
  end

  it("asks again until it holds", function()
    local c, seen, slept = scripted("dynamodb",
      { refusal(400, "ResourceNotFoundException"), table_is "CREATING", table_is "ACTIVE" })
    assert.equal("ACTIVE", c:wait_until("table_exists", { TableName = "t" }).Table.TableStatus)
    assert.equal(3, #seen)
    assert.same({ 20, 20 }, slept)
  end)

  it("takes a refusal for the answer where that is what is waited for", function()
    local c = scripted("dynamodb", { table_is "DELETING", refusal(400, "ResourceNotFoundException") })
    assert.is_true(c:wait_until("TableNotExists", { TableName = "t" }))
    c = scripted("s3", { { 404, "" } })
    assert.is_true(c:wait_until("bucket_not_exists", { Bucket = "my-bucket" }))
  end)

  it("ends when it did not come to hold in time, or cannot", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local c, seen = scripted("dynamodb", { table_is "CREATING" })
    local held, message, failure = c:wait_until("table_exists", { TableName = "t" }, { attempts = 4, delay_s = 1 })
    assert.is_nil(held)
    assert.equal("EATTEMPTS", failure.code)
    assert.matches("4 attempts", message)
    assert.equal(4, #seen)
    c = scripted("cloudformation", { { 200, "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
      .. "<StackStatus>ROLLBACK_COMPLETE</StackStatus></member></Stacks></DescribeStacksResult>"
      .. "</DescribeStacksResponse>" } })
    held, message, failure = c:wait_until("stack_create_complete", { StackName = "s" })
    assert.is_nil(held)
    assert.equal("EWAITER", failure.code)
    assert.matches("ROLLBACK_COMPLETE", message)
    c = scripted("dynamodb", { refusal(400, "ValidationException") })
    held, message, failure = c:wait_until("table_exists", { TableName = "t" })
    assert.is_nil(held)
    assert.equal("ValidationException", failure.code)
    assert.matches("ValidationException", message)
  end)

  it("refuses to wait in ways that there are not", function()
    local s3 = scripted("s3", { { 404, "" } })
    for words, options in pairs { ['no "delay"'] = { delay = 1 }, ["are 1 or more, not 0"] = { attempts = 0 },
      ["is not negative, as is -1"] = { delay_s = -1 }, ["is a number, got a string"] = { delay_s = "1" } } do
      local ok, message = pcall(s3.wait_until, s3, "bucket_exists", { Bucket = "b-c" }, options)
      assert.is_false(ok)
      assert.matches(words, message, 1, true)
    end
  end)

  it("names the nearest waiter", function()
    local c = scripted("s3", { { 200, "" } })
    assert.error_matches(function() c:wait_until("buket_exists", {}) end, "did you mean bucket_exists")
  end)
end)

describe("passo.aws customisations", function()
  it("give Glacier its account, version and tree of digests", function()
    local c, seen = scripted("glacier", { { 201, "", "x-amz-archive-id: i\r\n" } })
    c:upload_archive { vaultName = "v", body = ("x"):rep(1048576 + 1) }
    assert.equal("https://glacier.us-east-1.amazonaws.com/-/vaults/v/archives", seen[1].url)
    assert.truthy(seen[1].headers:find("x-amz-glacier-version: 2012-06-01", 1, true))
    local function digest(bytes)
      return (core.digest("sha256", bytes):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
    end
    local root = core.digest("sha256", digest(("x"):rep(1048576)) .. digest "x")
    assert.truthy(seen[1].headers:find("x-amz-sha256-tree-hash: " .. root, 1, true))
  end)

  it("shorten Route 53's ids, and ask API Gateway for JSON", function()
    local c, seen = scripted("route53", { { 200, "<GetHostedZoneResponse/>" } })
    c:get_hosted_zone { Id = "/hostedzone/Z1" }
    assert.equal("https://route53.amazonaws.com/2013-04-01/hostedzone/Z1", seen[1].url)
    c, seen = scripted("apigateway", { { 200, "{}" } })
    c:get_rest_apis {}
    assert.truthy(seen[1].headers:lower():find("accept: application/json", 1, true))
  end)

  it("call a prediction's own endpoint, if it is AWS's", function()
    local c, seen = scripted("machinelearning", { { 200, "{}" } })
    local params = { MLModelId = "m", Record = { a = "b" },
      PredictEndpoint = "https://realtime.machinelearning.us-east-1.amazonaws.com" }
    assert.truthy(c:predict(params))
    assert.equal("https://realtime.machinelearning.us-east-1.amazonaws.com/", seen[1].url)
    params.PredictEndpoint = "https://evil.example.com"
    assert.is_nil((c:predict(params)))
    assert.equal(1, #seen)
  end)

  it("ask Timestream where to call, and keep to it while that holds", function()
    local cell = '{"Endpoints":[{"Address":"query-cell1.timestream.us-east-1.amazonaws.com",'
      .. '"CachePeriodInMinutes":60}]}'
    local c, seen = scripted("timestream-query", { { 200, cell }, { 200, '{"QueryId":"q"}' } })
    assert.truthy(c:query { QueryString = "select 1" })
    assert.equal("https://query.timestream.us-east-1.amazonaws.com/", seen[1].url)
    assert.equal("https://query-cell1.timestream.us-east-1.amazonaws.com/", seen[2].url)
    c:query { QueryString = "select 2" }
    assert.equal("https://query-cell1.timestream.us-east-1.amazonaws.com/", seen[3].url)
    assert.truthy(seen[3].headers:find("/us-east-1/timestream/", 1, true))
  end)

  it("ask for the endpoint of a search domain", function()
    local c, seen = scripted("cloudsearchdomain", { { 200, "{}" } })
    local _, message = c:search { query = "q" }
    assert.matches("endpoint", message)
    assert.equal(0, #seen)
  end)

  it("do not sign what wants no keys", function()
    local c, seen = scripted("sts", { { 200, "<AssumeRoleWithWebIdentityResponse/>" } })
    c:assume_role_with_web_identity { RoleArn = "arn:aws:iam::123456789012:role/x", RoleSessionName = "some",
      WebIdentityToken = "t" }
    assert.is_nil(seen[1].headers:find("Authorization", 1, true))
  end)
end)

describe("every service", function()
  it("has pages and waiters that can be read, and no operation that hides a client's own methods", function()
    local models, service = require "passo.aws.models", require "passo.aws.service"
    local own = { call = true, has = true, pages = true, items = true, wait_until = true, presign = true, uuid = true }
    local read = 0
    local function try(expressions)
      for _, expression in ipairs(type(expressions) == "table" and expressions or { expressions }) do
        assert(aws.jmespath.compile(expression))
        read = read + 1
      end
    end
    for _, name in ipairs(models.list()) do
      local of = assert(service.get(name))
      local seen = {}
      for _, operation in ipairs(of.model:operations()) do
        local snake = service.snake(operation)
        assert.is_nil(own[snake], snake)
        assert.is_nil(seen[snake], snake)
        seen[snake] = true
        local pages = of.model:paginator(operation)
        for _, expressions in pairs(pages or {}) do try(expressions) end
      end
      for _, waiter in ipairs(of.model:waiters()) do
        for _, acceptor in ipairs(of.model:waiter(waiter).acceptors) do try(acceptor.argument or {}) end
      end
    end
    assert.is_true(read > 10000)
  end)

  it("writes its names as everybody does", function()
    local snake = require("passo.aws.service").snake
    for pascal, expected in pairs {
      ListObjectsV2 = "list_objects_v2", DescribeDBInstances = "describe_db_instances",
      GetSMSAttributes = "get_sms_attributes",
      ListWebACLs = "list_web_acls", CreateCachediSCSIVolume = "create_cached_iscsi_volume", PutItem = "put_item",
      GetEbsEncryptionByDefault = "get_ebs_encryption_by_default", CreateOTAUpdate = "create_ota_update",
      DescribeReservedDBInstancesOfferings = "describe_reserved_db_instances_offerings",
    } do
      assert.equal(expected, snake(pascal))
    end
  end)
end)

describe("passo.aws.jmespath", function()
  local data = assert(core.decode [=[{"a": {"b": [1, 2, {"c": "x"}], "n": null}, "m": {"x": {"v": 1}, "y": {"v": 2}},
    "l": [{"s": "R", "d": [1], "r": 1}, {"s": "S", "d": [], "r": 2}], "str": "h\u00e9llo", "none": [],
    "deep": [[1, 2], [3, [4]], 5]}]=])

  it("finds what expressions mean", function()
    for expression, expected in pairs {
      ["a.b[0]"] = "1", ["a.b[-1].c"] = '"x"', ["a.b[*].c"] = '["x"]', ["l[].d[]"] = "[1]",
      ["deep[]"] = "[1,2,3,[4],5]",
      ["l[?s=='R'].r"] = "[1]", ["l[?!(length(d) == `1` && r == `1`)].s"] = '["S"]', ["m.*.v"] = "[1,2]",
      ["length(str)"] = "5", ["length(none) == `0`"] = "true", ["length(zz || '') > `0`"] = "false",
      ["a.n || zz || 'q'"] = '"q"', ["str != 'x' && str != 'y'"] = "true", ["deep[*][0]"] = "[1,3]",
      ["l[*].[s, r]"] = '[["R",1],["S",2]]', ["l[*].{S: s}"] = '[{"S":"R"},{"S":"S"}]', ["l[*].s | [0]"] = '"R"',
      ["a.b[::-1]"] = '[{"c":"x"},2,1]', ["sort_by(l, &r)[-1].s"] = '"S"', ["zz | not_null(@, 'x')"] = '"x"',
      ["\"str\""] = '"h\195\169llo"', ["`{\"k\": [1]}`.k"] = "[1]", ["keys(m)"] = '["x","y"]',
    } do
      local value = assert(aws.jmespath.compile(expression))(data)
      assert.equal(expected, core.encode(value), expression)
    end
    assert.is_nil((assert(aws.jmespath.compile "a.n.x[0]")(data)))
  end)

  it("says where an expression is wrong", function()
    for _, expression in ipairs { "a.", "a[", "a b", "[?a", "foo(", "nosuch(a)", "length()", "'open", "a[1:2:0]",
      "`{`", "" } do
      local compiled, message = aws.jmespath.compile(expression)
      assert.is_nil(compiled, expression)
      assert.matches("byte %d+", message)
    end
    assert.is_nil((aws.jmespath.compile(("("):rep(1000) .. "a" .. (")"):rep(1000))))
    local value, message = assert(aws.jmespath.compile "length(`1`)")(data)
    assert.is_nil(value)
    assert.matches("length", message)
  end)
end)
