--- What JMESPath knows of values, and its functions.
local core = require "passo.core"

local null, array_mt = core.null, core.array_mt

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

-- functions ----------------------------------------------------------------------------------------

local function identity(v) return v end

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

return { by_name = FUNCTIONS, is_array = is_array, is_object = is_object, is_false = is_false, equal = equal,
  kind = kind, sorted_keys = sorted_keys }
