--- What moves executions in the PostgreSQL store: insert, append, reopen, and what comes with each of them.
---
--- An append is one statement: it moves the row if owner, epoch and number are right, and adds the record of the row it
--- moved. Where it moved none, the record has no execution, which no record may lack: the server itself ends the
--- transaction, within the one round trip. Should the connection be lost in it, the record says what became of it.
local statements = require "passo.store.postgres.statements"

local appends = {}

local NOTHING = {}
local ROWS, ONE = statements.ROWS, statements.ONE

-- SQL that ends its transaction by itself, and how to find out later whether that was committed.
local function guarded(witness, sql)
  return ("/* guarded; witness %s */ %s"):format(witness, sql)
end

-- what comes with a record -------------------------------------------------------------------------

local SNAPSHOT = [[INSERT INTO passo_snapshot(execution, seq, bytes)
  SELECT id, seq, $2 FROM passo_execution WHERE id = $1
  ON CONFLICT (execution) DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes]]
-- The update changes nothing, but waits for who is about to forget it.
local BLOB = "INSERT INTO passo_blob(hash, bytes) VALUES ($1, $2) ON CONFLICT (hash) DO UPDATE SET hash = excluded.hash"
local USE = [[INSERT INTO passo_blob_use(execution, hash) SELECT id, $2 FROM passo_execution WHERE id = $1
  ON CONFLICT DO NOTHING]]
local CONSUME = [[WITH gone AS (DELETE FROM passo_inbox WHERE execution = $1 AND id = ANY($2::bigint[]) RETURNING 1)
  UPDATE passo_execution SET posts = posts - (SELECT count(*) FROM gone) WHERE id = $1]]
local KILL = "DELETE FROM passo_token WHERE execution = $1 AND token = ANY($2::text[])"
local TOKEN = [[INSERT INTO passo_token(token, execution, number, activity, input)
  SELECT $2, id, $3, $4, $5 FROM passo_execution WHERE id = $1
  ON CONFLICT (token) DO UPDATE SET execution = excluded.execution, number = excluded.number,
    activity = excluded.activity, input = excluded.input, taken = false]]
local NO_TOKENS = "DELETE FROM passo_token WHERE execution = $1"
local NO_INBOX = "DELETE FROM passo_inbox WHERE execution = $1"

-- Locks the row: who lets go of it at the same moment is before us or behind us, and sees our post or is seen by it.
appends.POST = [[WITH e AS (UPDATE passo_execution SET posts = posts + 1,
      due_ms = CASE WHEN owner IS NULL AND quarantine IS NULL THEN least(coalesce(due_ms, passo_now()), passo_now())
        ELSE due_ms END,
      wake_ms = CASE WHEN owner IS NULL AND quarantine IS NULL THEN least(coalesce(due_ms, passo_now()), passo_now())
        ELSE wake_ms END
    WHERE id = $1 AND status = 'RUNNING' RETURNING id, owner),
  i AS (INSERT INTO passo_inbox(execution, verb, body) SELECT id, $2, $3 FROM e)
  SELECT owner FROM e]]

local function add_blobs(self, unit, id, blobs)
  for _, blob in ipairs(blobs) do
    unit:add(statements.get(self, BLOB, "bb"), 2, blob.hash, blob.bytes)
    unit:add(statements.get(self, USE, "ib"), 2, id, blob.hash)
  end
end

-- Of the unit's answers, those that say who was posted to.
local function add_posts(self, unit, posts)
  local post, answers = statements.get(self, appends.POST, "itb", ROWS), {}
  for i, p in ipairs(posts) do answers[i] = unit:add(post, 3, p.execution, p.verb, p.body) end
  return answers
end

-- What stands behind the row and its record. `ends`: tokens and inbox go.
local function add_rest(self, unit, id, a, ends)
  if a.snapshot then unit:add(statements.get(self, SNAPSHOT, "ib"), 2, id, a.snapshot) end
  if a.blobs and a.blobs[1] then add_blobs(self, unit, id, a.blobs) end
  if ends then return a.posts and a.posts[1] and add_posts(self, unit, a.posts) end
  if a.dead_tokens and a.dead_tokens[1] then
    unit:add(statements.get(self, KILL, "it"), 2, id, statements.texts(a.dead_tokens))
  end
  for _, token in ipairs(a.tokens or NOTHING) do
    unit:add(statements.get(self, TOKEN, "ititb"), 5, id, token.token, token.number, token.activity, token.input)
  end
  return a.posts and a.posts[1] and add_posts(self, unit, a.posts)
