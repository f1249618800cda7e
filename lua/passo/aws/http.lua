--- http:invoke: a Task that calls an API which is not AWS's, with the secrets of a connection that is configured here.
---
--- Addresses that the whole Internet cannot reach are refused unless `http.allow` names them: what a workflow's input
--- says must not reach the neighbours of whoever runs it. Each step of a redirect is looked at, and names are after
--- they are resolved.
local core = require "passo.core"
local connections = require "passo.aws.http.connections"
local limits = require "passo.aws.limits"
local reason = require "passo.aws.http.reason"
local request = require "passo.aws.http.request"

local http = {}

local TIMEOUT_MS = 60000
local MAX_BODY = 262144
local REDIRECTS = 5
-- A token is renewed so long before its end.
local AHEAD_MS = 60000

local OPTIONS = { allow = "table", timeout_ms = "number", redirects = "number", proxy = "string", ca_bundle = "string",
  verify = "boolean", send = "function", max_body = "number" }

-- options ------------------------------------------------------------------------------------------------

local function check_allow(list)
  for i, entry in ipairs(list) do
    if type(entry) ~= "string" or entry == "" or entry:find "[%s,]" then
      error(("run: options.aws.http.allow[%d] must be an address, a network or a host's name, each perhaps with :port")
        :format(i), 0)
    end
  end
end

