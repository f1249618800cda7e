--- Executions that an execution has begun and waits for: the children of a Distributed Map, and those of a nested
--- startExecution.sync. Each is an execution of its own, with a row and a journal; its parent waits in the store.
---
--- What ends a child is kept together with what its parent is told (a letter), and what makes a parent give up a child
--- together with the child's stop. A child's name comes of its parent's seed, so who begins it twice finds it there.
local core = require "passo.core"
local distributed = require "passo.distributed"
local driver = require "passo.driver"
local envelope = require "passo.aws.tasks.envelope"
local inputs = require "passo.engine.inputs"
local journal = require "passo.engine.journal"
local outcome = require "passo.engine.outcome"

-- Children that begin with one commit.
local GROUP = 100
local STOPPED = "The parent execution was stopped"

local function give_up(run, message, failure)
  run.broken, run.failure = message, failure
  run.host:set(run.event)
end

-- outcomes ---------------------------------------------------------------------------------------------

-- How a child ended: status, output (a value), error, cause.
local function ending_of(row)
  local held = outcome.read(row)
  return { status = row.status, output = held.output and core.value(held.output), err = held.error,
    cause = held.cause }
end

-- What a Distributed Map hears of a child: a verb and its arguments after the token.
local function item_outcome(ending)
  if ending.status == "SUCCEEDED" then return "resume", ending.output end
  return "fail", ending.err or (ending.status == "TIMED_OUT" and "States.Timeout") or "States.TaskFailed", ending.cause
end

-- What a startExecution.sync hears: DescribeExecution's answer, as its result or as its cause.
local function nested_outcome(row, ending, stop_ms, input, is_parsed)
  local told = envelope.of({ arn = row.arn, name = row.name, machine_arn = row.machine, start_ms = row.start_ms,
    stop_ms = stop_ms, input = input or "{}" }, { status = ending.status, error = ending.err,
    cause = ending.cause, value = ending.output }, is_parsed)
  if ending.status == "SUCCEEDED" then return "resume", told end
  return "fail", "States.TaskFailed", core.encode(told)
end

local function told_of(row, ending, stop_ms)
  if row.map_run then return item_outcome(ending) end
  local body = core.decode(row.body)
  return nested_outcome(row, ending, stop_ms, body.input, body.isParsed == true)
end

local function letter(posts, id, verb, ...)
  local body, message = inputs.encode(verb, ...)
  if not body then -- what cannot be written down (too deep, say) has failed
    verb, body = "fail", inputs.encode("fail", (...), "States.Runtime", message)
  end
  posts[#posts + 1] = { execution = id, verb = verb, body = body }
end

-- A child that was redriven answers for another command of its parent's than the one it was begun for.
local function token_of(row)
  if (row.redrive_count or 0) == 0 then return row.parent_token end
  return core.decode(row.body).parentToken or row.parent_token
end

-- To the parent: that the child is there, in case it has not heard of it yet; then how it ended.
local function tell_parent(posts, run, ending)
  local row = run.row
  local token = token_of(row)
  if not row.map_run then letter(posts, row.parent, "submitted", token, envelope.started(row.arn, row.start_ms)) end
  local verb, first, second = told_of(row, ending, run.host:now_ms())
  letter(posts, row.parent, verb, token, first, second)
end

-- giving children up -----------------------------------------------------------------------------------

-- A child that is known by its ARN, or by nothing but the task that may have begun it: of a run that was recovered.
local function id_of(engine, run, child)
  if child.id then return child.id end
  local row
  if child.arn then
    row = engine.store:describe(child.arn)
  else
    for _, one in ipairs(engine.store:list { parent = run.id, status = "RUNNING", limit = 1000 } or {}) do
      if one.parent_token == child.token then row = one end
    end
  end
  return row and row.status == "RUNNING" and row.parent == run.id and row.id or nil
end

local function stop(posts, id, is_item)
  letter(posts, id, "stop", nil, not is_item and STOPPED or nil)
end

local function stop_abandoned(engine, posts, run)
  local abandoned = run.abandoned
  if not abandoned then return end
  run.abandoned = nil
  for _, child in ipairs(abandoned) do
    local id = id_of(engine, run, child)
    if id then stop(posts, id, child.is_item) end
  end
end

-- beginning the children of a Distributed Map --------------------------------------------------------------

-- "arn:...:execution:Name:parent" -> "arn:...:stateMachine:Name/Label", Name
local function machine_of(run, state)
  local head, name = run.row.arn:match "^(.-):ex%a+:([^:]*):"
  return ("%s:stateMachine:%s/%s"):format(head, name, state.label or state.name), name
end

-- Express children begin anew when their parent is redriven: each time under an ARN of its own.
local function arn_of(run, command)
  local arn = distributed.child_arn(run, command)
  if not command.state.express_children then return arn end
  local hex = core.digest("sha256", ("%s#%d"):format(arn, run.row.redrive_count or 0))
  return ("%s:%s-%s-4%s-a%s-%s"):format(arn, hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20),
    hex:sub(21, 32))
