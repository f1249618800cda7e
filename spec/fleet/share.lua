--- Several processes on one SQLite file, beside one alone on another.
local core = require "passo.core"
local Fleet = require "fleet.fleet"

local share = {}

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"
local WARM_MS = 1500
local IN_FLIGHT = 50

--- `count` processes at once: what each has done.
local function run(count, seconds)
  local folder = Fleet.shell "mktemp -d":match "%S+"
  local from_ms = core.now_ms() + WARM_MS
  local parts = {}
  for i = 1, count do
    parts[i] = ("lua5.4 %s/sharer.lua sqlite:%s/share.db %.0f %.0f %d >%s/part%d 2>%s/errors &"):format(
      Fleet.quote(here), folder, from_ms, from_ms + seconds * 1000, IN_FLIGHT, folder, i, folder)
  end
  Fleet.shell(table.concat(parts, " ") .. " wait")
  local sum, each, longest, refused = 0, {}, 0, 0
  for i = 1, count do
    local text = Fleet.shell(("cat %s/part%d"):format(folder, i))
    local ended, _, ms, no = text:match "(%S+) (%S+) (%S+) (%S+)"
    each[i] = tonumber(ended) or 0
    sum, longest = sum + each[i], math.max(longest, tonumber(ms) or math.huge)
    refused = refused + (tonumber(no) or 1)
  end
  local said = Fleet.shell(("head -n 3 %s/errors"):format(folder))
  os.execute("rm -rf " .. Fleet.quote(folder))
  table.sort(each)
  return { per_s = sum / seconds, least = each[1] / math.max(1, sum), longest_ms = longest, refused = refused,
    said = said }
end

--- One alone, then `count` together: their figures.
function share.measure(count, seconds)
  return run(1, seconds), run(count, seconds)
end

return share
