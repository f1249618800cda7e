--- The host inside libuv (package luv): executions, their handlers and other users of the loop go on side by side.
---
---   local host = require("passo.host.luv").new()
---   machine:run(input, { host = host, handlers = ... })      runs the loop until the execution has ended
---
--- Handlers are coroutines: they wait by passo.sleep and passo.net, or as users of luv do, by coroutine.yield until
--- a callback of theirs resumes them. There is one loop in a Lua state, hence one host. The main program waits by
--- running the loop; a callback of the loop must not wait (nested loops are not possible): it starts a coroutine.
local core = require "passo.core"
local uv = require "luv"

-- Nothing but its module's table keeps luv's loop, up to 1.44 at least: when a program forgets the module (test runners
-- do between files) the loop is collected, and luv required again works on the memory it had.
if debug and debug.getregistry then
  local registry = debug.getregistry()
  registry["passo.host.luv"] = registry["passo.host.luv"] or uv
end

local loop = {}
loop.__index = loop

local create, resume, running, yield = coroutine.create, coroutine.resume, coroutine.running, coroutine.yield

-- Lua 5.1 yields across no pcall: there the coroutine alone is the error barrier, for those that we resume.
local HAS_BARRIER = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

local only

--- The host of this Lua state's loop.
function loop.new()
  only = only or setmetatable({
    ready = {},  -- what to resume or start, first in first out
    first = 1, last = 0,
    asleep = {}, -- coroutine -> its ticket, while it may be cancelled
    finish = {}, -- coroutine -> function(ok, ...) for its end, of those that run without a barrier
    idle = uv.new_idle(),
    served = {}, -- link -> {poll, how many await its answers}
  }, loop)
  return only
end

--- The host, once the program has made it: all that waits then waits in the loop.
function loop.current()
  return only
end

function loop.now_ms(_)
  return core.now_ms()
end

-- coroutines -------------------------------------------------------------------------------------

local function on_main()
  local thread, is_main = running()
  return thread == nil or is_main == true
end

local function go_on(self, thread, ...)
  local ok, err = resume(thread, ...)
  if ok then return end
  local finish = self.finish[thread]
  self.finish[thread] = nil
  if not finish then error(tostring(err) .. "\n" .. debug.traceback(thread), 0) end
  finish(false, err, debug.traceback(thread))
end

-- Does what was ready on entry, so that a loop's other users have their turn between.
local function run_ready(self)
  local last = self.last
  while self.first <= last do
    local entry = self.ready[self.first]
    self.ready[self.first] = nil
    self.first = self.first + 1
    if entry.spawn then
      go_on(self, create(entry.spawn), entry.argument)
    else
      go_on(self, entry.thread, entry.woken)
    end
  end
  if self.first > self.last then self.idle:stop() end
end

local function enqueue(self, entry)
  if self.first > self.last then self.idle:start(function() run_ready(self) end) end
  self.last = self.last + 1
  self.ready[self.last] = entry
end

local function wake(self, ticket, reason)
  if ticket.woken then return end
  ticket.woken = reason
  if ticket.timer then
    ticket.timer:close()
    ticket.timer = nil
  end
  if ticket.thread then enqueue(self, ticket) end
end

local function trace(err)
  return { raised = err, traceback = debug.traceback("", 2) }
end

--- As the plain host's.
---@return thread? worker when it waits
function loop:perform(fn, done, owner, a, b, c)
  local over, thread = false, nil
  local function finish(ok, first, ...)
    over = true
    self.finish[thread] = nil
    if ok or not HAS_BARRIER then return done(owner, ok, first, ...) end
    return done(owner, false, first.raised, first.traceback)
  end
  thread = create(function()
    if HAS_BARRIER then return finish(xpcall(fn, trace, a, b, c)) end
    finish(true, fn(a, b, c))
  end)
  if not HAS_BARRIER then self.finish[thread] = finish end
  go_on(self, thread)
  if not over then return thread end
end

--- Runs fn(...) now; it must not wait.
function loop.call(_, fn, a, b, c)
  return pcall(fn, a, b, c)
end

--- Starts fn(a) as a job that nobody awaits, when the loop next turns.
function loop:spawn(fn, a)
  enqueue(self, { spawn = fn, argument = a })
end

--- The same for a job that outlives whoever starts it.
loop.detach = loop.spawn

--- The host for one execution's jobs.
function loop:for_run()
  return self
end

-- waiting ------------------------------------------------------------------------------------------

function loop.event(_)
  return { set = false, tickets = {} }
end

function loop:set(event)
  event.set = true
  for i = #event.tickets, 1, -1 do
    wake(self, event.tickets[i], "event")
    event.tickets[i] = nil
  end
