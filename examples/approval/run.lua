-- run.lua: three purchases: one approved, one refused, one forgotten.
local here = arg[0]:match "^(.*)/[^/]*$" or "."

local passo = require "passo"

local machine = assert(passo.load(here .. "/approval.asl.json"))

-- The first part: the workflow asks. A real handler would send a mail with the token in its links.
local inbox = {}

local handlers = {
  ["ask-manager"] = function(input)
    table.insert(inbox, input.Payload)
    return {}
  end,
  buy = function(input)
    return { bought = true, item = input.item, approved_by = input.decision.by }
  end,
}

-- The second part: the manager answers what lies in the inbox, knowing nothing but the token.
local function approve(execution, message)
  assert(execution:send_task_success(message.token, { by = "the manager" }))
end

local function refuse(execution, message)
  assert(execution:send_task_failure(message.token, "Refused", message.item .. " is too dear"))
end

local function forget() end

local function purchase(title, item, price, answer)
  local execution = assert(machine:start({ item = item, price = price },
    { handlers = handlers, clock = passo.virtual_clock "2026-01-05T09:00:00Z" }))
  execution:advance(3600)
  print(("%s. An hour later: %s, %d message in the inbox"):format(title, execution:status(), #inbox))
  answer(execution, table.remove(inbox))
  execution:advance(4 * 86400)
  local result = execution:finish()
  if result.status == "SUCCEEDED" then
    print(("  %s: %s %s"):format(result.status, item, result.output.bought and "was bought" or "was not bought, "
      .. result.output.reason))
  else
    print(("  %s: %s, %s"):format(result.status, result.error, result.cause))
  end
  return result
end

assert(purchase("A desk is approved", "desk", 499, approve).output.bought == true)
assert(purchase("A yacht is refused", "yacht", 4000000, refuse).output.bought == false)
assert(purchase("Nobody looks at a lamp", "lamp", 40, forget).error == "NobodyAnswered")
