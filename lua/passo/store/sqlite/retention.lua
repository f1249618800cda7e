--- What the SQLite store forgets, and what it says about its own health.
local rows = require "passo.store.sqlite.rows"

local retention = {}

-- So many are forgotten in one commit: others write in between.
local BATCH = 100

local OLDEST = {
  sql = "SELECT id FROM ends INDEXED BY ends_stop WHERE stop_ms < ? ORDER BY stop_ms LIMIT ?",
  kinds = "ii", rows = true,
}

-- Those of a JSON list of ids that have not been redriven since.
local GONE = "WITH gone(id) AS (SELECT l.value FROM json_each(?1) l JOIN ends x ON x.id = l.value WHERE x.stop_ms < ?2)"

local function delete(from, condition)
  return { sql = ("%s DELETE FROM %s WHERE %s"):format(GONE, from, condition), kinds = "ti" }
end

-- In this order: the last of them is what tells who is gone.
local DELETE = {
  -- the last record leads to all of a journal
  {
    sql = ([[%s, walk(id, prev) AS (
        SELECT j.id, j.prev FROM gone g JOIN executions e ON e.id = g.id JOIN journal j ON j.id = e.journal
        UNION ALL SELECT j.id, j.prev FROM walk w JOIN journal j ON j.id = w.prev)
      DELETE FROM journal WHERE id IN (SELECT id FROM walk)]]):format((GONE:gsub("^WITH", "WITH RECURSIVE"))),
    kinds = "ti",
  },
  delete("blobs", "hash IN (SELECT hash FROM blob_uses WHERE execution IN (SELECT id FROM gone)) AND NOT EXISTS("
    .. "SELECT 1 FROM blob_uses u WHERE u.hash = blobs.hash AND u.execution NOT IN (SELECT id FROM gone))"),
  delete("blob_uses", "execution IN (SELECT id FROM gone)"),
  delete("snapshots", "execution IN (SELECT id FROM gone)"),
  delete("births", "id IN (SELECT id FROM gone)"),
  delete("executions", "id IN (SELECT id FROM gone)"),
  delete("ends", "id IN (SELECT id FROM gone)"),
}

local BLOB = { sql = "SELECT bytes FROM blobs WHERE hash = ?", kinds = "b", rows = true }

local CHECKS = {
  { sql = "PRAGMA integrity_check(20)", kinds = "", rows = true },
  {
    sql = [[SELECT 'execution ' || e.id || ' has lost its beginning' FROM executions e
        WHERE NOT EXISTS(SELECT 1 FROM births b WHERE b.id = e.id) LIMIT 20]],
    kinds = "", rows = true,
  },
  {
    sql = [[SELECT 'execution ' || e.id || ' has lost the end of its journal' FROM executions e
        WHERE e.records > 0 AND NOT EXISTS(
          SELECT 1 FROM journal j WHERE j.id = e.journal AND j.execution = e.id AND j.n = e.records) LIMIT 20]],
    kinds = "", rows = true,
  },
  {
    sql = [[SELECT 'record ' || j.n || ' of execution ' || j.execution || ' does not lead to the one before it'
        FROM journal j WHERE j.n > 1 AND NOT EXISTS(
          SELECT 1 FROM journal p WHERE p.id = j.prev AND p.execution = j.execution AND p.n = j.n - 1) LIMIT 20]],
    kinds = "", rows = true,
  },
  {
    sql = [[SELECT 'execution ' || e.id || ' is owned by worker ' || e.owner || ', who is gone'
        FROM executions e INDEXED BY executions_owned WHERE e.owner IS NOT NULL
          AND NOT EXISTS(SELECT 1 FROM workers w WHERE w.id = e.owner) LIMIT 20]],
    kinds = "", rows = true,
  },
  {
    sql = [[SELECT 'execution ' || e.id || ' runs, and is neither owned nor asleep' FROM executions e
        WHERE (e.status = 'RUNNING') <> ((e.owner IS NOT NULL) + (e.wake_ms IS NOT NULL)) LIMIT 20]],
    kinds = "", rows = true,
  },
}

--- Adds the functions to a store's class.
function retention.install(Store)
  -- Forgets up to `limit`: how many there were, and how many are gone.
  local function forget_some(self, before_ms, limit)
    local ids = self.ids
    local results, message, failure = self.port:read { ids[OLDEST], before_ms, limit }
    if not results then return nil, message, failure end
    local list = {}
    for i, r in ipairs(results[1].rows) do list[i] = r[1] end
    if #list == 0 then return 0, 0 end
    local unit, wanted = {}, rows.ids(list)
    for i, statement in ipairs(DELETE) do
      unit[3 * i - 2], unit[3 * i - 1], unit[3 * i] = ids[statement], wanted, before_ms
    end
    results, message, failure = self.port:run(unit)
    if not results then return nil, message, failure end
    return #list, results[#DELETE].changes
  end

  function Store:forget(f)
    local n, limit = 0, f.limit or math.huge
    while n < limit do
      local most = math.min(BATCH, limit - n)
      local found, gone, failure = forget_some(self, f.ended_before_ms, most)
      if not found then return nil, gone, failure end
      n = n + gone
      if found < most then break end
    end
    return n
  end

  function Store:blob(hash)
    local results, message, failure = self.port:read { self.ids[BLOB], hash }
    if not results then return nil, message, failure end
    local row = results[1].rows[1]
    return row and row[1]
  end

  function Store:check()
    local problems = {}
    for _, check in ipairs(CHECKS) do
      local results, message, failure = self.port:read { self.ids[check] }
      if not results then return nil, message, failure end
      for _, row in ipairs(results[1].rows) do
        if row[1] ~= "ok" then problems[#problems + 1] = row[1] end
      end
    end
    return problems
  end
end

return retention
