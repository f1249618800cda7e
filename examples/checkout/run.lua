-- run.lua: the bookstore's checkout, once for each way it can end.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local passo = require "passo"
local graph = require "passo.graph"
local history = require "passo.history"
local shop = require "shop"

local LUA_BOOK, LAST_COPY, SOLD_OUT = "9788590379850", "9780262510875", "9788535914849"

-- What differs from an order where all goes well, and what must come of it.
local PATHS = {
  { title = "All goes well", expect = "shipped" },
  { title = "The warehouse is busy twice, then it works", warehouse = "busy", expect = "shipped" },
  { title = "The carrier is unavailable once, then it works", address = "remote", expect = "shipped" },
  { title = "The last copy is sold", isbn = LAST_COPY, expect = "shipped" },
  { title = "The book is sold out", isbn = SOLD_OUT, expect = "OutOfStock" },
  { title = "The card is declined: the book goes back on its shelf", card = "declined", expect = "CardDeclined" },
  { title = "The bank does not answer in time: refunded in case it took the money", card = "slow",
    expect = "States.Timeout" },
  { title = "Nobody delivers there: refund, then release, in reverse order", address = "nowhere",
    expect = "AddressUnknown" },
  { title = "The refund fails at first: compensations are tried again", address = "nowhere", till = "jammed",
    expect = "AddressUnknown" },
}

local function order_of(path, number)
  return { order = 1000 + number, isbn = path.isbn or LUA_BOOK, card = path.card or "4111", address = path.address
    or "Lisbon",
    warehouse = path.warehouse, till = path.till }
end

-- The audit in one line: reserve-book ✗, reserve-book ✓, ...
local function audit_line(audit)
  local words = {}
  for i, entry in ipairs(audit) do
    words[i] = entry.task .. (entry.outcome == "done" and " ✓" or " ✗")
  end
  return table.concat(words, ", ")
end

local function show(path, number, store, result, copies)
  print(("\n%d. %s\n"):format(number, path.title))
  for _, line in ipairs(history.lines(result.history, { width = 118 })) do
    print("   " .. line)
  end
  local outcome = result.error and ("%s, %s: %s"):format(result.status, result.error, result.cause or "no cause")
    or ("%s, tracking number %s"):format(result.status, result.output.shipment.tracking)
  print("\n   The execution   " .. outcome .. ", after " .. history.span(history.duration(result.history)))
  print("   The tasks       " .. audit_line(store.audit))
  print(("   The shelves     %d copies before, %d after"):format(copies, store:copies()))
  print(("   The till        %.2f"):format(store.money))
  print("   The customer    " .. (store.messages[1] or "hears nothing"))
end

-- What must be true of every order, however it ended.
local function check(path, store, result, copies)
  if path.expect == "shipped" then
    assert(result.status == "SUCCEEDED" and store:copies() == copies - 1 and store.money > 0, path.title)
  else
    assert(result.status == "FAILED" and result.error == path.expect, path.title)
    assert(store:copies() == copies and store.money == 0, path.title .. ": something was not undone")
  end
end

local machine = assert(passo.load(here .. "/checkout.asl.json"))

print "A bookstore's checkout: reserve the book, charge the card, ship it, tell the customer. When a step fails,"
print "what was done before is undone in reverse order. The workflow, as text (-> goes on, 'on X ->' catches X):\n"
print((graph.draw(machine:definition():lua(), "text"):gsub("([^\n]+)", "   %1")))
print "Each order below runs in a shop of its own, on a virtual clock: waiting costs nothing."

local summary = {}
for number, path in ipairs(PATHS) do
  local store = shop.new()
  local copies = store:copies()
  local result = assert(machine:run(order_of(path, number), {
    handlers = store:handlers(),
    clock = passo.virtual_clock "2026-03-02T09:00:00Z",
    history = true,
  }))
  show(path, number, store, result, copies)
  check(path, store, result, copies)
  summary[number] = { tostring(number), result.status, result.error or "", path.title,
    styles = { nil, result.status == "SUCCEEDED" and "green" or "red" } }
end

print "\nAll of it in one table:\n"
local columns = { { title = "NO", right = true }, { title = "STATUS" }, { title = "ERROR" },
  { title = "WHAT HAPPENED" } }
for _, line in ipairs(require("passo.table").lines(columns, summary)) do
  print("   " .. line)
end
print "\nEvery order that failed left the shelves and the till as they were."
