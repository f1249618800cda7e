--- Appends of the SQLite store: the hot path. A record and the execution's row, and what else an append brings.
---
--- What every append does is said to SQLite with OR FAIL: a statement that fails may leave half of what it did, for the
--- transaction goes anyway. To be able to undo a statement alone SQLite would copy each page before it.
local journal = require "passo.store.sqlite.journal"
local schema = require "passo.store.sqlite_schema"

local appends = {}

local GUARD = "id = ?1 AND owner = ?2 AND epoch = ?3 AND seq = ?4"

-- A record, if the execution is the writer's and nothing has been appended since.
local RECORD = {
  sql = ([[INSERT OR FAIL INTO journal(execution, n, prev, leap, seq, first_event, last_event, bytes)
      SELECT id, records + 1, journal, %s, ?4 + 1, coalesce(?5, last_event + 1), coalesce(?6, last_event), ?7
        FROM executions WHERE %s]]):format(journal.LEAP, GUARD),
  kinds = "iiiiiib", expect = 1,
}

local SEQ = "seq = ?4 + 1, last_event = coalesce(?5, last_event), crashes = coalesce(?6, crashes)"
local HAS_MAIL = "EXISTS(SELECT 1 FROM inbox WHERE execution = ?1)"
-- ?7 due_ms, ?8 now: who has mail has no time to sleep.
local ASLEEP = ([[owner = NULL, due_ms = CASE WHEN %s THEN min(coalesce(?7, ?8), ?8) ELSE ?7 END,
  wake_ms = CASE WHEN quarantine IS NOT NULL THEN %d WHEN %s THEN min(coalesce(?7, ?8), ?8)
    ELSE coalesce(?7, %d) END]]):format(HAS_MAIL, schema.NEVER, HAS_MAIL, schema.NEVER)

-- The row moves on: with a record before it, or by itself.
local function move(sets, kinds)
  return {
    [true] = {
      sql = ("UPDATE OR FAIL executions SET %s, %s, %s WHERE %s"):format(SEQ, journal.FOLLOW, sets, GUARD),
      kinds = kinds, expect = 1,
    },
    [false] = {
      sql = ("UPDATE OR FAIL executions SET %s, %s WHERE %s"):format(SEQ, sets, GUARD), kinds = kinds, expect = 1,
    },
  }
end

local GO_ON = move("due_ms = ?7", "iiiiiii")
local SLEEP = move(ASLEEP, "iiiiiiii")
local END = move("status = ?7, owner = NULL, due_ms = NULL, wake_ms = NULL", "iiiiiit")

local ENDED = {
  sql = "INSERT OR FAIL INTO ends(id, stop_ms, result) VALUES(?, ?, ?)", kinds = "iit",
}
local DROP_TOKENS = { sql = "DELETE FROM tokens WHERE execution = ?", kinds = "i" }
local DROP_INBOX = { sql = "DELETE FROM inbox WHERE execution = ?", kinds = "i" }

local SNAPSHOT = {
  sql = "INSERT INTO snapshots(execution, seq, bytes) SELECT id, seq, ?2 FROM executions WHERE id = ?1"
    .. " ON CONFLICT DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes",
  kinds = "ib",
}
local BLOB = { sql = "INSERT OR IGNORE INTO blobs(hash, bytes) VALUES(?, ?)", kinds = "bb" }
local BLOB_USE = { sql = "INSERT OR IGNORE INTO blob_uses(execution, hash) VALUES(?, ?)", kinds = "ib" }
local CONSUME = { sql = "DELETE FROM inbox WHERE id = ? AND execution = ?", kinds = "ii" }
local DEAD_TOKEN = { sql = "DELETE FROM tokens WHERE token = ? AND execution = ?", kinds = "ti" }
local TOKEN = {
  sql = "INSERT OR REPLACE INTO tokens(execution, token, number, activity, input) VALUES(?, ?, ?, ?, ?)",
  kinds = "ititb",
}

--- A post, and who owns the execution; no row when there is none that runs.
appends.POST = {
  sql = [[INSERT OR FAIL INTO inbox(execution, verb, body) SELECT id, ?2, ?3 FROM executions WHERE id = ?1
      AND status = 'RUNNING' RETURNING (SELECT coalesce(owner, 0) FROM executions WHERE id = ?1)]],
  kinds = "itb", rows = true,
}
--- Whoever sleeps is due now.
appends.WAKE = {
  sql = ([[UPDATE OR FAIL executions SET due_ms = min(coalesce(due_ms, ?2), ?2),
      wake_ms = CASE WHEN quarantine IS NULL THEN ?2 ELSE %d END
      WHERE id = ?1 AND owner IS NULL AND status = 'RUNNING' AND wake_ms > ?2]]):format(schema.NEVER),
  kinds = "ii",
}

--- Adds what comes with an append (an insert, a reopening) to a unit of n places: n, and where the owners of its
--- posts are told in the answer. `count` is how many statements the unit has.
--- Before the row moves, for mail that is consumed must not wake it.
function appends.add_first(ids, unit, n, count, id, a)
  if a.consumed then
    for _, item in ipairs(a.consumed) do
      unit[n + 1], unit[n + 2], unit[n + 3] = ids[CONSUME], item, id
      n, count = n + 3, count + 1
    end
  end
  return n, count
end

