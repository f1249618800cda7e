--- What the service models know about a definition: aws-sdk actions that no service has.
local core = require "passo.core"

local check = {}

local function escaped(name)
  return (tostring(name):gsub("~", "~0"):gsub("/", "~1"))
end

-- Calls visit(pointer, resource) for every Task, those in branches and item processors too.
local function each_task(graph, pointer, visit)
  if type(graph) ~= "table" or type(graph.States) ~= "table" then return end
  for name, state in pairs(graph.States) do
    local at = pointer .. "/States/" .. escaped(name)
    if type(state) == "table" then
      if state.Type == "Task" and type(state.Resource) == "string" then visit(at .. "/Resource", state.Resource) end
      each_task(state.ItemProcessor, at .. "/ItemProcessor", visit)
      each_task(state.Iterator, at .. "/Iterator", visit)
      for i, branch in ipairs(type(state.Branches) == "table" and state.Branches or {}) do
        each_task(branch, ("%s/Branches/%d"):format(at, i - 1), visit)
      end
    end
  end
end

-- Where it stands in a JSON text: line and column, from 1.
local function place(text, pointer)
  if type(text) ~= "string" or not text:find "^%s*{" then return nil end
  local span = require("passo.cli.spans").scan(text)[pointer]
  if not span then return nil end
  local before = text:sub(1, span.from - 1)
  local _, lines = before:gsub("\n", "\n")
  return lines + 1, #before:match "[^\n]*$" + 1
end

--- The findings beside the core's: each Task whose action the models do not have.
---@param source string|table|passo.Value
---@param options table of passo.check
---@return passo.Finding[]
function check.findings(source, options)
  if type(source) == "string" and not source:find("aws-sdk:", 1, true) then return {} end
  local machine = core.machine(source, options)
  if not machine then return {} end
  local call, found = require "passo.aws.tasks.call", {}
  each_task(machine:definition():lua(), "", function(pointer, resource)
    local service, verb = resource:match "^arn:[^:]+:states:[^:]*:[^:]*:(aws%-sdk:[^:]+):(%w+)"
    local known, message
    if service then known, message = call.new { service = service, verb = verb } end
    if not service or known then return end
    local line, column = place(source, pointer)
    found[#found + 1] = { severity = options.profile == "unlimited" and "WARNING" or "ERROR",
      code = "SCHEMA_VALIDATION_FAILED", location = pointer, line = line, column = column, hint = message,
      message = ("The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource "
        .. "is not available in this region."):format(resource) }
  end)
  table.sort(found, function(a, b) return a.location < b.location end)
  return found
end

return check
