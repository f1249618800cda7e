--- Which Tasks a key of `routes` or `limits` is about.
---
--- In order of precedence: a state's path ("/Orders/Charge") or name; a resource, "arn:aws:states:::dynamodb:*" with
--- `*` for anything; an action ("dynamodb:getItem"); a service ("aws-sdk:dynamodb" itself before "dynamodb", which also
--- means the former); "default".
local text = require "passo.text"

local match = {}

local PATH, NAME, RESOURCE, GLOB, ACTION, SERVICE, FAMILY = 8e6, 7e6, 6e6, 5e6, 4e6, 3e6, 2e6

local function service_of(state)
  return state.service or (state.family == "lambda" and "lambda") or nil
end

-- The glob as a Lua pattern, and how many characters of it stand for themselves.
local function pattern_of(glob)
  local pattern = glob:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*")
  return "^" .. pattern .. "$", #glob:gsub("%*", "")
end

--- How closely the key means the state; nil: not at all.
---@param key string
---@param state passo.State
---@return number?
function match.rank(key, state)
  if key == "default" then return 1 end
  if key == state.path then return PATH end
  if key == state.name then return NAME end
  local resource, service = state.resource or "", service_of(state)
  if key == resource or key == state.function_name then return RESOURCE end
  if key:find("*", 1, true) then
    local pattern, literal = pattern_of(key)
    return resource:find(pattern) and GLOB + literal or nil
  end
  if not service then return nil end
  if key == service .. ":" .. tostring(state.action) or key == service .. ":" .. tostring(state.verb) then
    return ACTION
  end
  if key == service then return SERVICE end
  return service == "aws-sdk:" .. key and FAMILY or nil
end

--- The key that means the state most closely.
---@param keys table<string, any>
---@return string? key
function match.best(keys, state)
  local best, most = nil, 0
  for key in pairs(keys) do
    local rank = match.rank(key, state)
    if rank and (rank > most or rank == most and key < best) then best, most = key, rank end
  end
  return best
end

--- A Map's reader or writer, as if it were a Task of its own.
---@param state passo.State
---@param resource string "arn:aws:states:::s3:getObject"
function match.part(state, resource)
  local service, verb = resource:match "^arn:[^:]*:states:[^:]*:[^:]*:([^:]+):([^:]+)$"
  return { name = state.name, path = state.path, type = "Task", family = "task", resource = resource, service = service,
    verb = verb, machine_name = state.machine_name }
end

-- What of a state calls somebody.
local function callers(state)
  local list = {}
  if state.type == "Task" then list[1] = state end
  for _, field in ipairs { "reader", "writer" } do
    if state[field] and state[field].resource then list[#list + 1] = match.part(state, state[field].resource) end
  end
  return list
end

--- Whether anything that these states call is meant.
function match.any(key, states)
  if key == "default" then return true end
  for _, state in ipairs(states) do
    for _, caller in ipairs(callers(state)) do
      if match.rank(key, caller) then return true end
    end
  end
  return false
end

-- What keys could have been meant, for hints.
local function names_of(states)
  local seen, names = {}, {}
  local function add(name)
    if name and not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  for _, state in ipairs(states) do
    for _, caller in ipairs(callers(state)) do
      add(caller.name)
      add(service_of(caller))
      add(caller.resource)
      add(caller.path)
    end
  end
  table.sort(names)
  return names
end

--- Words for a key that means nothing: what it might have been.
function match.hint(key, states)
  for _, state in ipairs(states) do
    if #callers(state) == 0 and (key == state.name or key == state.path) then
      return ("the state '%s' is a %s, no Task"):format(state.name, state.type)
    end
  end
  local names = names_of(states)
  local near = text.nearest(key, names)
  if near then return ("did you mean '%s'?"):format(near) end
  if #names == 0 then return "there is no Task" end
  local few = {}
  for i = 1, math.min(#names, 8) do few[i] = names[i] end
  return ("there are: %s%s"):format(table.concat(few, ", "), #names > 8 and ", ..." or "")
end

return match
