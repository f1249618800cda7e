--- The contract's inbox, task tokens, activities and bells.
local busted = require "busted"
local assert = require "luassert"
local describe, it = busted.describe, busted.it

return function(t)
  describe("post", function()
    it("waits for the owner, in order", function()
      local a, b = t.begin(), t.begin()
      assert.same({ owner = t.worker }, t.store:post(a, "resume", "1\0"))
      assert.same({ owner = t.worker }, t.store:post(b, "stop", "2"))
      assert.same({ owner = t.worker }, t.store:post(a, "beat", ""))
      local items = t.store:inbox(t.worker)
      assert.same({ "1\0", "2", "" }, t.pluck(items, "body"))
      assert.same({ "resume", "stop", "beat" }, t.pluck(items, "verb"))
      assert.same({ a, b, a }, t.pluck(items, "execution"))
      assert.same(t.pluck(items, "id"), t.pluck(t.store:inbox(t.worker), "id"))
    end)

    it("goes with the append that consumed it, and not before", function()
      local a, b = t.begin(), t.begin()
      t.store:post(a, "one", "")
      t.store:post(b, "two", "")
      t.store:post(a, "three", "")
      local ids = t.pluck(t.store:inbox(t.worker), "id")
      assert.equal("EFENCED", t.code(t.append(a, { seq = 5, consumed = { ids[1] } })))
      assert.equal(3, #t.store:inbox(t.worker))
      assert.is_true(t.append(a, { consumed = { ids[1] } }))
      assert.same({ "two", "three" }, t.pluck(t.store:inbox(t.worker), "verb"))
      assert.is_true(t.append(a, { seq = 2, consumed = { ids[1], ids[3] } }))
      assert.is_true(t.append(b, { consumed = { ids[2] } }))
      assert.same({}, t.store:inbox(t.worker))
    end)

    it("of others is not touched by consuming", function()
      local a, b = t.begin(), t.begin()
      t.store:post(b, "two", "")
      local ids = t.pluck(t.store:inbox(t.worker), "id")
      assert.is_true(t.append(a, { consumed = ids }))
      assert.same({ "two" }, t.pluck(t.store:inbox(t.worker), "verb"))
    end)

    it("wakes who sleeps, and is loaded with it", function()
      local id = t.begin { owner = false, due_ms = t.store:now_ms() + 3600000 }
      assert.same({}, t.store:post(id, "resume", "v"))
      assert.same({}, t.store:inbox(t.worker))
      assert.same({ id }, t.pluck(t.store:claim { worker = t.worker, limit = 1 }, "id"))
      local loaded = t.store:load(id)
      assert.same({ "resume", "v" }, { loaded.inbox[1].verb, loaded.inbox[1].body })
      assert.same(t.pluck(loaded.inbox, "id"), t.pluck(t.store:inbox(t.worker), "id"))
    end)

    it("follows the execution to its next owner", function()
      local dead = t.store:register { name = "dead", ttl_ms = 0 }
      local id = t.begin { owner = dead }
      t.store:post(id, "resume", "v")
      t.store:bury()
      t.store:claim { worker = t.worker, limit = 1 }
      assert.same({ "resume" }, t.pluck(t.store:inbox(t.worker), "verb"))
    end)

    it("is told when there is nobody to post to", function()
      local id = t.begin { status = "SUCCEEDED" }
      assert.equal("EENDED", t.code(t.store:post(id, "stop", "")))
      assert.equal("ENOTFOUND", t.code(t.store:post(55555, "stop", "")))
    end)

    it("answers a token once", function()
      local id = t.begin { tokens = { { token = "t1", number = 1 }, { token = "t2", number = 2 } } }
      assert.same({ owner = t.worker }, t.store:post(id, "resume", "a", "t1"))
      assert.equal("ESTALE", t.code(t.store:post(id, "fail", "b", "t1")))
      assert.same({ owner = t.worker }, t.store:post(id, "resume", "c", "t2"))
      assert.equal("ESTALE", t.code(t.store:post(id, "resume", "d", "gone")))
      assert.same({ "a", "c" }, t.pluck(t.store:inbox(t.worker), "body"))
      local token = t.store:token "t1"
      assert.same({ id, 1, true }, { token.execution, token.number, token.answered })
      assert.is_true(t.append(id, { dead_tokens = { "t1" }, consumed = t.pluck(t.store:inbox(t.worker), "id") }))
      assert.is_nil(t.store:token "t1")
      assert.equal("ESTALE", t.code(t.store:post(id, "resume", "e", "t1")))
    end)

    it("travels within an append: all or nothing, and dropped for what has ended", function()
      local parent, child = t.begin(), t.begin()
      local ended = t.begin { status = "FAILED" }
      local asleep = t.begin { owner = false }
      assert.is_true(t.append(child, {
        status = "SUCCEEDED",
        posts = {
          { execution = ended, verb = "lost", body = "" }, { execution = parent, verb = "child", body = "a\0" },
          { execution = 999999, verb = "lost", body = "" }, { execution = asleep, verb = "child", body = "b" },
        },
      }))
      assert.same({ "a\0" }, t.pluck(t.store:inbox(t.worker), "body"))
      assert.same({ asleep }, t.pluck(t.store:claim { worker = t.worker, limit = 5 }, "id"))
      assert.same({ "a\0", "b" }, t.pluck(t.store:inbox(t.worker), "body"))
    end)

    it("travels with an insert that has ended already", function()
      local parent = t.begin()
      t.begin {
        status = "SUCCEEDED", record = "r", first_event = 1, last_event = 2, parent = parent,
        posts = { { execution = parent, verb = "child", body = "done" } },
      }
      assert.same({ "done" }, t.pluck(t.store:inbox(t.worker), "body"))
    end)
  end)

  describe("tokens", function()
    it("are found by their text until they are dead", function()
      local id = t.begin()
      assert.is_true(t.append(id, { tokens = { { token = "AAA=", number = 4 }, { token = "B", number = 5 } } }))
      assert.same({ execution = id, number = 4, taken = false }, t.store:token "AAA=")
      assert.is_true(t.append(id, { seq = 2, dead_tokens = { "AAA=", "unknown" } }))
      assert.is_nil((t.store:token "AAA="))
      assert.equal(5, t.store:token("B").number)
      assert.is_nil((t.store:token "aaa="))
    end)

    it("of another execution cannot be killed", function()
      local a, b = t.begin(), t.begin()
      t.append(a, { tokens = { { token = "T", number = 1 } } })
      assert.is_true(t.append(b, { dead_tokens = { "T" } }))
      assert.equal(a, t.store:token("T").execution)
    end)

    it("stay while their execution sleeps and changes hands", function()
      local id = t.begin()
      t.append(id, { tokens = { { token = "T", number = 1 } }, release = true })
      t.store:resign(t.worker)
      assert.same({ id, 1 }, { t.store:token("T").execution, t.store:token("T").number })
    end)
  end)

  describe("activities", function()
    local function offer(token, activity, input)
      local id = t.begin()
      t.append(id, { tokens = { { token = token, number = 1, activity = activity, input = input } } })
      return id
    end

    it("are taken once, the oldest first", function()
      local a = offer("A", "arn:act:1", "in\0put")
      offer("X", "arn:act:2", "x")
      local b = offer("B", "arn:act:1", "{}")
      assert.same({ token = "A", input = "in\0put", execution = a, number = 1 }, t.store:take_activity "arn:act:1")
      assert.same({ execution = a, number = 1, activity = "arn:act:1", taken = true }, t.store:token "A")
      assert.equal(b, t.store:take_activity("arn:act:1").execution)
      assert.is_nil((t.store:take_activity "arn:act:1"))
      assert.is_nil((t.store:take_activity "arn:act:none"))
      assert.equal("X", t.store:take_activity("arn:act:2").token)
    end)

    it("that died while they were offered are taken by nobody", function()
      local id = offer("A", "arn:act:1", "a")
      offer("B", "arn:act:1", "b")
      t.append(id, { seq = 2, dead_tokens = { "A" } })
      assert.equal("B", t.store:take_activity("arn:act:1").token)
    end)

    it("are offered again after all were taken", function()
      offer("A", "arn:act:1", "a")
      t.store:take_activity "arn:act:1"
      assert.is_nil((t.store:take_activity "arn:act:1"))
      offer("B", "arn:act:1", "b")
      assert.equal("B", t.store:take_activity("arn:act:1").token)
    end)
  end)

  describe("bells", function()
    it("ring for the worker that was posted to", function()
      local rung, other = {}, t.store:register { name = "two", ttl_ms = 60000 }
      t.store:bell(function(what) rung[#rung + 1] = what end, t.worker)
      t.store:bell(function(what) rung[#rung + 1] = "other " .. what end, other)
      t.store:post(t.begin(), "beat", "")
      for _, what in ipairs(rung) do assert.is_nil(what:find("other inbox", 1, true)) end
      t.store:bell(nil, t.worker)
      t.store:bell(nil, other)
      local n = #rung
      t.store:post(t.begin(), "beat", "")
      assert.equal(n, #rung)
    end)

    it("may be rung by hand", function()
      t.store:bell(function() end)
      t.store:ring(t.worker)
      t.store:ring()
      t.store:bell(nil)
    end)
  end)
end
