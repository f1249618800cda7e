--- A whole deployment in one deterministic process: workers with clocks of their own on one store, and everything that
--- can go wrong between them, drawn from a seed.
local Laws = require "simulation.laws"
local World = require "simulation.world"
local Worker = require "simulation.worker"
local machines = require "simulation.machines"
local random = require "property.random"

local Simulation = {}
Simulation.__index = Simulation

local START_MS = 1767225600000
local HOUR_MS = 3600000
local CHAOS_MS = 180000      -- so long things go wrong; afterwards everything must come to its end
local CALM_MS = 12 * HOUR_MS
-- So long, after that, one that kills its process may do so: who waited by a clock that was wrong wakes that late.
local POISON_MS = HOUR_MS + 15 * 60000
local MOST_STEPS = 2000000

---@param seed integer
---@param options? table calm: nothing goes wrong and one worker does it all
function Simulation.new(seed, options)
  local draw = random.new(seed)
  local self = setmetatable({ seed = seed, now_ms = START_MS, steps = 0, digest = 0, is_calm = options and options.calm,
    lives = {},
    counts = { kills = 0, suspensions = 0, clocks = 0, closed = 0, bells = 0, poisonings = 0 } }, Simulation)
  local definition, input = machines.draw(draw)
  self.definition = definition
  local count = draw:once_in(3) and draw:between(13, 60) or draw:between(1, 12)
  self.max_running = draw:once_in(3) and draw:between(1, 4) or 100
  self.random = random.new(seed + 1000003)
  self.store = require("passo.store.memory").open { host = self }
  self.store.now_ms = function() return self.now_ms end
  self.laws = Laws.new(self.store)
  self.world = World.new(self)
  self.store:bell(function(what) self:rang(what) end)
  self.workers = {}
  for i = 1, self.is_calm and 1 or draw:between(2, 4) do self.workers[i] = Worker.new(self, i) end
  self.executions = {}
  for i = 1, count do self.executions[i] = { name = "e" .. i, input = input } end
  if self.random:once_in(3) and not self.is_calm then self.poison = "e" .. self.random:between(1, count) end
  self.world:populate("m", definition, self.executions)
  return self
end

-- -- what the faults ask --------------------------------------------------------------------------------

--- How long a call takes on its way.
function Simulation:delay()
  if self.is_calm then return 0 end
  local draw = self.random
  if not draw:once_in(4) then return 0 end
  if draw:once_in(50) then return draw:below(15000) end
  return draw:below(40)
end

--- What becomes of a call: nil, "lost" before it is kept, or "unheard": kept, and nobody is told.
function Simulation:fate()
  if self.is_calm then return nil end
  local draw = self.random:below(160)
  return draw == 0 and "lost" or draw == 1 and "unheard" or nil
end

--- How long a task takes.
function Simulation:task_ms()
  if self.is_calm or self.random:once_in(2) then return 0 end
  return self.random:below(3000)
end

-- -- bells -------------------------------------------------------------------------------------------

function Simulation:hang(life)
  self.lives[life.worker.number] = life
end

--- The store rings: each life hears it soon, late, or not at all.
function Simulation:rang(what)
  self.counts.bells = self.counts.bells + 1
  for number = 1, #self.workers do
    local life = self.lives[number]
    if life and not life.is_dead and life.bell and (self.is_calm or not self.random:once_in(4)) then
      local host, ms = life.host, self:delay()
      host:spawn(function()
        if ms > 0 then host:wait(host:event(), host:now_ms() + ms) end
        if life.bell then life.bell(what) end
      end)
    end
  end
end

function Simulation:ring()
  self:rang "due"
end

-- -- what goes wrong -------------------------------------------------------------------------------------

