--- Executions survive: engines are stopped at every commit, and what goes on must end as if nothing had happened.
---
---   lua5.4 spec/crash/run.lua [options]
---     --all            every commit of every scenario, on SQLite; 10,000 generated machines in memory, 500 on SQLite;
---                      500 kills from outside. Otherwise a sample of each
---     --part NAME      only that: memory, matrix, postgres, outside
---     --corpus DIR     recorded executions, default $PASSO_CORPUS, else ../shared/corpus
---     --seed S --count N   generated machines from that seed on
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local root = here .. "/../.."
package.path = here .. "/../?.lua;" .. package.path

local options = { corpus = os.getenv("PASSO_CORPUS") or root .. "/../shared/corpus", seed = 1 }
do
  local i = 1
  while arg[i] do
    local name = arg[i]:match "^%-%-(%a+)$"
    if name == "all" then
      options.all = true
    elseif name == "part" or name == "corpus" or name == "seed" or name == "count" then
      i = i + 1
      options[name] = (name == "seed" or name == "count") and tonumber(arg[i]) or arg[i]
    else
      io.stderr:write("crash: no such option: " .. arg[i] .. "\n")
      os.exit(2)
    end
    i = i + 1
  end
end

require("locate")(root)
io.stdout:setvbuf "line"
local Scenario = require "crash.scenario"
local matrix = require "crash.matrix"
local memory = require "crash.memory"
local outside = require "crash.outside"
local postgres = require "crash.postgres"
local sources = require "crash.sources"
local core = require "passo.core"

local JOBS = 2
local passed, failed, skipped = 0, 0, 0

local function report(name, difference)
  if not difference then
    passed = passed + 1
    return
  end
  failed = failed + 1
  print(("FAIL %s\n     %s"):format(name, tostring(difference)))
end

local function skip(count, reason)
  skipped = skipped + count
  print(("skip %5d  %s"):format(count, reason))
end

local function guarded(name, fn)
  local ok, problem = xpcall(fn, debug.traceback)
  if not ok then report(name, problem) end
end

local parts = {}

function parts.memory()
  local count = options.count or (options.all and 10000 or 300)
  for seed = options.seed, options.seed + count - 1 do
    local scenario = Scenario.generated(seed)
    guarded(scenario.name, function() memory.try(scenario, seed, options.count and 1000 or 2, report) end)
  end
end

-- All of them, or as many as are wanted, spread evenly.
local function sample(list, count)
  if options.all or #list <= count then return list end
  local out, step = {}, #list / count
  for i = 0, count - 1 do out[#out + 1] = list[math.floor(i * step) + 1] end
  return out
end

local function add(scenarios, names, url, most)
  for _, name in ipairs(names) do scenarios[#scenarios + 1] = { name = name, url = url, most = most } end
end

local function recorded()
  local names, skips = sources.recorded(options.corpus)
  for reason, count in pairs(skips) do skip(count, reason) end
  if #names == 0 then skip(1, "NO CONFORMANCE CORPUS at " .. options.corpus) end
  return names
end

function parts.matrix()
  local scenarios = {}
  add(scenarios, sources.examples(), "sqlite", options.all and 10000 or 8)
  add(scenarios, sources.express(), "sqlite", 10000)
  add(scenarios, sample(recorded(), 60), "sqlite", options.all and 10000 or 6)
  add(scenarios, sources.generated(options.seed, options.all and 500 or 40), "sqlite", options.all and 1 or 2)
  matrix.run(here, scenarios, JOBS, report)
end

function parts.postgres()
  local urls, stop = postgres.start(JOBS)
  if not urls then return skip(1, "no PostgreSQL: " .. tostring(stop)) end
  local names, scenarios = {}, {}
  for _, list in ipairs { sources.examples(), sources.express(), sample(recorded(), 10),
    sources.generated(options.seed, options.all and 20 or 4) } do
    for _, name in ipairs(list) do names[#names + 1] = name end
  end
  -- A shard has every JOBS-th scenario, and a database of its own.
  for i, name in ipairs(names) do
    scenarios[i] = { name = name, url = urls[(i - 1) % JOBS + 1], most = options.all and 6 or 1 }
  end
  guarded("PostgreSQL", function() matrix.run(here, scenarios, JOBS, report) end)
  stop()
end

function parts.outside()
  outside.run(here, options.all and 500 or 20, report)
end

for _, name in ipairs { "memory", "matrix", "postgres", "outside" } do
  if not options.part or options.part == name then
    local began, before = core.clock(), passed
    guarded(name, parts[name])
    print(("%-8s %6d passed in %.1f s"):format(name, passed - before, core.clock() - began))
  end
end
print(("%d passed, %d failed, %d skipped"):format(passed, failed, skipped))
os.exit(failed == 0 and 0 or 1)
