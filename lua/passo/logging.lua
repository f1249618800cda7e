--- A run's events on their way to a log: the option `logging`. What the level lets through goes to a sink as records,
--- burst by burst; where a log group is named and the run has AWS, to CloudWatch Logs about every second.
---
--- A log is never worth an execution: what goes wrong with it is told once, as result.log_problem.
local driver = require "passo.driver"
local log = require "passo.log"

local logging = {}

-- Records of a sink that is still busy with earlier ones; beyond this the oldest are lost.
local MAX_QUEUED = 20000
local FLUSH_MS = 1000

---@class passo.Logging
local Log = {}
Log.__index = Log

local function refuse(message)
  return nil, message, { code = "EINPUT", message = message }
end

local function is_callable(given)
  if type(given) == "function" then return true end
  local mt = getmetatable(given)
  return type(mt) == "table" and mt.__call ~= nil
end

-- A sink at CloudWatch. All executions of a machine in this process write to one stream.
local function cloudwatch(group, aws, machine_name)
  local client, message, failure = aws:client("logs", group:match "^arn:[^:]*:logs:([^:]*):")
  if not client then return nil, message, failure end
  local streams = aws.log_streams or {}
  aws.log_streams = streams
  local place = group .. "\n" .. machine_name
  local sink = require("passo.aws.log_sink").new(client, group, { machine_name = machine_name,
    stream = streams[place] })
  streams[place] = sink.stream
  return sink
end

-- The sink a configuration means: nil where its records go nowhere.
local function sink_of(config, group, aws, machine_name)
  local sink = config.sink
  if sink ~= nil then
    if is_callable(sink) then return { write = function(_, records) return sink(records) end } end
    if type(sink) == "table" and is_callable(sink.write) then return sink end
    return refuse "logging.sink: expected a function or an object with write(records)"
  end
  if group == true or not aws then return nil end
  return cloudwatch(group, aws, machine_name)
end

--- What a run logs by; nil where that is nothing; nil, message, failure where the configuration is none.
---@param config passo.LoggingConfiguration
---@param run passo.Run
function logging.new(config, run)
  local group, message, failure = log.check(config)
  if not group then return nil, message, failure end
  local sink
  sink, message, failure = sink_of(config, group, run.aws, run.machine.name)
  if not sink then return nil, message, failure end
  return setmetatable({ config = config, run = run, host = run.host, sink = sink, queue = {},
    idle = run.host:event() }, Log)
end

local function trouble(self, message)
  self.problem = self.problem or tostring(message)
end

-- the sink's turns ---------------------------------------------------------------------------------------

-- Each job of the sink's begins when the one before has ended: it may wait, and its records stay in order.
local function work(self)
  while true do
    local records = self.queue
    if #records > 0 then
      self.queue = {}
      self.sink:write(records)
      if self.sink.flush then self.due_ms = self.due_ms or self.host:now_ms() + FLUSH_MS end
    elseif self.wants_flush then
      self.wants_flush = false
      local ok, message = self.sink:flush()
      if not ok and message then trouble(self, message) end
    else
      return
    end
  end
end

local function worked(self, ok, message)
  self.busy = false
  if not ok then trouble(self, message) end
  self.host:set(self.idle)
  if self.due_ms then driver.wake(self.run) end -- whoever drives it knows when
end

local function turn(self)
  if self.busy then return end
  self.busy = true
  self.host:perform(work, worked, self, self)
end

local function enqueue(self, records)
  local queue = self.queue
  for _, record in ipairs(records) do queue[#queue + 1] = record end
  if #queue > MAX_QUEUED then
    local kept = {}
    for i = #queue - MAX_QUEUED + 1, #queue do kept[#kept + 1] = queue[i] end
    trouble(self, ("the log's sink is slow: %d records were lost"):format(#queue - MAX_QUEUED))
    self.queue = kept
  end
end

-- the run's ------------------------------------------------------------------------------------------------

--- Takes what happened: a batch of events.
---@param run passo.Run
---@param batch passo.Events
function Log:take(run, batch)
  local level, events = self.config.level, {}
  for i = 1, #batch do
    if log.passes(level, batch:type(i)) then events[#events + 1] = batch:get(i) end
  end
  if #events == 0 then return end
  enqueue(self, log.records(self.config, events, (run.exec:identity())))
  turn(self)
end

--- When the run is to be woken: for its own sake, or for the log's.
function Log:deadline(deadline_ms)
  if self.due_ms and (not deadline_ms or self.due_ms < deadline_ms) then return self.due_ms end
  return deadline_ms
end

--- Lets the sink send what it has when it is time to.
function Log:tick(now_ms)
  if not self.due_ms or now_ms < self.due_ms then return end
  self.due_ms = nil
  self.wants_flush = true
  turn(self)
end

--- Everything that is left, sent; waits for it until then.
function Log:close(deadline_ms)
  self.wants_flush = self.sink.flush ~= nil
  turn(self)
  while self.busy and self.host:wait(self.idle, deadline_ms) do end
  self.due_ms = nil
  local lost = self.sink.dropped
  if type(lost) == "number" and lost > 0 then trouble(self, ("%d records were lost"):format(lost)) end
end

return logging