function Simulation:any_worker()
  local list = {}
  for _, worker in ipairs(self.workers) do
    if worker.is_alive and worker.life.engine then list[#list + 1] = worker end
  end
  return list[1] and self.random:pick(list)
end

--- A task of the execution that kills its process is begun there.
function Simulation:poisoned(worker)
  self.counts.poisonings = self.counts.poisonings + 1
  if self.poison_until_ms and self.now_ms > self.poison_until_ms then
    self.laws:violated("%s goes on killing", self.poison)
  end
  worker:kill(self.random:once_in(2))
end

local TROUBLE = {}

function TROUBLE.kill(self, worker)
  self.counts.kills = self.counts.kills + 1
  worker:kill(self.random:once_in(2))
end

function TROUBLE.suspend(self, worker)
  self.counts.suspensions = self.counts.suspensions + 1
  worker:suspend(self.random:below(60000))
end

function TROUBLE.clock(self, worker)
  self.counts.clocks = self.counts.clocks + 1
  worker:set_clock(self.random:between(-HOUR_MS, HOUR_MS))
end

function TROUBLE.close(self, worker)
  local engine = worker.life.engine
  if not engine then return end
  self.counts.closed = self.counts.closed + 1
  worker.host:spawn(function()
    engine:close()
    if worker.is_alive and worker.life.engine == engine then worker:kill(false) end
  end)
end

local TROUBLES = { "kill", "kill", "suspend", "suspend", "clock", "close" }

local function make_trouble(self)
  local worker = self.random:pick(self.workers)
  if worker.is_alive then TROUBLE[self.random:pick(TROUBLES)](self, worker) end
end

-- -- time ----------------------------------------------------------------------------------------------

local function start_workers(self)
  for _, worker in ipairs(self.workers) do
    if not worker.is_alive and (worker.lives == 0 or self.is_calm or self.random:once_in(20)) then worker:start() end
  end
end

local function ready_workers(self)
  local list = {}
  for _, worker in ipairs(self.workers) do
    if worker:is_ready() then list[#list + 1] = worker end
  end
  return list
end

-- To the next moment at which anything happens.
local function pass_time(self)
  local at = self.world:next_ms()
  for _, worker in ipairs(self.workers) do
    local next_ms = worker:next_ms()
    if next_ms and (not at or next_ms < at) then at = next_ms end
  end
  if not at then at = self.now_ms + 1000 end
  if not self.is_calm then at = math.min(at, self.now_ms + 5000) end
  self.now_ms = math.max(self.now_ms + 1, at)
end

local function is_over(self)
  for _, one in ipairs(self.executions) do
    if not one.is_over then
      if not (one.wish and one.wish.is_granted) then return false end
      one.arn = one.arn or ("arn:aws:states:us-east-1:123456789012:execution:m:" .. one.name)
      local row = self.store:describe(one.arn)
      if not row then
        self.laws:violated("%s was started, and is not in the store", one.name)
        return true
      end
      if row.quarantine and one.name ~= self.poison then
        self.laws:violated("%s did nothing, and was set aside: %s", one.name, row.quarantine)
        return true
      end
      if row.status == "RUNNING" and not row.quarantine then return false end
      one.is_over = true
    end
  end
  return true
end

local function step(self)
  self.steps = self.steps + 1
  self.world:act()
  local ready = ready_workers(self)
  if #ready == 0 then
    pass_time(self)
    start_workers(self)
    if not self.is_calm and self.random:once_in(12) then make_trouble(self) end
    return
  end
  local worker = self.random:pick(ready)
  self.digest = (self.digest * 31 + worker.number + self.now_ms) % 2147483647
  worker:step()
end

local function calm_down(self)
  self.is_calm = true
  self.poison_until_ms = self.now_ms + POISON_MS
  for _, worker in ipairs(self.workers) do
    worker:set_clock(0)
    worker.until_ms = 0
  end
end

--- Runs until every execution has ended: nothing, or what is wrong in words.
function Simulation:run()
  start_workers(self)
  local calm_at, limit = self.now_ms + CHAOS_MS, self.now_ms + CHAOS_MS + CALM_MS
  local was_calm = self.is_calm
  while not is_over(self) or not (was_calm or self.is_calm) do
    if self.laws.broken then return self.laws.broken end
    if self.now_ms >= calm_at and not self.is_calm then calm_down(self) end
    if self.now_ms > limit or self.steps > MOST_STEPS then
      for _, one in ipairs(self.executions) do
        if not one.is_over then return one.name .. " does not end" end
      end
    end
    step(self)
  end
  return self.laws.broken
end

--- How each execution ended, but for one that was set aside: { status, result } by name.
function Simulation:ends()
  local ends = {}
  for _, one in ipairs(self.executions) do
    local row = self.store:describe(one.arn)
    if not row.quarantine then ends[one.name] = { status = row.status, result = row.result, row = row } end
  end
  return ends
end

return Simulation
