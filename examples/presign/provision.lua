-- provision.lua: makes the bucket that presign.lua uses, or removes it; either may be done again.
--
--   lua provision.lua create      lua provision.lua remove
local aws = require "passo.aws"

local provision = {}

--- Buckets have one name in the whole world, so the account's number is in it.
function provision.bucket()
  return "passo-example-presign-" .. assert(assert(aws.client "sts"):get_caller_identity()).Account
end

-- True; false where the failure has that code.
local function unless(code, result, message, failure)
  if result then return true end
  if failure.code == code then return false end
  error(message, 0)
end

function provision.create()
  local s3, bucket = assert(aws.client "s3"), provision.bucket()
  local elsewhere = s3.region ~= "us-east-1" and { LocationConstraint = s3.region } or nil
  unless("BucketAlreadyOwnedByYou", s3:create_bucket { Bucket = bucket, CreateBucketConfiguration = elsewhere })
  -- A browser asks whether a page from elsewhere may send here.
  assert(s3:put_bucket_cors { Bucket = bucket, CORSConfiguration = { CORSRules = { { AllowedMethods = { "GET", "PUT" },
    AllowedOrigins = { "https://shop.example" }, AllowedHeaders = { "content-type" } } } } })
  return bucket
end

function provision.remove()
  local s3, bucket = assert(aws.client "s3"), provision.bucket()
  if unless("NoSuchBucket", s3:delete_object { Bucket = bucket, Key = "uploads/report.csv" }) then
    unless("NoSuchBucket", s3:delete_bucket { Bucket = bucket })
  end
end

local command = ...
if command == "provision" then return provision end -- required, not run

if command == "create" then
  print("made: the bucket " .. provision.create())
elseif command == "remove" then
  provision.remove()
  print "removed"
else
  io.stderr:write "usage: lua provision.lua create | remove\n"
  os.exit(2)
end
