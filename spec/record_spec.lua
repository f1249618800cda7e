--- What a journal holds of an execution: its birth and its records; going through them again, redrive, and the
--- limits of a map run that change while it runs.
local locate = require "locate"
locate()
local core = require "passo.core"

local START_MS = 1767225600000

local function array(t) return setmetatable(t, core.array_mt) end

local function machine_of(definition) return assert(core.machine(core.encode(definition))) end

-- A machine whose top is one state, and an execution of it that keeps what it is given.
local function begin(definition, input, options)
  local machine = machine_of(definition)
  options = options or {}
  options.now_ms, options.seed = START_MS, ("s"):rep(32)
  local exec = assert(core.exec(machine, input or {}, options))
  exec:record(options.record)
  return exec, machine, exec:birth()
end

-- Polls until there is nothing to do: the commands as text, and what was recorded.
local function drain(exec)
  local told = {}
  while true do
    local kind, token, state, input, fifth, sixth = exec:poll()
    if not kind then break end
    local text = kind .. (token and " " .. token or "") .. (state and " " .. state.name or "")
    if kind == "CHILD" then text = text .. " #" .. fifth .. " " .. input:json() .. " " .. sixth
    elseif kind == "FINISH" then text = text .. " " .. fifth .. " " .. (input and input:json() or tostring(sixth)) end
    told[#told + 1] = text
  end
  return table.concat(told, "; "), exec:take_record()
end

local function types(record)
  local out = {}
  for i, event in core.record_events(record):each() do out[i] = event.type end
  return table.concat(out, " ")
end

local TASK = { StartAt = "A", States = {
  A = { Type = "Task", Resource = "lua:a", TimeoutSeconds = 10, Next = "B" },
  B = { Type = "Task", Resource = "lua:b", End = true },
} }

local MAP = { StartAt = "M", States = { M = { Type = "Map", MaxConcurrency = 2, End = true, ItemProcessor = {
  ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" },
  StartAt = "I", States = { I = { Type = "Pass", End = true } },
} } } }

describe("exec:take_record", function()
  it("gives inputs and events of a burst at once, and nothing when nothing happened", function()
    local exec = begin(TASK)
    local told, record, events = drain(exec)
    assert.equal("TASK 1 A", told)
    assert.equal(3, #events)
    assert.same({ format = 1, behaviour = core.behaviour, first = 1, last = 3, inputs = 1 }, core.record(record))
    assert.equal("ExecutionStarted TaskStateEntered TaskScheduled", types(record))
    assert.is_nil((exec:take_record()))
    exec:tick(START_MS + 500)
    drain(exec)
    assert.is_nil((exec:take_record()))
  end)

  it("leaves out inputs that were refused or changed nothing", function()
    local exec = begin(TASK)
    drain(exec)
    assert.is_nil((exec:resume(77, START_MS, "x")))
    assert.is_true(exec:beat(1, START_MS + 1))
    assert.is_nil((exec:take_record()))
    assert.is_true(exec:started(1, START_MS + 2))
    assert.is_true(exec:started(1, START_MS + 3))
    local inputs = core.record_inputs((exec:take_record()))
    assert.same({ { verb = "started", token = 1, now_ms = START_MS + 2 } }, inputs)
  end)

  it("is the only one to take events while an exec records", function()
    local exec = begin(TASK)
    drain(exec)
    assert.has_error(function() exec:take_events() end, "this passo.exec records: take_record gives its events")
    assert.has_error(function() assert(core.exec(machine_of(TASK), {})):take_record() end)
  end)

  it("tells events without the machine they come from", function()
    local exec = begin(TASK)
    local _, record, events = drain(exec)
    local read = core.record_events(record)
    for i = 1, #events do assert.equal(core.encode(events:get(i)), core.encode(read:get(i))) end
  end)

  it("holds a value once, however often it is told", function()
    local exec = begin({ StartAt = "P1", States = {
      P1 = { Type = "Pass", Next = "P2" }, P2 = { Type = "Pass", End = true } } }, { text = ("x"):rep(10000) })
    local _, record = drain(exec)
    assert.is_true(#record < 11000, #record)
  end)
end)

describe("exec:replay", function()
  local function journal()
    local exec, machine, birth = begin(TASK)
    local records = {}
    records[1] = select(2, drain(exec))
    exec:resume(1, START_MS + 5, { done = "a" })
    records[2] = select(2, drain(exec))
    return exec, machine, birth, records
  end

  it("brings an exec from its birth to where it was", function()
    local exec, machine, birth, records = journal()
    local again = assert(core.rebirth(machine, birth))
    for _, record in ipairs(records) do assert.is_true(again:replay(record)) end
    assert.equal(exec:save(), again:save())
    assert.equal("", (drain(exec)))
    again:again()
    assert.equal("TASK 2 B", (again:poll()) .. " 2 B")
  end)

  it("hands a command out again that was polled, and one that was not", function()
    local exec, machine, birth = begin({ StartAt = "P", States = { P = { Type = "Parallel", End = true,
      Branches = array { { StartAt = "A", States = { A = { Type = "Task", Resource = "lua:a", End = true } } },
        { StartAt = "B", States = { B = { Type = "Task", Resource = "lua:b", End = true } } } } } } })
    assert.equal("TASK", (exec:poll()))
    local record = exec:take_record()
    local again = assert(core.rebirth(machine, birth))
    assert.is_true(again:replay(record))
    again:again()
    again:record()
    assert.equal("TASK 1 A; TASK 2 B", (drain(again)))
  end)

  it("names the first event that differs, and has both", function()
    local function says(what)
      return { StartAt = "P", States = { P = { Type = "Pass", Result = what, Next = "A" }, A = TASK.States.B } }
    end
    local exec, _, birth = begin(says "this")
    local _, record = drain(exec)
    local other = machine_of(says "that")
    local ok, message, failure = assert(core.rebirth(other, birth)):replay(record)
    assert.is_nil(ok)
    assert.equal("event 3 differs: the record has PassStateExited, its inputs bring PassStateExited", message)
    assert.equal("EDIVERGED", failure.code)
    assert.equal(3, failure.event)
    assert.equal('"this"', failure.stored:lua().stateExitedEventDetails.output)
    assert.equal('"that"', failure.computed:lua().stateExitedEventDetails.output)
    assert.is_true(assert(core.rebirth(other, birth)):replay(record, nil, true))
  end)

  it("refuses a record that does not follow", function()
    local _, machine, birth, records = journal()
    local again = assert(core.rebirth(machine, birth))
    local ok, message, failure = again:replay(records[2])
    assert.is_nil(ok)
    assert.equal("EINPUT", failure.code)
    assert.equal("the record begins with event 4, but the execution is at event 1", message)
  end)

  it("says what to do about a record of a newer passo", function()
    local _, machine, birth, records = journal()
    local newer = records[1]:sub(1, 7) .. "\9" .. records[1]:sub(9)
    local _, message, failure = core.rebirth(machine, birth):replay(newer)
    assert.equal("EUNSUPPORTED", failure.code)
    assert.equal("a newer passo wrote this record (format 9, this one reads up to 1); run that version or a newer one",
      message)
    _, _, failure = core.rebirth(machine, birth:sub(1, 7) .. "\9" .. birth:sub(9))
    assert.equal("EUNSUPPORTED", failure.code)
    _, _, failure = core.record_events(records[1]:sub(1, -3))
    assert.equal("EDAMAGED", failure.code)
  end)
end)

describe("a text of an execution that is cut short", function()
  it("is damaged at every length", function()
    local exec, machine, birth = begin(TASK, { list = array { 1, "two", 3.5 } })
    local _, record = drain(exec)
    local snapshot = exec:save()
    for n = 0, #record - 1 do
      local events, _, failure = core.record_events(record:sub(1, n))
      assert.is_nil(events)
      assert.equal("EDAMAGED", failure.code)
    end
    for n = 0, #birth - 1 do
      assert.equal("EDAMAGED", select(3, core.rebirth(machine, birth:sub(1, n))).code)
    end
    for n = 0, #snapshot - 1 do
      assert.equal("EDAMAGED", select(3, core.load(machine, snapshot:sub(1, n))).code)
    end
  end)
end)

describe("large values", function()
  local BIG, LIMIT = ("x"):rep(5000), 1000

  -- An execution of two tasks with a large input, its texts, and its blobs by hash.
  local function large()
    local machine = machine_of { StartAt = "A", States = {
      A = { Type = "Task", Resource = "lua:a", ResultPath = "$.result", Next = "P" },
      P = { Type = "Pass", Next = "B" }, B = TASK.States.B } }
    local exec = assert(core.exec(machine, { big = BIG, n = 1 }, { now_ms = START_MS, seed = ("s"):rep(32) }))
    exec:record { blob_bytes = LIMIT }
    local blobs, count = {}, 0
    local function keep(text, list)
      for _, blob in ipairs(list or {}) do blobs[blob.hash], count = blob.bytes, count + 1 end
      return text
    end
    local function record()
      local text, _, list = exec:take_record()
      return keep(text, list)
    end
    local texts = { birth = keep(exec:birth()) }
    while exec:poll() do end
    texts[1] = record()
    exec:resume(1, START_MS, { answer = ("y"):rep(3000), n = 2 })
    while exec:poll() do end
    texts[2] = record()
    texts.snapshot = keep(exec:save())
    return exec, machine, texts, blobs, count
  end

  it("leave births, records and snapshots, each once an execution", function()
    local _, _, texts, blobs, count = large()
    assert.equal(2, count)
    for name, text in pairs(texts) do assert.is_true(#text < LIMIT, name) end
    assert.equal(1, #core.record_needs(texts.birth))
    assert.equal(2, #core.record_needs(texts.snapshot))
    for hash, bytes in pairs(blobs) do
      assert.equal((hash:gsub(".", function(c) return ("%02x"):format(c:byte()) end)), core.digest("sha256", bytes))
    end
  end)

  it("come back where they are given, and are not told again", function()
    local exec, machine, texts, blobs = large()
    local again = assert(core.rebirth(machine, texts.birth, blobs))
    assert.is_true(again:replay(texts[1], blobs))
    assert.is_true(again:replay(texts[2], blobs))
    local loaded = assert(core.load(machine, texts.snapshot, nil, blobs))
    for _, x in ipairs { again, loaded } do
      assert.equal(exec:input(2).big, x:input(2).big)
      x:record { blob_bytes = LIMIT }
      local snapshot, fresh = x:save()
      assert.is_true(#snapshot < LIMIT)
      assert.is_nil(fresh)
    end
    assert.equal(7, #core.record_events(texts[2], blobs))
  end)

  it("are missed by name when they are not given, or are others", function()
    local _, machine, texts, blobs = large()
    local _, message, failure = core.record_events(texts[2])
    assert.equal("EDAMAGED", failure.code)
    assert.equal("a large value of the record is not there", message)
    for hash, bytes in pairs(blobs) do blobs[hash] = bytes .. " " end
    assert.equal("EDAMAGED", select(3, core.rebirth(machine, texts.birth, blobs)).code)
    assert.equal("EDAMAGED", select(3, core.load(machine, texts.snapshot)).code)
  end)
end)

describe("exec:redrive", function()
  it("runs what failed again with the input it had, and nothing else", function()
    local exec = begin(TASK, { n = 1 })
    drain(exec)
    exec:resume(1, START_MS, { n = 2 })
    drain(exec)
    exec:fail(2, START_MS, "Boom", "no reason")
    assert.equal("FINISH FAILED Boom", (drain(exec)))
    assert.is_true(exec:redrive(START_MS + 60000))
    assert.equal("RUNNING", exec:status())
    local told, record = drain(exec)
    assert.equal("TASK 3 B", told)
    local events = core.record_events(record)
    assert.equal("ExecutionRedriven TaskScheduled", types(record))
    assert.same({ redriveCount = 1 }, events:get(1).executionRedrivenEventDetails)
    assert.equal('{"n":2}', events:get(2).taskScheduledEventDetails.parameters)
    assert.equal(events:get(1).id, events:get(2).previousEventId)
    exec:resume(3, START_MS + 60001, "late")
    assert.equal('FINISH SUCCEEDED "late"', (drain(exec)))
  end)

  it("says why not, in AWS's words", function()
    local exec = begin(TASK)
    drain(exec)
    local _, message, failure = exec:redrive(START_MS)
    assert.equal("Execution is RUNNING and cannot be redriven", message)
    assert.equal("ESTALE", failure.code)
    exec = begin({ StartAt = "S", States = { S = { Type = "Succeed" } } })
    drain(exec)
    assert.equal("Execution is SUCCEEDED and cannot be redriven", select(2, exec:redrive(START_MS)))
  end)

  it("starts the machine's time and the retries anew, and is told in the context", function()
    local exec = begin({ TimeoutSeconds = 100, StartAt = "A", States = { A = { Type = "Task", Resource = "lua:a",
      Parameters = { ["execution.$"] = "$$.Execution" },
      Retry = array { { ErrorEquals = array { "States.ALL" }, MaxAttempts = 1, IntervalSeconds = 1 } },
      End = true } } })
    drain(exec)
    exec:fail(1, START_MS, "Boom")
    drain(exec)
    exec:tick(START_MS + 1000)
    drain(exec)
    exec:tick(START_MS + 100000)
    assert.equal("CANCEL 2; FINISH TIMED_OUT nil", (drain(exec)))
    assert.is_true(exec:redrive(START_MS + 200000))
    drain(exec)
    assert.equal(START_MS + 300000, exec:deadline())
    local about = exec:input(3).execution
    assert.equal(1, about.RedriveCount)
    assert.equal("2026-01-01T00:03:20.000Z", about.RedriveTime)
    exec:fail(3, START_MS + 200000, "Boom")
    assert.equal("", (drain(exec)))
    assert.equal(START_MS + 201000, exec:deadline())
  end)

  it("keeps the results of branches and iterations that succeeded, also through a snapshot", function()
    local exec, machine = begin({ StartAt = "P", States = { P = { Type = "Parallel", End = true, Branches = array {
      { StartAt = "A", States = { A = { Type = "Task", Resource = "lua:a", End = true } } },
      { StartAt = "M", States = { M = { Type = "Map", MaxConcurrency = 2, End = true, ItemProcessor = { StartAt = "I",
        States = { I = { Type = "Task", Resource = "lua:i", End = true } } } } } },
    } } } }, array { 1, 2, 3 })
    assert.equal("TASK 1 A; TASK 2 I; TASK 3 I", (drain(exec)))
    exec:resume(1, START_MS, "a")
    drain(exec)
    exec:resume(3, START_MS, "two")
    assert.equal("TASK 4 I", (drain(exec)))
    exec:fail(2, START_MS, "Boom")
    assert.equal("CANCEL 4; FINISH FAILED Boom", (drain(exec)))
    local loaded = assert(core.load(machine, exec:save()))
    loaded:record()
    for _, x in ipairs { exec, loaded } do
      assert.is_true(x:redrive(START_MS + 1))
      assert.equal("TASK 5 I; TASK 6 I", (drain(x)))
      x:resume(6, START_MS + 2, "three")
      drain(x)
      x:resume(5, START_MS + 2, "one")
      assert.equal('FINISH SUCCEEDED ["a",["one","two","three"]]', (drain(x)))
    end
  end)

  it("asks for the failed children of a map run by the names they had", function()
    local exec, machine = begin(MAP, array { "a", "b", "c", "d" })
    local told = drain(exec)
    local first, second = told:match('^CHILD 1 M #0 "a" (%S+); CHILD 2 M #1 "b" (%S+)$')
    assert.is_string(second, told)
    exec:resume(2, START_MS, "B")
    local third = drain(exec):match('CHILD 3 M #2 "c" (%S+)')
    exec:fail(1, START_MS, "Boom")
    assert.equal("CANCEL 3; FINISH FAILED States.ExceedToleratedFailureThreshold", (drain(exec)))
    exec = assert(core.load(machine, exec:save()))
    exec:record()
    assert.is_true(exec:redrive(START_MS + 1))
    local record
    told, record = drain(exec)
    assert.equal(('CHILD 4 M #0 "a" %s; CHILD 5 M #2 "c" %s'):format(first, third), told)
    assert.equal("ExecutionRedriven MapRunRedriven", types(record))
    assert.equal(1, core.record_events(record):get(2).mapRunRedrivenEventDetails.redriveCount)
    exec = assert(core.load(machine, exec:save()))
    exec:record()
    drain(exec)
    exec:resume(4, START_MS + 2, "A")
    assert.truthy(drain(exec):find('^CHILD 6 M #3 "d"'))
    exec:resume(5, START_MS + 2, "C")
    exec:resume(6, START_MS + 2, "D")
    assert.equal('FINISH SUCCEEDED ["A","B","C","D"]', (drain(exec)))
  end)
end)

describe("exec:update", function()
  it("lets more children run at once, and fewer", function()
    local exec, machine, birth = begin(MAP, array { 1, 2, 3, 4, 5 })
    local records = {}
    local map_run = select(7, exec:poll())
    assert.equal("CHILD", (exec:poll()))
    records[1] = exec:take_record()
    assert.is_true(exec:update(map_run, START_MS, { max_concurrency = 3 }))
    local told
    told, records[2] = drain(exec)
    assert.truthy(told:find("^CHILD 3 M #2 3 %S+$"), told)
    assert.is_true(exec:update(3, START_MS, { max_concurrency = 1 }))
    exec:resume(1, START_MS, 1)
    told, records[3] = drain(exec)
    assert.equal("", told)
    local again = assert(core.rebirth(machine, birth))
    for _, record in ipairs(records) do assert.is_true(again:replay(record)) end
    assert.equal(exec:save(), again:save())
  end)

  it("may tolerate failures, or no longer", function()
    local exec = begin(MAP, array { 1, 2, 3 })
    drain(exec)
    assert.is_true(exec:update(1, START_MS, { tolerated_failure_count = 2 }))
    exec:fail(1, START_MS, "Boom")
    assert.truthy(drain(exec):find "^CHILD 3")
    assert.is_true(exec:update(2, START_MS, { tolerated_failure_count = 0 }))
    assert.equal("CANCEL 2; CANCEL 3; FINISH FAILED States.ExceedToleratedFailureThreshold", (drain(exec)))
    assert.equal("ESTALE", select(3, exec:update(2, START_MS, { max_concurrency = 1 })).code)
  end)
end)

describe("exec:save", function()
  it("writes an older format when it is asked to", function()
    local exec, machine = begin(TASK)
    drain(exec)
    local older = assert(exec:save(3))
    assert.equal(3, older:byte(8))
    assert.equal(exec:save(), assert(core.load(machine, older)):save())
    assert.equal("EUNSUPPORTED", select(3, exec:save(2)).code)
    assert.equal("EUNSUPPORTED", select(3, core.load(machine, older:sub(1, 7) .. "\99" .. older:sub(9))).code)
  end)
end)
