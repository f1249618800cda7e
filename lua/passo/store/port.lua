--- A port to a database, and who in this Lua state waits for which answer. Whoever waits does it through the host that
--- runs there; what many of them have submitted meanwhile is committed at once.
---
---   local port = assert(Port.open(require "passo.sqlite.core", "shop.db"))
---   local insert = port:prepare("INSERT INTO t (v) VALUES (?)", "t", { expect = 1 })
---   local results, message, failure = port:run { insert, "a", insert, "b" }
---
--- A unit is a flat list: statement, its parameters, statement, its parameters ... It happens as a whole or not at all;
--- results[k] = {changes =, rows = {{...}, ...}?} of its k-th statement. failure.code: EFENCED (a statement changed
--- another number of rows than it must), EEXISTS (a unique key is taken), ESTORE (the database cannot be used),
--- EINPUT, EHOST; failure.statement names the k-th.
local current_host = require("passo.host.current").host

local Port = {}
Port.__index = Port

local Pending = {}
Pending.__index = Pending

--- Opens the database.
---@param core table passo.sqlite.core, passo.postgres.core
---@param target string a file's path, a connection string
---@param options table? relaxed, wait_ms
function Port.open(core, target, options)
  local self = setmetatable({
    port = core.open(target, options),
    waiters = {}, -- ticket -> its pending answer
    hosts = {},   -- those that call `dispatch`
    listens = false, -- rings are to be heard also while nobody waits
  }, Port)
  local now, message, failure = self:now() -- a session is opened by its first work
  if not now then
    self:close()
    return nil, message, failure
  end
  return self
end

-- the hosts' side ----------------------------------------------------------------------------------

-- One answer: the rest of what take() gives.
local function settle(self, ticket, ...)
  local pending = self.waiters[ticket]
  if not pending then
    if ticket == 0 and self.on_ring then self.on_ring(...) end
    return
  end
  self.waiters[ticket] = nil
  pending.over, pending.results, pending.message, pending.failure = true, ...
  if pending.event then pending.host:set(pending.event) end
  for i = 1, #pending do pending[i].host:set(pending[i].event) end
end

local function settle_next(self, ticket, ...)
  if not ticket then return false end
  settle(self, ticket, ...)
  return true
end

--- Wakes everybody whose answer has come.
function Port:dispatch()
  local port = self.port
  while settle_next(self, port:take()) do end
end

--- Whether anybody still waits.
function Port:is_awaited()
  return next(self.waiters) ~= nil
end

--- The unix socket that tells of answers, for hosts that wait for nothing else.
function Port:open_signal()
  return self.port:signal()
end

-- The host that runs here serves us from now on; nil, message, failure where nothing may wait.
local function join(self)
  local host = current_host()
  if not self.port:ours() then
    local message = "the store is closed, or was opened by the process that this one was forked from"
    return nil, message, { code = "EHOST", message = message }
  end
  local ok, message, failure = host:serve(self)
  if not ok then return nil, message, failure end
  self.hosts[host] = true
  return host
end

-- submitting -----------------------------------------------------------------------------------------

local function expect(self, ticket)
  local pending = setmetatable({ link = self, ticket = ticket, over = nil, results = nil, message = nil,
    failure = nil, host = nil, event = nil }, Pending)
  self.waiters[ticket] = pending
  return pending
end

--- Waits for the answer: results, or nil, message, failure. Several may wait for it, and ask again.
---@param host? table of the caller, when that is known
function Pending:wait(host)
  local link = self.link
  if not self.over then
    local message, failure
    if not host then
      host, message, failure = join(link)
      if not host then return nil, message, failure end
    end
    local event = host:event()
    if self.event then
      self[#self + 1] = { event = event, host = host }
    else
      self.event, self.host = event, host
    end
    if host.await_link then host:await_link(link) end
    repeat
      local ok, why = host:wait(event)
      if ok == nil and not self.over then
        if host.leave_link then host:leave_link(link) end
        why = "waiting for the store: " .. tostring(why)
        return nil, why, { code = "EHOST", message = why }
      end
    until self.over
    if host.leave_link then host:leave_link(link) end
  end
  return self.results, self.message, self.failure
end

--- Whether the answer has come: `wait` would not.
function Pending:is_over()
  return self.over == true
end

-- A host that steps ports does their work itself while it waits; elsewhere threads do.
local function start(self)
  local host = current_host()
  if not host.steps_ports then self.port:kick() end
end

--- Makes a statement.
---@param sql string one statement
---@param kinds string? one letter a parameter: i integer, r real, t text, b blob; any may be nil
---@param flags table? rows = true: the results hold its rows; expect: how many rows it must change
---@return integer id
function Port:prepare(sql, kinds, flags)
  return self.port:prepare(sql, kinds, flags)
end

--- Submits a unit and waits for it.
---@param unit table
---@param key integer? see send
---@param rows_only boolean? see send
---@return table? results
---@return string? message
---@return table? failure
function Port:run(unit, key, rows_only)
  local host, message, failure = join(self)
  if not host then return nil, message, failure end
  local pending = expect(self, self.port:submit(unit, key, rows_only))
  if not host.steps_ports then self.port:kick() end
  return pending:wait(host)
end

--- Submits a unit; its pending answer may be waited for later, or never.
--- Units with the same key depend on each other: when one fails, those behind it that were sent before its answer
--- came fail with it (EFENCED).
---@param unit table
---@param key integer? 1 and more
---@param rows_only boolean? results has nothing of statements that give no rows; it is true when none gives any
---@return table pending with pending:wait()
function Port:send(unit, key, rows_only)
  local pending = expect(self, self.port:submit(unit, key, rows_only))
  start(self)
  return pending
end

--- A unit that changes nothing, beside those that write: it sees all that was answered before.
function Port:read(unit)
  local host, message, failure = join(self)
  if not host then return nil, message, failure end
  local pending = expect(self, self.port:read(unit))
  if not host.steps_ports then self.port:kick() end
  return pending:wait(host)
end

-- locks, rings, time ---------------------------------------------------------------------------------

local function ask(self, verb, number)
  local host, message, failure = join(self)
  if not host then return nil, message, failure end
  local port = self.port
  local pending = expect(self, port[verb](port, number))
  if not host.steps_ports then port:kick() end
  return pending:wait()
end

local function ask_whether(self, verb, number)
  local answer, message, failure = ask(self, verb, number)
  if not answer then return nil, message, failure end
  return answer == 1
end

--- Holds lock `number` until it is let go, or this process dies: true, or false when somebody else holds it.
function Port:hold(number)
  return ask_whether(self, "hold", number)
end

function Port:let_go(number)
  return ask_whether(self, "let_go", number)
end

--- Whether anybody holds lock `number`, this port too.
function Port:held(number)
  return ask_whether(self, "held", number)
end

--- From now on on_ring(number) is called on the host's thread when somebody rings for `number`.
---@param number integer
---@param on_ring fun(number: integer) one for all numbers
function Port:listen(number, on_ring)
  self.on_ring, self.listens = on_ring, true
  return ask_whether(self, "listen", number)
end

--- Rings for `number`, wherever it listens; nobody waits for it.
function Port:ring(number)
  self.port:ring(number)
  start(self)
end

--- The database's clock, in milliseconds since 1970.
function Port:now()
  return ask(self, "now")
end

--- Whether this process may use it: not once it is closed, nor after a fork.
function Port:is_ours()
  return self.port:ours()
end

--- Does what is queued, then closes the database: who waits is told what came of it.
function Port:close()
  for host in pairs(self.hosts) do host:drop(self) end
  self.hosts = {}
  self.port:close()
  self:dispatch()
end

return Port
