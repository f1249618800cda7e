--- Revisions of a state machine: UpdateStateMachine, and which revision an ARN means.
local configuration = require "passo.engine.configuration"
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local definitions = require "passo.engine.definitions"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"

-- How long another process's update may go unnoticed by those that start executions.
local FRESH_MS = 1000

-- updating -----------------------------------------------------------------------------------------

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

-- which one an ARN means -----------------------------------------------------------------------------

-- One of an alias's versions, by their weights.
local function draw(routes)
  local high, low = core.random(2):byte(1, 2)
  local at = (high * 256 + low) / 65536 * 100
  for _, route in ipairs(routes) do
    if at < route.weight then return route end
    at = at - route.weight
  end
  return routes[#routes]
end

-- The version that most of an alias's executions get: for those that only look.
local function heaviest(routes)
  local first, second = routes[1], routes[2]
  return second and second.weight > first.weight and second or first
end

-- The version or alias that a parsed ARN names: version, alias; nil, message, failure.
local function qualified(engine, parsed, machine, choose)
  local alias, message, failure
  local version_arn = parsed.arn
  if parsed.alias then
    alias, message, failure = documents.read(engine, "alias", machine.arn .. ":" .. parsed.alias)
    if not alias then
      if failure then return nil, message, failure end
      return errors.no_machine(parsed.arn)
    end
    version_arn = choose(alias.routes).stateMachineVersionArn
  end
  local version
  version, message, failure = documents.read(engine, "version", version_arn)
  if version then return version, alias end
  if failure then return nil, message, failure end
  return errors.no_machine(parsed.arn)
end

local function find(engine, parsed, choose)
  local machine, message, failure = documents.machine(engine, parsed)
  if not machine then return nil, message, failure end
  local version, alias
  if parsed.qualifier then
    version, alias, failure = qualified(engine, parsed, machine, choose)
    if not version then return nil, alias, failure end
  end
  return { arn = parsed.arn, machine = machine, version = version, alias = alias, label = parsed.label,
    revision_id = version and version.revision or machine.revision }
end

-- The machine's label of a Distributed Map, if it has one.
local function has_label(compiled, label)
  for _, state in ipairs(compiled:states()) do
    if state.distributed and (state.label or state.name) == label then return true end
  end
  return false
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

  --- What an ARN (or a plain name) means: {arn, machine, version?, alias?, label?, revision_id, revision?}. Of an
  --- alias with two versions it is the one with more weight.
  ---@param given string
  ---@param is_short boolean a plain name will do
  ---@param whole boolean with the revision's document, and a label is looked for in its definition
  ---@return table? target nil, message, failure
  function Engine:target(given, is_short, whole)
    local parsed, message, failure = names.machine(self, given, is_short)
    if not parsed then return nil, message, failure end
    local target
    target, message, failure = find(self, parsed, heaviest)
    if not target then return nil, message, failure end
    if not whole then return target end
    target.revision, message, failure = documents.revision(self, target.revision_id)
    if not target.revision then
      if failure then return nil, message, failure end
      return errors.no_machine(parsed.arn)
    end
    if parsed.label then
      local compiled = core.machine(target.revision.definition, { format = "json" })
      if not compiled or not has_label(compiled, parsed.label) then return errors.no_machine(parsed.arn) end
    end
    return target
  end

  --- The same for those that start executions, remembered for a second; an alias means one of its versions, drawn by
  --- their weights each time.
  ---@param now_ms number
  function Engine:start_target(given, is_short, now_ms)
    local held = self.targets[given]
    local age_ms = held and now_ms - held.at_ms
    if held and age_ms < FRESH_MS and age_ms > -FRESH_MS then return held end
    local parsed, message, failure = names.machine(self, given, is_short)
    if not parsed then return nil, message, failure end
    local target
    target, message, failure = find(self, parsed, draw)
    if not target then return nil, message, failure end
    if not target.alias then
      target.at_ms, self.targets[given] = now_ms, target
    end
    return target
  end

  --- A machine's document is not what this process remembers.
  function Engine:machine_changed(arn)
    for given, target in pairs(self.targets) do
      if target.machine.arn == arn then self.targets[given] = nil end
    end
  end

  --- The document of a revision; nil, message, failure.
  function Engine:revision_document(id)
    local revision, message, failure = documents.revision(self, id)
    if revision then return revision end
    message = message or ("the store has no revision '%s' of a state machine"):format(id)
    return nil, message, failure or { code = "ENOTFOUND", message = message }
  end

  --- The machine of a revision's document; nil, message, failure.
  ---@return passo.Machine?
  function Engine:compile_revision(revision)
    local machine, message, failure = require("passo").compile(revision.definition, revision.name, nil,
      { arn = revision.arn, role_arn = revision.roleArn or self.role_arn })
    if not machine then return nil, message, failure end
    machine.arn, machine.role_arn = revision.arn, revision.roleArn
    return machine
  end
end
