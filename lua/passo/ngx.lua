--- passo in nginx: content handlers that run a machine, and an engine in every worker.
---
---   location = /checkout { content_by_lua_block { require("passo.ngx").sync(machine, { handlers = ... }) } }
---
---   init_worker_by_lua_block { require("passo.ngx").engine("shop", { store = "sqlite:/var/lib/shop.db", ... }) }
---   location = /orders   { content_by_lua_block { require("passo.ngx").start("shop", "checkout") } }
---   location = /checkout { content_by_lua_block { require("passo.ngx").sync("shop", "checkout") } }
local core = require "passo.core"

local nginx = {}

local MAX_BODY = 262144

-- The request's body, also one that nginx spooled to a file; nil, status when it is too large.
local function read_body()
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if not body then
    local name = ngx.req.get_body_file()
    if not name then return "" end
    local file = io.open(name, "rb")
    if not file then return nil, 500 end
    body = file:read(MAX_BODY + 1)
    file:close()
  end
  if #body > MAX_BODY then return nil, 413 end
  return body
end

local function answer(status, value)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.print(core.encode(value))
  return ngx.exit(ngx.OK)
end

-- The request's body as a value; nil after it was answered.
local function read_input()
  local body, status = read_body()
  if not body then
    answer(status, { message = status == 413 and "the input is over 256 KiB" or "no body" })
    return nil
  end
  if body == "" then return core.value "{}" end
  local input, message = core.value(body)
  if not input then answer(400, { message = message }) end
  return input
end

-- A result as the reply: its output, or AWS's envelope of a failure.
local function tell(status, chosen, output, err, cause)
  if status == "SUCCEEDED" then return answer(chosen or 200, output) end
  return answer(chosen or 500, core.object { { "status", status }, { "error", err }, { "cause", cause } })
end

-- engines ------------------------------------------------------------------------------------------

local OPENING_S, LOOK_S = 10, 0.01
local FAILED = { ExecutionAlreadyExists = 409, StateMachineDoesNotExist = 404, ExecutionDoesNotExist = 404,
  InvalidExecutionInput = 400, InvalidName = 400, ExecutionLimitExceeded = 429 }

-- name -> { engine?, message? } of this worker
local engines = {}

-- Nil, or what is wrong with opening one here.
local function misplaced(options)
  local phase = ngx.get_phase()
  if phase == "init" then
    return "before nginx forks its workers no engine can be opened: call it in init_worker_by_lua"
  end
  if type(options) == "table" and options.store == "memory:" and ngx.worker.count() > 1 then
    return "in the store memory: each of nginx's workers would have executions of its own, which the others do not " ..
      "know: use sqlite:FILE"
  end
end

local function open(slot, name, options, ready)
  local engine, message = require("passo").engine(options)
  if engine and ready then
    local ok, err = xpcall(ready, debug.traceback, engine)
    if not ok then ngx.log(ngx.ERR, "passo: preparing the engine '", name, "': ", err) end
  end
  slot.engine, slot.message, slot.is_done = engine, message, true
  if not engine then ngx.log(ngx.ERR, "passo: the engine '", name, "' cannot be opened: ", message) end
end

--- Opens an engine in this worker: for init_worker_by_lua. It is ready shortly after; requests wait for it. What it
--- runs goes on in timers of nginx: handlers may wait as those of requests do, but have no request (ngx.var, ngx.req).
--- When the worker is to end it hands over what it has, and the other workers go on with it.
---@param name string what locations call it
---@param options passo.EngineOptions
---@param ready? fun(engine: passo.Engine) called before requests have it: to create machines, say
function nginx.engine(name, options, ready)
  local wrong = misplaced(options)
  if wrong then error("passo.ngx.engine: " .. wrong, 2) end
  local slot = {}
  engines[name] = slot
  local ok, message = ngx.timer.at(0, function() open(slot, name, options, ready) end)
  if not ok then error("passo.ngx.engine: nginx starts no timer: " .. tostring(message), 2) end
end

--- The engine of this worker: nil, message when there is none.
function nginx.get(name)
  local slot = engines[name]
  if not slot then
    return nil, ("no engine '%s': init_worker_by_lua opens it by passo.ngx.engine"):format(tostring(name))
  end
  local waited = 0
  while not slot.is_done and waited < OPENING_S do
    ngx.sleep(LOOK_S)
    waited = waited + LOOK_S
  end
  return slot.engine, slot.message or "the engine is still being opened"
end

local function refuse(message, failure)
  local status = failure and FAILED[failure.code] or 503
  if status == 503 then ngx.log(ngx.ERR, "passo: ", message) end
  return answer(status, { __type = failure and failure.code, message = message })
end

-- The engine, and the answer to starting one of its machines with the request's body.
local function start(name, machine, options)
  local engine, message = nginx.get(name)
  if not engine then return refuse(message) end
  local input = read_input()
  if not input then return nil end
  local started, failure
  started, message, failure = engine:start_execution(machine, input, { name = options and options.name and
    options.name() })
  if not started then return refuse(message, failure) end
  return engine, started
end

--- Starts an execution with the request's body: 202 and its ARN, when it is kept.
---@param name string the engine's
---@param machine string
---@param options? table name = function(): string
function nginx.start(name, machine, options)
  local engine, started = start(name, machine, options)
  if engine then return answer(202, started) end
end

local function sync_by_engine(name, machine, options)
  local engine, started = start(name, machine, options)
  if not engine then return end
  local result, message, failure = engine:await(started.executionArn)
  if not result then return refuse(message, failure) end
  return tell(result.status, options and options.status and options.status(result), result.value or core.null,
    result.error, result.cause)
end

-- runs ---------------------------------------------------------------------------------------------

--- Runs a machine with the request's body as input and answers with its output; a failed execution gives
--- AWS's {error, cause} with status 500, or what options.status(result) says. With an engine's name and a machine's it
--- is that engine's: kept, and finished also when this worker dies.
---@param machine passo.Machine|string the machine, or an engine's name
---@param options? passo.RunOptions|string also status = function(result): number; or the machine's name
---@param more? table options, with an engine
function nginx.sync(machine, options, more)
  if type(machine) == "string" then return sync_by_engine(machine, options, more) end
  local input = read_input()
  if not input then return end
  local result, failed, failure = machine:run(input, options)
  if not result then
    ngx.log(ngx.ERR, "passo: ", failed)
    return answer(500, { message = failed, code = failure and failure.code })
  end
  return tell(result.status, options and options.status and options.status(result), result.value or core.null,
    result.error, result.cause)
end

return nginx
