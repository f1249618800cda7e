--- S3's own ways: the bucket in the host name, access points, and buckets that live in another region.
local aws = require "passo.aws.core"
local place = require "passo.aws.place"
local retry = require "passo.aws.retry"

local s3 = {}

local function refuse(message)
  return nil, message, { code = "EINPUT", message = message }
end

-- What follows the service's own label in AWS's host names.
local function suffix_of(region)
  local partition = aws.partition(region)
  return partition and partition.dns_suffix or "amazonaws.com"
end

local function copy(from)
  local out = {}
  for key, value in pairs(from) do out[key] = value end
  return out
end

local function in_host(where, host, changes)
  local out = copy(where)
  out.host, out.bucket_in_host = host, true
  for key, value in pairs(changes) do out[key] = value end
  return out
end

-- access points ------------------------------------------------------------------------------------

-- Per kind of ARN: labels of its host, from {name, account, ...}; the service to sign for.
local POINTS = {
  ["s3"] = { service = "s3" },
}

POINTS["s3"].host = function(arn, dual_stack, fips)
  return ("%s-%s.s3-accesspoint%s%s.%s.%s"):format(arn.name, arn.account, fips and "-fips" or "",
    dual_stack and ".dualstack" or "", arn.region, suffix_of(arn.region))
end

POINTS["s3-object-lambda"] = { service = "s3-object-lambda", host = function(arn, _, fips)
  return ("%s-%s.s3-object-lambda%s.%s.%s"):format(arn.name, arn.account, fips and "-fips" or "", arn.region,
    suffix_of(arn.region))
end }

POINTS["s3-outposts"] = { service = "s3-outposts", host = function(arn)
  return ("%s-%s.%s.s3-outposts.%s.%s"):format(arn.name, arn.account, arn.outpost, arn.region, suffix_of(arn.region))
end }

local function read_arn(text)
  local service, region, account, resource = text:match "^arn:[^:]*:([^:]*):([^:]*):([^:]*):(.+)$"
  local point = POINTS[service]
  if not point then return nil, "the bucket is an ARN, but not of an S3 access point" end
  if region == "" then
    return nil, "multi-region access points want signature version 4A, which is not supported"
  end
  local outpost
  if service == "s3-outposts" then outpost, resource = resource:match "^outpost[:/]([%w-]+)[:/](.+)$" end
  local name = (resource or ""):match "^accesspoint[:/]([a-z0-9-]+)$"
  if not name or not account:find "^%d+$" or not region:find "^[a-z0-9-]+$" then
    return nil, "the access point's ARN is not like arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME"
  end
  return { point = point, name = name, account = account, region = region, outpost = outpost }
end

local function place_of_point(self, where, text)
  local arn, message = read_arn(text)
  if not arn then return refuse(message) end
  local changes = { region = arn.region, signing_name = arn.point.service }
  if where.custom then
    return in_host(where, ("%s-%s.%s"):format(arn.name, arn.account, where.host), changes)
  end
  local use_region = self.options.use_arn_region
  if use_region == nil then use_region = self.settings.s3.use_arn_region end
  if use_region == false and arn.region ~= self.region then
    return refuse(("the access point is in %s, the client in %s, and use_arn_region is false"):format(arn.region,
      self.region))
  end
  return in_host(where, arn.point.host(arn, self.wishes.dual_stack, self.wishes.fips), changes)
end

-- buckets ------------------------------------------------------------------------------------------

-- Directory buckets tell their zone: "logs--use1-az4--x-s3".
local function place_of_directory(self, where, bucket, zone)
  local host = ("%s.s3express-%s.%s.%s"):format(bucket, zone, self.region, suffix_of(self.region))
  return in_host(where, host, { signing_name = "s3express" })
end

-- Operations on the bucket itself are none of the accelerated endpoint's business.
local NOT_ACCELERATED = { CreateBucket = true, DeleteBucket = true }

local function find(self, bucket, op)
  local region = self.regions[bucket]
  if bucket:find "^arn:" then return place_of_point(self, self.place, bucket) end
  local zone = not self.place.custom and bucket:match "%-%-([a-z0-9-]+)%-%-x%-s3$"
  if zone then return place_of_directory(self, self.place, bucket, zone) end
  return place.find(self, { bucket = bucket, region = region or self.wishes.region,
    accelerate = self.wishes.accelerate and not NOT_ACCELERATED[op.name] })
end

-- The places of a few buckets are kept: most clients see one, and a program that sees very many makes them anew.
local KEPT = 64

