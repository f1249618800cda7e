--- How an execution begins. One that has nothing to wait for ends with its first burst: it is kept with its end, and
--- never becomes a run.
local core = require "passo.core"
local facts = require "passo.engine.facts"
local outcome = require "passo.engine.outcome"

local PROFILES = { EXPRESS = "aws-express", EXPRESS_SYNC = "aws-express-sync" }

-- What the exec is told; nothing where its machine has been told already.
local function options_of(engine, b, known)
  local machine, profile = b.machine, b.profile
  local activities = known.names_activities and engine:known_activities(machine) or nil
  if b.machine_arn == machine.arn and not (b.arn or b.name or activities) and profile == "aws-standard" then
    return nil
  end
  return { arn = b.arn, name = b.name, role_arn = b.role_arn or engine.role_arn, machine_arn = b.machine_arn,
    machine_name = b.machine_name, profile = profile, map = b.map_path, activities = activities }
end

-- The insert of an execution that begins; its first burst is part of it when it begins here.
local function row_of(engine, b, exec)
  local arn, name = exec:identity()
  local birth, blobs = exec:birth()
  return { arn = arn, machine = b.machine_arn, name = name, revision = b.revision, type = b.type or "STANDARD",
    status = "RUNNING", start_ms = b.now_ms, birth = birth, body = b.body, parent = b.parent,
    parent_token = b.parent_token, map_run = b.map_run, owner = engine.worker, epoch = 1, profile = b.profile,
    blobs = blobs, record = nil, first_event = nil, last_event = nil, tokens = nil, due_ms = nil, seq = nil, id = nil,
    result = nil, stop_ms = nil, posts = nil }
end

-- Left to whoever has room and handlers for it.
local function left_to_others(engine, b, exec)
  local row = row_of(engine, b, exec)
  row.owner, row.due_ms = nil, row.start_ms
  exec:close()
  return { row = row, exec = exec, machine = b.machine }
end

-- beginning as a run -------------------------------------------------------------------------------

