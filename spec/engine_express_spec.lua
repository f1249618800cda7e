local helper = require "engine_helper"

describe("engine: Express executions", function()
  local world, engine, counts, handlers

  before_each(function()
    world, counts = helper.world(), {}
    local function count(name) counts[name] = (counts[name] or 0) + 1 end
    handlers = {
      Work = function(input)
        count "Work"
        return { got = input }
      end,
      Fails = function()
        count "Fails"
        return nil, "Bad", "no good"
      end,
      Slow = function(_, ctx)
        count "Slow"
        ctx.run.host:sleep(100)
        count "Slept"
        return {}
      end,
    }
    engine = world:engine { handlers = handlers }
  end)

  local function create(name, states, options)
    options = options or {}
    options.type = options.type or "EXPRESS"
    assert(engine:create_state_machine(name, helper.chain(states), options))
  end

  local function task(name, fields)
    local state = { Type = "Task", Resource = "lua:" .. name }
    for key, value in pairs(fields or {}) do state[key] = value end
    return { name, state }
  end

  it("run to their end while the caller waits", function()
    create("quick", { task "Work", { "W", { Type = "Wait", Seconds = 2 } } })
    local answer = assert(engine:start_sync_execution("quick", { a = 1 }, { name = "x" }))
    assert.same({ "SUCCEEDED", '{"got":{"a":1}}', '{"a":1}', "x" },
      { answer.status, answer.output, answer.input, answer.name })
    assert.equal(helper.HEAD .. "stateMachine:quick", answer.stateMachineArn)
    assert.truthy(answer.executionArn:find("^" .. helper.HEAD:gsub("%-", "%%-") .. "express:quick:x:[%x%-]+$"))
    assert.same({ 1767225600, 1767225602 }, { answer.startDate, answer.stopDate })
    assert.same({ billedMemoryUsedInMB = 64, billedDurationInMilliseconds = 2000 }, answer.billingDetails)
    assert.same({ { included = true }, { included = true } }, { answer.inputDetails, answer.outputDetails })
  end)

  it("answer a failure as an answer", function()
    create("bad", { task "Fails" })
    local answer = assert(engine:start_sync_execution { stateMachineArn = helper.HEAD .. "stateMachine:bad",
      input = "{}" })
    assert.same({ "FAILED", "Bad", "no good" }, { answer.status, answer.error, answer.cause })
    assert.is_nil(answer.output)
  end)

  it("end within the first burst, too", function()
    create("pass", { { "P", { Type = "Pass", Result = { b = 2 } } } })
    assert.equal('{"b":2}', assert(engine:start_sync_execution("pass")).output)
  end)

  it("leave data out where it is not wanted", function()
    create("pass", { { "P", { Type = "Pass", Result = { b = 2 } } } })
    local answer = assert(engine:start_sync_execution("pass", {}, { includedData = "METADATA_ONLY" }))
    assert.is_nil(answer.output)
    assert.is_nil(answer.input)
    assert.equal("SUCCEEDED", answer.status)
  end)

  it("time out by the machine's own limit", function()
    engine:create_state_machine("slow", assert(require("passo").parse { StartAt = "W", TimeoutSeconds = 3, States = {
      W = { Type = "Wait", Seconds = 60, End = true } } }), { type = "EXPRESS" })
    assert.equal("TIMED_OUT", assert(engine:start_sync_execution("slow")).status)
  end)

  it("may have one name twice", function()
    create("quick", { task "Work" })
    local first = assert(engine:start_sync_execution("quick", {}, { name = "x" }))
    local second = assert(engine:start_sync_execution("quick", {}, { name = "x" }))
    assert.not_equal(first.executionArn, second.executionArn)
    assert.equal(2, counts.Work)
  end)

  it("are refused by the service's rules", function()
    local function code(...)
      local answer, message, failure = engine:start_sync_execution(...)
      assert.is_nil(answer)
      assert.is_string(message)
      return failure.code
    end
    create("standard", { task "Work" }, { type = "STANDARD" })
    create("quick", { task "Work" })
    assert.equal("StateMachineTypeNotSupported", code("standard", {}))
    assert.equal("StateMachineDoesNotExist", code("nobody", {}))
    assert.equal("InvalidName", code("quick", {}, { name = "a b" }))
    assert.equal("InvalidExecutionInput", code { stateMachineArn = helper.HEAD .. "stateMachine:quick", input = "{" })
    assert.equal("ValidationException", code("quick", {}, { includedData = "SOME" }))
    assert.is_nil(counts.Work)
  end)

  it("are refused when this process has no room", function()
    local small = world:engine { handlers = handlers, max_running = 1 }
    create("slow", { task "Slow" })
    world.clock:spawn(function() small:start_sync_execution("slow", {}) end)
    world.clock:advance(1)
    local _, _, failure = small:start_sync_execution("slow", {})
    assert.equal("ExecutionLimitExceeded", failure.code)
  end)

  it("that were waited for run at most once: their process's end is their end", function()
    create("slow", { task "Slow" })
    world.clock:spawn(function() engine:start_sync_execution("slow", {}) end)
    world.clock:advance(1)
    local arn = world.store:list({}) [1].arn
    world:kill(engine)
    engine = world:engine { handlers = handlers }
    world.clock:advance(20)
    assert.equal(1, counts.Slow)
    local row = world.store:describe(arn)
    assert.equal("FAILED", row.status)
    assert.truthy(row.result:find("Lua.WorkerLost", 1, true))
  end)

  it("that nobody waits for begin again", function()
    create("slow", { task "Work", task "Slow" })
    local arn = assert(engine:start_execution("slow", { a = 1 })).executionArn
    world.clock:advance(1)
    world:kill(engine)
    engine = world:engine { handlers = handlers }
    world.clock:advance(150)
    assert.same({ 2, 2 }, { counts.Work, counts.Slow })
    local row = world.store:describe(arn)
    assert.same({ "SUCCEEDED", '{"output":{},"error":null,"cause":null}' }, { row.status, row.result })
  end)
end)

