-- Executions of an engine: start, describe, list, stop, history, redrive, retention, as AWS has them.
local core = require "passo.core"
local helper = require "engine_helper"
local passo = require "passo"

local HEAD = helper.HEAD
local ARN = HEAD .. "stateMachine:bread"
local DAY = 86400

local world, engine

-- Nobody else is there: the keeper need not look for them, for days go by.
local function open(options)
  local copy = { lease_seconds = 1e9, poll_seconds = 1e9 }
  for name, value in pairs(options or {}) do copy[name] = value end
  return world:engine(copy)
end

local function refused(code, ...)
  local answer, message, failure = ...
  assert.is_nil(answer)
  assert.equal(code, failure.code)
  assert.equal(message, failure.message)
  return message
end

local function machine(states, options)
  assert(engine:create_state_machine("bread", helper.chain(states), options))
end

local PASS = { { "A", { Type = "Pass" } } }
local WAIT = { { "W", { Type = "Wait", Seconds = 100 } } }
local FAIL = { { "A", { Type = "Pass" } }, { "B", { Type = "Fail", Error = "Burnt", Cause = "too hot" } } }

local function start(input, options)
  return assert(engine:start_execution("bread", input, options)).executionArn
end

before_each(function()
  world = helper.world()
  engine = open()
end)

describe("engine:start_execution", function()
  it("gives the same answer to the same start, while it runs", function()
    machine(WAIT)
    local first = engine:start_execution("bread", { x = 1, y = { 2 } }, { name = "one" })
    assert.same({ executionArn = HEAD .. "execution:bread:one", startDate = 1767225600 }, first)
    world.clock:advance(3)
    assert.same(first, engine:start_execution { stateMachineArn = ARN, name = "one", input = '{"y": [2], "x": 1}' })
    assert.equal(("Execution Already Exists: '%s'"):format(first.executionArn), refused("ExecutionAlreadyExists",
      engine:start_execution("bread", { x = 2 }, { name = "one" })))
    engine:await(first)
    refused("ExecutionAlreadyExists", engine:start_execution("bread", { x = 1, y = { 2 } }, { name = "one" }))
  end)

  it("knows it even before any worker has begun it", function()
    machine(WAIT)
    engine.max_running = 0
    local first = engine:start_execution("bread", { x = 1 }, { name = "one" })
    assert.same(first, engine:start_execution("bread", { x = 1 }, { name = "one" }))
    refused("ExecutionAlreadyExists", engine:start_execution("bread", {}, { name = "one" }))
    assert.equal('{"x":1}', engine:describe_execution(first.executionArn).input)
  end)

  it("keeps names apart by machine", function()
    machine(PASS)
    assert(engine:create_state_machine("cake", helper.chain(WAIT)))
    start({}, { name = "one" })
    assert.truthy(engine:start_execution("cake", {}, { name = "one" }))
  end)

  it("makes up a name where none is given", function()
    machine(PASS)
    assert.truthy(start():find(":%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$"))
  end)

  it("never takes an Express execution for another", function()
    machine(PASS, { type = "EXPRESS" })
    local first, second = start({}, { name = "one" }), start({}, { name = "one" })
    assert.not_equal(first, second)
    assert.truthy(first:find("^" .. HEAD:gsub("%-", "%%-") .. "express:bread:one:%x+%-"), first)
    for _, verb in ipairs { "describe_execution", "stop_execution", "get_execution_history",
      "describe_state_machine_for_execution", "redrive_execution" } do
      assert.equal("Invalid Arn: 'Resource type not valid in this context: express'",
        refused("InvalidArn", engine[verb](engine, first)))
    end
    assert.equal("This operation is not supported by this type of state machine",
      refused("StateMachineTypeNotSupported", engine:list_executions("bread")))
  end)

  it("takes JSON text in the API's table, any value beside a name", function()
    machine(PASS)
    local function output(...) return engine:await(assert(engine:start_execution(...))).value:json() end
    assert.equal('{"a":1.0,"b":[]}', output { stateMachineArn = ARN, input = '{"a": 1.0, "b": []}' })
    assert.equal('"text"', output("bread", "text"))
    assert.equal("null", output("bread", passo.null))
    assert.equal("{}", output("bread"))
    assert.equal('{"n":12345678901234567890}', output("bread", core.value '{"n":12345678901234567890}'))
  end)

  it("refuses input that is no JSON, in the service's words", function()
    machine(PASS)
    assert.equal("Invalid State Machine Execution Input: 'com.fasterxml.jackson.core.JsonParseException: Unrecognized "
      .. "token 'bread': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n"
      .. " at [Source: (String)\"bread\"; line: 1, column: 6]'", refused("InvalidExecutionInput",
      engine:start_execution { stateMachineArn = ARN, input = "bread" }))
    refused("InvalidExecutionInput", engine:start_execution { stateMachineArn = ARN, input = '{"a": }' })
    refused("InvalidExecutionInput", engine:start_execution("bread", { f = print }))
  end)

  it("refuses input that is too long, without showing it", function()
    machine(PASS)
    local words = "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have "
      .. "length less than or equal to 262144"
    local long = ("x"):rep(262143)
    assert.equal(words, refused("ValidationException", engine:start_execution { stateMachineArn = ARN,
      input = '"' .. long .. '"' }))
    assert.equal(words, refused("ValidationException", engine:start_execution("bread", long)))
    assert.truthy(engine:start_execution("bread", long:sub(2)))
  end)

  it("refuses names and ARNs that are none", function()
    machine(PASS)
    refused("InvalidName", engine:start_execution("bread", {}, { name = "a b" }))
    refused("ValidationException", engine:start_execution("bread", {}, { name = "" }))
    refused("InvalidArn", engine:start_execution { stateMachineArn = "bread" })
    assert.equal("Invalid Arn: 'Resource type not valid in this context: execution'", refused("InvalidArn",
      engine:start_execution { stateMachineArn = HEAD .. "execution:bread:one" }))
    refused("StateMachineDoesNotExist", engine:start_execution("cake"))
    refused("ValidationException", engine:start_execution("bread/Map"))
  end)

  it("keeps to a quota of open executions", function()
    machine(WAIT)
    engine = open { limits = { open_executions = 2 } }
    start()
    start()
    refused("ExecutionLimitExceeded", engine:start_execution("bread"))
    world.clock:advance(101)
    assert.truthy(start())
  end)

  it("goes by a definition that another process has changed, within a second", function()
    machine(PASS)
    local other = open()
    start()
    assert(other:update_state_machine("bread", helper.chain { { "A", { Type = "Pass", Result = "new" } } }))
    world.clock:advance(1)
    assert.equal("new", engine:await(start()).output)
  end)
end)

