--- The contract's lists and counts of executions.
local busted = require "busted"
local assert = require "luassert"
local describe, it = busted.describe, busted.it

return function(t)
  local function names(filter)
    local rows, cursor = t.store:list(filter)
    return t.pluck(assert(rows), "name"), cursor
  end

  local function finish(id, status, epoch)
    assert.is_true(t.append(id, { status = status, epoch = epoch }))
  end

  describe("list", function()
    it("is newest first", function()
      for i = 1, 3 do t.begin { name = "n" .. i } end
      assert.same({ "n3", "n2", "n1" }, names {})
      assert.same({ "n3", "n2", "n1" }, names { all = true })
    end)

    it("filters by machine, map run and parent", function()
      t.begin { name = "a", machine = "arn:m:one" }
      t.begin { name = "b", machine = "arn:m:two", map_run = "run", parent = 1 }
      t.begin { name = "c", machine = "arn:m:two", map_run = "run", parent = 2 }
      assert.same({ "a" }, names { machine = "arn:m:one" })
      assert.same({ "c", "b" }, names { machine = "arn:m:two" })
      assert.same({ "c", "b" }, names { map_run = "run" })
      assert.same({ "b" }, names { map_run = "run", parent = 1 })
      assert.same({ "c" }, names { parent = 2 })
      assert.same({}, names { machine = "arn:m:one", map_run = "run" })
      assert.same({}, names { machine = "arn:m" })
    end)

    it("filters by status as it changes", function()
      local a, b = t.begin { name = "a" }, t.begin { name = "b" }
      t.begin { name = "c" }
      assert.same({ "c", "b", "a" }, names { status = "RUNNING" })
      finish(b, "FAILED")
      finish(a, "SUCCEEDED")
      assert.same({ "c" }, names { status = "RUNNING" })
      assert.same({ "a" }, names { status = "SUCCEEDED", machine = "arn:m:shop" })
      assert.same({ "b" }, names { status = "FAILED" })
      t.store:reopen { id = b, owner = t.worker, epoch = 1 }
      assert.same({ "c", "b" }, names { status = "RUNNING" })
      assert.same({}, names { status = "FAILED" })
      assert.is_true(t.append(b, { status = "FAILED", epoch = 2, seq = 2 }))
      assert.same({ "b" }, names { status = "FAILED" })
      assert.same({ "c", "b", "a" }, names {})
    end)

    it("filters by the start of the name, type and time", function()
      t.begin { name = "order-1", start_ms = 100 }
      t.begin { name = "order_2", start_ms = 200, type = "EXPRESS" }
      t.begin { name = "order%3", start_ms = 300 }
      assert.same({ "order-1" }, names { name_prefix = "order-" })
      assert.same({ "order_2" }, names { name_prefix = "order_" })
      assert.same({ "order%3" }, names { name_prefix = "order%" })
      assert.same({ "order%3", "order_2", "order-1" }, names { name_prefix = "order" })
      assert.same({}, names { name_prefix = "Order" })
      assert.same({ "order_2" }, names { type = "EXPRESS" })
      assert.same({ "order%3", "order_2" }, names { since_ms = 200 })
      assert.same({ "order_2", "order-1" }, names { until_ms = 300 })
      assert.same({ "order_2" }, names { since_ms = 150, until_ms = 250 })
    end)

    it("filters by redrives and by sleep", function()
      local a = t.begin { name = "a" }
      t.begin { name = "b", owner = false, due_ms = t.store:now_ms() + 3600000 }
      t.begin { name = "c", status = "SUCCEEDED" }
      t.store:amend(a, { redrive_count = 1 })
      assert.same({ "a" }, names { redriven = true })
      assert.same({ "c", "b" }, names { redriven = false })
      assert.same({ "b" }, names { asleep = true })
      assert.same({ "a" }, names { asleep = false, status = "RUNNING" })
    end)

    it("is paged without loss or repetition while executions start and end", function()
      local ids = {}
      for i = 1, 25 do
        ids[i] = t.begin { name = ("n%02d"):format(i), machine = i % 2 == 0 and "arn:m:even" or "arn:m:odd" }
      end
      local seen, after, pages = {}, nil, 0
      repeat
        local rows, cursor = t.store:list { limit = 4, after = after }
        for _, row in ipairs(rows) do
          assert.is_nil(seen[row.name])
          seen[row.name] = true
        end
        after, pages = cursor, pages + 1
        t.begin { name = "new" .. pages }
        finish(ids[pages], "SUCCEEDED")
      until not after
      for i = 1, 25 do assert.is_true(seen[("n%02d"):format(i)]) end
      assert.is_nil(seen.new1)
      assert.equal(7, pages)
    end)

    it("is paged by status while it changes", function()
      local ids = {}
      for i = 1, 12 do ids[i] = t.begin { name = "n" .. i } end
      local page, cursor = names { status = "RUNNING", limit = 5 }
      assert.same({ "n12", "n11", "n10", "n9", "n8" }, page)
      finish(ids[8], "FAILED")
      finish(ids[7], "FAILED")
      page, cursor = names { status = "RUNNING", limit = 5, after = cursor }
      assert.same({ "n6", "n5", "n4", "n3", "n2" }, page)
      page, cursor = names { status = "RUNNING", limit = 5, after = cursor }
      assert.same({ "n1" }, page)
      assert.is_nil(cursor)
    end)

    it("has no cursor after the last page, also when it is full", function()
      for i = 1, 4 do t.begin { name = "n" .. i } end
      local page, cursor = names { limit = 4 }
      assert.equal(4, #page)
      assert.is_nil(cursor)
      cursor = select(2, names { limit = 2, machine = "arn:m:shop" })
      page, cursor = names { limit = 2, machine = "arn:m:shop", after = cursor }
      assert.same({ "n2", "n1" }, page)
      assert.is_nil(cursor)
    end)

    it("refuses a cursor that is none", function()
      assert.equal("EINPUT", t.code(t.store:list { after = "nonsense" }))
    end)
  end)

  describe("count", function()
    it("counts by status, machine, map run and parent", function()
      local a = t.begin { machine = "arn:m:one", map_run = "run", parent = 9 }
      t.begin { machine = "arn:m:one", map_run = "run" }
      t.begin { machine = "arn:m:two" }
      assert.same({ RUNNING = 3 }, t.store:count {})
      finish(a, "FAILED")
      assert.same({ RUNNING = 2, FAILED = 1 }, t.store:count {})
      assert.same({ RUNNING = 1, FAILED = 1 }, t.store:count { machine = "arn:m:one" })
      assert.same({ RUNNING = 1, FAILED = 1 }, t.store:count { map_run = "run" })
      assert.same({ FAILED = 1 }, t.store:count { parent = 9 })
      assert.equal(1, t.store:count { machine = "arn:m:two", status = "RUNNING" })
      assert.equal(0, t.store:count { machine = "arn:m:two", status = "FAILED" })
      assert.same({}, t.store:count { machine = "arn:m:none" })
    end)
  end)
end
