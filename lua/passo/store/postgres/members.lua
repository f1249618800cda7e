--- Workers of the PostgreSQL store, what they own, and what others ask of them: leases, claims, inbox, bells.
---
--- A worker holds a session lock of its number, which dies with its connection. Should that be cut, the port makes
--- another and takes the lock again; who found it free meanwhile has buried the worker, whose appends are then refused.
local appends = require "passo.store.postgres.appends"
local statements = require "passo.store.postgres.statements"

local members = {}

local ROWS, ONE, ROW = statements.ROWS, statements.ONE, statements.ROW

local EVERYBODY = 0 -- whom a bell without a worker listens for; workers' numbers begin at 1

local function get(self, sql, kinds, flags)
  return statements.get(self, sql, kinds, flags)
end

local function fenced(failure, words, message)
  if failure.code == "EFENCED" then message = words end
  return nil, message, failure
end

local CLAIMED = ([[UPDATE passo_execution e SET owner = $1, epoch = epoch + 1, wake_ms = NULL FROM due
  WHERE e.id = due.due_id RETURNING e.*]])
local CLAIM = ([[WITH due AS MATERIALIZED (SELECT id AS due_id FROM passo_execution WHERE wake_ms IS NOT NULL
    AND wake_ms <= coalesce($2, passo_now()) AND (revision IS NULL OR revision <> ALL($3::text[]))
    ORDER BY wake_ms, id LIMIT $4 FOR UPDATE SKIP LOCKED),
  mine AS (%s) SELECT %s FROM mine ORDER BY due_ms, id]]):format(CLAIMED, ROW)
local CLAIM_IDS = ([[WITH due AS MATERIALIZED (SELECT id AS due_id FROM passo_execution WHERE id = ANY($2::bigint[])
    AND owner IS NULL AND status = 'RUNNING' AND (revision IS NULL OR revision <> ALL($3::text[]))
    ORDER BY id LIMIT $4 FOR UPDATE),
  mine AS (%s) SELECT %s FROM mine ORDER BY due_ms, id]]):format(CLAIMED, ROW)

-- What was claimed in this transaction, and perhaps some that it appended to: they carry its number.
local MINE_NOW = "e.owner = $1 AND e.xmin = pg_current_xact_id()::xid"
local LOAD_ROWS = [[SELECT e.id, e.birth, s.bytes, s.seq FROM passo_execution e
  LEFT JOIN passo_snapshot s ON s.execution = e.id WHERE ]] .. MINE_NOW
local LOAD_RECORDS = [[SELECT j.execution, j.seq, j.bytes FROM passo_execution e
  LEFT JOIN passo_snapshot s ON s.execution = e.id
  JOIN passo_journal j ON j.execution = e.id AND j.seq > coalesce(s.seq, 0)
  WHERE ]] .. MINE_NOW .. " ORDER BY j.execution, j.seq"
local LOAD_INBOX = [[SELECT i.execution, i.id, i.verb, i.body FROM passo_execution e
  JOIN passo_inbox i ON i.execution = e.id WHERE e.posts > 0 AND ]] .. MINE_NOW .. " ORDER BY i.id"

