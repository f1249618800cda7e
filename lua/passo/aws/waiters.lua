--- Waiting for something to hold: the service is asked again and again, as its model says.
local search = require("passo.aws.jmespath").search

local waiters = {}

local MATCH = {}

function MATCH.path(acceptor, reply)
  return reply.result ~= nil and search(acceptor.argument, reply.result) == acceptor.expected
end

function MATCH.pathAll(acceptor, reply)
  local list = reply.result ~= nil and search(acceptor.argument, reply.result)
  if type(list) ~= "table" or #list == 0 then return false end
  for i = 1, #list do
    if list[i] ~= acceptor.expected then return false end
  end
  return true
end

function MATCH.pathAny(acceptor, reply)
  local list = reply.result ~= nil and search(acceptor.argument, reply.result)
  if type(list) ~= "table" then return false end
  for i = 1, #list do
    if list[i] == acceptor.expected then return true end
  end
  return false
end

function MATCH.status(acceptor, reply)
  return reply.status == acceptor.expected
end

function MATCH.error(acceptor, reply)
  local code = reply.failure and reply.failure.status and reply.failure.code
  if acceptor.expected == true then return code ~= nil end
  if acceptor.expected == false then return reply.failure == nil end
  if not code then return false end
  -- A refusal without a body has no code but its status.
  return code == acceptor.expected or tostring(reply.failure.status) == acceptor.expected
    or reply.failure.query_code == acceptor.expected
end

--- The state that a reply means by the first acceptor that matches ("success", "failure", "retry"), and that one.
---@param reply {result: any, failure: passo.Failure?, status: integer?}
function waiters.judge(acceptors, reply)
  for _, acceptor in ipairs(acceptors) do
    local match = MATCH[acceptor.matcher]
    if match and match(acceptor, reply) then return acceptor.state, acceptor end
  end
end

local WORDS = {
  path = "%s is %s", pathAll = "all of %s are %s", pathAny = "one of %s is %s",
}

local function explain(acceptor)
  local words = WORDS[acceptor.matcher]
  if words then return words:format(acceptor.argument, tostring(acceptor.expected)) end
  return ("%s %s"):format(acceptor.matcher, tostring(acceptor.expected))
end

local function refuse(self, name, code, message, more)
  message = ("%s %s: %s"):format(self.service.name, name, message)
  local failure = { code = code, message = message, service = self.service.name, waiter = name }
  for key, value in pairs(more) do failure[key] = failure[key] or value end
  return nil, message, failure
end

local OPTIONS = { delay_s = "number", attempts = "number", call = "table" }

local function check(options)
  for key, value in pairs(options) do
    if not OPTIONS[key] then
      error(("passo.aws: waiting has delay_s, attempts and call, but no %q"):format(tostring(key)), 0)
    elseif type(value) ~= OPTIONS[key] then
      error(("passo.aws: %s of waiting is a %s, got a %s"):format(key, OPTIONS[key], type(value)), 0)
    end
  end
  if options.attempts and options.attempts < 1 then
    error(("passo.aws: attempts of waiting are 1 or more, not %s"):format(tostring(options.attempts)), 0)
  elseif options.delay_s and options.delay_s < 0 then
    error(("passo.aws: delay_s of waiting is not negative, as is %s"):format(tostring(options.delay_s)), 0)
  end
end

--- Asks until it holds.
---@param options? {delay_s: number, attempts: integer} besides a call's own
---@return any result of the last call (true where that was a refusal, as for "not exists"); nil, message, failure:
--- EWAITER it can no longer come to hold, EATTEMPTS it did not in time
function waiters.wait(self, waiter, op, name, params, options)
  options = options or {}
  check(options)
  local delay_s, most = options.delay_s or waiter.delay, math.floor(options.attempts or waiter.attempts)
  for attempt = 1, most do
    local result, message, failure, status = self:call(op.name, params, options.call)
    local reply = { result = result, failure = failure, status = status or failure and failure.status }
    local state, acceptor = waiters.judge(waiter.acceptors, reply)
    if state == "success" then
      if result == nil then return true end
      return result
    elseif state == "failure" then
      return refuse(self, name, "EWAITER", "it will not come to hold: " .. explain(acceptor),
        { result = result, cause = failure, attempts = attempt })
    elseif failure and not state then
      return nil, message, failure
    elseif attempt == most then
      return refuse(self, name, "EATTEMPTS", ("not yet after %d attempts%s"):format(attempt,
        acceptor and ": " .. explain(acceptor) or ""), { result = result, cause = failure, attempts = attempt })
    end
    if not self.sleep(delay_s) then
      return refuse(self, name, "ECANCELLED", "cancelled while waiting", { attempts = attempt })
    end
  end
end

return waiters
