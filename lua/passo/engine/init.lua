--- passo.engine: many durable executions, in a store that they survive in. This file: making one, its life, and the
--- heart that the verbs of the other files rest on (begin, post, resume, quarantine).
---
---   local engine = assert(passo.engine { store = "sqlite:shop.db", handlers = handlers })
---   engine:create_state_machine("checkout", machine)
---   local started = assert(engine:start_execution("checkout", { order = 42 }, { name = "order-42" }))
---   print(engine:await(started.executionArn).status)
local Execution = require "passo.engine.execution"
local current = require "passo.host.current"
local inputs = require "passo.engine.inputs"
local keeper = require "passo.engine.keeper"
local parts = require "passo.engine.parts"
local recover = require "passo.engine.recover"
local task = require "passo.task"
require "passo.host.inherit"("passo.", [[store store.memory store.sqlite store.postgres engine.options logging log text
  aws.check aws.limits]])
require "passo.host.inherit"("passo.", "sqlite.core postgres.core", true)

---@class passo.Engine
local Engine = {}
Engine.__index = Engine
Engine.__name = "passo.engine"

parts.install(Engine)

-- options ----------------------------------------------------------------------------------------

local LEASE_SECONDS = 10
local POLL_SECONDS = 1
local FOR_EVER_MS = 2 ^ 52

local function milliseconds(seconds)
  return math.floor(seconds * 1000 + 0.5)
end

-- A virtual clock jumps from one deadline to the next: a lease on it would only make it stop more often.
local function periods(self, options, host)
  local is_virtual = host.virtual_ms ~= nil
  self.lease_ms = options.lease_seconds and milliseconds(options.lease_seconds)
    or (is_virtual and FOR_EVER_MS or milliseconds(LEASE_SECONDS))
  self.poll_ms = options.poll_seconds and milliseconds(options.poll_seconds)
    or (is_virtual and math.huge or milliseconds(POLL_SECONDS))
end

-- making one -------------------------------------------------------------------------------------

local STEP_FUNCTIONS = { states = true, ["aws-sdk:sfn"] = true }

local function performers_of(self)
  return function(state)
    if STEP_FUNCTIONS[state.service] then
      local handler = self:nested_performer(state)
      if handler then return handler end
    end
    for _, performer in ipairs(self.performers) do
      local handler = performer(self, state)
      if handler then return handler end
    end
  end
end

local function later(name)
  return function(run, command) return run.engine[name](run.engine, run, command) end
end

-- After a crash nobody knows whether a task that was under way has had its effect.
local function perform_task(run, command)
  if command.is_recovered and command.stage ~= "submitted" and run.engine:is_lost(command) then
    return task.refuse(run, command, task.WORKER_LOST,
      "the worker that performed this task died; whether it had its effect is not known")
  end
  if run.engine:leaves_to_others(run, command) then
    command.is_left = true
    return
  end
  return run.engine:perform_task(run, command)
end

local function new(options)
  local host = options.clock or options.host or current.host()
  local self = setmetatable({ options = options, host = host, handlers = {}, name = options.name,
    region = options.region or "us-east-1", account = options.account or "123456789012",
    role_arn = options.role_arn, profile = options.profile, max_running = options.max_running or 1000,
    lost_tasks = options.lost_tasks, limits = options.limits or {},
    retention_days = options.retention_days or 90, live = {}, live_by_arn = {}, live_count = 0,
    machines_by_revision = {}, targets = {}, refused = {}, just_ended = nil, orphans = {}, suspects = {}, births = {},
    performers = {}, duties = {}, duty_at_ms = {}, bell = host:event(), gone = host:event(),
    renew_at_ms = 0, bury_at_ms = 0, next_round_ms = math.huge }, Engine)
  for name, handler in pairs(options.handlers or {}) do self.handlers[name] = self:limited(name, handler) end
  periods(self, options, host)
  self.fallback = performers_of(self)
  self.perform = { TASK = perform_task, CALL = task.call, CHILD = later "perform_child", READ = later "perform_read",
    WRITE = later "perform_write" }
  return self
end

local function refuse(code, message)
  return nil, message, { code = code, message = message }
end

