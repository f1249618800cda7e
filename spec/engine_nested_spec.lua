local core = require "passo.core"
local helper = require "engine_helper"
local passo = require "passo"

describe("engine: nested executions", function()
  local world, engine, worked, options
  local CHILD = helper.HEAD .. "stateMachine:child"

  local function reopen()
    engine = world:engine(options)
    return engine
  end

  before_each(function()
    world, worked = helper.world(), 0
    options = { handlers = { Work = function(input)
      worked = worked + 1
      if input.bad then return nil, "Bad", "no good" end
      return { got = input }
    end } }
    reopen()
  end)

  local function child(seconds)
    engine:create_state_machine("child", helper.chain { { "W", { Type = "Wait", Seconds = seconds or 5 } },
      { "Work", { Type = "Task", Resource = "lua:work" } } }, { update = true })
  end

  local function parent(resource, parameters, fields)
    local given = { StateMachineArn = CHILD, ["Input.$"] = "$" }
    for name, value in pairs(parameters or {}) do given[name] = value end
    local state = { Type = "Task", Resource = "arn:aws:states:::" .. resource, Parameters = given }
    for name, value in pairs(fields or {}) do state[name] = value end
    local states = { Nest = state }
    if state.Catch then
      states.Caught = { Type = "Pass", End = true }
    end
    state.End = true
    engine:create_state_machine("parent", assert(passo.parse { StartAt = "Nest", States = states }), { update = true })
  end

  local function start(input, name)
    return assert(engine:start_execution("parent", input or { a = 1 }, { name = name })).executionArn
  end

  local function children()
    return assert(engine:list_executions "child").executions
  end

  local SYNC = { "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted",
    "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded" }

  it("begin and go on by themselves (request-response)", function()
    child()
    parent("states:startExecution", { Name = "mine" })
    local result = assert(engine:await(start()))
    assert.same({ ExecutionArn = helper.HEAD .. "execution:child:mine", StartDate = 1767225600000 }, result.output)
    assert.equal("RUNNING", children()[1].status)
    assert.equal("SUCCEEDED", assert(engine:await(children()[1].executionArn)).status)
  end)

  it("are awaited (.sync): input and output are texts", function()
    child()
    parent "states:startExecution.sync"
    local arn = start()
    local output = assert(engine:await(arn)).output
    local told = assert(engine:describe_execution(output.ExecutionArn))
    assert.same({ '{"a":1}', '{"got":{"a":1}}', "SUCCEEDED", CHILD, told.name, 1767225600000, 1767225605000 },
      { output.Input, output.Output, output.Status, output.StateMachineArn, output.Name, output.StartDate,
        output.StopDate })
    assert.same(SYNC, helper.types(engine, arn))
  end)

  it("are awaited (.sync:2): input and output are JSON", function()
    child()
    parent "states:startExecution.sync:2"
    local output = assert(engine:await(start())).output
    assert.same({ { a = 1 }, { got = { a = 1 } } }, { output.Input, output.Output })
  end)

  it("wait for a task token (.waitForTaskToken)", function()
    engine:create_state_machine("child", helper.chain { { "Answer", { Type = "Task",
      Resource = "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
      Parameters = { ["TaskToken.$"] = "$.token", Output = { hello = "parent" } } } } })
    engine:create_state_machine("parent", assert(passo.parse { StartAt = "Nest", States = { Nest = { Type = "Task",
      Resource = "arn:aws:states:::states:startExecution.waitForTaskToken", End = true,
      Parameters = { StateMachineArn = CHILD, Input = { ["token.$"] = "$$.Task.Token" } } } } }), { update = true })
    assert.same({ hello = "parent" }, assert(engine:await(start())).output)
  end)

  it("fail their parent's task with what DescribeExecution says", function()
    child()
    parent "states:startExecution.sync"
    local result = assert(engine:await(start { bad = true }))
    assert.same({ "FAILED", "States.TaskFailed" }, { result.status, result.error })
    local cause = core.decode(result.cause)
    assert.same({ "FAILED", "Bad", "no good", '{"bad":true}' },
      { cause.Status, cause.Error, cause.Cause, cause.Input })
  end)

  it("leave their parent without memory while it waits", function()
    child(3600)
    parent "states:startExecution.sync"
    local arn = start()
    world.clock:advance(10)
    assert.is_nil(world.store:describe(arn).owner)
    assert.equal(0, engine.live_count)
    world.clock:advance(3600)
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
    assert.same(SYNC, helper.types(engine, arn))
  end)

  it("end with their parent", function()
    child(3600)
    parent "states:startExecution.sync"
    for _, seconds in ipairs { 0.5, 30 } do -- in memory, and asleep
      local arn = start()
      world.clock:advance(seconds)
      assert(engine:stop_execution(arn))
      world.clock:advance(1)
      local told = assert(engine:describe_execution(children()[1].executionArn))
      assert.same({ "ABORTED", "The parent execution was stopped" }, { told.status, told.cause })
    end
  end)

  it("end with a task that times out, though the parent goes on", function()
    child(3600)
    for _, seconds in ipairs { 1, 20 } do
      parent("states:startExecution.sync", nil, { TimeoutSeconds = seconds,
        Catch = { { ErrorEquals = { "States.Timeout" }, Next = "Caught" } } })
      local arn = start()
      assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
      world.clock:advance(1)
      assert.equal("ABORTED", children()[1].status)
    end
  end)

  it("end with a sibling that fails", function()
    child(3600)
    engine:create_state_machine("parent", assert(passo.parse { StartAt = "P", States = { P = { Type = "Parallel",
      End = true, Branches = {
        { StartAt = "N", States = { N = { Type = "Task", Resource = "arn:aws:states:::states:startExecution.sync",
          Parameters = { StateMachineArn = CHILD }, End = true } } },
        { StartAt = "V", States = { V = { Type = "Wait", Seconds = 20, Next = "F" },
          F = { Type = "Fail", Error = "Broken" } } } } } } }))
    assert.equal("Broken", assert(engine:await(start())).error)
    world.clock:advance(1)
    assert.equal("ABORTED", children()[1].status)
  end)

  it("begin anew with every retry", function()
    child(1)
    parent("states:startExecution.sync", nil, { Retry = { { ErrorEquals = { "States.ALL" }, MaxAttempts = 2,
      IntervalSeconds = 1 } } })
    assert.equal("FAILED", assert(engine:await(start { bad = true })).status)
    assert.equal(3, #children())
  end)

  it("are refused with the service's errors", function()
    child(100)
    parent("states:startExecution", { Name = "same" })
    assert.equal("SUCCEEDED", assert(engine:await(start { a = 1 })).status)
    assert.equal("SUCCEEDED", assert(engine:await(start { a = 1 })).status) -- the same again is the same one
    assert.equal(1, #children())
    local result = assert(engine:await(start { a = 2 }))
    assert.equal("StepFunctions.ExecutionAlreadyExistsException", result.error)
    assert.truthy(result.cause:find("Execution Already Exists: '" .. helper.HEAD .. "execution:child:same' (Service: "
      .. "AWSStepFunctions; Status Code: 400; Error Code: ExecutionAlreadyExists; Request ID: ", 1, true))
    parent("states:startExecution", { StateMachineArn = CHILD .. "x" })
    assert.equal("StepFunctions.StateMachineDoesNotExistException", assert(engine:await(start())).error)
    parent("states:startExecution", { Name = "a b" })
    assert.equal("StepFunctions.InvalidNameException", assert(engine:await(start())).error)
  end)

  it("are followed when another one has begun what they ask for", function()
    child(100)
    local other = assert(engine:start_execution("child", { a = 1 }, { name = "shared" }))
    parent("states:startExecution.sync:2", { Name = "shared" })
    local arn = start()
    world.clock:advance(10)
    local output = assert(engine:await(arn)).output
    assert.same({ other.executionArn, { got = { a = 1 } } }, { output.ExecutionArn, output.Output })
    assert.equal(1, #children())
  end)

  describe("after a crash", function()
    local function run_to_end(arn)
      reopen()
      local result = assert(engine:await(arn))
      assert.equal("SUCCEEDED", result.status)
      assert.same(SYNC, helper.types(engine, arn))
      assert.equal(1, #children())
      assert.equal(1, worked)
    end

    for _, seconds in ipairs { 0, 0.1, 0.5, 2, 4.999, 5, 5.001, 5.1 } do
      it(("of both at %g s are the same"):format(seconds), function()
        child()
        parent "states:startExecution.sync"
        local arn = start()
        world.clock:advance(seconds)
        world:kill(engine)
        run_to_end(arn)
      end)
    end

    it("between the child's beginning and the parent's hearing of it are the same", function()
      child()
      parent "states:startExecution.sync"
      local append = world.store.append
      world.store.append = function(store, a)
        if a.record and a.status == "RUNNING" and #children() == 1 and not engine.is_closed then
          world:kill(engine)
          return nil, "dead", { code = "EFENCED" }
        end
        return append(store, a)
      end
      local arn = start()
      world.clock:advance(0.1)
      assert.is_true(engine.is_closed)
      world.store.append = append
      run_to_end(arn)
    end)

    it("of their parent end with it all the same, when it is stopped before it was fetched again", function()
      child(3600)
      parent "states:startExecution.sync"
      local arn = start()
      world.clock:advance(0.5)
      world:kill(engine)
      local row = world.store:describe(arn)
      world.store:post(row.id, "stop", '[null,null,null]')
      reopen()
      world.clock:advance(3)
      assert.equal("ABORTED", engine:describe_execution(arn).status)
      assert.equal("ABORTED", children()[1].status)
    end)
  end)

  describe("of machines that this engine has not", function()
    local AWAY = "arn:aws:states:us-east-1:123456789012:stateMachine:away"
    local asked

    before_each(function()
      asked = {}
      options.aws = { region = "us-east-1", credentials = { access_key_id = "AKID", secret_access_key = "s" },
        env = {}, config_file = "/dev/null", credentials_file = "/dev/null", retries = { mode = "none" },
        send = function(_, _, headers, body)
          local operation = headers:match "[Tt]arget: [^\r\n]*%.(%w+)"
          asked[#asked + 1] = operation
          local request = core.decode(body)
          if operation == "StartExecution" then
            assert.equal(AWAY, request.stateMachineArn)
            return 200, "x-amzn-RequestId: r\r\n", core.encode { executionArn = AWAY:gsub("stateMachine",
              "execution") .. ":" .. request.name, startDate = 1767225600 }
          elseif operation == "DescribeExecution" then
            return 200, "", core.encode { executionArn = request.executionArn, status = #asked > 3 and "SUCCEEDED"
              or "RUNNING", output = "7", startDate = 1767225600, stateMachineArn = AWAY, name = "n", input = "{}" }
          end
          return 200, "", "{}"
        end }
      engine:close()
      reopen()
    end)

    it("are AWS's", function()
      parent("states:startExecution", { StateMachineArn = AWAY, Name = "n" })
      assert.truthy(assert(engine:await(start())).output.ExecutionArn:find "execution:away:n$")
      assert.same({ "StartExecution" }, asked)
    end)

    it("are awaited there, after a crash too", function()
      parent("states:startExecution.sync:2", { StateMachineArn = AWAY, Name = "n" })
      local arn = start()
      world.clock:advance(0.3)
      world:kill(engine)
      reopen()
      local result = assert(engine:await(arn))
      assert.equal("SUCCEEDED", result.status, result.cause)
      assert.equal(7, result.output.Output)
      local starts = 0
      for _, operation in ipairs(asked) do starts = starts + (operation == "StartExecution" and 1 or 0) end
      assert.equal(1, starts)
    end)

    it("leave those that it has to it", function()
      child(1)
      parent "states:startExecution.sync:2"
      assert.same({ got = { a = 1 } }, assert(engine:await(start())).output.Output)
      assert.same({}, asked)
    end)
  end)

  describe("by the API (aws-sdk:sfn)", function()
    local function call(verb, parameters)
      engine:create_state_machine("caller", assert(passo.parse { StartAt = "Call", States = { Call = { Type = "Task",
        Resource = "arn:aws:states:::aws-sdk:sfn:" .. verb, Parameters = parameters, End = true } } }),
        { update = true })
      return assert(engine:await(assert(engine:start_execution("caller", {}))))
    end

    it("begin, are described and stopped", function()
      child(100)
      local started = call("startExecution", { StateMachineArn = CHILD, Name = "x", Input = { a = 1 } }).output
      assert.same({ ExecutionArn = helper.HEAD .. "execution:child:x", StartDate = "2026-01-01T00:00:00Z" }, started)
      local told = call("describeExecution", { ExecutionArn = started.ExecutionArn }).output
      assert.same({ "RUNNING", '{"a":1}', "x" }, { told.Status, told.Input, told.Name })
      call("stopExecution", { ExecutionArn = started.ExecutionArn, Error = "E" })
      world.clock:advance(1)
      told = call("describeExecution", { ExecutionArn = started.ExecutionArn }).output
      assert.same({ "ABORTED", "E" }, { told.Status, told.Error })
      assert.equal("ABORTED", call("listExecutions", { StateMachineArn = CHILD }).output.Executions[1].Status)
    end)

    it("run synchronously, and do not fail their parent", function()
      engine:create_state_machine("quick", helper.chain { { "F", { Type = "Fail", Error = "Oops" } } },
        { type = "EXPRESS" })
      local output = call("startSyncExecution", { StateMachineArn = helper.HEAD .. "stateMachine:quick" }).output
      assert.same({ "FAILED", "Oops" }, { output.Status, output.Error })
    end)

    it("are refused with the SDK's errors", function()
      local result = call("describeExecution", { ExecutionArn = helper.HEAD .. "execution:child:none" })
      assert.equal("Sfn.ExecutionDoesNotExistException", result.error)
      assert.truthy(result.cause:find("(Service: Sfn, Status Code: 400, Request ID: ", 1, true))
      assert.equal("Sfn.InvalidTokenException", call("sendTaskSuccess", { TaskToken = "x", Output = "1" }).error)
      child()
      assert.equal("Sfn.StateMachineTypeNotSupportedException",
        call("startSyncExecution", { StateMachineArn = CHILD }).error)
    end)
  end)
end)
