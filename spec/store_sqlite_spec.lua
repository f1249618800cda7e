--- The SQLite store keeps the contract, between processes, too; and it refuses what is none of its files.
local contract = require "store.contract"
local store = require "passo.store"

if not pcall(require, "passo.sqlite.core") then
  describe("a SQLite store", function() pending "built without SQLite" end)
  return
end

local directory, count

local function path()
  count = count + 1
  return ("%s/%d.db"):format(directory, count)
end

setup(function()
  directory = os.tmpname()
  os.remove(directory)
  assert(os.execute("mkdir " .. directory))
  count = 0
end)

teardown(function() os.execute("rm -rf " .. directory) end)

local others = {}
contract.run {
  name = "SQLite",
  open = function()
    local opened = assert(store.open("sqlite:" .. path()))
    opened.file = ("%s/%d.db"):format(directory, count)
    return opened
  end,
  other = function(opened)
    others[1] = others[1] or assert(store.open("sqlite:" .. opened.file))
    return others[1]
  end,
  after = function()
    if others[1] then table.remove(others):close() end
  end,
}

local function fields(name, worker)
  return {
    arn = "arn:x:" .. name, machine = "arn:m", name = name, revision = "rev", type = "STANDARD", start_ms = 1,
    birth = "birth", owner = worker,
  }
end

