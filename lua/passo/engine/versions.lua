--- Versions of a state machine: revisions that were published, for good, with a number.
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"
local paging = require "passo.engine.paging"

-- A machine's ARN that stands alone: its parts, or nil, message, failure.
local function plain_machine(engine, given, is_short)
  local parsed, message, failure = names.machine(engine, given, is_short)
  if not parsed then return nil, message, failure end
  if parsed.qualifier or parsed.label then return errors.no_machine(parsed.arn) end
  return parsed
end

-- The names of the aliases that lead to a version.
local function aliases_of(engine, machine_arn, version_arn)
  local found, cursor = {}, nil
  repeat
    local list, more, failure = engine.store:list_documents("alias", { parent = machine_arn, after = cursor,
      limit = 1000 })
    if not list then return nil, more, failure end
    for _, document in ipairs(list) do
      local alias = core.decode(document.body)
      for _, route in ipairs(alias.routes) do
        if route.stateMachineVersionArn == version_arn then found[#found + 1] = alias.name end
      end
    end
    cursor = more
  until cursor == nil
  return found
end

local function delete(engine, parsed)
  return documents.change(engine, function()
    local machine, message, failure = documents.read(engine, "machine", parsed.machine_arn)
    if not machine then return nil, failure == nil and {} or nil, message, failure end
    local version
    version, message, failure = documents.read(engine, "version", parsed.arn)
    if not version then return nil, failure == nil and {} or nil, message, failure end
    local aliases
    aliases, message, failure = aliases_of(engine, machine.arn, parsed.arn)
    if not aliases then return nil, nil, message, failure end
    if #aliases > 0 then
      return nil, errors.fail("ConflictException", ("Version to be deleted must not be referenced by an alias. "
        .. "Current list of aliases referencing this version: [%s]"):format(table.concat(aliases, ", ")))
    end
    machine.versions = machine.versions - 1
    if machine.newest and machine.newest.version == version.number then machine.newest = nil end
    return { { kind = "version", key = parsed.arn, expect = version.at },
      documents.entry("machine", machine.arn, machine, { expect = machine.at }) }, {}
  end)
end

return function(Engine)
  --- Publishes the machine's revision in its document, which the caller writes: the version (arn, created), and an
  --- entry for `write` unless that revision has been published before. nil, message, failure.
  function Engine:publish(machine, description)
    local newest = machine.newest
    if newest and newest.revision == machine.revision then
      local version, message, failure = documents.read(self, "version", ("%s:%d"):format(machine.arn, newest.version))
      if version or failure then return version, message, failure end
    end
    if machine.versions >= limits.of(self).versions then
      return errors.fail("ServiceQuotaExceededException",
        ("The state machine has reached its limit of %d versions"):format(limits.of(self).versions))
    end
    local now_ms = self:now_ms()
    local entry = documents.new_version(machine, description, now_ms)
    return { arn = entry.key, created = now_ms }, entry
  end

  --- PublishStateMachineVersion.
  function Engine:publish_state_machine_version(first, description)
    local request, is_short = constraints.request("engine:publish_state_machine_version", "stateMachineArn", first)
    if is_short then request.description = description end
    local ok, message, failure = constraints.new():required("stateMachineArn", request.stateMachineArn)
      :length("stateMachineArn", request.stateMachineArn, 1, 256)
      :length("description", request.description, 0, 256, true):done()
    if not ok then return nil, message, failure end
    local parsed
    parsed, message, failure = plain_machine(self, request.stateMachineArn, is_short)
    if not parsed then return nil, message, failure end
    return documents.change(self, function()
      local machine, words, reason = documents.live_machine(self, parsed)
      if not machine then return nil, nil, words, reason end
      local revision
      revision, words, reason = documents.revision(self, machine.revision)
      if not revision then return nil, nil, words, reason end
      local current = documents.told_id(revision) or "INITIAL"
      if request.revisionId and request.revisionId ~= current then
        return nil, errors.fail("ConflictException", ("Failed to publish the State Machine version for revision %s. "
          .. "The current State Machine revision is %s."):format(request.revisionId, current))
      end
      local version, entry, why = self:publish(machine, request.description)
      if not version then return nil, nil, entry, why end
      local answer = { stateMachineVersionArn = version.arn, creationDate = documents.seconds(version.created) }
      if not entry then return nil, answer end
      return { entry, documents.entry("machine", machine.arn, machine, { expect = machine.at }) }, answer
    end)
  end

  --- ListStateMachineVersions: the newest first.
  function Engine:list_state_machine_versions(first)
    local request, is_short = constraints.request("engine:list_state_machine_versions", "stateMachineArn", first)
    local check = constraints.new():required("stateMachineArn", request.stateMachineArn)
      :length("stateMachineArn", request.stateMachineArn, 1, 256)
    local ok, message, failure = paging.constrain(check, request):done()
    if not ok then return nil, message, failure end
    local parsed, machine
    parsed, message, failure = plain_machine(self, request.stateMachineArn, is_short)
    if not parsed then return nil, message, failure end
    machine, message, failure = documents.read(self, "machine", parsed.machine_arn)
    if failure then return nil, message, failure end
    if not machine then return errors.invalid_arn(parsed.arn) end -- this call knows no other refusal
    return paging.documents(self, request, "list_state_machine_versions " .. machine.arn, "version",
      { parent = machine.arn, reverse = true }, "stateMachineVersions", function(document)
        local version = core.decode(document.body)
        return { stateMachineVersionArn = version.arn, creationDate = documents.seconds(version.created) }
      end)
  end

  --- DeleteStateMachineVersion: refused while an alias leads to it; executions go on.
  function Engine:delete_state_machine_version(first)
    local request, is_short = constraints.request("engine:delete_state_machine_version", "stateMachineVersionArn",
      first)
    local ok, message, failure = constraints.new():required("stateMachineVersionArn", request.stateMachineVersionArn)
      :length("stateMachineVersionArn", request.stateMachineVersionArn, 1, 2000):done()
    if not ok then return nil, message, failure end
    local parsed
    parsed, message, failure = names.machine(self, request.stateMachineVersionArn, is_short)
    if not parsed then return nil, message, failure end
    if not parsed.version then
      return errors.invalid_arn("Expected a state machine version ARN: " .. parsed.arn)
    end
    local answer
    answer, message, failure = delete(self, parsed)
    self:machine_changed(parsed.machine_arn)
    return answer, message, failure
  end
end
