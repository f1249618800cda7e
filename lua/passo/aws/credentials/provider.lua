--- Keys that are renewed in time: what every source of credentials becomes for those who sign.
---
--- One renewal at a time serves all callers. In the last part of their life (a quarter of an hour, less for
--- short-lived ones) keys are renewed ahead of need, and a failure then changes nothing; only in the last five
--- minutes must a renewal succeed.
local core = require "passo.core"
local job = require "passo.aws.credentials.job"

local ADVISORY_MS = 15 * 60 * 1000
local MANDATORY_MS = 5 * 60 * 1000
local RETRY_MS = 30 * 1000   -- between renewals ahead of need that fail
local LIMIT_MS = 120 * 1000  -- a renewal that takes longer is held for lost

local provider = {}

---@class passo.aws.Credentials
---@field name string of the source, for messages
local Provider = {}
Provider.__index = Provider
Provider.__metatable = false

local function failed(message, code)
  return nil, message, { code = code or "ECREDENTIALS", message = message }
end

-- renewing -------------------------------------------------------------------------------------------

-- Old keys may still sign somebody's request: they are remembered weakly, and wiped by close or by the collector.
local function keep(self, keys, expires_ms, now_ms)
  self.made[keys] = true
  self.keys, self.expires_ms, self.forced = keys, expires_ms, nil
  if expires_ms then
    local life_ms = expires_ms - now_ms
    self.advisory_ms = expires_ms - math.min(ADVISORY_MS, life_ms / 2)
    self.mandatory_ms = expires_ms - math.min(MANDATORY_MS, life_ms / 4)
  end
end

local function finish(self, flight, ok, keys, expires_ms, failure)
  if flight.over then
    if ok and keys then keys:close() end
    return
  end
  flight.over = true
  if self.flight == flight then self.flight = nil end
  local now_ms = self.now_ms()
  if not ok then
    keys, expires_ms = nil, ("%s: %s"):format(self.name, tostring(keys))
  elseif keys and expires_ms and expires_ms <= now_ms then
    keys:close()
    keys, expires_ms = nil, ("%s: the keys it gave have expired already"):format(self.name)
  end
  if keys and self.closed then
    keys:close()
    keys, expires_ms = nil, ("%s: closed"):format(self.name)
  end
  if keys then
    keep(self, keys, expires_ms, now_ms)
  else
    flight.message = expires_ms
    flight.failure = failure or { code = "ECREDENTIALS", message = expires_ms }
    self.retry_ms = now_ms + RETRY_MS
    -- The next one looks for a source anew: what is set up may have changed.
    if flight.failure.code == "ECREDENTIALS" then self.fetcher = nil end
  end
  for _, waiter in ipairs(flight.waiters) do job.set(waiter) end
end

-- Begins a renewal; it may be over at once.
local function start(self)
  local flight = { waiters = {}, began_ms = core.now_ms(), host = job.host() }
  self.flight = flight
  local fetcher = self.fetcher
  if not fetcher then
    local message, failure
    fetcher, message, failure = self.find(self)
    if not fetcher then
      finish(self, flight, true, nil, message, failure)
      return flight
    end
    self.fetcher = fetcher
    self.source = fetcher.name
  end
  if not fetcher.waits then
    finish(self, flight, true, fetcher.fetch())
    return flight
  end
  local started, message = job.start(fetcher.fetch, function(...) return finish(self, flight, ...) end)
  if not started then
    finish(self, flight, true, nil, ("%s: %s"):format(self.name, message), { code = "EHOST", message = message })
  end
  return flight
end

-- Waits for the end of the renewal under way, or becomes the one who does it.
local function renew(self)
  while true do
    local flight = self.flight
    if flight and core.now_ms() - flight.began_ms > LIMIT_MS then
      finish(self, flight, true, nil, ("%s: no answer within %d s"):format(self.name, LIMIT_MS / 1000))
      flight = nil
    end
    -- Another host's may never go on while this one waits.
    if not flight or flight.host ~= job.host() then flight = start(self) end
    if not flight.over then
      local waiter = job.event()
      flight.waiters[#flight.waiters + 1] = waiter
      local set, message = job.wait(waiter, LIMIT_MS)
      if set == nil and not flight.over and message ~= "idle" then
        return failed(("%s: waiting is not possible here: %s"):format(self.name, message), "EHOST")
      end
      if not set and not flight.over then
        finish(self, flight, true, nil, ("%s: no answer within %d s"):format(self.name, LIMIT_MS / 1000))
      end
    end
    if not flight.failure then return self.keys, self.expires_ms end
    -- It was somebody else's cancellation: ours to try again.
    if flight.failure.code ~= "ECANCELLED" then return nil, flight.message, flight.failure end
    if self.closed then return failed(self.name .. ": closed") end
  end
end

-- for those who sign ---------------------------------------------------------------------------------

--- The keys to sign with now. Waits only when there are none that hold.
---@return passo.aws.Keys? keys nil, message, failure
---@return integer|string|nil expires_ms nil: never
---@return passo.Failure? failure
function Provider:get()
  if self.closed then return failed(self.name .. ": closed") end
  local keys, expires_ms = self.keys, self.expires_ms
  if keys and not self.forced then
    if not expires_ms then return keys end
    local now_ms = self.now_ms()
    if now_ms < self.advisory_ms then return keys, expires_ms end
    if now_ms < self.mandatory_ms then
      if not self.flight and now_ms >= (self.retry_ms or 0) then start(self) end
      return self.keys, self.expires_ms
    end
  end
  return renew(self)
end

--- The keys are refused by AWS: the next `get` fetches others.
---@param keys? passo.aws.Keys which ones; those that are no longer given out are not renewed again
function Provider:expire(keys)
  if keys and keys ~= self.keys then return end
  self.forced = true
  -- Keys that never expire come from files or the environment, which may name another source by now.
  if not self.expires_ms then self.fetcher = nil end
end

--- Wipes all keys it ever gave out.
function Provider:close()
  self.closed = true
  for keys in pairs(self.made) do keys:close() end
  self.made, self.keys, self.fetcher = {}, nil, nil
end

function Provider:__tostring()
  return ("passo.aws.credentials (%s)"):format(self.source or self.name)
end

---@param name string
---@param find fun(self): table?, string?, passo.Failure? the fetcher {name, waits, fetch() -> keys, expires_ms}
---@param now_ms? fun(): integer
---@return passo.aws.Credentials
function provider.new(name, find, now_ms)
  return setmetatable({
    name = name,
    find = find,
    now_ms = now_ms or core.now_ms,
    made = setmetatable({}, { __mode = "k" }),
  }, Provider)
end

--- Whether this is a provider, ours or somebody's own.
function provider.is(object)
  return type(object) == "table" and type(object.get) == "function"
end

return provider
