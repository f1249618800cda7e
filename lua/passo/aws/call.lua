--- One call's way from parameters to result, over as many attempts as it takes.
---
--- Each attempt is written, addressed, signed, sent and read in C; this file decides between them.
local core = require "passo.core"
local retry = require "passo.aws.retry"
local stream = require "passo.aws.stream"

local call_of = {}

-- Calls that a service may hold open longer than the transport's own patience, in milliseconds.
local PATIENCE = {
  Lambda = { Invoke = 910000, InvokeWithResponseStream = 910000 },
  SFN = { GetActivityTask = 75000, StartSyncExecution = 310000, TestState = 310000 },
  SWF = { PollForActivityTask = 75000, PollForDecisionTask = 75000 },
}
local STALLED_MS = 60000 -- a body that comes or goes in pieces has no time limit but this one

-- failures -----------------------------------------------------------------------------------------

local REASONS = { [301] = "moved to another region", [304] = "not modified", [400] = "bad request", [403] = "forbidden",
  [404] = "not found", [412] = "precondition failed" }

local function refuse(code, message, fields)
  local failure = fields or {}
  failure.code, failure.message = code, message
  return nil, message, failure
end

-- What a caller is told: who refused what, in which words; the failure keeps the service's own.
function call_of.fail(call, message, failure)
  failure = type(failure) == "table" and failure or { code = "EINPUT", message = message }
  local op = call.op
  failure.message = failure.message or message
  failure.service, failure.operation, failure.attempts = op.service.name, op.name, call.sent
  local words = failure.message or ""
  if failure.status then
    words = (failure.code == words or words == "") and tostring(failure.code) or ("%s: %s"):format(failure.code, words)
    -- A reply to HEAD has no body to say more than its status.
    words = words:find "^HTTP %d+$" and REASONS[failure.status] or words
    words = ("%s (HTTP %d%s)"):format(words, failure.status,
      failure.request_id and failure.request_id ~= "" and ", request " .. failure.request_id or "")
  end
  return nil, ("%s %s: %s"):format(op.service.name, op.name, words), failure
end

-- one attempt --------------------------------------------------------------------------------------

local function bearer_token(self, call)
  local token = call.options and call.options.bearer_token or self.options.bearer_token
  if type(token) == "function" then return token() end
  if token then return token end
  return refuse("ECREDENTIALS", "the operation wants a bearer token: give one as the client's option bearer_token")
end

-- Signs, or does what stands in for it. True; nil, message, failure.
local function authorize(self, call, request, where)
  local op = call.op
  if op.signed and not self.anonymous then
    local keys, message, failure = self.provider:get()
    if not keys then return nil, message, failure end
    -- What was used to sign, kept: others may learn the server's clock meanwhile.
    call.keys, call.skew_ms = keys, self.skew_ms
    call.signed_ms = self.now_ms() + call.skew_ms
    local signing = where.signing
    if op.facts.unsigned_body then signing = where.unsigned or signing end
    if call.body then signing = where.streamed end
    return request:sign(keys, where.region, where.signing_name, call.signed_ms, signing)
  elseif op.facts.bearer then
    local token, message, failure = bearer_token(self, call)
    if not token then return nil, message, failure end
    request:header("Authorization", "Bearer " .. token)
  end
  return true
end

--- The request of a call, addressed but not signed, and where it goes.
function call_of.write(self, call)
  local op = call.op
  local request, message, failure = op.bound:write(call.params, call.write_options)
  if not request then return nil, message, failure end
  local where
  where, message, failure = (op.place or self.place_of)(self, call)
  if not where then return nil, message, failure end
  local ok
  ok, message, failure = request:target(where.scheme, where.host, where.base_path, where.host_prefix,
    where.bucket_in_host)
  if not ok then return nil, message, failure end
  if call.finish then
    ok, message, failure = call.finish(request, call, where)
    if not ok then return nil, message, failure end
  end
  local headers = call.options and call.options.headers
  if headers then
    for name, value in pairs(headers) do request:header(name, value) end
  end
  return request, where
end

-- result, nil, nil, status, headers; or nil, message, failure, status, headers
local function attempt(self, call)
  local request, where, failure = call_of.write(self, call)
  if not request then return nil, where, failure end
  local ok, message
  ok, message, failure = authorize(self, call, request, where)
  if not ok then return nil, message, failure end
  request:header("User-Agent", self.user_agent)
  local method, url, lines, body = request:parts()
  if not method then return nil, url, lines end
  if call.body then body = call.body:open() end
  call.sent = call.attempt
  local status, headers, reply = self.send(method, url, lines, body, call.transport)
  if not status then return nil, headers, reply end
  local result
  result, message, failure = call.op.bound:read(status, headers, reply, call.read_options)
  if result == nil then
    failure.status = failure.status or status
    return nil, message, failure, status, headers
  end
  return result, nil, nil, status, headers
end

-- attempts -----------------------------------------------------------------------------------------

-- Whether the failure is put right by other means than patience: another clock, other keys, another region.
local function put_right(self, call, failure, headers)
  if not failure.status then return false end
  local skew_ms = not call.clock_set and call.signed_ms and retry.skew_ms(failure, headers, call.signed_ms)
  if skew_ms then
    call.clock_set = true
    self.skew_ms = call.skew_ms + skew_ms
    return true
  elseif retry.expired(failure) and not call.renewed and call.keys and self.provider.expire then
    call.renewed = true
    self.provider:expire(call.keys)
    return true
  end
  return self.redirect and self.redirect(self, call, failure, headers)
end

