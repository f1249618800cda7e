-- State machines of an engine: names and rules as AWS has them.
local core = require "passo.core"
local helper = require "engine_helper"
local passo = require "passo"

local HEAD = helper.HEAD
local ROLE = "arn:aws:iam::123456789012:role/baker"
local OTHER_ROLE = "arn:aws:iam::123456789012:role/miller"
local ARN = HEAD .. "stateMachine:bread"

local function definition(comment)
  return ('{"Comment": %s, "StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'):format(
    core.encode(comment or "plain"))
end

local world, engine

local function create(fields)
  local request = { name = "bread", definition = definition(), roleArn = ROLE }
  for key, value in pairs(fields or {}) do request[key] = value end
  return engine:create_state_machine(request)
end

local function refused(code, ...)
  local answer, message, failure = ...
  assert.is_nil(answer)
  assert.equal(code, failure.code)
  assert.equal(message, failure.message)
  return message
end

before_each(function()
  world = helper.world()
  engine = world:engine()
end)

describe("engine:create_state_machine", function()
  it("answers the ARN and when it was", function()
    assert.same({ stateMachineArn = ARN, creationDate = 1767225600 }, create())
  end)

  it("answers the same again to the same request, whatever its role and tags", function()
    local first = create()
    world.clock:advance(5)
    assert.same(first, create { roleArn = OTHER_ROLE, tags = { { key = "a", value = "b" } } })
    assert.equal(ROLE, engine:describe_state_machine(ARN).roleArn)
  end)

  it("refuses another definition, type or configuration under the same name", function()
    create()
    local message = refused("StateMachineAlreadyExists", create { definition = definition "other" })
    assert.equal("State Machine Already Exists: '" .. ARN .. "'", message)
    refused("StateMachineAlreadyExists", create { definition = definition():gsub(" ", "", 1) })
    refused("StateMachineAlreadyExists", create { type = "EXPRESS" })
    refused("StateMachineAlreadyExists", create { tracingConfiguration = { enabled = true } })
    refused("StateMachineAlreadyExists", create { publish = true })
  end)

  it("refuses names with characters that none has", function()
    for _, name in ipairs { "a b", "a<b", "a}b", "a?b", 'a"b', "a#b", "a%b", "a\\b", "a/b", "a:b", "a\tb", "a\127b",
      "a\194\133b", "a\194\160b" } do
      assert.equal(("Invalid Name: '%s'"):format(name), refused("InvalidName", create { name = name }))
    end
    assert.truthy(create { name = "p\195\163o.de-l\195\179_1" })
  end)

  it("tells all that the model forbids at once", function()
    local long = ("n"):rep(81)
    assert.equal("1 validation error detected: Value '" .. long .. "' at 'name' failed to satisfy constraint: "
      .. "Member must have length less than or equal to 80", refused("ValidationException", create { name = long }))
    assert.equal("2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must "
      .. "not be null; Value 'FAST' at 'type' failed to satisfy constraint: Member must satisfy enum value set: "
      .. "[STANDARD, EXPRESS]", refused("ValidationException", engine:create_state_machine { name = "bread",
        definition = definition(), type = "FAST" }))
  end)

  it("counts characters, not bytes", function()
    assert.truthy(create { name = ("\195\163"):rep(80) })
  end)

  it("refuses a role that is none", function()
    assert.equal("Invalid Role Arn: 'baker'", refused("InvalidArn", create { roleArn = "baker" }))
  end)

  it("refuses a definition with all its findings", function()
    local message = refused("InvalidDefinition", create { definition = '{"StartAt": "A"}' })
    assert.truthy(message:find("^Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "), message)
    local _, _, failure = create { definition = "bread" }
    assert.equal("INVALID_JSON_DESCRIPTION", failure.findings[1].code)
  end)

  it("holds a definition's type against it", function()
    local text = core.encode { StartAt = "A", States = { A = { Type = "Task", End = true,
      Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters = { QueueUrl = "q", ["MessageBody.$"] = "$$.Task.Token" } } } }
    assert.truthy(create { definition = text })
    refused("InvalidDefinition", create { name = "fast", definition = text, type = "EXPRESS" })
  end)

  it("wants exactly one place to log to, unless it logs nothing", function()
    local message = refused("InvalidLoggingConfiguration", create { loggingConfiguration = { level = "ALL" } })
    assert.equal("Invalid Logging Configuration: Must specify exactly one Log Destination.", message)
    local group = { cloudWatchLogsLogGroup = { logGroupArn = "arn:aws:logs:us-east-1:123456789012:log-group:g:*" } }
    assert.truthy(create { loggingConfiguration = { level = "ALL", destinations = { group } } })
    assert.same({ level = "ALL", includeExecutionData = false, destinations = { group } },
      engine:describe_state_machine(ARN).loggingConfiguration)
  end)

  it("takes a passo.machine, whose functions become handlers", function()
    local saga = passo.saga "Checkout" { { "Charge", run = function(input) return { paid = input.amount } end } }
    assert.same({ stateMachineArn = HEAD .. "stateMachine:checkout", creationDate = 1767225600 },
      engine:create_state_machine("checkout", saga))
    local started = assert(engine:start_execution("checkout", { amount = 3 }))
    local result = assert(engine:await(started))
    assert.equal("SUCCEEDED", result.status)
    assert.truthy(core.encode(result.output):find('"paid":3', 1, true))
  end)

  it("makes a new revision of a machine that is there when it is asked to", function()
    engine:create_state_machine("bread", definition())
    refused("StateMachineAlreadyExists", engine:create_state_machine("bread", definition "other"))
    assert.truthy(engine:create_state_machine("bread", definition "other", { update = true }))
    assert.equal(definition "other", engine:describe_state_machine("bread").definition)
    refused("StateMachineAlreadyExists", engine:create_state_machine("bread", definition(), { update = true,
      type = "EXPRESS" }))
  end)

  it("raises on misuse", function()
    assert.has_error(function() create { name = 12 } end, "name must be a string, got number")
    assert.has_error(function() engine:list_state_machines { maxResults = "ten" } end,
      "maxResults must be a number, got string")
    assert.has_error(function() engine:create_state_machine(1) end)
    assert.has_error(function() engine:create_state_machine("bread") end)
    assert.has_error(function() engine:describe_state_machine(nil) end)
  end)

  it("keeps to a quota of one's own", function()
    engine = world:engine { limits = { state_machines = 1 } }
    assert.truthy(create())
    refused("StateMachineLimitExceeded", create { name = "cake" })
  end)
end)

