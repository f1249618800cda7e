--- The workloads, each made when asked for: definition and input as JSON text, handlers, and what must come out.
---
--- Each: executions to run, transitions of each, `expect` {dotted path = value; "#" is a length}.
local workloads = {}

local FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"

-- "a,b,c" of f(0) .. f(count - 1)
local function list(count, f)
  local out = {}
  for i = 0, count - 1 do out[#out + 1] = f(i) end
  return table.concat(out, ",")
end

local function machine(start, ...)
  return ('{"StartAt":"%s","States":{%s}}'):format(start, table.concat({ ... }, ","))
end

-- A loop of two states: count up, ask whether to go on.
function workloads.W1() return {
  executions = 1, transitions = 10001,
  definition = machine("Count",
    '"Count":{"Type":"Pass","Parameters":{"i.$":"States.MathAdd($.i, 1)","label.$":"$.label"},"Next":"Again"}',
    '"Again":{"Type":"Choice","Choices":[{"Variable":"$.i","NumericLessThan":5000,"Next":"Count"}],"Default":"End"}',
    '"End":{"Type":"Succeed"}'),
  input = '{"i":0,"label":"loop"}',
  expect = { i = 5000, label = "loop" },
} end

-- Ten thousand items, two states each: more than AWS would take, in bytes and in events.
function workloads.W2() return {
  executions = 1, transitions = 20001, profile = "unlimited",
  definition = machine("Each", '"Each":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":40,"End":true,' ..
    '"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"Raise","States":{' ..
    '"Raise":{"Type":"Pass","Parameters":{"id.$":"$.id","v.$":"States.MathAdd($.v, 1)"},"Next":"Mark"},' ..
    '"Mark":{"Type":"Pass","Result":{"seen":true},"ResultPath":"$.flags","End":true}}}}'),
  input = '{"items":[' .. list(10000, function(i) return ('{"id":"part-%05d","v":%d}'):format(i, i) end) .. "]}",
  expect = { ["#"] = 10000, ["9999.v"] = 10000, ["0.flags.seen"] = true },
} end

-- Twenty branches of twenty states.
function workloads.W3() return {
  executions = 50, transitions = 401,
  definition = machine("Fan", '"Fan":{"Type":"Parallel","End":true,"Branches":[' .. list(20, function(b)
    return ('{"StartAt":"L%dP0","States":{%s}}'):format(b, list(20, function(s)
      local after = s < 19 and ('"Next":"L%dP%d"'):format(b, s + 1) or '"End":true'
      return ('"L%dP%d":{"Type":"Pass",%s}'):format(b, s, after)
    end))
  end) .. "]}"),
  input = '{"id":"y","n":[4,5,6]}',
  expect = { ["#"] = 20, ["19.id"] = "y" },
} end

-- -- W4: a record of fifty fields, renamed twice and computed upon -------------------------------

local KINDS = { "s", "n", "b", "a", "o" }

local function record_field(kind, i)
  if kind == "s" then return ('"text of field %d in the record"'):format(i) end
  if kind == "n" then return tostring(11 + 29 * i) end
  if kind == "b" then return i % 3 == 0 and "true" or "false" end
  if kind == "a" then return ("[%d,%d,%d,%d]"):format(i, i + 2, i + 4, i + 6) end
  return ('{"id":%d,"name":"thing %d","at":{"x":%d.5,"y":-%d.25}}'):format(i, i, i, i + 1)
end

local function renamed(to, from, computed)
  local out = {}
  for _, kind in ipairs(KINDS) do
    for i = 0, 9 do
      local key = kind .. i
      if not computed[key] then out[#out + 1] = ('"%s%s.$":"%s%s"'):format(to, key, from, key) end
    end
  end
  for key, expression in pairs(computed) do out[#out + 1] = ('"%s%s.$":"%s"'):format(to, key, expression) end
  table.sort(out)
  return table.concat(out, ",")
end

function workloads.W4() return {
  executions = 1, transitions = 2002,
  definition = machine("Shape",
    '"Shape":{"Type":"Pass","Parameters":{"i.$":"States.MathAdd($.i, 1)","rec.$":"$.rec","shaped":{' ..
      renamed("p_", "$.rec.", {
        s9 = "States.Format('{} - {} - {}', $.rec.s0, $.rec.n0, $.rec.o3.at.x)",
        n9 = "States.MathAdd($.rec.n1, 5)",
        a9 = "States.Array($.rec.n0, $.rec.n1, $.rec.s1, $.rec.o1.at)",
        o9 = "States.JsonMerge($.rec.o1, $.rec.o2, false)",
      }) .. '}},"Next":"Pick"}',
    '"Pick":{"Type":"Task","Resource":"' .. FUNCTION .. 'echo","InputPath":"$.shaped","Parameters":{' ..
      renamed("q_", "$.p_", {}) .. '},"ResultSelector":{' .. renamed("", "$.q_", {
        s9 = "States.Base64Encode($.q_s0)",
        n9 = "States.ArrayLength($.q_a9)",
        a9 = "States.ArrayPartition($.q_a8, 2)",
        o9 = "States.StringToJson(States.JsonToString($.q_o9))",
      }) .. '},"ResultPath":"$.rec","Next":"Again"}',
    '"Again":{"Type":"Choice","Choices":[{"Variable":"$.i","NumericLessThan":667,"Next":"Shape"}],"Default":"End"}',
    '"End":{"Type":"Succeed"}'),
  input = '{"i":0,"rec":{' .. list(5, function(k)
    local kind = KINDS[k + 1]
    return list(10, function(i) return ('"%s%d":%s'):format(kind, i, record_field(kind, i)) end)
  end) .. "}}",
  handlers = { echo = function(input) return input end },
  expect = { i = 667, ["rec.n9"] = 4, ["rec.o9.id"] = 2, ["rec.a9.#"] = 2,
    ["rec.s9"] = "dGV4dCBvZiBmaWVsZCAwIGluIHRoZSByZWNvcmQ=" },
} end

-- One task an iteration.
function workloads.W5() return {
  executions = 1, transitions = 2001,
  definition = machine("Work",
    '"Work":{"Type":"Task","Resource":"' .. FUNCTION .. 'inc","Next":"Again"}',
    '"Again":{"Type":"Choice","Choices":[{"Variable":"$.i","NumericLessThan":1000,"Next":"Work"}],"Default":"End"}',
    '"End":{"Type":"Succeed"}'),
  input = '{"i":0}',
  handlers = { inc = function(input) return { i = input.i + 1 } end },
  expect = { i = 1000 },
} end

-- -- W6: six steps, the fourth fails for good, three are undone ----------------------------------

local function saga_task(name, fn, path, rest)
  return ('"%s":{"Type":"Task","Resource":"%s%s","ResultPath":"$.%s",%s}'):format(name, FUNCTION, fn, path, rest)
end

local function caught(target)
  return '"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"' .. target .. '"}]'
end

function workloads.W6() return {
  executions = 500, transitions = 8, virtual = true,
  definition = machine("Do1",
    saga_task("Do1", "step", "d1", caught "Lost" .. ',"Next":"Do2"'),
    saga_task("Do2", "step", "d2", caught "Undo1" .. ',"Next":"Do3"'),
    saga_task("Do3", "step", "d3", caught "Undo2" .. ',"Next":"Do4"'),
    saga_task("Do4", "boom", "d4", caught "Undo3" .. ',"Retry":[{"ErrorEquals":["Boom"],"IntervalSeconds":1,' ..
      '"MaxAttempts":3,"BackoffRate":1.0}],"Next":"Do5"'),
    saga_task("Do5", "step", "d5", caught "Lost" .. ',"Next":"Do6"'),
    saga_task("Do6", "step", "d6", caught "Lost" .. ',"Next":"Done"'),
    saga_task("Undo3", "step", "u3", '"Next":"Undo2"'),
    saga_task("Undo2", "step", "u2", '"Next":"Undo1"'),
    saga_task("Undo1", "step", "u1", '"Next":"Undone"'),
    '"Done":{"Type":"Succeed"}', '"Undone":{"Type":"Succeed"}',
    '"Lost":{"Type":"Fail","Error":"SagaFailed","Cause":"a step failed that nothing undoes"}'),
  input = '{"order":"B-2","amount":34}',
  handlers = {
    step = function() return { ok = true } end,
    boom = function() return nil, "Boom", "as planned" end,
  },
  expect = { order = "B-2", ["u1.ok"] = true, ["d3.ok"] = true, ["error.Error"] = "Boom" },
} end

-- A quarter of a megabyte through a hundred states that each touch one member.
function workloads.W7() return {
  executions = 10, transitions = 100,
  definition = machine("M0", list(100, function(i)
    local after = i < 99 and ('"Next":"M%d"'):format(i + 1) or '"End":true'
    return ('"M%d":{"Type":"Pass","Result":{"k":%d},"ResultPath":"$.mark",%s}'):format(i, i, after)
  end)),
  input = '{"rows":[' .. list(2400, function(i)
    return ('{"id":%d,"name":"entry number %d","tags":["north","south","east"],"price":%.2f,"ok":%s}'):format(i, i,
      1.25 * i + 0.25, i % 3 == 0 and "true" or "false")
  end) .. '],"mark":{"k":-1}}',
  expect = { ["mark.k"] = 99, ["rows.#"] = 2400 },
} end

-- Two hundred rules, the last of which matches.
function workloads.W8() return {
  executions = 1, transitions = 2002,
  definition = machine("Route",
    '"Route":{"Type":"Choice","Choices":[{"Variable":"$.i","NumericGreaterThanEquals":1000,"Next":"End"},' ..
      list(199, function(i)
        return ('{"And":[{"Variable":"$.sort","StringEquals":"sort-%03d"},' ..
          '{"Variable":"$.n","NumericGreaterThanEquals":0}],"Next":"Count"}'):format(i)
      end) .. '],"Default":"Lost"}',
    '"Count":{"Type":"Pass","Parameters":{"i.$":"States.MathAdd($.i, 1)","n.$":"$.n","sort.$":"$.sort"},' ..
      '"Next":"Route"}',
    '"End":{"Type":"Succeed"}', '"Lost":{"Type":"Fail","Error":"Lost","Cause":"no rule matched"}'),
  input = '{"i":0,"n":3,"sort":"sort-198"}',
  expect = { i = 1000 },
} end

-- Ten thousand executions of two states.
function workloads.W10() return {
  executions = 10000, transitions = 2,
  definition = machine("Greet",
    '"Greet":{"Type":"Pass","Result":{"hello":"there"},"ResultPath":"$.r","Next":"End"}', '"End":{"Type":"Succeed"}'),
  input = '{"id":2}',
  expect = { id = 2, ["r.hello"] = "there" },
} end

local jsonata = require "bench.workloads_jsonata"(workloads, { list = list, FUNCTION = FUNCTION, KINDS = KINDS })

local ORDER = { "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W10",
  "W1a", "W1v", "W2a", "W4a", "W5a", "W8a", "W9a", "W10a" }

return { order = ORDER, get = function(name)
  local make = workloads[name] or jsonata[name]
  return make and make()
end, is_jsonata = function(name) return jsonata[name] ~= nil end }
