--- Executions of the SQLite store: how they begin, change hands, are found and begin again.
local appends = require "passo.store.sqlite.appends"
local core = require "passo.core"
local journal = require "passo.store.sqlite.journal"
local rows = require "passo.store.sqlite.rows"
local schema = require "passo.store.sqlite_schema"

local executions = {}

local NEVER = schema.NEVER

-- beginning ------------------------------------------------------------------------------------

-- Whom an index of 48 bits may confuse is told apart by the ARN itself.
local INSERT = {
  sql = [[INSERT OR FAIL INTO executions(status, owner, epoch, seq, last_event, due_ms, wake_ms, crashes, machine,
        revision, map_run, records, journal, redrive_count)
      SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce(?8, 0), ?9, ?10, ?11, ?12,
        CASE ?12 WHEN 1 THEN (SELECT coalesce(max(id), 0) + 1 FROM journal) END, 0
      WHERE NOT EXISTS(SELECT 1 FROM births WHERE arn_key = ?13 AND arn = ?14)
        AND (?15 IS NULL OR EXISTS(SELECT 1 FROM workers WHERE id = ?15))]],
  kinds = "tiiiiiiiiiiiiti", expect = 1,
}
local BIRTH = {
  sql = [[INSERT OR FAIL INTO births(id, arn_key, arn, name, type, start_ms, parent, parent_token, body, birth)
      VALUES(last_insert_rowid(), ?, ?, ?, ?, ?, ?, ?, ?, ?)]],
  kinds = "itttiiitb",
}
-- RETURNING would keep the row in a table of its own until the statement is over.
local BORN = { sql = "SELECT last_insert_rowid()", kinds = "", rows = true }
-- Within the transaction that has just inserted it, the newest is the one meant.
local NEWEST = "(SELECT max(id) FROM executions)"
local FIRST_RECORD = {
  sql = "INSERT OR FAIL INTO journal(execution, n, seq, first_event, last_event, bytes) VALUES(" .. NEWEST
    .. ", 1, 1, ?, ?, ?)",
  kinds = "iib",
}
local FIRST_END = { sql = "INSERT OR FAIL INTO ends(id, stop_ms, result) VALUES(" .. NEWEST .. ", ?, ?)", kinds = "it" }
local FIRST_SNAPSHOT = {
  sql = "INSERT INTO snapshots(execution, seq, bytes) SELECT id, seq, ? FROM executions WHERE id = " .. NEWEST,
  kinds = "b",
}
local FIRST_BLOB = { sql = "INSERT OR IGNORE INTO blobs(hash, bytes) VALUES(?, ?)", kinds = "bb" }
local FIRST_BLOB_USE = {
  sql = "INSERT OR IGNORE INTO blob_uses(execution, hash) VALUES(" .. NEWEST .. ", ?)", kinds = "b",
}
local FIRST_TOKEN = {
  sql = "INSERT OR REPLACE INTO tokens(execution, token, number, activity, input) VALUES(" .. NEWEST
    .. ", ?, ?, ?, ?)",
  kinds = "titb",
}

-- finding ---------------------------------------------------------------------------------------

local function select_rows(from, kinds)
  return { sql = "SELECT " .. rows.COLUMNS .. " FROM " .. from, kinds = kinds, rows = true }
end

local BY_ID = select_rows("executions e" .. rows.JOINED .. "WHERE e.id = ?", "i")
local BY_IDS = select_rows("json_each(?) l CROSS JOIN executions e ON e.id = l.value" .. rows.JOINED, "t")
local BY_ARN = {
  sql = "SELECT " .. rows.COLUMNS .. " FROM births b CROSS JOIN executions e ON e.id = b.id"
    .. " LEFT JOIN ends x ON x.id = e.id WHERE b.arn_key = ? AND b.arn = ?",
  kinds = "it", rows = true,
}
local ARNS = {
  sql = "SELECT b.arn, b.id FROM json_each(?) l CROSS JOIN births b ON b.arn_key = l.value", kinds = "t", rows = true,
}
local STATES = {
  sql = [[SELECT b.id, b.birth, s.bytes, s.seq FROM json_each(?) l CROSS JOIN births b ON b.id = l.value
      LEFT JOIN snapshots s ON s.execution = b.id]],
  kinds = "t", rows = true,
}
local MAIL = {
  sql = [[SELECT i.execution, i.id, i.verb, i.body FROM json_each(?) l CROSS JOIN inbox i ON i.execution = l.value
      ORDER BY i.id]],
  kinds = "t", rows = true,
}

