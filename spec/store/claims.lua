--- The contract's claims: who gets which sleeper, and when.
local busted = require "busted"
local assert = require "luassert"
local describe, it = busted.describe, busted.it

return function(t)
  describe("claim", function()
    it("takes what is due, earliest first, as many as asked", function()
      local ids = {}
      for i, due_ms in ipairs { 50, 10, 40, 20, 30 } do ids[i] = t.begin { owner = false, due_ms = due_ms } end
      t.begin { owner = false, due_ms = t.store:now_ms() + 3600000 }
      local rows = t.store:claim { worker = t.worker, limit = 3 }
      assert.same({ ids[2], ids[4], ids[5] }, t.pluck(rows, "id"))
      for _, row in ipairs(rows) do
        assert.same({ t.worker, 2 }, { row.owner, row.epoch })
        assert.same(row, t.store:describe_id(row.id))
      end
      assert.same({ ids[3], ids[1] }, t.pluck(t.store:claim { worker = t.worker, limit = 3 }, "id"))
      assert.same({}, t.store:claim { worker = t.worker, limit = 3 })
    end)

    it("takes the older of two that are due at once", function()
      local first = t.begin { owner = false, due_ms = 10 }
      t.begin { owner = false, due_ms = 10 }
      assert.same({ first }, t.pluck(t.store:claim { worker = t.worker, limit = 1 }, "id"))
    end)

    it("may be told the time", function()
      local id = t.begin { owner = false, due_ms = 5000 }
      assert.same({}, t.store:claim { worker = t.worker, limit = 1, now_ms = 4999 })
      assert.same({ id }, t.pluck(t.store:claim { worker = t.worker, limit = 1, now_ms = 5000 }, "id"))
    end)

    it("leaves what the worker has no handlers for", function()
      local theirs = t.begin { owner = false, due_ms = 1, revision = "rev-a" }
      local mine = t.begin { owner = false, due_ms = 3, revision = "rev-b" }
      t.begin { owner = false, due_ms = 2, revision = "rev-c" }
      assert.equal(3, t.store:next_due { "rev-a", "rev-c" })
      assert.same({ mine },
        t.pluck(t.store:claim { worker = t.worker, limit = 9, refused = { "rev-a", "rev-c" } }, "id"))
      assert.is_nil((t.store:next_due { "rev-a", "rev-c" }))
      assert.same({}, t.store:claim { worker = t.worker, ids = { theirs }, refused = { "rev-a" } })
      assert.equal(1, t.store:next_due {})
    end)

    it("leaves what another worker owns, what has ended, and what is not there", function()
      local ended = t.begin { status = "SUCCEEDED" }
      local owned = t.begin { due_ms = 1 }
      local other = t.store:register { name = "two", ttl_ms = 60000 }
      assert.same({}, t.store:claim { worker = other, limit = 5 })
      assert.same({}, t.store:claim { worker = other, ids = { owned, ended, 31337 } })
      assert.is_nil((t.store:next_due()))
    end)

    it("by ids takes sleepers before their time", function()
      local later = t.store:now_ms() + 3600000
      local a = t.begin { owner = false, due_ms = later }
      local b = t.begin { owner = false }
      local rows = t.store:claim { worker = t.worker, ids = { b, a } }
      assert.same({ [a] = true, [b] = true }, { [rows[1].id] = true, [rows[2].id] = true })
      assert.is_nil((t.store:next_due()))
    end)

    it("may load what it takes", function()
      local a, b = t.begin { name = "a" }, t.begin { name = "b" }
      t.append(a, { record = "1", snapshot = "s" })
      t.append(a, { seq = 2, record = "2" })
      t.append(a, { seq = 3, record = "3" })
      t.append(b, { record = "4" })
      t.store:post(b, "stop", "5")
      t.store:resign(t.worker)
      t.worker = t.store:register { name = "two", ttl_ms = 60000 }
      local rows = t.store:claim { worker = t.worker, limit = 9, load = true }
      table.sort(rows, function(x, y) return x.id < y.id end)
      assert.same({ a, b }, t.pluck(rows, "id"))
      for _, row in ipairs(rows) do assert.same(t.store:load(row.id), row) end
      assert.same({ "birth\0of a", "s", 2 }, { rows[1].birth, rows[1].snapshot, #rows[1].records })
      assert.same({ { seq = 1, bytes = "4" } }, rows[2].records)
      assert.equal("5", rows[2].inbox[1].body)
    end)

    it("gives each execution to one worker", function()
      local other = t.store:register { name = "two", ttl_ms = 60000 }
      for i = 1, 30 do t.begin { owner = false, due_ms = i } end
      local seen, turn = {}, 0
      repeat
        turn = turn + 1
        local store = turn % 2 == 0 and t.store or t.other()
        local rows = store:claim { worker = turn % 2 == 0 and t.worker or other, limit = 4 }
        for _, row in ipairs(rows) do
          assert.is_nil(seen[row.id])
          seen[row.id] = true
        end
      until #rows == 0
      assert.equal(8, turn - 1)
    end)

    it("makes what the last owner had begun void", function()
      local id = t.begin()
      assert.is_true(t.store:release(id, t.worker, 1, 5))
      t.store:claim { worker = t.worker, limit = 1 }
      assert.equal("EFENCED", t.code(t.append(id, { epoch = 1 })))
      assert.equal("EFENCED", t.code(t.store:release(id, t.worker, 1, 5)))
      assert.is_true(t.append(id, { epoch = 2 }))
    end)
  end)

  describe("release", function()
    it("puts to sleep until due", function()
      local id = t.begin { due_ms = 1 }
      assert.is_true(t.store:release(id, t.worker, 1, 4000))
      local row = t.store:describe_id(id)
      assert.is_nil(row.owner)
      assert.equal(4000, row.due_ms)
      assert.equal(4000, t.store:next_due())
      assert.equal("EFENCED", t.code(t.store:release(id, t.worker, 1, 1)))
    end)

    it("without a time sleeps until somebody posts", function()
      local id = t.begin()
      assert.is_true(t.store:release(id, t.worker, 1))
      assert.is_nil((t.store:next_due()))
      assert.same({}, t.store:claim { worker = t.worker, limit = 1 })
      t.store:post(id, "resume", "x")
      assert.is_true(t.store:next_due() <= t.store:now_ms())
      assert.same({ id }, t.pluck(t.store:claim { worker = t.worker, limit = 1 }, "id"))
    end)

    it("is due at once when something was posted meanwhile", function()
      local later = t.store:now_ms() + 3600000
      local released, appended = t.begin(), t.begin()
      t.store:post(released, "resume", "x")
      t.store:post(appended, "resume", "x")
      assert.is_true(t.store:release(released, t.worker, 1, later))
      assert.is_true(t.append(appended, { release = true, due_ms = later }))
      local rows = t.store:claim { worker = t.worker, limit = 5 }
      assert.equal(2, #rows)
    end)
  end)

  describe("next_due", function()
    it("follows what is put to sleep, woken and claimed", function()
      assert.is_nil((t.store:next_due()))
      local late = t.begin { owner = false, due_ms = 900 }
      assert.equal(900, t.store:next_due())
      local early = t.begin { owner = false, due_ms = 300 }
      assert.equal(300, t.store:next_due())
      t.store:claim { worker = t.worker, ids = { early } }
      assert.equal(900, t.store:next_due())
      t.store:release(early, t.worker, 2, 700)
      assert.equal(700, t.store:next_due())
      t.store:claim { worker = t.worker, ids = { early, late } }
      assert.is_nil((t.store:next_due()))
    end)
  end)
end
