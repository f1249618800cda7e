--- The driver: poll -> commit -> perform -> feed, until the execution has ended. It knows nothing of the
--- language, and the core knows nothing of Lua functions.
---
--- A run is {exec, host, journal?, perform, tasks, event}: `perform` has a function for TASK, CALL, CHILD,
--- READ and WRITE, each given (run, command). `journal:commit(run, goes_on)` takes a burst from run.exec and keeps it
--- before anything of it is performed (with `goes_on`, nothing is: it need not wait); when it answers nil, message,
--- failure the run is given up. It answers "asleep" when the execution has left this process.
local driver = {}

-- commands: tables from here on ------------------------------------------------------------------

local take = {}

local function enqueue(run, command)
  local n = run.queued + 1
  run.queued = n
  run.queue[n] = command
end

function take.TASK(run, token, state, input, attempt, stage, visit, deadline_ms, task_token, role_arn, submitted)
  local command = { kind = "TASK", token = token, state = state, input = input, attempt = attempt, stage = stage,
    visit = visit, deadline_ms = deadline_ms, task_token = task_token, role_arn = role_arn,
    submitted_value = submitted }
  run.tasks[token] = command
  enqueue(run, command)
end

function take.CALL(run, token, state, arguments, name)
  enqueue(run, { kind = "CALL", token = token, state = state, input = arguments, name = name })
end

function take.CHILD(run, token, state, input, index, name, map_run)
  local command = { kind = "CHILD", token = token, state = state, input = input, index = index, name = name,
    map_run = map_run }
  run.tasks[token] = command
  enqueue(run, command)
end

function take.READ(run, token, state, parameters, max_items, map_run)
  local command = { kind = "READ", token = token, state = state, input = parameters, max_items = max_items,
    map_run = map_run }
  run.tasks[token] = command
  enqueue(run, command)
end

function take.WRITE(run, token, state, parameters, results, map_run)
  local command = { kind = "WRITE", token = token, state = state, input = parameters, results = results,
    map_run = map_run }
  run.tasks[token] = command
  enqueue(run, command)
end

function take.CANCEL(run, token)
  local command = run.tasks[token]
  if command then
    run.tasks[token] = nil
    command.is_cancelled = true
    if command.cancel then command.cancel(run, command) end
    if command.release then command.release() end
    if command.worker then run.host:interrupt(command.worker) end
  end
  if run.cancelled then run:cancelled(token) end
end

local function finish(run, status, output, err, cause)
  run.finished, run.output, run.error_name, run.error_cause = status, output, err, cause
  if run.over then run.host:set(run.over) end
end

-- With a journal the execution is over when that is kept.
function take.FINISH(run, _, _, output, status, err, cause)
  if not run.journal then return finish(run, status, output, err, cause) end
  run.ending = { kind = "FINISH", status = status, output = output, err = err, cause = cause }
  enqueue(run, run.ending)
end

local function taken(run, kind, ...)
  local collect = take[kind]
  if collect then collect(run, ...) end
  return kind
end

--- Queues what was polled elsewhere.
function driver.take(run, kind, ...)
  if kind then taken(run, kind, ...) end
end

-- feeding ----------------------------------------------------------------------------------------

--- Gives the core an input by the name of its verb. nil, message, failure (ESTALE: nobody waits for it any more).
function driver.feed(run, verb, a, b, c, d)
  local exec = run.exec
  return exec[verb](exec, a, b, c, d)
end

--- Wakes the driver, unless it is at work and will look by itself.
function driver.wake(run)
  if not run.pumping or run.committing then run.host:set(run.event) end
end

--- The same as feed, for whoever is not the driver itself: it wakes the driver.
function driver.post(run, verb, ...)
  if run.finished or run.broken or run.asleep then
    return nil, "the execution is over", { code = "ESTALE", message = "the execution is over" }
  end
  local ok, message, failure = driver.feed(run, verb, ...)
  run.host:set(run.event)
  return ok, message, failure
end

-- the loop -----------------------------------------------------------------------------------------

-- Whether the burst asks Lua functions only: they have no effects, so it need not be kept before they are called.
local function only_calls(run)
  if run.queued == 0 then return false end
  for i = 1, run.queued do
    if run.queue[i].kind ~= "CALL" then return false end
  end
  return true
end

local function commit(run, goes_on)
  if not goes_on and only_calls(run) then return true end
  run.committing = true
  local ok, message, failure = run.journal:commit(run, goes_on)
  run.committing = false
  if not ok then
    run.broken, run.failure = message or "the journal refused an append", failure
  elseif ok == "asleep" then
    run.asleep = true
  end
  return ok and not run.asleep and not run.broken -- it may have been handed over meanwhile
