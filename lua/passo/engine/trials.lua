--- Trials: which executions bring their process down, and which were merely there when it was killed.
---
--- Who was in memory at two deaths without getting further is a suspect: it goes back to the store, and is tried after
--- a while, alone. A trial counts against it only where this process has lived in peace at least as long as the trial
--- may last, nothing else was live in it, and it died nevertheless. Five in a row are proof; the first record that is
--- kept acquits.
---
--- A row's `crashes`, in decimal, is TTTEEESSS. S is counted by the store: deaths since we wrote the number last. E are
--- the deaths before that; T are the trials begun. While the last of them is under way, S is 0.
local trials = {}

local SUSPECT = 2
local MOST_TRIALS = 5
local PEACE_MS, MOST_DOUBLINGS = 1000, 4
-- So long the one who has put a suspect off has for its trial, before others look at it.
local GRACE_MS = 10000
local SESSION_MS = 2000 -- of trials, one after another; then it is the others' turn for as long
local MOST_COMPANY = 20
local TRIED, EARLIER = 1000000, 1000

-- the number --------------------------------------------------------------------------------------

local function read(crashes)
  local tried, earlier, since = math.floor(crashes / TRIED), math.floor(crashes % TRIED / EARLIER), crashes % EARLIER
  if tried > 0 and since == 0 then tried = tried - 1 end -- it was handed over in the midst of its trial
  return tried, math.min(earlier + since, EARLIER - 1)
end

local function under_way(crashes)
  local tried, deaths = read(crashes)
  return (tried + 1) * TRIED + deaths * EARLIER
end

-- As it was before the trial.
local function uncounted(crashes)
  local tried, deaths = read(crashes)
  return tried * TRIED + (deaths - 1) * EARLIER + 1
end

-- How long its process must have lived in peace before its next trial, and how long that lasts at most.
local function peace_ms(crashes)
  local _, deaths = read(crashes)
  return PEACE_MS * 2 ^ math.min(math.max(deaths - SUSPECT, 0), MOST_DOUBLINGS)
end

function trials.is_suspect(row)
  local _, deaths = read(row.crashes)
  return deaths >= SUSPECT
end

--- Whether enough trials have killed its process: then why it is set aside, in words.
function trials.verdict(row)
  local tried = read(row.crashes)
  if tried < MOST_TRIALS then return nil end
  return ("its process died %d times in a row soon after it went on in it, alone"):format(tried)
end

-- the docket ----------------------------------------------------------------------------------------

local function docket_of(engine)
  local docket = engine.docket
  if not docket then
    docket = { first = 1, last = 0, by_id = {}, count = 0 }
    engine.docket = docket
  end
  return docket
end

-- Notes a suspect for its trial: when it may begin.
local function note(engine, row, now_ms)
  local docket = docket_of(engine)
  local entry = docket.by_id[row.id]
  if not entry or entry.seen_ms > now_ms or entry.peace_ms ~= peace_ms(row.crashes) then
    entry = { id = row.id, seen_ms = now_ms, peace_ms = peace_ms(row.crashes) }
    if not docket.by_id[row.id] then
      docket.last, docket.count = docket.last + 1, docket.count + 1
      docket[docket.last] = row.id
    end
    docket.by_id[row.id] = entry
  end
  return entry
end

local function strike(docket, at)
  local id = docket[at]
  docket[at], docket.by_id[id] = docket[docket.first], nil
  docket[docket.first] = nil
  docket.first, docket.count = docket.first + 1, docket.count - 1
end

-- Where in the docket one stands whose time has come; else when that is, nil for never.
local function ready(engine, now_ms)
  local docket, soonest = engine.docket, nil
  if not docket then return nil end
  for at = docket.first, docket.last do
    local entry = docket.by_id[docket[at]]
    if entry.seen_ms > now_ms then entry.seen_ms = now_ms end -- the clock was set back
    local at_ms = entry.seen_ms + entry.peace_ms
    if at_ms <= now_ms then return at end
    if not soonest or at_ms < soonest then soonest = at_ms end
  end
  return nil, soonest
end

--- Puts a suspect off until its trial. One that has letters is due at once, whatever we say: when it comes again too
--- early, nothing is claimed for a while.
function trials.put_off(engine, row)
  local now_ms = engine:now_ms()
  local entry = note(engine, row, now_ms)
  if entry.put_off_ms and now_ms - entry.put_off_ms < PEACE_MS then engine.claims_at_ms = now_ms + PEACE_MS end
  entry.put_off_ms = now_ms
  return engine:let_go(row, (engine.store:now_ms() or now_ms) + entry.peace_ms + GRACE_MS)
end

-- one trial ------------------------------------------------------------------------------------------

local function is_on(engine, row)
  local trial = engine.trial
  return trial ~= nil and trial.id == row.id and trial.epoch == row.epoch
end

