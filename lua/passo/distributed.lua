--- Distributed Map: children are executions of their own, its items come from handlers, local files or S3,
--- and its results go there.
local core = require "passo.core"
local driver = require "passo.driver"
local files = require "passo.files"
local task = require "passo.task"

local distributed = {}

-- CHILD ------------------------------------------------------------------------------------------

--- "arn:...:execution:Name:parent" -> "arn:...:execution:Name/Label:child"
function distributed.child_arn(run, command)
  local parent = run.exec:identity() or ""
  local head, machine = parent:match "^(.-):execution:([^:]*):"
  if not head then head, machine = parent:match "^(.-):express:([^:]*):" end
  if not head then return nil end
  local state = command.state
  local kind = state.express_children and "express" or "execution"
  return ("%s:%s:%s/%s:%s"):format(head, kind, machine, state.label or state.name, command.name)
end

local function child_ended(child)
  local run, command = child.parent, child.command
  local ended, message = driver.run(child)
  command.child, run.tasks[command.token] = nil, nil
  if command.is_cancelled or run.finished then return end
  local now_ms = run.host:now_ms()
  if not ended then
    run.broken, run.failure = message, child.failure
  elseif child.finished == "SUCCEEDED" then
    driver.feed(run, "resume", command.token, now_ms, child.output)
  else
    local name = child.error_name or (child.finished == "TIMED_OUT" and "States.Timeout") or "States.TaskFailed"
    driver.feed(run, "fail", command.token, now_ms, name, child.error_cause)
  end
  driver.wake(run)
  if run.forgets_children then child.exec:close() end
end

local function cancel_child(run, command)
  local child = command.child
  if child then driver.post(child, "stop", run.host:now_ms()) end
end

