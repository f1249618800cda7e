-- table.lua: rows of cells as aligned columns, as wide as the terminal at most.
local text = require "passo.text"

local M = {}

local GAP = "  "

-- Narrows the last column that may shrink until the row fits; a column keeps 8 columns at least.
local function fit(widths, shrink, room)
  local total = #GAP * (#widths - 1)
  for i = 1, #widths do
    total = total + widths[i]
  end
  for _, i in ipairs(shrink) do
    if total <= room then
      return
    end
    local narrower = math.max(8, widths[i] - (total - room))
    total = total - (widths[i] - narrower)
    widths[i] = narrower
  end
end

--- Lines of a table.
--
-- columns  list of {title, right = true, shrink = n}: those with the lowest `shrink` are narrowed first
-- rows     list of lists of strings; row.styles[i] is a colour for cell i
-- options  {width = columns or nil for no limit, paint = terminal.painter(...)}
function M.lines(columns, rows, options)
  local paint = options and options.paint or function(_, s) return s end
  local widths, shrink = {}, {}
  for i, column in ipairs(columns) do
    widths[i] = text.width(column.title)
    if column.shrink then
      shrink[#shrink + 1] = i
    end
  end
  table.sort(shrink, function(a, b) return columns[a].shrink < columns[b].shrink end)
  local cells = {}
  for r, row in ipairs(rows) do
    cells[r] = {}
    for i = 1, #columns do
      cells[r][i] = text.printable(row[i] or "")
      widths[i] = math.max(widths[i], text.width(cells[r][i]))
    end
  end
  if options and options.width then
    fit(widths, shrink, options.width)
  end
  local function line(values, style)
    local out = {}
    for i, column in ipairs(columns) do
      local cell = text.clip(values[i], widths[i])
      local bare = i == #columns and not column.right
      out[i] = paint(style(i), bare and cell or text.pad(cell, widths[i], column.right))
    end
    return (table.concat(out, GAP):gsub("%s+$", ""))
  end
  local titles = {}
  for i, column in ipairs(columns) do
    titles[i] = column.title
  end
  local lines = { line(titles, function() return "bold" end) }
  for r, row in ipairs(rows) do
    local styles = row.styles or {}
    lines[#lines + 1] = line(cells[r], function(i) return styles[i] end)
  end
  return lines
end

return M
