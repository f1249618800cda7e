-- aws.lua: the checkout on DynamoDB, SQS and SNS, once for each way it can end, with the warehouse's worker beside it.
-- provision.lua makes what it needs.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local aws = require "passo.aws"
local passo = require "passo"
local provision = require "provision"
local worker = require "worker"

local LUA_BOOK, SOLD_OUT = "9788590379850", "9788535914849"
local PATHS = {
  { title = "All goes well", expect = "SUCCEEDED" },
  { title = "The book is sold out", isbn = SOLD_OUT, expect = "OutOfStock" },
  { title = "The card is declined: the book goes back on its shelf", card = "declined", expect = "CardDeclined" },
  { title = "Nobody delivers there: refund, then release", address = "nowhere", expect = "AddressUnknown" },
  { title = "The worker never answers: refund, then release", address = "lost", expect = "States.Timeout" },
}

local machine = assert(passo.load(here .. "/checkout-aws.asl.json"))
local common = provision.input()
local sqs, dynamodb = assert(aws.client "sqs"), assert(aws.client "dynamodb")

local function copies(isbn)
  return tonumber(assert(dynamodb:get_item { TableName = common.tables.books, Key = { isbn = { S = isbn } },
    ConsistentRead = true }).Item.stock.N)
end

-- Each task's row, in the order of time.
local function audit(order)
  local words = {}
  local rows = assert(dynamodb:query { TableName = common.tables.audit, ConsistentRead = true,
    KeyConditionExpression = "#o = :o", ExpressionAttributeNames = { ["#o"] = "order" },
    ExpressionAttributeValues = { [":o"] = { S = order } } }).Items
  for i, row in ipairs(rows) do words[i] = row.at.S:match "%S+$" end
  return #words > 0 and table.concat(words, ", ") or "nothing"
end

-- The worker's answers go to the executions of this process; on Step Functions they would go there.
local function answers_to(execution)
  local function answered(ok, message, failure) assert(ok or failure.code == "ESTALE", message) end
  return {
    success = function(token, output) answered(execution:send_task_success(token, output)) end,
    failure = function(token, err, cause) answered(execution:send_task_failure(token, err, cause)) end,
  }
end

local function take(path, order)
  local execution = assert(machine:start({ order = order, isbn = path.isbn or LUA_BOOK, card = path.card or "4111",
    address = path.address or "Lisbon", ship_within_seconds = 4, tables = common.tables, queue = common.queue,
    topic = common.topic }, { aws = true }))
  local answers = answers_to(execution)
  repeat
    assert(execution:advance(0.05))
    if execution:status() == "RUNNING" then worker.turn(sqs, common.queue, answers) end
  until execution:status() ~= "RUNNING"
  return assert(execution:finish())
end

local run_id = sqs.uuid()
for number, path in ipairs(PATHS) do
  local isbn = path.isbn or LUA_BOOK
  local before = copies(isbn)
  local order = ("%s-%d"):format(run_id:sub(1, 8), number)
  local result = take(path, order)
  print(("%d. %s: %s%s\n   audit: %s"):format(number, path.title, result.status, result.error and ", " .. result.error
    or ", tracking number " .. result.output.tracking, audit(order)))
  assert((result.error or result.status) == path.expect, result.cause)
  assert(copies(isbn) == before - (result.status == "SUCCEEDED" and 1 or 0), "a copy is missing")
end
print "Every order that failed left the shelves as they were."
