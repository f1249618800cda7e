--- The journals of the SQLite store: records in the order all executions wrote them, each pointing back.
---
--- A walk only ever goes back: pointers that are damaged lead nowhere, not round in circles.
--- A record's `prev` is the one before it. `leap` is the last one whose number n divides by 64, or, for those
--- themselves, the last whose n divides by 4096: a walk from the end reaches record k of n in n / 4096 + 128 steps.
local journal = {}

-- What a new record's columns are made of, for the execution's row `executions`.
journal.LEAP = "CASE (records + 1) % 64 WHEN 0 THEN far ELSE anchor END"

--- How an execution's row follows, directly after the record was inserted.
journal.FOLLOW = [[
  records = records + 1, journal = last_insert_rowid(),
  anchor = CASE (records + 1) % 64 WHEN 0 THEN last_insert_rowid() ELSE anchor END,
  far = CASE (records + 1) % 4096 WHEN 0 THEN last_insert_rowid() ELSE far END]]

-- The number of the oldest record whose `column` is above a bound; null when there is none.
local function oldest_above(column)
  return {
    sql = ([[
      WITH RECURSIVE walk(n, prev, leap) AS (
        SELECT j.n, j.prev, j.leap FROM executions e JOIN journal j ON j.id = e.journal
          WHERE e.id = ?1 AND j.COLUMN > ?2
        UNION ALL
        SELECT j.n, j.prev, j.leap FROM walk w JOIN journal j
          ON j.id = CASE WHEN (SELECT COLUMN FROM journal WHERE id = w.leap) > ?2 THEN w.leap ELSE w.prev END
          WHERE j.COLUMN > ?2 AND j.n < w.n)
      SELECT min(n) FROM walk]]):gsub("COLUMN", column),
    kinds = "ii", rows = true,
  }
end

local OLDEST = {
  first_event = oldest_above "first_event", last_event = oldest_above "last_event", seq = oldest_above "seq",
}

local COUNT = { sql = "SELECT records FROM executions WHERE id = ?", kinds = "i", rows = true }

-- Records ?2 down to ?3.
local PAGE = {
  sql = [[
    WITH RECURSIVE walk(id, n, prev, leap) AS (
      SELECT j.id, j.n, j.prev, j.leap FROM executions e JOIN journal j ON j.id = e.journal WHERE e.id = ?1
      UNION ALL
      SELECT j.id, j.n, j.prev, j.leap FROM walk w JOIN journal j ON j.id = CASE
        WHEN CASE w.n % 64 WHEN 0 THEN (w.n - 1) / 4096 * 4096 ELSE (w.n - 1) / 64 * 64 END >= ?2 THEN w.leap
        ELSE w.prev END
        WHERE w.n > ?3 AND j.n < w.n)
    SELECT j.seq, j.first_event, j.last_event, j.bytes FROM walk w JOIN journal j ON j.id = w.id
      WHERE w.n BETWEEN ?3 AND ?2]],
  kinds = "iii", rows = true,
}

--- All records behind the snapshots of these executions (a JSON list of ids), the newest of each first.
journal.TAILS = {
  sql = [[
    WITH RECURSIVE walk(execution, floor, id, prev) AS (
      SELECT e.id, coalesce(s.seq, 0), j.id, j.prev
        FROM json_each(?1) l CROSS JOIN executions e ON e.id = l.value JOIN journal j ON j.id = e.journal
        LEFT JOIN snapshots s ON s.execution = e.id WHERE j.seq > coalesce(s.seq, 0)
      UNION ALL
      SELECT w.execution, w.floor, j.id, j.prev FROM walk w JOIN journal j ON j.id = w.prev
        WHERE j.seq > w.floor AND j.id < w.id)
    SELECT w.execution, j.seq, j.bytes FROM walk w JOIN journal j ON j.id = w.id]],
  kinds = "t", rows = true,
}

--- Adds the functions to a store's class.
function journal.install(Store)
  function Store:records(id, options)
    options = options or {}
    local ids, unit, bounds = self.ids, {}, {}
    local function ask(what, column, bound)
      bounds[#bounds + 1] = what
      unit[#unit + 1], unit[#unit + 2], unit[#unit + 3] = ids[OLDEST[column]], id, bound
    end
    if options.after_event then ask("after", "last_event", options.after_event) end
    if options.after_seq then ask("after", "seq", options.after_seq) end
    if options.before_event then ask("before", "first_event", options.before_event - 1) end
    unit[#unit + 1], unit[#unit + 2] = ids[COUNT], id
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    local count = results[#results].rows[1]
    if not count then return self:absent() end
    local first, last = 1, count[1]
    for i, what in ipairs(bounds) do
      local n = results[i].rows[1][1]
      if what == "after" then
        first = math.max(first, n or last + 1)
      elseif n then
        last = math.min(last, n - 1)
      end
    end
    if options.limit then
      if options.reverse then
        first = math.max(first, last - options.limit + 1)
      else
        last = math.min(last, first + options.limit - 1)
      end
    end
    if first > last then return {} end
    results, message, failure = self.port:read { ids[PAGE], id, last, first }
    if not results then return nil, message, failure end
    local rows, out = results[1].rows, {}
    local n = #rows
    for i, row in ipairs(rows) do
      out[options.reverse and i or n + 1 - i] =
        { seq = row[1], first_event = row[2], last_event = row[3], bytes = row[4] }
    end
    return out
  end
end

return journal
