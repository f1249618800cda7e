-- provision.lua: makes what aws.lua needs, or removes it with all that is in it; either may be done again.
--
--   lua provision.lua create [OBJECTS]      lua provision.lua remove
local aws = require "passo.aws"
local passo = require "passo"

local provision = {}

local OBJECTS = 2500
local AT_ONCE = 20

--- The names of everything: buckets have one name in the whole world, so the account's number is in it.
function provision.names()
  local account = assert(assert(aws.client "sts"):get_caller_identity()).Account
  local function bucket(name) return ("passo-example-%s-%s"):format(name, account) end
  return { source = bucket "orders", target = bucket "copy", results = bucket "results", empty = bucket "empty",
    table = "passo-example-orders" }
end

local BUCKETS = { "source", "target", "results", "empty" }

-- The result, or false where the failure's code is one of those.
local function unless(codes, result, message, failure)
  if result or (failure and (" " .. codes .. " "):find(" " .. failure.code .. " ", 1, true)) then
    return result or false
  end
  error(message, 0)
end

--- The text of the order with this number, the same each time.
function provision.order(number)
  local lines, state = {}, number * 7919 % 2147483647
  for i = 1, 1 + number % 3 do
    state = state * 16807 % 2147483647
    lines[i] = ("%d.%02d,BRL\n"):format(math.floor(state % 100000 / 100), state % 100)
  end
  if number % 100 == 0 then lines[#lines + 1] = "n/a,USD\n" end
  return table.concat(lines)
end

-- A Map with a Lua function for a task: many uploads at a time.
local function upload(s3, bucket, count)
  local numbers = {}
  for i = 1, count do numbers[i] = i end
  local machine = assert(passo.parse { StartAt = "Each", States = { Each = { Type = "Map", End = true,
    MaxConcurrency = AT_ONCE, ResultPath = passo.null, OutputPath = passo.null, ItemProcessor = { StartAt = "Put",
      States = { Put = { Type = "Task", Resource = "lua:put", ResultPath = passo.null, End = true } } } } } })
  local result = assert(machine:run(passo.array(numbers), { profile = "unlimited", handlers = {
    ["lua:put"] = function(number)
      assert(s3:put_object { Bucket = bucket, Key = ("orders/%05d.csv"):format(number),
        Body = provision.order(number) })
      return passo.null
    end } }))
  assert(result.status == "SUCCEEDED", result.cause)
end

function provision.create(count)
  local names, s3, dynamodb = provision.names(), assert(aws.client "s3"), assert(aws.client "dynamodb")
  for _, name in ipairs(BUCKETS) do
    local elsewhere = s3.region ~= "us-east-1" and { LocationConstraint = s3.region } or nil
    unless("BucketAlreadyOwnedByYou", s3:create_bucket { Bucket = names[name], CreateBucketConfiguration = elsewhere })
  end
  unless("ResourceInUseException", dynamodb:create_table { TableName = names.table, BillingMode = "PAY_PER_REQUEST",
    AttributeDefinitions = { { AttributeName = "object", AttributeType = "S" },
      { AttributeName = "line", AttributeType = "N" } },
    KeySchema = { { AttributeName = "object", KeyType = "HASH" }, { AttributeName = "line", KeyType = "RANGE" } } })
  assert(dynamodb:wait_until("table_exists", { TableName = names.table }))
  upload(s3, names.source, count or OBJECTS)
  return names
end

local function empty(s3, bucket)
  local pages = s3:pages("list_objects_v2", { Bucket = bucket })
  local page, message, failure = pages:next()
  while page do
    local keys = {}
    for i, object in ipairs(page.Contents or {}) do keys[i] = { Key = object.Key } end
    if #keys > 0 then assert(s3:delete_objects { Bucket = bucket, Delete = { Objects = keys, Quiet = true } }) end
    page, message, failure = pages:next()
  end
  if message then unless("NoSuchBucket", nil, message, failure) end
end

function provision.remove()
  local names, s3, dynamodb = provision.names(), assert(aws.client "s3"), assert(aws.client "dynamodb")
  for _, name in ipairs(BUCKETS) do
    empty(s3, names[name])
    unless("NoSuchBucket", s3:delete_bucket { Bucket = names[name] })
  end
  if unless("ResourceNotFoundException", dynamodb:delete_table { TableName = names.table }) then
    assert(dynamodb:wait_until("table_not_exists", { TableName = names.table }))
  end
end

local command, count = ...
if command == "provision" then return provision end -- required, not run

if command == "create" then
  local names = provision.create(tonumber(count))
  print(("made: buckets %s, %s, %s, %s and the table %s"):format(names.source, names.target, names.results,
    names.empty, names.table))
elseif command == "remove" then
  provision.remove()
  print "removed"
else
  io.stderr:write "usage: lua provision.lua create [OBJECTS] | remove\n"
  os.exit(2)
end