-- It is not tried any more, but goes on as any other; a death will not count as one in a trial.
local function void(engine, trial)
  if engine.trial == trial then engine.trial = nil end
  local run = engine.live[trial.id]
  if run and run.epoch == trial.epoch and not run.crashes then return end -- a record of it is on its way
  engine.store:amend(trial.id, { crashes = trial.before }, trial.epoch)
end

--- Another one begins here: the one tried is not alone any more.
function trials.joined(engine, run)
  local trial = engine.trial
  if trial.id == run.id then return end
  engine.trial = nil
  engine:spawn(function() void(engine, trial) end)
end

--- It has got further, or is not here any more.
function trials.over(engine, run)
  if not is_on(engine, run) then return end
  engine.trial = nil
  engine:rouse()
end

local function resume(engine, row)
  engine.handling = row
  engine:resume(row)
  engine.handling = nil
end

local function try(engine, row)
  local before, lasts_ms = uncounted(row.crashes), peace_ms(row.crashes)
  local crashes = under_way(row.crashes)
  if not engine.store:amend(row.id, { crashes = crashes }, row.epoch) then
    engine:let_go(row, (engine.store:now_ms() or engine:now_ms()) + lasts_ms)
    return
  end
  row.crashes = crashes
  engine.trial = { id = row.id, epoch = row.epoch, before = before, until_ms = engine:now_ms() + lasts_ms,
    lasts_ms = lasts_ms }
  if engine.live_count > 0 then
    void(engine, engine.trial)
    row.crashes = before
  end
  resume(engine, row)
  if is_on(engine, row) and not engine.live[row.id] then void(engine, engine.trial) end -- it cannot be run here
end

-- Takes up suspects by their ids: alone, or in company, where its death counts for nothing.
local function take_up(engine, ids, is_alone)
  local rows, message, failure = engine.store:claim { worker = engine.worker, limit = #ids, ids = ids,
    refused = engine:refused_list(), load = true }
  if not rows then
    engine:doubt(failure)
    return nil, message, failure
  end
  for _, row in ipairs(rows) do
    local verdict = trials.verdict(row)
    if row.quarantine then engine:let_go(row, row.due_ms)
    elseif verdict then engine:quarantine(row, verdict)
    elseif is_alone and trials.is_suspect(row) then try(engine, row)
    else resume(engine, row) end
  end
  return true
end

-- sessions -------------------------------------------------------------------------------------------

local function is_past(now_ms, at_ms, most_ms)
  return now_ms >= at_ms or now_ms < at_ms - most_ms -- the clock was set back
end

-- Begins nothing else here for a while, so that what is live ends; then tries one, or gives up its being alone.
local function hold(engine, at, now_ms)
  local session, docket = engine.session, engine.docket
  local entry = docket.by_id[docket[at]]
  if engine.live_count > 0 then
    session.drained_ms = session.drained_ms or now_ms + entry.peace_ms
    if not is_past(now_ms, session.drained_ms, entry.peace_ms) then return true end
    local ids = {}
    while at and #ids < MOST_COMPANY and #ids < engine.max_running - engine.live_count do
      ids[#ids + 1] = docket[at]
      strike(docket, at)
      at = ready(engine, now_ms)
    end
    session.drained_ms, session.until_ms = nil, now_ms
    return take_up(engine, ids, false)
  end
  session.drained_ms = nil
  strike(docket, at)
  return take_up(engine, { entry.id }, true)
end

--- Goes on with trials. True: nothing else is to be claimed now; nil, message, failure when the store is away.
function trials.go_on(engine)
  local now_ms, trial = engine:now_ms(), engine.trial
  if trial then
    if not is_past(now_ms, trial.until_ms, trial.lasts_ms) then return true end
    void(engine, trial)
  end
  local session = engine.session
  if not session then
    if engine.rest_until_ms and not is_past(now_ms, engine.rest_until_ms, SESSION_MS) then return false end
    engine.rest_until_ms = nil
  end
  local at = ready(engine, now_ms)
  if not at then
    engine.session = nil
    return false
  end
  session = session or { until_ms = now_ms + SESSION_MS }
  engine.session = session
  if is_past(now_ms, session.until_ms, SESSION_MS) and not session.drained_ms then
    engine.session = nil
    engine.rest_until_ms = now_ms + SESSION_MS
    return false
  end
  return hold(engine, at, now_ms)
end

--- Nothing else is here: the others need no turn of their own.
function trials.go_on_soon(engine)
  if engine.live_count == 0 then engine.rest_until_ms = nil end
end

--- When there is something to do for trials; nil: never. `is_only`: nothing but that is to be looked for.
function trials.next_ms(engine, now_ms)
  local trial, session = engine.trial, engine.session
  if trial then return trial.until_ms, true end
  if session and session.drained_ms then return session.drained_ms, true end
  local at, soonest = ready(engine, now_ms)
  if at then soonest = now_ms end
  return soonest and math.max(soonest, engine.rest_until_ms or 0), false
end

return trials
