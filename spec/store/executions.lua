--- The contract's executions: starting, describing, amending, reopening.
local busted = require "busted"
local assert = require "luassert"
local describe, it = busted.describe, busted.it

return function(t)
  describe("executions", function()
    it("are described as they were started", function()
      local e = t.fields {
        owner = t.worker, due_ms = 1700000005000, parent = 12, parent_token = 3, map_run = "arn:run:1",
        type = "EXPRESS",
      }
      local id = assert(t.store:insert(e))
      local expected = {
        id = id, arn = e.arn, machine = e.machine, name = e.name, revision = "rev-1", type = "EXPRESS",
        status = "RUNNING", start_ms = e.start_ms, body = e.body, parent = 12, parent_token = 3,
        map_run = "arn:run:1", owner = t.worker, epoch = 1, due_ms = 1700000005000, seq = 0, last_event = 0,
        crashes = 0, redrive_count = 0,
      }
      assert.same(expected, t.store:describe(e.arn))
      assert.same(expected, t.store:describe_id(id))
    end)

    it("are absent, not wrong, when nobody started them", function()
      local row, message = t.store:describe "arn:none"
      assert.is_nil(row)
      assert.is_nil(message)
      assert.is_nil((t.store:describe_id(987654)))
      assert.equal("ENOTFOUND", t.code(t.store:load(987654)))
      assert.equal("ENOTFOUND", t.code(t.store:records(987654, {})))
      assert.equal("ENOTFOUND", t.code(t.store:amend(987654, { quarantine = "x" })))
    end)

    it("answer rows that are the caller's own", function()
      local id = t.begin()
      t.store:describe_id(id).status = "SPOILT"
      assert.equal("RUNNING", t.store:describe_id(id).status)
    end)

    it("have an ARN of their own: the second is told the first", function()
      local e = t.fields { name = "order-1", owner = t.worker }
      local id = assert(t.store:insert(e))
      e.body = "another"
      local none, message, failure = t.store:insert(e)
      assert.is_nil(none)
      assert.is_string(message)
      assert.equal("EEXISTS", failure.code)
      assert.same(t.store:describe_id(id), failure.execution)
      assert.equal(1, #t.store:list {})
    end)

    it("keep their ARN when they have ended", function()
      local e = t.fields { name = "order-1", owner = t.worker }
      local id = assert(t.store:insert(e))
      assert.is_true(t.append(id, { status = "SUCCEEDED" }))
      local _, _, failure = t.store:insert(e)
      assert.same({ "EEXISTS", "SUCCEEDED" }, { failure.code, failure.execution.status })
    end)

    it("may share a name when their ARNs differ, as Express ones do", function()
      for i = 1, 2 do t.begin { name = "same", type = "EXPRESS", arn = "arn:express:same:" .. i } end
      assert.equal(2, #t.store:list { name_prefix = "same" })
    end)

    it("take their first record with them", function()
      local id = t.begin {
        record = "first", first_event = 1, last_event = 4, tokens = { { token = "T1", number = 9 } },
        snapshot = "snap", due_ms = 5,
      }
      local row = t.store:describe_id(id)
      assert.same({ 1, 4, 5 }, { row.seq, row.last_event, row.due_ms })
      assert.equal(9, t.store:token("T1").number)
      assert.same({ { seq = 1, first_event = 1, last_event = 4, bytes = "first" } }, t.store:records(id, {}))
      local loaded = t.store:load(id)
      assert.same({ "snap", 1, 0 }, { loaded.snapshot, loaded.snapshot_seq, #loaded.records })
      assert.is_true(t.append(id, { seq = 2 }))
    end)

    it("may have ended as they start", function()
      local id = t.begin {
        status = "SUCCEEDED", record = "all", first_event = 1, last_event = 6, result = "{}", stop_ms = 1700000001000,
      }
      local row = t.store:describe_id(id)
      assert.same({ "SUCCEEDED", "{}", 1700000001000 }, { row.status, row.result, row.stop_ms })
      assert.is_nil(row.owner)
      assert.equal("EFENCED", t.code(t.append(id, { seq = 2 })))
      assert.same({}, t.store:claim { worker = t.worker, ids = { id } })
    end)

    it("may start unowned, for whoever comes", function()
      local now_ms = t.store:now_ms()
      local later = t.begin { owner = false, due_ms = now_ms + 60000 }
      local now = t.begin { owner = false, due_ms = now_ms - 1 }
      t.begin { owner = false }
      assert.same({ now }, t.pluck(t.store:claim { worker = t.worker, limit = 5 }, "id"))
      assert.equal(t.store:describe_id(later).due_ms, t.store:next_due())
    end)

    it("start many at once, and are told which were there", function()
      local list = {}
      for i = 1, 50 do list[i] = t.fields { name = "child-" .. i, parent = 1, owner = t.worker } end
      local first = t.store:insert(list[7])
      local out = assert(t.store:insert_many(list))
      assert.equal(50, #out)
      for i, got in ipairs(out) do
        if i == 7 then
          assert.equal(first, got.existing.id)
        else
          assert.equal("child-" .. i, t.store:describe_id(got).name)
        end
      end
      assert.equal(50, t.store:count { parent = 1, status = "RUNNING" })
      assert.same({}, t.store:insert_many {})
    end)

    it("start once even within one call", function()
      local e = t.fields { name = "twice", owner = t.worker }
      local out = assert(t.store:insert_many { e, e })
      assert.equal(out[1], out[2].existing.id)
    end)

    it("load with what is needed to go on", function()
      local id = t.begin { name = "x" }
      for seq = 1, 6 do
        assert.is_true(t.append(id, {
          seq = seq, record = "r" .. seq, first_event = seq, last_event = seq,
          snapshot = seq % 3 == 1 and "s" .. seq or nil,
        }))
      end
      t.store:post(id, "beat", "b\0")
      local loaded = assert(t.store:load(id))
      assert.same({ "birth\0of x", "s4", 4, 6, 6 },
        { loaded.birth, loaded.snapshot, loaded.snapshot_seq, loaded.seq, loaded.last_event })
      assert.same({ { seq = 5, bytes = "r5" }, { seq = 6, bytes = "r6" } }, loaded.records)
      assert.equal(1, #loaded.inbox)
      assert.same({ "beat", "b\0" }, { loaded.inbox[1].verb, loaded.inbox[1].body })
    end)

    it("load from the start while there is no snapshot", function()
      local id = t.begin()
      assert.same({}, t.store:load(id).records)
      assert.is_nil(t.store:load(id).snapshot)
      t.append(id, { record = "" })
      assert.same({ { seq = 1, bytes = "" } }, t.store:load(id).records)
    end)

    it("are amended", function()
      local id = t.begin()
      assert.is_true(t.store:amend(id, { redrive_count = 2, crashes = 4, body = "new" }))
      local row = t.store:describe_id(id)
      assert.same({ 2, 4, "new" }, { row.redrive_count, row.crashes, row.body })
      assert.is_true(t.store:amend(id, { redrive_count = 3 }, 1))
      assert.equal("EFENCED", t.code(t.store:amend(id, { redrive_count = 9 }, 2)))
      assert.equal(3, t.store:describe_id(id).redrive_count)
    end)

    it("in quarantine are claimed by their id only, until they are let go", function()
      local id = t.begin { owner = false, due_ms = 1 }
      assert.is_true(t.store:amend(id, { quarantine = "it crashed 5 times" }))
      assert.equal("it crashed 5 times", t.store:describe_id(id).quarantine)
      assert.is_nil((t.store:next_due()))
      assert.same({}, t.store:claim { worker = t.worker, limit = 5 })
      t.store:post(id, "stop", "")
      assert.same({}, t.store:claim { worker = t.worker, limit = 5 })
      local rows = t.store:claim { worker = t.worker, ids = { id } }
      assert.same({ id }, t.pluck(rows, "id"))
      assert.is_true(t.store:release(id, t.worker, rows[1].epoch, 1))
      assert.same({}, t.store:claim { worker = t.worker, limit = 5 })
      assert.is_true(t.store:amend(id, { quarantine = false }))
      assert.is_nil(t.store:describe_id(id).quarantine)
      assert.same({ id }, t.pluck(t.store:claim { worker = t.worker, limit = 5 }, "id"))
    end)

    it("are reopened once, by who knows their epoch", function()
      local id = t.begin()
      t.append(id, { status = "FAILED", result = "why", stop_ms = 77 })
      assert.equal("EFENCED", t.code(t.store:reopen { id = id, owner = t.worker, epoch = 2 }))
      local row = assert(t.store:reopen {
        id = id, owner = t.worker, epoch = 1, redrive_count = 1, redrive_ms = 88, record = "again", first_event = 2,
        last_event = 2,
      })
      assert.same({ "RUNNING", 2, 2, 1, 88, t.worker },
        { row.status, row.epoch, row.seq, row.redrive_count, row.redrive_ms, row.owner })
      assert.is_nil(row.stop_ms)
      assert.is_nil(row.result)
      assert.same(row, t.store:describe_id(id))
      assert.equal("EFENCED", t.code(t.store:reopen { id = id, owner = t.worker, epoch = 2 }))
      assert.equal("EFENCED", t.code(t.append(id, { epoch = 1, seq = 3 })))
      assert.is_true(t.append(id, { epoch = 2, seq = 3, status = "SUCCEEDED" }))
      assert.equal("SUCCEEDED", t.store:describe_id(id).status)
      assert.equal(3, #t.store:records(id, {}))
    end)

    it("are reopened without a record, too", function()
      local id = t.begin()
      t.append(id, { status = "ABORTED" })
      assert.equal(1, t.store:reopen({ id = id, owner = t.worker, epoch = 1 }).seq)
      assert.is_true(t.append(id, { epoch = 2, seq = 2 }))
    end)
  end)
end