--- Opens an engine: it begins at once to go on with what its store has for it.
---@param options passo.EngineOptions
---@return passo.Engine? engine nil, message, failure
function Engine.open(options)
  require("passo.engine.options").check(options)
  if rawget(_G, "ngx") and ngx.get_phase and (ngx.get_phase() == "init" or ngx.get_phase() == "init_by_lua") then
    return refuse("EHOST", "passo.engine: before nginx forks its workers no engine can be opened; do it in init_worker")
  end
  local self = new(options)
  local message, failure
  if options.aws then self.aws = require("passo.aws.tasks").new(options.aws) end
  self.store, message, failure = require("passo.store").open(options.store, { host = self.host })
  if not self.store then return nil, message, failure end
  self.owns_store = type(options.store) == "string"
  self.keeps_execs = self.store.keeps_execs == true
  local ok
  ok, message, failure = self:look_at_format()
  local only_asks = self.max_running == 0 -- and tells: no lease, no keeper
  if ok and not only_asks then ok, message, failure = self:register() end
  if not ok then
    if self.owns_store then self.store:close() end
    return nil, message, failure
  end
  if only_asks then return self end
  self:begin_duties()
  self.host:detach(keeper.run, self)
  if self.host.when_leaving then self.host:when_leaving(function() self:rouse() end) end
  return self
end

function Engine:register()
  local id, message, failure = self.store:register { name = self.name or "", ttl_ms = self.lease_ms,
    info = keeper.info(self) }
  if not id then return nil, message, failure end
  local ok
  ok, message, failure = self:look_at_format() -- who upgrades the store has seen us, or is seen
  if not ok then
    self.store:resign(id)
    return nil, message, failure
  end
  self.worker = id
  self.store:bell(function() self:rouse() end, id)
  self.renew_at_ms = self:now_ms() + math.floor(self.lease_ms / 3)
  return true
end

function Engine:now_ms()
  return self.host:now_ms()
end

--- Wakes the keeper: something may have to be done.
function Engine:rouse()
  self.host:set(self.bell)
end

--- Runs fn(argument) in a job that no caller's end takes with it.
function Engine:spawn(fn, argument)
  self.host:detach(fn, argument)
end

-- troubles with the store, and their end ---------------------------------------------------------------

-- Where nobody has asked to be told: nginx has a log; elsewhere only what is a program's error goes to stderr.
local function log(message, failure)
  local nginx = rawget(_G, "ngx")
  if nginx and nginx.log then
    nginx.log(nginx.ERR, "passo: ", message or "the engine goes on")
  elseif failure and failure.code == "EKEEPER" then
    io.stderr:write("passo: ", message, "\n")
  end
end

-- A store that is away says so in changing words: what has one code is one trouble.
function Engine:trouble(message, failure)
  local code = failure and failure.code or message
  if self.in_trouble == code then return end
  self.in_trouble = code
  local tell = self.options.on_trouble or log
  tell(message, failure)
end

function Engine:recovered()
  if not self.in_trouble then return end
  self.in_trouble = nil
  local tell = self.options.on_trouble or log
  tell(nil)
end

-- machines ---------------------------------------------------------------------------------------

--- The compiled machine of a revision; nil, message, failure.
---@param revision string
---@return passo.Machine? machine
function Engine:machine(revision)
  local machine = self.machines_by_revision[revision]
  if machine then return machine end
  local document, message, failure = self:revision_document(revision)
  if not document then return nil, message, failure end
  machine, message, failure = self:compile_revision(document)
  if not machine then return nil, message, failure end
  self.machines_by_revision[revision] = machine
  return machine
end

--- Whether this process has a performer for every Task of the machine; else what is missing, in words.
---@return boolean can
---@return string? message
function Engine:can_run(revision, machine)
  local known = self.refused[revision]
  if known ~= nil then return known == false, known or nil end
  if self.aws then
    local ok, message = self.aws:ready(machine)
    if not ok then return false, message end
  end
  local ok, message = task.check(machine.all_states, self.handlers, machine.own, function(state)
    return self:activity_of(state) or self.fallback(state)
  end, self.aws)
  self.refused[revision] = not ok and message or false
  return ok and true or false, message
end

--- Handlers that are added while the engine runs: what was refused for want of them is looked at again.
function Engine:add_handlers(handlers)
  require("passo.engine.options").check_handlers(handlers)
  for name, handler in pairs(handlers) do self.handlers[name] = self:limited(name, handler) end
  self.refused = {}
  self:rouse()
end

