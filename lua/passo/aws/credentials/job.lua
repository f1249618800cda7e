--- Work that several callers await and none of them owns: when the caller that began it is cancelled, the
--- others still get what it brings.
---
--- A job is also its own error barrier. In nginx it is a timer, because light threads die with their request.
local current_host = require("passo.host.current").host
local plain = require "passo.host.plain"

local job = {}

--- Whose jobs go on while somebody waits here.
job.host = current_host

local function in_nginx()
  return rawget(_G, "ngx") and ngx.timer and not plain.current()
end

local function finish(done, ok, ...)
  if ok then return done(true, ...) end
  return done(false, (...))
end

--- Runs fn() on its own; then done(true, results...) or done(false, error).
---@return boolean? started nil, message where nginx does not let it
function job.start(fn, done)
  if in_nginx() then
    -- LuaJIT yields across pcall. Before there are workers, nginx raises.
    local ok, started, message = pcall(ngx.timer.at, 0, function() finish(done, pcall(fn)) end)
    if ok then return started, message end
    return nil, started
  end
  current_host():perform(fn, function(_, ok, ...) return finish(done, ok, ...) end)
  return true
end

--- What one caller waits for; several waiters need one each.
function job.event()
  local here = current_host()
  return { host = here, event = here:event() }
end

function job.set(waiter)
  waiter.host:set(waiter.event)
end

--- True when it was set; false after `limit_ms`; nil, message where nobody may wait.
function job.wait(waiter, limit_ms)
  local here = waiter.host
  local deadline_ms = here:now_ms() + limit_ms
  if not in_nginx() then return here:wait(waiter.event, deadline_ms) end
  local ok, set, message = pcall(here.wait, here, waiter.event, deadline_ms)
  if ok then return set, message end
  return nil, set
end

return job
