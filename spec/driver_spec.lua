local helper = require "helper"
local core = require "passo.core"
local passo = require "passo"

-- A loop that ends for nobody: its exit is never taken.
local LOOP = { A = { Type = "Pass", Next = "C" }, Z = { Type = "Succeed" }, C = { Type = "Choice", Default = "A",
  Choices = { { Variable = "$.never", IsPresent = true, Next = "Z" } } } }

local pass = helper.chain { { "A", { Type = "Pass" } }, { "B", { Type = "Succeed" } } }

describe("core.exec", function()
  it("gives commands as plain results", function()
    local machine = core.machine '{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"lua:t","End":true}}}'
    local exec = core.exec(machine, { z = 1 }, { now_ms = 0, name = "one", seed = 1 })
    local kind, token, state, input, attempt, stage = exec:poll()
    assert.same({ "TASK", "T", '{"z":1}', 0, "new" }, { kind, state.name, input:json(), attempt, stage })
    assert.is_nil((exec:poll()))
    assert.is_true(exec:started(token, 5))
    assert.is_true(exec:resume(token, 7, { done = true }))
    local finish, _, _, output, status = exec:poll()
    assert.same({ "FINISH", '{"done":true}', "SUCCEEDED" }, { finish, output:json(), status })
    assert.is_nil((exec:poll()))
    assert.equal("SUCCEEDED", exec:status())
  end)

  it("gives the same state table every time", function()
    local machine = core.machine '{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"lua:t","End":true}}}'
    local _, _, first = core.exec(machine, {}):poll()
    local _, _, second = core.exec(machine, {}):poll()
    assert.equal(first, second)
    assert.equal(first, machine:states()[1])
  end)

  it("calls a late input stale", function()
    local machine = core.machine '{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"lua:t","End":true}}}'
    local exec = core.exec(machine, {}, { now_ms = 0 })
    local _, token = exec:poll()
    exec:resume(token, 1, 1)
    local ok, message, failure = exec:resume(token, 2, 1)
    assert.is_nil(ok)
    assert.equal("string", type(message))
    assert.equal("ESTALE", failure.code)
  end)

  it("goes on from a snapshot", function()
    local machine = core.machine '{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"lua:t","End":true}}}'
    local exec = core.exec(machine, { a = 1 }, { now_ms = 0, seed = 3 })
    local _, token = exec:poll()
    exec:started(token, 1)
    local twin = core.load(machine, exec:save())
    local kind, same, _, input, _, stage = twin:poll()
    assert.same({ "TASK", token, '{"a":1}', "started" }, { kind, same, input:json(), stage })
    assert.is_nil((core.load(machine, "nonsense")))
  end)

  it("refuses misuse with words", function()
    local machine = core.machine(passo.core.value '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}')
    assert.has_error(function() core.exec(machine, {}, { seed = "short" }) end)
    assert.has_error(function() core.exec(machine, {}, { profile = "none" }) end)
    assert.has_error(function() core.exec(machine, {}, { map = "/Nowhere" }) end)
    assert.has_error(function() core.exec({}, {}) end)
    local exec = core.exec(machine, {})
    exec:close()
    exec:close()
    assert.has_error(function() exec:poll() end)
    local none, message = core.exec(machine, { f = print })
    assert.is_nil(none)
    assert.equal("$.f: a function cannot be a JSON value", message)
  end)

  it("is collected with everything it holds", function()
    assert.equal(0, helper.left_after(50, function()
      local exec = core.exec(pass.core, {})
      exec:poll()
      return exec
    end))
  end)

  it("asks nothing of an endless loop at once", function()
    local machine = core.machine { StartAt = "A", States = LOOP }
    local exec = core.exec(machine, {}, { profile = "unlimited" })
    assert.equal("MORE", (exec:poll()))
  end)
end)

