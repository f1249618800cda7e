--- passo.engine: many durable executions, in a store that they survive in. This file: making one, and what the other
--- files rest on; which verbs they have, says parts.lua.
---
---   local engine = assert(passo.engine { store = "sqlite:shop.db", handlers = handlers })
---   engine:create_state_machine("checkout", machine)
---   local started = assert(engine:start_execution("checkout", { order = 42 }, { name = "order-42" }))
---   print(engine:await(started.executionArn).status)
local core = require "passo.core"
local current = require "passo.host.current"
local facts = require "passo.engine.facts"
local parts = require "passo.engine.parts"
require "passo.host.inherit"("passo.", [[store store.memory store.sqlite store.postgres engine.options engine.keeper
  engine.trials engine.constraints engine.definitions engine.journal engine.execution logging log text aws.check
  aws.limits]])
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

local function call(run, command)
  return require("passo.task").call(run, command)
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
  self.perform = { TASK = later "perform_command", CALL = call, CHILD = later "perform_child",
    READ = later "perform_read", WRITE = later "perform_write" }
  return self
end

local function refuse(code, message)
  return nil, message, { code = code, message = message }
end

-- Most programs give a store's URL and handlers: what is surely right needs no checking.
local function is_plain(options)
  if type(options) ~= "table" or type(options.store) ~= "string" then return false end
  for name, value in pairs(options) do
    if name == "handlers" and type(value) == "table" then
      for key, handler in pairs(value) do
        if type(key) ~= "string" or type(handler) ~= "function" then return false end
      end
    elseif name ~= "store" then
      return false
    end
  end
  return true
end

-- Who opens an engine to start an execution has that done before the keeper's first round.
local KEEPER_MS = 5

local function keep(engine)
  local host = engine.host:for_run()
  if not host.virtual_ms then host:wait(engine.bell, host:now_ms() + KEEPER_MS) end
  require("passo.engine.keeper").run(engine)
end

--- Opens an engine: it begins at once to go on with what its store has for it.
---@param options passo.EngineOptions
---@return passo.Engine? engine nil, message, failure
function Engine.open(options)
  if not is_plain(options) then require("passo.engine.options").check(options) end
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
  self.host:detach(keep, self)
  if self.host.when_leaving then self.host:when_leaving(function() self:rouse() end) end
  return self
end

--- What the worker's row tells others: `format` is the newest format of the store that it reads.
function Engine:info()
  return core.encode { name = self.name, live = self.live_count, format = self.reads_format,
    missing = core.object(self:missing_list()) }
end

function Engine:register()
  local id, message, failure = self.store:register { name = self.name or "", ttl_ms = self.lease_ms,
    info = self:info() }
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
  local ok, message = true, nil
  if facts.of(machine).has_tasks then
    ok, message = require("passo.task").check(machine.all_states, self.handlers, machine.own, function(state)
      return self:activity_of(state) or self.fallback(state)
    end, self.aws)
  end
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

-- executions in this process ------------------------------------------------------------------------

--- The run is this process's from now on.
function Engine:join(run)
  if self.trial then require("passo.engine.trials").joined(self, run) end
  self.live[run.id], self.live_by_arn[run.row.arn] = run, run
  self.live_count = self.live_count + 1
end

--- What is tried here has got further, or is not here any more.
function Engine:trial_over(run)
  if self.trial then require("passo.engine.trials").over(self, run) end
end

--- A call that was to make executions ours has failed. Where its answer was lost on the way, they are, and nobody here
--- knows of them: the keeper looks for such.
local DOUBT_MS = 1000
function Engine:doubt(failure)
  if failure and failure.code == "ESTORE" then self.doubts_at_ms = self:now_ms() + DOUBT_MS end
end

--- An execution that this process does not drive any more: it has ended, sleeps, or was given up.
function Engine:leave(run)
  if self.live[run.id] ~= run then return end
  self.live[run.id], self.live_by_arn[run.row.arn] = nil, nil
  self.live_count = self.live_count - 1
  self:trial_over(run)
  if self.session then self:rouse() end
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

return Engine
