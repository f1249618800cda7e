--- URL-encoded forms: query strings, and request bodies as `Transform` has them.
local core = require "passo.core"

local form = {}

---@param text string
function form.escape(text)
  return (text:gsub("[^%w%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- A scalar as text; an object within a list as JSON.
local function text_of(value)
  if type(value) == "string" then return value end
  if value == core.null then return "" end
  return core.encode(value)
end

local function is_list(value)
  return type(value) == "table" and getmetatable(value) == core.array_mt
end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local add

-- How an element's key is written after that of its list.
local SUFFIX = {
  INDICES = function(i) return ("[%d]"):format(i - 1) end,
  BRACKETS = function() return "[]" end,
  REPEAT = function() return "" end,
}

local function add_list(out, key, list, style)
  if style == "COMMAS" then
    local texts = {}
    for i, one in ipairs(list) do texts[i] = form.escape(text_of(one)) end
    out[#out + 1] = form.escape(key) .. "=" .. table.concat(texts, ",")
    return
  end
  local suffix = SUFFIX[style]
  for i, one in ipairs(list) do add(out, key .. suffix(i), one, style) end
end

function add(out, key, value, style)
  if is_list(value) then
    add_list(out, key, value, style)
  elseif type(value) == "table" then
    for _, name in ipairs(sorted_keys(value)) do add(out, key .. "[" .. name .. "]", value[name], style) end
  else
    out[#out + 1] = form.escape(key) .. "=" .. form.escape(text_of(value))
  end
end

--- Whether lists can be written in this style.
function form.knows(style)
  return style == "COMMAS" or SUFFIX[style] ~= nil
end

--- An object as a form, its members in the order of their names.
---@param object table
---@param style "INDICES"|"REPEAT"|"COMMAS"|"BRACKETS" how lists are written
---@return string
function form.encode(object, style)
  local out = {}
  for _, name in ipairs(sorted_keys(object)) do add(out, name, object[name], style) end
  return table.concat(out, "&")
end

return form