local function place_of(self, call)
  local bucket = call.op.wants_bucket and call.params and call.params.Bucket
  if type(bucket) ~= "string" then return self.place end
  local special = self.wishes.accelerate and NOT_ACCELERATED[call.op.name]
  local known = not special and self.places[bucket]
  if known then return known end
  local where, message, failure = find(self, bucket, call.op)
  if where and not special then
    self.kept = self.kept + 1
    if self.kept > KEPT then self.places, self.kept = {}, 1 end
    self.places[bucket] = where
  end
  return where, message, failure
end

-- redirects ----------------------------------------------------------------------------------------

local ELSEWHERE = { PermanentRedirect = true, TemporaryRedirect = true, AuthorizationHeaderMalformed = true,
  IllegalLocationConstraintException = true }

-- A HEAD's refusal has no body to tell its code.
local function may_be_elsewhere(call, failure)
  local status, name = failure.status, call.op.name
  if status == 301 or status == 302 or status == 307 then return true end
  if failure.code == "IllegalLocationConstraintException" and name == "CreateBucket" then return false end
  return ELSEWHERE[failure.code] or (status == 400 and (name == "HeadObject" or name == "HeadBucket"))
end

local function region_of(self, call, failure, headers)
  local region = failure.fields and failure.fields.region or retry.header(headers, "x-amz-bucket-region")
  if region or call.op.name == "HeadBucket" then return region end
  local _, _, _, _, lines = self:call("HeadBucket", { Bucket = call.params.Bucket }, { stay = true })
  return retry.header(lines, "x-amz-bucket-region")
end

--- Whether the bucket turned out to be in another region, for which the call is then to be signed; once a call.
local function redirect(self, call, failure, headers)
  local bucket = call.op.wants_bucket and call.params and call.params.Bucket
  if call.redirected or (call.options and call.options.stay) or type(bucket) ~= "string" or bucket:find "^arn:"
    or not may_be_elsewhere(call, failure) then
    return false
  end
  call.redirected = true
  local region = region_of(self, call, failure, headers)
  if not region or not region:find "^[%l%d-]+$" or region == (self.regions[bucket] or self.place.region) then
    return false
  end
  self.regions[bucket], self.places[bucket] = region, nil
  return true
end

--- Makes a client of S3's one that knows where buckets are.
function s3.install(self)
  local options, configured = self.options, self.settings.s3
  local style = configured.addressing_style
  local path_style = options.path_style
  if path_style == nil and (style == "path" or style == "virtual") then path_style = style == "path" end
  -- Where nobody says, AWS has names for buckets and others have none.
  self.wishes.path_style, self.wishes.virtual_host = path_style == true, path_style == false
  self.wishes.accelerate = options.accelerate
  if options.accelerate == nil and not self.wishes.url then
    self.wishes.accelerate = configured.use_accelerate_endpoint
  end
  self.place_of, self.redirect = place_of, redirect
  self.regions, self.places, self.kept = {}, {}, 0
end

-- parameters ---------------------------------------------------------------------------------------

local function encode_source(text)
  -- An access point's ARN and the version's id stay as they are written.
  local path, version = text:match "^(.-)(%?versionId=[^%s]+)$"
  path = path or text
  return (path:gsub("[^%w%-._~/]", function(c) return ("%%%02X"):format(c:byte()) end)) .. (version or "")
end

--- CopySource as "bucket/key" or {Bucket=, Key=, VersionId=}: encoded for its header.
function s3.copy_source(params)
  local source = params.CopySource
  if type(source) == "table" then
    local bucket, key = source.Bucket, source.Key
    if type(bucket) ~= "string" or type(key) ~= "string" then
      return refuse "CopySource: a text \"bucket/key\" or {Bucket=, Key=, VersionId=} was expected"
    end
    local middle = bucket:find "^arn:" and "/object/" or "/"
    params.CopySource = encode_source(bucket .. middle .. key)
      .. (source.VersionId and "?versionId=" .. source.VersionId or "")
  elseif type(source) == "string" then
    params.CopySource = encode_source(source)
  end
  return params
end

--- A customer's key (bytes) becomes base 64, with its digest; both given are left alone.
function s3.customer_key(name)
  local digest_name = name .. "MD5"
  return function(params)
    local key = params[name]
    if type(key) == "string" and params[digest_name] == nil then
      params[name], params[digest_name] = aws.base64(key), aws.checksum("MD5", key)
    end
    return params
  end
end

--- A bucket made elsewhere than in us-east-1 says where.
function s3.location(params, self)
  if params.CreateBucketConfiguration == nil and self.place.region ~= "us-east-1" and not self.place.custom then
    params.CreateBucketConfiguration = { LocationConstraint = self.place.region }
  end
  return params
end

return s3
