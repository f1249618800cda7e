--- Who does a Task, where the option `aws` says so by `routes` and `mocks`: AWS itself, another endpoint, a Lua
--- function, a mock, or a cassette that is recorded or played; and within which limits.
---
--- A route is
---   true                                      AWS, as without it
---   false                                     nobody: the state needs a handler
---   function(input, ctx) ... end              as a handler
---   {endpoint=, region=, credentials=, ...}   options of clients, over those of the run
---   {result=} | {error=, cause=} | list       a mock, by invocation where it is a list
---   {replay="file", ignore={names}}           plays a cassette
---   {record="file", fresh=, scrub={names}}    records; with `call=function` or options of clients beside it
local cassette = require "passo.aws.cassette"
local limits = require "passo.aws.limits"
local match = require "passo.aws.routes.match"
local mock = require "passo.aws.routes.mock"
local text = require "passo.text"

local route = {}

local FIELDS = { record = "string", replay = "string", call = "function", fresh = "boolean", ignore = "table",
  scrub = "table" }

local function refuse(key, words)
  error(("run: options.aws.routes[%q]: %s"):format(tostring(key), words), 0)
end

-- reading the option ----------------------------------------------------------------------------------

local function check_fields(key, given, client_options)
  for name, value in pairs(given) do
    if FIELDS[name] and type(value) ~= FIELDS[name] then
      refuse(key, ("%s must be a %s, got %s"):format(name, FIELDS[name], type(value)))
    elseif not FIELDS[name] and not client_options[name] then
      local known = { "result", "error", "cause", "submitted" }
      for _, list in ipairs { FIELDS, client_options } do
        for other in pairs(list) do known[#known + 1] = other end
      end
      table.sort(known)
      local near = text.nearest(tostring(name), known)
      refuse(key, ("it is no route: unknown field '%s'%s"):format(tostring(name),
        near and (" (did you mean '%s'?)"):format(near) or ""))
    end
  end
end

local function has_client_option(given, client_options)
  for name in pairs(given) do
    if client_options[name] then return true end
  end
  return false
end

local function check_one(key, given, client_options)
  local kind = type(given)
  if kind == "boolean" or kind == "function" then return end
  if kind ~= "table" then
    refuse(key, "it is no route: true, false, a function or a table is expected, got a " .. kind)
  end
  if mock.is(given) then
    local wrong = mock.check(given, "it")
    if wrong then refuse(key, wrong) end
    return
  end
  check_fields(key, given, client_options)
  local goes_out = has_client_option(given, client_options)
  if not (goes_out or given.record or given.replay or given.call) then
    refuse(key, "it is no route: it says neither where to nor what comes of it")
  end
  if given.replay and (given.record or given.call or goes_out) then
    refuse(key, "what is played is asked of nobody: replay stands alone")
  end
  if given.call and goes_out then refuse(key, "either a function (call) or options of clients") end
end

--- Checks the options that say who does what; raises, naming the wrong one.
---@param options passo.aws.TasksOptions
---@param client_options table<string, boolean> the names of options of clients
function route.check(options, client_options)
  for key, given in pairs(options.routes or {}) do
    if type(key) ~= "string" then
      refuse(key, "the name of a state, resource or service is expected")
    end
    check_one(key, given, client_options)
  end
  if options.limits then limits.read(options.limits) end
  if options.mocks then require("passo.mockfile").check_option(options.mocks) end
end

-- what an object knows of its routes ------------------------------------------------------------------------

-- One recorder for a file, whoever records into it.
local function recorder_of(self, given)
  local recorder = self.recorders[given.record]
  if not recorder then
    recorder = cassette.recorder(given.record, { fresh = given.fresh, scrub = given.scrub,
      secrets = function() return self.aws:secrets() end })
    self.recorders[given.record] = recorder
  end
  return recorder
end

local function player_of(self, given)
  local player = self.players[given]
  if player then return player end
  local message
  player, message = cassette.player(given.replay, { ignore = given.ignore, scrub = given.scrub,
    secrets = function() return self.aws:secrets() end })
  self.players[given] = player
  return player, message
end

local function as_handler(fn)
  return function(input, ctx)
    local given, message = input:lua()
    if message then return nil, "States.Runtime", message end
    return fn(given, ctx)
  end
end

-- Who does what at another endpoint, or with other keys.
local function derived_of(self, given)
  local derived = self.derived[given]
  if not derived then
    derived = self.aws:derive(given)
    self.derived[given] = derived
  end
  return derived
end

local function handler_of(self, state, key, given)
  if given == true then return self.aws:perform(state) end
  if given == false then return nil end
  if type(given) == "function" then return as_handler(given) end
  if mock.is(given) then return mock.handler(given, key), true end
  if given.replay then
    local player = player_of(self, given)
    return player and player:handler(), true
  end
  if given.call then return as_handler(given.call) end
  return derived_of(self, given):perform(state)
end

local Routing = {}
Routing.__index = Routing

--- What an object of passo.aws.tasks asks who does what; nil when it has no option about that.
function route.new(aws)
  local options = aws.options
  if not (options.routes or options.mocks or options.limits) then return nil end
  return setmetatable({ aws = aws, routes = options.routes or {}, limits = limits.read(options.limits or {}),
    cases = {}, recorders = {}, players = {}, derived = {}, started = setmetatable({}, { __mode = "k" }) }, Routing)
end

--- The handler of a state, with all that its route and limit want; nil: nobody.
function Routing:handler(state)
  local case = self.cases[state.machine_name]
  local mocked = case and case:handler(state)
  if mocked then return mocked end
  local key = match.best(self.routes, state)
  local given = key == nil or self.routes[key]
  local perform, is_quiet = handler_of(self, state, key, given)
  if not perform or is_quiet then return perform end
  local limit = limits.of(self.limits, state)
  if limit then perform = limit:wrap(perform) end
  if type(given) == "table" and given.record then perform = recorder_of(self, given):wrap(perform) end
  return perform
end

-- Files are no answers to a task: cassettes and mocks do not have them.
local function no_files(key)
  return function()
    return nil, ("the route of '%s' has no files for a Distributed Map: give a function or a handler"):format(key)
  end
end

--- What reads or writes a Map's files: a function, or the object whose client does it; nil: nobody.
---@param state passo.State
---@param resource string of its ItemReader or ResultWriter
---@return function|passo.AwsTasks|nil
function Routing:source(state, resource)
  local key = match.best(self.routes, match.part(state, resource))
  local given = key == nil or self.routes[key]
  if given == true then return self.aws end
  if not given then return nil end
  if type(given) == "function" then return given end
  if mock.is(given) or given.replay then return no_files(key) end
  return given.call or derived_of(self, given)
end

-- before an execution begins ----------------------------------------------------------------------------

local function refused(message, code)
  return nil, message, { code = code or "EINPUT", message = message }
end

-- All machines that run here: an entry may be about a nested one.
local function all_states(machine, machines)
  local states = {}
  local function add(one)
    for _, state in ipairs(one.all_states or {}) do states[#states + 1] = state end
  end
  add(machine)
  for _, one in pairs(machines or {}) do
    if one ~= machine then add(one) end
  end
  return states
end

local function check_keys(list, name, states)
  local keys = {}
  for key in pairs(list or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    if not match.any(key, states) then
      return refused(("aws.%s has '%s', which means no Task of this machine (%s)"):format(name, key,
        match.hint(key, states)))
    end
  end
  return true
end

-- The files that are played must be there before anything happens.
local function check_cassettes(self)
  local keys = {}
  for key in pairs(self.routes) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local given = self.routes[key]
    if type(given) == "table" and given.replay then
      local player, message = player_of(self, given)
      if not player then return refused(("aws.routes[%q]: %s"):format(key, message), "EFILE") end
    end
  end
  return true
end

-- The test case must be about this machine; it may be about nested ones.
local function check_mocks(self, machine)
  local option = self.aws.options.mocks
  if not option then return true end
  local file, case, message, failure
  file, message, failure = require("passo.mockfile").load(option.file)
  if not file then return nil, message, failure end
  case, message, failure = file:case(option.case, machine, option.machine)
  if not case then return nil, message, failure end
  self.cases[machine.name] = case
  for _, one in pairs(self.aws.options.machines or {}) do
    if one ~= machine and file:has(option.case, one.name) then
      case, message, failure = file:case(option.case, one)
      if not case then return nil, message, failure end
      self.cases[one.name] = case
    end
  end
  return true
end

--- Whether everything it has is about this machine, or one that may be nested in it: nil, message, failure.
---@param machine passo.Machine
function Routing:ready(machine)
  if self.started[machine] then return true end
  local options = self.aws.options
  local ok, message, failure = check_mocks(self, machine)
  if ok then ok, message, failure = check_cassettes(self) end
  if ok and not options.lenient_routes then
    local states = all_states(machine, options.machines)
    ok, message, failure = check_keys(options.routes, "routes", states)
    if ok then ok, message, failure = check_keys(options.limits, "limits", states) end
  end
  if not ok then return nil, message, failure end
  self.started[machine] = true
  for _, one in pairs(options.machines or {}) do self.started[one] = true end
  return true
end

return route
