--- Retention: executions that ended long ago are forgotten, and what is left over from deleted machines goes.
local core = require "passo.core"

local DAY_MS = 24 * 60 * 60 * 1000
-- So many executions are forgotten at a time: others have their turn between.
local BATCH = 500

local function trouble(engine, message, failure)
  engine:trouble(message, failure)
  return false
end

-- Machines whose last execution has ended since they were deleted.
local function finish_deletions(engine)
  local cursor
  repeat
    local list, more, failure = engine.store:list_documents("machine", { after = cursor, limit = 100 })
    if not list then return trouble(engine, more, failure) end
    for _, document in ipairs(list) do
      local machine = core.decode(document.body)
      if machine.status == "DELETING" then engine:finish_deletion(machine) end
    end
    cursor = more
  until cursor == nil
  return true
end

-- Revisions stay as long as their machine or an execution of it.
local function drop_revisions(engine, before_ms)
  local cursor
  repeat
    local list, more, failure = engine.store:list_documents("revision", { after = cursor, limit = 100 })
    if not list then return trouble(engine, more, failure) end
    for _, document in ipairs(list) do
      local arn = document.parent
      if type(document.sort) == "number" and document.sort < before_ms and not engine.store:get("machine", arn)
        and engine.store:count { machine = arn, status = "RUNNING" } == 0
        and #(engine.store:list { machine = arn, limit = 1 } or { true }) == 0 then
        engine.store:write { { kind = "revision", key = document.key } }
      end
    end
    cursor = more
  until cursor == nil
  return true
end

local function drop_client_tokens(engine, before_ms)
  repeat
    local list, more, failure = engine.store:list_documents("redrive", { limit = 100 })
    if not list then return trouble(engine, more, failure) end
    local gone = {}
    for _, document in ipairs(list) do
      if document.sort < before_ms then gone[#gone + 1] = { kind = "redrive", key = document.key } end
    end
    if #gone > 0 then
      local ok, message, reason = engine.store:write(gone)
      if not ok then return trouble(engine, message, reason) end
    end
  until #gone < 100
  return true
end

return function(Engine)
  --- Forgets what `retention_days` says, a batch of it: how many executions that were; nil, message, failure.
  function Engine:forget()
    if self.retention_days == math.huge then return 0 end
    return self.store:forget { ended_before_ms = self:now_ms() - self.retention_days * DAY_MS, limit = BATCH }
  end

  --- Everything that retention has to do, once: true when there is no more of it for now.
  function Engine:tidy()
    local forgotten, message, failure = self:forget()
    if not forgotten then return trouble(self, message, failure) end
    if forgotten >= BATCH then return false end
    local before_ms = self:now_ms() - DAY_MS
    return finish_deletions(self) and drop_revisions(self, before_ms) and drop_client_tokens(self, before_ms)
  end
end
