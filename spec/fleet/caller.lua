--- One of two processes between which callbacks go: `owner` runs executions that wait for one, `caller` answers.
---
---   lua caller.lua owner|caller STORE FOLDER COUNT PAUSE_MS
---
--- The caller notes `sent` (name, when), the owner `heard` (name, when the task behind it began).
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path
require("locate")(here .. "/../..")

local core = require "passo.core"
local notes = require "fleet.notes"
local passo = require "passo"

local role, store, folder, count, pause_ms = arg[1], arg[2], arg[3], tonumber(arg[4]), tonumber(arg[5])

local DEFINITION = [[{"StartAt":"Ask","States":{
  "Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters":{"FunctionName":"ask","Payload":{"token.$":"$$.Task.Token","of.$":"$.name"}},"ResultPath":null,
    "Next":"Behind"},
  "Behind":{"Type":"Task","Resource":"lua:behind","End":true}}}]]

local play = {}

function play.owner()
  local heard, handed_out = notes.writer(folder .. "/heard"), notes.writer(folder .. "/tokens")
  local engine = assert(passo.engine { store = store, handlers = {
    ask = function(input) handed_out(input.Payload.token, input.Payload.of) return {} end,
    behind = function(input) heard(input.name, core.now_ms()) return {} end,
  } })
  assert(engine:create_state_machine("callback", DEFINITION))
  for i = 1, count do
    local name = "c" .. i
    assert(engine:start_execution("callback", { name = name }, { name = name }))
    passo.sleep(0.01)
  end
  for i = 1, count do
    assert(engine:await("arn:aws:states:us-east-1:123456789012:execution:callback:c" .. i, { timeout_seconds = 60 }))
  end
  engine:close()
end

-- Each answer a while after its token was handed out, at no particular moment of anybody's second.
function play.caller()
  local sent, next_token = notes.writer(folder .. "/sent"), notes.reader(folder .. "/tokens")
  local engine = assert(passo.engine { store = store, max_running = 0 })
  local host, left, over = engine.host, count, engine.host:event()
  local taken = 0
  while taken < count do
    local line = next_token()
    if line then
      taken = taken + 1
      host:spawn(function()
        passo.sleep((pause_ms + taken * 37 % 100) / 1000)
        sent(line[2], core.now_ms())
        assert(engine:send_task_success(line[1], {}))
        left = left - 1
        if left == 0 then host:set(over) end
      end)
    else
      passo.sleep(0.005)
    end
  end
  while left > 0 do host:wait(over, host:now_ms() + 1000) end
  engine:close()
end

play[role]()
