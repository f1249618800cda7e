--- The documents of the SQLite store.
local documents = {}

local COLUMNS = "key, body, revision, parent, place, sort"

local GET = { sql = "SELECT " .. COLUMNS .. " FROM documents WHERE kind = ? AND key = ?", kinds = "tt", rows = true }

local NEXT_REVISION = {
  sql = "UPDATE meta SET value = value + 1 WHERE key = 'revision' RETURNING value", kinds = "", rows = true,
}
local REVISION = "(SELECT value FROM meta WHERE key = 'revision')"
local PUT = {
  sql = ("INSERT INTO documents(kind, key, body, revision, parent, place, sort) VALUES(?1, ?2, ?3, %s, ?4, ?5, ?6)"
    .. " ON CONFLICT DO UPDATE SET body = excluded.body, revision = excluded.revision, parent = excluded.parent,"
    .. " place = excluded.place, sort = excluded.sort"):format(REVISION),
  kinds = "ttttrt",
}
local CREATE = {
  sql = ("INSERT INTO documents(kind, key, body, revision, parent, place, sort) SELECT ?1, ?2, ?3, %s, ?4, ?5, ?6"
    .. " WHERE NOT EXISTS(SELECT 1 FROM documents WHERE kind = ?1 AND key = ?2)"):format(REVISION),
  kinds = "ttttrt", expect = 1,
}
local CHANGE = {
  sql = ("UPDATE documents SET body = ?3, revision = %s, parent = ?4, place = ?5, sort = ?6"
    .. " WHERE kind = ?1 AND key = ?2 AND revision = ?7"):format(REVISION),
  kinds = "ttttrti", expect = 1,
}
local DELETE = { sql = "DELETE FROM documents WHERE kind = ? AND key = ?", kinds = "tt" }
local DELETE_AS = {
  sql = "DELETE FROM documents WHERE kind = ? AND key = ? AND revision = ?", kinds = "tti", expect = 1,
}
-- Nothing is deleted, but it must not be there.
local DELETE_NONE = {
  sql = "UPDATE meta SET value = value WHERE key = 'revision' AND NOT EXISTS"
    .. "(SELECT 1 FROM documents WHERE kind = ? AND key = ?)",
  kinds = "tt", expect = 1,
}

local lists = {}
-- The statement that lists; there are sixteen kinds, made as they are asked for.
local function list_statement(has_parent, has_prefix, has_cursor, reverse)
  local name = (has_parent and "parent " or "") .. (has_prefix and "prefix " or "") .. (has_cursor and "cursor " or "")
    .. (reverse and "reverse" or "")
  if lists[name] then return lists[name] end
  local where, kinds = { "kind = ?" }, "t"
  if has_parent then where[#where + 1], kinds = "parent = ?", kinds .. "t" end
  if has_cursor then
    where[#where + 1] = ("(place, sort, key) %s (?, ?, ?)"):format(reverse and "<" or ">")
    kinds = kinds .. "rtt"
  end
  if has_prefix then where[#where + 1], kinds = "substr(CAST(key AS BLOB), 1, ?) = ?", kinds .. "ib" end
  local direction = reverse and " DESC" or ""
  lists[name] = {
    sql = ("SELECT %s FROM documents WHERE %s ORDER BY place%s, sort%s, key%s LIMIT ?"):format(COLUMNS,
      table.concat(where, " AND "), direction, direction, direction),
    kinds = kinds .. "i", rows = true,
  }
  return lists[name]
end

local function place_of(sort)
  if sort == nil then return -math.huge, "" end
  if type(sort) == "number" then return sort, "" end
  return math.huge, sort
end

local function sort_of(place, sort)
  if place == math.huge then return sort end
  if place ~= -math.huge then return place % 1 == 0 and math.floor(place) or place end
end

local function document_of(row)
  return { key = row[1], body = row[2], revision = row[3], parent = row[4], sort = sort_of(row[5], row[6]) }
end

local function cursor_of(row)
  return ("%s:%d:%s%s"):format(row[5] == math.huge and "t" or row[5] == -math.huge and "-" or ("%.17g"):format(row[5]),
    #row[6], row[6], row[1])
end

local function read_cursor(cursor)
  local place, length, rest = cursor:match "^([^:]+):(%d+):(.*)$"
  if not place then return nil end
  local number = place == "t" and math.huge or place == "-" and -math.huge or tonumber(place)
  length = tonumber(length)
  return number, rest:sub(1, length), rest:sub(length + 1)
end

local function add(unit, ...)
  local n = unit.n
  for i = 1, select("#", ...) do unit[n + i] = select(i, ...) end
  unit.n = n + select("#", ...)
end

-- Adds one write to the unit; the places of its two statements in it are the same for all.
local function add_write(ids, unit, write)
  local expect = write.expect
  add(unit, ids[NEXT_REVISION])
  if not write.body then
    if expect == 0 then
      add(unit, ids[DELETE_NONE], write.kind, write.key)
    elseif expect then
      add(unit, ids[DELETE_AS], write.kind, write.key, expect)
    else
      add(unit, ids[DELETE], write.kind, write.key)
    end
    return
  end
  local place, sort = place_of(write.sort)
  local statement = expect == 0 and CREATE or expect and CHANGE or PUT
  add(unit, ids[statement], write.kind, write.key, write.body, write.parent, place, sort)
  if statement == CHANGE then add(unit, expect) end
end

--- Adds the functions to a store's class.
function documents.install(Store)
  function Store:get(kind, key)
    local results, message, failure = self.port:read { self.ids[GET], kind, key }
    if not results then return nil, message, failure end
    local row = results[1].rows[1]
    return row and document_of(row)
  end

  function Store:list_documents(kind, options)
    options = options or {}
    local place, sort, key
    if options.after then
      place, sort, key = read_cursor(options.after)
      if not place then return nil, "the cursor is none of this store's", { code = "EINPUT" } end
    end
    local reverse = options.reverse and true or false
    local statement = list_statement(options.parent ~= nil, options.prefix ~= nil, options.after ~= nil, reverse)
    local unit = { n = 0 }
    add(unit, self.ids[statement], kind)
    if options.parent then add(unit, options.parent) end
    if options.after then add(unit, place, sort, key) end
    if options.prefix then add(unit, #options.prefix, options.prefix) end
    add(unit, options.limit and options.limit + 1 or -1)
    local results, message, failure = self.port:read(unit)
    if not results then return nil, message, failure end
    local rows, out = results[1].rows, {}
    local n = math.min(#rows, options.limit or #rows)
    for i = 1, n do out[i] = document_of(rows[i]) end
    return out, #rows > n and cursor_of(rows[n]) or nil
  end

  function Store:write(writes)
    if #writes == 0 then return {} end
    local unit, ids = { n = 0 }, self.ids
    for _, write in ipairs(writes) do add_write(ids, unit, write) end
    local results, message, failure = self.port:run(unit)
    if not results then
      if failure.code ~= "EFENCED" then return nil, message, failure end
      local index = math.floor((failure.statement + 1) / 2)
      local write = writes[index]
      if write.expect == 0 then
        return nil, ("%s %s exists already"):format(write.kind, write.key), { code = "EEXISTS", index = index }
      end
      return nil, ("%s %s was changed meanwhile"):format(write.kind, write.key), { code = "ECONFLICT", index = index }
    end
    local out = {}
    for i, write in ipairs(writes) do out[i] = write.body and results[2 * i - 1].rows[1][1] or 0 end
    return out
  end
end

return documents
