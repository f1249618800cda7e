--- From the store back to a running exec: the last snapshot, or the birth, and the records after it applied again;
--- what comes out is compared with what was stored.
local core = require "passo.core"

local recover = {}

local function damaged(message, failure)
  return nil, message, { code = failure and failure.code or "EDAMAGED", message = message, event = failure
    and failure.event, stored = failure and failure.stored, computed = failure and failure.computed }
end

-- The blobs that a text of the core's refers to, by hash.
local function blobs_of(store, bytes)
  local needs = core.record_needs and core.record_needs(bytes)
  if not needs or #needs == 0 then return nil end
  local blobs = {}
  for _, hash in ipairs(needs) do
    local blob, message, failure = store:blob(hash)
    if not blob then
      return nil, message or "a large value is not in the store any more", failure or { code = "EDAMAGED" }
    end
    blobs[hash] = blob
  end
  return blobs
end
recover.blobs_of = blobs_of

--- The exec at its start, recording.
function recover.born(store, machine, birth)
  if not birth then return damaged "its beginning is missing" end
  local blobs, message, failure = blobs_of(store, birth)
  if failure then return damaged(message, failure) end
  local exec
  exec, message, failure = core.rebirth(machine.core, birth, blobs)
  if not exec then return damaged("its beginning cannot be read: " .. message, failure) end
  return exec
end

--- Applies records in order: true, or nil, message, failure of the first that does not give what it gave before.
function recover.replay(store, exec, records, unchecked)
  for _, record in ipairs(records) do
    local blobs, message, failure = blobs_of(store, record.bytes)
    if failure then return damaged(message, failure) end
    local ok
    ok, message, failure = exec:replay(record.bytes, blobs, unchecked)
    if not ok then return damaged(("record %d: %s"):format(record.seq, message), failure) end
  end
  return true
end

-- The row says how far it had got.
local function is_whole(loaded)
  local last = loaded.records[#loaded.records]
  if not last then return loaded.snapshot ~= nil or loaded.last_event == 0 end
  local about = core.record(last.bytes)
  return about ~= nil and about.last == loaded.last_event
end

--- The exec as it was after its last append: what `store:load` gave makes it. Commands that were outstanding are
--- polled again.
---@return passo.Exec? exec nil, message, failure
function recover.exec(store, machine, loaded, record_options)
  local exec, message, failure
  if loaded.snapshot then
    local blobs
    blobs, message, failure = blobs_of(store, loaded.snapshot)
    if failure then return damaged(message, failure) end
    exec, message, failure = core.load(machine.core, loaded.snapshot, nil, blobs)
    if not exec then return damaged("its snapshot cannot be read: " .. message, failure) end
  else
    exec, message, failure = recover.born(store, machine, loaded.birth)
    if not exec then return nil, message, failure end
  end
  if loaded.type == "STANDARD" then exec:record(record_options) end
  local ok
  ok, message, failure = recover.replay(store, exec, loaded.records)
  if ok and loaded.type == "STANDARD" and not is_whole(loaded) then
    ok, message, failure = damaged(("its records do not lead to event %d, its last"):format(loaded.last_event))
  end
  if not ok then
    exec:close()
    return nil, message, failure
  end
  exec:again()
  return exec
end

return recover
