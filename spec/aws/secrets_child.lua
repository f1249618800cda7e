--- secrets_child.lua FOLDER PROXY BROKEN: uses keys in every way that may go wrong and writes down all that a program
--- could see of it; then closes them. Between the steps it waits for a line on standard input.
package.path = "./spec/?.lua;" .. package.path
require "locate" "."
local folder, proxy, broken = arg[1], arg[2], arg[3]
local passo = require "passo"
local aws = require "passo.aws"
local out = assert(io.open(folder .. "/seen", "w"))

local function read_secrets()
  local file = assert(io.open(folder .. "/keys"))
  file:setvbuf "no"
  local id, secret, token = file:read("*l", "*l", "*l")
  file:close()
  return id, secret, token
end

-- Everything that can be reached from a value, and what stands in its metatables.
local function dump(value, seen)
  out:write(tostring(value), "\n")
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, item in next, value do
    dump(key, seen)
    dump(item, seen)
  end
  dump(getmetatable(value), seen)
end
local function note(...)
  for i = 1, select("#", ...) do dump((select(i, ...)), {}) end
end

local function misuse()
  local id, secret, token = read_secrets()
  note(pcall(aws.core.keys, secret))
  note(pcall(aws.core.keys, id, secret, { token }))
  note(pcall(aws.core.keys, id, secret .. "\n", token))
  note(pcall(aws.credentials.static, { access_key_id = id, secret_access_key = { secret } }))
  local _, message = pcall(aws.client, "s3", { credentials = { access_key_id = id, session_token = secret } })
  note(message)
end

local function make()
  return aws.core.keys(read_secrets())
end

local function use(keys)
  note(keys, keys:id())
  local provider = aws.credentials.static(keys)
  note(provider)
  for _, endpoint in ipairs { proxy, broken, "http://127.0.0.1:1", "http://nothing.invalid" } do
    local options = { region = "us-east-1", endpoint = endpoint, credentials = provider, retries = { mode = "none" } }
    local sqs = aws.client("sqs", options)
    note(sqs)
    note(sqs:list_queues())
    note(sqs:get_queue_url { QueueName = "absent" })
    note(sqs:get_queue_url { QueueName = {} })
    local machine = assert(passo.parse { StartAt = "T", States = { T = { Type = "Task", End = true,
      Resource = "arn:aws:states:::aws-sdk:sqs:getQueueUrl", Parameters = { QueueName = "absent" } } } })
    local result, message, failure = machine:run({}, { aws = options })
    note(message, failure)
    if result then note(result.error, result.cause, passo.core.encode(result.history), result.history) end
  end
  local request = aws.core.request("GET", "https://example.com/a?b=c")
  note(request:sign(keys, "us-east-1", "sqs", 0, {}))
  note(request, request:path(), request:query()) -- its headers bear the token, as they must
end

local function wait(word)
  io.stdout:write(word, "\n")
  io.stdout:flush()
  return io.read "*l"
end

misuse()
local keys = make()
use(keys)
out:close()
for _ = 1, 4 do collectgarbage() end
wait "used"
keys:close()
for _ = 1, 4 do collectgarbage() end
wait "closed"
