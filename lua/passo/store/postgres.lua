--- The PostgreSQL store: any number of processes on any number of machines share one schema of one database.
---
---   postgres://user:secret@host/database?sslmode=verify-full      what libpq understands, environment variables too
---   postgres://host/database?relaxed=true     commits are answered before they reach the server's disk: a crash of
---                                             the server may lose the last ones, a crash of ours loses none
---   postgres://host/database?wait_ms=30000    how long a call waits for a server that is away
---   options.schema (or search_path)           whose tables: several stores may share a database
---
--- It talks to the server itself: a pooler in transaction mode cannot keep its locks and statements.
local schema = require "passo.store.postgres_schema"
local statements = require "passo.store.postgres.statements"
local now_ms = require("passo.core").now_ms

local Postgres = { kind = "postgres" }
Postgres.__index = Postgres

local CLOCK_MS = 5000 -- for so long our clock is taken to go as the server's
local BLOCK, LARGEST_BLOCK = 16, 1024 -- execution ids fetched at once: more when they go fast

require("passo.store.postgres.documents").install(Postgres)
require("passo.store.postgres.appends").install(Postgres)
require("passo.store.postgres.lists").install(Postgres)
require("passo.store.postgres.members").install(Postgres)

-- opening ------------------------------------------------------------------------------------------