-- Fills rows with what `load` answers, from the three results behind `at`.
local function fill(rows, results, at)
  local by_id = {}
  for _, row in ipairs(rows) do
    row.records, row.inbox = {}, {}
    by_id[row.id] = row
  end
  for _, cells in ipairs(results[at].rows) do
    local row = by_id[cells[1]]
    if row then row.birth, row.snapshot, row.snapshot_seq = cells[2], cells[3], cells[4] end
  end
  for _, cells in ipairs(results[at + 1].rows) do
    local row = by_id[cells[1]]
    if row then row.records[#row.records + 1] = { seq = cells[2], bytes = cells[3] } end
  end
  for _, cells in ipairs(results[at + 2].rows) do
    local row = by_id[cells[1]]
    if row then row.inbox[#row.inbox + 1] = { id = cells[2], verb = cells[3], body = cells[4] } end
  end
end

--- Adds the functions to a store's class.
function members.install(Store)
  function Store:register(w)
    for _ = 1, 10 do
      local results, message, failure = self.port:run { get(self, "SELECT nextval('passo_worker_id')", "", ROWS) }
      if not results then return nil, message, failure end
      local id = results[1].rows[1][1]
      -- The lock first: a worker that is seen without it is dead.
      local held
      held, message, failure = self.port:hold(id)
      if held == nil then return nil, message, failure end
      results, message, failure = self.port:run {
        get(self, [[INSERT INTO passo_worker VALUES ($1, $2, $3, passo_now() + $4, pg_postmaster_start_time())]],
          "ibbi"), id, w.name, w.info, w.ttl_ms,
      }
      if results then return id end
      -- After a crash of the server its sequence may give a number again that nobody had used by then.
      if failure.code ~= "EEXISTS" then return nil, message, failure end
    end
    return nil, "no number for a worker could be had", { code = "ESTORE" }
  end

  --- Also where the server was away for longer than the port waits: the lock is taken again here.
  function Store:renew(worker, ttl_ms, info)
    local held, message, failure = self.port:hold(worker)
    if held == nil then return nil, message, failure end
    local results
    results, message, failure = self.port:run {
      get(self, [[UPDATE passo_worker SET lease_ms = passo_now() + $2, info = coalesce($3, info),
        born = pg_postmaster_start_time() WHERE id = $1]], "iib", ONE), worker, ttl_ms, info,
    }
    if results then return true end
    return fenced(failure, "the worker's lease was over, and others have taken its executions", message)
  end

  function Store:resign(worker)
    local results, message, failure = self.port:run {
      get(self, "SELECT passo_dissolve($1, 0)", "i", ROWS), worker,
    }
    if not results then return nil, message, failure end
    self.bells[worker] = nil
    self.port:let_go(worker)
    return true
  end

  function Store:bury()
    local results, message, failure = self.port:run {
      get(self, "SELECT worker, executions FROM passo_bury()", "", ROWS),
    }
    if not results then return nil, message, failure end
    local out, due = {}, false
    for i, cells in ipairs(results[1].rows) do
      out[i] = { worker = cells[1], executions = cells[2] }
      due = due or cells[2] > 0
    end
    if due then self:rouse(nil) end
    return out
  end

  function Store:workers()
    local results, message, failure = self.port:read {
      get(self, [[SELECT w.id, w.name, w.info, w.lease_ms, w.lease_ms > passo_now() AND
          (EXISTS (SELECT FROM passo_lock l WHERE l.worker = w.id) OR w.born <> pg_postmaster_start_time())
        FROM passo_worker w ORDER BY w.id]], "", ROWS),
    }
    if not results then return nil, message, failure end
    local out = {}
    for i, cells in ipairs(results[1].rows) do
      out[i] = { id = cells[1], name = cells[2], info = cells[3], lease_ms = cells[4], alive = cells[5] == 1 }
    end
    return out
  end

  function Store:claim(c)
    local unit = statements.unit()
    unit:add(get(self, "SELECT passo_member($1)", "i", ROWS), 1, c.worker)
    if c.ids then
      unit:add(get(self, CLAIM_IDS, "itti", ROWS), 4, c.worker, statements.integers(c.ids),
        statements.texts(c.refused), c.limit)
    else
      unit:add(get(self, CLAIM, "iiti", ROWS), 4, c.worker, c.now_ms, statements.texts(c.refused), c.limit)
    end
    if c.load then
      unit:add(get(self, LOAD_ROWS, "i", ROWS), 1, c.worker)
      unit:add(get(self, LOAD_RECORDS, "i", ROWS), 1, c.worker)
      unit:add(get(self, LOAD_INBOX, "i", ROWS), 1, c.worker)
    end
    local results, message, failure = self.port:run(unit)
    if not results then return fenced(failure, "the worker's lease was over: it can claim nothing", message) end
    local out = {}
    for i, cells in ipairs(results[2].rows) do out[i] = statements.row(cells) end
    if c.load then fill(out, results, 3) end
    return out
  end

  function Store:release(id, owner, epoch, due_ms)
    local results, message, failure = self.port:run({
      get(self, "UPDATE passo_execution SET " .. statements.asleep("$4", "posts")
        .. " WHERE id = $1 AND owner = $2 AND epoch = $3", "iiii", ONE), id, owner, epoch, due_ms,
    }, id)
    if results then return true end
    return fenced(failure, "the execution is not this worker's any more", message)
  end

  function Store:amend(id, fields, expect_epoch)
    local free = "quarantine IS NOT NULL AND status = 'RUNNING' AND owner IS NULL"
    local sql = ([[UPDATE passo_execution SET redrive_count = coalesce($2, redrive_count),
        crashes = coalesce($3, crashes), body = coalesce($4, body),
        quarantine = CASE $5 WHEN 1 THEN $6 WHEN 2 THEN NULL ELSE quarantine END,
        due_ms = CASE WHEN $5 = 2 AND %s THEN passo_now() ELSE due_ms END,
        wake_ms = CASE WHEN $5 = 1 THEN NULL WHEN $5 = 2 AND %s THEN passo_now() ELSE wake_ms END
      WHERE id = $1 AND ($7::bigint IS NULL OR epoch = $7) RETURNING wake_ms]]):format(free, free)
    local change = fields.quarantine and 1 or fields.quarantine == false and 2 or 0
    local results, message, failure = self.port:run {
      get(self, sql, "iiibibi", ROWS), id, fields.redrive_count, fields.crashes, fields.body, change,
      fields.quarantine or nil, expect_epoch,
      get(self, "SELECT 1 FROM passo_execution WHERE id = $1", "i", ROWS), id,
    }
    if not results then return nil, message, failure end
    if results[1].rows[1] then
      if change == 2 then self:rouse(nil) end
      return true
    elseif results[2].rows[1] then
      message = "the execution was claimed meanwhile"
      return nil, message, { code = "EFENCED", message = message }
    end
    message = "there is no such execution"
    return nil, message, { code = "ENOTFOUND", message = message }
  end

  -- tokens and the inbox -----------------------------------------------------------------------------

  function Store:take_activity(activity)
    local results, message, failure = self.port:run {
      get(self, [[WITH next AS MATERIALIZED (SELECT token AS next_token FROM passo_token
            WHERE activity = $1 AND NOT taken ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
          UPDATE passo_token t SET taken = true FROM next WHERE t.token = next.next_token
          RETURNING t.token, t.input, t.execution, abs(t.number)]], "t", ROWS), activity,
    }
    if not results then return nil, message, failure end
    local cells = results[1].rows[1]
    return cells and { token = cells[1], input = cells[2], execution = cells[3], number = cells[4] } or nil
  end

  -- The first answer to a token, and no other.
  local ANSWERED = "UPDATE passo_token SET number = -number WHERE token = $1 AND execution = $2 AND number > 0"

  function Store:post(execution, verb, body, token)
    local unit = {
      get(self, appends.POST, "itb", ROWS), execution, verb, body,
      get(self, "SELECT 1 FROM passo_execution WHERE id = $1", "i", ROWS), execution,
    }
    if token then unit[7], unit[8], unit[9] = get(self, ANSWERED, "ti", ONE), token, execution end
    local results, message, failure = self.port:run(unit)
    if not results and token and failure.code == "EFENCED" then
      message = "the token was answered before"
      return nil, message, { code = "ESTALE", message = message }
    end
    if not results then return nil, message, failure end
    local cells = results[1].rows[1]
    if cells then
      self:rouse(cells[1])
      return { owner = cells[1] }
    elseif results[2].rows[1] then
      return nil, "the execution has ended", { code = "EENDED", message = "the execution has ended" }
    end
    message = "there is no such execution"
    return nil, message, { code = "ENOTFOUND", message = message }
  end

  function Store:inbox(worker)
    local results, message, failure = self.port:read {
      get(self, "SELECT 1 FROM passo_worker WHERE id = $1", "i", ROWS), worker,
      get(self, [[SELECT i.id, i.execution, i.verb, i.body FROM passo_execution e
          JOIN passo_inbox i ON i.execution = e.id WHERE e.owner = $1 AND e.posts > 0 ORDER BY i.id]], "i", ROWS),
      worker,
    }
    if not results then return nil, message, failure end
    if not results[1].rows[1] then
      message = "the worker's lease was over, and others have taken its executions"
      return nil, message, { code = "EFENCED", message = message }
    end
    local out = {}
    for i, cells in ipairs(results[2].rows) do
      out[i] = { id = cells[1], execution = cells[2], verb = cells[3], body = cells[4] }
    end
    return out
  end

  -- bells --------------------------------------------------------------------------------------------

  -- Whoever is rung: this Lua state's bells at once, those of others by the server.
  local function sound(self, number)
    for worker, fn in pairs(self.bells) do
      if number == EVERYBODY or worker == number or worker == EVERYBODY then
        fn(number == EVERYBODY and "due" or "inbox")
      end
    end
  end

  function Store:bell(fn, worker)
    local number = worker or EVERYBODY
    self.bells[number] = fn
    if not fn then return true end
    local function heard(n) sound(self, n) end
    for _, n in ipairs { EVERYBODY, number } do
      if not self.listens[n] then
        local ok, message, failure = self.port:listen(n, heard)
        if not ok then return nil, message, failure end
        self.listens[n] = true
      end
    end
    return true
  end

  --- Somebody may have work: the worker, or without one everybody.
  function Store:rouse(worker)
    local number = worker or EVERYBODY
    if self.bells[number] and worker then return sound(self, number) end
    self.port:ring(number)
  end

  function Store:ring(worker)
    self:rouse(worker)
    return true
  end
end

return members
