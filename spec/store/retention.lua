--- The contract's retention, and what a store says about itself.
local busted = require "busted"
local assert = require "luassert"
local describe, it = busted.describe, busted.it

return function(t)
  local function ended(stop_ms, fields)
    local e = { status = "SUCCEEDED", record = "r", first_event = 1, last_event = 1, stop_ms = stop_ms }
    for key, value in pairs(fields or {}) do e[key] = value end
    return t.begin(e)
  end

  describe("forget", function()
    it("forgets what ended before, with all it had", function()
      local old, young = ended(1000, { name = "old" }), ended(2000)
      local running = t.begin()
      assert.equal(1, t.store:forget { ended_before_ms = 2000 })
      assert.is_nil((t.store:describe_id(old)))
      assert.equal("ENOTFOUND", t.code(t.store:records(old, {})))
      assert.equal("ENOTFOUND", t.code(t.store:load(old)))
      assert.same({ running, young }, t.pluck(t.store:list {}, "id"))
      assert.same({ RUNNING = 1, SUCCEEDED = 1 }, t.store:count { machine = "arn:m:shop" })
      assert.equal(0, t.store:forget { ended_before_ms = 2000 })
    end)

    it("lets the name be used again", function()
      ended(1000, { name = "order-1" })
      t.store:forget { ended_before_ms = 5000 }
      local id = t.begin { name = "order-1" }
      assert.equal("RUNNING", t.store:describe_id(id).status)
      assert.same({}, t.store:records(id, {}))
    end)

    it("goes on from the oldest, so many at a time", function()
      local ids = {}
      for i = 1, 5 do ids[i] = ended(i) end
      assert.equal(2, t.store:forget { ended_before_ms = 100, limit = 2 })
      assert.same({ ids[5], ids[4], ids[3] }, t.pluck(t.store:list {}, "id"))
      assert.equal(2, t.store:forget { ended_before_ms = 5, limit = 10 })
      assert.equal(1, t.store:forget { ended_before_ms = 100 })
      assert.same({}, t.store:list {})
    end)

    it("spares what was redriven since", function()
      local id = ended(1000)
      t.store:reopen { id = id, owner = t.worker, epoch = 1 }
      assert.equal(0, t.store:forget { ended_before_ms = 5000 })
      assert.is_true(t.append(id, { seq = 2, epoch = 2, status = "FAILED", stop_ms = 9000 }))
      assert.equal(0, t.store:forget { ended_before_ms = 5000 })
      assert.equal(1, t.store:forget { ended_before_ms = 9001 })
    end)

    it("keeps a blob as long as anybody has brought it", function()
      local hash = ("\7"):rep(32)
      local blobs = { { hash = hash, bytes = "large" } }
      ended(1000, { blobs = blobs })
      ended(2000, { blobs = blobs })
      assert.equal("large", t.store:blob(hash))
      t.store:forget { ended_before_ms = 1500 }
      assert.equal("large", t.store:blob(hash))
      t.store:forget { ended_before_ms = 2500 }
      assert.is_nil((t.store:blob(hash)))
      t.begin { blobs = blobs }
      assert.equal("large", t.store:blob(hash))
    end)
  end)

  describe("itself", function()
    it("has a kind, a format, a clock and no problems", function()
      assert.is_string(t.store.kind)
      local format = t.store:format()
      assert.is_true(format.format >= 1 and format.newest >= format.format)
      assert.is_true(t.store:upgrade())
      assert.equal(t.store:format().newest, t.store:format().format)
      assert.is_number(t.store:now_ms())
      t.begin { record = "r", first_event = 1, last_event = 1, tokens = { { token = "T", number = 1 } } }
      assert.same({}, t.store:check())
    end)
  end)
end