-- The parameters that are ours and not libpq's.
local function split(url, options)
  local own = { relaxed = options.relaxed, wait_ms = options.wait_ms }
  local base, query = url:match "^([^?]*)%?(.*)$"
  if not base then return url, own end
  local kept = {}
  for pair in query:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=(.*)$"
    if name == "relaxed" then
      own.relaxed = value == "true" or value == "1"
    elseif name == "wait_ms" then
      own.wait_ms = tonumber(value)
    else
      kept[#kept + 1] = pair
    end
  end
  return kept[1] and base .. "?" .. table.concat(kept, "&") or base, own
end

local function read_format(port)
  local results, message, failure = port:read { port:prepare(
    "SELECT (SELECT to_regclass('passo_meta') IS NOT NULL)", "", statements.ROWS) }
  if not results then return nil, message, failure end
  if results[1].rows[1][1] == 0 then return 0 end
  results, message, failure = port:read { port:prepare(
    "SELECT value FROM passo_meta WHERE key = 'format'", "", statements.ROWS) }
  if not results then return nil, message, failure end
  return results[1].rows[1] and results[1].rows[1][1] or 0
end

-- Whoever comes second finds everything there.
local function create(port)
  local unit = statements.unit()
  unit:add(port:prepare(schema.LOCK), 0)
  for _, sql in ipairs(schema.TABLES) do unit:add(port:prepare(sql), 0) end
  for _, sql in ipairs(schema.FUNCTIONS) do unit:add(port:prepare(sql), 0) end
  return port:run(unit)
end

local function newer(format)
  local message = ("the store is written in format %d, and this passo knows formats up to %d: a newer passo is needed")
    :format(format, schema.NEWEST)
  return nil, message, { code = "ENEWER", message = message }
end

--- Opens a store; its tables are made when there are none.
---@param url string
---@param options table? relaxed, wait_ms
function Postgres.open(url, options)
  local found, core = pcall(require, "passo.postgres.core")
  if not found then
    local message = "this passo was built without libpq: it has no PostgreSQL store"
    return nil, message, { code = "EUNSUPPORTED", message = message }
  end
  local target, own = split(url, options or {})
  local port, message, failure = require("passo.store.port").open(core, target, own)
  if not port then return nil, message, failure end
  local format
  format, message, failure = read_format(port)
  if format == 0 then
    local made
    made, message, failure = create(port)
    format = made and schema.NEWEST
  end
  if not format then
    port:close()
    return nil, message, failure
  end
  if format > schema.NEWEST then
    port:close()
    return newer(format)
  end
  return setmetatable({
    port = port, prepared = {}, moves = {},
    bells = {}, listens = {},           -- worker (0: anybody) -> what is called; whom the port listens for
    next = 1, last = 0,                 -- execution ids that are ours to give
    block = BLOCK, fetched_ms = 0,
    offset_ms = 0, asked_ms = nil,      -- how far the server's clock is ahead of ours, and when that was asked
  }, Postgres)
end

function Postgres:close()
  self.bells = {}
  self.port:close()
end

-- itself -------------------------------------------------------------------------------------------

--- The server's clock.
function Postgres:now_ms()
  local here_ms = now_ms()
  local age_ms = self.asked_ms and here_ms - self.asked_ms
  if not age_ms or age_ms < 0 or age_ms > CLOCK_MS then
    local there_ms, message, failure = self.port:now()
    if not there_ms then return nil, message, failure end
    -- The answer is as old as half its way, or less: too late is better than too early.
    self.asked_ms = now_ms()
    self.offset_ms = there_ms - self.asked_ms
    here_ms = self.asked_ms
  end
  return here_ms + self.offset_ms
end

function Postgres:format()
  local format, message, failure = read_format(self.port)
  if not format then return nil, message, failure end
  if format > schema.NEWEST then return newer(format) end
  return { format = format, newest = schema.NEWEST }
end

-- $3: the last worker that may be there, nil: any. Nobody registers meanwhile.
local SET_FORMAT = [[UPDATE passo_meta SET value = $2 WHERE key = 'format' AND value = $1
  AND ($3::bigint IS NULL OR NOT EXISTS (SELECT FROM passo_worker WHERE id > $3))]]

function Postgres:upgrade(last_worker)
  local written, message, failure = self:format()
  if not written then return nil, message, failure end
  for format = written.format, schema.NEWEST - 1 do
    local unit = statements.unit()
    unit:add(self.port:prepare(schema.LOCK), 0)
    unit:add(self.port:prepare "LOCK TABLE passo_worker IN SHARE ROW EXCLUSIVE MODE", 0)
    unit:add(self.port:prepare(SET_FORMAT, "iii", { expect = 1 }), 3, format, format + 1, last_worker)
    for _, sql in ipairs(schema.UPGRADES[format]) do unit:add(self.port:prepare(sql), 0) end
    local ok
    ok, message, failure = self.port:run(unit)
    if not ok and failure.code == "EFENCED" then
      return nil, "workers have come meanwhile", { code = "EFENCED", message = "workers have come meanwhile" }
    end
    if not ok then return nil, message, failure end
  end
  return true
end

function Postgres:check()
  local out = {}
  for _, problem in ipairs(schema.PROBLEMS) do
    local results, message, failure = self.port:read {
      statements.get(self, problem[2] .. " LIMIT 20", "", statements.ROWS),
    }
    if not results then return nil, message, failure end
    for _, cells in ipairs(results[1].rows) do
      out[#out + 1] = ("execution %d: %s"):format(cells[1], problem[1])
    end
  end
  return out
end

-- So many at a time: nobody waits long for the rows they are locked with.
local FORGET = 500

function Postgres:forget(f)
  local total, left = 0, f.limit or math.huge
  while left > 0 do
    local chunk = math.min(left, FORGET)
    local results, message, failure = self.port:run {
      statements.get(self, "SELECT passo_forget($1, $2)", "ii", statements.ROWS), f.ended_before_ms, chunk,
    }
    if not results then return nil, message, failure end
    local n = results[1].rows[1][1]
    total, left = total + n, left - n
    if n < chunk then break end
  end
  return total
end

--- An execution's id. They come in blocks, durably: a sequence may give one again after a crash of the server.
function Postgres:next_id()
  if self.next > self.last then
    local here_ms = now_ms()
    self.block = here_ms - self.fetched_ms < 1000 and math.min(self.block * 4, LARGEST_BLOCK) or BLOCK
    self.fetched_ms = here_ms
    local block = self.block
    local results, message, failure = self.port:run {
      statements.get(self, "UPDATE passo_meta SET value = value + $1 WHERE key = 'execution' RETURNING value", "i",
        statements.ROWS), block,
    }
    if not results then return nil, message, failure end
    self.last = results[1].rows[1][1]
    self.next = self.last - block + 1
  end
  self.next = self.next + 1
  return self.next - 1
end

return Postgres
