--- Which refusals are worth another attempt, when, and how many: AWS's standard mode.
---
--- Nothing here waits or sends; the time is nobody's business, randomness is an argument. A client has one bucket of
--- tokens for all its calls: when a service is down, its retries run dry and calls fail at their first attempt.
--- Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
local retry = {}

local CAPACITY = 500
local COST, TIMEOUT_COST, REFUND = 5, 10, 1
local LONGEST_S = 20 -- a delay is at most that, but for what a server asks
local ASKED_MORE_S = 5 -- what x-amz-retry-after may add to our own delay
local ASKED_MOST_S = 60 -- a Retry-After beyond it is not obeyed but answered with the refusal
local SKEW_MS = 4 * 60 * 1000

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

local THROTTLING = set [[
  Throttling ThrottlingException ThrottledException RequestThrottledException TooManyRequestsException
  ProvisionedThroughputExceededException TransactionInProgressException RequestLimitExceeded BandwidthLimitExceeded
  LimitExceededException RequestThrottled SlowDown PriorRequestNotComplete EC2ThrottledException ]]

local TRANSIENT = set "RequestTimeout RequestTimeoutException PriorRequestNotComplete InternalError"
local TRANSIENT_STATUS = { [500] = true, [502] = true, [503] = true, [504] = true }
-- What the transport says; a certificate that does not hold will not hold in a second either.
local TRANSPORT = set "EDNS ECONNECT ERESET ETIMEOUT"

-- Errors that only some services mean as "again", by service id.
local OF_SERVICE = {
  DynamoDB = set "ReplicatedWriteConflictException",
  STS = set "IDPCommunicationError",
  S3 = set "BadDigest",
}

local SKEWED = set [[ RequestTimeTooSkewed RequestExpired RequestInTheFuture InvalidSignatureException
  SignatureDoesNotMatch AuthFailure SignatureExpired ]]

local EXPIRED = set [[ ExpiredToken ExpiredTokenException TokenRefreshRequired ]]

-- headers ------------------------------------------------------------------------------------------

--- The value of a header in a reply's lines, or nil. `name` is in lower case.
function retry.header(lines, name)
  if not lines then return nil end
  for key, value in lines:gmatch "([^:\r\n]+):[ \t]*([^\r\n]*)" do
    if key:lower() == name then return value end
  end
end

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11,
  Dec = 12 }

-- Days from 1970-01-01 to a day of the Gregorian calendar; years begin in March.
local function days_until(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leap_days = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return 365 * year + leap_days + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- Milliseconds since 1970 of an HTTP date ("Sat, 21 Nov 2026 07:25:04 GMT"), or nil.
function retry.date_ms(text)
  local day, month, year, hour, minute, second = (text or ""):match "^%a+, (%d+) (%a+) (%d+) (%d+):(%d+):(%d+) GMT"
  month = MONTHS[month]
  if not month then return nil end
  local days = days_until(tonumber(year), month, tonumber(day))
  return ((days * 24 + tonumber(hour)) * 60 + tonumber(minute)) * 60000 + tonumber(second) * 1000
end

-- which ---------------------------------------------------------------------------------------------

--- What kind of failure this is: "throttling", "transient" or "timeout"; nil: another attempt would not help.
---@param failure passo.Failure code, status, retryable, throttling
---@param service string its id, as "DynamoDB"
function retry.kind(failure, service)
  local code, status = failure.code, failure.status
  if not status then
    if code == "ETIMEOUT" then return "timeout" end
    return TRANSPORT[code] and "transient" or nil
  end
  -- The model knows best which of the service's own errors pass.
  if failure.throttling or THROTTLING[code] or status == 429 then return "throttling" end
  if failure.retryable then return "transient" end
  local own = OF_SERVICE[service]
  if TRANSIENT[code] or TRANSIENT_STATUS[status] or (own and own[code]) then return "transient" end
end

--- By how many milliseconds the server's clock is ahead of ours, where a refusal is due to that; else nil.
---@param failure passo.Failure
---@param headers string the reply's
---@param now_ms integer ours, as it was used to sign
function retry.skew_ms(failure, headers, now_ms)
  if not SKEWED[failure.code] then return nil end
  local theirs_ms = retry.date_ms(retry.header(headers, "date"))
  if theirs_ms and math.abs(theirs_ms - now_ms) > SKEW_MS then return theirs_ms - now_ms end
end

--- Whether the credentials, which were good once, have expired.
function retry.expired(failure)
  return failure.status ~= nil and EXPIRED[failure.code] == true
end

-- when ----------------------------------------------------------------------------------------------

local function asked_seconds(headers, now_ms)
  local text = retry.header(headers, "retry-after")
  if not text then return nil end
  if text:find "^%d+$" then return tonumber(text) end
  local at_ms = retry.date_ms(text)
  return at_ms and math.max(0, (at_ms - now_ms) / 1000)
end

--- Seconds to wait after attempt number `attempt`; nil when the server asks for more patience than we have.
---@param attempt integer from 1
---@param random number 0 <= random < 1
---@param headers? string of the reply
---@param now_ms integer
function retry.delay_s(attempt, random, headers, now_ms)
  local own = random * math.min(2 ^ (attempt - 1), LONGEST_S)
  local ms = tonumber((retry.header(headers, "x-amz-retry-after") or ""):match "^%d+$")
  if ms then return math.max(own, math.min(ms / 1000, own + ASKED_MORE_S)) end
  local asked = asked_seconds(headers, now_ms)
  if asked and asked > ASKED_MOST_S then return nil end
  return math.max(own, asked or 0)
end

-- how many ------------------------------------------------------------------------------------------

local Bucket = {}
Bucket.__index = Bucket

--- The tokens of one client.
function retry.bucket()
  return setmetatable({ left = CAPACITY, capacity = CAPACITY }, Bucket)
end

--- Takes what a retry of this kind costs: the cost, or nil when there is too little left.
function Bucket:take(kind)
  local cost = kind == "timeout" and TIMEOUT_COST or COST
  if self.left < cost then return nil end
  self.left = self.left - cost
  return cost
end

--- A call succeeded: what its last retry had cost comes back, or one token where it needed none.
function Bucket:give(cost)
  self.left = math.min(CAPACITY, self.left + (cost or REFUND))
end

-- modes ---------------------------------------------------------------------------------------------

local ATTEMPTS = 3
local ATTEMPTS_OF = { DynamoDB = 4, ["DynamoDB Streams"] = 4 }

--- How many attempts a call has.
---@param given? table {mode = "standard"|"none", attempts = 3} as in the options of a client
---@param settings? table {attempts=, retry_mode=} of the environment
---@param service string
function retry.attempts(given, settings, service)
  given, settings = given or {}, settings or {}
  if type(given) ~= "table" then error("retries is a table {mode=, attempts=}, not a " .. type(given), 0) end
  for key in pairs(given) do
    if key ~= "mode" and key ~= "attempts" then
      error(("retries has mode and attempts, but no %q"):format(tostring(key)), 0)
    end
  end
  if given.mode and given.mode ~= "standard" and given.mode ~= "none" then
    error(("retries.mode is \"standard\" or \"none\", not %q"):format(tostring(given.mode)), 0)
  end
  local attempts = given.attempts
  if attempts ~= nil and (type(attempts) ~= "number" or attempts < 1 or attempts % 1 ~= 0) then
    error(("retries.attempts is a whole number from 1, not %s"):format(tostring(attempts)), 0)
  end
  if given.mode == "none" then return 1 end
  return given.attempts or settings.attempts or ATTEMPTS_OF[service] or ATTEMPTS
end

return retry
