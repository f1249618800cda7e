-- saga.lua: the same checkout as steps and their compensations; passo.saga makes the definition.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local passo = require "passo"
local shop = require "shop"

local WAREHOUSE = { errors = { "WarehouseBusy" }, max_attempts = 3, interval_seconds = 2, backoff_rate = 2 }
local CARRIER = { errors = { "CarrierUnavailable" }, max_attempts = 2, interval_seconds = 60, backoff_rate = 1 }

local function checkout(task)
  return passo.saga "Checkout" {
    { "ReserveBook", run = task["reserve-book"], compensate = task["release-book"], retry = WAREHOUSE,
      result_path = "$.reservation" },
    { "ChargeCard", run = task["charge-card"], compensate = task["refund-card"], timeout_seconds = 10,
      result_path = "$.payment" },
    { "ShipBook", run = task["ship-book"], retry = CARRIER, result_path = "$.shipment" },
  }
end

local ORDERS = {
  { title = "All goes well", expect = "shipped" },
  { title = "The warehouse is busy twice", warehouse = "busy", expect = "shipped" },
  { title = "The card is declined", card = "declined", expect = "CardDeclined" },
  { title = "The bank does not answer in time", card = "slow", expect = "States.Timeout" },
  { title = "Nobody delivers there, and the till is jammed", address = "nowhere", till = "jammed",
    expect = "AddressUnknown" },
}

print "The checkout as a saga. Of each order: how it ended, and what was done and undone.\n"
for number, order in ipairs(ORDERS) do
  local store = shop.new()
  local copies = store:copies()
  local result = assert(checkout(store:handlers()):run({ order = 2000 + number, isbn = "9788590379850",
    card = order.card or "4111", address = order.address or "Lisbon", warehouse = order.warehouse, till = order.till },
    { clock = passo.virtual_clock "2026-03-02T09:00:00Z" }))
  local tasks = {}
  for i, entry in ipairs(store.audit) do
    tasks[i] = entry.task .. (entry.outcome == "done" and " ✓" or " ✗")
  end
  print(("%d. %s\n   %s%s\n   %s"):format(number, order.title, result.status,
    result.error and ", " .. result.error or "", table.concat(tasks, ", ")))
  if order.expect == "shipped" then
    assert(result.status == "SUCCEEDED" and store:copies() == copies - 1 and store.money > 0)
  else
    assert(result.status == "FAILED" and result.error == order.expect)
    assert(store:copies() == copies and store.money == 0, "something was not undone")
  end
end

print "\nIt begins like this in Amazon States Language:\n"
print(assert(checkout(shop.new():handlers()):asl "json"):sub(1, 300) .. " ...")
