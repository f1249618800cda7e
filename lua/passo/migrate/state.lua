--- One state from JSONPath to JSONata: its fields, read as what they do to the state's data, and said again.
local choice = require "passo.migrate.choice"
local intrinsic = require "passo.migrate.intrinsic"
local path = require "passo.migrate.path"
local symbol = require "passo.migrate.symbol"
local tree = require "passo.migrate.tree"

local state = {}

-- -- templates and paths ---------------------------------------------------------------------------

-- What a field in whose name ".$" stood is filled with.
local function filled(text, scope)
  if intrinsic.is(text) then return intrinsic.read(text, scope) end
  local it = path.read(text, scope.whole)
  -- An element behind the end of a list is null in a template.
  if it.kind == "path" and text:find "%[%d+%]$" then
    return symbol.path(it.root, it.steps, true)
  end
  return it
end

local function template(node, scope)
  if node.kind ~= "object" and node.kind ~= "array" then return node end
  local out = { kind = node.kind }
  for i, part in ipairs(node) do
    if node.kind == "array" then
      out[i] = template(part, scope)
    else
      local name = part[1]:match "^(.*)%.%$$"
      out[i] = name and { name, filled(tree.word(part[2]) or symbol.unfit("%s is no text", part[1]), scope) }
        or { part[1], template(part[2], scope) }
    end
  end
  return out
end

-- A path as InputPath and OutputPath have it: null is {}.
local function filtered(node, whole)
  if not node then return whole end
  if node.kind == "null" then return { kind = "object" } end
  return (path.read(tree.word(node) or symbol.unfit "is no path", whole))
end

-- A number that a path leads to; AWS also takes it from a text.
local function count(node, scope)
  local it = path.read(node.text, scope.whole)
  if it.kind ~= "path" then return symbol.field(it, scope.calls) end
  return symbol.braced(("%s(%s)"):format(scope.calls "number", symbol.path_text(it)))
end

local function plain(node, scope)
  return symbol.field((path.read(node.text, scope.whole)), scope.calls)
end

local function computed(node, scope)
  return symbol.field(filled(node.text, scope), scope.calls)
end

local function template_field(node, scope)
  return symbol.field(template(node, scope), scope.calls)
end

-- -- renamed fields --------------------------------------------------------------------------------
-- Their new name, and what makes the new value of the old one.

local RENAMED = {
  TimeoutSecondsPath = { "TimeoutSeconds", count }, HeartbeatSecondsPath = { "HeartbeatSeconds", count },
  MaxConcurrencyPath = { "MaxConcurrency", count },
  ToleratedFailureCountPath = { "ToleratedFailureCount", count },
  ToleratedFailurePercentagePath = { "ToleratedFailurePercentage", count },
  SecondsPath = { "Seconds", plain }, TimestampPath = { "Timestamp", plain },
  ErrorPath = { "Error", computed }, CausePath = { "Cause", computed },
  Error = { "Error", template_field }, Cause = { "Cause", template_field },
  Credentials = { "Credentials", template_field }, ItemSelector = { "ItemSelector", template_field },
}

local function members(node, table_of, scope)
  local out = { kind = "object" }
  for i, member in ipairs(node) do
    local how = table_of[member[1]]
    out[i] = how and { how[1], how[2](member[2], scope) } or member
  end
  return out
end

local PARTS = {
  ReaderConfig = { MaxItemsPath = { "MaxItems", count } },
  ItemBatcher = { MaxItemsPerBatchPath = { "MaxItemsPerBatch", count },
    MaxInputBytesPerBatchPath = { "MaxInputBytesPerBatch", count }, BatchInput = { "BatchInput", template_field } },
  ResultWriter = { Parameters = { "Arguments", template_field } },
}
PARTS.ItemReader = { Parameters = { "Arguments", template_field },
  ReaderConfig = { "ReaderConfig", function(node, scope) return members(node, PARTS.ReaderConfig, scope) end } }
for _, name in ipairs { "ItemReader", "ItemBatcher", "ResultWriter" } do
  RENAMED[name] = { name, function(node, scope) return members(node, PARTS[name], scope) end }
end

-- -- catchers and rules ----------------------------------------------------------------------------

local function is_whole(node)
  return not node or node.text == "$"
end

-- The state's input with what `node`, a ResultPath, says put into it.
local function with_result(node, value)
  if is_whole(node) then return value end
  if node.kind == "null" then return symbol.input() end
  local _, steps = path.read(node.text, symbol.input())
  return symbol.put(symbol.input(), steps, value)
end

