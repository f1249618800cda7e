--- The world outside the workers: it performs their tasks, starts executions and answers tokens at any worker that
--- lives, again and again until it is told that it is kept.
local core = require "passo.core"
local machines = require "simulation.machines"

local World = {}
World.__index = World

local PATIENCE_MS = 20000 -- so long a caller waits for an answer before it asks elsewhere
local GONE = { TaskTimedOut = true, InvalidToken = true }
local DONE = { ExecutionAlreadyExists = true, StateMachineAlreadyExists = true }

function World.new(sim)
  return setmetatable({ sim = sim, wishes = {}, handed = {} }, World)
end

-- -- wishes: what somebody wants done, whatever happens -----------------------------------------------

--- Somebody wants fn(engine) to answer something true, or a failure whose code is in `good`, from `at_ms` on.
function World:wish(at_ms, good, fn)
  local wish = { at_ms = at_ms, good = good, fn = fn }
  self.wishes[#self.wishes + 1] = wish
  return wish
end

local function attempt(self, wish, worker)
  local life, sim = worker.life, self.sim
  wish.at_ms = sim.now_ms + PATIENCE_MS
  worker.host:spawn(function()
    if not life.engine or life.engine.is_closed then return end
    local ok, message, failure = wish.fn(life.engine)
    if ok or failure and wish.good[failure.code] then
      wish.is_granted = true
    elseif not (failure and (failure.code == "ESTORE" or failure.code == "EFENCED" or failure.code == "EBUSY")) then
      sim.laws:violated("a call was refused: %s", tostring(message))
    end
  end)
end

--- Asks for what is wanted by now, each at a worker that is drawn.
function World:act()
  local sim, left = self.sim, {}
  for _, wish in ipairs(self.wishes) do
    if not wish.is_granted then
      left[#left + 1] = wish
      if wish.at_ms <= sim.now_ms then
        local worker = sim:any_worker()
        if worker then attempt(self, wish, worker) else wish.at_ms = sim.now_ms + 1000 end
      end
    end
  end
  self.wishes = left
end

function World:next_ms()
  local at
  for _, wish in ipairs(self.wishes) do
    if not wish.is_granted and (not at or wish.at_ms < at) then at = wish.at_ms end
  end
  return at
end

-- -- tasks ---------------------------------------------------------------------------------------------

local function answer(self, token)
  local value = '{"by":"callback"}'
  -- Who answers may do so twice, at two workers at once: it counts once.
  for _ = 1, self.sim.random:once_in(4) and 2 or 1 do
    self:wish(self.sim.now_ms + self.sim.random:below(8000), GONE, function(engine)
      return engine:send_task_success { taskToken = token, output = value }
    end)
  end
end

local function job(self, life, ctx)
  if ctx.submitted ~= nil then return end
  local task = ("%s %d"):format(ctx.idempotency_key, ctx.attempt)
  self.sim.laws:job(life, task)
  ctx.submit { job = task }
end

local function perform(self, life, ctx)
  local sim = self.sim
  while life.is_dead do life.host:wait(life.host:event()) end
  if sim.poison and ctx.idempotency_key:find(":" .. sim.poison .. "#", 1, true) then
    sim:poisoned(life.worker)
    life.host:wait(life.host:event())
  end
  if ctx.state.pattern == "token" then
    local token = ctx.task_token
    if not self.handed[token] then
      self.handed[token] = true
      answer(self, token)
    end
    return { handed = true }
  end
  if ctx.state.pattern == "sync" then job(self, life, ctx) end
  local ms = sim:task_ms()
  if ms > 0 then life.host:sleep(ms / 1000) end
  local outcome = machines.outcome(ctx.state, ctx.attempt)
  if outcome.error then return nil, outcome.error end
  return core.value(outcome.result)
end

--- The handlers of a life.
function World:handlers(life)
  return { default = function(_, ctx) return perform(self, life, ctx) end }
end

--- A machine is wanted, and then executions of it: { name, machine, input }.
function World:populate(machine, definition, executions)
  self:wish(0, DONE, function(engine)
    local ok, message, failure = engine:create_state_machine(machine, definition)
    if ok then self.has_machine = true end
    return ok, message, failure
  end)
  for _, one in ipairs(executions) do
    one.wish = self:wish(self.sim.now_ms + 1000 + self.sim.random:below(60000), DONE, function(engine)
      if not engine:describe_state_machine(machine) then return nil, "not yet", { code = "EBUSY" } end
      return engine:start_execution(machine, assert(core.value(one.input)), { name = one.name })
    end)
  end
end

return World