describe("engine: limits of what is under way", function()
  local world, engine, busy, most

  local function open(limits)
    engine = world:engine { limits = limits, handlers = { Work = function(_, ctx)
      busy = busy + 1
      most = math.max(most, busy)
      ctx.run.host:sleep(10)
      busy = busy - 1
      return {}
    end } }
    engine:create_state_machine("m", helper.chain { { "Work", { Type = "Task", Resource = "lua:work" } } })
  end

  before_each(function()
    world, busy, most = helper.world(), 0, 0
  end)

  it("hold for a handler", function()
    open { handlers = { Work = 2 } }
    for i = 1, 6 do assert(engine:start_execution("m", {}, { name = "n" .. i })) end
    world.clock:advance(31)
    assert.equal(2, most)
    assert.equal(6, world.store:count { machine = helper.HEAD .. "stateMachine:m", status = "SUCCEEDED" })
  end)

  it("hold for a machine: the others wait in the store", function()
    open { machines = { m = 3 } }
    for i = 1, 9 do assert(engine:start_execution("m", {}, { name = "n" .. i })) end
    world.clock:advance(1)
    assert.equal(3, engine.live_count)
    world.clock:advance(40)
    assert.equal(3, most)
    assert.equal(9, world.store:count { machine = helper.HEAD .. "stateMachine:m", status = "SUCCEEDED" })
  end)

  it("leave room for other machines", function()
    open { machines = { m = 1 } }
    engine:create_state_machine("free", helper.chain { { "P", { Type = "Pass" } } })
    for i = 1, 5 do assert(engine:start_execution("m", {}, { name = "n" .. i })) end
    assert.equal("SUCCEEDED", assert(engine:await(assert(engine:start_execution("free", {})))).status)
  end)

  it("are shared with other processes", function()
    open { machines = { m = 1 } }
    local first = engine
    open { machines = { m = 1 } }
    for i = 1, 4 do assert(first:start_execution("m", {}, { name = "n" .. i })) end
    world.clock:advance(25)
    assert.equal(2, most) -- one each
    assert.equal(4, world.store:count { machine = helper.HEAD .. "stateMachine:m", status = "SUCCEEDED" })
  end)

  it("are checked", function()
    for _, bad in ipairs { { machines = { m = 0 } }, { handlers = { Work = 1.5 } }, { handlers = { "Work" } } } do
      assert.error(function() world:engine { limits = bad, handlers = { Work = print } } end)
    end
  end)

  it("let handlers beat, and see that they are cancelled", function()
    local seen
    engine = world:engine { handlers = { Work = function(_, ctx)
      for _ = 1, 5 do
        ctx.run.host:sleep(4)
        assert(ctx:heartbeat())
      end
      seen = ctx:cancelled()
      ctx.run.host:sleep(100)
      seen = { seen, ctx:cancelled() }
      return {}
    end } }
    engine:create_state_machine("m", helper.chain { { "Work", { Type = "Task", Resource = "lua:work",
      HeartbeatSeconds = 5, TimeoutSeconds = 60 } } })
    local arn = assert(engine:start_execution("m", {})).executionArn
    assert.equal("States.Timeout", assert(engine:await(arn)).error)
    world.clock:advance(200)
    assert.same({ false, true }, seen)
    assert.equal(1767225600 + 25, engine:describe_execution(arn).stopDate)
  end)
end)
