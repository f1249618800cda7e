local helper = require "helper"
local core = require "passo.core"
local passo = require "passo"
local f = passo.flow

describe("passo.flow", function()
  it("runs states in the order given", function()
    local machine = f.machine "Order" {
      f.pass "Start" { result = { n = 20 } },
      f.task "Double" { resource = function(input) return { n = input.n * 2 } end },
      f.wait "Rest" { seconds = 60 },
      f.succeed "Done",
    }
    assert.same({ n = 40 }, helper.run(machine, {}).output)
    assert.equal("lua:Order/Double", machine:definition():lua().States.Double.Resource)
  end)

  it("turns a function into a rule", function()
    local machine = f.machine "Pick" {
      f.choice "Big?" { { when = function(input) return input.n > 10 end, next = "Yes" }, default = "No" },
      f.pass "Yes" { result = "yes", ["end"] = true },
      f.pass "No" { result = "no" },
    }
    assert.equal("yes", helper.run(machine, { n = 11 }).output)
    assert.equal("no", helper.run(machine, { n = 1 }).output)
    assert.equal("lua:Pick/Big?/when1", machine:definition():lua().States["Big?"].Choices[1].Condition)
  end)

  it("takes rules as ASL has them, in snake_case too", function()
    local machine = f.machine "Pick" {
      f.choice "C" { { when = { variable = "$.n", numeric_equals = 1 }, next = "One" }, default = "Other" },
      f.pass "One" { result = 1, ["end"] = true },
      f.pass "Other" { result = 0 },
    }
    assert.equal(1, helper.run(machine, { n = 1 }).output)
  end)

  it("builds maps and branches, and names the functions in them by their path", function()
    local machine = f.machine "Nested" {
      f.map "Each" { items_path = "$.list", concurrency = 2, result_path = "$.list",
        f.task "Square" { resource = function(n) return n * n end } },
      f.parallel "Both" {
        f.pass "Left" {},
        f.branch { f.pass "Right" {}, f.task "Sum" { resource = function(input) return #input.list end } },
      },
    }
    local result = helper.run(machine, { list = { 1, 2, 3 } })
    assert.same({ 1, 4, 9 }, setmetatable(result.output[1].list, nil))
    assert.equal(3, result.output[2])
    local states = machine:definition():lua().States
    assert.equal("lua:Nested/Each/Square", states.Each.ItemProcessor.States.Square.Resource)
    assert.equal(2, states.Each.MaxConcurrency)
  end)

  it("retries and catches", function()
    local tries = 0
    local machine = f.machine "Careful" {
      f.task "Try" { resource = function()
          tries = tries + 1
          passo.fail("Busy", "later")
        end, retry = { errors = { "Busy" }, max_attempts = 2 }, catch = { next = "Caught", result_path = "$.error" } },
      f.succeed "Fine",
      f.pass "Caught" {},
    }
    assert.same({ error = { Error = "Busy", Cause = "later" } }, helper.run(machine, {}).output)
    assert.equal(3, tries)
  end)

  it("keeps the order of its states", function()
    local machine = f.machine "Ordered" { f.pass "Z" {}, f.pass "A" {}, f.pass "M" {} }
    local text = machine:definition():json()
    assert.is_true(text:find '"Z":' < text:find '"A":' and text:find '"A":' < text:find '"M":')
  end)

  it("refuses misuse and bad definitions with words", function()
    assert.has_error(function() f.machine "X" { f.pass "A" { next = "Nowhere" } } end)
    assert.has_error(function() f.machine "X" {} end)
    assert.has_error(function() f.machine "X" { {} } end)
    assert.has_error(function() f.machine "X" { f.pass "A" { result = print } } end)
    assert.has_error(function() f.pass {} end)
  end)

  it("gives definitions that AWS's check takes", function()
    local machine = f.machine "Plain" { f.task "T" { resource = "arn:aws:states:::sqs:sendMessage", parameters = {
      QueueUrl = "q", MessageBody = "b" }, timeout_seconds = 5 } }
    assert.equal(0, #passo.check(machine))
    assert.equal(5, core.decode(machine:asl()).States.T.TimeoutSeconds)
  end)
end)