describe("a SQLite store", function()
  it("is as it was when it is opened again", function()
    local url = "sqlite:" .. path()
    local first = assert(store.open(url))
    local worker = first:register { name = "one", ttl_ms = 60000 }
    local id = assert(first:insert(fields("a", worker)))
    assert(first:append({
      id = id, owner = worker, epoch = 1, seq = 1, record = "r", first_event = 1, last_event = 2, release = true,
      due_ms = 5, tokens = { { token = "T", number = 3 } },
    }):wait())
    first:write { { kind = "machine", key = "m", body = "text", sort = 3 } }
    local row, document = first:describe_id(id), first:get("machine", "m")
    first:close()
    local second = assert(store.open(url))
    assert.same(row, second:describe "arn:x:a")
    assert.same(document, second:get("machine", "m"))
    assert.same({ { seq = 1, first_event = 1, last_event = 2, bytes = "r" } }, second:records(id, {}))
    assert.equal(5, second:next_due())
    assert.equal(3, second:token("T").number)
    second:close()
  end)

  it("is found by its URL", function()
    local file = path()
    local opened = assert(store.open("sqlite:" .. file:gsub("%.", "%%2E") .. "?relaxed=true"))
    assert.equal("sqlite", opened.kind)
    opened:close()
    assert(io.open(file)):close()
  end)

  it("is one, by whatever name it is opened", function()
    local file = path()
    local first = assert(store.open("sqlite:" .. file))
    local worker = assert(first:register { name = "a", ttl_ms = 60000, info = "{}" })
    assert(os.execute(("ln -s %s %s/link.db"):format(file, directory)))
    local second = assert(store.open(("sqlite:%s/./link.db"):format(directory)))
    assert.is_true(second:workers()[1].alive)
    assert.same({}, second:bury())
    assert(first:resign(worker))
    second:close()
    first:close()
    assert.is_nil(io.open(directory .. "/link.db-passo"))
  end)

  it("stays the same file when the process goes to another folder", function()
    local core = require "passo.sqlite.core"
    assert.truthy(core.whole_path("x.db"):find "^/.*/x%.db$")
    assert.equal("/x/y.db", core.whole_path "/x/z/../y.db")
  end)

  local refusals = {
    { "without a file", "sqlite:", "EINPUT", "file" },
    { "in memory", "sqlite::memory:", "EINPUT", "memory:" },
    { "with an unknown option", "sqlite:x.db?relax=true", "EINPUT", "relax" },
    { "with an option's wrong value", "sqlite:x.db?relaxed=1", "EINPUT", "relaxed" },
    { "in no folder", "sqlite:/nowhere/x.db", "ESTORE", "/nowhere/x.db" },
    { "with a NUL", "sqlite:x\0y.db", "EINPUT", "NUL" },
    { "with a NUL that is escaped", "sqlite:x%00y.db", "EINPUT", "NUL" },
  }
  for _, refusal in ipairs(refusals) do
    it("is not opened " .. refusal[1], function()
      local none, message, failure = store.open(refusal[2])
      assert.is_nil(none)
      assert.equal(refusal[3], failure.code)
      assert.truthy(message:find(refusal[4], 1, true))
    end)
  end

  it("is not made of another program's database", function()
    local file = path()
    local port = require("passo.store.port").open(require "passo.sqlite.core", file)
    port:run { port:prepare("CREATE TABLE theirs(x)", "") }
    port:close()
    local none, message, failure = store.open("sqlite:" .. file)
    assert.is_nil(none)
    assert.equal("ESTORE", failure.code)
    assert.truthy(message:find("not a store", 1, true))
  end)

  it("is not opened when a newer passo wrote it", function()
    local file = path()
    assert(store.open("sqlite:" .. file)):close()
    local port = require("passo.store.port").open(require "passo.sqlite.core", file)
    port:run { port:prepare("UPDATE meta SET value = 99 WHERE key = 'format'", "") }
    port:close()
    local none, message, failure = store.open("sqlite:" .. file)
    assert.is_nil(none)
    assert.equal("ENEWER", failure.code)
    assert.truthy(message:find("99", 1, true))
  end)

  it("writes into no file that was removed or replaced, and goes on when it is put back", function()
    for _, file in ipairs { "", "-passo" } do
      local name = path()
      local opened = assert(store.open("sqlite:" .. name))
      local function write() return opened:write { { kind = "k", key = "a", body = "b" } } end
      assert(write())
      assert(os.rename(name .. file, name .. file .. ".away"))
      local _, message, failure = write()
      assert.equal("ESTORE", failure.code)
      assert.truthy(message:find("was removed or replaced", 1, true))
      assert(os.rename(name .. file .. ".away", name .. file))
      assert(write())
      opened:close()
    end
  end)

  it("tells what is wrong with it", function()
    local file = path()
    local opened = assert(store.open("sqlite:" .. file))
    local worker = opened:register { name = "one", ttl_ms = 60000 }
    local id = assert(opened:insert(fields("a", worker)))
    for seq = 1, 3 do
      opened:append({ id = id, owner = worker, epoch = 1, seq = seq, record = "r" }):wait()
    end
    assert.same({}, opened:check())
    local port = require("passo.store.port").open(require "passo.sqlite.core", file)
    port:run { port:prepare("DELETE FROM journal WHERE n = 2", "") }
    port:close()
    local problems = opened:check()
    assert.equal(1, #problems)
    assert.truthy(problems[1]:find("record 3 of execution " .. id, 1, true))
    opened:close()
  end)

  it("reads a journal whose pointers are damaged, but not for ever", function()
    local file = path()
    local opened = assert(store.open("sqlite:" .. file))
    local worker = opened:register { name = "one", ttl_ms = 60000 }
    local id = assert(opened:insert(fields("a", worker)))
    for seq = 1, 5 do
      assert(opened:append { id = id, owner = worker, epoch = 1, seq = seq, record = "r", first_event = seq,
        last_event = seq } ~= nil)
    end
    local port = opened.port
    assert(port:run { port:prepare("UPDATE journal SET prev = id, leap = id + 1", "") })
    assert.is_true(#opened:check() > 0)
    assert.is_true(#opened:records(id, {}) < 5)
    assert.is_table(opened:records(id, { after_seq = 2 }))
    assert.is_true(#opened:load(id).records < 5)
    opened:close()
  end)

  it("has journals of any length, and finds every place in them", function()
    local opened = assert(store.open("sqlite:" .. path() .. "?relaxed=true"))
    local worker = opened:register { name = "one", ttl_ms = 60000 }
    local id, sent = assert(opened:insert(fields("a", worker))), {}
    for seq = 1, 9000 do
      sent[#sent + 1] = opened:append {
        id = id, owner = worker, epoch = 1, seq = seq, record = tostring(seq), first_event = seq, last_event = seq,
      }
    end
    for _, pending in ipairs(sent) do assert(pending:wait()) end
    for at = 0, 8990, 37 do
      local page = opened:records(id, { after_event = at, limit = 3 })
      assert.same({ at + 1, at + 2, at + 3 }, { page[1].seq, page[2].seq, page[3].seq })
      page = opened:records(id, { before_event = at + 5, limit = 2, reverse = true })
      assert.same({ tostring(at + 4), tostring(at + 3) }, { page[1].bytes, page[2].bytes })
    end
    assert.same({}, opened:check())
    opened:close()
  end)
end)

-- processes ------------------------------------------------------------------------------------------

-- Runs a piece of Lua in a process of its own: a pipe of what it says. `store`, `worker` and `say` are there for it.
local function process(url, code, ttl_ms)
  count = count + 1
  local file = ("%s/%d.lua"):format(directory, count)
  local handle = assert(io.open(file, "w"))
  handle:write(([[
    local store = assert(require("passo.store").open(%q))
    local worker = assert(store:register { name = "child", ttl_ms = %d })
    local host = require("passo.host.current").host()
    local function say(...) print(...) io.stdout:flush() end
    local function fields(name, owner)
      return { arn = "arn:x:" .. name, machine = "arn:m", name = name, revision = "rev", type = "STANDARD",
        start_ms = 1, birth = "birth", owner = owner }
    end
    local function await(key) -- not for ever: the parent's spec may have failed
      local until_ms = host:now_ms() + 20000
      while not store:get("go", key) and host:now_ms() < until_ms do host:sleep(0.005) end
    end
    %s
  ]]):format(url, ttl_ms or 3600000, code))
  handle:close()
  local interpreter = rawget(_G, "jit") and "luajit" or _VERSION:lower():gsub(" ", "")
  return assert(io.popen(("LUA_PATH='%s' LUA_CPATH='%s' exec %s %s 2>&1"):format(package.path, package.cpath,
    interpreter, file)))
end

describe("processes on one SQLite store", function()
  local url, opened, worker

  before_each(function()
    url = "sqlite:" .. path()
    opened = assert(store.open(url))
    worker = assert(opened:register { name = "parent", ttl_ms = 3600000 })
  end)

  after_each(function() opened:close() end)

  it("lose what one of them ran as soon as it is killed, whatever its lease says", function()
    local child = process(url, [[
      local pid = io.open("/proc/self/stat"):read("*n")
      for i = 1, 3 do assert(store:insert(fields("e" .. i, worker))) end
      say(pid)
      await "never"
    ]])
    local pid = child:read "*n"
    assert.same({}, opened:bury())
    assert.equal(2, #opened:workers())
    os.execute("kill -9 " .. pid)
    child:close()
    local buried = opened:bury()
    assert.same({ 1, 3 }, { #buried, buried[1].executions })
    local rows = opened:claim { worker = worker, limit = 10 }
    assert.equal(3, #rows)
    for _, row in ipairs(rows) do assert.same({ 1, 2 }, { row.crashes, row.epoch }) end
  end)

  it("cannot write for what others have taken over", function()
    local child = process(url, [[
      local id = assert(store:insert(fields("e", worker)))
      say(id)
      await "on"
      local _, _, failure = store:append({ id = id, owner = worker, epoch = 1, seq = 1, record = "late" }):wait()
      say(failure.code)
      say((select(3, store:renew(worker, 1000))).code)
    ]], 0)
    local id = tonumber(child:read "*l")
    assert.equal(1, #opened:bury())
    assert.equal(1, #opened:claim { worker = worker, limit = 1 })
    opened:write { { kind = "go", key = "on", body = "" } }
    assert.equal("EFENCED", child:read "*l")
    assert.equal("EFENCED", child:read "*l")
    child:close()
    assert.same({}, opened:records(id))
  end)

  it("write at the same time, and none is told that another is busy", function()
    local code = [[
      local plain = require("passo.host.plain").default()
      local running, trouble = 8, nil
      for job = 1, 8 do
        plain:spawn(function()
          local id, message = store:insert(fields(NAME .. job, worker))
          trouble = trouble or (not id and message)
          for seq = 1, 50 do
            local ok, words = store:append({ id = id, owner = worker, epoch = 1, seq = seq, record = "r",
              first_event = seq, last_event = seq }):wait()
            trouble = trouble or (not ok and words)
          end
          running = running - 1
        end)
      end
      while running > 0 do plain:sleep(0.001) end
      say(trouble or "fine")
    ]]
    local children = {}
    for i = 1, 3 do children[i] = process(url, ("local NAME = 'p%d.'\n"):format(i) .. code) end
    for i = 1, 3 do
      assert.equal("fine", children[i]:read "*l")
      children[i]:close()
    end
    local rows = opened:list { machine = "arn:m" }
    assert.equal(24, #rows)
    for _, row in ipairs(rows) do assert.same({ 50, 50 }, { row.seq, row.last_event }) end
    assert.equal(3, #opened:bury()) -- their processes have ended
    assert.same({}, opened:check())
  end)

  it("begin an execution of one name once", function()
    local code = [[
      await "on"
      local begun = 0
      for i = 1, 40 do if store:insert(fields("same" .. i, worker)) then begun = begun + 1 end end
      say(begun)
    ]]
    local a, b = process(url, code), process(url, code)
    opened:write { { kind = "go", key = "on", body = "" } }
    assert.equal(40, tonumber(a:read "*l") + tonumber(b:read "*l"))
    a:close()
    b:close()
    assert.equal(40, opened:count { machine = "arn:m", status = "RUNNING" })
  end)

  it("claim a sleeper, and take an activity, once", function()
    local list = {}
    for i = 1, 60 do
      list[i] = fields("s" .. i)
      list[i].due_ms, list[i].tokens = i, { { token = "T" .. i, number = 1, activity = "arn:a", input = "{}" } }
    end
    assert(opened:insert_many(list))
    local code = [[
      await "on"
      local claimed, taken = 0, 0
      repeat
        local rows = store:claim { worker = worker, limit = 7 }
        claimed = claimed + #rows
      until #rows == 0
      while store:take_activity "arn:a" do taken = taken + 1 end
      say(claimed)
      say(taken)
    ]]
    local a, b = process(url, code), process(url, code)
    opened:write { { kind = "go", key = "on", body = "" } }
    local claimed, taken = 0, 0
    for _, child in ipairs { a, b } do
      claimed, taken = claimed + tonumber(child:read "*l"), taken + tonumber(child:read "*l")
      child:close()
    end
    assert.same({ 60, 60 }, { claimed, taken })
  end)

  it("ring each other when something was posted", function()
    local child = process(url, [[
      local bell = host:event()
      store:bell(function(what) if what == "inbox" then host:set(bell) end end, worker)
      say(store:insert(fields("e", worker)))
      local rung = host:wait(bell, host:now_ms() + 20000)
      local mail = store:inbox(worker)
      say(rung and #mail == 1 and mail[1].verb or "nothing")
    ]])
    local id = tonumber(child:read "*l")
    assert.is_number(opened:post(id, "stop", "").owner)
    assert(opened:renew(worker, 3600000)) -- the ring is sent while something is waited for
    assert.equal("stop", child:read "*l")
    child:close()
  end)
end)
