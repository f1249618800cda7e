--- StartExecution: which machine an ARN means, under which name, with which input; and the same start twice.
local core = require "passo.core"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"

-- How long the number of open executions is taken to be what it was; and the share of the limit that a process may
-- begin before it counts at all: who starts one and ends has no time for that.
local COUNTED_MS = 60000
local UNCOUNTED = 1e-4

-- ("checkout", input, {name = "order-42"}) as the table of the API; the input is a value then, not a text.
local OPTIONS = { name = true, traceHeader = true }
local function spell_out(machine, input, options)
  local request = { stateMachineArn = machine, input = type(input) == "string" and core.encode(input) or input }
  if options then
    local constraints = require "passo.engine.constraints"
    for key, value in pairs(constraints.options("engine:start_execution", options, OPTIONS, 1)) do
      request[key] = value
    end
  end
  return request
end

local function refuse_input(text)
  local words = core.check(text, { format = "json", warnings = false })[1]
  return errors.fail("InvalidExecutionInput",
    ("Invalid State Machine Execution Input: 'com.fasterxml.jackson.core.JsonParseException: %s'"):format(
      words and words.code == "INVALID_JSON_DESCRIPTION" and words.message or "it is not JSON"))
end

-- The input as a passo.value: of JSON text, or of a Lua value.
local function read_input(engine, given)
  if given == nil then return core.value "{}" end
  local value, message = given, nil
  if type(given) ~= "userdata" or given == core.null then value, message = core.value(given) end
  if not value and type(given) == "string" then return refuse_input(given) end
  if not value then
    return errors.fail("InvalidExecutionInput", ("Invalid State Machine Execution Input: '%s'"):format(message))
  end
  local most = (engine.quotas or limits.of(engine)).input_bytes
  if type(given) ~= "string" and value:bytes() > most then
    return errors.invalid(("1 validation error detected: Value at 'input' failed to satisfy constraint: "
      .. "Member must have length less than or equal to %d"):format(most))
  end
  return value
end

-- Whether a text is so short that no limit in characters can be broken; most are.
local function is_short_text(text, most)
  return type(text) == "string" and #text >= 1 and #text <= most
end

