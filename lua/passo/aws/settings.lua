--- What the environment and the files ~/.aws/config and ~/.aws/credentials say, with the AWS CLI's precedence:
--- an option given in the program, then the environment, then the profile.
---
--- Only reads; nothing is kept from one call of `load` to the next. Values of the files stay strings until
--- somebody asks for them, so that a bad number in a setting nobody uses hurts nobody.
local core = require "passo.core"

local settings = {}

---@class passo.aws.Settings
---@field profile string
---@field profile_given boolean in the program: the environment's keys do not count then
---@field values table<string, string> the profile's, credentials file over config file
---@field nested table<string, table<string, string>> the profile's blocks, as "s3"
---@field region? string
---@field attempts? integer
---@field retry_mode? "standard"|"legacy"|"adaptive"
---@field ca_bundle? string
---@field fips? boolean
---@field dual_stack? boolean
---@field s3 table<string, string|boolean>
---@field sts_regional_endpoints "regional"|"legacy"
---@field problems string[] files that are there but cannot be read
local Settings = {}
Settings.__index = Settings

function Settings:__tostring()
  return ("passo.aws.settings (profile %q)"):format(self.profile)
end

local function refuse(message, code)
  return nil, message, { code = code or "EINPUT", message = message }
end

-- environment ----------------------------------------------------------------------------------------

local function reader(env)
  if env == nil then return os.getenv end
  if type(env) == "function" then return env end
  return function(name) return env[name] end
end

--- A variable of the environment; an empty one counts as none.
---@return string? value
function Settings:env(name)
  local value = self.getenv(name)
  if value ~= "" then return value end
end

--- A path of the user's, "~" and "$NAME" replaced as a shell would.
---@return string? path nil, message: HOME is needed and missing
function Settings:path(path)
  if path:sub(1, 2) == "~/" then
    local home = self:env "HOME"
    if not home then return nil, ("%s: HOME is not set"):format(path) end
    path = home .. path:sub(2)
  end
  return (path:gsub("%${([%w_]+)}", self.getenv):gsub("%$([%a_][%w_]*)", self.getenv))
end

-- files ----------------------------------------------------------------------------------------------

local ABSENT = { [2] = true, [20] = true } -- ENOENT, ENOTDIR

--- A file's text.
---@return string? text nil, message, failure (failure.absent: there is no such file)
function settings.read(path)
  local file, message, number = io.open(path, "rb")
  if not file then
    return nil, message, { code = "EFILE", message = message, path = path, absent = ABSENT[number] }
  end
  local text, broken = file:read "*a"
  file:close()
  if text then return text end
  message = ("%s: %s"):format(path, broken)
  return nil, message, { code = "EFILE", message = message, path = path }
end

