--- One process of a fleet: an engine on a store that all share, which starts executions, does their tasks and answers
--- the tokens that its neighbour's tasks have handed out. It may be killed at any moment.
---
---   lua worker.lua store=URL folder=DIR index=1 of=4 life=1 [every_ms=50] [lease=5] [work_ms=5] [wait=1]
---
--- In the folder it notes: `started` (names whose start was answered), `effects`, `tokens`, `answered`, `kept.N`
--- (see witness.lua), `troubles`. It starts nothing more once `quiet` is there, and leaves when `stop` is.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path
require("locate")(here .. "/../..")

local core = require "passo.core"
local load = require "fleet.load"
local notes = require "fleet.notes"
local passo = require "passo"
local witness = require "fleet.witness"

local given = { every_ms = "50", lease = "5", work_ms = "5", wait = "1", life = "1", of = "1", index = "1" }
for _, word in ipairs(arg) do
  local name, value = word:match "^(%w+[_%w]*)=(.*)$"
  given[name] = value
end
local folder, index, count = given.folder, tonumber(given.index), tonumber(given.of)
local every_s, work_s = tonumber(given.every_ms) / 1000, tonumber(given.work_ms) / 1000
local me = ("%d.%s"):format(index, given.life)

local function note(name) return notes.writer(folder .. "/" .. name) end
local started, effect, handed_out = note "started", note "effects", note "tokens"
local answered, kept, trouble = note "answered", note("kept." .. index), note "troubles"

local function exists(name)
  local file = io.open(folder .. "/" .. name)
  if file then file:close() end
  return file ~= nil
end

-- handlers -----------------------------------------------------------------------------------------

-- What a task leaves in the world: its key, who did it, when it was begun and ended.
local function done(ctx, began_ms) effect(ctx.idempotency_key, me, began_ms, core.now_ms()) end

local handlers = {}

function handlers.step(input, ctx)
  local began_ms = core.now_ms()
  if work_s > 0 then passo.sleep(work_s) end
  done(ctx, began_ms)
  return { of = input.of, n = input.n }
end

function handlers.flaky(input, ctx)
  if ctx.attempt == 0 then return nil, "Flaky", "the first attempt always fails" end
  return handlers.step(input, ctx)
end

function handlers.ask(input, ctx)
  local began_ms, payload = core.now_ms(), input.Payload
  handed_out(payload.token, index, payload.of, payload.n)
  done(ctx, began_ms)
  return {}
end

-- the engine ---------------------------------------------------------------------------------------

-- Refused by a store that is away just now: again.
local function patiently(verb)
  while true do
    local value, message, failure = verb()
    if value or (failure and failure.code ~= "ESTORE") then return value, message, failure end
    trouble(me, core.now_ms(), "call", (message:gsub("%s", "_")))
    passo.sleep(0.3)
  end
end

local url = given.store
local store = assert(patiently(function() return require("passo.store").open(url) end))
local engine = assert(passo.engine { store = witness.wrap(store, kept), handlers = handlers, name = me,
  lease_seconds = tonumber(given.lease), on_trouble = function(message, failure)
    trouble(me, core.now_ms(), message and "told" or "over", failure and failure.code or "-",
      ((message or "-"):gsub("%s", "_")))
  end })

local child = assert(patiently(function()
  return engine:create_state_machine(load.CHILD, load.CHILD_DEFINITION)
end)).stateMachineArn
assert(patiently(function()
  return engine:create_state_machine(load.MAIN, load.definition(child, tonumber(given.wait)))
end))
note "ready"(me, core.now_ms())

local host = engine.host

local function start_all()
  local n = 0
  while not exists "quiet" do
    n = n + 1
    local name = ("n%s-%d"):format(me:gsub("%.", "-"), n)
    host:spawn(function()
      local ok = patiently(function()
        local answer, message, failure = engine:start_execution(load.MAIN, load.input(name), { name = name })
        if failure and failure.code == "ExecutionAlreadyExists" then return true end
        return answer, message, failure
      end)
      if ok then started(name, me) end
    end)
    passo.sleep(every_s)
  end
end

-- Those of the neighbour whose number is one higher.
local function answer_tokens()
  local theirs = index % count + 1
  local next_token, known = notes.reader(folder .. "/tokens"), {}
  notes.each(folder .. "/answered", function(token) known[token] = true end)
  while true do
    local line = next_token()
    if not line then
      passo.sleep(0.02)
    elseif tonumber(line[2]) == theirs and not known[line[1]] then
      local token, of, n = line[1], line[3], tonumber(line[4])
      known[token] = true
      host:spawn(function()
        local ok, _, failure = patiently(function()
          return engine:send_task_success(token, { of = of, n = n })
        end)
        answered(token, ok and "true" or failure.code)
      end)
    end
  end
end

if every_s > 0 then host:spawn(start_all) end
host:spawn(answer_tokens)
while not exists "stop" do passo.sleep(0.05) end
engine:close()
store:close()
os.exit(0)
