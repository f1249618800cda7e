--- Connections of http:invoke from local configuration: by name or ARN, what EventBridge's CreateConnection takes.
---
---   {Stripe = {AuthorizationType = "API_KEY", AuthParameters = {
---     ApiKeyAuthParameters = {ApiKeyName = "Authorization", ApiKeyValue = "env:STRIPE_KEY"},
---     InvocationHttpParameters = {HeaderParameters = {{Key = "Stripe-Version", Value = "2024-06-20"}}}}}}
---
--- Any text may be "env:NAME" or "file:PATH": it is read when it is used, so that it can change.
local core = require "passo.core"
local request = require "passo.aws.http.request"
local text = require "passo.text"

local connections = {}

local TYPES = { API_KEY = "ApiKeyAuthParameters", BASIC = "BasicAuthParameters",
  OAUTH_CLIENT_CREDENTIALS = "OAuthParameters", NONE = false }
local PARAMETERS = { HeaderParameters = true, QueryStringParameters = true, BodyParameters = true }
-- Fields of each place: true is text, a table is an object.
local SHAPES = {
  API_KEY = { ApiKeyName = true, ApiKeyValue = true },
  BASIC = { Username = true, Password = true },
  OAUTH_CLIENT_CREDENTIALS = { AuthorizationEndpoint = true, HttpMethod = true,
    ClientParameters = { ClientID = true, ClientSecret = true }, OAuthHttpParameters = PARAMETERS },
}
local OPTIONAL = { HttpMethod = true, OAuthHttpParameters = true }

-- checking ----------------------------------------------------------------------------------------------

