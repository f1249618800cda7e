--- One engine on a store, on a virtual clock, playing a scenario to its end with the world around it.
local core = require "passo.core"
local fatal = require "crash.fatal"
local passo = require "passo"
local World = require "crash.world"

local stage = {}

local NAME = "crash"
local ROLE = "arn:aws:iam::123456789012:role/crash"
local MOST_MS = 400 * 86400000 -- longer than anything waits
stage.START_MS = 4102444800000 -- 2100-01-01: later than any real clock says

-- A fixed seed for every execution, and a fixed end of an Express one's ARN: what is drawn is the same in every run.
local function fix_seeds(engine)
  local prepare = engine.prepare
  function engine:prepare(begin)
    local seed = 7
    for i = 1, #begin.name do seed = (seed * 31 + begin.name:byte(i)) % 2147483647 end
    begin.seed = begin.seed or seed
    if begin.arn and not begin.parent then begin.arn = begin.arn:gsub("(:express:.*:)[^:]*$", "%1one") end
    return prepare(self, begin)
  end
end

local function create(engine, scenario)
  for _, arn in ipairs(scenario.activities) do
    local ok, message = engine:create_activity(arn:match "[^:]*$")
    if not ok then return nil, message end
  end
  return engine:create_state_machine { name = NAME, definition = scenario.definition, type = scenario.type,
    roleArn = scenario.role_arn or ROLE }
end

-- The ARN of the scenario's execution, which is started unless the store has it; nil, message. An Express execution has
-- one that nobody knows before, and the same name starts another; who waits for it has its answer when it has ended.
local function start(engine, scenario, real, machine)
  local input, options = assert(core.value(scenario.input)), { name = NAME }
  if scenario.type == "STANDARD" then
    local arn = machine.stateMachineArn:gsub(":stateMachine:", ":execution:") .. ":" .. NAME
    local ok, message, failure = engine:start_execution(NAME, input, options)
    if not ok and failure.code ~= "ExecutionAlreadyExists" then return nil, message end
    return arn
  end
  local row = real:list({ all = true, limit = 1 })[1]
  if row then return row.arn end
  local begin = scenario.is_sync and engine.start_sync_execution or engine.start_execution
  local answer, message = begin(engine, NAME, input, options)
  return answer and answer.executionArn, message
end

-- What an execution leaves behind when it ends (children that are stopped) ends soon after.
local SETTLE_MS = 5000

--- Plays the scenario to its end: "ended"; "died" when plan.is_dead was set meanwhile; else nil and why.
---@param scenario table
---@param real table the store, which may hold what a dead engine has left
---@param options table ledger, now_ms (where the clock goes on), plan (of crash.fatal)
function stage.play(scenario, real, options)
  local plan = options.plan or {}
  local host = passo.virtual_clock(options.now_ms or stage.START_MS)
  local over, died = host:event(), host:event()
  local arn, problem
  function plan.ended(append)
    if arn and (append.arn == arn or append.id == stage.id_of(real, arn)) then host:set(over) end
  end
  function plan.over()
    host:set(over)
    host:set(died)
  end
  if plan.prepare then plan.prepare(host) end
  local world = World.new(scenario, options.ledger, host)
  local engine
  host:spawn(function()
    engine, problem = passo.engine { store = fatal.wrap(real, plan), handlers = world.handlers, clock = host,
      name = "worker", region = scenario.region, account = scenario.account, role_arn = scenario.role_arn }
    if not engine then return host:set(over) end
    fix_seeds(engine)
    world:serve(engine)
    local machine
    machine, problem = create(engine, scenario)
    if machine then arn, problem = start(engine, scenario, real, machine) end
    local row = not problem and real:describe(arn)
    if problem or row and row.status ~= "RUNNING" then host:set(over) end
  end)
  local woken = host:wait(over, host:now_ms() + MOST_MS)
  if plan.is_dead then return "died" end
  world.is_over = true
  if problem or world.problem then return nil, problem or world.problem end
  if not woken then return nil, "nothing is left to do, and the execution has not ended" end
  host:wait(died, host:now_ms() + SETTLE_MS)
  if plan.is_dead then return "died" end
  engine:close()
  return "ended"
end

function stage.id_of(store, arn)
  local row = arn and store:describe(arn)
  return row and row.id
end

return stage
