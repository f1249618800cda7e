--- passo.net inside nginx: one server that sends, and one that it sends to.
local web = require "web_server"

local SENDER = [[
  lua_package_path "FOLDER/?.lua;LUAPATH"; lua_package_cpath "CPATH";
  lua_socket_log_errors off;
  init_by_lua_block { require "sends" }
  init_worker_by_lua_block { require("sends").init_worker() }
  server {
    listen 127.0.0.1:PORT;
    location = /content { content_by_lua_block { require("sends").once() } }
    location = /access  { access_by_lua_block { require("sends").once() } content_by_lua_block { ngx.print "?" } }
    location = /rewrite { rewrite_by_lua_block { require("sends").once() } content_by_lua_block { ngx.print "?" } }
    location = /timer   { content_by_lua_block { require("sends").timer() } }
    location = /refused { content_by_lua_block { ngx.print(require("sends").refused.init_worker) }
      header_filter_by_lua_block { require("sends").try "header_filter" }
      body_filter_by_lua_block   { require("sends").try "body_filter" }
      log_by_lua_block           { require("sends").try "log" } }
    location = /was     { content_by_lua_block { require("sends").was() } }
    location = /many    { content_by_lua_block { require("sends").many() } }
    location = /flows   { content_by_lua_block { require("sends").flows() } }
    location = /stream  { content_by_lua_block { require("sends").stream() } }
    location = /cancel  { content_by_lua_block { require("sends").cancel() } }
    location = /kill    { content_by_lua_block { require("sends").kill() } }
    location = /abort   { lua_check_client_abort on; content_by_lua_block { require("sends").abort() } }
    location = /state   { content_by_lua_block { require("sends").state() } }
    location = /long    { content_by_lua_block { require("sends").long() } }
    location = /close   { content_by_lua_block { require("passo.net").close() ngx.print "closed" } }
  }
]]

