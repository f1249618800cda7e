--- Definitions against the checker: recorded diagnostics, and corpora of valid and invalid machines.
local core = require "passo.core"
local compare = require "conformance.compare"
local slices = require "conformance.slices"

local check = {}

local function errors_of(findings)
  local out = {}
  for _, finding in ipairs(findings) do
    if finding.severity == "ERROR" then out[#out + 1] = finding end
  end
  return out
end

local function describe(findings)
  local out = {}
  for i, finding in ipairs(findings) do
    if i > 3 then break end
    out[i] = ("%s: %s at %s"):format(finding.code, finding.message, tostring(finding.location))
  end
  return table.concat(out, "; ")
end

-- -- validation: what ValidateStateMachineDefinition and CreateStateMachine answered ---------------

local function diff_diagnostics(case, findings, rules)
  local actual = setmetatable({}, core.array_mt)
  for i, finding in ipairs(findings) do
    actual[i] = { severity = finding.severity, code = finding.code, message = finding.message,
      location = finding.location }
  end
  local result = #errors_of(findings) > 0 and "FAIL" or "OK"
  return compare.diff(case.expect.result, result, "$.expect.result", rules)
    or compare.diff(case.expect.diagnostics, actual, "$.expect.diagnostics", rules)
end

local function diff_refusal(case, findings, rules)
  local expected, errors = case.expect.error, errors_of(findings)
  if #errors == 0 then return "the checker takes the definition; expected " .. expected.message end
  if case.messageComparable == false then return nil end
  local words = {}
  for i, finding in ipairs(errors) do
    words[i] = ("%s: %s at %s"):format(finding.code, finding.message:gsub("%s+$", ""), tostring(finding.location))
  end
  local message = ("Invalid State Machine Definition: '%s'"):format(table.concat(words, ", "))
  return compare.diff(expected.message, message, "$.expect.error.message", rules)
end

function check.validation(case)
  local rules = compare.rules(case)
  local findings = core.check(case.definitionText, { type = case.type, format = "json", warnings = false })
  if case.expect.error then return diff_refusal(case, findings, rules) end
  return diff_diagnostics(case, findings, rules)
end

-- -- asl_lint: valid or not ------------------------------------------------------------------------

local function has_flag(case, name)
  for _, flag in ipairs(case.flags or {}) do
    if flag == name then return true end
  end
  return false
end

function check.lint(case, text)
  local definition = case.text
  if case.definition ~= nil and not has_flag(case, "duplicate_keys") then
    definition = slices.members(text).definition
  end
  local errors = errors_of(core.check(definition, { type = case.machine_type or "STANDARD", warnings = false }))
  local note = case.flags and #case.flags > 0 and (" [" .. table.concat(case.flags, ", ") .. "]") or ""
  if case.valid and #errors > 0 then return "valid, but refused: " .. describe(errors) .. note end
  if not case.valid and #errors == 0 then
    return "invalid, but taken; the fixture says: " .. core.encode(case.problems or core.null) .. note
  end
  return nil
end

return check