-- changing hands --------------------------------------------------------------------------------

local REFUSED = "revision NOT IN (SELECT value FROM json_each(?))"
local LIVES = "EXISTS(SELECT 1 FROM workers WHERE id = ?1)"
local TAKE = "UPDATE OR FAIL executions SET owner = ?1, epoch = epoch + 1, wake_ms = NULL WHERE %s RETURNING id, epoch"

local HAS_WORKER = { sql = "SELECT id FROM workers WHERE id = ?", kinds = "i", rows = true }
local CHECK_WORKER = { sql = "UPDATE workers SET locked = locked WHERE id = ?", kinds = "i", expect = 1 }
-- In the order of the index: a hundred thousand that are due at one moment need not be sorted for each claim.
local CLAIM = {
  sql = TAKE:format(([[id IN (SELECT id FROM executions INDEXED BY executions_asleep
      WHERE wake_ms <= ?2 AND %s ORDER BY wake_ms, revision, id LIMIT ?4) AND %s]]):format((REFUSED:gsub("%?", "?3")),
    LIVES)),
  kinds = "iiti", rows = true,
}
local CLAIM_IDS = {
  sql = TAKE:format(([[id IN (SELECT value FROM json_each(?2)) AND owner IS NULL AND status = 'RUNNING' AND %s
      AND %s]]):format((REFUSED:gsub("%?", "?3")), LIVES)),
  kinds = "itt", rows = true,
}
local NEXT_DUE = {
  sql = ("SELECT wake_ms FROM executions INDEXED BY executions_asleep WHERE wake_ms < %d AND %s"
    .. " ORDER BY wake_ms LIMIT 1"):format(NEVER, REFUSED),
  kinds = "t", rows = true,
}
local RELEASE = {
  sql = ([[UPDATE OR FAIL executions SET owner = NULL,
        due_ms = CASE WHEN EXISTS(SELECT 1 FROM inbox WHERE execution = ?1) THEN min(coalesce(?4, ?5), ?5) ELSE ?4 END,
        wake_ms = CASE WHEN quarantine IS NOT NULL THEN %d
          WHEN EXISTS(SELECT 1 FROM inbox WHERE execution = ?1) THEN min(coalesce(?4, ?5), ?5)
          ELSE coalesce(?4, %d) END
      WHERE id = ?1 AND owner = ?2 AND epoch = ?3]]):format(NEVER, NEVER),
  kinds = "iiiii", expect = 1,
}
local REOPEN = {
  sql = [[UPDATE executions SET status = 'RUNNING', owner = ?3, epoch = epoch + 1, due_ms = ?4, wake_ms = NULL,
        redrive_count = coalesce(?5, redrive_count), redrive_ms = coalesce(?6, redrive_ms)
      WHERE id = ?1 AND epoch = ?2 AND status <> 'RUNNING' AND EXISTS(SELECT 1 FROM workers WHERE id = ?3)]],
  kinds = "iiiiii", expect = 1,
}
local REOPEN_RECORD = {
  sql = ([[INSERT INTO journal(execution, n, prev, leap, seq, first_event, last_event, bytes)
      SELECT id, records + 1, journal, %s, seq + 1, coalesce(?2, last_event + 1), coalesce(?3, last_event), ?4
        FROM executions WHERE id = ?1]]):format(journal.LEAP),
  kinds = "iiib", expect = 1,
}
local REOPEN_FOLLOW = {
  sql = "UPDATE executions SET seq = seq + 1, last_event = coalesce(?2, last_event), " .. journal.FOLLOW
    .. " WHERE id = ?1",
  kinds = "ii", expect = 1,
}
local NOT_ENDED = { sql = "DELETE FROM ends WHERE id = ?", kinds = "i" }
-- A parameter that is 0 leaves what is there.
local AMEND = {
  sql = ([[UPDATE executions SET redrive_count = coalesce(?3, redrive_count), crashes = coalesce(?4, crashes),
        due_ms = CASE WHEN ?5 AND ?6 IS NULL AND quarantine IS NOT NULL AND owner IS NULL AND status = 'RUNNING' THEN ?7
          ELSE due_ms END,
        wake_ms = CASE WHEN NOT ?5 OR wake_ms IS NULL THEN wake_ms WHEN ?6 IS NOT NULL THEN %d
          WHEN quarantine IS NOT NULL THEN ?7 ELSE wake_ms END,
        quarantine = CASE WHEN ?5 THEN ?6 ELSE quarantine END
      WHERE id = ?1 AND (?2 IS NULL OR epoch = ?2)]]):format(NEVER),
  kinds = "iiiiiti", expect = 1,
}
local AMEND_BODY = { sql = "UPDATE births SET body = ? WHERE id = ?", kinds = "ti" }

