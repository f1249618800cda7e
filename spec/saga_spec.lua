local helper = require "helper"
local core = require "passo.core"
local passo = require "passo"

-- A saga of three steps; what each function does is looked up in `script`, what was called is in `log`.
local function checkout(script, options)
  local log = {}
  local function act(name)
    return function(input, ctx)
      log[#log + 1] = name
      if script[name] then return script[name](input, ctx) end
      return name .. " done"
    end
  end
  local saga = passo.saga "Checkout" {
    { "Reserve", run = act "reserve", compensate = act "release" },
    { "Charge", run = act "charge", compensate = act "refund", timeout_seconds = 10,
      retry = options and options.retry },
    { "Ship", run = act "ship" },
  }
  return saga, log
end

local function fail(name, cause) return function() passo.fail(name, cause) end end

describe("passo.saga", function()
  it("runs the steps in order and keeps their results", function()
    local saga, log = checkout {}
    local result = helper.run(saga, { order = 1 })
    assert.equal("SUCCEEDED", result.status)
    assert.same({ "reserve", "charge", "ship" }, log)
    assert.same({ order = 1, Reserve = "reserve done", Charge = "charge done", Ship = "ship done" }, result.output)
  end)

  it("compensates the steps before the one that failed, last first", function()
    local saga, log = checkout { ship = fail("NoTruck", "none left") }
    local result = helper.run(saga, {})
    assert.same({ "reserve", "charge", "ship", "refund", "release" }, log)
    assert.same({ "FAILED", "NoTruck", "none left" }, { result.status, result.error, result.cause })
  end)

  it("does not compensate the step that failed", function()
    local saga, log = checkout { charge = fail "Declined" }
    local result = helper.run(saga, {})
    assert.same({ "reserve", "charge", "release" }, log)
    assert.equal("Declined", result.error)
  end)

  it("compensates the step that timed out: nobody knows whether it happened", function()
    local saga, log = checkout { charge = function() passo.sleep(60) end }
    local result = helper.run(saga, {})
    assert.same({ "reserve", "charge", "refund", "release" }, log)
    assert.equal("States.Timeout", result.error)
  end)

  it("retries a step as it is told", function()
    local saga, log = checkout({ charge = fail "Busy" }, { retry = { max_attempts = 2, interval_seconds = 1 } })
    helper.run(saga, {})
    assert.same({ "reserve", "charge", "charge", "charge", "release" }, log)
  end)

  it("retries a compensation, goes on when it fails, and lists it", function()
    local saga, log = checkout { ship = fail("NoTruck", "none left"), refund = fail("BankClosed", "till Monday") }
    local result = helper.run(saga, {})
    assert.same({ "reserve", "charge", "ship", "refund", "refund", "refund", "refund", "release" }, log)
    assert.equal("NoTruck", result.error)
    assert.equal('none left (compensations that failed: {"Charge":{"Error":"BankClosed","Cause":"till Monday"}})',
      result.cause)
  end)

  it("tells compensations what the steps gave", function()
    local seen
    local saga = checkout { charge = fail "Declined", release = function(input) seen = input end }
    helper.run(saga, { order = 9 })
    assert.same({ 9, "reserve done", "Declined" }, { seen.order, seen.Reserve, seen.saga.error.Error })
  end)

  it("is plain ASL with names for its functions", function()
    local definition = core.decode(assert((checkout {}):asl "json"))
    assert.equal("lua:Checkout/Reserve", definition.States.Reserve.Resource)
    assert.equal("lua:Checkout/Reserve/compensate", definition.States["Undo Reserve"].Resource)
    local arn = "arn:aws:lambda:us-east-1:123456789012:function:ship"
    local plain = passo.saga "S" { { "Ship", run = arn } }
    assert.equal(arn, core.decode(plain:asl()).States.Ship.Resource)
    assert.equal(0, #passo.check(plain))
    local replaced = core.decode((checkout {}):asl("json", { resources = { ["lua:Checkout/Ship"] = arn } }))
    assert.equal(arn, replaced.States.Ship.Resource)
  end)

  it("refuses input that its results cannot be put into, before any step has run", function()
    local ran = 0
    local saga = passo.saga "S" { { "A", run = function() ran = ran + 1 end } }
    for _, input in ipairs { "text", 5, passo.array { 1 }, passo.core.value "[1]", { saga = 1 } } do
      local result, message, failure = helper.run(saga, input)
      assert.is_nil(result)
      assert.truthy(message:find("a saga's input", 1, true), message)
      assert.equal("EINPUT", failure.code)
    end
    assert.equal(0, ran)
    assert.equal("SUCCEEDED", helper.run(saga, { saga = {} }).status)
    assert.equal("SUCCEEDED", helper.run(saga).status)
  end)

  it("refuses misuse with words", function()
    assert.has_error(function() passo.saga "S" {} end)
    assert.has_error(function() passo.saga "S" { { "A" } } end)
    assert.has_error(function() passo.saga "S" { { "A", run = print, typo = 1 } } end)
    assert.has_error(function() passo.saga "S" { { "A", run = print }, { "A", run = print } } end)
    assert.has_error(function() passo.saga {} end)
  end)
end)
