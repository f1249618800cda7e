--- Executions: describe, list, stop, await, and the definition they run by.
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local journal = require "passo.engine.journal"
local names = require "passo.engine.names"
local outcome = require "passo.engine.outcome"
local paging = require "passo.engine.paging"
local redrive = require "passo.engine.redrive"

local INCLUDED = { "ALL_DATA", "METADATA_ONLY" }
local STATUSES = { "SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING" }
local REDRIVEN = { "NOT_REDRIVEN", "REDRIVEN" }

-- The row of a request's execution: an ARN, or what start_execution answered. Express ones have no row to look at.
local function row_of(engine, request)
  local arn = request.executionArn
  local ok, message, failure = constraints.new():required("executionArn", arn):length("executionArn", arn, 1, 256)
    :one_of("includedData", request.includedData, INCLUDED):done()
  if ok then ok, message, failure = names.parse(arn, "execution") end
  if not ok then return nil, message, failure end
  local row
  row, message, failure = engine.store:describe(arn)
  if row then return row end
  if failure then return nil, message, failure end
  return errors.no_execution(arn)
end

-- describing -----------------------------------------------------------------------------------------

local function describe(engine, row, with_data)
  local body = core.decode(row.body or "{}") or {}
  local status, reason = redrive.status(engine, row)
  local answer = { executionArn = row.arn, stateMachineArn = row.machine, name = row.name, status = row.status,
    startDate = documents.seconds(row.start_ms), stopDate = documents.seconds(row.stop_ms),
    traceHeader = body.traceHeader, mapRunArn = row.map_run, stateMachineVersionArn = body.stateMachineVersionArn,
    stateMachineAliasArn = body.stateMachineAliasArn, redriveCount = row.redrive_count or 0,
    redriveDate = documents.seconds(row.redrive_ms), redriveStatus = status, redriveStatusReason = reason,
    inputDetails = { included = with_data } }
  local ending = outcome.read(row)
  answer.error, answer.cause = ending.error, ending.cause
  if ending.output then answer.outputDetails = { included = with_data } end
  if not with_data then return answer end
  local message, failure
  answer.output = ending.output
  answer.input, message, failure = journal.input(engine, row.id)
  if not answer.input then return nil, message, failure end
  return answer
end

-- listing --------------------------------------------------------------------------------------------

local function item(row)
  local body = core.decode(row.body or "{}") or {}
  return { executionArn = row.arn, stateMachineArn = row.machine, name = row.name, status = row.status,
    startDate = documents.seconds(row.start_ms), stopDate = documents.seconds(row.stop_ms),
    mapRunArn = row.map_run, itemCount = body.itemCount, stateMachineVersionArn = body.stateMachineVersionArn,
    stateMachineAliasArn = body.stateMachineAliasArn, redriveCount = row.redrive_count or 0,
    redriveDate = documents.seconds(row.redrive_ms) }
end

-- What store:list is asked, and which of its rows are meant (nil: all); nil, message, failure.
local function filter_of(engine, request, is_short)
  local filter = { status = request.statusFilter, map_run = request.mapRunArn }
  if request.mapRunArn then
    local ok, message, failure = names.parse(request.mapRunArn, "mapRun")
    if not ok then return nil, message, failure end
    if request.redriveFilter then filter.redriven = request.redriveFilter == "REDRIVEN" end
    return filter
  end
  local target, message, failure = engine:target(request.stateMachineArn, is_short)
  if not target then return nil, message, failure end
  if target.machine.type == "EXPRESS" then return errors.wrong_machine_type() end
  filter.machine = target.machine.arn
  local member = target.alias and "stateMachineAliasArn" or target.version and "stateMachineVersionArn"
  if not member then return filter end
  return filter, function(listed) return listed[member] == target.arn end
end

