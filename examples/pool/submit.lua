-- submit.lua: starts executions, performs none of them, and tells who has.
--   lua submit.lua STORE COUNT
local here = arg[0]:match "^(.*)/[^/]*$" or "."
local store, count = arg[1], tonumber(arg[2])
if not count then error("usage: lua submit.lua STORE COUNT", 0) end

local passo = require "passo"

local engine = assert(passo.engine { store = store, max_running = 0 })
assert(engine:create_state_machine("thumbnail", assert(passo.load(here .. "/thumbnail.asl.json")), { update = true }))

local started = {}
for i = 1, count do
  started[i] = assert(engine:start_execution("thumbnail", { picture = ("p%03d.jpg"):format(i) }))
end
print(("%d executions are kept; whoever has the handlers runs them."):format(count))

local done_by, ended = {}, 0
for _, one in ipairs(started) do
  local result = assert(engine:await(one, { timeout_seconds = 60 }))
  assert(result.status == "SUCCEEDED", result.cause)
  ended = ended + 1
  done_by[result.output.by] = (done_by[result.output.by] or 0) + 1
end

local names = {}
for name in pairs(done_by) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do print(("   %-5s finished %d"):format(name, done_by[name])) end
print(("%d of %d succeeded."):format(ended, count))
engine:close()