local function check_request(engine, request)
  local text = type(request.input) == "string" and request.input or nil
  if is_short_text(request.stateMachineArn, 256) and not request.name and not request.traceHeader
    and (not text or #text <= limits.of(engine).input_bytes) then
    return true
  end
  local check = require("passo.engine.constraints").new()
  local ok, message, failure = check:required("stateMachineArn", request.stateMachineArn)
    :length("stateMachineArn", request.stateMachineArn, 1, 256):length("name", request.name, 1, 80)
    :bytes("input", text, limits.of(engine).input_bytes):length("traceHeader", request.traceHeader, 0, 256)
    :matches("traceHeader", request.traceHeader, not tostring(request.traceHeader):find "[\128-\255]", "\\p{ASCII}*")
    :done()
  if ok and request.name then ok, message, failure = names.check(request.name) end
  return ok, message, failure
end

-- Whether there is room for one more that is open. Counting takes as long as there are many: it is done seldom.
local function check_room(engine, now_ms)
  local most = (engine.quotas or limits.of(engine)).open_executions
  if most == math.huge then return true end
  local room = engine.room or { left = math.floor(most * UNCOUNTED), at_ms = now_ms }
  if room.left <= 0 or math.abs(now_ms - room.at_ms) > COUNTED_MS then
    local open, message, failure = engine.store:count { status = "RUNNING" }
    if not open then return nil, message, failure end
    room = { left = most - open, at_ms = now_ms }
  end
  engine.room = room
  if room.left <= 0 then
    return errors.fail("ExecutionLimitExceeded", "The maximum number of running executions has been reached. "
      .. "Running executions must end or be stopped before a new execution can be started.")
  end
  room.left = room.left - 1
  return true
end

-- The immutable description of an execution, as text.
local function body_of(target, trace_header)
  local alias, version = target.alias, target.version
  return core.encode { stateMachineVersionArn = version and version.arn,
    stateMachineAliasArn = alias and alias.arn, traceHeader = trace_header }
end

-- What all executions of a target begin with, as the metatable of what each begins with.
local function common(target, compiled)
  local birth = target.birth
  if not birth or birth.machine ~= compiled then
    local machine = target.machine
    birth = { machine = compiled, revision = target.revision_id, machine_arn = machine.arn,
      machine_name = machine.name, role_arn = compiled.role_arn, type = machine.type, body = body_of(target),
      kinds = {} }
    birth.__index = birth
    target.birth = birth
  end
  return birth
end

-- The answer when the name is taken: the same one, while it runs and had the same input.
local function answer_again(engine, row, input)
  if row.status == "RUNNING" then
    local text, message, failure = require("passo.engine.journal").input(engine, row.id)
    if not text then return nil, message, failure end
    local held = core.value(text)
    if held and held:equal(input) then
      return { executionArn = row.arn, startDate = documents.seconds(row.start_ms) }
    end
  end
  return errors.fail("ExecutionAlreadyExists", ("Execution Already Exists: '%s'"):format(row.arn))
end

-- What an execution begins with: the table for `begin`, and the target; nil, message, failure.
local function birth(engine, given, is_short, name, input, trace_header)
  local now_ms = engine:now_ms()
  local target, message, failure = engine:start_target(given, is_short, now_ms)
  if not target then return nil, message, failure end
  if target.label then
    return errors.invalid("This operation does not support labeled ARNs", "API_DOES_NOT_SUPPORT_LABELED_ARNS")
  end
  local machine = target.machine
  if machine.status == "DELETING" then return errors.deleting(machine.arn) end
  input, message, failure = read_input(engine, input)
  if not input then return nil, message, failure end
  local revision = target.revision_id
  local compiled = engine.machines_by_revision[revision]
  if not compiled then
    compiled, message, failure = engine:machine(revision)
    if not compiled then return nil, message, failure end
  end
  local arn -- of an execution that nobody names, the core makes it and its name
  if machine.type == "EXPRESS" then
    name = name or names.uuid()
    arn = names.execution_arn(machine.arn, name, names.uuid())
  elseif name then
    arn = names.execution_arn(machine.arn, name)
  end
  local b = setmetatable({ name = name, arn = arn, input = input, now_ms = now_ms, profile = nil },
    common(target, compiled))
  if trace_header then b.body = body_of(target, trace_header) end
  return b, target
end

return function(Engine)
  --- What StartExecution and StartSyncExecution have in common: the table for `begin` (what all executions of the
  --- target share has its metatable), and the target; nil, message, failure. `type` and `arn` are for the caller to set
  --- where they are not a STANDARD execution's.
  ---@param request table stateMachineArn, name, input, traceHeader
  ---@param is_short boolean a plain name of the machine will do
  function Engine:starting(request, is_short)
    local ok, message, failure = check_request(self, request)
    if not ok then return nil, message, failure end
    return birth(self, request.stateMachineArn, is_short, request.name, request.input, request.traceHeader)
  end

  --- StartExecution. Takes the API's table, whose input is JSON text; or the machine (a name will do), an input that is
  --- any value, and {name =, traceHeader =}.
  ---@return {executionArn: string, startDate: number}? nil, message, failure
  function Engine:start_execution(first, input, options)
    if type(input) == "table" and input.core and require("passo.engine.definitions").is_machine(input) then
      error("engine:start_execution: the input is a passo.machine", 2)
    end
    local b, message, failure
    if options == nil and is_short_text(first, 256) and type(input) ~= "string" then
      b, message, failure = birth(self, first, true, nil, input, nil)
    else
      local request, is_short = require("passo.engine.constraints").request("engine:start_execution",
        "stateMachineArn", first)
      if is_short then request = spell_out(first, input, options) end
      b, message, failure = self:starting(request, is_short)
    end
    if not b then return nil, message, failure end
    if b.type == "STANDARD" then
      local ok
      ok, message, failure = check_room(self, b.now_ms)
      if not ok then return nil, message, failure end
    end
    local live
    live, message, failure = self:begin(b)
    if live then return { executionArn = live.arn, startDate = live.start_ms / 1000 } end
    if failure and failure.code == "EEXISTS" then return answer_again(self, failure.execution, b.input) end
    return nil, message, failure
  end
end
