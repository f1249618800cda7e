--- How a worker of nginx hears of its transfers: the I/O thread writes a byte to a unix socket, and one light thread
--- reads it. Nginx lets Lua await no other descriptor than those of its own sockets.
local signal = {}

-- Where nginx lets Lua wait; elsewhere a reply could never be heard.
local MAY_WAIT = { rewrite = true, access = true, content = true, timer = true, ssl_cert = true,
  ssl_session_fetch = true, ssl_client_hello = true, server_rewrite = true }

local CONNECT_MS = 5000
local READ_MS = 2000000000 -- nginx writes a line about every timeout: this one never comes
local IDLE_SECONDS = 60 -- a reader that nobody has needed for that long ends; the next transfer starts another

local wire, is_reading, has_sentinel, was_used

local function refuse(message)
  return nil, message, { code = "EHOST", message = message }
end

local function connect(link)
  local path, message = link.port:listen()
  if not path then return nil, message end
  local socket = ngx.socket.tcp()
  socket:settimeouts(CONNECT_MS, CONNECT_MS, READ_MS)
  local ok
  ok, message = socket:connect("unix:" .. path)
  if not ok then return nil, message end
  if not link.port:accept() then return nil, "nobody has connected" end
  return socket
end

-- A worker that leaves waits for its readers: this one goes as soon as nobody needs it.
local function is_needed(link)
  return wire == link and ((was_used and not ngx.worker.exiting()) or link:is_awaited())
end

local function read(link)
  local socket, message = connect(link)
  if not socket then return nil, message end
  while is_needed(link) do
    local bytes
    bytes, message = socket:receiveany(64)
    if not bytes then return nil, message end
    link.port:ack()
    link:dispatch()
  end
  socket:close()
  return true
end

local function read_in_timer(_, link)
  local ok, message = read(link)
  if wire ~= link then return end
  is_reading = false
  if ok then return end
  ngx.log(ngx.ERR, "passo: the I/O thread's signal is lost: ", message)
  signal.unlink()
end

-- Looks now and then whether the reader is needed. Nginx fires the timers of a worker that is to leave at once: the
-- reader hears of that, too.
local function watch()
  has_sentinel = false
  if not is_reading then return end
  if ngx.worker.exiting() then collectgarbage() end -- threads that were killed wait for nothing
  if ngx.worker.exiting() or not was_used then wire.port:poke() end
  was_used = false
  has_sentinel = ngx.timer.at(IDLE_SECONDS, watch)
end

--- The worker's link, with somebody who reads its signal.
function signal.link()
  local phase = ngx.get_phase()
  if not MAY_WAIT[phase] then
    return refuse(("nginx lets nobody wait for a reply in the phase '%s'"):format(phase))
  end
  local message, failure
  if not wire then
    wire, message, failure = require("passo.net.link").open "thread"
    if not wire then return nil, message, failure end
  end
  was_used = true
  if not is_reading then
    is_reading, message = ngx.timer.at(0, read_in_timer, wire)
    if not is_reading then return refuse("nginx starts no timer: " .. message) end
  end
  if not has_sentinel then has_sentinel = ngx.timer.at(IDLE_SECONDS, watch) end
  return wire
end

--- Ends the worker's transfers: who waits is told so.
function signal.unlink()
  local link = wire
  wire, is_reading = nil, false
  if link then
    link.port:poke()
    link:close()
  end
end

return signal