describe("engine:describe_execution", function()
  it("tells how one succeeded", function()
    machine(WAIT)
    local arn = start({ x = 1 }, { name = "one", traceHeader = "Root=1" })
    assert.same({ executionArn = arn, stateMachineArn = ARN, name = "one", status = "RUNNING", startDate = 1767225600,
      input = '{"x":1}', inputDetails = { included = true }, redriveCount = 0, redriveStatus = "NOT_REDRIVABLE",
      redriveStatusReason = "Execution is RUNNING and cannot be redriven", traceHeader = "Root=1" },
      engine:describe_execution(arn))
    engine:await(arn)
    local told = engine:describe_execution(arn)
    assert.same({ "SUCCEEDED", '{"x":1}', 1767225700, "Execution is SUCCEEDED and cannot be redriven" },
      { told.status, told.output, told.stopDate, told.redriveStatusReason })
    told = engine:describe_execution { executionArn = arn, includedData = "METADATA_ONLY" }
    assert.same({ nil, nil, false, false }, { told.input, told.output, told.inputDetails.included,
      told.outputDetails.included })
  end)

  it("tells how one failed", function()
    machine(FAIL)
    local arn = start()
    local told = engine:describe_execution(arn)
    assert.same({ "FAILED", "Burnt", "too hot", "REDRIVABLE" },
      { told.status, told.error, told.cause, told.redriveStatus })
    assert.is_nil(told.redriveStatusReason)
    assert.is_nil(told.output)
  end)

  it("tells why one cannot be redriven", function()
    machine(FAIL)
    local arn = start()
    local function reason() return engine:describe_execution(arn).redriveStatusReason end
    world.clock:advance(14 * DAY)
    assert.is_nil(reason())
    world.clock:advance(1)
    assert.equal("Execution redrivable period exceeded", reason())
    engine:delete_state_machine("bread")
    engine = open { limits = { redrive_days = 100 } }
    assert.equal("State machine is in DELETING status", reason())
  end)

  it("wants one that is there", function()
    local arn = HEAD .. "execution:bread:one"
    assert.equal(("Execution Does Not Exist: '%s'"):format(arn), refused("ExecutionDoesNotExist",
      engine:describe_execution(arn)))
    refused("InvalidArn", engine:describe_execution("one"))
    refused("ExecutionDoesNotExist", engine:get_execution_history(arn))
    refused("ExecutionDoesNotExist", engine:stop_execution(arn))
    refused("ExecutionDoesNotExist", engine:redrive_execution(arn))
    refused("ExecutionDoesNotExist", engine:await(arn))
  end)
end)