--- Checks the options `http` and `connections`; raises for those that are none.
function http.check(options)
  local given = options.connections
  if given ~= nil and type(given) ~= "string" and type(given) ~= "table" then
    error(("run: options.aws.connections must be a table or the path of a file, got %s"):format(type(given)), 0)
  end
  for name, value in pairs(options.http or {}) do
    if type(value) ~= OPTIONS[name] then
      local known = {}
      for other in pairs(OPTIONS) do known[#known + 1] = other end
      table.sort(known)
      local near = require("passo.text").nearest(tostring(name), known)
      local hint = near and ("did you mean '%s'?"):format(near) or "known: " .. table.concat(known, ", ")
      error(OPTIONS[name] and ("run: options.aws.http.%s must be a %s, got %s"):format(name, OPTIONS[name], type(value))
        or ("run: unknown option 'aws.http.%s' (%s)"):format(tostring(name), hint), 0)
    end
  end
  if options.http and options.http.allow then check_allow(options.http.allow) end
end

--- Reads the connections, before an execution begins: nil, message, failure.
function http.ready(aws)
  if aws.connections or not aws.options.connections then return true end
  local opened, message, failure = connections.open(aws.options.connections, aws.options.env)
  if not opened then return nil, message, failure end
  aws.connections = opened
  return true
end

-- sending --------------------------------------------------------------------------------------------------

-- What the exchange was to be: options of passo.net, with what is left of its time.
local function transport(self, call)
  local options = self.options
  local given = options.http or {}
  local allow = given.allow
  if call.moved_to then
    allow = { call.moved_to }
    for _, entry in ipairs(given.allow or {}) do allow[#allow + 1] = entry end
  end
  local max_body = given.max_body or (call.ctx.run.profile ~= "unlimited" and MAX_BODY) or nil
  return { timeout_ms = math.max(1, call.deadline_ms - core.now_ms()), max_body = max_body,
    filter = { deny_private = true, allow = allow }, ca_bundle = given.ca_bundle or options.ca_bundle,
    verify = given.verify, proxy = given.proxy }
end

local function send(self, call, method, url, headers, body)
  if core.now_ms() >= call.deadline_ms then
    return nil, "the time is over", { code = "ETIMEOUT", message = "the time is over" }
  end
  local sender = (self.options.http or {}).send or self.options.send or require("passo.net").send
  return sender(method, url, headers, body, transport(self, call))
end

-- nil, error, cause where no reply came. Its words name a host and a port at most.
local function unreached(self, message, failure)
  local code = failure and failure.code
  if code == "EDENIED" then
    return nil, "States.Runtime", ("%s (http.allow names addresses that may be asked nevertheless)"):format(message)
  elseif code == "ELIMIT" then
    return nil, "States.DataLimitExceeded",
      ("The response is larger than the maximum of %d bytes"):format((self.options.http or {}).max_body or MAX_BODY)
  elseif code == "ECANCELLED" or code == "EHOST" then
    return nil, "States.TaskFailed", message
  elseif code == "EINPUT" then
    return nil, "States.Runtime", message
  end
  return nil, "States.Http.Socket", message
end

local function header_of(lines, wanted)
  for name, value in lines:gmatch "([^:\r\n]+):[ \t]*([^\r\n]*)" do
    if name:lower() == wanted then return value end
  end
end

-- tokens -----------------------------------------------------------------------------------------------------

local NO_TOKEN = "Events.ConnectionResource.InvalidConnectionState"

local function token_failed(connection, words)
  return nil, NO_TOKEN, ("connection '%s': no token: %s"):format(connection.name, words)
end

local function token_body(asked)
  for _, pair in ipairs(asked.headers) do
    if pair[1]:lower() == "content-type" and pair[2]:find "json" then return core.encode(asked.body), pair[2] end
  end
  return require("passo.aws.http.form").encode(asked.body, "REPEAT"), "application/x-www-form-urlencoded"
end

local function ask_for_token(self, call, connection, oauth)
  local asked, message = connection:token_request(oauth)
  if not asked then return nil, NO_TOKEN, message end
  local body, content_type = token_body(asked)
  table.insert(asked.headers, 1, { "Content-Type", content_type })
  table.insert(asked.headers, 1, { "Accept", "application/json" })
  local made = request.write({ ApiEndpoint = asked.url, Method = asked.method, RequestBody = body },
    { headers = asked.headers, query = asked.query, body = {} }, call.user_agent)
  local status, headers, reply = send(self, call, made.method, made.url, made.headers, made.body)
  if not status then return token_failed(connection, headers) end
  if status < 200 or status > 299 then return token_failed(connection, "HTTP " .. status) end
  local answer = core.decode(reply or "")
  if type(answer) ~= "table" or type(answer.access_token) ~= "string" then
    return token_failed(connection, "the answer has no access_token")
  end
  local lasts_s = tonumber(answer.expires_in)
  local until_ms = lasts_s and core.now_ms() + math.max(lasts_s * 1000 - AHEAD_MS, lasts_s * 500)
  if connection.token then connection.owner.known[connection.token.text] = nil end
  connection.token = { text = answer.access_token, until_ms = until_ms }
  return answer.access_token
end

local function held_token(connection)
  local token = connection.token
  if token and (not token.until_ms or core.now_ms() < token.until_ms) then return token.text end
end

-- How to have a token: the one that is held, else one that is asked for, by one task for all who wait.
local function fetcher(self, call)
  return function(connection, oauth)
    local token = held_token(connection)
    if token then return token end
    connection.gate = connection.gate or limits.new { max_in_flight = 1 }
    return connection.gate:run(function()
      local fresh = held_token(connection)
      if fresh then return fresh end
      return ask_for_token(self, call, connection, oauth)
    end, nil, call.ctx)
  end
end

-- one call ---------------------------------------------------------------------------------------------------

local NOTHING = { headers = {}, query = {}, body = {} }
local FOLLOWED = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

-- The request that a redirect asks for; nil where it is not to be followed. Secrets stay with the origin they are for.
local function redirected(call, made, status, headers)
  local location = FOLLOWED[status] and header_of(headers, "location")
  local url = location and request.resolve(made.url, location)
  if not url then return nil end
  local extra = call.extra
  if request.origin(url) ~= request.origin(made.url) then
    -- The body is the Task's and the connection's in one.
    if #extra.body > 0 and (status == 307 or status == 308) then return nil end
    extra, call.extra = NOTHING, NOTHING
  end
  local keeps = made.method == "HEAD" or (status ~= 303 and (made.method ~= "POST" or status > 303))
  local arguments = { ApiEndpoint = url, Method = keeps and made.method or "GET", Headers = call.arguments.Headers }
  local next_one = request.write(arguments, { headers = extra.headers, query = {}, body = {} }, call.user_agent)
  next_one.body = keeps and made.body or nil
  return next_one
end

local function exchange(self, call, made)
  local most = (self.options.http or {}).redirects or REDIRECTS
  for step = 0, most do
    local status, headers, body = send(self, call, made.method, made.url, made.headers, made.body)
    if not status then return nil, headers, body end
    local onward = step < most and redirected(call, made, status, headers)
    if not onward then return status, headers, body end
    made = onward
  end
end

-- A route may send it elsewhere: {endpoint = "http://127.0.0.1:8080"} in the place of scheme, host and port. Who wrote
-- the route has chosen that place, wherever it is.
local function move(self, call)
  local endpoint = self.route and self.route.endpoint
  if not endpoint then return end
  local origin = request.origin(endpoint)
  call.moved_to = origin and origin:match "^%a+://(.*)$"
  call.arguments.ApiEndpoint = endpoint:gsub("/+$", "") .. call.arguments.ApiEndpoint:gsub("^%a+://[^/?#]*", "")
end

-- Writes and sends it; once more with a new token where the old one is refused.
local function perform(self, call)
  local connection = call.connection
  for attempt = 1, 2 do
    local extra, err, cause = connection:parameters(fetcher(self, call))
    if not extra then return nil, err, cause end
    call.extra, call.arguments = extra, (call.input:lua())
    move(self, call)
    local made, wrong = request.write(call.arguments, extra, call.user_agent)
    if not made then return nil, "States.Runtime", wrong end
    local used = connection.token
    local status, headers, body = exchange(self, call, made)
    if not status then return unreached(self, headers, body) end
    local refused = (status == 401 or status == 407) and used
    if not refused or attempt == 2 then return status, headers, body end
    if connection.token == used then connection.token = nil end
  end
end

-- the result ---------------------------------------------------------------------------------------------------

local function headers_of(lines)
  local out = {}
  for name, value in lines:gmatch "([^:\r\n]+):[ \t]*([^\r\n]*)" do
    name = name:lower()
    local list = out[name]
    if list then list[#list + 1] = value else out[name] = core.array { value } end
  end
  return out
end

local function media_of(lines)
  local value = header_of(lines, "content-type") or ""
  return value:lower():match "^%s*([^;%s]+)" or ""
end

local REFUSED_MEDIA = { image = true, audio = true, video = true }

-- The body as a Task has it; nil, words where it can have none.
local function body_value(lines, body)
  local media = media_of(lines)
  if media == "application/octet-stream" or REFUSED_MEDIA[media:match "^(%a+)/"] then
    return nil, ("Unsupported response content-type '%s'"):format(media)
  end
  local as_text = core.encode(body)
  if not as_text then return nil, "The response body is no valid UTF-8 text" end
  if media == "application/json" or media:find "%+json$" then
    local value = core.value(body)
    if value ~= nil then return value end
  end
  return core.value(as_text)
end

local function result_of(status, lines, body)
  if status < 200 or status > 299 then return nil, "States.Http.StatusCode." .. status, reason[status] or "" end
  local fields = { { "Headers", headers_of(lines) } }
  if body and body ~= "" then
    local value, wrong = body_value(lines, body)
    if value == nil then return nil, "States.Runtime", wrong end
    fields[#fields + 1] = { "ResponseBody", value }
  end
  fields[#fields + 1] = { "StatusCode", status }
  fields[#fields + 1] = { "StatusText", reason[status] or "" }
  return core.object(fields)
end

local function region_of(self)
  local region = self.options.region
  if not region then
    local settings = require("passo.aws.settings").load(self:client_options {})
    region = settings and settings.region
  end
  return region or "us-east-1"
end

--- The result of an http:invoke, or nil, error, cause.
---@param self passo.AwsTasks
---@param input passo.Value
---@param ctx passo.Context
function http.invoke(self, _, input, ctx)
  local arguments, message = input:lua()
  local arn
  if arguments ~= nil then arn, message = request.check(arguments) end
  if not arn then return nil, "States.Runtime", message end
  local known = (self.origin or self).connections
  local connection = known and known:find(arn)
  if not connection then
    return nil, "Events.ConnectionResource.ResourceNotFound",
      ("Connection '%s' does not exist: aws.connections has none by its ARN or name"):format(
        arn:match ":connection/([^/]+)" or arn)
  end
  local timeout_ms = (self.options.http or {}).timeout_ms or TIMEOUT_MS
  self.region_name = self.region_name or region_of(self)
  local call = { input = input, ctx = ctx, connection = connection, deadline_ms = core.now_ms() + timeout_ms,
    user_agent = "Amazon|StepFunctions|HttpInvoke|" .. self.region_name }
  local status, headers, body = perform(self, call)
  if not status then return nil, headers, body end
  return result_of(status, headers, body)
end

return http
