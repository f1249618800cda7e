-- Distributed Maps on S3, against a bucket that is a Lua table: what is read, how, and what is written.
local helper = require "helper"
local passo = require "passo"

-- A bucket: objects by key; `hooks.get(key)` may answer in its stead. What was asked for is in `bucket.log`.
local function bucket_of(objects, hooks)
  local bucket = { objects = objects, log = {}, busy = 0, busiest = 0 }
  hooks = hooks or {}

  local function list(query)
    query = query:gsub("%%2F", "/")
    local keys, from, prefix = {}, query:match "continuation%-token=([^&]*)" or "", query:match "prefix=([^&]*)" or ""
    for key in pairs(bucket.objects) do
      if key > from and key:sub(1, #prefix) == prefix then keys[#keys + 1] = key end
    end
    table.sort(keys)
    local most, lines = hooks.page or 1000, {}
    for i = 1, math.min(most, #keys) do
      lines[i] = ("<Contents><Key>%s</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        .. "<ETag>&quot;e&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>")
        :format(keys[i], #bucket.objects[keys[i]])
    end
    local more = #keys > most
    return 200, "", ("<ListBucketResult><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>"):format(tostring(more),
      more and "<NextContinuationToken>" .. keys[most] .. "</NextContinuationToken>" or "", table.concat(lines))
  end

  local function get(key, transport)
    local text = bucket.objects[key]
    if not text then
      return 404, "x-amz-request-id: R1\r\n", "<Error><Code>NoSuchKey</Code>"
        .. "<Message>The specified key does not exist.</Message></Error>"
    end
    if not transport.sink then return 200, "", text end
    for at = 1, #text, 7 do
      bucket.sent = (bucket.sent or 0) + 1
      if transport.sink(text:sub(at, at + 6)) == false then
        return nil, "refused", { code = "EIO", message = "refused" }
      end
      local broken = hooks.breaks and hooks.breaks(key, at)
      if broken then return nil, broken, { code = broken, message = "the connection was reset" } end
    end
    return 200, "", nil
  end

  function bucket.send(method, url, _, body, transport)
    local key, query = url:match "^http://s3%.test/b/?([^?]*)%??(.*)$"
    bucket.log[#bucket.log + 1] = method .. " " .. (key == "" and "?" .. query or key)
    bucket.busy = bucket.busy + 1
    bucket.busiest = math.max(bucket.busiest, bucket.busy)
    passo.sleep(0.01)
    bucket.busy = bucket.busy - 1
    local refused = hooks.refuse and hooks.refuse(method, key)
    if refused then return refused, "x-amz-request-id: R1\r\n", hooks.words or "" end
    if method == "PUT" then
      bucket.objects[key] = body
      bucket.last = key
      return 200, "", ""
    end
    if key == "" then return list(query) end
    return get(key, transport)
  end
  return bucket
end

local function run(bucket, map, options)
  local state = { Type = "Map", End = true, ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED",
    ExecutionType = "STANDARD" }, StartAt = "P", States = { P = { Type = "Pass", End = true } } } }
  for name, value in pairs(map) do state[name] = value end
  local machine = assert(passo.parse { StartAt = "M", States = { M = state } })
  local given = { clock = passo.virtual_clock(), aws = { region = "us-east-1", endpoint = "http://s3.test",
    path_style = true, send = bucket.send, env = {}, config_file = "/dev/null", credentials_file = "/dev/null",
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "verysecret" } } }
  for name, value in pairs(options or {}) do given[name] = value end
  return assert(machine:run({}, given))
end

local function reader(kind, parameters, config)
  parameters.Bucket = "b"
  return { Resource = "arn:aws:states:::s3:" .. kind, Parameters = parameters, ReaderConfig = config }
end

local function read(objects, given, hooks, options)
  local bucket = bucket_of(objects, hooks)
  local result = run(bucket, { ItemReader = given }, options)
  return result, bucket
end

describe("an ItemReader on S3", function()
  it("has a file's rows as its items", function()
    local result = read({ ["a.csv"] = "id,name\n1,é\n2,b\n" }, reader("getObject", { Key = "a.csv" },
      { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" }))
    assert.equal('[{"id":"1","name":"é"},{"id":"2","name":"b"}]', result.value:json())
    result = read({ ["a.jsonl"] = '{"a":1.50}\n{"a":2}\n' }, reader("getObject", { Key = "a.jsonl" },
      { InputType = "JSONL" }))
    assert.equal('[{"a":1.50},{"a":2}]', result.value:json())
  end)

  it("ends the transfer when it has MaxItems", function()
    local result, bucket = read({ ["a.jsonl"] = ("1\n"):rep(1000) }, reader("getObject", { Key = "a.jsonl" },
      { InputType = "JSONL", MaxItems = 5 }))
    assert.equal("[1,1,1,1,1]", result.value:json())
    assert.is_true(bucket.sent < 4)
    assert.equal(1, #bucket.log)
  end)

  it("begins a download again that breaks off, and gives up on one that keeps on doing so", function()
    local broke = 0
    local result, bucket = read({ ["a.jsonl"] = ("7\n"):rep(100) }, reader("getObject", { Key = "a.jsonl" },
      { InputType = "JSONL" }), { breaks = function(_, at)
        if at > 50 and broke < 2 then broke = broke + 1 return "ERESET" end
      end })
    assert.equal(100, #result.output)
    assert.equal(3, #bucket.log)
    result = read({ ["a.jsonl"] = "1\n" }, reader("getObject", { Key = "a.jsonl" }, { InputType = "JSONL" }),
      { breaks = function() return "ERESET" end })
    assert.equal("States.ItemReaderFailed", result.error)
    assert.matches("Unable to execute HTTP request: the connection was reset", result.cause, 1, true)
  end)

  it("fails with S3's own words", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local result = read({}, reader("getObject", { Key = "no.json" }))
    assert.equal("States.ItemReaderFailed", result.error)
    assert.matches("The specified key does not exist. (Service: S3, Status Code: 404, Request ID: R1)", result.cause, 1,
      true)
    result = read({}, reader("listObjectsV2", {}), { refuse = function() return 403 end,
      words = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>" })
    assert.matches("Access Denied (Service: S3, Status Code: 403", result.cause, 1, true)
  end)

  it("lists all pages, and no more of them than it needs", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local objects = {}
    for i = 1, 25 do objects[("in/%02d"):format(i)] = "x" end
    objects.other = "x"
    local result, bucket = read(objects, reader("listObjectsV2", { Prefix = "in/" }), { page = 10 })
    assert.equal(25, #result.output)
    assert.equal('{"Etag":"\\"e\\"","Key":"in/01","LastModified":1767225600,"Size":1,"StorageClass":"STANDARD"}',
      passo.core.encode(result.value:lua()[1]))
    assert.equal(3, #bucket.log)
    result, bucket = read(objects, reader("listObjectsV2", { Prefix = "in/" }, { MaxItems = 12 }), { page = 10 })
    assert.equal(12, #result.output)
    assert.equal(2, #bucket.log)
  end)

  it("has nothing to do with an empty bucket", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local result = read({}, reader("listObjectsV2", {}))
    assert.equal("SUCCEEDED", result.status)
    assert.equal("[]", result.value:json())
  end)

  it("flattens the objects listed, some at a time, in their order", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local objects, expected = { ["in/"] = "" }, {}
    for i = 1, 30 do
      objects[("in/%02d.jsonl"):format(i)] = ("%d\n%d\n"):format(i, 100 + i)
      expected[#expected + 1], expected[#expected + 2] = i, 100 + i
    end
    local flatten = { InputType = "JSONL", Transformation = "LOAD_AND_FLATTEN" }
    local result, bucket = read(objects, reader("listObjectsV2", { Prefix = "in/" }, flatten))
    assert.same(expected, result.output)
    assert.equal(8, bucket.busiest)
    flatten.MaxItems = 7
    result, bucket = read(objects, reader("listObjectsV2", { Prefix = "in/" }, flatten))
    assert.same({ 1, 101, 2, 102, 3, 103, 4 }, result.output)
    assert.is_true(#bucket.log < 15)
    objects["in/03.jsonl"] = "{"
    flatten.MaxItems = nil
    assert.equal("States.ItemReaderFailed", (read(objects, reader("listObjectsV2", { Prefix = "in/" }, flatten))).error)
  end)

  it("reads the files of a manifest, and of an inventory", function()
    local result = read({ m = "s3://b/one.json\ns3://b/two.json\n", ["one.json"] = "[1,2]", ["two.json"] = "[3]" },
      reader("getObject", { Key = "m" }, { ManifestType = "ATHENA_DATA", InputType = "JSON" }))
    assert.equal("[1,2,3]", result.value:json())
    result = read({ ["inv/manifest.json"] = [[{"sourceBucket":"src","destinationBucket":"arn:aws:s3:::b",
      "fileFormat":"CSV","fileSchema":"Bucket, Key, Size","files":[{"key":"inv/1.csv"},{"key":"inv/2.csv"}]}]],
      ["inv/1.csv"] = '"src","a",1\n', ["inv/2.csv"] = '"src","b",2\n' },
      reader("getObject", { Key = "inv/manifest.json" }, { InputType = "MANIFEST" }))
    assert.equal("SUCCEEDED", result.status, result.cause)
    assert.same({ "a", "b" }, { result.output[1].Key, result.output[2].Key })
  end)

  it("is told to ItemSelector as the items' source", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local function sources(given, objects)
      local bucket = bucket_of(objects)
      local result = run(bucket, { ItemReader = given, ItemSelector = { ["from.$"] = "$$.Map.Item.Source",
        ["i.$"] = "$$.Map.Item.Index" } })
      return result.value:json()
    end
    assert.equal('[{"from":"S3://b/a.json","i":0}]', sources(reader("getObject", { Key = "a.json" }),
      { ["a.json"] = "[7]" }))
    assert.equal('[{"from":"S3://b","i":0}]', sources(reader("listObjectsV2", {}), { x = "1" }))
  end)

  it("is a handler's where there is one", function()
    local result, bucket = read({}, reader("getObject", { Key = "a.json" }), nil,
      { handlers = { ["arn:aws:states:::s3:getObject"] = function() return "[1]" end } })
    assert.equal("[1]", result.value:json())
    assert.equal(0, #bucket.log)
  end)

  it("without AWS says what would read it", function()
    local machine = assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", End = true,
      ItemReader = reader("getObject", { Key = "a.json" }), ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED",
      ExecutionType = "STANDARD" }, StartAt = "P", States = { P = { Type = "Pass", End = true } } } } } })
    local _, message = machine:run({}, { clock = passo.virtual_clock() })
    assert.matches("aws = true is for S3 itself", message, 1, true)
  end)
end)

describe("a ResultWriter on S3", function()
  local writer = { Resource = "arn:aws:states:::s3:putObject", Parameters = { Bucket = "b", Prefix = "out" } }

  it("writes its files, the manifest when they are there", function()
    local bucket = bucket_of { ["a.json"] = "[1,2,3]" }
    local result = run(bucket, { ItemReader = reader("getObject", { Key = "a.json" }), ResultWriter = writer,
      Label = "L" })
    assert.equal("SUCCEEDED", result.status, result.cause)
    local at = result.output.ResultWriterDetails
    assert.equal("b", at.Bucket)
    assert.equal(at.Key, bucket.last)
    local manifest = passo.core.decode(bucket.objects[at.Key])
    local file = manifest.ResultFiles.SUCCEEDED[1]
    assert.equal(file.Size, #bucket.objects[file.Key])
    assert.equal(3, #passo.core.decode(bucket.objects[file.Key]))
  end)

  it("fails when a file is refused, and leaves no manifest", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local bucket = bucket_of({ ["a.json"] = "[1]" }, { refuse = function(method, key)
      return method == "PUT" and key:find "SUCCEEDED" and 403
    end, words = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>" })
    local result = run(bucket, { ItemReader = reader("getObject", { Key = "a.json" }), ResultWriter = writer })
    assert.equal("States.ResultWriterFailed", result.error)
    assert.matches("Access Denied (Service: S3, Status Code: 403, Request ID: R1)", result.cause, 1, true)
    for key in pairs(bucket.objects) do assert.is_nil(key:find "manifest") end
  end)

  it("tries again where S3 is busy", function()
    local refusals = 0
    local bucket = bucket_of({ ["a.json"] = "[1]" }, { refuse = function(method)
      if method == "PUT" and refusals < 2 then refusals = refusals + 1 return 503 end
    end })
    local result = run(bucket, { ItemReader = reader("getObject", { Key = "a.json" }), ResultWriter = writer })
    assert.equal("SUCCEEDED", result.status, result.cause)
    assert.equal(2, refusals)
  end)
end)

describe("ahead.each", function()
  local ahead = require "passo.aws.ahead"

  it("ends what is under way when its owner is cancelled", function()
    local clock, ended = passo.virtual_clock(), 0
    local result = assert(helper.task({ TimeoutSeconds = 1 }):run({}, { clock = clock, handlers = {
      ["lua:t"] = function(_, ctx)
        return ahead.each(clock, { 1, 2, 3 }, 2, function()
          local slept = passo.sleep(60)
          if not slept then ended = ended + 1 end
          return slept
        end, nil, ctx)
      end } }))
    assert.equal("States.Timeout", result.error)
    clock:settle()
    assert.is_true(clock:now_ms() < 60000)
    assert.equal(2, ended)
  end)
end)