describe("engine:describe_state_machine", function()
  it("tells everything, with defaults", function()
    create()
    assert.same({ stateMachineArn = ARN, name = "bread", status = "ACTIVE", type = "STANDARD",
      definition = definition(), roleArn = ROLE, creationDate = 1767225600,
      loggingConfiguration = { level = "OFF", includeExecutionData = false },
      tracingConfiguration = { enabled = false }, encryptionConfiguration = { type = "AWS_OWNED_KEY" } },
      engine:describe_state_machine(ARN))
    assert.equal("{}", engine:describe_state_machine { stateMachineArn = ARN, includedData = "METADATA_ONLY" }
      .definition)
  end)

  it("names the variables that states read", function()
    create { definition = [[{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
      "B": {"Type": "Pass", "Parameters": {"y.$": "$x"}, "End": true}}}]] }
    assert.same({ B = { "x" } }, engine:describe_state_machine("bread").variableReferences)
  end)

  it("says which part of an ARN is wrong", function()
    assert.equal("Invalid Arn: 'Invalid ARN prefix: bread'", refused("InvalidArn", engine:describe_state_machine {
      stateMachineArn = "bread" }))
    assert.equal("Invalid Arn: 'Resource type not valid in this context: activity'", refused("InvalidArn",
      engine:describe_state_machine(HEAD .. "activity:a")))
    assert.equal(("State Machine Does Not Exist: '%s'"):format(ARN), refused("StateMachineDoesNotExist",
      engine:describe_state_machine("bread")))
  end)
end)

