--- One of several processes on one file: executions of one step, so many in flight, between two moments.
---
---   lua sharer.lua STORE FROM_MS TO_MS IN_FLIGHT
---
--- Prints how many ended, how many appends were kept, the longest wait for one in milliseconds, and refused calls.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path
require("locate")(here .. "/../..")

local core = require "passo.core"
local passo = require "passo"

local url, from_ms, to_ms, in_flight = arg[1], tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4])
local clock = core.clock
local ended, appends, longest, refused = 0, 0, 0, 0
local is_measured = false

-- Counts what the store answers, and how long that takes.
local function counted(real)
  local function timed(verb, ...)
    local began = clock()
    local answer, message, failure = verb(...)
    if is_measured then longest = math.max(longest, clock() - began) end
    if not answer and failure and failure.code ~= "EEXISTS" then
      refused = refused + 1
      io.stderr:write(message, "\n")
    end
    return answer, message, failure
  end
  local wrapped = setmetatable({}, { __index = function(self, name)
    local value = real[name]
    if type(value) ~= "function" then return value end
    local function forward(_, ...) return value(real, ...) end
    rawset(self, name, forward)
    return forward
  end })
  function wrapped.insert(_, e) return timed(real.insert, real, e) end
  function wrapped.append(_, a)
    local began = clock()
    local pending, message, failure = real:append(a)
    if not pending or pending == true then return pending, message, failure end
    return { wait = function()
      local ok
      ok, message, failure = timed(pending.wait, pending)
      if ok and is_measured then
        appends, longest = appends + 1, math.max(longest, clock() - began)
      end
      return ok, message, failure
    end }
  end
  return wrapped
end

local store = assert(require("passo.store").open(url))
local engine = assert(passo.engine { store = counted(store), handlers = {
  inc = function(input) return { i = input.i + 1 } end,
} })
assert(engine:create_state_machine("d2",
  [[{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"lua:inc","End":true}}}]]))
local host, running, over = engine.host, in_flight, engine.host:event()
for _ = 1, in_flight do
  host:spawn(function()
    while core.now_ms() < to_ms do
      local started = assert(engine:start_execution("d2", { i = 1 }))
      assert(engine:await(started.executionArn).status == "SUCCEEDED")
      local now_ms = core.now_ms()
      is_measured = now_ms >= from_ms and now_ms < to_ms
      if is_measured then ended = ended + 1 end
    end
    running = running - 1
    if running == 0 then host:set(over) end
  end)
end
while running > 0 do host:wait(over, host:now_ms() + 1000) end
engine:close()
store:close()
print(("%d %d %.1f %d"):format(ended, appends, longest * 1000, refused))
