--- Reads the JSONPaths that have one meaning whatever the data: names and indices, nothing that selects.
local symbol = require "passo.migrate.symbol"

local path = {}

-- What is in the text that has no exact counterpart, for the report.
local function reason(text)
  local what = text:find("..", 1, true) and "a descent (..)" or text:find "%?%(" and "a filter"
    or text:find "%*" and "a wildcard" or text:find "%[[^'\"%]]*:" and "a slice" or text:find "," and "a union"
    or text:find "%(" and "a function" or "a form that is not known here"
  return ("%s has %s: JSONata flattens and unwraps lists where JSONPath does not"):format(text, what)
end

-- The root, and where the steps begin.
local function root_of(text)
  if text:sub(1, 2) == "$$" then return "$states.context", 3 end
  local name = text:match "^%$([%a_][%w_]*)"
  if name then return "$" .. name, #name + 2 end
  return "$", 2
end

local function step_at(text, at)
  local name, stop = text:match("^%.([%w_\128-\255-]+)()", at)
  if name then return name, stop end
  local index
  index, stop = text:match("^%[(-?%d+)%]()", at)
  if index and #index < 10 then return tonumber(index), stop end
  for _, quote in ipairs { "'", '"' } do
    name, stop = text:match(("^%%[%s([^%s\\]+)%s%%]()"):format(quote, quote, quote), at)
    if name then return name, stop end
  end
  return nil
end

--- What a path reads, where `$` is the symbol `whole`.
function path.read(text, whole)
  if text:sub(1, 1) ~= "$" then symbol.unfit("%s is no JSONPath", text) end
  local root, at = root_of(text)
  local steps = {}
  while at <= #text do
    local step, stop = step_at(text, at)
    if not step or (type(step) == "string" and text:sub(stop, stop) == "(") then symbol.unfit("%s", reason(text)) end
    steps[#steps + 1], at = step, stop
  end
  if root == "$" then return symbol.get(whole, steps), steps end
  return symbol.path(root, steps), steps
end

return path
