--- The contract's workers: leases, resignation, burial.
local busted = require "busted"
local assert = require "luassert"
local describe, it = busted.describe, busted.it

return function(t)
  -- A worker whose lease is over as soon as it has it.
  local function register_dead()
    return assert(t.store:register { name = "dead", ttl_ms = 0 })
  end

  local function find(workers, id)
    for _, worker in ipairs(workers) do
      if worker.id == id then return worker end
    end
  end

  describe("workers", function()
    it("get ids that were never another's", function()
      local seen = { [t.worker] = true }
      for _ = 1, 5 do
        local id = assert(t.store:register { name = "again", ttl_ms = 1000 })
        assert.is_nil(seen[id])
        seen[id] = true
        assert.is_true(t.store:resign(id))
      end
    end)

    it("are listed with their leases", function()
      local dead = register_dead()
      local workers = t.store:workers()
      local one = find(workers, t.worker)
      assert.same({ "one", "{}", true }, { one.name, one.info, one.alive })
      assert.is_true(one.lease_ms > t.store:now_ms())
      assert.is_false(find(workers, dead).alive)
    end)

    it("renew their leases and say what they do", function()
      local before = find(t.store:workers(), t.worker).lease_ms
      assert.is_true(t.store:renew(t.worker, 120000, '{"running":3}'))
      local one = find(t.store:workers(), t.worker)
      assert.is_true(one.lease_ms > before)
      assert.equal('{"running":3}', one.info)
      assert.is_true(t.store:renew(t.worker, 120000))
      assert.equal('{"running":3}', find(t.store:workers(), t.worker).info)
    end)

    it("may renew late, as long as nobody has buried them", function()
      local late = register_dead()
      assert.is_true(t.store:renew(late, 60000))
      assert.same({}, t.store:bury())
    end)

    it("are buried when their lease is over: their executions are due, with a crash more", function()
      local dead = register_dead()
      local running = t.begin { owner = dead, due_ms = t.store:now_ms() + 3600000 }
      local waiting = t.begin { owner = dead }
      local mine = t.begin()
      assert.same({ { worker = dead, executions = 2 } }, t.store:bury())
      assert.same({}, t.store:bury())
      assert.is_nil(find(t.store:workers(), dead))
      for _, id in ipairs { running, waiting } do
        local row = t.store:describe_id(id)
        assert.is_nil(row.owner)
        assert.equal(1, row.crashes)
        assert.equal(1, row.epoch)
        assert.is_true(row.due_ms <= t.store:now_ms())
      end
      assert.same({ t.worker, 0 }, { t.store:describe_id(mine).owner, t.store:describe_id(mine).crashes })
      local rows = t.store:claim { worker = t.worker, limit = 10 }
      table.sort(rows, function(a, b) return a.id < b.id end)
      assert.same({ running, waiting }, t.pluck(rows, "id"))
      assert.same({ 2, 2 }, t.pluck(rows, "epoch"))
    end)

    it("can do nothing once they are buried", function()
      local dead = register_dead()
      local id = t.begin { owner = dead }
      t.store:bury()
      assert.equal("EFENCED", t.code(t.store:renew(dead, 1000)))
      assert.equal("EFENCED", t.code(t.append(id, { owner = dead })))
      assert.equal("EFENCED", t.code(t.store:release(id, dead, 1, nil)))
      assert.equal("EFENCED", t.code(t.store:claim { worker = dead, limit = 1 }))
      assert.equal("EFENCED", t.code(t.store:claim { worker = dead, ids = { id } }))
      assert.equal("EFENCED", t.code(t.store:inbox(dead)))
      assert.equal("EFENCED", t.code(t.store:insert(t.fields { owner = dead, name = "late" })))
      assert.equal("EFENCED", t.code(t.store:insert_many { t.fields(), t.fields { owner = dead } }))
      assert.same({ id }, t.pluck(t.store:list {}, "id"))
      local ended = t.begin { status = "FAILED", record = "r", first_event = 1, last_event = 1 }
      assert.equal("EFENCED", t.code(t.store:reopen { id = ended, owner = dead, epoch = 1 }))
      assert.equal("FAILED", t.store:describe_id(ended).status)
    end)

    it("resign: what they had is due at once, without a crash", function()
      local id = t.begin { due_ms = t.store:now_ms() + 3600000 }
      assert.is_true(t.store:resign(t.worker))
      assert.is_true(t.store:resign(t.worker))
      local row = t.store:describe_id(id)
      assert.is_nil(row.owner)
      assert.equal(0, row.crashes)
      assert.equal("EFENCED", t.code(t.append(id)))
      local next_worker = t.store:register { name = "next", ttl_ms = 1000 }
      assert.same({ id }, t.pluck(t.store:claim { worker = next_worker, limit = 5 }, "id"))
    end)

    it("leave what sleeps asleep when they go", function()
      local later = t.store:now_ms() + 3600000
      local id = t.begin()
      assert.is_true(t.append(id, { release = true, due_ms = later }))
      t.store:resign(t.worker)
      assert.equal(later, t.store:describe_id(id).due_ms)
      assert.equal(later, t.store:next_due())
    end)
  end)
end
