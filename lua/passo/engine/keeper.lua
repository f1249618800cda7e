--- The keeper: one job a process that keeps its lease, takes over what others have left, fetches what is due from
--- the store, and hands the inbox's letters to the executions they are for.
local trials = require "passo.engine.trials"

local keeper = {}

-- Executions fetched at a time.
local BATCH = 200
local ORPHAN_MS = 1000
local PAUSE_MS = 1000 -- the longest for which nothing is claimed because of suspects with letters
-- One that has been at work for so long has survived its recovery.
local SURVIVED_MS = 60000

-- the lease --------------------------------------------------------------------------------------

local function renew(engine, now_ms)
  if now_ms < engine.renew_at_ms then return true end
  local lease_ms = engine.lease_ms
  engine.renew_at_ms = now_ms + math.floor(lease_ms / 3)
  local ok, message, failure = engine.store:renew(engine.worker, lease_ms, engine:info())
  if ok then return engine:look_at_format() end
  if failure and failure.code == "EFENCED" then
    -- Others took this process for dead: what it holds in memory is theirs.
    engine:lose_all("another process took over: this one had not renewed its lease for " ..
      ("%g s"):format(lease_ms / 1000))
    return engine:register()
  end
  return nil, message, failure
end

-- due work -----------------------------------------------------------------------------------------

-- Puts suspects off until their trials, by one commit.
local function put_off_all(engine, rows)
  if #rows == 0 then return end
  local host, left = engine.host:for_run(), #rows
  local over = host:event()
  local function done()
    left = left - 1
    if left == 0 then host:set(over) end
  end
  for _, row in ipairs(rows) do host:perform(trials.put_off, done, nil, engine, row) end
  while left > 0 do host:wait(over) end
end