end

local function birth_of(run, command)
  local state = command.state
  local redrives = run.row.redrive_count or 0
  local machine_arn, machine_name = machine_of(run, state)
  return { machine = run.machine, revision = run.row.revision, machine_arn = machine_arn, machine_name = machine_name,
    name = command.name, arn = arn_of(run, command), input = command.input,
    type = state.express_children and "EXPRESS" or "STANDARD", map_path = state.path, map_run = command.map_run,
    parent = run.id, parent_token = command.token, role_arn = run.role_arn,
    profile = state.express_children and "aws-express" or run.profile,
    body = core.encode { itemCount = run.engine:count_items(run.machine, state, command.input),
      parentRedrives = redrives > 0 and redrives or nil } }
end

local function is_over(run)
  return run.finished or run.broken or run.asleep
end

local function hear_item(run, command, row)
  if is_over(run) or command.is_cancelled then return end
  local verb, first, second = told_of(row, ending_of(row), row.stop_ms)
  run:take_input(verb, command.token, first, second)
end

-- Begins a child again that ended without success before its parent was redriven. What is to be done is kept first: a
-- crash does not do it twice.
local function redrive(run, command, row, body)
  local engine = run.engine
  if body.redrives ~= (row.redrive_count or 0) + 1 then
    body.redrives, body.parentRedrives = (row.redrive_count or 0) + 1, run.row.redrive_count
    body.parentToken = command.token
    local ok, message, failure = engine.store:amend(row.id, { body = core.encode(body) })
    if not ok then return give_up(run, message, failure) end
  end
  local reopened, message, failure = engine:redrive(row)
  if reopened or failure.code == "EFENCED" then return end -- or somebody else has
  if failure.code:find "^E%u+$" and failure.code ~= "EREDRIVE" then return give_up(run, message, failure) end
  hear_item(run, command, row)
end

-- The child of this command was there already: from before a crash, or from before its parent was redriven.
local function adopt(run, command, row)
  local body = core.decode(row.body)
  local is_old = (body.parentRedrives or 0) < (run.row.redrive_count or 0)
  if row.status == "RUNNING" then
    if not is_old then return end
    local message, failure
    row, message, failure = run.engine:await_row(row.id) -- it has yet to hear that it was stopped
    if not row then return give_up(run, message, failure) end
  end
  if row.status ~= "SUCCEEDED" and (is_old or (row.redrive_count or 0) < (body.redrives or 0)) then
    return redrive(run, command, row, body)
  end
  hear_item(run, command, row)
end

local function adopt_later(job)
  adopt(job.run, job.command, job.row)
end

