-- Versions and aliases of an engine's state machines.
local core = require "passo.core"
local helper = require "engine_helper"

local HEAD = helper.HEAD
local ROLE = "arn:aws:iam::123456789012:role/baker"
local ARN = HEAD .. "stateMachine:bread"

local function definition(result)
  return core.encode { StartAt = "A", States = { A = { Type = "Pass", Result = result, End = true } } }
end

local world, engine

local function refused(code, ...)
  local answer, message, failure = ...
  assert.is_nil(answer)
  assert.equal(code, failure.code)
  return message, failure
end

local function update(result, more)
  local request = { stateMachineArn = ARN, definition = definition(result) }
  for key, value in pairs(more or {}) do request[key] = value end
  return assert(engine:update_state_machine(request))
end

local function routes(...)
  local out = core.array {}
  for i = 1, select("#", ...), 2 do
    out[#out + 1] = { stateMachineVersionArn = ("%s:%d"):format(ARN, (select(i, ...))), weight = (select(i + 1, ...)) }
  end
  return out
end

local function alias(name, list, description)
  return engine:create_state_machine_alias { name = name, routingConfiguration = list, description = description }
end

before_each(function()
  world = helper.world()
  engine = world:engine()
  assert(engine:create_state_machine { name = "bread", definition = definition(1), roleArn = ROLE })
end)

describe("engine:publish_state_machine_version", function()
  it("numbers revisions from 1, each once", function()
    local first = engine:publish_state_machine_version(ARN)
    assert.equal(ARN .. ":1", first.stateMachineVersionArn)
    assert.same(first, engine:publish_state_machine_version { stateMachineArn = ARN, description = "ignored" })
    assert.equal(ARN .. ":2", update(2, { publish = true }).stateMachineVersionArn)
    assert.equal(ARN .. ":2", update(2, { publish = true }).stateMachineVersionArn)
  end)

  it("never gives a number again", function()
    engine:publish_state_machine_version(ARN)
    assert.same({}, engine:delete_state_machine_version { stateMachineVersionArn = ARN .. ":1" })
    assert.equal(ARN .. ":2", engine:publish_state_machine_version(ARN).stateMachineVersionArn)
  end)

  it("publishes only the revision that is meant", function()
    assert.truthy(engine:publish_state_machine_version { stateMachineArn = ARN, revisionId = "INITIAL" })
    local revision = update(2).revisionId
    assert.equal("Failed to publish the State Machine version for revision INITIAL. The current State Machine "
      .. "revision is " .. revision .. ".", refused("ConflictException", engine:publish_state_machine_version {
        stateMachineArn = ARN, revisionId = "INITIAL" }))
    assert.truthy(engine:publish_state_machine_version { stateMachineArn = ARN, revisionId = revision })
  end)

  it("describes a version as it was published", function()
    engine:publish_state_machine_version { stateMachineArn = ARN, description = "the first" }
    world.clock:advance(10)
    update(2)
    local version = engine:describe_state_machine(ARN .. ":1")
    assert.same({ ARN .. ":1", "bread", definition(1), "the first", 1767225600 }, { version.stateMachineArn,
      version.name, version.definition, version.description, version.creationDate })
    refused("StateMachineDoesNotExist", engine:describe_state_machine(ARN .. ":2"))
  end)

  it("has a description only with a version", function()
    assert.equal("Version description can only be set when publish is true", refused("ValidationException",
      engine:create_state_machine { name = "cake", definition = definition(1), roleArn = ROLE,
        versionDescription = "d" }))
  end)

  it("keeps to a quota", function()
    engine = world:engine { limits = { versions = 1, aliases = 1 } }
    assert(engine:publish_state_machine_version(ARN))
    update(2)
    refused("ServiceQuotaExceededException", engine:publish_state_machine_version(ARN))
    assert(alias("A", routes(1, 100)))
    refused("ServiceQuotaExceededException", alias("B", routes(1, 100)))
  end)
end)

describe("engine:list_state_machine_versions", function()
  it("tells the newest first, page by page", function()
    for i = 1, 12 do update(i, { publish = true }) end
    local found, token = {}, nil
    repeat
      local page = engine:list_state_machine_versions { stateMachineArn = ARN, maxResults = 5, nextToken = token }
      for _, version in ipairs(page.stateMachineVersions) do
        found[#found + 1] = version.stateMachineVersionArn:match "%d+$"
      end
      token = page.nextToken
    until not token
    assert.equal("12 11 10 9 8 7 6 5 4 3 2 1", table.concat(found, " "))
  end)

  it("wants a machine", function()
    refused("InvalidArn", engine:list_state_machine_versions("cake"))
    refused("InvalidArn", engine:list_state_machine_versions { stateMachineArn = "bread" })
  end)
end)

describe("engine:create_state_machine_alias", function()
  before_each(function()
    engine:publish_state_machine_version(ARN)
    update(2, { publish = true })
  end)

  it("answers the same again to the same request, and refuses another", function()
    local first = alias("PROD", routes(1, 100), "d")
    assert.equal(ARN .. ":PROD", first.stateMachineAliasArn)
    assert.same(first, alias("PROD", routes(1, 100), "d"))
    refused("ConflictException", alias("PROD", routes(1, 100), "e"))
    assert.equal("Failed to create alias because an alias with the same name and a different routing configuration "
      .. "already exists.", refused("ConflictException", alias("PROD", routes(1, 50, 2, 50), "d")))
  end)

  it("wants a name that is no version's", function()
    local words = "failed to satisfy constraint: Member must satisfy regular expression pattern: "
      .. "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"
    for _, name in ipairs { "12", "a b", "a@", "\195\163" } do
      assert.equal(("1 validation error detected: Value '%s' at 'name' %s"):format(name, words),
        refused("ValidationException", alias(name, routes(1, 100))))
    end
    for _, name in ipairs { "1a", "-", "v1.2" } do assert.truthy(alias(name, routes(1, 100))) end
  end)

  it("wants one or two versions of a machine whose weights sum to 100", function()
    local message, failure = refused("ValidationException", alias("A", routes(1, 50, 2, 30)))
    assert.equal("Sum of routing configuration weights must equal 100. Received: [50, 30]", message)
    assert.equal("INVALID_ROUTING_CONFIGURATION", failure.reason)
    assert.equal(("Routing configuration must contain distinct state machine version ARNs. Received: [%s:1, %s:1]")
      :format(ARN, ARN), refused("ValidationException", alias("A", routes(1, 50, 1, 50))))
    assert.equal(("Routing configuration must contain state machine version ARNs. Received: [%s:3]"):format(ARN),
      refused("ValidationException", alias("A", routes(3, 100))))
    assert.equal(("Routing configuration must contain state machine version ARNs. Received: [%s]"):format(ARN),
      refused("ValidationException", alias("A", { { stateMachineVersionArn = ARN, weight = 100 } })))
    assert.equal("1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to "
      .. "satisfy constraint: Member must have value less than or equal to 100",
      refused("ValidationException", alias("A", routes(1, 101))))
    message = refused("ValidationException", alias("A", routes(1, 50, 2, 25, 3, 25)))
    assert.truthy(message:find("Value '[RoutingConfigurationListItem(stateMachineVersionArn=" .. ARN
      .. ":1, weight=50), ", 1, true), message)
    refused("ValidationException", alias("A", {}))
  end)

  it("is described, changed, listed and deleted", function()
    alias("PROD", routes(1, 100), "old")
    alias("BETA", routes(2, 100))
    world.clock:advance(5)
    assert.same({ updateDate = 1767225605 }, engine:update_state_machine_alias { description = "new",
      stateMachineAliasArn = ARN .. ":PROD", routingConfiguration = routes(1, 20, 2, 80) })
    assert.same({ stateMachineAliasArn = ARN .. ":PROD", name = "PROD", description = "new",
      routingConfiguration = routes(1, 20, 2, 80), creationDate = 1767225600, updateDate = 1767225605 },
      engine:describe_state_machine_alias("bread:PROD"))
    local function listed(arn)
      local out = {}
      for i, one in ipairs(assert(engine:list_state_machine_aliases(arn)).stateMachineAliases) do
        out[i] = one.stateMachineAliasArn:match "[^:]+$"
      end
      return table.concat(out, " ")
    end
    assert.equal("PROD BETA", listed "bread")
    assert.equal("PROD", listed(ARN .. ":1"))
    assert.same({}, engine:delete_state_machine_alias(ARN .. ":PROD"))
    assert.same({}, engine:delete_state_machine_alias(ARN .. ":PROD"))
    assert.equal("BETA", listed "bread")
    refused("ResourceNotFound", engine:describe_state_machine_alias(ARN .. ":PROD"))
    refused("MissingRequiredParameter", engine:update_state_machine_alias { stateMachineAliasArn = ARN .. ":BETA" })
    refused("InvalidArn", engine:describe_state_machine_alias(ARN .. ":1"))
  end)

  it("is described as the version that most of its executions get", function()
    alias("PROD", routes(1, 20, 2, 80))
    local told = engine:describe_state_machine("bread:PROD")
    assert.same({ ARN .. ":PROD", definition(2) }, { told.stateMachineArn, told.definition })
  end)

  it("keeps its versions from being deleted", function()
    alias("PROD", routes(1, 100))
    assert.equal("Version to be deleted must not be referenced by an alias. Current list of aliases referencing this "
      .. "version: [PROD]", refused("ConflictException", engine:delete_state_machine_version(ARN .. ":1")))
    engine:update_state_machine_alias { stateMachineAliasArn = ARN .. ":PROD", routingConfiguration = routes(2, 100) }
    assert.same({}, engine:delete_state_machine_version(ARN .. ":1"))
    assert.same({}, engine:delete_state_machine_version(ARN .. ":1"))
    refused("InvalidArn", engine:delete_state_machine_version(ARN))
  end)
end)

describe("engine:start_execution by version and alias", function()
  local function run(name)
    local started = assert(engine:start_execution(name))
    local told = assert(engine:describe_execution(started.executionArn))
    return engine:await(started).output, told.stateMachineVersionArn, told.stateMachineAliasArn, told.stateMachineArn
  end

  before_each(function()
    engine:publish_state_machine_version(ARN)
    update(2, { publish = true })
    update(3)
  end)

  it("runs what is meant", function()
    assert.same({ 3, nil, nil, ARN }, { run "bread" })
    assert.same({ 1, ARN .. ":1", nil, ARN }, { run "bread:1" })
    alias("PROD", routes(2, 100))
    assert.same({ 2, ARN .. ":2", ARN .. ":PROD", ARN }, { run(ARN .. ":PROD") })
    refused("StateMachineDoesNotExist", engine:start_execution("bread:BETA"))
  end)

  it("draws versions by their weights", function()
    alias("PROD", routes(1, 30, 2, 70))
    alias("NONE", routes(1, 0, 2, 100))
    local counts = { 0, 0 }
    for _ = 1, 400 do
      local output = run "bread:PROD"
      counts[output] = counts[output] + 1
      assert.equal(2, (run "bread:NONE"))
    end
    -- 120 expected, with a deviation of 9: six of them away is one case in 10^9.
    assert.is_true(counts[1] > 66 and counts[1] < 174, counts[1])
  end)

  it("is what executions are listed by", function()
    alias("PROD", routes(2, 100))
    local order = { "bread", "bread:1", "bread:PROD", "bread:2", "bread:PROD" }
    for i, name in ipairs(order) do
      world.clock:advance(1)
      assert(engine:start_execution(name, {}, { name = "e" .. i }))
    end
    local function listed(name)
      local out, token = {}, nil
      repeat
        local page = assert(engine:list_executions(name, { maxResults = 1, nextToken = token }))
        for _, one in ipairs(page.executions) do out[#out + 1] = one.name end
        token = page.nextToken
      until not token
      return table.concat(out, " ")
    end
    assert.equal("e5 e4 e3 e2 e1", listed "bread")
    assert.equal("e2", listed "bread:1")
    assert.equal("e5 e4 e3", listed "bread:2")
    assert.equal("e5 e3", listed "bread:PROD")
  end)
end)
