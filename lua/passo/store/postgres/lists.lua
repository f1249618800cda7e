--- What is read of executions in the PostgreSQL store: rows, lists, counts, journals, values.
local statements = require "passo.store.postgres.statements"

local lists = {}

local ROWS, ROW = statements.ROWS, statements.ROW

local STATUSES = "ARRAY['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']"

-- A filter's field: SQL of its parameter, and the parameter's kind.
local FILTERS = {
  { "machine", "machine = %s", "t" }, { "map_run", "map_run = %s", "t" }, { "parent", "parent = %s", "i" },
  { "type", "type = %s", "t" }, { "name_prefix", "starts_with(name, %s)", "t" },
  { "since_ms", "start_ms >= %s", "i" }, { "until_ms", "start_ms < %s", "i" },
}

-- The conditions of a filter but for the status, and their parameters.
local function conditions_of(filter)
  local where, kinds, values = { "true" }, {}, {}
  for _, known in ipairs(FILTERS) do
    local value = filter[known[1]]
    if value ~= nil then
      values[#values + 1] = value
      kinds[#kinds + 1] = known[3]
      where[#where + 1] = known[2]:format("$" .. #values)
    end
  end
  if filter.redriven ~= nil then
    where[#where + 1] = filter.redriven and "redrive_count > 0" or "redrive_count = 0"
  end
  if filter.asleep ~= nil then
    where[#where + 1] = (filter.asleep and "" or "NOT ") .. "(status = 'RUNNING' AND owner IS NULL)"
  end
  return where, kinds, values
end

-- Machines and map runs are indexed by status and id: each status is read from its newest on.
local function list_sql(filter, where, limit)
  local condition = table.concat(where, " AND ")
  if (filter.machine or filter.map_run) and not filter.status then
    return ([[SELECT %s FROM passo_execution WHERE id IN (SELECT x.id FROM unnest(%s) AS s(status), LATERAL
      (SELECT id FROM passo_execution e WHERE e.status = s.status AND %s ORDER BY id DESC LIMIT %s) x
      ORDER BY x.id DESC LIMIT %s) ORDER BY id DESC]]):format(ROW, STATUSES, condition, limit, limit)
  end
  return ("SELECT %s FROM passo_execution WHERE %s ORDER BY id DESC LIMIT %s"):format(ROW, condition, limit)
end

local function add_parameter(where, kinds, values, condition, kind, value)
  values[#values + 1] = value
  kinds[#kinds + 1] = kind
  where[#where + 1] = condition:format("$" .. #values)
end

local function absent()
  return nil, "there is no such execution", { code = "ENOTFOUND", message = "there is no such execution" }
end

local function read_one(self, sql, kinds, value)
  local results, message, failure = self.port:read { statements.get(self, sql, kinds, ROWS), value }
  if not results then return nil, message, failure end
  return results[1].rows[1]
end

--- Adds the functions to a store's class.
function lists.install(Store)
  function Store:describe(arn)
    local cells, message, failure = read_one(self, "SELECT " .. ROW .. " FROM passo_execution WHERE arn = $1", "t", arn)
    if not cells then return nil, message, failure end
    return statements.row(cells)
  end

  function Store:describe_id(id)
    local cells, message, failure = read_one(self, "SELECT " .. ROW .. " FROM passo_execution WHERE id = $1", "i", id)
    if not cells then return nil, message, failure end
    return statements.row(cells)
  end

  function Store:load(id)
    local unit = statements.unit()
    local function read(sql) unit:add(statements.get(self, sql, "i", ROWS), 1, id) end
    read("SELECT " .. ROW .. ", birth FROM passo_execution WHERE id = $1")
    read "SELECT bytes, seq FROM passo_snapshot WHERE execution = $1"
    read [[SELECT seq, bytes FROM passo_journal WHERE execution = $1
      AND seq > coalesce((SELECT seq FROM passo_snapshot WHERE execution = $1), 0) ORDER BY seq]]
    read "SELECT id, verb, body FROM passo_inbox WHERE execution = $1 ORDER BY id"
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    local cells, snapshot = results[1].rows[1], results[2].rows[1]
    if not cells then return absent() end
    local row = statements.row(cells)
    row.birth = cells[#statements.COLUMNS + 1]
    if snapshot then row.snapshot, row.snapshot_seq = snapshot[1], snapshot[2] end
    row.records, row.inbox = {}, {}
    for i, record in ipairs(results[3].rows) do row.records[i] = { seq = record[1], bytes = record[2] } end
    for i, item in ipairs(results[4].rows) do row.inbox[i] = { id = item[1], verb = item[2], body = item[3] } end
    return row
  end

  function Store:list(filter)
    local after = filter.after and tonumber(filter.after)
    if filter.after and not after then return nil, "the cursor is none of this store's", { code = "EINPUT" } end
    local where, kinds, values = conditions_of(filter)
    if filter.status then add_parameter(where, kinds, values, "status = %s", "t", filter.status) end
    if after then add_parameter(where, kinds, values, "id < %s", "i", after) end
    local limit = filter.limit
    kinds[#kinds + 1] = "i"
    local sql = list_sql(filter, where, "$" .. #values + 1)
    values[#values + 1] = limit and limit + 1
    local unit = { statements.get(self, sql, table.concat(kinds), ROWS) }
    for i = 1, #kinds do unit[i + 1] = values[i] end
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    local out = {}
    for i, cells in ipairs(results[1].rows) do
      if limit and i > limit then return out, ("%d"):format(out[limit].id) end
      out[i] = statements.row(cells)
    end
    return out
  end

  function Store:count(filter)
    local where, kinds, values = conditions_of { machine = filter.machine, map_run = filter.map_run,
      parent = filter.parent }
    local sql = ("SELECT status, count(*) FROM passo_execution WHERE %s GROUP BY status")
      :format(table.concat(where, " AND "))
    local unit = { statements.get(self, sql, table.concat(kinds), ROWS) }
    for i = 1, #kinds do unit[i + 1] = values[i] end
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    local counts = {}
    for _, cells in ipairs(results[1].rows) do counts[cells[1]] = cells[2] end
    if filter.status then return counts[filter.status] or 0 end
    return counts
  end

  function Store:records(id, options)
    options = options or {}
    local where, kinds, values = { "execution = $1" }, { "i" }, { id }
    local function add(condition, value)
      if value then add_parameter(where, kinds, values, condition, "i", value) end
    end
    add("seq >= (SELECT passo_seek($1, %s))", options.after_event)
    add("seq < (SELECT passo_seek_begin($1, %s))", options.before_event)
    add("seq > %s", options.after_seq)
    kinds[#kinds + 1] = "i"
    values[#values + 1] = options.limit
    local sql = ("SELECT seq, first_event, last_event, bytes FROM passo_journal WHERE %s ORDER BY seq %s LIMIT $%d")
      :format(table.concat(where, " AND "), options.reverse and "DESC" or "ASC", #kinds)
    local unit = { statements.get(self, "SELECT 1 FROM passo_execution WHERE id = $1", "i", ROWS), id,
      statements.get(self, sql, table.concat(kinds), ROWS) }
    for i = 1, #kinds do unit[i + 3] = values[i] end
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    if not results[1].rows[1] then return absent() end
    local out = {}
    for i, cells in ipairs(results[2].rows) do
      out[i] = { seq = cells[1], first_event = cells[2], last_event = cells[3], bytes = cells[4] }
    end
    return out
  end

  function Store:blob(hash)
    local cells, message, failure = read_one(self, "SELECT bytes FROM passo_blob WHERE hash = $1", "b", hash)
    if not cells then return nil, message, failure end
    return cells[1]
  end

  function Store:token(text)
    local cells, message, failure = read_one(self,
      "SELECT execution, number, activity, taken FROM passo_token WHERE token = $1", "t", text)
    if not cells then return nil, message, failure end
    return { execution = cells[1], number = math.abs(cells[2]), activity = cells[3], taken = cells[4] == 1,
      answered = cells[2] < 0 or nil }
  end

  function Store:next_due(refused)
    local cells, message, failure = read_one(self, [[SELECT wake_ms FROM passo_execution
      WHERE wake_ms IS NOT NULL AND (revision IS NULL OR revision <> ALL($1::text[])) ORDER BY wake_ms, id LIMIT 1]],
      "t", statements.texts(refused))
    if not cells then return nil, message, failure end
    return cells[1]
  end
end

return lists
