-- graph/model.lua: a definition (a plain Lua table) as nodes and edges; whatever is malformed is left out or
-- shown as missing, for a graph is often wanted of a definition that is not yet right.
local text = require "passo.text"

local model = {}

local MAX_DEPTH = 50

local function object(v)
  return type(v) == "table" and v or {}
end

local function string(v)
  return type(v) == "string" and v or nil
end

-- A number as text; one that Lua cannot hold exactly is an object that prints itself.
local function number(v)
  if type(v) ~= "number" then
    return string(v) or type(v) == "userdata" and tonumber(tostring(v)) and tostring(v) or nil
  end
  return v == math.floor(v) and ("%d"):format(v) or tostring(v)
end

-- JSONata without its brackets.
local function expression(s)
  return (s:gsub("^{%%%s*", ""):gsub("%s*%%}$", ""))
end

local SIGNS = { { "GreaterThanEquals", ">=" }, { "LessThanEquals", "<=" }, { "GreaterThan", ">" }, { "LessThan", "<" },
  { "Equals", "==" }, { "Matches", "matches" } }

local function literal(v)
  if type(v) == "string" then
    return '"' .. v .. '"'
  end
  return number(v) or tostring(v)
end

local function joined(rules, word, depth)
  local parts = {}
  for i, rule in ipairs(object(rules)) do
    parts[i] = model.rule_text(rule, depth + 1)
  end
  return table.concat(parts, " " .. word .. " ")
end

