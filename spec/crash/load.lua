--- A program under load, to be killed from outside: executions of three tasks, a wait and a branch, many at a time.
---
---   lua5.4 spec/crash/load.lua FOLDER EXECUTIONS LIFE|last
---
--- FOLDER/acknowledged has the names of executions whose start was answered, FOLDER/effects a line a task. The last
--- life starts none, waits for all and prints how they ended.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local root = here .. "/../.."
package.path = here .. "/../?.lua;" .. package.path
require("locate")(root)

local Ledger = require "crash.ledger"
local passo = require "passo"

local folder, count, life = arg[1], tonumber(arg[2]), arg[3]

local DEFINITION = [[{"StartAt":"T1","States":{
  "T1":{"Type":"Task","Resource":"lua:step","Parameters":{"name.$":"$.name","step":1},"ResultPath":"$.one","Next":"W"},
  "W":{"Type":"Wait","Seconds":0,"Next":"P"},
  "P":{"Type":"Parallel","ResultPath":null,"Next":"T3","Branches":[
    {"StartAt":"T2","States":{"T2":{"Type":"Task","Resource":"lua:step",
      "Parameters":{"name.$":"$.name","step":2},"End":true}}},
    {"StartAt":"N","States":{"N":{"Type":"Pass","End":true}}}]},
  "T3":{"Type":"Task","Resource":"lua:step","Parameters":{"name.$":"$.name","step":3},"End":true}}}]]

local effects = Ledger.open(folder .. "/effects")
local acknowledged = Ledger.open(folder .. "/acknowledged")

local function step(input)
  effects:note(input.name, ("%d"):format(input.step))
  passo.sleep(0.005)
  return { step = input.step }
end

local engine = assert(passo.engine { store = "sqlite:" .. folder .. "/load.db", handlers = { step = step } })
assert(engine:create_state_machine("load", DEFINITION))
if life ~= "last" then
  local host = engine.host
  for i = 1, count do
    host:spawn(function()
      local name = ("n%s-%d"):format(life, i)
      if engine:start_execution("load", { name = name }, { name = name }) then acknowledged:note(name) end
    end)
  end
  host:wait(host:event(), host:now_ms() + 60000)
  os.exit(1)
end

local machine = assert(engine.store:list { all = true, limit = 1 })[1]
local deadline_ms = engine:now_ms() + 240000
repeat
  engine.host:wait(engine.host:event(), engine:now_ms() + 100)
  local running = machine and engine.store:count { machine = machine.machine, status = "RUNNING" } or 0
until running == 0 or engine:now_ms() > deadline_ms
local ended, cursor = {}, nil
repeat
  local rows, more = engine.store:list { all = true, limit = 500, after = cursor }
  for _, row in ipairs(rows) do ended[row.name] = row.quarantine and "set aside: " .. row.quarantine or row.status end
  cursor = more
until not cursor
print(passo.core.encode(ended))
engine:close()