describe("machine:run", function()
  it("gives status and output", function()
    local result = assert(pass:run { z = 1, a = { 1.5 } })
    assert.equal("SUCCEEDED", result.status)
    assert.same({ z = 1, a = { 1.5 } }, result.output)
    assert.matches("^arn:aws:states:.*:execution:StateMachine:", result.arn)
  end)

  it("gives the history when asked", function()
    local result = helper.run(pass, {}, {}, { history = true })
    assert.same({ "ExecutionStarted", "PassStateEntered", "PassStateExited", "SucceedStateEntered",
      "SucceedStateExited", "ExecutionSucceeded" }, helper.types(result.history))
  end)

  it("is the same every time on a virtual clock", function()
    local machine = helper.chain { { "U", { Type = "Pass", Parameters = { ["id.$"] = "States.UUID()" } } } }
    local one, two = helper.run(machine, {}), helper.run(machine, {})
    assert.equal(one.output.id, two.output.id)
    assert.equal(one.arn, two.arn)
    assert.not_equal(machine:run({}).output.id, machine:run({}).output.id)
  end)

  it("lets virtual time pass for waits", function()
    local machine = helper.chain { { "W", { Type = "Wait", Seconds = 86400 } } }
    local clock = passo.virtual_clock "2026-01-01T00:00:00Z"
    local before = clock:now_ms()
    assert(machine:run({}, { clock = clock }))
    assert.equal(86400000, clock:now_ms() - before)
  end)

  it("ends an endless loop by its timeout", function()
    local machine = assert(passo.parse { StartAt = "A", TimeoutSeconds = 1, States = LOOP })
    local result = assert(machine:run({}, { profile = "unlimited" }))
    assert.equal("TIMED_OUT", result.status)
  end)

  it("refuses misuse of its options", function()
    assert.has_error(function() pass:run({}, { handlers = 1 }) end)
    assert.has_error(function() pass:run({}, 1) end)
    assert.has_error(function() pass:run({}, { seed = 1 }) end)
  end)
end)