--- A Choice rule as people would say it: `$.total > 100 and not ($.vip)`.
function model.rule_text(rule, depth)
  depth = depth or 0
  rule = object(rule)
  if depth > 8 then
    return "…"
  elseif string(rule.Condition) then
    return expression(rule.Condition)
  elseif rule.Condition ~= nil then
    return tostring(rule.Condition)
  elseif rule.Not then
    return "not (" .. model.rule_text(rule.Not, depth + 1) .. ")"
  elseif rule.And or rule.Or then
    local words = joined(rule.And or rule.Or, rule.And and "and" or "or", depth)
    return depth > 0 and "(" .. words .. ")" or words
  end
  local variable = string(rule.Variable) or "?"
  local keys = {}
  for key in pairs(rule) do
    keys[#keys + 1] = tostring(key)
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value = rule[key]
    local is = key:match "^Is(%u%a+)$"
    if is then
      return variable .. (value == false and " is not " or " is ") .. is:lower()
    end
    local operator = key:gsub("Path$", "")
    for _, sign in ipairs(SIGNS) do
      if operator:match("^%u%l+" .. sign[1] .. "$") then
        return ("%s %s %s"):format(variable, sign[2], key:find "Path$" and tostring(value) or literal(value))
      end
    end
  end
  return variable
end

--- The part of a resource that tells people what is called: "lambda: charge", "dynamodb:putItem".
function model.resource_text(state)
  local resource = string(state.Resource)
  if not resource then
    return nil
  end
  local fn = resource:match "^arn:[^:]*:lambda:[^:]*:[^:]*:function:(.+)$"
  local activity = resource:match "^arn:[^:]*:states:[^:]*:[^:]*:activity:(.+)$"
  local service = resource:match "^arn:[^:]*:states:[^:]*:[^:]*:(.+)$"
  if fn then
    return "lambda: " .. fn
  elseif activity then
    return "activity: " .. activity
  elseif service then
    service = service:gsub("^aws%-sdk:", "")
    local arguments = type(state.Arguments) == "table" and state.Arguments or object(state.Parameters)
    local name = string(arguments.FunctionName)
    if service:find "^lambda:invoke" and name then
      return "lambda: " .. (name:match ":function:(.+)$" or expression(name))
    end
    return service
  end
  return resource
end

local function detail(state)
  local kind = state.Type
  if kind == "Task" then
    return model.resource_text(state)
  elseif kind == "Wait" then
    local seconds = number(state.Seconds)
    if seconds then
      return expression(seconds) .. " s"
    end
    local other = string(state.SecondsPath) or string(state.TimestampPath) or string(state.Timestamp)
    return other and ((state.SecondsPath and "" or "until ") .. expression(other) .. (state.SecondsPath and " s" or ""))
  elseif kind == "Fail" then
    return string(state.Error) or string(state.ErrorPath)
  elseif kind == "Map" then
    local items = string(state.Items) or string(state.ItemsPath)
    local mode = object(object(state.ItemProcessor).ProcessorConfig).Mode
    local words = items and "each of " .. expression(items)
      or state.ItemReader and "each of " .. (model.resource_text(object(state.ItemReader)) or "a file")
    return mode == "DISTRIBUTED" and "distributed" .. (words and ", " .. words or "") or words
  end
end

local function errors_text(entry)
  local names = {}
  for i, name in ipairs(object(entry.ErrorEquals)) do
    names[i] = tostring(name)
  end
  return #names > 0 and table.concat(names, ", ") or "?"
end

-- Edges out of a state, as {target name, kind, label}.
local function targets(state)
  local found = {}
  local function add(target, kind, label)
    if string(target) then
      found[#found + 1] = { target, kind, label }
    end
  end
  if state.Type == "Choice" then
    for _, rule in ipairs(object(state.Choices)) do
      add(object(rule).Next, "choice", model.rule_text(rule))
    end
    add(state.Default, "default", "otherwise")
  else
    add(state.Next, "next")
  end
  for _, catcher in ipairs(object(state.Catch)) do
    add(object(catcher).Next, "catch", errors_text(object(catcher)))
  end
  return found
end

-- States in the order a reader meets them: breadth first from StartAt, then, by name, what is unreachable.
local function reading_order(states, start)
  local order, seen = {}, {}
  local function follow(name)
    if seen[name] or type(states[name]) ~= "table" then
      return
    end
    seen[name] = true
    order[#order + 1] = name
  end
  local names = {}
  for name in pairs(states) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  if string(start) then
    follow(start)
  end
  local at, rest = 1, 1
  while true do
    while at <= #order do
      for _, target in ipairs(targets(states[order[at]])) do
        follow(target[1])
      end
      at = at + 1
    end
    if rest > #names then
      return order
    end
    follow(names[rest])
    rest = rest + 1
  end
end

local function build(all, definition, owner, depth)
  local states = object(definition.States)
  local scope = { owner = owner, nodes = {}, edges = {} }
  local by_name = {}
  local function add(name, kind, fields)
    local node = fields or {}
    node.id, node.name, node.kind, node.scope, node.scopes = "s" .. (#all.nodes + 1), name, kind, scope,
      node.scopes or {}
    all.nodes[#all.nodes + 1] = node
    scope.nodes[#scope.nodes + 1] = node
    by_name[name] = node
    return node
  end
  local order = reading_order(states, definition.StartAt)
  for _, name in ipairs(order) do
    local state = states[name]
    local kind = string(state.Type) or "?"
    local node = add(name, kind, {
      detail = detail(state),
      comment = string(state.Comment),
      ends = state.End == true or kind == "Succeed",
      retries = #object(state.Retry) > 0,
    })
    if depth < MAX_DEPTH then
      local inner = kind == "Parallel" and object(state.Branches)
        or kind == "Map" and { object(state.ItemProcessor or state.Iterator) } or {}
      for i, branch in ipairs(inner) do
        node.scopes[i] = build(all, object(branch), node, depth + 1)
      end
    end
  end
  for _, name in ipairs(order) do
    local merged = {}
    for _, target in ipairs(targets(states[name])) do
      local to = by_name[target[1]] or add(target[1], "Missing")
      local key = to.id .. target[2]
      local edge = merged[key]
      if edge then
        edge.labels[#edge.labels + 1] = target[3]
      else
        edge = { from = by_name[name], to = to, kind = target[2], labels = { target[3] } }
        merged[key] = edge
        scope.edges[#scope.edges + 1] = edge
      end
    end
  end
  for _, edge in ipairs(scope.edges) do
    edge.label = #edge.labels > 0 and text.printable(table.concat(edge.labels, edge.kind == "catch" and ", "
      or " or ")) or nil
  end
  scope.start = string(definition.StartAt) and by_name[definition.StartAt] or nil
  return scope
end

--- The graph of a definition: {top = scope, nodes = all of them, comment}.
--
-- scope  {nodes, edges, start = node or nil, owner = the Parallel or Map node or nil}
-- node   {id, name, kind, detail, comment, ends, retries, scope, scopes = {its branches}}
-- edge   {from, to, kind = "next"|"choice"|"default"|"catch", label or nil}
function model.new(definition)
  definition = object(definition)
  local all = { nodes = {}, comment = string(definition.Comment) }
  all.top = build(all, definition, nil, 0)
  return all
end

return model
