--- What users do to passo without meaning harm: what they hear of it, and what other runs must not notice.
local helper = require "helper"
local passo = require "passo"

-- A Wait beside a Choice whose predicate is missing, and a handler that sleeps meanwhile.
local function broken_in_the_middle()
  return assert(passo.parse { StartAt = "P", States = { P = { Type = "Parallel", End = true, Branches = {
    { StartAt = "A", States = { A = { Type = "Task", Resource = "lua:a", End = true } } },
    { StartAt = "W", States = { W = { Type = "Wait", Seconds = 1, Next = "C" },
      C = { Type = "Choice", Choices = { { Condition = "lua:pred", Next = "Z" } }, Default = "Z" },
      Z = { Type = "Succeed" } } } } } } })
end

describe("a run that is given up", function()
  for name, options in pairs {
    ["for want of a handler"] = {},
    ["by its journal"] = { journal = { append = function(self)
      self.count = (self.count or 0) + 1
      if self.count > 2 then return nil, "disk full" end
      return true
    end } },
  } do
    it(name .. " leaves its host and what else runs on it alone", function()
      local clock, woken = passo.virtual_clock(), nil
      options.clock = clock
      options.handlers = { ["lua:a"] = function(_, ctx)
        local slept, why = passo.sleep(5)
        woken = { slept or false, why, ctx.heartbeat() or false, ctx.cancelled() }
      end }
      assert.is_nil((broken_in_the_middle():run({}, options)))
      local wait = helper.chain { { "W", { Type = "Wait", Seconds = 20 } } }
      assert.equal("SUCCEEDED", wait:run({}, { clock = clock }).status)
      assert.same({ false, "cancelled", false, true }, woken)
    end)
  end
end)

describe("a handler", function()
  it("that cannot sleep inside a C function leaves nothing behind that wakes another", function()
    local machine = helper.chain { { "A", { Type = "Task", Resource = "lua:a" } },
      { "W", { Type = "Wait", Seconds = 20 } },
      { "B", { Type = "Task", Resource = "lua:b" } } }
    local result = helper.run(machine, {}, {
      ["lua:a"] = function()
        return (pcall(table.sort, { 3, 1, 2 }, function(a, b)
          passo.sleep(5)
          return a < b
        end))
      end,
      ["lua:b"] = function(input)
        passo.sleep(1)
        return input
      end })
    assert.same({ "SUCCEEDED", false }, { result.status, result.output })
  end)

  it("that sleeps for no time again and again meets its timeout", function()
    local result = helper.run(helper.task { TimeoutSeconds = 2 }, {}, { T = function()
      while true do passo.sleep(0) end
    end })
    assert.equal("States.Timeout", result.error)
  end)

  it("that raises a table is quoted as JSON", function()
    local result = helper.run(helper.task(), {}, { T = function() error { code = 5 } end })
    assert.equal('{"code":5}', result.cause:match "^[^\n]+")
  end)

  it("that raises what cannot be told fails like any other", function()
    for _, bad in ipairs { function() error "no words" end, function() return nil end } do
      local result = helper.run(helper.task(), {}, { T = function() error(setmetatable({}, { __tostring = bad })) end })
      assert.same({ "FAILED", "Lua.Error" }, { result.status, result.error })
    end
  end)

  it("gives a cause that is cut between characters, not bytes", function()
    local result = helper.run(helper.task(), {}, { T = function() passo.fail("E", ("é"):rep(40000)) end })
    assert.equal(("é"):rep(32768), result.cause)
  end)

  it("that is no function is told before anything starts", function()
    local result, message = helper.run(helper.task(), {}, { T = 42 })
    assert.is_nil(result)
    assert.equal("the handler of state 'T' must be a function, got number", message)
  end)

  it("stored under a name that is nearly right is pointed out", function()
    local machine = helper.chain { { "ChargeCard", { Type = "Task", Resource = "lua:charge" } } }
    local _, message = helper.run(machine, {}, { ChargeCrad = function() end })
    assert.equal("no handler for state 'ChargeCard' (lua:charge): handlers has 'ChargeCrad': "
      .. "did you mean 'ChargeCard'?", message)
    _, message = helper.run(machine, {}, {})
    assert.equal("no handler for state 'ChargeCard' (lua:charge): give handlers[\"ChargeCard\"], "
      .. "handlers[\"charge\"] or handlers.default", message)
  end)
end)

describe("a predicate", function()
  it("that sleeps is told why it must not", function()
    local f = passo.flow
    local machine = f.machine "C" {
      f.choice "Q" { { when = function() return passo.sleep(3) end, next = "Z" }, default = "Z" },
      f.wait "Z" { seconds = 9 } }
    local result = machine:run({}, { clock = passo.virtual_clock() })
    assert.truthy(result.cause:find("the function waits, but its answer is needed at once", 1, true))
  end)
end)

