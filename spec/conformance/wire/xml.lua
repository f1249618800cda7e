--- XML as a tree, for comparing what the product wrote; on its own, so that it shares no mistake with it.
local xml = {}

local ENTITY = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

local function unescape(text)
  return (text:gsub("&(#?x?)(%w+);", function(kind, name)
    if kind == "" then return ENTITY[name] end
    local code = tonumber(name, kind == "#x" and 16 or 10)
    return code and code < 128 and string.char(code) or nil
  end))
end

local function attributes_of(text)
  local out = {}
  for name, _, value in text:gmatch("([%w_:.-]+)%s*=%s*([\"'])(.-)%2") do out[name] = unescape(value) end
  return out
end

--- The root element: {name, attributes, children, text}; text only where there are no children.
function xml.parse(text)
  local top = { children = {} }
  local open, at = { top }, 1
  while true do
    local from, to, slash, name, rest, empty = text:find("<(/?)([%w_:.-]+)(.-)(/?)>", at)
    if not from then break end
    local parent = open[#open]
    parent.text = (parent.text or "") .. unescape(text:sub(at, from - 1))
    at = to + 1
    if slash == "/" then
      if parent.name ~= name then error("XML: </" .. name .. "> closes <" .. tostring(parent.name) .. ">") end
      open[#open] = nil
    else
      local node = { name = name, attributes = attributes_of(rest), children = {}, text = "" }
      parent.children[#parent.children + 1] = node
      if empty == "" then open[#open + 1] = node end
    end
  end
  if #open ~= 1 or #top.children ~= 1 then error("not one XML element: " .. text:sub(1, 80)) end
  return top.children[1]
end

--- One text for all documents that mean the same: attributes and elements sorted, white space between them left out.
function xml.canonical(node)
  local attributes, children = {}, {}
  for name, value in pairs(node.attributes) do attributes[#attributes + 1] = (" %s=%q"):format(name, value) end
  table.sort(attributes)
  for i, child in ipairs(node.children) do children[i] = { name = child.name, at = i, text = xml.canonical(child) } end
  table.sort(children, function(a, b)
    if a.name ~= b.name then return a.name < b.name end
    if a.name == "entry" then return a.text < b.text end -- of a map
    return a.at < b.at
  end)
  for i, child in ipairs(children) do children[i] = child.text end
  local inside = #children > 0 and table.concat(children) or node.text
  return ("<%s%s>%s</%s>"):format(node.name, table.concat(attributes), inside, node.name)
end

return xml
