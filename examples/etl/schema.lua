-- schema.lua: what a crawler finds out: the narrowest type that fits every cell of a column.
local schema = {}

local function is_date(s)
  local month, day = s:match "^%d%d%d%d%-(%d%d)%-(%d%d)$"
  return month and tonumber(month) <= 12 and tonumber(month) >= 1 and tonumber(day) <= 31 and tonumber(day) >= 1
end

local function is_timestamp(s)
  local date, zone = s:match "^(%d+%-%d+%-%d+)T%d%d:%d%d:%d%d%.?%d*(.+)$"
  return date and is_date(date) and (zone == "Z" or zone:find "^[+-]%d%d:%d%d$")
end

-- A number with a leading zero is no number but a code: 0042 is not 42.
local function is_integer(s)
  return s:find "^%-?%d+$" and not s:find "^%-?0%d" and #s <= 15
end

local function is_decimal(s)
  return s:find "^%-?%d+%.?%d*[eE]?[+-]?%d*$" and not s:find "^%-?0%d" and tonumber(s)
end

local BOOLEANS = { ["true"] = true, ["false"] = false, yes = true, no = false }

-- From narrow to wide; every integer is a decimal too, and everything is a string.
local TYPES = {
  { "boolean", function(s) return BOOLEANS[s:lower()] ~= nil end },
  { "integer", is_integer },
  { "decimal", is_decimal },
  { "date", is_date },
  { "timestamp", is_timestamp },
  { "string", function() return true end },
}

--- The columns of parsed records (the first one holds the names): a list of {name, type, empty = has empty cells}.
function schema.infer(records)
  local columns = {}
  for i, name in ipairs(records[1]) do
    local column = { name = name, type = "string", empty = false }
    for _, candidate in ipairs(TYPES) do
      local fits, seen = true, false
      for r = 2, #records do
        local cell = records[r][i]
        if cell == nil or cell == "" then
          column.empty = true
        else
          seen, fits = true, fits and candidate[2](cell)
        end
      end
      if seen and fits then
        column.type = candidate[1]
        break
      end
    end
    columns[i] = column
  end
  return columns
end

--- A cell as a value of that type; nil stands for an empty cell.
function schema.value(kind, cell)
  if cell == "" then
    return nil
  elseif kind == "boolean" then
    return BOOLEANS[cell:lower()]
  elseif kind == "integer" or kind == "decimal" then
    return tonumber(cell)
  end
  return cell
end

return schema
