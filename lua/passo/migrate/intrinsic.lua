--- Intrinsic functions as JSONata: those, and with those arguments, that answer the same.
local path = require "passo.migrate.path"
local symbol = require "passo.migrate.symbol"
local tree = require "passo.migrate.tree"

local intrinsic = {}

local MAX_RANGE = 1000

-- -- reading a call --------------------------------------------------------------------------------

local parse_call -- forward; scope: `whole`, the symbol of `$`; `calls`, which names functions

local function skip(text, at)
  return text:match("^%s*()", at)
end

-- Where a path that begins at `at` ends: before a comma or a parenthesis that is not in its brackets.
local function path_end(text, at)
  local brackets, quote = 0, nil
  while at <= #text do
    local c = text:sub(at, at)
    if quote then
      if c == quote then quote = nil end
    elseif brackets > 0 and (c == "'" or c == '"') then quote = c
    elseif c == "[" then brackets = brackets + 1
    elseif c == "]" then brackets = brackets - 1
    elseif brackets == 0 and c:find "[,)%s]" then break
    end
    at = at + 1
  end
  return at
end

local function parse_argument(text, at, scope)
  local c = text:sub(at, at)
  if c == "'" then
    local literal, stop = text:match("^'([^'\\]*)'()", at)
    if not literal then symbol.unfit("%s has escapes in a text", text) end
    return tree.string(literal), stop
  elseif c == "$" then
    local stop = path_end(text, at)
    return (path.read(text:sub(at, stop - 1), scope.whole)), stop
  end
  local number, stop = text:match("^(%-?%d[%d.eE+-]*)()", at)
  if number then return { kind = "number", text = number }, stop end
  local word
  word, stop = text:match("^(%a+)()", at)
  if (word == "true" or word == "false" or word == "null") and not text:find("^[.(%w]", stop) then
    return { kind = word }, stop
  end
  return parse_call(text, at, scope)
end

-- -- the functions ---------------------------------------------------------------------------------
-- Each gets its arguments as symbols, `calls`, and the text of the call.

local FUNCTIONS = {}

local function query(type, format, ...)
  return { kind = "query", type = type, text = format:format(...) }
end

local function whole_number(it)
  return it.kind == "number" and it.text:find "^%-?%d+$" and #it.text <= 9 and tonumber(it.text) or nil
end

local PRINTED = { string = true, integer = true, ["true"] = true, ["false"] = true, null = true }

-- What a function prints, as an expression for its text; `allowed` are the types for which that is known.
local function printed(it, name, allowed, calls)
  if allowed[symbol.type(it) or ""] then
    return it.kind == "null" and '"null"' or symbol.expression(it, calls)
  elseif not calls.plain or symbol.type(it) then
    symbol.unfit("%s of what may be no text: JSONata writes numbers such as 1.0, and objects, otherwise", name)
  end
  calls.assumed = true
  return ("%s(%s)"):format(calls "string", symbol.expression(it, calls))
end

