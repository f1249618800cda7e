--- Executions that end with their first burst: the memory store keeps what they began with, and everything that is
--- asked about them must be what a store of bytes answers.
local core = require "passo.core"
local memory = require "passo.store.memory"
local passo = require "passo"

local ANSWERS = { StartAt = "Greet", States = {
  Greet = { Type = "Pass", Parameters = { ["id.$"] = "$.id", ["token.$"] = "States.UUID()",
    ["name.$"] = "$$.Execution.Name" }, Next = "End" },
  End = { Type = "Succeed" } } }
local FAILS = { StartAt = "No", States = { No = { Type = "Fail", Error = "Not", Cause = "today" } } }

-- The same executions on a store that keeps execs, and on one that does not.
local function world(keeps_execs)
  local clock = passo.virtual_clock "2026-01-01T00:00:00Z"
  local store = memory.open { host = clock }
  store.keeps_execs = keeps_execs
  local engine = assert(passo.engine { store = store, clock = clock })
  local prepare = engine.prepare
  function engine:prepare(b) -- what is drawn is the same in both
    self.drawn = (self.drawn or 0) + 1
    b.seed = self.drawn
    return prepare(self, b)
  end
  assert(engine:create_state_machine("answers", ANSWERS))
  assert(engine:create_state_machine("fails", FAILS))
  local arns = {}
  for i = 1, 5 do arns[i] = assert(engine:start_execution("answers", { id = i })).executionArn end
  arns[6] = assert(engine:start_execution("answers", { id = 6 }, { name = "six" })).executionArn
  arns[7] = assert(engine:start_execution("fails", { id = 7 })).executionArn
  arns[8] = assert(engine:start_execution("answers", { id = 8 }, { traceHeader = "Root=1" })).executionArn
  return { engine = engine, store = store, clock = clock, arns = arns }
end

local function told(w, arn)
  local engine = w.engine
  local row = assert(w.store:describe(arn))
  local loaded = assert(w.store:load(row.id))
  row.revision, loaded.revision = nil, nil
  return { describe = assert(engine:describe_execution(arn)), history = assert(engine:get_execution_history(arn)),
    row = row, loaded = loaded, doctor = assert(engine:doctor(arn)) }
end

describe("executions that end with their first burst", function()
  it("are told of as those that were written down", function()
    local kept, written = world(true), world(false)
    for i, arn in ipairs(kept.arns) do
      assert.equal(written.arns[i], arn)
      assert.same(told(written, arn), told(kept, arn))
    end
  end)

  it("are listed and counted without being made", function()
    local kept, written = world(true), world(false)
    local function listed(w)
      local out = {}
      for _, status in ipairs { "SUCCEEDED", "FAILED", "RUNNING" } do
        for _, name in ipairs { "answers", "fails" } do
          out[#out + 1] = assert(w.engine:list_executions { stateMachineArn = "arn:aws:states:us-east-1:123456789012:"
            .. "stateMachine:" .. name, statusFilter = status })
        end
      end
      out.counts = w.store:count { all = true }
      return out
    end
    assert.same({ SUCCEEDED = 7, FAILED = 1 }, kept.store:count { all = true })
    assert.is_nil(rawget(kept.store.rows, 1))
    assert.same(listed(written), listed(kept))
  end)

  it("have names that are taken", function()
    local w = world(true)
    local _, _, failure = w.engine:start_execution("answers", { id = 6 }, { name = "six" })
    assert.equal("ExecutionAlreadyExists", failure.code)
  end)

  it("are awaited, by who has started them and by others", function()
    local w = world(true)
    local started = assert(w.engine:start_execution("answers", { id = 9 }))
    local at_once = assert(w.engine:await(started))
    assert(w.engine:start_execution("answers", { id = 10 }))
    local later = assert(w.engine:await(started))
    assert.equal(9, at_once.output.id)
    assert.same(at_once.output, later.output)
    assert.equal(at_once.executionArn, later.executionArn)
    assert.equal(at_once.name, later.name)
    assert.equal("FAILED", assert(w.engine:await(w.arns[7])).status)
  end)

  it("are redriven where they failed", function()
    local w = world(true)
    assert(w.engine:redrive_execution { executionArn = w.arns[7] })
    assert.equal("FAILED", assert(w.engine:await(w.arns[7])).status)
    local row = w.store:describe(w.arns[7])
    assert.equal(1, row.redrive_count)
    assert(w.engine:doctor(w.arns[7]))
  end)

  it("are forgotten in time, looked at or not", function()
    local w = world(true)
    assert(w.engine:describe_execution(w.arns[2]))
    assert.equal(2, w.store:forget { ended_before_ms = math.huge, limit = 2 })
    assert.is_nil(w.store:describe(w.arns[1]))
    assert.is_nil(w.store:describe(w.arns[2]))
    assert.same({ SUCCEEDED = 5, FAILED = 1 }, w.store:count { all = true })
    assert.equal(6, w.store:forget { ended_before_ms = math.huge })
    assert.is_nil(w.store:describe(w.arns[6]))
    assert(w.engine:start_execution("answers", { id = 6 }, { name = "six" }))
  end)

  it("cannot be begun by a worker that was buried", function()
    local w = world(true)
    w.store:resign(w.engine.worker)
    local _, _, failure = w.engine:start_execution("answers", { id = 1 })
    assert.equal("EFENCED", failure.code)
  end)

  it("wait in no place twice", function()
    local machine = core.machine(ANSWERS)
    local shelf = core.shelf()
    local function exec(id)
      local one = assert(core.exec(machine, { id = id }))
      one:poll()
      return one
    end
    local first = exec(1)
    local arn = first:identity()
    local slot = shelf:put(first)
    assert.has_error(function() first:poll() end)
    assert.has_error(function() shelf:put(first) end)
    assert.equal(arn, shelf:arn(slot))
    local again = shelf:take(slot)
    assert.equal(arn, (again:identity()))
    assert.equal("FINISH", (again:poll()))
    assert.has_error(function() shelf:take(slot) end)
    assert.has_error(function() shelf:arn(0) end)
    assert.equal(slot, shelf:put(exec(2)))
    assert.not_equal(slot, shelf:put(exec(3)))
  end)
end)
