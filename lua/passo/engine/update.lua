--- UpdateStateMachine: a machine's next revision.
local configuration = require "passo.engine.configuration"
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local definitions = require "passo.engine.definitions"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"

local function check_request(engine, request)
  local check = constraints.new():required("stateMachineArn", request.stateMachineArn)
    :length("stateMachineArn", request.stateMachineArn, 1, 256):length("roleArn", request.roleArn, 1, 256)
    :length("versionDescription", request.versionDescription, 0, 256, true)
  configuration.constrain(check, request)
  local changes = {}
  if request.definition ~= nil then
    local text, words, reason = definitions.text(request.definition)
    if not text then return nil, words, reason end
    check:bytes("definition", text, limits.of(engine).definition_bytes)
    changes.definition = text
  end
  local ok, message, failure = check:done()
  if not ok then return nil, message, failure end
  if request.definition == nil and request.roleArn == nil and request.loggingConfiguration == nil
    and request.tracingConfiguration == nil and request.encryptionConfiguration == nil then
    return errors.fail("MissingRequiredParameter",
      "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
  end
  if request.versionDescription and not request.publish then
    return errors.invalid "Version description can only be set when publish is true"
  end
  return changes
end

-- What the request changes in any revision, checked; nil, message, failure.
local function changes_of(request, changes)
  local ok, message, failure
  if request.roleArn then
    ok, message, failure = names.check_role(request.roleArn)
    if not ok then return nil, message, failure end
    changes.roleArn = request.roleArn
  end
  for member, read in pairs { loggingConfiguration = configuration.logging,
    tracingConfiguration = configuration.tracing, encryptionConfiguration = configuration.encryption } do
    if request[member] ~= nil then
      changes[member], message, failure = read(request[member])
      if not changes[member] then return nil, message, failure end
    end
  end
  return changes
end

local FIELDS = { "definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration" }

-- The old revision's fields with the changes put in; nil when they change nothing.
local function merged(revision, changes)
  local fields, is_new = {}, false
  for _, member in ipairs(FIELDS) do
    local value = changes[member]
    if value ~= nil and core.encode(value) ~= core.encode(revision[member]) then is_new = true end
    if value == nil then value = revision[member] end
    fields[member] = value
  end
  return is_new and fields or nil
end

local function update(engine, parsed, request, changes)
  local is_checked = changes.definition == nil
  return documents.change(engine, function()
    local machine, message, failure = documents.live_machine(engine, parsed)
    if not machine then return nil, nil, message, failure end
    if not is_checked then
      local ok
      ok, message, failure = definitions.check(engine, changes.definition, machine.type)
      if not ok then return nil, nil, message, failure end
      is_checked = true
    end
    local revision
    revision, message, failure = documents.revision(engine, machine.revision)
    if not revision then return nil, nil, message, failure end
    local now_ms, entries = engine:now_ms(), {}
    local fields = merged(revision, changes)
    if fields then
      revision, entries[1] = documents.new_revision(machine, fields, now_ms)
      machine.revision, machine.updated = revision.id, now_ms
    end
    local answer = { updateDate = documents.seconds(now_ms), revisionId = documents.told_id(revision) }
    if request.publish then
      local version, entry, reason = engine:publish(machine, request.versionDescription)
      if not version then return nil, nil, entry, reason end
      answer.stateMachineVersionArn = version.arn
      entries[#entries + 1] = entry
    end
    if #entries == 0 then return nil, answer end
    entries[#entries + 1] = documents.entry("machine", machine.arn, machine, { expect = machine.at })
    return entries, answer
  end)
end

return function(Engine)
  --- UpdateStateMachine. Executions that run keep the revision they began with.
  function Engine:update_state_machine(first, definition, options)
    local request, is_short = constraints.request("engine:update_state_machine", "stateMachineArn", first)
    if is_short then
      request = { stateMachineArn = first, definition = definition }
      for key, value in pairs(options or {}) do request[key] = value end
    end
    local changes, message, failure = check_request(self, request)
    if not changes then return nil, message, failure end
    local parsed
    parsed, message, failure = names.machine(self, request.stateMachineArn, is_short)
    if not parsed then return nil, message, failure end
    if parsed.qualifier or parsed.label then return errors.no_machine(parsed.arn) end
    changes, message, failure = changes_of(request, changes)
    if not changes then return nil, message, failure end
    local own = definitions.is_machine(request.definition) and request.definition.own
    if own then self:add_handlers(own) end
    local answer
    answer, message, failure = update(self, parsed, request, changes)
    self:machine_changed(parsed.machine_arn)
    return answer, message, failure
  end
end
