--- JSONata: for Lua programs, and as the query language of states.
local helper = require "helper"
local core = require "passo.core"
local passo = require "passo"

local function ask(text, data, bindings, options)
  return assert(passo.jsonata(text)):eval(data, bindings, options)
end

describe("passo.jsonata", function()
  it("is compiled once and asked of any data", function()
    local total = assert(passo.jsonata "$sum(orders.(price * quantity))")
    assert.equal(17, total:eval { orders = { { price = 2, quantity = 1 }, { price = 5, quantity = 3 } } })
    assert.equal(6, total:eval { orders = { price = 2, quantity = 3 } })
    assert.equal("$sum(orders.(price * quantity))", tostring(total))
  end)

  it("tells nothing from null", function()
    local value, message = ask("missing", { a = 1 })
    assert.same({ nil, nil }, { value, message })
    assert.equal(passo.null, ask("a", core.value '{"a":null}'))
    assert.is_nil(ask("$sum"))
  end)

  it("tells an expression that does not parse, with its place", function()
    local expression, message, failure = passo.jsonata "orders[price > 1)"
    assert.is_nil(expression)
    assert.same({ "S0202", message, 17, ")" }, { failure.code, failure.message, failure.at, failure.token })
    assert.has_error(function() passo.jsonata(7) end, "passo.jsonata: the expression must be a string")
    assert.equal("EINPUT", select(3, passo.jsonata "\"\255\"").code)
  end)

  it("tells what fails while it is evaluated", function()
    local _, message, failure = ask('"a" + 1')
    assert.equal("T2001", failure.code)
    assert.matches("left side of the \"%+\" operator must evaluate to a number", message)
    _, message, failure = ask('$error("no stock")')
    assert.same({ "D3137", "no stock" }, { failure.code, message })
  end)

  it("takes bindings: data, and Lua functions", function()
    assert.equal(15, ask("$base + $count(items)", { items = passo.array { 1, 2, 3, 4, 5 } }, { base = 10 }))
    assert.equal("SEVEN 7", ask("$shout('seven') & ' ' & $twice(3.5)", nil, {
      shout = function(text) return text:upper() end,
      twice = function(n) return n * 2 end,
    }))
    assert.same({ 2, 4, 6 }, ask("$map([1, 2, 3], $twice)", nil, { twice = function(n) return n * 2 end }))
    assert.is_nil(ask("$nothing()", nil, { nothing = function() end }))
  end)

  it("makes a Lua function's error its own, and lets none yield", function()
    local _, message, failure = ask("$broken(1)", nil, { broken = function() error("out of order", 0) end })
    assert.same({ "D3137", "out of order" }, { failure.code, message })
    local thread = coroutine.create(function()
      return ask("$waits()", nil, { waits = function() return coroutine.yield(1) end })
    end)
    local ok, value, words = coroutine.resume(thread)
    assert.is_true(ok)
    assert.is_nil(value)
    assert.matches("yield", words)
    assert.equal("dead", coroutine.status(thread))
    _, _, failure = ask("$host(function($x){$x})", nil, { host = function() return 1 end })
    assert.equal("T0410", failure.code)
  end)

  it("refuses bindings that are none", function()
    local expression = assert(passo.jsonata "$a")
    assert.has_error(function() expression:eval(nil, 7) end)
    assert.matches("named by strings", select(2, expression:eval(nil, { 1 })))
    assert.matches("without its '%$'", select(2, expression:eval(nil, { ["$a"] = 1 })))
    assert.equal("EINPUT", select(3, expression:eval(nil, { a = 0 / 0 })).code)
  end)

  it("keeps numbers and keys that it only hands on", function()
    local data = core.value '{"z":1.0,"big":12345678901234567890,"a":[1e2]}'
    assert.equal('{"z":1.0,"big":12345678901234567890,"a":[1e2]}', core.encode(ask("$", data)))
    assert.equal('{"n":12345678901234567890}', core.encode(ask('{"n": big}', data)))
  end)

  it("is bounded, whatever it is asked", function()
    local function code(text, options) return select(3, ask(text, nil, nil, options)).code end
    assert.equal("U1001", code "($f := function($n){$f($n + 1) + 1}; $f(1))")
    assert.equal("U1001", code("($f := function($n){$f($n + 1)}; $f(1))", { fuel = 100000 }))
    assert.equal("U1001", code("$join([1..100000].'0123456789')", { bytes = 100000 }))
    assert.equal("D2014", code("[1..1000000]", { range = 1000 }))
    if not core.jsonata "/a/" then pending "built without PCRE2" return end
    assert.equal("U1001", code "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', /^(a+)+$/)")
  end)

  it("is bounded, too, where a Lua function asks another expression", function()
    local text = "($f := function($n){$n = 0 ? $again() : $f($n - 1) + 1}; $f(900))"
    local expression, levels = assert(passo.jsonata(text)), 0
    local bindings = {}
    function bindings.again()
      levels = levels + 1
      local value, message = expression:eval(nil, bindings)
      return value or error(message, 0)
    end
    local value, _, failure = expression:eval(nil, bindings)
    assert.is_nil(value)
    assert.equal("D3137", failure.code)
    assert.is_true(levels >= 1 and levels < 20)
    assert.equal(901, ask("($f := function($n){$n = 0 ? 1 : $f($n - 1) + 1}; $f(900))")) -- and all is as before
  end)

  it("has the functions that Step Functions adds", function()
    assert.same({ { 1, 2 }, { 3 } }, ask "$partition([1, 2, 3], 2)")
    assert.same({ 1, 3, 5 }, ask "$range(1, 6, 2)")
    assert.equal("900150983cd24fb0d6963f7d28e17f72", ask "$hash('abc', 'MD5')")
    assert.matches("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$", ask "$uuid()")
    assert.same({ a = 1 }, ask "$parse('{\"a\": 1}')")
    local n = ask "$random()"
    assert.is_true(n >= 0 and n < 1)
    assert.equal(ask "$random(7)", ask "$random(7)")
  end)
end)

