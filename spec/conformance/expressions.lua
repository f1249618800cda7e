--- JSONPath selectors and JSON texts.
local base64 = require "conformance.wire.base64"
local core = require "passo.core"
local compare = require "conformance.compare"
local slices = require "conformance.slices"

local expressions = {}

local function has_flag(case, name)
  for _, flag in ipairs(case.flags or {}) do
    if flag == name then return true end
  end
  return false
end

-- -- jsonpath --------------------------------------------------------------------------------------

local function lua_value(v)
  if type(v) == "userdata" and v ~= core.null then return v:lua() end
  return v
end

local function diff_result(expected, actual, any_order, rules)
  if any_order and compare.is_array(expected) and compare.is_array(actual)
    and compare.same_elements(expected, actual, rules) then
    return nil
  end
  return compare.diff(expected, actual, "$.result", rules)
end

local function diff_answer(answer, status, result, any_order, rules)
  if answer.status == "ok" then
    if status ~= "ok" then return ("expected %s, got %s"):format(core.encode(answer.result), status) end
    return diff_result(answer.result, result, any_order, rules)
  end
  if answer.status == "error" and status ~= "ok" then return nil end
  if answer.status ~= status then return ("expected %s, got %s"):format(answer.status, status) end
  return nil
end

--- Jayway's answer; where its versions disagree either will do, since AWS's version is not known.
function expressions.jsonpath(case, text)
  local rules = compare.rules(case)
  local document = case.document_text or slices.members(text).document
  local status, result, paths = core.jsonpath(case.selector, core.value(document))
  if case.compile_only then
    return status == "invalid_path" and case.jayway.status ~= "invalid_path" and "the path is refused" or nil
  end
  result, paths = lua_value(result), lua_value(paths)
  local any_order = has_flag(case, "order_of_traversal")
  local difference = diff_answer(case.jayway, status, result, any_order, rules)
  if difference and case.jayway_2_0_0 and not diff_answer(case.jayway_2_0_0, status, result, any_order, rules) then
    return nil
  end
  if not difference and case.paths and paths then
    difference = diff_result(case.paths, paths, any_order, rules)
    if difference then difference = "paths: " .. difference end
  end
  return difference and (case.selector .. ": " .. difference) or nil
end

function expressions.skip_jsonpath()
  if not core.jsonpath then return "core.jsonpath is not built yet" end
  return nil
end

-- -- json ------------------------------------------------------------------------------------------

function expressions.json(case)
  local bytes = base64.decode(case.bytes_base64)
  local decoded, message = core.decode(bytes)
  if case.expect == "either" then return nil end
  if case.expect == "reject" then
    return decoded ~= nil and "taken as " .. core.encode(decoded):sub(1, 60) or nil
  end
  if decoded == nil then return "refused: " .. tostring(message) end
  local value = core.value(bytes)
  if not core.value(value:json()):equal(value) then return "its print reads back as something else" end
  return nil
end

return expressions
