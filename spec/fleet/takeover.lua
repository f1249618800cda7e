--- What the others have done while one worker could do nothing: who claimed when.
local notes = require "fleet.notes"

local takeover = {}

--- Looks at what was noted: {taken, first_ms, wrote_again, registered} of the executions that were taken over from
--- worker 1.1's engine between two moments; `wrote_again`: appends of its second registration.
---@param from_ms number when it was cut off
---@param to_ms number when it was let go
function takeover.look(fleet, from_ms, to_ms)
  local mine, workers, out = {}, {}, { taken = 0, wrote_again = 0, registered = 0 }
  notes.each(fleet:path "kept.1", function(what, a, b, c, d)
    if what == "worker" then
      workers[#workers + 1] = a
      if tonumber(b) > from_ms then out.registered = out.registered + 1 end
    elseif what == "claim" then
      mine[a .. "@" .. b] = c
    elseif what == "asleep" then
      mine[a .. "@" .. b] = nil
    elseif what == "append" and workers[2] and d == workers[#workers] then
      out.wrote_again = out.wrote_again + 1
    end
  end)
  for i = 2, fleet.count do
    notes.each(fleet:path("kept." .. i), function(what, id, epoch, _, ms)
      if what == "claim" and tonumber(ms) > from_ms and tonumber(ms) <= to_ms
        and mine[id .. "@" .. ("%.0f"):format(tonumber(epoch) - 1)] == workers[1] then
        out.taken = out.taken + 1
        out.first_ms = math.min(out.first_ms or math.huge, tonumber(ms) - from_ms)
      end
    end)
  end
  return out
end

--- What is missing of a takeover, in words; nil when nothing is.
function takeover.missing(seen)
  if seen.taken == 0 then return "nobody has taken over" end
  if seen.registered == 0 then return "who was cut off did not register anew" end
  if seen.wrote_again == 0 then return "who was cut off did not go on working" end
end

function takeover.words(seen)
  return ("%d executions taken over, the first after %.1f s; afterwards registered anew %d times, %d appends"):format(
    seen.taken, (seen.first_ms or -1) / 1000, seen.registered, seen.wrote_again)
end

return takeover
