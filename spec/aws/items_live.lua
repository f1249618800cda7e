-- Distributed Maps on moto's S3, and logs at its CloudWatch: what boto3 put there is read, what passo writes boto3
-- finds.
local passo = require "passo"
local servers = require "aws.servers"
local core = passo.core

local BUCKET = "items"

-- Bytes that a program makes of a text.
local function piped(command, text)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen(command .. " <" .. path))
  local bytes = pipe:read "*a"
  pipe:close()
  os.remove(path)
  return bytes
end

describe("Distributed Maps on moto", function()
  local s, aws
  setup(function()
    s = servers.start { "moto", "proxy" }
    aws = { region = "us-east-1", endpoint = s.proxy, env = {}, config_file = "/dev/null",
      credentials_file = "/dev/null", credentials = { access_key_id = s.key_id, secret_access_key = s.secret } }
    assert(s:boto("s3", "create_bucket", { Bucket = BUCKET }))
  end)
  teardown(function() s:stop() end)

  local function put(key, text)
    assert(s:boto("s3", "put_object", { Bucket = BUCKET, Key = key, Body = servers.bytes(text) }))
  end

  local function run(map, more)
    local state = { Type = "Map", End = true, Label = "L", ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED",
      ExecutionType = "STANDARD" }, StartAt = "P", States = { P = { Type = "Pass", End = true } } } }
    for name, value in pairs(map) do state[name] = value end
    local options = { aws = aws }
    for name, value in pairs(more or {}) do options[name] = value end
    return assert(assert(passo.parse { StartAt = "M", States = { M = state } }):run({}, options))
  end

  local function read(kind, parameters, config)
    parameters.Bucket = BUCKET
    local result = run { ItemReader = { Resource = "arn:aws:states:::s3:" .. kind, Parameters = parameters,
      ReaderConfig = config } }
    return result.value and result.value:json(), result.cause
  end

  local CSV = { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" }

  it("read files, compressed or not", function()
    local text = "id,name\n1,é\n2,b\n"
    put("a.csv", text)
    local rows = '[{"id":"1","name":"é"},{"id":"2","name":"b"}]'
    assert.equal(rows, read("getObject", { Key = "a.csv" }, CSV))
    put("a.csv.gz", piped("gzip -c", text))
    local got, cause = read("getObject", { Key = "a.csv.gz" }, CSV)
    if cause and cause:find("built without", 1, true) then pending(cause) else assert.equal(rows, got) end
  end)

  it("end a transfer with MaxItems", function()
    put("long.jsonl", ('{"a":1}\n'):rep(500000))
    local began = core.now_ms()
    assert.equal('[{"a":1},{"a":1}]', read("getObject", { Key = "long.jsonl" }, { InputType = "JSONL", MaxItems = 2 }))
    assert.is_true(core.now_ms() - began < 2000)
  end)

  it("list, and read what is listed", function()
    for i = 1, 12 do put(("in/%02d.json"):format(i), ("[%d,%d]"):format(i, i)) end
    local items = core.decode((read("listObjectsV2", { Prefix = "in/" }, { MaxItems = 5 })))
    assert.equal(5, #items)
    local seen = assert(s:boto("s3", "list_objects_v2", { Bucket = BUCKET, Prefix = "in/" })).Contents[5]
    assert.same({ seen.Key, seen.ETag, seen.Size, seen.LastModified }, { items[5].Key, items[5].Etag, items[5].Size,
      items[5].LastModified })
    assert.equal("[1,1,2,2,3,3,4,4,5,5,6,6,7,7,8,8,9,9,10,10,11,11,12,12]", read("listObjectsV2", { Prefix = "in/" },
      { InputType = "JSON", Transformation = "LOAD_AND_FLATTEN" }))
  end)

  it("read the files of an inventory", function()
    put("inv/1.csv", '"src","a%20b","1"\n')
    put("inv/2.csv", '"src","c","2"\n')
    put("inv/manifest.json", core.encode { sourceBucket = "src", destinationBucket = "arn:aws:s3:::" .. BUCKET,
      fileFormat = "CSV", fileSchema = "Bucket, Key, Size", files = { { key = "inv/1.csv" }, { key = "inv/2.csv" } } })
    local rows, cause = read("getObject", { Key = "inv/manifest.json" }, { InputType = "MANIFEST" })
    assert(rows, cause)
    assert.equal(2, #core.decode(rows))
  end)

  it("fail with S3's words", function()
    local _, cause = read("getObject", { Key = "none" })
    assert.matches("The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ", cause, 1, true)
  end)

  it("write results that boto3 finds by their manifest", function()
    local result = run { ItemReader = { Resource = "arn:aws:states:::s3:listObjectsV2", Parameters = { Bucket = BUCKET,
      Prefix = "in/" } }, ResultWriter = { Resource = "arn:aws:states:::s3:putObject", Parameters = { Bucket = BUCKET,
      Prefix = "out" } } }
    assert.equal("SUCCEEDED", result.status, result.cause)
    local function at(key)
      return core.decode(assert(s:boto("s3", "get_object", { Bucket = BUCKET, Key = key })).Body)
    end
    local manifest = at(result.output.ResultWriterDetails.Key)
    assert.equal(result.output.MapRunArn, manifest.MapRunArn)
    assert.equal(12, #at(manifest.ResultFiles.SUCCEEDED[1].Key))
  end)

  it("log to CloudWatch, with their children", function()
    assert(s:boto("logs", "create_log_group", { logGroupName = "/states/l" }))
    local result = run({ ItemReader = { Resource = "arn:aws:states:::s3:listObjectsV2", Parameters = { Bucket = BUCKET,
      Prefix = "in/" } } }, { logging = { level = "ALL", destinations = { { cloudWatchLogsLogGroup = {
      logGroupArn = "arn:aws:logs:us-east-1:123456789012:log-group:/states/l:*" } } } } })
    assert.is_nil(result.log_problem)
    local streams = assert(s:boto("logs", "describe_log_streams", { logGroupName = "/states/l" })).logStreams
    assert.equal(1, #streams)
    local events = assert(s:boto("logs", "get_log_events", { logGroupName = "/states/l",
      logStreamName = streams[1].logStreamName, startFromHead = true })).events
    local types, arns = {}, {}
    for _, event in ipairs(events) do
      local record = core.decode(event.message)
      types[record.type] = (types[record.type] or 0) + 1
      arns[record.execution_arn] = true
    end
    assert.equal(13, types.ExecutionSucceeded)
    assert.equal(1, types.MapRunSucceeded)
    assert.is_true(arns[result.arn])
    local missing = run({ ItemReader = { Resource = "arn:aws:states:::s3:listObjectsV2", Parameters = { Bucket = BUCKET,
      Prefix = "none" } } }, { logging = { level = "ALL", destinations = { { cloudWatchLogsLogGroup = {
      logGroupArn = "arn:aws:logs:us-east-1:123456789012:log-group:/none:*" } } } } })
    assert.equal("SUCCEEDED", missing.status)
    assert.is_string(missing.log_problem)
  end)

  it("sign every call as botocore would", function()
    for _, seen in ipairs(s:verdicts()) do
      assert.is_true(seen.ok, ("%s %s: %s"):format(tostring(seen.service), tostring(seen.target),
        tostring(seen.message)))
    end
  end)
end)
