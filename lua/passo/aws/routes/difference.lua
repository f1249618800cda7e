--- How parameters differ from recorded ones: for the words of who finds nothing to play.
local core = require "passo.core"

local difference = {}

local LONGEST = 60

local function shown(value)
  if value == nil then return "nothing" end
  local text = core.encode(value) or tostring(value)
  return #text <= LONGEST and text or text:sub(1, LONGEST):gsub("[\128-\255]*$", "") .. "..."
end

local function keys_of(a, b)
  local keys, seen = {}, {}
  for _, tree in ipairs { a, b } do
    for key in pairs(tree) do
      if not seen[key] then
        seen[key] = true
        keys[#keys + 1] = key
      end
    end
  end
  table.sort(keys, function(x, y) return tostring(x) < tostring(y) end)
  return keys
end

-- How many leaves differ; `first` gets the words of the first.
local function count(recorded, asked, path, first)
  if type(recorded) == "table" and type(asked) == "table" then
    local sum = 0
    for _, key in ipairs(keys_of(recorded, asked)) do
      local step = type(key) == "number" and ("[%d]"):format(key - 1) or "." .. key
      sum = sum + count(recorded[key], asked[key], path .. step, first)
    end
    return sum
  end
  if recorded == asked or (recorded ~= nil and asked ~= nil and core.encode(recorded) == core.encode(asked)) then
    return 0
  end
  first.words = first.words or ("%s was %s, is %s"):format(path, shown(recorded), shown(asked))
  return 1
end

--- The entry that differs least, those not yet played before others, and in words where; nil words: not at all.
---@param entries {canonical: string}[]
---@param parameters string canonical
---@param played table<table, boolean>
---@return table entry
---@return string? words
---@return boolean? is_played
function difference.nearest(entries, parameters, played)
  local asked = core.decode(parameters)
  local best, least, words
  for _, entry in ipairs(entries) do
    local first = {}
    local differing = count(core.decode(entry.canonical), asked, "$", first)
    local cost = differing * 2 + (played[entry] and 1 or 0)
    if not least or cost < least then best, least, words = entry, cost, first.words end
  end
  return best, words, played[best]
end

return difference
