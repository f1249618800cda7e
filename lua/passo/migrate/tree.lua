--- JSON that stays as it was written: the order of members and the text of numbers are kept.
---
--- A node is {kind = "object", {key, node}, ...}, {kind = "array", node, ...}, {kind = "string", text = ...},
--- {kind = "number", text = ...} or {kind = "true" | "false" | "null"}.
local core = require "passo.core"

local tree = {}

local WORDS = { t = "true", f = "false", n = "null" }

local node -- forward

local function quoted(text, at)
  local stop = at + 1
  while true do
    local found = text:find('["\\]', stop)
    if text:byte(found) == 34 then
      return { kind = "string", text = core.decode("[" .. text:sub(at, found) .. "]")[1] }, found + 1
    end
    stop = found + 2
  end
end

local function members(text, at, closing, out)
  at = at + 1
  while text:sub(at, at) ~= closing do
    if closing == "}" then
      local key, value
      key, at = quoted(text, at)
      value, at = node(text, at + 1)
      out[#out + 1] = { key.text, value }
    else
      out[#out + 1], at = node(text, at)
    end
    if text:sub(at, at) == "," then at = at + 1 end
  end
  return out, at + 1
end

function node(text, at)
  local first = text:sub(at, at)
  if first == "{" then
    return members(text, at, "}", { kind = "object" })
  elseif first == "[" then
    return members(text, at, "]", { kind = "array" })
  elseif first == '"' then
    return quoted(text, at)
  elseif WORDS[first] then
    return { kind = WORDS[first] }, at + #WORDS[first]
  end
  local stop = select(2, text:find("^[-+.%deE]+", at))
  return { kind = "number", text = text:sub(at, stop) }, stop + 1
end

--- The nodes of a value.
---@param value passo.Value
function tree.read(value)
  return (node(value:json(), 1))
end

--- A string as JSON, and as JSONata, writes it.
function tree.quote(text)
  return core.encode(text)
end

--- The JSON text of nodes, on one line.
function tree.text(it)
  if it.kind == "string" then
    return tree.quote(it.text)
  elseif it.kind == "number" then
    return it.text
  elseif it.kind ~= "object" and it.kind ~= "array" then
    return it.kind
  end
  local parts = {}
  for i, part in ipairs(it) do
    parts[i] = it.kind == "array" and tree.text(part) or tree.quote(part[1]) .. ":" .. tree.text(part[2])
  end
  local text = table.concat(parts, ",")
  return it.kind == "array" and "[" .. text .. "]" or "{" .. text .. "}"
end

function tree.string(text)
  return { kind = "string", text = text }
end

--- The member of an object by its name, or nil.
function tree.get(object, key)
  for _, member in ipairs(object) do
    if member[1] == key then return member[2] end
  end
  return nil
end

--- A string's text, or nil for anything else.
function tree.word(it)
  return it and it.kind == "string" and it.text or nil
end

return tree