describe("engine:stop_execution", function()
  it("aborts one that runs, and leaves one that has ended", function()
    machine(WAIT)
    local arn = start()
    world.clock:advance(5)
    assert.same({ stopDate = 1767225605 }, engine:stop_execution(arn, "Stopped", "enough"))
    assert.equal("ABORTED", engine:await(arn).status)
    local told = engine:describe_execution(arn)
    assert.same({ "ABORTED", "Stopped", "enough", "REDRIVABLE" }, { told.status, told.error, told.cause,
      told.redriveStatus })
    world.clock:advance(5)
    assert.same({ stopDate = 1767225605 }, engine:stop_execution(arn))
  end)

  it("keeps to what the model says", function()
    machine(WAIT)
    refused("ValidationException", engine:stop_execution { executionArn = start(), error = ("e"):rep(257) })
  end)
end)

describe("engine:await", function()
  it("answers how it ended", function()
    machine(FAIL)
    local result = engine:await(assert(engine:start_execution("bread")))
    assert.same({ "FAILED", "Burnt", "too hot" }, { result.status, result.error, result.cause })
    assert.is_nil(result.output)
  end)

  it("waits as long as it is told to", function()
    machine(WAIT)
    local arn = start()
    refused("ETIMEOUT", engine:await(arn, { timeout_seconds = 30 }))
    assert.equal("SUCCEEDED", engine:await(arn, { timeout_seconds = 100 }).status)
  end)
end)

describe("engine:list_executions", function()
  local function names(answer)
    local out = {}
    for i, one in ipairs(assert(answer).executions) do out[i] = one.name end
    return table.concat(out, " ")
  end

  before_each(function()
    machine { { "W", { Type = "Wait", SecondsPath = "$.seconds" } } }
    for i = 1, 5 do
      start({ seconds = i * 10 }, { name = "e" .. i })
      world.clock:advance(1)
    end
    world.clock:advance(18)
  end)

  it("tells the newest first, page by page, and by status", function()
    assert.equal("e5 e4 e3 e2 e1", names(engine:list_executions("bread")))
    assert.equal("e2 e1", names(engine:list_executions("bread", { statusFilter = "SUCCEEDED" })))
    assert.equal("e5 e4 e3", names(engine:list_executions { stateMachineArn = ARN, statusFilter = "RUNNING" }))
    local first = engine:list_executions("bread", { maxResults = 2 })
    assert.equal("e5 e4", names(first))
    start({ seconds = 1 }, { name = "e6" })
    local second = engine:list_executions("bread", { maxResults = 2, nextToken = first.nextToken })
    assert.equal("e3 e2", names(second))
    assert.equal("e1", names(engine:list_executions("bread", { nextToken = second.nextToken })))
    refused("InvalidToken", engine:list_executions("bread", { statusFilter = "RUNNING",
      nextToken = first.nextToken }))
  end)

  it("tells what there is to know of each", function()
    assert.same({ executionArn = HEAD .. "execution:bread:e1", stateMachineArn = ARN, name = "e1",
      status = "SUCCEEDED", startDate = 1767225600, stopDate = 1767225610, redriveCount = 0 },
      engine:list_executions("bread").executions[5])
  end)

  it("refuses filters that are none", function()
    assert.equal("1 validation error detected: Value 'running' at 'statusFilter' failed to satisfy constraint: Member "
      .. "must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
      refused("ValidationException", engine:list_executions("bread", { statusFilter = "running" })))
    refused("ValidationException", engine:list_executions {})
    refused("ValidationException", engine:list_executions("bread", { redriveFilter = "REDRIVEN" }))
    refused("StateMachineDoesNotExist", engine:list_executions("cake"))
    refused("InvalidArn", engine:list_executions { mapRunArn = "run" })
  end)
end)

