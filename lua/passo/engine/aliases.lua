--- Aliases of a state machine: names that lead to one version, or to two by weight.
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"
local paging = require "passo.engine.paging"

local NAME_PATTERN = [[^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$]]

local function shown(routes)
  local parts = {}
  for i, route in ipairs(routes) do
    parts[i] = ("RoutingConfigurationListItem(stateMachineVersionArn=%s, weight=%s)"):format(
      tostring(route.stateMachineVersionArn), tostring(route.weight))
  end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local function constrain(check, request)
  local routes = request.routingConfiguration
  check:count("routingConfiguration", routes, 1, 2, shown)
  check:length("description", request.description, 0, 256, true)
  for i, route in ipairs(routes or {}) do
    local at = ("routingConfiguration.%d.member."):format(i)
    check:required(at .. "stateMachineVersionArn", route.stateMachineVersionArn)
      :length(at .. "stateMachineVersionArn", route.stateMachineVersionArn, 1, 256)
      :required(at .. "weight", route.weight):range(at .. "weight", route.weight, 0, 100)
  end
  return check
end

local function refuse(message)
  return errors.invalid(message, "INVALID_ROUTING_CONFIGURATION")
end

-- The routes as they are kept, and their machine's ARN, when they are distinct versions of one machine whose weights
-- sum to 100; nil, message, failure.
local function read_routes(engine, given)
  local arns, weights, sum = {}, {}, 0
  for i, route in ipairs(given) do
    arns[i], weights[i] = route.stateMachineVersionArn, ("%.14g"):format(route.weight)
    sum = sum + route.weight
  end
  local received = ("Received: [%s]"):format(table.concat(arns, ", "))
  if #arns == 2 and arns[1] == arns[2] then
    return refuse("Routing configuration must contain distinct state machine version ARNs. " .. received)
  end
  if sum ~= 100 then
    return refuse(("Sum of routing configuration weights must equal 100. Received: [%s]"):format(
      table.concat(weights, ", ")))
  end
  local routes, machine_arn = core.array {}, nil
  for i, arn in ipairs(arns) do
    local parsed, message, failure = names.parse(arn, "stateMachine")
    if not parsed then return nil, message, failure end
    local version
    if parsed.version then
      version, message, failure = engine.store:get("version", arn)
      if failure then return nil, message, failure end
    end
    if not version then
      return refuse("Routing configuration must contain state machine version ARNs. " .. received)
    end
    if machine_arn and machine_arn ~= parsed.machine_arn then
      return refuse("Routing configuration must contain versions of the same state machine. " .. received)
    end
    machine_arn = parsed.machine_arn
    routes[i] = { stateMachineVersionArn = arn, weight = given[i].weight }
  end
  return routes, machine_arn
end

local function no_alias()
  return errors.fail("ResourceNotFound", "Request references a resource that does not exist.")
end

-- Creating the same again is fine: the same routes and description.
local function answer_again(alias, routes, description)
  if core.encode(alias.routes) == core.encode(routes) and alias.description == description then
    return { stateMachineAliasArn = alias.arn, creationDate = documents.seconds(alias.created) }
  end
  return errors.fail("ConflictException", "Failed to create alias because an alias with the same name and a "
    .. "different routing configuration already exists.")
end

local function create(engine, request)
  return documents.change(engine, function()
    local routes, machine_arn, failure = read_routes(engine, request.routingConfiguration)
    if not routes then return nil, nil, machine_arn, failure end
    local machine, message
    machine, message, failure = documents.live_machine(engine, { arn = machine_arn, machine_arn = machine_arn })
    if not machine then return nil, nil, message, failure end
    local arn = machine_arn .. ":" .. request.name
    local alias
    alias, message, failure = documents.read(engine, "alias", arn)
    if failure then return nil, nil, message, failure end
    if alias then return nil, answer_again(alias, routes, request.description) end
    if machine.aliases >= limits.of(engine).aliases then
      return nil, errors.fail("ServiceQuotaExceededException",
        ("The state machine has reached its limit of %d aliases"):format(limits.of(engine).aliases))
    end
    machine.aliases, machine.last_alias = machine.aliases + 1, machine.last_alias + 1
    local now_ms = engine:now_ms()
    return { documents.entry("alias", arn, { arn = arn, name = request.name, description = request.description,
      routes = routes, number = machine.last_alias, created = now_ms, updated = now_ms },
      { parent = machine_arn, sort = machine.last_alias, expect = 0 }),
      documents.entry("machine", machine_arn, machine, { expect = machine.at }) },
      { stateMachineAliasArn = arn, creationDate = documents.seconds(now_ms) }
  end)
end

-- The parts of an alias's ARN; nil, message, failure.
local function parse(engine, who, given)
  local request, is_short = constraints.request(who, "stateMachineAliasArn", given)
  local ok, message, failure = constraints.new():required("stateMachineAliasArn", request.stateMachineAliasArn)
    :length("stateMachineAliasArn", request.stateMachineAliasArn, 1, 256):done()
  if not ok then return nil, message, failure end
  local parsed
  parsed, message, failure = names.machine(engine, request.stateMachineAliasArn, is_short)
  if not parsed then return nil, message, failure end
  if not parsed.alias then return errors.invalid_arn("Expected a state machine alias ARN: " .. parsed.arn) end
  return parsed, request
