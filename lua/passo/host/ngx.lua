--- The host inside nginx: handlers are light threads, so they wait by ngx.sleep and cosockets and block nobody.
---
--- One of these for each run: light threads belong to the request or timer that started them, and only the
--- thread that started one may collect it. A handler that is cancelled while it waits is killed.
local core = require "passo.core"

local nginx = {}
nginx.__index = nginx

-- Waiting longer than this in one go gains nothing, and timers take milliseconds in an int.
local LONGEST_WAIT = 3600
-- Work without an end lets others run after this many milliseconds.
local SLICE_MS = 10

function nginx.new()
  return setmetatable({ dead = {}, slice_ms = 0, kept = setmetatable({}, { __mode = "k" }) }, nginx)
end

--- The wall clock, not nginx's cached time, which stands still while Lua works.
function nginx.now_ms(_)
  return core.now_ms()
end

local function trace(err)
  return { raised = err, traceback = debug.traceback("", 2) }
end

-- semaphores -------------------------------------------------------------------------------------

-- Made by FFI, with finalizers: they are kept, and an event has one only while somebody waits for it. One may come
-- with a post too many: who waits looks whether it was meant.
local semaphores, spare = {}, 0
local MOST_SPARE = 1024

local function take_semaphore()
  if spare == 0 then return require("ngx.semaphore").new(0) end
  local semaphore = semaphores[spare]
  semaphores[spare] = nil
  spare = spare - 1
  return semaphore
end

local function give_semaphore(semaphore)
  if spare == MOST_SPARE then return end
  spare = spare + 1
  semaphores[spare] = semaphore
end

-- jobs -------------------------------------------------------------------------------------------

-- A light thread whose job has waited is kept for its driver's next job: a new one costs a coroutine, whose stack has
-- to grow anew. One that nobody has wanted for so long ends by itself.
local IDLE_S = 1

