--- Waiting for the end of an execution that has not ended at once.
local FIRST_LOOK_MS, LONGEST_LOOK_MS = 20, 1000

return function(Engine)
  --- Waits until the execution has ended: its row; nil, message, failure ("ETIMEOUT" at the deadline).
  ---@param id integer
  ---@param deadline_ms? number
  function Engine:await_row(id, deadline_ms)
    local host, pause_ms = self.host, FIRST_LOOK_MS
    while true do
      local run = self.live[id]
      local at = deadline_ms
      if run and not run.asleep then
        local event = host:event()
        run:tell_end(event)
        local woken, message = host:wait(event, at)
        if woken == nil then return nil, message, { code = "EIDLE", message = message } end
        if run.finished then return run:final_row() end
      end
      local row, message, failure = self.store:describe_id(id)
      if not row then return nil, message, failure end
      if row.status ~= "RUNNING" then return row end
      if deadline_ms and self:now_ms() >= deadline_ms then
        local words = "the execution has not ended yet"
        return nil, words, { code = "ETIMEOUT", message = words }
      end
      if not self.live[id] then
        -- Elsewhere, or asleep: nobody rings for its end.
        at = self:now_ms() + pause_ms
        pause_ms = math.min(pause_ms * 2, LONGEST_LOOK_MS)
        host:wait(host:event(), deadline_ms and math.min(at, deadline_ms) or at)
      end
    end
  end
end
