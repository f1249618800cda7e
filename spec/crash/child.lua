--- One process of the crash matrix: finishes what its predecessor has left behind when it was killed, compares, and
--- goes on with the next point, where it is killed itself.
---
---   lua5.4 spec/crash/child.lua FOLDER
---
--- FOLDER/scenarios  names, one a line, each with the URL of a store or nothing (a file of SQLite's in FOLDER) and the
---                   most points to try; FOLDER/state  where the work stands;  FOLDER/results  one line a point.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local root = here .. "/../.."
package.path = here .. "/../?.lua;" .. package.path
require("locate")(root)

local core = require "passo.core"
local fatal = require "crash.fatal"
local Ledger = require "crash.ledger"
local random = require "property.random"
local sources = require "crash.sources"
local stage = require "crash.stage"
local stores = require "crash.stores"
local story = require "crash.story"

local folder = arg[1]

local function read(name)
  local file = io.open(folder .. "/" .. name, "rb")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
end

local results = assert(io.open(folder .. "/results", "ab"))
results:setvbuf "full"
local function report(name, difference)
  local words = difference and "\n     " .. difference:gsub("\n", " ") or ""
  results:write(difference and "FAIL " or "ok ", name, words, "\n")
  results:flush()
end

-- The state is a table of numbers and texts, written as JSON before every dangerous step.
local state = core.decode(read "state" or '{"next":1,"points":[]}')
local function save() write("state", core.encode(state)) end

local function point_name(scenario)
  return ("%s, killed %s commit %d of %d"):format(scenario.name, state.side, state.at, state.positions)
end

-- -- finishing what was killed -------------------------------------------------------------------------

-- Plays on the state's store, whose clock is the host's.
local function play(scenario, options)
  local clock = stores.clock(options.now_ms or stage.START_MS)
  local plan = options.plan or {}
  local prepare = plan.prepare
  function plan.prepare(host)
    clock.host = host
    if prepare then prepare(host) end
  end
  options.plan = plan
  local real = stores.open(state.store, folder, clock)
  if options.before then options.before(real) end
  local how, message = stage.play(scenario, real, options)
  return real, how, message
end

local function finish(scenario)
  local reference = Ledger.open(folder .. "/reference.ledger")
  scenario:follow(reference)
  local ledger = Ledger.open(folder .. "/ledger")
  local crash
  local real, how, message = play(scenario, { ledger = ledger, now_ms = state.died_ms,
    before = function(store) crash = story.at_crash(store, ledger) end })
  if not how then return message end
  local expected = { story = story.read(read "reference.story"), ledger = reference }
  local difference = story.diff_crash(scenario, expected, crash, story.of(real), ledger)
  ledger:close()
  real:close()
  return difference
end

-- -- the run without a crash -----------------------------------------------------------------------------

local function choose(positions, most, seed)
  local points, draw = core.array {}, random.new(seed)
  for at = 1, positions do
    points[#points + 1] = at * 2
    points[#points + 1] = at * 2 + 1
  end
  while #points > most do table.remove(points, draw:between(1, #points)) end
  return points
end

local function reference(scenario, most)
  os.remove(folder .. "/reference.ledger")
  stores.clear(state.store, folder)
  local ledger, plan = Ledger.open(folder .. "/reference.ledger"), {}
  local real, how, message = play(scenario, { ledger = ledger, plan = plan })
  if not how then
    real:close()
    return report(scenario.name .. ", not killed at all", message)
  end
  write("reference.story", story.write(story.of(real)))
  state.positions = plan.seen
  state.points = choose(plan.seen, most, #scenario.name + plan.seen)
  real:close()
  ledger:close()
end

-- -- the next point ------------------------------------------------------------------------------------

local function die_at(point, scenario)
  state.at, state.side = math.floor(point / 2), point % 2 == 0 and "before" or "after"
  state.in_flight = true
  os.remove(folder .. "/ledger")
  stores.clear(state.store, folder)
  scenario:follow(Ledger.open(folder .. "/reference.ledger"))
  local plan = { at = state.at, side = state.side }
  function plan.prepare(host) plan.host = host end
  function plan.die()
    state.died_ms = plan.host:now_ms()
    save()
    fatal.kill()
  end
  save()
  local ledger = Ledger.open(folder .. "/ledger")
  local real, how, message = play(scenario, { ledger = ledger, plan = plan })
  local told = how and story.of(real)
  real:close()
  ledger:close()
  state.in_flight = nil
  -- A server's answers do not come by the virtual clock: a last append, which only takes letters away, may be spared.
  -- Then nothing was killed, and all must be as without a crash.
  if how == "ended" and state.store ~= "sqlite" and state.at == state.positions then
    return report(point_name(scenario), story.diff(story.read(read "reference.story"), told, scenario.is_unordered))
  end
  report(point_name(scenario), message or ("the commit was never reached (%s)"):format(tostring(how)))
end

local list = {}
for line in read("scenarios"):gmatch "[^\n]+" do
  local most, url, name = line:match "^(%d+) (%S+) (.*)$"
  list[#list + 1] = { most = tonumber(most), url = url, name = name }
end

local function guarded(step)
  local ok, problem = xpcall(step, debug.traceback)
  if ok then return problem end
  return "the spec itself failed: " .. tostring(problem)
end

if state.in_flight then
  local scenario = sources.get(state.scenario)
  state.in_flight = nil
  state.is_finishing = true
  save()
  local difference = guarded(function() return finish(scenario) end)
  state.is_finishing = nil
  save()
  report(point_name(scenario), difference)
elseif state.is_finishing then
  state.is_finishing = nil
  report(point_name(sources.get(state.scenario)), "the process that was to go on died, too")
end

while true do
  local point = table.remove(state.points, 1)
  if point then
    local scenario = sources.get(state.scenario)
    local problem = guarded(function() die_at(point, scenario) end)
    if problem then report(point_name(scenario), problem) end
  else
    local one = list[state.next]
    if not one then os.exit(0) end
    state.next = state.next + 1
    state.scenario, state.store = one.name, one.url
    local scenario = sources.get(one.name)
    local problem = guarded(function() reference(scenario, one.most) end)
    if problem then report(scenario.name, problem) end
    save()
  end
end
