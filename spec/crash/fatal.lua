--- A store around another one: the same contract, but for one commit at which everything dies. Of the real store's
--- functions those that keep something of an execution are counted; each is a position of the journal.
local fatal = {}

local COUNTED = { insert = true, insert_many = true, append = true, post = true }

-- Only who waits for it knows that it is kept.
local function settled(result, ...)
  if type(result) == "table" and type(result.wait) == "function" then return result:wait() end
  return result, ...
end

--- The store `real`, which calls plan.die() before or after the position `plan.at` is kept; `plan.seen` counts them.
--- Without a position it only counts. plan.ended(argument) is told of each execution's end that was kept.
---@param real table a store
---@param plan table { at, side = "before"|"after", die = function, ended?, guard? (called before anything) }
function fatal.wrap(real, plan)
  plan.seen = 0
  local wrapped = setmetatable({}, { __index = function(self, name)
    local value = real[name]
    if type(value) ~= "function" then return value end
    local function forward(_, ...)
      if plan.guard then plan.guard() end
      return value(real, ...)
    end
    rawset(self, name, forward)
    return forward
  end })
  wrapped.keeps_execs = false -- what is kept is what bytes tell
  for name in pairs(COUNTED) do
    wrapped[name] = function(_, argument, ...)
      if plan.guard then plan.guard() end
      plan.seen = plan.seen + 1
      local is_due = plan.seen == plan.at
      local is_end = plan.ended and type(argument) == "table" and argument.status and argument.status ~= "RUNNING"
      if is_due and plan.side == "before" then plan.die() end
      if not is_due and not is_end then return real[name](real, argument, ...) end
      local ok, message, failure = settled(real[name](real, argument, ...))
      if is_due then plan.die() end
      if ok and is_end then plan.ended(argument) end
      return ok, message, failure
    end
  end
  return wrapped
end

--- This process's id, and its end by SIGKILL.
function fatal.pid()
  local file = assert(io.open("/proc/self/stat", "r"))
  local pid = file:read "*n"
  file:close()
  return pid
end

function fatal.kill()
  os.execute(("kill -9 %d"):format(fatal.pid()))
  while true do end -- luacheck: ignore (the signal is on its way)
end

return fatal
