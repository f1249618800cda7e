--- What a state works with, as far as its definition tells: a reference, something literal, one put into another.
---
--- Besides the nodes of tree.lua there are
---   {kind = "path", root = "$states.input", steps}   what a definite path reads; `or_null`: null where it ends
---                                                    behind the end of an array
---   {kind = "query", text, type}                     an expression, and the type of its value where that is known
---   {kind = "merge", base, steps, value}             `base` with `value` put at `steps`, as ResultPath does
--- A step is a name or an index. What cannot be told exactly raises `symbol.unfit`.
local tree = require "passo.migrate.tree"

local symbol = {}

symbol.unfit_mt = { __tostring = function(unfit) return unfit.reason end }

--- Leaves the state in JSONPath, and says why.
function symbol.unfit(format, ...)
  error(setmetatable({ reason = format:format(...) }, symbol.unfit_mt), 0)
end

-- -- references ------------------------------------------------------------------------------------

function symbol.path(root, steps, or_null)
  return { kind = "path", root = root, steps = steps or {}, or_null = or_null }
end

local INPUT = symbol.path "$states.input"

function symbol.input()
  return INPUT
end

function symbol.is_input(it)
  return it.kind == "path" and it.root == "$states.input" and #it.steps == 0
end

local RESERVED = { ["and"] = true, ["or"] = true, ["in"] = true, ["true"] = true, ["false"] = true, null = true,
  ["function"] = true }

local function step_text(step)
  if type(step) == "number" then return ("[%d]"):format(step) end
  if step:find "^[%a_][%w_]*$" and not RESERVED[step] then return "." .. step end
  if step:find "[`%c]" or step == "" then symbol.unfit("JSONata cannot write the name %s", tree.quote(step)) end
  return ".`" .. step .. "`"
end

--- The first `count` steps (default: all) as JSONata.
function symbol.path_text(path, count)
  local parts = { path.root }
  for i = 1, count or #path.steps do parts[#parts + 1] = step_text(path.steps[i]) end
  return table.concat(parts)
end

