--- Executions whose process died more than once are tried one after another; and what must not happen meanwhile.
local helper = require "engine_helper"

local function count_calls(store, name)
  local real, counts = store[name], { calls = 0 }
  store[name] = function(...)
    counts.calls = counts.calls + 1
    return real(...)
  end
  return counts
end

describe("suspects", function()
  it("that must wait go back at once, before anything else is taken up: their process may die", function()
    local world = helper.world()
    local engine = world:engine { handlers = {} }
    assert(engine:create_state_machine("m", helper.chain { { "W", { Type = "Wait", Seconds = 3600 } } }))
    local rows = {}
    for i = 1, 6 do
      local started = assert(engine:start_execution("m", {}, { name = "e" .. i }))
      rows[i] = assert(world.store:describe(started.executionArn))
    end
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
    assert.equal(4, most)
    assert.same({ "e1", "e6" }, order)
    world.clock:advance(10)
    assert.equal(6, #order)
    second:close()
  end)

  it("wait for each other without asking the store again and again, letters or none", function()
    local world = helper.world()
    local engine = world:engine { handlers = {} }
    local machine = helper.chain { { "W", { Type = "Wait", Seconds = 3600 } } }
    assert(engine:create_state_machine("m", machine))
    local rows = {}
    for i = 1, 4 do
      local started = assert(engine:start_execution("m", {}, { name = "e" .. i }))
      rows[i] = assert(world.store:describe(started.executionArn))
    end
    world.clock:advance(2)
    world:kill(engine)
    -- All were under way when their process died, twice; the first is tried as long as its task takes.
    local second = world:engine { handlers = {}, max_running = 10 }
    second.trial = rows[1].id
    second.live[rows[1].id] = { row = rows[1] }
    for i = 2, 4 do
      assert(world.store:amend(rows[i].id, { crashes = 2 }))
      assert(world.store:post(rows[i].id, "beat", "[1]"))
    end
    local claims = count_calls(world.store, "claim")
    world.clock:advance(10)
    assert.is_true(claims.calls > 5)
    assert.is_true(claims.calls < 40, claims.calls .. " claims in ten seconds")
    second.live[rows[1].id] = nil
    second.is_closed = true
    second:rouse()
  end)
end)
