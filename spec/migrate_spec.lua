--- passo migrate: what is converted answers the same for all sorts of data, and what is not is left and named.
local helper = require "helper"
local core = require "passo.core"
local migrate = require "passo.migrate"
local passo = require "passo"

-- A machine of one state; the text of `state` has its fields behind Type.
local function machine_text(kind, state)
  local terminal = kind == "Succeed" or kind == "Fail"
  local ends = kind == "Choice" and "" or terminal and "" or ',"End":true'
  local more = kind ~= "Choice" and "" or [[,"Yes":{"Type":"Pass","Result":"yes","End":true},
    "No":{"Type":"Pass","Result":"no","End":true}]]
  return ('{"StartAt":"S","States":{"S":{"Type":"%s"%s%s}%s}}'):format(kind, state, ends, more)
end

local function convert(kind, state)
  local text = machine_text(kind, state)
  return assert(passo.parse(text)), migrate.convert(core.value(text)), text
end

-- The state "S" after migration, as Lua tables.
local function converted(kind, state)
  local _, result = convert(kind, state)
  return result.definition:lua().States.S, result
end

local function rule(test)
  return (',"Choices":[{%s,"Next":"Yes"}],"Default":"No"'):format(test)
end

-- -- data of all shapes -----------------------------------------------------------------------------

local random = 20240607
local function below(n)
  random = (random * 16807) % 2147483647
  return random % n
end

local SCALARS = { "null", "true", "false", "0", "1", "-1", "2", "2.5", "1.0", "-0.5", "7", '""', '"a"', '"b"', '"lo"',
  '"log"', '"l\\no g\\n"', '"a,b,,c"', '",,"', '"5"', '"{% 1 %}"', '"\195\164"', '"2024-01-01T00:00:00Z"' }
local KEYS = { "a", "b", "c", "d-e" }

