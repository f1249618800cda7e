--- Executions of the memory store that had ended when they came to it. Most of them nobody ever asks for: each has a
--- place on a shelf, as what it began with, and does the same once more when somebody wants its row.
local core = require "passo.core"

local Ended = {}
Ended.__index = Ended

--- What all executions of a kind have in common, and what tells the rest.
---@param common table machine, revision, type, status, body
---@param tell fun(exec: passo.Exec): table
function Ended.kind(common, tell)
  return { common = common, tell = tell }
end

-- Takes an execution away from here: its exec.
local function take(self, id)
  local exec = self.shelf:take(self.slots[id])
  self.slots[id], self.kinds[id], self.at_ms[id] = nil, nil, nil
  return exec
end

-- The row, as of an insert with everything; it belongs to the store's rows from now on.
local function row_of(self, rows, id)
  local kind, at_ms = self.kinds[id], self.at_ms[id]
  if not kind then return nil end
  local exec = take(self, id)
  local told = kind.tell(exec)
  exec:close()
  self.by_arn[told.arn] = id
  local row = { id = id, arn = told.arn, name = told.name, start_ms = at_ms, stop_ms = at_ms, result = told.result,
    birth = told.birth, epoch = 1, seq = 1, last_event = told.last_event, crashes = 0, redrive_count = 0,
    records = { { seq = 1, first_event = told.first_event, last_event = told.last_event, bytes = told.record } } }
  for name, value in pairs(kind.common) do row[name] = value end
  rows[id] = row
  return row
end

--- `rows`: the metatable of the store's rows, by id.
function Ended.new()
  local self = setmetatable({
    shelf = core.shelf(),
    slots = {}, kinds = {}, at_ms = {}, -- by id, as long as there is no row
    by_arn = {}, named = 0, last = 0,   -- ids, of those up to `named` and those with rows
  }, Ended)
  self.rows = { __index = function(rows, id) return row_of(self, rows, id) end }
  return self
end

function Ended:put(id, kind, exec, at_ms)
  self.slots[id], self.kinds[id], self.at_ms[id] = self.shelf:put(exec), kind, at_ms
  self.last = id
end

--- The id of the execution with this ARN. ARNs are noted when somebody asks.
function Ended:find(arn)
  local by_arn, slots, shelf = self.by_arn, self.slots, self.shelf
  for id = self.named + 1, self.last do
    local slot = slots[id]
    if slot then by_arn[shelf:arn(slot)] = id end
  end
  self.named = self.last
  return by_arn[arn]
end

--- What an execution without a row is listed by.
function Ended:common(id)
  local kind = self.kinds[id]
  return kind and kind.common
end

function Ended:forget(id)
  local exec = take(self, id)
  self.by_arn[exec:identity()] = nil
  exec:close()
end

return Ended
