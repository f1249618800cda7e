-- cli/repair.lua: carries out the fixes that findings propose, in the text itself: comments, order and layout stay.
--
-- JSON: replace, add and rename (a move within one object). YAML: replace and rename where key and value stand
-- on the finding's line. A fix that cannot be written in this way is left to the user.
local poll = require "passo.cli.poll"
local spans = require "passo.cli.spans"

local repair = {}

local function parent_of(pointer)
  local parent, name = pointer:match "^(.*)/([^/]*)$"
  return parent, name and (name:gsub("~1", "/"):gsub("~0", "~"))
end

local function indent_at(s, at)
  local start = at
  while start > 1 and s:sub(start - 1, start - 1) ~= "\n" do
    start = start - 1
  end
  return s:match("^[ \t]*", start)
end

local function encode(value)
  return require("passo").core.encode(value)
end

-- Members to stand behind another one, each on a line of its own, indented as that one is.
local function members_behind(s, span, members)
  local lead, parts = "\n" .. indent_at(s, span.key_from), {}
  for i, pair in ipairs(members) do
    local text = require("passo").core.encode(pair[2], { pretty = true })
    parts[i] = "," .. lead .. encode(pair[1]) .. ": " .. text:gsub("\n", lead)
  end
  return table.concat(parts)
end

-- One operation as an edit {from, to, text} of a JSON text, or nil.
local function json_edit(s, found, operation)
  local path = operation.path
  if operation.op == "follow" then
    local span = found[path]
    return span and { from = span.to + 1, to = span.to, text = members_behind(s, span, operation.members) }
  end
  if operation.op == "replace" and found[path] then
    return { from = found[path].from, to = found[path].to, text = encode(operation.value) }
  elseif operation.op == "move" and found[operation.from] and found[operation.from].key_from then
    local parent, name = parent_of(path)
    if parent == parent_of(operation.from) and not found[path] then
      return { from = found[operation.from].key_from, to = found[operation.from].key_to, text = encode(name) }
    end
  elseif operation.op == "add" and not found[path] then
    local parent, name = parent_of(path)
    local object = parent and found[parent]
    if object and s:sub(object.from, object.from) == "{" then
      local member = encode(name) .. ": " .. encode(operation.value)
      if object.empty then
        return { from = object.from + 1, to = object.to - 1, text = member }
      end
      local broken = s:sub(object.from, object.to):find "\n"
      local lead = broken and "\n" .. indent_at(s, object.last) or " "
      if broken and s:sub(object.last, object.last):find "[%]}]" then
        -- The last member is a container: its closing line has the members' indent.
        lead = "\n" .. indent_at(s, object.last)
      end
      return { from = object.last + 1, to = object.last, text = "," .. lead .. member }
    end
  end
end

local function escape_pattern(s)
  return (s:gsub("%p", "%%%0"))
end

local function yaml_key(s)
  return s:find "^[%a_][%w_]*$" and s or encode(s)
end

-- The same for a line of YAML: the new line, or nil.
local function yaml_line(line, operation)
  if operation.op == "move" then
    local parent, name = parent_of(operation.path)
    local from_parent, old = parent_of(operation.from)
    if parent == from_parent then
      local head, quote, tail = line:match("^(%s*[%s%-]*)([\"']?)" .. escape_pattern(old) .. "%2(%s*:.*)$")
      return quote and head .. yaml_key(name) .. tail
    end
  elseif operation.op == "replace" and type(operation.value) ~= "table" then
    local _, name = parent_of(operation.path)
    local head, value = line:match("^(%s*[%s%-]*[\"']?" .. escape_pattern(name or "") .. "[\"']?%s*:%s+)(.*)$")
    if head and not value:find "^[|>&*!{%[]" then
      local comment = value:match "%s+#.*$" or ""
      local new = encode(operation.value)
      local plain = type(operation.value) == "string" and operation.value:find "^%a[%w _%-]*$"
        and not value:find "^[\"']" and operation.value
      return head .. (plain or new) .. comment
    end
  end
end

-- All of a fix or nothing of it: its edits, or nil.
local function edits_of(s, found, operations)
  local edits = {}
  for i, operation in ipairs(operations) do
    edits[i] = json_edit(s, found, operation)
    if not edits[i] then return nil end
  end
  return edits
end

-- What the finding proposes, and with it the states that ask after a job that is only started now.
local function with_poll(definition, finding)
  local all = {}
  for _, operation in ipairs(finding.fix) do all[#all + 1] = operation end
  for _, operation in ipairs(poll.operations(definition, finding)) do all[#all + 1] = operation end
  return all
end

local function fix_json(s, list)
  local found, edits = spans.scan(s), {}
  local definition = require("passo").core.decode(s) or {}
  for _, finding in ipairs(list) do
    local mine = edits_of(s, found, with_poll(definition, finding)) or edits_of(s, found, finding.fix)
    if mine then
      for _, edit in ipairs(mine) do
        edit.finding = finding
        edits[#edits + 1] = edit
      end
    end
  end
  table.sort(edits, function(a, b) return a.from > b.from end)
  local count, counted, before = 0, {}, math.huge
  for _, edit in ipairs(edits) do
    if edit.to < before then
      s = s:sub(1, edit.from - 1) .. edit.text .. s:sub(edit.to + 1)
      before = edit.from
      if not counted[edit.finding] then
        counted[edit.finding], count = true, count + 1
      end
    end
  end
  return count, s
end

local function fix_yaml(s, list)
  local lines, count, used = {}, 0, {}
  for line in (s .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = line
  end
  for _, finding in ipairs(list) do
    local at = finding.line
    local new = at and lines[at] and not used[at] and #finding.fix == 1 and yaml_line(lines[at], finding.fix[1])
    if new then
      lines[at], used[at], count = new, true, count + 1
    end
  end
  return count, table.concat(lines, "\n", 1, #lines - (lines[#lines] == "" and 1 or 0))
    .. (s:sub(-1) == "\n" and "\n" or "")
end

--- Applies what the findings propose to a file's text.
--
-- Returns how many fixes were made, the new text, and, when some were left, words about them.
function repair.apply(path, content, found)
  local list = {}
  for _, finding in ipairs(found) do
    if type(finding.fix) == "table" and #finding.fix > 0 then
      list[#list + 1] = finding
    end
  end
  if #list == 0 then
    return 0, content
  end
  local count, fixed
  if path:find "%.ya?ml$" or not content:find "^%s*{" then
    count, fixed = fix_yaml(content, list)
  else
    count, fixed = fix_json(content, list)
  end
  local left = #list - count
  return count, fixed, left > 0
    and ("%d of the proposed fixes cannot be written without rearranging the file"):format(left) or nil
end

return repair