local function catcher(node, calls)
  local problem = symbol.path "$states.errorOutput"
  local out = { kind = "object" }
  for _, member in ipairs(node) do
    if member[1] == "Assign" then
      member = { "Assign", template_field(member[2], { whole = problem, calls = calls }) }
    elseif member[1] == "ResultPath" then
      member = not is_whole(member[2]) and { "Output", symbol.field(with_result(member[2], problem), calls) } or nil
    end
    out[#out + 1] = member
  end
  return out
end

local KEPT_OF_RULES = { Next = true, Comment = true }

local function rule(node, scope)
  local out = { kind = "object" }
  local condition = tree.get(node, "Condition")
  if condition and not symbol.is_input(scope.whole) then
    symbol.unfit "a condition that asks Lua sees what InputPath leaves"
  end
  out[1] = { "Condition", condition or symbol.braced(choice.condition(node, scope)) }
  for _, member in ipairs(node) do
    if KEPT_OF_RULES[member[1]] then
      out[#out + 1] = member
    elseif member[1] == "Assign" then
      out[#out + 1] = { "Assign", template_field(member[2], scope) }
    end
  end
  return out
end

local function each(list, make, ...)
  local out = { kind = "array" }
  for i, node in ipairs(list) do out[i] = make(node, ...) end
  return out
end

-- -- the whole state -------------------------------------------------------------------------------

-- Which field of JSONata takes the place of which.
local PLACES = { InputPath = "Arguments", Parameters = "Arguments", ResultSelector = "Output", ResultPath = "Output",
  OutputPath = "Output", Result = "Output" }
local PLACES_OF = {
  Pass = { InputPath = "Output", Parameters = "Output" },
  Map = { InputPath = "Items", ItemsPath = "Items", Parameters = "ItemSelector" },
  Choice = { InputPath = "Output" }, Wait = { InputPath = "Output" }, Succeed = { InputPath = "Output" },
}
local WITH_RESULT = { Task = true, Parallel = true, Map = true }

-- Carries out `fn`; what does not fit is told with the field.
local function at_field(field, fn, ...)
  local ok, result, second = pcall(fn, ...)
  if ok then return result, second end
  if getmetatable(result) == symbol.unfit_mt and not result.field then result.field = field end
  error(result, 0)
end

-- What replaces the fields of input and output processing: {Arguments = node, Output = node, ...}, and the symbols
-- of `$` before and after the state's work.
local function processing(node, kind, calls)
  local made = {}
  local effective = at_field("InputPath", filtered, tree.get(node, "InputPath"), symbol.input())
  local scope = { whole = effective, calls = calls }
  local parameters = tree.get(node, "Parameters")
  local given = effective
  if parameters then given = at_field("Parameters", template, parameters, scope) end

  local result
  if kind == "Pass" then
    result = tree.get(node, "Result") or given
  elseif WITH_RESULT[kind] then
    result = symbol.path "$states.result"
  else
    result = effective
  end
  if kind == "Map" then
    local items = at_field("ItemsPath", filtered, tree.get(node, "ItemsPath"), effective)
    if not symbol.is_input(items) and not tree.get(node, "ItemReader") then
      made.Items = at_field("ItemsPath", symbol.field, items, calls)
    end
    made.ItemSelector = parameters and at_field("Parameters", symbol.field, given, calls)
  elseif WITH_RESULT[kind] and (parameters or not symbol.is_input(effective)) then
    made.Arguments = at_field(parameters and "Parameters" or "InputPath", symbol.field, given, calls)
  end

  local selector = tree.get(node, "ResultSelector")
  local selected = result
  if selector then
    selected = at_field("ResultSelector", template, selector, { whole = result, calls = calls })
  end
  local output = at_field("ResultPath", with_result, tree.get(node, "ResultPath"), selected)
  output = at_field("OutputPath", filtered, tree.get(node, "OutputPath"), output)
  local as_it_is = WITH_RESULT[kind] and output == result or not WITH_RESULT[kind] and symbol.is_input(output)
  if not as_it_is then
    made.Output = at_field(tree.get(node, "ResultPath") and "ResultPath" or "Output", symbol.field, output, calls)
  end
  return made, scope, { whole = kind == "Choice" and effective or selected, calls = calls }
end

--- The state in JSONata; raises a `symbol.unfit` with its field where it has no exact form.
--
-- calls(name)  the name to call JSONata's function by; `calls.plain` allows to take what is printed for plain texts,
--              and `calls.assumed` then tells that it was
function state.convert(node, calls)
  local kind = tree.word(tree.get(node, "Type"))
  local made, before, after = processing(node, kind, calls)
  local out = { kind = "object" }
  for _, member in ipairs(node) do
    local name, value = member[1], member[2]
    local place = (PLACES_OF[kind] or {})[name] or PLACES[name] or (name == "ItemsPath" and "Items")
    if place then
      if made[place] then out[#out + 1] = { place, made[place] } end
      made[place] = nil
    elseif name == "Assign" then
      out[#out + 1] = { name, at_field(name, template_field, value, after) }
    elseif name == "Catch" then
      out[#out + 1] = { name, at_field(name, each, value, catcher, calls) }
    elseif name == "Choices" then
      out[#out + 1] = { name, at_field(name, each, value, rule, before) }
    elseif RENAMED[name] then
      out[#out + 1] = { RENAMED[name][1], at_field(name, RENAMED[name][2], value, before) }
    elseif name ~= "QueryLanguage" then
      out[#out + 1] = member
    end
  end
  for _, name in ipairs { "Items", "Arguments", "ItemSelector", "Output" } do
    if made[name] then out[#out + 1] = { name, made[name] } end
  end
  return out
end

return state
