--- Crashes within this process: an engine on the memory store stops for good at one commit, and everything that was
--- not kept by then is dropped; a second engine goes on with the store.
local Ledger = require "crash.ledger"
local random = require "property.random"
local stage = require "crash.stage"
local store = require "passo.store"
local stores = require "crash.stores"
local story = require "crash.story"

local memory = {}

-- The engine's death: who asks the store for anything waits for ever.
local function mortal(at, side)
  local plan = { at = at, side = side }
  function plan.prepare(host)
    plan.host = host
  end
  function plan.die()
    plan.is_dead = true
    plan.died_ms = plan.host:now_ms()
    plan.over()
    plan.guard()
  end
  function plan.guard()
    if plan.is_dead then plan.host:wait(plan.host:event()) end
  end
  return plan
end

local function open_store(clock)
  return assert(store.open("memory:", { host = clock }))
end

local function play(scenario, real, clock, ledger, plan, now_ms)
  local prepare = plan.prepare
  function plan.prepare(host)
    clock.host = host
    if prepare then prepare(host) end
  end
  return stage.play(scenario, real, { ledger = ledger, plan = plan, now_ms = now_ms })
end

--- The run without a crash: { story, ledger, positions }; nil and why.
function memory.reference(scenario)
  local clock, ledger, plan = stores.clock(stage.START_MS), Ledger.open(), {}
  local real = open_store(clock)
  local how, message = play(scenario, real, clock, ledger, plan)
  if not how then return nil, message end
  scenario:follow(ledger)
  return { story = story.of(real), ledger = ledger, positions = plan.seen }
end

--- The run with a crash: the first difference in words, or nil.
function memory.crash(scenario, reference, at, side)
  local clock, ledger, plan = stores.clock(stage.START_MS), Ledger.open(), mortal(at, side)
  local real = open_store(clock)
  local how, message = play(scenario, real, clock, ledger, plan)
  if how ~= "died" then return how and "the position was never reached" or message end
  for _, worker in ipairs(real:workers()) do real:renew(worker.id, 0) end -- the dead hold no lock
  local crash = story.at_crash(real, ledger)
  how, message = play(scenario, real, clock, ledger, {}, plan.died_ms)
  if not how then return message end
  return story.diff_crash(scenario, reference, crash, story.of(real), ledger)
end

--- Crashes at `count` positions of the scenario, chosen by `seed`, or at all of them. report(name, difference).
function memory.try(scenario, seed, count, report)
  local reference, message = memory.reference(scenario)
  if not reference then return report(scenario.name .. ", not crashed at all", message) end
  local draw = random.new(seed)
  local all = not count or reference.positions * 2 <= count
  for i = 1, all and reference.positions * 2 or count do
    local choice = all and i - 1 or draw:below(reference.positions * 2)
    local at, side = math.floor(choice / 2) + 1, choice % 2 == 0 and "before" or "after"
    report(("%s, crashed %s commit %d of %d"):format(scenario.name, side, at, reference.positions),
      memory.crash(scenario, reference, at, side))
  end
end

return memory
