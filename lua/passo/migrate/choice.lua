--- Choice rules as conditions. A value of another type is no match, so every comparison that JSONata would refuse
--- stands behind a question for the type.
local path = require "passo.migrate.path"
local symbol = require "passo.migrate.symbol"
local tree = require "passo.migrate.tree"

local choice = {}

local OPERATORS = { Equals = "=", LessThan = "<", GreaterThan = ">", LessThanEquals = "<=",
  GreaterThanEquals = ">=" }
local ORDERED = { String = "string", Numeric = "number", Boolean = "boolean" }
local KINDS = { IsString = "string", IsNumeric = "number", IsBoolean = "boolean" }
local STRUCTURE = { Next = true, Assign = true, Comment = true, Variable = true }

-- What a path reads, which must be a reference: conditions are for what is not known beforehand.
local function reference(text, scope)
  local it = path.read(text, scope.whole)
  if it.kind ~= "path" then symbol.unfit("%s is always the same", text) end
  return it
end

local function negated(condition, wanted, calls)
  return wanted and condition or ("%s(%s)"):format(calls "not", condition)
end

-- A JSONPath finds members of objects and elements of lists only; JSONata would look into each of a list's elements.
local function present(it, calls)
  local parts = {}
  for i, step in ipairs(it.steps) do
    parts[i] = ('%s(%s) = "%s"'):format(calls "type", symbol.path_text(it, i - 1),
      type(step) == "number" and "array" or "object")
  end
  parts[#parts + 1] = ("%s(%s)"):format(calls "exists", symbol.path_text(it))
  return #parts > 1 and "(" .. table.concat(parts, " and ") .. ")" or parts[1]
end

local function pattern_text(pattern)
  local parts, stars, at = {}, 0, 1
  while at <= #pattern do
    local c = pattern:sub(at, at)
    if c == "*" then
      parts[#parts + 1], stars = "[\\s\\S]*", stars + 1
    else
      if c == "\\" then
        at = at + 1
        c = pattern:sub(at, at)
      end
      if c:find "[%c\128-\255]" then symbol.unfit "StringMatches with characters beyond ASCII" end
      parts[#parts + 1] = c:gsub("[%^%$%.%[%]%(%)%*%+%?%{%}%|\\/-]", "\\%0")
    end
    at = at + 1
  end
  return table.concat(parts), stars
end

local function matches(text, pattern, calls)
  local regex, stars = pattern_text(pattern)
  local is_text = ('%s(%s) = "string"'):format(calls "type", text)
  if stars == 0 then
    return ("%s = %s"):format(text, tree.quote((pattern:gsub("\\(.)", "%1"))))
  elseif regex:gsub("%[\\s\\S%]%*", "") == "" then
    return is_text
  end
  -- `$` would also match before a line feed at the end, in Java.
  return ("(%s ? %s(%s, /^%s(?![\\s\\S])/) : false)"):format(is_text, calls "contains", text, regex)
end

-- A number is compared by its value, however it is written.
local function literal_text(operand, calls)
  if operand.kind ~= "number" then return symbol.expression(operand, calls) end
  if not operand.text:find "^%-?%d+%.?%d*$" or #operand.text:gsub("%D", "") > 15 then
    symbol.unfit("JSONata would round %s", operand.text)
  end
  return operand.text
end

local function compared(it, family, operator, operand, calls)
  local text = symbol.path_text(it)
  local type_name = ORDERED[family]
  if operand.kind ~= "path" then
    local literal = literal_text(operand, calls)
    if operator == "=" then return ("%s = %s"):format(text, literal) end
    return ('(%s(%s) = "%s" ? %s %s %s : false)'):format(calls "type", text, type_name, text, operator, literal)
  end
  local other = symbol.path_text(operand)
  return ('(%s(%s) = "%s" and %s(%s) = "%s" ? %s %s %s : false)'):format(calls "type", text, type_name, calls "type",
    other, type_name, text, operator, other)
end

local function test(rule, name, operand, scope)
  local calls = scope.calls
  local variable = tree.word(tree.get(rule, "Variable")) or symbol.unfit "a rule has no Variable"
  local it = reference(variable, scope)
  if name == "IsPresent" then
    return negated(present(it, calls), operand.kind == "true", calls)
  elseif name == "IsNull" then
    return negated(symbol.path_text(it) .. " = null", operand.kind == "true", calls)
  elseif KINDS[name] then
    return negated(('%s(%s) = "%s"'):format(calls "type", symbol.path_text(it), KINDS[name]), operand.kind == "true",
      calls)
  elseif name == "StringMatches" then
    return matches(symbol.path_text(it), operand.text, calls)
  end
  local family, order = name:match "^(%u%l+)(%u%a-)$"
  local by_path = order and order:match "^(.*)Path$"
  local operator = order and OPERATORS[by_path or order]
  if family == "Timestamp" or name == "IsTimestamp" then
    symbol.unfit("%s: JSONata takes other texts for times, and knows no nanoseconds", name)
  elseif not operator or not ORDERED[family] then
    symbol.unfit("%s is not known", name)
  end
  return compared(it, family, operator, by_path and reference(operand.text, scope) or operand, calls)
end

local combined -- forward

--- A rule as a JSONata condition. scope: `whole`, the symbol of `$`; `calls`.
function choice.condition(rule, scope)
  local name, operand
  for _, member in ipairs(rule) do
    if not STRUCTURE[member[1]] then name, operand = member[1], member[2] end
  end
  if name == "Condition" then
    symbol.unfit "a condition that asks Lua stands below And, Or or Not"
  elseif name == "And" or name == "Or" then
    return combined(operand, name:lower(), scope)
  elseif name == "Not" then
    return ("%s(%s)"):format(scope.calls "not", choice.condition(operand, scope))
  end
  return test(rule, name, operand, scope)
end

function combined(rules, word, scope)
  local parts = {}
  for i, rule in ipairs(rules) do parts[i] = choice.condition(rule, scope) end
  return #parts > 1 and "(" .. symbol.chain(parts, word) .. ")" or parts[1]
end

return choice
