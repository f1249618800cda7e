--- Lists and counts of the SQLite store.
---
--- First the ids are picked, from the index that knows them, then their rows are joined: what is not on the page costs
--- no more than its entry in the index.
local rows = require "passo.store.sqlite.rows"

local lists = {}

local STATUSES = { "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE" }

-- Filters: the name, the condition, its parameter's kind, whether it is one of births.
local FILTERS = {
  { "machine", "e.machine = ?%d", "i" }, { "map_run", "e.map_run = ?%d", "i" }, { "status", "e.status = ?%d", "t" },
  { "parent", "b.parent = ?%d", "i", true }, { "type", "b.type = ?%d", "t", true },
  { "since_ms", "b.start_ms >= ?%d", "i", true }, { "until_ms", "b.start_ms < ?%d", "i", true },
  { "name_prefix", "substr(CAST(b.name AS BLOB), 1, length(?%d)) = ?%d", "b", true }, { "after", "e.id < ?%d", "i" },
}

-- What a filter becomes: conditions, kinds, values, and what they need.
local function read_filter(self, filter)
  local query = { where = {}, kinds = "", values = {}, needs_births = false }
  query.runs = filter.status == "RUNNING" and not (filter.machine or filter.map_run or filter.parent or filter.asleep)
  for _, f in ipairs(FILTERS) do
    local name, value = f[1], filter[f[1]]
    if value ~= nil and not (query.runs and name == "status") then
      if name == "machine" or name == "map_run" then
        local message, failure
        value, message, failure = self:name_id(value)
        if message then return nil, message, failure end
        value = value or 0 -- nobody's
      elseif name == "after" then
        value = tonumber(value)
        if not value then return nil, "the cursor is none of this store's", { code = "EINPUT" } end
      end
      local n = #query.values + 1
      query.where[#query.where + 1] = f[2]:gsub("%%d", n)
      query.kinds, query.values[n] = query.kinds .. f[3], value
      query.needs_births = query.needs_births or f[4] or false
    end
  end
  if filter.redriven ~= nil then
    query.where[#query.where + 1] = "e.redrive_count " .. (filter.redriven and "> 0" or "= 0")
  end
  if filter.asleep ~= nil then
    query.where[#query.where + 1] = "e.wake_ms IS " .. (filter.asleep and "NOT NULL" or "NULL")
  end
  if filter.map_run then query.where[#query.where + 1] = "e.map_run IS NOT NULL" end
  return query
end

-- Sleepers and those at work are in indexes of their own: few among all that ever ran.
local RUNNING = "(SELECT id FROM executions INDEXED BY executions_owned WHERE owner IS NOT NULL UNION ALL "
  .. "SELECT id FROM executions INDEXED BY executions_asleep WHERE wake_ms IS NOT NULL)"
local COUNT_RUNNING = "SELECT (SELECT count(*) FROM executions INDEXED BY executions_owned WHERE owner IS NOT NULL) + "
  .. "(SELECT count(*) FROM executions INDEXED BY executions_asleep WHERE wake_ms IS NOT NULL)"
-- As many as asked for of each status, in order: an index has all of one status together.
local BY_STATUS = {}
for i, status in ipairs(STATUSES) do BY_STATUS[i] = "e.status = '" .. status .. "'" end

-- Where the ids are picked.
local function source_of(filter, query)
  local from
  if filter.parent then return "births b CROSS JOIN executions e ON e.id = b.id" end
  if filter.map_run then
    from = "executions e INDEXED BY executions_map_run"
  elseif filter.machine then
    from = "executions e INDEXED BY executions_machine"
  elseif filter.asleep then
    from = "executions e INDEXED BY executions_asleep"
  elseif query.runs then
    local plain = not query.needs_births and filter.redriven == nil and filter.asleep == nil
    from = RUNNING .. (plain and " e" or " r CROSS JOIN executions e ON e.id = r.id")
  elseif filter.status then
    from = "executions e INDEXED BY executions_machine"
  else
    from = "executions e NOT INDEXED"
  end
  return from .. (query.needs_births and " CROSS JOIN births b ON b.id = e.id" or "")
end

-- The ids of a page: as many as the last parameter says.
local function pick(filter, query)
  local limit = #query.values + 1
  local source, where = source_of(filter, query), table.concat(query.where, " AND ")
  local function part(condition)
    return ("SELECT e.id FROM %s WHERE %s ORDER BY e.id DESC LIMIT ?%d"):format(source,
      where == "" and condition or where .. " AND " .. condition, limit)
  end
  if not filter.machine or filter.status or filter.map_run or filter.parent then return part "1" end
  local parts = {}
  for i, condition in ipairs(BY_STATUS) do parts[i] = "SELECT id FROM (" .. part(condition) .. ")" end
  return table.concat(parts, " UNION ALL ")
end

-- Each combination of filters is a statement of its own, made when it is first asked for.
local made = {}
local function statement(sql, kinds)
  local known = made[sql]
  if not known then
    known = { sql = sql, kinds = kinds, rows = true }
    made[sql] = known
  end
  return known
end

local function ask(self, sql, kinds, values)
  local unit = { self.ids[statement(sql, kinds)] }
  for i, value in ipairs(values) do unit[i + 1] = value end
  local results, message, failure = self.port:read(unit)
  if not results then return nil, message, failure end
  return results[1].rows
end

--- Adds the functions to a store's class.
function lists.install(Store)
  function Store:list(filter)
    local query, message, failure = read_filter(self, filter)
    if not query then return nil, message, failure end
    local sql = ("SELECT %s FROM (%s) p CROSS JOIN executions e ON e.id = p.id%sORDER BY e.id DESC LIMIT ?%d"):format(
      rows.COLUMNS, pick(filter, query), rows.JOINED, #query.values + 1)
    local values, more = query.values, nil
    values[#values + 1] = filter.limit and filter.limit + 1 or -1
    local found
    found, message, failure = ask(self, sql, query.kinds .. "i", values)
    if not found then return nil, message, failure end
    if filter.limit and #found > filter.limit then
      found[#found] = nil
      more = ("%d"):format(found[#found][1])
    end
    found, message, failure = rows.read(self, found)
    if not found then return nil, message, failure end
    return found, more
  end

  function Store:count(filter)
    local only = next(filter) == "status" and next(filter, "status") == nil
    if only and filter.status == "RUNNING" then
      local found, message, failure = ask(self, COUNT_RUNNING, "", {})
      if not found then return nil, message, failure end
      return found[1][1]
    end
    local query, message, failure = read_filter(self, filter)
    if not query then return nil, message, failure end
    if #query.where == 0 then query.where[1] = "1" end
    local from = source_of(filter, query)
    if from:find("NOT INDEXED", 1, true) then from = "executions e INDEXED BY executions_machine" end
    local found
    found, message, failure = ask(self, ("SELECT e.status, count(*) FROM %s WHERE %s GROUP BY e.status"):format(from,
      table.concat(query.where, " AND ")), query.kinds, query.values)
    if not found then return nil, message, failure end
    local counts = {}
    for _, r in ipairs(found) do counts[r[1]] = r[2] end
    if filter.status then return counts[filter.status] or 0 end
    return counts
  end
end

return lists