-- An ARN as 48 bits.
local function key_of(arn)
  return tonumber(core.digest("md5", arn):sub(1, 12), 16)
end

-- The numbers of the texts an execution shares with others.
local function share(self, e)
  local machine, message, failure = self:name_id(e.machine, true)
  if not machine then return nil, message, failure end
  local revision, map_run
  revision, message, failure = self:name_id(e.revision, true)
  if not revision then return nil, message, failure end
  if e.map_run then
    map_run, message, failure = self:name_id(e.map_run, true)
    if not map_run then return nil, message, failure end
  end
  return true, machine, revision, map_run
end

local NONE = {}

-- The first append of an execution: places, statements, and where the owners of its posts are told.
local function add_first_append(ids, unit, n, count, e)
  local posted
  if e.snapshot then
    unit[n + 1], unit[n + 2] = ids[FIRST_SNAPSHOT], e.snapshot
    n, count = n + 2, count + 1
  end
  for _, blob in ipairs(e.blobs or NONE) do
    unit[n + 1], unit[n + 2], unit[n + 3] = ids[FIRST_BLOB], blob.hash, blob.bytes
    unit[n + 4], unit[n + 5] = ids[FIRST_BLOB_USE], blob.hash
    n, count = n + 5, count + 2
  end
  for _, token in ipairs(e.tokens or NONE) do
    unit[n + 1], unit[n + 2], unit[n + 3] = ids[FIRST_TOKEN], token.token, token.number
    unit[n + 4], unit[n + 5] = token.activity, token.input
    n, count = n + 5, count + 1
  end
  if e.posts then n, count, posted = appends.add_rest(ids, unit, n, count, nil, { posts = e.posts }, e.start_ms) end
  return n, count, posted
end

-- All of nearly every insert, a table made at once: an execution that goes on in this process.
local function unit_of(ids, e, machine, revision, map_run)
  local arn_key, arn, owner, last_event = key_of(e.arn), e.arn, e.owner, e.last_event or 0
  return { ids[INSERT], "RUNNING", owner, e.epoch or 1, 1, last_event, e.due_ms, nil, e.crashes, machine, revision,
    map_run, 1, arn_key, arn, owner,
    ids[BIRTH], arn_key, arn, e.name, e.type, e.start_ms, e.parent, e.parent_token, e.body, e.birth, ids[BORN],
    ids[FIRST_RECORD], e.first_event or 1, last_event, e.record }
end

