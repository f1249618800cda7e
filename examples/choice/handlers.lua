-- handlers.lua: log-ticket is one function for two states; ctx.state.name tells which of them asks.
local log = {}

local handlers = {
  ["log-ticket"] = function(ticket, ctx)
    table.insert(log, ("%s: %s"):format(ctx.state.name, ticket.subject))
    return ticket
  end,
  ["call-engineer"] = function(ticket)
    ticket.assigned = "whoever is on call"
    return ticket
  end,
  ["queue-ticket"] = function(ticket)
    ticket.assigned = "queue " .. ticket.severity
    return ticket
  end,
}

return handlers, log
