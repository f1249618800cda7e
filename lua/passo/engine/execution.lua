--- A live execution: a run whose bursts are appended to the store before anything of them is performed, and which
--- leaves this process when it has nothing to do but to wait.
local Run = require "passo.run"
local driver = require "passo.driver"
local facts = require "passo.engine.facts"
local inputs = require "passo.engine.inputs"
local outcome = require "passo.engine.outcome"

local Execution = setmetatable({}, { __index = Run })
Execution.__index = Execution

-- A snapshot is written when the records since the last one have grown beyond this, and beyond the snapshot itself.
local SNAPSHOT_BYTES = 256 * 1024
-- Bursts of one execution on their way to the store, while it goes on.
local MOST_PENDING = 8
-- Who waits for a callback stays in memory that long: most answers come soon.
local LINGER_MS = 1000
-- A wait that is longer than this is slept through in the store.
local NAP_MS = 1000

local Journal = {}
Journal.__index = Journal

--- A live execution around an exec that records.
---@param engine passo.Engine
---@param exec passo.Exec
---@param machine passo.Machine
---@param row table the store's: id, epoch, seq, last_event, arn, type, ...
function Execution.new(engine, exec, machine, row)
  local host = engine.host:for_run()
  -- One table of the right size at once: thousands begin every second.
  return setmetatable({
    exec = exec, host = host, perform = engine.perform, journal = Journal, tasks = {}, queue = {}, other = {},
    queued = 0, event = host:event(), -- what the driver has
    engine = engine, machine = machine, handlers = engine.handlers, own = machine.own, fallback = engine.fallback,
    aws = engine.aws, profile = row.profile, is_express = row.type ~= "STANDARD",
    row = row, id = row.id, epoch = row.epoch, seq = row.seq or 0, last_event = row.last_event or 0,
    forgets_children = true, forgets_events = true,
    task_tokens = {}, fed = 0, kept = 0, kept_by_take = 0, bytes = 0, snapshot_bytes = 0,
    dead_tokens = nil, consumed = nil, heard = nil, waiters = nil, enders = nil, -- lists, made when needed
    ending = nil, finished = nil, output = nil, result_text = nil, stop_ms = nil, has_told_end = nil,
    error_name = nil, error_cause = nil, pending = nil, pendings = 0, pumping = nil, committing = nil,
  }, Execution)
end

-- feeding ----------------------------------------------------------------------------------------

--- Gives it an input of the world's; it is journaled with the next burst. nil, message, failure when it is stale.
function Execution:take_input(verb, first, second, third)
  local ok, message, failure = inputs.feed(self.exec, self.host:now_ms(), verb, first, second, third)
  local token = inputs.token(verb, first)
  if ok and token and (verb == "resume" or verb == "fail") then
    self:forget_token(token)
    if self.awaited then self.awaited[token] = nil end
    for i = 1, self.queued do
      if self.queue[i].token == token then self.queue[i].is_cancelled = true end
    end
    local command = self.tasks[token]
    if command and command.worker then -- what was done for the task has become idle: a job that is asked after, say
      self.tasks[token], command.is_cancelled = nil, true
      self.host:interrupt(command.worker)
    end
  end
  if ok then self.fed = self.fed + 1 end
  driver.wake(self)
  return ok, message, failure
end

