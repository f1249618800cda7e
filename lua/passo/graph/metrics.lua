-- graph/metrics.lua: about how wide text is in a common sans-serif font; boxes are drawn around it.
--
-- No font is at hand when a file is written, and viewers bring different ones: the estimates are generous.
local text = require "passo.text"

local metrics = {}

local CLASSES = {
  { "[iljtfrI%.,:;'|!%(%)%[%]{}\"`%s%-/\\]", 0.36 }, { "[mwMW@%%]", 0.92 }, { "%u", 0.7 }, { "[%d_%$=<>%+~#]", 0.6 },
}

local function em(char, code)
  if code and code < 128 then
    for _, class in ipairs(CLASSES) do
      if char:find(class[1]) then
        return class[2]
      end
    end
    return 0.57
  end
  return text.width(char) == 2 and 1.02 or text.width(char) == 0 and 0 or 0.66
end

--- Width of one line in pixels.
function metrics.width(line, size, bold)
  local total = 0
  for char, code in text.each(line) do
    total = total + em(char, code)
  end
  return total * size * (bold and 1.08 or 1.02)
end

return metrics
