--- A real nginx on loopback. Skipped where there is none with the Lua module.
local MODULES = "/usr/lib/nginx/modules"

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local CONF = [[
load_module %s/ndk_http_module.so;
load_module %s/ngx_http_lua_module.so;
daemon off; master_process on; worker_processes 1;
pid %s/pid; error_log %s/error.log info;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path %s/body; proxy_temp_path %s/proxy; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u;
  scgi_temp_path %s/s;
  lua_package_path "%s;;"; lua_package_cpath "%s;;";
  init_by_lua_block { require "flows" }
  server {
    listen unix:%s/http;
    location = /nap      { content_by_lua_block { require("flows").nap() } }
    location = /hundred  { content_by_lua_block { require("flows").hundred() } }
    location = /loop     { content_by_lua_block { require("flows").loop() } }
    location = /timer    { content_by_lua_block { require("flows").timer() } }
    location = /socket   { content_by_lua_block { require("flows").socket() } }
    location = /cancel   { content_by_lua_block { require("flows").cancel() } }
    location = /children { content_by_lua_block { require("flows").children() } }
    location = /sync     { content_by_lua_block { require("flows").sync() } }
    location = /log      { content_by_lua_block { require("flows").log() } }
    location = /threads  { content_by_lua_block { require("flows").threads() } }
    location = /echo     { content_by_lua_block { ngx.say "pong" } }
  }
}
]]

local FLOWS = [[
local flows = {}
local passo = require "passo"
local core = passo.core
local function task(fields)
  local state = { Type = "Task", Resource = "lua:t", End = true }
  for k, v in pairs(fields or {}) do state[k] = v end
  return assert(passo.parse { StartAt = "T", States = { T = state } })
end
local function tell(value) ngx.say(core.encode(value)) end
local napping = task()
local function nap(input) ngx.sleep(0.1) return input.n * 2 end
function flows.nap() tell(assert(napping:run({ n = 21 }, { handlers = { T = nap } })).output) end

function flows.hundred()
  local before, threads, sum = core.now_ms(), {}, 0
  for i = 1, 100 do
    threads[i] = ngx.thread.spawn(function()
      return assert(napping:run({ n = i }, { handlers = { T = nap } })).output
    end)
  end
  for i = 1, 100 do
    local ok, output = ngx.thread.wait(threads[i])
    sum = sum + output
  end
  tell { sum = sum, took = core.now_ms() - before }
end

local endless = assert(passo.parse { StartAt = "A", TimeoutSeconds = 1, States = {
  A = { Type = "Pass", Next = "C" }, Z = { Type = "Succeed" },
  C = { Type = "Choice", Default = "A", Choices = { { Variable = "$.never", IsPresent = true, Next = "Z" } } } } })

-- How late, at worst, another light thread's sleeps of 10 ms end while fn runs.
local function worst_beside(fn)
  local over, worst = false, 0
  local heart = ngx.thread.spawn(function()
    while not over do
      local before = core.now_ms()
      ngx.sleep(0.01)
      worst = math.max(worst, core.now_ms() - before - 10)
    end
  end)
  local result = fn()
  over = true
  ngx.thread.wait(heart)
  return worst, result
end

-- What the machine itself allows now: work that gives way every 10 ms, for half a second.
local function giving_way()
  local till = core.now_ms() + 500
  while core.now_ms() < till do
    local slice = core.now_ms() + 10
    while core.now_ms() < slice do end
    ngx.sleep(0.001)
  end
end

function flows.loop()
  local floor = worst_beside(giving_way)
  local before = core.now_ms()
  local worst, result = worst_beside(function() return assert(endless:run({}, { profile = "unlimited" })) end)
  tell { status = result.status, took = core.now_ms() - before, worst = worst, floor = floor }
end

function flows.timer()
  local semaphore, output = require("ngx.semaphore").new(), nil
  ngx.timer.at(0, function()
    output = assert(napping:run({ n = 4 }, { handlers = { T = nap } })).output
    semaphore:post()
  end)
  semaphore:wait(5)
  tell { output = output }
end

function flows.socket()
  local function call()
    local socket = ngx.socket.tcp()
    assert(socket:connect("unix:" .. ngx.config.prefix() .. "http"))
    socket:send "GET /echo HTTP/1.0\r\n\r\n"
    local reply = socket:receive "*a"
    socket:close()
    return reply:match "(%w+)%s*$"
  end
  tell(assert(napping:run({}, { handlers = { T = call } })).output)
end

function flows.cancel()
  local machine = task { TimeoutSeconds = 1 }
  local before = core.now_ms()
  local result = assert(machine:run({}, { handlers = { T = function() ngx.sleep(30) end } }))
  tell { error = result.error, took = core.now_ms() - before }
end

function flows.children()
  local machine = assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", End = true, ItemProcessor = {
    ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, StartAt = "T",
    States = { T = { Type = "Task", Resource = "lua:t", End = true } } } } } })
  local before = core.now_ms()
  local result = assert(machine:run({ { n = 1 }, { n = 2 }, { n = 3 } }, { handlers = { T = nap } }))
  tell { output = result.output, took = core.now_ms() - before }
end

local failing = task { Catch = { { ErrorEquals = { "Never" }, Next = "T" } } }
function flows.sync()
  require("passo.ngx").sync(failing, { handlers = { T = function(input)
    if input.fail then passo.fail("Asked", "for it") end
    return { got = input }
  end } })
end

