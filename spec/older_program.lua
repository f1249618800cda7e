--- A process that runs an engine, of whichever build of passo LUA_PATH finds: what builds of then and now go on with.
---
---   lua5.4 older_program.lua URL load N    opens a store, starts N executions, goes on until it is killed
---   lua5.4 older_program.lua URL serve 0   goes on with what is there
--- It says "ready" once it has started them, or "refused CODE words".
local passo = require "passo"
local url, verb, count = arg[1], arg[2], tonumber(arg[3])

local function say(...)
  print(...)
  io.stdout:flush()
end

local function chain(length, state)
  local states = {}
  for i = 1, length do
    local copy = {}
    for key, value in pairs(state) do copy[key] = value end
    copy.Next, copy.End = i < length and "S" .. i + 1 or nil, i == length or nil
    states["S" .. i] = copy
  end
  return assert(passo.parse { StartAt = "S1", States = states })
end

local nap = { Type = "Task", Resource = "lua:nap" }
local machines = {
  tasks = chain(20, nap),
  -- Its records grow beyond what a snapshot waits for.
  large = chain(60, { Type = "Task", Resource = "lua:grow" }),
  sleeper = chain(2, { Type = "Wait", SecondsPath = "$.s" }),
  map = chain(1, { Type = "Map", ItemsPath = "$.items", ResultPath = "$.done", ItemProcessor = { StartAt = "T",
    States = { T = { Type = "Task", Resource = "lua:nap", Retry = { { ErrorEquals = { "Now and then" },
      IntervalSeconds = 1, MaxAttempts = 9 } }, End = true } } } }),
}

local calls = 0
local engine, message, failure = passo.engine { store = url, lease_seconds = 2, poll_seconds = 0.2, handlers = {
  ["lua:nap"] = function(input)
    passo.sleep(0.03)
    calls = calls + 1
    if type(input) == "number" and calls % 7 == 0 then passo.fail("Now and then", "this time") end
    return input
  end,
  ["lua:grow"] = function(input)
    passo.sleep(0.005)
    return { n = input.n, text = ("x"):rep(8000) }
  end,
} }
if not engine then
  say("refused", failure.code, message)
  os.exit(3)
end

local names = { "tasks", "large", "sleeper", "map" }
for i = 1, count do
  local name = names[i % #names + 1]
  if i <= #names then assert(engine:create_state_machine(name, machines[name])) end
  assert(engine:start_execution(name, { n = i, s = i % 3 + 1, items = passo.array { 1, 2, 3, 4, 5 } },
    { name = verb .. "-" .. i }))
end
local pid = assert(io.open "/proc/self/stat"):read "*n"
say("ready", ("%d"):format(pid))
engine:run()
