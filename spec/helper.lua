--- What the specs share: machines from short tables, runs on a virtual clock, histories as lists of names.
local passo = require "passo"

local helper = {}

--- A machine whose states run in the order given: {name, state} pairs; Next and End are filled in.
function helper.chain(states)
  local built = {}
  for i, pair in ipairs(states) do
    local name, state = pair[1], pair[2]
    local terminal = state.Type == "Succeed" or state.Type == "Fail" or state.Type == "Choice"
    if not terminal and not state.Next and not state.End then
      if states[i + 1] then state.Next = states[i + 1][1] else state.End = true end
    end
    built[i] = { name, state }
  end
  return assert(passo.parse { StartAt = states[1][1], States = passo.object(built) })
end

--- One Task state "T" and what else it has.
function helper.task(fields)
  local state = { Type = "Task", Resource = "lua:t", End = true }
  for key, value in pairs(fields or {}) do state[key] = value end
  return assert(passo.parse { StartAt = "T", States = { T = state } })
end

--- The minimal build does not: specs that need it are then pending.
function helper.reads_yaml()
  return passo.core.decode_yaml "a: 1" ~= nil
end

--- The same for services that answer in XML.
function helper.reads_xml()
  local operation = assert(require("passo.aws.models").get "sts"):operation "GetCallerIdentity"
  local _, message = operation:read(200, "", "<a/>")
  return not (message and message:find("built without", 1, true))
end

--- Runs on a virtual clock.
function helper.run(machine, input, handlers, options)
  local copy = { handlers = handlers, clock = passo.virtual_clock() }
  for key, value in pairs(options or {}) do copy[key] = value end
  return machine:run(input, copy)
end

--- The names of the events.
function helper.types(history)
  local out = {}
  for i, event in ipairs(history) do out[i] = event.type end
  return out
end

--- A collected userdata, table or thread must be gone: how many of them are left?
function helper.left_after(n, make)
  local weak = setmetatable({}, { __mode = "v" })
  for i = 1, n do weak[i] = make(i) end
  for _ = 1, 4 do collectgarbage() end
  local count = 0
  for _ in pairs(weak) do count = count + 1 end
  return count
end

return helper
