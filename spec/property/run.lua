--- Properties of executions: saved and loaded anywhere, replayed from anywhere, whatever happens to them.
---
---   lua5.4 spec/property/run.lua [options]
---     --count N     generated machines (300)
---     --seed S      the first machine's seed (1); one failure names the seed that shows it alone
---     --corpus DIR  recorded executions to try as well, default $PASSO_CORPUS, else ../shared/corpus
---     --no-corpus   generated machines only
---     --verbose     prints each generated definition
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local root = here .. "/../.."
package.path = here .. "/../?.lua;" .. package.path

local options = { count = 300, seed = 1, corpus = os.getenv("PASSO_CORPUS") or root .. "/../shared/corpus" }
do
  local i = 1
  while arg[i] do
    local word = arg[i]
    if word == "--no-corpus" then options.corpus = nil
    elseif word == "--verbose" then options.verbose = true
    elseif word == "--count" or word == "--seed" or word == "--corpus" then
      i = i + 1
      local value = arg[i]
      options[word:sub(3)] = word == "--corpus" and value or tonumber(value)
      if not options[word:sub(3)] then
        io.stderr:write("property: " .. word .. " needs a value\n")
        os.exit(2)
      end
    else
      io.stderr:write("property: no such option: " .. word .. "\n")
      os.exit(2)
    end
    i = i + 1
  end
end

require("locate")(root)
local core = require "passo.core"
local asl = require "conformance.asl"
local corpus = require "conformance.corpus"
local generate = require "property.generate"
local laws = require "property.laws"
local random = require "property.random"
local walk = require "property.walk"

local SNAPSHOTS = 12 -- replayed of each execution

local passed, failed, skipped = 0, 0, 0
local reasons = {}

-- `check()` gives a difference in words, or nil.
local function judge(name, check)
  local ok, difference = xpcall(check, function(problem)
    return type(problem) == "string" and problem:find("%.lua:%d+:") and debug.traceback(problem, 2)
      or tostring(problem)
  end)
  if ok and not difference then
    passed = passed + 1
    return
  end
  failed = failed + 1
  print(("FAIL %s\n     %s"):format(name, tostring(difference)))
end

-- The laws, for whatever `play(options)` drives to an end.
local function check_laws(machine, play)
  local kept = {}
  local run = play { touch = laws.keep(kept) }
  local difference = laws.history(run.events) or laws.over(run)
  if difference then return difference end
  local reloaded = play { touch = laws.reload(machine or run.machine) }
  difference = laws.diff(laws.transcript(run), laws.transcript(reloaded))
  if difference then return "saved and loaded at every step: " .. difference end
  difference = laws.replay(machine or run.machine, run, kept, SNAPSHOTS)
  if difference then return difference end
  local journal = {}
  local live = play(laws.journal(journal))
  difference = laws.diff(laws.transcript(run), laws.transcript(live))
  if difference then return "while it records: " .. difference end
  difference = laws.recovery(machine or live.machine, live, journal, SNAPSHOTS)
  if difference then return difference end
  return reloaded.saves_otherwise and "a loaded execution saves as something else" or nil
end

for seed = options.seed, options.seed + options.count - 1 do
  judge(("generated machine, --seed %d --count 1"):format(seed), function()
    local definition, input = generate.machine(random.new(seed))
    if options.verbose then print(core.encode(definition)) end
    local machine = assert(core.machine(core.encode(definition)))
    return check_laws(machine, function(with) return walk.run(random.new(seed + 500000), machine, input, with) end)
  end)
end

for _, file in ipairs(options.corpus and corpus.files(options.corpus .. "/asl") or {}) do
  corpus.each(file, function(entry)
    local reason = entry.broken or entry.kind ~= "asl" and "not an execution" or nil
    if reason then
      skipped = skipped + 1
      reasons[reason] = (reasons[reason] or 0) + 1
      return
    end
    judge(entry.name, function()
      return check_laws(nil, function(with) return asl.play(entry.case, entry.text, with) end)
    end)
  end)
end
for reason, count in pairs(reasons) do print(("skip %5d  %s"):format(count, reason)) end

print(("%d passed, %d failed, %d skipped"):format(passed, failed, skipped))
os.exit(failed == 0 and 0 or 1)