local function first_append(run, row, ...)
  local blobs = row.blobs
  row.blobs = nil
  run:burst(row, ...)
  if blobs then
    for _, blob in ipairs(row.blobs or {}) do blobs[#blobs + 1] = blob end
    row.blobs = blobs
  end
end

-- `...`: what was polled of it already.
local function as_run(engine, b, exec, ...)
  local row = row_of(engine, b, exec)
  local run = require("passo.engine.execution").new(engine, exec, b.machine, row)
  local logging = engine.options.logging
  if logging then run.log = require("passo.logging").new(logging, run) end
  first_append(run, row, ...)
  return { row = row, exec = exec, machine = b.machine, run = run }
end

-- ended at once ------------------------------------------------------------------------------------

-- Whether nobody but its row has to know of it when it ends with its first burst.
local function may_be_brief(engine, b, known)
  return not (b.parent or known.has_map_runs or engine.options.logging) and b.profile ~= "unlimited"
end

-- Whether it begins in this process, now.
local function begins_here(engine, b)
  return engine.live_count < engine.max_running and not (engine.is_closing or engine.session)
    and (not engine.limits.machines or engine:has_room(b.machine_arn))
    and (engine.refused[b.revision] == false or engine:can_run(b.revision, b.machine))
end

-- The part of the insert that the exec of an ended execution tells.
local function told_by(exec)
  local arn, name = exec:identity()
  local _, output, err, cause = exec:ending()
  local birth, record, events = exec:birth(), exec:take_record()
  return { arn = arn, name = name, birth = birth, record = record, first_event = 1, last_event = #events,
    result = outcome.write(output, err, cause) }
end

-- The same of one that is new, and has nothing to wait for.
local function told_anew(exec)
  exec:record()
  exec:poll()
  return told_by(exec)
end

-- What executions that end in this way have in common, as their store wants it; nil where they have something of
-- their own, or the store wants whole rows.
local function common(engine, b, status)
  local kinds = b.kinds
  if not kinds or not engine.keeps_execs or rawget(b, "body") then return nil end
  local kind = kinds[status]
  if not kind then
    kind = engine.store:kind_of({ machine = b.machine_arn, revision = b.revision, type = "STANDARD", status = status,
      body = b.body }, told_anew)
    kinds[status] = kind
  end
  return kind
end

local function ended(engine, b, exec, _, _, output, status)
  local arn, name = exec:identity()
  local kind = common(engine, b, status)
  local prepared = { exec = exec, arn = arn, name = name, start_ms = b.now_ms, status = status, output = output,
    kind = kind, row = nil, id = nil }
  if kind then return prepared end
  local row = told_by(exec)
  row.machine, row.revision, row.type, row.body, row.owner = b.machine_arn, b.revision, "STANDARD", b.body,
    engine.worker
  row.status, row.start_ms, row.stop_ms, row.epoch, row.profile = status, b.now_ms, b.now_ms, 1, b.profile
  prepared.row = row
  return prepared
end

local function polled(engine, b, exec, kind, ...)
  if kind == "FINISH" then return ended(engine, b, exec, ...) end
  return as_run(engine, b, exec, kind, ...)
end

return function(Engine)
  --- What the core is told about recording under a profile: with "unlimited", large values leave the records.
  function Engine:record_options(profile)
    return profile == "unlimited" and self.written.unlimited or nil
  end

  --- What an execution would begin with: {exec, run?, row}; the caller inserts the row, alone or with others, and then
  --- calls `began` for it.
  ---@param b table machine, revision, machine_arn, machine_name, name, arn, input, type, body, role_arn, profile,
  --- map_path, parent, parent_token, map_run, now_ms, seed
  function Engine:prepare(b)
    b.now_ms = b.now_ms or self:now_ms()
    b.profile = b.profile or PROFILES[b.type] or self.profile or "aws-standard"
    local machine = b.machine
    local known = machine.facts or facts.of(machine)
    local exec, message, failure = core.exec(machine.core, b.input, options_of(self, b, known), b.now_ms, b.seed)
    if not exec then return nil, message, failure end
    local records = b.type == "STANDARD" or not b.type
    if records then exec:record(self:record_options(b.profile)) end
    if not begins_here(self, b) then return left_to_others(self, b, exec) end
    if records and may_be_brief(self, b, known) then return polled(self, b, exec, exec:poll()) end
    return as_run(self, b, exec)
  end

  --- After the insert: it goes on here, when it was to begin here.
  ---@return table live {id, arn, start_ms, run?}
  function Engine:began(prepared, id)
    local run, row = prepared.run, prepared.row
    if prepared.status then
      prepared.id = id
      if row then prepared.exec:close() end
      if prepared.status == "SUCCEEDED" then self.just_ended = prepared end
      return prepared
    elseif run and run.ending then
      if row.posts then self:rouse() end
      prepared.exec:close()
    elseif run then
      run.id, row.id = id, id
      row.birth, row.record, row.blobs, row.tokens = nil, nil, nil, nil -- the store has them
      self:join(run)
      run:go_on()
    else
      self.store:ring()
      self:rouse()
    end
    return { id = id, arn = row.arn, start_ms = row.start_ms, run = run }
  end

  -- The store's answer: its id; nil, message, failure.
  local function insert(engine, b, prepared)
    local kind = prepared.kind
    if kind then -- a name that was drawn is nobody else's
      return engine.store:insert_ended(kind, engine.worker, prepared.exec, b.now_ms,
        (b.name or b.seed) and prepared.arn)
    end
    local row = prepared.row
    engine.births[row.arn] = true
    local id, message, failure = engine.store:insert(row)
    engine.births[row.arn] = nil
    return id, message, failure
  end

  --- Begins an execution; when this answers, it is kept: it will end, whatever happens to this process.
  ---@return table? live {id, arn, start_ms, run?} nil, message, failure (EEXISTS: failure.execution has the name
  --- already)
  function Engine:begin(b)
    local prepared, message, failure = self:prepare(b)
    if not prepared then return nil, message, failure end
    local id
    id, message, failure = insert(self, b, prepared)
    if not id then
      prepared.exec:close()
      self:doubt(failure)
      return nil, message, failure
    end
    return self:began(prepared, id)
  end
end
