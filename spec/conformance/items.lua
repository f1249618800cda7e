--- What a Distributed Map reads from and writes to the recording's buckets.
local core = require "passo.core"

local items = {}

items.built = core.items ~= nil

local function object(case, parameters)
  for _, entry in ipairs(case.env and case.env.s3 or {}) do
    if entry.bucket == parameters.Bucket and entry.key == parameters.Key then return entry.body end
  end
  return nil
end

--- The rows that a READ asks for: a value, or nil, error, cause.
function items.read(case, command)
  if not items.built then error("core.items is not built yet", 0) end
  local parameters = command.input:lua()
  local body = object(case, parameters)
  if not body then
    return nil, "States.ItemReaderFailed", ("%s is not in the recording's buckets"):format(tostring(parameters.Key))
  end
  return core.items.read(body, command.state.reader)
end

--- The receipt of a WRITE.
function items.write(_, command)
  if not items.built then error("core.items is not built yet", 0) end
  return core.items.write(command.results, command.input, command.state.writer)
end

return items