local function names_of(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function check_names(given, known, where)
  for _, name in ipairs(names_of(given)) do
    if not known[name] then
      local near = text.nearest(tostring(name), names_of(known))
      return ("%s: unknown field '%s' (%s)"):format(where, tostring(name), near and ("did you mean '%s'?"):format(near)
        or "known: " .. table.concat(names_of(known), ", "))
    end
  end
end

local function check_pairs(list, where)
  if type(list) ~= "table" then return where .. " must be a list of {Key=, Value=}" end
  for i, pair in ipairs(list) do
    local at = ("%s[%d]"):format(where, i - 1)
    if type(pair) ~= "table" or type(pair.Key) ~= "string" or type(pair.Value) ~= "string" then
      return at .. " must have Key and Value, both strings"
    end
    local wrong = check_names(pair, { Key = true, Value = true, IsValueSecret = true }, at)
    if wrong then return wrong end
  end
end

local function check_parameters(given, where)
  if type(given) ~= "table" then return where .. " must be an object" end
  local wrong = check_names(given, PARAMETERS, where)
  for _, name in ipairs(names_of(given)) do wrong = wrong or check_pairs(given[name], where .. "." .. name) end
  return wrong
end

local function check_shape(given, shape, where)
  if type(given) ~= "table" then return where .. " must be an object" end
  local wrong = check_names(given, shape, where)
  if wrong then return wrong end
  for _, name in ipairs(names_of(shape)) do
    local value, wanted, at = given[name], shape[name], where .. "." .. name
    if value == nil then
      if not OPTIONAL[name] then return at .. " is required" end
    elseif wanted == true then
      if type(value) ~= "string" then return at .. " must be a string" end
    else
      wrong = wanted == PARAMETERS and check_parameters(value, at)
      if wanted ~= PARAMETERS then wrong = check_shape(value, wanted, at) end
      if wrong then return wrong end
    end
  end
end

local function check_one(name, given)
  local where = ("connection '%s'"):format(tostring(name))
  if type(given) ~= "table" then return where .. " must be an object" end
  local wrong = check_names(given, { AuthorizationType = true, AuthParameters = true, Name = true, Description = true },
    where)
  if wrong then return wrong end
  local kind = given.AuthorizationType
  if TYPES[kind] == nil then
    return where .. ".AuthorizationType must be API_KEY, BASIC, OAUTH_CLIENT_CREDENTIALS or NONE"
  end
  local parameters, field = given.AuthParameters or {}, TYPES[kind]
  where = where .. ".AuthParameters"
  if type(parameters) ~= "table" then return where .. " must be an object" end
  wrong = check_names(parameters, { [field or "InvocationHttpParameters"] = true, InvocationHttpParameters = true },
    where)
  if wrong then return wrong end
  if parameters.InvocationHttpParameters then
    wrong = check_parameters(parameters.InvocationHttpParameters, where .. ".InvocationHttpParameters")
    if wrong then return wrong end
  end
  if not field then return nil end
  if parameters[field] == nil then return ("%s.%s is required"):format(where, field) end
  return check_shape(parameters[field], SHAPES[kind], where .. "." .. field)
end

-- one connection ------------------------------------------------------------------------------------------

---@class passo.Connection
---@field name string
---@field kind string
local Connection = {}
Connection.__index = Connection
Connection.__metatable = false

function Connection:__tostring()
  return ("passo.connection (%s, %s)"):format(self.name, self.kind)
end

local function read_secret_file(path)
  local file = io.open(path, "rb")
  local content = file and file:read "*a"
  if file then file:close() end
  return content and content:gsub("%s+$", "") or nil
end

-- The text that a configured one stands for; nil, message.
local function resolve(self, written)
  local kind, rest = written:match "^(%a+):(.+)$"
  if kind ~= "env" and kind ~= "file" then return written end
  local value
  if kind == "env" then
    local env = self.owner.env
    if env then value = env[rest] else value = os.getenv(rest) end
  else
    value = read_secret_file(rest)
  end
  if not value or value == "" then
    return nil, ("connection '%s': %s is not there"):format(self.name,
      kind == "env" and "the environment's " .. rest or "the file " .. rest)
  end
  return value
end

-- Remembers it as something that nobody may write down.
local function secret(self, written)
  local value, message = resolve(self, written)
  if value then self.owner.known[value] = true end
  return value, message
end

local function resolve_pairs(self, list)
  local out = {}
  for _, pair in ipairs(list or {}) do
    local hidden = pair.IsValueSecret == true or pair.Value:find "^env:" or pair.Value:find "^file:"
    local value, message = (hidden and secret or resolve)(self, pair.Value)
    if not value then return nil, message end
    out[#out + 1] = { pair.Key, value }
  end
  return out
end

-- All lists of a parameters object: {headers, query, body}.
local function resolve_parameters(self, given)
  given = given or {}
  local out = {}
  for name, field in pairs { headers = "HeaderParameters", query = "QueryStringParameters", body = "BodyParameters" } do
    local list, message = resolve_pairs(self, given[field])
    if not list then return nil, message end
    out[name] = list
  end
  return out
end

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(bytes)
  return (bytes:gsub("..?.?", function(three)
    local a, b, c = three:byte(1, 3)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    local out = {}
    for i = 4, 1, -1 do
      local digit = n % 64
      n = (n - digit) / 64
      out[i] = DIGITS:sub(digit + 1, digit + 1)
    end
    if not b then out[3] = "=" end
    if not c then out[4] = "=" end
    return table.concat(out)
  end))
end

-- The header that authorizes, of a connection that needs no token: {name, value}; nil, message.
local function own_header(self, parameters)
  local name, value, message
  if self.kind == "API_KEY" then
    name, message = resolve(self, parameters.ApiKeyName)
    if name then value, message = secret(self, parameters.ApiKeyValue) end
  else
    local user
    user, message = resolve(self, parameters.Username)
    if user then value, message = secret(self, parameters.Password) end
    name = "Authorization"
    if value then
      value = base64(user .. ":" .. value)
      self.owner.known[value] = true
      value = "Basic " .. value
    end
  end
  if not value then return nil, message end
  return { name, value }
end

--- What the connection adds to a request: {headers, query, body}, lists of pairs; nil, error, cause.
---@param fetch fun(connection: passo.Connection, oauth: table): string?, string?, string? how to have a token
function Connection:parameters(fetch)
  local all = self.config.AuthParameters or {}
  local out, message = resolve_parameters(self, all.InvocationHttpParameters)
  local header
  if out and self.kind == "OAUTH_CLIENT_CREDENTIALS" then
    local token, err, cause = fetch(self, all.OAuthParameters)
    if not token then return nil, err, cause end
    self.owner.known[token] = true
    header = { "Authorization", "Bearer " .. token }
  elseif out and TYPES[self.kind] then
    header, message = own_header(self, all[TYPES[self.kind]])
    if not header then out = nil end
  end
  if not out then return nil, "Events.ConnectionResource.InvalidConnectionState", message end
  if header then table.insert(out.headers, 1, header) end
  for _, pair in ipairs(out.headers) do
    if not request.is_header_name(pair[1]) or pair[2]:find "[%c\127]" then
      return nil, "Events.ConnectionResource.InvalidConnectionState",
        ("connection '%s': the header '%s' can be none: its name or its value"):format(self.name, pair[1])
    end
  end
  return out
end

--- What a request for a token is made of: {url, method, headers, query, body}; nil, message.
function Connection:token_request(oauth)
  local url, message = resolve(self, oauth.AuthorizationEndpoint)
  if not url then return nil, message end
  local id
  id, message = resolve(self, oauth.ClientParameters.ClientID)
  if not id then return nil, message end
  local hidden
  hidden, message = secret(self, oauth.ClientParameters.ClientSecret)
  if not hidden then return nil, message end
  local extra
  extra, message = resolve_parameters(self, oauth.OAuthHttpParameters)
  if not extra then return nil, message end
  local body = { grant_type = "client_credentials", client_id = id, client_secret = hidden }
  for _, pair in ipairs(extra.body) do body[pair[1]] = pair[2] end
  return { url = url, method = oauth.HttpMethod or "POST", headers = extra.headers, query = extra.query, body = body }
end

-- all of them ---------------------------------------------------------------------------------------------

---@class passo.Connections
local Connections = {}
Connections.__index = Connections
Connections.__metatable = false

function Connections.__tostring()
  return "passo.connections"
end

local function refused(message, code)
  return nil, message, { code = code or "EINPUT", message = message }
end

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local content, why = file:read "*a"
  file:close()
  if not content then return nil, ("%s: %s"):format(path, why or "cannot be read") end
  local tree, wrong, failure = core.decode(content)
  if wrong then
    -- Not its words: they quote what stands there, and that may be a secret.
    return nil, ("%s:%d:%d: no JSON"):format(path, failure.line or 1, failure.column or 1)
  end
  return tree
end

--- Reads the option `connections`: a table, or the path of a JSON file with one.
---@param given string|table
---@param env? table<string, string> instead of the process's
---@return passo.Connections? connections nil, message, failure
function connections.open(given, env)
  local where, tree = "aws.connections", given
  if type(given) == "string" then
    local message
    where = given
    tree, message = read_file(given)
    if tree == nil then return refused(message, "EFILE") end
  end
  if type(tree) ~= "table" then return refused(where .. ": an object of connections by name is expected") end
  local self = setmetatable({ env = env, by_name = {}, known = {} }, Connections)
  for _, name in ipairs(names_of(tree)) do
    local wrong = check_one(name, tree[name])
    if wrong then return refused(("%s: %s"):format(where, wrong)) end
    self.by_name[name] = setmetatable({ owner = self, name = name, config = tree[name],
      kind = tree[name].AuthorizationType }, Connection)
  end
  return self
end

--- The connection of an ARN: configured by the ARN itself, or by the name in it.
---@return passo.Connection?
function Connections:find(arn)
  return self.by_name[arn] or self.by_name[arn:match ":connection/([^/]+)" or arn]
end

--- The secrets that were read so far.
---@return string[]
function Connections:secrets()
  return names_of(self.known)
end

return connections
