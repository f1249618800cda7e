--- How long a callback takes that is posted in one process for an execution that another owns, or that sleeps.
local Fleet = require "fleet.fleet"
local notes = require "fleet.notes"

local bell = {}

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"

--- COUNT callbacks, each posted `pause_ms` after it was asked for: {p50, p99, longest} in milliseconds; nil and why.
function bell.measure(store, count, pause_ms)
  local folder = Fleet.shell "mktemp -d":match "%S+"
  local url = store:gsub("FOLDER", folder)
  local command = ("lua5.4 %s/caller.lua %%s %s %s %d %d 2>&1"):format(Fleet.quote(here), Fleet.quote(url),
    Fleet.quote(folder), count, pause_ms)
  local said = Fleet.shell(("(%s) & sleep 0.5; %s; wait"):format(command:format "owner", command:format "caller"))
  local sent, took = {}, {}
  notes.each(folder .. "/sent", function(name, ms) sent[name] = tonumber(ms) end)
  notes.each(folder .. "/heard", function(name, ms) took[#took + 1] = tonumber(ms) - sent[name] end)
  os.execute("rm -rf " .. Fleet.quote(folder))
  if #took ~= count then return nil, ("%d of %d callbacks were heard: %s"):format(#took, count, said) end
  table.sort(took)
  return { p50 = took[math.ceil(count * 0.5)], p99 = took[math.ceil(count * 0.99)], longest = took[count] }
end

return bell
