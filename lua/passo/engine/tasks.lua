--- Tasks that executions of this process have: whose they are, and what becomes of one whose worker died.
local task = require "passo.task"

return function(Engine)
  --- The ARN of the activity whose workers do a state's tasks; nil when a handler of this process does them.
  function Engine:activity_of(state)
    if state.family ~= "activity" then return nil end
    local handler = task.find(self.handlers, state)
    return not handler and state.resource or nil
  end

  --- Whether a task that a dead worker may have performed is to fail: the option `lost_tasks`.
  function Engine:is_lost(command)
    local lost, state = self.lost_tasks, command.state
    -- Workers of an activity are elsewhere; what performs for the engine itself finds what it has begun.
    if self:activity_of(state) or (not task.find(self.handlers, state) and self.fallback(state)) then return false end
    if type(lost) == "table" then
      lost = lost[state.name] or lost[state.resource] or lost[state.function_name or false] or lost.default
    end
    return lost == "fail"
  end

  --- Does a task that the core asks for.
  function Engine:perform_command(run, command)
    -- After a crash nobody knows whether a task that was under way has had its effect.
    if command.is_recovered and command.stage ~= "submitted" and self:is_lost(command) then
      return task.refuse(run, command, task.WORKER_LOST,
        "the worker that performed this task died; whether it had its effect is not known")
    end
    if self:leaves_to_others(run, command) then
      command.is_left = true
      return
    end
    if self:activity_of(command.state) then -- its workers are told of it by its token
      run.tasks[command.token] = nil
      return self:offered_activity()
    end
    return task.perform(run, command)
  end

  --- Whether a task is not begun any more: the process is about to leave. Where others would take it for one that a
  --- dead worker may have performed, and would not repeat that, it is begun.
  function Engine:leaves_to_others(run, command)
    return self.is_closing and not run.is_express and not self:is_lost(command)
  end
end
