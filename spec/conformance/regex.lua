--- Full-match regular expressions, as far as recorded patterns need them.
--- Literals, `.`, classes, \d \w \s, groups with alternatives, * + ? {m,n}; anchors may stand at the ends.
--- A backtracking matcher over a parsed tree: patterns are short and come from case files only.
local regex = {}

local CLASSES = {
  d = function(c) return c >= 48 and c <= 57 end,
  w = function(c) return c >= 48 and c <= 57 or c >= 65 and c <= 90 or c >= 97 and c <= 122 or c == 95 end,
  s = function(c) return c == 32 or c >= 9 and c <= 13 end,
}
local ESCAPES = { n = 10, r = 13, t = 9 }

local function escaped(letter)
  local class = CLASSES[letter]
  if class then return class end
  class = CLASSES[letter:lower()]
  if class and letter ~= letter:lower() then
    return function(c) return not class(c) end
  end
  local code = ESCAPES[letter] or letter:byte()
  return function(c) return c == code end
end

local function parse_set(text, at)
  local negated = text:sub(at, at) == "^"
  if negated then at = at + 1 end
  local tests = {}
  local first = true
  while first or text:sub(at, at) ~= "]" do
    first = false
    local c = text:sub(at, at)
    if c == "" then error("a class is not closed") end
    if c == "\\" then
      tests[#tests + 1] = escaped(text:sub(at + 1, at + 1))
      at = at + 2
    elseif text:sub(at + 1, at + 1) == "-" and text:sub(at + 2, at + 2) ~= "]" then
      local low, high = c:byte(), text:byte(at + 2)
      tests[#tests + 1] = function(x) return x >= low and x <= high end
      at = at + 3
    else
      local code = c:byte()
      tests[#tests + 1] = function(x) return x == code end
      at = at + 1
    end
  end
  return function(x)
    for _, test in ipairs(tests) do
      if test(x) then return not negated end
    end
    return negated
  end, at + 1
end

local parse_alternatives

local function parse_piece(text, at)
  local c = text:sub(at, at)
  local node
  if c == "(" then
    at = at + 1
    if text:sub(at, at + 1) == "?:" then at = at + 2 end
    node, at = parse_alternatives(text, at)
    at = at + 1
  elseif c == "[" then
    local test
    test, at = parse_set(text, at + 1)
    node = { test = test }
  elseif c == "\\" then
    node = { test = escaped(text:sub(at + 1, at + 1)) }
    at = at + 2
  elseif c == "." then
    node = { test = function() return true end }
    at = at + 1
  elseif c == "^" or c == "$" then
    return { anchor = c }, at + 1
  else
    local code = c:byte()
    node = { test = function(x) return x == code end }
    at = at + 1
  end
  local q = text:sub(at, at)
  local low, high
  if q == "*" then low, high = 0, math.huge
  elseif q == "+" then low, high = 1, math.huge
  elseif q == "?" then low, high = 0, 1
  elseif q == "{" then
    local a, comma, b, stop = text:match("^{(%d+)(,?)(%d*)}()", at)
    if not a then error("a bad repetition at " .. at) end
    low = tonumber(a)
    high = comma == "" and low or tonumber(b) or math.huge
    at = stop - 1
  end
  if low then
    at = at + 1
    if text:sub(at, at) == "?" or text:sub(at, at) == "+" then at = at + 1 end -- a full match is the same
    node = { repeated = node, low = low, high = high }
  end
  return node, at
end

function parse_alternatives(text, at)
  local alternatives = { {} }
  while at <= #text and text:sub(at, at) ~= ")" do
    if text:sub(at, at) == "|" then
      alternatives[#alternatives + 1] = {}
      at = at + 1
    else
      local node
      node, at = parse_piece(text, at)
      local sequence = alternatives[#alternatives]
      sequence[#sequence + 1] = node
    end
  end
  return { alternatives = alternatives }, at
end

local match_node

local function match_sequence(sequence, i, text, at, rest)
  local node = sequence[i]
  if not node then return rest(at) end
  return match_node(node, text, at, function(next_at)
    return match_sequence(sequence, i + 1, text, next_at, rest)
  end)
end

function match_node(node, text, at, rest)
  if node.anchor == "^" then return at == 1 and rest(at) end
  if node.anchor == "$" then return at == #text + 1 and rest(at) end
  if node.test then
    local c = text:byte(at)
    return c ~= nil and node.test(c) and rest(at + 1)
  end
  if node.alternatives then
    for _, sequence in ipairs(node.alternatives) do
      if match_sequence(sequence, 1, text, at, rest) then return true end
    end
    return false
  end
  local inner = node.repeated
  if inner.test then -- the common case needs no recursion per byte
    local longest = 0
    while longest < node.high do
      local c = text:byte(at + longest)
      if not c or not inner.test(c) then break end
      longest = longest + 1
    end
    for n = longest, node.low, -1 do
      if rest(at + n) then return true end
    end
    return false
  end
  local function again(n, from)
    if n < node.high and match_node(inner, text, from, function(to)
      return to > from and again(n + 1, to)
    end) then
      return true
    end
    return n >= node.low and rest(from)
  end
  return again(0, at)
end

--- Whether the whole of `text` matches `pattern`.
function regex.matches(pattern, text)
  local tree, at = parse_alternatives(pattern, 1)
  if at <= #pattern then error("a bad pattern: " .. pattern) end
  return match_node(tree, text, 1, function(stop) return stop == #text + 1 end) and true or false
end

return regex
