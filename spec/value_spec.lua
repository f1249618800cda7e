require "helper"
local core = require "passo.core"

local function bytes(text)
  return core.encode((assert(core.decode(text))))
end

local function refusal(value)
  local text, message, failure = core.encode(value)
  assert.is_nil(text)
  assert.equal("string", type(failure.code))
  return message
end

describe("core.encode", function()
  it("writes lists, sorted objects and scalars", function()
    assert.equal('{"a":[1,2,[]],"b":{},"c":null,"d":"x/é","e":true}',
      core.encode { a = { 1, 2, core.array {} }, b = {}, c = core.null, d = "x/é", e = true })
  end)

  it("writes integral floats as integers, up to 2^53", function()
    assert.equal("[3,-3,0,4503599627370496]", core.encode { 3.0, -3.0, -0.0, 2 ^ 52 })
    assert.equal("[0.1,1.5]", core.encode { 0.1, 1.5 })
  end)

  it("keeps the order that core.object gives, also after a change", function()
    local t = core.object { { "z", 1 }, { "a", 2 }, { "m", 3 } }
    assert.equal('{"z":1,"a":2,"m":3}', core.encode(t))
    t.a = nil
    t.n, t.b = 5, 4
    assert.equal('{"z":1,"m":3,"b":4,"n":5}', core.encode(t))
  end)

  it("names the path of what is no JSON value", function()
    assert.equal("$.a.b[3]: a function cannot be a JSON value", refusal { a = { b = { 1, 2, print } } })
    assert.equal('$["x y"]: a thread cannot be a JSON value', refusal { ["x y"] = coroutine.create(function() end) })
    assert.equal("$: a userdata cannot be a JSON value", refusal(io.stdout))
    assert.equal("$.n: NaN is not a JSON number", refusal { n = 0 / 0 })
    assert.equal("$[1]: infinity is not a JSON number", refusal { math.huge })
    assert.equal("$.s: a string that is not UTF-8 cannot be a JSON value", refusal { s = "\255" })
    assert.equal("$: a key that is not UTF-8 cannot be in a JSON object", refusal { ["\192\128"] = 1 })
    assert.equal("$: a key that is not a string cannot be in a JSON object", refusal { [true] = 1 })
    assert.matches("^%$: a table with both list items and named members", refusal { 1, 2, x = 3 })
    assert.matches("^%$: a list with holes", refusal { 1, nil, nil, 4 })
  end)

  it("tells a cycle where it closes", function()
    local t = { a = { b = {} } }
    t.a.b.c = t.a
    assert.equal("$.a.b.c: a table that contains itself cannot be a JSON value", refusal(t))
  end)

  it("bounds depth", function()
    local t = {}
    local deep = t
    for _ = 1, 1100 do
      deep.x = {}
      deep = deep.x
    end
    assert.matches("nested deeper than 1000$", refusal(t))
  end)

  it("prints with indents", function()
    assert.equal('{\n  "a": [\n    1\n  ],\n  "b": {}\n}', core.encode({ a = { 1 }, b = {} }, { pretty = true }))
  end)

  it("goes on after a failure", function()
    for _ = 1, 100 do core.encode { a = { b = { {}, {}, print } } } end
    assert.equal('{"a":1}', core.encode { a = 1 })
  end)
end)

describe("core.decode", function()
  it("keeps the bytes of what is not touched", function()
    for _, text in ipairs { '{"b":1,"a":2}', "[1.0,1e2,1.10,-0]", '{"z":{"y":1,"x":[{"b":2.50,"a":[]}]},"a":null}',
      "[12345678901234567890,9007199254740993]", '{"":"","\\u0000":"\\u0000"}' } do
      assert.equal(text, bytes(text))
    end
  end)

  it("keeps order and literals beside a change", function()
    local t = core.decode '{"z":1.0,"list":[{"b":1e2,"a":2}],"c":{"y":1,"x":1.50}}'
    t.c.x = 3
    t.new = true
    assert.equal('{"z":1.0,"list":[{"b":1e2,"a":2}],"c":{"y":1,"x":3},"new":true}', core.encode(t))
    assert.equal('{"b":1e2,"a":2}', core.encode(t.list[1]))
    assert.equal('{"moved":{"y":1,"x":3}}', core.encode { moved = t.c })
  end)

  it("gives plain numbers where they lose nothing", function()
    local t = core.decode "[1.0,1e2,1.10,0.1,3]"
    assert.same({ 1, 100, 1.1, 0.1, 3 }, setmetatable(t, nil))
  end)

  it("gives number objects where a Lua number would lose digits", function()
    local t = core.decode '{"price":0.1234567890123456789,"id":12345678901234567890}'
    assert.equal("0.1234567890123456789", tostring(t.price))
    assert.equal("12345678901234567890", tostring(t.id))
  end)

  it("tells line and column", function()
    local v, message, failure = core.decode '{\n  "a": tru\n}'
    assert.is_nil(v)
    assert.equal("string", type(message))
    assert.equal(2, failure.line)
    assert.equal("EINPUT", failure.code)
  end)
end)

