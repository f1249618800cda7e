-- cli_engine_spec.lua: `passo engine` as operators meet it: a store in a file, which engines have written before.
local cli = require "passo.cli"
local passo = require "passo"
local core = passo.core

if not pcall(require, "passo.sqlite.core") then
  describe("passo engine", function()
    it("looks into stores", function() pending "built without SQLite" end)
  end)
  return
end

local HEAD = "arn:aws:states:us-east-1:123456789012:execution:"
local path, store

-- Runs a command line in this process: {code, out, err}.
local function run(...)
  local out, err = {}, {}
  local function sink(list)
    return { write = function(_, s) list[#list + 1] = s end }
  end
  local code = cli.main({ "engine", ... }, { stdin = { read = function() return "" end }, stdout = sink(out),
    stderr = sink(err) })
  return { code = code, out = table.concat(out), err = table.concat(err) }
end

local function on_store(verb, ...)
  return run(verb, "--store", store, ...)
end

local function lines(text)
  local found = {}
  for line in text:gmatch "[^\n]+" do found[#found + 1] = line end
  return found
end

local MACHINES = {
  pay = { StartAt = "Charge", States = { Charge = { Type = "Task", Resource = "lua:charge", End = true } } },
  ask = { StartAt = "Ask", States = { Ask = { Type = "Task", End = true,
    Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken",
    Parameters = { FunctionName = "ask", ["Payload.$"] = "$$.Task.Token" } } } },
}

local is_broke
local handlers = {
  ["lua:charge"] = function(input)
    if is_broke then passo.fail("CardDeclined", "no money") end
    return { charged = input.amount }
  end,
  ask = function() return {} end,
}

local function with_engine(options, fn)
  options.store = store
  local engine = assert(passo.engine(options))
  for name, definition in pairs(MACHINES) do assert(engine:create_state_machine(name, definition)) end
  fn(engine)
  assert(engine:close())
end

before_each(function()
  path = os.tmpname()
  os.remove(path)
  store, is_broke = "sqlite:" .. path, false
  with_engine({ handlers = handlers }, function(engine)
    assert(engine:await(assert(engine:start_execution("pay", { amount = 1 }, { name = "one" }))))
    is_broke = true
    assert(engine:await(assert(engine:start_execution("pay", { amount = 2 }, { name = "two" }))))
    is_broke = false
    local asked = assert(engine:start_execution("ask", {}, { name = "three" }))
    assert.is_nil((engine:await(asked, { timeout_seconds = 0.05 })))
  end)
end)

after_each(function()
  for _, suffix in ipairs { "", "-wal", "-shm", "-passo" } do os.remove(path .. suffix) end
end)

describe("passo engine list", function()
  it("tells the newest first", function()
    local told = on_store "list"
    assert.equal(0, told.code, told.err)
    local rows = lines(told.out)
    assert.equal(3, #rows)
    assert.truthy(rows[1]:find("^RUNNING .*ask:three"), rows[1])
    assert.truthy(rows[2]:find("^FAILED .*pay:two"), rows[2])
    assert.truthy(rows[3]:find("^SUCCEEDED .*pay:one"), rows[3])
  end)

  it("filters, and stops where it is told to", function()
    assert.truthy(on_store("list", "--status", "FAILED").out:find "^FAILED [^\n]*pay:two%s*$")
    assert.equal(2, #lines(on_store("list", "--limit", "2").out))
  end)

  -- The command does not know yet how to ask for a machine.
  it("of one machine", function()
    local told = on_store("list", "--machine", "ask")
    assert.equal(0, told.code, told.err)
    assert.equal(1, #lines(told.out))
  end)

  it("prints JSON, one object a line", function()
    for _, line in ipairs(lines(on_store("list", "--json").out)) do
      local row = assert(core.decode(line))
      assert.equal(HEAD, row.executionArn:sub(1, #HEAD))
      assert.is_number(row.startDate)
    end
  end)

  it("writes moments as decimal seconds", function()
    assert.truthy(lines(on_store("list", "--json").out)[1]:find '"startDate":%d%d%d%d%d%d%d%d%d%d%.%d%d%d[,}]')
    local described = on_store("describe", HEAD .. "pay:two").out
    assert.truthy(described:find '"stopDate":%d%d%d%d%d%d%d%d%d%d%.%d%d%d[,}]')
    local event = lines(on_store("history", HEAD .. "pay:one").out)[1]
    assert.truthy(event:find '"timestamp":%d%d%d%d%d%d%d%d%d%d%.%d%d%d[,}]')
  end)
end)

describe("passo engine about one execution", function()
  it("describes it", function()
    local told = on_store("describe", HEAD .. "pay:two")
    assert.equal(0, told.code, told.err)
    local described = assert(core.decode(told.out))
    assert.same({ "FAILED", "CardDeclined", '{"amount":2}' }, { described.status, described.error, described.input })
  end)

  it("prints its history, one event a line", function()
    local rows = lines(on_store("history", HEAD .. "pay:one").out)
    local types = {}
    for i, row in ipairs(rows) do types[i] = assert(core.decode(row)).type end
    assert.same({ "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded",
      "TaskStateExited", "ExecutionSucceeded" }, types)
  end)

  it("says when there is none, and when an ARN is missing", function()
    local told = on_store("describe", HEAD .. "pay:nine")
    assert.equal(1, told.code)
    assert.truthy(told.err:find("Execution Does Not Exist", 1, true))
    told = on_store "history"
    assert.equal(2, told.code)
    assert.truthy(told.err:find("needs an execution's ARN", 1, true))
  end)
end)

describe("passo engine stop", function()
  -- The command still gives stop_execution a table for its error.
  it("ends what sleeps: the next process that has its handlers does", function()
    local told = on_store("stop", HEAD .. "ask:three", "--error", "Cancelled", "--cause", "by ana")
    assert.equal(0, told.code, told.err)
    with_engine({ handlers = handlers }, function(engine)
      local result = assert(engine:await(HEAD .. "ask:three", { timeout_seconds = 5 }))
      assert.same({ "ABORTED", "Cancelled", "by ana" }, { result.status, result.error, result.cause })
    end)
  end)
end)

describe("passo engine redrive", function()
  -- An engine that runs nothing cannot reopen an execution yet.
  it("has a failed one go on where it failed, in a process that has its handlers", function()
    local told = on_store("redrive", HEAD .. "pay:two")
    assert.equal(0, told.code, told.err)
    with_engine({ handlers = handlers }, function(engine)
      assert.equal("SUCCEEDED", assert(engine:await(HEAD .. "pay:two", { timeout_seconds = 5 })).status)
    end)
  end)

  it("refuses one that has succeeded, in the service's words", function()
    local told = on_store("redrive", HEAD .. "pay:one")
    assert.equal(1, told.code)
    assert.truthy(told.err:find("Execution is SUCCEEDED and cannot be redriven", 1, true))
  end)
end)

describe("passo engine doctor", function()
  it("finds nothing wrong", function()
    local told = on_store("doctor", "--all")
    assert.equal(0, told.code, told.err)
    local rows = lines(told.out)
    assert.equal(3, #rows)
    for _, row in ipairs(rows) do assert.truthy(row:find "^ok ", row) end
    assert.equal(0, on_store("doctor").code)
  end)
end)

describe("passo engine release", function()
  it("lets one go on that was set aside, which list says", function()
    local opened = assert(require("passo.store").open(store))
    local row = assert(opened:describe(HEAD .. "ask:three"))
    assert(opened:amend(row.id, { quarantine = "it killed its process" }))
    opened:close()
    assert.truthy(on_store("list").out:find("set aside: it killed its process", 1, true))
    local told = on_store("release", HEAD .. "ask:three")
    assert.equal(0, told.code, told.err)
    assert.falsy(on_store("list").out:find("set aside", 1, true))
  end)
end)

describe("passo engine workers", function()
  it("tells who is at work, and which handlers are missing", function()
    with_engine({ handlers = {}, name = "ana" }, function(engine)
      assert(engine:start_execution("pay", { amount = 3 }))
      engine.renew_at_ms = 0 -- it says so when it renews its lease
      engine:rouse()
      passo.sleep(0.1)
      local told = on_store "workers"
      assert.equal(0, told.code, told.err)
      assert.truthy(told.out:find("^%d+  alive  lease until %S+  ana  "), told.out)
      assert.truthy(told.out:find("no handler for state 'Charge'", 1, true), told.out)
    end)
    assert.equal("", on_store("workers").out)
  end)
end)

describe("passo engine", function()
  it("lists machines", function()
    local rows = lines(on_store("machines").out)
    assert.equal(2, #rows)
    assert.truthy(rows[1]:find "^STANDARD .*:stateMachine:ask$")
  end)

  it("upgrades a store to the newest format", function()
    local told = on_store "upgrade"
    assert.equal(0, told.code)
    assert.truthy(told.err:find "format %d+, before %d+")
  end)

  it("leaves what runs elsewhere alone: it is no worker", function()
    on_store "list"
    assert.equal("", on_store("workers").out)
  end)

  it("wants a verb that there is, and a store", function()
    assert.truthy(run("list").err:find("which store?", 1, true))
    assert.truthy(on_store("lst").err:find("did you mean list?", 1, true))
    assert.equal(2, run().code)
    assert.equal(2, run("list", "--store", "mongo:x").code)
  end)

  it("says what it cannot make sense of", function()
    for _, limit in ipairs { "-1", "0", "1.5" } do
      local told = on_store("list", "--limit", limit)
      assert.equal(2, told.code)
      assert.truthy(told.err:find("whole number", 1, true))
    end
    local told = on_store("list", "surplus")
    assert.equal(2, told.code)
    assert.truthy(told.err:find('what to do with "surplus"', 1, true))
    assert.equal(2, on_store("describe", HEAD .. "pay:one", HEAD .. "pay:two").code)
  end)

  it("says what is wrong with a store that it cannot open", function()
    local file = assert(io.open(path .. "y", "w"))
    file:write(("this is a letter\n"):rep(100))
    file:close()
    local told = run("list", "--store", store .. "y")
    for _, suffix in ipairs { "", "-wal", "-shm", "-passo" } do os.remove(path .. "y" .. suffix) end
    assert.equal(2, told.code)
    assert.truthy(told.err:find("this is no SQLite database", 1, true), told.err)
  end)

  -- The command still makes what it does not find.
  it("makes no store where there is none", function()
    local told = run("list", "--store", store .. "x")
    local file = io.open(path .. "x")
    if file then
      file:close()
      for _, suffix in ipairs { "", "-wal", "-shm", "-passo" } do os.remove(path .. "x" .. suffix) end
    end
    assert.equal(2, told.code)
    assert.is_nil(file)
  end)
end)