-- Begins one group: true, or false when the execution was given up meanwhile.
local function begin_group(engine, run, group)
  local prepared, rows = {}, {}
  for _, command in ipairs(group) do
    local one, message, failure = engine:prepare(birth_of(run, command))
    if one then
      prepared[#prepared + 1], rows[#rows + 1] = one, one.row
      one.command = command
    elseif failure and failure.code == "EFENCED" then
      give_up(run, message, failure)
      return false
    else
      run.tasks[command.token] = nil
      run:take_input("fail", command.token, "States.Runtime", message)
    end
  end
  if #rows == 0 then return true end
  for _, row in ipairs(rows) do engine.births[row.arn] = true end
  local ids, message, failure = engine.store:insert_many(rows)
  for _, row in ipairs(rows) do engine.births[row.arn] = nil end
  if not ids then
    for _, one in ipairs(prepared) do one.exec:close() end
    engine:doubt(failure)
    give_up(run, message, failure)
    return false
  end
  for i, one in ipairs(prepared) do
    local command, id = one.command, ids[i]
    local existing = type(id) == "table" and id.existing
    if existing then one.exec:close() else engine:began(one, id) end
    run.tasks[command.token] = nil
    run.awaited[command.token] = { id = existing and existing.id or id, is_item = true }
    if command.is_cancelled then
      engine:abandon(run, command.token)
      engine:post(existing and existing.id or id, "stop")
    elseif existing then
      engine:spawn(adopt_later, { run = run, command = command, row = existing })
    end
  end
  return true
end

local function begin_children(run)
  local engine = run.engine
  while run.births and not is_over(run) do
    local births = run.births
    run.births = nil
    for first = 1, #births, GROUP do
      local group = {}
      for i = first, math.min(first + GROUP - 1, #births) do
        if not births[i].is_cancelled then group[#group + 1] = births[i] end
      end
      if is_over(run) or not begin_group(engine, run, group) then break end
    end
  end
  run.is_begetting = false
  driver.wake(run)
end

return function(Engine)
  --- A CHILD of a Distributed Map: those of one burst begin together.
  function Engine:perform_child(run, command)
    run.births = run.births or {}
    run.births[#run.births + 1] = command
    run.awaited = run.awaited or {}
    if run.is_begetting then return end
    run.is_begetting = true
    self:spawn(begin_children, run)
  end

  function Engine:perform_read(run, command)
    return distributed.read(run, command)
  end

  function Engine:perform_write(run, command)
    return distributed.write(run, command)
  end

  --- A run does not wait for this command any more: a child that was begun for it is to end, which its parent's next
  --- append says.
  function Engine:abandon(run, token)
    local child = run.awaited and run.awaited[token]
    if not child then return end
    run.awaited[token] = nil
    run.abandoned = run.abandoned or {}
    run.abandoned[#run.abandoned + 1] = child
  end

  --- The letters that go with a run's append: to children it gives up and, when it ends, to its parent.
  ---@param ending? table the FINISH command
  function Engine:posts_of(run, ending)
    if not ending and not run.abandoned then return nil end
    local posts = {}
    stop_abandoned(self, posts, run)
    if ending and run.row.parent and run.row.parent_token then tell_parent(posts, run, ending) end
    return #posts > 0 and posts or nil
  end

  --- A command of a recovered run: it may have a child already.
  function Engine:recall_child(run, command)
    local state = command.state
    local child
    if command.kind == "CHILD" then
      child = { arn = arn_of(run, command), is_item = true }
    elseif command.kind == "TASK" and state.service == "states" and state.pattern == "sync" then
      local told = command.stage == "submitted" and command.submitted_value:lua()
      child = { arn = type(told) == "table" and told.ExecutionArn or nil, token = command.token }
    end
    if not child then return end
    run.awaited = run.awaited or {}
    run.awaited[command.token] = child
  end

  --- Tells a run how an execution ended that it waits for, and has not begun itself.
  ---@param is_parsed boolean input and output as JSON
  function Engine:hear_child(run, token, row, is_parsed)
    local verb, first, second = nested_outcome(row, ending_of(row), row.stop_ms, journal.input(self, row.id), is_parsed)
    run:take_input(verb, token, first, second)
  end
end
