--- Activities: tasks that workers elsewhere fetch by GetActivityTask, and answer with the token they got.
---
--- A task waits in the store from the burst that schedules it until one worker takes it, or it is over (a timeout, a
--- stop). Whoever polls waits up to a minute, woken by the bell.
local configuration = require "passo.engine.configuration"
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"
local paging = require "passo.engine.paging"
local tag_lists = require "passo.engine.tag_lists"
local task = require "passo.task"

local KIND = "activity"
local POLL_MS = 60000
-- Workers that may poll one activity at once, as at AWS; for each process.
local MOST_POLLERS = 1000

local function no_activity(arn)
  return errors.fail("ActivityDoesNotExist", ("Activity Does Not Exist: '%s'"):format(arn))
end

-- The document of an activity's ARN or, in a program's own call, name.
local function find(engine, request, is_short)
  local arn = request.activityArn
  local ok, message, failure = constraints.new():required("activityArn", arn):length("activityArn", arn, 1, 256):done()
  if not ok then return nil, message, failure end
  if is_short and arn:sub(1, 4) ~= "arn:" then arn = names.arn(engine, KIND, arn) end
  ok, message, failure = names.parse(arn, KIND)
  if not ok then return nil, message, failure end
  local document
  document, message, failure = engine.store:get(KIND, arn)
  if document then return document end
  if failure then return nil, message, failure end
  return no_activity(arn)
end

local function created(document)
  return { activityArn = document.key, creationDate = core.decode(document.body).creationDate }
end

-- get_activity_task ------------------------------------------------------------------------------------

-- The oldest task whose execution still waits for it; nil when there is none.
local function take(engine, arn, worker)
  while true do
    local one, message, failure = engine.store:take_activity(arn)
    if not one then return nil, message, failure end
    local ok
    ok, message, failure = engine:post(one.execution, "started", one.number, worker)
    if ok then return { taskToken = one.token, input = one.input } end
    if failure.code ~= "ESTALE" and failure.code ~= "EENDED" and failure.code ~= "ENOTFOUND" then
      return nil, message, failure
    end
  end
end

