--- What an execution's journal tells: its events, and the input it began with.
local core = require "passo.core"
local recover = require "passo.engine.recover"

local journal = {}

local function events_of(engine, bytes)
  local blobs, message, failure = recover.blobs_of(engine.store, bytes)
  if failure then return nil, message, failure end
  return core.record_events(bytes, blobs)
end

-- Records fetched at a time: one may hold a thousand events.
local RECORDS = 20

--- Events of an execution in order, as the API's HistoryEvents: those after `after` (before `before`, when it goes
--- back), at most `limit`; and whether there are more. nil, message, failure.
---@param id integer the execution's
---@param options {after: integer?, before: integer?, limit: integer, reverse: boolean?}
---@return passo.Event[]? events
---@return boolean|string more
function journal.events(engine, id, options)
  local found, reverse = core.array {}, options.reverse
  local after, before = options.after, options.before
  while true do
    local records, message, failure = engine.store:records(id, { after_event = after, before_event = before,
      limit = RECORDS, reverse = reverse })
    if not records then return nil, message, failure end
    for _, record in ipairs(records) do
      local events
      events, message, failure = events_of(engine, record.bytes)
      if not events then return nil, message, failure end
      local n = #events
      for k = 1, n do
        local event = events:get(reverse and n + 1 - k or k)
        if (not after or event.id > after) and (not before or event.id < before) then
          if #found == options.limit then return found, true end
          found[#found + 1] = event
        end
      end
      if reverse then before = record.first_event else after = record.last_event end
    end
    if #records < RECORDS then return found, false end
  end
end

-- What has been started, but not yet by the worker that will do it, has no record.
local function born_with(engine, id)
  local loaded, message, failure = engine.store:load(id)
  if not loaded then return nil, message, failure end
  local machine
  machine, message, failure = engine:machine(loaded.revision)
  if not machine then return nil, message, failure end
  local exec
  exec, message, failure = recover.born(engine.store, machine, loaded.birth)
  if not exec then return nil, message, failure end
  exec:poll()
  local event = exec:take_events():get(1)
  exec:close()
  return event.executionStartedEventDetails.input
end

--- The JSON text of the input an execution began with; nil, message, failure.
function journal.input(engine, id)
  local events, message, failure = journal.events(engine, id, { limit = 1 })
  if not events then return nil, message, failure end
  if not events[1] then return born_with(engine, id) end
  return events[1].executionStartedEventDetails.input
end

return journal
