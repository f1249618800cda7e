--- The world outside an engine: it performs the tasks of a scenario, notes each effect in a ledger, and answers the
--- tokens it was handed. It outlives engines: what it was told before a crash it goes on with afterwards.
---
--- Ledger lines: "did KEY ATTEMPT MOCK" an effect; "job KEY ATTEMPT" a job was started; "sent KEY ATTEMPT MOCK TOKEN" a
--- token was handed out; "took TOKEN MOCK" an activity's worker has it; "answered TOKEN"; "began WHAT MS" when a task
--- was first heard of.
---
--- A scenario that is timed says how long each task takes, counted from when it was first heard of: what the world says
--- comes at the same moments, and in the same order, whether there was a crash in between or not.
local core = require "passo.core"

local World = {}
World.__index = World

local NEVER_S = 1e8     -- three years: longer than any timeout
local ANSWER_MS = 10    -- how long the world ponders over a token; the one handed out next, twice as long
local GONE = { TaskTimedOut = true, InvalidToken = true, TaskDoesNotExist = true }

---@param scenario table outcome(self, ledger, state, key, attempt) -> mock number, outcome; activities = {ARN...}
---@param ledger table
---@param host passo.Host
function World.new(scenario, ledger, host)
  local self = setmetatable({ scenario = scenario, ledger = ledger, host = host, planned = {}, answers = 0,
    began_ms = {} }, World)
  ledger:each("began", 2, function(what, ms) self.began_ms[what] = tonumber(ms) end)
  self.handlers = { default = function(input, ctx) return self:perform(input, ctx) end,
    ["lua:ask"] = function(a) return a end, ["lua:choose"] = function(input) return scenario.chooses(input) end,
    ["arn:aws:states:::s3:getObject"] = function(parameters) return scenario:object(parameters) end,
    ["arn:aws:states:::s3:listObjectsV2"] = function(parameters) return scenario:objects(parameters) end,
    ["arn:aws:states:::s3:putObject"] = function() return {} end }
  return self
end

local function value_of(text)
  return text and assert(core.value(text)) or core.null
end

-- When a task ends that is timed.
local function end_ms(self, what)
  local began_ms = self.began_ms[what]
  if not began_ms then
    began_ms = self.host:now_ms()
    self.began_ms[what] = began_ms
    self.ledger:note("began", what, ("%d"):format(began_ms))
  end
  return began_ms + self.scenario:duration_ms(what)
end

local function sleep_until(self, ms)
  self.host:sleep(math.max(0, ms - self.host:now_ms()) / 1000)
end

-- -- tasks ------------------------------------------------------------------------------------------

-- A job that runs elsewhere: it is started once, and asked after for ever.
local function ensure_job(self, outcome, ctx, key, attempt)
  if ctx.submitted ~= nil then return end
  self.ledger:note("job", key, attempt)
  ctx.submit(value_of(outcome.submitted))
end

function World:perform(_, ctx)
  local key, attempt = ctx.idempotency_key, ("%d"):format(ctx.attempt)
  local number, outcome = self.scenario:outcome(self.ledger, ctx.state.name, key, attempt)
  local until_ms = self.scenario.is_timed and end_ms(self, key .. "/" .. attempt)
  if ctx.state.pattern == "token" then
    self.ledger:note("sent", key, attempt, ("%d"):format(number), ctx.task_token)
    self:answer_later(ctx.task_token, number, until_ms)
    return value_of(outcome.submitted)
  end
  if ctx.state.pattern == "sync" and outcome.submitted then ensure_job(self, outcome, ctx, key, attempt) end
  self.ledger:note("did", key, attempt, ("%d"):format(number))
  if until_ms then sleep_until(self, until_ms) end
  if outcome.never then
    self.host:sleep(NEVER_S)
    return nil, "Cancelled"
  end
  if outcome.error then return nil, outcome.error, outcome.cause end
  return value_of(outcome.result)
end

-- -- tokens ------------------------------------------------------------------------------------------

local function answer(self, token, number)
  local engine = self.engine
  local outcome = self.scenario:numbered(number)
  local ok, message, failure
  if outcome.never then return end
  if outcome.error then
    ok, message, failure = engine:send_task_failure { taskToken = token, error = outcome.error, cause = outcome.cause }
  else
    ok, message, failure = engine:send_task_success { taskToken = token, output = outcome.result or "null" }
  end
  if ok or failure and GONE[failure.code] then
    self.ledger:note("answered", token)
  else
    self.problem = self.problem or ("an answer was refused: " .. tostring(message))
  end
end

--- Answers a token at a moment, or after a while; those that were handed out later, later.
function World:answer_later(token, number, at_ms)
  if self.planned[token] then return end
  self.planned[token] = true
  self.answers = self.answers + 1
  at_ms = at_ms or self.host:now_ms() + self.answers * ANSWER_MS
  self.host:spawn(function()
    sleep_until(self, at_ms)
    answer(self, token, number)
  end)
end

-- -- activities --------------------------------------------------------------------------------------

local function work(self, activity)
  while not self.is_over do
    local task = self.engine:get_activity_task { activityArn = activity, workerName = "worker" }
    if task and task.taskToken then
      local number = self.scenario:activity_outcome(self.ledger, activity, task.taskToken)
      self.ledger:note("took", task.taskToken, ("%d"):format(number))
      self:answer_later(task.taskToken, number, self.scenario.is_timed and end_ms(self, task.taskToken))
    else
      self.host:sleep(1)
    end
  end
end

--- The world goes on: what was handed out before is answered, activities are worked on.
function World:serve(engine)
  self.engine = engine
  local answered = self.ledger:counts "answered"
  local function go_on(what, token, number)
    if answered[token] then return end
    self:answer_later(token, tonumber(number), self.scenario.is_timed and end_ms(self, what))
  end
  self.ledger:each("sent", 4, function(key, attempt, number, token) go_on(key .. "/" .. attempt, token, number) end)
  self.ledger:each("took", 2, function(token, number) go_on(token, token, number) end)
  for _, activity in ipairs(self.scenario.activities) do
    self.host:spawn(function() work(self, activity) end)
  end
end

return World
