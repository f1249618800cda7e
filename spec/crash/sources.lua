--- Where scenarios come from: the recorded executions, the examples' definitions, generated machines. Each has a
--- name by which another process finds it again.
local Scenario = require "crash.scenario"
local corpus = require "conformance.corpus"
local examples = require "crash.examples"

local sources = {}

local root = (debug.getinfo(1, "S").source:match "^@(.*)/spec/crash/sources%.lua$") or "."

--- Names of the examples' scenarios.
function sources.examples()
  local names = {}
  for i in ipairs(examples) do names[i] = "example:" .. i end
  return names
end

local function example(number)
  local one = examples[number]
  local path, input, results, files = one[1], one[2], one[3], one[4]
  local text = assert(corpus.read_file(root .. "/examples/" .. path))
  return Scenario.example(("the example %s (%d)"):format(path, number), text, input, results, files)
end

-- Express executions with effects; each is started and not waited for, and again by who waits for it.
local EXPRESS = {
  [[{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"lua:a","Next":"W"},
    "W":{"Type":"Wait","Seconds":3,"Next":"B"},"B":{"Type":"Task","Resource":"lua:b","End":true}}}]],
  [[{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
    {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"lua:a","End":true}}},
    {"StartAt":"B","States":{"B":{"Type":"Task","Resource":"lua:b","End":true}}}]}}}]],
  [[{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"lua:a","Next":"F"},"F":{"Type":"Fail","Error":"Wrong"}}}]],
}

--- Names of the Express scenarios.
function sources.express()
  local names = {}
  for i in ipairs(EXPRESS) do
    names[#names + 1] = ("express:%d"):format(i)
    names[#names + 1] = ("sync:%d"):format(i)
  end
  return names
end

--- Names of the recorded executions that can be run, and how many cannot, by reason.
function sources.recorded(folder)
  local names, skipped = {}, {}
  for _, file in ipairs(corpus.files(folder .. "/asl")) do
    corpus.each(file, function(entry)
      local reason = entry.broken or entry.kind ~= "asl" and "not an execution" or nil
      if reason then
        skipped[reason] = (skipped[reason] or 0) + 1
      else
        names[#names + 1] = "case:" .. file
      end
    end)
  end
  return names, skipped
end

function sources.generated(from, count)
  local names = {}
  for seed = from, from + count - 1 do names[#names + 1] = "seed:" .. seed end
  return names
end

--- The scenario of a name.
function sources.get(name)
  local kind, rest = name:match "^(%a+):(.*)$"
  if kind == "example" then return example(tonumber(rest)) end
  if kind == "express" or kind == "sync" then
    return Scenario.express(("the Express machine %s, %s"):format(rest, kind), EXPRESS[tonumber(rest)], kind == "sync")
  end
  if kind == "seed" then return Scenario.generated(tonumber(rest)) end
  local found
  corpus.each(rest, function(entry) found = Scenario.recorded(entry) end)
  return found
end

return sources
