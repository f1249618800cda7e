--- Schedules: executions that begin by the clock. engine:schedule(name, expression, machine, options) with
--- EventBridge's cron(), rate() and at() expressions.
---
--- A schedule is a document, ordered by when it is due. Each time it is due, over all processes one execution begins:
--- who fires it first notes so in the document, and the execution's name says schedule and time. Of times that passed
--- while nobody ran, the newest is caught up, once.
local calendar = require "passo.engine.calendar"
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local cron = require "passo.engine.cron"
local errors = require "passo.engine.errors"
local names = require "passo.engine.names"
local paging = require "passo.engine.paging"
local zone = require "passo.engine.zone"

local KIND = "schedule"
local NEVER = 2 ^ 52
-- Who has begun to fire a schedule and died is given up after this.
local FIRING_MS = 30000
-- A schedule whose machine is gone does not get better by trying again.
local HOPELESS = { StateMachineDoesNotExist = true, StateMachineDeleting = true, InvalidArn = true, InvalidName = true,
  InvalidExecutionInput = true, ValidationException = true, ResourceNotFound = true }

-- what is asked for ------------------------------------------------------------------------------------

local function is_name(name)
  return type(name) == "string" and #name <= 64 and name:find "^[%w_.%-]+$" ~= nil
end

local LAST_MS = 253402300799999 -- the year 9999 ends

local function moment(given, what)
  if given == nil then return nil end
  local ms = type(given) == "string" and core.parse_time(given) or given
  if type(ms) == "number" and ms >= 0 and ms <= LAST_MS then return math.floor(ms) end
  return errors.invalid(("%s must be an ISO 8601 instant or milliseconds since 1970"):format(what))
end

local function zone_of(body)
  if not body.timezone or body.timezone == "UTC" then return nil end
  return zone.get(body.timezone)
end

-- The next time after `after_ms`; nil when there is none any more.
local function next_after(body, after_ms)
  if not body.enabled then return nil end
  local parsed = cron.parse(body.expression)
  local from_ms = body.start_ms or body.created_ms
  local at = parsed:next(math.max(after_ms, from_ms - 1), zone_of(body), from_ms)
  if at and not (body.end_ms and at > body.end_ms) then return at end
end

local function read_request(engine, name, expression, machine, options)
  if not is_name(name) then
    return errors.invalid "A schedule's name has 1 to 64 letters, digits, dots, hyphens and underscores"
  end
  local parsed, words = cron.parse(expression)
  if not parsed then
    return errors.invalid(("Invalid Schedule Expression %s: %s"):format(tostring(expression), words))
  end
  local body = { name = name, expression = expression, timezone = options.timezone,
    enabled = options.enabled ~= false }
  local message, failure
  if body.timezone and body.timezone ~= "UTC" and not zone.get(body.timezone) then
    local _
    _, words = zone.get(body.timezone)
    return errors.invalid("Invalid ScheduleExpressionTimezone: " .. words)
  end
  body.start_ms, message, failure = moment(options.start, "start")
  if not failure then body.end_ms, message, failure = moment(options.ending, "ending") end
  if failure then return nil, message, failure end
  if type(machine) ~= "string" then return errors.invalid "A schedule needs the name or the ARN of a state machine" end
  local target
  target, message, failure = engine:target(machine, true)
  if not target then return nil, message, failure end
  body.machine = target.arn
  local input = options.input
  if input ~= nil then
    body.input, message = core.encode(input)
    if not body.input then return errors.fail("InvalidExecutionInput", message) end
  end
  return body
end

-- Whether a schedule that is there already says the same: it then keeps its times.
local SAME = { "expression", "timezone", "enabled", "start_ms", "end_ms", "machine", "input" }

local function says_the_same(a, b)
  for _, member in ipairs(SAME) do
    if a[member] ~= b[member] then return false end
  end
  return true
end

local function entry(body, expect)
  return { kind = KIND, key = body.name, body = core.encode(body), sort = body.next_ms or NEVER, expect = expect }
end

-- firing -----------------------------------------------------------------------------------------------

-- The name of the execution for a time: the same at every process.
local function execution_name(name, due_ms)
  local stamp = calendar.stamp(due_ms)
  if #name > 63 then name = name:sub(1, 46) .. "-" .. core.digest("sha256", name):sub(1, 16) end
  return name .. "-" .. stamp
end

-- EventBridge Scheduler's context attributes, where the input names them.
local function input_of(engine, body, due_ms, name)
  local text = body.input or "{}"
  if not text:find("<aws.scheduler.", 1, true) then return text end
  local known = { ["scheduled-time"] = calendar.iso(due_ms), ["execution-id"] = name, ["attempt-number"] = "1",
    ["schedule-arn"] = ("arn:%s:scheduler:%s:%s:schedule/default/%s"):format(names.partition(engine.region),
      engine.region, engine.account, body.name) }
  return (text:gsub("<aws%.scheduler%.([%l%-]+)>", known))
end

local function write(engine, body, expect)
  local revisions, message, failure = engine.store:write { entry(body, expect) }
  if revisions then return revisions[1] end
  return nil, message, failure
end

