--- The engine's verbs that are loaded later: the list of them is what their files have.
local parts = require "passo.engine.parts"

describe("the engine's parts", function()
  for part, verbs in pairs(parts.LATER) do
    it(part .. " has the verbs it is listed with", function()
      local class, listed, had = {}, {}, {}
      require("passo.engine." .. part)(class)
      for verb in verbs:gmatch "%S+" do listed[#listed + 1] = verb end
      for verb in pairs(class) do had[#had + 1] = verb end
      table.sort(listed)
      table.sort(had)
      assert.same(had, listed)
    end)
  end

  it("are loaded by the first call of one of their verbs, and called from then on", function()
    local class = {}
    parts.install(class)
    local stub = class.forget
    local engine = setmetatable({ retention_days = math.huge }, { __index = class })
    assert.equal(0, engine:forget())
    assert.not_equal(stub, class.forget)
    assert.equal(0, stub(engine)) -- who has taken hold of it before
  end)
end)
