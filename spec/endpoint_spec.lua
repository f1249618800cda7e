require "helper"
local aws = require "passo.aws.core"
local beside = require "aws.beside"
local core = require "passo.core"

local function find(facts, wishes)
  return assert(aws.endpoint(facts, wishes))
end

local function host(prefix, wishes)
  return find({ endpoint_prefix = prefix }, wishes).host
end

describe("aws.endpoint", function()
  it("is the service's in the region, in the partition's domain", function()
    local e = find({ endpoint_prefix = "api.ecr", signing_name = "ecr" }, { region = "eu-west-1" })
    assert.same({ scheme = "https", host = "api.ecr.eu-west-1.amazonaws.com", base_path = "", region = "eu-west-1",
      signing_name = "ecr", bucket_in_host = false }, e)
    assert.equal("sqs.cn-north-1.amazonaws.com.cn", host("sqs", { region = "cn-north-1" }))
    assert.equal("sqs.us-iso-east-1.c2s.ic.gov", host("sqs", { region = "us-iso-east-1" }))
    assert.equal("sqs.xx-moon-7.amazonaws.com", host("sqs", { region = "xx-moon-7" }))
  end)

  it("knows FIPS and dual stack, alone and together", function()
    assert.equal("sqs-fips.us-east-2.amazonaws.com", host("sqs", { region = "us-east-2", fips = true }))
    assert.equal("sqs.us-east-2.api.aws", host("sqs", { region = "us-east-2", dual_stack = true }))
    assert.equal("sqs-fips.us-east-2.api.aws", host("sqs", { region = "us-east-2", dual_stack = true, fips = true }))
    assert.equal("sqs-fips.us-east-2.amazonaws.com", host("sqs", { region = "fips-us-east-2" }))
    assert.equal("sqs.us-gov-west-1.amazonaws.com", host("sqs", { region = "us-gov-west-1", fips = true }))
  end)

  it("signs for the region of a global service, with no region given too", function()
    local e = find({ endpoint_prefix = "iam" }, { region = "eu-west-1" })
    assert.equal("iam.amazonaws.com us-east-1", e.host .. " " .. e.region)
    assert.equal("iam.amazonaws.com", host("iam", {}))
    assert.equal("route53.us-gov.amazonaws.com", host("route53", { region = "us-gov-east-1" }))
    assert.equal("organizations.cn-northwest-1.amazonaws.com.cn", host("organizations", { region = "aws-cn-global" }))
  end)

  it("asks for a region where a host needs one", function()
    local e, message, failure = aws.endpoint({ endpoint_prefix = "sqs" }, {})
    assert.is_nil(e)
    assert.equal("a region is needed: none was given or configured", message)
    assert.equal("EINPUT", failure.code)
  end)

  it("refuses a region that would change the host", function()
    for _, region in ipairs { "us-east-1/", "a.b", "x@evil.example", "-a", "us east", "a\nb" } do
      local e, _, failure = aws.endpoint({ endpoint_prefix = "sqs" }, { region = region })
      assert.is_nil(e)
      assert.equal("EINPUT", failure.code)
    end
  end)

  it("takes an endpoint of the caller's own", function()
    local wishes = { region = "us-east-1", url = "http://127.0.0.1:9324/base/", fips = true }
    local e = find({ endpoint_prefix = "sqs" }, wishes)
    assert.same({ "http", "127.0.0.1:9324", "/base", "us-east-1" }, { e.scheme, e.host, e.base_path, e.region })
    assert.equal("example.com", host("sqs", { region = "us-east-1", url = "HTTPS://example.com:443" }))
  end)

  it("never quotes a password in an endpoint's URL", function()
    local e, message = aws.endpoint({ endpoint_prefix = "sqs" }, { region = "us-east-1", url = "http://u:hunter2@h/" })
    assert.is_nil(e)
    assert.is_nil(message:find("hunter2", 1, true))
  end)

  it("refuses access points and directory buckets with words", function()
    for _, bucket in ipairs { "arn:aws:s3:us-east-1:123456789012:accesspoint/x", "b--use1-az4--x-s3" } do
      local e, message, failure = aws.endpoint({ endpoint_prefix = "s3" }, { region = "us-east-1", bucket = bucket })
      assert.is_nil(e)
      assert.equal("EUNSUPPORTED", failure.code)
      assert.is_truthy(message:find "not supported")
    end
  end)
end)

