--- Machines that nobody would write: nested states of every kind, always leading forward, so that each ends.
local core = require "passo.core"

local generate = {}

local ERRORS = { "Boom", "Other", "States.TaskFailed", "States.Timeout" }
local RESOURCES = {
  "arn:aws:lambda:us-east-1:123456789012:function:work",
  "arn:aws:states:::lambda:invoke",
  "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  "arn:aws:states:::states:startExecution.sync:2",
  "arn:aws:states:us-east-1:123456789012:activity:work",
  "lua:work",
}
local MAX_DEPTH = 3

local function array(t) return setmetatable(t, core.array_mt) end

local function retriers(g)
  local out = array {}
  for i = 1, g.random:between(1, 2) do
    out[i] = {
      ErrorEquals = array { i == 2 and "States.ALL" or g.random:pick(ERRORS) },
      IntervalSeconds = g.random:between(1, 4),
      MaxAttempts = g.random:below(4),
      BackoffRate = 1 + g.random:below(3) / 2,
    }
    if g.random:once_in(3) then out[i].MaxDelaySeconds = g.random:between(4, 9) end
    if g.random:once_in(3) then out[i].JitterStrategy = "FULL" end
  end
  return out
end

local function catchers(g, later)
  if #later == 0 then return nil end
  local out = array {}
  out[1] = { ErrorEquals = array { g.random:pick(ERRORS) }, Next = g.random:pick(later) }
  if g.random:once_in(2) then out[1].ResultPath = "$.problem" end
  if g.random:once_in(2) then
    out[2] = { ErrorEquals = array { "States.ALL" }, Next = g.random:pick(later) }
    if g.random:once_in(2) then out[2].ResultPath = core.null end
  end
  return out
end

local function results(g, state, depth)
  local where = g.random:below(4)
  if where == 1 then state.ResultPath = "$.r" .. depth end
  if where == 2 then state.ResultPath = core.null end
  if g.random:once_in(3) then
    state.Assign = { ["v" .. depth] = g.random:below(100), ["when" .. depth .. ".$"] = "$$.State.EnteredTime" }
  end
end

local function fallible(g, state, later)
  if g.random:once_in(2) then state.Retry = retriers(g) end
  if g.random:once_in(2) then state.Catch = catchers(g, later) end
end

local machine

local KINDS = {}

function KINDS.Pass(g, _, depth)
  local state = { Type = "Pass" }
  local what = g.random:below(4)
  if what < 2 then
    state.Result = { n = g.random:below(10) }
  elseif what == 2 then -- asked Lua twice, with randomness before, between and after
    state.Parameters = { ["a.$"] = "States.UUID()", ["b.$"] = "lua:ask($$.Execution.Input.n, 'b')",
      ["c.$"] = "States.UUID()", ["d.$"] = "States.Array(lua:ask('d'), States.MathRandom(1, 1000))" }
  else
    state.Parameters = { ["n.$"] = "States.MathAdd($$.Execution.Input.n, " .. g.random:below(9) .. ")",
      ["text.$"] = "States.Format('{} of {}', $$.State.Name, $$.Execution.Name)" }
  end
  results(g, state, depth)
  return state
end