local SENDS = [[
local passo = require "passo"
local net = require "passo.net"
local core = passo.core
local sends = { refused = {} }
local URL = "%s"

local function task(fields)
  local state = { Type = "Task", Resource = "lua:t", End = true }
  for key, value in pairs(fields or {}) do state[key] = value end
  return assert(passo.parse { StartAt = "T", States = { T = state } })
end
local function tell(value) ngx.print(core.encode(value)) end
local function seen(what) return tonumber((select(3, net.send("GET", URL .. "/seen?what=" .. what)))) end

function sends.once()
  local status, _, body = net.send("GET", URL .. "/slow")
  ngx.print(status, " ", body)
  if ngx.get_phase() ~= "content" then ngx.exit(200) end
end

function sends.timer()
  local done, got = require("ngx.semaphore").new(), nil
  ngx.timer.at(0, function()
    got = net.send("GET", URL .. "/slow")
    done:post()
  end)
  done:wait(5)
  ngx.print(got)
end

function sends.try(phase)
  local status, message, failure = net.send("GET", URL .. "/fast")
  sends.refused[phase] = not status and failure.code .. ": " .. message
end

function sends.init_worker() sends.try "init_worker" end

function sends.was()
  tell(sends.refused)
end

-- How late, at worst, another light thread's sleeps of 10 ms end while fn runs.
local function worst_beside(fn)
  local over, worst = false, 0
  local heart = ngx.thread.spawn(function()
    while not over do
      local before = core.clock()
      ngx.sleep(0.01)
      worst = math.max(worst, core.clock() - before - 0.01)
    end
  end)
  fn()
  over = true
  ngx.thread.wait(heart)
  return worst
end

local function all(n, fn)
  local threads = {}
  for i = 1, n do threads[i] = ngx.thread.spawn(fn, i) end
  for i = 1, n do assert(ngx.thread.wait(threads[i])) end
end

function sends.many()
  local good, before = 0, core.clock()
  local worst = worst_beside(function()
    all(100, function() if net.send("GET", URL .. "/slow?s=0.3") == 200 then good = good + 1 end end)
  end)
  tell { good = good, took = core.clock() - before, worst = worst }
end

local machine = task()
local function five_calls(input)
  for _ = 1, 5 do assert(net.send("GET", URL .. "/slow")) end
  return input.n
end

function sends.flows()
  local good, before = 0, core.clock()
  all(tonumber(ngx.var.arg_n), function(i)
    if assert(machine:run({ n = i }, { handlers = { T = five_calls } })).output == i then good = good + 1 end
  end)
  tell { good = good, took = core.clock() - before }
end

function sends.stream()
  local count, left = 0, 200
  assert(net.send("GET", URL .. "/large?n=1600", nil, nil, { sink = function(piece)
    count = count + #piece
    ngx.sleep(0)
  end }))
  local _, _, sent = net.send("PUT", URL .. "/count", nil, function()
    left = left - 1
    return left >= 0 and ("x"):rep(100000) or nil
  end, { length = 20000000 })
  tell { received = count, sent = tonumber(sent) }
end

function sends.cancel()
  local before = seen "gone"
  local result = assert(task { TimeoutSeconds = 1 }:run({}, { handlers = { T = function()
    return (net.send("GET", URL .. "/gone"))
  end } }))
  ngx.sleep(0.2)
  tell { error = result.error, gone = seen "gone" - before }
end

function sends.kill()
  local before = seen "gone"
  local thread = ngx.thread.spawn(function() net.send("GET", URL .. "/gone") end)
  ngx.sleep(0.2)
  ngx.thread.kill(thread)
  ngx.sleep(1.5)
  tell { gone = seen "gone" - before }
end

function sends.abort()
  ngx.on_abort(function() ngx.exit(499) end)
  net.send("GET", URL .. "/gone")
end

function sends.long()
  for _ = 1, 60 do
    local status, message = net.send("GET", URL .. "/slow")
    if status ~= 200 then return ngx.print(message) end
  end
  ngx.print "all"
end

function sends.state()
  collectgarbage() collectgarbage()
  ngx.sleep(0.1)
  local state = { pid = ngx.worker.pid(), fds = 0, threads = 0, gone = tonumber(ngx.var.arg_quiet) or seen "gone" }
  for line in io.lines "/proc/self/status" do
    state.threads = tonumber(line:match "^Threads:%%s+(%%d+)") or state.threads
  end
  local pipe = io.popen "ls /proc/$PPID/fd"
  for _ in pipe:lines() do state.fds = state.fds + 1 end
  pipe:close()
  tell(state)
end
return sends
]]

local root = web.capture("pwd"):gsub("%s+$", "")
local build = os.getenv "PASSO_BUILD" or "build/release"
if build:sub(1, 1) ~= "/" then build = root .. "/" .. build end

