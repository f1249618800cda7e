--- Executions that were there when their process died: the innocent get on, however often that was, and nothing else
--- waits for them; who kills its process is set aside.
local helper = require "engine_helper"
local passo = require "passo"
local random = require "property.random"
local trials = require "passo.engine.trials"

local function count_calls(store, name)
  local real, counts = store[name], { calls = 0 }
  store[name] = function(...)
    counts.calls = counts.calls + 1
    return real(...)
  end
  return counts
end

local WAITS = { { "W", { Type = "Wait", Seconds = 3600 } } }

-- A chain of so many tasks.
local function works(count)
  local states = {}
  for i = 1, count do states[i] = { "T" .. i, { Type = "Task", Resource = "lua:work" } } end
  return states
end

-- So many executions, e1 and so on, of a machine; their rows.
local function start(world, engine, states, count)
  assert(engine:create_state_machine("m", helper.chain(states), { update = true }))
  local rows = {}
  for i = 1, count do
    local started = assert(engine:start_execution("m", { i = i }, { name = "e" .. i }))
    rows[i] = assert(world.store:describe(started.executionArn))
  end
  return rows
end

local function row_of(world, row) return assert(world.store:describe(row.arn)) end

describe("suspects", function()
  it("go back at once, before anything else is taken up; then they are tried, one at a time", function()
    local world = helper.world()
    local engine = world:engine { handlers = {} }
    local rows = start(world, engine, WAITS, 6)
    world.clock:advance(2)
    world:kill(engine)
    for i = 1, 6 do
      assert(world.store:amend(rows[i].id, { crashes = i == 6 and 1 or 2 }))
      assert(world.store:post(rows[i].id, "beat", "[1]"))
    end
    -- A store that takes a while to let go.
    local let_go, at_once, most = world.store.release, 0, 0
    function world.store.release(...)
      at_once = at_once + 1
      most = math.max(most, at_once)
      world.clock:sleep(0.01)
      at_once = at_once - 1
      return let_go(...)
    end
    local second = world:engine { handlers = {}, max_running = 10 }
    local resume, order = second.resume, {}
    function second.resume(self, row)
      order[#order + 1] = row.name
      return resume(self, row)
    end
    world.clock:advance(0.5)
    assert.equal(5, most)
    assert.same({ "e6" }, order)
    world.clock:advance(10)
    assert.equal(6, #order)
    for i = 1, 6 do assert.equal(0, row_of(world, rows[i]).crashes) end
    second:close()
  end)

  it("wait for each other without asking the store again and again, letters or none", function()
    local world = helper.world()
    local engine = world:engine { handlers = { work = function() passo.sleep(3600) end } }
    local rows = start(world, engine, works(1), 4)
    world.clock:advance(2)
    world:kill(engine)
    for i = 1, 4 do
      -- Their processes died seven times: each trial lasts sixteen seconds.
      assert(world.store:amend(rows[i].id, { crashes = 6 }))
      assert(world.store:post(rows[i].id, "beat", "[1]"))
    end
    local second = world:engine { handlers = { work = function() passo.sleep(3600) end } }
    local claims = count_calls(world.store, "claim")
    world.clock:advance(15)
    assert.is_true(claims.calls > 5)
    assert.is_true(claims.calls < 40, claims.calls .. " claims in fifteen seconds")
    second:close()
  end)

  it("are not claimed while they wait, and others go on meanwhile", function()
    local world = helper.world()
    local handlers = { work = function(input) passo.sleep(input.i > 3 and 0.2 or 3600) return input end }
    local engine = world:engine { handlers = handlers }
    local rows = start(world, engine, works(1), 3)
    world.clock:advance(1)
    world:kill(engine)
    for i = 1, 3 do assert(world.store:amend(rows[i].id, { crashes = 3 })) end
    local second = world:engine { handlers = handlers }
    world.clock:advance(3) -- four seconds of peace must come before
    for i = 1, 3 do assert.is_nil(row_of(world, rows[i]).owner) end
    assert.equal("SUCCEEDED", assert(second:await(assert(second:start_execution("m", { i = 4 })))).status)
    -- While one is tried, what is started waits in the store, as long as the trial may last, and not longer.
    world.clock:advance(3)
    local owned = 0
    for i = 1, 3 do owned = owned + (row_of(world, rows[i]).owner and 1 or 0) end
    assert.equal(1, owned)
    local before = world.clock:now_ms()
    assert.equal("SUCCEEDED", assert(second:await(assert(second:start_execution("m", { i = 5 })))).status)
    assert.is_true(world.clock:now_ms() - before < 10000)
    second:close()
  end)

  it("are acquitted by the first record that is kept", function()
    local world = helper.world()
    local engine = world:engine { handlers = { work = function() passo.sleep(3600) end } }
    local rows = start(world, engine, works(2), 1)
    world.clock:advance(1)
    world:kill(engine)
    assert(world.store:amend(rows[1].id, { crashes = 4006001 }))
    local calls = 0
    local second = world:engine { handlers = { work = function()
      calls = calls + 1
      passo.sleep(calls == 1 and 0.5 or 3600)
      return {}
    end } }
    world.clock:advance(20)
    assert.equal(2, calls)
    assert.equal(0, row_of(world, rows[1]).crashes)
    second:close()
  end)

  it("are tried among others where those do not end; then no death counts", function()
    local world = helper.world()
    local handlers = { work = function() passo.sleep(3600) end }
    local engine = world:engine { handlers = handlers }
    local rows = start(world, engine, works(1), 1)
    world.clock:advance(1)
    world:kill(engine)
    assert(world.store:amend(rows[1].id, { crashes = 3 }))
    local second = world:engine { handlers = handlers }
    assert(second:start_execution("m", { i = 2 }))
    world.clock:advance(9)
    assert.equal(second.worker, row_of(world, rows[1]).owner)
    world:kill(second)
    assert.equal(1, #world.store:bury())
    assert.equal(5, row_of(world, rows[1]).crashes)
    assert.is_nil(trials.verdict(row_of(world, rows[1])))
  end)

  it("that are handed over in the midst of their trial have no trial more against them", function()
    local world = helper.world()
    local handlers = { work = function() passo.sleep(3600) end }
    local engine = world:engine { handlers = handlers }
    local rows = start(world, engine, works(1), 1)
    world.clock:advance(1)
    world:kill(engine)
    assert(world.store:amend(rows[1].id, { crashes = 4006001 }))
    for _ = 1, 3 do
      local next_one = world:engine { handlers = handlers }
      world.clock:advance(20)
      assert.equal(5008000, row_of(world, rows[1]).crashes)
      assert(next_one:close(0))
    end
    assert.is_nil(row_of(world, rows[1]).quarantine)
  end)
end)

describe("processes that are killed again and again", function()
  -- Engines one after another, each killed after a time that is drawn, until `wanted` says so; 70 executions of two
  -- short tasks and a longer one, and one that kills its process as soon as it is resumed, if `poison` says so.
  local function storm(seed, least_ms, most_ms, lives, poison)
    local draw, world = random.new(seed), helper.world()
    local engine, is_dead, kills, count = nil, false, 0, 70
    local function work(input)
      if input.i == poison then
        is_dead = true
        passo.sleep(10000)
      end
      passo.sleep(draw:between(1, 60) / 1000)
      return input
    end
    local rows
    local function live(ms)
      is_dead = false
      engine = world:engine { handlers = { work = work } }
      if not rows then rows = start(world, engine, works(3), count) end
      local until_ms = world.clock:now_ms() + ms
      while world.clock:now_ms() < until_ms and not is_dead do world.clock:advance(0.005) end
    end
    local function laws()
      for i, row in ipairs(rows) do
        local now = row_of(world, row)
        if i ~= poison then assert.is_nil(now.quarantine, ("%s of seed %d"):format(row.name, seed)) end
      end
    end
    for _ = 1, lives do
      live(draw:between(least_ms, most_ms))
      kills = kills + 1
      world:kill(engine)
      laws()
    end
    return world, rows, live, laws
  end

  it("set nobody aside who was merely there, however often that was", function()
    for seed = 1, 6 do
      local most_ms = ({ 30, 200, 1300, 3000, 9000, 30000 })[seed]
      local world, rows, live, laws = storm(seed, 1, most_ms, seed > 4 and 60 or 200, nil)
      live(60000)
      laws()
      for _, row in ipairs(rows) do assert.equal("SUCCEEDED", row_of(world, row).status) end
    end
  end)

  it("by one execution: it is set aside before long, and it alone", function()
    for seed = 1, 4 do
      local began
      local world, rows, live, laws = storm(seed, 1, 300, seed * 10, 7)
      began = world.clock:now_ms()
      local poisoned = rows[7]
      local deaths = 0
      while not row_of(world, poisoned).quarantine and deaths < 30 do
        live(60000)
        deaths = deaths + 1
        if not row_of(world, poisoned).quarantine then
          local last = world.store:workers()
          for _, worker in ipairs(last) do world.store:renew(worker.id, 0) end
        end
      end
      assert.truthy(row_of(world, poisoned).quarantine, "seed " .. seed)
      assert.is_true(world.clock:now_ms() - began < 200000)
      laws()
    end
  end)
end)
