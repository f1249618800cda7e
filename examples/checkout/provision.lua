-- provision.lua: makes what aws.lua needs, or removes it; either may be done again.
--
--   lua provision.lua create      lua provision.lua remove
local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."

local aws = require "passo.aws"
local core = require "passo.core"

local provision = {}

local NAME = "passo-example-checkout"
local TABLES = { books = { "isbn" }, orders = { "id" }, audit = { "order", "at" } }

local function names()
  local tables = {}
  for name in pairs(TABLES) do tables[name] = NAME .. "-" .. name end
  return tables
end

-- The result, or false where the failure's code is one of those.
local function unless(codes, result, message, failure)
  if result or (failure and (" " .. codes .. " "):find(" " .. failure.code .. " ", 1, true)) then
    return result or false
  end
  error(message, 0)
end

--- What is alike in the input of every order.
function provision.input()
  local topic = assert(assert(aws.client "sns"):create_topic { Name = NAME }).TopicArn -- the same one each time
  return { tables = names(), topic = topic,
    queue = assert(assert(aws.client "sqs"):get_queue_url { QueueName = NAME }).QueueUrl }
end

local function make_table(dynamodb, name, keys)
  local attributes, schema = {}, {}
  for i, key in ipairs(keys) do
    attributes[i] = { AttributeName = key, AttributeType = "S" }
    schema[i] = { AttributeName = key, KeyType = i == 1 and "HASH" or "RANGE" }
  end
  unless("ResourceInUseException", dynamodb:create_table { TableName = name, BillingMode = "PAY_PER_REQUEST",
    AttributeDefinitions = attributes, KeySchema = schema })
  assert(dynamodb:wait_until("table_exists", { TableName = name }))
end

-- The shelves as inventory.json has them.
local function stock(dynamodb, tbl)
  local file = assert(io.open(here .. "/inventory.json", "rb"))
  local books = assert(core.decode(file:read "*a"))
  file:close()
  for _, book in ipairs(books) do
    assert(dynamodb:put_item { TableName = tbl, Item = { isbn = { S = book.isbn }, title = { S = book.title },
      stock = { N = tostring(book.stock) } } })
  end
end

function provision.create()
  local dynamodb, sqs = assert(aws.client "dynamodb"), assert(aws.client "sqs")
  for name, tbl in pairs(names()) do make_table(dynamodb, tbl, TABLES[name]) end
  stock(dynamodb, names().books)
  assert(sqs:create_queue { QueueName = NAME })
  return provision.input()
end

function provision.remove()
  local dynamodb, sqs, sns = assert(aws.client "dynamodb"), assert(aws.client "sqs"), assert(aws.client "sns")
  for _, tbl in pairs(names()) do
    if unless("ResourceNotFoundException", dynamodb:delete_table { TableName = tbl }) then
      assert(dynamodb:wait_until("table_not_exists", { TableName = tbl }))
    end
  end
  local queue = unless("QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue",
    sqs:get_queue_url { QueueName = NAME })
  if queue then assert(sqs:delete_queue { QueueUrl = queue.QueueUrl }) end
  assert(sns:delete_topic { TopicArn = assert(sns:create_topic { Name = NAME }).TopicArn })
end

local command = ...
if command == "provision" then return provision end -- required, not run

if command == "create" then
  provision.create()
  print(("made: the tables %s-books, -orders and -audit, a queue and a topic named %s"):format(NAME, NAME))
elseif command == "remove" then
  provision.remove()
  print "removed"
else
  io.stderr:write "usage: lua provision.lua create | remove\n"
  os.exit(2)
end
