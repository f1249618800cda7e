--- The words of a JMESPath expression.
local core = require "passo.core"

local tokens = {}

local PAIRS = { ["[]"] = true, ["[?"] = true, ["||"] = true, ["&&"] = true, ["=="] = true, ["!="] = true,
  ["<="] = true, [">="] = true }

--- Ends the reading with words.
function tokens.refuse(at, words)
  error({ words = ("%s at byte %d"):format(words, at) }, 0)
end

local function decoded(text, at)
  local value, message = core.decode(text)
  if value == nil then tokens.refuse(at, "a literal that is no JSON (" .. message .. ")") end
  return value
end

-- The text up to the closing quote, and where to go on.
local function quoted(s, at)
  local quote = s:sub(at, at)
  local i = at + 1
  while true do
    local c = s:sub(i, i)
    if c == "" then tokens.refuse(at, ("a %s without its end"):format(quote)) end
    if c == quote then return s:sub(at + 1, i - 1), i + 1 end
    i = i + (c == "\\" and 2 or 1)
  end
end

local function token(s, at)
  at = s:find("%S", at)
  if not at then return { kind = "end", at = #s + 1 }, #s + 1 end
  local word = s:match("^[%a_][%w_]*", at)
  if word then return { kind = "name", value = word, at = at }, at + #word end
  local digits = s:match("^%-?%d+", at)
  if digits then return { kind = "number", value = tonumber(digits), at = at }, at + #digits end
  local c = s:sub(at, at)
  if c == '"' then
    local text, to = quoted(s, at)
    return { kind = "name", value = decoded('"' .. text .. '"', at), quoted = true, at = at }, to
  elseif c == "'" then
    local text, to = quoted(s, at)
    return { kind = "literal", value = (text:gsub("\\'", "'")), at = at }, to
  elseif c == "`" then
    local text, to = quoted(s, at)
    return { kind = "literal", value = decoded((text:gsub("\\`", "`")), at), at = at }, to
  end
  local two = s:sub(at, at + 1)
  if PAIRS[two] then
    return { kind = two, at = at }, at + 2
  elseif c:find "[%.%*%[%]%(%){},:|!<>@&]" then
    return { kind = c, at = at }, at + 1
  end
  tokens.refuse(at, ("unexpected %q"):format(c))
end

--- The tokens of an expression: {kind, value, at}; the last one's kind is "end".
function tokens.read(s)
  local list, at = {}, 1
  repeat
    list[#list + 1], at = token(s, at)
  until list[#list].kind == "end"
  return list
end

return tokens