local function check_list(request)
  local check = constraints.new():length("stateMachineArn", request.stateMachineArn, 1, 256)
    :length("mapRunArn", request.mapRunArn, 1, 2000):one_of("statusFilter", request.statusFilter, STATUSES)
    :one_of("redriveFilter", request.redriveFilter, REDRIVEN)
  local ok, message, failure = paging.constrain(check, request, 3096):done()
  if not ok then return nil, message, failure end
  if not request.stateMachineArn and not request.mapRunArn then
    return errors.invalid("Must provide a StateMachine ARN or MapRun ARN", "MISSING_REQUIRED_PARAMETER")
  end
  if request.stateMachineArn and request.mapRunArn then
    return errors.invalid "Must provide either a StateMachine ARN or a MapRun ARN, not both"
  end
  if request.stateMachineArn and request.redriveFilter then
    return errors.invalid "redriveFilter can only be used with a MapRun ARN"
  end
  return true
end

local function list(engine, request, filter, is_meant)
  local scope = table.concat({ "list_executions", tostring(filter.machine), tostring(filter.map_run),
    request.stateMachineArn or "", request.statusFilter or "", request.redriveFilter or "" }, " ")
  local cursor, message, failure = paging.cursor(engine, scope, request.nextToken)
  if failure then return nil, message, failure end
  local size, found = paging.size(request), core.array {}
  repeat
    filter.after, filter.limit = cursor, size - #found
    local rows, more, reason = engine.store:list(filter)
    if not rows then return nil, more, reason end
    for _, row in ipairs(rows) do
      local listed = item(row)
      if not is_meant or is_meant(listed) then found[#found + 1] = listed end
    end
    cursor = more
  until #found >= size or cursor == nil
  return { executions = found, nextToken = paging.token(engine, scope, cursor) }
end

return function(Engine)
  redrive.install(Engine, row_of)

  --- DescribeExecution.
  ---@param first string|table an ARN, or a table with executionArn and includedData
  function Engine:describe_execution(first)
    local request = constraints.request("engine:describe_execution", "executionArn", first)
    local row, message, failure = row_of(self, request)
    if not row then return nil, message, failure end
    return describe(self, row, request.includedData ~= "METADATA_ONLY")
  end

  --- DescribeStateMachineForExecution: what the execution runs by, whatever became of its machine.
  function Engine:describe_state_machine_for_execution(first)
    local request = constraints.request("engine:describe_state_machine_for_execution", "executionArn", first)
    local row, message, failure = row_of(self, request)
    if not row then return nil, message, failure end
    local revision
    revision, message, failure = self:revision_document(row.revision)
    if not revision then return nil, message, failure end
    local answer = self:describe_revision(revision, request.includedData)
    answer.stateMachineArn, answer.name = row.machine, row.machine:match ":stateMachine:([^:]+)"
    answer.updateDate, answer.mapRunArn = documents.seconds(revision.created), row.map_run
    answer.label = row.map_run and answer.name:match "/(.+)$"
    return answer
  end

  --- ListExecutions: the newest first, of a machine, a version, an alias, or a Map Run.
  function Engine:list_executions(first, options)
    local request, is_short = constraints.request("engine:list_executions", "stateMachineArn", first)
    for key, value in pairs(options or {}) do request[key] = value end
    local ok, message, failure = check_list(request)
    if not ok then return nil, message, failure end
    local filter, is_meant, reason = filter_of(self, request, is_short)
    if not filter then return nil, is_meant, reason end
    return list(self, request, filter, is_meant)
  end

  --- StopExecution. What has ended stays as it is.
  ---@param first string|table an ARN, or a table with executionArn, error, cause
  function Engine:stop_execution(first, err, cause)
    local request, is_short = constraints.request("engine:stop_execution", "executionArn", first)
    if is_short then request.error, request.cause = err, cause end
    local ok, message, failure = constraints.new():length("error", request.error, 0, 256, true)
      :length("cause", request.cause, 0, 32768, true):done()
    if not ok then return nil, message, failure end
    local row
    row, message, failure = row_of(self, request)
    if not row then return nil, message, failure end
    if row.status ~= "RUNNING" then return { stopDate = documents.seconds(row.stop_ms) } end
    ok, message, failure = self:post(row.id, "stop", request.error, request.cause)
    if ok then return { stopDate = documents.seconds(self:now_ms()) } end
    if failure.code ~= "ESTALE" and failure.code ~= "EENDED" then return nil, message, failure end
    row, message, failure = self.store:describe_id(row.id)
    if not row then return nil, message, failure end
    return { stopDate = documents.seconds(row.stop_ms or self:now_ms()) }
  end
end
