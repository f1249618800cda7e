--- Rows of the SQLite store: how they are asked for, and what they become in Lua.
local rows = {}

--- What follows SELECT in every statement that answers rows; `rows.read` knows the order.
rows.COLUMNS = "e.id, b.arn, e.machine, b.name, e.revision, b.type, e.status, b.start_ms, x.stop_ms, b.body, x.result, "
  .. "b.parent, b.parent_token, e.map_run, e.owner, e.epoch, e.due_ms, e.seq, e.last_event, e.crashes, "
  .. "e.redrive_count, e.redrive_ms, e.quarantine"

--- Joins what belongs to `executions e`.
rows.JOINED = " CROSS JOIN births b ON b.id = e.id LEFT JOIN ends x ON x.id = e.id "

local function row_of(self, r)
  return {
    id = r[1], arn = r[2], machine = self:name_of(r[3]), name = r[4], revision = self:name_of(r[5]), type = r[6],
    status = r[7], start_ms = r[8], stop_ms = r[9], body = r[10], result = r[11], parent = r[12],
    parent_token = r[13], map_run = r[14] and self:name_of(r[14]), owner = r[15], epoch = r[16], due_ms = r[17],
    seq = r[18], last_event = r[19], crashes = r[20], redrive_count = r[21], redrive_ms = r[22],
    quarantine = r[23],
  }
end

local NAMES = {
  sql = "SELECT id, text FROM names WHERE id IN (SELECT value FROM json_each(?))", kinds = "t", rows = true,
}
local NAME_ID = { sql = "SELECT id FROM names WHERE text = ?", kinds = "t", rows = true }
local NEW_NAME = { sql = "INSERT OR IGNORE INTO names(text) VALUES(?)", kinds = "t" }

-- Machines and revisions are few, map runs are not.
local MOST_NAMES = 20000

local function remember(self, id, text)
  if self.name_count >= MOST_NAMES then self.names, self.name_ids, self.name_count = {}, {}, 0 end
  self.names[id], self.name_ids[text] = text, id
  self.name_count = self.name_count + 1
end

-- Fetches the names that these rows have and we do not know.
local function learn(self, list)
  local missing, wanted, names = {}, {}, self.names
  for _, r in ipairs(list) do
    for i = 3, 14 do
      local id = (i == 3 or i == 5 or i == 14) and r[i]
      if id and not names[id] and not wanted[id] then
        wanted[id] = true
        missing[#missing + 1] = ("%d"):format(id)
      end
    end
  end
  if #missing == 0 then return true end
  local results, message, failure = self.port:read { self.ids[NAMES], "[" .. table.concat(missing, ",") .. "]" }
  if not results then return nil, message, failure end
  for _, r in ipairs(results[1].rows) do remember(self, r[1], r[2]) end
  return true
end

--- Rows from what COLUMNS gave; nil, message, failure.
function rows.read(self, list)
  local ok, message, failure = learn(self, list)
  if not ok then return nil, message, failure end
  local out = {}
  for i, r in ipairs(list) do out[i] = row_of(self, r) end
  return out
end

--- A JSON list of ids: how SQL takes many.
function rows.ids(list)
  local out = {}
  for i, id in ipairs(list) do out[i] = ("%d"):format(id) end
  return "[" .. table.concat(out, ",") .. "]"
end

--- Adds the functions to a store's class.
function rows.install(Store)
  function Store:name_of(id)
    return self.names[id]
  end

  --- The number of a text that many executions share; nil when `make` is not given and nobody has used it.
  function Store:name_id(text, make)
    local id = self.name_ids[text]
    if id then return id end
    local results, message, failure
    if make then
      results, message, failure = self.port:run { self.ids[NEW_NAME], text, self.ids[NAME_ID], text }
    else
      results, message, failure = self.port:read { self.ids[NAME_ID], text }
    end
    if not results then return nil, message, failure end
    local row = results[#results].rows[1]
    if row then remember(self, row[1], text) end
    return row and row[1]
  end
end

return rows
