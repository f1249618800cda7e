--- Recorded tasks on AWS services, performed by the integrations' own code: the recording becomes the HTTP reply it
--- stands for, the request is looked at as the service would, and what comes out is compared with the recording.
--- The arguments are the core's own: those have been compared with the recorded ones before.
local core = require "passo.core"
local compare = require "conformance.compare"
local wire = require "conformance.wire"

local integrations = { checked = 0, skipped = {} }

local function aws(name)
  return require("passo.aws." .. name)
end

-- the other side -------------------------------------------------------------------------------------

-- A client whose transport gives these replies, one after the other, and keeps what was sent.
local function client_of(model, replies, sent)
  local function send(method, url, headers, body)
    sent[#sent + 1] = { method = method, url = url, headers = headers, body = body }
    local reply = table.remove(replies, 1)
    if not reply then return nil, "no more replies", { code = "EIO", message = "no more replies" } end
    if reply.failure then return nil, reply.failure.message, reply.failure end
    return reply.status, reply.headers, reply.body
  end
  return assert(require("passo.aws").client(model, {
    region = "us-east-1", endpoint = "https://aws.example",
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" },
    retries = { mode = "none" }, send = send, now_ms = function() return 1700000000000 end, env = {},
    config_file = "/dev/null", credentials_file = "/dev/null",
  }))
end

local function is_sdk_count(cause)
  return cause ~= nil and cause:find("(SDK Attempt Count: ", 1, true) ~= nil
end

local function call_of(case, state, mock, verb)
  return assert(aws("tasks.call").new {
    service = state.service == "lambda" and state.family == "lambda" and "lambda" or state.service, verb = verb,
    sync = state.pattern ~= "request", parsed = (state.action or ""):find ":2$" ~= nil,
    execution_arn = case.context.executionArn, machine_arn = case.context.stateMachineArn,
    name = "00000000-0000-4000-a000-000000000000", tells_attempts = is_sdk_count(mock.cause),
  })
end

-- comparing --------------------------------------------------------------------------------------------

-- What the recorder put in place of a moment or of an id that the reply told twice.
local MOMENTS = { ["date"] = true, ["time"] = true, ["start-date"] = true, ["stop-date"] = true, ["timestamp"] = true }

local function settle(recorded, made, key)
  if type(recorded) == "table" and type(made) == "table" then
    local out = setmetatable({}, getmetatable(made))
    for k, v in pairs(made) do
      if recorded[k] ~= nil then out[k] = settle(recorded[k], v, k) else out[k] = v end
    end
    return out
  end
  if MOMENTS[recorded] and (type(made) == "number" or type(made) == "string") then return recorded end
  if key == "RequestId" and recorded == "RequestId" then return recorded end
  return made
end

-- Headers that the recorder wrote as a text although they are lists at AWS.
local function as_lists(recorded, made)
  local all = type(recorded) == "table" and type(recorded.SdkHttpMetadata) == "table"
    and recorded.SdkHttpMetadata.AllHttpHeaders or type(recorded) == "table" and recorded.Headers
  local own = type(made) == "table" and type(made.SdkHttpMetadata) == "table" and made.SdkHttpMetadata.AllHttpHeaders
    or type(made) == "table" and made.Headers
  if type(all) ~= "table" or type(own) ~= "table" then return end
  for name, value in pairs(all) do
    if type(value) == "string" and type(own[name]) == "table" and #own[name] == 1 then own[name] = own[name][1] end
  end
end

local function diff_value(recorded, made, where)
  local plain = type(made) == "userdata" and made ~= core.null and made:lua() or made
  local recorded_plain = recorded
  local copy = core.decode(core.encode(plain))
  as_lists(recorded_plain, copy)
  return compare.diff(recorded_plain, settle(recorded_plain, copy), where, compare.rules {})
end

local function diff_cause(recorded, made, where)
  if recorded == made then return nil end
  local a, b = core.decode(recorded or ""), core.decode(made or "")
  if type(a) == "table" and type(b) == "table" then
    local texts = compare.diff(a, settle(a, b), where, compare.rules {})
    if texts then return texts end
    -- the order of members, too
    return wire.order(recorded) ~= wire.order(made)
      and ("%s: members in another order: %s"):format(where, tostring(made)) or nil
  end
  return ("%s: expected %s, got %s"):format(where, tostring(recorded), tostring(made))
end

local function diff_error(mock, err, cause, where)
  if mock.error ~= err then
    return ("%s: expected %s, got %s (%s)"):format(where, mock.error, tostring(err), tostring(cause))
  end
  return diff_cause(mock.cause, cause, where .. ".cause")
end

-- one mock ---------------------------------------------------------------------------------------------

local perform = {}

-- An API behind API Gateway.
function perform.apigateway(_, command, mock, where)
  local apigateway = aws "tasks.apigateway"
  local request, auth = apigateway.write(command.input:lua())
  if not request then return ("%s: refused: %s"):format(where, auth) end
  local method, url, _, body = request:parts()
  local wrong = wire.api_request(command.input:lua(), method, url, body)
  if wrong then return where .. ".expected.parameters: " .. wrong end
  if mock.timedOut or mock.pending then return nil end
  local reply = wire.api_reply(mock)
  local result, err, cause = apigateway.read(reply.status, reply.headers, reply.body)
  if mock.error then return diff_error(mock, err, cause, where) end
  return diff_value(mock.result, result, where .. ".result")
end

-- A function by its ARN.
function perform.lambda(case, command, mock, where)
  local sent = {}
  local reply, reason = wire.function_reply(mock)
  if not reply then return nil, reason end
  local call = call_of(case, { service = "lambda", pattern = "request" }, mock, "invoke")
  local result, err, cause = call:perform(client_of("lambda", { reply }, sent),
    core.object { { "FunctionName", command.state.resource }, { "Payload", command.input:json() } })
  if not sent[1] then return ("%s: nothing was sent: %s: %s"):format(where, tostring(err), tostring(cause)) end
  if not core.value(sent[1].body or "null"):equal(command.input) then
    return ("%s.expected.input: sent %s, not %s"):format(where, tostring(sent[1].body), tostring(command.input))
  end
  if mock.timedOut or mock.pending then return nil end
  if mock.error then return diff_error(mock, err, cause, where) end
  return diff_value(mock.result, result:lua().Payload, where .. ".result")
end

-- A job: what starts it, then the answer that ends it.
local function run_job(case, command, mock, where)
  local state = command.state
  local row = aws("tasks.jobs")[state.service .. ":" .. state.verb]
  local sent = {}
  local replies = { assert(wire.reply(state, mock.submitted)) }
  local call = call_of(case, state, mock, state.verb)
  local client = client_of(call.model, replies, sent)
  local started, err, cause = call:perform(client, command.input)
  if started == nil then return ("%s: not started: %s: %s"):format(where, err, cause) end
  local wrong = wire.request(state, call, command.input:lua(), sent[1])
    or diff_value(mock.submitted, started, where .. ".submitted")
  if wrong then return wrong end
  local recorded = mock.result
  if mock.error == "States.TaskFailed" then recorded = core.decode(mock.cause) end
  if type(recorded) ~= "table" or mock.timedOut then return nil, "the job was ended by its token" end
  replies[1] = assert(wire.job_reply(state, row, recorded))
  local me = {
    make = function(verb) return call_of(case, state, mock, verb) end,
    perform = function(made, arguments) return made:perform(client, arguments) end,
    sleep = function() return true end,
  }
  local result
  result, err, cause = aws("tasks.sync").await(me, row, started, command.input, {})
  if mock.error then return diff_error(mock, err, cause, where) end
  if result == nil then return ("%s: failed: %s: %s"):format(where, err, cause) end
  return diff_value(mock.result, result, where .. ".result")
end

function perform.service(case, command, mock, where)
  local state = command.state
  if state.pattern == "sync" then return run_job(case, command, mock, where) end
  local answered = mock.submitted or mock.result
  local reply, reason
  local call = call_of(case, state, mock, state.verb)
  if answered ~= nil then
    reply, reason = wire.reply(state, answered)
  elseif mock.error and not mock.timedOut then
    reply, reason = wire.refusal(state, call, mock)
  else
    reply = { failure = { code = "ETIMEOUT", message = "no answer was recorded" } }
  end
  if not reply then return nil, reason end
  local sent = {}
  local result, err, cause = call:perform(client_of(call.model, { reply }, sent), command.input)
  if sent[1] then
    local wrong = wire.request(state, call, command.input:lua(), sent[1])
    if wrong then return ("%s.expected.parameters: %s"):format(where, wrong) end
  else
    return ("%s: nothing was sent: %s: %s"):format(where, tostring(err), tostring(cause))
  end
  if answered ~= nil then
    if result == nil then return ("%s: failed: %s: %s"):format(where, tostring(err), tostring(cause)) end
    return diff_value(answered, result, where .. (mock.submitted and ".submitted" or ".result"))
  end
  if mock.error and not mock.timedOut then return diff_error(mock, err, cause, where) end
end

-- Where the outcome of a mock cannot have come from the service alone.
local function outside(mock)
  if not aws("core").endpoint then return "endpoints are not built yet" end
  if mock.error == "States.DataLimitExceeded" then return "the reply that was too large is not recorded" end
  return nil
end

--- The first difference between a recorded task and what the integrations' code makes of its arguments and reply, in
--- words; nil: none. Second: why it could not be looked at.
function integrations.diff(case, command, mock, number)
  local state = command.state
  local where = ("$.mocks[%d]"):format(number - 1)
  local reason = outside(mock)
  local difference
  if not reason then
    local do_it = state.family == "lambda" and perform.lambda or state.service == "apigateway" and perform.apigateway
      or perform.service
    difference, reason = do_it(case, command, mock, where)
    if difference and difference:find("built without", 1, true) then difference, reason = nil, difference end
  end
  if reason then
    integrations.skipped[#integrations.skipped + 1] = ("%s %s (%s): %s"):format(case.name, where,
      (state.resource:gsub("^arn:aws:states:::", "")), reason)
  elseif not difference then
    integrations.checked = integrations.checked + 1
  end
  return difference
end

--- Whether a state's tasks are AWS's to do.
function integrations.concerns(state)
  return state.family == "lambda" or (state.family == "task" and state.resource ~= nil
    and state.resource:find "^arn:aws:states:::" ~= nil)
end

return integrations
