local helper = require "helper"
local core = require "passo.core"
local passo = require "passo"

local LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:ChargeCard"

local function returning(value) return function() return value end end

local function task(name, resource)
  return assert(passo.parse { StartAt = name, States = {
    [name] = { Type = "Task", Resource = resource, End = true } } })
end

local function run_one(handler, fields)
  return helper.run(helper.task(fields), { n = 1 }, { ["lua:t"] = handler })
end

describe("a handler", function()
  it("is looked up by state, ARN, function name, then default", function()
    local machine = task("Charge", LAMBDA)
    local handlers = { Charge = returning "state", [LAMBDA] = returning "arn", ChargeCard = returning "function",
      default = returning "default" }
    for _, key in ipairs { "Charge", LAMBDA, "ChargeCard", "default" } do
      local want = handlers[key]()
      assert.equal(want, helper.run(machine, {}, handlers).output)
      handlers[key] = nil
    end
  end)

  it("that is missing is told before anything starts", function()
    local started
    local machine = helper.chain { { "A", { Type = "Task", Resource = "lua:a" } },
      { "B", { Type = "Task", Resource = LAMBDA } } }
    local result, message, failure = helper.run(machine, {}, { A = function() started = true end })
    assert.is_nil(result)
    assert.equal(("no handler for state 'B' (%s): give handlers[\"B\"], handlers[\"ChargeCard\"] or handlers.default, "
      .. "or aws = true for AWS itself")
      :format(LAMBDA), message)
    assert.same({ "ENOHANDLER", LAMBDA }, { failure.code, failure.resource })
    assert.is_nil(started)
  end)

  it("whose name fits two states is a finding", function()
    local machine = helper.chain { { "ChargeCard", { Type = "Task", Resource = "lua:a" } },
      { "B", { Type = "Task", Resource = LAMBDA } } }
    local found = machine:check_handlers { ChargeCard = returning(1) }
    assert.equal("AMBIGUOUS_HANDLER", found[1].code)
    assert.equal(0, #machine:check_handlers { ChargeCard = returning(1), B = returning(2) })
  end)

  it("returns a value; nothing is null", function()
    assert.equal(core.null, run_one(function() end).output)
    assert.equal(false, run_one(returning(false)).output)
    assert.same({ a = { 1, 2 } }, run_one(returning { a = { 1, 2 } }).output)
  end)

  it("gets exactly what came in, and hands it back unchanged", function()
    local result = helper.run(helper.task(), core.value '{"z":1.0,"a":[1e2]}', {
      ["lua:t"] = function(input) return input end })
    assert.equal('{"z":1.0,"a":[1e2]}', result.value:json())
  end)

  it("fails with nil, error, cause", function()
    local result = run_one(function() return nil, "Declined", "over the limit" end)
    assert.same({ "FAILED", "Declined", "over the limit" }, { result.status, result.error, result.cause })
  end)

  it("fails by passo.fail, also with a table for a cause", function()
    local result = run_one(function() passo.fail("Declined", { limit = 5 }) end)
    assert.same({ "Declined", '{"limit":5}' }, { result.error, result.cause })
  end)

  it("that raises fails with Lua.Error, message and traceback", function()
    local result = run_one(function() error "boom" end)
    assert.equal("Lua.Error", result.error)
    assert.matches("handlers_spec.lua:%d+: boom\nstack traceback:\n", result.cause)
    assert.matches("bad \239\191\189", run_one(function() error("bad \255", 0) end).cause)
    assert.matches("^{}\n", run_one(function() error {} end).cause)
  end)

  it("that returns what is no value fails with the path", function()
    local result = run_one(function() return { a = { print } } end)
    assert.equal("Lua.Error", result.error)
    assert.equal("the handler's result: $.a[1]: a function cannot be a JSON value", result.cause)
  end)

  it("may be retried and caught by its error's name", function()
    local attempts = {}
    local result = run_one(function(_, ctx)
      attempts[#attempts + 1] = ctx.attempt
      if ctx.attempt < 2 then error "again" end
      return "done"
    end, { Retry = { { ErrorEquals = { "Lua.Error" } } } })
    assert.equal("done", result.output)
    assert.same({ 0, 1, 2 }, attempts)
  end)

  it("knows its execution, state, deadline and key", function()
    local seen, keys = nil, {}
    local result = run_one(function(_, ctx)
      seen = ctx
      keys[#keys + 1] = ctx.idempotency_key
      if ctx.attempt == 0 then passo.fail "E" end
    end, { TimeoutSeconds = 30, Retry = { { ErrorEquals = { "E" } } } })
    assert.equal(result.arn, seen.execution.arn)
    assert.equal("T", seen.state.name)
    assert.is_number(seen.deadline_ms)
    assert.is_false(seen.cancelled())
    assert.equal(keys[1], keys[2])
    assert.is_nil(seen.nothing_of_the_kind)
  end)

  it("is told that it was cancelled, and wakes from its sleep", function()
    local slept, why, cancelled
    local clock = passo.virtual_clock()
    local run = helper.task({ TimeoutSeconds = 5 }):start({}, { clock = clock, handlers = { T = function(_, ctx)
      slept, why = passo.sleep(1000)
      cancelled = ctx.cancelled()
    end } })
    run:advance(10)
    assert.same({ "FAILED", nil, "cancelled", true }, { run:status(), slept, why, cancelled })
  end)

  it("lives on by its heartbeats", function()
    local result = helper.run(helper.task { HeartbeatSeconds = 10, TimeoutSeconds = 100 }, {}, { T = function(_, ctx)
      for _ = 1, 5 do
        passo.sleep(8)
        ctx.heartbeat()
      end
      return "alive"
    end })
    assert.equal("alive", result.output)
  end)

  it("may run executions of its own", function()
    local inner = helper.chain { { "W", { Type = "Wait", Seconds = 5 } } }
    local result = run_one(function() return inner:run({ x = 1 }).output end)
    assert.same({ x = 1 }, result.output)
  end)

  it("that yields to nobody fails, and the run goes on", function()
    local result = run_one(function() coroutine.yield(1) end)
    assert.equal("Lua.Error", result.error)
    assert.matches("yielded to nobody", result.cause)
  end)
end)

describe("a Lua predicate", function()
  local machine = assert(passo.parse { StartAt = "C", States = { C = { Type = "Choice", Default = "No", Choices = {
    { Condition = "lua:is_vip", Next = "Yes" } } }, Yes = { Type = "Pass", Result = "yes", End = true },
    No = { Type = "Pass", Result = "no", End = true } } })

  it("decides a rule", function()
    local handlers = { ["lua:is_vip"] = function(input) return input.vip == true end }
    assert.equal("yes", helper.run(machine, { vip = true }, handlers).output)
    assert.equal("no", helper.run(machine, {}, handlers).output)
  end)

  it("must give a boolean and must not wait", function()
    assert.equal("States.Runtime", helper.run(machine, {}, { ["lua:is_vip"] = returning "x" }).error)
    assert.equal("States.Runtime", helper.run(machine, {}, { ["lua:is_vip"] = function() error "no" end }).error)
    assert.equal("States.Runtime", helper.run(machine, {}, { ["lua:is_vip"] = function()
      passo.sleep(1)
      return true
    end }).error)
  end)

  it("that is missing is told by name", function()
    local result, message, failure = helper.run(machine, {}, {})
    assert.is_nil(result)
    assert.matches("lua:is_vip", message)
    assert.equal("ENOHANDLER", failure.code)
  end)

  it("is no plain ASL", function()
    local text, message, failure = machine:asl "json"
    assert.is_nil(text)
    assert.matches("^/States/C/Choices/0/Condition", message)
    assert.equal("/States/C/Choices/0/Condition", failure.location)
  end)
end)
