--- Who signs: AWS credentials from wherever the AWS CLI would find them.
---
--- Every function answers a provider at once, without reading, asking or waiting for anything; its `get` does.
--- Providers of the same source are one and the same in a process, so that a hundred clients ask STS once.
local core = require "passo.core"
local provider = require "passo.aws.credentials.provider"
local settings = require "passo.aws.settings"
local source = require "passo.aws.credentials.source"

require "passo.host.inherit"("passo.", [[net host.ngx aws.settings aws.credentials.environment aws.credentials.profile
    aws.credentials.process aws.credentials.static aws.credentials.assume_role aws.credentials.web_identity
    aws.credentials.sso aws.credentials.login aws.credentials.container aws.credentials.imds aws.credentials.job
    aws.credentials.source aws.credentials.provider]])

local credentials = {}

---@class passo.aws.CredentialOptions
---@field profile? string
---@field region? string for calls to STS
---@field config_file? string
---@field credentials_file? string
---@field settings? passo.aws.Settings read already
---@field env? table|function instead of the process's environment
---@field now_ms? fun(): integer instead of the clock
---@field send? function instead of passo.net.send
---@field client? function instead of passo.aws.client

-- the context of a source ----------------------------------------------------------------------------

local function send(...)
  return require("passo.net").send(...)
end

local function sleep(seconds)
  return require("passo").sleep(seconds)
end

-- What a client of STS has in common with the one whose keys are wanted: its way into the network, no more.
local PASSED_ON = { "env", "profile", "config_file", "credentials_file", "now_ms", "send", "sleep", "ca_bundle",
  "proxy", "no_proxy", "verify" }

local function client_maker(options)
  local make = options.client or function(...) return require("passo.aws").client(...) end
  return function(service, given)
    for _, key in ipairs(PASSED_ON) do given[key] = options[key] end
    return make(service, given)
  end
end

-- Read when the first keys are wanted, and again when keys without an end are refused.
local context_of
function context_of(options)
  local read, message, failure = options.settings, nil, nil
  if not read or options.used then read, message, failure = settings.load(options) end
  if not read then return nil, message, failure end
  options.used = true
  return {
    again = function() return context_of(options) end,
    settings = read, now_ms = options.now_ms or core.now_ms, send = options.send or send,
    sleep = options.sleep or sleep, client = client_maker(options),
  }
end

-- one provider a source ------------------------------------------------------------------------------

local MOST_SHARED = 256
local shared, shared_count = {}, 0
local numbers, last_number = setmetatable({}, { __mode = "k" }), 0

local function copy_of(options)
  local copy = {}
  for key, value in pairs(options or {}) do copy[key] = value end
  return copy
end

