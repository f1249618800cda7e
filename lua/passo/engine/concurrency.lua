--- Limits of what is under way at once in this process: engine{limits = {machines = {checkout = 10}, handlers =
--- {ChargeCard = 5}}}. What is beyond a machine's limit is kept and begins when there is room, here or at another
--- process; a task beyond its handler's limit waits for its turn, which counts as part of its time.

return function(Engine)
  --- The handler of a name as it is used: within its limit, if it has one.
  function Engine:limited(name, handler)
    local most = self.limits.handlers and self.limits.handlers[name]
    if not most then return handler end
    self.handler_limits = self.handler_limits or {}
    local limit = self.handler_limits[name] or require("passo.aws.limits").new { max_in_flight = most }
    self.handler_limits[name] = limit
    return limit:wrap(handler)
  end

  local function limit_of(engine, machine_arn)
    local list = engine.limits.machines
    return list and (list[machine_arn] or list[machine_arn:match "([^:]+)$"])
  end

  --- Whether one more execution of a machine may be under way in this process.
  function Engine:has_room(machine_arn)
    local most = limit_of(self, machine_arn)
    if not most then return true end
    local count = 0
    for _, run in pairs(self.live) do
      if run.row.machine == machine_arn then count = count + 1 end
    end
    return count < most
  end

  --- Notes that an execution of this revision has to wait until its machine has room: it is not claimed till then.
  function Engine:crowd(row)
    self.crowded = self.crowded or {} -- revision -> the machine that has no room for it
    self.crowded[row.revision] = row.machine
  end

  --- Adds the revisions that there is no room for to the list of those that are not claimed.
  function Engine:add_crowded(list)
    for revision, machine_arn in pairs(self.crowded or {}) do
      if self:has_room(machine_arn) then self.crowded[revision] = nil else list[#list + 1] = revision end
    end
    return list
  end
end
