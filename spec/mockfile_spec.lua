-- The mock files of Step Functions Local: what they may say, and what a test case makes of a run.
local helper = require "helper"
local mockfile = require "passo.mockfile"
local passo = require "passo"
local core = passo.core

local function file_of(content)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(type(content) == "string" and content or core.encode(content))
  file:close()
  return path
end

local function config(responses, case, machine)
  return { StateMachines = { [machine or "StateMachine"] = { TestCases = { Case = case } } },
    MockedResponses = responses }
end

local function wrong(content)
  local file, message, failure = mockfile.parse(type(content) == "string" and content or core.encode(content), "m.json")
  assert.is_nil(file)
  assert.equal(message, failure.message)
  return message, failure
end

-- Runs the machine with a case; AWS itself is out of reach.
local function run(machine, responses, case, more, input)
  local path = file_of(config(responses, case))
  local aws = { mocks = { file = path, case = "Case" }, routes = { default = false } }
  for name, value in pairs(more or {}) do aws[name] = value end
  local result, message, failure = machine:run(input or {},
    { aws = aws, clock = passo.virtual_clock(), history = true })
  os.remove(path)
  return result, message, failure
end

local function task(more)
  local fields = { Resource = "arn:aws:states:::lambda:invoke", Parameters = { FunctionName = "f" } }
  for name, value in pairs(more or {}) do fields[name] = value end
  return helper.task(fields)
end

