--- JMESPath: the expressions of paginators and waiters, and of `passo aws --query`.
---
--- An expression is compiled once into functions of the value. A missing member is nil; JSON's null, where a list needs
--- a place for it, is core.null. Grammar and binding powers: https://jmespath.org/specification.html.
local core = require "passo.core"
local functions = require "passo.aws.jmespath_functions"
local tokens = require "passo.aws.jmespath_tokens"

local jmespath = {}

local null = core.null
local is_array, is_object, is_false = functions.is_array, functions.is_object, functions.is_false
local equal, kind, sorted_keys, refuse = functions.equal, functions.kind, functions.sorted_keys, tokens.refuse

local DEEPEST = 100

local POWER = { ["|"] = 1, ["||"] = 2, ["&&"] = 3, ["=="] = 5, ["!="] = 5, ["<"] = 5, [">"] = 5, ["<="] = 5, [">="] = 5,
  ["[]"] = 9, ["*"] = 20, ["[?"] = 21, ["."] = 40, ["!"] = 45, ["{"] = 50, ["["] = 55, ["("] = 60 }
-- A projection's right side ends where something binds weaker than this.
local STOP = 10

-- evaluation ---------------------------------------------------------------------------------------

local function identity(v) return v end

local function member(name)
  return function(v)
    if is_object(v) then return v[name] end
  end
end

