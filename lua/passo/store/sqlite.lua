--- The SQLite store: one file, any number of processes on it, durable when it answers.
---
--- "sqlite:shop.db", "sqlite:/var/lib/shop.db?relaxed=true": relaxed means that a commit which was answered may be
--- lost when the machine loses power (not when a process dies). sqlite_schema.lua has the tables; each part of the
--- contract has a file in sqlite/.
local Port = require "passo.store.port"
local schema = require "passo.store.sqlite_schema"

local Sqlite = { kind = "sqlite" }
Sqlite.__index = Sqlite

local function install(part)
  require("passo.store.sqlite." .. part).install(Sqlite)
end

for _, part in ipairs { "rows", "documents", "workers", "executions", "appends", "journal", "inbox" } do
  install(part)
end

-- What is loaded by the first call of one of its functions: most starts need none of it. In nginx a worker may not be
-- able to load anything.
for part, names in pairs { lists = "list count", retention = "forget blob check" } do
  for name in names:gmatch "%S+" do
    Sqlite[name] = function(...)
      install(part)
      return Sqlite[name](...)
    end
  end
  if rawget(_G, "ngx") then install(part) end
end

-- Statements are tables { sql, kinds, rows, expect }; here they become ids of the port, when first used.
local Ids = {}
function Ids.__index(ids, statement)
  local id = ids[Ids].port:prepare(statement.sql, statement.kinds, statement)
  ids[statement] = id
  return id
end

-- The first that has STRICT tables (RETURNING came before).
local OLDEST_SQLITE = 3037

local function refuse(code, text, ...)
  local message = text:format(...)
  return nil, message, { code = code, message = message }
end

-- The file and the options that a URL names.
local function read_url(url)
  local path, query = url:match "^sqlite:([^?]*)%??(.*)$"
  local options = {}
  for name, value in query:gmatch "([^&=]+)=?([^&]*)" do
    if name ~= "relaxed" then
      return refuse("EINPUT", "a SQLite store has the option relaxed, not %s: %s", name, url)
    elseif value ~= "true" and value ~= "false" then
      return refuse("EINPUT", "relaxed is true or false, not %q: %s", value, url)
    end
    options.relaxed = value == "true"
  end
  path = path:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  if path == "" or path == ":memory:" then
    return refuse("EINPUT", "a SQLite store is a file, as in sqlite:shop.db; without one there is memory:")
  end
  return path, options
end

local function statement(sql, kinds)
  return { sql = sql, kinds = kinds or "", rows = true }
end

local TABLES = statement "SELECT count(*), coalesce(sum(name = 'meta'), 0) FROM sqlite_master WHERE type = 'table'"
local FORMAT = statement "SELECT value FROM meta WHERE key = 'format'"
-- ?3: the last worker that may be there, nil: any.
local SET_FORMAT = {
  sql = [[UPDATE meta SET value = ?2 WHERE key = 'format' AND value = ?1
    AND (?3 IS NULL OR NOT EXISTS (SELECT 1 FROM workers WHERE id > ?3))]], kinds = "iii", expect = 1,
}

-- Makes the tables of a new store, and looks at those of an old one.
local function prepare(self, path)
  local results, message, failure = self.port:read { self.ids[TABLES] }
  if not results then return nil, message, failure end
  local tables, meta = results[1].rows[1][1], results[1].rows[1][2]
  if tables > 0 and meta == 0 then
    return refuse("ESTORE", "%s is a database, but not a store of passo's", path)
  elseif tables == 0 then
    local unit = {}
    for i, sql in ipairs(schema.CREATE) do unit[i] = self.ids[{ sql = sql, kinds = "" }] end
    results, message, failure = self.port:run(unit)
    if not results then return nil, message, failure end
  end
  self.path = path
  return self:format()
end

function Sqlite:format()
  local results, message, failure = self.port:read { self.ids[FORMAT] }
  if not results then return nil, message, failure end
  local format = results[1].rows[1] and results[1].rows[1][1]
  if not format then return refuse("ESTORE", "%s does not say which format it has: it is damaged", self.path) end
  if format > schema.NEWEST then
    return refuse("ENEWER", "%s has format %d, and this passo knows formats up to %d: use a newer one", self.path,
      format, schema.NEWEST)
  end
  return { format = format, newest = schema.NEWEST }
end

--- Opens a store, and makes it when it is not there.
---@param url string
---@param options table host
function Sqlite.open(url, options)
  local path, settings, failure = read_url(url)
  if not path then return nil, settings, failure end
  local has, core = pcall(require, "passo.sqlite.core")
  if not has then
    return refuse("ESTORE", "this passo was built without SQLite, or cannot load it: %s", tostring(core))
  end
  local major, minor = core.version():match "^(%d+)%.(%d+)"
  if tonumber(major) * 1000 + tonumber(minor) < OLDEST_SQLITE then
    return refuse("ESTORE", "SQLite %s is too old: 3.37 is needed", core.version())
  end
  path = core.whole_path(path) or path
  local port, message
  port, message, failure = Port.open(core, path, settings)
  if not port then return nil, message, failure end
  local self = setmetatable({
    port = port, host = options and options.host, ids = setmetatable({ [Ids] = { port = port } }, Ids),
    names = {}, name_ids = {}, name_count = 0, -- texts that many executions share, by number and by text
    mine = {}, -- workers of this process
    bells = {},
  }, Sqlite)
  function self.on_ring(worker) self:call_bells(worker, "inbox") end
  local ok
  ok, message, failure = prepare(self, path)
  if not ok then
    port:close()
    return nil, message, failure
  end
  return self
end

function Sqlite:close()
  self.bells = {}
  self.port:close()
end

function Sqlite:now_ms()
  return (self.host or require("passo.host.current").host()):now_ms()
end

function Sqlite:upgrade(last_worker)
  local written, message, failure = self:format()
  if not written then return nil, message, failure end
  for format = written.format, schema.NEWEST - 1 do
    local unit = { self.ids[SET_FORMAT], format, format + 1, last_worker }
    for i, sql in ipairs(schema.UPGRADES[format]) do unit[4 + i] = self.ids[{ sql = sql, kinds = "" }] end
    local ok
    ok, message, failure = self.port:run(unit)
    if not ok and failure.code == "EFENCED" then return self:fenced "workers have come meanwhile" end
    if not ok then return nil, message, failure end
  end
  return true
end

function Sqlite.fenced(_, message)
  return nil, message, { code = "EFENCED", message = message }
end

function Sqlite.absent()
  local message = "there is no such execution"
  return nil, message, { code = "ENOTFOUND", message = message }
end

return Sqlite
