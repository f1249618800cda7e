-- quote.lua: the workflow and its handlers, loaded once a worker.
--
-- A handler may wait as anything in nginx does, with ngx.sleep, cosockets or subrequests: the worker serves
-- other requests meanwhile.
local passo = require "passo"

local quote = {}

local PRICES = { lua = 3850, c = 4990, sicp = 7200 }

quote.handlers = {
  ["price-item"] = function(item)
    ngx.sleep(0.02)
    local price = PRICES[item.book]
    if not price then
      passo.fail("UnknownBook", "there is no book called " .. tostring(item.book))
    end
    local count = item.count or 1
    return { book = item.book, count = count, cents = price * count }
  end,
  ["add-up"] = function(input)
    local cents = 0
    for _, line in ipairs(input.lines) do
      cents = cents + line.cents
    end
    return { cents = cents, discount = 0 }
  end,
  discount = function(input)
    local off = math.floor(input.sum.cents / 10)
    return { cents = input.sum.cents - off, discount = off }
  end,
}

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."
quote.machine = assert(passo.load(here .. "/quote.asl.json"))

return quote
