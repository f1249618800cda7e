local core = require "passo.core"
local helper = require "engine_helper"
local passo = require "passo"

describe("engine: Distributed Maps", function()
  local world, engine, options, counts

  before_each(function()
    world, counts = helper.world(), {}
    options = { handlers = {
      Item = function(input)
        local n = type(input) == "table" and input.n or input
        counts[n] = (counts[n] or 0) + 1
        if type(n) == "number" and n < 0 then return nil, "Negative", tostring(n) end
        return { n = n }
      end,
      Batch = function(input) return #input.Items end,
    } }
    engine = world:engine(options)
  end)

  local function create(fields, processor)
    local map = { Type = "Map", End = true, ItemProcessor = {
      ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, StartAt = "W", States = {
        W = { Type = "Wait", Seconds = 3, Next = "Item" },
        Item = { Type = "Task", Resource = "lua:item", End = true } } } }
    for name, value in pairs(fields or {}) do map[name] = value end
    for name, value in pairs(processor or {}) do map.ItemProcessor[name] = value end
    engine:create_state_machine("map", assert(passo.parse { StartAt = "M", States = { M = map,
      Caught = map.Catch and { Type = "Pass", End = true } or nil } }), { update = true })
  end

  local function start(items, name)
    return assert(engine:start_execution("map", items or passo.array { 1, 2, 3, 4, 5 }, { name = name })).executionArn
  end

  local function run_of(arn)
    local list = assert(engine:list_map_runs(arn)).mapRuns
    assert.equal(1, #list)
    return list[1].mapRunArn
  end

  local function counted(told)
    local out = {}
    for name, n in pairs(told) do
      if n ~= 0 then out[name] = n end
    end
    return out
  end

  local EVENTS = { "ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunSucceeded",
    "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded" }

  it("run each item as an execution of its own, and tell of the run", function()
    create { MaxConcurrency = 2 }
    local arn = start()
    world.clock:advance(4)
    local run_arn = run_of(arn)
    local told = assert(engine:describe_map_run(run_arn))
    assert.same({ "RUNNING", arn, 2, 0, 0 }, { told.status, told.executionArn, told.maxConcurrency,
      told.toleratedFailureCount, told.toleratedFailurePercentage })
    assert.same({ running = 2, succeeded = 2, pending = 1, total = 5 }, counted(told.itemCounts))
    assert.same(told.itemCounts, told.executionCounts)
    local result = assert(engine:await(arn))
    assert.equal('[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5}]', result.value:json())
    told = assert(engine:describe_map_run(run_arn))
    assert.same({ "SUCCEEDED", 1767225600 }, { told.status, told.startDate })
    assert.same({ succeeded = 5, total = 5, resultsWritten = 5 }, counted(told.itemCounts))
    assert.same(EVENTS, helper.types(engine, arn))
    local list = assert(engine:list_executions { mapRunArn = run_arn }).executions
    assert.equal(5, #list)
    assert.same({ "SUCCEEDED", run_arn }, { list[1].status, list[1].mapRunArn })
    local child = assert(engine:describe_execution(list[5].executionArn))
    assert.same({ run_arn, "1", '{"n":1}' }, { child.mapRunArn, child.input, child.output })
    assert.truthy(child.stateMachineArn:find "stateMachine:map/")
    assert.same({ "ExecutionStarted", "WaitStateEntered", "WaitStateExited", "TaskStateEntered", "TaskScheduled",
      "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded" },
      helper.types(engine, list[5].executionArn))
  end)

  it("of no items end at once", function()
    create()
    local arn = start(passo.array {})
    assert.equal("[]", assert(engine:await(arn)).value:json())
    assert.same({}, counted(assert(engine:describe_map_run(run_of(arn))).itemCounts))
  end)

  it("run Express children, too", function()
    create(nil, { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "EXPRESS" } })
    local arn = start()
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
    assert.same({ succeeded = 5, total = 5, resultsWritten = 5 },
      counted(assert(engine:describe_map_run(run_of(arn))).executionCounts))
  end)

  it("fail beyond what is tolerated, and end the others", function()
    create { MaxConcurrency = 0, ToleratedFailureCount = 1 }
    local arn = start(passo.array { -1, 2, 3 })
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
    assert.same({ failed = 1, succeeded = 2, total = 3, resultsWritten = 3 },
      counted(assert(engine:describe_map_run(run_of(arn))).executionCounts))
    create({ MaxConcurrency = 3, Catch = { { ErrorEquals = { "States.ExceedToleratedFailureThreshold" },
      Next = "Caught" } } }, { StartAt = "C", States = {
        C = { Type = "Choice", Choices = { { Variable = "$", NumericLessThan = 0, Next = "Item" } }, Default = "Long" },
        Long = { Type = "Wait", Seconds = 1000, Next = "Item" },
        Item = { Type = "Task", Resource = "lua:item", End = true } } })
    arn = start(passo.array { 7, 8, -1 })
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status) -- caught
    world.clock:advance(1)
    local told = assert(engine:describe_map_run(run_of(arn)))
    assert.equal("FAILED", told.status)
    assert.same({ failed = 1, aborted = 2, total = 3 }, counted(told.executionCounts))
  end)

  it("are stopped with their children, in memory and asleep", function()
    create(nil, { StartAt = "Long", States = { Long = { Type = "Wait", Seconds = 1000, End = true } } })
    for _, seconds in ipairs { 0.5, 30 } do
      local arn = start()
      world.clock:advance(seconds)
      assert(engine:stop_execution(arn))
      world.clock:advance(1)
      local told = assert(engine:describe_map_run(run_of(arn)))
      assert.equal("ABORTED", told.status)
      assert.is_number(told.stopDate)
      assert.same({ aborted = 5, total = 5 }, counted(told.executionCounts))
    end
  end)

  it("tell of limits that a path gives", function()
    create({ ItemsPath = "$.items", MaxConcurrencyPath = "$.most", ToleratedFailureCountPath = "$.failures",
      ToleratedFailurePercentagePath = "$.percent" })
    local arn = start { items = passo.array { 1, 2 }, most = 7, failures = 3, percent = 12.5 }
    world.clock:advance(1)
    local function limits()
      local told = assert(engine:describe_map_run(run_of(arn)))
      return { told.maxConcurrency, told.toleratedFailureCount, told.toleratedFailurePercentage }
    end
    assert.same({ 7, 3, 12.5 }, limits())
    assert(engine:update_map_run(run_of(arn), { maxConcurrency = 2 }))
    assert.same({ 2, 3, 12.5 }, limits())
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
    assert.same({ 2, 3, 12.5 }, limits())
  end)

  it("count the items of batches", function()
    create({ ItemBatcher = { MaxItemsPerBatch = 2 } }, { StartAt = "Batch", States = {
      Batch = { Type = "Task", Resource = "lua:batch", End = true } } })
    local arn = start()
    assert.equal("[2,2,1]", assert(engine:await(arn)).value:json())
    local told = assert(engine:describe_map_run(run_of(arn)))
    assert.same({ 5, 3 }, { told.itemCounts.succeeded, told.executionCounts.succeeded })
    assert.same({ 1, 2, 2 }, (function()
      local out = {}
      for i, one in ipairs(assert(engine:list_executions { mapRunArn = run_of(arn) }).executions) do
        out[i] = one.itemCount
      end
      return out
    end)())
  end)

  it("read their items and write their results by handlers", function()
    local files = {}
    engine:add_handlers {
      ["arn:aws:states:::s3:getObject"] = function(parameters)
        return parameters.Bucket == "in" and "n,name\n1,a\n2,b\n"
      end,
      ["arn:aws:states:::s3:putObject"] = function(file)
        files[file.Key:match "[^/]*$"] = file.Body
        return {}
      end,
    }
    create({ ItemReader = { Resource = "arn:aws:states:::s3:getObject", Parameters = { Bucket = "in", Key = "x.csv" },
        ReaderConfig = { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" } },
      ResultWriter = { Resource = "arn:aws:states:::s3:putObject", Parameters = { Bucket = "out", Prefix = "p" } } })
    local arn = start {}
    local result = assert(engine:await(arn))
    assert.equal("SUCCEEDED", result.status)
    assert.equal(run_of(arn), result.output.MapRunArn)
    assert.equal(2, #core.decode(files["SUCCEEDED_0.json"]))
  end)

  it("change while they run", function()
    create { MaxConcurrency = 1 }
    local arn = start(passo.array { 1, 2, 3, 4, 5, 6, 7, 8, -9, 10 })
    world.clock:advance(4)
    local run_arn = run_of(arn)
    assert.same({}, engine:update_map_run { mapRunArn = run_arn, maxConcurrency = 10, toleratedFailureCount = 1 })
    local told = assert(engine:describe_map_run(run_arn))
    assert.same({ 10, 1 }, { told.maxConcurrency, told.toleratedFailureCount })
    world.clock:advance(2)
    assert.equal(0, assert(engine:describe_map_run(run_arn)).itemCounts.pending)
    assert.equal("SUCCEEDED", assert(engine:await(arn)).status)
    local _, _, failure = engine:update_map_run { mapRunArn = run_arn, maxConcurrency = 1 }
    assert.same({ "ValidationException", "CANNOT_UPDATE_COMPLETED_MAP_RUN" }, { failure.code, failure.reason })
  end)

  it("are redriven: what failed is done again, and nothing else", function()
    create { ToleratedFailureCount = 0, MaxConcurrency = 1 }
    local arn = start(passo.array { 1, 2, -3, 4 })
    assert.equal("FAILED", assert(engine:await(arn)).status)
    local item = options.handlers.Item
    engine.handlers.Item = function(input)
      if input == -3 then counts.again = (counts.again or 0) + 1 return { n = 3 } end
      return item(input)
    end
    assert(engine:redrive_execution(arn))
    assert.equal('[{"n":1},{"n":2},{"n":3},{"n":4}]', assert(engine:await(arn)).value:json())
    assert.same({ 1, 1, 1, 1 }, { counts[1], counts[2], counts[4], counts.again })
    local told = assert(engine:describe_map_run(run_of(arn)))
    assert.same({ "SUCCEEDED", 1 }, { told.status, told.redriveCount })
    assert.same({ succeeded = 4, total = 4, resultsWritten = 4 }, counted(told.executionCounts))
  end)

  for _, kind in ipairs { "STANDARD", "EXPRESS" } do
    for _, killed in ipairs { false, true } do
      it(("of %s children are redriven, those that were stopped too%s"):format(kind, killed
        and ", by processes that die"
        or ""), function()
        create({ MaxConcurrency = 0 }, { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = kind },
          StartAt = "C", States = {
            C = { Type = "Choice", Choices = { { Variable = "$", NumericLessThan = 3, Next = "Item" } },
              Default = "W" },
            W = { Type = "Wait", Seconds = 10, Next = "Item" },
            Item = { Type = "Task", Resource = "lua:item", End = true } } })
        local is_mended = false
        local item = engine.handlers.Item
        options.handlers.Item = function(input)
          if input == -2 and is_mended then return { n = 2 } end
          return item(input)
        end
        engine:add_handlers(options.handlers)
        local arn = start(passo.array { 1, -2, 3, 4 })
        assert.equal("FAILED", assert(engine:await(arn)).status)
        is_mended = true
        assert(engine:redrive_execution(arn))
        for i = 1, killed and (kind == "STANDARD" and 8 or 2) or 0 do
          world.clock:advance(i == 1 and 0 or 1.3)
          world:kill(engine)
          engine = world:engine(options)
        end
        assert.equal('[{"n":1},{"n":2},{"n":3},{"n":4}]', assert(engine:await(arn)).value:json())
        assert.same({ 1, 1, 1 }, { counts[1], counts[3], counts[4] })
        local told = assert(engine:describe_map_run(run_of(arn)))
        assert.equal("SUCCEEDED", told.status)
        if kind == "STANDARD" then
          assert.same({ succeeded = 4, total = 4, resultsWritten = 4 }, counted(told.executionCounts))
        end
      end)
    end
  end

  it("are refused by the service's rules", function()
    local function code(ok, message, failure)
      assert.is_nil(ok)
      assert.is_string(message)
      return failure.code
    end
    assert.equal("ResourceNotFound", code(engine:describe_map_run(helper.HEAD .. "mapRun:m/l:x")))
    assert.equal("InvalidArn", code(engine:describe_map_run "nothing"))
    assert.equal("InvalidArn", code(engine:list_map_runs(helper.HEAD .. "stateMachine:m")))
    assert.equal("ExecutionDoesNotExist", code(engine:list_map_runs(helper.HEAD .. "execution:m:x")))
    assert.equal("ValidationException", code(engine:update_map_run { mapRunArn = helper.HEAD .. "mapRun:m/l:x",
      maxConcurrency = -1 }))
  end)

  for _, kind in ipairs { "STANDARD", "EXPRESS" } do
    for _, seconds in ipairs { 0, 0.001, 0.5, 2.9, 3, 3.001, 3.1, 5, 6, 6.01, 9.02 } do
      it(("of %s children killed at %g s are the same"):format(kind, seconds), function()
        create({ MaxConcurrency = 2 }, { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = kind } })
        local arn = start()
        world.clock:advance(seconds)
        world:kill(engine)
        engine = world:engine(options)
        assert.equal('[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5}]', assert(engine:await(arn)).value:json())
        assert.same(EVENTS, helper.types(engine, arn))
        assert.same({ succeeded = 5, total = 5, resultsWritten = 5 },
          counted(assert(engine:describe_map_run(run_of(arn))).executionCounts))
        if kind == "STANDARD" then assert.same({ 1, 1, 1, 1, 1 }, counts) end
      end)
    end
  end

  it("killed again and again come to their end", function()
    create { MaxConcurrency = 3 }
    local items = passo.array {}
    for i = 1, 40 do items[i] = i end
    local arn = start(items)
    for i = 1, 30 do
      world.clock:advance(1.2 + i % 7 / 3)
      world:kill(engine)
      engine = world:engine(options)
    end
    local result = assert(engine:await(arn))
    assert.equal("SUCCEEDED", result.status, result.cause)
    assert.equal(40, #result.output)
    assert.same({ succeeded = 40, total = 40, resultsWritten = 40 },
      counted(assert(engine:describe_map_run(run_of(arn))).executionCounts))
  end)

  it("share their children with other processes", function()
    create { MaxConcurrency = 0 }
    local others = { world:engine(options), world:engine(options) }
    engine.max_running = 4
    local items = passo.array {}
    for i = 1, 60 do items[i] = i end
    local arn = start(items)
    assert.equal(60, #assert(engine:await(arn)).output)
    assert.equal(2, #others)
    for i = 1, 60 do assert.equal(1, counts[i]) end
  end)

  it("within Distributed Maps are children of their children", function()
    create(nil, { StartAt = "Inner", States = { Inner = { Type = "Map", Label = "deep", End = true, ItemProcessor = {
      ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, StartAt = "Item", States = {
        Item = { Type = "Task", Resource = "lua:item", End = true } } } } } })
    local arn = start(passo.array { passo.array { 1, 2 }, passo.array { 3 } })
    assert.equal('[[{"n":1},{"n":2}],[{"n":3}]]', assert(engine:await(arn)).value:json())
    local child = assert(engine:list_executions { mapRunArn = run_of(arn) }).executions[1]
    assert.truthy(run_of(child.executionArn):find "/deep:")
  end)
end)
