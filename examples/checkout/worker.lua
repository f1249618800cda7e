-- worker.lua: the warehouse: takes parcels from the queue, ships them or says why not, and answers with the task token.
--
-- In a process of its own it answers Step Functions:   lua worker.lua QUEUE_URL [SECONDS]
-- aws.lua has it in its own process, where its executions are: there it answers those.
local aws = require "passo.aws"
local core = require "passo.core"

local worker = {}

local WAIT_SECONDS = 1

-- What becomes of a parcel: a result, or an error's name and cause. Nobody: nil, nothing is ever heard of it.
local function ship(parcel)
  if parcel.address == "nowhere" then return nil, "AddressUnknown", "nobody delivers there" end
  if parcel.address == "lost" then return nil end
  return { tracking = "BR" .. parcel.order }
end

--- Takes what is in the queue, once, and answers it.
---@param sqs passo.aws.Client
---@param queue string
---@param answer {success: fun(token, output), failure: fun(token, error, cause)}
function worker.turn(sqs, queue, answer)
  local got = assert(sqs:receive_message { QueueUrl = queue, MaxNumberOfMessages = 10,
    WaitTimeSeconds = WAIT_SECONDS })
  for _, message in ipairs(got.Messages or {}) do
    local parcel = assert(core.decode(message.Body))
    local output, err, cause = ship(parcel)
    if output then answer.success(parcel.token, output) elseif err then answer.failure(parcel.token, err, cause) end
    -- Deleted when it is answered: a worker that dies before leaves it to the next one.
    assert(sqs:delete_message { QueueUrl = queue, ReceiptHandle = message.ReceiptHandle })
  end
end

-- A token that is not waited for any more was given up: too late is no failure of ours.
local function answered(ok, message, failure)
  if not ok and failure.code ~= "TaskTimedOut" and failure.code ~= "InvalidToken" then error(message, 0) end
end

--- Answers at Step Functions itself.
function worker.at_step_functions()
  local sfn = assert(aws.client "stepfunctions")
  return {
    success = function(token, output)
      answered(sfn:send_task_success { taskToken = token, output = core.encode(output) })
    end,
    failure = function(token, err, cause)
      answered(sfn:send_task_failure { taskToken = token, error = err, cause = cause })
    end,
  }
end

local queue, seconds = ...
if queue == "worker" then return worker end -- required, not run

if not queue then
  io.stderr:write "usage: lua worker.lua QUEUE_URL [SECONDS]\n"
  os.exit(2)
end
local sqs, answer = assert(aws.client "sqs"), worker.at_step_functions()
local till_ms = core.now_ms() + (tonumber(seconds) or math.huge) * 1000
while core.now_ms() < till_ms do worker.turn(sqs, queue, answer) end