local function document(depth)
  local kind = below(depth > 0 and 10 or 4)
  if kind < 4 then return SCALARS[below(#SCALARS) + 1] end
  local parts = {}
  if kind < 7 then
    for i = 1, below(4) do parts[i] = document(depth - 1) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for _, key in ipairs(KEYS) do
    if below(4) > 0 then parts[#parts + 1] = ('"%s":%s'):format(key, document(depth - 1)) end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local DOCUMENTS = {}
for i = 1, 150 do DOCUMENTS[i] = i % 3 > 0 and document(3) or ('{"a":%s,"b":%s}'):format(document(2), document(2)) end

local HANDLERS = { ["lua:echo"] = function(input) return input end }

local function finish(machine, input)
  local result = helper.run(machine, core.value(input), HANDLERS)
  if result.status ~= "SUCCEEDED" then return nil, result.cause or result.status end
  return core.encode(result.value)
end

-- Runs both forms over all documents; returns how many succeeded.
local function same(kind, state)
  local before, result, text = convert(kind, state)
  assert.same({}, result.left, text)
  assert.is_true(result.whole)
  local after = assert(passo.parse(result.definition:json()))
  local succeeded = 0
  for _, input in ipairs(DOCUMENTS) do
    local expected, failed = finish(before, input)
    if not failed then
      succeeded = succeeded + 1
      local got, problem = finish(after, input)
      local words = ("%s\nof %s\nas %s"):format(text, input, result.definition:json())
      assert.is_nil(problem, words)
      assert.equal(expected, got, words)
    end
  end
  return succeeded
end

describe("a migrated state answers the same:", function()
  local PATHS = { "$", "$.a", "$.a.b", "$.a[0]", "$.a[0][0]", "$.a[0].b", "$.a[-1]", "$['d-e']", "$[0]", "$[1].a",
    "$.a.b.c", "$.a[1].b[0]", "$$.Execution.Input", "$$.Execution.Input.a", "$$.State.Name" }

  it("paths in every field", function()
    local succeeded = 0
    for _, path in ipairs(PATHS) do
      for _, field in ipairs { "InputPath", "OutputPath" } do
        for _, kind in ipairs { "Pass", "Wait", "Succeed" } do
          local more = kind == "Wait" and ',"Seconds":0' or ""
          succeeded = succeeded + same(kind, (',"%s":"%s"%s'):format(field, path, more))
        end
      end
      succeeded = succeeded + same("Pass", (',"Parameters":{"x.$":"%s","y":[{"z.$":"%s"}]}'):format(path, path))
      succeeded = succeeded + same("Task", (',"Resource":"lua:echo","InputPath":"%s"'):format(path))
    end
    assert.truthy(succeeded > 1500)
  end)

  it("results, selected and put into the input", function()
    local succeeded = 0
    for _, fields in ipairs {
      ',"ResultPath":"$.r"', ',"ResultPath":"$.a.b"', ',"ResultPath":"$.x.y.z"', ',"ResultPath":null',
      ',"ResultPath":"$.a","OutputPath":"$.a"', ',"ResultPath":"$.a.b","OutputPath":"$.a"',
      ',"ResultPath":"$.a.b","OutputPath":"$.b"', ',"InputPath":"$.a","ResultPath":"$.r"', ',"OutputPath":null',
      ',"InputPath":null', ',"InputPath":null,"ResultPath":"$.n"',
    } do
      succeeded = succeeded + same("Pass", fields)
      succeeded = succeeded + same("Pass", ',"Result":{"n":[[1],[],"{% 1 %}",2]}' .. fields)
      succeeded = succeeded + same("Pass", ',"Parameters":{"p.$":"$$.Execution.Input","q":null}' .. fields)
      succeeded = succeeded + same("Task", ',"Resource":"lua:echo"' .. fields)
      if not fields:find "InputPath" then
        succeeded = succeeded + same("Task", ',"Resource":"lua:echo","ResultSelector":{"s.$":"$.b","t":true}' .. fields)
      end
      succeeded = succeeded + same("Task",
        ',"Resource":"lua:echo","Parameters":{"p.$":"$","q":"{%"},"ResultSelector":{"s.$":"$.p"}' .. fields)
    end
    assert.truthy(succeeded > 1500)
  end)

  it("literals that look like expressions, or whose text says more than their value", function()
    same("Pass", ',"Result":["{% 1 %}","{%","%}","{% $x %","1.0",1.0,100000000000000000000,-0,1e3,[],{},[[]],null]')
    same("Pass", ',"Result":"{% $states %}"')
    same("Pass", ',"Parameters":{"a":"{% no %}","b.$":"$"}')
  end)

  it("conditions of every kind but times", function()
    if not core.jsonata "/a/" then pending "built without PCRE2" return end
    local succeeded = 0
    for _, path in ipairs { "$.a", "$.a.b", "$.a[0]", "$", "$.b" } do
      for _, family in ipairs { 'String:"b"', "Numeric:1", "Numeric:2.50", "Numeric:0.0" } do
        local name, literal = family:match "^(%a+):(.*)$"
        for _, order in ipairs { "Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals" } do
          succeeded = succeeded + same("Choice", rule(('"Variable":"%s","%s%s":%s'):format(path, name, order, literal)))
          succeeded = succeeded + same("Choice", rule(('"Variable":"%s","%s%sPath":"$.b"'):format(path, name, order)))
        end
      end
      for _, test in ipairs { '"BooleanEquals":true', '"BooleanEquals":false', '"BooleanEqualsPath":"$.b"',
        '"IsNull":true', '"IsNull":false', '"IsPresent":true', '"IsPresent":false', '"IsNumeric":true',
        '"IsNumeric":false', '"IsString":true', '"IsString":false', '"IsBoolean":true', '"IsBoolean":false',
        '"StringMatches":"l*g"', '"StringMatches":"*"', '"StringMatches":"lo"', '"StringMatches":"*o*"',
        '"StringMatches":"a,*,*"', '"StringMatches":""', '"StringMatches":"{\\\\*}"', '"StringMatches":"l*\\n"',
      } do
        local ok = not test:find("\\n", 1, true)
        if ok then succeeded = succeeded + same("Choice", rule(('"Variable":"%s",%s'):format(path, test))) end
      end
    end
    assert.truthy(succeeded > 3000)
  end)

  it("And, Or and Not", function()
    local present, text = '{"Variable":"$.a","IsPresent":true}', '{"Variable":"$.a","StringEquals":"a"}'
    local other = '{"Variable":"$.b","NumericLessThan":2}'
    for _, test in ipairs {
      ('"And":[%s,%s]'):format(present, text), ('"Or":[%s,%s,%s]'):format(text, other, present),
      ('"Not":%s'):format(present), ('"And":[%s,{"Or":[%s,{"Not":%s}]}]'):format(present, text, other),
      ('"And":[%s]'):format(text),
    } do
      assert.truthy(same("Choice", rule(test)) > 5)
      same("Choice", rule(test) .. ',"OutputPath":"$.a"')
      same("Choice", rule(test) .. ',"InputPath":"$.a"')
    end
  end)

  it("conditions of many parts, and deep ones as far as AWS evaluates them", function()
    local parts = {}
    for i = 1, 400 do parts[i] = ('{"Variable":"$.a","NumericEquals":%d}'):format(400 - i) end
    assert.truthy(same("Choice", rule(('"Or":[%s]'):format(table.concat(parts, ",")))) > 5)
    for depth = 1, 60 do
      local test = ('{"Not":'):rep(depth) .. parts[1] .. ("}"):rep(depth)
      local before, result = convert("Choice", rule(test:sub(2, -2)))
      assert.equal(depth <= 24, result.whole)
      assert.equal((finish(before, '{"a":399}')), (finish(assert(passo.parse(result.definition:json())), '{"a":399}')))
    end
  end)

  it("intrinsic functions", function()
    if not core.jsonata "/a/" then pending "built without PCRE2" return end
    local succeeded = 0
    for _, call in ipairs { "States.Array($.a, $.b, 1, 'x', null)", "States.Array()", "States.Array(States.Array($.a))",
      "States.ArrayContains($.a, 'a')", "States.ArrayGetItem($.a, 0)", "States.ArrayLength($.a)",
      "States.ArrayLength(States.Array($.a, $.b))", "States.ArrayRange(1, 10, 3)", "States.ArrayRange(3, -3, -2)",
      "States.ArrayRange(1, 1, 1)", "States.ArrayRange(2, 1, 1)", "States.Format('{}/{}: {} {}', 'x', 7, null, true)",
      "States.Format('{}', $$.State.Name)", "States.Format('plain')", "States.Format('')",
      "States.Hash($$.State.Name, 'SHA-256')", "States.JsonMerge($.a, $.b, false)", "States.MathAdd($.a, 1)",
      "States.MathAdd($.a, $.b)", "States.MathAdd($.a, -3)", "States.StringSplit($.a, ',')",
      "States.StringSplit($.a, ',b')", "States.StringSplit($.a, '^]-o')", "States.StringSplit('a b', ' ')",
      "States.StringSplit(States.Format('{}', $$.State.Name), '.')",
      "States.JsonMerge($.a, States.JsonMerge($.b, $.a, false), false)",
    } do
      succeeded = succeeded + same("Pass", (',"Parameters":{"x.$":"%s"}'):format(call))
      succeeded = succeeded + same("Task", (',"Resource":"lua:echo","Parameters":{"x.$":"%s"}'):format(call))
    end
    assert.truthy(succeeded > 500)
  end)

  it("items, and what each of them is given", function()
    local processor = ',"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}'
    local succeeded = 0
    for _, fields in ipairs { "", ',"ItemsPath":"$.a"', ',"InputPath":"$.a"', ',"InputPath":"$.a","ItemsPath":"$.b"',
      ',"ItemsPath":"$.a","ItemSelector":{"i.$":"$$.Map.Item.Value","n.$":"$$.Map.Item.Index","all.$":"$"}',
      ',"ItemsPath":"$.a","Parameters":{"i.$":"$$.Map.Item.Value"},"ResultPath":"$.r"',
      ',"ItemsPath":"$.a","ResultSelector":{"s.$":"$"}',
    } do
      succeeded = succeeded + same("Map", processor .. fields)
    end
    assert.truthy(succeeded > 30)
  end)

  it("branches", function()
    local branches = [[,"Branches":[{"StartAt":"X","States":{"X":{"Type":"Pass","End":true}}},
      {"StartAt":"Y","States":{"Y":{"Type":"Pass","InputPath":"$.a","End":true}}}] ]]
    for _, fields in ipairs { "", ',"InputPath":"$.a"', ',"Parameters":{"a.$":"$.b"}', ',"OutputPath":"$[1]"',
      ',"ResultPath":"$.r"', ',"ResultSelector":{"first.$":"$[0]","none.$":"$[2]"}' } do
      assert.truthy(same("Parallel", branches .. fields) > 5)
    end
  end)

  it("variables", function()
    local text = [[{"StartAt":"S","States":{
      "S":{"Type":"Pass","Assign":{"whole.$":"$","part.$":"$.a","n":[1],"count":2},"ResultPath":null,"Next":"T"},
      "T":{"Type":"Task","Resource":"lua:echo","Parameters":{"x.$":"$whole.b","y.$":"$part","z.$":"$n[0]"},
        "Assign":{"part.$":"$.x"},"Next":"U"},
      "U":{"Type":"Choice","Choices":[{"Variable":"$part","IsPresent":true,"Assign":{"k.$":"$.y"},"Next":"V"}]},
      "V":{"Type":"Pass","Parameters":{"k.$":"$k","p.$":"$part","c.$":"$count"},"End":true}}}]]
    local before, result = assert(passo.parse(text)), migrate.convert(core.value(text))
    assert.same({}, result.left)
    local after = assert(passo.parse(result.definition:json()))
    for _, input in ipairs(DOCUMENTS) do
      local expected, failed = finish(before, input)
      if not failed then assert.equal(expected, (finish(after, input))) end
    end
  end)
end)

describe("a definition", function()
  it("names its language once when all of it was converted", function()
    local _, result = convert("Pass", ',"InputPath":"$.a"')
    assert.equal('{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Pass",'
      .. '"Output":"{% $states.input.a %}","End":true}}}', result.definition:json())
  end)

  it("names it state by state when something is left", function()
    local text = [[{"StartAt":"A","States":{"A":{"Type":"Pass","InputPath":"$..x","Next":"M"},"M":{"Type":"Map",
      "ItemsPath":"$.l","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Result":1,"End":true}}},
      "End":true}}}]]
    local result = migrate.convert(core.value(text))
    assert.is_false(result.whole)
    assert.equal(3, result.states)
    assert.equal(1, #result.left)
    assert.same({ "A", "InputPath" }, { result.left[1].state, result.left[1].field })
    assert.matches("descent", result.left[1].reason)
    local machine = result.definition:lua()
    assert.is_nil(machine.QueryLanguage)
    assert.is_nil(machine.States.A.QueryLanguage)
    assert.equal("JSONata", machine.States.M.QueryLanguage)
    assert.equal("JSONata", machine.States.M.ItemProcessor.States.I.QueryLanguage)
    assert.truthy(passo.parse(result.definition:json()))
  end)

  it("is left alone when it is in JSONata", function()
    local text = '{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Succeed"}}}'
    local result = migrate.convert(core.value(text))
    assert.same({ 1, 1, true, text }, { result.states, result.already, result.whole, result.definition:json() })
  end)

  it("keeps what it does not know in JSONPath, with the reason", function()
    for fields, reason in pairs {
      [',"InputPath":"$.a[*]"'] = "wildcard", [',"InputPath":"$.a[?(@.b)]"'] = "filter",
      [',"OutputPath":"$.a[0:2]"'] = "slice", [',"OutputPath":"$..a"'] = "descent",
      [',"OutputPath":"$.a[0,1]"'] = "union",
      [',"Parameters":{"x.$":"States.Format(\'{}\', $.a)"}'] = "States.Format of what may be no text",
      [',"Parameters":{"x.$":"States.JsonToString($.a)"}'] = "no exact counterpart",
      [',"Parameters":{"x.$":"States.ArrayUnique($.a)"}'] = "another order",
      [',"Parameters":{"x.$":"States.MathRandom(1, 9, 3)"}'] = "seed",
      [',"Parameters":{"x.$":"lua:mine($.a)"}'] = "does not have",
      [',"Result":{"x":1.0},"ResultPath":"$.r"'] = "how the number 1.0 is written",
      [',"Parameters":{"x":[[1,2]],"y":["${name}"]},"ResultPath":"$.r"'] = "placeholder",
      [',"Assign":{"merge":1},"ResultPath":"$.r"'] = "hides",
    } do
      local _, result = converted("Pass", fields)
      assert.equal(1, #result.left, fields)
      assert.truthy(result.left[1].reason:find(reason, 1, true), result.left[1].reason)
    end
    local _, result = converted("Choice", rule '"Variable":"$.t","TimestampEquals":"2024-01-01T00:00:00Z"')
    assert.same({ "S", "Choices" }, { result.left[1].state, result.left[1].field })
  end)

  it("takes what is printed for plain where asked, and says of which states", function()
    local text = machine_text("Pass", [[,"Parameters":{"x.$":"States.Format('{}: {}', $.a, $.b)",
      "y.$":"States.Hash($.a, 'MD5')"}]])
    local result = migrate.convert(core.value(text), { plain = true })
    assert.same({ "S" }, result.assumed)
    assert.same({ x = '{% ($string($states.input.a) & ": " & $string($states.input.b)) %}',
      y = '{% $hash($string($states.input.a), "MD5") %}' }, result.definition:lua().States.S.Output)
    local after = assert(passo.parse(result.definition:json()))
    for _, input in ipairs { '{"a":"x","b":7}', '{"a":"","b":null}', '{"a":"{}","b":true}', '{"a":"\\"","b":-12}' } do
      assert.equal((finish(assert(passo.parse(text)), input)), (finish(after, input)))
    end
  end)

  it("keeps catchers, limits and errors", function()
    local s = converted("Task", [[,"Resource":"lua:echo","TimeoutSecondsPath":"$.t","Catch":[
      {"ErrorEquals":["A"],"Next":"S"},{"ErrorEquals":["B"],"ResultPath":"$.e.f","Next":"S"},
      {"ErrorEquals":["C"],"ResultPath":null,"Next":"S","Assign":{"why.$":"States.Format('{}!', $.Cause)"}}] ]])
    assert.equal("{% $number($states.input.t) %}", s.TimeoutSeconds)
    assert.is_nil(s.Catch[1].Output)
    assert.equal('{% $merge([$states.input, {"e": $merge([$states.input.e, {"f": $states.errorOutput}])}]) %}',
      s.Catch[2].Output)
    assert.equal("{% $states.input %}", s.Catch[3].Output)
    assert.equal('{% ($states.errorOutput.Cause & "!") %}', s.Catch[3].Assign.why)
    s = converted("Fail", ',"ErrorPath":"$.e","CausePath":"States.Format(\'at {}\', $$.State.Name)"')
    assert.same({ Type = "Fail", Error = "{% $states.input.e %}",
      Cause = '{% ("at " & $states.context.State.Name) %}' }, s)
  end)
end)

describe("passo migrate", function()
  local function shell(text, ...)
    local out, err = {}, {}
    local stream = function(list) return { write = function(_, s) list[#list + 1] = s end } end
    local code = require("passo.cli").main({ "migrate", ... }, { stdin = { read = function() return text end },
      stdout = stream(out), stderr = stream(err) })
    return code, table.concat(out), table.concat(err)
  end

  it("prints the definition, and tells what was done to the other stream", function()
    local code, out, err = shell(machine_text("Pass", ',"InputPath":"$.a"'), "-")
    assert.equal(0, code)
    assert.equal("{% $states.input.a %}", core.decode(out).States.S.Output)
    assert.matches("1 of 1 state converted", err, 1, true)
  end)

  it("names what stays, by its exit code too", function()
    local code, out, err = shell(machine_text("Pass", ',"InputPath":"$..a"'), "-", "--report")
    assert.same({ 1, "" }, { code, out })
    assert.matches("S stays in JSONPath: InputPath: $..a has a descent", err, 1, true)
  end)

  it("writes a file where asked", function()
    local path = os.tmpname()
    local code, out = shell(machine_text("Pass", ""), "-", "-o", path)
    local file = assert(io.open(path))
    local text = file:read "*a"
    file:close()
    os.remove(path)
    assert.same({ 0, "" }, { code, out })
    assert.equal("JSONata", core.decode(text).QueryLanguage)
  end)

  it("needs one definition that is right", function()
    assert.equal(2, (shell("", "-")))
    assert.equal(2, (shell("")))
    assert.equal(2, (shell('{"StartAt":"S","States":{}}', "-")))
  end)
end)