-- Waits before the next attempt: true; false when there is none; nil when the wait was cut short.
local function wait(self, call, failure, headers)
  local kind = retry.kind(failure, self.service.id)
  if not kind then return false end
  local delay_s = retry.delay_s(call.attempt, self.random(), headers, self.now_ms())
  local cost = delay_s and self.bucket:take(kind)
  if not cost then return false end
  call.cost = cost
  if delay_s > 0 and not self.sleep(delay_s) then return nil end
  return true
end

local function attempts(self, call)
  while true do
    local result, message, failure, status, headers = attempt(self, call)
    if result ~= nil then
      if call.cost or self.bucket.left < self.bucket.capacity then self.bucket:give(call.cost) end
      return result, nil, nil, status, headers
    end
    failure = type(failure) == "table" and failure or { code = "EINPUT", message = message }
    local again = call.attempt < self.attempts and (not call.body or call.body:rewind())
      and not (call.sink and call.sink.touched)
    if again then
      again = put_right(self, call, failure, headers)
      if not again then again = wait(self, call, failure, headers) end
      if again == nil then
        return call_of.fail(call, nil, { code = "ECANCELLED", message = "cancelled while waiting for another attempt" })
      end
    end
    if not again then
      message, failure = select(2, call_of.fail(call, message, failure))
      return nil, message, failure, status, headers
    end
    call.attempt = call.attempt + 1
  end
end

-- calls --------------------------------------------------------------------------------------------

local random = core.random

local function hex(byte)
  return ("%02x"):format(byte:byte())
end

--- A random UUID.
function call_of.uuid()
  local bytes = random(16)
  local text = bytes:gsub(".", hex)
  local variant = ("89ab"):sub(bytes:byte(9) % 4 + 1, bytes:byte(9) % 4 + 1)
  return ("%s-%s-4%s-%s%s-%s"):format(text:sub(1, 8), text:sub(9, 12), text:sub(14, 16), variant, text:sub(18, 20),
    text:sub(21))
end

local LIMITS = { timeout_ms = true, connect_timeout_ms = true, idle_timeout_ms = true, max_body = true }

local function has_limits(options)
  for key in pairs(options) do
    if LIMITS[key] then return true end
  end
  return false
end

-- The transport's options of a call that has some of its own.
local function transport_of(self, call)
  local options = call.options or {}
  local out = {}
  for key, value in pairs(self.transport) do out[key] = value end
  local patience = PATIENCE[self.service.id]
  local own = patience and patience[call.op.name]
  if own and not self.options.timeout_ms then out.timeout_ms = own end
  if call.body or call.sink then
    out.idle_timeout_ms = out.idle_timeout_ms or STALLED_MS
    out.timeout_ms = self.options.timeout_ms or 0
  end
  for key in pairs(LIMITS) do
    if options[key] then out[key] = options[key] end
  end
  if call.body then out.length = call.body.length end
  if call.sink then out.sink = call.sink.write end
  return out
end

-- What a call may be given beside its parameters; "of" is said to pages, "stay" and "lenient" among ourselves.
local KNOWN = {}
for word in ([[ sink length headers idempotency_token value exact timeout_ms connect_timeout_ms idle_timeout_ms max_body
    bearer_token of stay lenient ]]):gmatch "%S+" do
  KNOWN[word] = true
end

local function check_options(options)
  if type(options) ~= "table" then error("passo.aws: the options of a call are a table, got a " .. type(options), 0) end
  for key in pairs(options) do
    if not KNOWN[key] then
      local names = {}
      for known in pairs(KNOWN) do names[#names + 1] = known end
      table.sort(names)
      local near = require("passo.text").nearest(tostring(key), names)
      error(("passo.aws: a call has no option %q%s"):format(tostring(key),
        near and (", did you mean %s?"):format(near) or ""), 0)
    end
  end
end

local function set_options(self, call)
  local op, options = call.op, call.options
  if op.wants_token then
    call.write_options = { idempotency_token = options and options.idempotency_token or call_of.uuid() }
  end
  local ok, message, failure = stream.prepare(call)
  if not ok then return nil, message, failure end
  if options and options.lenient then
    call.write_options = call.write_options or {}
    call.write_options.lenient = true
  end
  if options and options.value then
    call.read_options = call.read_options or {}
    call.read_options.value = true
  end
  local patience = PATIENCE[self.service.id]
  if call.body or call.sink or (options and has_limits(options)) or (patience and patience[op.name]) then
    call.transport = transport_of(self, call)
  end
  return true
end

--- A call, ready to be written: {op, params, options, attempt, ...}; nil, message, failure.
function call_of.new(self, op, params, options)
  if options ~= nil then check_options(options) end
  local kind = type(params)
  if kind ~= "table" and kind ~= "userdata" and kind ~= "nil" then
    return refuse("EINPUT", "parameters: expected a table or a passo.value, got a " .. kind)
  end
  local call = { op = op, params = params, options = options, attempt = 1, sent = 0, transport = self.transport }
  if options or op.wants_token or op.facts.streaming_input or op.slow then
    local ok, message, failure = set_options(self, call)
    if not ok then return nil, message, failure end
  end
  if type(call.params) == "userdata" and (op.wants_bucket or op.place) then call.params = call.params:lua() end
  local change = op.change
  if change and not (options and options.exact) then
    local ok, message, failure = change(self, call)
    if not ok then return nil, message, failure end
  end
  call.finish = op.finish
  return call
end

--- Performs it: result, nil, nil, status, headers; or nil, message, failure, status, headers.
function call_of.perform(self, op, params, options)
  local call, message, failure = call_of.new(self, op, params, options)
  if not call then return call_of.fail({ op = op, sent = 0 }, message, failure) end
  return attempts(self, call)
end

--- Whether the service may hold the operation open for longer than the transport's own patience.
function call_of.is_slow(op)
  local patience = PATIENCE[op.service.id]
  return patience ~= nil and patience[op.name] ~= nil
end

return call_of