-- Begins the execution for the newest time up to now, and says when the next one is.
local function fire(engine, document, now_ms)
  local body = core.decode(document.body)
  local firing = body.firing
  if firing and firing.until_ms > now_ms then return firing.until_ms end
  local parsed = cron.parse(body.expression)
  local due_ms = cron.newest(parsed, body.next_ms, now_ms, zone_of(body), body.start_ms or body.created_ms)
    or body.next_ms
  if body.end_ms and due_ms > body.end_ms then due_ms = body.next_ms end
  body.firing = { worker = engine.worker, until_ms = now_ms + FIRING_MS }
  local revision, message, failure = write(engine, body, document.revision)
  if not revision then
    if errors.is_conflict(failure) then return now_ms end -- somebody else fires it, or it was changed
    return nil, message, failure
  end
  local name = execution_name(body.name, due_ms)
  local started
  started, message, failure = engine:start_execution { stateMachineArn = body.machine, name = name,
    input = input_of(engine, body, due_ms, name) }
  local is_there = started or failure.code == "ExecutionAlreadyExists"
  if not is_there and not HOPELESS[failure.code] then return now_ms + FIRING_MS end
  body.firing, body.last_ms, body.last_name = nil, due_ms, is_there and name or nil
  body.last_arn = started and started.executionArn or body.last_arn
  body.problem = not is_there and message or nil
  body.next_ms = next_after(body, math.max(due_ms, now_ms))
  revision, message, failure = write(engine, body, revision)
  if not revision and not errors.is_conflict(failure) then return nil, message, failure end
  return now_ms
end

-- telling ----------------------------------------------------------------------------------------------

local function seconds(ms)
  return ms and ms / 1000
end

local function described(body)
  return { name = body.name, scheduleExpression = body.expression, scheduleExpressionTimezone = body.timezone or "UTC",
    state = body.enabled and "ENABLED" or "DISABLED", stateMachineArn = body.machine, input = body.input,
    creationDate = seconds(body.created_ms), startDate = seconds(body.start_ms), endDate = seconds(body.end_ms),
    nextDate = seconds(body.next_ms), lastDate = seconds(body.last_ms), lastExecutionArn = body.last_arn,
    problem = body.problem }
end

local function no_schedule(name)
  return errors.fail("ResourceNotFoundException", ("Schedule %s does not exist."):format(tostring(name)))
end

local function find(engine, name)
  local document, message, failure = engine.store:get(KIND, tostring(name))
  if document then return document end
  if failure then return nil, message, failure end
  return no_schedule(name)
end

local OPTIONS = { input = true, timezone = true, start = true, ending = true, enabled = true }

return function(Engine)
  --- Begins executions by the clock: engine:schedule("nightly", "cron(0 3 * * ? *)", "cleanup", {input=, timezone=,
  --- start=, ending=, enabled=}). A schedule of the same name is replaced; the same one again goes on as it was.
  ---@param name string
  ---@param expression string cron(...), rate(...), at(...)
  ---@param machine string name or ARN of a machine, a version or an alias
  ---@param options? passo.ScheduleOptions
  ---@return table? schedule as list_schedules tells of it; nil, message, failure
  function Engine:schedule(name, expression, machine, options)
    options = constraints.options("engine:schedule", options, OPTIONS)
    local body, message, failure = read_request(self, name, expression, machine, options)
    if not body then return nil, message, failure end
    for _ = 1, 20 do
      local document
      document, message, failure = self.store:get(KIND, name)
      if failure then return nil, message, failure end
      local held = document and core.decode(document.body)
      if held and says_the_same(held, body) then return described(held) end
      local now_ms = self.store:now_ms()
      body.created_ms = now_ms
      body.next_ms = next_after(body, now_ms - 1)
      local revision
      revision, message, failure = write(self, body, document and document.revision or 0)
      if revision then
        self.schedules_at_ms = 0
        self:rouse()
        return described(body)
      end
      if not errors.is_conflict(failure) then return nil, message, failure end
    end
    return errors.fail("ConflictException", "The schedule is being changed by others")
  end

  --- Takes a schedule away: executions that it has begun go on.
  ---@return table? answer {} nil, message, failure (ResourceNotFoundException)
  function Engine:unschedule(name)
    local document, message, failure = find(self, name)
    if not document then return nil, message, failure end
    local written
    written, message, failure = self.store:write { { kind = KIND, key = document.key } }
    if not written then return nil, message, failure end
    return {}
  end

  ---@return table? schedule nil, message, failure (ResourceNotFoundException)
  function Engine:describe_schedule(name)
    local document, message, failure = find(self, name)
    if not document then return nil, message, failure end
    return described(core.decode(document.body))
  end

  --- Schedules by when they are due; those that never are come last.
  ---@return table? answer {schedules, nextToken} nil, message, failure
  function Engine:list_schedules(request)
    request = constraints.table("engine:list_schedules", request, true)
    local ok, message, failure = paging.constrain(constraints.new(), request):done()
    if not ok then return nil, message, failure end
    return paging.documents(self, request, "ListSchedules", KIND, {}, "schedules", function(document)
      return described(core.decode(document.body))
    end)
  end

  --- Begins the execution for the newest time up to now: when to look at the schedule again.
  ---@param document table
  ---@return number? at_ms nil, message, failure
  function Engine:fire_schedule(document, now_ms)
    return fire(self, document, now_ms)
  end
end