describe("passo.net in nginx", function()
  local target, sender

  setup(function()
    if not web.can_run then return end
    target = web.start(web.USUAL, { tls = true })
    local conf = SENDER:gsub("LUAPATH", ("%s/lua/?.lua;%s/lua/?/init.lua;;"):format(root, root))
      :gsub("CPATH", build .. "/lib/lua/5.1/?.so;;")
    sender = web.start(conf, { files = { ["sends.lua"] = SENDS:format(target.url) } })
  end)

  teardown(function()
    if sender then web.stop(sender) end
    if target then web.stop(target) end
  end)

  local function test(name, fn)
    it(name, function()
      if not web.can_run then return pending "there is no nginx with its Lua module, or no openssl" end
      fn()
    end)
  end

  local function get(path, seconds)
    return web.capture(("curl -s -m %s '%s%s'"):format(seconds or 30, sender.url, path))
  end

  local function json(path)
    local core = require "passo.core"
    local text = get(path)
    local value, message = core.decode(text)
    if value == nil then error(("%s: %s in '%s'\n%s"):format(path, message, text, web.errors(sender))) end
    return value
  end

  local function wait_until(fn)
    for i = 1, 200 do
      if fn() then return i * 0.025 end
      os.execute "sleep 0.02"
    end
    error "in vain"
  end

  local function is_alive(pid)
    return web.capture(("kill -0 %d 2>&1 && echo alive"):format(pid)):find "alive" ~= nil
  end

  test("starts no thread before something is sent, and one then", function()
    assert.equal(1, json("/state?quiet=0").threads)
    assert.equal("200 slow", get "/content")
    assert.equal(2, json("/state?quiet=0").threads)
  end)

  test("waits in the phases of content, access, rewrite, and in timers", function()
    for _, phase in ipairs { "content", "access", "rewrite" } do assert.equal("200 slow", get("/" .. phase), phase) end
    assert.equal("200", get "/timer")
  end)

  test("says so where nginx lets nobody wait", function()
    get "/content"
    get "/refused"
    assert.equal(2, json("/state?quiet=0").threads)
    local refused = json "/was"
    for _, phase in ipairs { "init_worker", "header_filter", "body_filter", "log" } do
      assert.equal(("EHOST: nginx lets nobody wait for a reply in the phase '%s'"):format(phase), refused[phase])
    end
  end)

  test("leaves the worker's heart beating while a hundred slow transfers run", function()
    local answer
    for _ = 1, 3 do
      answer = json "/many"
      assert.equal(100, answer.good)
      assert.is_true(answer.took < 2, answer.took)
      if answer.worst < 0.05 then return end
    end
    error("a beat came late, three times: " .. answer.worst)
  end)

  test("runs two hundred executions of five calls each near the ideal", function()
    local answer = json "/flows?n=200"
    assert.equal(200, answer.good)
    assert.is_true(answer.took < 1, answer.took)
  end)

  test("streams both ways", function()
    assert.same({ received = 1600 * 65536, sent = 20000000 }, json "/stream")
  end)

  test("lets go of the transfer of a task that timed out, and of a killed thread", function()
    assert.same({ error = "States.Timeout", gone = 1 }, json "/cancel")
    assert.same({ gone = 1 }, json "/kill")
  end)

  test("survives clients that leave", function()
    json "/state"
    local before = json "/state"
    for _ = 1, 5 do get("/abort", 0.2) end
    local after
    wait_until(function()
      after = json "/state"
      return after.gone == before.gone + 5
    end)
    assert.equal(before.threads, after.threads)
    assert.is_true(after.fds <= before.fds + 1, after.fds .. " of " .. before.fds)
  end)

  test("goes on after its connections were closed", function()
    assert.equal("closed", get "/close")
    assert.equal("200 slow", get "/content")
    assert.equal(2, json("/state?quiet=0").threads)
  end)

  test("loses nothing when nginx reloads, and its old worker leaves at once", function()
    local old = json("/state").pid
    local pipe = io.popen(("curl -s -m 30 %s/long"):format(sender.url))
    os.execute "sleep 0.2"
    os.execute("kill -HUP " .. sender.pid)
    assert.equal("all", pipe:read "*a")
    pipe:close()
    assert.is_true(wait_until(function() return not is_alive(old) end) < 2)
    assert.equal("200 slow", get "/content")
  end)

  test("keeps no idle worker from leaving", function()
    local old = json("/state").pid
    os.execute("kill -HUP " .. sender.pid)
    assert.is_true(wait_until(function() return not is_alive(old) end) < 2)
    wait_until(function() return get "/content" == "200 slow" end)
  end)

  test("leaves neither files nor alerts", function()
    assert.equal("", web.capture "ls -d /tmp/passo-?????? 2>/dev/null")
    assert.is_nil(web.errors(sender):match "%[alert%][^\n]*")
    assert.is_nil(web.errors(sender):match "%[error%][^\n]*")
  end)
end)