local function wait_for_task(engine, arn, worker, deadline_ms)
  local host = engine.host
  local poller = { event = host:event(), arn = arn }
  local pollers = engine.pollers
  if not pollers then
    pollers = {}
    engine.pollers = pollers
    engine.duties[#engine.duties + 1] = engine.wake_pollers
  end
  pollers[poller] = true
  local found, message, failure
  while true do
    found, message, failure = take(engine, arn, worker)
    local now_ms = engine:now_ms()
    if found or failure or now_ms >= deadline_ms or engine.is_closing then break end
    -- Others' tasks are told of by a bell that may be lost.
    if host:wait(poller.event, math.min(deadline_ms, now_ms + engine.poll_ms)) == nil then break end
  end
  pollers[poller] = nil
  if failure then return nil, message, failure end
  return found or {}
end

local function activities_of(machine)
  local list = {}
  for _, state in ipairs(machine.all_states) do
    if state.family == "activity" then list[#list + 1] = state end
  end
  return list
end

local function count_pollers(engine, arn)
  local count = 0
  for poller in pairs(engine.pollers or {}) do
    if poller.arn == arn then count = count + 1 end
  end
  return count
end

local OPTIONS = { worker_name = true, timeout_seconds = true }

return function(Engine)
  --- Lets those look who wait for a task of an activity.
  function Engine:wake_pollers()
    for poller in pairs(self.pollers or {}) do self.host:set(poller.event) end
  end

  --- A task for an activity's workers is in the store: they may be at another process.
  function Engine:offered_activity()
    self:wake_pollers()
    self.store:ring()
  end

  --- Which of the activities that a machine names exist: what an execution is told when it begins. Nil: it names none
  --- that handlers of this process do not do.
  function Engine:known_activities(machine)
    machine.activities = machine.activities or activities_of(machine)
    if #machine.activities == 0 then return nil end
    local list = core.array {}
    for _, state in ipairs(machine.activities) do
      local found = task.find(self.handlers, state) or self.store:get(KIND, state.resource)
      if found then list[#list + 1] = state.resource end
    end
    return list
  end

  --- create_activity("Approve"), or {name=, tags=, encryptionConfiguration=}. The same name again is the same activity.
  ---@return table? answer {activityArn, creationDate} nil, message, failure (InvalidName)
  function Engine:create_activity(first)
    local request = constraints.request("create_activity", "name", first)
    local check = constraints.new():required("name", request.name):length("name", request.name, 1, 80)
    local ok, message, failure = tag_lists.constrain(check, request.tags):done()
    if ok then ok, message, failure = names.check(request.name) end
    if not ok then return nil, message, failure end
    local arn = names.arn(self, KIND, request.name)
    ok, message, failure = tag_lists.check(request.tags or {}, limits.of(self).tags, arn)
    if not ok then return nil, message, failure end
    local document
    document, message, failure = self.store:get(KIND, arn)
    if failure then return nil, message, failure end
    if document then return created(document) end
    local encryption
    encryption, message, failure = configuration.encryption(request.encryptionConfiguration)
    if not encryption then return nil, message, failure end
    local created_s = self:now_ms() / 1000
    local body = core.encode { name = request.name, creationDate = created_s, encryptionConfiguration = encryption }
    local has_tags = request.tags and #request.tags > 0
    local written
    written, message, failure = self.store:write { { kind = KIND, key = arn, body = body, expect = 0 },
      has_tags and tag_lists.entry(arn, request.tags) or nil }
    if written then return { activityArn = arn, creationDate = created_s } end
    if not errors.is_conflict(failure) then return nil, message, failure end
    document, message, failure = self.store:get(KIND, arn) -- somebody else was faster
    if not document then return nil, message, failure end
    return created(document)
  end

  ---@return table? answer nil, message, failure (ActivityDoesNotExist, InvalidArn)
  function Engine:describe_activity(first)
    local document, message, failure = find(self, constraints.request("describe_activity", "activityArn", first))
    if not document then return nil, message, failure end
    local body = core.decode(document.body)
    return { activityArn = document.key, name = body.name, creationDate = body.creationDate,
      encryptionConfiguration = body.encryptionConfiguration }
  end

  --- Deleting what is not there is no error.
  ---@return table? answer {} nil, message, failure (InvalidArn)
  function Engine:delete_activity(first)
    local document, message, failure = find(self, constraints.request("delete_activity", "activityArn", first))
    if document then
      document, message, failure = self.store:write { { kind = KIND, key = document.key },
        tag_lists.entry(document.key) }
    elseif failure.code == "ActivityDoesNotExist" then
      return {}
    end
    if not document then return nil, message, failure end
    return {}
  end

  --- list_activities{maxResults=, nextToken=}
  ---@return table? answer {activities, nextToken} nil, message, failure (InvalidToken)
  function Engine:list_activities(request)
    request = constraints.table("engine:list_activities", request, true)
    local ok, message, failure = paging.constrain(constraints.new(), request):done()
    if not ok then return nil, message, failure end
    return paging.documents(self, request, "ListActivities", KIND, {}, "activities", function(document)
      local body = core.decode(document.body)
      return { activityArn = document.key, name = body.name, creationDate = body.creationDate }
    end)
  end

  --- Waits up to a minute for a task: get_activity_task("Approve", {worker_name=, timeout_seconds=}), or
  --- {activityArn=, workerName=}.
  ---@return table? answer {taskToken, input (JSON text)}; {} when none has come; nil, message, failure
  function Engine:get_activity_task(first, options)
    local request, is_short = constraints.request("get_activity_task", "activityArn", first)
    if is_short and options then
      options = constraints.options("engine:get_activity_task", options, OPTIONS)
      request.workerName, request.timeout_seconds = options.worker_name, options.timeout_seconds
    end
    local seconds = request.timeout_seconds
    if seconds ~= nil and (type(seconds) ~= "number" or seconds ~= seconds) then
      error(("engine:get_activity_task: timeout_seconds must be a number, got %s"):format(tostring(seconds)), 2)
    end
    local ok, message, failure = constraints.new():length("workerName", request.workerName, 1, 80):done()
    if not ok then return nil, message, failure end
    if request.workerName then ok, message, failure = names.check(request.workerName) end
    if not ok then return nil, message, failure end
    local document
    document, message, failure = find(self, request, is_short)
    if not document then return nil, message, failure end
    local arn = document.key
    if count_pollers(self, arn) >= MOST_POLLERS then
      return errors.fail("ActivityWorkerLimitExceeded",
        ("The maximum number of workers concurrently polling for activity tasks has been reached: '%s'"):format(arn))
    end
    local wait_ms = seconds and math.ceil(seconds * 1000) or POLL_MS
    return wait_for_task(self, arn, request.workerName, self:now_ms() + wait_ms)
  end
end