-- Takes up what was claimed; those that must wait for their trial go back first.
local function take(engine, rows)
  local suspects, calm = {}, {}
  for i = 1, #rows do
    local row = rows[i]
    rows[i] = false -- what each brings along is large
    local verdict = row.crashes > 0 and trials.verdict(row)
    if verdict then engine:quarantine(row, verdict)
    elseif row.crashes > 0 and trials.is_suspect(row) then suspects[#suspects + 1] = row
    else calm[#calm + 1] = row end
  end
  put_off_all(engine, suspects)
  for i = 1, #calm do
    local row = calm[i]
    calm[i] = false
    engine.handling = row
    engine:resume(row)
  end
  engine.handling = nil
end

-- How long it still claims nothing.
local function pause_ms(engine)
  local at = engine.claims_at_ms
  local left_ms = at and at - engine:now_ms() or 0
  if left_ms <= 0 or left_ms > PAUSE_MS then engine.claims_at_ms = nil end
  return engine.claims_at_ms and left_ms or 0
end

-- Fetches executions that are due. True: there may be more.
local function claim(engine)
  local room = engine.max_running - engine.live_count
  if room <= 0 or engine.is_closing then return false end
  local is_held, what, why = trials.go_on(engine)
  if is_held == nil then return nil, what, why end
  if is_held or pause_ms(engine) > 0 then return false end
  local limit = math.min(room, BATCH)
  local rows, message, failure = engine.store:claim { worker = engine.worker, limit = limit,
    refused = engine:refused_list(), load = true }
  if not rows then
    engine:doubt(failure)
    return nil, message, failure
  end
  local count = #rows
  take(engine, rows)
  trials.go_on_soon(engine)
  return count == limit
end

-- letters ------------------------------------------------------------------------------------------

local function deliver(engine)
  local letters, message, failure = engine.store:inbox(engine.worker)
  if not letters then return nil, message, failure end
  for _, letter in ipairs(letters) do
    local run = engine.live[letter.execution]
    if run and not run.asleep then
      engine.handling = run.row
      run:take_letter(letter)
    end
  end
  engine.handling = nil
  return true
end

-- While the store is waited for, others begin and end.
local function copy(map)
  local out = {}
  for key, value in pairs(map) do out[key] = value end
  return out
end

local function is_live(engine, id, epoch)
  local run = engine.live[id]
  return run ~= nil and run.epoch == epoch
end

-- What a failed append has left behind is ours in the store, and in nobody's memory. A store in trouble has it tried
-- again in a while, not at once.
local function release_orphans(engine)
  if not next(engine.orphans) then return true end
  local now_ms, message, failure = engine.store:now_ms()
  if not now_ms then return nil, message, failure end
  for id, epoch in pairs(copy(engine.orphans)) do
    local ok, code = true, nil
    if not is_live(engine, id, epoch) then
      ok, message, failure = engine.store:release(id, engine.worker, epoch, now_ms + ORPHAN_MS)
      code = failure and failure.code
    end
    if not ok and code ~= "EFENCED" then return nil, message, failure end
    engine.orphans[id] = nil
  end
  return true
end

-- What is to be here, says the store. Synchronous ones are kept beside the run: here they may be over already.
local function is_missing(engine, row)
  return row.owner == engine.worker and row.type ~= "EXPRESS_SYNC" and not engine.births[row.arn]
    and not is_live(engine, row.id, row.epoch)
end

-- Executions that the store says are ours and nobody here knows of, twice in a row: the answer to what made them ours
-- was lost, or who should have taken them up has raised.
local function find_lost(engine, now_ms)
  if not engine.doubts_at_ms or now_ms < engine.doubts_at_ms then return true end
  local seen, cursor = {}, nil
  repeat
    local rows, more, failure = engine.store:list { status = "RUNNING", asleep = false, after = cursor, limit = BATCH }
    if not rows then return nil, more, failure end
    for _, row in ipairs(rows) do
      if is_missing(engine, row) then
        if engine.suspects[row.id] == row.epoch then engine.orphans[row.id] = row.epoch end
        seen[row.id] = row.epoch
      end
    end
    cursor = more
  until not cursor
  engine.suspects = seen
  engine.doubts_at_ms = next(seen) and now_ms + ORPHAN_MS or nil
  return true
end

local function forgive(engine, now_ms)
  for id, run in pairs(copy(engine.live)) do
    if run.crashes and run.resumed_ms and now_ms - run.resumed_ms > SURVIVED_MS then
      run.crashes = nil
      engine.store:amend(id, { crashes = 0 }, run.epoch)
    end
  end
end

-- One round; nil, message, failure when the store could not be asked.
local function round(engine)
  local now_ms = engine:now_ms()
  local ok, message, failure = renew(engine, now_ms)
  if not ok then return nil, message, failure end
  ok, message, failure = find_lost(engine, now_ms)
  if not ok then return nil, message, failure end
  ok, message, failure = release_orphans(engine)
  if not ok then return nil, message, failure end
  if now_ms >= engine.bury_at_ms then
    engine.bury_at_ms = now_ms + engine.poll_ms
    ok, message, failure = engine.store:bury()
    if not ok then return nil, message, failure end
    forgive(engine, now_ms)
  end
  if engine.live_count > 0 then
    ok, message, failure = deliver(engine)
    if not ok then return nil, message, failure end
  end
  for _, duty in ipairs(engine.duties) do duty(engine, now_ms) end
  local more
  more, message, failure = claim(engine)
  if more == nil then return nil, message, failure end
  return true, more
end

-- When the next round is due.
local function next_round(engine, ok)
  local now_ms = engine:now_ms()
  local at = now_ms + (ok and engine.poll_ms or math.min(engine.poll_ms, 1000))
  at = math.min(at, engine.renew_at_ms)
  for _, due_ms in pairs(engine.duty_at_ms) do at = math.min(at, due_ms) end
  if ok and not engine.is_closing and engine.live_count < engine.max_running then
    local trial_ms, is_only = trials.next_ms(engine, now_ms)
    if trial_ms then at = math.min(at, trial_ms) end
    local due_ms = not is_only and engine.store:next_due(engine:refused_list())
    if due_ms then at = math.min(at, math.max(due_ms, now_ms + pause_ms(engine))) end
  end
  return math.max(at, now_ms)
end

-- Rounds until the engine is closed.
local function serve(engine)
  local host = engine.host
  while not engine.is_closed do
    local ok, more, failure = round(engine)
    if engine:must_leave() then engine:close() end
    if ok then
      engine:recovered()
    else
      if failure and failure.code == "EFENCED" then engine.renew_at_ms = 0 end -- renewing tells whether we were buried
      engine:trouble(more, failure)
      if failure and failure.code == "ENEWER" then engine:refuse_to_run(more, failure) end
    end
    if not (ok and more) and not engine.is_closed then
      local at = next_round(engine, ok)
      -- Where nothing can ever come but what this process does itself, nobody has to look at the clock.
      host:wait(engine.bell, at < math.huge and at or nil)
    else
      host:yield()
    end
  end
end

-- A round that raised is an error of a program's (a store of its own, a performer) or of ours, or the store is damaged:
-- the next may do better. An execution over which that happens again and again is set aside: others are not to wait.
local REVIVE_MS = 1000
local MOST_RAISES = 3

local function blame(engine, err)
  local row = engine.handling
  if not row then return end
  engine.handling = nil
  engine.raised = engine.raised or {}
  local run, count = engine.live[row.id], (engine.raised[row.id] or 0) + 1
  if run and run.epoch == row.epoch then
    run.broken, run.failure = tostring(err), { code = "EKEEPER", message = tostring(err) }
    engine:leave(run)
  end
  engine.raised[row.id] = count < MOST_RAISES and count or nil
  if count == MOST_RAISES then engine:quarantine(row, "it cannot be gone on with: " .. tostring(err)) end
end

--- The keeper's life, until the engine is closed. It is a job of its own, so that an error does not end it: another
--- follows.
function keeper.run(engine)
  local host = engine.host:for_run()
  repeat
    local over, broken, cause = host:event(), nil, nil
    host:perform(serve, function(_, ok, err, trace)
      cause = err
      if not ok then broken = ("the keeper failed, and goes on: %s\n%s"):format(tostring(err), tostring(trace)) end
      host:set(over)
    end, nil, engine)
    while not host:wait(over) do end
    if broken and not engine.is_closed then
      engine:trouble(broken, { code = "EKEEPER", message = broken })
      blame(engine, cause)
      engine.doubts_at_ms = engine:now_ms()
      host:wait(host:event(), engine:now_ms() + REVIVE_MS)
    end
  until engine.is_closed
end

return keeper
