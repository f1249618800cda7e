--- Map runs: what a Distributed Map's executions are counted by. A run is a document, written before the burst that
--- begins or ends it is kept: DescribeMapRun, ListMapRuns, UpdateMapRun.
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local errors = require "passo.engine.errors"
local names = require "passo.engine.names"
local paging = require "passo.engine.paging"

local KIND = "map_run"

-- what the definition says of its Maps -----------------------------------------------------------------

local function collect(states, found)
  for name, state in pairs(states or {}) do
    if state.Type == "Map" then found[name] = state end
    local processor = state.ItemProcessor or state.Iterator
    if processor then collect(processor.States, found) end
    for _, branch in ipairs(state.Branches or {}) do collect(branch.States, found) end
  end
  return found
end

-- The Map states of a machine by name, as Lua tables.
local function maps_of(machine)
  if not machine.maps then machine.maps = collect(machine:definition():lua().States, {}) end
  return machine.maps
end

-- What the definition says, else what has come of a path.
local function number(value, found)
  return type(value) == "number" and value or found or 0
end

-- beginnings and ends ----------------------------------------------------------------------------------

local ENDS = { MapRunSucceeded = "SUCCEEDED", MapRunFailed = "FAILED", MapRunAborted = "ABORTED" }

-- A Map state's events are a chain: which state an event is about, and how many items it has.
local function follow(chain, event)
  local before = chain[event.previousEventId] or {}
  local link = { state = before.state, length = before.length }
  chain[event.previousEventId] = nil
  chain[event.id] = link
  return link
end

-- The Map state behind a run's ARN, where nothing tells but its label, or that there is no other.
local function by_label(machine, arn)
  local found
  for _, state in ipairs(machine.all_states) do
    if state.distributed then
      if state.label and arn:find("/" .. state.label .. ":", 1, true) then return state.name end
      if found then return nil end
      found = state.name
    end
  end
  return found
end

local function began(run, event, link)
  local arn = event.mapRunStartedEventDetails.mapRunArn
  local state = maps_of(run.machine)[link.state or by_label(run.machine, arn) or false] or {}
  local is_counted = not state.ItemReader and not state.ItemBatcher
  local limits = run.exec:limits(arn) or {} -- none: the run is over already
  return { arn = arn, executionArn = run.row.arn, startDate = event.timestamp, status = "RUNNING", event = event.id,
    maxConcurrency = number(state.MaxConcurrency, limits.max_concurrency),
    toleratedFailureCount = number(state.ToleratedFailureCount, limits.tolerated_failure_count),
    toleratedFailurePercentage = number(state.ToleratedFailurePercentage, limits.tolerated_failure_percentage),
    redriveCount = 0, isBatched = state.ItemBatcher ~= nil,
    total = is_counted and link.length or nil }
end

local function read(engine, arn)
  local document, message, failure = engine.store:get(KIND, arn)
  if not document then return nil, message, failure end
  return core.decode(document.body), document.revision
end

local function entry(body, expect)
  return { kind = KIND, key = body.arn, parent = body.executionArn, sort = body.startDate, body = core.encode(body),
    expect = expect }
end

local notes = {}

function notes.MapStateEntered(_, event, link)
  link.state = event.stateEnteredEventDetails.name
end

function notes.MapStateStarted(_, event, link)
  link.length = event.mapStateStartedEventDetails.length
end

function notes.MapRunStarted(run, event, link)
  return began(run, event, link)
end

function notes.MapRunRedriven(run, event)
  local details = event.mapRunRedrivenEventDetails
  local body = read(run.engine, details.mapRunArn)
  if not body then return nil end
  body.status, body.stopDate, body.event = "RUNNING", nil, event.id
  body.redriveCount, body.redriveDate = details.redriveCount, event.timestamp
  return body
end

