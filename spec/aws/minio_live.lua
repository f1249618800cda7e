--- S3 as MinIO is strict about it: every signature, every checksum, keys that want encoding, large bodies as streams.
local aws = require "passo.aws"
local net = require "passo.net"
local servers = require "aws.servers"

-- Without "//", which MinIO's files cannot have: moto's conversation has it.
local HARD_KEYS = {
  "a key with spaces", "ünï/cödé/日本語", "a+b=c*d%20e", "quote'\"s", "semi;colon&amp,comma", "tilde~-_.!()", "q?x=1#y",
  "$@:[]{}",
}
local MB = 1024 * 1024

-- 64 KiB that differ from place to place, so that a piece lost or doubled shows in the checksum.
local function piece(i)
  return (("%08d"):format(i) .. ("x"):rep(56)):rep(1024)
end

describe("passo.aws s3 at MinIO", function()
  local s, s3

  local function client(more)
    local options = { region = "us-east-1", endpoint = s.minio, path_style = true, retries = { mode = "none" },
      credentials = { access_key_id = s.key_id, secret_access_key = s.secret } }
    for key, value in pairs(more or {}) do options[key] = value end
    return assert(aws.client("s3", options))
  end
  local function boto(operation, params)
    local result, message = s:boto("s3", operation, params, { at = "minio" })
    return assert(result, message)
  end
  -- A spec without MinIO is pending, and says why.
  local function states(behaviour, fn)
    it(behaviour, function()
      if s.no_minio then return pending(behaviour .. ": " .. s.no_minio) end
      return fn()
    end)
  end

  setup(function()
    s = servers.start { "minio" }
    if s.no_minio then return end
    s3 = client()
    assert(s3:create_bucket { Bucket = "strict" })
  end)
  teardown(function() s:stop() end)

  states("writes and reads keys of any characters, and boto3 sees the same ones", function()
    for i, key in ipairs(HARD_KEYS) do
      local body = "body " .. i
      assert(s3:put_object { Bucket = "strict", Key = key, Body = body, Metadata = { n = tostring(i) } })
      assert.equal(body, boto("get_object", { Bucket = "strict", Key = key }).Body, key)
      assert.equal(body, assert(s3:get_object { Bucket = "strict", Key = key }).Body, key)
      assert.equal(tostring(i), assert(s3:head_object { Bucket = "strict", Key = key }).Metadata.n)
    end
    local function names(listing)
      local out = {}
      for i, object in ipairs(listing.Contents) do out[i] = object.Key end
      return out
    end
    local ours = names(assert(s3:list_objects_v2 { Bucket = "strict" }))
    local theirs = names(boto("list_objects_v2", { Bucket = "strict" }))
    assert.same(theirs, ours)
    assert.equal(#HARD_KEYS, #ours)
    for _, key in ipairs(HARD_KEYS) do assert(s3:delete_object { Bucket = "strict", Key = key }) end
    assert.equal(0, boto("list_objects_v2", { Bucket = "strict" }).KeyCount)
  end)

  states("reads page by page", function()
    for i = 1, 7 do boto("put_object", { Bucket = "strict", Key = "page/" .. i, Body = "" }) end
    local count, pages = 0, 0
    for page in s3:pages("list_objects_v2", { Bucket = "strict", Prefix = "page/", MaxKeys = 3 }) do
      pages, count = pages + 1, count + #page.Contents
    end
    assert.equal(7, count)
    assert.equal(3, pages)
  end)

  states("uploads in parts", function()
    local upload = assert(s3:create_multipart_upload { Bucket = "strict", Key = "parts" }).UploadId
    local parts = {}
    for i = 1, 3 do
      local size = i < 3 and 5 * MB or 10
      local etag = assert(s3:upload_part { Bucket = "strict", Key = "parts", UploadId = upload, PartNumber = i,
        Body = tostring(i):rep(size) }).ETag
      parts[i] = { ETag = etag, PartNumber = i }
    end
    assert(s3:complete_multipart_upload { Bucket = "strict", Key = "parts", UploadId = upload,
      MultipartUpload = { Parts = parts } })
    assert.equal(10 * MB + 10, boto("head_object", { Bucket = "strict", Key = "parts" }).ContentLength)
    local range = assert(s3:get_object { Bucket = "strict", Key = "parts", Range = "bytes=5242879-5242880" })
    assert.equal("12", range.Body)
  end)

  states("makes addresses that anyone may use for a while", function()
    local key = "pre signed/+ü"
    local url = assert(s3:presign("put_object", { Bucket = "strict", Key = key }, 60))
    assert.equal(200, (net.send("PUT", url, nil, "by url")))
    assert.equal("by url", boto("get_object", { Bucket = "strict", Key = key }).Body)
    local status, _, body = net.send("GET", (assert(s3:presign("get_object", { Bucket = "strict", Key = key }, 60))))
    assert.equal(200, status)
    assert.equal("by url", body)
    status = net.send("GET", (url:gsub("X%-Amz%-Signature=%x%x%x%x", "X-Amz-Signature=0000")))
    assert.equal(403, status)
    local past = client { now_ms = function() return os.time() * 1000 - 3600 * 1000 end }
    status = net.send("GET", (assert(past:presign("get_object", { Bucket = "strict", Key = key }, 60))))
    assert.equal(403, status)
  end)

  states("streams a hundred megabytes up and down in constant memory", function()
    local count, size = 1600, 100 * 1024 * 1024
    local function resident_kb()
      for line in io.lines "/proc/self/status" do
        local kb = line:match "^VmRSS:%s+(%d+)"
        if kb then return tonumber(kb) end
      end
    end
    -- What is measured is what the transfer holds, not how late Lua collects what it has let go.
    collectgarbage()
    local before, worst = resident_kb(), 0
    local sent, chunks = 0, 0
    assert(s3:put_object({ Bucket = "strict", Key = "large", ContentLength = size, Body = function()
      if sent == count then return nil end
      sent = sent + 1
      if sent % 16 == 0 then collectgarbage() end
      return piece(sent)
    end }))
    local length, expected, used = 0, "", 0
    assert(s3:call("get_object", { Bucket = "strict", Key = "large" }, { sink = function(chunk)
      local from = 1
      while from <= #chunk do
        if used == #expected then expected, used = piece(math.floor((length + from - 1) / 65536) + 1), 0 end
        local size_now = math.min(#chunk - from + 1, #expected - used)
        assert(chunk:sub(from, from + size_now - 1) == expected:sub(used + 1, used + size_now), "at " .. length + from)
        from, used = from + size_now, used + size_now
      end
      length, chunks = length + #chunk, chunks + 1
      if chunks % 8 == 0 then
        collectgarbage()
        worst = math.max(worst, resident_kb())
      end
    end }))
    assert.is_true(worst > 0)
    assert.equal(size, length)
    assert.is_true(worst - before < 48 * 1024, ("%d KB more than before"):format(worst - before))
    assert.equal(size, boto("head_object", { Bucket = "strict", Key = "large" }).ContentLength)
  end)

  states("is refused with a wrong secret, and with none", function()
    local result, message, failure = client { credentials = { access_key_id = s.key_id,
      secret_access_key = "not the secret" } }:list_buckets()
    assert.is_nil(result)
    assert.equal("SignatureDoesNotMatch", failure.code)
    assert.equal(403, failure.status)
    assert.is_nil(message:find("not the secret", 1, true))
    result, message, failure = client { credentials = "anonymous" }:list_buckets()
    assert.is_nil(result)
    assert.is_string(message)
    assert.equal("AccessDenied", failure.code)
  end)
end)
