--- Revisions of a state machine: which one an ARN means.
local core = require "passo.core"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local names = require "passo.engine.names"

-- How long another process's update may go unnoticed by those that start executions.
local FRESH_MS = 1000

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
