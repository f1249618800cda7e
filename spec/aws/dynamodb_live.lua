--- DynamoDB Local, through the proxy that checks signatures: conditions, transactions, pages, and their refusals.
local passo = require "passo"
local aws = require "passo.aws"
local servers = require "aws.servers"
local list = passo.array

describe("passo.aws dynamodb at DynamoDB Local", function()
  local s, db

  local function boto(operation, params)
    local result, message = s:boto("dynamodb", operation, params, { at = "dynamodb" })
    return assert(result, message)
  end
  -- A spec without DynamoDB Local is pending, and says why.
  local function states(behaviour, fn)
    it(behaviour, function()
      if s.no_dynamodb then return pending(behaviour .. ": " .. s.no_dynamodb) end
      return fn()
    end)
  end

  setup(function()
    s = servers.start { "dynamodb" }
    if s.no_dynamodb then return end
    db = assert(aws.client("dynamodb", { region = "us-east-1", endpoint = s.dynamodb_proxy,
      credentials = { access_key_id = s.key_id, secret_access_key = s.secret }, retries = { mode = "none" } }))
    assert(db:create_table { TableName = "stock", BillingMode = "PAY_PER_REQUEST",
      KeySchema = list { { AttributeName = "shop", KeyType = "HASH" }, { AttributeName = "item", KeyType = "RANGE" } },
      AttributeDefinitions = list { { AttributeName = "shop", AttributeType = "S" },
        { AttributeName = "item", AttributeType = "N" } } })
    assert(db:wait_until("table_exists", { TableName = "stock" }))
  end)
  teardown(function()
    for _, seen in ipairs(not s.no_dynamodb and s:verdicts "dynamodb_proxy" or {}) do assert(seen.ok, seen.message) end
    s:stop()
  end)

  local function key(shop, item) return { shop = { S = shop }, item = { N = tostring(item) } } end

  states("writes under a condition once", function()
    local function put() return db:put_item { TableName = "stock", Item = key("c", 1),
      ConditionExpression = "attribute_not_exists(shop)" } end
    assert(put())
    local result, _, failure = put()
    assert.is_nil(result)
    assert.equal("ConditionalCheckFailedException", failure.code)
    assert.equal(400, failure.status)
    assert.is_table(boto("get_item", { TableName = "stock", Key = key("c", 1) }).Item)
  end)

  states("tells what a condition met", function()
    boto("put_item", { TableName = "stock", Item = { shop = { S = "c" }, item = { N = "2" }, left = { N = "0" } } })
    local _, _, failure = db:update_item { TableName = "stock", Key = key("c", 2),
      UpdateExpression = "SET #l = #l - :n", ConditionExpression = "#l >= :n",
      ExpressionAttributeNames = { ["#l"] = "left" },
      ExpressionAttributeValues = { [":n"] = { N = "1" } }, ReturnValuesOnConditionCheckFailure = "ALL_OLD" }
    assert.equal("ConditionalCheckFailedException", failure.code)
    assert.equal("0", failure.fields.Item.left.N)
  end)

  states("writes all of a transaction or nothing", function()
    local function move(n)
      return db:transact_write_items { TransactItems = list {
        { Put = { TableName = "stock", Item = key("t", n) } },
        { ConditionCheck = { TableName = "stock", Key = key("t", 0), ConditionExpression = "attribute_exists(shop)" } },
      } }
    end
    local _, _, failure = move(1)
    assert.equal("TransactionCanceledException", failure.code)
    assert.equal("ConditionalCheckFailed", failure.fields.CancellationReasons[2].Code)
    assert.is_nil(boto("get_item", { TableName = "stock", Key = key("t", 1) }).Item)
    boto("put_item", { TableName = "stock", Item = key("t", 0) })
    assert(move(1))
    local both = assert(db:transact_get_items { TransactItems = list {
      { Get = { TableName = "stock", Key = key("t", 0) } }, { Get = { TableName = "stock", Key = key("t", 1) } } } })
    assert.equal("1", both.Responses[2].Item.item.N)
  end)

  states("takes a transaction's token for once", function()
    boto("put_item", { TableName = "stock", Item = { shop = { S = "o" }, item = { N = "1" }, n = { N = "0" } } })
    for _ = 1, 2 do
      assert(db:transact_write_items { ClientRequestToken = "same", TransactItems = list { { Update = {
        TableName = "stock", Key = key("o", 1), UpdateExpression = "ADD n :one",
        ExpressionAttributeValues = { [":one"] = { N = "1" } } } } } })
    end
    assert.equal("1", boto("get_item", { TableName = "stock", Key = key("o", 1) }).Item.n.N)
  end)

  states("queries page by page, as boto3 does", function()
    for i = 1, 25 do boto("put_item", { TableName = "stock", Item = key("p", i) }) end
    local query = { TableName = "stock", KeyConditionExpression = "shop = :s", Limit = 10,
      ExpressionAttributeValues = { [":s"] = { S = "p" } } }
    local seen, pages = {}, 0
    for page in db:pages("query", query) do
      pages = pages + 1
      for _, item in ipairs(page.Items) do seen[#seen + 1] = tonumber(item.item.N) end
    end
    assert.equal(3, pages)
    assert.equal(25, #seen)
    for i, n in ipairs(seen) do assert.equal(i, n) end
  end)

  states("keeps numbers exactly and bytes as they are", function()
    local number, bytes = "123456789012345678901234567890.12345678", "\0\1\254\255"
    assert(db:put_item { TableName = "stock", Item = { shop = { S = "n" }, item = { N = "1" }, x = { N = number },
      b = { B = bytes }, bs = { BS = list { bytes, "z" } } } })
    local theirs = boto("get_item", { TableName = "stock", Key = key("n", 1) }).Item
    assert.equal(number, theirs.x.N)
    assert.equal(bytes, theirs.b.B)
    local ours = assert(db:get_item { TableName = "stock", Key = key("n", 1) }).Item
    assert.same(theirs, ours)
  end)

  states("names the place of a wrong parameter before anything is sent", function()
    s:verdicts "dynamodb_proxy"
    local result, message, failure = db:get_item { TableName = "stock", Key = { shop = { S = 1 } } }
    assert.is_nil(result)
    assert.equal("EINPUT", failure.code)
    assert.matches("Key.shop.S", message, 1, true)
    assert.equal(0, #s:verdicts "dynamodb_proxy")
  end)
end)
