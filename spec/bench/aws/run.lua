--- Signed calls against a server on loopback that always answers the same: passo beside boto3, the JavaScript SDK and
--- the Go SDK, each in a process of its own, turn by turn; and 1 GiB from S3 beside curl.
---
---   spec/run.sh --bench aws [--calls N] [--rounds N] [--no-peers] [--no-large]
---
--- CPU is that of the client's process, all its threads. The best round of each counts.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
local cache = assert(os.getenv "PASSO_AWS_SERVERS", "PASSO_AWS_SERVERS: run it by spec/run.sh --bench aws")
local options = { calls = 4000, rounds = 3, peers = true, large = true }
do
  local i = 1
  while arg[i] do
    if arg[i] == "--calls" or arg[i] == "--rounds" then
      options[arg[i]:sub(3)] = assert(tonumber(arg[i + 1]), "a number")
      i = i + 1
    elseif arg[i] == "--no-peers" or arg[i] == "--no-large" then
      options[arg[i]:sub(6)] = false
    else
      io.stderr:write("bench aws: no such option: ", arg[i], "\n")
      os.exit(2)
    end
    i = i + 1
  end
end

local ITEM = '{"Item":{"id":{"S":"1"},"name":{"S":"a name of a thing"},"price":{"N":"12.50"},'
  .. '"tags":{"SS":["a","b","c"]},"where":{"M":{"shelf":{"N":"12"},"row":{"S":"left"}}},"sold":{"BOOL":false}}}'
local CONF = [[
daemon off; worker_processes 1; pid %s/pid; error_log %s/error.log warn;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u;
  scgi_temp_path %s/s; keepalive_requests 10000000; sendfile on; tcp_nodelay on;
  server {
    listen 127.0.0.1:%d;
    location = / {
      default_type application/x-amz-json-1.0;
      add_header x-amzn-RequestId 4KBNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUAAJG;
      return 200 '%s';
    }
    location /bench/ { root %s; etag off; add_header ETag '"9a0364b9e99bb480dd25e1f0284c8555"';
      default_type binary/octet-stream; }
  }
}
]]

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  local ok = pipe:close()
  return ok and text or nil
end

local function try(command) return capture(command .. " >>" .. cache .. "/bench.log 2>&1 && echo yes") == "yes\n" end

local folder = capture("mktemp -d"):match "%S+"
local port = tonumber(capture(cache .. "/python/bin/python -c " ..
  "'import socket; s = socket.create_server((\"127.0.0.1\", 0)); print(s.getsockname()[1])'"))
local url = "http://127.0.0.1:" .. port

local function start()
  local conf = assert(io.open(folder .. "/nginx.conf", "w"))
  conf:write(CONF:format(folder, folder, folder, folder, folder, folder, folder, port, ITEM,
    folder))
  conf:close()
  os.execute(("mkdir -p %s/bench; head -c 4096 /dev/urandom >%s/bench/object; truncate -s 1G %s/bench/large; "
    .. "chmod -R a+rX %s"):format(folder, folder, folder, folder))
  os.execute(("/usr/sbin/nginx -p %s -c %s/nginx.conf 2>%s/stderr & "):format(folder, folder, folder))
  assert(capture("for i in $(seq 100); do curl -s -o /dev/null " .. url .. "/ && echo yes && break; sleep 0.05; done"),
    "nginx does not start")
end

local function stop()
  local file = io.open(folder .. "/pid")
  if file then os.execute("kill " .. file:read "*n") file:close() end
  os.execute("sleep 0.2; rm -rf " .. folder)
end

-- Each: name, what must have been done before, the command.
local peers = { { "passo, lua5.4", "lua5.4 " .. here .. "/peer.lua" },
  { "passo, luajit", "luajit " .. here .. "/peer.lua" } }
local function add(name, prepared, command)
  if prepared then peers[#peers + 1] = { name, command }
  else print("skipped: " .. name .. ", see " .. cache .. "/bench.log") end
end
if options.peers then
  add("boto3", true, cache .. "/python/bin/python " .. here .. "/peer.py")
  local js = cache .. "/js"
  add("JavaScript SDK v3", try(("mkdir -p %s && cp %s/package.json %s/peer.mjs %s && cd %s && "
    .. "(cmp -s package.json installed || npm install --silent --no-audit --no-fund) && cp package.json installed")
    :format(js, here, here, js, js)), "node --no-warnings " .. js .. "/peer.mjs")
  local go = cache .. "/go"
  add("aws-sdk-go-v2", try(("mkdir -p %s && cp -u %s/go/* %s && cd %s && { [ bench -nt main.go ] || "
    .. "{ go mod tidy && go build -o bench . ; } ; }"):format(go, here, go, go)), go .. "/bench")
end

start()
local best = {}
local done, message = pcall(function()
  for _ = 1, options.rounds do
    for _, peer in ipairs(peers) do
      local text = assert(capture(("%s %s %d"):format(peer[2], url, options.calls)), peer[1] .. " failed")
      for name, count, seconds, cpu in text:gmatch "(%a+)%s+(%d+)%s+([%d.e-]+)%s+([%d.e-]+)" do
        local key = name .. peer[1]
        local us = cpu / count * 1e6
        if not best[key] or us < best[key].us then best[key] = { us = us, rate = count / seconds } end
      end
    end
  end
  for _, name in ipairs { "GetItem", "GetObject" } do
    print(("%-10s %-20s %12s %12s"):format(name, "", "calls/s", "CPU us/call"))
    for _, peer in ipairs(peers) do
      local figure = best[name .. peer[1]]
      print(("%-10s %-20s %12.0f %12.1f"):format("", peer[1], figure.rate, figure.us))
    end
  end
  if options.large then
    local ours, theirs, peak = {}, {}, 0
    for i = 1, options.rounds do
      theirs[i] = tonumber(capture(("curl -s -o /dev/null -w '%%{time_total}' %s/bench/large"):format(url)))
      local seconds, kb = capture(("lua5.4 %s/peer.lua %s large"):format(here, url)):match "([%d.]+)%s+(%d+)"
      ours[i], peak = tonumber(seconds), math.max(peak, tonumber(kb))
    end
    table.sort(ours)
    table.sort(theirs)
    print(("1 GiB from S3: passo %.2f s, curl %.2f s: %.0f %% of curl's speed; at most %.0f MB resident"):format(
      ours[1], theirs[1], theirs[1] / ours[1] * 100, peak / 1024))
  end
end)
stop()
if not done then
  io.stderr:write(tostring(message), "\n")
  os.exit(1)
end