function KINDS.Task(g, later, depth)
  local state = { Type = "Task", Resource = g.random:pick(RESOURCES) }
  if state.Resource:find("waitForTaskToken") then
    state.Parameters = { QueueUrl = "queue", MessageBody = { ["token.$"] = "$$.Task.Token" } }
  elseif state.Resource:find("startExecution") then
    state.Parameters = { StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:other" }
  elseif state.Resource:find("lambda:invoke") then
    state.Parameters = { FunctionName = "work", Payload = { ["n.$"] = "$$.Execution.Input.n" } }
  end
  if g.random:once_in(2) then
    state.TimeoutSeconds = g.random:between(5, 30)
    if g.random:once_in(2) then state.HeartbeatSeconds = g.random:between(1, 4) end
  end
  results(g, state, depth)
  fallible(g, state, later)
  return state
end

function KINDS.Choice(g, later)
  if #later == 0 then return nil end
  local state = { Type = "Choice", Choices = array {} }
  for i = 1, g.random:between(1, 3) do
    state.Choices[i] = {
      And = array {
        { Variable = "$.n", IsPresent = true },
        { Variable = "$.n", IsNumeric = true },
        { Variable = "$.n", NumericLessThan = g.random:below(10) },
      },
      Next = g.random:pick(later),
    }
    if g.random:once_in(3) then state.Choices[i] = { Condition = "lua:choose", Next = g.random:pick(later) } end
  end
  return state
end

function KINDS.Wait(g) return { Type = "Wait", Seconds = g.random:between(0, 6) } end

function KINDS.Parallel(g, later, depth)
  if depth >= MAX_DEPTH then return nil end
  local state = { Type = "Parallel", Branches = array {} }
  for i = 1, g.random:between(1, 3) do state.Branches[i] = machine(g, depth + 1) end
  results(g, state, depth)
  fallible(g, state, later)
  return state
end

local function distributed(g, state)
  state.ItemProcessor.ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }
  if g.random:once_in(3) then state.ToleratedFailureCount = g.random:below(3) end
  if g.random:once_in(4) then state.ItemBatcher = { MaxItemsPerBatch = g.random:between(1, 3) } end
  if g.random:once_in(3) then
    state.ItemsPath = nil
    state.ItemReader = {
      Resource = "arn:aws:states:::s3:getObject",
      ReaderConfig = { InputType = "JSON", MaxItems = g.random:between(1, 9) },
      Parameters = { Bucket = "bucket", Key = "items.json" },
    }
  end
  if g.random:once_in(3) then
    state.ResultWriter = { Resource = "arn:aws:states:::s3:putObject",
      Parameters = { Bucket = "bucket", ["Prefix.$"] = "$$.Execution.Name" } }
  end
end

function KINDS.Map(g, later, depth)
  if depth >= MAX_DEPTH then return nil end
  local state = {
    Type = "Map",
    ItemsPath = "$$.Execution.Input.items",
    MaxConcurrency = g.random:below(4),
    ItemProcessor = machine(g, depth + 1),
  }
  if g.random:once_in(4) then
    distributed(g, state)
  else
    state.ItemProcessor.ProcessorConfig = { Mode = "INLINE" }
  end
  if g.random:once_in(2) then
    state.ItemSelector = { ["n.$"] = "$$.Map.Item.Index", ["item.$"] = "$$.Map.Item.Value" }
  end
  results(g, state, depth)
  fallible(g, state, later)
  return state
end

local ORDINARY = { "Pass", "Task", "Task", "Task", "Choice", "Wait", "Parallel", "Map" }

-- A States object: each state leads to later ones only.
function machine(g, depth)
  local names, count = {}, g.random:between(1, depth == 1 and 5 or 3)
  for i = 1, count do
    g.count = g.count + 1
    names[i] = ("S%d"):format(g.count)
  end
  local out = { StartAt = names[1], States = {} }
  for i, name in ipairs(names) do
    local later = array {}
    for k = i + 1, count do later[#later + 1] = names[k] end
    local state
    if #later == 0 and g.random:once_in(6) then
      state = g.random:once_in(2) and { Type = "Succeed" }
        or { Type = "Fail", Error = g.random:pick(ERRORS), Cause = "as generated" }
    else
      state = KINDS[g.random:pick(ORDINARY)](g, later, depth) or KINDS.Pass(g, later, depth)
      if #later == 0 then state.End = true
      elseif state.Type == "Choice" then state.Default = later[1] -- every state can be reached
      else state.Next = later[1]
      end
    end
    out.States[name] = state
  end
  return out
end

--- A definition, and an input for it.
function generate.machine(random)
  local g = { random = random, count = 0 }
  local definition = machine(g, 1)
  if random:once_in(4) then definition.TimeoutSeconds = random:between(10, 60) end
  local items = array {}
  for i = 1, random:below(4) do items[i] = { n = random:below(10) } end
  return definition, { n = random:below(10), items = items }
end

return generate