end

local function ring_posted(self, answers, results)
  for _, k in ipairs(answers or NOTHING) do
    local cells = results[k].rows[1]
    if cells then self:rouse(cells[1]) end
  end
end

-- inserting ----------------------------------------------------------------------------------------

local FIELDS = {
  { "arn", "t" }, { "machine", "t" }, { "name", "t" }, { "revision", "t" }, { "type", "t" }, { "status", "t" },
  { "start_ms", "i" }, { "stop_ms", "i" }, { "body", "b" }, { "result", "b" }, { "parent", "i" },
  { "parent_token", "i" }, { "map_run", "t" }, { "epoch", "i" }, { "due_ms", "i" }, { "wake_ms", "i" }, { "seq", "i" },
  { "last_event", "i" }, { "crashes", "i" }, { "birth", "b" },
}

-- $1 is the id, $2 the owner, then the fields, then the record's first event and bytes.
local INSERT, INSERT_KINDS
do
  local names, places, kinds = {}, {}, { "i", "i" }
  for i, field in ipairs(FIELDS) do
    names[i], places[i], kinds[i + 2] = field[1], ("$%d"):format(i + 2), field[2]
  end
  INSERT = ([[INSERT INTO passo_execution(id, owner, %s) VALUES (CASE WHEN $2::bigint IS NULL
      OR EXISTS (SELECT FROM passo_worker WHERE id = $2) THEN $1 END, $2, %s)]])
    :format(table.concat(names, ", "), table.concat(places, ", "))
  INSERT_KINDS = table.concat(kinds)
