--- Express executions that their caller waits for: StartSyncExecution. They run in this process, at most once: what
--- the store has of one that its process has not outlived is its beginning, and that it was lost. Nobody waits for the
--- disk: its row is written beside it, and its end after the answer.
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local errors = require "passo.engine.errors"
local task = require "passo.task"

local INCLUDED = { "ALL_DATA", "METADATA_ONLY" }
-- What AWS would bill, for its callers' sake: memory in steps, time in steps.
local MEMORY_MB, STEP_MS = 64, 100

-- Jobs that write to the store for executions whose callers do not wait for that.
local function write_beside(engine, write, job)
  engine.keeping = (engine.keeping or 0) + 1
  engine:spawn(function()
    local ok, message, failure = write(job)
    if ok and type(ok) == "table" then ok, message, failure = ok:wait() end
    engine.keeping = engine.keeping - 1
    if not ok and failure.code ~= "EFENCED" then engine:trouble(message, failure) end
  end)
end

local function insert(job)
  local message, failure
  job.id, message, failure = job.engine.store:insert(job.row)
  job.is_done, job.message, job.failure = true, message, failure
  job.engine.host:set(job.event)
  return job.id, message, failure
end

local function append(job)
  local insertion, engine = job.insertion, job.engine
  while not insertion.is_done do engine.host:wait(insertion.event) end
  if not insertion.id then return true end -- which was told of
  job.append.id = insertion.id
  return engine.store:append(job.append)
end

-- A store that falls behind its callers is waited for after all.
local MOST_KEEPING, LOOK_MS = 1000, 2

local function keep_pace(engine)
  while (engine.keeping or 0) >= MOST_KEEPING do
    engine.host:wait(engine.host:event(), engine:now_ms() + LOOK_MS)
  end
end

-- Begins what the caller waits for: its row goes to the store meanwhile. nil, message, failure.
local function begin(engine, b)
  keep_pace(engine)
  local prepared, message, failure = engine:prepare(b)
  if not prepared then return nil, message, failure end
  local row = {}
  for name, value in pairs(prepared.row) do row[name] = value end
  local insertion = { engine = engine, row = row, event = engine.host:event() }
  write_beside(engine, insert, insertion)
  function prepared.run.keep_later(_, kept)
    write_beside(engine, append, { engine = engine, insertion = insertion, append = kept })
  end
  local started = engine:began(prepared, "sync:" .. row.arn)
  started.insertion = insertion
  return started
end

-- Waits until the run has ended: true, or nil, message, failure when it was given up. One that ended as it began is
-- not live at all.
local function wait(engine, run)
  local host = engine.host
  while not run.finished and engine.live[run.id] == run do
    local event = host:event()
    run:tell_end(event)
    local woken, message = host:wait(event)
    if woken == nil then return nil, message, { code = "EIDLE", message = message } end
  end
  if run.broken then return nil, run.broken, run.failure end
  return true
end

local function answer(engine, started, input, request)
  local ending, stop_ms = started.run.ending, engine:now_ms()
  local has_data = request.includedData ~= "METADATA_ONLY"
  local out = { executionArn = started.arn, stateMachineArn = started.machine_arn, name = started.name,
    startDate = started.start_ms / 1000, stopDate = stop_ms / 1000, status = ending.status, error = ending.err,
    cause = ending.cause, traceHeader = request.traceHeader,
    billingDetails = { billedMemoryUsedInMB = MEMORY_MB,
      billedDurationInMilliseconds = math.max(1, math.ceil((stop_ms - started.start_ms) / STEP_MS)) * STEP_MS } }
  if has_data then
    out.input, out.inputDetails = input:json(), { included = true }
    if ending.output then out.output, out.outputDetails = ending.output:json(), { included = true } end
  end
  return out
end

local OPTIONS = { name = true, includedData = true, traceHeader = true }

return function(Engine)
  --- Runs an Express execution to its end: start_sync_execution("checkout", {order = 42}, {name=}), or the API's table
  --- {stateMachineArn=, name=, input= JSON text}. A workflow's failure is an answer: status, error, cause.
  ---@return table? answer nil, message, failure (StateMachineTypeNotSupported, InvalidExecutionInput, ...)
  function Engine:start_sync_execution(first, input, options)
    local request, is_short = constraints.request("engine:start_sync_execution", "stateMachineArn", first)
    if is_short then
      options = constraints.options("engine:start_sync_execution", options, OPTIONS)
      request.name, request.includedData, request.traceHeader = options.name, options.includedData, options.traceHeader
    end
    if is_short then request.input = type(input) == "string" and core.encode(input) or input end
    local ok, message, failure = constraints.new():one_of("includedData", request.includedData, INCLUDED):done()
    if not ok then return nil, message, failure end
    local b, target
    b, target, failure = self:starting(request, is_short)
    if not b then return nil, target, failure end
    if target.machine.type ~= "EXPRESS" then return errors.wrong_machine_type() end
    if self.is_closing or self.live_count >= self.max_running or not self:has_room(b.machine_arn) then
      return errors.fail("ExecutionLimitExceeded", ("This process runs %d executions, and has no room for one more")
        :format(self.live_count))
    end
    ok, message = self:can_run(b.revision, b.machine)
    if not ok then return nil, message, { code = "ENOHANDLER", message = message } end
    b.type = "EXPRESS_SYNC"
    local started
    started, message, failure = begin(self, b)
    if not started then return nil, message, failure end
    started.name, started.machine_arn = b.name, b.machine_arn
    ok, message, failure = wait(self, started.run)
    if not ok then return nil, message, failure end
    local insertion = started.insertion
    if insertion.is_done and not insertion.id then return nil, insertion.message, insertion.failure end
    return answer(self, started, b.input, request)
  end

  --- A synchronous Express execution whose process is gone, claimed by this one: nobody waits for it any more, and it
  --- must not run twice.
  function Engine:lose_express(row)
    local result = core.encode(core.object { { "output", core.null }, { "error", task.WORKER_LOST },
      { "cause", "The process that ran this synchronous Express execution has died" } })
    local ok, message, failure = self.store:append { id = row.id, owner = self.worker, epoch = row.epoch,
      seq = row.seq + 1, status = "FAILED", result = result, stop_ms = self:now_ms(), crashes = 0 }
    if ok and ok ~= true then ok, message, failure = ok:wait() end
    if not ok and failure.code ~= "EFENCED" then self:trouble(message, failure) end
  end
end
