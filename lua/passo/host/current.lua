--- The host that runs here: whoever waits without having been given one asks for it.
local plain = require "passo.host.plain"

local current = {}

-- Hosts for event loops know by themselves whether their loop runs here.
local LOOPS = { "passo.host.cqueues", "passo.host.luv" }

--- The host of the event loop that runs here; nil when none does, or none has been made a host.
function current.loop()
  for _, name in ipairs(LOOPS) do
    local loop = package.loaded[name]
    local host = loop and loop.current()
    if host then return host end
  end
end

--- The host that runs here; where nobody has chosen one, the plain one.
function current.host()
  local host = plain.current()
  if host then return host end
  local nginx = rawget(_G, "ngx")
  if nginx and nginx.get_phase then return require("passo.host.ngx").shared() end
  return current.loop() or plain.default()
end

return current
