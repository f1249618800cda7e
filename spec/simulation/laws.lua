--- What must hold whatever goes wrong, looked at while it happens and when all is over.
local core = require "passo.core"
local story = require "crash.story"
local property = require "property.laws"

local Laws = {}
Laws.__index = Laws

function Laws.new(store)
  return setmetatable({ store = store, owners = {}, seqs = {}, ended = {}, bursts = 0, refused = 0,
    broken = nil }, Laws)
end

function Laws:violated(...)
  self.broken = self.broken or string.format(...)
end

-- One life an epoch.
local function owned(self, life, id, epoch)
  local key = ("%d.%d"):format(id, epoch)
  local owner = self.owners[key]
  if owner and owner ~= life then
    self:violated("execution %d: two lives own epoch %d", id, epoch)
  end
  self.owners[key] = life
end

--- An append that the store has answered.
function Laws:appended(life, append, ok)
  if not ok then
    self.refused = self.refused + 1
    return
  end
  local id = append.id
  if append.record then self.bursts = self.bursts + 1 end
  if self.ended[id] then self:violated("execution %d goes on after its end", id) end
  if append.seq ~= (self.seqs[id] or 0) + 1 then
    self:violated("execution %d: append %d follows %d", id, append.seq, self.seqs[id] or 0)
  end
  self.seqs[id] = append.seq
  if self.owners[("%d.%d"):format(id, append.epoch)] ~= life then
    self:violated("execution %d: an append in epoch %d by who does not own it", id, append.epoch)
  end
  if append.status and append.status ~= "RUNNING" then self.ended[id] = true end
end

local SEEN = {}

function SEEN.insert(self, life, id, _, _, row)
  if not id then return end
  self.seqs[id] = row.record and 1 or 0
  if row.record then self.bursts = self.bursts + 1 end
  if row.owner then owned(self, life, id, row.epoch or 1) end
end

function SEEN.claim(self, life, rows)
  for _, row in ipairs(rows or {}) do owned(self, life, row.id, row.epoch) end
end

--- A call that the store has answered with three values.
function Laws:saw(life, name, a, b, c, ...)
  if SEEN[name] then SEEN[name](self, life, a, b, c, ...) end
end

--- A job of a task ("KEY ATTEMPT") is started elsewhere. Who stalls between keeping a burst and performing it cannot
--- know that others own the execution by now: only its owner starts nothing again.
function Laws:job(life, task)
  local row = self.store:describe(task:match "^(.*)#%d+ %d+$")
  if self.owners[("%d.%d"):format(row.id, row.epoch)] ~= life then return end
  if not story.submitted_of(self.store, row)[task] then return end
  self:violated("%s: a job that was submitted is started again", task)
end

-- -- the end ----------------------------------------------------------------------------------------

local function events_of(store, id)
  local events = {}
  for _, record in ipairs(assert(store:records(id, {}))) do
    local batch = assert(core.record_events(record.bytes))
    if record.first_event ~= #events + 1 then
      return nil, ("event %s comes after %d of them"):format(tostring(record.first_event), #events)
    end
    for i = 1, #batch do events[#events + 1] = batch:get(i) end
  end
  return events
end

-- Each scheduled task is submitted once at most, and ends once.
local function check_tasks(events)
  local task_of, submitted, over = {}, {}, {}
  for _, event in ipairs(events) do
    local kind, up = event.type, event.previousEventId
    if kind:find "Scheduled$" then
      task_of[event.id] = event.id
    elseif kind:find "^Task" or kind:find "^LambdaFunction" then
      local task = task_of[up]
      task_of[event.id] = task
      if kind == "TaskSubmitted" then
        if submitted[task] then return ("the task of event %d was submitted twice"):format(task) end
        submitted[task] = true
      elseif kind:find "Succeeded$" or kind:find "Failed$" then
        if over[task] then return ("the task of event %d ended twice"):format(task) end
        over[task] = true
      end
    end
  end
end

--- The execution of a row has ended as it had to: nothing, or what is wrong.
---@param expected table { status, result }
function Laws:check_end(row, expected)
  local name = row.name
  if row.status ~= expected.status then
    return ("%s: expected %s, got %s %s"):format(name, expected.status, row.status, tostring(row.result))
  end
  if row.result ~= expected.result then
    return ("%s: expected %s, got %s"):format(name, tostring(expected.result), tostring(row.result))
  end
  if row.owner then return name .. ": ended, and owned" end
  local events, message = events_of(self.store, row.id)
  message = message or property.history(events) or check_tasks(events)
  return message and name .. ": " .. message
end

return Laws