describe("passo.value", function()
  it("is equal by content and prints as JSON", function()
    local a, b = core.value '{"a":1,"b":[1.0]}', core.value '{"b":[1],"a":1.0}'
    assert.is_true(a == b)
    assert.is_true(a:equal { a = 1, b = { 1 } })
    assert.is_false(a:equal { a = 2 })
    assert.equal('{"a":1,"b":[1.0]}', tostring(a))
    assert.equal(17, a:bytes())
  end)

  it("is taken wherever a Lua value is", function()
    assert.equal('{"in":{"z":1.0,"a":2}}', core.encode { ["in"] = core.value '{"z":1.0,"a":2}' })
  end)

  it("refuses other objects with words", function()
    local value = core.value "1"
    local json = value.json
    assert.has_error(function() json(io.stdout) end)
    assert.has_error(function() json(nil) end)
    assert.has_error(function() value.x = 1 end)
  end)

  it("is collected", function()
    assert.equal(0, require("helper").left_after(100, function() return core.value '{"b":1,"a":[1.0]}' end))
  end)

  it("does not outlive the table made from it", function()
    local keep = core.value('{"b":1,"a":{"d":1,"c":2}}'):lua().a
    collectgarbage()
    collectgarbage()
    assert.equal('{"d":1,"c":2}', core.encode(keep))
  end)
end)

describe("passo.core", function()
  it("knows its objects again after it was required anew", function()
    local value = core.value '{"b":1,"a":2}'
    local loaded = package.loaded["passo.core"]
    package.loaded["passo.core"] = nil
    local again = require "passo.core"
    package.loaded["passo.core"] = loaded
    assert.equal('{"b":1,"a":2}', again.encode(value))
    assert.equal(core.array_mt, again.array_mt)
    assert.equal('{"b":1,"a":2}', value:json())
  end)
end)

describe("number objects", function()
  local int64, decimal = core.int64, core.decimal

  it("add, subtract and multiply exactly", function()
    assert.equal("9007199254740994", tostring(int64 "9007199254740993" + 1))
    assert.equal("0.3", tostring(decimal "0.1" + decimal "0.2"))
    assert.equal("2.50", tostring(decimal "1.10" + decimal "1.40"))
    assert.equal("-0.10", tostring(decimal "1.30" - decimal "1.40"))
    assert.equal("1.210", tostring(decimal "1.10" * decimal "1.1"))
    assert.equal("18446744073709551614", tostring(int64 "9223372036854775807" * 2))
    assert.equal("-5", tostring(-int64(5)))
    assert.equal("99999999999999999999.01", tostring(decimal "99999999999999999999" + decimal "0.01"))
    assert.equal("0", tostring(int64(3) - 3))
  end)

  it("compare exactly", function()
    assert.is_true(int64 "9007199254740993" > int64 "9007199254740992")
    assert.is_true(decimal "1.10" == decimal "1.1")
    assert.equal(-1, decimal("0.1"):compare(1))
    assert.is_true(decimal "2" <= decimal "2.0")
  end)

  it("divide to Lua numbers and leave a remainder like Lua's", function()
    assert.equal(2.5, int64(5) / 2)
    assert.equal("1", tostring(int64(-5) % 3))
  end)

  it("are written as they are", function()
    assert.equal("[1.10,9007199254740993]", core.encode { decimal "1.10", int64 "9007199254740993" })
  end)

  it("refuse what is no number", function()
    for _, text in ipairs { "", "x", "01", "1.", ".5", "+1", "1e", "0x10", "1 " } do
      assert.is_nil((decimal(text)))
    end
    assert.is_nil((int64 "1.5"))
    assert.is_nil((int64 "9223372036854775808"))
    assert.has_error(function() return int64(1) + {} end)
  end)

  it("bound the digits", function()
    assert.has_error(function() return decimal "1e5000" + decimal "1" end)
    assert.has_error(function() return decimal "1e999999999999" * decimal "1e999999999999" end)
  end)
end)