describe("passo.mockfile", function()
  it("tells where something is wrong, all of it", function()
    assert.matches("^m%.json:2:21: ", (wrong '{\n  "StateMachines": nope}'))
    assert.matches("m.json: /MockedResponses: an object is expected", (wrong { StateMachines = {} }), 1, true)
    local message, failure = wrong(config({ R = { ["0"] = { Retrun = 1 }, x = {} } }, { T = "R2" }))
    assert.matches("m.json: /MockedResponses/R/0/Retrun: unknown field", message, 1, true)
    assert.matches("%(and 3 more%)", message)
    local places = {}
    for i, problem in ipairs(failure.problems) do places[i] = problem.location .. " " .. problem.message end
    assert.same({
      "/MockedResponses/R/0/Retrun unknown field 'Retrun', did you mean 'Return'?",
      "/MockedResponses/R/0 exactly one of Return and Throw is expected",
      "/MockedResponses/R/x 'x' is no invocation: a number as \"0\" or a range as \"1-2\" is expected",
      "/StateMachines/StateMachine/TestCases/Case/T there is no mocked response 'R2', did you mean 'R'?",
    }, { places[1], places[2], places[3], places[4] })
  end)

  it("wants invocations that follow each other", function()
    local one = { Return = 1 }
    assert.matches("/MockedResponses/R/2-3: invocation 1 has no response",
      (wrong(config({ R = { ["0"] = one, ["2-3"] = one } }, {}))), 1, true)
    assert.matches("/MockedResponses/R/1-2: invocation 1 has two responses",
      (wrong(config({ R = { ["0-1"] = one, ["1-2"] = one } }, {}))), 1, true)
    assert.matches("'2-1' is no invocation", (wrong(config({ R = { ["2-1"] = one } }, {}))), 1, true)
    assert.matches("/R/0/Throw/Error: a string", (wrong(config({ R = { ["0"] = { Throw = {} } } }, {}))), 1, true)
  end)

  it("answers each invocation, retries too", function()
    local thrown = { Throw = { Error = "Lambda.ResourceNotReadyException", Cause = "not ready" } }
    local machine = task { Retry = { { ErrorEquals = { "States.ALL" }, MaxAttempts = 3 } } }
    local result = run(machine, { R = { ["0"] = thrown, ["1-2"] = { Throw = { Error = "E", Cause = "C" } },
      ["3"] = { Return = { Payload = { n = 1 } } } } }, { T = "R" })
    assert.same({ Payload = { n = 1 } }, result.output)
    local types = table.concat(helper.types(result.history), " ")
    assert.equal(3, select(2, types:gsub("TaskFailed", "")))
  end)

  it("keeps numbers as they were written", function()
    local path = file_of [[{"StateMachines": {"StateMachine": {"TestCases": {"Case": {"T": "R"}}}},
      "MockedResponses": {"R": {"0": {"Return": {"z": 1.10, "a": 12345678901234567890}}}}}]]
    local result = task():run({}, { aws = { mocks = { file = path, case = "Case" } }, clock = passo.virtual_clock() })
    os.remove(path)
    assert.equal('{"z":1.10,"a":12345678901234567890}', result.value:json())
  end)

  it("fails an execution that has more invocations than responses", function()
    local result = run(task { Retry = { { ErrorEquals = { "States.ALL" }, MaxAttempts = 3 } },
      Catch = { { ErrorEquals = { "States.ALL" }, Next = "T" } } },
      { R = { ["0"] = { Throw = { Error = "E", Cause = "" } } } }, { T = "R" })
    assert.equal("FAILED", result.status)
    assert.equal("States.Runtime", result.error)
    assert.matches("the mocked response 'R' has no response for invocation 1 of state 'T'", result.cause, 1, true)
  end)

  it("answers a task token by itself", function()
    local result = run(task { Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters = { QueueUrl = "https://q", ["MessageBody.$"] = "$$.Task.Token" } },
      { R = { ["0"] = { Return = { answer = 42 } } } }, { T = "R" })
    assert.same({ answer = 42 }, result.output)
    assert.same({ "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted",
      "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded" }, helper.types(result.history))
    result = run(task { Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters = { QueueUrl = "https://q", ["MessageBody.$"] = "$$.Task.Token" } },
      { R = { ["0"] = { Throw = { Error = "E", Cause = "C" } } } }, { T = "R" })
    assert.same({ "E", "C" }, { result.error, result.cause })
  end)

  it("counts each state by itself, over all iterations of a Map", function()
    local machine = assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", MaxConcurrency = 1, End = true,
      ItemsPath = "$.items", ItemProcessor = { StartAt = "T", States = { T = { Type = "Task", End = true,
        Resource = "arn:aws:states:::lambda:invoke", Parameters = { FunctionName = "f" } } } } } } })
    local result = run(machine, { R = { ["0-1"] = { Return = "a" }, ["2"] = { Return = "b" } } }, { T = "R" },
      nil, { items = passo.array { 1, 2, 3 } })
    assert.same({ "a", "a", "b" }, { result.output[1], result.output[2], result.output[3] })
  end)

  it("leaves states it does not name to the rest of the options", function()
    local machine = helper.chain {
      { "A", { Type = "Task", Resource = "arn:aws:states:::sns:publish", Parameters = {} } },
      { "B", { Type = "Task", Resource = "arn:aws:states:::sqs:sendMessage", Parameters = {} } } }
    local result = run(machine, { R = { ["0"] = { Return = 1 } } }, { A = "R" }, { routes = { B = { result = 2 } } })
    assert.equal(2, result.output)
    local none, message = run(machine, { R = { ["0"] = { Return = 1 } } }, { A = "R" })
    assert.is_nil(none)
    assert.matches("no handler for state 'B'", message, 1, true)
  end)

  it("refuses a case that is none, or is about other states, before anything starts", function()
    local path = file_of(config({ R = { ["0"] = { Return = 1 } } }, { S = "R" }))
    local function open(case)
      local result, message, failure = task():run({}, { aws = { mocks = { file = path, case = case } } })
      assert.is_nil(result)
      assert.equal("EINPUT", failure.code)
      return message
    end
    assert.matches("there is no test case 'Cse' of state machine 'StateMachine', did you mean 'Case'?", open "Cse", 1,
      true)
    assert.matches("/StateMachines/StateMachine/TestCases/Case/S: the machine has no state 'S'", open "Case", 1, true)
    os.remove(path)
    local _, message, failure = task():run({}, { aws = { mocks = { file = path, case = "Case" } } })
    assert.equal("EFILE", failure.code)
    assert.matches(path, message, 1, true)
  end)

  it("takes the only machine that has the case, whatever its name", function()
    local path = file_of(config({ R = { ["0"] = { Return = 1 } } }, { T = "R" }, "Other"))
    local result = task():run({}, { aws = { mocks = { file = path, case = "Case" } }, clock = passo.virtual_clock() })
    assert.equal(1, result.output)
    local machine = task()
    result = machine:run({}, { aws = { mocks = { file = path, case = "Case", machine = machine.name } },
      clock = passo.virtual_clock() })
    assert.equal(1, result.output)
    local _, message = task():run({}, { aws = { mocks = { file = path, case = "Cse" } } })
    assert.matches("there is no test case 'Cse' of state machine 'Other', did you mean 'Case'?", message, 1, true)
    _, message = task():run({}, { aws = { mocks = { file = path, case = "Case", machine = "Otter" } } })
    os.remove(path)
    assert.matches("there is no state machine 'Otter', did you mean 'Other'?", message, 1, true)
  end)
end)
