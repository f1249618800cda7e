--- Definitions on their way in: JSON text, tables, passo.values and passo.machines become text, checked in the
--- service's words.
local core = require "passo.core"
local errors = require "passo.engine.errors"

local definitions = {}

--- Whether it is a passo.Machine (of passo.load, passo.parse, passo.saga, passo.flow).
function definitions.is_machine(given)
  return type(given) == "table" and type(given.core) == "userdata" and given.definition ~= nil
end

--- The JSON text of a definition; nil, message, failure when it is none.
function definitions.text(given)
  if type(given) == "string" then return given end
  if definitions.is_machine(given) then return given:definition():json() end
  if type(given) == "userdata" then return given:json() end
  return core.encode(given)
end

-- In the order of the core's, those of AWS's service models behind them.
local function findings(engine, text, machine_type, warnings)
  local options = { type = machine_type, format = "json", warnings = warnings, profile = engine.profile }
  local found = core.check(text, options)
  for _, finding in ipairs(require("passo.aws.check").findings(text, options)) do found[#found + 1] = finding end
  return found
end

--- true, or nil, message, failure (InvalidDefinition) with failure.findings.
function definitions.check(engine, text, machine_type)
  local words, wrong = {}, {}
  for _, finding in ipairs(findings(engine, text, machine_type, false)) do
    if finding.severity == "ERROR" then
      words[#words + 1] = ("%s: %s at %s"):format(finding.code, finding.message, finding.location)
      wrong[#wrong + 1] = finding
    end
  end
  if #words == 0 then return true end
  return errors.fail("InvalidDefinition", ("Invalid State Machine Definition: '%s'"):format(table.concat(words, ", ")),
    { findings = wrong })
end

--- ValidateStateMachineDefinition's answer.
function definitions.validate(engine, text, machine_type, severity, most)
  local diagnostics, result, truncated = core.array {}, "OK", false
  for _, finding in ipairs(findings(engine, text, machine_type, severity == "WARNING")) do
    if finding.severity == "ERROR" then result = "FAIL" end
    if #diagnostics < most then
      diagnostics[#diagnostics + 1] = { severity = finding.severity, code = finding.code, message = finding.message,
        location = finding.location }
    else
      truncated = true
    end
  end
  return { result = result, diagnostics = diagnostics, truncated = truncated }
end

--- The variables that each state reads, for `variableReferences`; nil when none does.
function definitions.variables(text)
  local compiled = core.machine(text, { format = "json" })
  local references = compiled and compiled:variables()
  if not references or next(references) == nil then return nil end
  for _, list in pairs(references) do setmetatable(list, core.array_mt) end
  return references
end

return definitions
