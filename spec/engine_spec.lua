-- The engine's heart: executions that sleep, wake, change hands and survive their workers. The workers here are
-- engines on one store in memory, and on one virtual clock: a worker "dies" by not renewing its lease any more.
local core = require "passo.core"
local passo = require "passo"
local stores = require "passo.store"

local clock, store, engines

local function open(options)
  options.store, options.clock = options.store or store, clock
  options.lease_seconds, options.poll_seconds = options.lease_seconds or 10, options.poll_seconds or 1
  local engine = assert(passo.engine(options))
  engines[#engines + 1] = engine
  return engine
end

local function stall(engine)
  engine.renew_at_ms = math.huge
  engine.max_running = -1 -- and it claims nothing more
end

local function machine(states, start)
  return assert(passo.parse { StartAt = start, States = states })
end

local function create(engine, name, made)
  assert(engine:create_state_machine(name, made))
end

local function start(engine, name, input, options)
  return assert(engine:start_execution(name, input or {}, options)).executionArn
end

local function row_of(arn) return assert(store:describe(arn)) end

local function types_of(engine, arn)
  local history = assert(engine:get_execution_history(arn, { maxResults = 1000 }))
  local types = {}
  for i, event in ipairs(history.events) do types[i] = event.type end
  return types
end

local function task(name, more)
  local state = { Type = "Task", Resource = "lua:" .. name, End = true }
  for key, value in pairs(more or {}) do state[key] = value end
  if state.Next then state.End = nil end
  return state
end

before_each(function()
  clock = passo.virtual_clock "2026-01-01T00:00:00Z"
  store = assert(stores.open("memory:", { host = clock }))
  engines = {}
end)

after_each(function()
  for _, engine in ipairs(engines) do
    engine.is_closed = true
    engine:rouse()
  end
end)

describe("an execution", function()
  it("ends with its output, and its history stays", function()
    local engine = open { handlers = { Greet = function(input) return { hello = input.name } end } }
    create(engine, "greet", machine({ T = task "Greet" }, "T"))
    local arn = start(engine, "greet", { name = "Ana" })
    local result = assert(engine:await(arn))
    assert.same({ "SUCCEEDED", { hello = "Ana" } }, { result.status, result.output })
    assert.same({ "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded",
      "TaskStateExited", "ExecutionSucceeded" }, types_of(engine, arn))
  end)

  it("sleeps in the store while it waits, and wakes on time", function()
    local engine = open { handlers = {} }
    create(engine, "wait", machine({ W = { Type = "Wait", Seconds = 3600, End = true } }, "W"))
    local arn = start(engine, "wait")
    clock:advance(1)
    assert.equal(0, engine.live_count)
    assert.is_nil(row_of(arn).owner)
    clock:advance(3597)
    assert.equal("RUNNING", row_of(arn).status)
    clock:advance(2)
    assert.equal("SUCCEEDED", row_of(arn).status)
    assert.equal(3600000, row_of(arn).stop_ms - row_of(arn).start_ms)
  end)

  it("is asked for its callback at any process, asleep or not", function()
    local token
    local a = open { handlers = { Send = function(_, ctx) token = ctx.task_token return {} end } }
    local b = open { max_running = 0, handlers = {} }
    create(a, "approve", machine({ S = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken",
      Parameters = { FunctionName = "Send", Payload = { ["t.$"] = "$$.Task.Token" } }, End = true } }, "S"))
    a:add_handlers { S = a.handlers.Send }
    local arn = start(a, "approve")
    clock:advance(10)
    assert.is_nil(row_of(arn).owner)
    assert(b:send_task_success(token, { yes = true }))
    local result = assert(a:await(arn))
    assert.same({ "SUCCEEDED", { yes = true } }, { result.status, result.output })
    local again, _, failure = b:send_task_success(token, {})
    assert.is_nil(again)
    assert.truthy(failure.code == "TaskTimedOut" or failure.code == "TaskDoesNotExist")
  end)

  it("begins with a queue behind it when too many run", function()
    local running, most = 0, 0
    local engine = open { max_running = 2, handlers = { Slow = function()
      running = running + 1
      most = math.max(most, running)
      passo.sleep(5)
      running = running - 1
      return 1
    end } }
    create(engine, "slow", machine({ T = task "Slow" }, "T"))
    local arns = {}
    for i = 1, 6 do arns[i] = start(engine, "slow") end
    clock:advance(60)
    for _, arn in ipairs(arns) do assert.equal("SUCCEEDED", row_of(arn).status) end
    assert.equal(2, most)
  end)
end)

