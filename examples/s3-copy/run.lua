-- run.lua: makes a bucket of 2,500 files, copies and reduces it, and checks the total by another way.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local passo = require "passo"
local bucket = require "bucket"

local FILES = 2500

local root = os.tmpname()
os.remove(root)
assert(os.execute(("mkdir -p '%s/orders' '%s/copy' '%s/empty' '%s/sums'"):format(root, root, root, root)))

-- Amounts come from a small generator, so that every run makes the same files.
local state, expected = 42, 0
for i = 1, FILES do
  local lines = {}
  for line = 1, 1 + i % 3 do
    state = (state * 16807) % 2147483647
    local cents = state % 100000
    expected = expected + cents
    lines[line] = ("%d.%02d,BRL\n"):format(math.floor(cents / 100), cents % 100)
  end
  local file = assert(io.open(("%s/orders/order-%04d.csv"):format(root, i), "wb"))
  file:write(table.concat(lines))
  file:close()
end

local machine = assert(passo.load(here .. "/copy.asl.json"))
local handlers = bucket.handlers(root)

local empty = assert(machine:run({ source = "empty", target = "copy" }, { handlers = handlers }))
print(("An empty bucket: %s, nothing was copied"):format(empty.status))

local began = os.clock()
local result = assert(machine:run({ source = "orders", target = "copy" }, { handlers = handlers, history = true }))
local seconds = os.clock() - began
assert(result.status == "SUCCEEDED", (result.error or "") .. " " .. (result.cause or ""))

print(("A bucket of %d files: %s, %d events, %.1f s"):format(FILES, result.status, #result.history, seconds))
print(("The workflow's total: %d.%02d BRL in %d files"):format(math.floor(result.output.cents / 100),
  result.output.cents % 100,
  result.output.files))
print(("Summed up directly:   %d.%02d BRL"):format(math.floor(expected / 100), expected % 100))
os.execute("rm -r '" .. root .. "'")
assert(result.output.cents == expected and result.output.files == FILES, "the totals differ")
print "They agree."