describe("engine:update_state_machine", function()
  it("gives each change a revision of its own, and no change none", function()
    create()
    local first = engine:update_state_machine { stateMachineArn = ARN, roleArn = OTHER_ROLE }
    assert.truthy(first.revisionId)
    assert.same(first, engine:update_state_machine { stateMachineArn = ARN, definition = definition() })
    local second = engine:update_state_machine { stateMachineArn = ARN, definition = definition "other" }
    assert.not_equal(first.revisionId, second.revisionId)
    local now = engine:describe_state_machine(ARN)
    assert.same({ second.revisionId, OTHER_ROLE, definition "other" }, { now.revisionId, now.roleArn, now.definition })
  end)

  it("tells no revision as long as there is only the first", function()
    create()
    assert.is_nil(engine:update_state_machine { stateMachineArn = ARN, roleArn = ROLE }.revisionId)
  end)

  it("wants something to change", function()
    create()
    assert.equal("Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
      .. "specified", refused("MissingRequiredParameter", engine:update_state_machine { stateMachineArn = ARN }))
  end)

  it("refuses what is no machine's own ARN", function()
    create { publish = true }
    refused("StateMachineDoesNotExist", engine:update_state_machine { stateMachineArn = ARN .. ":1", roleArn = ROLE })
    refused("InvalidDefinition", engine:update_state_machine { stateMachineArn = ARN, definition = "{}" })
  end)

  it("loses no change when two processes make one each", function()
    create()
    local other = world:engine()
    local write, is_first = world.store.write, true
    function world.store:write(entries)
      if is_first then
        is_first = false
        assert(other:update_state_machine { stateMachineArn = ARN, roleArn = OTHER_ROLE })
      end
      return write(self, entries)
    end
    assert(engine:update_state_machine { stateMachineArn = ARN, definition = definition "other" })
    local now = engine:describe_state_machine(ARN)
    assert.same({ OTHER_ROLE, definition "other" }, { now.roleArn, now.definition })
  end)

  it("leaves executions their revision", function()
    engine = world:engine { handlers = { default = function() return 1 end } }
    local waits = [[{"Comment": "%s", "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": true}}}]]
    create { definition = waits:format "old" }
    local started = assert(engine:start_execution("bread"))
    engine:update_state_machine { stateMachineArn = ARN, definition = definition "new", roleArn = OTHER_ROLE }
    local held = assert(engine:describe_state_machine_for_execution(started.executionArn))
    assert.same({ waits:format "old", ROLE, "bread", ARN }, { held.definition, held.roleArn, held.name,
      held.stateMachineArn })
    assert.is_nil(held.revisionId)
    assert.equal("SUCCEEDED", engine:await(started).status)
    assert.equal(1767225700, engine:describe_execution(started.executionArn).stopDate)
  end)
end)

describe("engine:list_state_machines", function()
  before_each(function()
    for _, name in ipairs { "d", "b", "a", "c", "B" } do create { name = name } end
  end)

  local function names(answer)
    local out = {}
    for i, machine in ipairs(answer.stateMachines) do out[i] = machine.name end
    return table.concat(out, " ")
  end

  it("goes by name, page by page", function()
    assert.equal("B a b c d", names(engine:list_state_machines()))
    local first = engine:list_state_machines { maxResults = 2 }
    assert.equal("B a", names(first))
    local second = engine:list_state_machines { maxResults = 3, nextToken = first.nextToken }
    assert.equal("b c d", names(second))
    assert.is_nil(second.nextToken)
    assert.equal("B a b c d", names(engine:list_state_machines { maxResults = 0 }))
  end)

  it("takes a token for what it was given for, for a day", function()
    local token = engine:list_state_machines { maxResults = 2 }.nextToken
    assert.equal("Invalid Token: 'Invalid token'", refused("InvalidToken", engine:list_state_machines {
      nextToken = "x" }))
    refused("InvalidToken", engine:list_executions { stateMachineArn = HEAD .. "stateMachine:a", nextToken = token })
    refused("InvalidToken", engine:list_state_machines { nextToken = token:sub(1, -3) .. "00" })
    world.clock:advance(86401)
    refused("InvalidToken", engine:list_state_machines { nextToken = token })
  end)

  it("keeps to a page's size", function()
    assert.equal("1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must "
      .. "have value less than or equal to 1000", refused("ValidationException", engine:list_state_machines {
        maxResults = 1001 }))
  end)
end)