-- The run that an event ends: the one whose beginning comes before it in the chain, or the only one under way.
local function ended(run, event, entries)
  local open = {}
  for _, one in ipairs(entries) do open[#open + 1] = core.decode(one.body) end
  local cursor
  repeat
    local list, more = run.engine.store:list_documents(KIND, { parent = run.row.arn, after = cursor, limit = 1000 })
    for _, document in ipairs(list or {}) do open[#open + 1] = core.decode(document.body) end
    cursor = list and more
  until not cursor
  local found
  for _, body in ipairs(open) do
    if body.status == "RUNNING" then
      if body.event == event.previousEventId then found = body break end
      found = found or body
    end
  end
  if not found then return nil end
  found.status, found.stopDate = ENDS[event.type], event.timestamp
  return found
end

-- telling ----------------------------------------------------------------------------------------------

local function no_run(arn)
  return errors.fail("ResourceNotFound", ("Resource not found: '%s'"):format(arn), { resourceName = arn })
end

local function find(engine, request)
  local arn = request.mapRunArn
  local ok, message, failure = constraints.new():required("mapRunArn", arn):length("mapRunArn", arn, 1, 2000):done()
  if ok then ok, message, failure = names.parse(arn, "mapRun") end
  if not ok then return nil, message, failure end
  local body
  body, message, failure = read(engine, arn)
  if body then return body, message end
  if failure then return nil, message, failure end
  return no_run(arn)
end

-- A run whose execution was stopped, or timed out, has no event of its own that says so.
local function settle(engine, body)
  if body.status ~= "RUNNING" then return body end
  local row = engine.store:describe(body.executionArn)
  if row and row.status ~= "RUNNING" then
    body.status, body.stopDate = "ABORTED", row.stop_ms and row.stop_ms / 1000
  end
  return body
end

local STATUSES = { SUCCEEDED = "succeeded", FAILED = "failed", TIMED_OUT = "timedOut", ABORTED = "aborted",
  RUNNING = "running", PENDING_REDRIVE = "pendingRedrive" }

local function counts_of(by_status, is_over, total)
  local out = { pending = 0, running = 0, succeeded = 0, failed = 0, timedOut = 0, aborted = 0, total = 0,
    resultsWritten = 0 }
  local known = 0
  for status, count in pairs(by_status) do
    local name = STATUSES[status]
    out[name] = (out[name] or 0) + count
    known = known + count
  end
  out.total = math.max(known, total or 0)
  if is_over then out.resultsWritten = out.succeeded + out.failed else out.pending = out.total - known end
  return out
end

-- Items of batches are counted child by child.
local function items_by_status(engine, arn)
  local found, cursor = {}, nil
  repeat
    local rows, more, failure = engine.store:list { map_run = arn, after = cursor, limit = 1000 }
    if not rows then return nil, more, failure end
    for _, row in ipairs(rows) do
      found[row.status] = (found[row.status] or 0) + (core.decode(row.body).itemCount or 1)
    end
    cursor = more
  until cursor == nil
  return found
end

local function describe(engine, body)
  settle(engine, body)
  local by_status, message, failure = engine.store:count { map_run = body.arn }
  if not by_status then return nil, message, failure end
  local items = by_status
  if body.isBatched then
    items, message, failure = items_by_status(engine, body.arn)
    if not items then return nil, message, failure end
  end
  local is_over = body.status == "SUCCEEDED"
  return { mapRunArn = body.arn, executionArn = body.executionArn, status = body.status, startDate = body.startDate,
    stopDate = body.stopDate, maxConcurrency = body.maxConcurrency,
    toleratedFailureCount = body.toleratedFailureCount,
    toleratedFailurePercentage = body.toleratedFailurePercentage, redriveCount = body.redriveCount,
    redriveDate = body.redriveDate, itemCounts = counts_of(items, is_over, body.total),
    executionCounts = counts_of(by_status, is_over, body.total) }
end

-- "arn:...:mapRun:Name/label:uuid" -> "arn:...:stateMachine:Name/label"
local function machine_of(arn)
  return (arn:gsub(":mapRun:(.+):[^:]+$", ":stateMachine:%1"))
end

return function(Engine)
  --- How many items a child of this Map has: more than one with an ItemBatcher.
  function Engine:count_items(machine, state, input)
    local map = maps_of(machine)[state.name]
    if not (map and map.ItemBatcher) then return nil end
    local given = input:lua()
    return type(given) == "table" and type(given.Items) == "table" and #given.Items or nil
  end

  --- Before a burst is kept: the map runs that begin or end with it.
  ---@param events passo.Events
  ---@return boolean? noted nil, message, failure
  function Engine:note_map_runs(run, events)
    run.map_chain = run.map_chain or {}
    local entries = {}
    for i = 1, #events do
      local kind = events:type(i)
      if kind:find("Map", 1, true) == 1 and not kind:find("Iteration", 1, true) then
        local event = events:get(i)
        local link = follow(run.map_chain, event)
        local note, body = notes[kind], nil
        if ENDS[kind] then body = ended(run, event, entries) elseif note then body = note(run, event, link) end
        if body then entries[#entries + 1] = entry(body) end
      end
    end
    if #entries == 0 then return true end
    return self.store:write(entries)
  end

  --- How a map run is, and how many of its items and executions are where.
  ---@return table? answer nil, message, failure (ResourceNotFound, InvalidArn)
  function Engine:describe_map_run(first)
    local body, message, failure = find(self, constraints.request("describe_map_run", "mapRunArn", first))
    if not body then return nil, message, failure end
    return describe(self, body)
  end

  --- The map runs of an execution: list_map_runs(executionArn), or {executionArn=, maxResults=, nextToken=}.
  ---@return table? answer {mapRuns, nextToken} nil, message, failure (ExecutionDoesNotExist, InvalidArn, InvalidToken)
  function Engine:list_map_runs(first)
    local request = constraints.request("list_map_runs", "executionArn", first)
    local arn = request.executionArn
    local check = constraints.new():required("executionArn", arn):length("executionArn", arn, 1, 256)
    local ok, message, failure = paging.constrain(check, request):done()
    if ok then ok, message, failure = names.parse(arn, "execution") end
    if not ok then return nil, message, failure end
    local row
    row, message, failure = self.store:describe(arn)
    if failure then return nil, message, failure end
    if not row then return errors.no_execution(arn) end
    return paging.documents(self, request, "ListMapRuns " .. arn, KIND, { parent = arn }, "mapRuns", function(document)
      local body = settle(self, core.decode(document.body))
      return { executionArn = arn, mapRunArn = body.arn, stateMachineArn = machine_of(body.arn),
        startDate = body.startDate, stopDate = body.stopDate }
    end)
  end

  --- Changes a map run under way: {mapRunArn=, maxConcurrency=, toleratedFailureCount=, toleratedFailurePercentage=}.
  ---@return table? answer {} nil, message, failure (ResourceNotFound, InvalidArn, ValidationException)
  function Engine:update_map_run(first, limits)
    local request, is_short = constraints.request("update_map_run", "mapRunArn", first)
    if is_short then
      for name, value in pairs(limits or {}) do request[name] = value end
    end
    local ok, message, failure = constraints.new():range("maxConcurrency", request.maxConcurrency, 0, 10000)
      :range("toleratedFailureCount", request.toleratedFailureCount, 0, 2 ^ 53)
      :range("toleratedFailurePercentage", request.toleratedFailurePercentage, 0, 100, true):done()
    if not ok then return nil, message, failure end
    local body, revision
    body, revision, failure = find(self, request)
    if not body then return nil, revision, failure end
    if settle(self, body).status ~= "RUNNING" then
      return errors.invalid("Map Run is already completed: " .. body.arn, "CANNOT_UPDATE_COMPLETED_MAP_RUN")
    end
    local row
    row, message, failure = self.store:describe(body.executionArn)
    if not row then return nil, message, failure end
    ok, message, failure = self:post(row.id, "update", body.arn, core.value {
      max_concurrency = request.maxConcurrency, tolerated_failure_count = request.toleratedFailureCount,
      tolerated_failure_percentage = request.toleratedFailurePercentage })
    if not ok then
      if failure.code == "ESTALE" or failure.code == "EENDED" then
        return errors.invalid("Map Run is already completed: " .. body.arn, "CANNOT_UPDATE_COMPLETED_MAP_RUN")
      end
      return nil, message, failure
    end
    for _, name in ipairs { "maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage" } do
      if request[name] ~= nil then body[name] = request[name] end
    end
    local written
    written, message, failure = self.store:write { entry(body, revision) }
    if not written and not errors.is_conflict(failure) then return nil, message, failure end
    return {}
  end
end
