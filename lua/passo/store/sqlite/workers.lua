--- Workers of the SQLite store: a lease in the database, and a lock that dies with the process.
local schema = require "passo.store.sqlite_schema"

local workers = {}

local REGISTER = {
  sql = "INSERT INTO workers(name, info, lease_ms) VALUES(?, ?, ?) RETURNING id", kinds = "tti", rows = true,
}
local LOCKED = { sql = "UPDATE workers SET locked = 1 WHERE id = ?", kinds = "i" }
local RENEW = {
  sql = "UPDATE workers SET lease_ms = ?2, info = coalesce(?3, info) WHERE id = ?1", kinds = "iit", expect = 1,
}
local LIST = { sql = "SELECT id, name, info, lease_ms, locked FROM workers ORDER BY id", kinds = "", rows = true }
-- ?3: whoever has renewed its lease meanwhile lives.
local BURY = {
  sql = "DELETE FROM workers WHERE id = ?1 AND (?2 OR lease_ms <= ?3)", kinds = "iii", expect = 1,
}
local RESIGN = { sql = "DELETE FROM workers WHERE id = ?", kinds = "i" }
local DISOWN = {
  sql = ([[UPDATE executions INDEXED BY executions_owned SET owner = NULL, due_ms = ?2,
      wake_ms = CASE WHEN quarantine IS NULL THEN ?2 ELSE %d END, crashes = crashes + ?3
      WHERE owner = ?1]]):format(schema.NEVER),
  kinds = "iii",
}

--- Adds the functions to a store's class.
function workers.install(Store)
  function Store:register(w)
    local results, message, failure = self.port:run {
      self.ids[REGISTER], w.name, w.info, self:now_ms() + w.ttl_ms,
    }
    if not results then return nil, message, failure end
    local id = results[1].rows[1][1]
    local held
    held, message, failure = self.port:hold(id)
    if held == nil then return nil, message, failure end
    if held then
      results, message, failure = self.port:run { self.ids[LOCKED], id }
      if not results then return nil, message, failure end
    end
    self.mine[id] = true
    local heard
    heard, message, failure = self.port:listen(id, self.on_ring)
    if heard == nil then return nil, message, failure end
    return id
  end

  function Store:renew(worker, ttl_ms, info)
    local ok, message, failure = self.port:run { self.ids[RENEW], worker, self:now_ms() + ttl_ms, info }
    if ok then return true end
    if failure.code == "EFENCED" then
      return self:fenced "the worker's lease was over, and others have taken its executions"
    end
    return nil, message, failure
  end

  local function gone(self, worker)
    if not self.mine[worker] then return end
    self.mine[worker] = nil
    self:bell(nil, worker)
    self.port:let_go(worker)
  end

  function Store:resign(worker)
    local ids = self.ids
    local ok, message, failure = self.port:run { ids[RESIGN], worker, ids[DISOWN], worker, self:now_ms(), 0 }
    if not ok then return nil, message, failure end
    gone(self, worker)
    return true
  end

  function Store:bury()
    local results, message, failure = self.port:read { self.ids[LIST] }
    if not results then return nil, message, failure end
    local now_ms, out = self:now_ms(), {}
    for _, r in ipairs(results[1].rows) do
      local id, lease_ms, is_locked = r[1], r[4], r[5] == 1
      local has_died = false
      if lease_ms > now_ms and is_locked and not self.mine[id] then
        local held
        held, message, failure = self.port:held(id)
        if held == nil then return nil, message, failure end
        has_died = not held
      end
      if has_died or lease_ms <= now_ms then
        local answer
        answer, message, failure = self.port:run {
          self.ids[BURY], id, has_died, now_ms, self.ids[DISOWN], id, now_ms, 1,
        }
        if answer then
          gone(self, id)
          out[#out + 1] = { worker = id, executions = answer[2].changes }
        elseif failure.code ~= "EFENCED" then
          return nil, message, failure
        end
      end
    end
    return out
  end

  function Store:workers()
    local results, message, failure = self.port:read { self.ids[LIST] }
    if not results then return nil, message, failure end
    local now_ms, out = self:now_ms(), {}
    for i, r in ipairs(results[1].rows) do
      local alive = r[4] > now_ms
      if alive and r[5] == 1 and not self.mine[r[1]] then -- its lock dies with it, before its lease is over
        alive, message, failure = self.port:held(r[1])
        if alive == nil then return nil, message, failure end
      end
      out[i] = { id = r[1], name = r[2], info = r[3], lease_ms = r[4], alive = alive }
    end
    return out
  end
end

return workers
