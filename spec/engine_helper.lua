--- What specs of the engine share: a store and engines in one Lua state on a virtual clock, and what crashes them.
local Engine = require "passo.engine"
local memory = require "passo.store.memory"
local passo = require "passo"

local helper = {}

helper.HEAD = "arn:aws:states:us-east-1:123456789012:"

---@class EngineWorld
local World = {}
World.__index = World

--- A clock and an empty store.
function helper.world(start)
  local clock = passo.virtual_clock(start or "2026-01-01T00:00:00Z")
  return setmetatable({ clock = clock, store = memory.open { host = clock } }, World)
end

--- An engine on it: one process.
function World:engine(options)
  local copy = { store = self.store, clock = self.clock, lease_seconds = 10, poll_seconds = 1 }
  for name, value in pairs(options or {}) do copy[name] = value end
  local engine, message = Engine.open(copy)
  assert(engine, message)
  return engine
end

--- The end of a process, without a word: others find its executions as they were kept last.
function World:kill(engine)
  engine.is_closed, engine.is_closing = true, true
  self.store:renew(engine.worker, 0)
  engine:hand_over()
  self.clock:advance(0.1)
end

--- A definition whose states run in the order given.
function helper.chain(states)
  local built = {}
  for i, pair in ipairs(states) do
    local state = pair[2]
    local ends = state.Type == "Succeed" or state.Type == "Fail" or state.Type == "Choice"
    if not ends and not state.Next and not state.End then
      if states[i + 1] then state.Next = states[i + 1][1] else state.End = true end
    end
    built[i] = { pair[1], state }
  end
  return assert(passo.parse { StartAt = states[1][1], States = passo.object(built) })
end

--- The names of an execution's events.
function helper.types(engine, arn)
  local out = {}
  for i, event in ipairs(assert(engine:get_execution_history(arn)).events) do out[i] = event.type end
  return out
end

return helper
