--- The raw text of a JSON document's parts.
--- A decoded table has lost the order of its keys and how its numbers were written; what is fed to
--- the core must not.
local slices = {}

local function skip_space(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function string_end(text, at)
  local i = at + 1
  while true do
    i = text:find('["\\]', i)
    if not i then error("a string is not closed") end
    if text:byte(i) == 34 then return i end
    i = i + 2
  end
end

-- The index of the last byte of the value that begins at `at`.
local function value_end(text, at)
  local first = text:sub(at, at)
  if first == '"' then return string_end(text, at) end
  if first ~= "{" and first ~= "[" then
    return (text:find("[,%]}%s]", at) or #text + 1) - 1
  end
  local depth, i = 0, at
  while true do
    i = text:find('["%[%]{}]', i)
    if not i then error("a container is not closed") end
    local c = text:sub(i, i)
    if c == '"' then
      i = string_end(text, i)
    elseif c == "{" or c == "[" then
      depth = depth + 1
    else
      depth = depth - 1
      if depth == 0 then return i end
    end
    i = i + 1
  end
end

--- The members of an object: raw value by key (keys as written, without their quotes).
function slices.members(text)
  local out = {}
  local i = skip_space(text, 1)
  if text:sub(i, i) ~= "{" then error("not an object") end
  i = skip_space(text, i + 1)
  while text:sub(i, i) == '"' do
    local key_end = string_end(text, i)
    local key = text:sub(i + 1, key_end - 1)
    i = skip_space(text, key_end + 1)
    i = skip_space(text, i + 1)
    local last = value_end(text, i)
    out[key] = text:sub(i, last)
    i = skip_space(text, last + 1)
    if text:sub(i, i) == "," then i = skip_space(text, i + 1) end
  end
  return out
end

--- The elements of an array, raw.
function slices.elements(text)
  local out = {}
  local i = skip_space(text, 1)
  if text:sub(i, i) ~= "[" then error("not an array") end
  i = skip_space(text, i + 1)
  while i <= #text and text:sub(i, i) ~= "]" do
    local last = value_end(text, i)
    out[#out + 1] = text:sub(i, last)
    i = skip_space(text, last + 1)
    if text:sub(i, i) == "," then i = skip_space(text, i + 1) end
  end
  return out
end

--- The text without the white space between its tokens.
function slices.squeeze(text)
  local out, i = {}, 1
  while i <= #text do
    local quote = text:find('"', i, true)
    if not quote then
      out[#out + 1] = text:sub(i):gsub("%s+", "")
      break
    end
    local last = string_end(text, quote)
    out[#out + 1] = text:sub(i, quote - 1):gsub("%s+", "")
    out[#out + 1] = text:sub(quote, last)
    i = last + 1
  end
  return table.concat(out)
end

return slices
