--- Engines in the workers of a real nginx, on one SQLite file. Skipped where there is no nginx with the Lua module.
local core = require "passo.core"
local web = require "web_server"

local FLOWS = [[
local flows = {}
local passo = require "passo"
local core = passo.core
local server = require "passo.ngx"
local folder

local function machine(states, first)
  return assert(passo.parse { StartAt = first or "T", States = states })
end
local function task(name) return { Type = "Task", Resource = "lua:" .. name, End = true } end

-- What handlers have done, in a file that survives the worker: one line each.
local function note(word)
  local file = assert(io.open(folder .. "/data/ledger", "a"))
  file:write(word, "\n")
  file:close()
end

local handlers = {
  ["lua:nap"] = function(input) ngx.sleep(input.s or 0.05) return { n = input.n, pid = ngx.worker.pid() } end,
  ["lua:quick"] = function(input) return { n = input.n } end,
  ["lua:counted"] = function(input, ctx) ngx.sleep(0.02) note(ctx.idempotency_key) return input end,
  ["lua:long"] = function(input) note("begun " .. input.n) ngx.sleep(input.s) return { n = input.n } end,
  ["lua:sock"] = function()
    local socket = ngx.socket.tcp()
    assert(socket:connect("unix:" .. folder .. "/http"))
    socket:send "GET /trivial HTTP/1.0\r\n\r\n"
    local reply = socket:receive "*a"
    socket:close()
    return reply:match "(%w+)%s*$"
  end,
  Ask = function(_, ctx) note(ctx.task_token) return {} end,
  ["lua:bad"] = function() error "broken on purpose" end,
  ["lua:watch"] = function(input, ctx)
    for _ = 1, 2000 do
      if ctx:cancelled() then note("cancelled " .. input.n) return nil end
      ngx.sleep(0.01)
    end
  end,
}

local function chain(n, name)
  local states = {}
  for i = 1, n do
    states["S" .. i] = { Type = "Task", Resource = "lua:" .. name, Next = i < n and "S" .. i + 1 or nil,
      End = i == n or nil }
  end
  return machine(states, "S1")
end

local function create(engine)
  local machines = { nap = machine { T = task "nap" }, quick = machine { T = task "quick" },
    sock = machine { T = task "sock" }, bad = machine { T = task "bad" }, watch = machine { T = task "watch" },
    long = machine { T = task "long" }, counted = chain(5, "counted"),
    wait = machine { T = { Type = "Wait", SecondsPath = "$.s", End = true } },
    ask = machine({ Ask = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken", End = true,
      Parameters = { FunctionName = "ask", ["Payload.$"] = "$$.Task.Token" } } }, "Ask") }
  for name, m in pairs(machines) do assert(engine:create_state_machine(name, m)) end
end

function flows.open(name, options)
  folder = ngx.config.prefix():gsub("/$", "")
  -- A worker may read nothing of the project: what it needs it has inherited.
  package.path = package.path:gsub("[^;]*PROJECT[^;]*;", "")
  package.cpath = package.cpath:gsub("[^;]*PROJECT[^;]*;", "")
  options = options or {}
  options.store, options.handlers = options.store or ("sqlite:" .. folder .. "/data/shop.db"), handlers
  server.engine(name, options, create)
end

local function tell(value) ngx.say(core.encode(value)) end

function flows.start() server.start("shop", ngx.var.arg_machine, { name = function() return ngx.var.arg_name end }) end
function flows.sync() server.sync("shop", ngx.var.arg_machine) end

function flows.describe()
  local engine = assert(server.get "shop")
  local answer, message = engine:describe_execution(ngx.var.arg_arn)
  tell(answer or { message = message })
end

function flows.counts()
  local engine = assert(server.get "shop")
  local counts, total = {}, 0
  for _, status in ipairs { "RUNNING", "SUCCEEDED", "FAILED" } do
    counts[status] = engine.store:count { status = status }
  end
  counts.live, counts.pid, counts.workers = engine.live_count, ngx.worker.pid(), #engine.store:workers()
  tell(counts)
end

function flows.answer()
  ngx.req.read_body()
  local ok, message, failure = assert(server.get "shop"):send_task_success(ngx.unescape_uri(ngx.var.arg_token),
    '{"from":"a request"}')
  tell { ok = ok and true or false, message = message, code = failure and failure.code }
end

function flows.stop()
  tell(assert(assert(server.get "shop"):stop_execution(ngx.var.arg_arn, "Asked", "for it")))
end

-- Starts n executions from this worker, c at a time, and waits for the end of all.
function flows.many()
  local engine = assert(server.get "shop")
  local n, beside, next_n, threads, before = tonumber(ngx.var.arg_n), tonumber(ngx.var.arg_c), 0, {}, core.now_ms()
  for i = 1, beside do
    threads[i] = ngx.thread.spawn(function()
      while next_n < n do
        next_n = next_n + 1
        local started = assert(engine:start_execution(ngx.var.arg_machine, { n = next_n }))
        if ngx.var.arg_await then assert(engine:await(started.executionArn)) end
      end
    end)
  end
  for i = 1, beside do assert(ngx.thread.wait(threads[i])) end
  collectgarbage()
  collectgarbage()
  local rss
  for line in io.lines "/proc/self/status" do rss = rss or line:match "^VmRSS:%s+(%d+)" end
  tell { took = core.now_ms() - before, lua_kb = collectgarbage "count", rss_kb = tonumber(rss),
    timers = ngx.timer.running_count(), live = engine.live_count }
end

-- The next round of this worker's keeper raises.
function flows.fault()
  local engine = assert(server.get "shop")
  local store = engine.store
  local bury = store.bury
  function store.bury()
    store.bury = bury
    error "a keeper's accident"
  end
  engine.bury_at_ms = 0
  engine:rouse()
  tell { pid = ngx.worker.pid() }
end
return flows
]]

