--- Where scenarios come from: the recorded executions, the examples' definitions, generated machines. Each has a
--- name by which another process finds it again.
local Scenario = require "crash.scenario"
local asl = require "conformance.asl"
local corpus = require "conformance.corpus"

local sources = {}

local root = (debug.getinfo(1, "S").source:match "^@(.*)/spec/crash/sources%.lua$") or "."

-- Inputs with which the examples do something, and what their tasks answer. What is not here answers {}.
local EXAMPLES = {
  { "approval/approval.asl.json", '{"order":"A-1","amount":950}', {} },
  { "checkout/checkout.asl.json", '{"id":"A-1","books":[{"isbn":"1","quantity":1}],"card":"visa","total":10}', {} },
  { "choice/tickets.asl.json", '{"kind":"refund","amount":10}', {} },
  { "etl/nightly.asl.json", '{"day":"2026-01-01"}', {} },
  { "nginx/quote.asl.json", '{"country":"BR","items":[{"sku":"a","quantity":2}]}', {} },
  { "s3-copy/copy.asl.json", '{"source":"a","target":"b","keys":["x","y"]}', {} },
  { "s3-copy/pages.asl.json", '{"source":"a","target":"b"}', {} },
  { "two-apis/price.asl.json", '{"id":"7"}', {} },
}

--- Names of the examples' scenarios.
function sources.examples()
  local names = {}
  for i in ipairs(EXAMPLES) do names[i] = "example:" .. i end
  return names
end

local function example(number)
  local path, input, results = EXAMPLES[number][1], EXAMPLES[number][2], EXAMPLES[number][3]
  local text = assert(corpus.read_file(root .. "/examples/" .. path))
  return Scenario.example("the example " .. path, text, input, results)
end

--- Names of the recorded executions that can be run, and how many cannot, by reason.
function sources.recorded(folder)
  local names, skipped = {}, {}
  for _, file in ipairs(corpus.files(folder .. "/asl")) do
    corpus.each(file, function(entry)
      local reason = entry.broken or entry.kind ~= "asl" and "not an execution" or asl.skip(entry.case, entry.text)
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
  if kind == "seed" then return Scenario.generated(tonumber(rest)) end
  local found
  corpus.each(rest, function(entry) found = Scenario.recorded(entry) end)
  return found
end

return sources
