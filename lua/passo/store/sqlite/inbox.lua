--- The inbox, task tokens, activities and bells of the SQLite store.
local appends = require "passo.store.sqlite.appends"

local inbox = {}

local INBOX = {
  sql = [[SELECT i.id, i.execution, i.verb, i.body FROM inbox i CROSS JOIN executions e ON e.id = i.execution
      WHERE e.owner = ? ORDER BY i.id]],
  kinds = "i", rows = true,
}
local WORKER = { sql = "SELECT id FROM workers WHERE id = ?", kinds = "i", rows = true }
local WORKERS = { sql = "SELECT id FROM workers", kinds = "", rows = true }
local STATUS = { sql = "SELECT status FROM executions WHERE id = ?", kinds = "i", rows = true }
local TOKEN = {
  sql = "SELECT execution, number, activity, taken FROM tokens WHERE token = ?", kinds = "t", rows = true,
}
-- The first answer to a token, and no other.
local ANSWERED = {
  sql = "UPDATE tokens SET number = -number WHERE token = ? AND execution = ? AND number > 0", kinds = "ti", expect = 1,
}
local OFFERED = {
  sql = "SELECT min(id) FROM tokens INDEXED BY tokens_offered"
    .. " WHERE activity = ? AND activity IS NOT NULL AND taken = 0",
  kinds = "t", rows = true,
}
local TAKE = {
  sql = [[UPDATE tokens SET taken = 1 WHERE id = (SELECT min(id) FROM tokens INDEXED BY tokens_offered
      WHERE activity = ? AND activity IS NOT NULL AND taken = 0) RETURNING token, input, execution, abs(number)]],
  kinds = "t", rows = true,
}

--- Adds the functions to a store's class.
function inbox.install(Store)
  --- Rings for those whom a unit has posted to: `posted` are the places of the posts in its answer.
  function Store:tell(results, posted)
    local told = {}
    for _, k in ipairs(posted) do
      local row = results[k].rows[1]
      if row and not told[row[1]] then
        told[row[1]] = true
        -- What sleeps is for anybody: for us, or else for all the others.
        if row[1] ~= 0 then self:ring(row[1])
        elseif next(self.bells) then self:call_bells(nil, "due")
        else self:ring() end
      end
    end
  end

  function Store:post(execution, verb, body, token)
    local ids = self.ids
    local unit = { ids[appends.POST], execution, verb, body, ids[appends.WAKE], execution, self:now_ms(),
      ids[STATUS], execution }
    if token then unit[10], unit[11], unit[12] = ids[ANSWERED], token, execution end
    local results, message, failure = self.port:run(unit)
    if not results and token and failure.code == "EFENCED" then
      return nil, "the token was answered before", { code = "ESTALE", message = "the token was answered before" }
    end
    if not results then return nil, message, failure end
    local posted = results[1].rows[1]
    if not posted then
      if not results[3].rows[1] then return self:absent() end
      return nil, "the execution has ended", { code = "EENDED" }
    end
    self:tell(results, { 1 })
    return { owner = posted[1] ~= 0 and posted[1] or nil }
  end

  function Store:inbox(worker)
    local results, message, failure = self.port:read { self.ids[INBOX], worker, self.ids[WORKER], worker }
    if not results then return nil, message, failure end
    if not results[2].rows[1] then
      return self:fenced "the worker's lease was over, and others have taken its executions"
    end
    local out = {}
    for i, r in ipairs(results[1].rows) do out[i] = { id = r[1], execution = r[2], verb = r[3], body = r[4] } end
    return out
  end

  function Store:token(text)
    local results, message, failure = self.port:read { self.ids[TOKEN], text }
    if not results then return nil, message, failure end
    local r = results[1].rows[1]
    return r and { execution = r[1], number = math.abs(r[2]), activity = r[3], taken = r[4] == 1,
      answered = r[2] < 0 or nil }
  end

  function Store:take_activity(activity)
    local results, message, failure = self.port:read { self.ids[OFFERED], activity }
    if not results then return nil, message, failure end
    if not results[1].rows[1][1] then return nil end
    results, message, failure = self.port:run { self.ids[TAKE], activity }
    if not results then return nil, message, failure end
    local r = results[1].rows[1]
    return r and { token = r[1], input = r[2], execution = r[3], number = r[4] }
  end

  -- bells ----------------------------------------------------------------------------------------

  --- Calls the bells of this process: those of a worker, or all.
  function Store:call_bells(worker, what)
    local bells = self.bells
    for i = #bells, 1, -1 do
      local bell = bells[i]
      if not worker or not bell.worker or bell.worker == worker then bell.fn(what) end
    end
  end

  function Store:bell(fn, worker)
    for i = #self.bells, 1, -1 do
      if self.bells[i].worker == worker then table.remove(self.bells, i) end
    end
    if fn then self.bells[#self.bells + 1] = { fn = fn, worker = worker } end
  end

  function Store:ring(worker)
    if worker then
      if self.mine[worker] then self:call_bells(worker, "inbox") else self.port:ring(worker) end
      return
    end
    self:call_bells(nil, "due")
    local results, message, failure = self.port:read { self.ids[WORKERS] }
    if not results then return nil, message, failure end
    for _, r in ipairs(results[1].rows) do
      if not self.mine[r[1]] then self.port:ring(r[1]) end
    end
  end
end

return inbox
