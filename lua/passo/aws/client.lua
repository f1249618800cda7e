--- A client of one AWS service: its operations as methods, pages, waiters, presigned URLs.
local core = require "passo.core" -- whose values the next shares
local aws = require "passo.aws.core"
local call_of = require "passo.aws.call"
local current_host = require("passo.host.current").host
local customize = require "passo.aws.customize"
local version = require "passo.version"
local place = require "passo.aws.place"
local retry = require "passo.aws.retry"
local service = require "passo.aws.service"

local client = {}

---@class passo.aws.Client
---@field region string?
---@field service passo.aws.Service
local Client = {}

local USER_AGENT = "passo/" .. version .. " lua/" .. (rawget(_G, "jit") and "jit" or _VERSION:match "[%d.]+$")

-- The operation, with what is special about it; a mistake in its name is the program's.
local function operation_of(self, name, level)
  if type(name) ~= "string" then
    error("passo.aws: an operation is named by a string, got a " .. type(name), level + 1)
  end
  local op, message = self.service:operation(name)
  if not op then error("passo.aws: " .. message, level + 1) end
  if not op.customized then
    op.customized = true
    customize.operation(op)
    op.slow = call_of.is_slow(op)
  end
  return op
end

--- Calls an operation.
---@param name string in any spelling: "GetItem", "get_item"
---@param params? table|passo.Value
---@param options? passo.aws.CallOptions
---@return any result nil, message, failure
---@return string? message
---@return passo.Failure? failure code, message, status, request_id, fields, service, operation, attempts
---@return integer? status of HTTP
---@return string? headers lines
function Client:call(name, params, options)
  return call_of.perform(self, operation_of(self, name, 2), params, options)
end

--- Whether the service has an operation of that name.
function Client:has(name)
  return type(name) == "string" and self.service:operation(name) ~= nil
end

--- The pages of a listing: an iterator; `pages:next()` where an iterator cannot wait (Lua 5.1).
function Client:pages(name, params, options)
  return require("passo.aws.paginate").pages(self, operation_of(self, name, 2), params, options)
end

--- The items of all pages, one after the other.
function Client:items(name, params, options)
  return require("passo.aws.paginate").items(self, operation_of(self, name, 2), params, options)
end

--- Waits until something holds: "bucket_exists", "table_exists", ...
function Client:wait_until(name, params, options)
  local waiter, message = self.service:waiter(name)
  if not waiter then error("passo.aws: " .. message, 2) end
  return require("passo.aws.waiters").wait(self, waiter, operation_of(self, waiter.operation, 2), name, params, options)
end

--- A URL that performs the operation for whoever has it, for a while.
---@param seconds? integer how long it is good for; 3600
---@return string? url nil, message, failure
---@return table<string, string>? headers that must be sent along
---@return string? method
---@return string? body to be sent along, where the operation has one
function Client:presign(name, params, seconds, options)
  local op = operation_of(self, name, 2)
  local call, message, failure = call_of.new(self, op, params, options)
  if not call then return call_of.fail({ op = op, sent = 0 }, message, failure) end
  local url, headers, method, body = require("passo.aws.presign").url(self, call, call_of.write, seconds or 3600)
  if not url then return call_of.fail(call, headers, method) end
  return url, headers, method, body
end

--- A random text that makes a call count once, as services want it for their idempotency tokens.
Client.uuid = call_of.uuid

-- Methods are made when they are first used, and kept by the client.
function client.index(self, key)
  local own = Client[key]
  if own ~= nil then return own end
  if type(key) ~= "string" then return nil end
  local op = operation_of(self, key, 2)
  local function method(given, params, options)
    if getmetatable(given) ~= false then -- what clients show instead of theirs
      error(("passo.aws: write a colon before the operation: client:%s{...}"):format(key), 2)
    end
    return call_of.perform(given, op, params, options)
  end
  rawset(self, key, method)
  return method
end

local Class = { __index = client.index, __metatable = false }

function Class:__tostring()
  return ("passo.aws.client (%s, %s)"):format(self.service.name, tostring(rawget(self, "region") or "no region"))
