--- Pages, waiters, presigned URLs and the command line at moto, behind the proxy that checks signatures with botocore.
local aws = require "passo.aws"
local cli = require "passo.cli"
local net = require "passo.net"
local passo = require "passo"
local servers = require "aws.servers"

describe("passo.aws at moto", function()
  local s
  local function client(name, more)
    local options = { region = "us-east-1", endpoint = s.proxy, path_style = true,
      credentials = { access_key_id = s.key_id, secret_access_key = s.secret } }
    for key, value in pairs(more or {}) do options[key] = value end
    return assert(aws.client(name, options))
  end

  setup(function() s = servers.start { "moto", "proxy" } end)
  teardown(function() s:stop() end)

  it("goes through the pages of versions, which two tokens tell together", function()
    local s3 = client "s3"
    assert(s3:create_bucket { Bucket = "versions" })
    assert(s3:put_bucket_versioning { Bucket = "versions", VersioningConfiguration = { Status = "Enabled" } })
    for i = 1, 7 do assert(s3:put_object { Bucket = "versions", Key = "k" .. i % 2, Body = tostring(i) }) end
    local ids, pages = {}, 0
    local listing = s3:pages("list_object_versions", { Bucket = "versions", MaxKeys = 3 })
    for page in function() return listing:next() end do
      pages = pages + 1
      for _, version in ipairs(page.Versions or {}) do ids[version.VersionId] = true end
    end
    local theirs = assert(s:boto("s3", "list_object_versions", { Bucket = "versions" })).Versions
    assert.equal(7, #theirs)
    for _, version in ipairs(theirs) do assert.is_true(ids[version.VersionId]) end
    assert.is_true(pages >= 3)
  end)

  it("goes through items of several protocols", function()
    local sqs, sns, iam = client "sqs", client "sns", client "iam"
    for i = 1, 5 do
      assert(s:boto("sqs", "create_queue", { QueueName = "items-" .. i }))
      assert(s:boto("sns", "create_topic", { Name = "items-" .. i }))
      assert(s:boto("iam", "create_user", { UserName = "items-" .. i }))
    end
    local function count(items)
      local n = 0
      while items:next() do n = n + 1 end
      return n
    end
    assert.equal(5, count(sqs:items("list_queues", { MaxResults = 2 })))
    assert.equal(5, count(sns:items "list_topics"))
    assert.equal(5, count(iam:items("list_users", { MaxItems = 2 })))
  end)

  it("waits until something holds, and no longer", function()
    local ec2, s3 = client "ec2", client "s3"
    local images = assert(ec2:describe_images { Owners = { "amazon" } }).Images
    local run = assert(ec2:run_instances { ImageId = images[1].ImageId, MinCount = 1, MaxCount = 1 })
    local id = run.Instances[1].InstanceId
    assert(ec2:wait_until("instance_running", { InstanceIds = { id } }, { delay_s = 0.1 }))
    assert(s:boto("ec2", "terminate_instances", { InstanceIds = { id } }))
    assert(ec2:wait_until("instance_terminated", { InstanceIds = { id } }, { delay_s = 0.1 }))
    local held, _, failure = ec2:wait_until("instance_running", { InstanceIds = { id } }, { delay_s = 0.1 })
    assert.is_nil(held)
    assert.equal("EWAITER", failure.code)
    assert.is_true(s3:wait_until("bucket_not_exists", { Bucket = "nowhere-at-all" }))
    held, _, failure = s3:wait_until("bucket_exists", { Bucket = "nowhere-at-all" }, { delay_s = 0.01, attempts = 2 })
    assert.is_nil(held)
    assert.equal("EATTEMPTS", failure.code)
  end)

  it("presigns what others then do", function()
    local s3, sts = client "s3", client "sts"
    assert(s3:create_bucket { Bucket = "presigned" })
    local url, headers, method = s3:presign("put_object",
      { Bucket = "presigned", Key = "a b/ü", ContentType = "text/plain", Metadata = { n = "1" } }, 60)
    assert.equal("PUT", method)
    local status = net.request { method = method, url = url, headers = headers, body = "by url" }.status
    assert.equal(200, status)
    local got = assert(s:boto("s3", "get_object", { Bucket = "presigned", Key = "a b/ü" }))
    assert.equal("by url", got.Body)
    assert.equal("1", got.Metadata.n)
    -- moto takes one signed in the query for one of S3's: the proxy's word about the signature is what counts.
    assert.equal(200, (net.send("GET", (assert(sts:presign("get_caller_identity", {}, 60))))))
    for _, seen in ipairs(s:verdicts()) do assert.is_true(seen.ok, seen.message) end
  end)

  it("goes on when the server's clock is twenty minutes ahead", function()
    assert(s:ask { ["do"] = "skew", seconds = 1200 })
    local sqs = client "sqs"
    assert(sqs:list_queues())
    s:verdicts()
    assert(sqs:list_queues())
    local seen = s:verdicts()
    assert(s:ask { ["do"] = "skew", seconds = 0 })
    assert.equal(1, #seen)
    assert.is_true(seen[1].ok)
  end)

  it("lets other jobs of its host go on meanwhile", function()
    local sqs, host = client "sqs", require("passo.host.plain").default()
    local naps, stop = 0, false
    host:spawn(function()
      while not stop do
        passo.sleep(0.001)
        naps = naps + 1
      end
    end)
    for _ = 1, 5 do assert(sqs:list_queues()) end
    stop = true
    assert.is_true(naps > 5)
  end)

  it("serves the command line", function()
    local out, err = {}, {}
    local function sink(list) return { write = function(_, text) list[#list + 1] = text end } end
    local getenv = os.getenv
    local environment = { AWS_ACCESS_KEY_ID = s.key_id, AWS_SECRET_ACCESS_KEY = s.secret, AWS_REGION = "us-east-1" }
    os.getenv = function(name) return environment[name] end -- luacheck: ignore 122
    local code = cli.main({ "aws", "iam", "list-users", "--endpoint-url", s.proxy, "--query", "Users[].UserName",
      "--output", "text" }, { stdout = sink(out), stderr = sink(err) })
    os.getenv = getenv -- luacheck: ignore 122
    assert.equal("", table.concat(err))
    assert.equal(0, code)
    assert.equal("items-1\titems-2\titems-3\titems-4\titems-5\n", table.concat(out))
  end)
end)
