--- Expressions of the JSONata reference suite.
local compare = require "conformance.compare"
local core = require "passo.core"
local corpus = require "conformance.corpus"
local slices = require "conformance.slices"

local jsonata = {}

local datasets = {}

local function dataset(path, name)
  if not datasets[name] then
    local text = assert(corpus.read_file(("%s/datasets/%s.json"):format(path:match "^(.*)/", name)))
    datasets[name] = core.decode(text)
  end
  return datasets[name]
end

-- The functions that a test may have ended by its time or depth: any limit of ours will do.
local LIMITS = { U1001 = true, D2014 = true }

local function diff_error(want, message, failure)
  if not failure then return ("expected the error %s, got a result"):format(want.code) end
  if failure.code ~= want.code and not (want.code == "U1001" and LIMITS[failure.code]) then
    return ("expected the error %s, got %s: %s"):format(want.code, failure.code, message)
  end
  for field, expected in pairs(want) do
    if field ~= "code" and failure[field] ~= expected then
      return ("%s: expected %s = %s, got %s"):format(want.code, field, tostring(expected), tostring(failure[field]))
    end
  end
end

local function judge(case, text, path)
  local members = slices.members(text)
  local data = case.dataset and dataset(path, case.dataset) or members.data and core.decode(members.data)
  local expression, message, failure = core.jsonata(case.expr)
  local result
  if expression then
    result, message, failure = expression:eval(data, case.bindings, { depth = case.depth })
  end
  local expect = case.expect
  if expect.code then return diff_error({ code = expect.code, token = expect.token }, message, failure) end
  if expect.error then return diff_error(expect.error, message, failure) end
  if failure then return ("%s: %s"):format(failure.code, message) end
  if expect.undefinedResult then
    return result ~= nil and "expected nothing, got " .. core.encode(result) or nil
  end
  if result == nil then return "expected " .. core.encode(expect.result) .. ", got nothing" end
  return compare.diff(expect.result, result, "$.result", compare.rules(case))
end

function jsonata.diff(case, text, path)
  local difference = judge(case, text, path)
  return difference and ("%s: %s"):format(case.expr, difference)
end

return jsonata
