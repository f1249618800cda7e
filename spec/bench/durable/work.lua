--- One durable workload in this process, one line of "name value" pairs: for bench/durable/run.lua.
---
---   lua5.4 spec/bench/durable/work.lua NAME STORE [arguments]
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local root = here .. "/../../.."
package.path = here .. "/../../?.lua;" .. package.path
require("locate")(root)
local core = require "passo.core"
local measure = require "bench.measure"
local passo = require "passo"
local workloads = require "bench.workloads"

local name, store = arg[1], arg[2]
local clock = core.clock
local work = {}

local function print_pairs(...)
  local out = {}
  for i = 1, select("#", ...), 2 do
    out[#out + 1] = ("%s %.6g"):format((select(i, ...)), (select(i + 1, ...)))
  end
  print(table.concat(out, "\n"))
end

local function open(handlers, options)
  options = options or {}
  options.store, options.handlers = store, handlers or {}
  return assert(passo.engine(options))
end

local STEP = [[{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"lua:inc","Next":"Again"},
  "Again":{"Type":"Choice","Choices":[{"Variable":"$.i","NumericLessThan":%d,"Next":"Work"}],"Default":"End"},
  "End":{"Type":"Succeed"}}}]]
local ONE = [[{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"lua:inc","End":true}}}]]
local HANDLERS = { inc = function(input) return { i = input.i + 1 } end }

local function succeeded(engine, started)
  local result = assert(engine:await(started.executionArn))
  assert(result.status == "SUCCEEDED", result.status)
end

-- Steps one after another in one execution.
function work.D1(count)
  local engine = open(HANDLERS)
  assert(engine:create_state_machine("warm", STEP:format(20)))
  succeeded(engine, assert(engine:start_execution("warm", { i = 0 })))
  assert(engine:create_state_machine("d1", STEP:format(count)))
  local began, before = clock(), os.clock()
  succeeded(engine, assert(engine:start_execution("d1", { i = 0 })))
  print_pairs("per_s", count / (clock() - began), "cpu_us", (os.clock() - before) / count * 1e6)
  engine:close()
end

-- Executions of one step, so many in flight; from `arg` on as one process of several.
function work.D2(count, in_flight)
  local engine = open(HANDLERS)
  local host = engine.host
  local ok, _, failure = engine:create_state_machine("d2", ONE)
  assert(ok or failure.code == "StateMachineAlreadyExists")
  local function many(total)
    local next_one, running, longest, over = 0, in_flight, 0, host:event()
    for _ = 1, in_flight do
      host:spawn(function()
        while next_one < total do
          next_one = next_one + 1
          local from = clock()
          succeeded(engine, assert(engine:start_execution("d2", { i = next_one })))
          longest = math.max(longest, clock() - from)
        end
        running = running - 1
        if running == 0 then host:set(over) end
      end)
    end
    host:wait(over)
    return longest
  end
  many(in_flight)
  local began, before = clock(), os.clock()
  local longest = many(count)
  print_pairs("per_s", count / (clock() - began), "longest_ms", longest * 1000, "cpu_us",
    (os.clock() - before) / count * 1e6)
  engine:close()
end

-- W1 with its whole history kept.
function work.W1()
  local engine = open()
  local w1 = workloads.get "W1"
  assert(engine:create_state_machine("w1", w1.definition))
  local began = clock()
  succeeded(engine, assert(engine:start_execution("w1", core.value(w1.input))))
  local wall = clock() - began
  local row = engine.store:list { all = true, limit = 1 }[1]
  print_pairs("wall_s", wall, "events_per_s", row.last_event / wall, "events", row.last_event)
  engine:close()
end

