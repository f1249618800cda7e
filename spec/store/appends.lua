--- The contract's appends: conditional, in order, all or nothing; and the journal they make.
local busted = require "busted"
local assert = require "luassert"
local describe, it = busted.describe, busted.it

return function(t)
  describe("append", function()
    it("keeps a record and what came with it", function()
      local id = t.begin()
      assert.is_true(t.append(id, {
        record = "bytes\0\255", first_event = 1, last_event = 3, due_ms = 1234, result = nil, crashes = 7,
      }))
      local row = t.store:describe_id(id)
      assert.same({ 1, 3, 1234, 7, "RUNNING" }, { row.seq, row.last_event, row.due_ms, row.crashes, row.status })
      assert.same({ { seq = 1, first_event = 1, last_event = 3, bytes = "bytes\0\255" } }, t.store:records(id, {}))
      assert.is_true(t.append(id, { seq = 2, first_event = 4, last_event = 4 }))
      row = t.store:describe_id(id)
      assert.is_nil(row.due_ms)
      assert.equal(7, row.crashes)
    end)

    it("may be without a record", function()
      local id = t.begin()
      assert.is_true(t.append(id, { record = false, first_event = false, last_event = false, crashes = 0 }))
      assert.equal(1, t.store:describe_id(id).seq)
      assert.same({}, t.store:records(id, {}))
      assert.is_true(t.append(id, { seq = 2 }))
      assert.same({ 2 }, t.pluck(t.store:records(id, {}), "seq"))
    end)

    it("may have events that it does not keep", function()
      local id = t.begin()
      assert.is_true(t.append(id, { record = false, first_event = 1, last_event = 7 }))
      assert.equal(7, t.store:describe_id(id).last_event)
    end)

    it("may be without events", function()
      local id = t.begin()
      assert.is_true(t.append(id, { first_event = 1, last_event = 2 }))
      assert.is_true(t.append(id, { seq = 2, record = "inputs", first_event = false, last_event = false }))
      assert.is_true(t.append(id, { seq = 3, first_event = 3, last_event = 3 }))
      assert.same({ 1, 2, 3 }, t.pluck(t.store:records(id, {}), "seq"))
      assert.same({ 3 }, t.pluck(t.store:records(id, { after_event = 2 }), "seq"))
      assert.same({ 2, 3 }, t.pluck(t.store:records(id, { after_seq = 1 }), "seq"))
    end)

    local cases = {
      { "another owner", { owner = 999 } },
      { "no owner", { owner = false } },
      { "an older epoch", { epoch = 0 } },
      { "a newer epoch", { epoch = 2 } },
      { "a number that is taken", { seq = 1 } },
      { "a number that leaves one out", { seq = 3 } },
    }
    for _, case in ipairs(cases) do
      it("is refused from " .. case[1] .. ", and nothing of it is kept", function()
        local id, target = t.begin(), t.begin()
        assert.is_true(t.append(id))
        local before = t.store:describe_id(id)
        local fields = {
          seq = 2, status = "SUCCEEDED", result = "r", tokens = { { token = "T", number = 1 } }, crashes = 9,
          posts = { { execution = target, verb = "v", body = "" } }, snapshot = "s",
          blobs = { { hash = ("h"):rep(32), bytes = "b" } },
        }
        for key, value in pairs(case[2]) do fields[key] = value end
        assert.equal("EFENCED", t.code(t.append(id, fields)))
        assert.same(before, t.store:describe_id(id))
        assert.equal(1, #t.store:records(id, {}))
        assert.is_nil((t.store:token "T"))
        assert.is_nil((t.store:blob(("h"):rep(32))))
        assert.same({}, t.store:inbox(t.worker))
        assert.is_nil(t.store:load(id).snapshot)
        assert.is_true(t.append(id, { seq = 2 }))
      end)
    end

    it("is refused for what was never started", function()
      assert.equal("EFENCED", t.code(t.append(424242)))
    end)

    it("ends an execution: no owner, no tokens, no inbox", function()
      local id = t.begin()
      t.append(id, { tokens = { { token = "T", number = 1 }, { token = "A", number = 2, activity = "act" } } })
      t.store:post(id, "beat", "")
      assert.is_true(t.append(id, { seq = 2, status = "FAILED", result = "{}", stop_ms = 99, due_ms = 5 }))
      local row = t.store:describe_id(id)
      assert.same({ "FAILED", "{}", 99 }, { row.status, row.result, row.stop_ms })
      assert.is_nil(row.owner)
      assert.is_nil(row.due_ms)
      assert.is_nil((t.store:token "T"))
      assert.is_nil((t.store:take_activity "act"))
      assert.same({}, t.store:inbox(t.worker))
      assert.same({}, t.store:load(id).inbox)
      assert.equal("EFENCED", t.code(t.append(id, { seq = 3 })))
      assert.is_nil((t.store:next_due()))
    end)

    it("puts an execution to sleep", function()
      local id = t.begin()
      assert.is_true(t.append(id, { release = true, due_ms = 100 }))
      assert.is_nil(t.store:describe_id(id).owner)
      assert.equal("EFENCED", t.code(t.append(id, { seq = 2 })))
      assert.equal(100, t.store:next_due())
      local rows = t.store:claim { worker = t.worker, limit = 1 }
      assert.same({ id, 2, 1 }, { rows[1].id, rows[1].epoch, rows[1].seq })
      assert.is_true(t.append(id, { seq = 2, epoch = 2 }))
    end)

    it("may be sent before the last one is durable, and is applied in order", function()
      local ids, sent = {}, {}
      for i = 1, 10 do ids[i] = t.begin() end
      for seq = 1, 20 do
        for _, id in ipairs(ids) do
          sent[#sent + 1] = assert(t.store:append {
            id = id, owner = t.worker, epoch = 1, seq = seq, record = ("%d"):format(seq), first_event = seq,
            last_event = seq, due_ms = seq,
          })
        end
      end
      for i = #sent, 1, -1 do assert.is_true(t.settle(sent[i])) end
      for _, id in ipairs(ids) do
        local row = t.store:describe_id(id)
        assert.same({ 20, 20, 20 }, { row.seq, row.last_event, row.due_ms })
        local bytes = t.pluck(t.store:records(id, {}), "bytes")
        for seq = 1, 20 do assert.equal(tostring(seq), bytes[seq]) end
      end
    end)

    it("fails after one that failed, and spares the others in flight", function()
      local bad, good, sent = t.begin(), t.begin(), {}
      local function send(id, seq)
        sent[#sent + 1] = {
          t.store:append {
            id = id, owner = t.worker, epoch = 1, seq = seq, record = "r", first_event = seq, last_event = seq,
          },
        }
      end
      send(bad, 1)
      send(good, 1)
      send(bad, 3)
      send(good, 2)
      send(bad, 4)
      send(good, 3)
      local verdicts = {}
      for i, answer in ipairs(sent) do
        local ok, _, failure = t.settle(answer[1], answer[2], answer[3])
        verdicts[i] = ok or failure.code
      end
      assert.same({ true, true, "EFENCED", true, "EFENCED", true }, verdicts)
      assert.equal(1, t.store:describe_id(bad).seq)
      assert.equal(3, t.store:describe_id(good).seq)
    end)

    it("keeps values apart by their hash, once an execution", function()
      local hash, id = ("\1\0"):rep(16), t.begin()
      assert.is_true(t.append(id, { blobs = { { hash = hash, bytes = "large\0" } } }))
      assert.equal("large\0", t.store:blob(hash))
      assert.is_true(t.append(id, { seq = 2, blobs = { { hash = hash, bytes = "large\0" } } }))
      assert.equal("large\0", t.store:blob(hash))
      assert.is_nil((t.store:blob(("\2"):rep(32))))
    end)

    it("carries records of a megabyte", function()
      local id, large = t.begin(), ("0123456789abcdef"):rep(65536)
      assert.is_true(t.append(id, { record = large, snapshot = large .. "s" }))
      assert.is_true(t.store:records(id, {})[1].bytes == large)
      assert.is_true(t.store:load(id).snapshot == large .. "s")
    end)
  end)

  describe("records", function()
    -- Ten records of three events each.
    local function journal(n)
      local id = t.begin()
      for seq = 1, n do
        assert(t.append(id, { seq = seq, record = "r" .. seq, first_event = 3 * seq - 2, last_event = 3 * seq }))
      end
      return id
    end

    local function seqs(id, options)
      return t.pluck(assert(t.store:records(id, options)), "seq")
    end

    it("are paged forward and backward by event", function()
      local id = journal(10)
      assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, seqs(id))
      assert.same({ 1, 2, 3 }, seqs(id, { after_event = 0, limit = 3 }))
      assert.same({ 4, 5 }, seqs(id, { after_event = 9, limit = 2 }))
      assert.same({ 4, 5 }, seqs(id, { after_event = 10, limit = 2 })) -- 10 is the first of three in record 4
      assert.same({ 10, 9, 8 }, seqs(id, { reverse = true, limit = 3 }))
      assert.same({ 7, 6 }, seqs(id, { reverse = true, before_event = 22, limit = 2 }))
      assert.same({ 7, 6 }, seqs(id, { reverse = true, before_event = 21, limit = 2 }))
      assert.same({ 1 }, seqs(id, { reverse = true, before_event = 4 }))
      assert.same({}, seqs(id, { reverse = true, before_event = 1 }))
      assert.same({}, seqs(id, { after_event = 30 }))
      assert.same({ 3, 4 }, seqs(id, { after_event = 6, before_event = 13 }))
    end)

    it("of two executions are not mixed", function()
      local a, b = t.begin(), t.begin()
      for seq = 1, 5 do
        t.append(a, { seq = seq, record = "a", first_event = seq, last_event = seq })
        t.append(b, { seq = seq, record = "b", first_event = seq, last_event = seq })
      end
      assert.equal("aaaaa", table.concat(t.pluck(t.store:records(a, {}), "bytes")))
      assert.equal("bbb", table.concat(t.pluck(t.store:records(b, { after_event = 2 }), "bytes")))
    end)

    it("of a history of 30,000 events are found as fast at its end as at its start", function()
      local id, sent = t.begin(), {}
      for seq = 1, 3000 do
        sent[seq] = assert(t.store:append {
          id = id, owner = t.worker, epoch = 1, seq = seq, record = ("x"):rep(100), first_event = 10 * seq - 9,
          last_event = 10 * seq,
        })
      end
      for seq = 1, 3000 do assert.is_true(t.settle(sent[seq])) end
      local at, pages = 0, 0
      repeat
        local page = t.store:records(id, { after_event = at, limit = 100 })
        if page[1] then
          assert.equal(at + 1, page[1].first_event)
          at = page[#page].last_event
          pages = pages + 1
        end
      until #page < 100
      assert.same({ 30000, 30 }, { at, pages })
      assert.equal(30000, t.store:describe_id(id).last_event)
      assert.same({ 3000, 2999 }, seqs(id, { reverse = true, limit = 2 }))
    end)
  end)
end
