-- aws.lua: on S3 itself: copies a bucket page by page, then reads all its objects and reduces them to one file.
-- provision.lua makes what it needs.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local passo = require "passo"
local orders = require "orders"
local provision = require "provision"

local names = provision.names()

local function run(file, input, handlers)
  local machine = assert(passo.load(here .. "/" .. file))
  local began = passo.core.now_ms()
  local result = assert(machine:run(input, { aws = true, handlers = handlers }))
  assert(result.status == "SUCCEEDED", ("%s: %s"):format(tostring(result.error), tostring(result.cause)))
  return result, (passo.core.now_ms() - began) / 1000
end

local pages = { source = names.source, target = names.target, page_size = 500 }
local _, seconds = run("pages.asl.json", pages)
print(("Copied %s page by page: %.1f s"):format(names.source, seconds))

pages.source = names.empty
local nothing = run("pages.asl.json", pages)
print("An empty bucket: " .. nothing.status)

local total
total, seconds = run("reduce.asl.json", names, orders.handlers())
total = total.output
print(("Read %d objects in %d batches: %d rows, %d set aside, %d.%02d BRL: %.1f s"):format(total.objects, total.parts,
  total.rows, total.rejected, math.floor(total.cents / 100), total.cents % 100, seconds))
print(("The total is in s3://%s/total.json"):format(names.results))