-- The time of one step when there is half as much to do as could be done.
function work.step(per_s)
  local engine = open(HANDLERS)
  local host, took, pause_s = engine.host, {}, 1 / per_s
  assert(engine:create_state_machine("step", ONE))
  for i = 1, 1500 do
    local from = clock()
    succeeded(engine, assert(engine:start_execution("step", { i = i })))
    took[#took + 1] = clock() - from
    local left = pause_s - (clock() - from)
    if left > 0 then host:sleep(left) end
  end
  table.sort(took)
  print_pairs("p50_ms", took[math.floor(#took * 0.5)] * 1000, "p99_ms", took[math.floor(#took * 0.99)] * 1000)
  engine:close()
end

local function rss_kb()
  local file = assert(io.open("/proc/self/status", "r"))
  local text = file:read "*a"
  file:close()
  return tonumber(text:match "VmRSS:%s*(%d+)")
end

-- Sleepers that are due in a second, when they wake.
local WAKES_PER_S = 1000

local SLEEP = [[{"StartAt":"W","States":{"W":{"Type":"Wait","TimestampPath":"$.until","End":true}}}]]
local LAST = [[{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"lua:last","End":true}}}]]

-- A few at a time: what starting many at once leaves in the heap is no sleeper's.
local function start_sleepers(engine, first, count, from_ms, window_ms)
  local host = engine.host
  local next_one, running, over = first, 8, host:event()
  for _ = 1, running do
    host:spawn(function()
      while next_one < first + count do
        local until_ms = math.floor(from_ms + (next_one * 7919) % window_ms)
        next_one = next_one + 1
        assert(engine:start_execution("sleep", { ["until"] = os.date("!%Y-%m-%dT%H:%M:%S",
          math.floor(until_ms / 1000)) .. (".%03dZ"):format(until_ms % 1000) }))
      end
      running = running - 1
      if running == 0 then host:set(over) end
    end)
  end
  host:wait(over)
  while engine.live_count > 0 do host:sleep(0.05) end
  collectgarbage()
  collectgarbage()
  return rss_kb()
end

-- Executions that sleep in the store: memory of the process that has them, also without what the first thousand have
-- it take. Then it is killed, in the midst of a task.
function work.sleepers(count)
  local engine = open { last = function() passo.sleep(60) end }
  assert(engine:create_state_machine("sleep", SLEEP))
  assert(engine:create_state_machine("last", LAST))
  collectgarbage()
  local before, began = rss_kb(), clock()
  local window_ms = math.max(20000, math.ceil(count / WAKES_PER_S * 1000))
  local from_ms = engine:now_ms() + 15000 + count / 2
  local warm = start_sleepers(engine, 1, 1000, from_ms, window_ms)
  local after = start_sleepers(engine, 1001, count - 1000, from_ms, window_ms)
  print_pairs("started_per_s", count / (clock() - began), "rss_mb", (after - before) / 1024, "each_bytes",
    (after - warm) * 1024 / (count - 1000), "left_s", (from_ms - engine:now_ms()) / 1000)
  io.stdout:flush()
  assert(engine:start_execution("last", {}))
  engine.host:sleep(0.5)
  local stat = assert(io.open("/proc/self/stat", "r"))
  os.execute("kill -9 " .. stat:read "n")
end

-- What a restart takes until the task of the one that was killed is begun again, and how late the sleepers wake.
-- `spawned_ms` is when this process was asked for.
function work.wake(count, spawned_ms)
  local first_ms
  local began = clock()
  local engine = open { last = function()
    first_ms = first_ms or core.now_ms()
    return {}
  end }
  local opened_ms = (clock() - began) * 1000
  local host = engine.host
  for _ = 1, 30000 do
    if first_ms then break end
    host:sleep(0.001)
  end
  local deadline_ms = engine:now_ms() + 60000 + 3 * math.max(20000, count / WAKES_PER_S * 1000)
  local machine = assert(engine:describe_state_machine "sleep").stateMachineArn
  while engine.store:count { machine = machine, status = "RUNNING" } > 0 and engine:now_ms() < deadline_ms do
    host:sleep(1)
  end
  local late, cursor = {}, nil
  repeat
    local rows, more = engine.store:list { machine = machine, limit = 1000, after = cursor }
    for _, row in ipairs(rows) do
      local due = row.result and row.result:match '"until":"([^"]+)"'
      local due_ms = due and core.parse_time(due)
      if due_ms then late[#late + 1] = row.stop_ms - due_ms end
    end
    cursor = more
  until not cursor
  table.sort(late)
  print_pairs("open_ms", opened_ms, "first_ms", (first_ms or 0) - (spawned_ms or 0), "woken", #late, "late_p50_ms",
    late[math.floor(#late / 2)] or -1, "late_p99_ms", late[math.floor(#late * 0.99)] or -1, "late_max_ms",
    late[#late] or -1, "rss_mb", measure.peak_rss_kb() / 1024)
  engine:close()
end

-- W10: with the memory store, and without any.
function work.W10()
  local w10 = workloads.get "W10"
  local none = measure.run(passo, w10).wall_s
  local engine = open()
  assert(engine:create_state_machine("w10", w10.definition))
  local began = clock()
  for _ = 1, w10.executions do
    succeeded(engine, assert(engine:start_execution("w10", core.value(w10.input))))
  end
  local wall = clock() - began
  print_pairs("none_us", none / w10.executions * 1e6, "memory_us", wall / w10.executions * 1e6, "ratio", none / wall)
  engine:close()
end

work[name](tonumber(arg[3]), tonumber(arg[4]))
