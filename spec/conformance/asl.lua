--- One recorded execution, played again: the recording's task outcomes go in, its history must come out.
local core = require "passo.core"
local compare = require "conformance.compare"
local history = require "conformance.history"
local integrations = require "conformance.integrations"
local items = require "conformance.items"
local log = require "passo.log"
local slices = require "conformance.slices"
local virtual = require "conformance.virtual"

local asl = {}

local MAX_STEPS = 20000

local function utc_ms(year, month, day, hour, min, sec)
  local y = month <= 2 and year - 1 or year
  local era_day = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
    + math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1 - 719468
  return ((era_day * 24 + hour) * 60 + min) * 60000 + sec * 1000
end

-- The moment of the recording: "13-11-2024, 17:43:59".
local function recorded_ms(text)
  local day, month, year, hour, min, sec = (text or ""):match("^(%d+)-(%d+)-(%d+), (%d+):(%d+):(%d+)")
  if not day then return 1767225600000 end
  return utc_ms(tonumber(year), tonumber(month), tonumber(day), hour, min, sec)
end

-- When the execution starts: as recorded; but where the input names a later time (made up when the
-- recorder had replaced it), shortly before that, for it was near then.
local NEAR_MS = 60000

local function start_ms(case, input)
  local now_ms = recorded_ms(case.recorded)
  for year, month, day, hour, min, sec in input:gmatch('"(%d%d%d%d)-(%d%d)-(%d%d)T(%d%d):(%d%d):(%d%d)') do
    local at = utc_ms(tonumber(year), tonumber(month), tonumber(day), hour, min, sec)
    now_ms = math.max(now_ms, at - NEAR_MS)
  end
  return now_ms
end

-- The history AWS wrote at the time of the recording: redrive came in November 2023; where a
-- Distributed Map's chain goes on changed between mid-2024 and November 2024.
local REDRIVE_MS = 1699920000000 -- 2023-11-14
local SINCE_MS = 1725148800000   -- 2024-09-01

local function profile_of(case)
  if case.type == "EXPRESS" then
    return case.family == "express.express_sync" and "aws-express-sync" or "aws-express"
  end
  local at_ms = recorded_ms(case.recorded)
  return at_ms < REDRIVE_MS and "aws-standard-2023-10" or at_ms < SINCE_MS and "aws-standard-2024-06" or "aws-standard"
end

