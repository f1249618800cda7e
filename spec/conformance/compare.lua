--- What was expected against what happened, under a case's own rules.
--- Objects without order of keys, numbers by value, strings exactly; `volatile` places by pattern or
--- not at all, `jsonText` places as JSON, `exactText` places also as text.
local core = require "passo.core"
local regex = require "conformance.regex"
local slices = require "conformance.slices"

local compare = {}

local function set(list)
  local out = {}
  for _, item in ipairs(list or {}) do out[item] = true end
  return out
end

--- The rules of one case.
function compare.rules(case)
  return {
    volatile = set(case.volatile),
    json_text = set(case.jsonText),
    patterns = case.patterns or {},
    exact = case.exactText or {},
    -- [container] = {key = JSON text}: where the core gave text that was decoded for comparing
    texts = setmetatable({}, { __mode = "k" }),
  }
end

function compare.is_array(v)
  return type(v) == "table" and getmetatable(v) == core.array_mt
end

--- A member's path, as the corpus writes it.
function compare.member(path, key)
  if key:find("^[%a_][%w_]*$") then return path .. "." .. key end
  return path .. "[" .. core.encode(key) .. "]"
end

local function show(v)
  if v == nil then return "nothing" end
  local ok, text = pcall(core.encode, v)
  if not ok then text = tostring(v) end
  if #text > 160 then text = text:sub(1, 157) .. "..." end
  return text
end

local function differs(path, expected, actual)
  return ("%s: expected %s, got %s"):format(path, show(expected), show(actual))
end

local function kind(v)
  if v == core.null then return "null" end
  if type(v) == "table" then return compare.is_array(v) and "array" or "object" end
  return type(v)
end

-- A number that Lua cannot hold may come as a value of its own.
local function number(v)
  if type(v) == "number" then return v end
  if type(v) == "userdata" and v ~= core.null then return tonumber(tostring(v)) end
  return nil
end

local function check_volatile(path, expected, actual, rules)
  local pattern = rules.patterns[path]
  if not pattern then return nil end
  local text = type(actual) == "string" and actual or actual ~= nil and core.encode(actual) or nil
  if text and regex.matches(pattern, text) then return nil end
  return ("%s: expected what matches %s, got %s"):format(path, pattern, show(actual)), expected
end

local function check_json_text(path, expected, actual)
  if type(actual) ~= "string" then return differs(path, expected, actual) end
  local ok_a, a = pcall(core.decode, actual)
  local ok_e, e = pcall(core.decode, expected)
  if not (ok_a and ok_e) or a == nil or e == nil then
    return expected ~= actual and differs(path, expected, actual) or nil
  end
  return compare.diff(e, a, path, compare.rules {})
end

local function check_members(expected, actual, path, rules)
  local texts = rules.texts[actual]
  for key, value in pairs(expected) do
    local at = compare.member(path, key)
    local exact = rules.exact[at]
    local text = texts and texts[key]
    if exact and text and slices.squeeze(exact) ~= slices.squeeze(text) then
      return differs(at .. " (as text)", exact, text)
    end
    local difference = compare.diff(value, actual[key], at, rules)
    if difference then return difference end
  end
  for key, value in pairs(actual) do
    local at = compare.member(path, key)
    if expected[key] == nil and not rules.volatile[at] then return differs(at, nil, value) end
  end
  return nil
end

--- The first difference in words, or nil.
function compare.diff(expected, actual, path, rules)
  if rules.volatile[path] then return (check_volatile(path, expected, actual, rules)) end
  if rules.json_text[path] and type(expected) == "string" then
    return check_json_text(path, expected, actual)
  end
  local n, m = number(expected), number(actual)
  if n or m then return n ~= m and differs(path, expected, actual) or nil end
  local k = kind(expected)
  if k ~= kind(actual) then return differs(path, expected, actual) end
  if k == "object" then return check_members(expected, actual, path, rules) end
  if k ~= "array" then return expected ~= actual and differs(path, expected, actual) or nil end
  for i = 1, math.max(#expected, #actual) do
    local difference = compare.diff(expected[i], actual[i], ("%s[%d]"):format(path, i - 1), rules)
    if difference then return difference end
  end
  return nil
end

--- Whether two arrays hold the same elements, whatever their order.
function compare.same_elements(expected, actual, rules)
  if #expected ~= #actual then return false end
  local taken = {}
  for _, want in ipairs(expected) do
    local found = false
    for i, have in ipairs(actual) do
      if not taken[i] and not compare.diff(want, have, "$", rules) then
        taken[i], found = true, true
        break
      end
    end
    if not found then return false end
  end
  return true
end

return compare
