--- A store that notes what it has answered: who claimed what, and which append was kept for whom. Two owners of one
--- execution would show in it.
local core = require "passo.core"

local witness = {}

--- note("claim", id, epoch, worker, ms), ("append", id, seq, epoch, worker), ("asleep", id, epoch),
--- ("worker", id, ms)
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
    if id then note("worker", id, core.now_ms()) end
    return id, message, failure
  end

  function wrapped.claim(_, c)
    local rows, message, failure = real:claim(c)
    for _, row in ipairs(rows or {}) do note("claim", row.id, row.epoch, c.worker, core.now_ms()) end
    return rows, message, failure
  end

  function wrapped.insert(_, e)
    local id, message, failure = real:insert(e)
    if id and e.owner then
      note("claim", id, 1, e.owner, core.now_ms())
      if e.record then note("append", id, 1, 1, e.owner) end
    end
    return id, message, failure
  end

  function wrapped.append(_, a)
    local id, seq, epoch, owner, sleeps = a.id, a.seq, a.epoch, a.owner, a.release
    local pending, message, failure = real:append(a)
    local function kept()
      note("append", id, seq, epoch, owner)
      if sleeps then note("asleep", id, epoch) end
    end
    if pending == true then kept() end
    if not pending or pending == true then return pending, message, failure end
    local noted = false
    return { wait = function()
      local ok
      ok, message, failure = pending:wait()
      if ok and not noted then
        noted = true
        kept()
      end
      return ok, message, failure
    end }
  end
  return wrapped
end

return witness