-- A sink that waits, at the side of a run that does; then work on a list, some of it at a time.
function flows.log()
  local began, count, flushed = core.now_ms(), 0, 0
  local sink = {}
  function sink.write(_, records) ngx.sleep(0.02) count = count + #records end
  function sink.flush() flushed = count return true end
  local result = assert(task():run({}, { logging = { level = "ALL", sink = sink }, history = true, handlers = {
    ["lua:t"] = function(_, ctx)
      local sum = 0
      assert(require("passo.aws.ahead").each(ctx.run.host, { 1, 2, 3, 4, 5, 6 }, 3, function(n)
        ngx.sleep(0.05)
        return n
      end, function(n) sum = sum * 10 + n end, ctx))
      return sum
    end } }))
  tell { output = result.output, events = #result.history, logged = count, flushed = flushed,
    took = core.now_ms() - began }
end
function flows.threads()
  local count = 0
  for line in io.lines "/proc/self/status" do count = tonumber(line:match "^Threads:%s+(%d+)") or count end
  tell { threads = count }
end
return flows
]]

local can_run = exists "/usr/sbin/nginx" and exists(MODULES .. "/ngx_http_lua_module.so")

describe("nginx", function()
  local folder, pid

  local function get(path, body)
    local data = body and ("--data-binary '" .. body .. "'") or ""
    local command = "curl -s -m 20 -w '\\n%%{http_code}' --unix-socket %s/http %s http://localhost%s"
    return capture(command:format(folder, data, path))
  end

  local function json(path)
    local core = require "passo.core"
    local text = get(path):match "^(.*)\n%d+$"
    local value, message = core.decode(text or "")
    if value == nil then
      error(("%s: %s in '%s'\n%s"):format(path, message, text, capture("tail -n 20 " .. folder .. "/error.log")))
    end
    return value
  end

  setup(function()
    if not can_run then return end
    folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir -m 755 " .. folder)
    local root = capture("pwd"):gsub("%s+$", "")
    local build = os.getenv "PASSO_BUILD" or "build/release"
    if build:sub(1, 1) ~= "/" then build = root .. "/" .. build end
    local path = ("%s/?.lua;%s/lua/?.lua;%s/lua/?/init.lua"):format(folder, root, root)
    local cpath = build .. "/lib/lua/5.1/?.so"
    write(folder .. "/flows.lua", FLOWS)
    write(folder .. "/nginx.conf", CONF:format(MODULES, MODULES, folder, folder, folder, folder, folder, folder, folder,
      path, cpath, folder))
    os.execute(("nginx -p %s/ -c %s/nginx.conf >%s/out 2>&1 & echo $! >%s/main"):format(folder, folder, folder, folder))
    pid = capture("cat " .. folder .. "/main"):match "%d+"
    for _ = 1, 100 do
      if get("/echo"):find "pong" then break end
      os.execute "sleep 0.05"
    end
  end)

  teardown(function()
    if not pid then return end
    os.execute("kill " .. pid .. " 2>/dev/null")
    os.execute("sleep 0.2; rm -r " .. folder)
  end)

  local function test(name, fn)
    it(name, function()
      if not can_run then return pending "there is no nginx with its Lua module" end
      fn()
    end)
  end

  test("starts no thread when it loads passo", function()
    assert.equal(1, json("/threads").threads)
  end)

  test("runs handlers that sleep", function()
    assert.equal(42, json "/nap")
  end)

  test("runs a hundred at once without blocking any", function()
    local answer = json "/hundred"
    assert.equal(10100, answer.sum)
    assert.is_true(answer.took >= 100 and answer.took < 1000, answer.took)
  end)

  test("runs in a timer", function()
    assert.equal(8, json("/timer").output)
  end)

  test("runs handlers that talk over cosockets", function()
    assert.equal("pong", json "/socket")
  end)

  test("ends an endless loop by its timeout while others go on", function()
    -- A busy machine may hold a beat back now and then; a worker that blocks does so every time.
    local answer
    for _ = 1, 3 do
      answer = json "/loop"
      assert.equal("TIMED_OUT", answer.status)
      assert.is_true(answer.took >= 1000 and answer.took < 2000, answer.took)
      if answer.worst < math.max(50, 2 * answer.floor) then return end
    end
    error(("a beat came %d ms late, three times; the machine's own floor is %d"):format(answer.worst, answer.floor))
  end)

  test("does not wait for a handler that timed out", function()
    local answer = json "/cancel"
    assert.equal("States.Timeout", answer.error)
    assert.is_true(answer.took < 3000, answer.took)
  end)

  test("runs children beside each other", function()
    local answer = json "/children"
    assert.same({ 2, 4, 6 }, setmetatable(answer.output, nil))
    assert.is_true(answer.took < 300, answer.took)
  end)

  test("logs by a sink that waits", function()
    local answer = json "/log"
    assert.equal(123456, answer.output)
    assert.same({ answer.events, answer.events }, { answer.logged, answer.flushed })
    assert.is_true(answer.took >= 100 and answer.took < 500, answer.took)
  end)

  test("answers a request with a machine", function()
    assert.equal('{"got":{"z":1.0,"a":2}}\n200', get("/sync", '{"z":1.0,"a":2}'))
    assert.equal('{"status":"FAILED","error":"Asked","cause":"for it"}\n500', (get("/sync", '{"fail":true}')))
    assert.matches("\n400$", get("/sync", "{"))
    write(folder .. "/big", ("x"):rep(300000))
    assert.matches("\n413$", get("/sync", "@" .. folder .. "/big"))
  end)
end)
