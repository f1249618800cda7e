-- text.lua: what people read: UTF-8 measured in columns, cut, wrapped; control characters made harmless.
--
-- Lua 5.1 and LuaJIT have no utf8 library, and a name in a definition may hold anything: bytes that are
-- no UTF-8, terminal escapes, newlines. Nothing here fails on such input.
local text = {}

-- One character: a valid UTF-8 sequence, or a single byte that is none (second result nil then).
local function sequence(s, at)
  local b = s:byte(at)
  if b < 0x80 then
    return 1, b
  end
  local length = (b >= 0xC2 and b < 0xE0) and 2 or (b >= 0xE0 and b < 0xF0) and 3 or (b >= 0xF0 and b < 0xF5) and 4
  if not length or at + length - 1 > #s then
    return 1, nil
  end
  local code = b % 2 ^ (7 - length)
  for i = at + 1, at + length - 1 do
    local c = s:byte(i)
    if c < 0x80 or c > 0xBF then
      return 1, nil
    end
    code = code * 64 + c % 64
  end
  local surrogate = code >= 0xD800 and code < 0xE000
  if surrogate or code > 0x10FFFF or (length == 3 and code < 0x800) or (length == 4 and code < 0x10000) then
    return 1, nil
  end
  return length, code
end

--- Iterates over (character, code point or nil, byte position).
function text.each(s)
  local at = 1
  return function()
    if at > #s then
      return nil
    end
    local from = at
    local length, code = sequence(s, at)
    at = at + length
    return s:sub(from, at - 1), code, from
  end
end

-- Ranges of code points two columns wide in a terminal: East Asian scripts and the common emoji blocks.
local WIDE = { { 0x1100, 0x115F }, { 0x2E80, 0x303E }, { 0x3041, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
  { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F }, { 0x1F900, 0x1F9FF },
  { 0x20000, 0x3FFFD } }
-- Combining marks and joiners take no column of their own.
local ZERO = { { 0x0300, 0x036F }, { 0x200B, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x2064 }, { 0x20D0, 0x20FF },
  { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF } }

local function within(ranges, code)
  for i = 1, #ranges do
    if code >= ranges[i][1] and code <= ranges[i][2] then
      return true
    end
  end
  return false
end

local function columns(code)
  if not code or code < 0x300 then
    return 1
  end
  return within(ZERO, code) and 0 or within(WIDE, code) and 2 or 1
end

--- Columns that `s` takes in a terminal.
function text.width(s)
  if not s:find("[\128-\255]") then
    return #s
  end
  local width = 0
  for _, code in text.each(s) do
    width = width + columns(code)
  end
  return width
end

--- `s` on one line, with nothing in it that a terminal would obey or that is no UTF-8.
--
-- Directional overrides go too: they can make a line read as another one.
function text.printable(s)
  if not s:find("[%c\127-\255]") then
    return s
  end
  local out = {}
  for char, code in text.each(s) do
    if not code or (code >= 0x7F and code < 0xA0) or (code >= 0x202A and code <= 0x202E)
        or (code >= 0x2066 and code <= 0x2069) then
      char = "\239\191\189"
    elseif code == 9 or code == 10 or code == 13 then
      char = " "
    elseif code < 32 then
      char = "\239\191\189"
    end
    out[#out + 1] = char
  end
  return table.concat(out)
end

--- At most `width` columns of `s`, with an ellipsis where something was cut.
function text.clip(s, width)
  if #s <= width or text.width(s) <= width then
    return s
  end
  local out, used = {}, 0
  for char, code in text.each(s) do
    local wide = columns(code)
    if used + wide > width - 1 then
      break
    end
    out[#out + 1], used = char, used + wide
  end
  return table.concat(out) .. "…"
end

--- `s` filled up with blanks to `width` columns; on the left side when `right` is true.
function text.pad(s, width, right)
  local fill = (" "):rep(width - text.width(s))
  return right and fill .. s or s .. fill
end

--- Breaks `s` into lines of at most `width` columns, at blanks, else at changes of case or after punctuation,
-- else anywhere; at most `limit` lines, the last one cut.
function text.wrap(s, width, limit)
  local lines, line, used, soft = {}, {}, 0, nil
  local function flush(upto)
    lines[#lines + 1] = table.concat(line, "", 1, upto):gsub("^%s+", ""):gsub("%s+$", "")
    local rest, columns_left = {}, 0
    for i = upto + 1, #line do
      if #rest > 0 or line[i] ~= " " then
        rest[#rest + 1] = line[i]
        columns_left = columns_left + text.width(line[i])
      end
    end
    line, used, soft = rest, columns_left, nil
  end
  local previous = ""
  for char, code in text.each(s) do
    local wide = columns(code)
    if char:find("^%u") and previous:find("^[%l%d]") then
      soft = #line
    end
    if used + wide > width and #line > 0 then
      flush(soft and soft > 0 and soft or #line)
    end
    line[#line + 1], used, previous = char, used + wide, char
    if char:find("^[%s_%-./:,]") then
      soft = #line
    end
  end
  if #line > 0 or #lines == 0 then
    lines[#lines + 1] = table.concat(line)
  end
  if limit and #lines > limit then
    for i = #lines, limit + 1, -1 do
      lines[i] = nil
    end
    lines[limit] = text.clip(lines[limit] .. "…", width)
  end
  return lines
end

-- Edit distance with swaps of neighbours counted once; gives up (returns limit + 1) beyond `limit`.
local function distance(a, b, limit)
  if math.abs(#a - #b) > limit then
    return limit + 1
  end
  local before, row = {}, {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local new, best = { [0] = i }, i
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local cost = math.min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        cost = math.min(cost, before[j - 2] + 1)
      end
      new[j], best = cost, math.min(best, cost)
    end
    if best > limit then
      return limit + 1
    end
    before, row = row, new
  end
  return row[#b]
end

--- The one of `candidates` that `word` was most likely meant to be, or nil.
function text.nearest(word, candidates)
  local limit = math.max(1, math.floor(#word / 3))
  local found, least = nil, limit + 1
  for _, candidate in ipairs(candidates) do
    local far = distance(word:lower(), candidate:lower(), limit)
    if far < least then
      found, least = candidate, far
    end
  end
  return found
end

return text
