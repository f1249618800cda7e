-- provision.lua: makes what aws.lua needs, or removes it; either may be done again.
--
--   lua provision.lua create      lua provision.lua remove
local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."

local aws = require "passo.aws"
local passo = require "passo"
local core = passo.core

local provision = {}

local NAME = "passo-example-etl"
local FILES = { "orders", "products", "weather", "returns" }
-- A new role is not known everywhere at once.
local PATIENCE_S, PAUSE_S = 60, 5

--- The input of nightly.asl.json.
function provision.input()
  local account = assert(assert(aws.client "sts"):get_caller_identity()).Account
  local region = assert(aws.client "sns").region
  return { crawler = NAME, job = NAME, bucket = ("%s-%s"):format(NAME, account),
    topic = ("arn:aws:sns:%s:%s:%s"):format(region, account, NAME), account = account }
end

-- The result, or false where the failure's code is one of those.
local function unless(codes, result, message, failure)
  if result or (failure and (" " .. codes .. " "):find(" " .. failure.code .. " ", 1, true)) then
    return result or false
  end
  error(message, 0)
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function make_bucket(bucket)
  local s3 = assert(aws.client "s3")
  local elsewhere = s3.region ~= "us-east-1" and { LocationConstraint = s3.region } or nil
  unless("BucketAlreadyOwnedByYou", s3:create_bucket { Bucket = bucket, CreateBucketConfiguration = elsewhere })
  for _, name in ipairs(FILES) do
    assert(s3:put_object { Bucket = bucket, Key = ("data/%s.csv"):format(name),
      Body = read(("%s/data/%s.csv"):format(here, name)) })
  end
  assert(s3:put_object { Bucket = bucket, Key = "job.py", Body = read(here .. "/job.py") })
end

-- Glue's own role: it reads and writes the bucket, its catalog and its logs.
local function make_role(bucket)
  local iam = assert(aws.client "iam")
  unless("EntityAlreadyExists EntityAlreadyExistsException", iam:create_role { RoleName = NAME,
    AssumeRolePolicyDocument = core.encode { Version = "2012-10-17", Statement = { { Effect = "Allow",
      Principal = { Service = "glue.amazonaws.com" }, Action = "sts:AssumeRole" } } } })
  assert(iam:put_role_policy { RoleName = NAME, PolicyName = NAME, PolicyDocument = core.encode {
    Version = "2012-10-17", Statement = {
      { Effect = "Allow", Action = { "s3:GetObject", "s3:PutObject", "s3:ListBucket" },
        Resource = { "arn:aws:s3:::" .. bucket, "arn:aws:s3:::" .. bucket .. "/*" } },
      { Effect = "Allow", Action = "glue:*", Resource = "*" },
      { Effect = "Allow", Action = { "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents" },
        Resource = "*" },
    } } })
  return assert(iam:get_role { RoleName = NAME }).Role.Arn
end

-- What is refused because the role is too new is tried again.
local function patiently(call)
  local waited = 0
  while true do
    local made, message, failure = call()
    if made or failure.code == "AlreadyExistsException" then return end
    if failure.code ~= "InvalidInputException" or waited >= PATIENCE_S then error(message, 0) end
    passo.sleep(PAUSE_S)
    waited = waited + PAUSE_S
  end
end

function provision.create()
  local input, glue = provision.input(), assert(aws.client "glue")
  make_bucket(input.bucket)
  local role = make_role(input.bucket)
  unless("AlreadyExistsException", glue:create_database { DatabaseInput = { Name = NAME } })
  patiently(function()
    return glue:create_crawler { Name = input.crawler, Role = role, DatabaseName = NAME,
      Targets = { S3Targets = { { Path = ("s3://%s/data/"):format(input.bucket) } } } }
  end)
  patiently(function()
    if glue:get_job { JobName = input.job } then return true end
    local script = ("s3://%s/job.py"):format(input.bucket)
    return glue:create_job { Name = input.job, Role = role, MaxCapacity = 0.0625, GlueVersion = "3.0",
      Command = { Name = "pythonshell", PythonVersion = "3.9", ScriptLocation = script } }
  end)
  assert(assert(aws.client "sns"):create_topic { Name = NAME })
  return input
end

local function remove_bucket(bucket)
  local s3 = assert(aws.client "s3")
  local listed, message, failure = s3:list_objects_v2 { Bucket = bucket }
  if not unless("NoSuchBucket", listed, message, failure) then return end
  for _, object in ipairs(listed.Contents or {}) do assert(s3:delete_object { Bucket = bucket, Key = object.Key }) end
  assert(s3:delete_bucket { Bucket = bucket })
end

function provision.remove()
  local input, glue, iam = provision.input(), assert(aws.client "glue"), assert(aws.client "iam")
  unless("EntityNotFoundException", glue:delete_crawler { Name = input.crawler })
  unless("EntityNotFoundException", glue:delete_job { JobName = input.job })
  unless("EntityNotFoundException", glue:delete_database { Name = NAME })
  unless("NotFound NotFoundException", assert(aws.client "sns"):delete_topic { TopicArn = input.topic })
  remove_bucket(input.bucket)
  unless("NoSuchEntity NoSuchEntityException", iam:delete_role_policy { RoleName = NAME, PolicyName = NAME })
  unless("NoSuchEntity NoSuchEntityException", iam:delete_role { RoleName = NAME })
end

local command = ...
if command == "provision" then return provision end -- required, not run

if command == "create" then
  local input = provision.create()
  print(("made: the bucket %s; role, database, crawler, job and topic, each named %s"):format(input.bucket, NAME))
elseif command == "remove" then
  provision.remove()
  print "removed"
else
  io.stderr:write "usage: lua provision.lua create | remove\n"
  os.exit(2)
end
