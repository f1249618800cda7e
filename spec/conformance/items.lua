--- What a Distributed Map reads from and writes to the recording's buckets.
local core = require "passo.core"

local items = {}

-- The state called `name`, wherever it stands in the definition.
local function find_state(node, name)
  if type(node) ~= "table" then return nil end
  if type(node.States) == "table" and node.States[name] then return node.States[name] end
  for _, inner in pairs(node) do
    local found = find_state(inner, name)
    if found then return found end
  end
  return nil
end

local function object(case, parameters)
  for _, entry in ipairs(case.env and case.env.s3 or {}) do
    if entry.bucket == parameters.Bucket and entry.key == parameters.Key then return entry.body end
  end
  return nil
end

--- The rows that a READ asks for: a value, or nil, error, cause.
function items.read(case, command)
  local parameters = command.input:lua()
  local body = object(case, parameters)
  if not body then
    return nil, "States.ItemReaderFailed", ("%s is not in the recording's buckets"):format(tostring(parameters.Key))
  end
  local config = find_state(case.definition, command.state.name).ItemReader.ReaderConfig or {}
  local reader = assert(core.item_reader(config, command.limit))
  reader:feed(body)
  local rows, cause = reader:finish()
  if rows == nil then return nil, "States.ItemReaderFailed", cause end
  return rows
end

--- The receipt of a WRITE.
function items.write(case, command)
  local parameters = command.input:lua()
  local config = find_state(case.definition, command.state.name).ResultWriter.WriterConfig
  return assert(core.write_results(command.results, command.map_run, parameters.Bucket, parameters.Prefix or "",
    config or core.null)).details
end

return items
