--- Definitions inside deployment templates: SAM, CloudFormation, serverless.yml.
local core = require "passo.core"

local template = {}

local MARKS = { "AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine", "stateMachines" }

--- Whether a text may be such a template: cheap, and sometimes wrong.
function template.likely(text)
  for _, mark in ipairs(MARKS) do
    if text:find(mark, 1, true) then return true end
  end
  return false
end

--- The machines in a template's text; nil when it is none.
---@return passo.TemplateMachine[]?
function template.machines(text, format)
  if not template.likely(text) then return nil end
  local found = core.templates(text, { format = format })
  return found and #found > 0 and found or nil
end

local function names(machines)
  local list = {}
  for i, machine in ipairs(machines) do list[i] = machine.name end
  return table.concat(list, ", ")
end

--- The machine of that name; without one, the only machine there is.
---@return passo.TemplateMachine? machine nil, message
function template.choose(machines, wanted)
  if not wanted and #machines == 1 then return machines[1] end
  for _, machine in ipairs(machines) do
    if machine.name == wanted then return machine end
  end
  if not wanted then
    return nil, ("the template has %d state machines (%s): the option machine says which"):format(#machines,
      names(machines))
  end
  return nil, ("the template has no state machine '%s', but %s"):format(wanted, names(machines))
end

-- The template's own substitutions, what a deployment would know filled in from `set`; `set` itself goes on top.
local function substitutions(own, set)
  if not own or not set then return own or set end
  local all = {}
  for name, value in pairs(own) do
    all[name] = type(value) == "string" and value:gsub("%${([^}]+)}", set) or value
  end
  for name, value in pairs(set) do all[name] = value end
  return all
end

--- What a template's machine is compiled from: a passo.value, or the text of the file it names; then the
--- substitutions to make in it.
---@return passo.Value|string|nil source nil, message
---@return table|string|nil set
function template.source(machine, path, set)
  if machine.error then return nil, ("%s: %s"):format(machine.name, machine.error) end
  if machine.definition then return machine.definition, set end
  local folder = path and path:match "^(.*/)" or ""
  local file, message = io.open(folder .. machine.uri, "rb")
  if not file then return nil, ("%s: %s"):format(machine.name, message) end
  local text = file:read "*a"
  file:close()
  return text, substitutions(machine.values and machine.values:lua(), set)
end

-- A finding of a definition inside a template stands where that definition begins.
local function placed(finding, machine, path)
  finding.machine = machine.name
  if not machine.uri then
    finding.line, finding.column, finding.fix = machine.line, machine.column, nil
  end
  finding.path = path
  finding.message = ("%s: %s"):format(machine.name, finding.message)
  return finding
end

--- All findings of all machines in a template.
---@return passo.Finding[]
function template.check(machines, options, path)
  local all = core.array {}
  for _, machine in ipairs(machines) do
    local source, set = template.source(machine, path, options.set)
    if source then
      local copy = {}
      for key, value in pairs(options) do copy[key] = value end
      copy.format, copy.set, copy.type = nil, set, machine.type or options.type
      for _, finding in ipairs(core.check(source, copy)) do all[#all + 1] = placed(finding, machine, path) end
    else
      all[#all + 1] = core.finding { severity = "ERROR", code = "UNREADABLE_DEFINITION", message = set,
        machine = machine.name, path = path, line = machine.line, column = machine.column }
    end
  end
  return all
end

return template
