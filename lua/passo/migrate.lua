--- Definitions from JSONPath to JSONata: state by state, and only what stays exactly the same.
---
--- The same means: for every input with which the state succeeds in JSONPath, it succeeds in JSONata with the same
--- output. A state for which that cannot be said stays as it is, in a machine of both languages.
local core = require "passo.core"
local state = require "passo.migrate.state"
local symbol = require "passo.migrate.symbol"
local tree = require "passo.migrate.tree"

local migrate = {}

--- What differs all the same, once for all states.
migrate.notes = {
  "What fails in JSONPath with States.Runtime fails in JSONata with States.QueryEvaluationError, which Retry and "
    .. "Catch can meet; or it does not fail: what is missing is left out of texts and objects inside of an expression, "
    .. "is no match in a Choice, and a path into a list looks into each element.",
  "JSONata computes and compares with doubles: numbers of more than 15 digits may be rounded there.",
  "Random numbers and UUIDs are other ones.",
}

-- The names of all variables that the definition assigns.
local function assigned(node, names)
  if node.kind == "object" then
    for _, member in ipairs(node) do
      if member[1] == "Assign" and member[2].kind == "object" then
        for _, variable in ipairs(member[2]) do names[variable[1]:gsub("%.%$$", "")] = true end
      end
      assigned(member[2], names)
    end
  elseif node.kind == "array" then
    for _, element in ipairs(node) do assigned(element, names) end
  end
  return names
end

local function copy(node)
  local out = { kind = node.kind }
  for i, part in ipairs(node) do out[i] = part end
  return out
end

local function replaced(object, name, make)
  local out = copy(object)
  for i, member in ipairs(out) do
    if member[1] == name then out[i] = { name, make(member[2]) } end
  end
  return out
end

local function without(object, name)
  local out = { kind = "object" }
  for _, member in ipairs(object) do
    if member[1] ~= name then out[#out + 1] = member end
  end
  return out
end

local graph -- forward

-- The states inside of a state, converted.
local function nested(node, prefix, work)
  local inner = function(it) return graph(it, prefix, work) end
  for _, name in ipairs { "ItemProcessor", "Iterator" } do node = replaced(node, name, inner) end
  return replaced(node, "Branches", function(branches)
    local out = { kind = "array" }
    for i, branch in ipairs(branches) do out[i] = inner(branch) end
    return out
  end)
end

local function one(node, name, work)
  work.states = work.states + 1
  node = nested(node, name .. "/", work)
  if work.done or tree.word(tree.get(node, "QueryLanguage")) == "JSONata" then
    work.already = work.already + 1
    return node
  end
  work.calls.assumed = false
  local ok, result = pcall(state.convert, node, work.calls)
  if ok then
    if work.calls.assumed then work.assumed[#work.assumed + 1] = name end
    work.converted[result] = true
    return result
  elseif getmetatable(result) ~= symbol.unfit_mt then
    error(result, 0)
  end
  work.left[#work.left + 1] = { state = name, field = result.field, reason = result.reason }
  return node
end

function graph(node, prefix, work)
  return replaced(node, "States", function(states)
    local out = { kind = "object" }
    for i, member in ipairs(states) do
      out[i] = { member[1], one(member[2], prefix .. member[1], work) }
    end
    return out
  end)
end

-- Says in the states what language they have: nothing where the machine says it.
local function mark(node, work, whole)
  if node.kind == "array" then
    local out = { kind = "array" }
    for i, element in ipairs(node) do out[i] = mark(element, work, whole) end
    return out
  elseif node.kind ~= "object" then
    return node
  end
  local out = { kind = "object" }
  for i, member in ipairs(node) do out[i] = { member[1], mark(member[2], work, whole) } end
  if work.converted[node] and not whole then
    local at = 1
    for i, member in ipairs(out) do
      if member[1] == "Type" then at = i + 1 end
    end
    table.insert(out, at, { "QueryLanguage", tree.string "JSONata" })
  end
  return out
end

-- A machine in JSONata needs no word of its states.
local function unmark(node)
  local states = tree.get(node, "States")
  if not states then return node end
  return replaced(node, "States", function(list)
    local out = { kind = "object" }
    for i, member in ipairs(list) do
      local inner = without(member[2], "QueryLanguage")
      for _, name in ipairs { "ItemProcessor", "Iterator" } do inner = replaced(inner, name, unmark) end
      out[i] = { member[1], replaced(inner, "Branches", function(branches)
        local all = { kind = "array" }
        for k, branch in ipairs(branches) do all[k] = unmark(branch) end
        return all
      end) }
    end
    return out
  end)
end

local function with_language(machine)
  local out = without(machine, "QueryLanguage")
  local first = out[1] and out[1][1] == "Comment" and 2 or 1
  table.insert(out, first, { "QueryLanguage", tree.string "JSONata" })
  return out
end

---@class passo.Migration
---@field definition passo.Value
---@field states integer how many the machine has
---@field already integer how many of them were in JSONata
---@field left {state: string, field: string?, reason: string}[] which stay in JSONPath, and why
---@field assumed string[] states that are the same as long as `options.plain` is true of them
---@field whole boolean none is left: the machine is in JSONata

--- Converts a definition that compiles.
---@param definition passo.Value
---@param options {plain: boolean?}? plain: what States.Format and States.Hash print is taken for texts, whole numbers,
---  truths or null
---@return passo.Migration
function migrate.convert(definition, options)
  local machine = tree.read(definition)
  local done = tree.word(tree.get(machine, "QueryLanguage")) == "JSONata"
  local work = { states = 0, already = 0, left = {}, assumed = {}, converted = {}, done = done }
  local variables = assigned(machine, {})
  local function name_of(_, name)
    if variables[name] then symbol.unfit("the variable $%s hides the function that is needed", name) end
    return "$" .. name
  end
  work.calls = setmetatable({ plain = options and options.plain }, { __call = name_of })
  machine = graph(machine, "", work)
  local whole = #work.left == 0
  machine = mark(machine, work, whole)
  if whole and not done then machine = with_language(unmark(machine)) end
  return { definition = assert(core.value(tree.text(machine))), states = work.states, already = work.already,
    left = work.left, assumed = work.assumed, whole = whole }
end

return migrate
