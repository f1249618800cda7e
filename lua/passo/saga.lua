--- Sagas: steps with their compensations, as a plain definition.
---
--- Every step is a Task whose result is kept under its name in the document that all of them read. When a
--- step fails, the steps before it are compensated, the last one first; a step that timed out is compensated
--- itself too, for nobody knows whether it happened. A compensation is retried; when it still fails that is
--- noted and the others run. In the end the execution fails with the first error; its cause lists the
--- compensations that failed.
local core = require "passo.core"
local definition = require "passo.definition"

local DEFAULT_RETRY = { max_attempts = 3, interval_seconds = 1, backoff_rate = 2 }
local STEP_OPTIONS = { run = true, compensate = true, retry = true, timeout_seconds = true, heartbeat_seconds = true,
  parameters = true, result_selector = true, result_path = true, compensate_parameters = true, compensate_retry = true,
  compensate_timeout_seconds = true, comment = true }

local function member(root, name)
  if name:find "^[%a_][%w_]*$" then return root .. "." .. name end
  return ("%s['%s']"):format(root, name:gsub("[\\']", "\\%0"))
end

local function check_step(i, step)
  if type(step) ~= "table" or type(step[1]) ~= "string" then
    error(("saga: step %d must be {\"Name\", run = ...}"):format(i), 4)
  end
  for key in pairs(step) do
    if key ~= 1 and not STEP_OPTIONS[key] then
      error(("saga: step '%s' has an unknown option '%s'"):format(step[1], tostring(key)), 4)
    end
  end
  for _, key in ipairs { "run", "compensate" } do
    local kind = type(step[key])
    if kind ~= "function" and kind ~= "string" and not (key == "compensate" and kind == "nil") then
      error(("saga: step '%s' needs %s: a function or an ARN, got %s"):format(step[1], key, kind), 4)
    end
  end
  if step[1] == "saga" then
    error("saga: no step can be called 'saga': the error and the compensations that failed are kept there", 4)
  end
end

local function resource(name_of, step, suffix, run)
  if type(run) == "string" then return run end
  return name_of(step[1], suffix, run)
end

local function put(fields, name, value)
  if value ~= nil then fields[#fields + 1] = { name, value } end
end

local function undo_name(step)
  return "Undo " .. step[1]
end

-- Where to go when the steps up to `i` are to be undone.
local function undo_from(steps, i)
  for k = i, 1, -1 do
    if steps[k].compensate then return undo_name(steps[k]) end
  end
  return "Compensated"
end

local function catcher(errors, next_state, result_path)
  return core.object { { "ErrorEquals", core.array(errors) }, { "ResultPath", result_path }, { "Next", next_state } }
end

local function step_state(steps, i, name_of)
  local step = steps[i]
  local fields = { { "Type", "Task" } }
  put(fields, "Comment", step.comment)
  put(fields, "Resource", resource(name_of, step, "", step.run))
  put(fields, "Parameters", step.parameters)
  put(fields, "ResultSelector", step.result_selector)
  put(fields, "ResultPath", step.result_path or member("$", step[1]))
  put(fields, "TimeoutSeconds", step.timeout_seconds)
  put(fields, "HeartbeatSeconds", step.heartbeat_seconds)
  put(fields, "Retry", definition.retry(step.retry))
  local catch = core.array {}
  if step.compensate then
    catch[1] = catcher({ "States.Timeout", "States.HeartbeatTimeout" }, undo_name(step), "$.saga.error")
  end
  catch[#catch + 1] = catcher({ "States.ALL" }, undo_from(steps, i - 1), "$.saga.error")
  put(fields, "Catch", catch)
  if steps[i + 1] then put(fields, "Next", steps[i + 1][1]) else put(fields, "End", true) end
  return core.object(fields)
end

local function undo_state(steps, i, name_of)
  local step = steps[i]
  local after = undo_from(steps, i - 1)
  local fields = { { "Type", "Task" } }
  put(fields, "Resource", resource(name_of, step, "/compensate", step.compensate))
  put(fields, "Parameters", step.compensate_parameters)
  put(fields, "ResultPath", core.null)
  put(fields, "TimeoutSeconds", step.compensate_timeout_seconds)
  put(fields, "Retry", definition.retry(step.compensate_retry or DEFAULT_RETRY))
  put(fields, "Catch", core.array { catcher({ "States.ALL" }, after, member("$.saga.failed", step[1])) })
  put(fields, "Next", after)
  return core.object(fields)
end

-- The end of every failed saga. An error without a cause gets an empty one, which CausePath needs.
local function closing_states()
  return {
    { "Compensated", core.object {
      { "Type", "Pass" },
      { "Parameters", {
        ["error.$"] = "States.JsonMerge(States.StringToJson('{\"Cause\":\"\"}'), $.saga.error, false)" } },
      { "ResultPath", "$.saga.first" },
      { "Next", "All compensated?" } } },
    { "All compensated?", core.object {
      { "Type", "Choice" },
      { "Choices", core.array { { Variable = "$.saga.failed", IsPresent = true, Next = "Failed in part" } } },
      { "Default", "Failed" } } },
    { "Failed", core.object {
      { "Type", "Fail" },
      { "ErrorPath", "$.saga.first.error.Error" },
      { "CausePath", "$.saga.first.error.Cause" } } },
    { "Failed in part", core.object {
      { "Type", "Fail" },
      { "ErrorPath", "$.saga.first.error.Error" },
      { "CausePath", "States.Format('{} (compensations that failed: {})', $.saga.first.error.Cause, "
        .. "States.JsonToString($.saga.failed))" } } },
  }
end

local NO_OBJECT = "a saga's input must be an object: the results of its steps are put into it"
local OWN_SAGA = "a saga's input may not have a member 'saga' that is no object: the first error is put into it"

-- What the definition would stumble over only after a step has run. Values that are none are the core's to tell.
local function refuse_input(input)
  if type(input) == "string" then return NO_OBJECT end
  local value = core.value(input)
  local text = value and value:json()
  if not text then return nil end
  if text:byte() ~= 123 then return NO_OBJECT end
  local own = text:find('"saga":', 1, true) and value:lua().saga
  if own and type(own) ~= "table" then return OWN_SAGA end
end

local function build(name, steps)
  if type(steps) ~= "table" or #steps == 0 then error("saga: a list of steps expected", 3) end
  local own, name_of = definition.names(name)
  local states = {}
  for i, step in ipairs(steps) do
    check_step(i, step)
    states[#states + 1] = { step[1], step_state(steps, i, name_of) }
  end
  for i = #steps, 1, -1 do
    if steps[i].compensate then states[#states + 1] = { undo_name(steps[i]), undo_state(steps, i, name_of) } end
  end
  for _, state in ipairs(closing_states()) do states[#states + 1] = state end
  local seen = {}
  for _, state in ipairs(states) do
    if seen[state[1]] then error(("saga: two states are called '%s'"):format(state[1]), 3) end
    seen[state[1]] = true
  end
  local machine, message = require("passo").compile(core.object {
    { "Comment", "Saga " .. name }, { "StartAt", steps[1][1] }, { "States", core.object(states) } }, name, own)
  if not machine then error("saga: " .. message, 3) end
  machine.refuse_input = refuse_input
  return machine
end

--- A machine from steps: passo.saga "Checkout" { {"Reserve", run = fn, compensate = fn, ...}, ... }.
--- `run` and `compensate` are functions or ARNs.
---@param name string
---@return fun(steps: passo.SagaStep[]): passo.Machine
return function(name)
  if type(name) ~= "string" then error("passo.saga: the name must be a string", 2) end
  return function(steps) return build(name, steps) end
end
