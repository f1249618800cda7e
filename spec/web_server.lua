--- An nginx on loopback for the specs of passo.net: plain HTTP, TLS by a CA of its own, and locations that misbehave.
local web = {}

local MODULES = "/usr/lib/nginx/modules"

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

-- Whether it can run: nginx with its Lua module, and openssl for the certificates.
web.can_run = exists "/usr/sbin/nginx" and exists(MODULES .. "/ngx_http_lua_module.so") and exists "/usr/bin/openssl"

function web.capture(command)
  local pipe = assert(io.popen("env -u LD_PRELOAD " .. command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

function web.write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local CONF = [[
load_module MODULES/ndk_http_module.so;
load_module MODULES/ngx_http_lua_module.so;
daemon off; worker_processes WORKERS; pid FOLDER/pid; error_log FOLDER/error.log notice;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/f;
  uwsgi_temp_path FOLDER/u; scgi_temp_path FOLDER/s; client_max_body_size 0; keepalive_requests 1000000;
  BODY
}
]]

local CERTIFICATES = [[
cd FOLDER && for ca in ca other; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $ca.key -out $ca.pem -days 2 \
    -subj "/CN=passo test $ca"
done && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr \
  -subj /CN=localhost && echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names &&
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names
]]

local function fill(text, words)
  return (text:gsub("%u+", function(word) return words[word] end))
end

local function wait_until(fn)
  for _ = 1, 200 do
    if fn() then return true end
    os.execute "sleep 0.02"
  end
  return false
end

-- What nobody listens on now; two specs that draw the same one try again.
local function draw_port()
  return 20000 + tonumber((web.capture "od -An -N2 -tu2 /dev/urandom")) % 20000
end

--- Starts a server that has ended again. False when it does not come.
function web.resume(server)
  local folder = server.folder
  os.execute(("env -u LD_PRELOAD nginx -p %s/ -c %s/nginx.conf >%s/out 2>&1 & echo $! >%s/main"):format(folder, folder,
    folder, folder))
  server.pid = web.capture("cat " .. folder .. "/main"):match "%d+"
  return wait_until(function()
    return exists(folder .. "/pid") and web.capture("cat " .. folder .. "/pid"):match "%d"
  end)
end

local function start_once(body, options)
  local folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir -m 755 " .. folder)
  local port = draw_port()
  os.execute("mkdir -m 777 " .. folder .. "/data") -- for workers, which run as nobody
  local words = { MODULES = MODULES, FOLDER = folder, PORT = tostring(port), TLSPORT = tostring(port + 1),
    WORKERS = tostring(options.workers or 1) }
  if options.tls then
    web.write(folder .. "/certificates.sh", fill(CERTIFICATES, words))
    web.capture(("sh %s/certificates.sh 2>&1"):format(folder))
  end
  words.BODY = fill(body, words)
  web.write(folder .. "/nginx.conf", fill(CONF, words))
  for name, text in pairs(options.files or {}) do web.write(folder .. "/" .. name, text) end
  local server = { folder = folder, port = port, url = "http://127.0.0.1:" .. port,
    tls_url = "https://localhost:" .. port + 1, ca = folder .. "/ca.pem", other_ca = folder .. "/other.pem" }
  if web.resume(server) then return server end
  return nil, web.capture("cat " .. folder .. "/out " .. folder .. "/error.log 2>&1")
end

--- A server with these `server {}` blocks, in which PORT, TLSPORT and FOLDER stand for its own.
function web.start(body, options)
  local server, message
  for _ = 1, 5 do
    server, message = start_once(body, options or {})
    if server then return server end
  end
  error("nginx does not start: " .. message)
end

function web.errors(server)
  return web.capture("cat " .. server.folder .. "/error.log")
end

function web.stop(server)
  os.execute("kill " .. server.pid .. " 2>/dev/null")
  wait_until(function() return not exists("/proc/" .. server.pid .. "/stat") end)
  os.execute("rm -rf " .. server.folder)
end

--- What most specs of passo.net need.
web.USUAL = [[
  lua_shared_dict seen 1m;
  server {
    listen 127.0.0.1:PORT; listen 127.0.0.1:TLSPORT ssl http2;
    ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.key; root FOLDER;
    location = /fast { return 200 '{"ok":true}'; }
    location = /version { return 200 $server_protocol; }
    location = /connection { return 200 $connection; }
    location = /slow { content_by_lua_block { ngx.sleep(tonumber(ngx.var.arg_s or 0.02)) ngx.print "slow" } }
    location = /echo { client_body_buffer_size 4m; content_by_lua_block {
      ngx.req.read_body() ngx.print(ngx.req.raw_header(), ngx.req.get_body_data() or "") } }
    location = /count { content_by_lua_block {
      local socket, count = ngx.req.socket(), 0
      while socket do
        local piece = socket:receiveany(65536)
        if not piece then break end
        count = count + #piece
      end
      ngx.print(count) } }
    location = /large { content_by_lua_block {
      local piece = ("0123456789abcdef"):rep(4096)
      for _ = 1, tonumber(ngx.var.arg_n) do ngx.print(piece) ngx.flush(true) end } }
    location = /refuse { return 403 "no"; }
    location = /moved { return 302 /fast; }
    location = /reset { content_by_lua_block { ngx.exit(444) } }
    location = /garbage { content_by_lua_block { local s = ngx.req.socket(true) s:send "\0\1\2 garbage\r\n\r\n" } }
    location = /half { content_by_lua_block {
      local s = ngx.req.socket(true) s:send "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" } }
    location = /chunk { content_by_lua_block {
      local s = ngx.req.socket(true) s:send "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal" } }
    location = /header { content_by_lua_block {
      local s = ngx.req.socket(true) s:send "HTTP/1.1 200 OK\r\nContent-Le" } }
    location = /endless { content_by_lua_block {
      local s = ngx.req.socket(true) s:send "HTTP/1.1 200 OK\r\n"
      for i = 1, 100000 do if not s:send("X-" .. i .. ": " .. ("x"):rep(1000) .. "\r\n") then break end end } }
    location = /stall { content_by_lua_block {
      ngx.print "some" ngx.flush(true) ngx.sleep(tonumber(ngx.var.arg_s or 30)) ngx.print "more" } }
    location = /gone { lua_check_client_abort on; content_by_lua_block {
      ngx.on_abort(function() ngx.shared.seen:incr("gone", 1, 0) ngx.exit(499) end)
      ngx.shared.seen:incr("come", 1, 0) ngx.sleep(30) } }
    location = /seen { content_by_lua_block { ngx.print(ngx.shared.seen:get(ngx.var.arg_what) or 0) } }
  }
]]

return web
