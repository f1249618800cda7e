require "helper"
local aws = require "passo.aws.core"
local beside = require "aws.beside"
local core = require "passo.core"

local SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
local NOON = 1440938160000 -- 2015-08-30T12:36:00Z

local function keys(token) return aws.keys("AKIDEXAMPLE", SECRET, token) end

local function get(url, headers, body)
  return assert(aws.request("GET", url or "https://example.amazonaws.com/", headers, body))
end

describe("aws.keys", function()
  it("tells its id and nothing of its secrets", function()
    local k = keys "FQoGtoken"
    assert.equal("AKIDEXAMPLE", k:id())
    assert.equal("passo.aws.keys AKIDEXAMPLE", tostring(k))
    k:close()
    assert.is_nil(k:id())
    assert.equal("passo.aws.keys (closed)", tostring(k))
  end)

  it("signs nothing once closed", function()
    local k = keys()
    k:close()
    k:close()
    local ok, message, failure = get():sign(k, "us-east-1", "service", NOON)
    assert.is_nil(ok)
    assert.equal("signing needs an access key id and a secret key", message)
    assert.equal("EINPUT", failure.code)
  end)
end)

describe("request:sign", function()
  it("adds date, token and authorization", function()
    local r = get()
    assert.is_true(r:sign(keys "token", "us-east-1", "service", NOON))
    assert.equal("20150830T123600Z", r:header "x-amz-date")
    assert.equal("token", r:header "X-Amz-Security-Token")
    assert.is_nil(r:header "x-amz-content-sha256")
    assert.equal("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
      .. "SignedHeaders=host;x-amz-date;x-amz-security-token, Signature="
      .. "74e6e438e6f4460297db2935c12e2d008496363238dc6820b0e964cae4f33903", (r:header "Authorization"))
  end)

  it("signs anew: other keys, another time, as if for the first time", function()
    local again = get()
    assert(again:sign(keys "token", "us-east-1", "service", NOON, { hash_header = true }))
    assert(again:sign(keys(), "eu-west-1", "service", NOON + 3600000))
    local fresh = get()
    assert(fresh:sign(keys(), "eu-west-1", "service", NOON + 3600000))
    assert.equal(fresh:header "Authorization", again:header "Authorization")
    assert.is_nil(again:header "X-Amz-Security-Token")
    assert.is_nil(again:header "x-amz-content-sha256")
  end)

  it("gives one pair of keys many regions, services and days", function()
    local k = keys()
    for _, region in ipairs { "us-east-1", "eu-west-1", "us-east-1" } do
      for _, now_ms in ipairs { NOON, NOON + 86400000 } do
        local one, other = get(), get()
        assert(one:sign(k, region, "sqs", now_ms))
        assert(other:sign(keys(), region, "sqs", now_ms))
        assert.equal(other:header "Authorization", one:header "Authorization")
      end
    end
  end)

  it("names an unsigned or known payload in a header", function()
    local r = get(nil, nil, "body")
    assert(r:sign(keys(), "us-east-1", "s3", NOON, { hash_header = true, unsigned_payload = true }))
    assert.equal("UNSIGNED-PAYLOAD", r:header "x-amz-content-sha256")
    local hash = ("0123456789abcdef"):rep(4)
    r = get()
    assert(r:sign(keys(), "us-east-1", "s3", NOON, { hash_header = true, payload_hash = hash }))
    assert.equal(hash, r:header "x-amz-content-sha256")
  end)

  it("refuses what would be signed twice, and says which", function()
    local cases = {
      [{ "https://h/?X-Amz-Signature=x" }] = "X-Amz-Signature",
      [{ "https://h/?a=1&X-Amz-Credential=x" }] = "X-Amz-Credential",
      [{ "https://h/", { Authorization = "x" } }] = "Authorization",
      [{ "https://h/", { ["X-Amz-Content-SHA256"] = "x" } }] = "X-Amz-Content-SHA256",
    }
    for given, name in pairs(cases) do
      local ok, message = get(given[1], given[2]):sign(keys(), "us-east-1", "service", NOON)
      assert.is_nil(ok)
      assert.is_truthy(message:find(name, 1, true), message)
    end
  end)

  it("signs for a set of regions with a key of its own, another signature each time", function()
    local one, other = get(), get()
    local options = { asymmetric = true }
    local first = assert(one:trace(keys(), "us-east-1,eu-west-1", "service", NOON, options))
    local second = assert(other:trace(keys(), "us-east-1,eu-west-1", "service", NOON, options))
    assert.equal("us-east-1,eu-west-1", one:header "X-Amz-Region-Set")
    assert.is_truthy(first.string_to_sign:find("^AWS4%-ECDSA%-P256%-SHA256\n20150830T123600Z\n20150830/service/aws4_"))
    assert.equal(first.string_to_sign, second.string_to_sign)
    assert.not_equal(first.signature, second.signature)
    assert.is_truthy(first.signature:find "^30%x+$")
  end)

  it("refuses a scope that would break its header", function()
    for _, region in ipairs { "", "us east", "us\n", "a/b", "a,b" } do
      local ok, _, failure = get():sign(keys(), region, "service", NOON)
      assert.is_nil(ok)
      assert.equal("EINPUT", failure.code)
    end
  end)

  it("never tells a secret", function()
    local token = "FQoGsecrettoken\r\nX-Evil: 1"
    local ok, message = get():sign(keys(token), "us-east-1", "service", NOON)
    assert.is_nil(ok)
    assert.is_nil(message:find("FQoG", 1, true))
    local made, what = pcall(aws.request, "GET", "https://h/", { Authorization = "hunter2\r\nX: y" })
    assert.is_false(made)
    assert.is_nil(tostring(what):find("hunter2", 1, true))
  end)
end)

