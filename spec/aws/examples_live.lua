-- The examples on moto, as their pages say: provisioned, run, looked at by boto3, removed. Each of that twice where it
-- may be done twice.
local passo = require "passo"
local servers = require "aws.servers"
local core = passo.core

local interpreter = rawget(_G, "jit") and "luajit" or _VERSION:lower():gsub(" ", "")
-- Every engine runs everything; one of them with as many objects as the page says.
local OBJECTS = interpreter == "lua5.4" and 2500 or 600

describe("on moto, the example", function()
  local s
  setup(function() s = servers.start { "moto" } end)
  teardown(function() s:stop() end)

  local function lua(example, script, arguments)
    local settings = ("AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=us-east-1 "
      .. "AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null PRODUCTS_KEY=a CUSTOMERS_KEY=b")
      :format(s.moto, s.key_id, s.secret)
    local pipe = io.popen(("%s LUA_PATH='%s' LUA_CPATH='%s' %s examples/%s/%s %s 2>&1; echo exit $?"):format(settings,
      package.path, package.cpath, interpreter, example, script, arguments or ""))
    local output = pipe:read "*a"
    pipe:close()
    local text, code = output:match "^(.*)exit (%d+)\n$"
    assert.equal("0", code, text)
    return text
  end

  local function provisioned(example, arguments)
    for _ = 1, 2 do lua(example, "provision.lua", "create " .. (arguments or "")) end
  end

  local function removed(example)
    for _ = 1, 2 do assert.equal("removed\n", lua(example, "provision.lua", "remove")) end
  end

  -- All of a listing, by boto3.
  local function keys(bucket, prefix)
    local out, token = {}, nil
    repeat
      local page = assert(s:boto("s3", "list_objects_v2", { Bucket = bucket, Prefix = prefix,
        ContinuationToken = token }))
      for _, object in ipairs(page.Contents or {}) do out[#out + 1] = object.Key end
      token = page.NextContinuationToken
    until not token
    return out
  end

  local function text_of(bucket, key)
    return assert(s:boto("s3", "get_object", { Bucket = bucket, Key = key })).Body
  end

  local function queue_for(topic)
    local url = assert(s:boto("sqs", "create_queue", { QueueName = "hears" })).QueueUrl
    assert(s:boto("sns", "subscribe", { TopicArn = "arn:aws:sns:us-east-1:123456789012:" .. topic, Protocol = "sqs",
      Endpoint = "arn:aws:sqs:us-east-1:123456789012:hears" }))
    return url
  end

  local function heard(url)
    local out = {}
    repeat
      local messages = assert(s:boto("sqs", "receive_message", { QueueUrl = url, MaxNumberOfMessages = 10 })).Messages
      for _, message in ipairs(messages or {}) do
        out[#out + 1] = core.decode(message.Body).Message
        assert(s:boto("sqs", "delete_message", { QueueUrl = url, ReceiptHandle = message.ReceiptHandle }))
      end
    until not messages
    assert(s:boto("sqs", "delete_queue", { QueueUrl = url }))
    table.sort(out)
    return out
  end

  it("s3-copy copies every object and reduces them to the sum that boto3 finds", function()
    provisioned("s3-copy", OBJECTS)
    local source, copy = "passo-example-orders-123456789012", "passo-example-copy-123456789012"
    local results = "passo-example-results-123456789012"
    local text = lua("s3-copy", "aws.lua")
    assert.matches("An empty bucket: SUCCEEDED", text, 1, true)
    local listed = keys(source)
    assert.equal(OBJECTS, #listed)
    assert.same(listed, keys(copy))

    local cents, rows, rejected = 0, 0, 0
    for _, key in ipairs(listed) do
      for line in text_of(source, key):gmatch "[^\n]+" do
        local whole, hundredths = line:match "^(%d+)%.(%d%d),BRL$"
        if whole then cents, rows = cents + whole * 100 + hundredths, rows + 1 else rejected = rejected + 1 end
      end
    end
    local total = core.decode(text_of(results, "total.json"))
    local parts = math.ceil(OBJECTS / 100)
    assert.same({ cents = cents, rows = rows, rejected = rejected, objects = OBJECTS, parts = parts }, total)
    assert.is_true(rejected > 0)
    local counted, from = 0, nil
    repeat
      local page = assert(s:boto("dynamodb", "scan", { TableName = "passo-example-orders", Select = "COUNT",
        ExclusiveStartKey = from }))
      counted, from = counted + page.Count, page.LastEvaluatedKey
    until not from
    assert.equal(rows, counted)
    assert.equal(parts, #keys(results, "parts/"))
    assert.equal(text_of(source, listed[7]), text_of(copy, listed[7]))
    removed "s3-copy"
    assert.equal(0, #assert(s:boto("s3", "list_buckets", {})).Buckets)
    assert.equal(0, #assert(s:boto("dynamodb", "list_tables", {})).TableNames)
  end)

  it("etl crawls, runs the job, and tells how it ended", function()
    provisioned "etl"
    local url = queue_for "passo-example-etl"
    local text = lua("etl", "aws.lua")
    assert.matches("A good night: SUCCEEDED", text, 1, true)
    assert.matches("without its crawler: FAILED", text, 1, true)
    local runs = assert(s:boto("glue", "get_job_runs", { JobName = "passo-example-etl" })).JobRuns
    assert.equal(1, #runs)
    assert.equal("passo-example-etl-123456789012", runs[1].Arguments["--bucket"])
    local messages = heard(url)
    assert.equal(2, #messages)
    assert.matches("^Glue.EntityNotFoundException: ", messages[1])
    assert.equal("The job run " .. runs[1].Id .. " SUCCEEDED", messages[2])
    removed "etl"
    assert.equal(0, #assert(s:boto("glue", "list_crawlers", {})).CrawlerNames)
    assert.equal(0, #assert(s:boto("iam", "list_roles", {})).Roles)
  end)

  it("checkout takes five orders, each to its end", function()
    provisioned "checkout"
    local url = queue_for "passo-example-checkout"
    local text = lua("checkout", "aws.lua")
    for _, ending in ipairs { "1. All goes well: SUCCEEDED", "sold out: FAILED, OutOfStock", "FAILED, CardDeclined",
      "FAILED, AddressUnknown", "FAILED, States.Timeout",
      "audit: ReserveBook, ChargeCard, RefundCard, ReleaseBook" } do
      assert.matches(ending, text, 1, true)
    end
    local states = {}
    for _, order in ipairs(assert(s:boto("dynamodb", "scan", { TableName = "passo-example-checkout-orders" })).Items) do
      states[#states + 1] = order.state.S
    end
    table.sort(states)
    assert.same({ "charged", "released", "released", "released" }, states)
    assert.equal("11", assert(s:boto("dynamodb", "get_item", { TableName = "passo-example-checkout-books",
      Key = { isbn = { S = "9788590379850" } } })).Item.stock.N)
    local messages = heard(url)
    assert.equal(5, #messages)
    assert.matches("is on its way", messages[1])
    removed "checkout"
    assert.equal(0, #assert(s:boto("dynamodb", "list_tables", {})).TableNames)
  end)

  it("presign uploads and downloads without credentials", function()
    provisioned "presign"
    local text = lua("presign", "presign.lua")
    assert.matches("good for 60 seconds: HTTP 200", text, 1, true)
    assert.matches("Download: HTTP 200, 29 bytes", text, 1, true)
    assert.equal("text/csv", assert(s:boto("s3", "head_object", { Bucket = "passo-example-presign-123456789012",
      Key = "uploads/report.csv" })).ContentType)
    removed "presign"
    assert.equal(0, #assert(s:boto("s3", "list_buckets", {})).Buckets)
  end)

  it("two-apis makes and removes the connections that AWS would need", function()
    provisioned "two-apis"
    local names = {}
    for _, connection in ipairs(assert(s:boto("events", "list_connections", {})).Connections) do
      names[connection.Name] = connection.AuthorizationType
    end
    assert.same({ ["passo-example-products"] = "API_KEY", ["passo-example-customers"] = "API_KEY" }, names)
    removed "two-apis"
  end)
end)
