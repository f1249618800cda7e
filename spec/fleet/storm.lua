--- Workers that are killed at random and started again, under load; afterwards everything must have happened as if
--- nobody had been.
local audit = require "fleet.audit"
local core = require "passo.core"
local Fleet = require "fleet.fleet"
local random = require "property.random"

local storm = {}

--- Kills for so many seconds, lets the rest finish, and looks: nil or what is wrong; figures.
---@param store string URL
---@param options table seconds, seed, every_ms (between starts of one worker), kill_ms {least, most}
function storm.run(store, options)
  local fleet = Fleet.new(store, { count = 4, every_ms = options.every_ms or 60, lease = 5, wait = 2, work_ms = 20 })
  local draw, kills = random.new(options.seed or os.time() % 100000), 0
  fleet:start_all()
  fleet:wait_ready()
  local began = core.clock()
  local least, most = (table.unpack or unpack)(options.kill_ms or { 200, 1500 }) -- luacheck: ignore
  while core.clock() - began < options.seconds do
    Fleet.sleep(draw:between(least, most) / 1000)
    local i = draw:between(1, fleet.count)
    fleet:signal(i, "KILL")
    kills = kills + 1
    if draw:between(1, 4) == 1 then Fleet.sleep(draw:between(0, 1000) / 1000) end
    fleet:start(i)
  end
  local wrong, figures = audit.finish(fleet)
  figures.kills, figures.seconds = kills, options.seconds
  return wrong, figures
end

function storm.words(f)
  return ("%d kills in %d s, %d executions acknowledged (%d in all), %d appends, %d effects, %d of them again; "
    .. "%d takeovers; the last ended %.1f s after the last start; doctor looked at %d records"):format(f.kills,
    f.seconds, f.started, f.executions, f.appends, f.effects, f.again, f.claims, f.settled_s, f.records)
end

return storm