describe("a worker that dies", function()
  local HALF_DONE = { T = task("Slow", { Next = "P" }), P = { Type = "Parallel", End = true, Branches = {
    { StartAt = "F", States = { F = task("Fail", { Retry = { { ErrorEquals = { "E" }, IntervalSeconds = 100,
      MaxAttempts = 2 } }, Catch = { { ErrorEquals = { "States.ALL" }, Next = "C" } } }),
      C = { Type = "Pass", End = true } } },
    { StartAt = "W", States = { W = { Type = "Wait", Seconds = 50, End = true } } } } } }

  local function handlers(calls, name, seconds)
    return {
      Slow = function(_, ctx)
        calls[#calls + 1] = name .. " Slow " .. ctx.idempotency_key:match "#(.*)$"
        passo.sleep(seconds)
        return name
      end,
      Fail = function(_, ctx)
        calls[#calls + 1] = name .. " Fail " .. ctx.attempt
        passo.fail("E", "no")
      end,
    }
  end

  it("loses nothing: another goes on, with timers and retry counters as they were", function()
    local calls = {}
    local a = open { handlers = handlers(calls, "a", 1) }
    create(a, "half", machine(HALF_DONE, "T"))
    local arn = start(a, "half")
    clock:advance(120) -- the first retry is over, the second one waits
    stall(a)
    local b = open { handlers = handlers(calls, "b", 1) }
    clock:advance(300)
    local result = assert(b:await(arn))
    assert.equal("SUCCEEDED", result.status)
    assert.same({ "a Slow 2", "a Fail 0", "a Fail 1", "b Fail 2" }, calls)
    local c = open { handlers = handlers({}, "c", 1) }
    local uninterrupted = start(c, "half")
    clock:advance(400)
    assert.same(types_of(c, uninterrupted), types_of(c, arn))
    assert.is_true(c:doctor(arn).healthy)
  end)

  it("and comes back cannot write: the task is done again under the same key", function()
    local calls = {}
    local a = open { handlers = handlers(calls, "a", 60) }
    create(a, "half", machine({ T = task "Slow" }, "T"))
    local arn = start(a, "half")
    clock:advance(1)
    stall(a)
    local b = open { handlers = handlers(calls, "b", 10) }
    clock:advance(15)
    assert.equal(b.worker, row_of(arn).owner)
    clock:advance(100)
    assert.same({ "SUCCEEDED", "b" }, { row_of(arn).status, assert(b:await(arn)).output })
    assert.same({ "a Slow 2", "b Slow 2" }, calls)
    assert.same({ "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded",
      "TaskStateExited", "ExecutionSucceeded" }, types_of(b, arn))
  end)

  it("leaves tasks that are not to be tried again to Retry and Catch", function()
    local calls = {}
    local a = open { handlers = handlers(calls, "a", 60) }
    create(a, "once", machine({ T = task("Slow", { Catch = { { ErrorEquals = { "Lua.WorkerLost" }, Next = "C" } } }),
      C = { Type = "Pass", Result = "asked a person", End = true } }, "T"))
    local arn = start(a, "once")
    clock:advance(1)
    stall(a)
    local b = open { handlers = handlers(calls, "b", 1), lost_tasks = { T = "fail" } }
    assert.equal("asked a person", assert(b:await(arn)).output)
    assert.same({ "a Slow 2" }, calls)
  end)

  it("again and again while one execution runs: that one is set aside, until it is let go", function()
    local is_deadly = true
    local function deadly()
      return { Poison = function()
        if is_deadly then passo.sleep(1000) end
        return "well"
      end, Slow = function() passo.sleep(0.1) return "fine" end }
    end
    local a = open { handlers = deadly() }
    create(a, "poison", machine({ T = task "Poison" }, "T"))
    local arn = start(a, "poison")
    -- Two processes die while it runs; from then on it is tried, each time after a longer peace.
    for _ = 1, 7 do
      local waited = 0
      repeat
        clock:advance(0.5)
        waited = waited + 0.5
      until row_of(arn).owner == engines[#engines].worker or waited > 40
      clock:advance(0.2)
      stall(engines[#engines])
      clock:advance(12)
      open { handlers = deadly() }
    end
    clock:advance(5)
    local row = row_of(arn)
    assert.equal("RUNNING", row.status)
    assert.is_nil(row.owner)
    assert.truthy(row.quarantine:find("died 5 times in a row", 1, true))
    is_deadly = false
    local last = engines[#engines]
    assert(last:release_execution(arn))
    assert.equal("well", assert(last:await(arn)).output)
  end)
end)

describe("a worker without a handler", function()
  it("leaves the execution to one that has it", function()
    local a = open { handlers = {}, name = "a" }
    create(a, "paint", machine({ T = task "Paint" }, "T"))
    local arn = start(a, "paint")
    clock:advance(5)
    assert.same({ "RUNNING", 0 }, { row_of(arn).status, row_of(arn).seq })
    assert.truthy(store:workers()[1].info:find("no handler for state 'T'", 1, true))
    local b = open { handlers = { Paint = function() return "blue" end } }
    assert.equal("blue", assert(b:await(arn)).output)
  end)

  it("takes it up when the handler comes", function()
    local a = open { handlers = {} }
    create(a, "paint", machine({ T = task "Paint" }, "T"))
    local arn = start(a, "paint")
    clock:advance(5)
    a:add_handlers { Paint = function() return "red" end }
    assert.equal("red", assert(a:await(arn)).output)
  end)
end)

describe("closing an engine", function()
  it("hands over what it has, at once", function()
    local function handlers(name) return { Slow = function() passo.sleep(100) return name end } end
    local a = open { handlers = handlers "a" }
    create(a, "slow", machine({ T = task "Slow" }, "T"))
    local arn = start(a, "slow")
    clock:advance(1)
    local before = clock:now_ms()
    assert(a:close(1))
    assert.is_nil(row_of(arn).owner)
    local b = open { handlers = handlers "b" }
    clock:advance(101)
    assert.equal("b", assert(b:await(arn)).output)
    assert.is_true(clock:now_ms() - before < 110000)
    assert.equal(0, row_of(arn).crashes)
  end)
end)

describe("a store that refuses an append", function()
  it("loses nothing: nothing of the burst is performed, and the execution goes on when the store does", function()
    local refuses = false
    local strict = setmetatable({ append = function(_, a)
      if refuses then return nil, "the disk is full", { code = "ESTORE" } end
      return store:append(a)
    end }, { __index = function(_, key)
      local fn = store[key]
      if type(fn) ~= "function" then return fn end
      return function(_, ...) return fn(store, ...) end
    end })
    local calls, troubles = {}, {}
    local engine = open { store = strict,
      on_trouble = function(message) troubles[#troubles + 1] = message or "over" end,
      handlers = { One = function() calls[#calls + 1] = "One" return 1 end,
        Two = function() calls[#calls + 1] = "Two" return 2 end } }
    create(engine, "two", machine({ A = task("One", { Next = "W" }), W = { Type = "Wait", Seconds = 1, Next = "B" },
      B = task "Two" }, "A"))
    local arn = start(engine, "two")
    clock:advance(0.5)
    refuses = true
    clock:advance(10)
    assert.same({ "One" }, calls)
    assert.equal("RUNNING", row_of(arn).status)
    refuses = false
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
    assert.same({ "One", "Two" }, calls)
    assert.equal("the disk is full", troubles[1])
  end)
end)

describe("the doctor", function()
  it("names the first event that is not what the records bring about", function()
    local engine = open { handlers = { T = function() return { n = 41 } end } }
    create(engine, "sum", machine({ T = task "T" }, "T"))
    local arn = start(engine, "sum")
    assert(engine:await(arn))
    assert.is_true(engine:doctor(arn).healthy)
    local record = store:load(row_of(arn).id).records[2] or store:records(row_of(arn).id, {})[2]
    local damaged = record.bytes:gsub("TaskSucceeded", "TaskSucceedee")
    if damaged == record.bytes then damaged = record.bytes:sub(1, -2) end
    for _, held in ipairs(store.rows[row_of(arn).id].records) do
      if held.seq == record.seq then held.bytes = damaged end
    end
    local report = engine:doctor(arn)
    assert.is_false(report.healthy)
    assert.truthy(report.findings[1]:find("record 2", 1, true))
  end)
end)

describe("what is damaged in a store", function()
  local function sleepers(count)
    local engine = open { handlers = {} }
    create(engine, "nap", machine({ W = { Type = "Wait", Seconds = 60, End = true } }, "W"))
    local arns = {}
    for i = 1, count do arns[i] = start(engine, "nap") end
    clock:advance(2)
    engine:close()
    return arns
  end

  local function held(arn) return store.rows[row_of(arn).id] end

  it("is set aside when it is to go on, and the doctor names it", function()
    local arns = sleepers(3)
    held(arns[1]).birth = nil
    held(arns[2]).records = {}
    local engine = open { handlers = {} }
    clock:advance(70)
    assert.truthy(row_of(arns[1]).quarantine:find("its beginning is missing", 1, true))
    assert.truthy(row_of(arns[2]).quarantine:find("its records do not lead to event", 1, true))
    assert.equal("SUCCEEDED", row_of(arns[3]).status)
    assert.equal("its beginning is missing", engine:doctor(arns[1]).findings[1])
    held(arns[3]).result = "{"
    assert.equal("its result is damaged", engine:doctor(arns[3]).findings[1])
    assert.equal("SUCCEEDED", engine:describe_execution(arns[3]).status)
  end)

  it("keeps nothing else waiting: a letter that nobody can read", function()
    local arns = sleepers(2)
    assert(store:post(row_of(arns[1]).id, "stop", "{"))
    local troubles = 0
    open { handlers = {}, on_trouble = function(_, failure) troubles = troubles + (failure and 1 or 0) end }
    clock:advance(100)
    assert.is_true(troubles > 0)
    assert.truthy(row_of(arns[1]).quarantine:find("it cannot be gone on with", 1, true))
    assert.equal("SUCCEEDED", row_of(arns[2]).status)
  end)
end)

describe("an engine that performs nothing", function()
  it("asks and tells", function()
    local b = open { max_running = 0, handlers = {} }
    create(b, "pass", machine({ P = { Type = "Pass", Result = 7, End = true } }, "P"))
    local arn = start(b, "pass")
    assert.equal("RUNNING", b:describe_execution(arn).status)
    open { handlers = {} }
    assert.equal(7, assert(b:await(arn)).output)
  end)
end)

describe("misuse", function()
  it("is told at once", function()
    assert.has_error(function() passo.engine { handlers = {} } end)
    assert.has_error(function() passo.engine { store = "memory:", handler = {} } end)
    local engine, message = passo.engine { store = "oracle:x" }
    assert.is_nil(engine)
    assert.truthy(message:find("sqlite", 1, true))
    assert.truthy(core)
  end)
end)
