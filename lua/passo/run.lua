--- A run: one execution in this process, from passo.load(...):start() or :run().
local core = require "passo.core"
local current = require "passo.host.current"
local driver = require "passo.driver"
local plain = require "passo.host.plain"
local task = require "passo.task"

---@class passo.Run
local Run = {}
Run.__index = Run

-- Most programs have no Distributed Map: what performs it is loaded with its first command.
local function later(name)
  return function(run, command) return require("passo.distributed")[name](run, command) end
end

require "passo.host.inherit"("passo.", "host.ngx distributed ngx text template logging log mockfile aws")

local perform = { TASK = task.perform, START = task.start, CALL = task.call, CHILD = later "child", READ = later "read",
  WRITE = later "write" }

local OPTIONS = { handlers = "table", host = "table", clock = "table", journal = "table", name = "string",
  arn = "string", role_arn = "string", machine_arn = "string", profile = "string", history = "boolean",
  logging = "table" }
local UNTYPED = { seed = true, fallback = true, status = true, aws = true }

-- A handler beside `handlers`, or a name spelt wrongly, would go unnoticed until its state runs.
local function check_names(options, who)
  local names = {}
  for name in pairs(options) do
    if not OPTIONS[name] and not UNTYPED[name] then names[#names + 1] = tostring(name) end
  end
  if #names == 0 then return end
  table.sort(names)
  local known = {}
  for name in pairs(OPTIONS) do known[#known + 1] = name end
  for name in pairs(UNTYPED) do known[#known + 1] = name end
  table.sort(known)
  local hint
  if type(options[names[1]]) == "function" then
    hint = "handlers go into options.handlers"
  else
    local near = require("passo.text").nearest(names[1], known)
    hint = near and ("did you mean '%s'?"):format(near) or "known: " .. table.concat(known, ", ")
  end
  error(("%s: unknown option '%s' (%s)"):format(who, names[1], hint), 5)
end

local function check_options(options, who)
  if options == nil then return {} end
  if type(options) ~= "table" then error(who .. ": options must be a table", 4) end
  check_names(options, who)
  for name, wanted in pairs(OPTIONS) do
    local value = options[name]
    if value ~= nil and type(value) ~= wanted then
      error(("%s: options.%s must be a %s, got %s"):format(who, name, wanted, type(value)), 4)
    end
  end
  if options.clock and not options.clock.now_ms then
    error(who .. ": options.clock is what passo.virtual_clock gives", 4)
  end
  if options.seed ~= nil and not options.clock then
    error(who .. ": a fixed seed is for a virtual clock (options.clock) only", 4)
  end
  return options
end

local function choose_host(options)
  if options.clock or options.host then return options.clock or options.host end
  local host = plain.current() or current.loop()
  if host then return host end
  if rawget(_G, "ngx") and ngx.thread then return require("passo.host.ngx").new() end
  return plain.default()
end

-- On a virtual clock everything repeats: executions nobody gave a seed get the clock's next number.
local function next_seed(host)
  if not host.virtual_ms then return nil end
  host.seeds = (host.seeds or 0) + 1
  return host.seeds
end

local function events_of(batches)
  local events = core.array {}
  for _, batch in ipairs(batches) do
    for i = 1, #batch do events[#events + 1] = batch:get(i) end
  end
  return events
end

-- Most of an output's cost, and of a history's, is its Lua tables: they are made when they are asked for.
local made = {}

function made.output(result)
  if not result.value then return nil end
  local output, message = result.value:lua()
  if message then error("result.output: " .. message .. "; result.value has it whole", 3) end
  return output
end

function made.history(result)
  local batches = rawget(result, "batches")
  return batches and events_of(batches)
end

local Result = {}

function Result:__index(key)
  local make = made[key]
  local value = make and make(self)
  if value ~= nil then rawset(self, key, value) end
  return value
end

--- A run that has not begun; nil, message, failure when it could not be.
---@param machine passo.Machine
---@param input any
---@param options passo.RunOptions
function Run.new(machine, input, options, who)
  local checked = machine.checked -- the tables of the last run: servers give the same ones again and again
  if options == nil or checked[2] ~= options then
    options = check_options(options, who)
    checked[2] = options
  end
  local handlers = options.handlers or {}
  local aws = options.aws and require("passo.aws.tasks").new(options.aws) or nil
  local ok, message, failure
  if aws then
    ok, message, failure = aws:ready(machine)
    if not ok then return nil, message, failure end
  end
  if checked[1] ~= handlers then -- the same handlers again are looked at when a task needs one
    ok, message, failure = task.check(machine.all_states, handlers, machine.own, options.fallback, aws)
    if not ok then return nil, message, failure end
    checked[1] = handlers
  end
  if input == nil then input = {} end -- as StartExecution has it; passo.null is null
  local host = choose_host(options)
  if machine.refuse_input then
    message = machine.refuse_input(input)
    if message then return nil, message, { code = "EINPUT", message = message } end
  end
  local exec
  exec, message, failure = core.exec(machine.core, input, options, host:now_ms(), options.seed or next_seed(host))
  if not exec then return nil, message, failure end
  local run = driver.new(exec, host, perform, options.journal and Run.keeper(exec, options.journal))
  run.machine, run.handlers, run.own, run.fallback = machine, handlers, machine.own, options.fallback
  run.aws, run.profile, run.role_arn = aws, options.profile, options.role_arn
  if options.logging then
    run.log, message, failure = require("passo.logging").new(options.logging, run)
    if message then
      exec:close()
      return nil, message, failure
    end
  end
  return setmetatable(run, Run)
end

--- The seed of the next child execution; nil where the system's randomness gives it.
function Run:child_seed()
  return next_seed(self.host)
end

--- Drives it to its end on this coroutine and gives the result.
function Run:complete()
  local ended, message, failure = driver.run(self)
  self:see_off()
  if not ended then return nil, message, failure end
  return self:result()
end

-- A job at AWS that an execution leaves behind is stopped by a call that others need not wait for; who asks for the
-- result does, for afterwards the program may be over.
local LEAVING_MS = 10000

--- Waits for what the execution's end has set going.
function Run:see_off()
  local leaving, log = self.leaving, self.log
  if not leaving and not log then return end
  self.leaving = nil
  local deadline_ms = self.host:now_ms() + LEAVING_MS
  for _, one in ipairs(leaving or {}) do
    if not one.over then self.host:wait(one.event, deadline_ms) end
  end
  if log then log:close(deadline_ms) end
end

local function drive(run)
  driver.run(run)
  if run.log then run:see_off() end
end

--- Begins: everything that needs no waiting happens at once, the rest as the host goes on.
function Run:begin()
  self.host:spawn(self.log and drive or driver.run, self)
  if self.host.settle then self.host:settle() end
end

--- The result of a run that has ended: status, output, error, cause.
function Run:result()
  if not self.finished then return nil end
  local arn, name = self.exec:identity()
  return setmetatable({ status = self.finished, error = self.error_name, cause = self.error_cause, arn = arn,
    name = name, value = self.output, log_problem = self.log and self.log.problem }, Result)
end

--- "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"
function Run:status()
  return self.finished or self.exec:status()
end

--- Lets time pass; on a virtual clock, at once.
function Run:advance(seconds)
  if type(seconds) ~= "number" or seconds ~= seconds or seconds < 0 then
    error("run:advance: seconds must be a number, not negative", 2)
  end
  self.host:advance(seconds)
  if self.broken then return nil, self.broken, self.failure end
  return true
end

--- Waits for the end: the result, or nil, message, failure.
function Run:finish()
  while not self.finished do
    if self.broken then return nil, self.broken, self.failure end
    local woken, message = self.host:wait(self.over)
    if woken == nil then return nil, message, { code = "EIDLE", message = message } end
  end
  self:see_off()
  return self:result()
end

--- Ends it: ABORTED.
function Run:stop(err, cause)
  return self:input("stop", self.host:now_ms(), err, cause)
end

--- Feeds the core from outside, and lets the consequences happen that need no waiting.
function Run:input(verb, ...)
  local ok, message, failure = driver.post(self, verb, ...)
  if ok and self.host.settle then self.host:settle() end
  return ok, message, failure
end

local function with_token(run, task_token, verb, ...)
  if type(task_token) ~= "string" then error("a task token is a string", 3) end
  local token = not run.finished and run.exec:find_token(task_token)
  if not token then
    local message = "no task waits for this token (any more)"
    return nil, message, { code = "ESTALE", message = message }
  end
  local task_done = verb ~= "beat" and run.tasks[token]
  local ok, message, failure = run:input(verb, token, ...)
  local heard = ok and run.answers and run.answers[token] -- a cassette that records
  if heard then heard(verb, ...) end
  -- What was done for the task has become idle: a job that is asked after, say.
  if ok and task_done and task_done.worker and run.tasks[token] == task_done then
    run.tasks[token], task_done.is_cancelled = nil, true
    run.host:interrupt(task_done.worker)
  end
  return ok, message, failure
end

--- Answers a `.waitForTaskToken` task.
function Run:send_task_success(task_token, output)
  return with_token(self, task_token, "resume", self.host:now_ms(), output)
end

function Run:send_task_failure(task_token, err, cause)
  return with_token(self, task_token, "fail", self.host:now_ms(), err, cause)
end

function Run:send_task_heartbeat(task_token)
  return with_token(self, task_token, "beat", self.host:now_ms())
end

--- The history so far, as AWS's GetExecutionHistory gives it.
---@return passo.Event[]
function Run:history()
  local journal = self.journal and self.journal.journal
  if journal then
    if journal.history then return journal:history() end
    return core.array {}
  end
  return events_of(self:take_batches())
end

--- The same as the core's batches of events, for whoever makes tables of them later, or never.
function Run:take_batches()
  local batches = self.batches or {}
  self.batches = batches
  batches[#batches + 1] = self.exec:take_events()
  return batches
end

local Keeper = {}
Keeper.__index = Keeper

function Keeper:commit(run)
  local record, events = run.exec:take_record()
  if not record then return true end
  local ok, message = self.journal:append(events, record)
  if not ok then
    message = message or "the journal refused an append"
    return nil, message, { code = "EJOURNAL", message = message }
  end
  if run.log then run.log:take(run, events) end
  return true
end

--- The driver's journal around a program's own, which has `append(events, record)` and perhaps `history()`.
function Run.keeper(exec, journal)
  exec:record()
  return setmetatable({ journal = journal }, Keeper)
end

--- A journal that keeps everything in memory: batches of events, and the records that an exec can replay.
function Run.memory_journal()
  return {
    batches = {}, records = {},
    append = function(self, events, record)
      self.batches[#self.batches + 1] = events
      self.records[#self.records + 1] = record
      return true
    end,
    history = function(self)
      return events_of(self.batches)
    end,
  }
end

return Run