end

-- making one ---------------------------------------------------------------------------------------

local KNOWN = {}
for word in ([[ region credentials profile endpoint retries fips dual_stack path_style timeout_ms connect_timeout_ms
    idle_timeout_ms ca_bundle proxy no_proxy verify http2 filter now_ms sleep send random bearer_token host_prefix
    accelerate use_arn_region max_body config_file credentials_file env model ]]):gmatch "%S+" do
  KNOWN[word] = true
end

local NUMBERS = { "timeout_ms", "connect_timeout_ms", "idle_timeout_ms", "max_body" }

local function check_options(options)
  if type(options) ~= "table" then error("passo.aws.client: options are a table, got a " .. type(options), 0) end
  for _, key in ipairs(NUMBERS) do
    local value = options[key]
    if value ~= nil and (type(value) ~= "number" or value < 0) then
      error(("passo.aws.client: %s is a number from 0, not %s"):format(key, tostring(value)), 0)
    end
  end
  for key in pairs(options) do
    if not KNOWN[key] then
      local names = {}
      for known in pairs(KNOWN) do names[#names + 1] = known end
      table.sort(names)
      local near = require("passo.text").nearest(tostring(key), names)
      error(("passo.aws.client: unknown option %q%s"):format(tostring(key),
        near and (", did you mean %s?"):format(near) or ""), 0)
    end
  end
end

local function provider_of(options)
  local given = options.credentials
  if given == nil then
    return require("passo.aws.credentials").default(options)
  elseif type(given) == "table" and type(given.get) == "function" then
    return given
  elseif type(given) == "table" and given.access_key_id and given.secret_access_key then
    local keys = aws.keys(given.access_key_id, given.secret_access_key, given.session_token)
    return { get = function() return keys end }
  end
  error("passo.aws.client: credentials is a provider, {access_key_id=, secret_access_key=, session_token=}"
    .. " or \"anonymous\"", 0)
end

local function sleep(seconds)
  return current_host():sleep(seconds)
end

local function fraction()
  local a, b, c = core.random(3):byte(1, 3)
  return (a * 65536 + b * 256 + c) / 16777216
end

local TRANSPORT = { "timeout_ms", "connect_timeout_ms", "idle_timeout_ms", "proxy", "no_proxy", "verify", "http2",
  "filter", "max_body" }

local function transport_options(options, settings)
  local out = { ca_bundle = options.ca_bundle or settings.ca_bundle }
  for _, key in ipairs(TRANSPORT) do out[key] = options[key] end
  return out
end

--- A client for a service.
---@param name string "s3", "dynamodb", "step-functions"'s "stepfunctions": as botocore and the AWS CLI name them
---@param options? passo.aws.ClientOptions
---@return passo.aws.Client? client nil, message, failure
function client.new(name, options)
  if type(name) ~= "string" then
    error("passo.aws.client: a service is named by a string, got a " .. type(name), 0)
  end
  options = options or {}
  check_options(options)
  local of, message, failure = service.get(name)
  if not of then return nil, message, failure end
  local settings
  settings, message, failure = require("passo.aws.settings").load(options)
  if not settings then return nil, message, failure end
  local self = {
    service = of, options = options, settings = settings, region = options.region or settings.region or false,
    bucket = retry.bucket(), skew_ms = 0, user_agent = USER_AGENT,
    attempts = retry.attempts(options.retries, settings, of.id),
    now_ms = options.now_ms or core.now_ms, sleep = options.sleep or sleep, random = options.random or fraction,
    send = options.send or require("passo.net").send, transport = transport_options(options, settings),
    anonymous = options.credentials == "anonymous", redirect = false, provider = false, place = false,
    wishes = false, regions = false, places = false, kept = 0, discovered = false,
  }
  local placed
  placed, message, failure = place.choose(self)
  if not placed then return nil, message, failure end
  if not self.anonymous then
    self.provider, message, failure = provider_of(options)
    if not self.provider then return nil, message, failure end
  end
  return setmetatable(self, Class)
end

return client
