--- A virtual worker: an engine on a host of its own, whose clock may be wrong, which may be suspended, and which may
--- die at any moment. Its store is the shared one behind a layer of faults.
local faults = require "simulation.faults"
local passo = require "passo"

local Worker = {}
Worker.__index = Worker

--- A worker that does not live yet.
---@param sim table the simulation: random, now_ms, store, world
function Worker.new(sim, number)
  return setmetatable({ sim = sim, number = number, offset_ms = 0, lives = 0 }, Worker)
end

-- Every execution's seed is its name's: what is drawn from it is the same in every run.
local function fix_seeds(engine)
  local prepare = engine.prepare
  function engine:prepare(begin)
    local seed = 7
    for i = 1, #begin.name do seed = (seed * 31 + begin.name:byte(i)) % 2147483647 end
    begin.seed = seed
    return prepare(self, begin)
  end
end

--- Begins a new life: a new process on this machine.
function Worker:start()
  local sim = self.sim
  self.lives = self.lives + 1
  self.is_alive, self.until_ms = true, 0
  local host = passo.virtual_clock(sim.now_ms + self.offset_ms)
  local life = { host = host, worker = self }
  self.host, self.life = host, life
  life.store = faults.wrap(sim, life)
  host:spawn(function()
    local engine, message = passo.engine { store = life.store, handlers = sim.world:handlers(life),
      host = host, name = ("w%d.%d"):format(self.number, self.lives), poll_seconds = 1, lease_seconds = 10,
      max_running = sim.max_running, on_trouble = function() end }
    if not engine then
      life.problem = message
      self.is_alive = false -- it is started again
      return
    end
    fix_seeds(engine)
    life.engine = engine
  end)
end

--- Its process is gone, at once; whether others can see that, or must wait for its lease to end, is drawn.
function Worker:kill(is_seen)
  self.is_alive = false
  self.life.is_dead = true
  local id = self.life.engine and self.life.engine.worker
  if is_seen and id then self.sim.store:renew(id, 0) end
  self.life, self.host = nil, nil
end

function Worker:suspend(ms)
  self.until_ms = self.sim.now_ms + ms
end

--- Its clock is set: from now on it is wrong by so much.
function Worker:set_clock(offset_ms)
  self.offset_ms = offset_ms
end

--- Whether it has something to do now.
function Worker:is_ready()
  if not self.is_alive or self.sim.now_ms < self.until_ms then return false end
  local host = self.host
  if host.first <= host.last or #host.yielded > 0 then return true end
  local next_ms = self:next_ms()
  return next_ms ~= nil and next_ms <= self.sim.now_ms
end

--- When it has something to do next, in true time; nil when never.
function Worker:next_ms()
  if not self.is_alive then return nil end
  local host = self.host
  local at = host.heap[1] and host.heap[1].at - self.offset_ms
  if host.first <= host.last or #host.yielded > 0 then at = self.sim.now_ms end
  if not at then return nil end
  return math.max(at, self.until_ms, self.sim.now_ms)
end

--- Does what is due.
function Worker:step()
  local host = self.host
  host.virtual_ms = self.sim.now_ms + self.offset_ms
  host:advance(0)
end

return Worker
