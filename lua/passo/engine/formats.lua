--- What a store's format means for what an engine writes into it, and the way to the next.
---
--- An engine reads every older format. It writes the one that the store has, so that the release before may go on with
--- it, until somebody says `engine:upgrade()`. That waits for the last process of such a release: each tells the
--- others, in its worker's row, up to which format it reads. Processes look at the store's format when they renew
--- their lease.
local core = require "passo.core"

-- Values that print larger stay apart where executions may have any.
local BLOB_BYTES = 262144

-- By the number of the store's format: what the core writes. Records have one format so far; `unlimited` is what
-- exec:record is told under that profile, under others it is told nothing.
local UNLIMITED = { blob_bytes = BLOB_BYTES }
local WRITTEN = { { snapshot = 3, unlimited = UNLIMITED }, { snapshot = 4, unlimited = UNLIMITED } }

local function refuse(code, text, ...)
  local message = text:format(...)
  return nil, message, { code = code, message = message }
end

-- A store that somebody else has written counts formats of its own: the newest of those goes with the newest of ours.
local function written(format)
  return format.format == format.newest and WRITTEN[#WRITTEN] or WRITTEN[format.format] or WRITTEN[1]
end

-- Which worker cannot read the newest format. Releases that told nothing about that read the first.
local function older_worker(workers, newest)
  for _, worker in ipairs(workers) do
    local info = worker.info and core.decode(worker.info)
    local reads = type(info) == "table" and info.format or 1
    if reads < newest then return worker, reads end
  end
end

-- A process that opens the store while it is upgraded has looked at its format before, or is seen in time.
local ATTEMPTS = 10

return function(Engine)
  --- Looks which format the store has: true, or nil, message, failure ("ENEWER": a newer passo's).
  function Engine:look_at_format()
    local format, message, failure = self.store:format()
    if not format then return nil, message, failure end
    self.written = written(format)
    self.reads_format = format.newest
    return true
  end

  --- From now on the newest format is written: an older passo cannot go back to the store any more. Refused while one
  --- is at work on it.
  ---@return {format: integer, before: integer}? upgraded nil, message, failure ("EOLDER")
  function Engine:upgrade()
    local store = self.store
    local format, message, failure = store:format()
    if not format then return nil, message, failure end
    for _ = 1, ATTEMPTS do
      local ok, workers
      ok, message, failure = store:bury()
      if not ok then return nil, message, failure end
      workers, message, failure = store:workers()
      if not workers then return nil, message, failure end
      local older, reads = older_worker(workers, format.newest)
      if older then
        return refuse("EOLDER", "worker %d%s is of an older passo, which reads format %d, and the store would get %d: "
          .. "let it end first", older.id, older.name ~= "" and (" (%s)"):format(older.name) or "", reads,
          format.newest)
      end
      local last = workers[#workers]
      ok, message, failure = store:upgrade(last and last.id or 0)
      if ok then
        store:ring()
        ok, message, failure = self:look_at_format()
        return ok and { format = format.newest, before = format.format } or nil, message, failure
      elseif failure.code ~= "EFENCED" then
        return nil, message, failure
      end
    end
    return nil, message, failure
  end
end
