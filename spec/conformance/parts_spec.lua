--- The conformance runner's own parts: a runner that compares wrongly proves nothing.
local core = require "passo.core"
local compare = require "conformance.compare"
local history = require "conformance.history"
local regex = require "conformance.regex"
local slices = require "conformance.slices"

local function diff(expected, actual, case)
  return compare.diff(core.decode(expected), core.decode(actual), "$", compare.rules(case or {}))
end

describe("conformance.regex", function()
  it("matches the whole text only", function()
    assert.is_true(regex.matches("^a+$", "aaa"))
    assert.is_false(regex.matches("a", "ab"))
    assert.is_false(regex.matches("^.+$", ""))
  end)

  it("knows classes, repetitions, groups and alternatives", function()
    assert.is_true(regex.matches("[a-fA-F0-9]{8}-[^x]{2,}", "00ffAAbb-yyy"))
    assert.is_true(regex.matches("\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:?\\d{2})", "59.123+01:00"))
    assert.is_true(regex.matches("(?:ab|a)b*c", "abbc"))
    assert.is_false(regex.matches("x\\.y", "x_y"))
  end)
end)

describe("conformance.slices", function()
  it("gives members and elements as they were written", function()
    local members = slices.members ' { "a" : {"k": "}\\"", "n": 1.0 } , "b":[1, [2]], "c": null }'
    assert.equal('{"k": "}\\"", "n": 1.0 }', members.a)
    assert.same({ "1", "[2]" }, slices.elements(members.b))
    assert.equal("null", members.c)
  end)

  it("squeezes space out between tokens, not out of strings", function()
    assert.equal('["a b",1.0E2]', slices.squeeze '[ "a b",\n 1.0E2 ]')
  end)
end)

describe("conformance.compare", function()
  it("takes objects in any order and numbers by value", function()
    assert.is_nil(diff('{"a":1,"b":[2.0]}', '{"b":[2],"a":1.0}'))
  end)

  it("names the place of the first difference", function()
    assert.equal('$.a["x-y"][1]: expected 2, got 3', diff('{"a":{"x-y":[1,2]}}', '{"a":{"x-y":[1,3]}}'))
    assert.equal('$.b: expected nothing, got 1', diff("{}", '{"b":1}'))
    assert.equal('$.b: expected null, got nothing', diff('{"b":null}', "{}"))
    assert.is_truthy(diff("[]", "{}"))
  end)

  it("checks a volatile place by its pattern, or not at all", function()
    local case = { volatile = { "$.t", "$.u" }, patterns = { ["$.t"] = "^[0-9]+$" } }
    assert.is_nil(diff('{"t":"1","u":2}', '{"t":"77","u":{}}', case))
    assert.is_truthy(diff('{"t":"1"}', '{"t":"x"}', case))
    assert.is_truthy(diff('{"t":"1"}', "{}", case))
  end)

  it("reads jsonText places as JSON", function()
    local case = { jsonText = { "$.cause" } }
    assert.is_nil(diff([[{"cause":"{\"a\":1,\"b\":2}"}]], [[{"cause":"{\"b\":2, \"a\":1}"}]], case))
    assert.is_truthy(diff([[{"cause":"{\"a\":1}"}]], [[{"cause":"{\"a\":2}"}]], case))
  end)
end)

local function event(id, previous, kind, details)
  return { id = id, previousEventId = previous, type = kind, details = details or {} }
end

local function two_branches(first, second)
  return {
    event(1, 0, "ExecutionStarted"), event(2, 1, "ParallelStateStarted"),
    event(3, 2, "PassStateEntered", { name = first }), event(4, 2, "PassStateEntered", { name = second }),
    event(5, 4, "ParallelStateSucceeded"),
  }
end

describe("conformance.history", function()
  local rules = compare.rules {}

  it("compares ids, types and details in order", function()
    local expected = two_branches("A", "B")
    assert.is_nil(history.diff(expected, two_branches("A", "B"), false, rules))
    assert.is_truthy(history.diff(expected, two_branches("B", "A"), false, rules))
    local short = two_branches("A", "B")
    short[5] = nil
    assert.is_truthy(history.diff(expected, short, false, rules))
  end)

  it("follows chains where branches interleave at will", function()
    local expected = two_branches("A", "B")
    assert.is_nil(history.diff(expected, two_branches("B", "A"), true, rules))
    assert.is_truthy(history.diff(expected, two_branches("A", "C"), true, rules))
  end)

  it("takes events whose ids were erased as a multiset", function()
    local expected = two_branches("A", "B")
    for i = 3, 4 do expected[i].id, expected[i].previousEventId = nil, nil end
    assert.is_nil(history.diff(expected, two_branches("B", "A"), true, rules))
    assert.is_truthy(history.diff(expected, two_branches("B", "B"), true, rules))
  end)
end)
