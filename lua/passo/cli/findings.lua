-- cli/findings.lua: findings of a check as people read them: place, words, the line with a caret, the hint.
local text = require "passo.text"

local findings = {}

function findings.only_errors(list)
  local errors = {}
  for _, finding in ipairs(list) do
    if finding.severity ~= "WARNING" then
      errors[#errors + 1] = finding
    end
  end
  return errors
end

local function source_lines(content)
  local lines = {}
  for line in (content .. "\n"):gmatch "(.-)\r?\n" do
    lines[#lines + 1] = line
  end
  return lines
end

local MAX_COLUMNS = 110
-- Some of AWS's texts list forty names; --json has them whole.
local MAX_MESSAGE = 240

-- The source line and a caret under column `column` (in characters); a long line is cut around it.
local function excerpt(line, number, column, paint)
  local before, after, at = {}, {}, 0
  for char in text.each(line) do
    at = at + 1
    local shown = char == "\t" and " " or text.printable(char)
    table.insert(at < column and before or after, shown)
  end
  local left = table.concat(before)
  if text.width(left) > MAX_COLUMNS - 30 then
    left = "…" .. table.concat(before, "", #before - 40)
  end
  local gutter = ("%5d | "):format(number)
  local whole = text.clip(left .. table.concat(after), MAX_COLUMNS)
  return paint("dim", gutter) .. whole .. "\n" .. paint("dim", "      | ") .. (" "):rep(text.width(left))
    .. paint("green", "^") .. "\n"
end

--- All of them as text.
--
-- path     of the file, as the user wrote it; content its text, nil when there is none to show
function findings.text(list, path, content, paint)
  local lines, out = content and source_lines(content) or {}, {}
  for _, finding in ipairs(list) do
    local place = path .. (finding.line and (":%d:%d"):format(finding.line, finding.column or 1) or "")
    local warning = finding.severity == "WARNING"
    local location = not finding.words and finding.location and finding.location ~= "" and paint("dim", "  "
      .. text.printable(finding.location)) or ""
    out[#out + 1] = ("%s: %s %s: %s%s\n"):format(paint("bold", text.printable(place)),
      paint(warning and "yellow" or "red", warning and "warning" or "error"), tostring(finding.code),
      text.clip(text.printable(tostring(finding.words or finding.message)), MAX_MESSAGE), location)
    local line = finding.line and lines[finding.line]
    if line then
      out[#out + 1] = excerpt(line, finding.line, finding.column or 1, paint)
    end
    if finding.hint then
      out[#out + 1] = ("        %s %s\n"):format(paint("cyan", "hint:"), text.printable(finding.hint))
    end
  end
  return table.concat(out)
end

return findings
