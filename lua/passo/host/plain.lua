--- A host without an event loop of its own: many executions at once in one thread, on the real clock
--- or on a virtual one, which jumps to the next deadline and makes every run the same.
---
--- Whoever waits holds a ticket; a ticket wakes once, by its event, by its timer or by an interruption.
--- Timers that lost that race stay in the heap until they are due, and then do nothing.
local core = require "passo.core"

local plain = {}
plain.__index = plain
plain.at_once = true -- perform() returns what `done` returned, when the job has not waited
plain.steps_ports = true -- what a store's port is asked for is done while this host waits

local FINISHED, PARKED = {}, {} -- what a worker yields: its job is done, or it waits
local create, resume, yield, running = coroutine.create, coroutine.resume, coroutine.yield, coroutine.running

-- The host whose worker is running now, and that worker; nil in the main program.
local current_host, current_worker

--- A new host.
---@param options table? virtual_ms: start of a virtual clock
function plain.new(options)
  return setmetatable({
    virtual_ms = options and options.virtual_ms,
    heap = {},  -- tickets by (at, order)
    order = 0,
    ready = {}, -- tickets to resume, first in first out
    first = 1, last = 0,
    yielded = {}, -- tickets of those that let others go first
    idle = {},  -- workers without a job
    done = {},  -- worker -> function(owner, ok, ...) of a job that has waited
    owner = {},
    asleep = {}, -- worker -> its ticket, in passo.sleep or while a transfer is under way
    parked = {}, -- worker -> the ticket it waits with
    wire = nil,  -- passo.net's link, once something was sent
    stores = {}, -- passo.store.port, those that are served
    looked_ms = 0, -- when that was last looked at while jobs were ready
  }, plain)
end

local default
--- The host of programs that name none.
function plain.default()
  default = default or plain.new()
  return default
end

--- The host whose handler is running, if any.
function plain.current()
  if current_worker and running() == current_worker then return current_host end
end

function plain:now_ms()
  return self.virtual_ms or core.now_ms()
end

-- timers ---------------------------------------------------------------------------------------

local function before(a, b)
  return a.at < b.at or (a.at == b.at and a.order < b.order)
end

local function push_timer(self, ticket, at)
  self.order = self.order + 1
  ticket.at, ticket.order = at, self.order
  local heap = self.heap
  local i = #heap + 1
  heap[i] = ticket
  while i > 1 do
    local parent = (i - i % 2) / 2
    if not before(ticket, heap[parent]) then break end
    heap[i], heap[parent] = heap[parent], ticket
    i = parent
  end
end

local function pop_timer(self)
  local heap = self.heap
  local top, n = heap[1], #heap
  local moved = heap[n]
  heap[n] = nil
  n = n - 1
  if n > 0 then
    local i = 1
    while true do
      local child = 2 * i
      if child > n then break end
      if child < n and before(heap[child + 1], heap[child]) then child = child + 1 end
      if not before(heap[child], moved) then break end
      heap[i] = heap[child]
      i = child
    end
    heap[i] = moved
  end
  return top
end

-- The earliest ticket that still waits.
local function next_timer(self)
  while self.heap[1] and self.heap[1].woken do pop_timer(self) end
  return self.heap[1]
end

-- workers --------------------------------------------------------------------------------------

-- Workers are kept: a coroutine costs more than most handlers. One that raised is dropped with its stack.
local function work(fn, a, b, c)
  while true do fn, a, b, c = yield(FINISHED, fn(a, b, c)) end
end

