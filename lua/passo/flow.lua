--- Flows: states as Lua calls, in the order they run.
---
---   f.machine "Copy" { f.task "List" {...}, f.choice "More?" { {when = ..., next = "List"}, default = "Done" }, ... }
---
--- Options are ASL's fields, in snake_case or as ASL writes them; a state goes on to the one after it unless it
--- says `next` or `["end"] = true`. A Lua function as resource, or as a rule's `when`, gets a name of its own.
local core = require "passo.core"
local definition = require "passo.definition"

local flow = {}

local node_mt = { __name = "passo.flow.state" }

local function node(kind)
  return function(name)
    if type(name) ~= "string" then error("flow: a state's name must be a string", 2) end
    return setmetatable({ kind = kind, name = name, options = {} }, node_mt)
  end
end

--- f.task "Name" {...}: gives the state its options; without the call it has none.
function node_mt:__call(options)
  if type(options) ~= "table" then error(("flow: the options of '%s' must be a table"):format(self.name), 2) end
  return setmetatable({ kind = self.kind, name = self.name, options = options }, node_mt)
end

for _, kind in ipairs { "pass", "task", "choice", "wait", "succeed", "fail", "parallel", "map" } do
  flow[kind] = node(definition.pascal(kind))
end

--- One branch of a parallel state.
function flow.branch(states)
  return { branch = states }
end

-- Which options are not fields of their own name.
local RENAMED = { concurrency = "MaxConcurrency", ["end"] = "End" }
local HANDLED = { next = true, ["end"] = true, retry = true, catch = true, resource = true, default = true, mode = true,
  execution_type = true, Next = true, End = true, Retry = true, Catch = true, Resource = true, Default = true }
local TERMINAL = { Succeed = true, Fail = true, Choice = true }

local graph -- forward

local MAX_DEPTH = 1000 -- of a value, as everywhere

local function field(builder, value, depth)
  depth = depth or 1
  if type(value) == "string" and value:find "^{%%" then builder.jsonata = true end
  if type(value) == "table" and getmetatable(value) ~= node_mt then
    if depth > MAX_DEPTH then error("a table that contains itself, or is nested too deep", 0) end
    for _, child in pairs(value) do field(builder, child, depth + 1) end
  end
  return value
end

