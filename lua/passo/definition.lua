--- From Lua tables to definitions: what saga and flow share, and what AWS would take.
local core = require "passo.core"

local definition = {}

--- "timeout_seconds" -> "TimeoutSeconds"; names that begin with a capital stay.
function definition.pascal(name)
  if name:find "^%u" then return name end
  return (name:gsub("_(%l)", string.upper):gsub("^%l", string.upper))
end

local RETRIER = { "interval_seconds", "max_attempts", "backoff_rate", "max_delay_seconds", "jitter_strategy" }

--- One retrier {errors, max_attempts, ...} or a list of them, as Retry has it.
function definition.retry(given)
  if given == nil then return nil end
  local list = given[1] and given or { given }
  local out = core.array {}
  for i, retrier in ipairs(list) do
    local fields = { { "ErrorEquals", core.array(retrier.errors or retrier.ErrorEquals or { "States.ALL" }) } }
    for _, name in ipairs(RETRIER) do
      local value = retrier[name]
      if value == nil then value = retrier[definition.pascal(name)] end
      if value ~= nil then fields[#fields + 1] = { definition.pascal(name), value } end
    end
    out[i] = core.object(fields)
  end
  return out
end

--- Names for the Lua functions of a machine: `lua:<machine>/<state path><suffix>`.
---@return table own the functions by name; :name(path, suffix, fn) gives a name
function definition.names(machine)
  local own = {}
  return own, function(path, suffix, fn)
    local name = ("lua:%s/%s%s"):format(machine, path, suffix)
    own[name] = fn
    return name
  end
end

-- exporting ----------------------------------------------------------------------------------------

local function pointer(path, key)
  return path .. "/" .. tostring(key):gsub("~", "~0"):gsub("/", "~1")
end

-- The pointer of the first Choice rule that asks Lua.
local function find_predicate(node, path)
  if type(node) ~= "table" then return nil end
  if type(node.Condition) == "string" and node.Condition:sub(1, 4) == "lua:" then
    return pointer(path, "Condition"), node.Condition
  end
  local keys = {}
  for key in pairs(node) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) then return a < b end
    return type(a) == "number"
  end)
  for _, key in ipairs(keys) do
    local found, name = find_predicate(node[key], pointer(path, type(key) == "number" and key - 1 or key))
    if found then return found, name end
  end
end

local function replace_resources(node, resources)
  if type(node) ~= "table" then return end
  if type(node.Resource) == "string" and resources[node.Resource] then node.Resource = resources[node.Resource] end
  for _, child in pairs(node) do replace_resources(child, resources) end
end

--- The definition as JSON text.
---@param value passo.Value
---@return string? text nil, message, failure
function definition.asl(value, options)
  options = options or {}
  local tree = value:lua()
  local place, name = find_predicate(tree, "")
  if place then
    local message = ("%s asks the Lua predicate '%s': plain ASL has no such rule"):format(place, name)
    return nil, message, { code = "EINPUT", message = message, location = place }
  end
  if options.resources then replace_resources(tree, options.resources) end
  return core.encode(tree, { pretty = options.pretty ~= false })
end

return definition
