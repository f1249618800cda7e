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

local function diff_events(expected, actual, has_branches)
  local rules = compare.rules {}
  return history.diff(history.read(expected, rules), history.read(actual, rules), has_branches, rules)
end

local function diff_result(expected, actual)
  local rules = compare.rules {}
  local a, b = core.decode(expected.result or "null"), core.decode(actual.result or "null")
  return compare.diff(a, b, "$.result", rules)
end

local function diff_one(expected, actual, has_branches)
  if actual.quarantine and actual.quarantine ~= core.null then return "it was set aside: " .. actual.quarantine end
  if expected.status ~= actual.status then
    return ("expected %s, got %s %s"):format(expected.status, actual.status, tostring(actual.result))
  end
  return diff_result(expected, actual) or diff_events(expected.events, actual.events, has_branches)
end

-- A child that was stopped because a sibling of its Map had failed may as well not have begun.
local function is_bystander(one, has_branches)
  return has_branches and one.status == "ABORTED"
end

--- The first difference in words, or nil. Where branches run beside each other, their events may be mixed otherwise.
function story.diff(expected, actual, has_branches)
  local i, j = 1, 1
  while expected[i] or actual[j] do
    local want, have = expected[i], actual[j]
    if want and have and want.arn == have.arn then
      local difference = diff_one(want, have, has_branches)
      if difference then return want.arn:match "[^:]*$" .. ": " .. difference end
      i, j = i + 1, j + 1
    elseif not want or have and have.arn < want.arn then
      if not is_bystander(have, has_branches) then return "an execution too many: " .. have.arn end
      j = j + 1
    else
      if not is_bystander(want, has_branches) then return "an execution is missing: " .. want.arn end
      i = i + 1
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

--- Which tasks are submitted, as the histories in the store tell: { ["KEY ATTEMPT"] = true }.
function story.submitted(store)
  local out = {}
  for _, row in ipairs((assert(store:list { all = true, limit = 1000 }))) do
    if row.type == "STANDARD" then
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
    end
  end
  return out
end

return story
