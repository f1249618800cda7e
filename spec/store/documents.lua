--- The contract's documents: compare and set, all or nothing, lists and their cursors.
local busted = require "busted"
local assert = require "luassert"
local describe, it = busted.describe, busted.it

return function(t)
  local function put(kind, key, fields)
    local write = { kind = kind, key = key, body = "body of " .. key }
    for name, value in pairs(fields or {}) do write[name] = value end
    return assert(t.store:write { write })[1]
  end

  local function keys(kind, options)
    local list, cursor = t.store:list_documents(kind, options)
    return t.pluck(assert(list), "key"), cursor
  end

  local function pages(kind, options, between)
    local out, count = {}, 0
    repeat
      local list, cursor = t.store:list_documents(kind, options)
      for _, document in ipairs(assert(list)) do out[#out + 1] = document.key end
      options.after = cursor
      count = count + 1
      if between then between(count) end
    until not cursor
    return out, count
  end

  describe("documents", function()
    it("are kept as given", function()
      local revision = put("machine", "shop", { body = "a\0b\255", parent = "p\0", sort = 7 })
      assert.same({ key = "shop", body = "a\0b\255", revision = revision, parent = "p\0", sort = 7 },
        t.store:get("machine", "shop"))
      put("machine", "shop", { body = "", sort = "text" })
      local held = t.store:get("machine", "shop")
      assert.same({ "", "text" }, { held.body, held.sort })
      assert.is_nil(held.parent)
    end)

    it("are absent, not wrong, when nobody wrote them", function()
      local document, message = t.store:get("machine", "none")
      assert.is_nil(document)
      assert.is_nil(message)
      put("machine", "shop")
      assert.is_nil(t.store:get("alias", "shop"))
    end)

    it("get a new revision with every write, also after they were deleted", function()
      local first = put("machine", "shop")
      local second = put("machine", "shop")
      assert.is_true(second > first)
      assert.same({ 0 }, t.store:write { { kind = "machine", key = "shop" } })
      assert.is_nil(t.store:get("machine", "shop"))
      assert.is_true(put("machine", "shop") > second)
    end)

    it("are created once", function()
      put("machine", "shop", { expect = 0 })
      local _, message, failure = t.store:write { { kind = "machine", key = "shop", body = "x", expect = 0 } }
      assert.same({ "EEXISTS", 1 }, { failure.code, failure.index })
      assert.truthy(message:find("shop", 1, true))
      assert.equal("body of shop", t.store:get("machine", "shop").body)
    end)

    it("are changed only as they were read", function()
      local first = put("machine", "shop")
      local second = put("machine", "shop", { body = "two", expect = first })
      assert.equal("ECONFLICT",
        t.code(t.store:write { { kind = "machine", key = "shop", body = "lost", expect = first } }))
      assert.equal("ECONFLICT", t.code(t.store:write { { kind = "machine", key = "shop", expect = first } }))
      assert.equal("two", t.store:get("machine", "shop").body)
      assert.truthy(t.store:write { { kind = "machine", key = "shop", expect = second } })
      assert.equal("ECONFLICT",
        t.code(t.store:write { { kind = "machine", key = "shop", body = "late", expect = second } }))
    end)

    it("are written all or not at all", function()
      put("machine", "old")
      local _, _, failure = t.store:write {
        { kind = "machine", key = "new", body = "x" },
        { kind = "machine", key = "old" },
        { kind = "alias", key = "a", body = "x", expect = 77 },
        { kind = "alias", key = "b", body = "x" },
      }
      assert.same({ "ECONFLICT", 3 }, { failure.code, failure.index })
      assert.same({ "old" }, keys("machine"))
      assert.same({}, keys("alias"))
    end)

    it("are written one after the other within a write", function()
      put("machine", "shop")
      local revisions = assert(t.store:write {
        { kind = "machine", key = "shop" },
        { kind = "machine", key = "shop", body = "again", expect = 0 },
      })
      assert.equal(2, #revisions)
      assert.same({ 0, t.store:get("machine", "shop").revision }, revisions)
      assert.equal("again", t.store:get("machine", "shop").body)
    end)

    it("are listed by sort and key: absent ones, numbers, texts by bytes", function()
      put("d", "g", { sort = "b" })
      put("d", "f", { sort = "B" })
      put("d", "e", { sort = 10 })
      put("d", "d", { sort = 9.5 })
      put("d", "c", { sort = 10 })
      put("d", "b")
      put("d", "\255")
      put("d", "a")
      assert.same({ "a", "b", "\255", "d", "c", "e", "f", "g" }, keys("d"))
      assert.same({ "g", "f", "e", "c", "d", "\255", "b", "a" }, keys("d", { reverse = true }))
    end)

    it("are listed by parent and by a prefix of the key", function()
      put("version", "shop:1", { parent = "shop", sort = 1 })
      put("version", "shop:2", { parent = "shop", sort = 2 })
      put("version", "bank:1", { parent = "bank", sort = 1 })
      put("version", "sh%", { parent = "bank", sort = 0 })
      assert.same({ "shop:1", "shop:2" }, keys("version", { parent = "shop" }))
      assert.same({ "shop:2", "shop:1" }, keys("version", { parent = "shop", reverse = true }))
      assert.same({}, keys("version", { parent = "none" }))
      assert.same({ "sh%", "shop:1", "shop:2" }, keys("version", { prefix = "sh" }))
      assert.same({ "sh%" }, keys("version", { prefix = "sh%" }))
    end)

    it("move in their lists when their place changes", function()
      put("d", "a", { sort = 1, parent = "p" })
      put("d", "b", { sort = 2, parent = "p" })
      put("d", "a", { sort = 3, parent = "p" })
      assert.same({ "b", "a" }, keys("d", { parent = "p" }))
      put("d", "b", { sort = 2, parent = "q" })
      assert.same({ "a" }, keys("d", { parent = "p" }))
      assert.same({ "b" }, keys("d", { parent = "q" }))
    end)

    for _, reverse in ipairs { false, true } do
      it("are paged " .. (reverse and "backward" or "forward") .. " without loss while others are written", function()
        for i = 1, 23 do put("d", ("k%02d"):format(i), { sort = i % 3 == 0 and "s" or i % 3 == 1 and 5 or nil }) end
        local before = keys("d", { reverse = reverse })
        local found, count = pages("d", { limit = 5, reverse = reverse }, function(page)
          put("d", ("a%02d"):format(page), { sort = 4 })
          put("d", ("z%02d"):format(page), { sort = "z" })
          if page == 2 then t.store:write { { kind = "d", key = "k01" } } end
        end)
        local seen, kept = {}, {}
        for _, key in ipairs(found) do
          assert.is_nil(seen[key])
          seen[key] = true
          if key:sub(1, 1) == "k" then kept[#kept + 1] = key end
        end
        local expected = {}
        for _, key in ipairs(before) do
          if key ~= "k01" or seen.k01 then expected[#expected + 1] = key end
        end
        assert.same(expected, kept)
        assert.is_true(count >= 5)
      end)
    end

    it("go on after a cursor whose document is gone", function()
      for i = 1, 4 do put("d", "k" .. i) end
      local _, cursor = keys("d", { limit = 2 })
      t.store:write { { kind = "d", key = "k2" } }
      assert.same({ "k3", "k4" }, keys("d", { after = cursor }))
    end)

    it("have no cursor after the last page", function()
      for i = 1, 4 do put("d", "k" .. i) end
      local _, cursor = keys("d", { limit = 4 })
      assert.is_nil(cursor)
    end)

    it("refuse a cursor that is none", function()
      put("d", "a")
      assert.equal("EINPUT", t.code(t.store:list_documents("d", { after = "nonsense" })))
    end)
  end)
end
