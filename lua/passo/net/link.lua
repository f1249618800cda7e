--- A link: a port of the I/O engine, and who in this Lua state waits for which transfer.
local core = require "passo.net.core"

local unpack = table.unpack or unpack

local Link = {}
Link.__index = Link

--- A new port and nobody who waits; nil, message, failure where no port can be had.
---@param mode "inline"|"thread"
function Link.open(mode)
  local port, message, failure = core.port(mode)
  if not port then return nil, message, failure end
  -- A waiter that was killed is forgotten with its event.
  return setmetatable({ port = port, waiters = setmetatable({}, { __mode = "v" }) }, Link)
end

--- From now on `host` sets the event when the transfer has news.
function Link:watch(id, host, event)
  event.host = host
  self.waiters[id] = event
end

function Link:forget(id)
  self.waiters[id] = nil
end

--- Wakes everybody whose transfer has news.
function Link:dispatch()
  local port, waiters = self.port, self.waiters
  local id, is_last = port:next()
  while id do
    local event = waiters[id]
    if event then event.host:set(event) end
    if is_last then waiters[id] = nil end
    id, is_last = port:next()
  end
end

--- Inline: drives the transfers, waiting for at most `ms`, or until one of the descriptors is readable. False when
--- none is under way.
function Link:step(ms, descriptors)
  local port = self.port
  if not port:busy() then return false end
  local has_news
  if descriptors then has_news = port:step(ms, unpack(descriptors)) else has_news = port:step(ms) end
  if has_news then self:dispatch() end
  return true
end

--- The unix socket that tells of news, for hosts that wait for nothing else.
function Link:open_signal()
  return self.port:listen()
end

--- Ends everything: who waits is told so.
function Link:close()
  self.port:close()
  for _, event in pairs(self.waiters) do event.host:set(event) end
end

--- Whether anybody still waits.
function Link:is_awaited()
  return next(self.waiters) ~= nil
end

return Link