--- Starts a child execution in the same host; it has a history of its own, kept in run.children unless nobody
--- could ask for it.
function distributed.child(run, command)
  local state = command.state
  local exec, message = core.exec(run.machine.core, command.input, { map = state.path, name = command.name,
    arn = distributed.child_arn(run, command), now_ms = run.host:now_ms(), seed = run:child_seed(),
    profile = state.express_children and "aws-express" or run.profile })
  if not exec then
    driver.feed(run, "fail", command.token, run.host:now_ms(), "States.Runtime", message)
    return
  end
  local child = setmetatable(driver.new(exec, run.host, run.perform), getmetatable(run))
  child.machine, child.handlers, child.own, child.fallback = run.machine, run.handlers, run.own, run.fallback
  child.aws, child.role_arn, child.log = run.aws, run.role_arn, run.log
  child.profile, child.parent, child.command = run.profile, run, command
  command.child, command.cancel = child, cancel_child
  child.forgets_children = run.forgets_children
  child.forgets_events = run.forgets_children
  if not run.forgets_children then
    run.children = run.children or {}
    run.children[#run.children + 1] = child
  end
  run.host:spawn(child_ended, child)
end

-- READ and WRITE ---------------------------------------------------------------------------------

local function failed(run, command, err, cause)
  driver.feed(run, "fail", command.token, run.host:now_ms(), err, cause)
end

-- What the handler or the file gave, as rows: text is parsed as ReaderConfig says.
local function rows_of(command, given)
  if type(given) ~= "string" then return given end
  local reader, message = core.item_reader(command.state.reader.config or core.null, command.max_items)
  if not reader then return nil, message end
  reader:feed(given)
  return reader:finish()
end

local function read_done(command, ok, given, err, cause)
  local run = command.run
  run.tasks[command.token] = nil
  if command.is_cancelled or run.finished then return end
  if not ok then
    failed(run, command, "States.ItemReaderFailed", tostring(given))
  elseif given == nil then
    failed(run, command, "States.ItemReaderFailed", tostring(err or "the reader's handler gave nothing")
      .. (cause and ": " .. tostring(cause) or ""))
  else
    local rows, message = rows_of(command, given)
    local fed
    if rows ~= nil then fed, message = driver.feed(run, "resume", command.token, run.host:now_ms(), rows) end
    if not fed then failed(run, command, "States.ItemReaderFailed", message) end
  end
  driver.wake(run)
end

local function find(run, state, resource)
  return run.handlers[resource] or (state.name and run.handlers[state.name]) or (run.fallback
    and run.fallback { name = state.name, path = state.path, resource = resource, type = "Task" })
end

local function is_s3(resource)
  return resource:find "^arn:[^:]+:states:[^:]*:[^:]*:s3:" ~= nil
end

local function missing(run, state, resource)
  local _
  _, run.broken, run.failure = task.missing({ name = state.name, path = state.path, resource = resource },
    run.handlers)
  run.broken = run.broken .. "; Bucket = \"file:///FOLDER\" needs none"
    .. (is_s3(resource) and not run.aws and ", and aws = true is for S3 itself" or "")
  run.failure.message = run.broken
end

-- What a route says beside handlers: a function; or S3, which `own` asks.
local function by_aws(run, state, resource, own)
  local source = run.aws and is_s3(resource) and run.aws:source(state, resource) or nil
  if type(source) == "function" then return source end
  return nil, source and own
end

-- The run's client of S3, with the execution's own keys: a Map state has no Credentials.
local function s3_of(command, resource)
  return command.run.aws:source(command.state, resource):client("s3", resource:match "^arn:[^:]*:states:([^:]*):")
end

local function read_s3(parameters, given)
  local command = given.command
  local reader = command.state.reader
  local s3, message = s3_of(command, reader.resource)
  if not s3 then return nil, message end
  return require("passo.aws.items").read(s3, reader.resource, parameters, reader.config, command.max_items, command)
end

--- Reads a Distributed Map's items: `Bucket = "file:///folder"` from this machine's files, else by the
--- handler of the reader's resource or a function that a route names, which answers with the file's text or with rows.
function distributed.read(run, command)
  local state, resource = command.state, command.state.reader.resource
  command.run = run
  local parameters = command.input and command.input:lua() or {}
  local handler
  if files.is_local(parameters.Bucket) then
    local list = resource:find "listObjects"
    handler = list and files.list or files.read
  else
    local by_route, by_s3 = by_aws(run, state, resource, read_s3)
    handler = find(run, state, resource) or by_route or by_s3
  end
  if not handler then return missing(run, state, resource) end
  command.worker = run.host:perform(handler, read_done, command, parameters, { state = state, max_items =
    command.max_items, command = command })
end

local function write_done(command, ok, receipt, err)
  local run = command.run
  run.tasks[command.token] = nil
  if command.is_cancelled or run.finished then return end
  if not ok or receipt == nil then
    failed(run, command, "States.ResultWriterFailed", tostring(ok and err or receipt))
  else
    local fed, message = driver.feed(run, "resume", command.token, run.host:now_ms(), receipt)
    if not fed then failed(run, command, "States.ResultWriterFailed", message) end
  end
  driver.wake(run)
end

-- The files one by one through `put`: what s3:putObject would take.
local function put_files(put)
  return function(bucket, list)
    for _, file in ipairs(list) do
      local ok, why = put({ Bucket = bucket, Key = file.key, Body = file.body })
      if ok == nil and why then return nil, why end
    end
    return true
  end
end

local function write_s3(bucket, list, command)
  local s3, message = s3_of(command, command.state.writer.resource)
  if not s3 then return nil, message end
  return require("passo.aws.items").write(s3, bucket, list, command)
end

-- All files, then the receipt.
local function write_files(parameters, write, command)
  local receipt, message = core.write_results(command.results, command.map_run, parameters.Bucket or "",
    parameters.Prefix or "", command.state.writer.config or core.null)
  if not receipt then return nil, message end
  local ok, why = write(parameters.Bucket, receipt.files, command)
  if not ok then return nil, why end
  return receipt.details
end

--- Writes a Distributed Map's results: to local files, by the handler of the writer's resource, called once for each
--- file with {Bucket, Key, Body}, or to S3.
function distributed.write(run, command)
  local state, resource = command.state, command.state.writer.resource
  command.run = run
  local parameters = command.input and command.input:lua() or {}
  local by_route, by_s3 = by_aws(run, state, resource, write_s3)
  local put = files.is_local(parameters.Bucket) and files.write or find(run, state, resource) or by_route
  local write = put and put_files(put) or by_s3
  if not write then return missing(run, state, resource) end
  command.worker = run.host:perform(write_files, write_done, command, parameters, write, command)
end

return distributed
