local helper = require "engine_helper"

describe("engine: activities", function()
  local world, engine
  local ACTIVITY = helper.HEAD .. "activity:approve"

  before_each(function()
    world = helper.world()
    engine = world:engine()
  end)

  local function start(fields, name)
    local state = { Type = "Task", Resource = ACTIVITY }
    for key, value in pairs(fields or {}) do state[key] = value end
    engine:create_state_machine("m", helper.chain { { "A", state } }, { update = true })
    return assert(engine:start_execution("m", { order = 42 }, { name = name })).executionArn
  end

  it("are created once, described, listed and deleted", function()
    local made = assert(engine:create_activity { name = "approve", tags = { { key = "a", value = "b" } } })
    assert.same({ activityArn = ACTIVITY, creationDate = 1767225600 }, made)
    world.clock:advance(5)
    assert.same(made, engine:create_activity "approve")
    assert.same({ activityArn = ACTIVITY, name = "approve", creationDate = 1767225600,
      encryptionConfiguration = { type = "AWS_OWNED_KEY" } }, engine:describe_activity "approve")
    assert.same({ { key = "a", value = "b" } }, engine:list_tags_for_resource(ACTIVITY).tags)
    assert(engine:create_activity "bake")
    assert(engine:create_activity "cut")
    local page = assert(engine:list_activities { maxResults = 2 })
    assert.same({ "approve", "bake" }, { page.activities[1].name, page.activities[2].name })
    page = assert(engine:list_activities { maxResults = 2, nextToken = page.nextToken })
    assert.equal("cut", page.activities[1].name)
    assert.is_nil(page.nextToken)
    assert.same({}, engine:delete_activity(ACTIVITY))
    assert.same({}, engine:delete_activity(ACTIVITY))
    local _, message, failure = engine:describe_activity(ACTIVITY)
    assert.equal("ActivityDoesNotExist", failure.code)
    assert.equal(("Activity Does Not Exist: '%s'"):format(ACTIVITY), message)
  end)

  it("are refused by the service's rules", function()
    for _, name in ipairs { "a b", "a/b", "a^b", "a\31", "a:b" } do
      local _, message, failure = engine:create_activity(name)
      assert.equal("InvalidName", failure.code)
      assert.equal(("Invalid Name: '%s'"):format(name), message)
    end
    local _, message, failure = engine:describe_activity { activityArn = "nothing" }
    assert.same({ "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nothing'" }, { failure.code, message })
  end)

  it("hand a task to a worker, which answers by its token", function()
    assert(engine:create_activity "approve")
    local arn = start()
    local task = assert(engine:get_activity_task("approve", { worker_name = "me" }))
    assert.equal('{"order":42}', task.input)
    assert(engine:send_task_success(task.taskToken, { done = 1 }))
    assert.same({ done = 1 }, assert(engine:await(arn)).output)
    local events = assert(engine:get_execution_history(arn)).events
    assert.equal("ActivityStarted", events[4].type)
    assert.equal("me", events[4].activityStartedEventDetails.workerName)
  end)

  it("hand each task to one worker, whichever process asks", function()
    assert(engine:create_activity "approve")
    for i = 1, 5 do start(nil, "n" .. i) end
    local other = world:engine()
    local seen = {}
    for _, one in ipairs { engine, other, engine, other, engine } do
      local task = assert(one:get_activity_task "approve")
      assert.is_nil(seen[task.taskToken])
      seen[task.taskToken] = true
      assert(one:send_task_success(task.taskToken, {}))
    end
    assert.same({}, other:get_activity_task("approve", { timeout_seconds = 1 }))
  end)

  it("let a worker wait for a minute", function()
    assert(engine:create_activity "approve")
    local from = world.clock:now_ms()
    assert.same({}, engine:get_activity_task "approve")
    assert.is_true(world.clock:now_ms() - from >= 60000)
  end)

  it("wake a worker that waits, at another process too", function()
    assert(engine:create_activity "approve")
    local other = world:engine()
    local got = {}
    for _, one in ipairs { engine, other } do
      world.clock:spawn(function()
        local task = one:get_activity_task "approve"
        got[#got + 1] = task
      end)
    end
    world.clock:advance(1)
    start(nil, "a")
    start(nil, "b")
    world.clock:advance(1.5)
    assert.equal(2, #got)
    assert.not_equal(got[1].taskToken, got[2].taskToken)
  end)

  it("sleep in the store while no worker comes, and survive the process", function()
    assert(engine:create_activity "approve")
    local arn = start()
    world.clock:advance(3600)
    assert.is_nil(world.store:describe(arn).owner)
    world:kill(engine)
    engine = world:engine()
    local task = assert(engine:get_activity_task "approve")
    assert(engine:send_task_success(task.taskToken, 7))
    assert.equal("7", assert(engine:await(arn)).value:json())
    assert.same({ "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted",
      "ActivitySucceeded", "TaskStateExited", "ExecutionSucceeded" }, helper.types(engine, arn))
  end)

  it("are not asked for again when their worker was told and the process died", function()
    assert(engine:create_activity "approve")
    local arn = start()
    local task = assert(engine:get_activity_task "approve")
    world:kill(engine)
    engine = world:engine { lost_tasks = "fail" }
    assert.same({}, engine:get_activity_task("approve", { timeout_seconds = 5 }))
    assert(engine:send_task_success(task.taskToken, 7))
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
  end)

  it("time out after a worker has taken them", function()
    assert(engine:create_activity "approve")
    local arn = start { TimeoutSeconds = 10 }
    world.clock:advance(100)
    local task = assert(engine:get_activity_task "approve")
    world.clock:advance(11)
    assert.equal("States.Timeout", assert(engine:await(arn)).error)
    local _, _, failure = engine:send_task_success(task.taskToken, 1)
    assert.equal("TaskTimedOut", failure.code)
  end)

  it("forget tasks whose execution is over", function()
    assert(engine:create_activity "approve")
    local arn = start()
    world.clock:advance(11)
    assert(engine:stop_execution(arn))
    world.clock:advance(1)
    assert.same({}, engine:get_activity_task("approve", { timeout_seconds = 2 }))
  end)

  it("are done by a handler of this process where there is one", function()
    engine:add_handlers { A = function(input) return { order = input.order + 1 } end }
    assert.same({ order = 43 }, assert(engine:await(start())).output)
  end)

  it("fail executions that name one which does not exist", function()
    local result = assert(engine:await(start()))
    assert.equal("States.Runtime", result.error)
    assert.truthy(result.cause:find(("The activity %s does not exist."):format(ACTIVITY), 1, true))
  end)

  it("do not serve more than a thousand workers at once", function()
    assert(engine:create_activity "approve")
    for _ = 1, 1000 do world.clock:spawn(function() engine:get_activity_task "approve" end) end
    world.clock:advance(1)
    local _, _, failure = engine:get_activity_task "approve"
    assert.equal("ActivityWorkerLimitExceeded", failure.code)
  end)
end)
