--- The host inside cqueues: handlers are coroutines of a controller, so they may use cqueues' own sockets and
--- conditions beside passo.sleep and passo.net.
---
---   local cq = require("cqueues").new()
---   local host = require("passo.host.cqueues").new(cq)
---   cq:wrap(function() machine:run(input, { host = host, handlers = ... }) end)
---   assert(cq:loop())
---
--- Outside the controller's coroutines, who waits steps the controller meanwhile.
local condition = require "cqueues.condition"
local core = require "passo.core"
local cqueues = require "cqueues"

local queue = {}
queue.__index = queue

local hosts = setmetatable({}, { __mode = "k" })

-- Waiting longer than this in one go gains nothing.
local LONGEST_WAIT = 3600

--- The host of a controller; without one, a controller of its own.
function queue.new(controller)
  controller = controller or cqueues.new()
  local host = hosts[controller]
  if not host then
    host = setmetatable({ controller = controller, served = {} }, queue)
    hosts[controller] = host
  end
  return host
end

--- The host of the controller that runs here, if any.
function queue.current()
  local controller = cqueues.running()
  return controller and queue.new(controller)
end

function queue.now_ms(_)
  return core.now_ms()
end

-- jobs -----------------------------------------------------------------------------------------------

-- Lua 5.1 yields across no pcall: there a coroutine within is the barrier, and what it yields is passed on.
local HAS_BARRIER = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

local function trace(err)
  return { raised = err, traceback = debug.traceback("", 2) }
end

local function pass_on(thread, ok, ...)
  if not ok then return false, { raised = ..., traceback = debug.traceback(thread) } end
  if coroutine.status(thread) == "dead" then return true, ... end
  return pass_on(thread, coroutine.resume(thread, coroutine.yield(...)))
end

local function guarded(fn, a, b, c)
  if HAS_BARRIER then return xpcall(fn, trace, a, b, c) end
  local thread = coroutine.create(fn)
  return pass_on(thread, coroutine.resume(thread, a, b, c))
end

-- Coroutine -> the job it runs.
local jobs = setmetatable({}, { __mode = "k" })

local function finish(done, owner, ok, first, ...)
  if ok then return done(owner, true, first, ...) end
  return done(owner, false, first.raised, first.traceback)
end

--- As the plain host's, but nothing is done before the controller next turns.
---@return table worker {condition = what it waits with while it may be cancelled}
function queue:perform(fn, done, owner, a, b, c)
  local worker = {}
  self.controller:wrap(function()
    finish(done, owner, guarded(function()
      jobs[coroutine.running()] = worker
      return fn(a, b, c)
    end))
  end)
  return worker
end

--- Runs fn(...) now; it must not wait.
function queue.call(_, fn, a, b, c)
  return pcall(fn, a, b, c)
end

--- Starts fn(a) as a job that nobody awaits, when the controller next turns.
function queue:spawn(fn, a)
  self.controller:wrap(fn, a)
end

--- The same for a job that outlives whoever starts it.
queue.detach = queue.spawn

--- The host for one execution's jobs.
function queue:for_run()
  return self
end

-- waiting --------------------------------------------------------------------------------------------

function queue.event(_)
  return { set = false, condition = condition.new() }
end

function queue.set(_, event)
  event.set = true
  event.condition:signal()
end

-- Waits a little: inside the controller as its coroutine, outside by stepping it. False when nothing in it is left.
local function wait_once(self, what, deadline_ms)
  local seconds = LONGEST_WAIT
  if deadline_ms then seconds = math.max(0, math.min(seconds, (deadline_ms - core.now_ms()) / 1000)) end
  if cqueues.running() == self.controller then
    what:wait(seconds)
  elseif self.controller:empty() then
    if not deadline_ms then return false end
    core.sleep_ms(seconds * 1000)
  else
    local ok, message = self.controller:step(seconds)
    if not ok then error(message, 0) end
  end
  return true