--- The rest, once the row has moved.
function appends.add_rest(ids, unit, n, count, id, a, now_ms)
  local posted
  if a.snapshot then
    unit[n + 1], unit[n + 2], unit[n + 3] = ids[SNAPSHOT], id, a.snapshot
    n, count = n + 3, count + 1
  end
  if a.blobs then
    for _, blob in ipairs(a.blobs) do
      unit[n + 1], unit[n + 2], unit[n + 3] = ids[BLOB], blob.hash, blob.bytes
      unit[n + 4], unit[n + 5], unit[n + 6] = ids[BLOB_USE], id, blob.hash
      n, count = n + 6, count + 2
    end
  end
  if a.dead_tokens then
    for _, token in ipairs(a.dead_tokens) do
      unit[n + 1], unit[n + 2], unit[n + 3] = ids[DEAD_TOKEN], token, id
      n, count = n + 3, count + 1
    end
  end
  if a.tokens then
    for _, token in ipairs(a.tokens) do
      unit[n + 1], unit[n + 2], unit[n + 3], unit[n + 4] = ids[TOKEN], id, token.token, token.number
      unit[n + 5], unit[n + 6] = token.activity, token.input
      n, count = n + 6, count + 1
    end
  end
  if a.posts then
    posted = {}
    for _, post in ipairs(a.posts) do
      unit[n + 1], unit[n + 2], unit[n + 3], unit[n + 4] = ids[appends.POST], post.execution, post.verb, post.body
      unit[n + 5], unit[n + 6], unit[n + 7] = ids[appends.WAKE], post.execution, now_ms
      n, count = n + 7, count + 2
      posted[#posted + 1] = count - 1
    end
  end
  return n, count, posted
end

--- What remains of one that has ended.
function appends.add_end(ids, unit, n, id, a, now_ms)
  unit[n + 1], unit[n + 2], unit[n + 3], unit[n + 4] = ids[ENDED], id, a.stop_ms or now_ms, a.result
  unit[n + 5], unit[n + 6], unit[n + 7], unit[n + 8] = ids[DROP_TOKENS], id, ids[DROP_INBOX], id
  return n + 8
end

-- An append that has been sent.
local Pending = {}
Pending.__index = Pending

function Pending:wait()
  local results, message, failure = self.answer:wait()
  if not results then
    if failure.code == "EFENCED" then message = "the execution is not this worker's any more" end
    return nil, message, failure
  end
  local posted = self.posted
  if posted then
    self.posted = nil
    self.store:tell(results, posted)
  end
  return true
end

local function has_more(a)
  return a.snapshot or a.blobs or a.dead_tokens or a.tokens or a.posts
end

-- The units of nearly all appends, each a table made at once: a record, and the row that goes on or ends.
local function step_of(ids, a)
  local id, owner, epoch, seq, last_event = a.id, a.owner, a.epoch, a.seq - 1, a.last_event
  return { ids[RECORD], id, owner, epoch, seq, a.first_event, last_event, a.record,
    ids[GO_ON[true]], id, owner, epoch, seq, last_event, a.crashes, a.due_ms }
end

local function end_of(self, a, status)
  local ids, id, owner, epoch, seq, last_event = self.ids, a.id, a.owner, a.epoch, a.seq - 1, a.last_event
  return { ids[RECORD], id, owner, epoch, seq, a.first_event, last_event, a.record,
    ids[END[true]], id, owner, epoch, seq, last_event, a.crashes, status,
    ids[ENDED], id, a.stop_ms or self:now_ms(), a.result, ids[DROP_TOKENS], id, ids[DROP_INBOX], id }
end

--- Adds the functions to a store's class.
function appends.install(Store)
  function Store:append(a)
    local ids, id, record, status = self.ids, a.id, a.record, a.status
    local owner, epoch, seq = a.owner, a.epoch, a.seq - 1
    local ends = status and status ~= "RUNNING"
    if record and not (a.consumed or a.release or has_more(a)) then
      return setmetatable({ answer = self.port:send(ends and end_of(self, a, status) or step_of(ids, a), id, true) },
        Pending)
    end
    local unit, n, count, now_ms = {}, 0, 0, nil
    if record then
      unit = { ids[RECORD], id, owner, epoch, seq, a.first_event, a.last_event, record }
      n, count = 8, 1
    end
    if a.consumed then n, count = appends.add_first(ids, unit, n, count, id, a) end
    if ends or a.release or a.posts then now_ms = self:now_ms() end
    local kind = ends and END or a.release and SLEEP or GO_ON
    unit[n + 1], unit[n + 2], unit[n + 3], unit[n + 4], unit[n + 5] = ids[kind[record ~= nil]], id, owner, epoch, seq
    unit[n + 6], unit[n + 7] = a.last_event, a.crashes
    if ends then unit[n + 8] = status else unit[n + 8] = a.due_ms end
    n, count = n + 8, count + 1
    if kind == SLEEP then
      n = n + 1
      unit[n] = now_ms
    end
    local posted, _
    if has_more(a) then
      n, _, posted = appends.add_rest(ids, unit, n, count, id, a, now_ms)
    end
    if ends then appends.add_end(ids, unit, n, id, a, now_ms) end
    return setmetatable({ answer = self.port:send(unit, id, true), store = self, posted = posted }, Pending)
  end
end

return appends
