-- survive.lua: one order, in a file. The process may be killed at any moment; started again, it goes on with the order.
--   lua survive.lua FOLDER
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path
local folder = assert(arg[1], "usage: lua survive.lua FOLDER")
io.stdout:setvbuf "line"

local passo = require "passo"
local history = require "passo.history"

local ORDER = { order = 42, isbn = "9788590379850", card = "4111", address = "remote" }

-- The bank is elsewhere: a file, which outlives this process. What it was asked under one key it does once.
local function charge(key, amount)
  local path = folder .. "/bank.txt"
  local file = io.open(path)
  local known = file and file:read "*a" or ""
  if file then file:close() end
  if known:find(key, 1, true) then return false end
  file = assert(io.open(path, "a"))
  file:write(("%g under %s\n"):format(amount, key))
  file:close()
  return true
end

local handlers = require("shop").new():handlers()
for name, handler in pairs(handlers) do
  handlers[name] = function(input, ctx)
    print("   " .. name .. (ctx.attempt > 0 and (", attempt %d"):format(ctx.attempt + 1) or ""))
    return handler(input, ctx)
  end
end

handlers["charge-card"] = function(input, ctx)
  local is_new = charge(ctx.idempotency_key, input.reservation.price)
  print("   charge-card: " .. (is_new and "the bank takes the money, and is slow to say so"
    or "the bank was asked under this key before, and takes nothing"))
  if is_new then passo.sleep(8) end
  return { charged = input.reservation.price }
end

local machine = assert(passo.load(here .. "/checkout.asl.json"))
machine = machine:definition():lua()
machine.States.ShipBook.Retry[1].IntervalSeconds = 1 -- nobody wants to watch a minute pass

local engine = assert(passo.engine { store = "sqlite:" .. folder .. "/shop.db", handlers = handlers })
assert(engine:create_state_machine("checkout", machine, { update = true }))
-- The same start again, while it runs: the same execution.
local started = assert(engine:start_execution("checkout", ORDER, { name = "order-42" }))
local result = assert(engine:await(started))
print(("   %s, tracking number %s\n"):format(result.status, result.output.shipment.tracking))
local events = assert(engine:get_execution_history(started.executionArn)).events
for _, line in ipairs(history.lines(events, { width = 110 })) do print("   " .. line) end
engine:close()