-- The activities that exist: those whose tasks the recording saw end.
local function activities_of(case)
  local out = setmetatable({}, core.array_mt)
  for _, mock in ipairs(case.mocks or {}) do
    if mock.kind == "activity" then out[#out + 1] = mock.resource end
  end
  return out
end

-- -- mocks ---------------------------------------------------------------------------------------

-- The queue of the recording's outcomes; values stay raw text.
local function mock_queue(case, raw)
  local texts = raw.mocks and slices.elements(raw.mocks) or {}
  local queue = {}
  for i, mock in ipairs(case.mocks or {}) do
    local text = slices.members(texts[i])
    queue[i] = { mock = mock, number = i, result = text.result, submitted = text.submitted }
  end
  return queue
end

-- The iteration a command belongs to, found along its history: the innermost that `map` runs.
local function iteration_of(command, run, map)
  local by_id = {}
  for _, event in ipairs(run.events) do by_id[event.id] = event end
  local event = by_id[command.visit]
  while event do
    local details = event.mapIterationStartedEventDetails
    if event.type == "MapIterationStarted" and details and details.name == map then return details.index end
    event = by_id[event.previousEventId]
  end
  return nil
end

local function take_mock(queue, command, run)
  local first
  for i, entry in ipairs(queue) do
    local mock = entry.mock
    if not entry.taken and mock.state == command.state.name then
      if mock.iteration == nil or mock.iteration == iteration_of(command, run, mock.map) then
        first = i
        break
      end
      first = first or i
    end
  end
  if not first then return nil end
  queue[first].taken = true
  return queue[first]
end

-- The recorded ...Started event of a mock's task, if the recording has one.
local function started_event(case, mock)
  local events = case.expect.events
  if not events or events == core.null then return { details = {} } end
  local scheduled = events[mock.scheduledEvent + 1]
  for _, event in ipairs(events) do
    if event.type:find("Started$") and scheduled and event.previousEventId == scheduled.id then return event end
  end
  return nil
end

-- -- one execution -------------------------------------------------------------------------------

local play

local function child(session, run, command)
  local context = session.case.context
  local name = command.name
  local machine_name = context.stateMachineName .. "/" .. (command.state.label or command.state.name)
  local exec = assert(core.exec(session.machine, command.input, {
    arn = ("arn:aws:states:%s:%s:execution:%s:%s"):format(context.region, context.account, machine_name, name),
    name = name,
    role_arn = context.roleArn,
    machine_arn = context.stateMachineArn,
    machine_name = machine_name,
    seed = ("%032d"):format(command.index or 0),
    now_ms = run.now_ms,
    map = command.state.path,
  }))
  local inner = virtual.new(exec, run.now_ms)
  play(session, inner)
  run.now_ms = math.max(run.now_ms, inner.now_ms)
  local finish = inner.finish
  if finish.status == "SUCCEEDED" then return run:resume(command, finish.output) end
  return run:fail(command, finish.error or "States.TaskFailed", finish.cause)
end

-- Whatever the driver answers at once: items, receipts, children. True when something was.
local function serve(session, run)
  local command = run:waiting("READ")[1]
  if command then
    local rows, err, cause = items.read(session.case, command)
    if rows then run:resume(command, rows) else run:fail(command, err, cause) end
    return true
  end
  command = run:waiting("CHILD")[1]
  if command then
    child(session, run, command)
    return true
  end
  command = run:waiting("WRITE")[1]
  if command then
    run:resume(command, items.write(session.case, command))
    return true
  end
  command = run:waiting("CALL")[1]
  if command then error("the core asks for the Lua function " .. tostring(command.name)) end
  return false
end

-- Starts every new task, in the order of their tokens. True when something was.
local function start(session, run)
  for _, command in ipairs(run:waiting("TASK")) do
    if not command.served then
      command.served = true
      command.entry = take_mock(session.queue, command, run)
      if not command.entry then
        session.problem = session.problem or ("no outcome is left for a task of state " .. command.state.name)
      else
        local event = started_event(session.case, command.entry.mock)
        if event then run:started(command, event.details.workerName) end
        return true
      end
    end
  end
  return false
end

-- The task that the recording answers first; of those it answers at all.
local function next_answer(run)
  local best
  for _, command in ipairs(run:waiting("TASK")) do
    local entry = command.entry
    if entry and not entry.mock.pending then
      local order = entry.mock.outcomeEvent or 0
      if entry.submitted and command.stage ~= "submitted" then
        best = { command = command, submit = true }
        break
      end
      if not entry.mock.timedOut and (not best or order < best.order) then
        best = { command = command, order = order }
      end
    end
  end
  return best
end

-- A timer of another branch that the recording saw fire before this outcome.
local function timer_is_first(session, run, answer)
  local case = session.case
  if case.unordered or answer.submit or #run.events >= answer.order then return false end
  local deadline = run.exec:deadline()
  return deadline ~= nil and deadline < (answer.command.deadline_ms or math.huge)
end

local function answer(session, run)
  local best = next_answer(run)
  if not best or timer_is_first(session, run, best) then return false end
  local entry = best.command.entry
  if best.submit then
    run:submitted(best.command, core.value(entry.submitted))
  elseif entry.mock.error or not entry.result then
    run:fail(best.command, entry.mock.error, entry.mock.cause)
  else
    run:resume(best.command, core.value(entry.result))
  end
  return true
end

function play(session, run)
  run:drain()
  for _ = 1, MAX_STEPS do
    if run.finish then return end
    if not (serve(session, run) or start(session, run) or answer(session, run)) then
      local stopped = session.case.expect.status == "ABORTED"
      if stopped then
        run:feed("stop", run.now_ms, session.case.expect.error, session.case.expect.cause)
      elseif not run:pass_time() then
        error(session.problem or "the execution waits for what the recording does not have", 0)
      end
    end
  end
  error("the execution does not end", 0)
end

--- Plays a case. `options` go to `virtual.new`; `options.definition` is JSON text to play instead of the case's.
---@return table run the driver after the end; `run.finish` tells how it ended
function asl.play(case, text, options)
  local raw = slices.members(text)
  local machine, message = core.machine(options and options.definition or raw.definition)
  if not machine then error("the definition was refused: " .. tostring(message), 0) end
  local context = case.context
  local now_ms = start_ms(case, raw.input)
  local exec, refused = core.exec(machine, core.value(raw.input), {
    arn = context.executionArn,
    name = context.executionName,
    role_arn = context.roleArn,
    machine_arn = context.stateMachineArn,
    machine_name = context.stateMachineName,
    seed = ("conformance"):rep(3):sub(1, 32),
    now_ms = now_ms,
    profile = profile_of(case),
    activities = activities_of(case),
  })
  if not exec then error("the execution was refused: " .. tostring(refused), 0) end
  local run = virtual.new(exec, now_ms, options)
  run.machine = machine
  local session = { case = case, machine = machine, queue = mock_queue(case, raw) }
  play(session, run)
  run.queue, run.problem = session.queue, session.problem
  return run
end

local function lua_value(v)
  if type(v) == "userdata" and v ~= core.null then return v:lua() end
  return v
end

local function diff_inputs(run, rules)
  for _, command in ipairs(run.commands) do
    local entry = command.entry
    if entry then
      local expected = entry.mock.expected
      local field = entry.mock.kind == "service" and "parameters" or "input"
      local at = ("$.mocks[%d].expected.%s"):format(entry.number - 1, field)
      if expected[field] ~= nil then
        local difference = compare.diff(expected[field], lua_value(command.input), at, rules)
        if difference then return difference end
      end
      if command.state.resource and command.state.resource ~= entry.mock.resource then
        return ("$.mocks[%d].resource: expected %s, got %s"):format(entry.number - 1, entry.mock.resource,
          command.state.resource)
      end
    end
  end
  return nil
end

local function diff_end(expect, finish, rules)
  if expect.status ~= finish.status then
    return ("$.expect.status: expected %s, got %s%s"):format(expect.status, finish.status,
      finish.error and (" (" .. finish.error .. ": " .. tostring(finish.cause) .. ")") or "")
  end
  return compare.diff(expect.error, finish.error, "$.expect.error", rules)
    or compare.diff(expect.cause, finish.cause, "$.expect.cause", rules)
    or compare.diff(expect.output, lua_value(finish.output), "$.expect.output", rules)
end

-- The recording has no time stamps.
local function diff_log(case, events, rules)
  local expected = case.expect.loggedEvents
  if not expected or not (case.env and case.env.logging) then return nil end
  local records = setmetatable(log.records(case.env.logging, events, case.context.executionArn), core.array_mt)
  for _, record in ipairs(records) do
    record.details, record.event_timestamp = history.decode(record.details, rules), nil
  end
  return compare.diff(expected, records, "$.expect.loggedEvents", rules)
end

-- Tasks on AWS, performed by the integrations' own code.
local function diff_integrations(case, run)
  for _, command in ipairs(run.commands) do
    local entry = command.entry
    if entry and integrations.concerns(command.state) then
      local difference = integrations.diff(case, command, entry.mock, entry.number)
      if difference then return difference end
    end
  end
  return nil
end

--- The first difference between the case's recording and what the core does, in words; nil: none.
function asl.diff(case, text)
  local run = asl.play(case, text)
  local rules = compare.rules(case)
  local expect = case.expect
  local actual = history.read(run.events, rules)
  local difference
  if expect.events and expect.events ~= core.null then
    difference = history.diff(expect.events, actual, case.unordered, rules)
  end
  difference = difference or diff_end(expect, run.finish, rules) or diff_inputs(run, rules)
    or diff_integrations(case, run) or diff_log(case, run.events, rules)
  if difference then return difference end
  if run.problem then return run.problem end
  for _, entry in ipairs(run.queue) do
    if not entry.taken then
      return ("mock %d, of state %s, was never asked for"):format(entry.number - 1, entry.mock.state)
    end
  end
  return nil
end

return asl
