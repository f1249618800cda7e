--- A driver on a virtual clock: polls, remembers what is outstanding, feeds.
--- It decides nothing: who answers what, and when, is its owner's business. `touch` lets an owner swap the
--- exec for another one (its own snapshot loaded again) after every new command and every input.
local virtual = {}
virtual.__index = virtual

---@param exec passo.Exec
---@param now_ms integer
---@param options table? touch: function(run) called after every new command and every input;
---  kept: function(run, record, blobs) called with each record of the exec, which then keeps them; record: its options
function virtual.new(exec, now_ms, options)
  options = options or {}
  if options.kept then exec:record(options.record) end
  return setmetatable({
    kept = options.kept,
    exec = exec,
    now_ms = now_ms,
    touch = options.touch or function() end,
    commands = {},    -- in the order they were first polled
    outstanding = {}, -- by token
    events = {},
    inputs = {},      -- what was fed: {verb, arguments...}
  }, virtual)
end

local KINDS = {}

function KINDS.TASK(token, state, input, attempt, stage, visit, deadline_ms, task_token, role_arn, submitted)
  return { token = token, state = state, input = input, attempt = attempt, stage = stage, visit = visit,
    deadline_ms = deadline_ms, task_token = task_token, role_arn = role_arn, submitted = submitted }
end
function KINDS.CALL(token, state, arguments, name)
  return { token = token, state = state, input = arguments, name = name }
end
function KINDS.CHILD(token, state, input, index, name, map_run)
  return { token = token, state = state, input = input, index = index, name = name, map_run = map_run }
end
function KINDS.READ(token, state, parameters, limit, map_run)
  return { token = token, state = state, input = parameters, limit = limit, map_run = map_run }
end
function KINDS.WRITE(token, state, parameters, results, map_run)
  return { token = token, state = state, input = parameters, results = results, map_run = map_run }
end
function KINDS.CANCEL(token) return { token = token } end
function KINDS.FINISH(_, _, output, status, err, cause)
  return { output = output, status = status, error = err, cause = cause }
end
function KINDS.MORE() return {} end

-- True when the command was not known before: a loaded exec polls its unanswered ones again.
function virtual:note(kind, ...)
  if not KINDS[kind] then error("the core gave an unknown command: " .. tostring(kind)) end
  local command = KINDS[kind](...)
  command.kind = kind
  if kind == "MORE" then return true end
  if kind == "CANCEL" then
    if not self.outstanding[command.token] then return false end
    self.outstanding[command.token] = nil
  elseif kind == "FINISH" then
    if self.finish then return false end
    self.finish = command
  else
    local known = self.outstanding[command.token]
    if known then
      known.stage = command.stage
      return false
    end
    self.outstanding[command.token] = command
  end
  self.commands[#self.commands + 1] = command
  return true
end

function virtual:collect()
  local record, batch, blobs
  if self.kept then record, batch, blobs = self.exec:take_record() else batch = self.exec:take_events() end
  for i = 1, batch and #batch or 0 do self.events[#self.events + 1] = batch:get(i) end
  if record then self.kept(self, record, blobs) end
end

--- Polls until there is nothing to do.
function virtual:drain()
  local function step(kind, ...)
    if not kind then return false end
    if self:note(kind, ...) then self.touch(self) end
    return true
  end
  while step(self.exec:poll()) do end
  self:collect()
end

--- Gives the core one input at the present time, then drains.
--- Returns what the verb returned.
function virtual:feed(verb, ...)
  self.inputs[#self.inputs + 1] = { verb = verb, n = select("#", ...), ... }
  local ok, message, failure = self.exec[verb](self.exec, ...)
  if verb == "redrive" and ok then self.finish = nil end
  self.touch(self)
  self:drain()
  return ok, message, failure
end

function virtual:started(command, worker)
  command.stage = "started"
  return self:feed("started", command.token, self.now_ms, worker)
end

function virtual:submitted(command, value)
  command.stage = "submitted"
  return self:feed("submitted", command.token, value, self.now_ms)
end

function virtual:resume(command, value)
  self.outstanding[command.token] = nil
  return self:feed("resume", command.token, self.now_ms, value)
end

function virtual:fail(command, err, cause)
  self.outstanding[command.token] = nil
  return self:feed("fail", command.token, self.now_ms, err, cause)
end

--- Lets time pass until the next deadline; false when none is set.
function virtual:pass_time()
  local deadline = self.exec:deadline()
  if not deadline or deadline == math.huge or deadline >= 2 ^ 62 then return false end
  self.now_ms = math.max(self.now_ms, deadline)
  self:feed("tick", self.now_ms)
  return true
end

--- Outstanding commands of a kind (any without one), oldest token first.
function virtual:waiting(kind)
  local out = {}
  for _, command in pairs(self.outstanding) do
    if not kind or command.kind == kind then out[#out + 1] = command end
  end
  table.sort(out, function(a, b) return a.token < b.token end)
  return out
end

return virtual
