--- A worker is stopped for longer than its lease, and goes on then.
local audit = require "fleet.audit"
local core = require "passo.core"
local Fleet = require "fleet.fleet"
local notes = require "fleet.notes"
local takeover = require "fleet.takeover"

local stall = {}

local LEASE = 3

-- How many appends the others have noted.
local function others_appends(fleet)
  local count = 0
  for i = 2, fleet.count do
    notes.each(fleet:path("kept." .. i), function(what) if what == "append" then count = count + 1 end end)
  end
  return count
end

-- Stops worker 1 so that the others get on, or so that they do not: within a commit it has the file's lock.
local function stop_worker(fleet, is_within_commit)
  for _ = 1, 200 do
    Fleet.sleep(0.037)
    fleet:signal(1, "STOP")
    Fleet.sleep(0.2)
    local before = others_appends(fleet)
    Fleet.sleep(0.5)
    if (others_appends(fleet) == before) == is_within_commit then return true end
    fleet:signal(1, "CONT")
  end
  return false
end

local function new_fleet(store, count)
  local fleet = Fleet.new(store, { count = count, every_ms = 60, lease = LEASE, wait = 2, work_ms = 20 })
  fleet:start_all()
  fleet:wait_ready()
  Fleet.sleep(3)
  fleet.stalled = {}
  return fleet
end

--- Stopped between its commits: the others take over. nil or what is wrong; figures.
function stall.run(store)
  local fleet = new_fleet(store, 2)
  local problem
  if not stop_worker(fleet, false) then problem = "the worker could not be stopped between its commits" end
  local from_ms = core.now_ms()
  Fleet.sleep(LEASE + 3)
  local to_ms = core.now_ms()
  fleet:signal(1, "CONT")
  Fleet.sleep(4)
  fleet.stalled["1.1"] = true
  local seen = takeover.look(fleet, from_ms, to_ms)
  local wrong, figures = audit.finish(fleet, problem or takeover.missing(seen))
  for name, value in pairs(seen) do figures[name] = value end
  return wrong, figures
end

--- Stopped within a commit on a file that all write to: nobody can get on until it does, but everybody is told.
function stall.within_commit(store)
  local fleet = new_fleet(store, 3)
  local problem
  if not stop_worker(fleet, true) then problem = "the worker could not be stopped within a commit" end
  local from_ms = core.now_ms()
  Fleet.sleep(LEASE + 12)
  local to_ms = core.now_ms()
  fleet:signal(1, "CONT")
  Fleet.sleep(4)
  local told, first_ms, words = {}, nil, nil
  notes.each(fleet:path "troubles", function(worker, ms, what, _, message)
    ms = tonumber(ms)
    if ms < from_ms or ms > to_ms or what ~= "told" then return end
    told[worker], first_ms, words = true, math.min(first_ms or math.huge, ms - from_ms), message
  end)
  for i = 2, 3 do
    if not problem and not told[i .. ".1"] then problem = ("worker %d hung without a word"):format(i) end
  end
  for i = 1, 3 do fleet.stalled[i .. ".1"] = true end
  local wrong, figures = audit.finish(fleet, problem)
  figures.first_ms, figures.words = first_ms, words
  return wrong, figures
end

return stall