describe("request:presign", function()
  it("leaves an S3 body unsigned and keeps the query that was there", function()
    local r = get "https://examplebucket.s3.amazonaws.com/test.txt?versionId=1"
    local url = assert(r:presign(keys(), "us-east-1", "s3", NOON, 86400, { raw_path = true }))
    assert.is_truthy(url:find("?versionId=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&", 1, true))
    assert.is_truthy(url:find("&X-Amz-Expires=86400", 1, true))
    assert.is_truthy(url:find "&X%-Amz%-Signature=%x+$")
  end)

  it("refuses a time that AWS would", function()
    for _, seconds in ipairs { 0, 604801 } do
      local url, message = get():presign(keys(), "us-east-1", "s3", NOON, seconds)
      assert.is_nil(url)
      assert.equal("a signed URL is good for 1 to 604800 seconds", message)
    end
  end)
end)

describe("aws.request", function()
  it("takes a URL apart and puts it together", function()
    local r = get "HTTPS://example.com:443/a%20b?x=1&y#part"
    local method, url, headers, body = r:parts()
    assert.same({ "GET", "https://example.com/a%20b?x=1&y", "" }, { method, url, headers })
    assert.is_nil(body)
    assert.equal("http://h:8080/", (select(2, assert(aws.request("GET", "http://h:8080")):parts())))
  end)

  it("refuses URLs that are none, without quoting a password", function()
    for _, url in ipairs { "ftp://h/", "h/p", "https://", "https://u:hunter2@h/", "https://h/\r\nX: y",
      "https://h ost/" } do
      local r, message, failure = aws.request("GET", url)
      assert.is_nil(r)
      assert.equal("EINPUT", failure.code)
      assert.is_nil(message:find("hunter2", 1, true))
    end
  end)

  it("goes where it is sent, with a base path and without a bucket", function()
    local r = get "https://x/bucket/key%2F1"
    assert.is_true(r:target("http", "bucket.localhost:9000", "/base/", false, true))
    assert.equal("http://bucket.localhost:9000/base/key%2F1", (select(2, r:parts())))
    local ok, _, failure = get():target("http", "a b", "")
    assert.is_nil(ok)
    assert.equal("EINPUT", failure.code)
  end)
end)

-- -- beside botocore ----------------------------------------------------------------------------------

local function signature_of(line)
  local request = assert(aws.request(line.method, line.url, line.headers, line.body))
  local s3 = line.mode:sub(1, 2) == "s3"
  local query = line.mode:find "query"
  return assert(request:trace(keys(line.token ~= "" and line.token or nil), line.region, line.service,
    core.parse_time(line.stamp), { raw_path = s3, hash_header = s3 and not query, seconds = query and 900 or nil }))
end

describe("request:trace beside botocore", function()
  it("makes the same canonical request and signature of 400 made-up requests", function()
    local pipe = beside.run("spec/aws/sign.py", "1 400")
    local wrong, count = {}, 0
    for text in pipe:lines() do
      local line = assert(core.decode(text))
      local got = signature_of(line)
      count = count + 1
      if got.signature ~= line.signature then
        wrong[#wrong + 1] = ("%s %s\n%s\n--- found\n%s"):format(line.mode, line.url, line.canonical,
          got.canonical_request)
      end
    end
    pipe:close()
    if count == 0 then pending "python3 has no botocore to compare with" return end
    assert.equal(400, count)
    assert.same({}, wrong)
  end)
end)
