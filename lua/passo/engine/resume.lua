--- Executions that go on in this process: those it has claimed from the store, and those that are redriven.
local Execution = require "passo.engine.execution"
local recover = require "passo.engine.recover"

-- The store is away: that says nothing about the execution, which is tried again later.
local function put_off(self, row, message, failure)
  self.orphans[row.id] = row.epoch
  self:trouble(message, failure)
end

local REOPENING_MS = 60000

-- Who performs nothing reopens by a worker of the moment: what that leaves is due at once, for those that do.
local function reopen(self, reopening)
  if self.worker then
    reopening.owner = self.worker
    return self.store:reopen(reopening)
  end
  local worker, message, failure = self.store:register { name = "redrive", ttl_ms = REOPENING_MS, info = "{}" }
  if not worker then return nil, message, failure end
  reopening.owner = worker
  local reopened
  reopened, message, failure = self.store:reopen(reopening)
  self.store:resign(worker)
  return reopened, message, failure
end

return function(Engine)
  --- Lets go of an execution that was claimed; what the store does not take back now, it does later.
  function Engine:let_go(row, due_ms)
    local ok, _, failure = self.store:release(row.id, self.worker, row.epoch, due_ms)
    if not ok and failure.code ~= "EFENCED" then self.orphans[row.id] = row.epoch end
  end

  --- Sets an execution aside: it stays RUNNING, and nobody claims it until an operator says so.
  function Engine:quarantine(row, reason)
    self.store:amend(row.id, { quarantine = reason }, row.epoch)
    self:let_go(row, row.due_ms)
  end

  --- Goes on with an execution that this process has claimed.
  ---@param row table as store:claim gives it with `load`
  function Engine:resume(row)
    local machine, message, failure = self:machine(row.revision)
    if not machine and failure.code == "ESTORE" then return put_off(self, row, message, failure) end
    if not machine then self.refused[row.revision] = message end
    if not machine or not self:can_run(row.revision, machine) then return self:let_go(row, row.due_ms) end
    if not self:has_room(row.machine) then
      self:crowd(row)
      return self:let_go(row, row.due_ms or self:now_ms())
    end
    if row.type == "EXPRESS_SYNC" then return self:lose_express(row) end
    local exec
    exec, message, failure = recover.exec(self.store, machine, row, self:record_options(self.profile))
    if not exec and failure.code == "ESTORE" then return put_off(self, row, message, failure) end
    if not exec and failure.code == "EUNSUPPORTED" then return self:refuse_to_run(message, failure) end
    if not exec then return self:quarantine(row, message) end
    local run = Execution.new(self, exec, machine, row)
    local letters = row.inbox
    row.birth, row.snapshot, row.records, row.inbox = nil, nil, nil, nil
    run.crashes, run.resumed_ms = row.crashes > 0 and row.crashes or nil, self:now_ms()
    if self.options.logging then run.log = require("passo.logging").new(self.options.logging, run) end
    self:join(run)
    local ok
    ok, message, failure = run:take_up()
    if not ok then
      run.broken, run.failure = message, failure
      return self:leave(run)
    end
    for _, letter in ipairs(letters) do run:take_letter(letter) end
    exec:tick(self:now_ms())
    run:go_on()
  end

  --- Begins an ended execution again where it failed: nil, message, failure when it cannot be.
  ---@param row table the store's, of an execution that has ended
  ---@return table? row as it is now
  function Engine:redrive(row)
    local machine, message, failure = self:machine(row.revision)
    if not machine then return nil, message, failure end
    local loaded, exec
    loaded, message, failure = self.store:load(row.id)
    if not loaded then return nil, message, failure end
    exec, message, failure = recover.exec(self.store, machine, loaded, self:record_options(self.profile))
    if not exec then return nil, message, failure end
    local now_ms = self:now_ms()
    local ok
    ok, message, failure = exec:redrive(now_ms)
    if not ok then return nil, message, failure end
    local run = Execution.new(self, exec, machine, row)
    run.seq, run.last_event = loaded.seq, loaded.last_event
    local reopening = { id = row.id, epoch = row.epoch, redrive_ms = now_ms,
      redrive_count = (row.redrive_count or 0) + 1 }
    run:burst(reopening)
    local reopened
    self.births[row.arn] = true
    reopened, message, failure = reopen(self, reopening)
    self.births[row.arn] = nil
    if not reopened then
      exec:close()
      self:doubt(failure)
      return nil, message, failure
    end
    run.row, run.epoch = reopened, reopened.epoch
    if not self.worker then
      exec:close()
      self.store:ring()
      return reopened
    end
    self:join(run)
    run:go_on()
    return reopened
  end
end
