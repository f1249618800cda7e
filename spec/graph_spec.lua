-- graph_spec.lua: drawings of definitions: what is shown, what is highlighted, and that no name can break out.
local graph = require "passo.graph"
local model = require "passo.graph.model"

local function task(next_state, more)
  local state = { Type = "Task", Resource = "arn:aws:lambda:us-east-1:123456789012:function:work", Next = next_state }
  state.End = next_state == nil or nil
  for key, value in pairs(more or {}) do
    state[key] = value
  end
  return state
end

local function machine(start, states)
  return { StartAt = start, States = states }
end

-- A history from short words: {"Entered", name}, {"Exited", name} or a type alone; each follows the one before it.
local function events_of(steps)
  local events = {}
  for i, step in ipairs(steps) do
    local event = { id = i, previousEventId = i - 1, timestamp = 1700000000 + i }
    if type(step) == "table" then
      local kind = step[3] or "Task"
      event.type = kind .. "State" .. step[1]
      event[step[1] == "Entered" and "stateEnteredEventDetails" or "stateExitedEventDetails"] = { name = step[2] }
    else
      event.type = step
    end
    events[i] = event
  end
  return events
end

-- Fails unless `xml` is well-formed: tags match, and nothing but the five entities follows an ampersand.
local function assert_xml(xml)
  local open = {}
  local rest = xml:gsub("<style>.-</style>", "")
  for text_part, tag in (rest .. "<"):gmatch "([^<]*)<([^<]*)" do
    assert.is_nil(text_part:find ">%s*<", 1)
    if tag ~= "" then
      local name, attributes = tag:match "^(/?%a+)([^>]*)>"
      assert.truthy(name, "not a tag: <" .. tag:sub(1, 60))
      local closing = attributes:find "/$"
      attributes = attributes:gsub("/$", "")
      local bare = attributes:gsub('[%w:-]+="[^"<]*"', "")
      assert.truthy(bare:find "^%s*$", "bad attributes: " .. attributes)
      if name:sub(1, 1) == "/" then
        assert.equal(name:sub(2), table.remove(open))
      elseif not closing then
        open[#open + 1] = name
      end
    end
  end
  for entity in rest:gmatch "&([^;]*;?)" do
    assert.truthy(("amp;lt;gt;quot;#39;"):find(entity, 1, true), "stray &" .. entity)
  end
  assert.equal(0, #open)
end

local ATTACKS = {
  '<script>alert(1)</script>', '"]; click s1 "javascript:alert(1)"', "a&b &lt; &amp;", "line\nbreak",
    "back\\slash \\N \\G",
  '"/><svg onload="x', "]]>", "`code` **bold**", "end", "-->", "%%{init: {}}%%", "'quote'", "tab\there",
    "{{x}} (y) [z]",
  "\27[31mred", "Ação 日本 🎉", "bad\255byte", "a;b#35;c",
}

describe("a drawing", function()
  it("is the same under every Lua and every time", function()
    local definition = machine("A", { A = task("B", { Catch = { { ErrorEquals = { "States.ALL" }, Next = "C" } } }),
      B = task(), C = task() })
    for _, format in ipairs(graph.formats) do
      assert.equal(graph.draw(definition, format), graph.draw(definition, format))
    end
  end)

  it("refuses a format it does not know", function()
    assert.has_error(function() graph.draw({}, "pdf") end,
      "graph: the format is one of svg, mermaid, dot, text, not pdf")
  end)

  it("survives definitions that make no sense", function()
    local nonsense = { {}, { States = "no" }, { StartAt = 1, States = {} }, machine("A", { A = 5 }),
      machine("A", { A = {} }), machine("A", { A = { Type = "Choice", Choices = { 1, {} }, Default = {} } }),
      machine("A", { A = { Type = "Map", ItemProcessor = "x", Next = 7 } }),
      machine("A", { A = { Type = "Parallel", Branches = { 1, "x", {} }, Catch = { 3 }, End = true } }),
      machine("Nowhere", { A = task("B") }) }
    for _, definition in ipairs(nonsense) do
      for _, format in ipairs(graph.formats) do
        assert.is_string(graph.draw(definition, format))
      end
      assert_xml(graph.draw(definition, "svg"))
    end
  end)

  it("shows a target that does not exist", function()
    assert.truthy(graph.draw(machine("A", { A = task("Gone") }), "text"):find("-> Gone (missing)", 1, true))
  end)

  it("tells what a Choice rule asks", function()
    local rule = { And = { { Variable = "$.n", NumericGreaterThanEquals = 3 }, { Not = { Variable = "$.s",
      IsNull = true } },
      { Or = { { Variable = "$.a", StringMatches = "x*" }, { Variable = "$.b", BooleanEqualsPath = "$.c" } } } } }
    assert.equal('$.n >= 3 and not ($.s is null) and ($.a matches "x*" or $.b == $.c)', model.rule_text(rule))
    assert.equal("$n > 1", model.rule_text { Condition = "{% $n > 1 %}" })
  end)

  it("names what a task calls", function()
    local function called(state) return model.resource_text(state) end
    assert.equal("lambda: ship", called { Resource = "arn:aws:lambda:us-east-1:123456789012:function:ship" })
    assert.equal("s3:listObjectsV2", called { Resource = "arn:aws:states:::aws-sdk:s3:listObjectsV2" })
    assert.equal("activity: sign", called { Resource = "arn:aws:states:us-east-1:123456789012:activity:sign" })
    assert.equal("lambda: f", called { Resource = "arn:aws:states:::lambda:invoke", Parameters =
      { FunctionName = "f" } })
    assert.equal("lua:reserve", called { Resource = "lua:reserve" })
  end)
end)

describe("names that attack", function()
  for _, name in ipairs(ATTACKS) do
    local definition = machine(name, { [name] = { Type = "Choice", Comment = name,
      Choices = { { Variable = name, StringEquals = name, Next = "After" } }, Default = "After" },
      After = task(nil, { Resource = name, Catch = { { ErrorEquals = { name }, Next = name } } }) })
    local history = events_of { "ExecutionStarted", { "Entered", name, "Choice" } }
    local shown = ("%q"):format(name):gsub("[%c\128-\255]", "?")

    it("cannot leave the SVG: " .. shown, function()
      local svg = graph.draw(definition, "svg", { history = history })
      assert_xml(svg)
      assert.is_nil(svg:find "<script")
      assert.is_nil(svg:find "<[^<>]* onload=")
      assert.is_nil(svg:find "[\1-\8\11-\31]")
    end)

    it("cannot leave Mermaid's labels: " .. shown, function()
      for line in graph.draw(definition, "mermaid", { history = history }):gmatch "[^\n]+" do
        -- Outside the quoted labels only identifiers of ours and signs of the grammar remain.
        local bare = line:gsub('"[^"]*"', '""')
        assert.truthy(bare:find '^[%w%s%[%](){}"|>.,:#;-]*$', line)
        for label in line:gmatch '"([^"]*)"' do
          local plain = label:gsub("<br/>", ""):gsub("</?small>", ""):gsub("#%d+;", "")
          assert.is_nil(plain:find '[<>&"`%[%]{}#;%%\\]', line)
        end
      end
    end)

    it("cannot leave DOT's strings: " .. shown, function()
      for line in graph.draw(definition, "dot", { history = history }):gmatch "[^\n]+" do
        local bare = line:gsub("\\\\", ""):gsub('\\"', ""):gsub('"[^"]*"', '""')
        assert.is_nil(bare:find "\\", line)
        assert.truthy(bare:find "^[%w%s%[%]{}=\"_.>;-]*$", line)
      end
    end)

    it("cannot reach the terminal: " .. shown, function()
      assert.is_nil(graph.draw(definition, "text"):find "[\1-\9\11-\31\127]")
    end)
  end
end)

describe("a history in a drawing", function()
  local definition = machine("Reserve", {
    Reserve = task("Charge"),
    Charge = task("Ship", { Catch = { { ErrorEquals = { "CardDeclined" }, Next = "Release" } } }),
    Ship = task(),
    Release = task("Failed"),
    Failed = { Type = "Fail", Error = "CheckoutFailed" },
  })
  local history = events_of { "ExecutionStarted", { "Entered", "Reserve" }, "LambdaFunctionSucceeded", { "Exited",
    "Reserve" },
    { "Entered", "Charge" }, "LambdaFunctionFailed", { "Exited", "Charge" }, { "Entered", "Release" },
    { "Exited", "Release" }, { "Entered", "Failed", "Fail" }, "ExecutionFailed" }

  it("marks states that succeeded, were caught and failed, and leaves the others alone", function()
    local text = graph.draw(definition, "text", { history = history })
    assert.truthy(text:find("✓ Reserve", 1, true))
    assert.truthy(text:find("! Charge", 1, true))
    assert.truthy(text:find("✗ Failed", 1, true))
    assert.truthy(text:find("  Ship", 1, true))
  end)

  it("draws the edges that were taken", function()
    local svg = graph.draw(definition, "svg", { history = history })
    assert_xml(svg)
    assert.truthy(svg:find('class="e catch taken"[^>]*><title>Charge → Release: CardDeclined'))
    assert.truthy(svg:find('class="e idle"[^>]*><title>Charge → Ship'))
    assert.truthy(svg:find('class="e taken"[^>]*><title>Reserve → Charge'))
    assert.truthy(svg:find('class="state idle" id="s%d"><title>Ship'))
    assert.truthy(graph.draw(definition, "mermaid", { history = history }):find "classDef caught")
    assert.truthy(graph.draw(definition, "dot", { history = history }):find "penwidth=2.5")
  end)

  it("shows what still runs, and how often a state was entered", function()
    local running = events_of { "ExecutionStarted", { "Entered", "Reserve" } }
    assert.truthy(graph.draw(definition, "text", { history = running }):find("… Reserve", 1, true))
    local loop = machine("A", { A = task("A") })
    local twice = events_of { "ExecutionStarted", { "Entered", "A" }, { "Exited", "A" }, { "Entered", "A" } }
    assert.truthy(graph.draw(loop, "svg", { history = twice }):find("×2", 1, true))
  end)

  it("finds a container failed when a state in it failed", function()
    local inner = machine("Work", { Work = task() })
    local outer = machine("All", { All = { Type = "Parallel", Branches = { inner }, End = true } })
    local failed = events_of { "ExecutionStarted", { "Entered", "All", "Parallel" }, "ParallelStateStarted",
      { "Entered", "Work" },
      "LambdaFunctionFailed", "ParallelStateFailed", "ExecutionFailed" }
    local text = graph.draw(outer, "text", { history = failed })
    assert.truthy(text:find("✗ All", 1, true))
    assert.truthy(text:find("✗ Work", 1, true))
  end)

  it("leaves the history as it was", function()
    graph.draw(definition, "svg", { history = history })
    for _, event in ipairs(history) do
      assert.is_nil(event.owner)
      assert.is_nil(event.caught)
    end
  end)
end)

describe("the layout", function()
  -- Boxes of states, by name, as {x, y, w, h}: read back from the SVG.
  local function boxes(svg)
    local found = {}
    for name, rect in svg:gmatch '<g class="state[^>]*><title>(%w+) %([^<]*</title>\n(<rect[^>]*>)' do
      local function number(key) return tonumber(rect:match(" " .. key .. '="([%d.-]+)"')) end
      found[name] = { x = number "x", y = number "y", w = number "width", h = number "height" }
    end
    return found
  end

  local function overlap(a, b)
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h
  end

  it("lets no two boxes overlap and puts everything on the page", function()
    local states = {}
    for i = 1, 30 do
      states["S" .. i] = task("S" .. i % 30 + 1, { Catch = { { ErrorEquals = { "States.ALL" }, Next = "S"
        .. i * 7 % 30 + 1 },
        { ErrorEquals = { "Other" }, Next = "Oops" } } })
    end
    states.Oops = { Type = "Fail" }
    local svg = graph.draw(machine("S1", states), "svg")
    local found = boxes(svg)
    local width, height = svg:match 'width="([%d.]+)" height="([%d.]+)"'
    local names = {}
    for name, box in pairs(found) do
      names[#names + 1] = name
      assert.is_true(box.x >= 0 and box.y >= 0 and box.x + box.w <= tonumber(width)
        and box.y + box.h <= tonumber(height))
    end
    assert.equal(31, #names)
    for i = 1, #names do
      for j = i + 1, #names do
        assert.is_false(overlap(found[names[i]], found[names[j]]), names[i] .. " overlaps " .. names[j])
      end
    end
  end)

  it("puts branches inside their Parallel", function()
    local svg = graph.draw(machine("P", { P = { Type = "Parallel", End = true, Branches = {
      machine("A", { A = task("B"), B = task() }), machine("C", { C = task() }) } } }), "svg")
    local found = boxes(svg)
    for _, name in ipairs { "A", "B", "C" } do
      local inner, outer = found[name], found.P
      assert.is_true(inner.x > outer.x and inner.y > outer.y and inner.x + inner.w < outer.x + outer.w
        and inner.y + inner.h < outer.y + outer.h)
    end
  end)

  it("draws long chains and wide fans in little time", function()
    local chain, fan = {}, { Start = { Type = "Choice", Choices = {} } }
    for i = 1, 400 do
      chain["S" .. i] = task(i < 400 and "S" .. i + 1 or nil, { Catch = { { ErrorEquals = { "States.ALL" },
        Next = "Oops" } } })
      fan["F" .. i] = task()
      fan.Start.Choices[i] = { Variable = "$.n", NumericEquals = i, Next = "F" .. i }
    end
    chain.Oops = { Type = "Fail" }
    local began = os.clock()
    graph.draw(machine("S1", chain), "svg")
    graph.draw(machine("Start", fan), "svg")
    assert.is_true(os.clock() - began < 20)
  end)
end)
