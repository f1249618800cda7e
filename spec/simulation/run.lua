--- Simulated deployments, one a seed: whatever goes wrong, each execution ends as if nothing had.
---
---   lua5.4 spec/simulation/run.lua [options]
---     --count N      seeds (200)
---     --seconds N    stop after so long, however many seeds that were
---     --bursts N     go on until so many bursts were kept
---     --seed S       the first (1); a failure names the seed that shows it alone
---     --verbose      a line for each seed
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local root = here .. "/../.."
package.path = here .. "/../?.lua;" .. package.path

local options = { count = 200, seed = 1 }
do
  local i = 1
  while arg[i] do
    local name = arg[i]:match "^%-%-(%a+)$"
    if name == "verbose" then
      options.verbose = true
    elseif name == "count" or name == "seed" or name == "seconds" or name == "bursts" then
      i = i + 1
      options[name] = tonumber(arg[i])
    else
      io.stderr:write("simulation: no such option: " .. arg[i] .. "\n")
      os.exit(2)
    end
    i = i + 1
  end
  if options.bursts then options.count = math.huge end
end

require("locate")(root)
local Simulation = require "simulation.simulation"
local core = require "passo.core"

io.stdout:setvbuf "line"

local passed, failed, bursts = 0, 0, 0
local totals = {}

local function simulate(seed)
  local reference = Simulation.new(seed, { calm = true })
  local problem = reference:run()
  if problem then return "without any trouble: " .. problem end
  local expected = reference:ends()
  local sim = Simulation.new(seed)
  problem = sim:run()
  bursts = bursts + sim.laws.bursts
  for name, count in pairs(sim.counts) do totals[name] = (totals[name] or 0) + count end
  if problem then return problem end
  for name, one in pairs(sim:ends()) do
    problem = sim.laws:check_end(one.row, expected[name])
    if problem then return problem end
  end
  if options.verbose then
    print(("seed %d: %d executions, %d bursts, %d steps, digest %d"):format(seed, #sim.executions, sim.laws.bursts,
      sim.steps, sim.digest))
  end
end

local began = core.clock()
local seed = options.seed
while seed < options.seed + options.count and not (options.seconds and core.clock() - began > options.seconds)
  and not (options.bursts and bursts >= options.bursts) do
  local ok, problem = xpcall(simulate, debug.traceback, seed)
  if ok and not problem then
    passed = passed + 1
  else
    failed = failed + 1
    print(("FAIL a simulated deployment, --seed %d --count 1\n     %s"):format(seed, tostring(problem)))
  end
  seed = seed + 1
end
local names = {}
for name in pairs(totals) do names[#names + 1] = name end
table.sort(names)
for i, name in ipairs(names) do names[i] = ("%d %s"):format(totals[name], name) end
print(("%d bursts in %.1f s; %s"):format(bursts, core.clock() - began, table.concat(names, ", ")))
print(("%d passed, %d failed, 0 skipped"):format(passed, failed))
os.exit(failed == 0 and 0 or 1)
