--- Lists and counts of the SQLite store.
local rows = require "passo.store.sqlite.rows"

local lists = {}

-- Where each filter looks, and what it takes: { condition, kind }.
local CONDITIONS = {
  machine = { "e.machine = ?", "i" }, map_run = { "e.map_run = ?", "i" }, parent = { "b.parent = ?", "i" },
  status = { "e.status = ?", "t" }, type = { "b.type = ?", "t" }, since_ms = { "b.start_ms >= ?", "i" },
  until_ms = { "b.start_ms < ?", "i" }, after = { "e.id < ?", "i" },
}
local ORDER = { "machine", "map_run", "parent", "status", "type", "since_ms", "until_ms", "after" }

-- Sleepers and those at work are in indexes of their own: few among all that ever ran.
local RUNNING = "(SELECT id FROM executions INDEXED BY executions_owned WHERE owner IS NOT NULL UNION ALL "
  .. "SELECT id FROM executions INDEXED BY executions_asleep WHERE wake_ms IS NOT NULL) r CROSS JOIN executions e "
  .. "ON e.id = r.id"
local ASLEEP = "executions e INDEXED BY executions_asleep"

-- What the filter selects from, in the order that makes the least work.
local function source_of(filter)
  if filter.parent then return "births b CROSS JOIN executions e ON e.id = b.id LEFT JOIN ends x ON x.id = e.id" end
  local from
  if filter.asleep == true then
    from = ASLEEP
  elseif filter.status == "RUNNING" and not filter.map_run then
    from = RUNNING
  elseif filter.map_run then
    from = "executions e INDEXED BY executions_map_run"
  elseif filter.status and filter.status ~= "SUCCEEDED" then
    from = "executions e INDEXED BY executions_unhappy"
  elseif filter.machine then
    from = "executions e INDEXED BY executions_machine"
  else
    from = "executions e NOT INDEXED"
  end
  return from .. rows.JOINED
end

-- The conditions of a filter, their kinds, and where the unit ends that has their values, the first in place n + 1.
local function conditions_of(self, filter, unit, n)
  local where, kinds = { "1" }, ""
  for _, name in ipairs(ORDER) do
    local value = filter[name]
    if name == "after" then value = tonumber(value) end
    if value ~= nil then
      if name == "machine" or name == "map_run" then
        local message, failure
        value, message, failure = self:name_id(value)
        if message then return nil, message, failure end
        value = value or 0 -- nobody's
      end
      where[#where + 1], kinds = CONDITIONS[name][1], kinds .. CONDITIONS[name][2]
      n = n + 1
      unit[n] = value
    end
  end
  if filter.name_prefix then
    where[#where + 1], kinds = "substr(CAST(b.name AS BLOB), 1, ?) = ?", kinds .. "ib"
    unit[n + 1], unit[n + 2] = #filter.name_prefix, filter.name_prefix
    n = n + 2
  end
  if filter.status and filter.status ~= "RUNNING" and filter.status ~= "SUCCEEDED" then
    where[#where + 1] = "e.status NOT IN ('RUNNING', 'SUCCEEDED')" -- so that the partial index may serve
  end
  if filter.redriven ~= nil then where[#where + 1] = "e.redrive_count " .. (filter.redriven and "> 0" or "= 0") end
  if filter.asleep == true then
    where[#where + 1] = "e.wake_ms IS NOT NULL"
  elseif filter.asleep == false then
    where[#where + 1] = "e.wake_ms IS NULL"
  end
  if filter.map_run then where[#where + 1] = "e.map_run IS NOT NULL" end
  return table.concat(where, " AND "), kinds, n
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

--- Adds the functions to a store's class.
function lists.install(Store)
  function Store:list(filter)
    if filter.after and not tonumber(filter.after) then
      return nil, "the cursor is none of this store's", { code = "EINPUT" }
    end
    local unit = {}
    local where, kinds, n = conditions_of(self, filter, unit, 1)
    if not where then return nil, kinds, n end
    local sql = ("SELECT %s FROM %s WHERE %s ORDER BY e.id DESC LIMIT ?"):format(rows.COLUMNS, source_of(filter), where)
    unit[1], unit[n + 1] = self.ids[statement(sql, kinds .. "i")], filter.limit and filter.limit + 1 or -1
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    local found, more = results[1].rows, nil
    if filter.limit and #found > filter.limit then
      found[#found] = nil
      more = ("%d"):format(found[#found][1])
    end
    found, message, failure = rows.read(self, found)
    if not found then return nil, message, failure end
    return found, more
  end

  function Store:count(filter)
    local unit = {}
    local where, kinds, n = conditions_of(self, filter, unit, 1)
    if not where then return nil, kinds, n end
    local from = source_of(filter)
    if not filter.parent then from = from:sub(1, #from - #rows.JOINED) end
    unit[1] = self.ids[statement(("SELECT e.status, count(*) FROM %s WHERE %s GROUP BY e.status"):format(from, where),
      kinds)]
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    local counts = {}
    for _, r in ipairs(results[1].rows) do counts[r[1]] = r[2] end
    if filter.status then return counts[filter.status] or 0 end
    return counts
  end
end

return lists