end

-- Until the ticket is woken: "event", "timeout", "cancelled", "yield"; nil when nothing in the loop ever would.
local function park(self, ticket, deadline_ms)
  if deadline_ms then
    ticket.timer = uv.new_timer()
    ticket.timer:start(math.max(0, math.ceil(deadline_ms - core.now_ms())), 0, function()
      wake(self, ticket, "timeout")
    end)
  end
  if ticket.thread then return yield() end
  while not ticket.woken do
    if not uv.run "once" and not ticket.woken then return nil end
  end
  return ticket.woken
end

local function ticket_here()
  return { thread = not on_main() and running() or nil }
end

local function wait_for(self, event, ticket, deadline_ms)
  if event.set then
    event.set = false
    return "event"
  end
  event.tickets[#event.tickets + 1] = ticket
  local reason = park(self, ticket, deadline_ms)
  for i = #event.tickets, 1, -1 do
    if event.tickets[i] == ticket then table.remove(event.tickets, i) end
  end
  if reason == "event" then event.set = false end
  return reason
end

--- As the plain host's: true, false when the deadline has come, nil and "idle" when neither can.
function loop:wait(event, deadline_ms)
  local reason = wait_for(self, event, ticket_here(), deadline_ms)
  if not reason then return nil, "idle" end
  return reason == "event"
end

-- The same for who may be cancelled meanwhile.
local function wait_as_task(self, event, deadline_ms)
  local ticket = ticket_here()
  if ticket.thread then self.asleep[ticket.thread] = ticket end
  local reason = wait_for(self, event, ticket, deadline_ms)
  if ticket.thread then self.asleep[ticket.thread] = nil end
  return reason
end

function loop:await(event)
  local reason = wait_as_task(self, event)
  if reason == "event" then return true end
  return nil, reason or "idle"
end

function loop:sleep(seconds)
  local reason = wait_as_task(self, self:event(), core.now_ms() + math.ceil(seconds * 1000))
  if reason == "cancelled" then return nil, reason end
  return true
end

--- Ends the wait of a worker at once: passo.sleep, a transfer.
function loop:interrupt(worker)
  local ticket = self.asleep[worker]
  if ticket then wake(self, ticket, "cancelled") end
end

--- Lets others run.
function loop:yield()
  if on_main() then
    uv.run "nowait"
    return
  end
  local ticket = { thread = running() }
  wake(self, ticket, "yield")
  yield()
end

function loop:advance(seconds)
  self:sleep(seconds)
end

-- transfers and stores -------------------------------------------------------------------------------

--- From now on the link is told of its news: its descriptor is polled, which keeps the loop going only while an answer
--- is awaited.
function loop:serve(link)
  if self.served[link] then return true end
  local descriptor, message, failure = link.port:fd()
  if not descriptor then return nil, message, failure end
  local poll, why, code = uv.new_poll(descriptor)
  if not poll then return nil, why, { code = code, message = why } end
  poll:start("r", function()
    link.port:ack()
    link:dispatch()
  end)
  poll:unref()
  self.served[link] = { poll = poll, awaited = 0 }
  return true
end

--- Before the link's port is closed. Where the loop does not run it is turned once: a handle whose end is left to a
--- loop that never turns again crashes Lua's exit in luv 1.44.
function loop:drop(link)
  local served = self.served[link]
  self.served[link] = nil
  if not served then return end
  served.poll:close()
  if not uv.loop_mode() then uv.run "nowait" end
end

--- Somebody awaits an answer of the link; and no longer.
function loop:await_link(link)
  local served = self.served[link]
  served.awaited = served.awaited + 1
  if served.awaited == 1 then served.poll:ref() end
end

function loop:leave_link(link)
  local served = self.served[link]
  if not served then return end
  served.awaited = served.awaited - 1
  if served.awaited == 0 then served.poll:unref() end
end

--- The link to the loop's transfers; nil, message, failure where it cannot be had.
function loop:link()
  if self.wire then return self.wire end
  local wire, message, failure = require("passo.net.link").open "thread"
  if not wire then return nil, message, failure end
  local ok
  ok, message, failure = self:serve(wire)
  if not ok then return nil, message, failure end
  self.wire = wire
  return wire
end

function loop:hold(_)
  self:await_link(self.wire)
end

function loop:release()
  if self.wire then self:leave_link(self.wire) end
end

--- Ends its transfers and connections.
function loop:unlink()
  local wire = self.wire
  if not wire then return end
  self:drop(wire)
  self.wire = nil
  wire:close()
end

return loop
