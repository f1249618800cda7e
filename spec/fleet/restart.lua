--- PostgreSQL is stopped and started again, and crashes, while engines are at work.
local audit = require "fleet.audit"
local Fleet = require "fleet.fleet"
local notes = require "fleet.notes"

local restart = {}

-- "told" and "over" of each worker must take turns: told once, and its end.
local function look_at_troubles(fleet, is_wanted)
  local last, told, problems = {}, {}, {}
  notes.each(fleet:path "troubles", function(worker, _, what, code, words)
    if what == "call" then return end
    if code == "ESTORE" and last[worker] == what or (what == "over" and not last[worker]) then
      problems[#problems + 1] = ("%s: '%s' twice in a row (%s)"):format(worker, what, words or "")
    elseif code == "EKEEPER" then
      problems[#problems + 1] = ("%s: %s"):format(worker, words)
    end
    last[worker] = what
    if what == "told" then told[worker] = (told[worker] or 0) + 1 end
  end)
  for i = 1, fleet.count do
    local worker = i .. ".1"
    if is_wanted and not told[worker] then problems[#problems + 1] = worker .. " told nothing of the trouble" end
    if not is_wanted and told[worker] then problems[#problems + 1] = worker .. " told of a trouble that was none" end
    if last[worker] == "told" then problems[#problems + 1] = worker .. " did not tell the end of the trouble" end
  end
  local count = 0
  for _, n in pairs(told) do count = count + n end
  return problems[1] and table.concat(problems, "; ") or nil, count
end

--- Outages of the server that are shorter than calls wait for it, or longer: nil or what is wrong; figures.
---@param options table is_long, away_seconds
function restart.run(server, url, options)
  local fleet = Fleet.new(url .. (options.is_long and "&wait_ms=1000" or ""), { count = 3, every_ms = 100, lease = 5,
    wait = 2, work_ms = 20 })
  fleet:start_all()
  fleet:wait_ready()
  for _, verb in ipairs { "stop_serving", "crash" } do
    Fleet.sleep(2)
    server[verb](server)
    Fleet.sleep(options.away_seconds)
    server:start_again()
  end
  Fleet.sleep(3)
  -- An append whose answer never came has its tasks done again.
  if options.is_long then
    fleet.stalled = {}
    for i = 1, fleet.count do fleet.stalled[i .. ".1"] = true end
  end
  local problem, told = look_at_troubles(fleet, options.is_long)
  local wrong, figures = audit.finish(fleet, problem)
  figures.told = told
  return wrong, figures
end

function restart.words(f)
  return ("%d executions, %d effects, %d of them again, %d takeovers; %d troubles told; the last ended after %.1f s")
    :format(f.executions, f.effects, f.again, f.claims, f.told, f.settled_s)
end

return restart