end
local WITNESS_INSERT = "SELECT FROM passo_execution WHERE id = $1"
local EPOCH, LAST, BYTES = "$16", "$20", ("$%d"):format(#FIELDS + 4)
local FIRST = ("$%d"):format(#FIELDS + 3)
local INSERT_RECORD = ("WITH e AS (%s RETURNING id) INSERT INTO passo_journal VALUES "
  .. "((SELECT id FROM e), 1, %s, %s, %s, %s)"):format(INSERT, EPOCH, FIRST, LAST, BYTES)
local INSERT_NEW = INSERT .. " ON CONFLICT (arn) DO NOTHING RETURNING id"
local RECORD_NEW = [[INSERT INTO passo_journal SELECT id, 1, epoch, $2, last_event, $3 FROM passo_execution
  WHERE id = $1]]

local function values_of(self, e, id)
  local running = (e.status or "RUNNING") == "RUNNING"
  local owner = e.owner
  local due_ms = running and e.due_ms or nil
  local stop_ms = e.stop_ms
  if not running then stop_ms = stop_ms or self:now_ms() end
  return {
    id, running and owner or nil, e.arn, e.machine, e.name, e.revision, e.type, e.status or "RUNNING", e.start_ms,
    stop_ms, e.body, e.result, e.parent, e.parent_token, e.map_run, e.epoch or 1, due_ms,
    running and (not owner or e.release) and due_ms or nil, e.record and 1 or 0, e.record and e.last_event or 0,
    e.crashes or 0, e.birth,
  }, not running
end

-- Like unit:add, of a list with nil in it.
local function add_values(unit, id, values, count, extra, ...)
  local n = unit.n + 1
  unit[n] = id
  for i = 1, count do unit[n + i] = values[i] end
  for i = 1, extra do unit[n + count + i] = (select(i, ...)) end
  unit.n, unit.count = n + count + extra, unit.count + 1
  return unit.count
end

local VALUES = #FIELDS + 2
local STATUS_OWNER = "the worker's lease was over: it can start nothing"

-- moving -------------------------------------------------------------------------------------------

-- $1 id, $2 owner, $3 epoch, $4 seq, $5 first event, $6 last event, $7 due, $8 crashes, $9 bytes, $10 result,
-- $11 stop, $12 status
local KINDS = "iiiiiiiibbit"
local MOVE = "UPDATE passo_execution SET seq = $4, last_event = coalesce($6, last_event), "
  .. "crashes = coalesce($8, crashes)"
local MINE = " WHERE id = $1 AND owner = $2 AND epoch = $3 AND seq = $4 - 1"
local WITH_RESULT = ", result = coalesce($10, result), stop_ms = coalesce($11, stop_ms)"
local SETS = {
  live = ", due_ms = $7",
  result = ", due_ms = $7" .. WITH_RESULT,
  release = ", " .. statements.asleep("$7", "posts") .. WITH_RESULT,
  ended = [[, status = $12, result = coalesce($10, result), stop_ms = coalesce($11, stop_ms, passo_now()), owner = NULL,
    due_ms = NULL, wake_ms = NULL, posts = 0]],
}
local COUNTS = { live = 9, result = 11, release = 11, ended = 12 }
local WITNESS = "SELECT FROM passo_journal WHERE execution = $1 AND seq = $4 AND epoch = $3"
local FIRST_EVENT = "coalesce($5, (SELECT last_event + 1 FROM passo_execution WHERE id = $1))"

local MOVES = {}
for kind, set in pairs(SETS) do
  MOVES[kind] = {
    kinds = KINDS:sub(1, COUNTS[kind]),
    count = COUNTS[kind],
    -- Parameters that a statement has no use for have a type all the same.
    record = guarded(WITNESS, ("WITH e AS (%s%s%s RETURNING id, last_event) INSERT INTO passo_journal VALUES "
      .. "((SELECT id FROM e), $4, $3, %s, (SELECT last_event FROM e), $9)"):format(MOVE, set, MINE, FIRST_EVENT)),
    bare = MOVE .. set .. MINE,
  }
end

MOVES.ended.record = guarded(WITNESS, "SELECT passo_end($1, $2, $3, $4, $5, $6, $8, $9, $10, $11, $12)")

local FENCED = "the execution is not this worker's any more"

--- What an append answers as long as nobody knows.
local Append = {}
Append.__index = Append

--- true when it is durable, or nil, message, failure.
function Append:wait()
  local results, message, failure = self.pending:wait()
  if not results then
    if failure.code == "EFENCED" then message = FENCED end
    return nil, message, failure
  end
  local answers = self.answers
  if answers then
    self.answers = nil
    ring_posted(self.store, answers, results)
  end
  return true
end

--- Whether the answer has come: `wait` would not.
function Append:is_over()
  return self.pending:is_over()
end

local REOPEN = [[UPDATE passo_execution SET status = 'RUNNING', stop_ms = $4, result = $5, epoch = epoch + 1,
    owner = $2,
    redrive_count = coalesce($6, redrive_count), redrive_ms = coalesce($7, redrive_ms), wake_ms = NULL, due_ms = $8,
    crashes = coalesce($9, crashes), posts = 0, %s
  WHERE id = $1 AND epoch = $3 AND status <> 'RUNNING' AND EXISTS (SELECT FROM passo_worker WHERE id = $2)]]
local REOPEN_BARE = REOPEN:format "seq = seq"
local REOPEN_RECORD = ([[/* guarded */ WITH e AS (%s RETURNING id, seq, epoch, last_event)
  INSERT INTO passo_journal VALUES ((SELECT id FROM e), (SELECT seq FROM e), (SELECT epoch FROM e),
    coalesce($10, (SELECT last_event + 1 FROM passo_execution WHERE id = $1)),
    (SELECT last_event FROM e), $12)]])
  :format(REOPEN:format "seq = seq + 1, last_event = coalesce($11, last_event)")

--- Adds the functions to a store's class.
function appends.install(Store)
  local DESCRIBE = "SELECT " .. statements.ROW .. " FROM passo_execution WHERE id = $1"

  function Store:insert(e)
    local id, message, failure = self:next_id()
    if not id then return nil, message, failure end
    local unit = statements.unit()
    local values, ends = values_of(self, e, id)
    if e.record then
      local insert = statements.get(self, guarded(WITNESS_INSERT, INSERT_RECORD), INSERT_KINDS .. "ib", ONE)
      add_values(unit, insert, values, VALUES, 2, e.first_event or 1, e.record)
    else
      add_values(unit, statements.get(self, guarded(WITNESS_INSERT, INSERT), INSERT_KINDS, ONE), values, VALUES, 0)
    end
    local answers = add_rest(self, unit, id, e, ends)
    local results
    results, message, failure = self.port:run(unit)
    if not results then
      if failure.code == "EEXISTS" then
        local row = self:describe(e.arn)
        message = "an execution of this name exists already"
        return nil, message, { code = "EEXISTS", message = message, execution = row }
      end
      return nil, failure.code == "EFENCED" and STATUS_OWNER or message, failure
    end
    ring_posted(self, answers, results)
    if values[18] then self:rouse(nil) end
    return id
  end

  function Store:insert_many(list)
    local unit, ids, made, posted = statements.unit(), {}, {}, {}
    local insert = statements.get(self, INSERT_NEW, INSERT_KINDS, ROWS)
    local record = statements.get(self, RECORD_NEW, "iib")
    local message, failure
    for i, e in ipairs(list) do
      ids[i], message, failure = self:next_id()
      if not ids[i] then return nil, message, failure end
      local values, ends = values_of(self, e, ids[i])
      made[i] = add_values(unit, insert, values, VALUES, 0)
      if e.record then unit:add(record, 3, ids[i], e.first_event or 1, e.record) end
      posted[i] = add_rest(self, unit, ids[i], e, ends)
    end
    if unit.count == 0 then return {} end
    local results
    results, message, failure = self.port:run(unit)
    if not results then return nil, failure.code == "EFENCED" and STATUS_OWNER or message, failure end
    local out = {}
    for i, e in ipairs(list) do
      ring_posted(self, posted[i], results)
      out[i] = results[made[i]].rows[1] and ids[i]
      if not out[i] then
        local row
        row, message, failure = self:describe(e.arn)
        if failure then return nil, message, failure end
        out[i] = { existing = row }
      end
    end
    return out
  end

  function Store:append(a)
    local id, status, unit = a.id, a.status, statements.unit()
    local ends = status ~= nil and status ~= "RUNNING"
    if a.consumed and a.consumed[1] and not ends then
      unit:add(statements.get(self, CONSUME, "it"), 2, id, statements.integers(a.consumed))
    end
    local move = MOVES[ends and "ended" or a.release and "release" or (a.result or a.stop_ms) and "result" or "live"]
    local sql = a.record and move.record or move.bare
    local core = self.moves[sql]
    if not core then
      core = self.port:prepare(sql, move.kinds, ONE)
      self.moves[sql] = core
    end
    unit:add(core, move.count, id, a.owner, a.epoch, a.seq, a.first_event, a.last_event, a.due_ms, a.crashes, a.record,
      a.result, a.stop_ms, status)
    local answers = add_rest(self, unit, id, a, ends)
    if ends and not a.record then
      unit:add(statements.get(self, NO_TOKENS, "i"), 1, id)
      unit:add(statements.get(self, NO_INBOX, "i"), 1, id)
    end
    return setmetatable({ store = self, pending = self.port:send(unit, id), answers = answers }, Append)
  end

  function Store:reopen(r)
    local unit = statements.unit()
    if r.record then
      local reopen = statements.get(self, REOPEN_RECORD, "iiiibiiiiiib", ONE)
      unit:add(reopen, 12, r.id, r.owner, r.epoch, r.stop_ms, r.result, r.redrive_count, r.redrive_ms, r.due_ms,
        r.crashes, r.first_event, r.last_event, r.record)
    else
      unit:add(statements.get(self, REOPEN_BARE, "iiiibiiii", ONE), 9, r.id, r.owner, r.epoch, r.stop_ms, r.result,
        r.redrive_count, r.redrive_ms, r.due_ms, r.crashes)
    end
    local answers = add_rest(self, unit, r.id, r, false)
    local row = unit:add(statements.get(self, DESCRIBE, "i", ROWS), 1, r.id)
    local results, message, failure = self.port:run(unit)
    if not results then
      if failure.code == "EFENCED" then message = "the execution was redriven or forgotten meanwhile" end
      return nil, message, failure
    end
    ring_posted(self, answers, results)
    return statements.row(results[row].rows[1])
  end
end

return appends