end

--- As the plain host's: true, false when the deadline has come, nil and "idle" when neither can.
function queue:wait(event, deadline_ms)
  while not event.set do
    if deadline_ms and deadline_ms <= core.now_ms() then return false end
    if not wait_once(self, event.condition, deadline_ms) then return nil, "idle" end
  end
  event.set = false
  return true
end

-- The same for who may be cancelled meanwhile.
local function wait_as_task(self, event, deadline_ms)
  local worker = jobs[coroutine.running()]
  if not worker then return self:wait(event, deadline_ms) end
  local over
  worker.condition, worker.cancelled = event.condition, nil
  repeat
    over = event.set or worker.cancelled or (deadline_ms and deadline_ms <= core.now_ms())
    if not over then wait_once(self, event.condition, deadline_ms) end
  until over
  worker.condition = nil
  if worker.cancelled then return nil, "cancelled" end
  local set = event.set
  event.set = false
  return set
end

function queue:await(event)
  return wait_as_task(self, event)
end

function queue:sleep(seconds)
  local ok, why = wait_as_task(self, self:event(), core.now_ms() + math.ceil(seconds * 1000))
  if ok == nil and why == "cancelled" then return nil, why end
  return true
end

--- Ends the wait of a worker at once: passo.sleep, a transfer. Who waits by cqueues' own means goes on unheard.
function queue.interrupt(_, worker)
  if not worker.condition then return end
  worker.cancelled = true
  worker.condition:signal()
end

--- Lets others run.
function queue:yield()
  if cqueues.running() == self.controller then cqueues.sleep(0) else wait_once(self, nil, core.now_ms()) end
end

function queue:advance(seconds)
  self:sleep(seconds)
end

-- transfers and stores -------------------------------------------------------------------------------

-- One coroutine reads a link's descriptor, as long as an answer is awaited, or a store may ring.
local function read_news(self, link, served)
  local readable = { pollfd = served.descriptor, events = "r" }
  while (served.awaited > 0 or link.listens) and self.served[link] == served do
    cqueues.poll(readable, served.woken)
    link.port:ack()
    link:dispatch()
  end
  served.is_reading = false
end

--- The link may be awaited from now on; nil, message, failure where it has no descriptor.
function queue:serve(link)
  if self.served[link] then return true end
  local descriptor, message, failure = link.port:fd()
  if not descriptor then return nil, message, failure end
  self.served[link] = { descriptor = descriptor, awaited = 0, is_reading = false, woken = condition.new() }
  return true
end

--- Before the link's port is closed.
function queue:drop(link)
  local served = self.served[link]
  if not served then return end
  cqueues.cancel(served.descriptor)
  self.served[link] = nil
  served.woken:signal()
end

--- Somebody awaits an answer of the link; and no longer.
function queue:await_link(link)
  local served = self.served[link]
  served.awaited = served.awaited + 1
  if served.is_reading then return end
  served.is_reading = true
  self.controller:wrap(read_news, self, link, served)
end

function queue:leave_link(link)
  local served = self.served[link]
  if not served then return end
  served.awaited = served.awaited - 1
  if served.awaited == 0 then served.woken:signal() end
end

--- The link to the controller's transfers; nil, message, failure where it cannot be had.
function queue:link()
  if self.wire then return self.wire end
  local wire, message, failure = require("passo.net.link").open "thread"
  if not wire then return nil, message, failure end
  local ok
  ok, message, failure = self:serve(wire)
  if not ok then return nil, message, failure end
  self.wire = wire
  return wire
end

function queue:hold(_)
  self:await_link(self.wire)
end

function queue:release()
  if self.wire then self:leave_link(self.wire) end
end

--- Ends its transfers and connections.
function queue:unlink()
  local wire = self.wire
  if not wire then return end
  self:drop(wire)
  self.wire = nil
  wire:close()
end

return queue
