local helper = require "helper"
local passo = require "passo"
local plain = require "passo.host.plain"

local function waiting(seconds)
  return helper.chain { { "W", { Type = "Wait", Seconds = seconds } } }
end

describe("the plain host", function()
  it("runs many executions at once, each in its own time", function()
    local clock = passo.virtual_clock()
    local runs = {}
    for i = 1, 100 do runs[i] = waiting(i):start({ n = i }, { clock = clock }) end
    clock:advance(50)
    local done = 0
    for _, run in ipairs(runs) do if run:status() == "SUCCEEDED" then done = done + 1 end end
    assert.equal(50, done)
    clock:advance(50)
    for _, run in ipairs(runs) do assert.equal("SUCCEEDED", run:status()) end
    assert.is_true(clock:is_idle())
  end)

  it("lets handlers sleep beside each other", function()
    local machine = assert(passo.parse { StartAt = "P", States = { P = { Type = "Parallel", End = true, Branches = {
      { StartAt = "A", States = { A = { Type = "Task", Resource = "lua:a", End = true } } },
      { StartAt = "B", States = { B = { Type = "Task", Resource = "lua:b", End = true } } } } } } })
    local log = {}
    local function sleeper(name, seconds)
      return function()
        passo.sleep(seconds)
        log[#log + 1] = name
        return name
      end
    end
    local clock = passo.virtual_clock()
    local result = machine:run({}, { clock = clock,
      handlers = { ["lua:a"] = sleeper("a", 20), ["lua:b"] = sleeper("b", 10) } })
    assert.same({ "b", "a" }, log)
    assert.same({ "a", "b" }, setmetatable(result.output, nil))
    assert.equal(20000, clock:now_ms())
  end)

  it("waits on the real clock, too", function()
    local core = passo.core
    local before = core.now_ms()
    local runs = {}
    for i = 1, 20 do
      runs[i] = helper.task():start({}, { handlers = { T = function()
        passo.sleep(0.05)
        return i
      end } })
    end
    for i = 1, 20 do assert.equal(i, runs[i]:finish().output) end
    local took = core.now_ms() - before
    assert.is_true(took >= 50 and took < 500, took)
  end)

  it("fires timers in the order they are due", function()
    local clock = plain.new { virtual_ms = 0 }
    local log = {}
    for _, at in ipairs { 5, 3, 9, 1, 7, 3 } do
      clock:spawn(function()
        clock:sleep(at)
        log[#log + 1] = at
      end)
    end
    clock:advance(100)
    assert.same({ 1, 3, 3, 5, 7, 9 }, log)
  end)

  it("tells when nothing can ever happen", function()
    local clock = plain.new { virtual_ms = 0 }
    local woken, why = clock:wait(clock:event())
    assert.same({ nil, "idle" }, { woken, why })
  end)

  it("remembers an event that was set before anybody waited", function()
    local clock = plain.new { virtual_ms = 0 }
    local event = clock:event()
    clock:set(event)
    assert.is_true(clock:wait(event))
    assert.is_false(clock:wait(event, 10))
    assert.equal(10, clock:now_ms())
  end)

  it("keeps others going while one loops without end", function()
    local loop = assert(passo.parse { StartAt = "A", TimeoutSeconds = 1, States = {
      A = { Type = "Pass", Next = "C" }, Z = { Type = "Succeed" },
      C = { Type = "Choice", Default = "A", Choices = { { Variable = "$.never", IsPresent = true, Next = "Z" } } } } })
    local run = loop:start({}, { profile = "unlimited" })
    local ticks = 0
    local other = helper.task():start({}, { handlers = { T = function()
      for _ = 1, 10 do
        passo.sleep(0.02)
        ticks = ticks + 1
      end
      return "fine"
    end } })
    assert.equal("fine", other:finish().output)
    assert.equal(10, ticks)
    assert.equal("RUNNING", run:status())
    assert.equal("TIMED_OUT", run:finish().status)
  end)

  it("forgets what has ended", function()
    local machine = waiting(1)
    assert.equal(0, helper.left_after(50, function()
      local run = machine:start({}, { clock = passo.virtual_clock() })
      run:finish()
      return run
    end))
  end)
end)

describe("passo.virtual_clock", function()
  it("takes an instant as text or milliseconds", function()
    assert.equal(1767225600000, passo.virtual_clock("2026-01-01T00:00:00Z"):now_ms())
    assert.equal(5, passo.virtual_clock(5):now_ms())
    assert.has_error(function() passo.virtual_clock "yesterday" end)
  end)
end)
