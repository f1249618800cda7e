--- Tasks that run a job and wait for its end: `.sync` and `.sync:2`.
---
--- The first question comes soon, for many jobs are short; each later one half as long again, up to a limit. A job
--- that was started before a crash is only awaited.
local core = require "passo.core"
local jobs = require "passo.aws.tasks.jobs"

local sync = {}

local FIRST_S, MORE, LONGEST_S = 0.25, 1.5, 10
-- What a poll may fail with without the job being at fault; the next one tells.
local PATIENT = 5

local function lua_of(value)
  return type(value) == "userdata" and value ~= core.null and value:lua() or value
end

-- Stops the job from a job of our own: the task that would have is gone.
local function stop_later(self, row, started, arguments)
  return function(run)
    while run.parent do run = run.parent end
    local left = { event = run.host:event() }
    run.leaving = run.leaving or {}
    run.leaving[#run.leaving + 1] = left
    run.host:spawn(function()
      local call = row.stop and self.make(row.stop)
      if call then self.perform(call, row.stopping(started, arguments)) end
      left.over = true
      run.host:set(left.event)
    end)
  end
end

local function ask(self, row, started, arguments)
  local question = self.make(row.operation)
  question.bare = true
  local answer, err, cause = self.perform(question, row.ask(started, arguments))
  if answer ~= nil then return jobs.judge(row, started, lua_of(answer)) end
  if row.gone and err and err:find(row.gone, 1, true) then return "good", {} end
  return nil, err, cause
end

--- Waits for the end of a job: its result, or nil, error, cause.
---@param self {make: fun(verb: string): passo.aws.Call, perform: fun(call, arguments): any, sleep: fun(s: number)}
---@param row table of passo.aws.tasks.jobs
---@param started any what the call that began it gave
---@param arguments any the Task's
---@param ctx table the command; cancelled when the execution ends or the task times out
function sync.await(self, row, started, arguments, ctx)
  started, arguments = lua_of(started), lua_of(arguments)
  ctx.cancel = row.stop and stop_later(self, row, started, arguments)
  local pause_s, troubles = self.first_s or FIRST_S, 0
  while true do
    if not self.sleep(pause_s) then return nil, "States.TaskFailed", "cancelled" end
    pause_s = math.min(pause_s * MORE, self.longest_s or LONGEST_S)
    local state, result, cause = ask(self, row, started, arguments)
    if state then
      ctx.cancel = nil
      if state == "good" then return core.value(result) end
      return nil, "States.TaskFailed", core.encode(result)
    end
    troubles = result and troubles + 1 or 0
    if troubles > PATIENT then return nil, result, cause end
  end
end

return sync
