--- Rows of the memory store whose executions had ended when they were inserted: as long as nobody asks for more than
--- what all of a kind have in common, such a row is not made, and its execution's exec is kept as it is.
local folded = {}

-- Makes a folded row as one that was inserted with everything.
local function open(row, common, tell)
  local exec = row.exec
  setmetatable(row, nil)
  row.exec = nil
  for name, value in pairs(common) do row[name] = value end
  local told = tell(exec)
  exec:close()
  row.arn, row.name, row.birth, row.result, row.last_event = told.arn, told.name, told.birth, told.result,
    told.last_event
  row.seq, row.stop_ms = 1, row.start_ms
  row.records = { { seq = 1, first_event = told.first_event, last_event = told.last_event, bytes = told.record } }
end

-- What a row has only when it is open.
local TOLD = { birth = true, result = true, last_event = true, records = true }

--- The metatable of a kind's folded rows.
---@param common table
---@param tell fun(exec: passo.Exec): table
function folded.kind(common, tell)
  local shared = { epoch = 1, seq = 1, crashes = 0, redrive_count = 0 }
  for name, value in pairs(common) do shared[name] = value end
  local kind = { open = function(row) open(row, shared, tell) end }
  function kind.__index(row, name)
    local value = shared[name]
    if value ~= nil then return value end
    if name == "stop_ms" then return row.start_ms end
    if name == "arn" or name == "name" then
      row.arn, row.name = row.exec:identity()
      return row[name]
    end
    if not TOLD[name] then return nil end
    open(row, shared, tell)
    return row[name]
  end
  return kind
end

--- Makes the row whole, for who changes it.
function folded.open(row)
  local kind = getmetatable(row)
  if kind then kind.open(row) end
end

return folded
