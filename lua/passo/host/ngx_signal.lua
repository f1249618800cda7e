--- How a worker of nginx hears of its transfers and stores: the thread that has news writes a byte to a unix socket,
--- and one light thread for each link reads it. Nginx lets Lua await no other descriptor than those of its own sockets.
local signal = {}

-- Where nginx lets Lua wait; elsewhere a reply could never be heard.
local MAY_WAIT = { rewrite = true, access = true, content = true, timer = true, ssl_cert = true,
  ssl_session_fetch = true, ssl_client_hello = true, server_rewrite = true }

local CONNECT_MS = 5000
local READ_MS = 2000000000 -- nginx writes a line about every timeout: this one never comes
local IDLE_SECONDS = 60 -- a reader that nobody has needed for that long ends; the next transfer starts another

-- Link -> {is_reading, was_used}
local served = {}
local has_sentinel, wire

local function refuse(message)
  return nil, message, { code = "EHOST", message = message }
end

-- nil, message, failure in phases that nginx lets nobody wait in.
local function check_phase()
  local phase = ngx.get_phase()
  if MAY_WAIT[phase] then return true end
  return refuse(("nginx lets nobody wait for a reply in the phase '%s'"):format(phase))
end

local function connect(link)
  local path, message = link:open_signal()
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
local function is_needed(link, state)
  if served[link] ~= state then return false end
  return link:is_awaited() or ((state.was_used or link.listens) and not ngx.worker.exiting())
end

local function read(link, state)
  local socket, message = connect(link)
  if not socket then return nil, message end
  while is_needed(link, state) do
    local bytes
    bytes, message = socket:receiveany(64)
    if not bytes then return nil, message end
    link.port:ack()
    link:dispatch()
  end
  socket:close()
  return true
end

local function read_in_timer(_, link, state)
  local ok, message = read(link, state)
  state.is_reading = false
  if ok or served[link] ~= state then return end
  ngx.log(ngx.ERR, "passo: the signal of a thread is lost: ", message)
  if link == wire then signal.unlink() end
end

-- Looks now and then whether the readers are needed. Nginx fires the timers of a worker that is to leave at once: the
-- readers hear of that, too.
local function watch()
  local is_exiting, is_reading = ngx.worker.exiting(), false
  has_sentinel = false
  if is_exiting then collectgarbage() end -- threads that were killed wait for nothing
  for link, state in pairs(served) do
    if state.is_reading then
      is_reading = true
      if is_exiting or not state.was_used then link.port:poke() end
    end
    state.was_used = false
  end
  if is_reading then has_sentinel = ngx.timer.at(IDLE_SECONDS, watch) end
end

--- Somebody wants to wait for the link: its signal is read from now on.
function signal.serve(link)
  local ok, message, failure = check_phase()
  if not ok then return nil, message, failure end
  local state = served[link]
  if not state then
    state = { is_reading = false }
    served[link] = state
  end
  state.was_used = true
  if not state.is_reading then
    state.is_reading, message = ngx.timer.at(0, read_in_timer, link, state)
    if not state.is_reading then return refuse("nginx starts no timer: " .. message) end
  end
  if not has_sentinel then has_sentinel = ngx.timer.at(IDLE_SECONDS, watch) end
  return true
end

--- Before the link's port is closed.
function signal.drop(link)
  local state = served[link]
  served[link] = nil
  if state and state.is_reading then link.port:poke() end
end

--- The worker's link to its transfers.
function signal.link()
  local ok, message, failure = check_phase()
  if ok and not wire then wire, message, failure = require("passo.net.link").open "thread" end
  if not (ok and wire) then return nil, message, failure end
  ok, message, failure = signal.serve(wire)
  if not ok then return nil, message, failure end
  return wire
end

--- Ends the worker's transfers: who waits is told so.
function signal.unlink()
  local link = wire
  wire = nil
  if link then
    signal.drop(link)
    link:close()
  end
end

return signal
