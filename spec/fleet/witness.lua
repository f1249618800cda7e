--- A store that notes what it has answered: who claimed what, and which append was kept for whom. Two owners of one
--- execution would show in it.
local witness = {}

--- note("claim", id, epoch, worker), ("append", id, seq, epoch, worker), ("worker", id)
function witness.wrap(real, note)
  local wrapped = setmetatable({}, { __index = function(self, name)
    local value = real[name]
    if type(value) ~= "function" then return value end
    local function forward(_, ...) return value(real, ...) end
    rawset(self, name, forward)
    return forward
  end })

  function wrapped.register(_, w)
    local id, message, failure = real:register(w)
    if id then note("worker", id) end
    return id, message, failure
  end

  function wrapped.claim(_, c)
    local rows, message, failure = real:claim(c)
    for _, row in ipairs(rows or {}) do note("claim", row.id, row.epoch, c.worker) end
    return rows, message, failure
  end

  function wrapped.insert(_, e)
    local id, message, failure = real:insert(e)
    if id and e.owner then
      note("claim", id, 1, e.owner)
      if e.record then note("append", id, 1, 1, e.owner) end
    end
    return id, message, failure
  end

  function wrapped.append(_, a)
    local id, seq, epoch, owner = a.id, a.seq, a.epoch, a.owner
    local pending, message, failure = real:append(a)
    if pending == true then note("append", id, seq, epoch, owner) end
    if not pending or pending == true then return pending, message, failure end
    local noted = false
    return { wait = function()
      local ok
      ok, message, failure = pending:wait()
      if ok and not noted then
        noted = true
        note("append", id, seq, epoch, owner)
      end
      return ok, message, failure
    end }
  end
  return wrapped
end

return witness