describe("options", function()
  it("that nobody knows are refused, with what was meant", function()
    local machine = helper.task()
    for _, case in ipairs {
      { { hadnlers = {} }, "unknown option 'hadnlers' %(did you mean 'handlers'%?%)" },
      { { T = function() end }, "unknown option 'T' %(handlers go into options.handlers%)" },
      { { clock = {} }, "options.clock is what passo.virtual_clock gives" },
    } do
      local ok, message = pcall(function()
        machine:run({}, case[1])
      end)
      assert.is_false(ok)
      assert.truthy(message:find(case[2]), message)
      assert.truthy(message:find("surprises_spec.lua", 1, true), message)
    end
  end)

  it("and inputs that are not given are what AWS takes them for", function()
    local pass = helper.chain { { "P", { Type = "Pass" } } }
    assert.equal("{}", pass:run().value:json())
    assert.equal("null", pass:run(passo.null).value:json())
  end)

  it("of time that are no number are refused", function()
    for _, misuse in ipairs { function() passo.virtual_clock(0 / 0) end, function() passo.sleep(0 / 0) end,
      function() passo.parse(nil) end, function() passo.check(5) end } do
      assert.is_false((pcall(misuse)))
    end
  end)
end)

describe("a name of a file", function()
  it("is not taken for a definition in silence", function()
    local _, message = passo.parse "checkout.asl.json"
    assert.truthy(message:find("a file is read by passo.load", 1, true), message)
    assert.equal("/: Is a directory", (select(2, passo.load "/")))
    assert.is_nil((passo.check "nowhere.json"))
    assert.equal(1, #passo.check("nowhere.json", { text = true }))
  end)
end)

describe("builders", function()
  local f, saga = passo.flow, passo.saga
  local function said(build)
    local ok, message = pcall(build)
    return not ok and message:match "flow: .*" or not ok and message:match "saga: .*"
  end

  it("name the state in which something is wrong", function()
    assert.equal("flow: two states are called 'a'", said(function() f.machine "D" { f.pass "a", f.pass "a" } end))
    assert.equal("flow: state 'a': option 'resorce' cannot be a function",
      said(function() f.machine "D" { f.task "a" { resorce = print } } end))
    local circle = {}
    circle.circle = circle
    assert.equal("flow: state 'a': a table that contains itself, or is nested too deep",
      said(function() f.machine "D" { f.pass "a" { result = circle } } end))
    assert.equal("saga: step 'a' needs run: a function or an ARN, got number",
      said(function() saga "S" { { "a", run = 5 } } end))
    assert.truthy(said(function() saga "S" { { "saga", run = print } } end):find "no step can be called 'saga'")
  end)

  it("take any name for a state", function()
    for _, name in ipairs { "a'b", 'a"b', "a/b", "a\\b", "é😀", "x'];", "a[0]", "{}", "\\'" } do
      local undone
      local machine = saga(name) { { name, run = function() return 1 end, compensate = function() undone = true end },
        { name .. "2", run = function() passo.fail "Boom" end } }
      assert.equal("Boom", machine:run({}, { clock = passo.virtual_clock() }).error)
      assert.is_true(undone)
      for _, finding in ipairs(passo.check(assert(machine:asl "json"))) do assert.equal("WARNING", finding.severity) end
    end
  end)
end)

describe("texts", function()
  local MARK = "\239\187\191"
  it("with a byte order mark are read as YAML", function()
    if not helper.reads_yaml() then pending "built without libyaml" return end
    assert.same({ a = 1, b = 2 }, passo.core.decode_yaml(MARK .. "a: 1\nb: 2\n"))
  end)

  it("with a byte order mark are refused as JSON, with the remedy", function()
    local _, message, failure = passo.core.decode(MARK .. "{}")
    assert.truthy(message:find("byte order mark: save the text as UTF-8 without one", 1, true), message)
    assert.same({ 1, 1 }, { failure.line, failure.column })
  end)
end)

describe("a Distributed Map without handler for its reader", function()
  it("says that local folders need none", function()
    local machine = assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", End = true,
      ItemReader = { Resource = "arn:aws:states:::s3:getObject", Parameters = { Bucket = "b", Key = "k" } },
      ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, StartAt = "P",
        States = { P = { Type = "Pass", End = true } } } } } })
    local _, message = helper.run(machine, {})
    assert.truthy(message:find('Bucket = "file:///FOLDER" needs none', 1, true), message)
  end)
end)

describe("a local bucket", function()
  it("lists what begins with the prefix; a folder that is not there is told", function()
    local core = passo.core
    local root = os.tmpname()
    os.remove(root)
    assert(core.make_folders(root .. "/a/x"))
    local file = assert(io.open(root .. "/a/x", "w"))
    file:close()
    assert.equal(1, #core.list_files(root, "a/"):lua())
    assert.equal(0, #core.list_files(root, "b/"):lua())
    assert.is_nil((core.list_files(root .. "/none", "")))
    os.remove(root .. "/a/x")
    os.remove(root .. "/a")
    os.remove(root)
  end)
end)
