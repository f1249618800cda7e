--- A store's port inside nginx: units, rings and reloads, with SQLite behind it.
local web = require "web_server"

local CONF = [[
  lua_package_path "FOLDER/?.lua;LUAPATH"; lua_package_cpath "CPATH";
  lua_socket_log_errors off;
  init_by_lua_block { require "stores" }
  server {
    listen 127.0.0.1:PORT;
    location = /run     { content_by_lua_block { require("stores").run() } }
    location = /access  { access_by_lua_block { require("stores").run() } content_by_lua_block { ngx.print "?" } }
    location = /many    { content_by_lua_block { require("stores").many() } }
    location = /timer   { content_by_lua_block { require("stores").timer() } }
    location = /ring    { content_by_lua_block { require("stores").ring() } }
    location = /filter  { content_by_lua_block { ngx.print(require("stores").filtered) }
      header_filter_by_lua_block { require("stores").filter() } }
    location = /count   { content_by_lua_block { require("stores").count() } }
    location = /beside  { content_by_lua_block { require("stores").beside() } }
    location = /idle    { return 200 "idle"; }
  }
]]

local STORES = [[
local Port = require "passo.store.port"
local core = require("passo").core
local sqlite = require "passo.sqlite.core" -- read by the master: its workers may not read this folder
local stores = {}
local port, insert, count

local function open()
  if port then return end
  port = assert(Port.open(sqlite, "%s"))
  assert(port:run { port:prepare "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT)" })
  insert = port:prepare("INSERT INTO t (v) VALUES (?)", "t", { expect = 1 })
  count = port:prepare("SELECT count(*) FROM t", "", { rows = true })
end

local function amount() return assert(port:read { count })[1].rows[1][1] end

function stores.run()
  open()
  ngx.print(assert(port:run { insert, "a" })[1].changes)
  if ngx.get_phase() ~= "content" then ngx.exit(200) end
end

function stores.many()
  open()
  local before = amount()
  local threads = {}
  for i = 1, 100 do
    threads[i] = ngx.thread.spawn(function()
      for _ = 1, 5 do assert(port:run { insert, "b" }) end
    end)
  end
  for _, thread in ipairs(threads) do assert(ngx.thread.wait(thread)) end
  ngx.print(amount() - before)
end

function stores.timer()
  local done, got = require("ngx.semaphore").new(), nil
  ngx.timer.at(0, function()
    open()
    got = port:run { insert, "c" }
    done:post()
  end)
  done:wait(5)
  ngx.print(got[1].changes)
end

function stores.ring()
  open()
  local done, heard = require("ngx.semaphore").new(), nil
  assert(port:listen(3, function(number)
    heard = number
    done:post()
  end))
  port:ring(3)
  done:wait(5)
  ngx.print(heard)
end

function stores.filter()
  if not port then return end
  local _, _, failure = port:run { insert, "d" }
  stores.filtered = failure and failure.code
end

function stores.count()
  open()
  ngx.print(amount())
end

-- How late, at worst, another light thread's sleeps of 10 ms end while units are committed.
function stores.beside()
  open()
  local over, worst = false, 0
  local heart = ngx.thread.spawn(function()
    while not over do
      local before = core.clock()
      ngx.sleep(0.01)
      worst = math.max(worst, core.clock() - before - 10)
    end
  end)
  for _ = 1, 50 do assert(port:run { insert, "e" }) end
  over = true
  ngx.thread.wait(heart)
  ngx.print(worst)
end

return stores
]]

describe("a store's port in nginx", function()
  local server

  setup(function()
    if not web.can_run or not pcall(require, "passo.sqlite.core") then return end
    local root = web.capture("pwd"):gsub("%s+$", "")
    local build = os.getenv "PASSO_BUILD" or root .. "/build/release"
    local conf = CONF:gsub("LUAPATH", ("%s/lua/?.lua;%s/lua/?/init.lua;;"):format(root, root))
      :gsub("CPATH", build .. "/lib/lua/5.1/?.so;;")
    -- A folder in which the workers, who are nobody, may write.
    local folder = web.capture("mktemp -d"):gsub("%s+$", "")
    os.execute("chmod 777 " .. folder)
    local file = folder .. "/x.db"
    server = web.start(conf, { files = { ["stores.lua"] = STORES:format(file) } })
    server.store = folder
  end)
  teardown(function()
    if not server then return end
    web.stop(server)
    os.execute("rm -rf " .. server.store)
  end)

  local function describe_get(name, fn)
    it(name, function()
      if not server then return pending "there is no nginx with its Lua module, or no sqlite3" end
      fn()
    end)
  end

  local function get(path)
    return web.capture(("curl -s -m 30 '%s%s'"):format(server.url, path))
  end

  describe_get("commits in content, access and timers", function()
    assert.equal("1", get "/run")
    assert.equal("1", get "/access")
    assert.equal("1", get "/timer")
    assert.equal("3", get "/count")
  end)

  describe_get("serves many light threads at once", function()
    assert.equal("500", get "/many")
  end)

  describe_get("hears rings", function()
    assert.equal("3", get "/ring")
  end)

  describe_get("refuses with words where nginx lets nobody wait", function()
    get "/filter"
    assert.equal("EHOST", get "/filter")
  end)

  describe_get("blocks nobody else meanwhile", function()
    local worst = tonumber((get "/beside"))
    assert.is_true(worst < 100, tostring(worst))
  end)

  describe_get("leaves a worker that is to go", function()
    local function workers()
      return web.capture("pgrep -P " .. server.pid):gsub("%s+", " ")
    end
    local before = workers()
    os.execute("kill -HUP " .. server.pid)
    local function has_gone()
      for _ = 1, 100 do
        local now = workers()
        if now ~= before and not now:find(before:match "%d+", 1, true) then return true end
        os.execute "sleep 0.05"
      end
    end
    assert.is_true(has_gone())
    assert.equal("1", get "/run")
    assert.is_nil(web.errors(server):match "%[alert%][^\n]*")
    assert.is_nil(web.errors(server):match "%[error%][^\n]*")
  end)
end)
