--- What the keeper does now and then: it has ended executions forgotten, and schedules fired.
local HOUR_MS = 60 * 60 * 1000
local SCHEDULE = "schedule"
local NEVER = 2 ^ 52
-- Who has begun to fire a schedule and died is given up after this.
local FIRING_MS = 30000
-- How many due schedules are fired in one round.
local BATCH = 50

local function run_schedules(engine, now_ms)
  if now_ms < engine.schedules_at_ms then return true end
  local ahead_ms = engine.store:now_ms() - now_ms
  local list, message, failure = engine.store:list_documents(SCHEDULE, { limit = BATCH })
  if not list then return nil, message, failure end
  local next_ms = math.huge
  for _, document in ipairs(list) do
    local due_ms = document.sort
    if due_ms <= now_ms + ahead_ms then
      local again_ms = engine:fire_schedule(document, now_ms + ahead_ms)
      due_ms = again_ms or now_ms + ahead_ms + FIRING_MS
    end
    if due_ms < NEVER then next_ms = math.min(next_ms, due_ms - ahead_ms) end
  end
  engine.schedules_at_ms = math.min(math.max(next_ms, now_ms), now_ms + engine.poll_ms)
  engine.duty_at_ms.schedules = next_ms < math.huge and engine.schedules_at_ms or nil
  return true
end

-- About every hour. A virtual clock is not made to stop for it.
local function retention(engine)
  local next_ms = engine:now_ms() + HOUR_MS
  local function plan()
    if not engine.host.virtual_ms then engine.duty_at_ms.retention = next_ms end
  end
  plan()
  return function(_, now_ms)
    if now_ms < next_ms or engine.is_closing then return end
    next_ms = now_ms + (engine:tidy() and HOUR_MS or 1000)
    plan()
  end
end

return function(Engine)
  --- Called when the engine opens.
  function Engine:begin_duties()
    self.schedules_at_ms = 0
    self.duties = { retention(self), run_schedules }
  end
end
