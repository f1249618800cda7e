-- shop.lua: the bookstore behind the workflow: shelves, a till, a carrier, and an audit of every task.
--
-- What goes wrong is chosen by the order itself, as payment companies do it with their test cards, so every
-- path can be tried from the command line:
--   card "declined"            the bank says no              card "slow"         the bank does not answer
--   address "nowhere"          the carrier refuses           address "remote"    it is unavailable once
--   warehouse "busy"           the first two reservations fail
--   till "jammed"              the first refund fails
local passo = require "passo"

local shop = {}
shop.__index = shop

local here = (debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or ".") .. "/"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read "*a"
  file:close()
  return content
end

--- A shop with the books of inventory.json on its shelves.
function shop.new()
  local books = assert(passo.core.decode(read(here .. "inventory.json")))
  local self = setmetatable({ books = {}, money = 0, payments = {}, messages = {}, audit = {}, attempts = {} }, shop)
  for _, book in ipairs(books) do
    self.books[book.isbn] = book
  end
  return self
end

-- How often this task has been tried for this order.
function shop:try(task, input)
  local key = task .. " " .. tostring(input.order)
  self.attempts[key] = (self.attempts[key] or 0) + 1
  return self.attempts[key]
end

local tasks = {}

tasks["reserve-book"] = function(self, input)
  local book = self.books[input.isbn]
  if not book then
    passo.fail("UnknownBook", "there is no book with ISBN " .. tostring(input.isbn))
  elseif self:try("reserve", input) <= 2 and input.warehouse == "busy" then
    passo.fail("WarehouseBusy", "stocktaking")
  elseif book.stock == 0 then
    passo.fail("OutOfStock", book.title .. " is sold out")
  end
  book.stock = book.stock - 1
  return { isbn = book.isbn, title = book.title, price = book.price }
end

tasks["release-book"] = function(self, input)
  local book = self.books[input.reservation.isbn]
  book.stock = book.stock + 1
  return { isbn = book.isbn }
end

tasks["charge-card"] = function(self, input)
  local price = input.reservation.price
  if input.card == "declined" then
    passo.fail("CardDeclined", "the bank declined " .. price)
  end
  -- The bank takes the money first; a slow one answers when nobody waits any more.
  self.payments[input.order] = price
  self.money = self.money + price
  if input.card == "slow" then
    passo.sleep(30)
  end
  return { charged = price }
end

tasks["refund-card"] = function(self, input)
  if self:try("refund", input) == 1 and input.till == "jammed" then
    passo.fail("TillJammed", "somebody is looking for the key")
  end
  -- Asked twice, it pays once: tasks run at least once.
  local paid = self.payments[input.order] or 0
  self.payments[input.order] = nil
  self.money = self.money - paid
  return { refunded = paid }
end

tasks["ship-book"] = function(self, input)
  if input.address == "nowhere" then
    passo.fail("AddressUnknown", "no carrier goes there")
  elseif input.address == "remote" and self:try("ship", input) == 1 then
    passo.fail("CarrierUnavailable", "the boat has left")
  end
  return { tracking = "BR" .. input.order }
end

tasks.notify = function(self, input)
  table.insert(self.messages, input.text)
  return {}
end

--- The functions that do the tasks, by the names that the definition's ARNs end with; each is audited.
function shop:handlers()
  local handlers = {}
  for name, task in pairs(tasks) do
    handlers[name] = function(input, ctx)
      local entry = { task = name, order = input.order, attempt = ctx.attempt, outcome = "started" }
      table.insert(self.audit, entry)
      -- passo.fail ends the function: until it returns, "started" is all that is known.
      local result = task(self, input)
      entry.outcome = "done"
      return result
    end
  end
  return handlers
end

--- Copies on the shelves, of all books together.
function shop:copies()
  local count = 0
  for _, book in pairs(self.books) do
    count = count + book.stock
  end
  return count
end

return shop
