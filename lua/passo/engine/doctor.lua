--- The recovery self-check: an execution is built again from its beginning, record by record, and what comes out is
--- compared with what was stored. It only reads: any process may do it, whoever owns the execution.
local core = require "passo.core"
local recover = require "passo.engine.recover"

local PAGE = 200 -- records read at a time

local function finding(report, message, failure)
  report.findings[#report.findings + 1] = message
  if failure and failure.event then
    report.firstDifference = { event = failure.event, stored = failure.stored, computed = failure.computed }
  end
end

-- What the row says in texts: they are read whenever somebody asks for it.
local function look_at_row(report, row)
  if row.body and not core.decode(row.body) then finding(report, "its description is damaged") end
  if row.result then
    if type(core.decode(row.result)) ~= "table" then finding(report, "its result is damaged") end
  elseif row.status ~= "RUNNING" then
    finding(report, "its result is missing")
  end
end

-- Counts records as they are read, and looks for what is missing between them.
local function look_at(report, record)
  local about, message = core.record(record.bytes)
  if not about then
    finding(report, ("record %d cannot be read: %s"):format(record.seq, message))
    return false
  end
  if record.first_event ~= report.events + 1 and about.first <= about.last then
    finding(report, ("record %d begins with event %d, after event %d"):format(record.seq, record.first_event,
      report.events))
  end
  report.records = report.records + 1
  report.events = math.max(report.events, record.last_event)
  report.behaviours[about.behaviour] = (report.behaviours[about.behaviour] or 0) + 1
  return true
end

local function replay_all(self, report, row, exec)
  local after = 0
  while true do
    local page, message, failure = self.store:records(row.id, { after_seq = after, limit = PAGE })
    if not page then return nil, message, failure end
    if #page == 0 then return true end
    for _, record in ipairs(page) do
      if not look_at(report, record) then return true end
      local ok
      ok, message, failure = recover.replay(self.store, exec, { record })
      if not ok then
        finding(report, message, failure)
        return true
      end
      after = record.seq
    end
  end
end

return function(Engine)
  --- Examines an execution: {executionArn, status, records, events, behaviours, findings, firstDifference = {event,
  --- stored, computed}?, healthy}. nil, message, failure when there is none, or the store cannot be read.
  function Engine:doctor(arn)
    local row, message, failure = self.store:describe(arn)
    if failure then return nil, message, failure end
    if not row then
      message = ("Execution Does Not Exist: '%s'"):format(tostring(arn))
      return nil, message, { code = "ExecutionDoesNotExist", message = message }
    end
    local report = { executionArn = arn, status = row.status, records = 0, events = 0, behaviours = {},
      findings = core.array {}, quarantine = row.quarantine }
    look_at_row(report, row)
    local machine, loaded, exec
    machine, message, failure = self:machine(row.revision)
    if not machine then return nil, message, failure end
    loaded, message, failure = self.store:load(row.id)
    if not loaded then return nil, message, failure end
    exec, message = recover.born(self.store, machine, loaded.birth)
    if not exec then
      finding(report, message)
    elseif row.type == "STANDARD" then
      exec:record()
      local ok
      ok, message, failure = replay_all(self, report, row, exec)
      if not ok then return nil, message, failure end
      if #report.findings == 0 and row.status ~= exec:status() then
        finding(report, ("its status is %s, its records end with %s"):format(row.status, exec:status()))
      end
      exec:close()
    end
    report.healthy = #report.findings == 0
    return report
  end

  --- Lets an execution that was set aside go on.
  function Engine:release_execution(arn)
    local row, message, failure = self.store:describe(arn)
    if not row then
      message = message or ("Execution Does Not Exist: '%s'"):format(tostring(arn))
      return nil, message, failure or { code = "ExecutionDoesNotExist", message = message }
    end
    local ok
    ok, message, failure = self.store:amend(row.id, { quarantine = false, crashes = 0 })
    if ok then self.store:ring() end
    return ok, message, failure
  end
end
