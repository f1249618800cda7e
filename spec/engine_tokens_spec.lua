local helper = require "engine_helper"
local passo = require "passo"

describe("engine: task tokens", function()
  local world, engine, token, arn

  local function handlers()
    return { ask = function(_, ctx)
      token = ctx.task_token
      return { asked = true }
    end }
  end

  local function waiting(fields)
    local state = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken",
      Parameters = { FunctionName = "ask", ["Payload.$"] = "$$.Task.Token" } }
    for name, value in pairs(fields or {}) do state[name] = value end
    return helper.chain { { "Ask", state } }
  end

  local function start(fields)
    engine:create_state_machine("m", waiting(fields))
    arn = assert(engine:start_execution("m", {})).executionArn
    world.clock:advance(0.1)
    assert.is_string(token)
  end

  before_each(function()
    world = helper.world()
    engine = world:engine { handlers = { Ask = handlers().ask } }
    token = nil
  end)

  it("are answered with a value", function()
    start()
    assert.same({}, engine:send_task_success(token, { ok = true }))
    local result = assert(engine:await(arn))
    assert.equal("SUCCEEDED", result.status)
    assert.same({ ok = true }, result.output)
  end)

  it("are answered with JSON text, which stays as it was written", function()
    start()
    assert.same({}, engine:send_task_success { taskToken = token, output = '{"n": 1.0, "b":[]}' })
    assert.equal('{"n":1.0,"b":[]}', assert(engine:await(arn)).value:json())
  end)

  it("are refused", function()
    start()
    assert.same({}, engine:send_task_failure(token, "Denied", "not today"))
    local result = assert(engine:await(arn))
    assert.same({ "FAILED", "Denied", "not today" }, { result.status, result.error, result.cause })
  end)

  it("are answered for an execution that sleeps", function()
    start()
    world.clock:advance(3600)
    assert.is_nil(world.store:describe(arn).owner)
    assert.same({}, engine:send_task_success(token, 1))
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
  end)

  it("are answered at a process that does not run the execution", function()
    start()
    local other = world:engine()
    assert.same({}, other:send_task_success(token, "elsewhere"))
    assert.equal('"elsewhere"', assert(engine:await(arn)).value:json())
  end)

  it("are answered after the process that handed them out has died", function()
    start()
    world:kill(engine)
    local other = world:engine { handlers = { Ask = handlers().ask } }
    local first = token
    assert.same({}, other:send_task_success(token, 5))
    assert.equal("5", assert(other:await(arn)).value:json())
    assert.equal(first, token) -- not asked again
    assert.same({ "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted",
      "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded" }, helper.types(other, arn))
  end)

  it("are answered once", function()
    start()
    assert(engine:send_task_success(token, 1))
    for _, again in ipairs { engine:send_task_success(token, 2) == nil,
      engine:send_task_failure(token, "E") == nil, engine:send_task_heartbeat(token) == nil } do
      assert.is_true(again)
    end
    local _, message, failure = engine:send_task_success(token, 2)
    assert.equal("TaskTimedOut", failure.code)
    assert.equal("Task Timed Out: 'Provided task does not exist anymore'", message)
  end)

  it("are answered once, also while nobody runs the execution", function()
    start()
    world.clock:advance(3600)
    engine:close()
    local asks = world:engine { max_running = 0 }
    assert.same({}, asks:send_task_heartbeat(token))
    assert.same({}, asks:send_task_success(token, "first"))
    for _, again in ipairs { { asks:send_task_success(token, "second") }, { asks:send_task_failure(token, "No") },
      { asks:send_task_heartbeat(token) } } do
      assert.is_nil(again[1])
      assert.equal("TaskTimedOut", again[3].code)
    end
    engine = world:engine { handlers = { Ask = handlers().ask } }
    local result = assert(engine:await(arn))
    assert.same({ "SUCCEEDED", "first" }, { result.status, result.output })
  end)

  it("are void when their task has timed out, and when the execution was stopped", function()
    start { TimeoutSeconds = 60 }
    world.clock:advance(61)
    assert.equal("FAILED", assert(engine:await(arn)).status)
    local _, _, failure = engine:send_task_success(token, 2)
    assert.equal("TaskTimedOut", failure.code)
    token = nil
    arn = assert(engine:start_execution("m", {})).executionArn
    world.clock:advance(0.1)
    assert(engine:stop_execution(arn))
    _, _, failure = engine:send_task_success(token, 2)
    assert.equal("TaskTimedOut", failure.code)
  end)

  it("are void after a timeout that was caught", function()
    engine:create_state_machine("m", assert(passo.parse { StartAt = "Ask", States = {
      Ask = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken", TimeoutSeconds = 10,
        Parameters = { FunctionName = "ask", ["Payload.$"] = "$$.Task.Token" }, End = true,
        Catch = { { ErrorEquals = { "States.Timeout" }, Next = "Later" } } },
      Later = { Type = "Wait", Seconds = 1000, End = true } } }))
    arn = assert(engine:start_execution("m", {})).executionArn
    world.clock:advance(20)
    assert.is_nil(world.store:token(token))
    local _, _, failure = engine:send_task_success(token, 2)
    assert.equal("TaskTimedOut", failure.code)
    assert.equal("RUNNING", engine:describe_execution(arn).status)
  end)

  it("live on by heartbeats, also from elsewhere", function()
    start { HeartbeatSeconds = 30 }
    local other = world:engine()
    for _ = 1, 5 do
      world.clock:advance(20)
      assert.same({}, other:send_task_heartbeat(token))
      world.clock:advance(2)
    end
    assert.equal("RUNNING", engine:describe_execution(arn).status)
    world.clock:advance(31)
    assert.equal("States.Timeout", assert(engine:await(arn)).error)
  end)

  it("are checked as the service does", function()
    local function code(ok, message, failure)
      assert.is_nil(ok)
      return failure.code, message
    end
    assert.same({ "InvalidToken", "Invalid Token: 'Invalid token'" },
      { code(engine:send_task_success("NoSuchTaskToken", {})) })
    assert.equal("InvalidToken", (code(engine:send_task_failure "x")))
    assert.equal("InvalidToken", (code(engine:send_task_heartbeat { taskToken = "x" })))
    assert.equal("ValidationException", (code(engine:send_task_heartbeat { taskToken = "" })))
    assert.equal("ValidationException", (code(engine:send_task_success { taskToken = "x" })))
    start()
    assert.equal("InvalidOutput", (code(engine:send_task_success { taskToken = token, output = "{" })))
    assert.equal("InvalidOutput", (code(engine:send_task_success(token, { f = print }))))
    assert.equal("ValidationException", (code(engine:send_task_failure(token, ("e"):rep(257)))))
    assert.equal("RUNNING", engine:describe_execution(arn).status)
  end)
end)
