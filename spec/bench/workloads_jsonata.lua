--- The workloads in JSONata, each made when asked for. Those that stand for one in JSONPath are that one, input,
--- handlers and what must come out, with another definition.
---
--- Made of `paths`, the workloads in JSONPath, and their `parts`: FUNCTION, KINDS, list.
return function(paths, parts)

local workloads = {}
local list, FUNCTION, KINDS = parts.list, parts.FUNCTION, parts.KINDS

local function machine(start, ...)
  return ('{"QueryLanguage":"JSONata","StartAt":"%s","States":{%s}}'):format(start, table.concat({ ... }, ","))
end

local function loop(condition, back)
  return ('"Again":{"Type":"Choice","Choices":[{"Condition":"{%% %s %%}","Next":"%s"}],"Default":"End"}')
    :format(condition, back)
end

local END = '"End":{"Type":"Succeed"}'

local function as(name, definition)
  local workload = paths[name]()
  workload.definition = definition
  return workload
end

-- A loop of two states: count up, ask whether to go on.
function workloads.W1a()
  return as("W1", machine("Count",
    '"Count":{"Type":"Pass","Output":{"i":"{% $states.input.i + 1 %}","label":"{% $states.input.label %}"},' ..
      '"Next":"Again"}', loop("$states.input.i < 5000", "Count"), END))
end

-- The same with the counter in a variable.
function workloads.W1v() return {
  executions = 1, transitions = 10002,
  definition = machine("Begin", '"Begin":{"Type":"Pass","Assign":{"i":0},"Next":"Count"}',
    '"Count":{"Type":"Pass","Assign":{"i":"{% $i + 1 %}"},"Next":"Again"}', loop("$i < 5000", "Count"),
    '"End":{"Type":"Succeed","Output":{"i":"{% $i %}","label":"{% $states.input.label %}"}}'),
  input = '{"label":"loop"}',
  expect = { i = 5000, label = "loop" },
} end

-- Ten thousand items, two states each.
function workloads.W2a()
  return as("W2", machine("Each", '"Each":{"Type":"Map","Items":"{% $states.input.items %}","MaxConcurrency":40,' ..
    '"End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"Raise","States":{' ..
    '"Raise":{"Type":"Pass","Output":{"id":"{% $states.input.id %}","v":"{% $states.input.v + 1 %}"},"Next":"Mark"},' ..
    [["Mark":{"Type":"Pass","Output":"{% $merge([$states.input, {'flags': {'seen': true}}]) %}","End":true}}}}]]))
end

-- -- W4a: a record of fifty fields, renamed twice and computed upon -------------------------------

