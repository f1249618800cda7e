--- Limits and http:invoke inside nginx: requests of one worker share them, and whoever is killed leaves the queue.
local web = require "web_server"

local CONF = [[
  lua_package_path "FOLDER/?.lua;LUAPATH"; lua_package_cpath "CPATH";
  init_by_lua_block { require "limited" }
  lua_shared_dict seen 1m;
  server {
    listen 127.0.0.1:PORT;
    location = /call  { content_by_lua_block { require("limited").call() } }
    location = /stop  { content_by_lua_block { require("limited").stop() } }
    location = /timeout { content_by_lua_block { require("limited").timeout() } }
    location = /most  { content_by_lua_block { ngx.print(ngx.shared.seen:get "most") } }
    location = /api { default_type application/json; content_by_lua_block {
      local seen = ngx.shared.seen
      local now = seen:incr("now", 1, 0)
      seen:set("most", math.max(now, seen:get "most" or 0))
      ngx.sleep(0.05)
      seen:incr("now", -1)
      ngx.print('{"key":"', ngx.var.http_x_key, '"}') } }
    location = /slow { content_by_lua_block { ngx.sleep(5) } }
  }
]]

local LIMITED = [[
local passo = require "passo"
local limited = {}
local connections = { Own = { AuthorizationType = "API_KEY", AuthParameters = { ApiKeyAuthParameters = {
  ApiKeyName = "X-Key", ApiKeyValue = "k" } } } }

local function task(url, more)
  local state = { Type = "Task", Resource = "arn:aws:states:::http:invoke", End = true, Parameters = { Method = "GET",
    ApiEndpoint = "http://127.0.0.1:" .. ngx.var.server_port .. url, InvocationConfig = { ConnectionArn = "Own" } } }
  for name, value in pairs(more or {}) do state[name] = value end
  return assert(passo.parse { StartAt = "T", States = { T = state } })
end

local function options(most)
  return { region = "us-east-1", connections = connections, http = { allow = { "127.0.0.1" } },
    limits = { http = { max_in_flight = most } } }
end
local shared, stopped, timed = options(3), options(1), options(1)

function limited.call()
  local result = task "/api":run({}, { aws = shared })
  ngx.print(result.status, " ", result.value and result.value:json() or result.cause)
end

-- One that is under way and one that waits for it are cancelled; the third has its turn then.
function limited.stop()
  local slow = task "/slow"
  local first = slow:start({}, { aws = stopped })
  local second = slow:start({}, { aws = stopped })
  local third = task "/api":start({}, { aws = stopped })
  ngx.sleep(0.05)
  second:stop()
  first:stop()
  ngx.update_time()
  local began = ngx.now()
  local result = third:finish()
  ngx.update_time()
  ngx.print(result.status, " ", ngx.now() - began < 1 and "at once" or "late")
end

-- A task that times out in the middle of its transfer leaves its place to the next.
function limited.timeout()
  local result = task("/slow", { TimeoutSeconds = 1 }):run({}, { aws = timed })
  ngx.print(result.error, " ", (task "/api":run({}, { aws = timed })).status)
end
return limited
]]

local root = web.capture("pwd"):gsub("%s+$", "")
local build = os.getenv "PASSO_BUILD" or "build/release"
if build:sub(1, 1) ~= "/" then build = root .. "/" .. build end

describe("in nginx", function()
  local server

  setup(function()
    if not web.can_run then return end
    local conf = CONF:gsub("LUAPATH", ("%s/lua/?.lua;%s/lua/?/init.lua;;"):format(root, root))
      :gsub("CPATH", build .. "/lib/lua/5.1/?.so;;")
    server = web.start(conf, { files = { ["limited.lua"] = LIMITED } })
  end)
  teardown(function() if server then web.stop(server) end end)

  local function test(name, fn)
    it(name, function()
      if not server then return pending "there is no nginx with its Lua module" end
      fn()
    end)
  end

  local function get(path)
    return web.capture(("curl -s -m 20 '%s%s'"):format(server.url, path))
  end

  test("requests share a limit, and http:invoke waits through the worker", function()
    local url = server.url .. "/call"
    local answers = web.capture(("sh -c 'for i in 1 2 3 4 5 6 7 8 9; do curl -s -m 20 %s & done; wait'"):format(url))
    assert.equal(9, select(2, answers:gsub("SUCCEEDED", "")), answers .. web.errors(server))
    assert.matches('"ResponseBody":{"key":"k"}', answers, 1, true)
    assert.equal("3", get "/most")
  end)

  test("who is stopped leaves its place and the queue", function()
    assert.equal("SUCCEEDED at once", get "/stop", web.errors(server))
  end)

  test("who times out leaves its place", function()
    assert.equal("States.Timeout SUCCEEDED", get "/timeout", web.errors(server))
  end)
end)