function Engine:refused_list()
  local list = {}
  for revision, message in pairs(self.refused) do
    if message then list[#list + 1] = revision end
  end
  return self:add_crowded(list)
end

function Engine:missing_list()
  local list = {}
  for revision, message in pairs(self.refused) do
    if message then list[#list + 1] = { revision, message } end
  end
  return list
end

-- tasks ------------------------------------------------------------------------------------------

--- The ARN of the activity whose workers do a state's tasks; nil when a handler of this process does them.
function Engine:activity_of(state)
  if state.family ~= "activity" then return nil end
  local handler = task.find(self.handlers, state)
  return not handler and state.resource or nil
end

--- Whether a task that a dead worker may have performed is to fail: the option `lost_tasks`.
function Engine:is_lost(command)
  local lost, state = self.lost_tasks, command.state
  -- Workers of an activity are elsewhere; what performs for the engine itself finds what it has begun.
  if self:activity_of(state) or (not task.find(self.handlers, state) and self.fallback(state)) then return false end
  if type(lost) == "table" then
    lost = lost[state.name] or lost[state.resource] or lost[state.function_name or false] or lost.default
  end
  return lost == "fail"
end

function Engine:perform_task(run, command)
  if self:activity_of(command.state) then -- its workers are told of it by its token
    run.tasks[command.token] = nil
    return self:offered_activity()
  end
  return task.perform(run, command)
end

-- executions: go on, leave (how they begin: engine/begin.lua) --------------------------------------------

--- The run is this process's from now on.
function Engine:join(run)
  self.live[run.id], self.live_by_arn[run.row.arn] = run, run
  self.live_count = self.live_count + 1
end

--- A call that was to make executions ours has failed. Where its answer was lost on the way, they are, and nobody here
--- knows of them: the keeper looks for such.
local DOUBT_MS = 1000
function Engine:doubt(failure)
  if failure and failure.code == "ESTORE" then self.doubts_at_ms = self:now_ms() + DOUBT_MS end
end

--- Lets go of an execution that was claimed; what the store does not take back now, it does later.
function Engine:let_go(row, due_ms)
  local ok, _, failure = self.store:release(row.id, self.worker, row.epoch, due_ms)
  if not ok and failure.code ~= "EFENCED" then self.orphans[row.id] = row.epoch end
end

--- Sets an execution aside: it stays RUNNING, and nobody claims it until an operator says so.
function Engine:quarantine(row, reason)
  self.store:amend(row.id, { quarantine = reason }, row.epoch)
  self:let_go(row, row.due_ms)
end

-- The store is away: that says nothing about the execution, which is tried again later.
local function put_off(self, row, message, failure)
  self.orphans[row.id] = row.epoch
  self:trouble(message, failure)
end

--- Goes on with an execution that this process has claimed.
---@param row table as store:claim gives it with `load`
function Engine:resume(row)
  local machine, message, failure = self:machine(row.revision)
  if not machine and failure.code == "ESTORE" then return put_off(self, row, message, failure) end
  if not machine then self.refused[row.revision] = message end
  if not machine or not self:can_run(row.revision, machine) then return self:let_go(row, row.due_ms) end
  if not self:has_room(row.machine) then
    self:crowd(row)
    return self:let_go(row, row.due_ms or self:now_ms())
  end
  if row.type == "EXPRESS_SYNC" then return self:lose_express(row) end
  local exec
  exec, message, failure = recover.exec(self.store, machine, row, self:record_options(self.profile))
  if not exec and failure.code == "ESTORE" then return put_off(self, row, message, failure) end
  if not exec and failure.code == "EUNSUPPORTED" then return self:refuse_to_run(message, failure) end
  if not exec then return self:quarantine(row, message) end
  local run = Execution.new(self, exec, machine, row)
  local letters = row.inbox
  row.birth, row.snapshot, row.records, row.inbox = nil, nil, nil, nil
  run.crashes, run.resumed_ms = row.crashes > 0 and row.crashes or nil, self:now_ms()
  if self.options.logging then run.log = require("passo.logging").new(self.options.logging, run) end
  self:join(run)
  local ok
  ok, message, failure = run:take_up()
  if not ok then
    run.broken, run.failure = message, failure
    return self:leave(run)
  end
  for _, letter in ipairs(letters) do run:take_letter(letter) end
  exec:tick(self:now_ms())
  run:go_on()
end

local REOPENING_MS = 60000

-- Who performs nothing reopens by a worker of the moment: what that leaves is due at once, for those that do.
local function reopen(self, reopening)
  if self.worker then
    reopening.owner = self.worker
    return self.store:reopen(reopening)
  end
  local worker, message, failure = self.store:register { name = "redrive", ttl_ms = REOPENING_MS, info = "{}" }
  if not worker then return nil, message, failure end
  reopening.owner = worker
  local reopened
  reopened, message, failure = self.store:reopen(reopening)
  self.store:resign(worker)
  return reopened, message, failure
end

--- Begins an ended execution again where it failed: nil, message, failure when it cannot be.
---@param row table the store's, of an execution that has ended
---@return table? row as it is now
function Engine:redrive(row)
  local machine, message, failure = self:machine(row.revision)
  if not machine then return nil, message, failure end
  local loaded, exec
  loaded, message, failure = self.store:load(row.id)
  if not loaded then return nil, message, failure end
  exec, message, failure = recover.exec(self.store, machine, loaded, self:record_options(self.profile))
  if not exec then return nil, message, failure end
  local now_ms = self:now_ms()
  local ok
  ok, message, failure = exec:redrive(now_ms)
  if not ok then return nil, message, failure end
  local run = Execution.new(self, exec, machine, row)
  run.seq, run.last_event = loaded.seq, loaded.last_event
  local reopening = { id = row.id, epoch = row.epoch, redrive_ms = now_ms,
    redrive_count = (row.redrive_count or 0) + 1 }
  run:burst(reopening)
  local reopened
  self.births[row.arn] = true
  reopened, message, failure = reopen(self, reopening)
  self.births[row.arn] = nil
  if not reopened then
    exec:close()
    self:doubt(failure)
    return nil, message, failure
  end
  run.row, run.epoch = reopened, reopened.epoch
  if not self.worker then
    exec:close()
    self.store:ring()
    return reopened
  end
  self:join(run)
  run:go_on()
  return reopened
end

--- An execution that this process does not drive any more: it has ended, sleeps, or was given up.
function Engine:leave(run)
  if self.live[run.id] ~= run then return end
  self.live[run.id], self.live_by_arn[run.row.arn] = nil, nil
  self.live_count = self.live_count - 1
  local code = run.failure and run.failure.code
  if code == "EHANDED" then
    self.store:release(run.id, self.worker, run.epoch, self:now_ms())
    self.store:ring()
  elseif run.broken and code ~= "EFENCED" then
    if code == "ENOHANDLER" then self.refused[run.row.revision] = run.broken
    elseif run.failure then self:trouble(run.broken, run.failure) end
    self.orphans[run.id] = run.epoch
    self:rouse()
  elseif run.asleep or self.live_count == self.max_running - 1 then
    local due_ms = run.asleep and run.exec:deadline()
    if not run.asleep or (due_ms and due_ms < self.next_round_ms) then self:rouse() end
  end
  for _, event in ipairs(run.waiters or {}) do self.host:set(event) end
  for _, event in ipairs(run.enders or {}) do self.host:set(event) end
  run.waiters, run.enders = nil, nil
  if run.gone then run.gone() end
  run.exec:close()
end

--- Gives up everything in memory: the store says that it is others'.
function Engine:lose_all(message)
  for _, run in pairs(self.live) do
    run.broken, run.failure = message, { code = "EFENCED", message = message }
    self.host:set(run.event)
  end
end

-- inputs -----------------------------------------------------------------------------------------

-- Tells a run in this process: true when that is kept; nil, message, failure when it wants no such thing; nothing when
-- it was given up meanwhile.
local function tell_run(run, verb, first, second, third)
  if run.finished or run.ending then
    return nil, "the execution is over", { code = "ESTALE", message = "the execution is over" }
  end
  local ok, message, failure = run:take_input(verb, first, second, third)
  if not ok then return nil, message, failure end
  return run:wait_kept() and true or nil
end

--- Tells an execution something, wherever it is: "resume" (token, value), "fail" (token, error, cause), "beat" (token),
--- "submitted" (token, value), "started" (token, worker), "stop" (error, cause), "update" (token, limits). When this
--- answers true, it is kept.
---@param execution integer|table its id or its row
---@param token? string the text of the task token that this answers
---@return boolean? kept nil, message, failure (ESTALE: it waits for no such thing any more)
function Engine:post(execution, verb, first, second, third, token)
  local id = type(execution) == "table" and execution.id or execution
  local run = self.live[id]
  if run and not (run.asleep or run.broken) then
    local ok, message, failure = tell_run(run, verb, first, second, third)
    if ok == true then return true end
    if failure and failure.code ~= "ESTALE" then return nil, message, failure end
    -- Another's answer may have made it stale, and is not kept yet: it may be lost.
    if failure and run:wait_kept() then
      -- A process that has stalled may not know yet that others have taken the execution over, and got further.
      local row, why, trouble = self.store:describe_id(id)
      if trouble then return nil, why, trouble end
      if row and row.owner == self.worker and row.epoch == run.epoch then return nil, message, failure end
    end
  end
  local body, message, failure = inputs.encode(verb, first, second, third)
  if not body then return nil, message, failure end
  local ok
  ok, message, failure = self.store:post(id, verb, body, token)
  if not ok then return nil, message, failure end
  self:rouse()
  return true
end

-- waiting ----------------------------------------------------------------------------------------

local FIRST_LOOK_MS, LONGEST_LOOK_MS = 20, 1000

--- Waits until the execution has ended: its row; nil, message, failure ("ETIMEOUT" at the deadline).
---@param id integer
---@param deadline_ms? number
function Engine:await_row(id, deadline_ms)
  local host, pause_ms = self.host, FIRST_LOOK_MS
  while true do
    local run = self.live[id]
    local at = deadline_ms
    if run and not run.asleep then
      local event = host:event()
      run:tell_end(event)
      local woken, message = host:wait(event, at)
      if woken == nil then return nil, message, { code = "EIDLE", message = message } end
      if run.finished then return run:final_row() end
    end
    local row, message, failure = self.store:describe_id(id)
    if not row then return nil, message, failure end
    if row.status ~= "RUNNING" then return row end
    if deadline_ms and self:now_ms() >= deadline_ms then
      return refuse("ETIMEOUT", "the execution has not ended yet")
    end
    if not self.live[id] then
      -- Elsewhere, or asleep: nobody rings for its end.
      at = self:now_ms() + pause_ms
      pause_ms = math.min(pause_ms * 2, LONGEST_LOOK_MS)
      host:wait(host:event(), deadline_ms and math.min(at, deadline_ms) or at)
    end
  end
end

-- the end ----------------------------------------------------------------------------------------

--- Whether the host is about to end: nginx's worker leaves.
function Engine:must_leave()
  return self.host.is_leaving and self.host:is_leaving()
end

--- Serves until `engine:close()` is called: for programs that do nothing else. nil, message, failure when it had to
--- end by itself ("ENEWER": a newer passo has upgraded the store).
function Engine:run()
  while not self.has_left do self.host:wait(self.gone, self:now_ms() + 3600000) end
  if self.refusal then return nil, self.refusal, self.refusal_failure end
  return true
end

--- Ends, for what is in the store is not for this process: others may go on with it.
function Engine:refuse_to_run(message, failure)
  self.refusal, self.refusal_failure = self.refusal or message, self.refusal_failure or failure
  self:trouble(message, failure)
  if self.is_closing then return end
  self.is_closing = true -- claims nothing more
  self:spawn(function()
    self.is_closing = false
    self:close(0)
  end)
end

--- Whether a task is not begun any more: the process is about to leave. Where others would take it for one that a dead
--- worker may have performed, and would not repeat that, it is begun.
function Engine:leaves_to_others(run, command)
  return self.is_closing and not run.is_express and not self:is_lost(command)
end

local GRACE_MS = 5000
local LOOK_MS = 20

-- Whether something is under way for it in this process that a successor would have to do again.
local function is_busy(run)
  if run.is_express or run.queued > 0 or run.pumping then return true end
  for _, command in pairs(run.tasks) do
    if not command.is_left and command.kind ~= "CHILD" then return true end
  end
  return false
end

-- Others may go on with it at once.
local function let_go(self, run)
  if run.broken then return end
  run.broken, run.failure = "handed over", { code = "EHANDED", message = "handed over" }
  self.host:set(run.event)
end

--- Hands everything over and leaves: executions go on in other processes, or when the next engine is opened. Tasks
--- under way have `grace_seconds` (5) to end; no other is begun.
function Engine:close(grace_seconds)
  if self.is_closed then return true end
  self.is_closing = true
  local deadline_ms = self:now_ms() + (grace_seconds and milliseconds(grace_seconds) or GRACE_MS)
  while (self.live_count > 0 or (self.keeping or 0) > 0) and self:now_ms() < deadline_ms do
    for _, run in pairs(self.live) do
      if not is_busy(run) then let_go(self, run) end
    end
    self.host:wait(self.host:event(), math.min(deadline_ms, self:now_ms() + LOOK_MS))
  end
  self:hand_over()
  self.is_closed = true
  self:rouse()
  local ok, message, failure = true, nil, nil
  if self.worker then ok, message, failure = self.store:resign(self.worker) end
  if self.owns_store then self.store:close() end
  self.has_left = true
  self.host:set(self.gone) -- whoever serves may go only now
  if not ok then return nil, message, failure end
  return true
end

--- Lets go of every execution in memory; others may go on with them at once.
function Engine:hand_over()
  local runs = {}
  for _, run in pairs(self.live) do runs[#runs + 1] = run end
  for _, run in ipairs(runs) do
    run.broken, run.failure = "handed over", { code = "EFENCED", message = "handed over" }
    self.host:set(run.event)
  end
end

return Engine