describe("a state in JSONata", function()
  local function run(definition, input, options)
    local machine, message = passo.parse(definition)
    assert(machine, message)
    options = options or {}
    options.clock, options.history = passo.virtual_clock(0), true
    return assert(machine:run(input, options))
  end

  local function one(state, next_states)
    if state.Type ~= "Choice" then state.End = not state.Next or nil end
    local states = { S = state }
    for name, other in pairs(next_states or {}) do states[name] = other end
    return { QueryLanguage = "JSONata", StartAt = "S", States = states }
  end

  local function types_of(result)
    local types = {}
    for _, event in ipairs(result.history) do types[#types + 1] = event.type end
    return table.concat(types, " ")
  end

  it("shapes its output, assigns, and reads $states", function()
    local result = run(one({ Type = "Pass", Next = "T", Assign = { n = "{% $states.input.n + 1 %}" },
      Output = { list = passo.array { "{% $states.input.n %}", "as it is" } } },
      { T = { Type = "Pass", End = true, Output = "{% $states.input.list[0] & $n & $states.context.State.Name %}" } }),
      { n = 4 })
    assert.same({ "SUCCEEDED", "45T" }, { result.status, result.output })
  end)

  it("gives a task its Arguments, and Output its result", function()
    local result = run(one { Type = "Task", Resource = "lua:price", Arguments = { id = "{% $states.input.id %}" },
      Output = "{% $states.result.price * $states.input.count %}" }, { id = "x", count = 3 },
      { handlers = { ["lua:price"] = function(input) return { price = #input.id + 4 } end } })
    assert.equal(15, result.output)
  end)

  it("chooses by conditions, a Lua predicate among them", function()
    local function choose(input)
      return run(one({ Type = "Choice", Default = "C", Choices = passo.array {
        { Condition = "{% $states.input.n > 10 %}", Next = "A", Output = "{% 'large' %}" },
        { Condition = "lua:vip", Next = "B" } } }, {
        A = { Type = "Succeed" }, B = { Type = "Succeed", Output = "vip" },
        C = { Type = "Succeed", Output = "{% 0 %}" },
      }), input, { handlers = { ["lua:vip"] = function(seen) return seen.vip == true end } }).output
    end
    assert.equal("large", choose { n = 11 })
    assert.equal("vip", choose { n = 1, vip = true })
    assert.equal(0, choose { n = 1 })
  end)

  it("maps over Items, with ItemSelector, and gathers", function()
    local result = run(one { Type = "Map", Items = "{% $states.input.rows[n > 1] %}",
      ItemSelector = { v = "{% $states.context.Map.Item.Value.n * 10 %}", at = "{% $states.context.Map.Item.Index %}" },
      ItemProcessor = { StartAt = "P", States = {
        P = { Type = "Pass", End = true, Output = "{% $states.input.v %}" } } },
      Output = "{% $sum($states.result) %}" }, core.value '{"rows":[{"n":1},{"n":2},{"n":3}]}')
    assert.equal(50, result.output)
  end)

  it("waits and fails by expressions", function()
    local result = run(one({ Type = "Wait", Seconds = "{% $states.input.s * 2 %}", Next = "F" },
      { F = { Type = "Fail", Error = "{% 'E' & $states.input.s %}", Cause = "as asked" } }), { s = 30 })
    assert.same({ "FAILED", "E30", "as asked" }, { result.status, result.error, result.cause })
  end)

  it("catches: $states.errorOutput", function()
    local result = run(one({ Type = "Task", Resource = "lua:broken", Catch = passo.array { { ErrorEquals = passo.array {
      "States.ALL" }, Next = "T", Output = "{% $states.errorOutput.Error & ' for ' & $states.input.who %}",
      Assign = { cause = "{% $states.errorOutput.Cause %}" } } } },
      { T = { Type = "Pass", End = true, Output = "{% $states.input & ': ' & $cause %}" } }), { who = "Ana" },
      { handlers = { ["lua:broken"] = function() passo.fail("Sold", "out") end } })
    assert.equal("Sold for Ana: out", result.output)
  end)

  it("fails as on AWS, with an EvaluationFailed that tells where", function()
    local result = run(one { Type = "Pass", Output = { a = passo.array { 1, "{% $nothing %}" } } }, {})
    assert.equal("States.QueryEvaluationError", result.error)
    assert.equal("An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression "
      .. "'$nothing' specified for the field 'Output/a[1]' returned nothing (undefined).", result.cause)
    assert.equal("ExecutionStarted PassStateEntered EvaluationFailed ExecutionFailed", types_of(result))
    assert.same({ "Output/a[1]", "S" }, { result.history[3].evaluationFailedEventDetails.location,
      result.history[3].evaluationFailedEventDetails.state })
  end)

  it("can be caught and tried again when an expression fails", function()
    local calls = 0
    local result = run(one({ Type = "Task", Resource = "lua:n", Output = "{% $states.result.n + 1 %}",
      Retry = passo.array { { ErrorEquals = passo.array { "States.QueryEvaluationError" }, MaxAttempts = 1 } },
      Catch = passo.array { { ErrorEquals = passo.array { "States.QueryEvaluationError" }, Next = "T" } } },
      { T = { Type = "Succeed", Output = "caught" } }), {}, { handlers = { ["lua:n"] = function()
        calls = calls + 1
        return { n = "text" }
      end } })
    assert.same({ "caught", 2 }, { result.output, calls })
    assert.matches("EvaluationFailed.*EvaluationFailed", types_of(result))
  end)

  it("stands beside states in JSONPath", function()
    local result = run({ StartAt = "S", States = {
      S = { Type = "Pass", Parameters = { ["n.$"] = "$.a" }, Next = "T" },
      T = { Type = "Pass", QueryLanguage = "JSONata", Output = "{% $states.input.n * 2 %}", End = true },
    } }, { a = 21 })
    assert.equal(42, result.output)
  end)

  it("goes on from a snapshot wherever it stands", function()
    local machine = assert(core.machine(core.encode(one({ Type = "Task", Resource = "lua:x", Next = "T",
      Arguments = "{% $states.input.n %}", Output = "{% $states.result %}" }, {
      T = { Type = "Pass", End = true, Output = "{% $states.input.missing %}" } }))))
    local exec = assert(core.exec(machine, { n = 1 }, { seed = ("s"):rep(32), now_ms = 0 }))
    exec:poll()
    exec = assert(core.load(machine, exec:save()))
    local kind, token = exec:poll()
    assert.same({ "TASK", 1 }, { kind, exec:input(token) })
    assert(exec:resume(token, 5, { v = 1 }))
    exec = assert(core.load(machine, exec:save()))
    local finish, _, _, _, status = exec:poll()
    assert.same({ "FINISH", "FAILED" }, { finish, status })
  end)
end)

describe("a Distributed Map in JSONata", function()
  local function run(fields)
    local state = { Type = "Map", End = true, Items = "{% $states.input.l %}", ItemProcessor = {
      ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" },
      StartAt = "A", States = { A = { Type = "Pass", End = true } } } }
    for key, value in pairs(fields) do state[key] = value or nil end
    local machine = assert(passo.parse { QueryLanguage = "JSONata", StartAt = "M", States = { M = state } })
    return helper.run(machine, { l = { 1, 2, 3 } })
  end

  it("takes a batch of any size", function()
    assert.equal(1, #run({ ItemBatcher = { MaxItemsPerBatch = "{% 9007199254740992 %}" } }).output)
  end)

  it("refuses arguments that are no object", function()
    local result = run { Items = false, ItemSelector = "{% 1 %}", ItemReader = {
      Resource = "arn:aws:states:::s3:getObject", ReaderConfig = { InputType = "JSON" }, Arguments = "{% [1] %}" } }
    assert.equal("States.QueryEvaluationError", result.error)
    assert.matches("'ItemReader/Arguments' .* Expected 'object', but was 'array'", result.cause)
    result = run { ResultWriter = { Resource = "arn:aws:states:::s3:putObject", Arguments = "{% 7 %}" } }
    assert.matches("'ResultWriter/Arguments' .* Expected 'object', but was 'number'", result.cause)
  end)
end)

describe("checking JSONata", function()
  local function findings(output, more)
    local state = { Type = "Pass", End = true, Output = output }
    for key, value in pairs(more or {}) do state[key] = value end
    local out = {}
    for _, finding in ipairs(passo.check { QueryLanguage = "JSONata", StartAt = "S", States = { S = state } }) do
      out[#out + 1] = finding.code .. " " .. (finding.location or "") .. " " .. finding.message
    end
    return table.concat(out, "\n")
  end

  it("finds nothing in what is right", function()
    assert.equal("", findings { a = "{% $states.input.a[b = 1].c ~> $sum() %}", b = "plain", c = "{%1%}" })
  end)

  it("tells what does not parse, and where", function()
    assert.matches("INVALID_JSONATA_EXPRESSION /States/S/Output/a%[0%] S0%d+: .*at byte",
      findings { a = passo.array { "{% 1 + %}" } })
  end)

  it("refuses the input document that there is not", function()
    for _, text in ipairs { "$", "$$.a", "orders.price", "$.a", "$map([1], function($x){$$})" } do
      assert.matches("UNSUPPORTED_JSONATA_EXPRESSION", findings("{% " .. text .. " %}"), text)
    end
    assert.equal("", findings "{% $states.input.orders[price > 2]^(>price).$string(id) %}")
  end)

  it("refuses what $states does not show there, and $eval", function()
    assert.matches("%$states.errorOutput is there only", findings "{% $states.errorOutput %}")
    assert.matches("%$eval", findings "{% $eval('1') %}")
  end)

  it("warns of operators that AWS does not know yet", function()
    assert.matches("NEWER_JSONATA_OPERATOR", findings "{% $states.input.a ?? 1 %}")
  end)

  it("tells one end of the delimiters without the other", function()
    assert.matches("must start with {%% and end with %%}", findings "{% 1")
  end)
end)
