--- Tasks done by AWS: the option `aws` of a run. What a Task's resource names is called as Step Functions calls it,
--- with its results, errors and ways of waiting.
---
--- A client of each service is made when it is first needed, and kept; another role has clients of its own.
local core = require "passo.core"

local tasks = {}

---@class passo.AwsTasks
---@field options passo.aws.TasksOptions
local Aws = {}
Aws.__index = Aws

-- Options of clients; the others are this module's own.
local CLIENT = {}
for name in ([[region credentials profile endpoint retries fips dual_stack path_style timeout_ms connect_timeout_ms
    ca_bundle proxy no_proxy verify now_ms send random env config_file credentials_file]]):gmatch "%S+" do
  CLIENT[name] = true
end
local OWN = { machines = "table", poll = "table", routes = "table", mocks = "table", http = "table",
  limits = "table", tells_attempts = "boolean", lenient_routes = "boolean" }
local UNTYPED = { connections = true }

local function check(options)
  for name, value in pairs(options) do
    if OWN[name] and type(value) ~= OWN[name] then
      error(("run: options.aws.%s must be a %s, got %s"):format(name, OWN[name], type(value)), 0)
    elseif not OWN[name] and not UNTYPED[name] and not CLIENT[name] then
      local known = {}
      for _, list in ipairs { OWN, UNTYPED, CLIENT } do
        for other in pairs(list) do known[#known + 1] = other end
      end
      table.sort(known)
      local near = require("passo.text").nearest(tostring(name), known)
      error(("run: unknown option 'aws.%s' (%s)"):format(tostring(name),
        near and ("did you mean '%s'?"):format(near) or "known: " .. table.concat(known, ", ")), 0)
    end
  end
  if options.routes or options.mocks or options.limits then require("passo.aws.route").check(options, CLIENT) end
  if options.http or options.connections then require("passo.aws.http").check(options) end
end

-- One for each table of options, so that run after run has the same clients.
local known = setmetatable({}, { __mode = "k" })
local default = {}

-- Has a copy of the options: where it referred to their table, Lua 5.1 and LuaJIT would never forget either.
local function new(given)
  check(given)
  local options = {}
  for name, value in pairs(given) do options[name] = value end
  local self = setmetatable({ options = options, clients = {}, roles = {}, performs = {},
    handlers = setmetatable({}, { __mode = "k" }) }, Aws)
  local routed = options.routes or options.mocks or options.limits
  self.routing = routed and require("passo.aws.route").new(self) or nil
  return self
end

--- What performs Tasks with these options; `true` means the environment's settings.
---@param options true|passo.aws.TasksOptions
---@return passo.AwsTasks
function tasks.new(options)
  if getmetatable(options) == Aws then return options end
  if options == true then options = default end
  if type(options) ~= "table" then error("run: options.aws must be true or a table", 0) end
  local made = known[options]
  if not made then
    made = new(options)
    known[options] = made
  end
  return made
end

-- clients --------------------------------------------------------------------------------------------

-- The keys this run was given, as a provider of them; nil: found as the AWS CLI finds them.
local function own_provider(self)
  local given = self.options.credentials
  if type(given) == "table" and given.access_key_id then return require("passo.aws.credentials").static(given) end
  return given
end

-- The role a Task asks for by its Credentials, as a provider of keys.
local function role_provider(self, role_arn)
  local provider = self.roles[role_arn]
  if not provider then
    local options = {}
    for name in pairs(CLIENT) do options[name] = self.options[name] end
    options.role_arn, options.source, options.session_name = role_arn, own_provider(self), "passo"
    options.credentials = nil
    options.client = function(model, more) return require("passo.aws").client(model, self:client_options(more)) end
    provider = require("passo.aws.credentials").assume_role(options)
    self.roles[role_arn] = provider
  end
  return provider
end

--- The options of a client: this run's, and over them `more`.
function Aws:client_options(more)
  local options = {}
  for name in pairs(CLIENT) do options[name] = self.options[name] end
  for name, value in pairs(more) do options[name] = value end
  return options
end

--- The client of a service: nil, message, failure.
---@param model string "sqs"
---@param region? string of the resource; else the settings'
---@param role_arn? string
---@param endpoint? string
function Aws:client(model, region, role_arn, endpoint)
  local key = table.concat({ model, region or "", role_arn or "", endpoint or "" }, "\n")
  local client = self.clients[key]
  if client then return client end
  local options = self:client_options { http2 = false } -- results show how headers are spelt: in HTTP/2 all are alike
  if region and region ~= "" then options.region = region end
  if role_arn then options.credentials = role_provider(self, role_arn) end
  options.endpoint = options.endpoint or endpoint
  local message, failure
  client, message, failure = require("passo.aws").client(model, options)
  if not client then return nil, message, failure end
  self.clients[key] = client
  return client
end

-- one task --------------------------------------------------------------------------------------------

-- A text that is the same for this attempt at this visit of the state, and for no other: what makes a call count
-- once where the service knows such texts. In the form of a UUID, for some want one.
local function once(ctx)
  local hex = core.digest("sha256", ("%s#%d"):format(ctx.idempotency_key, ctx.attempt))
  return ("%s-%s-4%s-a%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21, 32))
end

local function machine_arn(ctx)
  return (ctx.execution.arn:gsub(":e%a+:([^:]+):[^:]+$", ":stateMachine:%1"))
end

-- SQS is where its queues are.
local function endpoint_of(state, arguments)
  if state.service ~= "sqs" then return nil end
  local url = type(arguments.QueueUrl) == "string" and arguments.QueueUrl
  return url and url:match "^https?://[^/]+" or nil
end

-- Performs calls of one task, all with its role and region.
local function performer(self, state, ctx, arguments)
  local call = require "passo.aws.tasks.call"
  local me = { first_s = self.options.poll and self.options.poll.first_s,
    longest_s = self.options.poll and self.options.poll.longest_s }

  function me.make(verb)
    local made = assert(call.new { service = state.service, verb = verb, sync = state.pattern ~= "request",
      parsed = state.action:find ":2$" ~= nil, tells_attempts = self.options.tells_attempts ~= false })
    if made:counts_once() then
      made.token = once(ctx)
      made.name = made.token
    elseif state.service == "events" then
      made.execution_arn, made.machine_arn = ctx.execution.arn, machine_arn(ctx)
    end
    return made
  end

  function me.perform(made, given)
    local client, message = self:client(made.model, state.region, ctx.role_arn, endpoint_of(state, arguments))
    if not client then return nil, "States.Runtime", message end
    local result, err, cause = made:perform(client, given)
    if result == nil and ctx.role_arn and self:unassumable(ctx.role_arn) then
      return nil, "States.TaskFailed", ("The role %s is not authorized to assume the task state's role, %s.")
        :format(ctx.run.role_arn or "of the execution", ctx.role_arn)
    end
    return result, err, cause
  end

  function me.sleep(seconds)
    return ctx.run.host:sleep(seconds) and not ctx.is_cancelled
  end
  return me
end

--- Whether the keys of a role cannot be had.
function Aws:unassumable(role_arn)
  local provider = self.roles[role_arn]
  return provider ~= nil and provider:get() == nil
end

-- The action itself, once.
local function start(self, me, state, input, ctx)
  local emr = state.service == "elasticmapreduce" and require "passo.aws.tasks.emr"
  if not (emr and emr.by_name(state.verb)) then return me.perform(me.make(state.verb), input) end
  local client, message = self:client("emr", state.region, ctx.role_arn)
  if not client then return nil, "States.Runtime", message end
  return emr.modify(function(operation) return me.make((operation:gsub("^%u", string.lower))) end, client, state.verb,
    input:lua())
end

local function request(self, state, input, ctx)
  local arguments = state.service == "sqs" and input:lua() or nil -- only its endpoint is asked of them
  return start(self, performer(self, state, ctx, arguments), state, input, ctx)
end

local function run_job(self, state, input, ctx)
  local row = require("passo.aws.tasks.jobs")[state.service .. ":" .. state.verb]
  if not row then
    return nil, "States.Runtime", ("%s:%s cannot be waited for"):format(state.service, state.verb)
  end
  local arguments = input:lua()
  local me = performer(self, state, ctx, arguments)
  local started = ctx.stage == "submitted" and ctx.submitted_value
  if not started then
    local err, cause
    started, err, cause = start(self, me, state, input, ctx)
    if started == nil then return nil, err, cause end
    ctx.submit(started)
  end
  return require("passo.aws.tasks.sync").await(me, row, started, arguments, ctx)
end

-- A function by its own ARN: its output alone is the result.
local function invoke(self, state, input, ctx)
  local function_state = setmetatable({ service = "lambda", verb = "invoke", action = "invoke", pattern = "request" },
    { __index = state })
  local me = performer(self, function_state, ctx, {})
  local result, err, cause = me.perform(me.make "invoke",
    core.object { { "FunctionName", state.resource }, { "Payload", input:json() } })
  if result == nil then return nil, err, cause end
  local payload = result:lua().Payload
  return payload == nil and core.null or payload
end

-- An execution of a machine that this program has, or one at AWS.
local function nest(self, state, input, ctx)
  local remote = state.pattern == "sync" and run_job or request
  if not self.options.machines then return remote(self, state, input, ctx) end
  return require("passo.aws.tasks.nested").perform(self, state, input, ctx, once(ctx), remote)
end

local function invoke_api(self, state, input, ctx)
  return require("passo.aws.tasks.api").invoke(self, state, input, ctx)
end

local function invoke_http(self, state, input, ctx)
  return require("passo.aws.http").invoke(self, state, input, ctx)
end

local function call_cluster(self, state, input, ctx)
  local eks = require "passo.aws.tasks.eks"
  return (state.verb == "call" and eks.call or eks.run_job)(self, state, input, ctx)
end

--- Who does a state's resource: function(self, state, input, ctx); nil and words where AWS cannot.
---@param state passo.State
---@return function? perform nil, message
---@return string? message
function tasks.performer(state)
  if state.family == "lambda" then return invoke end
  if state.family ~= "task" or not (state.resource or ""):find "^arn:[^:]+:states:" then
    return nil, "it is no resource of AWS"
  end
  if state.service == "apigateway" then return invoke_api end
  if state.service == "states" and state.verb == "startExecution" then return nest end
  if state.service == "eks" and (state.verb == "call" or state.verb == "runJob") then return call_cluster end
  if state.service == "http" and state.verb == "invoke" then return invoke_http end
  local call, message = require("passo.aws.tasks.call").new { service = state.service, verb = state.verb }
  if not call then return nil, message end
  return state.pattern == "sync" and run_job or request
end

--- What does a state at AWS, whatever the routes say: takes and gives values, not tables. Nil where AWS cannot.
---@return (fun(input: passo.Value, ctx: table): any)?
function Aws:perform(state)
  local perform = tasks.performer(state)
  if not perform then return nil end
  -- Kept by state: it must not refer to it, for the sake of Lua 5.1 and LuaJIT.
  local handler = self.performs[perform]
  if not handler then
    handler = function(input, ctx) return perform(self, ctx.state, input, ctx) end
    self.performs[perform] = handler
  end
  return handler
end

--- The handler of a state: what its route, mock or limit make of it, else AWS. Nil: nobody.
---@return (fun(input: passo.Value, ctx: table): any)?
function Aws:handler(state)
  local handler = self.handlers[state]
  if handler == nil then
    if self.routing then handler = self.routing:handler(state) else handler = self:perform(state) end
    handler = handler or false
    self.handlers[state] = handler
  end
  return handler or nil
end

--- Who reads or writes the files of a Distributed Map: a function, or what has a client; nil: nobody.
---@return function|passo.AwsTasks|nil
function Aws:source(state, resource)
  if self.routing then return self.routing:source(state, resource) end
  return self
end

--- Before an execution of the machine begins: whether the routes, mocks and limits are about it.
---@return boolean? ready nil, message, failure
function Aws:ready(machine)
  if self.options.connections then
    local ok, message, failure = require("passo.aws.http").ready(self)
    if not ok then return nil, message, failure end
  end
  if not self.routing then return true end
  return self.routing:ready(machine)
end

--- The same with other options of clients, for tasks that a route sends elsewhere.
function Aws:derive(more)
  local options = {}
  for name in pairs(CLIENT) do options[name] = self.options[name] end
  for _, name in ipairs { "machines", "poll", "http", "connections", "tells_attempts" } do
    options[name] = self.options[name]
  end
  for name, value in pairs(more) do
    if CLIENT[name] then options[name] = value end
  end
  local derived = new(options)
  derived.origin, derived.route = self, more
  return derived
end

--- Texts that must not be kept anywhere: keys given in the program, secrets of connections.
---@return string[]
function Aws:secrets()
  local list, given = {}, self.options.credentials
  if type(given) == "table" then
    list[#list + 1] = type(given.secret_access_key) == "string" and given.secret_access_key or nil
    list[#list + 1] = type(given.session_token) == "string" and given.session_token or nil
  end
  local connections = (self.origin or self).connections
  if connections then
    for _, secret in ipairs(connections:secrets()) do list[#list + 1] = secret end
  end
  return list
end

return tasks
