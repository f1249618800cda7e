--- The documents of the PostgreSQL store: small texts by kind and key, in lists ordered by (sort, key).
local statements = require "passo.store.postgres.statements"

local documents = {}

local ROWS, ONE = statements.ROWS, { expect = 1 }
local NONE = { expect = 0 }

-- Absent before numbers before texts.
local function place_of(sort)
  if sort == nil then return 0, 0, "" end
  if type(sort) == "number" then return 1, sort, "" end
  return 2, 0, sort
end

local function sort_of(rank, number, label)
  if rank == 0 then return nil end
  if rank == 2 then return label end
  return math.tointeger and math.tointeger(number) or number
end

local function document_of(cells)
  return {
    key = cells[1], body = cells[2], revision = cells[3], parent = cells[4],
    sort = sort_of(cells[5], cells[6], cells[7]),
  }
end

local COLUMNS = "key, body, revision, parent, rank, number, label"

local INSERT = [[INSERT INTO passo_document(kind, key, body, parent, rank, number, label, revision)
  VALUES ($1, $2, $3, $4, $5, $6, $7, nextval('passo_revision'))]]
local PUT = INSERT .. [[ ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body, parent = excluded.parent,
  rank = excluded.rank, number = excluded.number, label = excluded.label, revision = excluded.revision
  RETURNING revision]]
local CREATE = INSERT .. " RETURNING revision"
local CHANGE = [[WITH u AS (UPDATE passo_document SET body = $3, parent = $4, rank = $5, number = $6, label = $7,
  revision = nextval('passo_revision') WHERE kind = $1 AND key = $2 AND revision = $8 RETURNING revision)
  SELECT CASE WHEN EXISTS (SELECT FROM u) THEN (SELECT revision FROM u) ELSE passo_fenced() END]]
local DELETE = "DELETE FROM passo_document WHERE kind = $1 AND key = $2"

local function add_write(self, unit, write)
  local expect = write.expect
  local function get(sql, kinds, flags) return statements.get(self, sql, kinds, flags) end
  if not write.body then
    if not expect then return unit:add(get(DELETE, "tb"), 2, write.kind, write.key) end
    if expect == 0 then return unit:add(get(DELETE .. " /* none */", "tb", NONE), 2, write.kind, write.key) end
    return unit:add(get(DELETE .. " AND revision = $3", "tbi", ONE), 3, write.kind, write.key, expect)
  end
  local rank, number, label = place_of(write.sort)
  if expect and expect ~= 0 then
    return unit:add(get(CHANGE, "tbbbirbi", ROWS), 8, write.kind, write.key, write.body, write.parent, rank, number,
      label, expect)
  end
  return unit:add(get(expect and CREATE or PUT, "tbbbirb", ROWS), 7, write.kind, write.key, write.body, write.parent,
    rank, number, label)
end

-- A cursor names the last document answered: the list may change before and after it.
local function cursor_of(document)
  local rank, number, label = place_of(document.sort)
  local text = rank == 1 and ("%.17g"):format(number) or label
  return ("%d:%d:%s%s"):format(rank, #text, text, document.key)
end

local function read_cursor(cursor)
  local rank, length, rest = cursor:match "^([012]):(%d+):(.*)$"
  if not rank then return nil end
  rank, length = tonumber(rank), tonumber(length)
  local text = rest:sub(1, length)
  return rank, rank == 1 and tonumber(text) or 0, rank == 2 and text or "", rest:sub(length + 1)
end

--- Adds the functions to a store's class.
function documents.install(Store)
  function Store:get(kind, key)
    local get = statements.get(self, "SELECT " .. COLUMNS .. " FROM passo_document WHERE kind = $1 AND key = $2",
      "tb", ROWS)
    local results, message, failure = self.port:read { get, kind, key }
    if not results then return nil, message, failure end
    local cells = results[1].rows[1]
    return cells and document_of(cells)
  end

  function Store:write(writes)
    local unit = statements.unit()
    for _, write in ipairs(writes) do add_write(self, unit, write) end
    if unit.count == 0 then return {} end
    local results, message, failure = self.port:run(unit)
    if not results then
      local write = failure.statement and writes[failure.statement]
      if not write or failure.code ~= "EFENCED" and failure.code ~= "EEXISTS" then return nil, message, failure end
      local exists = write.expect == 0
      message = ("%s %s %s"):format(write.kind, write.key, exists and "exists already" or "was changed meanwhile")
      return nil, message,
        { code = exists and "EEXISTS" or "ECONFLICT", message = message, index = failure.statement }
    end
    local out = {}
    for i, write in ipairs(writes) do out[i] = write.body and results[i].rows[1][1] or 0 end
    return out
  end

  function Store:list_documents(kind, options)
    options = options or {}
    local reverse, limit = options.reverse, options.limit
    local rank, number, label, key = 0, 0, "", ""
    if options.after then
      rank, number, label, key = read_cursor(options.after)
      if not rank or not number then return nil, "the cursor is none of this store's", { code = "EINPUT" } end
    end
    local order = reverse and "DESC" or "ASC"
    local sql = table.concat {
      "SELECT ", COLUMNS, " FROM passo_document WHERE kind = $1",
      options.parent and " AND parent = $2" or " AND $2::bytea IS NULL",
      options.prefix and " AND substr(key, 1, length($3)) = $3" or " AND $3::bytea IS NULL",
      options.after and (" AND (rank, number, label, key) %s ($4, $5, $6, $7)"):format(reverse and "<" or ">")
        or " AND $4::bigint >= 0 AND $5::float8 >= 0 AND $6::bytea >= '' AND $7::bytea >= ''",
      (" ORDER BY rank %s, number %s, label %s, key %s LIMIT $8"):format(order, order, order, order),
    }
    local list = statements.get(self, sql, "tbbirbbi", ROWS)
    local results, message, failure = self.port:read {
      list, kind, options.parent, options.prefix, rank, number, label, key, limit and limit + 1,
    }
    if not results then return nil, message, failure end
    local out = {}
    for i, cells in ipairs(results[1].rows) do
      if i == (limit and limit + 1) then return out, cursor_of(out[limit]) end
      out[i] = document_of(cells)
    end
    return out
  end
end

return documents
