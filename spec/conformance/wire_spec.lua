--- What the protocols' runner compares with: its own readers of XML, CBOR and base 64.
local base64 = require "conformance.wire.base64"
local cbor = require "conformance.wire.cbor"
local core = require "passo.core"
local xml = require "conformance.wire.xml"

local function bytes(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function canonical(text) return xml.canonical(xml.parse(text)) end

describe("conformance.wire.xml", function()
  it("takes documents that mean the same for the same", function()
    assert.equal(canonical '<a c="1" b="2"><d/> <e>x</e>\n</a>', canonical "<a b='2' c='1'><e>x</e><d></d></a>")
    assert.equal(canonical "<a>&lt;&#x41;&#66;</a>", canonical "<a>&lt;AB</a>")
    assert.equal(canonical "<m><entry><key>a</key></entry><entry><key>b</key></entry></m>",
      canonical "<m><entry><key>b</key></entry><entry><key>a</key></entry></m>")
  end)

  it("tells others apart", function()
    assert.not_equal(canonical "<a><b>1</b><b>2</b></a>", canonical "<a><b>2</b><b>1</b></a>")
    assert.not_equal(canonical "<a> x</a>", canonical "<a>x</a>")
    assert.not_equal(canonical '<a b="1"/>', canonical '<a b="2"/>')
    assert.not_equal(canonical '<a xmlns="u"/>', canonical "<a/>")
  end)

  it("refuses what is no document", function()
    assert.has_error(function() xml.parse "<a></b>" end)
    assert.has_error(function() xml.parse "<a/><b/>" end)
    assert.has_error(function() xml.parse "" end)
  end)
end)

describe("conformance.wire.cbor", function()
  it("reads every kind of item", function()
    assert.same({ a = 1, b = core.array { -1, "t", 500, 1.5 } }, cbor.decode(bytes "a261610161628420617419" ..
      bytes "01f4f93e00"))
    assert.same({ tag = 1, value = 24 }, cbor.decode(bytes "c11818"))
    assert.equal("Infinity", cbor.decode(bytes "fa7f800000"))
    assert.equal("NaN", cbor.decode(bytes "fb7ff8000000000000"))
    assert.equal(-4.1, cbor.decode(bytes "fbc010666666666666"))
    assert.equal("ab", cbor.decode(bytes "7f61616162ff"))
    assert.same(core.array { true, core.null }, cbor.decode(bytes "9ff5f6ff"))
  end)

  it("refuses what is cut off or goes on", function()
    assert.has_error(function() cbor.decode "" end)
    assert.has_error(function() cbor.decode(bytes "0000") end)
  end)
end)

describe("conformance.wire.base64", function()
  it("gives the bytes", function()
    assert.equal("\0\255a", base64.decode "AP9h")
    assert.equal("a", base64.decode "YQ==")
  end)
end)