local function renamed(to, from, computed)
  local out = {}
  for _, kind in ipairs(KINDS) do
    for i = 0, 9 do
      local key = kind .. i
      out[#out + 1] = ('"%s%s":"{%% %s %%}"'):format(to, key, computed[key] or from .. key)
    end
  end
  return table.concat(out, ",")
end

function workloads.W4a()
  return as("W4", machine("Shape",
    '"Shape":{"Type":"Pass","Output":{"i":"{% $states.input.i + 1 %}","rec":"{% $states.input.rec %}","shaped":{' ..
      renamed("p_", "$states.input.rec.", {
        s9 = "$states.input.rec.s0 & ' - ' & $states.input.rec.n0 & ' - ' & $states.input.rec.o3.at.x",
        n9 = "$states.input.rec.n1 + 5",
        a9 = "[$states.input.rec.n0, $states.input.rec.n1, $states.input.rec.s1, $states.input.rec.o1.at]",
        o9 = "$merge([$states.input.rec.o1, $states.input.rec.o2])",
      }) .. '}},"Next":"Pick"}',
    '"Pick":{"Type":"Task","Resource":"' .. FUNCTION .. 'echo","Arguments":{' ..
      renamed("q_", "$states.input.shaped.p_", {}) .. '},"Output":{"i":"{% $states.input.i %}","rec":{' ..
      renamed("", "$states.result.q_", {
        s9 = "$base64encode($states.result.q_s0)",
        n9 = "$count($states.result.q_a9)",
        a9 = "[[$states.result.q_a8[0], $states.result.q_a8[1]], [$states.result.q_a8[2], $states.result.q_a8[3]]]",
        o9 = "$states.result.q_o9",
      }) .. '}},"Next":"Again"}',
    loop("$states.input.i < 667", "Shape"), END))
end

-- One task an iteration.
function workloads.W5a()
  return as("W5", machine("Work",
    '"Work":{"Type":"Task","Resource":"' .. FUNCTION .. 'inc","Arguments":"{% $states.input %}",' ..
      '"Output":"{% $states.result %}","Next":"Again"}', loop("$states.input.i < 1000", "Work"), END))
end

-- Two hundred rules, the last of which matches.
function workloads.W8a()
  return as("W8", machine("Route",
    '"Route":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.i >= 1000 %}","Next":"End"},' ..
      list(199, function(i)
        return ([[{"Condition":"{%% $states.input.sort = 'sort-%03d' and $states.input.n >= 0 %%}","Next":"Count"}]])
          :format(i)
      end) .. '],"Default":"Lost"}',
    '"Count":{"Type":"Pass","Output":{"i":"{% $states.input.i + 1 %}","n":"{% $states.input.n %}",' ..
      '"sort":"{% $states.input.sort %}"},"Next":"Route"}',
    END, '"Lost":{"Type":"Fail","Error":"Lost","Cause":"no rule matched"}'))
end

-- -- W9a: a thousand sales summed up, grouped and ranked ------------------------------------------

local function sale(i)
  local state = i * 2 + 1
  local function pick(count)
    state = state * 16807 % 2147483647
    return math.floor(state / 64) % count
  end
  pick(1)
  local buyer, land, at = pick(90), pick(4) + 1, pick(3) + 1
  return ('{"no":%d,"buyer":"B%02d","land":"%s","state":"%s","lines":[%s]}'):format(5000 + i, buyer,
    ({ "no", "so", "ea", "we" })[land], ({ "open", "sent", "gone" })[at], list(1 + pick(3), function()
      return ('{"part":"P%02d","n":%d,"each":%d.%d}'):format(pick(40), 1 + pick(9), 1 + pick(20), pick(10))
    end))
end

function workloads.W9a() return {
  executions = 200, transitions = 1,
  definition = machine("Sum", '"Sum":{"Type":"Pass","End":true,"Output":"{% (' .. table.concat({
    "$kept := $states.input.sales[state != 'gone'];",
    "$lines := $kept.lines.{'part': part, 'worth': n * each};",
    "$buyers := $kept{buyer: $sum(lines.(n * each))};",
    "{'count': $count($kept), 'worth': $round($sum($lines.worth), 2),",
    "'byLand': $kept{land: {'sales': $count(no), 'worth': $round($sum(lines.(n * each)), 2)}},",
    "'byPart': $lines{part: $round($sum(worth), 2)},",
    "'best': $each($buyers, function($v, $k) {{'buyer': $k, 'worth': $round($v, 2)}})^(>worth, buyer)[[0..9]],",
    "'largest': $kept^(>$sum(lines.(n * each)), no)[[0..4]].{'no': no, 'worth': $round($sum(lines.(n * each)), 2)},",
    "'long': $join($kept[land = 'no' and $count(lines) > 2].$string(no), ',')})",
  }, " ") .. ' %}"}'),
  input = '{"sales":[' .. list(1000, sale) .. "]}",
  expect = { ["best.#"] = 10, ["largest.#"] = 5 },
} end

-- Ten thousand executions of two states.
function workloads.W10a()
  return as("W10", machine("Greet", '"Greet":{"Type":"Pass","Output":{"id":"{% $states.input.id %}",' ..
    '"r":{"hello":"there"}},"Next":"End"}', END))
end

return workloads

end
