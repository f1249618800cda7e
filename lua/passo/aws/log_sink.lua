--- Where logs go on AWS: a CloudWatch Logs stream, written by PutLogEvents in batches. Best effort, as the
--- service's own delivery: the queue is bounded, and what does not fit any more is dropped oldest first and counted.
local log = require "passo.log"

---@class passo.LogSink
local Sink = {}
Sink.__index = Sink

local log_sink = {}

-- What PutLogEvents takes at once.
local MAX_BATCH_BYTES, EVENT_OVERHEAD, MAX_BATCH, MAX_SPAN_MS = 1048576, 26, 10000, 24 * 3600 * 1000

local MAX_QUEUED = 20000

-- "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/shop:*" -> the group's name
local function group_name(arn)
  return (arn:match "^arn:[^:]*:logs:[^:]*:[^:]*:log%-group:(.-):%*$") or arn
end

-- "states/Checkout/2026-11-21-07-05/1f2e3d4c", as the service names its streams.
local function stream_name(machine_name, now_ms)
  local random = ("%08x"):format(math.floor(now_ms * 7919 % 4294967296))
  return ("states/%s/%s/%s"):format(machine_name, os.date("!%Y-%m-%d-%H-%M", math.floor(now_ms / 1000)), random)
end

--- A sink for a log group. Its stream is made when it is first written to.
---@param client passo.aws.Client of the service "logs"
---@param log_group_arn string ends in ":*"
---@param options? {machine_name?: string, stream?: string, max_queued?: integer, now_ms?: fun(): integer}
---@return passo.LogSink
function log_sink.new(client, log_group_arn, options)
  options = options or {}
  local now_ms = options.now_ms or require("passo.core").now_ms
  return setmetatable({
    client = client,
    group = group_name(log_group_arn),
    stream = options.stream or stream_name(options.machine_name or "passo", now_ms()),
    max_queued = options.max_queued or MAX_QUEUED,
    queue = {}, first = 1, last = 0,
    dropped = 0, -- records lost: the queue was full, or the group does not exist
    sent = 0,
  }, Sink)
end

function Sink:count()
  return self.last - self.first + 1
end

local function drop_first(self)
  self.queue[self.first] = nil
  self.first = self.first + 1
end

--- Queues records (of `passo.log`); never waits.
function Sink:write(records)
  for _, record in ipairs(records) do
    if self:count() >= self.max_queued then
      drop_first(self)
      self.dropped = self.dropped + 1
    end
    self.last = self.last + 1
    self.queue[self.last] = { timestamp = tonumber(record.event_timestamp), message = log.text(record) }
  end
end

-- The next records that one call may carry. They stand in the queue until they are sent.
local function next_batch(self)
  local batch, bytes, earliest, latest = {}, 0, nil, nil
  for i = self.first, self.last do
    local event = self.queue[i]
    bytes = bytes + #event.message + EVENT_OVERHEAD
    earliest = math.min(earliest or event.timestamp, event.timestamp)
    latest = math.max(latest or event.timestamp, event.timestamp)
    if #batch > 0 and (#batch == MAX_BATCH or bytes > MAX_BATCH_BYTES or latest - earliest > MAX_SPAN_MS) then break end
    batch[#batch + 1] = event
  end
  local sorted, order = {}, {}
  for i, event in ipairs(batch) do
    sorted[i], order[event] = event, i
  end
  table.sort(sorted, function(a, b)
    if a.timestamp ~= b.timestamp then return a.timestamp < b.timestamp end
    return order[a] < order[b]
  end)
  return sorted
end

local function put(self, batch)
  return self.client:put_log_events { logGroupName = self.group, logStreamName = self.stream, logEvents = batch }
end

local function make_stream(self)
  local names = { logGroupName = self.group, logStreamName = self.stream }
  local made, message, failure = self.client:create_log_stream(names)
  if made or failure.code == "ResourceAlreadyExistsException" then return true end
  return nil, message, failure
end

local function send(self)
  local batch = next_batch(self)
  local ok, message, failure = put(self, batch)
  if not ok and failure.code == "ResourceNotFoundException" then
    ok, message, failure = make_stream(self)
    if ok then ok, message, failure = put(self, batch) end
  end
  if not ok and failure.code ~= "ResourceNotFoundException" and failure.code ~= "InvalidParameterException" then
    return nil, message, failure -- may go better next time: they stay in the queue
  end
  -- What the queue dropped meanwhile was the oldest, of this batch.
  for _ = 1, #batch do
    if self.first <= self.last then drop_first(self) end
  end
  if ok then self.sent = self.sent + #batch else self.dropped = self.dropped + #batch end
  return ok, message, failure
end

--- Sends everything queued, batch by batch. May wait; only one caller sends at a time, others return at once.
---@return boolean? done nil, message, failure when the service would not take it
function Sink:flush()
  if self.sending then return true end
  self.sending = true
  local ok, message, failure = true, nil, nil
  while ok and self.first <= self.last do ok, message, failure = send(self) end
  self.sending = false
  self.problem = message
  return ok and true, message, failure
end

return log_sink
