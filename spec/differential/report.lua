--- Groups what the conformance runner found different among generated expressions.
---
---   lua5.4 spec/conformance/run.lua --json CASES.jsonl >RESULT.json
---   lua5.4 spec/differential/report.lua CASES.jsonl RESULT.json
---
--- It judges nothing: spec/differential/README.md lists what is known to differ, and why.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path
require("locate")(here .. "/../..")
local core = require "passo.core"
local corpus = require "conformance.corpus"

local KINDS = { "both fail with another code", "value against error", "other value" }

local function kind_of(case, difference)
  if case.expect.code then
    return difference:find("^expected the error .* got a result$") and KINDS[2] or KINDS[1]
  end
  return difference:find("^[A-Z]%d%d%d%d: ") and KINDS[2] or KINDS[3]
end

local cases_file, result_file = arg[1], arg[2]
if not result_file then
  io.stderr:write("usage: report.lua CASES.jsonl RESULT.json\n")
  os.exit(2)
end

local result = assert(core.decode(assert(corpus.read_file(result_file))))
local reasons, groups = {}, {}
for _, failure in ipairs(result.failures) do reasons[failure.name] = failure.reason end
for _, kind in ipairs(KINDS) do groups[kind] = {} end

corpus.each(cases_file, function(entry)
  local reason = reasons[entry.name]
  if not reason then return end
  local case = entry.case
  local difference = reason:sub(1, #case.expr) == case.expr and reason:sub(#case.expr + 3) or reason
  local group = groups[kind_of(case, difference)]
  group[#group + 1] = ("  %s  %s\n      %s"):format(case.case, case.expr, difference)
end)

for _, kind in ipairs(KINDS) do
  if #groups[kind] > 0 then print(("%s: %d\n%s"):format(kind, #groups[kind], table.concat(groups[kind], "\n"))) end
end
local total = result.total
print(("%d of %d expressions agree"):format(total.passed, total.passed + total.failed))
for _, kind in ipairs(KINDS) do print(("%6d %s"):format(#groups[kind], kind)) end