local function element(index)
  return function(v)
    if is_array(v) then return v[index < 0 and #v + 1 + index or index + 1] end
  end
end

local function chain(first, second)
  return function(v)
    local middle = first(v)
    if middle ~= nil then return second(middle) end
  end
end

-- What `right` makes of each item; nothing where it makes nothing.
local function project(items, right)
  local out = core.array {}
  for i = 1, #items do
    local item = right(items[i])
    if item ~= nil and item ~= null then out[#out + 1] = item end
  end
  return out
end

local function list_projection(left, right)
  return function(v)
    local items = left(v)
    if is_array(items) then return project(items, right) end
  end
end

local function value_projection(left, right)
  return function(v)
    local object = left(v)
    if not is_object(object) then return nil end
    local items = {}
    for i, key in ipairs(sorted_keys(object)) do items[i] = object[key] end
    return project(items, right)
  end
end

local function filter_projection(left, condition, right)
  return function(v)
    local items = left(v)
    if not is_array(items) then return nil end
    local kept = {}
    for i = 1, #items do
      if not is_false(condition(items[i])) then kept[#kept + 1] = items[i] end
    end
    return project(kept, right)
  end
end

local function flatten(left)
  return function(v)
    local items = left(v)
    if not is_array(items) then return nil end
    local out = core.array {}
    for i = 1, #items do
      if is_array(items[i]) then
        for j = 1, #items[i] do out[#out + 1] = items[i][j] end
      else
        out[#out + 1] = items[i]
      end
    end
    return out
  end
end

local function slice(from, to, step)
  return function(v)
    if not is_array(v) then return nil end
    local count, out = #v, core.array {}
    local low, high = step > 0 and 0 or -1, step > 0 and count or count - 1
    local function bound(n, default)
      if not n then return default end
      return math.max(low, math.min(high, n < 0 and n + count or n))
    end
    local first, last = bound(from, step > 0 and 0 or count - 1), bound(to, step > 0 and count or -1)
    for i = first, last + (step > 0 and -1 or 1), step do out[#out + 1] = v[i + 1] end
    return out
  end
end

local ORDER = {
  ["<"] = function(a, b) return a < b end, [">"] = function(a, b) return a > b end,
  ["<="] = function(a, b) return a <= b end, [">="] = function(a, b) return a >= b end,
}

local function comparison(operator, left, right)
  if operator == "==" then return function(v) return equal(left(v), right(v)) end end
  if operator == "!=" then return function(v) return not equal(left(v), right(v)) end end
  local order = ORDER[operator]
  return function(v)
    local a, b = left(v), right(v)
    if kind(a) == "number" and kind(b) == "number" then return order(a, b) end
  end
end

local function calling(fn, arguments)
  local count = #arguments
  return function(v)
    local given = {}
    for i = 1, count do
      local argument = arguments[i]
      if argument.by then given[i] = argument.by else given[i] = argument.of(v) end
    end
    return fn((table.unpack or unpack)(given, 1, count)) -- luacheck: ignore 113
  end
end

-- parsing ------------------------------------------------------------------------------------------

local Parser = {}
Parser.__index = Parser

function Parser:look(ahead)
  return self.list[self.at + (ahead or 0)]
end

function Parser:take(wanted)
  local t = self:look()
  if wanted and t.kind ~= wanted then
    refuse(t.at, ("expected %s, found %s"):format(wanted, t.kind == "end" and "the end" or t.value or t.kind))
  end
  self.at = self.at + 1
  return t
end

function Parser:accept(wanted)
  if self:look().kind == wanted then return self:take() end
end

-- The right side of a projection.
function Parser:projected(power)
  local t = self:look()
  if (POWER[t.kind] or 0) < STOP then return identity end
  if t.kind == "." then
    self:take()
    return self:after_dot(power)
  end
  return self:continue(identity, power)
end

function Parser:after_dot(power)
  local t = self:look()
  if t.kind == "name" or t.kind == "*" then return self:expression(power) end
  if self:accept "[" then return self:multi_list() end
  if self:accept "{" then return self:multi_hash() end
  refuse(t.at, "expected a name after the dot")
end

function Parser:multi_list()
  local parts = {}
  repeat parts[#parts + 1] = self:expression(0) until not self:accept ","
  self:take "]"
  return function(v)
    if v == null then return nil end
    local out = core.array {}
    for i, part in ipairs(parts) do
      local item = part(v)
      out[i] = item == nil and null or item
    end
    return out
  end
end

function Parser:multi_hash()
  local parts = {}
  repeat
    local name = self:take("name").value
    self:take ":"
    parts[#parts + 1] = { name, self:expression(0) }
  until not self:accept ","
  self:take "}"
  return function(v)
    if v == null then return nil end
    local out = {}
    for _, part in ipairs(parts) do
      local item = part[2](v)
      out[part[1]] = item == nil and null or item
    end
    return out
  end
end

-- Behind "[": an index, a slice, "*".
function Parser:bracket(left)
  if self:look().kind == "*" and self:look(1).kind == "]" then
    self.at = self.at + 2
    return list_projection(left, self:projected(POWER["*"]))
  end
  local first = self:accept "number"
  if first and self:accept "]" then return chain(left, element(first.value)) end
  local parts = { first and first.value, nil, nil }
  local n = 1
  while self:accept ":" do
    n = n + 1
    local number = self:accept "number"
    parts[n] = number and number.value
  end
  local closing = self:take "]"
  if n < 2 or n > 3 or parts[3] == 0 then refuse(closing.at, "an index or a slice is wrong") end
  return list_projection(chain(left, slice(parts[1], parts[2], parts[3] or 1)), self:projected(POWER["*"]))
end

function Parser:arguments(name, at)
  local fn = functions.by_name[name]
  if not fn then refuse(at, ("unknown function %s()"):format(name)) end
  local list = {}
  if not self:accept ")" then
    repeat
      local by = self:accept "&"
      local of = self:expression(0)
      list[#list + 1] = by and { by = of } or { of = of }
    until not self:accept ","
    self:take ")"
  end
  if fn[1] and fn[1] ~= #list then refuse(at, ("%s() wants %d arguments, not %d"):format(name, fn[1], #list)) end
  return calling(fn[2], list)
end

local START = {}

function START.name(self, t)
  if not t.quoted and self:accept "(" then return self:arguments(t.value, t.at) end
  return member(t.value)
end

function START.literal(_, t)
  local value = t.value
  return function() return value end
end

START["@"] = function() return identity end

START["*"] = function(self) return value_projection(identity, self:projected(POWER["*"])) end

START["[]"] = function(self) return list_projection(flatten(identity), self:projected(POWER["[]"])) end

START["!"] = function(self)
  local inner = self:expression(POWER["!"])
  return function(v) return is_false(inner(v)) end
end

START["("] = function(self)
  local inner = self:expression(0)
  self:take ")"
  return inner
end

START["{"] = function(self) return self:multi_hash() end

START["["] = function(self)
  local next_kind = self:look().kind
  if next_kind == "number" or next_kind == ":" or (next_kind == "*" and self:look(1).kind == "]") then
    return self:bracket(identity)
  end
  return self:multi_list()
end

local AFTER = {}

AFTER["."] = function(self, left)
  if self:accept "*" then return value_projection(left, self:projected(POWER["*"])) end
  return chain(left, self:after_dot(POWER["."]))
end

AFTER["["] = function(self, left) return self:bracket(left) end

AFTER["[]"] = function(self, left) return list_projection(flatten(left), self:projected(POWER["[]"])) end

AFTER["[?"] = function(self, left)
  local condition = self:expression(0)
  self:take "]"
  return filter_projection(left, condition, self:projected(POWER["[?"]))
end

START["[?"] = function(self) return AFTER["[?"](self, identity) end

AFTER["|"] = function(self, left)
  local right = self:expression(POWER["|"])
  return function(v) return right(left(v)) end
end

AFTER["||"] = function(self, left)
  local right = self:expression(POWER["||"])
  return function(v)
    local first = left(v)
    if is_false(first) then return right(v) end
    return first
  end
end

AFTER["&&"] = function(self, left)
  local right = self:expression(POWER["&&"])
  return function(v)
    local first = left(v)
    if is_false(first) then return first end
    return right(v)
  end
end

for operator in ("== != < > <= >="):gmatch "%S+" do
  AFTER[operator] = function(self, left) return comparison(operator, left, self:expression(POWER[operator])) end
end

function Parser:continue(left, power)
  while power < (POWER[self:look().kind] or 0) do
    local t = self:take()
    local after = AFTER[t.kind]
    if not after then refuse(t.at, ("unexpected %s"):format(t.kind)) end
    left = after(self, left)
  end
  return left
end

function Parser:expression(power)
  self.depth = self.depth + 1
  if self.depth > DEEPEST then refuse(self:look().at, "an expression nested too deeply") end
  local t = self:take()
  local start = START[t.kind]
  if not start then refuse(t.at, t.kind == "end" and "unexpected end" or ("unexpected %s"):format(t.kind)) end
  local result = self:continue(start(self, t), power)
  self.depth = self.depth - 1
  return result
end

-- Failures of our own are tables with words; anything else is a mistake in this file.
local function settled(ok, result)
  if ok then return result end
  if type(result) ~= "table" or not result.words then error(result, 0) end
  return nil, result.words
end

--- Compiles an expression: a function of a value that answers the result, or nil and words.
function jmespath.compile(source)
  local tree, words = settled(pcall(function()
    local parser = setmetatable({ list = tokens.read(source), at = 1, depth = 0 }, Parser)
    local result = parser:expression(0)
    parser:take "end"
    return result
  end))
  if not tree then return nil, ("the expression %q cannot be read: %s"):format(source, words) end
  return function(value)
    return settled(pcall(tree, value))
  end
end

local compiled = {}

--- What an expression of a model finds: these are few, compiled once, and can be read.
function jmespath.search(expression, value)
  local find = compiled[expression]
  if not find then
    find = assert(jmespath.compile(expression))
    compiled[expression] = find
  end
  return find(value)
end

return jmespath
