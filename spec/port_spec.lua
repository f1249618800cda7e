--- A store's port on each host, with SQLite behind it.
local core = require "passo.core"
local current = require "passo.host.current"
local plain = require "passo.host.plain"
local Port = require "passo.store.port"

local has_sqlite, sqlite = pcall(require, "passo.sqlite.core")

local folder

local function capture(command)
  local pipe = assert(io.popen("env -u LD_PRELOAD " .. command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function open(name, options)
  local port = assert(Port.open(sqlite, ("%s/%s.db"):format(folder, name or "x"), options))
  assert(port:run { port:prepare "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT UNIQUE)" })
  local statements = {
    insert = port:prepare("INSERT INTO t (v) VALUES (?)", "t", { expect = 1 }),
    update = port:prepare("UPDATE t SET v = ? WHERE id = ?", "ti", { expect = 1 }),
    all = port:prepare("SELECT id, v FROM t ORDER BY id", "", { rows = true }),
  }
  return port, statements
end

local function values(port, statements)
  local list = {}
  for i, row in ipairs(assert(port:read { statements.all })[1].rows) do list[i] = row[2] end
  return table.concat(list, " ")
end

-- Each host runs fn() where one may wait, to its end.
local HOSTS = {
  plain = function(fn)
    local host = plain.new()
    local event, answer = host:event(), nil
    host:perform(fn, function(_, ...)
      answer = { ... }
      host:set(event)
    end)
    host:wait(event)
    assert(answer[1], answer[2])
  end,
  ["plain's main program"] = function(fn) fn() end,
}
-- By way of the host, which keeps luv's loop when the test runner forgets the module.
if pcall(require, "passo.host.luv") then
  HOSTS.luv = function(fn)
    local host = require("passo.host.luv").new()
    local event, answer = host:event(), nil
    host:perform(fn, function(_, ...)
      answer = { ... }
      host:set(event)
    end)
    if not answer then host:wait(event) end
    assert(answer[1], answer[2])
  end
end
if pcall(require, "cqueues") then
  HOSTS.cqueues = function(fn)
    local controller = require("cqueues").new()
    require("passo.host.cqueues").new(controller)
    controller:wrap(fn)
    assert(controller:loop())
  end
end

if not has_sqlite then
  describe("a store's port", function() pending "built without sqlite3" end)
  return
end

describe("a store's port", function()
  setup(function() folder = capture("mktemp -d"):gsub("%s+$", "") end)
  teardown(function() os.execute("rm -rf " .. folder) end)

  for name, run in pairs(HOSTS) do
    local function on_host(fn)
      return function() run(fn) end
    end
    local file = name:gsub("%W", "")

    describe("on " .. name, function()
      it("keeps a unit whole, and gives results by statement", on_host(function()
        local port, s = open(file .. 1)
        local results = assert(port:run { s.insert, "a", s.insert, "b", s.update, "c", 1 })
        assert.same({ { changes = 1 }, { changes = 1 }, { changes = 1 } }, results)
        assert.equal("c b", values(port, s))
        port:close()
      end))

      it("undoes a unit whose statement changes another number of rows, and only that", on_host(function()
        local port, s = open(file .. 2)
        local good, bad = port:send { s.insert, "a" }, port:send { s.insert, "lost", s.update, "x", 99 }
        local last = port:send { s.insert, "b" }
        assert.truthy(good:wait())
        local results, _, failure = bad:wait()
        assert.is_nil(results)
        assert.equal("EFENCED", failure.code)
        assert.equal(2, failure.statement)
        assert.truthy(last:wait())
        assert.equal("a b", values(port, s))
        port:close()
      end))

      it("tells a unique key that is taken, and a statement that is wrong", on_host(function()
        local port, s = open(file .. 3)
        assert(port:run { s.insert, "a" })
        local _, message, failure = port:run { s.insert, "b", s.insert, "a" }
        assert.equal("EEXISTS", failure.code)
        assert.equal(2, failure.statement)
        assert.truthy(message:find("UNIQUE constraint failed: t.v", 1, true))
        _, message, failure = port:run { port:prepare "INSERT INTO nowhere VALUES (1)" }
        assert.equal("EINPUT", failure.code)
        assert.truthy(message:find("no such table: nowhere", 1, true))
        assert.equal("a", values(port, s))
        port:close()
      end))

      it("fails what depends on a unit that failed, until its answer has come", on_host(function()
        local port, s = open(file .. 4)
        local sent = {}
        sent[1] = port:send({ s.insert, "a" }, 7)
        sent[2] = port:send({ s.update, "x", 99 }, 7)
        sent[3] = port:send({ s.insert, "b" }, 7)
        sent[4] = port:send({ s.insert, "c" }, 8)
        assert.truthy(sent[1]:wait())
        assert.equal("EFENCED", select(3, sent[2]:wait()).code)
        assert.equal("EFENCED", select(3, sent[3]:wait()).code)
        assert.truthy(sent[4]:wait())
        assert.truthy(port:run({ s.insert, "d" }, 7))
        assert.equal("a c d", values(port, s))
        port:close()
      end))

      it("answers all that wait for one unit", on_host(function()
        local host = current.host()
        local port, s = open(file .. 9)
        local sent = port:send { s.insert, "a" }
        local answers, event = 0, host:event()
        for _ = 1, 3 do
          host:spawn(function()
            if sent:wait() then answers = answers + 1 end
            if answers == 3 then host:set(event) end
          end)
        end
        assert.is_true(host:wait(event, core.now_ms() + 5000))
        assert.equal(3, answers)
        assert.truthy(sent:wait())
        port:close()
      end))

      it("holds locks that others see, and lets them go", on_host(function()
        local port, other = open(file .. 5), open(file .. 5)
        assert.is_true(port:hold(3))
        assert.is_true(port:held(3))
        assert.is_true(other:held(3))
        assert.is_false(other:hold(3))
        assert.is_false(other:held(4))
        assert.is_true(port:let_go(3))
        assert.is_false(other:held(3))
        assert.is_true(other:hold(3))
        other:close()
        assert.is_false(port:held(3))
        port:close()
      end))

      it("hears rings of other ports", on_host(function()
        local host = current.host()
        local port, other = open(file .. 6), open(file .. 6)
        local heard, event = {}, host:event()
        assert(port:listen(5, function(number)
          heard[#heard + 1] = number
          host:set(event)
        end))
        other:ring(5)
        assert.is_true(host:wait(event, core.now_ms() + 5000))
        assert.same({ 5 }, heard)
        other:ring(6) -- nobody
        port:close()
        other:close()
      end))

      it("tells the time", on_host(function()
        local port = open(file .. 7)
        assert.is_true(math.abs(port:now() - core.now_ms()) < 2000)
        port:close()
      end))

      it("answers what was queued when it is closed, and refuses what comes later", on_host(function()
        local port, s = open(file .. 8)
        local sent = port:send { s.insert, "a" }
        port:close()
        assert.truthy(sent:wait())
        local results, _, failure = port:run { s.insert, "b" }
        assert.is_nil(results)
        assert.equal("EHOST", failure.code)
        port, s = open(file .. 8)
        assert.equal("a", values(port, s))
        port:close()
      end))
    end)
  end

  it("commits what many wait for at once", function()
    local port, s = open "group"
    local host = plain.new()
    local left, event = 200, host:event()
    for i = 1, 200 do
      host:perform(function() assert(port:run { s.insert, "v" .. i }) end, function(_, ok, message)
        assert(ok, message)
        left = left - 1
        if left == 0 then host:set(event) end
      end)
    end
    local before = core.now_ms()
    assert.is_true(host:wait(event, before + 20000))
    local grouped = core.now_ms() - before
    before = core.now_ms()
    for i = 1, 20 do assert(port:run { s.insert, "w" .. i }) end
    local alone = (core.now_ms() - before) * 10
    assert.is_true(grouped < alone or alone < 100, ("%d ms for 200 in a group, %d ms alone"):format(grouped, alone))
    port:close()
  end)

  it("lets transfers and the store be waited for at once", function()
    local net = require "passo.net"
    local port, s = open "both"
    local host = plain.new()
    local log, event, left = {}, host:event(), 2
    local function done(_, ok, message)
      assert(ok, message)
      left = left - 1
      if left == 0 then host:set(event) end
    end
    -- Nobody answers there: it is under way until its time is over.
    host:perform(function()
      net.send("GET", "http://10.255.255.1:81/", nil, nil, { timeout_ms = 300, proxy = false })
      log[#log + 1] = "net"
    end, done)
    host:perform(function()
      for i = 1, 5 do assert(port:run { s.insert, "v" .. i }) end
      log[#log + 1] = "store"
    end, done)
    assert.is_true(host:wait(event, core.now_ms() + 10000))
    assert.equal(2, #log)
    host:unlink()
    port:close()
  end)

  it("refuses parameters of another kind", function()
    local port, s = open "kinds"
    assert.has_error(function() port:run { s.update, "a", "no number" } end)
    assert.has_error(function() port:run { s.update, "a", 1.5 } end)
    assert.has_error(function() port:run { s.insert, 5 } end)
    assert.has_error(function() port:run { 99 } end)
    assert.has_error(function() port:prepare("SELECT ?", "x") end)
    assert.truthy(port:run { s.insert, "a" })
    port:close()
  end)

  it("carries every kind of value there and back", function()
    local port = open "values"
    local echo = port:prepare("SELECT ?, ?, ?, ?, ?, typeof(?3), typeof(?4)", "irtbt", { rows = true })
    local bytes = "\0\1\255 '"
    local row = port:read({ echo, 2 ^ 52, 0.1, "\0é", bytes, nil })[1].rows[1]
    assert.same({ 2 ^ 52, 0.1, "\0é", bytes, nil, "text", "blob" }, row)
    port:close()
  end)

  describe("says what is wrong when", function()
    local function refusal(path)
      local port, message, failure = Port.open(sqlite, path)
      assert.is_nil(port)
      assert.equal("ESTORE", failure.code)
      return message
    end

    it("the folder is not there", function()
      assert.truthy(refusal(folder .. "/nowhere/x.db"):find "nowhere/x.db' cannot be opened: No such file")
    end)

    it("the file is no database", function()
      local file = assert(io.open(folder .. "/text.db", "w"))
      file:write(("no database at all. "):rep(100))
      file:close()
      local message = refusal(folder .. "/text.db")
      assert.truthy(message:find "file is not a database")
      assert.truthy(message:find "check the path")
    end)
  end)

end)
