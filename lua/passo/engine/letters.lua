--- What the world tells an execution, wherever it is: to this process's memory, or by a letter in the store.
local inputs = require "passo.engine.inputs"

-- Tells a run in this process: true when that is kept; nil, message, failure when it wants no such thing; nothing when
-- it was given up meanwhile.
local function tell_run(run, verb, first, second, third)
  if run.finished or run.ending then
    return nil, "the execution is over", { code = "ESTALE", message = "the execution is over" }
  end
  local ok, message, failure = run:take_input(verb, first, second, third)
  if not ok then return nil, message, failure end
  return run:wait_kept() and true or nil
end

return function(Engine)
  --- Tells an execution something, wherever it is: "resume" (token, value), "fail" (token, error, cause), "beat"
  --- (token), "submitted" (token, value), "started" (token, worker), "stop" (error, cause), "update" (token, limits).
  --- When this answers true, it is kept.
  ---@param execution integer|table its id or its row
  ---@param token? string the text of the task token that this answers
  ---@return boolean? kept nil, message, failure (ESTALE: it waits for no such thing any more)
  function Engine:post(execution, verb, first, second, third, token)
    local id = type(execution) == "table" and execution.id or execution
    local run = self.live[id]
    if run and not (run.asleep or run.broken) then
      local ok, message, failure = tell_run(run, verb, first, second, third)
      if ok == true then return true end
      if failure and failure.code ~= "ESTALE" then return nil, message, failure end
      -- Another's answer may have made it stale, and is not kept yet: it may be lost.
      if failure and run:wait_kept() then
        -- A process that has stalled may not know yet that others have taken the execution over, and got further.
        local row, why, trouble = self.store:describe_id(id)
        if trouble then return nil, why, trouble end
        if row and row.owner == self.worker and row.epoch == run.epoch then return nil, message, failure end
      end
    end
    local body, message, failure = inputs.encode(verb, first, second, third)
    if not body then return nil, message, failure end
    local ok
    ok, message, failure = self.store:post(id, verb, body, token)
    if not ok then return nil, message, failure end
    self:rouse()
    return true
  end
end
