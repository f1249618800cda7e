--- Formats of stores: what an older build wrote is gone on with, in its format until the store is upgraded.
local core = require "passo.core"
local helper = require "engine_helper"
local passo = require "passo"

-- The format a snapshot says it has: a count of 7 bits a byte behind the magic word.
local function format_of(snapshot)
  return snapshot:byte(#"passo:x" + 1)
end

describe("engine: formats of a store", function()
  local world, engine

  local function open(options) return world:engine(options) end

  local function growing()
    local state = { Type = "Task", Resource = "lua:grow" }
    local states = {}
    for i = 1, 60 do
      states["S" .. i] = { Type = "Task", Resource = state.Resource, Next = i < 60 and "S" .. i + 1 or nil,
        End = i == 60 or nil }
    end
    return assert(passo.parse { StartAt = "S1", States = states })
  end

  local handlers = { ["lua:grow"] = function(input)
    passo.sleep(1)
    return { n = input.n, text = ("x"):rep(16000) }
  end }

  before_each(function()
    world = helper.world()
    world.store.written = 1
    engine = open { handlers = handlers }
    engine:create_state_machine("growing", growing())
    engine:create_state_machine("napping", helper.chain { { "W", { Type = "Wait", Seconds = 100 } } })
  end)

  it("keeps the format it was made with, and writes what goes with that", function()
    local started = assert(engine:start_execution("growing", { n = 1 }))
    world.clock:advance(30.5)
    local id = world.store:describe(started.executionArn).id
    assert.equal(3, format_of(world.store:load(id).snapshot))
    assert.same({ format = 2, before = 1 }, engine:upgrade())
    world.clock:advance(25)
    assert.equal(4, format_of(world.store:load(id).snapshot))
    assert.equal("SUCCEEDED", engine:await(started.executionArn).status)
    assert.is_true(engine:doctor(started.executionArn).healthy)
  end)

  it("is upgraded under those at work, who write the newer one when they have renewed their lease", function()
    local other = open { handlers = handlers }
    local started = assert(other:start_execution("growing", { n = 1 }))
    local naps = assert(other:start_execution("napping", {}))
    assert(engine:upgrade())
    assert.equal(3, other.written.snapshot)
    world.clock:advance(5)
    assert.equal(4, other.written.snapshot)
    assert.same({ format = 2, before = 2 }, other:upgrade())
    assert.equal("SUCCEEDED", other:await(started.executionArn).status)
    assert.equal("SUCCEEDED", other:await(naps.executionArn).status)
  end)

  it("is not upgraded while a process is at work that could not read it", function()
    local older = assert(world.store:register { name = "old one", ttl_ms = 10000, info = '{"live":0}' })
    local upgraded, message, failure = engine:upgrade()
    assert.is_nil(upgraded)
    assert.equal("EOLDER", failure.code)
    assert.matches("worker %d+ %(old one%) is of an older passo, which reads format 1", message)
    assert(world.store:resign(older))
    assert.equal(2, assert(engine:upgrade()).format)
  end)

  it("is not upgraded past a worker that comes meanwhile", function()
    local last = engine.worker
    world.store:register { name = "late", ttl_ms = 10000, info = "{}" }
    local _, _, failure = world.store:upgrade(last)
    assert.equal("EFENCED", failure.code)
    assert.equal(1, world.store:format().format)
  end)

  it("ends an engine whose store a newer passo has upgraded, and others go on", function()
    local store, format = world.store, nil
    local troubles = {}
    local old = helper.world("2026-01-01T00:00:00Z") -- only its way of opening one
    old.clock, old.store = world.clock, setmetatable({ format = function()
      if format then return nil, "it has format 99", { code = "ENEWER" } end
      return store:format()
    end }, { __index = function(_, name)
      return function(_, ...) return store[name](store, ...) end
    end })
    local older = old:engine { handlers = handlers, on_trouble = function(text) troubles[#troubles + 1] = text end }
    local started = assert(older:start_execution("growing", { n = 1 }))
    world.clock:advance(2)
    format = 99
    world.clock:advance(10)
    assert.is_true(older.is_closed)
    assert.same({ "it has format 99" }, troubles)
    local ok, message, failure = older:run()
    assert.same({ nil, "it has format 99", "ENEWER" }, { ok, message, failure.code })
    assert.equal("SUCCEEDED", engine:await(started.executionArn).status)
    local refused
    refused, message = passo.engine { store = old.store, clock = world.clock }
    assert.is_nil(refused)
    assert.equal("it has format 99", message)
  end)
end)

describe("a store of an older build", function()
  local OLDER = "b266cee"
  local pipe = io.popen(("sh spec/older.sh %s 2>&1"):format(OLDER))
  local older = pipe:read "*a":gsub("%s+$", "")
  local is_built = pipe:close() and older:sub(1, 1) == "/"

  local folder, children

  local function program(build, verb, count)
    local path = build and ("%s/lua/?.lua;%s/lua/?/init.lua"):format(older, older) or package.path
    local cpath = build and older .. "/build/lib/lua/5.4/?.so" or package.cpath
    local lua = (build or _VERSION == "Lua 5.4") and "lua5.4" or rawget(_G, "jit") and "luajit" or "lua5.1"
    local command = "env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 LUA_PATH='%s' LUA_CPATH='%s' "
      .. "%s spec/older_program.lua sqlite:%s/s.db %s %d 2>&1"
    local child = assert(io.popen(command:format(path, cpath, lua, folder, verb, count)))
    local line = child:read "*l" or "nothing"
    local pid = line:match "^ready%s+(%d+)"
    children[child] = pid or false
    return pid, line
  end

  local function kill(pid)
    os.execute(("kill -9 %s 2>/dev/null"):format(pid))
    for child, of in pairs(children) do
      if of == pid then
        children[child] = nil
        child:close()
      end
    end
  end

  before_each(function()
    children = {}
    folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir " .. folder)
  end)

  after_each(function()
    for child, pid in pairs(children) do
      if pid then os.execute("kill -9 " .. pid) end
      child:close()
    end
    os.execute("rm -r " .. folder)
  end)

  it("goes on after kill -9, in its format; going back works until it is upgraded, then not", function()
    if not is_built then return pending(older) end
    local function look() return assert(passo.engine { store = ("sqlite:%s/s.db"):format(folder), max_running = 0 }) end
    local function ended(engine) return engine.store:count { status = "SUCCEEDED" } end

    local pid = assert(program(true, "load", 48))
    local deadline_ms = core.now_ms() + 10000
    repeat -- a slow disk takes a while to make the store
      core.sleep_ms(20)
      local log = io.open(folder .. "/s.db-wal", "rb")
      if log then log:close() end
    until log or core.now_ms() > deadline_ms
    core.sleep_ms(400)
    kill(pid)
    local engine = look()
    assert.equal(1, engine.store:format().format)
    assert.is_true(ended(engine) < 48)

    pid = assert(program(false, "load2", 24)) -- the present build goes on, and is killed, too
    core.sleep_ms(500)
    kill(pid)
    assert.equal(1, engine.store:format().format)

    pid = assert(program(true, "serve", 0)) -- back
    local before = ended(engine)
    local _, message, failure = engine:upgrade()
    assert.equal("EOLDER", failure and failure.code, message)
    local till = core.now_ms() + 10000
    while ended(engine) <= before and core.now_ms() < till do core.sleep_ms(20) end
    assert.is_true(ended(engine) > before)
    kill(pid)

    local present = assert(program(false, "load3", 24))
    till = core.now_ms() + 10000
    repeat
      core.sleep_ms(50)
      local upgraded
      upgraded, message = engine:upgrade()
      assert(upgraded or core.now_ms() < till, message)
    until upgraded
    local line
    pid, line = program(true, "serve", 0)
    assert.is_nil(pid)
    assert.matches("^refused%s+ENEWER%s+.*has format 2, and this passo knows formats up to 1", line)

    till = core.now_ms() + 30000
    while engine.store:count { status = "RUNNING" } > 0 and core.now_ms() < till do core.sleep_ms(50) end
    kill(present)
    assert.equal(96, ended(engine))
    local rows = assert(engine.store:list { all = true, limit = 1000 })
    assert.equal(96, #rows)
    for _, row in ipairs(rows) do
      local report = assert(engine:doctor(row.arn))
      assert.same({}, report.findings)
    end
    assert.same({}, engine.store:check())
    engine:close()
  end)
end)