end

local function update(engine, parsed, request)
  return documents.change(engine, function()
    local alias, message, failure = documents.read(engine, "alias", parsed.arn)
    if failure then return nil, nil, message, failure end
    if not alias then return nil, no_alias() end
    local machine
    machine, message, failure = documents.live_machine(engine, parsed)
    if not machine then return nil, nil, message, failure end
    if request.routingConfiguration then
      local routes, machine_arn, reason = read_routes(engine, request.routingConfiguration)
      if not routes then return nil, nil, machine_arn, reason end
      if machine_arn ~= parsed.machine_arn then
        return nil, refuse "Routing configuration must contain versions of the alias's own state machine."
      end
      alias.routes = routes
    end
    if request.description then alias.description = request.description end
    local now_ms = engine:now_ms()
    alias.updated = now_ms
    -- The machine is written too: whoever deletes one of the versions meanwhile must see it.
    return { documents.entry("alias", alias.arn, alias, { expect = alias.at, parent = parsed.machine_arn,
      sort = alias.number }), documents.entry("machine", machine.arn, machine, { expect = machine.at }) },
      { updateDate = documents.seconds(now_ms) }
  end)
end

return function(Engine)
  --- CreateStateMachineAlias.
  function Engine:create_state_machine_alias(request)
    constraints.table("engine:create_state_machine_alias", request)
    local name = request.name
    local check = constraints.new():required("name", name):length("name", name, 1, 80)
      :required("routingConfiguration", request.routingConfiguration)
    if name and #name <= 80 then
      check:matches("name", name, name:find "^[%w_.-]+$" and name:find "[%a_.-]", NAME_PATTERN)
    end
    local ok, message, failure = constrain(check, request):done()
    if not ok then return nil, message, failure end
    return create(self, request)
  end

  --- UpdateStateMachineAlias.
  function Engine:update_state_machine_alias(given)
    local parsed, request, failure = parse(self, "engine:update_state_machine_alias", given)
    if not parsed then return nil, request, failure end
    local ok, message
    ok, message, failure = constrain(constraints.new(), request):done()
    if not ok then return nil, message, failure end
    if request.description == nil and request.routingConfiguration == nil then
      return errors.fail("MissingRequiredParameter",
        "Either the description or the RoutingConfiguration must be specified")
    end
    return update(self, parsed, request)
  end

  --- DescribeStateMachineAlias.
  function Engine:describe_state_machine_alias(given)
    local parsed, request, failure = parse(self, "engine:describe_state_machine_alias", given)
    if not parsed then return nil, request, failure end
    local alias, message
    alias, message, failure = documents.read(self, "alias", parsed.arn)
    if failure then return nil, message, failure end
    if not alias then return no_alias() end
    return { stateMachineAliasArn = alias.arn, name = alias.name, description = alias.description,
      routingConfiguration = alias.routes, creationDate = documents.seconds(alias.created),
      updateDate = documents.seconds(alias.updated) }
  end

  --- DeleteStateMachineAlias: fine, too, where there is none.
  function Engine:delete_state_machine_alias(given)
    local parsed, request, failure = parse(self, "engine:delete_state_machine_alias", given)
    if not parsed then return nil, request, failure end
    return documents.change(self, function()
      local alias, message, reason = documents.read(self, "alias", parsed.arn)
      if reason then return nil, nil, message, reason end
      if not alias then return nil, {} end
      local machine
      machine, message, reason = documents.machine(self, parsed)
      if not machine then return nil, nil, message, reason end
      machine.aliases = machine.aliases - 1
      return { { kind = "alias", key = alias.arn, expect = alias.at },
        documents.entry("machine", machine.arn, machine, { expect = machine.at }) }, {}
    end)
  end

  --- ListStateMachineAliases: of a machine, or those that lead to one version.
  function Engine:list_state_machine_aliases(first)
    local request, is_short = constraints.request("engine:list_state_machine_aliases", "stateMachineArn", first)
    local check = constraints.new():required("stateMachineArn", request.stateMachineArn)
      :length("stateMachineArn", request.stateMachineArn, 1, 256)
    local ok, message, failure = paging.constrain(check, request):done()
    if not ok then return nil, message, failure end
    local parsed, machine
    parsed, message, failure = names.machine(self, request.stateMachineArn, is_short)
    if not parsed then return nil, message, failure end
    machine, message, failure = documents.machine(self, parsed)
    if not machine then return nil, message, failure end
    local version_arn = parsed.version and parsed.arn
    return paging.documents(self, request, "list_state_machine_aliases " .. parsed.arn, "alias",
      { parent = machine.arn }, "stateMachineAliases", function(document)
        local alias = core.decode(document.body)
        local leads = not version_arn
        for _, route in ipairs(alias.routes) do leads = leads or route.stateMachineVersionArn == version_arn end
        return leads and { stateMachineAliasArn = alias.arn, creationDate = documents.seconds(alias.created) } or nil
      end)
  end
end