describe("aws.partition", function()
  it("is a region's", function()
    assert.same({ name = "aws-us-gov", dns_suffix = "amazonaws.com", dual_stack_dns_suffix = "api.aws",
      global_region = "us-gov-west-1" }, aws.partition "us-gov-east-1")
    assert.equal("aws", aws.partition("eu-central-1").name)
    assert.equal("aws-iso-e", aws.partition("eu-isoe-west-1").name)
  end)
end)

-- Services that differ from botocore for a reason; all of it, or some regions.
local EXCEPTIONS = {
  ["cloudfront-keyvaluestore"] = "hosts hold an ARN's account, signatures are asymmetric",
  ["connectscheduling"] = "shares its prefix with connect",
}

local function without_scheme(url)
  return (url:gsub("^https?://", ""):gsub("/$", ""))
end

-- nil, or the difference of our endpoint from botocore's.
local function differs(line)
  local e, message = aws.endpoint({ endpoint_prefix = line.prefix, signing_name = line.signing },
    { region = line.region, fips = line.fips, dual_stack = line.dual })
  if line.error then return nil end -- rules refuse combinations that no service answers
  local what = ("%s %s%s%s: "):format(line.service, line.region, line.fips and " fips" or "",
    line.dual and " dual" or "")
  if line.v4a then
    return e and what .. "wants asymmetric signatures, found " .. e.host or nil
  end
  if not e then return what .. message end
  local sign_region = line.sign_region ~= core.null and line.sign_region or line.region
  local sign_name = line.sign_name ~= core.null and line.sign_name or line.signing
  local want = ("%s %s %s"):format(without_scheme(line.url), sign_region, sign_name)
  local got = ("%s %s %s"):format(e.host, e.region, e.signing_name)
  return want ~= got and what .. "botocore has " .. want .. ", found " .. got or nil
end

local function differs_bucket(line)
  local e = aws.endpoint({ endpoint_prefix = "s3" }, line.wishes)
  local what = core.encode(line.wishes) .. ": "
  if line.error then return nil end
  if not e then return what .. "refused" end
  local got = e.scheme .. "://" .. e.host .. e.base_path
  -- botocore's rules put a bucket that stays in the path there; passo's protocol has it there already.
  if not e.bucket_in_host then got = got .. "/" .. line.wishes.bucket end
  return got ~= line.url and what .. "botocore has " .. line.url .. ", found " .. got or nil
end

-- The table is of this version: an older one knows fewer endpoints, or others.
local OLDEST = 1044

describe("aws.endpoint beside botocore", function()
  it("finds the same host, signing region and name for every service", function()
    local pipe = beside.run("spec/aws/endpoints.py",
      "us-east-1 eu-west-3 ap-south-1 cn-north-1 us-gov-east-1 us-iso-east-1 us-isob-east-1")
    local first = pipe:read "*l"
    local version = first and core.decode(first).botocore
    local major, minor = (version or ""):match "^(%d+)%.(%d+)"
    if not major or major * 1000 + minor < OLDEST then
      pipe:close()
      pending("python3 has no botocore from 1.44 on to compare with, but " .. (version or "none"))
      return
    end
    local wrong, count = {}, 0
    for text in pipe:lines() do
      local line = assert(core.decode(text))
      count = count + 1
      if not EXCEPTIONS[line.service or ""] then
        wrong[#wrong + 1] = line.wishes and differs_bucket(line) or line.service and differs(line) or nil
      end
    end
    pipe:close()
    assert.is_true(count > 5000)
    assert.same({}, wrong)
  end)
end)
