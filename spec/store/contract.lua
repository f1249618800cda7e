--- One suite for every store: what passo.store's page promises, tried from outside.
---
--- A spec calls it with how to get a store:
---   name     what it is called in the output
---   open()   a new, empty store; it is closed after each behaviour
---   other(store)   the same store as another process has it (default: the same table)
---   pending  reason why the store cannot be tried here
local busted = require "busted"
local assert = require "luassert"
local after_each, before_each, describe = busted.after_each, busted.before_each, busted.describe

local parts = {
  "store.documents", "store.workers", "store.executions", "store.appends", "store.claims", "store.inbox", "store.lists",
  "store.retention",
}

local contract = {}

--- What the parts share: `t.store` is new for each behaviour, `t.worker` a worker of it.
local function tools(harness)
  local t = { n = 0 }

  --- The verdict of an append, whether it came at once or has to be waited for.
  function t.settle(pending, message, failure)
    if type(pending) == "table" then return pending:wait() end
    return pending, message, failure
  end

  --- Its code, when it was refused.
  function t.code(value, _, failure)
    assert.is_nil(value)
    assert.is_table(failure)
    return failure.code
  end

  --- A row's worth of fields; the caller's win.
  function t.fields(fields)
    t.n = t.n + 1
    local name = fields and fields.name or "run-" .. t.n
    local machine = fields and fields.machine or "arn:m:shop"
    local e = {
      arn = ("%s:%s"):format(machine:gsub(":m:", ":x:"), name), machine = machine, name = name, revision = "rev-1",
      type = "STANDARD", status = "RUNNING", start_ms = 1700000000000 + t.n, birth = "birth\0of " .. name,
      body = '{"name":"' .. name .. '"}', epoch = 1,
    }
    for key, value in pairs(fields or {}) do e[key] = value end
    return e
  end

  --- An execution that t.worker owns, or none if fields.owner is false: its id.
  function t.begin(fields)
    local e = t.fields(fields)
    if e.owner == nil then e.owner = t.worker elseif e.owner == false then e.owner = nil end
    return assert(t.store:insert(e))
  end

  --- An append to what t.begin made, waited for. A field that is false is left out.
  function t.append(id, fields)
    local a = { id = id, owner = t.worker, epoch = 1, seq = 1, record = "record", first_event = 1, last_event = 1 }
    for key, value in pairs(fields or {}) do a[key] = value or nil end
    return t.settle(t.store:append(a))
  end

  --- The fields of the list's elements.
  function t.pluck(list, field)
    local out = {}
    for i, element in ipairs(list) do out[i] = element[field] end
    return out
  end

  --- Another process's view of the store.
  function t.other()
    return harness.other and harness.other(t.store) or t.store
  end

  return t
end

function contract.run(harness)
  describe("the " .. harness.name .. " store", function()
    if harness.pending then
      busted.pending(harness.pending)
      return
    end
    local t = tools(harness)

    before_each(function()
      t.store = harness.open()
      t.worker = assert(t.store:register { name = "one", ttl_ms = 60000, info = "{}" })
    end)

    after_each(function()
      t.store:close()
      if harness.after then harness.after() end
    end)

    for _, part in ipairs(parts) do require(part)(t) end
  end)
end

return contract