describe("engine:get_execution_history", function()
  local function ids(answer)
    local out = {}
    for i, event in ipairs(assert(answer).events) do out[i] = ("%d"):format(event.id) end
    return table.concat(out, " ")
  end

  before_each(function()
    machine { { "A", { Type = "Pass", Assign = { x = 1 } } }, { "W", { Type = "Wait", Seconds = 5 } },
      { "B", { Type = "Pass" } } }
  end)

  it("goes forth and back, page by page", function()
    local arn = start()
    assert.equal("1 2 3 4", ids(engine:get_execution_history(arn)))
    engine:await(arn)
    assert.equal("1 2 3 4 5 6 7 8", ids(engine:get_execution_history(arn)))
    assert.equal("8 7 6 5 4 3 2 1", ids(engine:get_execution_history(arn, { reverseOrder = true })))
    local first = engine:get_execution_history { executionArn = arn, maxResults = 3 }
    assert.equal("1 2 3", ids(first))
    local second = engine:get_execution_history { executionArn = arn, maxResults = 3, nextToken = first.nextToken }
    assert.equal("4 5 6", ids(second))
    local third = engine:get_execution_history { executionArn = arn, maxResults = 2, nextToken = second.nextToken }
    assert.equal("7 8", ids(third))
    assert.is_nil(third.nextToken)
    local last = engine:get_execution_history { executionArn = arn, maxResults = 5, reverseOrder = true }
    assert.equal("8 7 6 5 4", ids(last))
    assert.equal("3 2 1", ids(engine:get_execution_history { executionArn = arn, reverseOrder = true,
      nextToken = last.nextToken }))
    refused("InvalidToken", engine:get_execution_history { executionArn = arn, nextToken = last.nextToken })
  end)

  it("goes through histories of any length, and values of any size, where there is no limit", function()
    engine = open { profile = "unlimited" }
    local long = ("x"):rep(300000)
    local counter = passo.parse { StartAt = "N", States = {
      N = { Type = "Pass", Parameters = { ["n.$"] = "States.MathAdd($.n, 1)", ["long.$"] = "$.long" }, Next = "C" },
      C = { Type = "Choice", Choices = { { Variable = "$.n", NumericGreaterThan = 20, Next = "S" } }, Default = "N" },
      S = { Type = "Succeed" } } }
    assert(engine:create_state_machine("counter", counter))
    local arn = assert(engine:start_execution("counter", { n = 0, long = long })).executionArn
    assert.equal("SUCCEEDED", engine:await(arn).status)
    assert.equal(300000, #core.decode(engine:describe_execution(arn).input).long)
    local count, token = 0, nil
    repeat
      local page = assert(engine:get_execution_history(arn, { maxResults = 7, nextToken = token }))
      for _, event in ipairs(page.events) do
        count = count + 1
        assert.equal(count, event.id)
      end
      token = page.nextToken
    until not token
    assert.is_true(count > 80)
  end)

  it("leaves data out when it is asked to", function()
    local arn = start({ secret = 1 })
    engine:await(arn)
    local told = core.encode(engine:get_execution_history { executionArn = arn, includeExecutionData = false })
    assert.is_nil(told:find "secret")
    assert.is_nil(told:find "assignedVariables")
    assert.truthy(told:find("stateEnteredEventDetails", 1, true))
  end)
end)

describe("engine:redrive_execution", function()
  local tries

  before_each(function()
    tries = 0
    engine:add_handlers { bake = function()
      tries = tries + 1
      if tries < 2 then passo.fail("Burnt", "too hot") end
      return "done"
    end }
    machine { { "A", { Type = "Pass" } }, { "T", { Type = "Task", Resource = "lua:bake" } } }
  end)

  it("goes on where it failed, under the same ARN", function()
    local arn = start()
    assert.equal("FAILED", engine:await(arn).status)
    world.clock:advance(60)
    assert.same({ redriveDate = 1767225660 }, engine:redrive_execution(arn))
    local result = engine:await(arn)
    assert.same({ "SUCCEEDED", "done", 2 }, { result.status, result.output, tries })
    local told = engine:describe_execution(arn)
    assert.same({ 1, 1767225660, 1767225600 }, { told.redriveCount, told.redriveDate, told.startDate })
    local types = table.concat(helper.types(engine, arn), " ")
    assert.truthy(types:find("ExecutionFailed ExecutionRedriven TaskScheduled", 1, true), types)
    local listed = engine:list_executions("bread").executions[1]
    assert.same({ 1, 1767225660 }, { listed.redriveCount, listed.redriveDate })
  end)

  it("refuses what cannot be", function()
    local arn = start()
    engine:await(arn)
    engine:redrive_execution(arn)
    engine:await(arn)
    assert.equal("Execution is SUCCEEDED and cannot be redriven", refused("ExecutionNotRedrivable",
      engine:redrive_execution(arn)))
  end)

  it("answers the same again to the same client token", function()
    local arn = start()
    engine:await(arn)
    local first = engine:redrive_execution { executionArn = arn, clientToken = "t" }
    engine:await(arn)
    world.clock:advance(60)
    assert.same(first, engine:redrive_execution { executionArn = arn, clientToken = "t" })
    refused("ExecutionNotRedrivable", engine:redrive_execution { executionArn = arn, clientToken = "u" })
    world.clock:advance(900)
    refused("ExecutionNotRedrivable", engine:redrive_execution { executionArn = arn, clientToken = "t" })
    assert.equal(2, tries)
  end)
end)

describe("engine retention", function()
  it("forgets what ended long ago, and its name is free again", function()
    machine(PASS)
    local old = start({}, { name = "one" })
    world.clock:advance(10 * DAY)
    local young = start({}, { name = "two" })
    world.clock:advance(80.5 * DAY)
    assert(engine:tidy())
    refused("ExecutionDoesNotExist", engine:describe_execution(old))
    assert.truthy(engine:describe_execution(young))
    assert.truthy(start({}, { name = "one" }))
  end)

  it("takes as many days as it is told", function()
    engine = open { retention_days = 1 }
    machine(PASS)
    local arn = start()
    world.clock:advance(0.9 * DAY)
    engine:tidy()
    assert.truthy(engine:describe_execution(arn))
    world.clock:advance(0.2 * DAY)
    engine:tidy()
    refused("ExecutionDoesNotExist", engine:describe_execution(arn))
  end)

  it("never forgets what runs", function()
    engine = open { retention_days = 1 }
    machine { { "W", { Type = "Wait", Seconds = 100 * DAY } } }
    local arn = start()
    world.clock:advance(50 * DAY)
    engine:tidy()
    assert.equal("RUNNING", engine:describe_execution(arn).status)
  end)

  it("lets revisions go with the last that needs them", function()
    engine = open { retention_days = 1 }
    machine(PASS)
    local arn = start()
    engine:delete_state_machine("bread")
    local function revisions() return #world.store:list_documents("revision", {}) end
    world.clock:advance(0.9 * DAY)
    engine:tidy()
    assert.truthy(engine:describe_state_machine_for_execution(arn))
    world.clock:advance(DAY)
    engine:tidy()
    assert.equal(0, revisions())
  end)
end)
