--- What became of the executions in a store, as the store alone tells it; and whether two stories are the same but for
--- the times in them.
local compare = require "conformance.compare"
local core = require "passo.core"
local history = require "conformance.history"

local story = {}

-- Moments differ, and what was written with them.
local function timeless(text)
  return (text:gsub("%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z", "<time>"))
end

local function timeless_value(v)
  if type(v) == "string" then return timeless(v) end
  if type(v) ~= "table" then return v end
  local out = setmetatable({}, getmetatable(v))
  for key, value in pairs(v) do out[key] = timeless_value(value) end
  return out
end

local function events_of(store, id)
  local events = {}
  for _, record in ipairs(assert(store:records(id, {}))) do
    local batch = assert(core.record_events(record.bytes))
    for i = 1, #batch do
      local event = timeless_value(batch:get(i))
      event.timestamp = nil
      events[#events + 1] = event
    end
  end
  return events
end

--- Everything about the executions of a store: a list of { arn, status, result, events }, ordered by ARN.
function story.of(store)
  local out, cursor = {}, nil
  repeat
    local rows, more = store:list { all = true, limit = 100, after = cursor }
    assert(rows, more)
    for _, row in ipairs(rows) do
      out[#out + 1] = { arn = row.arn, status = row.status, result = row.result and timeless(row.result),
        quarantine = row.quarantine, events = row.type == "STANDARD" and events_of(store, row.id) or {} }
    end
    cursor = more
  until not cursor
  table.sort(out, function(a, b) return a.arn < b.arn end)
  return out
end

--- A story as text, and back.
function story.write(told)
  return core.encode(core.array(told))
end

function story.read(text)
  return core.decode(text)
end

-- -- comparing -----------------------------------------------------------------------------------------

local function diff_events(expected, actual, is_unordered)
  local rules = compare.rules {}
  return history.diff(history.read(expected, rules), history.read(actual, rules), is_unordered, rules)
end

local function diff_result(expected, actual)
  local rules = compare.rules {}
  local a, b = core.decode(expected.result or "null"), core.decode(actual.result or "null")
  return compare.diff(a, b, "$.result", rules)
end

local function diff_one(expected, actual, is_unordered)
  if actual.quarantine and actual.quarantine ~= core.null then return "it was set aside: " .. actual.quarantine end
  if expected.status ~= actual.status then
    return ("expected %s, got %s %s"):format(expected.status, actual.status, tostring(actual.result))
  end
  return diff_result(expected, actual) or diff_events(expected.events, actual.events, is_unordered)
end

-- -- children of a Map that failed --
--
-- They run beside each other, and the first failure stops the others: how far each has got by then, or whether it has
-- begun, is a race. Which events it has is none: one that was stopped has the first of those it would have had.

local function is_child(one) return one.arn:find ":e%a+:[^:]*/" ~= nil end

-- Whether a Map of the story came to an end before its children.
local function has_lost_map(told)
  local open = 0
  for _, one in ipairs(told) do
    for _, event in ipairs(one.events) do
      if event.type == "MapRunStarted" then open = open + 1 end
      if event.type == "MapRunSucceeded" then open = open - 1 end
    end
  end
  return open > 0
end

local function without_last(events)
  local out = {}
  for i = 1, #events - 1 do out[i] = events[i] end
  return out
end

local function diff_stopped(stopped, other)
  local rules = compare.rules {}
  local last = stopped.events[#stopped.events]
  if not last or last.type ~= "ExecutionAborted" then return "it was stopped, and its history does not say so" end
  local part = history.read(without_last(stopped.events), rules)
  local whole = history.read(other.status == "ABORTED" and without_last(other.events) or other.events, rules)
  if #part <= #whole then return history.diff_part(part, whole, rules) end
  return other.status == "ABORTED" and history.diff_part(whole, part, rules)
    or ("it was stopped after %d events, and has ended after %d"):format(#part, #whole)
end

local function diff_child(expected, actual, is_unordered)
  if actual.status == "ABORTED" then return diff_stopped(actual, expected) end
  if expected.status == "ABORTED" and actual.status ~= "RUNNING" then return diff_stopped(expected, actual) end
  return diff_one(expected, actual, is_unordered)
end

--- The first difference in words, or nil. Unordered: the events of branches that run beside each other may be mixed
--- otherwise.
function story.diff(expected, actual, is_unordered)
  local races = has_lost_map(expected) and has_lost_map(actual)
  local i, j = 1, 1
  while expected[i] or actual[j] do
    local want, have = expected[i], actual[j]
    local one = want and (not have or want.arn <= have.arn) and want or have
    local differs = races and is_child(one) and diff_child or diff_one
    if want and have and want.arn == have.arn then
      local difference = differs(want, have, is_unordered)
      if difference then return want.arn:match "[^:]*$" .. ": " .. difference end
      i, j = i + 1, j + 1
    elseif differs ~= diff_child or one.status ~= "ABORTED" then
      return (one == have and "an execution too many: " or "an execution is missing: ") .. one.arn
    elseif one == have then
      j = j + 1
    else
      i = i + 1
    end
  end
  return nil
end

--- What is not any more as it was kept before the crash, in words, or nil: whatever happens later, no event changes.
function story.diff_kept(before, after)
  local by_arn = {}
  for _, one in ipairs(after) do by_arn[one.arn] = one end
  for _, one in ipairs(before) do
    local now = by_arn[one.arn]
    if not now then return "an execution was lost: " .. one.arn end
    if one.status ~= "RUNNING" and (now.status ~= one.status or now.result ~= one.result) then
      return ("what had ended %s ended again, %s: %s"):format(one.status, now.status, one.arn)
    end
    for i, event in ipairs(one.events) do
      local difference = compare.diff(event, now.events[i] or core.null, "$.events[" .. i .. "]", compare.rules {})
      if difference then return "a kept event has changed: " .. difference end
    end
  end
  return nil
end

-- -- effects ------------------------------------------------------------------------------------------

-- An effect without a repetition of its key: "KEY ATTEMPT" for a task, the key alone for who deduplicates by it.
local function effects_of(ledger)
  local tries, keys = {}, {}
  local function add(key, attempt)
    tries[key .. " " .. attempt] = true
    keys[key] = true
  end
  ledger:each("did", 3, add)
  ledger:each("sent", 4, add)
  ledger:each("job", 2, add)
  return tries, keys
end

--- Whether the world was affected as by the run without a crash: each effect at least once, and no key that had none
--- there.
function story.diff_effects(expected, actual)
  local want_tries, want_keys = effects_of(expected)
  local have_tries, have_keys = effects_of(actual)
  for try in pairs(want_tries) do
    if not have_tries[try] then return "an effect is missing: " .. try end
  end
  for key in pairs(have_keys) do
    if not want_keys[key] then return "an effect that should not have been: " .. key end
  end
  return nil
end

--- What must become of an Express execution that was under way when its process died: who is waited for is reported
--- lost, and nothing of it is done again; any other begins again. nil when none was; else true, and the difference.
---@param kept table the story at the crash
---@param told table the story at the end
---@param from integer what the ledger had at the crash
function story.diff_express(scenario, expected, kept, told, ledger, from)
  if scenario.type ~= "EXPRESS" or not (kept[1] and kept[1].status == "RUNNING") then return nil end
  if not scenario.is_sync then
    local again = { each = ledger.each, lines = { (table.unpack or unpack)(ledger.lines, from + 1) } }
    return true, story.diff_effects(expected, again)
  end
  if ledger.lines[from + 1] then return true, "it was to run at most once: " .. ledger.lines[from + 1] end
  local result = core.decode(told[1].result or "null")
  if told[1].status ~= "FAILED" or result.error ~= "Lua.WorkerLost" then
    return true, ("it was lost, and is told to be %s %s"):format(told[1].status, tostring(told[1].result))
  end
  return true
end

--- The first task, if any, that the ledger has started or handed out after line `from`, although it was submitted by
--- then.
function story.diff_submitted(submitted, ledger, from)
  for i = from + 1, #ledger.lines do
    local word, task = ledger.lines[i]:match "^(%S+) (%S+ %S+)"
    if (word == "sent" or word == "job") and submitted[task] then
      return "what was submitted was submitted again: " .. task
    end
  end
  return nil
end

--- Which tasks of an execution are submitted, as its history in the store tells: { ["KEY ATTEMPT"] = true }.
function story.submitted_of(store, row, out)
  out = out or {}
  local visits, attempts = {}, {}
  for _, event in ipairs(events_of(store, row.id)) do
    local kind = event.type
    if kind:find "StateEntered$" then
      visits[event.id] = event.id
    else
      visits[event.id] = visits[event.previousEventId]
      attempts[event.id] = attempts[event.previousEventId]
      local visit = visits[event.id]
      if visit and kind:find "Scheduled$" then
        attempts[visit] = (attempts[visit] or -1) + 1
        attempts[event.id] = attempts[visit]
      elseif visit and kind == "TaskSubmitted" then
        out[("%s#%d %d"):format(row.arn, visit, attempts[event.id])] = true
      end
    end
  end
  return out
end

--- The same of all executions.
function story.submitted(store)
  local out = {}
  for _, row in ipairs((assert(store:list { all = true, limit = 1000 }))) do
    if row.type == "STANDARD" then story.submitted_of(store, row, out) end
  end
  return out
end

--- Everything that can be wrong after a crash; the first difference in words, or nil.
---@param expected {story: table, ledger: table} the run without a crash
---@param crash {kept: table, submitted: table, lines: integer} how things were when it happened
---@param told table the story at the end
---@param ledger table
function story.diff_crash(scenario, expected, crash, told, ledger)
  local was_express, difference = story.diff_express(scenario, expected.ledger, crash.kept, told, ledger, crash.lines)
  if difference or was_express and scenario.is_sync then return difference end
  return story.diff_submitted(crash.submitted, ledger, crash.lines)
    or story.diff_kept(crash.kept, told)
    or story.diff(expected.story, told, scenario.is_unordered)
    or story.diff_effects(expected.ledger, ledger)
end

--- How things are when an engine has died: in the store, and in the world.
function story.at_crash(store, ledger)
  return { submitted = story.submitted(store), kept = story.of(store), lines = #ledger.lines }
end

return story