local function next_job(worker)
  local kept = worker.kept
  if not kept or kept.closed then return nil end
  kept[#kept + 1] = worker
  repeat
    local woken = worker.semaphore:wait(IDLE_S)
  until worker.job or kept.closed or not woken
  if worker.job then return worker.job end
  for i = #kept, 1, -1 do
    if kept[i] == worker then table.remove(kept, i) end
  end
end

local function finish(job, ok, first, ...)
  job.over = true
  if ok then return job.done(job.owner, true, first, ...) end
  return job.done(job.owner, false, first.raised, first.traceback)
end

local function work(self, worker, job)
  repeat
    worker.job = nil
    finish(job, xpcall(job.fn, trace, job.a, job.b, job.c))
    if not worker.thread then return end -- it has not waited: who started it collects it
    job = next_job(worker)
  until not job
  give_semaphore(worker.semaphore)
  self.dead[#self.dead + 1] = worker.thread
end

--- As the plain host's. LuaJIT yields across xpcall, so the barrier may stand around a wait here.
---@return table? job when it waits
function nginx:perform(fn, done, owner, a, b, c)
  local job = { fn = fn, done = done, owner = owner, a = a, b = b, c = c }
  local kept = self.kept[coroutine.running()]
  local worker = kept and table.remove(kept)
  if worker then
    worker.job, job.thread = job, worker.thread
    worker.semaphore:post(1)
    return job
  end
  worker = { kept = kept }
  local thread = ngx.thread.spawn(work, self, worker, job)
  if job.over and not worker.thread then
    ngx.thread.wait(thread)
    return nil
  end
  worker.thread, worker.semaphore, job.thread = thread, take_semaphore(), thread
  return job
end

--- From here to `leave`, the light thread that runs drives an execution: it keeps those that its jobs have used. Only
--- who has started a light thread may kill it.
function nginx:enter()
  local thread = coroutine.running()
  self.kept[thread] = self.kept[thread] or { closed = false }
end

--- Lets go of them, or their request would not end.
function nginx:leave()
  local thread = coroutine.running()
  local kept = self.kept[thread]
  self.kept[thread] = nil
  kept.closed = true
  for _, worker in ipairs(kept) do worker.semaphore:post(1) end
end

--- Runs fn(...) now; it must not wait.
function nginx.call(_, fn, a, b, c)
  return pcall(fn, a, b, c)
end

function nginx:spawn(fn, a)
  local job = {}
  local thread = ngx.thread.spawn(function()
    fn(a)
    job.over = true
    if job.thread then self.dead[#self.dead + 1] = job.thread end
  end)
  if job.over then ngx.thread.wait(thread) else job.thread = thread end
end

--- Whether this worker of nginx is to end.
function nginx.is_leaving(_)
  return ngx.worker.exiting()
end

--- The host for one execution's jobs: only who has started a light thread may collect it.
function nginx.for_run(_)
  return nginx.new()
end

-- Finished light threads keep their memory until somebody collects them. One that another thread
-- started cannot be collected here: nginx frees it with the request.
local function collect(self)
  local dead = self.dead
  if #dead == 0 then return end
  self.dead = {}
  for _, thread in ipairs(dead) do pcall(ngx.thread.wait, thread) end
end

function nginx.event(_)
  return { set = false, waiting = 0, semaphore = false }
end

function nginx.set(_, event)
  event.set = true
  if event.waiting > 0 then event.semaphore:post(event.waiting) end
end

local function wait_once(event, seconds)
  local semaphore = event.semaphore or take_semaphore()
  event.semaphore, event.waiting = semaphore, event.waiting + 1
  local ok, message = semaphore:wait(seconds)
  event.waiting = event.waiting - 1
  if event.waiting == 0 then
    event.semaphore = false
    give_semaphore(semaphore)
  end
  return ok or message == "timeout", message
end

--- As the plain host's; nil, message where nginx does not let this phase wait.
function nginx:wait(event, deadline_ms)
  collect(self)
  while not event.set do
    local seconds = LONGEST_WAIT
    if deadline_ms then seconds = math.min(seconds, (deadline_ms - core.now_ms()) / 1000) end
    if seconds <= 0 then return false end
    local ok, message = wait_once(event, seconds)
    if not ok then return nil, message end
  end
  event.set = false
  return true
end

function nginx.sleep(_, seconds)
  ngx.sleep(seconds)
  return true
end

-- jobs that outlive requests -----------------------------------------------------------------------

-- They are light threads of timers. Nginx keeps something for every light thread that a timer has ever had, and looks
-- through all of it whenever one goes on: so a timer takes some jobs, and then lives no longer than they do.
local NEST_JOBS = 500
local NEST_IDLE_MS = 1000
local MOST_TIMERS = 200 -- nginx runs 256 (lua_max_running_timers), and drops what is beyond
local nest

local function run_job(job)
  local ok, err = xpcall(job.fn, debug.traceback, job.a)
  if not ok then ngx.log(ngx.ERR, "passo: ", err) end
end

local function hatch(_, own)
  if own.is_alive then return end
  own.is_alive = true
  local host = nginx.new()
  local woken
  repeat
    local jobs = own.jobs
    own.jobs = {}
    for _, job in ipairs(jobs) do host:spawn(run_job, job) end
    woken = host:wait(own.event, core.now_ms() + NEST_IDLE_MS)
  until #own.jobs == 0 and (own.is_full or not woken)
  if nest == own then nest = nil end
end

local function start_nest(own)
  own.started_ms = core.now_ms()
  local ok, message = ngx.timer.at(0, hatch, own)
  if not ok then error("passo: nginx starts no timer: " .. tostring(message), 0) end
  return own
end

--- Starts fn(a) as a job that outlives the request that starts it.
function nginx.detach(_, fn, a)
  if not nest or (nest.taken >= NEST_JOBS and ngx.timer.running_count() < MOST_TIMERS) then
    if nest then
      nest.is_full = true
      nginx.set(nil, nest.event)
    end
    nest = start_nest { jobs = {}, taken = 0, event = nginx.event(), is_alive = false }
  elseif not nest.is_alive and core.now_ms() - nest.started_ms > NEST_IDLE_MS then
    start_nest(nest) -- its timer was dropped
  end
  nest.taken = nest.taken + 1
  nest.jobs[#nest.jobs + 1] = { fn = fn, a = a }
  nginx.set(nil, nest.event)
end

local SENTINEL_S = 3600

--- Calls fn() when this worker of nginx is to end, as soon as it hears of that: its timers are then fired at once.
function nginx.when_leaving(_, fn)
  local function look(is_premature)
    if is_premature then fn() else ngx.timer.at(SENTINEL_S, look) end
  end
  ngx.timer.at(SENTINEL_S, look)
end

-- transfers --------------------------------------------------------------------------------------

local signal = require "passo.host.ngx_signal"

-- Light thread -> the transfer it waits for: one that is killed cannot let go of it by itself.
local held = setmetatable({}, { __mode = "k" })
local SWEEP_S = 1
local will_sweep = false

-- Lets go of the transfers of light threads that the program itself has killed.
local function sweep(is_premature)
  for thread, transfer in pairs(held) do
    if coroutine.status(thread) == "dead" then
      held[thread] = nil
      transfer:close()
    end
  end
  will_sweep = not is_premature and next(held) ~= nil and ngx.timer.at(SWEEP_S, sweep) ~= nil
end

function nginx.hold(_, transfer)
  held[coroutine.running()] = transfer
  will_sweep = will_sweep or ngx.timer.at(SWEEP_S, sweep) ~= nil
end

function nginx.release(_)
  held[coroutine.running()] = nil
end

--- The worker's reader of this link runs from now on; nil, message, failure in phases that nginx lets nobody wait in.
function nginx.serve(_, link)
  return signal.serve(link)
end

--- Before the link's port is closed.
function nginx.drop(_, link)
  signal.drop(link)
end

--- The link to the worker's transfers; nil, message, failure in phases that nginx lets nobody wait in.
function nginx.link(_)
  return signal.link()
end

--- Ends the worker's transfers and connections.
function nginx.unlink(_)
  signal.unlink()
end

--- Waits until the event is set: true, or nil, message. Who is cancelled meanwhile is killed, and does not return.
function nginx:await(event)
  return self:wait(event)
end

local shared
--- The host of whoever waits outside a run.
function nginx.shared()
  shared = shared or nginx.new()
  return shared
end

--- Ends a cancelled handler, and the transfer it waits for; one that cannot be killed now (a subrequest is open) goes
--- on unheard.
function nginx.interrupt(_, job)
  if job.over then return end
  local transfer = held[job.thread]
  if transfer then transfer:close() end
  pcall(ngx.thread.kill, job.thread)
end

--- Lets others run. Not by ngx.sleep(0): where nginx lacks OpenResty's patch that is a timer due at once, which
--- nginx serves before anything else, again and again.
function nginx:yield()
  local now_ms = core.now_ms()
  if now_ms - self.slice_ms < SLICE_MS then return end
  ngx.sleep(0.001)
  self.slice_ms = core.now_ms()
end

function nginx.advance(_, seconds)
  ngx.sleep(seconds)
end

return nginx