-- Adds all that begins an execution to a unit.
local function add_execution(self, unit, n, count, e, machine, revision, map_run)
  local ids, status, record = self.ids, e.status or "RUNNING", e.record
  local runs, owner = status == "RUNNING", e.owner
  local arn_key = key_of(e.arn)
  local wake_ms = runs and not owner and (e.due_ms or NEVER) or nil
  unit[n + 1], unit[n + 2], unit[n + 3], unit[n + 4] = ids[INSERT], status, runs and owner or nil, e.epoch or 1
  unit[n + 5], unit[n + 6], unit[n + 7], unit[n + 8] = record and 1 or 0, e.last_event or 0, runs and e.due_ms or nil,
    wake_ms
  unit[n + 9], unit[n + 10], unit[n + 11], unit[n + 12] = e.crashes, machine, revision, map_run
  unit[n + 13], unit[n + 14], unit[n + 15], unit[n + 16] = record and 1 or 0, arn_key, e.arn, owner
  n = n + 16
  unit[n + 1], unit[n + 2], unit[n + 3], unit[n + 4], unit[n + 5] = ids[BIRTH], arn_key, e.arn, e.name, e.type
  unit[n + 6], unit[n + 7], unit[n + 8] = e.start_ms, e.parent, e.parent_token
  unit[n + 9], unit[n + 10], unit[n + 11] = e.body, e.birth, ids[BORN]
  n, count = n + 11, count + 3
  local born = count
  if record then
    unit[n + 1], unit[n + 2], unit[n + 3], unit[n + 4] = ids[FIRST_RECORD], e.first_event or 1, e.last_event or 0,
      record
    n, count = n + 4, count + 1
  end
  if not runs then
    unit[n + 1], unit[n + 2], unit[n + 3] = ids[FIRST_END], e.stop_ms or self:now_ms(), e.result
    n, count = n + 3, count + 1
  end
  local posted
  n, count, posted = add_first_append(ids, unit, n, count, e)
  return n, count, born, posted
end

local function not_begun(self, e)
  local row, message, failure = self:describe(e.arn)
  if row then
    return nil, "an execution of this name exists already", { code = "EEXISTS", execution = row }
  elseif message then
    return nil, message, failure
  end
  return self:fenced "the worker's lease was over: it can start nothing"
end

