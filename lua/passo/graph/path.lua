-- graph/path.lua: what a history says about a graph: which states were entered and how they ended, and
-- which edges were taken.
local path = {}

local FAILURE = { EvaluationFailed = true }

local function is_failure(kind)
  return FAILURE[kind] or kind:find("Failed$") or kind:find("TimedOut$")
end

local function name_of(event)
  local details = event.stateEnteredEventDetails or event.stateExitedEventDetails
  return type(details) == "table" and details.name or nil
end

local function terminal_status(events)
  local last = events[#events]
  return last and (last.type or ""):match "^Execution(%u%a+)$"
end

--- Reads a history (a list of the API's HistoryEvent tables) into marks.
--
-- Returns {states = {[name] = {status, times}}, edges = {["from\0to"] = "next" or "catch"}, starts = {[name] = true},
-- status}. A state's status is "succeeded", "caught" (failed, and a catcher took over), "failed", "aborted"
-- (cut off by the end of the execution) or "running".
function path.read(events)
  local by_id = {}
  for _, event in ipairs(events) do
    by_id[event.id] = event
  end
  local status = terminal_status(events)
  local marks = { states = {}, edges = {}, starts = {}, status = status }
  local erring = {}
  for _, event in ipairs(events) do
    local kind, name = event.type or "", name_of(event)
    local before = by_id[event.previousEventId]
    if name and kind:find "StateEntered$" then
      local state = marks.states[name] or { times = 0, open = 0 }
      marks.states[name] = state
      state.times, state.open, state.last = state.times + 1, state.open + 1, kind
      if before and (before.type or ""):find "StateExited$" and name_of(before) then
        marks.edges[name_of(before) .. "\0" .. name] = before.caught and "catch" or "next"
      else
        marks.starts[name] = true
      end
      event.owner = name
    elseif name and kind:find "StateExited$" then
      local state = marks.states[name]
      event.caught = before ~= nil and is_failure(before.type or "") and true or nil
      if state then
        state.open = state.open - 1
        state.caught = state.caught or event.caught
      end
    elseif before then
      event.owner = before.owner
      if is_failure(kind) and before.owner then
        erring[before.owner] = true
      end
    end
  end
  for _, event in ipairs(events) do
    event.owner, event.caught = nil, nil
  end
  for name, state in pairs(marks.states) do
    if state.open > 0 then
      local failed = state.last == "FailStateEntered" or erring[name]
      state.status = not status and "running" or failed and "failed" or "aborted"
    else
      state.status = state.caught and "caught" or "succeeded"
    end
    state.open, state.last, state.caught = nil, nil, nil
  end
  return marks
end

-- A container that was cut off because a state inside it failed has failed itself.
local function spread(scope, marks)
  local failed = false
  for _, node in ipairs(scope.nodes) do
    local inside = false
    for _, inner in ipairs(node.scopes) do
      inside = spread(inner, marks) or inside
    end
    local mark = marks.states[node.name]
    if mark and mark.status == "aborted" and inside then
      mark.status = "failed"
    end
    failed = failed or mark and mark.status == "failed" or false
  end
  return failed
end

--- Puts marks on a graph's nodes and edges: node.mark = {status, times}, edge.taken = true,
-- scope.entered = true.
function path.mark(graph, events)
  local marks = path.read(events)
  spread(graph.top, marks)
  local function visit(scope)
    for _, node in ipairs(scope.nodes) do
      node.mark = marks.states[node.name]
      for _, inner in ipairs(node.scopes) do
        visit(inner)
      end
    end
    for _, edge in ipairs(scope.edges) do
      local taken = marks.edges[edge.from.name .. "\0" .. edge.to.name]
      edge.taken = taken ~= nil and (taken == "catch") == (edge.kind == "catch")
    end
    scope.entered = scope.start and marks.starts[scope.start.name] or false
  end
  visit(graph.top)
  graph.marked, graph.status = true, marks.status
  return graph
end

return path
