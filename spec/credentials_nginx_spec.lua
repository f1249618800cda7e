--- Credentials inside a real nginx on loopback. Skipped where there is none with the Lua module.
local MODULES = "/usr/lib/nginx/modules"

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
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
  init_by_lua_block { require "keys" }
  server {
    listen unix:%s/http;
    location = /many    { content_by_lua_block { require("keys").many() } }
    location = /killed  { content_by_lua_block { require("keys").killed() } }
    location = /timer   { content_by_lua_block { require("keys").timer() } }
    location = /access  { access_by_lua_block { require("keys").access() }
                          content_by_lua_block { ngx.say(ngx.ctx.id) } }
    location = /init    { content_by_lua_block { ngx.say(require("keys").at_init) } }
    location = /process { content_by_lua_block { require("keys").process() } }
    location = /filter  { content_by_lua_block { ngx.say "body" }
                          header_filter_by_lua_block { require("keys").filter() } }
  }
}
]]

local KEYS = [[
local keys = {}
local credentials = require "passo.aws.credentials"
local core = require("passo").core
local now_ms = core.parse_time "2026-01-01T00:00:00Z"
local function provider()
  return credentials.container {
    env = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "URL/container" }, now_ms = function() return now_ms end }
end
local function id(from)
  local got, message = from:get()
  return got and got:id() or message
end
function keys.many()
  local from, threads, ids, count = provider(), {}, {}, 0
  for i = 1, 50 do threads[i] = ngx.thread.spawn(function() return id(from) end) end
  for i = 1, 50 do
    local _, one = ngx.thread.wait(threads[i])
    if not ids[one] then ids[one], count = true, count + 1 end
  end
  ngx.say(count, " ", (next(ids)))
end
function keys.killed()
  local from = provider()
  local first = ngx.thread.spawn(function() return id(from) end)
  local second = ngx.thread.spawn(function() return id(from) end)
  ngx.sleep(0.02)
  ngx.thread.kill(first)
  local _, one = ngx.thread.wait(second)
  ngx.say(one)
end
function keys.timer()
  local from, got = provider(), nil
  ngx.timer.at(0, function() got = id(from) end)
  while not got do ngx.sleep(0.01) end
  ngx.say(got)
end
function keys.access()
  ngx.ctx.id = id(provider())
end
function keys.process()
  local path = os.tmpname()
  local file = io.open(path, "w")
  file:write "[default]\ncredential_process = true\n"
  file:close()
  ngx.say(id(credentials.default { env = { AWS_CONFIG_FILE = path } }))
  os.remove(path)
end
function keys.filter()
  ngx.header["X-Keys"] = id(provider()):gsub("[\r\n]", " ")
end
keys.at_init = id(provider()) .. " " .. id(credentials.static { access_key_id = "AKIA", secret_access_key = "s" })
return keys
]]

local folder, server

local function get(path)
  local url = ("http://localhost%s"):format(path)
  return capture(("curl -s -i --max-time 5 --unix-socket '%s/http' '%s'"):format(folder, url))
end

local function start()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir -m 755 '" .. folder .. "'"))
  local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "spec"
  local pipe = assert(io.popen("exec python3 '" .. here .. "/aws/identity.py'"))
  local pid, port = pipe:read("*l"):match "^(%d+) (%d+)$"
  server = { pipe = pipe, pid = pid }
  write(folder .. "/keys.lua", (KEYS:gsub("URL", "http://127.0.0.1:" .. port)))
  local root = capture("pwd"):gsub("%s+$", "")
  local build = os.getenv "PASSO_BUILD" or "build/release"
  if build:sub(1, 1) ~= "/" then build = root .. "/" .. build end
  local path = ("%s/?.lua;%s/lua/?.lua;%s/lua/?/init.lua"):format(folder, root, root)
  write(folder .. "/nginx.conf", CONF:format(MODULES, MODULES, folder, folder, folder, folder, folder, folder, folder,
    path, build .. "/lib/lua/5.1/?.so", folder))
  assert(os.execute(("nginx -p '%s' -c '%s/nginx.conf' >'%s/out' 2>&1 &"):format(folder, folder, folder)))
  for _ = 1, 100 do
    if exists(folder .. "/pid") and os.execute("test -S '" .. folder .. "/http'") then return end
    os.execute "sleep 0.05"
  end
  error("nginx did not start: " .. capture("cat '" .. folder .. "/out' '" .. folder .. "/error.log'"))
end

local there = exists(MODULES .. "/ngx_http_lua_module.so")
local describe_it = there and describe or pending

describe_it("passo.aws.credentials in nginx", function()
  setup(start)

  teardown(function()
    local pid = capture("cat '" .. folder .. "/pid'"):match "%d+"
    os.execute("kill " .. pid)
    for _ = 1, 100 do
      if not exists("/proc/" .. pid .. "/stat") then break end
      os.execute "sleep 0.05"
    end
    os.execute("kill " .. server.pid)
    server.pipe:close()
    os.execute("rm -rf '" .. folder .. "'")
  end)

  it("are renewed once for fifty light threads", function()
    assert.matches("\n1 ASIA%d+\n", get "/many")
  end)

  it("come also when the light thread that asked first is killed", function()
    assert.matches("\nASIA%d+\n", get "/killed")
  end)

  it("come in timers and in the access phase", function()
    assert.matches("\nASIA%d+\n", get "/timer")
    assert.matches("\nASIA%d+\n", get "/access")
  end)

  it("are refused with words where nobody may wait", function()
    assert.matches("X%-Keys: container: waiting is not possible here", get "/filter")
    assert.matches("\ncontainer: .* AKIA\n", get "/init")
  end)

  it("start no program", function()
    assert.matches("nginx's workers start no programs", get "/process")
  end)
end)
