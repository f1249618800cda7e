--- How an engine ends: what it has goes to others.
local GRACE_MS = 5000
local LOOK_MS = 20

-- Whether something is under way for it in this process that a successor would have to do again.
local function is_busy(run)
  if run.is_express or run.queued > 0 or run.pumping then return true end
  for _, command in pairs(run.tasks) do
    if not command.is_left and command.kind ~= "CHILD" then return true end
  end
  return false
end

-- Others may go on with it at once.
local function hand_over(self, run)
  if run.broken then return end
  run.broken, run.failure = "handed over", { code = "EHANDED", message = "handed over" }
  self.host:set(run.event)
end

return function(Engine)
  --- Gives up everything in memory: the store says that it is others'.
  function Engine:lose_all(message)
    for _, run in pairs(self.live) do
      run.broken, run.failure = message, { code = "EFENCED", message = message }
      self.host:set(run.event)
    end
  end

  --- Whether the host is about to end: nginx's worker leaves.
  function Engine:must_leave()
    return self.host.is_leaving and self.host:is_leaving()
  end

  --- Serves until `engine:close()` is called: for programs that do nothing else. nil, message, failure when it had to
  --- end by itself ("ENEWER": a newer passo has upgraded the store).
  function Engine:run()
    while not self.has_left do self.host:wait(self.gone, self:now_ms() + 3600000) end
    if self.refusal then return nil, self.refusal, self.refusal_failure end
    return true
  end

  --- Ends, for what is in the store is not for this process: others may go on with it.
  function Engine:refuse_to_run(message, failure)
    self.refusal, self.refusal_failure = self.refusal or message, self.refusal_failure or failure
    self:trouble(message, failure)
    if self.is_closing then return end
    self.is_closing = true -- claims nothing more
    self:spawn(function()
      self.is_closing = false
      self:close(0)
    end)
  end

  --- Hands everything over and leaves: executions go on in other processes, or when the next engine is opened. Tasks
  --- under way have `grace_seconds` (5) to end; no other is begun.
  function Engine:close(grace_seconds)
    if self.is_closed then return true end
    self.is_closing = true
    local deadline_ms = self:now_ms() + (grace_seconds and math.floor(grace_seconds * 1000 + 0.5) or GRACE_MS)
    while (self.live_count > 0 or (self.keeping or 0) > 0) and self:now_ms() < deadline_ms do
      for _, run in pairs(self.live) do
        if not is_busy(run) then hand_over(self, run) end
      end
      self.host:wait(self.host:event(), math.min(deadline_ms, self:now_ms() + LOOK_MS))
    end
    self:hand_over()
    self.is_closed = true
    self:rouse()
    local ok, message, failure = true, nil, nil
    if self.worker then ok, message, failure = self.store:resign(self.worker) end
    if self.owns_store then self.store:close() end
    self.has_left = true
    self.host:set(self.gone) -- whoever serves may go only now
    if not ok then return nil, message, failure end
    return true
  end

  --- Lets go of every execution in memory; others may go on with them at once.
  function Engine:hand_over()
    local runs = {}
    for _, run in pairs(self.live) do runs[#runs + 1] = run end
    for _, run in ipairs(runs) do
      run.broken, run.failure = "handed over", { code = "EFENCED", message = "handed over" }
      self.host:set(run.event)
    end
  end
end