describe("engine:delete_state_machine", function()
  local WAITS = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100000, "End": true}}}'

  it("answers nothing, also when there is none", function()
    create()
    assert.same({}, engine:delete_state_machine { stateMachineArn = ARN })
    assert.same({}, engine:delete_state_machine("bread"))
    refused("StateMachineDoesNotExist", engine:describe_state_machine(ARN))
    assert.same({}, engine:list_state_machines().stateMachines)
  end)

  it("stops what runs, and takes versions, aliases and tags along", function()
    create { definition = WAITS, publish = true, tags = { { key = "a", value = "b" } } }
    engine:create_state_machine_alias { name = "PROD", routingConfiguration = {
      { stateMachineVersionArn = ARN .. ":1", weight = 100 } } }
    local started = assert(engine:start_execution("bread:PROD"))
    assert.same({}, engine:delete_state_machine("bread"))
    assert.equal("ABORTED", engine:await(started).status)
    refused("StateMachineDoesNotExist", engine:describe_state_machine("bread"))
    refused("StateMachineDoesNotExist", engine:describe_state_machine("bread:1"))
    refused("ResourceNotFound", engine:list_tags_for_resource(ARN))
    assert.equal(WAITS, engine:describe_state_machine_for_execution(started.executionArn).definition)
    assert.truthy(create { definition = definition "again" })
  end)

  it("is being deleted as long as something of it runs", function()
    create { definition = WAITS }
    assert(engine:start_execution("bread", {}, { name = "one" }))
    function engine:post() return true end -- the stop is on its way
    assert.same({}, engine:delete_state_machine("bread"))
    assert.equal("DELETING", engine:describe_state_machine("bread").status)
    assert.equal("State Machine is being deleted: '" .. ARN .. "'", refused("StateMachineDeleting", create()))
    refused("StateMachineDeleting", engine:start_execution("bread"))
    refused("StateMachineDeleting", engine:update_state_machine { stateMachineArn = ARN, roleArn = ROLE })
    engine.post = nil
    assert.truthy(engine:tidy())
    world.clock:advance(1)
    refused("StateMachineDoesNotExist", engine:describe_state_machine("bread"))
  end)

  it("refuses ARNs of parts of a machine", function()
    create { publish = true }
    refused("ValidationException", engine:delete_state_machine { stateMachineArn = ARN .. ":1" })
    refused("ValidationException", engine:delete_state_machine { stateMachineArn = ARN .. "/Map" })
  end)
end)

describe("engine:validate_state_machine_definition", function()
  it("finds what is wrong without keeping anything", function()
    assert.same({ result = "OK", diagnostics = {}, truncated = false },
      engine:validate_state_machine_definition { definition = definition() })
    local answer = engine:validate_state_machine_definition { definition = '{"StartAt": "A", "States": {"A": '
      .. '{"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "Next": "D"}}}', maxResults = 1 }
    assert.same({ "FAIL", 1, true }, { answer.result, #answer.diagnostics, answer.truncated })
    assert.equal("MISSING_TRANSITION_TARGET", answer.diagnostics[1].code)
    assert.same({}, engine:list_state_machines().stateMachines)
  end)

  it("tells of warnings when it is asked to", function()
    local text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}, "B": {"Type": "Pass", "End": true}}}'
    local errors = engine:validate_state_machine_definition { definition = text }
    local warnings = engine:validate_state_machine_definition { definition = text, severity = "WARNING" }
    assert.is_true(#warnings.diagnostics >= #errors.diagnostics)
  end)
end)

describe("engine: tags", function()
  before_each(function() create { tags = { { key = "one", value = "1" } } } end)

  it("are put in, told, and taken out", function()
    assert.same({}, engine:tag_resource { resourceArn = ARN, tags = { { key = "two", value = "2" },
      { key = "one", value = "3" } } })
    assert.same({ { key = "one", value = "3" }, { key = "two", value = "2" } },
      engine:list_tags_for_resource(ARN).tags)
    assert.same({}, engine:untag_resource { resourceArn = ARN, tagKeys = { "one", "none" } })
    assert.same({ { key = "two", value = "2" } }, engine:list_tags_for_resource(ARN).tags)
  end)

  it("are machines' and activities', and no versions'", function()
    engine:publish_state_machine_version(ARN)
    assert.equal(("Resource not found: '%s:1'"):format(ARN), refused("ResourceNotFound", engine:tag_resource {
      resourceArn = ARN .. ":1", tags = {} }))
    local activity = engine:create_activity { name = "oven" }.activityArn
    assert.same({}, engine:tag_resource { resourceArn = activity, tags = { { key = "a", value = "b" } } })
    refused("ResourceNotFound", engine:tag_resource { resourceArn = activity .. "2", tags = {} })
  end)

  it("are fifty at most", function()
    local tags = {}
    for i = 1, 50 do tags[i] = { key = "k" .. i, value = "" } end
    refused("TooManyTags", engine:tag_resource { resourceArn = ARN, tags = tags })
  end)
end)