local function settle(self, worker, done, owner, ok, tag, ...)
  if not ok then
    self.done[worker], self.owner[worker] = nil, nil
    return done(owner, false, tag, debug.traceback(worker))
  elseif tag == FINISHED then
    self.done[worker], self.owner[worker] = nil, nil
    self.idle[#self.idle + 1] = worker
    return done(owner, true, ...)
  elseif tag == PARKED then
    self.done[worker], self.owner[worker] = done, owner
    self.parked[worker] = ...
    return worker
  end
  self.done[worker], self.owner[worker] = nil, nil
  return done(owner, false, "the function yielded to nobody: only passo.sleep and waiting calls may yield here",
    debug.traceback(worker))
end

local function enter(host, worker)
  local old_host, old_worker = current_host, current_worker
  current_host, current_worker = host, worker
  return old_host, old_worker
end

local function leave(old_host, old_worker, ...)
  current_host, current_worker = old_host, old_worker
  return ...
end

--- Runs fn(a, b, c) as a job of its own, which may wait: its coroutine is also its error barrier.
--- In the end done(owner, true, results...) or done(owner, false, error, traceback) is called, perhaps at once.
---@return thread? worker when it waits
function plain:perform(fn, done, owner, a, b, c)
  local idle = self.idle
  local n = #idle
  local worker = idle[n]
  if worker then idle[n] = nil else worker = create(work) end
  local old_host, old_worker = current_host, current_worker
  current_host, current_worker = self, worker
  return settle(self, worker, done, owner, leave(old_host, old_worker, resume(worker, fn, a, b, c)))
end

--- Gives a worker that waits the owner its `done` will be called with.
function plain:adopt(worker, owner)
  self.owner[worker] = owner
end

local function called(_, ok, ...)
  return ok, ...
end

local function nothing() end

local function answered(self, ok, ...)
  if type(ok) ~= "thread" then return ok, ... end
  self.done[ok] = nothing
  return false, "the function waits, but its answer is needed at once"
end

--- Runs fn(...) now: ok, results or error. It must not wait.
function plain:call(fn, a, b, c)
  return answered(self, self:perform(fn, called, nil, a, b, c))
end

--- Starts fn(a) as a job that nobody awaits, when the host is next stepped.
function plain:spawn(fn, a)
  self.last = self.last + 1
  self.ready[self.last] = { spawn = fn, argument = a }
end

--- The same for a job that outlives whoever starts it.
plain.detach = plain.spawn

--- The host for one execution's jobs.
function plain:for_run()
  return self
end

local function wake(self, ticket, reason)
  if ticket.woken then return end
  ticket.woken = reason
  if ticket.worker then
    self.last = self.last + 1
    self.ready[self.last] = ticket
  end
end

local function spawned(_, ok, err, trace)
  if not ok then error(tostring(err) .. "\n" .. tostring(trace), 0) end
end

local function run_ticket(self, ticket)
  if ticket.spawn then
    self:perform(ticket.spawn, spawned, nil, ticket.argument)
    return
  end
  local worker = ticket.worker
  -- One that could not wait (a C frame was in its way) has long gone on.
  if self.parked[worker] ~= ticket then return end
  self.parked[worker] = nil
  local old_host, old_worker = enter(self, worker)
  settle(self, worker, self.done[worker], self.owner[worker],
    leave(old_host, old_worker, resume(worker, ticket.woken)))
end

-- Resumes what was ready on entry; false when nothing was.
local function step_ready(self)
  if self.first > self.last then return false end
  local last = self.last
  while self.first <= last do
    local ticket = self.ready[self.first]
    self.ready[self.first] = nil
    self.first = self.first + 1
    run_ticket(self, ticket)
  end
  return true
end

local function wake_due(self)
  local now_ms, timer = self:now_ms(), next_timer(self)
  while timer and timer.at <= now_ms do
    wake(self, pop_timer(self), "timeout")
    timer = next_timer(self)
  end
end

-- Makes those ready that had let others go first, after those whose time has come meanwhile.
local function resume_yielded(self)
  local yielded = self.yielded
  if #yielded == 0 then return false end
  self.yielded = {}
  wake_due(self)
  for _, ticket in ipairs(yielded) do wake(self, ticket, "yield") end
  return true
end

-- A look at transfers and stores costs more than most jobs: while there are jobs, this often is enough.
local LOOK_MS = 1

local function dispatch_stores(stores)
  for i = #stores, 1, -1 do
    stores[i].port:ack()
    stores[i]:dispatch()
  end
end

-- What was asked of a store while there are jobs is done beside them, by its thread. With none left this host is about
-- to wait, and then does it by itself: a lone commit must not cost two switches between threads.
local function look_around(self)
  local stores = self.stores
  if not self.wire and not stores[1] then return end
  if self.first > self.last and not self.yielded[1] then return end
  local now_ms = core.now_ms()
  if now_ms - self.looked_ms < LOOK_MS then return end
  self.looked_ms = now_ms
  if self.wire then self.wire:step(0) end
  for _, link in ipairs(stores) do link.port:kick() end
  dispatch_stores(stores)
end

-- Whether a store owes an answer; and whether one may ring.
local function ask_stores(stores)
  local busy, listens
  for _, link in ipairs(stores) do
    busy = busy or link.port:busy()
    listens = listens or link.listens
  end
  return busy, listens
end

-- Waits for transfers and for stores at once: the stores' threads do the work.
local function wait_for_both(self, wait_ms)
  local descriptors = {}
  for i, link in ipairs(self.stores) do
    link.port:kick()
    descriptors[i] = link.port:fd()
  end
  self.wire:step(wait_ms, descriptors)
end

-- Waits for stores: it does the work of the first of them itself, and leaves the others' to their threads.
local function wait_for_stores(self, wait_ms)
  local stores, descriptors = self.stores, {}
  for i = 2, #stores do
    stores[i].port:kick()
    descriptors[i - 1] = stores[i].port:fd()
  end
  stores[1].port:step(wait_ms, (table.unpack or unpack)(descriptors))
end

-- Waits for the transfers and stores that are at work, at most until a timer is due. Virtual time stands still
-- meanwhile: how long the world takes is not for it to say. False when none is at work.
local function step_links(self, timer, limit_ms)
  local stores = self.stores
  local sends = self.wire and self.wire.port:busy()
  local busy, listens = ask_stores(stores)
  if not sends and not busy and not (listens and (timer or limit_ms) and not self.virtual_ms) then return false end
  local wait_ms = math.huge
  if not self.virtual_ms then
    local at = math.min(timer and timer.at or math.huge, limit_ms or math.huge)
    wait_ms = math.max(0, at - core.now_ms())
  end
  if sends and stores[1] then
    wait_for_both(self, wait_ms)
  elseif sends then
    self.wire:step(wait_ms)
  else
    wait_for_stores(self, wait_ms)
  end
  dispatch_stores(stores)
  if not self.virtual_ms then wake_due(self) end
  return true
end

-- Lets everything happen that is due by `limit_ms` (nil: the next thing, whenever it is due).
-- False when there was nothing, or not yet.
local function step(self, limit_ms)
  if step_ready(self) or resume_yielded(self) then
    look_around(self)
    return true
  end
  local timer = next_timer(self)
  if (self.wire or self.stores[1]) and step_links(self, timer, limit_ms) then return true end
  if not timer or (limit_ms and timer.at > limit_ms) then return false end
  if self.virtual_ms then
    self.virtual_ms = math.max(self.virtual_ms, timer.at)
  else
    local left = timer.at - core.now_ms()
    if left > 0 then core.sleep_ms(left) end
  end
  pop_timer(self)
  wake(self, timer, "timeout")
  return true
end

-- waiting --------------------------------------------------------------------------------------

--- Something to wait for: a list of the tickets that do. Set before anybody waits, it is remembered.
function plain.event(_)
  return { set = false }
end

function plain:set(event)
  event.set = true
  for i = #event, 1, -1 do
    wake(self, event[i], "event")
    event[i] = nil
  end
end

local function forget_ticket(event, ticket)
  for i = #event, 1, -1 do
    if event[i] == ticket then table.remove(event, i) end
  end
end

local function is_ours(self)
  return current_host == self and current_worker and running() == current_worker
end

-- The main program waits by doing everybody else's work.
local function wait_outside(self, event, deadline_ms)
  local ticket = {}
  if deadline_ms then push_timer(self, ticket, deadline_ms) end
  while not event.set do
    if ticket.woken then return false end
    if not step(self) then return nil, "idle" end
  end
  ticket.woken = "event"
  event.set = false
  return true
end

--- Waits until the event is set (true) or the deadline has come (false).
--- nil, "idle" where neither can ever happen.
function plain:wait(event, deadline_ms)
  if not is_ours(self) then return wait_outside(self, event, deadline_ms) end
  if not event.set then
    local ticket = { worker = current_worker, woken = false }
    event[#event + 1] = ticket
    if deadline_ms then push_timer(self, ticket, deadline_ms) end
    yield(PARKED, ticket)
    if event[1] then forget_ticket(event, ticket) end
  end
  local set = event.set
  event.set = false
  return set
end

--- Waits until the event is set, as a task that may be cancelled meanwhile: true, or nil and "cancelled".
function plain:await(event)
  if not is_ours(self) then return wait_outside(self, event) end
  if not event.set then
    local worker = current_worker
    local ticket = { worker = worker, woken = false }
    event[#event + 1] = ticket
    self.asleep[worker] = ticket
    local reason = yield(PARKED, ticket)
    self.asleep[worker] = nil
    if event[1] then forget_ticket(event, ticket) end
    if reason == "cancelled" then return nil, reason end
  end
  event.set = false
  return true
end

--- The link to this host's own transfers, made when first asked for.
function plain:link()
  local wire, message, failure = self.wire, nil, nil
  if not wire then
    wire, message, failure = require("passo.net.link").open "inline"
    self.wire = wire
  end
  return wire, message, failure
end

--- Ends its transfers and connections.
function plain:unlink()
  local wire = self.wire
  self.wire = nil
  if wire then wire:close() end
end

--- From now on the store's port is served whenever this host waits.
function plain:serve(link)
  for _, served in ipairs(self.stores) do
    if served == link then return true end
  end
  self.stores[#self.stores + 1] = link
  return true
end

--- Before the port is closed.

function plain:drop(link)
  for i = #self.stores, 1, -1 do
    if self.stores[i] == link then table.remove(self.stores, i) end
  end
end

--- Sleeps: true, or nil and "cancelled" when the task was cancelled meanwhile. On a virtual clock it takes a
--- millisecond at least, so that who sleeps for no time again and again meets the timeout.
function plain:sleep(seconds)
  local at = self:now_ms() + math.max(self.virtual_ms and 1 or 0, math.ceil(seconds * 1000))
  if not is_ours(self) then
    wait_outside(self, self:event(), at)
    return true
  end
  local worker = current_worker
  local ticket = { worker = worker }
  push_timer(self, ticket, at)
  self.asleep[worker] = ticket
  local reason = yield(PARKED, ticket)
  self.asleep[worker] = nil
  if reason == "cancelled" then return nil, reason end
  return true
end

--- Ends the sleep of a worker, or its wait for a transfer, at once.
function plain:interrupt(worker)
  local ticket = self.asleep[worker]
  if ticket then wake(self, ticket, "cancelled") end
end

--- Lets others run: for work that has no end of its own. On a virtual clock it takes a millisecond, so that
--- such work meets its timeout there, too.
function plain:yield()
  if self.virtual_ms then self.virtual_ms = self.virtual_ms + 1 end
  if not is_ours(self) then
    wake_due(self)
    look_around(self)
    step_ready(self)
    return
  end
  local ticket = { worker = current_worker }
  self.yielded[#self.yielded + 1] = ticket
  yield(PARKED, ticket)
end

--- Lets time pass, and whatever is due in it happen. On a virtual clock it takes none.
function plain:advance(seconds)
  local target = self:now_ms() + math.floor(seconds * 1000 + 0.5)
  -- Work without an end would go on for ever here: it may go on until then.
  while self:now_ms() <= target and step(self, target) do end
  if self.virtual_ms then
    self.virtual_ms = math.max(self.virtual_ms, target)
  else
    core.sleep_ms(target - core.now_ms())
    step(self, target)
  end
end

--- Does what is ready, as long as anything is; time does not pass. Not from within a job: it has a host already.
function plain:settle()
  if is_ours(self) then return end
  while step_ready(self) do end
end

--- Whether nothing is left to do: no worker is ready, no timer runs.
function plain:is_idle()
  return self.first > self.last and #self.yielded == 0 and not next_timer(self) and
    not (self.wire and self.wire.port:busy()) and not ask_stores(self.stores)
end

return plain
