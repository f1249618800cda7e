--- How a worker of nginx hears of its transfers: the I/O thread writes a byte to a unix socket, and one light thread
--- reads it. Nginx lets Lua await no other descriptor than those of its own sockets.
local signal = {}

-- Where nginx lets Lua wait; elsewhere a reply could never be heard.
local MAY_WAIT = { rewrite = true, access = true, content = true, timer = true, ssl_cert = true,
  ssl_session_fetch = true, ssl_client_hello = true, server_rewrite = true }

local READ_MS = 60000 -- an idle reader ends after this long; the next transfer starts another
local LEAVING_MS = 50 -- how often the reader of a worker that leaves looks whether it is still needed
local SENTINEL_SECONDS = 86400

local wire, is_reading, has_sentinel

local function refuse(message)
  return nil, message, { code = "EHOST", message = message }
end

local function connect(link)
  local path, message = link.port:listen()
  if not path then return nil, message end
  local socket = ngx.socket.tcp()
  socket:settimeouts(READ_MS, READ_MS, READ_MS)
  local ok
  ok, message = socket:connect("unix:" .. path)
  if not ok then return nil, message end
  if not link.port:accept() then return nil, "nobody has connected" end
  return socket
end

-- A worker that leaves waits for its readers: this one goes as soon as nobody needs it.
local function is_needed(link, was_idle)
  if wire ~= link then return false end
  if ngx.worker.exiting() or was_idle then
    collectgarbage() -- threads that were killed wait for nothing
    return link:is_awaited()
  end
  return true
end

local function read(link)
  local socket, message = connect(link)
  if not socket then return nil, message end
  local was_idle = false
  while is_needed(link, was_idle) do
    if ngx.worker.exiting() then socket:settimeouts(READ_MS, READ_MS, LEAVING_MS) end
    local bytes
    bytes, message = socket:receiveany(64)
    if not bytes and message ~= "timeout" then return nil, message end
    was_idle = not bytes
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

-- Nginx fires the timers of a worker that is to leave at once: the reader hears of it, too.
local function watch_for_the_end(premature)
  has_sentinel = false
  if premature then
    if wire then wire.port:poke() end
  elseif wire then
    has_sentinel = ngx.timer.at(SENTINEL_SECONDS, watch_for_the_end)
  end
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
  if not is_reading then
    is_reading, message = ngx.timer.at(0, read_in_timer, wire)
    if not is_reading then return refuse("nginx starts no timer: " .. message) end
  end
  if not has_sentinel then has_sentinel = ngx.timer.at(SENTINEL_SECONDS, watch_for_the_end) end
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