end

-- Without a journal what happened goes to the log from here; it stays where somebody may ask for the history.
local function tell_log(run)
  local events = run.exec:take_events()
  if #events == 0 then return end
  if not run.forgets_events then
    run.batches = run.batches or {}
    run.batches[#run.batches + 1] = events
  end
  run.log:take(run, events)
end

-- Performs what is queued; commands that this brings about go to the other table.
local function perform_queued(run)
  local queue, queued = run.queue, run.queued
  run.queue, run.other, run.queued = run.other, queue, 0
  for i = 1, queued do
    local command = queue[i]
    queue[i] = nil
    if command.kind == "FINISH" then
      finish(run, command.status, command.output, command.err, command.cause)
    elseif not command.is_cancelled then
      run.perform[command.kind](run, command)
    end
  end
  return queued
end

-- Without a journal there is nothing to commit first, and a host whose jobs answer at once saves a task its way
-- through the queue.
local function taken_at_once(run, kind, ...)
  if kind == "START" then
    run.perform.START(run, ...)
  elseif taken(run, kind, ...) and run.queued > 0 then
    perform_queued(run)
  end
  return kind
end

-- Tasks without an end must not keep others from their turn either.
local TURNS = 1000

local function take_turns(run, exec, host)
  for _ = 1, TURNS do
    local kind = taken_at_once(run, exec:take(host:now_ms()))
    if not kind or kind == "MORE" or run.broken then return kind end
  end
  return "MORE"
end

--- Polls until the core waits ("MORE": until its budget is spent); what it asks for is queued.
---@return string? kind
function driver.collect(run)
  local exec = run.exec
  local kind
  repeat kind = taken(run, exec:poll()) until not kind or kind == "MORE"
  return kind
end

--- Polls and performs until the core waits. Nothing of a burst is performed before it is committed.
--- Called again from within (a handler that answers a task token), it leaves the work to the outer call.
function driver.pump(run)
  if run.pumping or run.finished then return end
  run.pumping = true
  local exec, host = run.exec, run.host
  repeat
    local kind
    local queued = 0
    if host.at_once and not run.journal then
      kind = take_turns(run, exec, host)
    else
      kind = driver.collect(run)
      if run.journal and not commit(run, kind ~= nil and run.queued == 0) then break end
      queued = perform_queued(run)
    end
    if run.log and not run.journal then tell_log(run) end
    if kind then
      if run.forgets_events and not run.journal then exec:drop_events() end
      host:yield()
      exec:tick(host:now_ms())
    end
  until (queued == 0 and not kind) or run.broken
  run.pumping = false
end

-- Given up: nobody waits for its tasks any more, and handlers that still work for it go unheard.
local function give_up(run, message, failure)
  run.broken, run.failure = message, failure
  local tokens = {}
  for token in pairs(run.tasks) do tokens[#tokens + 1] = token end
  table.sort(tokens)
  for _, token in ipairs(tokens) do take.CANCEL(run, token) end
  if run.over then run.host:set(run.over) end
  return nil, message, failure
end

local function drive(run)
  local host, exec = run.host, run.exec
  while true do
    driver.pump(run)
    if run.finished or run.asleep then return true end
    if run.broken then
      return give_up(run, run.broken, run.failure or { code = "EJOURNAL", message = run.broken })
    end
    local deadline_ms, log = exec:deadline(), run.log
    if log then deadline_ms = log:deadline(deadline_ms) end
    if run.journal and run.journal.deadline then deadline_ms = run.journal:deadline(run, deadline_ms) end
    local woken, message = host:wait(run.event, deadline_ms)
    if woken == nil then return give_up(run, message, { code = "EIDLE", message = message }) end
    if log then log:tick(host:now_ms()) end
    driver.feed(run, "tick", host:now_ms())
  end
end

local function left(host, ...)
  host:leave()
  return ...
end

--- Drives the run to its end, waiting through the host.
---@return boolean? ended nil, message, failure when the run had to be given up
function driver.run(run)
  local host = run.host
  if not host.leave then return drive(run) end
  host:enter() -- it keeps something for the run as long as it goes
  return left(host, drive(run))
end

--- A run around an exec; `perform` as above. `over` is set at its end.
function driver.new(exec, host, perform, journal)
  return { exec = exec, host = host, perform = perform, journal = journal, tasks = {}, queue = {}, other = {},
    queued = 0, event = host:event(), over = host:event() }
end

return driver