-- The sections of a file: {} when there is none; nil, message, failure when it is ill-formed.
local function read_sections(self, path, where)
  local full, message = self:path(path)
  if not full then
    self.absent[#self.absent + 1] = message
    return {}
  end
  self[where] = full
  local text, failure
  text, message, failure = settings.read(full)
  if not text then
    local list = failure.absent and self.absent or self.problems
    list[#list + 1] = message
    return {}
  end
  local sections
  sections, message, failure = require("passo.aws.core").ini(text)
  if sections then return sections end
  failure.path = full
  if failure.line then message = ("%s:%d: %s"):format(full, failure.line, message)
  else message = ("%s: %s"):format(full, message) end
  failure.message = message
  return nil, message, failure
end

local function name_after(word, name)
  local rest = name:match("^" .. word .. "%s+(.-)%s*$")
  if not rest then return nil end
  return rest:match '^"(.*)"$' or rest:match "^'(.*)'$" or (not rest:find "%s" and rest) or nil
end

local function entry_of(map, name)
  map[name] = map[name] or { values = {}, nested = {} }
  return map[name]
end

local function merge(into, section)
  for key, value in pairs(section.values) do into.values[key] = value end
  for key, block in pairs(section.nested or {}) do into.nested[key] = block end
end

local function sort_config(self, sections)
  for _, section in ipairs(sections) do
    local name = section.name
    local profile = name == "default" and name or name_after("profile", name)
    local session, services = name_after("sso%-session", name), name_after("services", name)
    if profile then
      merge(entry_of(self.profiles, profile), section)
      merge(entry_of(self.from_config, profile), section)
    elseif session then
      merge(entry_of(self.sso_sessions, session), section)
    elseif services then
      merge(entry_of(self.services, services), section)
    end
  end
end

local function read_files(self, options)
  local config = options.config_file or self:env "AWS_CONFIG_FILE" or "~/.aws/config"
  local credentials = options.credentials_file or self:env "AWS_SHARED_CREDENTIALS_FILE" or "~/.aws/credentials"
  local sections, message, failure = read_sections(self, config, "config_file")
  if not sections then return nil, message, failure end
  sort_config(self, sections)
  sections, message, failure = read_sections(self, credentials, "credentials_file")
  if not sections then return nil, message, failure end
  for _, section in ipairs(sections) do
    merge(entry_of(self.profiles, section.name), section)
    merge(entry_of(self.from_credentials, section.name), section)
  end
  return true
end

--- Why there are no files, for messages: "" when both were read.
function Settings:why_no_files()
  local words = {}
  for _, list in ipairs { self.problems, self.absent } do
    for _, message in ipairs(list) do words[#words + 1] = message end
  end
  return table.concat(words, "; ")
end

-- values ---------------------------------------------------------------------------------------------

local function truth(text)
  if text == nil then return nil end
  return text:lower() == "true"
end

--- A setting by its environment variable and its name in the profile.
---@return string? value
function Settings:value(variable, key)
  local value = variable and self:env(variable)
  if value then return value end
  value = key and self.values[key]
  if value ~= "" then return value end
end

function Settings:flag(variable, key)
  return truth(self:value(variable, key))
end

--- A whole number, at least 1.
---@return integer? number nil without message: not set
function Settings:count(variable, key)
  local text = self:value(variable, key)
  if not text then return nil end
  local number = text:match "^%s*(%d+)%s*$" and tonumber(text)
  if number and number >= 1 then return number end
  return nil, ("%s (%s): a whole number from 1 was expected, found %q"):format(variable, key, text:sub(1, 40))
end

local function one_of(self, variable, key, default, choices)
  local text = self:value(variable, key)
  if not text then return default end
  text = text:lower()
  if choices:find("|" .. text .. "|", 1, true) then return text end
  return nil, ("%s (%s): one of %s was expected, found %q"):format(variable, key,
    choices:sub(2, -2):gsub("|", ", "), text:sub(1, 40))
end

local function read_s3(self)
  local s3 = {}
  for key, value in pairs(self.nested.s3 or {}) do s3[key] = value end
  for _, key in ipairs { "use_accelerate_endpoint", "use_dualstack_endpoint", "payload_signing_enabled",
    "use_arn_region" } do
    s3[key] = truth(s3[key])
  end
  local arn_region = self:flag("AWS_S3_USE_ARN_REGION", "s3_use_arn_region")
  if arn_region ~= nil then s3.use_arn_region = arn_region end
  s3.us_east_1_regional_endpoint = self:value("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "s3_us_east_1_regional_endpoint")
    or s3.us_east_1_regional_endpoint
  local style = s3.addressing_style
  if style and style ~= "auto" and style ~= "virtual" and style ~= "path" then
    return nil, ("s3.addressing_style: one of auto, virtual, path was expected, found %q"):format(style:sub(1, 40))
  end
  return s3
end

local function read_values(self, options)
  local message
  self.region = options.region or self:env "AWS_REGION" or self:value("AWS_DEFAULT_REGION", "region")
  self.ca_bundle = self:value("AWS_CA_BUNDLE", "ca_bundle")
  self.fips = self:flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
  self.dual_stack = self:flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
  self.app_id = self:value("AWS_SDK_UA_APP_ID", "sdk_ua_app_id")
  self.attempts, message = self:count("AWS_MAX_ATTEMPTS", "max_attempts")
  if message then return refuse(message) end
  self.retry_mode, message = one_of(self, "AWS_RETRY_MODE", "retry_mode", nil, "|standard|legacy|adaptive|")
  if message then return refuse(message) end
  self.sts_regional_endpoints, message =
    one_of(self, "AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints", "regional", "|regional|legacy|")
  if message then return refuse(message) end
  self.s3, message = read_s3(self)
  if message then return refuse(message) end
  return self
end

--- The endpoint configured for a service, by its service id ("DynamoDB", "API Gateway").
---@return string? url nil when none is; nil, message, failure when what is configured is wrong
function Settings:endpoint(service_id)
  if self:flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") then return nil end
  local name = service_id:gsub("[ %-]", "_")
  local url = self:env("AWS_ENDPOINT_URL_" .. name:upper()) or self:env "AWS_ENDPOINT_URL"
  if url then return url end
  local section = self.values.services
  if section then
    local services = self.services[section]
    if not services then
      return refuse(("profile %q: services = %s, but %s has no section [services %s]"):format(
        self.profile, section, self.config_file or "the config file", section))
    end
    local block = services.nested[name:lower()]
    if block and block.endpoint_url and block.endpoint_url ~= "" then return block.endpoint_url end
  end
  url = self.values.endpoint_url
  if url ~= "" then return url end
end

--- How to reach the instance metadata service.
---@return table? metadata endpoint, timeout_ms, attempts, disabled, v1_disabled; nil, message when it is wrong
function Settings:metadata()
  local seconds, message = self:count("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")
  if message then return refuse(message) end
  local attempts
  attempts, message = self:count("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")
  if message then return refuse(message) end
  local mode
  mode, message = one_of(self, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode",
    self:flag("AWS_IMDS_USE_IPV6", "imds_use_ipv6") and "ipv6" or "ipv4", "|ipv4|ipv6|")
  if message then return refuse(message) end
  local endpoint = self:value("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
  if endpoint and not endpoint:find "^https?://[^/]" then
    return refuse(("AWS_EC2_METADATA_SERVICE_ENDPOINT: a URL was expected, found %q"):format(endpoint:sub(1, 40)))
  end
  return {
    endpoint = endpoint or (mode == "ipv6" and "http://[fd00:ec2::254]" or "http://169.254.169.254"),
    timeout_ms = (seconds or 1) * 1000,
    attempts = attempts or 1,
    disabled = truth(self:env "AWS_EC2_METADATA_DISABLED") or false,
    -- Version 1 of the service answers whoever asks, also through an open proxy: only when configured.
    v1_allowed = self:flag("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled") == false,
  }
end

-- loading --------------------------------------------------------------------------------------------

-- Whether the profile is there; the default one need not be.
local function check_profile(self, named)
  if self.profiles[self.profile] or not named then return true end
  local why = self:why_no_files()
  return refuse(("profile %q is neither in %s nor in %s%s"):format(self.profile,
    self.config_file or "~/.aws/config", self.credentials_file or "~/.aws/credentials",
    why ~= "" and " (" .. why .. ")" or ""), "EPROFILE")
end

--- Reads everything.
---@param options? table profile, region, config_file, credentials_file; env: a table or function instead of
--- the process's environment
---@return passo.aws.Settings? settings nil, message, failure: a file is ill-formed, the profile is not there, ...
function settings.load(options)
  options = options or {}
  local self = setmetatable({
    getenv = reader(options.env),
    profiles = {}, from_config = {}, from_credentials = {}, sso_sessions = {}, services = {},
    problems = {}, absent = {},
    profile_given = options.profile ~= nil,
  }, Settings)
  local named = options.profile or self:env "AWS_DEFAULT_PROFILE" or self:env "AWS_PROFILE"
  self.profile = named or "default"
  local ok, message, failure = read_files(self, options)
  if ok then ok, message, failure = check_profile(self, named) end
  if not ok then return nil, message, failure end
  local profile = self.profiles[self.profile] or { values = {}, nested = {} }
  self.values, self.nested = profile.values, profile.nested
  return read_values(self, options)
end

--- Milliseconds since 1970 of a time as AWS writes it; older tools wrote "UTC" for "Z".
---@return integer? ms
function settings.time(text)
  return type(text) == "string" and core.parse_time((text:gsub("UTC$", "Z"))) or nil
end

return settings