-- What tells sources apart; nil for those with a world of their own (specs).
local function key_of(kind, options, parts)
  if options.env or options.now_ms or options.send or options.client then return nil end
  local words = { kind, options.profile or false, options.region or false, options.config_file or false,
    options.credentials_file or false, options.ca_bundle or false, options.proxy or false, options.no_proxy or false,
    options.verify == false }
  for _, part in ipairs(parts or {}) do words[#words + 1] = part end
  for i, word in ipairs(words) do words[i] = tostring(word):gsub("[%%|]", { ["%"] = "%25", ["|"] = "%7C" }) end
  return table.concat(words, "|")
end

-- A name for a provider, which somebody else may have made.
local function number_of(object)
  if not numbers[object] then last_number, numbers[object] = last_number + 1, last_number + 1 end
  return numbers[object]
end

local function sharing(key, make)
  local found = key and shared[key]
  if found and not found.closed then return found end
  found = make()
  if key then
    if not shared[key] then shared_count = shared_count + 1 end
    if shared_count > MOST_SHARED then shared, shared_count = {}, 1 end
    shared[key] = found
  end
  return found
end

-- A provider whose source is found in a fresh context each time.
local function found_by(name, options, find)
  return provider.new(name, function()
    local context, message, failure = context_of(options)
    if not context then return nil, message, failure end
    return find(context)
  end, options.now_ms)
end

local function check_options(who, options)
  if options ~= nil and type(options) ~= "table" then error(who .. ": options must be a table", 3) end
  return copy_of(options)
end

-- the chain ------------------------------------------------------------------------------------------

local function join(tried, failure)
  local words = {}
  for i, one in ipairs(tried) do words[i] = one.message end
  local message = "no AWS credentials: " .. table.concat(words, "; ")
  return nil, message, { code = failure and failure.code or "ECREDENTIALS", message = message, tried = tried,
    cause = failure }
end

-- The last source is only known to be there when it answers: its failure is the chain's.
local function last_of_chain(fetcher, tried)
  return { name = fetcher.name, waits = fetcher.waits, fetch = function()
    local keys, expires_ms, failure = fetcher.fetch()
    if keys then return keys, expires_ms end
    local all = {}
    for i, one in ipairs(tried) do all[i] = one end
    all[#all + 1] = { message = expires_ms, failure = failure }
    return join(all, failure)
  end }
end

local function find_in_chain(context)
  local chosen = context.settings
  local steps = {
    not chosen.profile_given and require "passo.aws.credentials.environment" or false,
    function() return require("passo.aws.credentials.profile").find(context, chosen.profile) end,
    require "passo.aws.credentials.container",
    (require "passo.aws.credentials.imds"), -- of two results the first
  }
  local tried = {}
  for i, step in ipairs(steps) do
    if step then
      local fetcher, message, failure = step(context)
      if fetcher then return i == #steps and last_of_chain(fetcher, tried) or fetcher end
      tried[#tried + 1] = { message = message, failure = failure }
      if not failure.absent then return join(tried, failure) end
    end
  end
  return join(tried)
end

--- As the AWS CLI finds them: environment, profile, container, instance metadata.
---@param options? passo.aws.CredentialOptions a profile given here counts more than the environment
---@return passo.aws.Credentials
function credentials.default(options)
  options = check_options("credentials.default", options)
  return sharing(key_of("default", options), function() return found_by("credentials", options, find_in_chain) end)
end

-- one source -----------------------------------------------------------------------------------------

--- Keys given here: {access_key_id=, secret_access_key=, session_token=} or passo.aws.keys.
---@return passo.aws.Credentials
function credentials.static(keys)
  return require "passo.aws.credentials.static"(keys)
end

--- The keys of AWS_ACCESS_KEY_ID and its companions.
function credentials.environment(options)
  options = check_options("credentials.environment", options)
  return sharing(key_of("environment", options), function()
    return found_by("environment", options, require "passo.aws.credentials.environment")
  end)
end

--- A profile of the config and credentials files, whatever source it names.
---@param options passo.aws.CredentialOptions|string|nil
function credentials.profile(options)
  if type(options) == "string" then options = { profile = options } end
  options = check_options("credentials.profile", options)
  return sharing(key_of("profile", options), function()
    return found_by("profile", options, function(context)
      return require("passo.aws.credentials.profile").find(context, context.settings.profile)
    end)
  end)
end

--- The endpoint of ECS or of EKS pod identity.
function credentials.container(options)
  options = check_options("credentials.container", options)
  return sharing(key_of("container", options), function()
    return found_by("container", options, require "passo.aws.credentials.container")
  end)
end

--- The role of an EC2 instance.
function credentials.imds(options)
  options = check_options("credentials.imds", options)
  return sharing(key_of("imds", options), function()
    return found_by("instance metadata", options, require "passo.aws.credentials.imds")
  end)
end

local function check_role(who, role)
  if type(role) ~= "table" or type(role.role_arn) ~= "string" then error(who .. ": role_arn must be a string", 3) end
end

--- A role, for who holds a token in a file: role_arn, token_file, session_name, duration_seconds, policy; without
--- them as AWS_WEB_IDENTITY_TOKEN_FILE and its companions say.
function credentials.web_identity(role)
  local options = check_options("credentials.web_identity", role)
  local web_identity = require "passo.aws.credentials.web_identity"
  local key
  if options.token_file then
    check_role("credentials.web_identity", role)
    key = key_of("web identity", options, { role.role_arn, role.token_file, tostring(role.session_name),
      tostring(role.duration_seconds), tostring(role.policy) })
  else
    key = key_of("web identity", options)
  end
  return sharing(key, function()
    return found_by("web identity", options, function(context)
      if options.token_file then return web_identity.fetcher(context, options) end
      return web_identity.find(context, context.settings.profile, context.settings.values)
    end)
  end)
end

--- A role assumed with other keys.
---@param role table role_arn, session_name, external_id, duration_seconds, policy, region; source: the provider of
--- the keys that assume it (the default ones)
---@return passo.aws.Credentials
function credentials.assume_role(role)
  check_role("credentials.assume_role", role)
  local options = copy_of(role)
  if options.source ~= nil and not provider.is(options.source) then
    error("credentials.assume_role: source must be a provider", 2)
  end
  options.source = options.source or credentials.default(role)
  local key = key_of("assume role", options, { role.role_arn, tostring(role.session_name), tostring(role.external_id),
    tostring(role.duration_seconds), tostring(role.policy), number_of(options.source) })
  return sharing(key, function()
    return found_by("assume role " .. role.role_arn, options, function(context)
      return require("passo.aws.credentials.assume_role").fetcher(context, options, options.source)
    end)
  end)
end

--- For calls that are not signed: what a client takes instead of a provider.
credentials.anonymous = source.anonymous

--- What the environment and the files say beside keys.
credentials.settings = settings.load

return credentials
