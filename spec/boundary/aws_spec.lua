--- What programs may do to passo.aws.core and to readers: metamethods, finalizers and wrong arguments of theirs.
local core = require "passo.core"
local aws = require "passo.aws.core"

local MODEL = [=[{"passo":1,"service":{"id":"Weather","endpoint":"weather","protocol":"json"},"shapes":[["A",0]],
  "errors":[[]],"operations":[["Get","",16,16,0]],"paginators":{},"waiters":{}}]=]

--- Calls `f` when the returned object is collected, on every Lua.
local function sentinel(f)
  if _VERSION == "Lua 5.1" then
    local object = newproxy(true) -- luacheck: ignore
    getmetatable(object).__gc = f
    return object
  end
  return setmetatable({}, { __gc = f })
end

--- A table whose metamethod makes each string anew, and collects those made before.
local function fresh(strings)
  return setmetatable({}, { __index = function(_, key)
    collectgarbage()
    local text = strings[key]
    return text and (text .. "x"):sub(1, -2)
  end })
end

describe("the boundary of passo.aws.core", function()
  it("keeps texts that a metamethod makes", function()
    local name = ("n"):rep(60)
    for _ = 1, 5 do
      local endpoint = aws.endpoint(fresh { endpoint_prefix = "s" .. name },
        fresh { region = "xx-west-" .. name:sub(1, 50), signing_name = "t" .. name })
      assert.equal("s" .. name .. ".xx-west-" .. name:sub(1, 50) .. ".amazonaws.com", endpoint.host)
      assert.equal("t" .. name, endpoint.signing_name)
      local op = aws.model(MODEL):operation "Get"
      local wanted = { aws.integration_unreached({ service = "aws-sdk:weather", verb = "get" }, op, "gone") }
      assert.same(wanted,
        { aws.integration_unreached(fresh { service = "aws-sdk:weather", verb = "get" }, op, "gone") })
    end
  end)

  it("refuses an operation whose model the collector has freed before", function()
    local told, op = {}, nil
    local holder = sentinel(function() told[#told + 1] = { pcall(op.write, op, { A = "x" }) } end)
    op = aws.model(MODEL):operation "Get"
    local hold = { holder, op }
    assert.truthy(hold[2]:write { A = "x" })
    hold, holder = nil, nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_true(told[1][1]) -- this one is still in use
    local weak = setmetatable({}, { __mode = "v" })
    local function lose()
      local again
      sentinel(function() told[#told + 1] = { pcall(again.write, again, { A = "x" }) } end)
      local model = aws.model(MODEL)
      again = model:operation "Get"
      weak[1] = model
    end
    lose()
    collectgarbage()
    collectgarbage()
    assert.equal(2, #told)
    if not told[2][1] then assert.matches("model that is gone", told[2][2]) end
  end)

  it("tells a result by its kind, and keeps it though its box is closed meanwhile", function()
    local op = aws.model(MODEL):operation "Get"
    local call = { service = "aws-sdk:weather", verb = "get" }
    assert.has_error(function() aws.integration_result(call, op, {}, core.value "text") end)
    assert.has_error(function() aws.integration_result(call, op, "text", core.value {}) end)
    assert.equal('{"A":"b"}', core.encode(aws.integration_result(call, op, {}, core.value { A = "b" })))
  end)

  it("tells the id of keys, and nothing once they are closed", function()
    local keys = aws.keys("AKID", "secret", "token")
    assert.equal("AKID", keys:id())
    keys:close()
    assert.is_nil(keys:id())
    assert.equal("passo.aws.keys (closed)", tostring(keys))
  end)

  it("writes at most a thousand headers of a map", function()
    local op = aws.model(MODEL:gsub('"json"', '"rest-json"'):gsub('%["A",0%]', '{"k":0,"v":0},["A",[16,"#x-"]]')
      :gsub('"",16,16', '"",17,17')):operation "Get"
    local map = {}
    for i = 1, 1000 do map["k" .. i] = "v" end
    assert.equal("v", op:write({ A = map }):header "x-k1000")
    map.more = "v"
    local request, message = op:write { A = map }
    assert.is_nil(request)
    assert.equal("A: more than 1000 headers", message)
  end)

  it("signs queries of nothing but separators", function()
    local request = aws.request("GET", "https://example.com/?=&=")
    assert.is_true(request:sign(aws.keys("a", "b"), "r", "s", 0))
  end)

  it("takes the hash of a payload only as one", function()
    local request = assert(aws.request("PUT", "https://example.com/"))
    assert.has_error(function()
      request:sign(aws.keys("a", "b"), "r", "s", 0, { payload_hash = ("\n"):rep(64) })
    end)
  end)
end)

describe("the boundary of readers", function()
  it("lets nothing but a reader be closed as one", function()
    local reader, rows = core.item_reader(core.null), core.rows()
    for _, other in ipairs { io.stdout, "text", 1, rows } do
      assert.has_error(function() reader.close(other) end)
    end
    assert.has_error(function() rows.close(reader) end)
    assert.has_error(function() rows.close() end)
    reader:close()
    rows:close()
  end)

  it("takes a limit that no integer holds for none", function()
    for _, most in ipairs { 1e300, 1 / 0, 0 / 0, -1 } do
      local reader = core.item_reader({ InputType = "JSON" }, most)
      reader:feed "[1,2,3]"
      assert.equal("[1,2,3]", core.encode(reader:finish()))
    end
  end)
end)
