--- Work on a list, several of its elements at a time, answers taken in their order.
local ahead = {}

local function answered(job, ok, value, message)
  local all = job.all
  all.jobs[job] = nil
  if not ok or value == nil then
    all.problem = all.problem or tostring(ok and message or value)
  else
    all.answers[job.index] = value
  end
  all.host:set(all.event)
end

local function start(all, index, element)
  local job = { all = all, index = index }
  all.jobs[job] = true
  local worker = all.host:perform(all.work, answered, job, element)
  if all.jobs[job] then job.worker = worker end
end

-- Gives `take` what is there, in order; false when it wants no more.
local function take_answers(all, take)
  local answer = all.answers[all.taken + 1]
  while answer ~= nil do
    all.taken = all.taken + 1
    all.answers[all.taken] = nil
    if take and take(answer) == false then return false end
    answer = all.answers[all.taken + 1]
  end
  return true
end

local function leave(all)
  for job in pairs(all.jobs) do
    if job.worker then all.host:interrupt(job.worker) end
  end
end

--- Calls work(element) for each of a list as jobs of the host, at most `width` of them ahead of the answer that is
--- taken next. The first failure ends it, and so does `take` by answering false.
---@param host table
---@param list any[]
---@param width integer
---@param work fun(element: any): any, string? an answer; nil, message
---@param take? fun(answer: any): boolean?
---@param owner? table whose `cancel` ends what is under way
---@return boolean? done nil, message
function ahead.each(host, list, width, work, take, owner)
  local all = { host = host, work = work, event = host:event(), jobs = {}, answers = {}, taken = 0 }
  if owner then owner.cancel = function() leave(all) end end
  local begun, wanted = 0, true
  while wanted and not all.problem and all.taken < #list do
    while begun < #list and begun - all.taken < width and not all.problem do
      begun = begun + 1
      start(all, begun, list[begun])
    end
    wanted = take_answers(all, take)
    if wanted and not all.problem and all.taken < #list and begun - all.taken >= math.min(width, #list - all.taken) then
      local woken, message = host:await(all.event)
      if not woken then all.problem = message or "cancelled" end
    end
  end
  leave(all)
  if owner then owner.cancel = nil end
  if all.problem then return nil, all.problem end
  return true
end

return ahead
