--- Statements of the PostgreSQL store: prepared when first used, and the words that more than one of them shares.
local statements = {}

--- The columns of a row, in the order rows are read in.
statements.COLUMNS = {
  "id", "arn", "machine", "name", "revision", "type", "status", "start_ms", "stop_ms", "body", "result", "parent",
  "parent_token", "map_run", "owner", "epoch", "due_ms", "seq", "last_event", "crashes", "redrive_count", "redrive_ms",
  "quarantine",
}
statements.ROW = table.concat(statements.COLUMNS, ", ")

local COLUMNS = statements.COLUMNS

--- What nobody owns is due at once when it has an inbox; what is quarantined wakes only for who names it.
--- `due`: SQL for when it would be due otherwise.
function statements.asleep(due, posts)
  due = ("CASE WHEN %s > 0 THEN least(coalesce(%s, passo_now()), passo_now()) ELSE %s END"):format(posts, due, due)
  return ("owner = NULL, due_ms = %s, wake_ms = CASE WHEN quarantine IS NULL THEN %s END"):format(due, due)
end

--- A row as the contract has it, of one that was read.
function statements.row(cells)
  if not cells then return nil end
  local row = {}
  for i = 1, #COLUMNS do row[COLUMNS[i]] = cells[i] end
  return row
end

--- A list of texts as one parameter, for `::text[]`.
function statements.texts(list)
  local out = {}
  for i, text in ipairs(list or {}) do out[i] = '"' .. text:gsub('[\\"]', "\\%0") .. '"' end
  return "{" .. table.concat(out, ",") .. "}"
end

--- A list of integers as one parameter, for `::bigint[]`.
function statements.integers(list)
  local out = {}
  for i, n in ipairs(list or {}) do out[i] = ("%d"):format(n) end
  return "{" .. table.concat(out, ",") .. "}"
end

--- The store's statement of this text, made when it is first asked for.
function statements.get(self, sql, kinds, flags)
  local id = self.prepared[sql]
  if not id then
    id = self.port:prepare(sql, kinds, flags)
    self.prepared[sql] = id
  end
  return id
end

statements.ROWS = { rows = true }
statements.ONE = { expect = 1 }

--- A unit that grows: statements and parameters, in one flat list that may have nil in it.
local Unit = {}
Unit.__index = Unit

function statements.unit()
  return setmetatable({ n = 0, count = 0 }, Unit)
end

--- Adds a statement with its parameters, and says which of the unit's it is.
function Unit:add(id, arity, ...)
  local n = self.n + 1
  self[n] = id
  for i = 1, arity do self[n + i] = (select(i, ...)) end
  self.n = n + arity
  self.count = self.count + 1
  return self.count
end

return statements
