--- The lists of the memory store: executions newest first by machine, map run, parent and status, and their numbers.
---
--- Nobody may ever ask for them, so an execution is put into them when somebody does: starting and ending one costs
--- the hot path nothing but a note. What has left a list stays in it until half of the list is stale.
local Lists = {}
Lists.__index = Lists

local COMPACT = 64

---@param rows table<integer, table> the store's executions by id; the ids only grow
---@param look fun(id: integer): table? what it is listed by, its row or less: machine, map_run, parent, status
function Lists.new(rows, look)
  return setmetatable({
    rows = rows, look = look,
    seen = 0,     -- executions up to this id are in the lists
    listed = {},  -- execution -> status under which it is listed
    changed = {}, -- executions that may have another status by now, or be gone
    scopes = {},  -- key -> { [status] = list, [ANY] = list }; list = ascending ids, with `stale`
  }, Lists)
end

local ANY = 1 -- no status has this name

-- The position of `id`, or where it belongs.
local function position(list, id)
  local low, high = 1, #list
  if high == 0 or list[high] < id then return high + 1 end
  while low < high do
    local middle = (low + high - (low + high) % 2) / 2
    if list[middle] < id then low = middle + 1 else high = middle end
  end
  return low
end

local function list_of(self, key, status)
  local scope = self.scopes[key]
  if not scope then
    scope = { [ANY] = { stale = 0 } }
    self.scopes[key] = scope
  end
  local list = scope[status]
  if not list then
    list = { stale = 0 }
    scope[status] = list
  end
  return list
end

local function holds(self, status, id)
  local listed = self.listed[id]
  return listed ~= nil and (status == ANY or listed == status)
end

local function add(list, id)
  local at = position(list, id)
  if list[at] == id then
    list.stale = list.stale - 1
  else
    table.insert(list, at, id)
  end
end

local function leave(self, key, status)
  local scope = self.scopes[key]
  local list = scope[status]
  list.stale = list.stale + 1
  if list.stale * 2 > #list + COMPACT then
    local kept = { stale = 0 }
    for _, id in ipairs(list) do
      if holds(self, status, id) then kept[#kept + 1] = id end
    end
    scope[status] = kept
  end
end

-- The scopes an execution is in. Kept apart from the row, which is gone when it leaves them.
local function keys_of(row)
  local keys = { "", "m" .. row.machine }
  if row.map_run then keys[#keys + 1] = "r" .. row.map_run end
  if row.parent then keys[#keys + 1] = ("p%d"):format(row.parent) end
  return keys
end

local function put(self, id, row)
  local status = row.status
  self.listed[id] = status
  for _, key in ipairs(keys_of(row)) do
    add(list_of(self, key, ANY), id)
    add(list_of(self, key, status), id)
  end
end

local function move(self, id, row, from)
  local to = row.status
  self.listed[id] = to
  for _, key in ipairs(keys_of(row)) do
    leave(self, key, from)
    add(list_of(self, key, to), id)
  end
end

--- The execution has another status than before.
function Lists:moved(id)
  if id <= self.seen then self.changed[#self.changed + 1] = id end
end

--- The execution is about to go for good.
function Lists:removed(id)
  self:update()
  local row = self.look(id)
  local from = self.listed[id]
  self.listed[id] = nil
  for _, key in ipairs(keys_of(row)) do
    leave(self, key, ANY)
    leave(self, key, from)
  end
end

--- Takes in what has happened since.
function Lists:update()
  local look = self.look
  local changed = self.changed
  if #changed > 0 then
    self.changed = {}
    for _, id in ipairs(changed) do
      local row, from = look(id), self.listed[id]
      if row and row.status ~= from then move(self, id, row, from) end
    end
  end
  local last = self.rows.last
  for id = self.seen + 1, last do
    local row = look(id)
    if row then put(self, id, row) end
  end
  self.seen = last
end

local function scope_of(filter)
  if filter.map_run then return "r" .. filter.map_run end
  if filter.parent then return ("p%d"):format(filter.parent) end
  if filter.machine then return "m" .. filter.machine end
  return ""
end

--- Calls visit(row) for the newest first, below the id `after`; visit answers true to go on.
function Lists:each(filter, after, visit)
  self:update()
  local scope = self.scopes[scope_of(filter)]
  local status = filter.status or ANY
  local list = scope and scope[status]
  if not list then return end
  for i = after and position(list, after) - 1 or #list, 1, -1 do
    local id = list[i]
    if holds(self, status, id) and not visit(self.rows[id]) then return end
  end
end

--- How many there are by status.
function Lists:count(filter)
  self:update()
  local counts = {}
  for status, list in pairs(self.scopes[scope_of(filter)] or {}) do
    local n = #list - list.stale
    if status ~= ANY and n > 0 then counts[status] = n end
  end
  return counts
end

return Lists
