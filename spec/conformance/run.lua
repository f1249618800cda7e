--- Plays conformance cases: recorded behaviour in, differences out.
---
---   lua5.4 spec/conformance/run.lua [options] DIR|FILE...
---     --engine E         run under that interpreter (lua5.4, luajit, lua5.1)
---     --family F         only this family, or all of a kind (asl, jsonpath, ...)
---     --json             one JSON object instead of the table
---     --migrate          asl cases only: their definitions converted to JSONata must behave as they do
---     --verbose          also names every case that passed
---     --ratchet FILE     fail where a family passes fewer cases than FILE says
---     --ratchet-update FILE   write FILE with what passes now
---
--- Without a place: $PASSO_CORPUS, else ../shared/corpus beside the project's root.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local root = here .. "/../.."
package.path = here .. "/../?.lua;" .. package.path

local function usage(message)
  io.stderr:write("conformance: ", message, "\n")
  os.exit(2)
end

local function parse(arguments)
  local options = { places = {} }
  local i = 1
  local function operand(name)
    i = i + 1
    return arguments[i] or usage(name .. " needs a value")
  end
  while arguments[i] do
    local word = arguments[i]
    if word == "--engine" then options.engine = operand(word)
    elseif word == "--family" then options.family = operand(word)
    elseif word == "--json" then options.json = true
    elseif word == "--migrate" then options.migrate = true
    elseif word == "--verbose" then options.verbose = true
    elseif word == "--ratchet" then options.ratchet = operand(word)
    elseif word == "--ratchet-update" then options.ratchet_update = operand(word)
    elseif word:find("^%-") then usage("no such option: " .. word)
    else options.places[#options.places + 1] = word
    end
    i = i + 1
  end
  return options
end

local function run_under(engine, arguments)
  local words = { engine, arg[0] }
  local i = 1
  while arguments[i] do
    if arguments[i] == "--engine" then i = i + 1 else words[#words + 1] = arguments[i] end
    i = i + 1
  end
  for k, word in ipairs(words) do words[k] = "'" .. word:gsub("'", "'\\''") .. "'" end
  local ok, _, code = os.execute(table.concat(words, " "))
  if type(ok) == "number" then code = ok > 255 and math.floor(ok / 256) or ok end -- Lua 5.1
  os.exit(code or (ok and 0 or 1))
end

local options = parse(arg)
if options.engine then run_under(options.engine, arg) end
require("locate")(root)
local whole = #options.places == 0 and not options.family
if #options.places == 0 then options.places[1] = os.getenv("PASSO_CORPUS") or root .. "/../shared/corpus" end

local core = require "passo.core"
local api = require "conformance.api"
local corpus = require "conformance.corpus"
local asl = require "conformance.asl"
local check = require "conformance.check"
local expressions = require "conformance.expressions"
local jsonata = require "conformance.jsonata"
local migrated = require "conformance.migrated"
local protocols = require "conformance.protocols"
local seeds = require "conformance.seeds"
local sigv4 = require "conformance.sigv4"

-- diff(case, text, path) -> nil or the first difference in words; skip(case, text) -> nil or why it cannot be run
local KINDS = {
  api = { diff = api.diff },
  asl = { diff = asl.diff },
  validation = { diff = check.validation },
  asl_lint = { diff = check.lint },
  jsonata = { diff = jsonata.diff },
  jsonpath = { diff = expressions.jsonpath, skip = expressions.skip_jsonpath },
  json = { diff = expressions.json },
  aws_protocols = { diff = protocols.diff, skip = protocols.skip },
  seeds = { diff = seeds.diff },
  sigv4 = { diff = sigv4.diff, skip = sigv4.skip },
}
if options.migrate then
  KINDS = { asl = { diff = migrated.diff, skip = migrated.skip } }
  options.family = options.family or "asl"
end
local NOT_BUILT = {
  test_state = "TestState is not built yet",
  event_patterns = "EventBridge patterns are not built yet",
}

local results = { total = { passed = 0, failed = 0, skipped = 0 }, families = {}, failures = {} }
local skips = {}

local function count(family, outcome)
  local row = results.families[family] or { passed = 0, failed = 0, skipped = 0 }
  results.families[family] = row
  row[outcome] = row[outcome] + 1
  results.total[outcome] = results.total[outcome] + 1
end

local function skip(entry, reason)
  local key = entry.family .. ": " .. reason
  skips[key] = (skips[key] or 0) + 1
  count(entry.family, "skipped")
end

local function judge(entry)
  local kind = KINDS[entry.kind]
  if not kind then return skip(entry, NOT_BUILT[entry.kind] or "not a format of the corpus") end
  local why = entry.broken and ("the case cannot be read: " .. entry.broken) or nil
  if not why then
    local reason = kind.skip and kind.skip(entry.case, entry.text)
    if reason then return skip(entry, reason) end
    local ok, difference = xpcall(function() return kind.diff(entry.case, entry.text, entry.path) end, function(problem)
      return type(problem) == "string" and problem:find("^[^\n]*%.lua:%d+:") and debug.traceback(problem, 2)
        or tostring(problem)
    end)
    why = difference
    if ok and not why then
      if options.verbose then print("ok   " .. entry.family .. " " .. entry.name) end
      return count(entry.family, "passed")
    end
  end
  count(entry.family, "failed")
  results.failures[#results.failures + 1] = { name = entry.name, family = entry.family, reason = why }
end

local function wanted(entry)
  local family = options.family
  return not family or entry.family == family or entry.kind == family
    or entry.family:sub(1, #family + 1) == family .. "."
end

for _, place in ipairs(options.places) do
  local files = corpus.files(place)
  if #files == 0 then usage("there is no case at " .. place) end
  for _, file in ipairs(files) do
    corpus.each(file, function(entry)
      if wanted(entry) then judge(entry) end
    end)
  end
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- -- the ratchet: what passed once passes for ever ------------------------------------------------

local function ratchet_text()
  local lines = {}
  for _, family in ipairs(sorted_keys(results.families)) do
    local row = results.families[family]
    if row.passed > 0 then lines[#lines + 1] = ("  %s: %d"):format(core.encode(family), row.passed) end
  end
  return "{\n" .. table.concat(lines, ",\n") .. "\n}\n"
end

local function check_ratchet(path)
  local text = corpus.read_file(path) or usage("cannot read " .. path)
  local fallen = {}
  local held = core.decode(text) or usage(path .. " is not JSON")
  for _, family in ipairs(sorted_keys(held)) do
    local now = results.families[family] and results.families[family].passed
    if (now or whole) and (now or 0) < held[family] then
      fallen[#fallen + 1] = ("%s: %d passed before, %d now"):format(family, held[family], now or 0)
    end
  end
  return fallen
end

-- -- the report -----------------------------------------------------------------------------------

-- Which recorded tasks the integrations' own code was tried on, and which it could not be.
local function print_integrations()
  local integrations = require "conformance.integrations"
  if integrations.checked + #integrations.skipped == 0 then return end
  if options.verbose then
    for _, line in ipairs(integrations.skipped) do print("mock alone: " .. line) end
  end
  print(("%d tasks on AWS by the integrations' own code, %d by their recordings alone%s"):format(integrations.checked,
    #integrations.skipped, #integrations.skipped > 0 and not options.verbose and " (--verbose says why)" or ""))
end

local function print_report()
  for _, failure in ipairs(results.failures) do
    print(("FAIL %s %s\n     %s"):format(failure.family, failure.name, failure.reason))
  end
  for _, key in ipairs(sorted_keys(skips)) do print(("skip %5d  %s"):format(skips[key], key)) end
  print(("%-52s %7s %7s %7s"):format("family", "passed", "failed", "skipped"))
  for _, family in ipairs(sorted_keys(results.families)) do
    local row = results.families[family]
    print(("%-52s %7d %7d %7d"):format(family, row.passed, row.failed, row.skipped))
  end
end

local fallen = options.ratchet and check_ratchet(options.ratchet) or {}
if options.ratchet_update then
  local file = assert(io.open(options.ratchet_update, "wb"))
  file:write(ratchet_text())
  file:close()
end

if options.json then
  setmetatable(results.failures, core.array_mt)
  print(core.encode(results))
else
  print_report()
  print_integrations()
  if options.migrate then migrated.print() end
  for _, line in ipairs(fallen) do print("FELL " .. line) end
  print(("%d passed, %d failed, %d skipped"):format(results.total.passed, results.total.failed,
    results.total.skipped))
end
local good = options.ratchet and #fallen == 0 or not options.ratchet and results.total.failed == 0
os.exit(good and 0 or 1)
