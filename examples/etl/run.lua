-- run.lua: one good night and one bad night of the pipeline, on a virtual clock.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local passo = require "passo"
local glue = require "glue"
local history = require "passo.history"

local machine = assert(passo.load(here .. "/pipeline.asl.yaml", { set = { CRAWLER = "shop-csv",
  JOB = "csv-to-jsonl" } }))
local target = os.tmpname()
os.remove(target)
assert(os.execute("mkdir -p '" .. target .. "'"))

local function night(title, names)
  local files = {}
  for i, name in ipairs(names) do
    files[i] = here .. "/data/" .. name .. ".csv"
  end
  local service = glue.new(files)
  local result = assert(machine:run({ source = here .. "/data", target = target },
    { handlers = service:handlers(), clock = passo.virtual_clock "2025-11-06T02:00:00Z", history = true }))
  print(("%s: %s after %s"):format(title, result.status, history.span(history.duration(result.history))))
  if result.error then
    print(("  %s: %s"):format(result.error, result.cause))
  end
  for _, message in ipairs(service.messages) do
    print("  message sent: " .. message)
  end
  return service, files
end

local service, files = night("A good night", { "orders", "products", "weather", "returns" })
print "\nWhat the crawler found out:"
for _, path in ipairs(files) do
  local words = {}
  for i, column in ipairs(service.catalog[path].columns) do
    words[i] = column.name .. " " .. column.type .. (column.empty and "?" or "")
  end
  print(("  %-12s %s"):format(path:match "[^/]+$", table.concat(words, ", ")))
end
print "\nThe first lines the job wrote:"
for _, name in ipairs { "orders", "products", "weather" } do
  local file = assert(io.open(target .. "/" .. name .. ".jsonl", "rb"))
  print(("  %-9s %s"):format(name, file:read "*l"))
  file:close()
end
print ""
night("A bad night", { "orders", "missing" })

os.execute("rm -r '" .. target .. "'")
