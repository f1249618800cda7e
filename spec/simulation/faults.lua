--- The layer of faults between a worker and the store they all share: calls take time, appends are refused before they
--- are kept or after it, bells and whole calls get lost on their way. What was kept is told to the laws.
local faults = {}

local UNUSABLE = "the store cannot be reached"

local function refuse()
  return nil, UNUSABLE, { code = "ESTORE", message = UNUSABLE }
end

-- Calls that only read may fail; they change nothing. These change something: they may also fail after it is kept.
local CHANGES = { insert = true, insert_many = true, post = true, claim = true, release = true, renew = true,
  register = true, resign = true, bury = true, amend = true, write = true, take_activity = true, reopen = true }
local INSTANT = { now_ms = true, bell = true, ring = true, close = true, format = true, next_due = true }

local function pause(sim, life)
  local ms = sim:delay()
  if ms > 0 then life.host:wait(life.host:event(), life.host:now_ms() + ms) end
  -- The process may have died meanwhile: nothing of it goes on.
  while life.is_dead do life.host:wait(life.host:event()) end
end

local function call(sim, life, name, ...)
  pause(sim, life)
  local fate = sim:fate()
  if fate == "lost" then return refuse() end
  local real = sim.store
  local a, b, c = real[name](real, ...)
  sim.laws:saw(life, name, a, b, c, ...)
  if CHANGES[name] then pause(sim, life) end
  if fate == "unheard" then return refuse() end
  return a, b, c
end

-- -- appends ------------------------------------------------------------------------------------------

-- Appends of one execution are kept in the order given; after one that failed, none is.
local function append_next(sim, life, queue)
  while queue[1] do
    local one = queue[1]
    pause(sim, life)
    local fate = sim:fate()
    local ok, message, failure
    if queue.is_broken then
      ok, message, failure = nil, "an append before it failed", { code = "EFENCED", message = "" }
    elseif fate == "lost" then
      ok, message, failure = refuse()
    else
      ok, message, failure = sim.store:append(one.append)
      sim.laws:appended(life, one.append, ok)
      if fate == "unheard" then ok, message, failure = refuse() end
    end
    if not ok then queue.is_broken = true end
    table.remove(queue, 1)
    one.answer = { ok, message, failure }
    life.host:set(one.event)
  end
  queue.is_running = false
  if queue.is_broken then life.queues[queue.key] = nil end
end

local function append(sim, life, a)
  local key = ("%d.%d"):format(a.id, a.epoch)
  local queue = life.queues[key]
  if not queue then
    queue = { key = key }
    life.queues[key] = queue
  end
  local one = { append = a, event = life.host:event() }
  queue[#queue + 1] = one
  if not queue.is_running then
    queue.is_running = true
    life.host:spawn(function() append_next(sim, life, queue) end)
  end
  return { wait = function()
    while not one.answer do life.host:wait(one.event) end
    return one.answer[1], one.answer[2], one.answer[3]
  end }
end

-- -- bells ---------------------------------------------------------------------------------------------

-- The shared store has one bell for each life; it rings there after a while, or never.
local function hang_bell(sim, life, fn)
  life.bell = fn
  sim:hang(life)
end

--- The store as a life sees it.
function faults.wrap(sim, life)
  life.queues = {}
  return setmetatable({
    kind = "simulated", keeps_execs = false,
    append = function(_, a) return append(sim, life, a) end,
    bell = function(_, fn) return hang_bell(sim, life, fn) end,
    ring = function(_, worker) return sim:ring(worker) end,
    close = function() end,
  }, { __index = function(self, name)
    local function forward(_, ...)
      if INSTANT[name] then return sim.store[name](sim.store, ...) end
      return call(sim, life, name, ...)
    end
    rawset(self, name, forward)
    return forward
  end })
end

return faults