local SERVER = [[
  lua_package_path "FOLDER/?.lua;ROOT/lua/?.lua;ROOT/lua/?/init.lua;;"; lua_package_cpath "BUILD/lib/lua/5.1/?.so;;";
  lua_max_running_timers 512;
  init_by_lua_block { flows = require "flows" }
  init_worker_by_lua_block { flows.open("shop", OPTIONS) }
  server {
    listen unix:FOLDER/http; listen 127.0.0.1:PORT;
    location = /trivial { return 200 "pong"; }
    location = /pid { content_by_lua_block { ngx.print(ngx.worker.pid()) } }
    location ~ ^/(\w+)$ { content_by_lua_block { local name = ngx.var[1] flows[name]() } }
  }
]]

describe("an engine in nginx's workers", function()
  local server

  local function open(workers, options)
    local root = web.capture("pwd"):gsub("%s+$", "")
    local build = os.getenv "PASSO_BUILD" or "build/release"
    if build:sub(1, 1) ~= "/" then build = root .. "/" .. build end
    local body = SERVER:gsub("ROOT", root):gsub("BUILD", build):gsub("OPTIONS", options or "{}")
    local flows = FLOWS:gsub("PROJECT", (root:gsub("%p", "%%%%%0")))
    server = web.start(body, { workers = workers, files = { ["flows.lua"] = flows } })
  end

  local function get(path, body)
    local data = body and ("--data-binary '" .. body .. "'") or ""
    return web.capture(
      ("curl -s -m 30 --unix-socket %s/http %s 'http://localhost%s'"):format(server.folder, data, path))
  end

  local function json(path, body)
    local text = get(path, body)
    local value = core.decode(text)
    if value == nil then error(("%s: '%s'\n%s"):format(path, text, web.errors(server):sub(-2000))) end
    return value
  end

  local function await(fn, seconds)
    local before = core.now_ms()
    while core.now_ms() - before < (seconds or 10) * 1000 do
      local answer = fn()
      if answer then return answer, core.now_ms() - before end
      core.sleep_ms(20)
    end
    error("it does not come\n" .. web.errors(server):sub(-2000), 2)
  end

  local function ended(n, seconds)
    return await(function()
      local counts = json "/counts"
      return counts.SUCCEEDED >= n and counts.RUNNING == 0 and counts
    end, seconds)
  end

  local function ledger()
    local file = io.open(server.folder .. "/data/ledger")
    local text = file and file:read "*a" or ""
    if file then file:close() end
    return text
  end

  local function workers()
    local list = {}
    for pid in web.capture("cat /proc/" .. server.pid .. "/task/*/children"):gmatch "%d+" do list[#list + 1] = pid end
    return list
  end

  after_each(function()
    if server then web.stop(server) end
    server = nil
  end)

  local function test(name, fn)
    it(name, function()
      if not web.can_run then return pending "there is no nginx with its Lua module" end
      fn()
    end)
  end

  test("starts executions, answers with their output, and has handlers that wait", function()
    open(2)
    local started = json("/start?machine=nap", '{"n":1}')
    assert.matches("^arn:aws:states:us%-east%-1:123456789012:execution:nap:", started.executionArn)
    assert.equal(7, json("/sync?machine=nap", '{"n":7}').n)
    assert.equal("pong", json("/sync?machine=sock", "{}"))
    assert.equal("broken on purpose", json("/sync?machine=bad", "{}").cause:match "broken on purpose")
    assert.equal("SUCCEEDED", await(function()
      local now = json("/describe?arn=" .. started.executionArn)
      return now.status ~= "RUNNING" and now.status
    end))
    assert.matches("StateMachineDoesNotExist", get("/start?machine=none", "{}"))
    assert.is_nil(web.errors(server):find "%[error%]", web.errors(server))
  end)

  test("answers callbacks in whichever worker a request reaches", function()
    open(3)
    for i = 1, 6 do json("/start?machine=ask", ('{"n":%d}'):format(i)) end
    local tokens = await(function()
      local list = {}
      for token in ledger():gmatch "[^\n]+" do list[#list + 1] = token end
      return #list == 6 and list
    end)
    for _, token in ipairs(tokens) do
      local escaped = token:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)
      local answer = json("/answer?token=" .. escaped) assert.is_true(answer.ok, answer.message)
    end
    ended(6)
    assert.equal("InvalidToken", json("/answer?token=nonsense").code)
  end)

  test("goes on in another worker when one is killed", function()
    open(2)
    local pids = {}
    for i = 1, 40 do
      json("/start?machine=counted", ('{"n":%d}'):format(i))
      pids[json("/counts").pid] = true
    end
    local victim = next(pids)
    local live = json("/counts").RUNNING
    web.capture("kill -9 " .. victim)
    assert.is_true(live > 0)
    ended(40, 20)
    local done = {}
    for key in ledger():gmatch "[^\n]+" do done[key] = true end
    local count = 0
    for _ in pairs(done) do count = count + 1 end
    assert.equal(200, count) -- every task of every execution, under its key
    await(function() return #workers() == 2 end)
    assert.equal(2, json("/counts").workers)
  end)

  -- Starts executions until told to end, from outside: how many were answered with 202.
  local function load_from_outside(seconds, machine)
    local script = ([[
      n=0; ok=0; end=$(( $(date +%%s%%N) + %d ))
      while [ $(date +%%s%%N) -lt $end ]; do
        c=$(curl -s -o /dev/null -w '%%{http_code}' -m 10 --unix-socket %s/http --data '{"n":1,"s":0.05}' \
          'http://localhost/start?machine=%s')
        n=$((n+1)); [ "$c" = 202 ] && ok=$((ok+1))
      done; echo $n $ok
    ]]):format(seconds * 1e9, server.folder, machine)
    web.write(server.folder .. "/load.sh", script)
    return assert(io.popen("env -u LD_PRELOAD bash " .. server.folder .. "/load.sh"))
  end

  test("loses none when nginx is reloaded under load, and the old workers leave quickly", function()
    open(2)
    local load = load_from_outside(4, "counted")
    core.sleep_ms(1000)
    for _ = 1, 2 do
      local before = {}
      for _, pid in ipairs(workers()) do before[pid] = true end
      web.capture("kill -HUP " .. server.pid)
      local _, took = await(function()
        local pids = workers()
        for _, pid in ipairs(pids) do
          if before[pid] then return false end
        end
        return #pids == 2
      end)
      assert.is_true(took < 2500, ("the old workers have left after %d ms"):format(took))
    end
    local asked, answered = load:read("*a"):match "(%d+) (%d+)"
    load:close()
    assert.equal(asked, answered)
    local counts = ended(tonumber(answered), 20)
    assert.equal(tonumber(answered), counts.SUCCEEDED)
  end)

  test("hands over what it runs when nginx ends, and goes on when it starts again", function()
    open(1)
    for _ = 1, 5 do json("/start?machine=wait", '{"s":3}') end
    for i = 1, 5 do json("/start?machine=long", ('{"n":%d,"s":0.5}'):format(i)) end
    core.sleep_ms(100)
    web.capture("kill -QUIT " .. server.pid)
    local _, took = await(function() return not io.open("/proc/" .. server.pid .. "/stat") end)
    assert.is_true(took < 3000, took)
    web.resume(server)
    ended(10)
    local _, begun = ledger():gsub("begun", "")
    assert.equal(5, begun) -- tasks under way were waited for: none was done twice
  end)

  test("leaves a task that takes long to another worker", function()
    open(2)
    json("/start?machine=long", '{"n":1,"s":8}')
    core.sleep_ms(200)
    web.capture("kill -HUP " .. server.pid)
    ended(1, 25)
    assert.equal("begun 1\nbegun 1\n", ledger())
  end)

  test("does not keep other requests waiting", function()
    open(1)
    local function p99()
      local times = {}
      for time in web.capture(("curl -s -o /dev/null -w '%%{time_total}\\n' --unix-socket %s/http " ..
        "'http://localhost/pid?[1-300]'"):format(server.folder)):gmatch "[^\n]+" do
        times[#times + 1] = tonumber(time)
      end
      table.sort(times)
      return times[math.floor(#times * 0.99)] * 1000
    end
    local floor = p99()
    local load = io.popen(("curl -s -m 60 --unix-socket %s/http '%s'"):format(server.folder,
      "http://localhost/many?machine=nap&n=3000&c=50"))
    core.sleep_ms(200)
    local loaded = p99()
    load:read "*a"
    load:close()
    assert.is_true(loaded < 50, ("%.1f ms, idle %.1f ms"):format(loaded, floor))
    ended(3000, 30)
  end)

  test("keeps nothing of what has ended", function()
    open(1)
    json "/many?machine=quick&n=12000&c=20&await=1" -- now SQLite's caches are full
    local first = json "/many?machine=quick&n=1000&c=20&await=1"
    json "/many?machine=quick&n=9000&c=20&await=1"
    local last = json "/many?machine=quick&n=1000&c=20&await=1"
    assert.equal(0, last.live)
    assert.is_true(last.lua_kb < first.lua_kb + 1000, ("%.0f -> %.0f KB"):format(first.lua_kb, last.lua_kb))
    assert.is_true(last.rss_kb < first.rss_kb + 12000, ("%.0f -> %.0f KB"):format(first.rss_kb, last.rss_kb))
    assert.is_true(last.took < 3 * first.took + 500, ("%.0f -> %.0f ms"):format(first.took, last.took))
    assert.is_true(last.timers < 20, last.timers)
  end)

  test("survives errors of handlers and of its keeper", function()
    open(1)
    for _ = 1, 20 do json("/start?machine=bad", "{}") end
    await(function() return json("/counts").FAILED == 20 end)
    json "/fault"
    await(function() return web.errors(server):find("the keeper failed, and goes on: .*a keeper's accident") end)
    await(function() return web.errors(server):find "the engine goes on" end)
    assert.equal(1, json("/sync?machine=nap", '{"n":1}').n)
    json("/start?machine=wait", '{"s":2}')
    ended(2)
  end)

  test("tells handlers that nobody waits for them any more", function()
    open(1)
    local started = json("/start?machine=watch", '{"n":1}')
    core.sleep_ms(200)
    json("/stop?arn=" .. started.executionArn)
    assert.equal("ABORTED", await(function()
      local now = json("/describe?arn=" .. started.executionArn)
      return now.status ~= "RUNNING" and now.status
    end))
  end)

  test("is refused before the fork, and with a store that each worker has to itself", function()
    open(2, "{ store = 'memory:' }")
    assert.matches("use sqlite:FILE", web.errors(server))
    web.stop(server)
    server = nil
    local ok, message = pcall(web.start, [[
      lua_package_path "ROOT/lua/?.lua;ROOT/lua/?/init.lua;;"; lua_package_cpath "BUILD/lib/lua/5.1/?.so;;";
      init_by_lua_block {
        local _, message = require("passo").engine { store = "sqlite:FOLDER/data/shop.db" }
        require("passo.ngx").engine("shop", { store = message }) }
    ]])
    assert.is_false(ok)
    assert.matches("call it in init_worker_by_lua", message)
  end)
end)
