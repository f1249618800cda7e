--- State machines: create, describe, list, delete, and what a definition is found to be.
local configuration = require "passo.engine.configuration"
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local definitions = require "passo.engine.definitions"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"
local paging = require "passo.engine.paging"
local tag_lists = require "passo.engine.tag_lists"

local TYPES = { "STANDARD", "EXPRESS" }
local INCLUDED = { "ALL_DATA", "METADATA_ONLY" }

-- creating -----------------------------------------------------------------------------------------

-- ("checkout", machine, {type = "EXPRESS", ...}) as the table of the API.
local OPTIONS = { type = true, roleArn = true, tags = true, publish = true, update = true, versionDescription = true,
  loggingConfiguration = true, tracingConfiguration = true, encryptionConfiguration = true }
local function spell_out(engine, name, definition, options)
  if definition == nil then error("engine:create_state_machine: a definition is missing", 4) end
  local request = { name = name, definition = definition, roleArn = names.default_role(engine) }
  if options then
    for key, value in pairs(constraints.options("engine:create_state_machine", options, OPTIONS, 1)) do
      request[key] = value
    end
  end
  return request
end

local function check_request(engine, request)
  local check = constraints.new():required("name", request.name):length("name", request.name, 1, 80)
    :required("definition", request.definition):required("roleArn", request.roleArn)
    :length("roleArn", request.roleArn, 1, 256):one_of("type", request.type, TYPES)
    :length("versionDescription", request.versionDescription, 0, 256, true)
  configuration.constrain(check, request)
  tag_lists.constrain(check, request.tags)
  local text, message, failure
  if request.definition ~= nil then
    text, message, failure = definitions.text(request.definition)
    if not text then return nil, message, failure end
    check:bytes("definition", text, limits.of(engine).definition_bytes)
  end
  local ok
  ok, message, failure = check:done()
  if ok then ok, message, failure = names.check(request.name) end
  if ok then ok, message, failure = names.check_role(request.roleArn) end
  if not ok then return nil, message, failure end
  if request.versionDescription and not request.publish then
    return errors.invalid "Version description can only be set when publish is true"
  end
  return text
end

-- What a revision holds, of a request: checked, with defaults.
local function fields_of(request, text)
  local logging, message, failure = configuration.logging(request.loggingConfiguration)
  if not logging then return nil, message, failure end
  local encryption
  encryption, message, failure = configuration.encryption(request.encryptionConfiguration)
  if not encryption then return nil, message, failure end
  return { definition = text, roleArn = request.roleArn, loggingConfiguration = logging,
    tracingConfiguration = configuration.tracing(request.tracingConfiguration),
    encryptionConfiguration = encryption }
end

local function same(a, b)
  return core.encode(a) == core.encode(b)
end

-- A request is the same again when it has the same name, definition, type and configurations, and published alike;
-- role and tags do not count.
local function is_same(engine, machine, request, fields)
  local revision = documents.revision(engine, machine.revision)
  return revision and revision.definition == fields.definition and machine.type == (request.type or "STANDARD")
    and same(revision.loggingConfiguration, fields.loggingConfiguration)
    and same(revision.tracingConfiguration, fields.tracingConfiguration)
    and same(revision.encryptionConfiguration, fields.encryptionConfiguration)
    and machine.published == (request.publish == true) and machine.description == request.versionDescription
end

local function answer_for(machine)
  return { stateMachineArn = machine.arn, creationDate = documents.seconds(machine.created),
    stateMachineVersionArn = machine.published and machine.arn .. ":1" or nil }
end

-- The answer to a request for a name that is taken.
local function answer_again(engine, machine, request, fields)
  if machine.status == "DELETING" then return errors.deleting(machine.arn) end
  if is_same(engine, machine, request, fields) then return answer_for(machine) end
  return errors.fail("StateMachineAlreadyExists", ("State Machine Already Exists: '%s'"):format(machine.arn))
end