--- Adds the functions to a store's class.
function executions.install(Store)
  function Store:insert(e)
    local ok, machine, revision, map_run = share(self, e)
    if not ok then return nil, machine, revision end
    local born, posted, _ = 3, nil, nil
    local unit
    if e.record and e.owner and (e.status or "RUNNING") == "RUNNING"
      and not (e.snapshot or e.blobs or e.tokens or e.posts) then
      unit = unit_of(self.ids, e, machine, revision, map_run)
    else
      unit = {}
      _, _, born, posted = add_execution(self, unit, 0, 0, e, machine, revision, map_run)
    end
    local results, message, failure = self.port:run(unit, nil, true)
    if not results then
      if failure.code == "EFENCED" and failure.statement == 1 then return not_begun(self, e) end
      return nil, message, failure
    end
    if posted then self:tell(results, posted) end
    return results[born].rows[1][1]
  end

  -- The ids of those ARNs that are there, by ARN.
  local function existing(self, list)
    local keys = {}
    for i, e in ipairs(list) do keys[i] = key_of(e.arn) end
    local results, message, failure = self.port:read { self.ids[ARNS], rows.ids(keys) }
    if not results then return nil, message, failure end
    local by_arn = {}
    for _, r in ipairs(results[1].rows) do by_arn[r[1]] = r[2] end
    return by_arn
  end

  -- Inserts those of the list that are new, in one commit. True, or false when another process was faster.
  local function insert_new(self, list, out)
    local known, message, failure = existing(self, list)
    if not known then return nil, message, failure end
    local unit, n, count, born, posts, old = {}, 0, 0, {}, {}, {}
    for i, e in ipairs(list) do
      if known[e.arn] then
        old[#old + 1] = i
      else
        known[e.arn] = true
        local ok, machine, revision, map_run = share(self, e)
        if not ok then return nil, machine, revision end
        local posted
        n, count, born[i], posted = add_execution(self, unit, n, count, e, machine, revision, map_run)
        for _, k in ipairs(posted or {}) do posts[#posts + 1] = k end
      end
    end
    if n > 0 then
      local results
      results, message, failure = self.port:run(unit)
      if not results then
        if failure.code == "EFENCED" then return false end
        return nil, message, failure
      end
      self:tell(results, posts)
      for i, k in pairs(born) do out[i] = results[k].rows[1][1] end
    end
    for _, i in ipairs(old) do
      out[i], message, failure = self:describe(list[i].arn)
      if not out[i] then return nil, message, failure end
      out[i] = { existing = out[i] }
    end
    return true
  end

  function Store:insert_many(list)
    local out = {}
    local done, message, failure = insert_new(self, list, out)
    if done == false then
      for _, e in ipairs(list) do
        local results
        results, message, failure = self.port:read { self.ids[HAS_WORKER], e.owner or 0 }
        if not results then return nil, message, failure end
        if e.owner and not results[1].rows[1] then
          return self:fenced "the worker's lease was over: it can start nothing"
        end
      end
      out = {}
      done, message, failure = insert_new(self, list, out)
      if done == false then return nil, "others insert the same executions", { code = "EFENCED" } end
    end
    if not done then return nil, message, failure end
    return out
  end

  local function one(self, unit)
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    local list
    list, message, failure = rows.read(self, results[1].rows)
    if not list then return nil, message, failure end
    return list[1]
  end

  function Store:describe(arn)
    return one(self, { self.ids[BY_ARN], key_of(arn), arn })
  end

  function Store:describe_id(id)
    return one(self, { self.ids[BY_ID], id })
  end

  -- Rows of these ids with all that is needed to go on.
  local function load_many(self, list)
    local ids, wanted = self.ids, rows.ids(list)
    local results, message, failure = self.port:read {
      ids[BY_IDS], wanted, ids[STATES], wanted, ids[journal.TAILS], wanted, ids[MAIL], wanted,
    }
    if not results then return nil, message, failure end
    local found
    found, message, failure = rows.read(self, results[1].rows)
    if not found then return nil, message, failure end
    local by_id = {}
    for _, row in ipairs(found) do
      row.records, row.inbox = {}, {}
      by_id[row.id] = row
    end
    for _, r in ipairs(results[2].rows) do
      local row = by_id[r[1]]
      row.birth, row.snapshot, row.snapshot_seq = r[2], r[3], r[4]
    end
    for _, r in ipairs(results[3].rows) do
      local records = by_id[r[1]].records
      records[#records + 1] = { seq = r[2], bytes = r[3] }
    end
    for _, row in ipairs(found) do table.sort(row.records, function(a, b) return a.seq < b.seq end) end
    for _, r in ipairs(results[4].rows) do
      local inbox = by_id[r[1]].inbox
      inbox[#inbox + 1] = { id = r[2], verb = r[3], body = r[4] }
    end
    return found
  end

  function Store:load(id)
    local found, message, failure = load_many(self, { id })
    if not found then return nil, message, failure end
    if not found[1] then return self:absent() end
    return found[1]
  end

  local function refused_list(self, refused)
    local list = {}
    for _, revision in ipairs(refused or {}) do
      local id, message, failure = self:name_id(revision)
      if message then return nil, message, failure end
      list[#list + 1] = id
    end
    return rows.ids(list)
  end

  -- What was claimed, as rows: those that are still ours.
  local function claimed_rows(self, taken, load)
    local list, epochs = {}, {}
    for i, r in ipairs(taken) do list[i], epochs[r[1]] = r[1], r[2] end
    local found, message, failure
    if load then
      found, message, failure = load_many(self, list)
    else
      local results
      results, message, failure = self.port:read { self.ids[BY_IDS], rows.ids(list) }
      if results then found, message, failure = rows.read(self, results[1].rows) end
    end
    if not found then return nil, message, failure end
    local out = {}
    for _, row in ipairs(found) do
      if row.epoch == epochs[row.id] and row.owner then out[#out + 1] = row end
    end
    table.sort(out, function(a, b)
      local a_ms, b_ms = a.due_ms or NEVER, b.due_ms or NEVER
      return a_ms < b_ms or (a_ms == b_ms and a.id < b.id)
    end)
    return out
  end

  function Store:claim(c)
    local refused, message, failure = refused_list(self, c.refused)
    if not refused then return nil, message, failure end
    local ids, results = self.ids
    if c.ids then
      local list = {}
      for i = 1, math.min(#c.ids, c.limit or #c.ids) do list[i] = c.ids[i] end
      results, message, failure = self.port:run {
        ids[CLAIM_IDS], c.worker, rows.ids(list), refused, ids[CHECK_WORKER], c.worker,
      }
    else
      -- Most of the time nothing is due: then nothing is written.
      local now_ms = c.now_ms or self:now_ms()
      results, message, failure = self.port:read { ids[NEXT_DUE], refused, ids[HAS_WORKER], c.worker }
      if not results then return nil, message, failure end
      if not results[2].rows[1] then return self:fenced "the worker's lease was over: it can claim nothing" end
      local due = results[1].rows[1]
      if not due or due[1] > now_ms then return {} end
      results, message, failure = self.port:run {
        ids[CLAIM], c.worker, now_ms, refused, c.limit or -1, ids[CHECK_WORKER], c.worker,
      }
    end
    if not results then
      if failure.code == "EFENCED" then return self:fenced "the worker's lease was over: it can claim nothing" end
      return nil, message, failure
    end
    if #results[1].rows == 0 then return {} end
    return claimed_rows(self, results[1].rows, c.load)
  end

  function Store:next_due(refused)
    local list, message, failure = refused_list(self, refused)
    if not list then return nil, message, failure end
    local results
    results, message, failure = self.port:read { self.ids[NEXT_DUE], list }
    if not results then return nil, message, failure end
    local due = results[1].rows[1]
    return due and due[1]
  end

  function Store:release(id, owner, epoch, due_ms)
    local ok, message, failure = self.port:run { self.ids[RELEASE], id, owner, epoch, due_ms, self:now_ms() }
    if ok then return true end
    if failure.code == "EFENCED" then return self:fenced "the execution is not this worker's any more" end
    return nil, message, failure
  end

  function Store:amend(id, fields, expect_epoch)
    local quarantine = fields.quarantine
    local unit = {
      self.ids[AMEND], id, expect_epoch, fields.redrive_count, fields.crashes, quarantine ~= nil,
      quarantine or nil, self:now_ms(),
    }
    if fields.body then unit[9], unit[10], unit[11] = self.ids[AMEND_BODY], fields.body, id end
    local ok, message, failure = self.port:run(unit)
    if ok then return true end
    if failure.code ~= "EFENCED" then return nil, message, failure end
    local row
    row, message, failure = self:describe_id(id)
    if row then return self:fenced "the execution was claimed meanwhile" end
    if message then return nil, message, failure end
    return self:absent()
  end

  function Store:reopen(r)
    local ids, id = self.ids, r.id
    local unit = {
      ids[REOPEN], id, r.epoch, r.owner, r.due_ms, r.redrive_count, r.redrive_ms, ids[NOT_ENDED], id,
    }
    local n, count = 9, 2
    if r.record then
      unit[n + 1], unit[n + 2], unit[n + 3], unit[n + 4] = ids[REOPEN_RECORD], id, r.first_event, r.last_event
      unit[n + 5], unit[n + 6], unit[n + 7], unit[n + 8] = r.record, ids[REOPEN_FOLLOW], id, r.last_event
      n, count = n + 8, count + 2
    end
    local posted = select(3, appends.add_rest(ids, unit, n, count, id, r, self:now_ms()))
    local results, message, failure = self.port:run(unit)
    if not results then
      if failure.code == "EFENCED" then return self:fenced "the execution was redriven or forgotten meanwhile" end
      return nil, message, failure
    end
    if posted then self:tell(results, posted) end
    return self:describe_id(id)
  end
end

return executions
