--- Starts a real PostgreSQL server for a spec, on a port and a socket of its own, and ends it with the spec.
---
---   local server = assert(require("servers.postgres").start())    nil, reason where there is none to start
---   server:url(), server:url("socket"), server:url { database = "other", user = "u", query = "sslmode=require" }
---   server:database()     the name of a new, empty database
---   server:sql("SELECT 1", database)      what psql prints
---   server:stop_serving(), server:crash(), server:start_again()
---   server:stop()         also done when the spec ends or dies
local postgres = {}
local Server = {}
Server.__index = Server

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"

local function quote(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end

local function read_all(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  local ok = pipe:close()
  return text, ok
end

-- The process that asks: io.popen's shell is its child.
local function own_pid()
  return (read_all "echo $PPID"):match "%d+"
end

---@param options string[]? lines for postgresql.conf
function postgres.start(options)
  local folder = os.tmpname()
  os.remove(folder)
  local words = {}
  for i, option in ipairs(options or {}) do words[i] = quote(option) end
  local errors = folder .. ".err"
  local command = "unset LD_PRELOAD; exec sh %s serve %s %s %s 2>%s"
  local pipe = assert(io.popen(command:format(quote(here .. "/postgres.sh"), quote(folder),
    own_pid(), table.concat(words, " "), quote(errors))))
  local port = pipe:read "*l"
  local file = io.open(errors)
  local said = file and file:read "*a" or ""
  if file then file:close() end
  os.remove(errors)
  if not port then
    pipe:close()
    return nil, "PostgreSQL did not start: " .. said
  end
  return setmetatable({ folder = folder, port = tonumber(port), pipe = pipe, databases = 0 }, Server)
end

--- Where it is: by TCP, or by its socket.
function Server:url(how)
  how = type(how) == "table" and how or { socket = how == "socket" }
  local query = how.query and { how.query } or {}
  if how.socket then
    query[#query + 1] = "host=" .. self.folder
    query[#query + 1] = "port=" .. self.port
  end
  return ("postgres://%s@%s/%s%s"):format(how.user or "passo",
    how.socket and "" or ("127.0.0.1:%d"):format(how.port or self.port), how.database or "postgres",
    query[1] and "?" .. table.concat(query, "&") or "")
end

--- Statements, by psql: what it prints, columns by "|".
function Server:sql(text, database)
  local out, ok = read_all(("unset LD_PRELOAD; psql -X -q -A -t -v ON_ERROR_STOP=1 -h %s -p %d -U passo -d %s -c %s"
    .. " 2>&1"):format(quote(self.folder), self.port, quote(database or "postgres"), quote(text)))
  assert(ok, out)
  return (out:gsub("%s+$", ""))
end

function Server:database()
  self.databases = self.databases + 1
  local name = "spec_" .. self.databases
  self:sql("CREATE DATABASE " .. name)
  return name
end

function Server:do_script(verb)
  local command = "unset LD_PRELOAD; exec sh %s %s %s"
  local ok = os.execute(command:format(quote(here .. "/postgres.sh"), verb, quote(self.folder)))
  assert(ok == true or ok == 0, "postgres.sh " .. verb .. " failed")
end

--- Ends it as an operator would: connections are cut, nothing committed is lost.
function Server:stop_serving() self:do_script "stop" end

--- Ends it at once, without a checkpoint: the next start recovers.
function Server:crash() self:do_script "crash" end

function Server:start_again() self:do_script "start" end

function Server:stop()
  if not self.pipe then return end
  local file = io.open(self.folder .. "/stop", "w")
  if file then file:close() end
  self.pipe:close()
  self.pipe = nil
end

-- networks that fail ---------------------------------------------------------------------------------

local Cut = {}
Cut.__index = Cut

-- A program that tells its port in a file, and lives as long as we write to it.
local function run_cut(words)
  local file = os.tmpname()
  os.remove(file)
  local pipe = assert(io.popen(("unset LD_PRELOAD; exec /usr/bin/python3 %s %s"):format(quote(here .. "/cut.py"),
    words:format(quote(file))), "w"))
  pipe:setvbuf "line"
  local port
  for _ = 1, 200 do
    local opened = io.open(file)
    port = opened and tonumber(opened:read "*a")
    if opened then opened:close() end
    if port then break end
    os.execute "sleep 0.05"
  end
  return setmetatable({ file = file, port = assert(port, "cut.py did not start"), pipe = pipe, said = 0 }, Cut)
end

--- A way to this server that can be cut: see cut.py.
function Server:cut() return run_cut("proxy %s 127.0.0.1 " .. self.port) end

--- Something that says it is an old PostgreSQL.
function postgres.old() return run_cut "old %s" end

--- One of its words; done when this returns.
function Cut:say(word)
  self.said = self.said + 1
  self.pipe:write(word, "\n")
  for _ = 1, 200 do
    local file, lines = io.open(self.file .. ".said"), 0
    if file then
      for _ in file:lines() do lines = lines + 1 end
      file:close()
    end
    if lines >= self.said then return end
    os.execute "sleep 0.01"
  end
  error("cut.py did not answer to " .. word)
end

-- Its input may have been inherited by a server: closing it would not be the end.
function Cut:stop()
  self.pipe:write "quit\n"
  self.pipe:close()
  os.remove(self.file)
  os.remove(self.file .. ".said")
end

return postgres
