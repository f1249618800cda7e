-- orders.lua: the two functions of reduce.asl.json, over S3 and DynamoDB.
--
-- An object holds lines "amount,currency". Lines in reals are rows; the others are set aside and counted.
local aws = require "passo.aws"
local core = require "passo.core"

local orders = {}

local ROWS_AT_ONCE = 25 -- as many as BatchWriteItem takes

-- Cents of a line; nil where it is no amount in reals.
local function cents_of(line)
  local whole, cents = line:match "^(%d+)%.(%d%d),BRL$"
  return whole and tonumber(whole) * 100 + tonumber(cents)
end

--- What one object's text says: rows, and how many lines are no rows.
function orders.read(key, text)
  local rows, rejected = {}, 0
  for line in text:gmatch "[^\n]+" do
    local cents = cents_of(line)
    if cents then rows[#rows + 1] = { key = key, line = #rows + 1, cents = cents } else rejected = rejected + 1 end
  end
  return rows, rejected
end

-- DynamoDB may take some of a batch and leave the rest for later.
local function write_rows(dynamodb, tbl, rows)
  for first = 1, #rows, ROWS_AT_ONCE do
    local requests = {}
    for i = first, math.min(first + ROWS_AT_ONCE - 1, #rows) do
      local row = rows[i]
      requests[#requests + 1] = { PutRequest = { Item = { object = { S = row.key }, line = { N = tostring(row.line) },
        cents = { N = ("%d"):format(row.cents) } } } }
    end
    local left = { [tbl] = requests }
    repeat
      local written = assert(dynamodb:batch_write_item { RequestItems = left })
      left = written.UnprocessedItems
    until not left or next(left) == nil
  end
end

function orders.handlers()
  local s3, dynamodb = assert(aws.client "s3"), assert(aws.client "dynamodb")

  local function read_batch(input)
    local batch, rows, rejected, cents = input.BatchInput, {}, 0, 0
    for _, item in ipairs(input.Items) do
      local object = assert(s3:get_object { Bucket = batch.source, Key = item.Key })
      local read, set_aside = orders.read(item.Key, object.Body)
      rejected = rejected + set_aside
      for _, row in ipairs(read) do
        rows[#rows + 1] = row
        cents = cents + row.cents
      end
    end
    write_rows(dynamodb, batch.table, rows)
    local lines = {}
    for i, row in ipairs(rows) do lines[i] = core.encode(row) .. "\n" end
    local part = "parts/" .. input.Items[1].Key:match "[^/]+$" .. ".jsonl"
    assert(s3:put_object { Bucket = batch.results, Key = part, Body = table.concat(lines) })
    return { objects = #input.Items, rows = #rows, rejected = rejected, cents = cents, part = part }
  end

  local function json_at(bucket, key)
    return assert(core.decode(assert(s3:get_object { Bucket = bucket, Key = key }).Body))
  end

  -- The manifest names the files, a file holds children's results, a result's output is text.
  local function reduce(input)
    local manifest = json_at(input.manifest.Bucket, input.manifest.Key)
    assert(#manifest.ResultFiles.FAILED == 0, "some batches failed")
    local total = { objects = 0, rows = 0, rejected = 0, cents = 0, parts = 0 }
    for _, file in ipairs(manifest.ResultFiles.SUCCEEDED) do
      for _, child in ipairs(json_at(manifest.DestinationBucket, file.Key)) do
        local output = assert(core.decode(child.Output))
        for _, name in ipairs { "objects", "rows", "rejected", "cents" } do
          total[name] = total[name] + output[name]
        end
        total.parts = total.parts + 1
      end
    end
    assert(s3:put_object { Bucket = input.results, Key = "total.json", Body = core.encode(total) .. "\n",
      ContentType = "application/json" })
    return total
  end

  return { ["read-batch"] = read_batch, reduce = reduce }
end

return orders
