--- JMESPath: the expressions of paginators and waiters, and of `passo aws --query`.
---
--- An expression is compiled once into functions of the value. A missing member is nil; JSON's null, where a list needs
--- a place for it, is core.null. Grammar and binding powers: https://jmespath.org/specification.html.
local core = require "passo.core"

local jmespath = {}

local null, array_mt = core.null, core.array_mt

local DEEPEST = 100

-- values -------------------------------------------------------------------------------------------

local function is_array(v)
  return type(v) == "table" and (getmetatable(v) == array_mt or v[1] ~= nil)
end

local function is_object(v)
  return type(v) == "table" and not is_array(v)
end

local function is_false(v)
  return v == nil or v == null or v == false or v == "" or (type(v) == "table" and next(v) == nil)
end

local function equal(a, b)
  if a == nil then a = null end
  if b == nil then b = null end
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" or is_array(a) ~= is_array(b) then return false end
  for key, item in pairs(a) do
    if not equal(item, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function kind(v)
  if v == nil or v == null then return "null" end
  local t = type(v)
  if t == "table" then return is_array(v) and "array" or "object" end
  return t == "userdata" and "number" or t
end

local function sorted_keys(object)
  local keys = core.array {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- tokens -------------------------------------------------------------------------------------------

local POWER = { ["|"] = 1, ["||"] = 2, ["&&"] = 3, ["=="] = 5, ["!="] = 5, ["<"] = 5, [">"] = 5, ["<="] = 5, [">="] = 5,
  ["[]"] = 9, ["*"] = 20, ["[?"] = 21, ["."] = 40, ["!"] = 45, ["{"] = 50, ["["] = 55, ["("] = 60 }
-- A projection's right side ends where something binds weaker than this.
local STOP = 10

local PAIRS = { ["[]"] = true, ["[?"] = true, ["||"] = true, ["&&"] = true, ["=="] = true, ["!="] = true,
  ["<="] = true, [">="] = true }

local function refuse(at, words)
  error({ words = ("%s at byte %d"):format(words, at) }, 0)
end

local function decoded(text, at)
  local value, message = core.decode(text)
  if value == nil then refuse(at, "a literal that is no JSON (" .. message .. ")") end
  return value
end

-- The text up to the closing quote, and where to go on.
local function quoted(s, at)
  local quote = s:sub(at, at)
  local i = at + 1
  while true do
    local c = s:sub(i, i)
    if c == "" then refuse(at, ("a %s without its end"):format(quote)) end
    if c == quote then return s:sub(at + 1, i - 1), i + 1 end
    i = i + (c == "\\" and 2 or 1)
  end
end

local function token(s, at)
  at = s:find("%S", at)
  if not at then return { kind = "end", at = #s + 1 }, #s + 1 end
  local word = s:match("^[%a_][%w_]*", at)
  if word then return { kind = "name", value = word, at = at }, at + #word end
  local digits = s:match("^%-?%d+", at)
  if digits then return { kind = "number", value = tonumber(digits), at = at }, at + #digits end
  local c = s:sub(at, at)
  if c == '"' then
    local text, to = quoted(s, at)
    return { kind = "name", value = decoded('"' .. text .. '"', at), quoted = true, at = at }, to
  elseif c == "'" then
    local text, to = quoted(s, at)
    return { kind = "literal", value = (text:gsub("\\'", "'")), at = at }, to
  elseif c == "`" then
    local text, to = quoted(s, at)
    return { kind = "literal", value = decoded((text:gsub("\\`", "`")), at), at = at }, to
  end
  local two = s:sub(at, at + 1)
  if PAIRS[two] then
    return { kind = two, at = at }, at + 2
  elseif c:find "[%.%*%[%]%(%){},:|!<>@&]" then
    return { kind = c, at = at }, at + 1
  end
  refuse(at, ("unexpected %q"):format(c))
end

local function tokens(s)
  local list, at = {}, 1
  repeat
    list[#list + 1], at = token(s, at)
  until list[#list].kind == "end"
  return list
end

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

-- functions ----------------------------------------------------------------------------------------

local function wrong_type(name, wanted, v)
  error({ words = ("%s() wants %s, not %s"):format(name, wanted, kind(v)) }, 0)
end

local function want(name, v, ...)
  for i = 1, select("#", ...) do
    if kind(v) == (select(i, ...)) then return v end
  end
  wrong_type(name, table.concat({ ... }, " or "), v)
end

local function characters(s)
  return select(2, s:gsub("[^\128-\191]", ""))
end

local function sorted(name, items, key)
  local keyed = {}
  for i = 1, #want(name, items, "array") do
    keyed[i] = { key = want(name, key(items[i]), "number", "string"), item = items[i], at = i }
    if kind(keyed[i].key) ~= kind(keyed[1].key) then wrong_type(name, "keys of one type", keyed[i].key) end
  end
  table.sort(keyed, function(a, b)
    if a.key == b.key then return a.at < b.at end
    return a.key < b.key
  end)
  local out = core.array {}
  for i, entry in ipairs(keyed) do out[i] = entry.item end
  return out
end

local function total(name, items)
  local sum = 0
  for i = 1, #want(name, items, "array") do sum = sum + want(name, items[i], "number") end
  return sum
end

local FUNCTIONS = {
  length = { 1, function(v)
    want("length", v, "string", "array", "object")
    if type(v) == "string" then return characters(v) end
    return is_array(v) and #v or #sorted_keys(v)
  end },
  contains = { 2, function(v, wanted)
    if kind(v) == "string" then return type(wanted) == "string" and v:find(wanted, 1, true) ~= nil end
    for i = 1, #want("contains", v, "array", "string") do
      if equal(v[i], wanted) then return true end
    end
    return false
  end },
  starts_with = { 2, function(v, prefix) return want("starts_with", v, "string"):sub(1, #prefix) == prefix end },
  ends_with = { 2, function(v, suffix)
    return suffix == "" or want("ends_with", v, "string"):sub(-#suffix) == suffix
  end },
  keys = { 1, function(v) return sorted_keys(want("keys", v, "object")) end },
  values = { 1, function(v)
    local out = core.array {}
    for i, key in ipairs(sorted_keys(want("values", v, "object"))) do out[i] = v[key] end
    return out
  end },
  join = { 2, function(glue, items)
    for i = 1, #want("join", items, "array") do want("join", items[i], "string") end
    return table.concat(items, want("join", glue, "string"))
  end },
  sort = { 1, function(items) return sorted("sort", items, identity) end },
  sort_by = { 2, function(items, key) return sorted("sort_by", items, key) end },
  max_by = { 2, function(items, key)
    local out = sorted("max_by", items, key)
    return out[#out]
  end },
  min_by = { 2, function(items, key) return sorted("min_by", items, key)[1] end },
  max = { 1, function(items)
    local out = sorted("max", items, identity)
    return out[#out]
  end },
  min = { 1, function(items) return sorted("min", items, identity)[1] end },
  map = { 2, function(key, items)
    local out = core.array {}
    for i = 1, #want("map", items, "array") do
      local item = key(items[i])
      out[i] = item == nil and null or item
    end
    return out
  end },
  sum = { 1, function(items) return total("sum", items) end },
  avg = { 1, function(items)
    if #want("avg", items, "array") > 0 then return total("avg", items) / #items end
  end },
  reverse = { 1, function(v)
    if type(v) == "string" then return v:reverse() end
    local out = core.array {}
    for i = #want("reverse", v, "array", "string"), 1, -1 do out[#out + 1] = v[i] end
    return out
  end },
  to_string = { 1, function(v) return type(v) == "string" and v or core.encode(v == nil and null or v) end },
  to_number = { 1, function(v) return tonumber(v) end },
  to_array = { 1, function(v) return is_array(v) and v or core.array { v } end },
  type = { 1, kind },
  abs = { 1, function(v) return math.abs(want("abs", v, "number")) end },
  ceil = { 1, function(v) return math.ceil(want("ceil", v, "number")) end },
  floor = { 1, function(v) return math.floor(want("floor", v, "number")) end },
  merge = { nil, function(...)
    local out = {}
    for i = 1, select("#", ...) do
      for key, item in pairs(want("merge", (select(i, ...)), "object")) do out[key] = item end
    end
    return out
  end },
  not_null = { nil, function(...)
    for i = 1, select("#", ...) do
      local v = select(i, ...)
      if v ~= nil and v ~= null then return v end
    end
  end },
}

local function call(fn, arguments)
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
  local fn = FUNCTIONS[name]
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
  return call(fn[2], list)
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
    local parser = setmetatable({ list = tokens(source), at = 1, depth = 0 }, Parser)
    local result = parser:expression(0)
    parser:take "end"
    return result
  end))
  if not tree then return nil, ("the expression %q cannot be read: %s"):format(source, words) end
  return function(value)
    return settled(pcall(tree, value))
  end
end

return jmespath
