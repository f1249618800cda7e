--- The host that runs here: whoever waits without having been given one asks for it.
local plain = require "passo.host.plain"

-- Hosts for event loops know by themselves whether their loop runs this coroutine.
local LOOPS = { "passo.host.cqueues", "passo.host.luv" }

return function()
  local host = plain.current()
  if host then return host end
  local nginx = rawget(_G, "ngx")
  if nginx and nginx.get_phase then return require("passo.host.ngx").shared() end
  for _, name in ipairs(LOOPS) do
    local loop = package.loaded[name]
    host = loop and loop.current()
    if host then return host end
  end
  return plain.default()
end
