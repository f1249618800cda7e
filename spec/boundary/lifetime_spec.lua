--- Who outlives whom: boxes die in any order, are closed twice, and by finalizers at any moment.
local core = require "passo.core"
local T0 = 1767225600000

local definition = { StartAt = "T", States = { T = { Type = "Task", Resource = "lua:t", End = true } } }

local function start(input)
  local machine = assert(core.machine(definition))
  return assert(core.exec(machine, input or { n = 1 }, { now_ms = T0, seed = 1 }))
end

local function collect()
  for _ = 1, 4 do collectgarbage() end
end

--- Calls `f` when the returned object is collected, on every Lua.
local function sentinel(f)
  if _VERSION == "Lua 5.1" then
    local object = newproxy(true) -- luacheck: ignore
    getmetatable(object).__gc = f
    return object
  end
  return setmetatable({}, { __gc = f })
end

--- Runs `what` again and again, while finalizers run `f` in between its allocations.
local function disturbed(f, what)
  for _ = 1, 200 do
    sentinel(f)
    what()
  end
  collect()
end

describe("lifetimes", function()
  it("let an execution outlive its machine", function()
    local exec = start()
    collect()
    local kind, token, state = exec:poll()
    assert.equal("TASK", kind)
    assert.equal("T", state.name)
    assert(exec:resume(token, T0, { done = true }))
    collect()
    assert.equal("FINISH", (exec:poll()))
    assert.equal("SUCCEEDED", exec:status())
  end)

  it("let values, events and snapshots outlive the execution", function()
    local exec = start { z = { 1.5, "x" }, a = {} }
    local _, token, _, arguments = exec:poll()
    assert(exec:resume(token, T0, { y = 2, b = { 3 } }))
    local output = select(4, exec:poll())
    local events, snapshot = exec:take_events(), exec:save()
    exec:close()
    exec = nil -- luacheck: ignore
    collect()
    assert.equal('{"a":{},"z":[1.5,"x"]}', arguments:json())
    assert.equal('{"b":[3],"y":2}', output:json())
    local types = {}
    for _, event in events:each() do types[#types + 1] = event.type end
    assert.equal("ExecutionStarted", types[1])
    assert.equal("ExecutionSucceeded", types[#types])
    local again = assert(core.load(assert(core.machine(definition)), snapshot))
    assert.equal("SUCCEEDED", again:status())
  end)

  it("let tables outlive what they were made from", function()
    local t = assert(core.decode '{"z": 1.10, "a": {"y": 1, "x": [2.50]}}')
    local inner = t.a
    t = nil -- luacheck: ignore
    collect()
    assert.equal('{"y":1,"x":[2.50]}', core.encode(inner))
  end)

  it("close twice without harm, and say afterwards that it is closed", function()
    local exec = start()
    exec:close()
    exec:close()
    for _, method in ipairs { "poll", "save", "take_events", "tick", "deadline", "status", "observe", "stages" } do
      local ok, message = pcall(exec[method], exec, T0)
      assert.is_false(ok)
      assert.matches("this passo.exec is closed", message, 1, true)
    end
    for _, method in ipairs { "started", "beat", "resume", "fail" } do
      assert.is_false((pcall(exec[method], exec, 1, T0, "x")))
    end
    assert.is_false((pcall(exec.submitted, exec, 1, {}, T0)))
    assert.equal("passo.exec: closed", tostring(exec))
    assert.equal("string", type(exec:identity()))
  end)

  it("refuse the box of another type", function()
    local exec = start()
    for _, wrong in ipairs { 1, "x", {}, io.stdout, core.value { 1 }, core.decimal "1" } do
      assert.is_false((pcall(exec.poll, wrong)))
      assert.is_false((pcall(core.exec, wrong, {})))
    end
    assert.is_false((pcall(core.value({}).json, exec)))
  end)

  it("survive a finalizer that closes the execution at work", function()
    local exec = start()
    local function close() exec:close() end
    disturbed(close, function()
      exec = start { { 1 }, { 2 }, { k = { "v" } } }
      sentinel(close)
      pcall(function()
        local _, token = exec:poll()
        exec:started(token, T0, "worker")
        exec:submitted(token, { { 1 }, { 2 }, { 3 } }, T0)
        exec:save()
        exec:take_events()
        exec:resume(token, T0, { { 1 }, { 2 }, { 3 } })
        exec:poll()
        exec:take_events()
      end)
    end)
  end)

  it("survive a finalizer that feeds the execution at work", function()
    local exec, token = start(), nil
    local function feed()
      pcall(function()
        exec:resume(token, T0, { fed = true })
        exec:poll()
        exec:tick(T0 + 1)
      end)
    end
    disturbed(feed, function()
      exec = start { { 1 }, { 2 }, { k = { "v" } } }
      sentinel(feed)
      pcall(function()
        token = select(2, exec:poll())
        for _ = 1, 5 do
          sentinel(feed)
          exec:poll()
          exec:stages()
          exec:take_events():get(1)
        end
      end)
    end)
  end)

  it("survive a finalizer that reads and writes values", function()
    local made = assert(core.decode '{"z": [1.10, {"b": 1, "a": [1, 2, 3]}], "a": 1}')
    local function work()
      core.encode(made)
      core.decode '{"z": [1.10, 2], "a": 1}'
    end
    disturbed(work, function()
      assert.equal('{"z":[1.10,{"b":1,"a":[1,2,3]}],"a":1}', core.encode(made))
      assert.same({ { { 4, { "x" } } } }, core.value({ { { 4, { "x" } } } }):lua())
    end)
  end)
end)