local function joined(a, b)
  local out = {}
  for _, step in ipairs(a) do out[#out + 1] = step end
  for _, step in ipairs(b) do out[#out + 1] = step end
  return out
end

local function rest(steps, from)
  local out = {}
  for i = from, #steps do out[#out + 1] = steps[i] end
  return out
end

-- -- putting ---------------------------------------------------------------------------------------

--- `base` with `value` at `steps`, which are names.
function symbol.put(base, steps, value)
  if #steps == 0 then return value end
  for _, step in ipairs(steps) do
    if type(step) == "number" then symbol.unfit "an element of a list cannot be replaced in JSONata" end
  end
  if base.kind ~= "object" then
    if base.kind ~= "path" and base.kind ~= "merge" then symbol.unfit "what the result is put into is no object" end
    return { kind = "merge", base = base, steps = steps, value = value }
  end
  local out, done = { kind = "object" }, false
  for i, member in ipairs(base) do
    out[i] = member
    if member[1] == steps[1] then
      out[i], done = { steps[1], symbol.put(member[2], rest(steps, 2), value) }, true
    end
  end
  if not done then
    out[#out + 1] = { steps[1], symbol.put({ kind = "object" }, rest(steps, 2), value) }
  end
  return out
end

-- -- reading ---------------------------------------------------------------------------------------

-- How many steps two have in common from their beginning.
local function common(a, b)
  local n = 0
  while n < #a and n < #b and a[n + 1] == b[n + 1] do n = n + 1 end
  return n
end

--- What definite `steps` read of it.
function symbol.get(it, steps)
  if #steps == 0 then return it end
  if it.kind == "path" then
    return symbol.path(it.root, joined(it.steps, steps))
  elseif it.kind == "merge" then
    local n = common(it.steps, steps)
    if n == #it.steps then return symbol.get(it.value, rest(steps, n + 1)) end
    local base = symbol.get(it.base, steps)
    if n < #steps then return base end
    return symbol.put(base, rest(it.steps, n + 1), it.value)
  elseif it.kind == "object" then
    local member = tree.get(it, steps[1])
    if member then return symbol.get(member, rest(steps, 2)) end
  elseif it.kind == "array" and type(steps[1]) == "number" then
    local element = steps[1] >= 0 and it[steps[1] + 1]
    if element then return symbol.get(element, rest(steps, 2)) end
  end
  return symbol.unfit("there is nothing at %s", tostring(steps[1]))
end

-- -- types -----------------------------------------------------------------------------------------

local STRINGS = { ["Execution.Id"] = true, ["Execution.Name"] = true, ["Execution.RoleArn"] = true,
  ["Execution.StartTime"] = true, ["State.Name"] = true, ["State.EnteredTime"] = true, ["StateMachine.Id"] = true,
  ["StateMachine.Name"] = true, ["Task.Token"] = true }
local INTEGERS = { ["State.RetryCount"] = true, ["Map.Item.Index"] = true, ["Execution.RedriveCount"] = true }

--- "string", "integer", "number", "object", "array", "true" ... where every execution has the same; else nil.
function symbol.type(it)
  if it.kind == "query" then return it.type end
  if it.kind == "merge" then return "object" end
  if it.kind == "number" then return it.text:find "^-?%d+$" and #it.text <= 15 and "integer" or "number" end
  if it.kind ~= "path" then return it.kind end
  local name = table.concat(it.steps, ".")
  if it.root == "$states.context" then
    return STRINGS[name] and "string" or INTEGERS[name] and "integer" or nil
  end
  return it.root == "$states.errorOutput" and (name == "Error" or name == "Cause") and "string" or nil
end

-- -- writing ---------------------------------------------------------------------------------------

local function number_text(text)
  local digits = text:gsub("[eE].*$", ""):gsub("%D", "")
  if text:find "^-?%d+%.?%d*$" and #digits <= 15 and not text:find "%.%d*0$" and text ~= "-0" then return text end
  return symbol.unfit("an expression would change how the number %s is written", text)
end

local function conditional(path, calls)
  local text = symbol.path_text(path)
  return ("%s(%s) ? %s : null"):format(calls "exists", text, text)
end

local function merged(it, calls)
  local below = it.value
  if #it.steps > 1 then
    below = symbol.put(symbol.get(it.base, { it.steps[1] }), rest(it.steps, 2), it.value)
  end
  return ("%s([%s, {%s: %s}])"):format(calls "merge", symbol.expression(it.base, calls), tree.quote(it.steps[1]),
    symbol.expression(below, calls))
end

--- It as JSONata. `calls(name)` gives the name to call a function by.
function symbol.expression(it, calls)
  if it.kind == "path" then
    return it.or_null and "(" .. conditional(it, calls) .. ")" or symbol.path_text(it)
  elseif it.kind == "query" then
    return it.text
  elseif it.kind == "merge" then
    return merged(it, calls)
  elseif it.kind == "number" then
    return number_text(it.text)
  elseif it.kind == "string" then
    if it.text:find "%${" then symbol.unfit "a placeholder ${...} would stand inside an expression" end
    return tree.quote(it.text)
  elseif it.kind ~= "object" and it.kind ~= "array" then
    return it.kind
  end
  local parts = {}
  for i, part in ipairs(it) do
    local value = it.kind == "array" and part or part[2]
    -- JSONata's list constructor takes the elements of a list that an expression gives.
    if it.kind == "array" and value.kind ~= "array" and (symbol.type(value) or "array") == "array" then
      symbol.unfit "JSONata would flatten a list in a list that is written inside an expression"
    end
    local text = symbol.expression(value, calls)
    parts[i] = it.kind == "array" and text or tree.quote(part[1]) .. ": " .. text
  end
  local text = table.concat(parts, ", ")
  return it.kind == "array" and "[" .. text .. "]" or "{" .. text .. "}"
end

-- AWS evaluates 100 levels deep; each pair of brackets is two or three of them.
local MAX_BRACKETS = 24
local MAX_CHAIN = 12

--- Operands with an operator between them: many are paired, for a chain is as deep as it is long.
function symbol.chain(parts, operator, first, last)
  first, last = first or 1, last or #parts
  if last - first < MAX_CHAIN then return table.concat(parts, " " .. operator .. " ", first, last) end
  local middle = math.floor((first + last) / 2)
  return ("(%s) %s (%s)"):format(symbol.chain(parts, operator, first, middle), operator,
    symbol.chain(parts, operator, middle + 1, last))
end

local function brackets(text)
  local depth, deepest = 0, 0
  for bracket in text:gsub('"[^"]*"', ""):gmatch "[()%[%]{}]" do
    depth = depth + (bracket:find "[(%[{]" and 1 or -1)
    deepest = math.max(deepest, depth)
  end
  return deepest
end

--- An expression as a field's text.
function symbol.braced(text)
  if brackets(text) > MAX_BRACKETS then symbol.unfit "the expression would be nested too deep for AWS" end
  return tree.string("{% " .. text .. " %}")
end

--- It as a field of a state in JSONata: JSON with expressions in it.
function symbol.field(it, calls)
  if it.kind == "string" then
    local looks = it.text:find "^%s*{%%" or it.text:find "%%}%s*$"
    return looks and symbol.braced(symbol.expression(it, calls)) or it
  elseif it.kind == "object" or it.kind == "array" then
    local out = { kind = it.kind }
    for i, part in ipairs(it) do
      out[i] = it.kind == "array" and symbol.field(part, calls) or { part[1], symbol.field(part[2], calls) }
    end
    return out
  elseif it.kind == "path" or it.kind == "query" or it.kind == "merge" then
    return symbol.braced(it.or_null and conditional(it, calls) or symbol.expression(it, calls))
  end
  return it
end

return symbol