--- The same for a row of the inbox, which vanishes with the append that keeps what it brought about.
function Execution:take_letter(letter)
  self.heard, self.consumed = self.heard or {}, self.consumed or {}
  if self.heard[letter.id] then return end
  self.heard[letter.id] = true
  self.consumed[#self.consumed + 1] = letter.id
  self:take_input(letter.verb, inputs.decode(letter.verb, letter.body))
end

--- Waits until everything fed so far is kept: true, or nil, message, failure when the execution was given up.
function Execution:wait_kept()
  local wanted = self.fed
  local host = self.engine.host
  while self.kept < wanted do
    if self.broken then return nil, self.broken, self.failure end
    local event = host:event()
    self.waiters = self.waiters or {}
    self.waiters[#self.waiters + 1] = event
    host:wait(event)
  end
  return true
end

local function tell_waiters(run)
  local waiters = run.waiters
  if not waiters then return end
  run.waiters = nil
  for _, event in ipairs(waiters) do run.engine.host:set(event) end
end

--- For a handler that has begun a job elsewhere: when this answers true, the job will be awaited, whatever happens
--- to this process, and not begun again.
function Execution:submit(token, value)
  if self.finished or self.broken or self.asleep then
    return nil, "the execution is over", { code = "ESTALE", message = "the execution is over" }
  end
  local ok, message, failure = self:take_input("submitted", token, value)
  if not ok then return nil, message, failure end
  return self:wait_kept()
end

function Execution:forget_token(number)
  local text = self.task_tokens[number]
  if not text then return end
  self.task_tokens[number] = nil
  self.dead_tokens = self.dead_tokens or {}
  self.dead_tokens[#self.dead_tokens + 1] = text
end

--- The core waits for this command no longer (a timeout, a sibling's failure): nobody can answer for it any more, and
--- what was begun for it ends.
function Execution:cancelled(token)
  self:forget_token(token)
  if self.awaited then self.engine:abandon(self, token) end
end

-- appending --------------------------------------------------------------------------------------

-- Task tokens that are handed out with this burst: answers may come to any process.
local function new_tokens(run)
  local tokens
  for i = 1, run.queued do
    local command = run.queue[i]
    if command.kind == "TASK" and command.task_token and not command.is_cancelled
      and not run.task_tokens[command.token] then
      run.task_tokens[command.token] = command.task_token
      local activity = run.engine:activity_of(command.state)
      tokens = tokens or {}
      tokens[#tokens + 1] = { token = command.task_token, number = command.token, activity = activity,
        input = activity and command.input:json() or nil }
    end
  end
  return tokens
end

local function dead_tokens(run)
  if run.ending then
    for number in pairs(run.task_tokens) do run:forget_token(number) end
  end
  local dead = run.dead_tokens
  run.dead_tokens = nil
  return dead
end

local function result_of(ending)
  return outcome.write(ending.output, ending.err, ending.cause)
end

-- One that only waits has got through everything that could bring its process down: it is no suspect any more.
local function absolve(run)
  if not run.crashes or run.queued > 0 or next(run.tasks) then return end
  run.crashes = nil
  run.engine.store:amend(run.id, { crashes = 0 }, run.epoch)
  run.engine:trial_over(run)
end

-- Whether nothing is left to do for it here but to wait, and for how long: asleep until `due_ms`, or for ever.
local function may_sleep(run)
  local lingers_until = run.linger_until
  run.linger_until = nil
  if run.queued > 0 or run.ending or next(run.tasks) then return false end
  local due_ms = run.exec:deadline()
  local now_ms = run.host:now_ms()
  if due_ms and due_ms - now_ms <= NAP_MS then return false end
  if (next(run.task_tokens) or (run.awaited and next(run.awaited))) and now_ms < (lingers_until or math.huge) then
    run.linger_until = lingers_until or now_ms + LINGER_MS
    return false
  end
  return true, due_ms
end

-- Waits for everything on its way: appends of one execution are kept in order, so the last one tells of all.
local function settle(run)
  local last = run.pending
  run.pending, run.pendings = nil, 0
  if last then
    local ok, message, failure = last:wait()
    if not ok then
      tell_waiters(run)
      return nil, message, failure
    end
  end
  run.kept = run.kept_by_take
  tell_waiters(run)
  if not run.crashes then run.engine:trial_over(run) end
  return true
end

local function snapshot(run, record)
  run.bytes = run.bytes + #record
  if run.bytes < SNAPSHOT_BYTES or run.bytes < run.snapshot_bytes then return nil end
  -- An older format may have no place for what it is: then there is none, and its whole journal is read.
  local bytes, blobs = run.exec:save(run.engine.written.snapshot)
  run.bytes, run.snapshot_bytes = 0, bytes and #bytes or run.snapshot_bytes
  if not bytes then return nil end
  return bytes, blobs
end

-- Letters to others: its children that it has given up, its parent.
local function posts_of(run, ending)
  if not run.abandoned and not (ending and run.row.parent) then return nil end
  return run.engine:posts_of(run, ending)
end

local function append_of(run, record, events, blobs, goes_on)
  local ending, engine, last_event = run.ending, run.engine, run.last_event
  local append = { id = run.id, owner = engine.worker, epoch = run.epoch, seq = run.seq + 1, record = record,
    first_event = last_event + 1, last_event = last_event + (events and #events or 0),
    status = ending and ending.status or "RUNNING", due_ms = not ending and run.exec:deadline() or nil,
    tokens = new_tokens(run), dead_tokens = dead_tokens(run), blobs = blobs, consumed = run.consumed,
    posts = posts_of(run, ending), result = ending and result_of(ending),
    stop_ms = ending and run.host:now_ms(), crashes = run.crashes and 0, release = nil, snapshot = nil }
  run.crashes, run.consumed = nil, nil
  if not ending and record and not goes_on then
    local more
    append.snapshot, more = snapshot(run, record)
    if more then
      append.blobs = append.blobs or {}
      for _, blob in ipairs(more) do append.blobs[#append.blobs + 1] = blob end
    end
  end
  return append
end

--- Keeps a burst. Without a record there is nothing to keep, but it may be time to sleep.
function Journal.commit(_, run, goes_on)
  if run.is_express then return run:commit_express() end
  local record, events, blobs = run.exec:take_record()
  run.kept_by_take = run.fed
  local sleeps, due_ms
  if not goes_on then sleeps, due_ms = may_sleep(run) end
  -- What ended with its first burst has that burst in the store already, but not its end.
  local ends = run.ending and not run.has_told_end
  if not record and not sleeps and not ends and not run.consumed then
    if not goes_on then absolve(run) end
    return settle(run)
  end
  run.has_told_end = run.ending ~= nil
  -- It may be told more while this waits: what is kept is what it was when the record was taken.
  local append = append_of(run, record, events, blobs, goes_on)
  if events and facts.of(run.machine).has_map_runs then
    local ok, message, failure = run.engine:note_map_runs(run, events)
    if not ok then return nil, message, failure end
    sleeps = sleeps and run.fed == run.kept_by_take
  end
  if sleeps then
    append.release, append.due_ms = true, due_ms
    run.asleep = true
  end
  if run.log and events then run.log:take(run, events) end
  run.seq, run.last_event = append.seq, append.last_event
  if run.ending then run.result_text, run.stop_ms = append.result, append.stop_ms end
  local pending, message, failure = run.engine.store:append(append)
  if not pending then
    tell_waiters(run)
    return nil, message, failure
  end
  if pending ~= true then run.pending, run.pendings = pending, run.pendings + 1 end
  if goes_on and run.pendings < MOST_PENDING then return true end
  local ok
  ok, message, failure = settle(run)
  if not ok then return nil, message, failure end
  if append.posts then run.engine:rouse() end
  return sleeps and "asleep" or true
end

--- When the driver must look again although the core has no timer that is due: who lingers goes to sleep then.
function Journal.deadline(_, run, deadline_ms)
  local at = not run.asleep and next(run.tasks) == nil and run.linger_until
  if not at then return deadline_ms end
  return deadline_ms and math.min(deadline_ms, at) or at
end

-- An Express execution keeps its start and its end only: after a crash it begins again.
function Execution:commit_express()
  local ending = self.ending
  local events = self.exec:take_events()
  if self.log then self.log:take(self, events) end
  self.kept_by_take = self.fed
  self.last_event = self.last_event + #events
  if not ending or self.result_text then -- nothing to keep yet, or no more
    self.kept = self.fed
    tell_waiters(self)
    return true
  end
  local append = { id = self.id, owner = self.engine.worker, epoch = self.epoch, seq = self.seq + 1,
    first_event = self.last_event + 1, last_event = self.last_event, status = ending.status, crashes = 0,
    result = result_of(ending), stop_ms = self.host:now_ms(), posts = posts_of(self, ending),
    consumed = self.consumed }
  self.seq, self.result_text, self.stop_ms = append.seq, append.result, append.stop_ms
  if self.keep_later then -- who waits for its end does not wait for the disk
    self:keep_later(append)
    return settle(self)
  end
  local pending, message, failure = self.engine.store:append(append)
  if not pending then return nil, message, failure end
  if pending ~= true then self.pending = pending end
  local ok
  ok, message, failure = settle(self)
  if not ok then return nil, message, failure end
  if append.posts then self.engine:rouse() end
  return true
end

-- its life ---------------------------------------------------------------------------------------

--- Polls a burst without performing anything, into the fields of the insert, or the reopening, that begins with it;
--- `...`: what was polled of it before.
function Execution:burst(fields, ...)
  driver.take(self, ...)
  driver.collect(self)
  local ending = self.ending
  if ending then
    fields.status, fields.result, fields.stop_ms = ending.status, result_of(ending), self.host:now_ms()
    fields.posts = posts_of(self, ending)
  else
    fields.tokens, fields.due_ms = new_tokens(self), self.exec:deadline()
  end
  if self.is_express then return end
  local record, events, blobs = self.exec:take_record()
  if self.log then self.log:take(self, events) end
  if facts.of(self.machine).has_map_runs then self.engine:note_map_runs(self, events) end
  fields.record, fields.blobs, fields.first_event = record, blobs, self.last_event + 1
  self.last_event, self.seq = self.last_event + #events, self.seq + 1
  fields.last_event = self.last_event
end

--- Its row as it ended, for who waits for that: the store need not be asked.
function Execution:final_row()
  local row = self.row
  row.status, row.result, row.stop_ms, row.owner, row.due_ms = self.finished, self.result_text, self.stop_ms, nil, nil
  row.seq, row.last_event = self.seq, self.last_event
  row.output = self.output
  return row
end

--- Sets the event when the execution leaves this process: it has ended, sleeps, or was given up.
function Execution:tell_end(event)
  self.enders = self.enders or {}
  self.enders[#self.enders + 1] = event
end

local function ended(run)
  driver.run(run)
  if run.finished and run.log then run:see_off() end
  run.engine:leave(run)
end

--- Polls what a recovered execution still has to do, and what of it the store knows already: true, or nil, message,
--- failure where that cannot be asked.
function Execution:take_up()
  driver.collect(self)
  for i = 1, self.queued do
    local command = self.queue[i]
    command.is_recovered = true
    self.engine:recall_child(self, command)
    if command.task_token then
      local known, message, failure = self.engine.store:token(command.task_token)
      if failure then return nil, message, failure end
      if known then self.task_tokens[command.token] = command.task_token end
    end
  end
  return true
end

--- Goes on in a job of its own, until it ends, sleeps or is given up.
function Execution:go_on()
  self.kept_by_take = self.fed
  self.engine:spawn(ended, self)
end

return Execution
