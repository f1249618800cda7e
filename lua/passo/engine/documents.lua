--- State machines as the store keeps them: one document a machine, one a revision. Texts are JSON; times are ms.
local core = require "passo.core"
local errors = require "passo.engine.errors"
local names = require "passo.engine.names"

local documents = {}

-- How often a change is tried again when others change the same document.
local ATTEMPTS = 20

--- The body of a document with `at`, its number in the store; nil, nil when it is absent; nil, message, failure.
function documents.read(engine, kind, key)
  local document, message, failure = engine.store:get(kind, key)
  if not document then return nil, message, failure end
  local body = core.decode(document.body)
  if type(body) ~= "table" then
    message = ("the store's document %s %s is damaged"):format(kind, key)
    return nil, message, { code = "ESTORE", message = message }
  end
  body.at = document.revision
  return body
end

--- What `write` takes for a body; `at` is not kept.
function documents.entry(kind, key, body, more)
  local at = body.at
  body.at = nil
  local text, message = core.encode(body)
  body.at = at
  if not text then error(("%s: %s"):format(key, message), 0) end
  local entry = { kind = kind, key = key, body = text }
  for name, value in pairs(more or {}) do entry[name] = value end
  return entry
end

--- Calls change() until it does not meet another's change: change gives entries to write (or nil and an answer).
---@param change fun(): table|nil, any, any, any
---@return any answer of change, true when something was written
function documents.change(engine, change)
  local last
  for _ = 1, ATTEMPTS do
    local entries, answer, message, failure = change()
    if not entries then return answer, message, failure end
    local written, words, reason = engine.store:write(entries)
    if written then return answer end
    if not errors.is_conflict(reason) then return nil, words, reason end
    last = words
  end
  return errors.fail("ConflictException", "The resource is being changed by others: " .. tostring(last))
end

--- The machine behind a parsed ARN: nil, message, failure (StateMachineDoesNotExist) when there is none.
---@param parsed table of names.machine
function documents.machine(engine, parsed)
  local machine, message, failure = documents.read(engine, "machine", parsed.machine_arn)
  if machine then return machine end
  if failure then return nil, message, failure end
  return errors.no_machine(parsed.arn)
end

--- The same, when it is not being deleted.
function documents.live_machine(engine, parsed)
  local machine, message, failure = documents.machine(engine, parsed)
  if machine and machine.status == "DELETING" then return errors.deleting(machine.arn) end
  return machine, message, failure
end

--- A revision: what an execution started with.
function documents.revision(engine, id)
  return documents.read(engine, "revision", id)
end

--- A new revision of a machine, and its entry for `write`.
---@param fields table definition, roleArn, loggingConfiguration, tracingConfiguration, encryptionConfiguration
function documents.new_revision(machine, fields, now_ms, is_first)
  local id = names.uuid()
  local revision = { id = id, arn = machine.arn, name = machine.name, type = machine.type, created = now_ms,
    is_first = is_first or nil, definition = fields.definition, roleArn = fields.roleArn,
    loggingConfiguration = fields.loggingConfiguration, tracingConfiguration = fields.tracingConfiguration,
    encryptionConfiguration = fields.encryptionConfiguration }
  return revision, documents.entry("revision", id, revision, { parent = machine.arn, sort = now_ms, expect = 0 })
end

--- A new version of the machine's revision, as an entry for `write`; the machine's own document counts it.
function documents.new_version(machine, description, now_ms)
  local number = machine.last_version + 1
  machine.last_version, machine.versions = number, machine.versions + 1
  machine.newest = { version = number, revision = machine.revision }
  local arn = ("%s:%d"):format(machine.arn, number)
  return documents.entry("version", arn, { arn = arn, number = number, revision = machine.revision,
    description = description, created = now_ms }, { parent = machine.arn, sort = number, expect = 0 })
end

--- The revision's id as the service tells it: the first one has none.
function documents.told_id(revision)
  if revision.is_first then return nil end
  return revision.id
end

function documents.seconds(ms)
  return ms and ms / 1000
end

return documents
