--- What holds for every execution, whatever it does.
local core = require "passo.core"
local virtual = require "conformance.virtual"

local laws = {}

local ENTERED = "StateEntered$"
local EXITED = "StateExited$"

local function state_name(event)
  local details = event.stateEnteredEventDetails or event.stateExitedEventDetails
  return details and details.name
end

-- Each exit follows, along its chain, the entry of the same state, which no other exit has closed.
local function check_balance(events)
  local closed, troubled = {}, false
  local entered, exited = 0, 0
  for _, event in ipairs(events) do
    if event.type:find("Failed$") or event.type:find("Aborted$") or event.type:find("TimedOut$") then
      troubled = true
    end
    if event.type:find(ENTERED) then entered = entered + 1 end
    if event.type:find(EXITED) then
      exited = exited + 1
      local name, up = state_name(event), events[event.previousEventId]
      while up and not (up.type:find(ENTERED) and state_name(up) == name) do up = events[up.previousEventId] end
      if not up then return ("event %d leaves %s, which was not entered"):format(event.id, tostring(name)) end
      if closed[up.id] then return ("event %d leaves %s a second time"):format(event.id, name) end
      closed[up.id] = true
    end
  end
  if not troubled and entered ~= exited then
    return ("%d states were entered and %d left, though nothing failed"):format(entered, exited)
  end
  return nil
end

--- What the history must be, in words when it is not.
function laws.history(events)
  local last = -math.huge
  for i, event in ipairs(events) do
    if event.id ~= i then return ("event %d has the id %s"):format(i, tostring(event.id)) end
    if event.previousEventId < 0 or event.previousEventId >= event.id then
      return ("event %d follows event %s"):format(i, tostring(event.previousEventId))
    end
    if event.timestamp < last then return ("event %d is older than the one before it"):format(i) end
    last = event.timestamp
  end
  return check_balance(events)
end

--- What must hold once an execution is over.
function laws.over(run)
  local left = run:waiting()
  if #left > 0 then return ("token %s was neither resumed nor cancelled"):format(tostring(left[1].token)) end
  if run.exec:poll() ~= nil then return "poll gives something after FINISH" end
  for _, command in ipairs(run.commands) do
    if command.token and command.kind ~= "CANCEL" then
      if run.exec:resume(command.token, run.now_ms, core.null) then
        return ("token %d can be resumed after FINISH"):format(command.token)
      end
      break
    end
  end
  run.exec:tick(run.now_ms + 1000)
  if run.exec:poll() ~= nil then return "poll gives something after FINISH and a tick" end
  if #run.exec:take_events() > 0 then return "events come after FINISH" end
  return nil
end

local function text_of(v)
  if type(v) == "userdata" and v ~= core.null then return v:json() end
  return v == nil and "-" or tostring(v)
end

local function command_text(command)
  return table.concat({
    command.kind, text_of(command.token), command.state and command.state.name or "-", text_of(command.input),
    text_of(command.attempt), text_of(command.visit), text_of(command.deadline_ms), text_of(command.task_token),
    text_of(command.role_arn), text_of(command.index), text_of(command.status), text_of(command.output),
    text_of(command.error), text_of(command.cause),
  }, " ")
end

