-- cli_aws_spec.lua: `passo aws` as its users meet it; the transport answers from a script.
local helper = require "helper"
local cli = require "passo.cli"
local core = require("passo").core
local net = require "passo.net"

describe("passo aws", function()
  local send, getenv, seen, replies, made

  -- Runs a command line in this process: {code, out, err}.
  local function run(...)
    local out, err = {}, {}
    local function sink(list)
      return { write = function(_, s) list[#list + 1] = s end }
    end
    seen = {}
    local code = cli.main({ "aws", ... }, { stdin = { read = function() return "" end }, stdout = sink(out),
      stderr = sink(err) })
    return { code = code, out = table.concat(out), err = table.concat(err) }
  end

  local function file(content)
    local path = os.tmpname()
    local handle = assert(io.open(path, "wb"))
    handle:write(content)
    handle:close()
    made[#made + 1] = path
    return path
  end

  local function read(path)
    local handle = assert(io.open(path, "rb"))
    local content = handle:read "*a"
    handle:close()
    return content
  end

  before_each(function()
    made, replies = {}, { { 200, "{}" } }
    send, getenv = net.send, os.getenv
    local environment = { AWS_ACCESS_KEY_ID = "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY = "its-secret",
      HOME = "/nonexistent", AWS_REGION = "us-east-1" }
    os.getenv = function(name) return environment[name] end -- luacheck: ignore 122
    net.send = function(method, url, headers, body, options)
      if io.type(body) == "file" then body = body:read "*a" end
      if type(body) == "table" then body = read(body.path) end
      seen[#seen + 1] = { method = method, url = url, headers = headers, body = body }
      local reply = replies[#seen] or replies[#replies]
      if options and options.sink and reply[1] < 300 then
        options.sink(reply[2])
        return reply[1], reply[3] or "", nil
      end
      return reply[1], reply[3] or "", reply[2]
    end
  end)
  after_each(function()
    net.send, os.getenv = send, getenv -- luacheck: ignore 122
    for _, path in ipairs(made) do os.remove(path) end
  end)

  it("makes members of options, by their kinds", function()
    local result = run("dynamodb", "get-item", "--table-name", "books", "--key", '{"isbn": {"S": "1"}}',
      "--consistent-read", "--attributes-to-get", "a", "b")
    assert.equal("", result.err)
    assert.same({ TableName = "books", Key = { isbn = { S = "1" } }, ConsistentRead = true,
      AttributesToGet = { "a", "b" } }, core.decode(seen[1].body))
    run("ec2", "run-instances", "--image-id", "ami-1", "--min-count", "1", "--max-count=2", "--no-dry-run")
    assert.matches("DryRun=false", seen[1].body)
    assert.matches("MaxCount=2", seen[1].body)
  end)

  it("takes for members what only add-service has as options", function()
    local result = run("ssm", "get-parameter", "--name", "/db/host", "--region", "eu-west-1")
    assert.equal("", result.err)
    assert.same({ Name = "/db/host" }, core.decode(seen[1].body))
    result = run("add-service", "f", "--nmae", "books")
    assert.equal(2, result.code)
    assert.matches("add-service has no option --nmae", result.err, 1, true)
  end)

  it("shows a result as JSON, as text, or what an expression finds in it", function()
    replies = { { 200, '{"Item":{"n":{"N":"1"},"k":{"S":"v"}}}' } }
    local words = { "dynamodb", "get-item", "--table-name", "t", "--key", '{"k":{"S":"v"}}' }
    local function with(...)
      local all = {}
      for i, word in ipairs(words) do all[i] = word end
      for _, word in ipairs { ... } do all[#all + 1] = word end
      return run((table.unpack or unpack)(all)) -- luacheck: ignore 113
    end
    assert.same({ Item = { n = { N = "1" }, k = { S = "v" } } }, core.decode(with().out))
    assert.equal('"v"\n', with("--query", "Item.k.S").out)
    assert.equal("v\t1\n", with("--query", "[Item.k.S, Item.n.N]", "--output", "text").out)
    assert.equal("v\n1\n", with("--query", "Item", "--output", "text").out)
    assert.equal(2, with("--query", "Item[").code)
  end)

  it("shows all pages of a listing as one", function()
    replies = { { 200, '{"TableNames":["a","b"],"LastEvaluatedTableName":"b"}' }, { 200, '{"TableNames":["c"]}' } }
    assert.same({ TableNames = { "a", "b", "c" } }, core.decode(run("dynamodb", "list-tables").out))
    assert.equal(2, #seen)
    assert.same({ "a" }, core.decode(run("dynamodb", "list-tables", "--max-items", "1").out).TableNames)
    assert.equal(1, #seen)
    assert.equal("b", core.decode(run("dynamodb", "list-tables", "--no-paginate").out).LastEvaluatedTableName)
  end)

  it("reads parameters from files, and bodies", function()
    local path = file '{"isbn": {"S": "2"}}'
    run("dynamodb", "get-item", "--table-name", "t", "--key", "file://" .. path)
    assert.same({ isbn = { S = "2" } }, core.decode(seen[1].body).Key)
    run("dynamodb", "get-item", "--cli-input-json", '{"TableName":"t","Key":{"k":{"S":"3"}}}')
    assert.equal("t", core.decode(seen[1].body).TableName)
    run("s3", "put-object", "--bucket", "my-bucket", "--key", "k", "--body", path)
    assert.equal('{"isbn": {"S": "2"}}', seen[1].body)
    assert.equal("https://my-bucket.s3.us-east-1.amazonaws.com/k", seen[1].url)
  end)

  it("writes a stream to a file, and leaves none behind when it is refused", function()
    if not helper.reads_xml() then pending "built without expat" return end
    replies = { { 200, "the bytes", "ETag: e\r\n" } }
    local path = file ""
    local result = run("s3", "get-object", "--bucket", "my-bucket", "--key", "k", path)
    assert.equal(0, result.code)
    assert.equal("the bytes", read(path))
    assert.equal("e", core.decode(result.out).ETag)
    replies = { { 404, "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>" } }
    result = run("s3", "get-object", "--bucket", "my-bucket", "--key", "k", path)
    assert.equal(1, result.code)
    assert.matches("NoSuchKey", result.err)
    assert.is_nil(io.open(path))
    assert.equal(2, run("s3", "get-object", "--bucket", "my-bucket", "--key", "k").code)
  end)

  it("calls where and as it is told", function()
    run("s3", "list-buckets", "--endpoint-url", "http://localhost:9000", "--region", "eu-west-1", "--no-sign-request")
    assert.equal("http://localhost:9000/", seen[1].url)
    assert.is_nil(seen[1].headers:find("Authorization", 1, true))
  end)

  it("prints a presigned URL instead of calling", function()
    local result = run("s3", "get-object", "--bucket", "my-bucket", "--key", "k", "--presign", "60")
    assert.matches("^https://my%-bucket%.s3%..*X%-Amz%-Expires=60.*\n$", result.out)
    assert.equal(0, #seen)
  end)

  it("waits", function()
    replies = { { 200, "" } }
    assert.equal(0, run("s3", "wait", "object-exists", "--bucket", "my-bucket", "--key", "k").code)
    assert.equal("HEAD", seen[1].method)
    assert.matches("bucket%-exists", run("s3", "wait", "buket-exists").err:gsub("_", "-"))
  end)

  it("says what is wrong, with the nearest word, and tells no secret", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local cases = {
      { 2, "did you mean list%-objects", "s3", "list-objetcs" }, { 2, "did you mean %-%-bucket", "s3", "list-objects",
        "--bukket", "x" }, { 2, "no service", "s33333", "x" }, { 2, "operation", "s3" }, { 2, "service", nil },
      { 2, "number", "s3", "list-objects", "--bucket", "my-bucket", "--max-keys", "many" },
      { 2, "Bucket: is required", "s3", "list-objects" }, { 2, "one word too many", "s3", "list-buckets", "x" },
      { 2, "JSON", "dynamodb", "get-item", "--key", "{" },
      { 2, "Key=value,... is not read", "dynamodb", "get-item", "--key", "isbn=1" },
    }
    for _, case in ipairs(cases) do
      local result = run((table.unpack or unpack)(case, 3)) -- luacheck: ignore 113
      assert.equal(case[1], result.code, result.err)
      assert.matches(case[2], result.err)
      assert.equal(0, #seen)
    end
    replies = { { 403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>" } }
    local result = run("s3", "list-buckets")
    assert.equal(1, result.code)
    assert.matches("s3 ListBuckets: AccessDenied: no", result.err)
    assert.is_nil((result.err .. result.out):find("its-secret", 1, true))
  end)

  it("explains services, operations and members", function()
    assert.matches("dynamodb", run("help").out)
    assert.matches("list%-objects%-v2", run("help", "s3").out)
    assert.matches("%* %-%-bucket +string", run("help", "s3", "get-object").out)
    assert.matches("%* %-%-bucket +string", run("s3", "get-object", "help").out)
    assert.matches("%* %-%-bucket +string", run("s3api", "get-object", "help").out)
    assert.matches("add%-service", run("--help").out)
  end)

  it("takes a service from botocore's model", function()
    local path = file [[{"metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "books", "protocol": "json",
      "jsonVersion": "1.1", "serviceId": "Books", "signatureVersion": "v4", "targetPrefix": "Books"},
      "operations": {"GetBook": {"name": "GetBook", "http": {"method": "POST", "requestUri": "/"},
        "input": {"shape": "GetBookRequest"}}},
      "shapes": {"GetBookRequest": {"type": "structure", "members": {"isbn": {"shape": "String"}}},
        "String": {"type": "string"}}}]]
    local folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir " .. folder)
    local result = run("add-service", path, "--to", folder, "--name", "books")
    assert.equal(0, result.code, result.err)
    assert.equal(folder .. "/books.json\n", result.out)
    local model = assert(require("passo.aws.core").model(read(folder .. "/books.json")))
    assert.same({ "GetBook" }, model:operations())
    os.execute("rm -r " .. folder)
    assert.equal(2, run("add-service", file "{}", "--to", "/tmp").code)
    assert.equal(2, run("add-service", "/nonexistent").code)
  end)
end)