function FUNCTIONS.Format(arguments, calls)
  local template = tree.word(arguments[1])
  if not template then symbol.unfit "States.Format with a template that is not written out" end
  local parts, used = {}, 1
  local rest = template
  while true do
    local before, after = rest:match "^(.-){}()"
    if (before or rest):find "[{}]" then symbol.unfit "States.Format with braces of its own" end
    if (before or rest) ~= "" then
      parts[#parts + 1] = symbol.expression(tree.string(before or rest), calls)
    end
    if not before then break end
    used = used + 1
    local argument = arguments[used] or symbol.unfit "States.Format with too few arguments"
    parts[#parts + 1] = printed(argument, "States.Format", PRINTED, calls)
    rest = rest:sub(after)
  end
  if used ~= #arguments then symbol.unfit "States.Format with too many arguments" end
  if #parts == 0 then return tree.string "" end
  if #parts == 1 and symbol.type(arguments[2] or arguments[1]) ~= "string" then parts[2] = '""' end
  return query("string", #parts > 1 and "(%s)" or "%s", symbol.chain(parts, "&"))
end

function FUNCTIONS.Array(arguments)
  local list = { kind = "array" }
  for i, argument in ipairs(arguments) do list[i] = argument end
  return list
end

function FUNCTIONS.ArrayContains(arguments, calls)
  if symbol.type(arguments[2]) ~= "string" then
    symbol.unfit "States.ArrayContains of what may be a number, a list or an object: they are compared otherwise"
  end
  return query("boolean", "(%s in %s)", symbol.expression(arguments[2], calls), symbol.expression(arguments[1], calls))
end

function FUNCTIONS.ArrayGetItem(arguments)
  local index = whole_number(arguments[2])
  if not index or index < 0 then symbol.unfit "States.ArrayGetItem with an index that is not written out" end
  local element = symbol.get(arguments[1], { index })
  -- Behind the end of the list there is null.
  return element.kind == "path" and symbol.path(element.root, element.steps, true) or element
end

function FUNCTIONS.ArrayLength(arguments, calls)
  if arguments[1].kind == "array" then return { kind = "number", text = tostring(#arguments[1]) } end
  return query("integer", "%s(%s)", calls "count", symbol.expression(arguments[1], calls))
end

function FUNCTIONS.ArrayRange(arguments)
  local first, last, step = whole_number(arguments[1]), whole_number(arguments[2]), whole_number(arguments[3])
  if not (first and last and step) or step == 0 or (last - first) / step >= MAX_RANGE then
    symbol.unfit "States.ArrayRange with numbers that are not written out"
  end
  local list = { kind = "array" }
  for n = first, last, step do list[#list + 1] = { kind = "number", text = ("%d"):format(n) } end
  return list
end

local ALGORITHMS = { MD5 = true, ["SHA-1"] = true, ["SHA-256"] = true, ["SHA-384"] = true, ["SHA-512"] = true }

function FUNCTIONS.Hash(arguments, calls)
  local text = printed(arguments[1], "States.Hash", { string = true }, calls)
  if not ALGORITHMS[tree.word(arguments[2]) or ""] then
    symbol.unfit "States.Hash with an algorithm that is not written out"
  end
  return query("string", "%s(%s, %s)", calls "hash", text, tree.quote(arguments[2].text))
end

function FUNCTIONS.JsonMerge(arguments, calls)
  if arguments[3].kind ~= "false" then symbol.unfit "States.JsonMerge with a third argument that is not false" end
  return query("object", "%s([%s, %s])", calls "merge", symbol.expression(arguments[1], calls),
    symbol.expression(arguments[2], calls))
end

-- Java's Math.round of what may be no whole number.
local function rounded(it, calls)
  local text = symbol.expression(it, calls)
  if symbol.type(it) == "integer" then return text end
  return ("%s(%s + 0.5)"):format(calls "floor", text)
end

function FUNCTIONS.MathAdd(arguments, calls)
  for i = 1, 2 do
    if arguments[i].kind == "number" and not whole_number(arguments[i]) then
      symbol.unfit "States.MathAdd of a number that is not a whole one"
    end
  end
  return query("integer", "(%s + %s)", rounded(arguments[1], calls), rounded(arguments[2], calls))
end

function FUNCTIONS.MathRandom(arguments, calls)
  local first, last = whole_number(arguments[1]), whole_number(arguments[2])
  if arguments[3] or not (first and last) or first >= last then
    symbol.unfit "States.MathRandom with a seed, or with limits that are not written out"
  end
  return query("integer", "(%d + %s(%s() * %d))", first, calls "floor", calls "random", last - first)
end

local function class_of(delimiters)
  return (delimiters:gsub("[%^%]%[\\/-]", "\\%0"))
end

function FUNCTIONS.StringSplit(arguments, calls)
  local delimiters = tree.word(arguments[2])
  if not delimiters or not delimiters:find "^[\32-\126]+$" then
    symbol.unfit "States.StringSplit with delimiters that are not written out"
  end
  -- Empty parts are left out, and what is left is a list however many there are.
  return query("array", '[%s(%s, %s)[$ != ""]]', calls "split", symbol.expression(arguments[1], calls),
    #delimiters == 1 and tree.quote(delimiters) or "/[" .. class_of(delimiters) .. "]/")
end

function FUNCTIONS.UUID(_, calls)
  return query("string", "%s()", calls "uuid")
end

local COUNTS = { ArrayContains = 2, ArrayGetItem = 2, ArrayLength = 1, ArrayRange = 3, Hash = 2, JsonMerge = 3,
  MathAdd = 2, StringSplit = 2, UUID = 0 }

local LEFT = {
  ArrayPartition = "$partition gives nothing for an empty list",
  ArrayUnique = "$distinct keeps another order and takes 1 and 1.0 for one",
  Base64Encode = "$base64encode takes no character beyond Latin-1",
  Base64Decode = "$base64decode gives Latin-1",
  JsonToString = "$string writes numbers such as 1.0 otherwise, and texts without quotes",
  StringToJson = "$parse refuses texts that States.StringToJson takes",
}

--- A call as a symbol.
function intrinsic.read(text, scope)
  local it, at = parse_call(text, skip(text, 1), scope)
  if skip(text, at) <= #text then symbol.unfit("%s cannot be read", text) end
  return it
end

function intrinsic.is(text)
  return not text:find "^%s*%$"
end

function parse_call(text, at, scope)
  local name, inside = text:match("^([%a][%w_.:/-]*)%s*%(()", at)
  local known = name and name:match "^States%.(%w+)$"
  if not known then symbol.unfit("%s is a function that JSONata does not have", name or text) end
  local arguments = {}
  at = skip(text, inside)
  while text:sub(at, at) ~= ")" do
    arguments[#arguments + 1], at = parse_argument(text, at, scope)
    at = skip(text, at)
    if text:sub(at, at) == "," then
      at = skip(text, at + 1)
    elseif text:sub(at, at) ~= ")" then
      symbol.unfit("%s cannot be read", text)
    end
  end
  if not FUNCTIONS[known] then
    symbol.unfit("States.%s has no exact counterpart%s", known, LEFT[known] and ": " .. LEFT[known] or "")
  elseif COUNTS[known] and #arguments ~= COUNTS[known] then
    symbol.unfit("States.%s with %d arguments", known, #arguments)
  end
  return FUNCTIONS[known](arguments, scope.calls), at + 1
end

return intrinsic