--- Everything the core said, as text.
function laws.transcript(run)
  local out = {}
  for _, command in ipairs(run.commands) do out[#out + 1] = command_text(command) end
  for _, event in ipairs(run.events) do out[#out + 1] = core.encode(event) end
  return out
end

--- The first line in which two transcripts differ, or nil.
function laws.diff(expected, actual)
  for i = 1, math.max(#expected, #actual) do
    if expected[i] ~= actual[i] then
      return ("expected %s\n       got %s"):format(tostring(expected[i]), tostring(actual[i]))
    end
  end
  return nil
end

--- A touch for `virtual.new`: the exec goes on from its own snapshot.
function laws.reload(machine)
  return function(run)
    local text = run.exec:save()
    run.exec:close()
    run.exec = assert(core.load(machine, text))
    if run.exec:save() ~= text then run.saves_otherwise = true end
  end
end

--- A touch that keeps snapshots, and what had been fed and told by then.
function laws.keep(kept)
  return function(run)
    kept[#kept + 1] = { text = run.exec:save(), inputs = #run.inputs, events = #run.events }
  end
end

local unpack = table.unpack or unpack -- luacheck: ignore

--- Re-applies the inputs after some of the snapshots; the first difference in words, or nil.
function laws.replay(machine, run, kept, most)
  local step = math.max(1, math.ceil(#kept / most))
  for k = 1, #kept, step do
    local snapshot = kept[k]
    local again = virtual.new(assert(core.load(machine, snapshot.text)), run.now_ms)
    again:drain()
    for i = snapshot.inputs + 1, #run.inputs do
      local input = run.inputs[i]
      again:feed(input.verb, unpack(input, 1, input.n))
    end
    local told = {}
    for i = snapshot.events + 1, #run.events do told[#told + 1] = core.encode(run.events[i]) end
    local retold = {}
    for i, event in ipairs(again.events) do retold[i] = core.encode(event) end
    local difference = laws.diff(told, retold)
    if difference then return ("from snapshot %d, after %d inputs: %s"):format(k, snapshot.inputs, difference) end
    again.exec:close()
  end
  return nil
end

-- Small, so that many values leave the records: the bytes that print of them.
local RECORDING = { blob_bytes = 60 }

local function copy_of(t)
  local copy = {}
  for key, v in pairs(t) do copy[key] = v end
  return copy
end

local function add_blobs(blobs, more)
  for _, blob in ipairs(more or {}) do blobs[blob.hash] = blob.bytes end
end

--- Options for `virtual.new`: it keeps each record in `journal`, and how far the run was.
function laws.journal(journal)
  journal.blobs = {}
  return { record = RECORDING, kept = function(run, record, blobs)
    local outstanding = {}
    for token, command in pairs(run.outstanding) do outstanding[token] = command end
    local snapshot, more = run.exec:save()
    add_blobs(journal.blobs, blobs)
    add_blobs(journal.blobs, more)
    journal[#journal + 1] = { record = record, snapshot = snapshot, inputs = #run.inputs,
      commands = #run.commands, events = #run.events, outstanding = outstanding, finish = run.finish }
  end }
end

-- The bytes of two equal records may differ: a value that an exec was given may be one that it had handed out,
-- and is then told once; when it comes from a journal they are two.
local function record_text(record, blobs)
  if not record then return "none" end
  local out = { core.encode(core.record(record)), core.encode(core.record_inputs(record, blobs)) }
  for _, event in core.record_events(record, blobs):each() do out[#out + 1] = core.encode(event) end
  return table.concat(out, "\n  ")
end

-- Goes on from boundary `k` of the journal as the live run did; the first difference in words, or nil.
local function go_on(exec, run, journal, k)
  local at = journal[k]
  local records = {}
  exec:again()
  local blobs = copy_of(journal.blobs)
  local again = virtual.new(exec, run.now_ms, { record = RECORDING, kept = function(_, record, more)
    records[#records + 1] = record
    add_blobs(blobs, more)
  end })
  for token, command in pairs(at and at.outstanding or {}) do again.outstanding[token] = command end
  again.finish = at and at.finish
  again:drain()
  for i = (at and at.inputs or 0) + 1, #run.inputs do
    local input = run.inputs[i]
    again:feed(input.verb, unpack(input, 1, input.n))
  end
  local told, retold = {}, {}
  for i = (at and at.commands or 0) + 1, #run.commands do told[#told + 1] = command_text(run.commands[i]) end
  for _, command in ipairs(again.commands) do retold[#retold + 1] = command_text(command) end
  local difference = laws.diff(told, retold)
  if difference then return difference end
  for i = 1, math.max(#journal - k, #records) do
    local expected, actual = journal[k + i] and journal[k + i].record, records[i]
    if expected ~= actual then
      local told_text, retold_text = record_text(expected, journal.blobs), record_text(actual, blobs)
      if told_text ~= retold_text then
        return ("record %d: expected %s\n       got %s"):format(k + i, told_text, retold_text)
      end
    end
  end
  exec:close()
  return nil
end

--- From its birth and its records, and from a snapshot, an execution goes on as the one that was never stopped:
--- the same commands, the same records.
function laws.recovery(machine, run, journal, most)
  local birth, more = run.exec:birth()
  add_blobs(journal.blobs, more)
  local step = math.max(1, math.ceil(#journal / most))
  for k = 0, #journal, step do
    local exec = assert(core.rebirth(machine, birth, journal.blobs))
    for i = 1, k do
      local ok, message = exec:replay(journal[i].record, journal.blobs)
      if not ok then return ("record %d of %d: %s"):format(i, #journal, message) end
    end
    local difference = go_on(exec, run, journal, k)
    if difference then return ("reborn, %d of %d records replayed: %s"):format(k, #journal, difference) end
    if k > 0 then
      difference = go_on(assert(core.load(machine, journal[k].snapshot, nil, journal.blobs)), run, journal, k)
      if difference then return ("loaded after record %d of %d: %s"):format(k, #journal, difference) end
    end
  end
  return nil
end

return laws