describe("a journal", function()
  it("is given events and inputs before anything of them is performed", function()
    local seen = {}
    local journal = passo.memory_journal()
    local append = journal.append
    function journal:append(events, record)
      local verbs = {}
      for i, input in ipairs(core.record_inputs(record)) do verbs[i] = input.verb end
      seen[#seen + 1] = #events .. ":" .. table.concat(verbs, ",")
      return append(self, events, record)
    end
    local result = helper.run(helper.task(), {}, { ["lua:t"] = function()
      seen[#seen + 1] = "performed"
      return 1
    end }, { journal = journal, history = true })
    assert.same({ "3:polls", "performed", "4:started,resume,polls" }, { seen[1], seen[2], seen[3] })
    assert.equal(7, #result.history)
  end)

  it("that refuses an append ends the run", function()
    local result, message, failure = helper.run(helper.task(), {}, { default = function() return 1 end },
      { journal = { append = function() return nil, "disk full" end } })
    assert.is_nil(result)
    assert.equal("disk full", message)
    assert.equal("EJOURNAL", failure.code)
  end)

  it("may be replayed to the same commands", function()
    local journal = passo.memory_journal()
    local machine = helper.task { Retry = { { ErrorEquals = { "E" }, IntervalSeconds = 2, JitterStrategy = "FULL" } } }
    local tries = 0
    local first = helper.run(machine, {}, { default = function()
      tries = tries + 1
      if tries < 3 then passo.fail "E" end
      return tries
    end }, { journal = journal, seed = 7, history = true })
    local exec = core.exec(machine.core, {}, { now_ms = 0, seed = 7 })
    exec:record()
    for _, record in ipairs(journal.records) do assert(exec:replay(record)) end
    assert.equal("SUCCEEDED", exec:status())
    assert.equal(first.status, exec:status())
    assert.is_nil(exec:take_record())
  end)
end)

describe("run", function()
  it("advances in steps", function()
    local machine = helper.chain { { "W", { Type = "Wait", Seconds = 100 } } }
    local run = assert(machine:start({}, { clock = passo.virtual_clock() }))
    assert.equal("RUNNING", run:status())
    run:advance(99)
    assert.equal("RUNNING", run:status())
    run:advance(1)
    assert.equal("SUCCEEDED", run:status())
    assert.equal("SUCCEEDED", run:finish().status)
    assert.equal("WaitStateEntered", run:history()[2].type)
  end)

  it("stops", function()
    local machine = helper.chain { { "W", { Type = "Wait", Seconds = 100 } } }
    local run = machine:start({}, { clock = passo.virtual_clock() })
    assert.is_true(run:stop("Enough", "of it"))
    assert.equal("ABORTED", run:status())
    assert.is_nil((run:stop()))
  end)

  it("answers task tokens", function()
    local machine = helper.task { Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters = { QueueUrl = "q", MessageBody = { ["token.$"] = "$$.Task.Token" } } }
    local token
    local run = machine:start({}, { clock = passo.virtual_clock(), handlers = { T = function(input, ctx)
      token = ctx.task_token
      assert.equal(token, input.MessageBody.token)
      return { MessageId = "1" }
    end } })
    assert.equal("RUNNING", run:status())
    assert.is_nil((run:send_task_success("other", 1)))
    assert.is_true(run:send_task_success(token, { approved = true }))
    assert.same({ approved = true }, run:finish().output)
    local _, _, failure = run:send_task_success(token, 1)
    assert.equal("ESTALE", failure.code)
  end)

  it("fails by task tokens, and lives on by heartbeats", function()
    local machine = helper.task { Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken", HeartbeatSeconds = 10,
      Parameters = { QueueUrl = "q", ["MessageBody.$"] = "$$.Task.Token" } }
    local token
    local handlers = { T = function(_, ctx) token = ctx.task_token end }
    local run = machine:start({}, { clock = passo.virtual_clock(), handlers = handlers })
    run:advance(9)
    assert.is_true(run:send_task_heartbeat(token))
    run:advance(9)
    assert.equal("RUNNING", run:status())
    assert.is_true(run:send_task_failure(token, "No", "thanks"))
    assert.same({ "FAILED", "No", "thanks" }, { run:status(), run:result().error, run:result().cause })
    run = machine:start({}, { clock = passo.virtual_clock(), handlers = handlers })
    run:advance(11)
    assert.equal("States.Timeout", run:result().error)
  end)
end)

describe("a Distributed Map", function()
  local function distributed(fields)
    local state = { Type = "Map", End = true, ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED",
      ExecutionType = "STANDARD" }, StartAt = "C", States = {
        C = { Type = "Task", Resource = "lua:c", End = true } } } }
    for key, value in pairs(fields) do state[key] = value end
    return assert(passo.parse { StartAt = "M", States = { M = state } })
  end

  it("runs its children as executions of their own", function()
    local run = distributed({}):start({ 1, 2, 3 }, { clock = passo.virtual_clock(), handlers = { ["lua:c"] = function(n)
      passo.sleep(n)
      return n * 10
    end } })
    local result = run:finish()
    assert.same({ 10, 20, 30 }, setmetatable(result.output, nil))
    assert.equal(3, #run.children)
    assert.equal("ExecutionStarted", run.children[1]:history()[1].type)
  end)

  it("reads rows from a handler, as text or as a table", function()
    local machine = distributed { ItemReader = { Resource = "arn:aws:states:::s3:getObject",
      ReaderConfig = { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" },
      Parameters = { Bucket = "b", Key = "k" } } }
    local result = helper.run(machine, {}, { ["lua:c"] = function(row) return row.id end,
      ["arn:aws:states:::s3:getObject"] = function(input)
        assert.same({ Bucket = "b", Key = "k" }, input)
        return "id,x\n7,a\n8,b\n"
      end })
    assert.same({ "7", "8" }, setmetatable(result.output, nil))
  end)

  it("reads and writes local folders", function()
    local folder = os.tmpname()
    os.remove(folder)
    local bucket = "file://" .. folder
    assert(core.make_folders(folder .. "/in/x"))
    local file = assert(io.open(folder .. "/in/data.json", "w"))
    file:write "[1,2]"
    file:close()
    local machine = distributed {
      ItemReader = { Resource = "arn:aws:states:::s3:getObject", ReaderConfig = { InputType = "JSON" },
        Parameters = { Bucket = bucket, Key = "in/data.json" } },
      ResultWriter = { Resource = "arn:aws:states:::s3:putObject", Parameters = { Bucket = bucket, Prefix = "out" } } }
    local result = helper.run(machine, {}, { ["lua:c"] = function(n) return n + 1 end })
    assert.equal("SUCCEEDED", result.status, result.cause)
    local manifest = assert(io.open(folder .. "/" .. result.output.ResultWriterDetails.Key))
    assert.equal(bucket, core.decode(manifest:read "*a").DestinationBucket)
    manifest:close()
    local listed = core.list_files(folder, "in"):lua()
    assert.equal("in/data.json", listed[1].Key)
    os.execute("rm -r " .. folder)
  end)
end)