local function entries_for(engine, request, fields, arn)
  local now_ms = engine:now_ms()
  local machine = { arn = arn, name = request.name, type = request.type or "STANDARD", status = "ACTIVE",
    created = now_ms, published = request.publish == true, description = request.versionDescription,
    versions = 0, aliases = 0, last_version = 0, last_alias = 0 }
  local revision, entry = documents.new_revision(machine, fields, now_ms, true)
  machine.revision = revision.id
  local entries = { entry }
  if request.publish then entries[2] = documents.new_version(machine, request.versionDescription, now_ms) end
  entries[#entries + 1] = documents.entry("machine", arn, machine, { expect = 0 })
  if request.tags and #request.tags > 0 then entries[#entries + 1] = tag_lists.entry(arn, request.tags) end
  return entries, answer_for(machine)
end

-- Only a fixed store has few enough machines to be counted each time; the quota is for the others.
local function check_quota(engine)
  local most = limits.of(engine).state_machines
  if most > 1000 then return true end
  local list, message, failure = engine.store:list_documents("machine", { limit = most })
  if not list then return nil, message, failure end
  if #list < most then return true end
  return errors.fail("StateMachineLimitExceeded", "State machine limit exceeded")
end

local function create(engine, request, text)
  local fields, message, failure = fields_of(request, text)
  if not fields then return nil, message, failure end
  local arn = names.arn(engine, "stateMachine", request.name)
  local is_checked = false
  return documents.change(engine, function()
    local machine, words, reason = documents.read(engine, "machine", arn)
    if machine then machine = engine:finish_deletion(machine) end
    if machine then return nil, answer_again(engine, machine, request, fields) end
    if reason then return nil, nil, words, reason end
    if not is_checked then
      local ok
      ok, words, reason = definitions.check(engine, text, request.type or "STANDARD")
      if ok then ok, words, reason = check_quota(engine) end
      if not ok then return nil, nil, words, reason end
      is_checked = true
    end
    return entries_for(engine, request, fields, arn)
  end)
end

-- The option `update`: another definition of a machine that is there becomes its next revision.
local function replace(engine, request, text, message, failure)
  local arn = names.arn(engine, "stateMachine", request.name)
  local machine = documents.read(engine, "machine", arn)
  if not machine or machine.type ~= (request.type or "STANDARD") then return nil, message, failure end
  local updated, words, reason = engine:update_state_machine { stateMachineArn = arn, definition = text,
    roleArn = request.roleArn, loggingConfiguration = request.loggingConfiguration,
    tracingConfiguration = request.tracingConfiguration, encryptionConfiguration = request.encryptionConfiguration,
    publish = request.publish, versionDescription = request.versionDescription }
  if not updated then return nil, words, reason end
  return { stateMachineArn = arn, creationDate = documents.seconds(machine.created),
    stateMachineVersionArn = updated.stateMachineVersionArn }
end

-- deleting -----------------------------------------------------------------------------------------

-- All documents of a kind that belong to a machine.
local function children(engine, kind, arn)
  local found, cursor = {}, nil
  repeat
    local list, more, failure = engine.store:list_documents(kind, { parent = arn, after = cursor, limit = 1000 })
    if not list then return nil, more, failure end
    for _, document in ipairs(list) do found[#found + 1] = document end
    cursor = more
  until cursor == nil
  return found
end

local function mark(engine, parsed)
  return documents.change(engine, function()
    local machine, message, failure = documents.read(engine, "machine", parsed.machine_arn)
    if not machine then return nil, failure == nil, message, failure end
    if machine.status == "DELETING" then return nil, machine end
    machine.status = "DELETING"
    local entries = { documents.entry("machine", machine.arn, machine, { expect = machine.at }) }
    for _, kind in ipairs { "version", "alias" } do
      local found
      found, message, failure = children(engine, kind, machine.arn)
      if not found then return nil, nil, message, failure end
      for _, document in ipairs(found) do entries[#entries + 1] = { kind = kind, key = document.key } end
    end
    return entries, machine
  end)
end

-- Whether nothing of the machine runs any more; what does is stopped.
local function stop_all(engine, arn)
  local cursor
  repeat
    local rows, more, failure = engine.store:list { machine = arn, status = "RUNNING", after = cursor, limit = 100 }
    if not rows then return nil, more, failure end
    for _, row in ipairs(rows) do engine:post(row.id, "stop") end
    cursor = more
  until cursor == nil
  local running, message, failure = engine.store:count { machine = arn, status = "RUNNING" }
  if not running then return nil, message, failure end
  return running == 0
end

return function(Engine)
  --- CreateStateMachine. Instead of the API's table it takes a name and a passo.Machine (a text, a table); the
  --- machine's own Lua functions are then this engine's handlers, too.
  ---@param first string|table
  ---@param definition? passo.Machine|string|table
  ---@param options? table type, roleArn, tags, publish, ...; update = true: another definition becomes a new revision
  function Engine:create_state_machine(first, definition, options)
    local is_short = type(first) == "string"
    if not is_short and type(first) ~= "table" then
      error("engine:create_state_machine: a name or a table expected, got " .. type(first), 2)
    end
    local request = is_short and spell_out(self, first, definition, options) or first
    local text, message, failure = check_request(self, request)
    if not text then return nil, message, failure end
    local own = definitions.is_machine(request.definition) and request.definition.own
    if own then self:add_handlers(own) end
    local answer
    answer, message, failure = create(self, request, text)
    if not answer and request.update and failure.code == "StateMachineAlreadyExists" then
      answer, message, failure = replace(self, request, text, message, failure)
    end
    if not answer then return nil, message, failure end
    self:machine_changed(answer.stateMachineArn)
    return answer
  end

  --- DescribeStateMachine: of a machine, a version or an alias.
  function Engine:describe_state_machine(first)
    local request, is_short = constraints.request("engine:describe_state_machine", "stateMachineArn", first)
    local ok, message, failure = constraints.new():required("stateMachineArn", request.stateMachineArn)
      :length("stateMachineArn", request.stateMachineArn, 1, 256)
      :one_of("includedData", request.includedData, INCLUDED):done()
    if not ok then return nil, message, failure end
    local target
    target, message, failure = self:target(request.stateMachineArn, is_short, true)
    if not target then return nil, message, failure end
    local machine, version = target.machine, target.version
    if machine.status == "DELETING" then
      machine, message, failure = self:finish_deletion(machine) -- who waits for its end asks this
      if failure then return nil, message, failure end
      if not machine then return errors.no_machine(target.arn) end
    end
    local answer = self:describe_revision(target.revision, request.includedData)
    answer.stateMachineArn, answer.name, answer.status = target.arn, machine.name, machine.status
    answer.type, answer.label = machine.type, target.label
    answer.creationDate = documents.seconds(version and version.created or machine.created)
    answer.description = version and version.description
    return answer
  end

  --- What all descriptions of a revision have.
  function Engine:describe_revision(revision, included)
    local metadata_only = included == "METADATA_ONLY"
    return { definition = metadata_only and "{}" or revision.definition, roleArn = revision.roleArn,
      loggingConfiguration = revision.loggingConfiguration, tracingConfiguration = revision.tracingConfiguration,
      encryptionConfiguration = revision.encryptionConfiguration, revisionId = documents.told_id(revision),
      variableReferences = not metadata_only and definitions.variables(revision.definition) or nil }
  end

  --- ListStateMachines: by name.
  function Engine:list_state_machines(request)
    request = constraints.table("engine:list_state_machines", request, true)
    local ok, message, failure = paging.constrain(constraints.new(), request):done()
    if not ok then return nil, message, failure end
    return paging.documents(self, request, "list_state_machines", "machine", {}, "stateMachines", function(document)
      local machine = core.decode(document.body)
      return { stateMachineArn = machine.arn, name = machine.name, type = machine.type,
        creationDate = documents.seconds(machine.created) }
    end)
  end

  --- DeleteStateMachine: its executions are stopped, its versions and aliases go, and so does it in the end.
  function Engine:delete_state_machine(first)
    local request, is_short = constraints.request("engine:delete_state_machine", "stateMachineArn", first)
    local ok, message, failure = constraints.new():required("stateMachineArn", request.stateMachineArn)
      :length("stateMachineArn", request.stateMachineArn, 1, 256):done()
    if not ok then return nil, message, failure end
    local parsed
    parsed, message, failure = names.machine(self, request.stateMachineArn, is_short)
    if not parsed then return nil, message, failure end
    if parsed.label then
      return errors.invalid("This operation does not support labeled ARNs", "API_DOES_NOT_SUPPORT_LABELED_ARNS")
    end
    if parsed.qualifier then
      return errors.invalid(("State machine version and alias ARNs are not supported: '%s'"):format(parsed.arn))
    end
    local machine
    machine, message, failure = mark(self, parsed)
    if not machine then return nil, message, failure end
    self:machine_changed(parsed.machine_arn)
    if machine ~= true then
      local left
      left, message, failure = self:finish_deletion(machine)
      if not left and failure then return nil, message, failure end
    end
    return {}
  end

  --- Takes a machine that is being deleted out of the store when nothing of it runs any more: nil when it is gone,
  --- else the machine; nil, message, failure.
  function Engine:finish_deletion(machine)
    if machine.status ~= "DELETING" then return machine end
    local over, message, failure = stop_all(self, machine.arn)
    if over == nil then return nil, message, failure end
    if not over then return machine end
    local written
    written, message, failure = self.store:write { { kind = "machine", key = machine.arn },
      tag_lists.entry(machine.arn) }
    if not written then return nil, message, failure end
    self:machine_changed(machine.arn)
    return nil
  end

  --- ValidateStateMachineDefinition.
  function Engine:validate_state_machine_definition(request)
    if type(request) ~= "table" or definitions.is_machine(request) then request = { definition = request } end
    local text, message, failure
    local check = constraints.new():required("definition", request.definition):one_of("type", request.type, TYPES)
      :one_of("severity", request.severity, { "ERROR", "WARNING" }):range("maxResults", request.maxResults, 0, 100)
    if request.definition ~= nil then
      text, message, failure = definitions.text(request.definition)
      if not text then return nil, message, failure end
      check:bytes("definition", text, limits.of(self).definition_bytes)
    end
    local ok
    ok, message, failure = check:done()
    if not ok then return nil, message, failure end
    local most = request.maxResults
    return definitions.validate(self, text, request.type or "STANDARD", request.severity,
      most and most > 0 and most or 100)
  end
end
