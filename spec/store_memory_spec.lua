--- The memory store keeps the contract; so does a store that a user wrote in Lua.
local contract = require "store.contract"
local store = require "passo.store"

contract.run {
  name = "memory",
  open = function() return assert(store.open "memory:") end,
}

-- A user's store: a plain table of functions. It gathers appends and makes them durable together, as one over a
-- network would, so that callers meet answers that have to be waited for.
local function gathering()
  local inner = assert(store.open "memory:")
  local queue = {}
  local outer = { kind = "gathering" }

  local function commit()
    local batch = queue
    queue = {}
    for _, entry in ipairs(batch) do entry.answer = { inner:append(entry.append) } end
  end

  -- Whatever else is asked comes after what was sent before.
  for _, name in ipairs {
    "close", "now_ms", "format", "upgrade", "check", "get", "list_documents", "write", "register", "renew", "resign",
    "bury", "workers", "insert", "insert_many", "claim", "release", "load", "next_due", "describe", "describe_id",
    "amend", "reopen", "list", "count", "records", "blob", "token", "take_activity", "post", "inbox", "bell", "ring",
    "forget",
  } do
    outer[name] = function(_, ...)
      commit()
      return inner[name](inner, ...)
    end
  end

  function outer:append(a)
    local entry = { append = a }
    queue[#queue + 1] = entry
    return {
      wait = function()
        if not entry.answer then commit() end
        return (unpack or table.unpack)(entry.answer, 1, 3)
      end,
    }
  end

  return outer
end

contract.run {
  name = "user's",
  open = function() return assert(store.open(gathering())) end,
}

describe("passo.store.open", function()
  it("knows URLs and tables", function()
    local mine = {}
    assert.equal(mine, store.open(mine))
    assert.equal("memory", store.open("memory:").kind)
    local none, message, failure = store.open "redis://localhost"
    assert.is_nil(none)
    assert.truthy(message:find("redis", 1, true))
    assert.equal("EINPUT", failure.code)
    assert.error(function() store.open(7) end)
  end)
end)

describe("the memory store", function()
  local clock, memory

  before_each(function()
    clock = { now = 1000 }
    function clock.now_ms() return clock.now end
    memory = store.open("memory:", { host = clock })
  end)

  it("goes by the host's clock", function()
    local worker = memory:register { name = "w", ttl_ms = 500 }
    clock.now = 1499
    assert.same({}, memory:bury())
    clock.now = 1500
    assert.same({ { worker = worker, executions = 0 } }, memory:bury())
  end)

  it("rings when something is due earlier than all before", function()
    local rung = 0
    memory:bell(function(what) if what == "due" then rung = rung + 1 end end)
    local function sleep(name, due_ms)
      memory:insert { arn = name, machine = "m", name = name, revision = "r", type = "STANDARD", start_ms = 1,
        birth = "", due_ms = due_ms }
    end
    sleep("a", 500)
    sleep("b", 900)
    assert.equal(1, rung)
    sleep("c", 100)
    assert.equal(2, rung)
  end)

  it("finds the next sleeper of 100,000 without looking at the others", function()
    local worker = memory:register { name = "w", ttl_ms = 500 }
    for i = 1, 100000 do
      memory:insert { arn = "a" .. i, machine = "m", name = "n" .. i, revision = i % 2 == 0 and "even" or "odd",
        type = "STANDARD", start_ms = 1, birth = "", due_ms = (i * 7919) % 100003 }
    end
    local last, n = 0, 0
    repeat
      local rows = memory:claim { worker = worker, limit = 1000, refused = { "odd" }, now_ms = 1e9 }
      for _, row in ipairs(rows) do
        assert(row.due_ms >= last)
        last, n = row.due_ms, n + 1
      end
    until #rows == 0
    assert.equal(50000, n)
  end)
end)
