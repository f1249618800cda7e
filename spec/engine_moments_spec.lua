--- What comes at an awkward moment: an answer while the store is asked, a timer that is nearly due.
local helper = require "engine_helper"
local driver = require "passo.driver"

local function callback(more)
  local state = { Type = "Task", Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters = { QueueUrl = "q", MessageBody = { ["t.$"] = "$$.Task.Token" } } }
  for key, value in pairs(more or {}) do state[key] = value end
  return state
end

local world, tokens

-- Tokens in the order they were handed out.
local function engine(options)
  options = options or {}
  options.handlers = { default = function(_, ctx)
    tokens[#tokens + 1] = ctx.task_token
    return {}
  end }
  return world:engine(options)
end

local function start(at, states)
  assert(at:create_state_machine("m", helper.chain(states)))
  return assert(at:start_execution("m", {}, { name = "e" })).executionArn
end

before_each(function()
  world, tokens = helper.world(), {}
end)

describe("an execution that waits for a callback", function()
  it("is not looked at again and again while its timeout is less than a second away", function()
    local one = engine()
    local arn = start(one, { { "S", callback { TimeoutSeconds = 2 } } })
    local pump, pumped = driver.pump, 0
    driver.pump = function(run) -- luacheck: ignore
      pumped = pumped + 1
      if pumped > 1000 then error "it spins" end
      return pump(run)
    end
    world.clock:advance(10)
    driver.pump = pump -- luacheck: ignore
    assert.equal("FAILED", world.store:describe(arn).status)
    assert.is_true(pumped < 30, pumped .. " times")
    one:close()
  end)

  it("hears an answer that comes while the store is told that it has got over a crash", function()
    local first = engine()
    local arn = start(first, { { "S", callback() }, { "T", { Type = "Pass" } } })
    world.clock:advance(0.1)
    world.store:renew(first.worker, 0) -- it dies while the execution lingers
    first.renew_at_ms, first.max_running = math.huge, -1
    local amend, is_told = world.store.amend, false
    function world.store.amend(store, id, fields, epoch)
      if fields.crashes == 0 and not is_told then
        is_told = true
        world.clock:wait(world.clock:event(), world.clock:now_ms() + 300)
      end
      return amend(store, id, fields, epoch)
    end
    local second, asked = engine(), engine { max_running = 0 }
    while not is_told do world.clock:advance(0.05) end
    assert(asked:send_task_success { taskToken = tokens[1], output = '{"by":"me"}' })
    world.clock:advance(30)
    local row = world.store:describe(arn)
    assert.equal("SUCCEEDED", row.status)
    second:close()
  end)

  it("hears an answer that is given to a process which does not know yet that it has lost the execution", function()
    local stalled = engine()
    local arn = start(stalled, { { "S", callback() }, { "T", callback() } })
    world.clock:advance(0.1)
    world.store:renew(stalled.worker, 0)
    stalled.is_closed = true -- its keeper stands still
    local second = engine()
    world.clock:advance(0.1)
    assert(second:send_task_success { taskToken = tokens[1], output = "{}" })
    world.clock:advance(0.1)
    assert.is_truthy(stalled.live[world.store:describe(arn).id])
    assert(stalled:send_task_success { taskToken = tokens[#tokens], output = '{"by":"me"}' })
    world.clock:advance(30)
    assert.equal("SUCCEEDED", world.store:describe(arn).status)
    second:close()
  end)
end)
