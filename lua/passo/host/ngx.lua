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
  return setmetatable({ dead = {}, slice_ms = 0 }, nginx)
end

--- The wall clock, not nginx's cached time, which stands still while Lua works.
function nginx.now_ms(_)
  return core.now_ms()
end

local function trace(err)
  return { raised = err, traceback = debug.traceback("", 2) }
end

local function finish(self, job, done, owner, ok, first, ...)
  job.over = true
  if job.thread then self.dead[#self.dead + 1] = job.thread end
  if ok then return done(owner, true, first, ...) end
  return done(owner, false, first.raised, first.traceback)
end

--- As the plain host's. LuaJIT yields across xpcall, so the barrier may stand around a wait here.
function nginx:perform(fn, done, owner, a, b, c)
  local job = {}
  local thread = ngx.thread.spawn(function()
    finish(self, job, done, owner, xpcall(fn, trace, a, b, c))
  end)
  if job.over then
    ngx.thread.wait(thread)
    return nil
  end
  job.thread = thread
  return thread
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

-- Finished light threads keep their memory until somebody collects them. One that another thread
-- started cannot be collected here: nginx frees it with the request.
local function collect(self)
  local dead = self.dead
  if #dead == 0 then return end
  self.dead = {}
  for _, thread in ipairs(dead) do pcall(ngx.thread.wait, thread) end
end

function nginx.event(_)
  return { set = false, waiting = 0, semaphore = require("ngx.semaphore").new(0) }
end

function nginx.set(_, event)
  event.set = true
  if event.waiting > 0 then event.semaphore:post(event.waiting) end
end

--- As the plain host's; nil, message where nginx does not let this phase wait.
function nginx:wait(event, deadline_ms)
  collect(self)
  while not event.set do
    local seconds = LONGEST_WAIT
    if deadline_ms then seconds = math.min(seconds, (deadline_ms - core.now_ms()) / 1000) end
    if seconds <= 0 then return false end
    event.waiting = event.waiting + 1
    local ok, message = event.semaphore:wait(seconds)
    event.waiting = event.waiting - 1
    if not ok and message ~= "timeout" then return nil, message end
  end
  event.set = false
  return true
end

function nginx.sleep(_, seconds)
  ngx.sleep(seconds)
  return true
end

-- transfers --------------------------------------------------------------------------------------

local signal = require "passo.host.ngx_signal"

-- Light thread -> the transfer it waits for: one that is killed cannot let go of it by itself.
local held = setmetatable({}, { __mode = "k" })

function nginx.hold(_, transfer)
  held[coroutine.running()] = transfer
end

function nginx.release(_)
  held[coroutine.running()] = nil
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
function nginx.interrupt(_, thread)
  local transfer = held[thread]
  if transfer then transfer:close() end
  pcall(ngx.thread.kill, thread)
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
