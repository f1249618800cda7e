-- cli/spans.lua: where the members of a JSON text stand, by JSON pointer, so that one of them can be changed
-- without touching how the rest was written. The text is known to be well-formed.
local spans = {}

-- From the opening quote to behind the closing one.
local function skip_string(s, at)
  local i = at + 1
  while true do
    local found = s:find('["\\]', i)
    if not found then
      return #s + 1
    elseif s:sub(found, found) == '"' then
      return found + 1
    end
    i = found + 2
  end
end

local function blank(s, at)
  return s:match("^%s*()", at)
end

--- {[pointer] = {from, to, key_from, key_to, last = end of the last member of an object, empty}}; byte positions,
-- `to` and `key_to` included. Keys are taken as written: one with a \u escape is not found.
function spans.scan(s)
  local found = {}
  local stack = {}
  local at = blank(s, 1)
  local pointer, key_from, key_to = "", nil, nil
  local function close_value(from, to)
    found[pointer] = found[pointer] or {}
    local span = found[pointer]
    span.from, span.to, span.key_from, span.key_to = from, to, key_from, key_to
  end
  -- Where a member or element begins, given its container.
  local function begin(container)
    if container.object then
      key_from = at
      local after = skip_string(s, at)
      key_to = after - 1
      local key = s:sub(key_from + 1, key_to - 1):gsub("\\(.)", "%1"):gsub("~", "~0"):gsub("/", "~1")
      pointer = container.pointer .. "/" .. key
      at = blank(s, blank(s, after) + 1)
    else
      key_from, key_to = nil, nil
      pointer = container.pointer .. "/" .. container.count
    end
    container.count = container.count + 1
  end
  while at <= #s do
    local c = s:sub(at, at)
    if c == "{" or c == "[" then
      local container = { object = c == "{", pointer = pointer, from = at, key_from = key_from, key_to = key_to,
        count = 0 }
      stack[#stack + 1] = container
      at = blank(s, at + 1)
      if not s:find("^[%]}]", at) then
        begin(container)
      end
    elseif c == "}" or c == "]" then
      local container = table.remove(stack)
      pointer, key_from, key_to = container.pointer, container.key_from, container.key_to
      close_value(container.from, at)
      found[pointer].empty, found[pointer].last = container.count == 0, container.last
      at = blank(s, at + 1)
      if #stack == 0 then
        return found
      end
      stack[#stack].last = found[pointer].to
    elseif c == "," then
      at = blank(s, at + 1)
      begin(stack[#stack])
    else
      local after = c == '"' and skip_string(s, at) or s:match("^[^%s,%]}]+()", at)
      close_value(at, after - 1)
      at = blank(s, after)
      if #stack == 0 then
        return found
      end
      stack[#stack].last = after - 1
    end
  end
  return found
end

return spans
