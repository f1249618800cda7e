--- What the fleet's executions are: every kind of state that waits, retries, forks or asks somebody else, and what must
--- have come of it.
local load = {}

load.MAIN, load.CHILD = "fleet", "fleet-child"

load.CHILD_DEFINITION = [[{"StartAt":"Work","States":{
  "Work":{"Type":"Task","Resource":"lua:step","Parameters":{"of.$":"$.of","n":1},"ResultPath":"$.got","Next":"Pause"},
  "Pause":{"Type":"Wait","Seconds":1,"End":true}}}]]

load.DEFINITION = [[{"StartAt":"Flaky","States":{
  "Flaky":{"Type":"Task","Resource":"lua:flaky","Parameters":{"of.$":"$.name","n":10},"ResultPath":"$.flaky",
    "Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":1,"MaxAttempts":3}],"Next":"Each"},
  "Each":{"Type":"Map","ItemsPath":"$.items","ResultPath":"$.each","MaxConcurrency":2,
    "ItemSelector":{"of.$":"$.name","n.$":"$$.Map.Item.Value"},
    "ItemProcessor":{"StartAt":"Step","States":{"Step":{"Type":"Task","Resource":"lua:step","End":true}}},
    "Next":"Pause"},
  "Pause":{"Type":"Wait","Seconds":%d,"Next":"Both"},
  "Both":{"Type":"Parallel","ResultPath":"$.both","Next":"Nested","Branches":[
    {"StartAt":"Left","States":{"Left":{"Type":"Task","Resource":"lua:step",
      "Parameters":{"of.$":"$.name","n":20},"End":true}}},
    {"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",
      "Parameters":{"FunctionName":"ask","Payload":{"token.$":"$$.Task.Token","of.$":"$.name","n":30}},
      "End":true}}}]},
  "Nested":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
    "Parameters":{"StateMachineArn":"fleet-child-arn","Input":{"of.$":"$.name"}},
    "ResultSelector":{"got.$":"$.Output.got"},"ResultPath":"$.nested","Next":"Last"},
  "Last":{"Type":"Task","Resource":"lua:step","Parameters":{"of.$":"$.name","n":40},"ResultPath":"$.last",
    "End":true}}}]]

--- The main machine: `wait_seconds` of it are slept through, from 2 on in the store.
function load.definition(child_arn, wait_seconds)
  return (load.DEFINITION:format(wait_seconds or 1):gsub("fleet%-child%-arn", child_arn))
end

function load.input(name) return { name = name, items = { 1, 2, 3 } } end

--- Tasks with an effect in an execution of each machine.
load.EFFECTS = { [load.MAIN] = 7, [load.CHILD] = 1 }

--- Whether this is not what a main execution must give.
function load.wrong(output, name)
  local function is(value, n) return type(value) == "table" and value.of == name and value.n == n end
  local each, both = output.each or {}, output.both or {}
  local good = output.name == name and is(output.flaky, 10) and is(each[1], 1) and is(each[2], 2) and is(each[3], 3)
    and is(both[1], 20) and is(both[2], 30) and is((output.nested or {}).got, 1) and is(output.last, 40)
  return not good
end

return load
