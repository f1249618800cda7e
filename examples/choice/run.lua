-- run.lua: four tickets through the same machine.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local passo = require "passo"
local graph = require "passo.graph"

local handlers, log = dofile(here .. "/handlers.lua")
local machine = assert(passo.load(here .. "/tickets.asl.json"))

print "The workflow:\n"
print(graph.draw(machine:definition():lua(), "text"))

for _, ticket in ipairs {
  { subject = "Keyboard is sticky", severity = 4 },
  { subject = "Server room on fire", severity = 3 },
  { subject = "Payments are down", severity = 1 },
  { subject = "Please advise", severity = "soon" },
} do
  local result = assert(machine:run(ticket, { handlers = handlers }))
  local answer = result.status == "SUCCEEDED" and "assigned to " .. result.output.assigned or result.error .. ": "
    .. result.cause
  print(("%-20s severity %-5s %-10s %s"):format(ticket.subject, ticket.severity, result.status, answer))
end

print "\nWhat log-ticket wrote:"
print("  " .. table.concat(log, "\n  "))
