--- RedriveExecution: whether an execution can go on from where it failed, and that it does.
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"

local redrive = {}

local DAY_MS = 24 * 60 * 60 * 1000
-- A client token is remembered that long, and no more than these of an execution.
local TOKEN_MS, TOKENS = 15 * 60 * 1000, 10

-- Why an execution cannot be redriven now; nil when it can.
local function obstacle(engine, row)
  local held, now_ms = limits.of(engine), engine:now_ms()
  if row.status == "RUNNING" or row.status == "SUCCEEDED" or row.status == "PENDING_REDRIVE" then
    return ("Execution is %s and cannot be redriven"):format(row.status)
  end
  if (row.last_event or 0) >= held.redrive_events then return "Execution history event limit exceeded" end
  if now_ms - row.start_ms > held.execution_days * DAY_MS then
    return "Execution has exceeded the max execution time"
  end
  if row.stop_ms and now_ms - row.stop_ms > held.redrive_days * DAY_MS then
    return "Execution redrivable period exceeded"
  end
  local machine = engine.store:get("machine", (row.machine:gsub("/[^/:]*$", "")))
  if not machine or core.decode(machine.body).status == "DELETING" then
    return "State machine is in DELETING status"
  end
end

--- redriveStatus and redriveStatusReason.
function redrive.status(engine, row)
  local reason = obstacle(engine, row)
  if reason then return "NOT_REDRIVABLE", reason end
  return row.map_run and "REDRIVABLE_BY_MAP_RUN" or "REDRIVABLE"
end

local function refuse(reason)
  return errors.fail("ExecutionNotRedrivable", reason)
end

-- client tokens --------------------------------------------------------------------------------------

-- The tokens of an execution's last redrives, and the answer to one of them.
local function answered(engine, row, token)
  local held, message, failure = documents.read(engine, "redrive", row.arn)
  if failure then return nil, message, failure end
  held = held or { tokens = {}, at = 0 }
  for _, one in ipairs(held.tokens) do
    if one.token == token and engine:now_ms() - one.at_ms < TOKEN_MS then
      return held, { redriveDate = documents.seconds(one.at_ms) }
    end
  end
  return held
end

local function remember(engine, row, held, token, now_ms)
  local tokens = core.array { { token = token, at_ms = now_ms } }
  for i, one in ipairs(held.tokens) do
    if i < TOKENS then tokens[#tokens + 1] = one end
  end
  return engine.store:write { documents.entry("redrive", row.arn, { tokens = tokens }, { sort = now_ms }) }
end

function redrive.install(Engine, row_of)
  --- RedriveExecution: the same execution goes on at the states that failed.
  ---@param first string|table an ARN, or a table with executionArn and clientToken
  function Engine:redrive_execution(first)
    local request = constraints.request("engine:redrive_execution", "executionArn", first)
    local token = request.clientToken
    local ok, message, failure = constraints.new():length("clientToken", token, 1, 64):done()
    if not ok then return nil, message, failure end
    local row
    row, message, failure = row_of(self, request)
    if not row then return nil, message, failure end
    local held, answer
    if token then
      held, answer, failure = answered(self, row, token)
      if not held then return nil, answer, failure end
      if answer then return answer end
    end
    local reason = obstacle(self, row)
    if row.map_run and not reason then reason = "Execution can only be redriven by its Map Run" end
    if reason then return refuse(reason) end
    local reopened
    reopened, message, failure = self:redrive(row)
    if not reopened then
      -- Somebody else was faster, or what failed cannot be tried again.
      if failure.code == "EFENCED" then return refuse "Execution is RUNNING and cannot be redriven" end
      if failure.code == "EREDRIVE" then return refuse(message) end
      return nil, message, failure
    end
    if token then
      ok, message, failure = remember(self, row, held, token, reopened.redrive_ms)
      if not ok then return nil, message, failure end
    end
    return { redriveDate = documents.seconds(reopened.redrive_ms) }
  end
end

return redrive