local function rules(builder, path, options)
  local out = core.array {}
  for i, rule in ipairs(options) do
    local fields = {}
    local when = rule.when
    if type(when) == "function" then
      fields[1] = { "Condition", builder.name_of(path, "/when" .. i, when) }
    elseif type(when) == "table" then
      for key, value in pairs(when) do fields[#fields + 1] = { definition.pascal(key), value } end
      table.sort(fields, function(a, b) return a[1] < b[1] end)
    elseif when ~= nil then
      fields[1] = { "Condition", field(builder, when) }
    end
    for _, key in ipairs { "next", "assign", "output", "comment" } do
      if rule[key] ~= nil then fields[#fields + 1] = { definition.pascal(key), field(builder, rule[key]) } end
    end
    out[i] = core.object(fields)
  end
  return out
end

local function catchers(builder, given)
  local list = given[1] and given or { given }
  local out = core.array {}
  for i, catcher in ipairs(list) do
    local fields = { { "ErrorEquals", core.array(catcher.errors or catcher.ErrorEquals or { "States.ALL" }) } }
    for _, key in ipairs { "next", "result_path", "assign", "output", "comment" } do
      local value = catcher[key]
      if value == nil then value = catcher[definition.pascal(key)] end
      if value ~= nil then fields[#fields + 1] = { definition.pascal(key), field(builder, value) } end
    end
    out[i] = core.object(fields)
  end
  return out
end

local function sorted_options(options)
  local keys = {}
  for key in pairs(options) do
    if type(key) == "string" and not HANDLED[key] then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

local function nested(builder, path, state, fields)
  local options = state.options
  if state.kind == "Map" then
    local processor = graph(builder, path .. "/", options)
    local mode = options.mode or (options.execution_type and "DISTRIBUTED")
    if mode then
      processor[#processor + 1] = { "ProcessorConfig", { Mode = mode,
        ExecutionType = options.execution_type or (mode == "DISTRIBUTED" and "STANDARD" or nil) } }
    end
    fields[#fields + 1] = { "ItemProcessor", core.object(processor) }
  elseif state.kind == "Parallel" then
    local branches = core.array {}
    for i, branch in ipairs(options) do
      local states = getmetatable(branch) == node_mt and { branch } or branch.branch or branch
      branches[i] = core.object(graph(builder, path .. "/", states))
    end
    fields[#fields + 1] = { "Branches", branches }
  end
end

local function state_value(builder, path, state, following)
  local options = state.options
  local fields = { { "Type", state.kind } }
  local resource = options.resource or options.Resource
  if type(resource) == "function" then resource = builder.name_of(path, "", resource) end
  if resource ~= nil then fields[#fields + 1] = { "Resource", resource } end
  for _, key in ipairs(sorted_options(options)) do
    if type(options[key]) == "function" then error(("option '%s' cannot be a function"):format(key), 0) end
    fields[#fields + 1] = { RENAMED[key] or definition.pascal(key), field(builder, options[key]) }
  end
  if state.kind == "Choice" then
    fields[#fields + 1] = { "Choices", rules(builder, path, options) }
    fields[#fields + 1] = { "Default", options.default or options.Default or following }
  end
  nested(builder, path, state, fields)
  local retry, catch = options.retry or options.Retry, options.catch or options.Catch
  if retry then fields[#fields + 1] = { "Retry", definition.retry(retry) } end
  if catch then fields[#fields + 1] = { "Catch", catchers(builder, catch) } end
  if not TERMINAL[state.kind] then
    local next_state = options.next or options.Next
    if not next_state and not options["end"] and not options.End then next_state = following end
    fields[#fields + 1] = next_state and { "Next", next_state } or { "End", true }
  end
  return core.object(fields)
end

-- The same, saying in whose options a mistake is.
local function checked_state(builder, path, state, following)
  local ok, value = pcall(state_value, builder, path, state, following)
  if ok then return value end
  local message = tostring(value)
  error(message:find "^flow: " and message or ("flow: state '%s': %s"):format(path, message), 0)
end

-- {StartAt, States} of a list of states, as pairs. `prefix` is the path of the state they stand in.
function graph(builder, prefix, list)
  local states, seen = {}, {}
  for i, state in ipairs(list) do
    if getmetatable(state) ~= node_mt then
      error(("flow: item %d of %s is no state: write flow.task \"Name\" {...}"):format(i,
        prefix == "" and "the machine" or ("'%s'"):format(prefix)), 0)
    end
    if seen[state.name] then error(("flow: two states are called '%s%s'"):format(prefix, state.name), 0) end
    seen[state.name] = true
    local next_node = list[i + 1]
    local following = getmetatable(next_node) == node_mt and next_node.name or nil
    states[i] = { state.name, checked_state(builder, prefix .. state.name, state, following) }
  end
  if #states == 0 then error(("flow: '%s' has no states"):format(prefix), 0) end
  return { { "StartAt", list[1].name }, { "States", core.object(states) } }
end

local FIELDS = { "comment", "timeout_seconds", "version", "query_language" }

local function build(name, list)
  local own, name_of = definition.names(name)
  local builder = { name_of = name_of }
  local fields = graph(builder, "", list)
  local top = {}
  for _, key in ipairs(FIELDS) do
    if list[key] ~= nil then top[#top + 1] = { definition.pascal(key), list[key] } end
  end
  if builder.jsonata and list.query_language == nil then top[#top + 1] = { "QueryLanguage", "JSONata" } end
  for _, pair in ipairs(fields) do top[#top + 1] = pair end
  local machine, message = require("passo").compile(core.object(top), name, own)
  if not machine then error("flow: " .. message, 0) end
  return machine
end

--- A machine from states, the first one being where it starts.
---@param name string
---@return fun(states: passo.FlowState[]): passo.Machine
function flow.machine(name)
  if type(name) ~= "string" then error("flow.machine: the name must be a string", 2) end
  return function(list)
    if type(list) ~= "table" then error("flow.machine: a list of states expected", 2) end
    local ok, machine = pcall(build, name, list)
    if not ok then error(machine, 2) end
    return machine
  end
end

return flow
