-- buyer.lua: asks for a purchase and goes home; called again, it tells what became of it.
--   lua buyer.lua STORE ITEM PRICE       sqlite:approval.db desk 499
local here = arg[0]:match "^(.*)/[^/]*$" or "."
local store, item, price = arg[1], arg[2], tonumber(arg[3])
if not price then error("usage: lua buyer.lua STORE ITEM PRICE", 0) end

local passo = require "passo"

local handlers = {
  -- A real one would send a mail with the token in its links.
  ["ask-manager"] = function(input)
    print(("To the manager: %s for %g?"):format(input.Payload.item, input.Payload.price))
    print("  lua manager.lua STORE " .. input.Payload.token .. " yes")
    return {}
  end,
  buy = function(input)
    return { bought = true, item = input.item, approved_by = input.decision.by }
  end,
}

local engine = assert(passo.engine { store = store, handlers = handlers })
assert(engine:create_state_machine("purchase", assert(passo.load(here .. "/approval.asl.json")), { update = true }))

-- The name makes it one purchase, however often this is called.
local name = "purchase-" .. item
local started, message, failure = engine:start_execution("purchase", { item = item, price = price }, { name = name })
if not started and failure.code ~= "ExecutionAlreadyExists" then error(message, 0) end
local arn = started and started.executionArn or message:match "'(.-)'"

local result
result, message, failure = engine:await(arn, { timeout_seconds = 1 })
if result and result.status == "SUCCEEDED" then
  print(("%s: %s"):format(item, result.output.bought and "bought, approved by " .. result.output.approved_by
    or "not bought, " .. result.output.reason))
elseif result then
  print(("%s: %s, %s"):format(item, result.error, result.cause))
elseif failure.code == "ETIMEOUT" then
  print(item .. ": nobody has answered yet. It waits in the store")
else
  error(message, 0)
end
engine:close()
