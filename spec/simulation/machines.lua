--- Machines for the simulation: random ones that end the same way whatever is delayed, repeated or done twice. Their
--- tasks fail as often as their Retry allows, and never more; nothing in them depends on which branch is first.
local core = require "passo.core"

local machines = {}

local LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"
local TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
local SYNC = "arn:aws:states:::glue:startJobRun.sync"

local function array(t) return setmetatable(t, core.array_mt) end

-- How often a task fails before it succeeds stands in its state's name.
local function failures_of(name)
  return tonumber(name:match "_f(%d)") or 0
end

local function retry(state, name)
  local failures = failures_of(name)
  if failures == 0 then return end
  state.Retry = array { { ErrorEquals = array { "Flaky" }, IntervalSeconds = 1 + failures, MaxAttempts = failures,
    BackoffRate = 2 } }
end

local KINDS = {}

function KINDS.task(_, name)
  local state = { Type = "Task", Resource = LAMBDA .. name, ResultPath = "$." .. name }
  retry(state, name)
  return state
end

function KINDS.token(_, name)
  return { Type = "Task", Resource = TOKEN, ResultPath = "$." .. name,
    Parameters = { QueueUrl = "queue", MessageBody = { ["token.$"] = "$$.Task.Token" } } }
end

function KINDS.job(_, name)
  local state = { Type = "Task", Resource = SYNC, ResultPath = "$." .. name, Parameters = { JobName = name } }
  retry(state, name)
  return state
end

function KINDS.wait(g) return { Type = "Wait", Seconds = g.random:pick { 0, 1, 2, 5, 30, 120 } } end

function KINDS.pass(g, name) return { Type = "Pass", Result = g.random:below(100), ResultPath = "$." .. name } end

function KINDS.parallel(g, name, depth)
  if depth > 1 then return nil end
  local state = { Type = "Parallel", Branches = array {}, ResultPath = "$." .. name }
  for i = 1, g.random:between(2, 3) do state.Branches[i] = machines.states(g, depth + 1) end
  return state
end

function KINDS.map(g, name, depth)
  if depth > 1 then return nil end
  local processor = machines.states(g, depth + 1)
  processor.ProcessorConfig = { Mode = "INLINE" }
  return { Type = "Map", ItemsPath = "$.items", MaxConcurrency = g.random:below(3), ItemProcessor = processor,
    ItemSelector = { ["n.$"] = "$$.Map.Item.Index", ["items.$"] = "$.items" }, ResultPath = "$." .. name }
end

local ORDINARY = { "task", "task", "task", "token", "job", "wait", "pass", "parallel", "map" }

function machines.states(g, depth)
  local count = g.random:between(1, depth == 1 and 5 or 2)
  local out, names = { States = {} }, {}
  for i = 1, count do
    g.count = g.count + 1
    names[i] = ("s%d_f%d"):format(g.count, g.random:below(3))
  end
  out.StartAt = names[1]
  for i, name in ipairs(names) do
    local state = KINDS[g.random:pick(ORDINARY)](g, name, depth) or KINDS.pass(g, name)
    if names[i + 1] then state.Next = names[i + 1] else state.End = true end
    out.States[name] = state
  end
  return out
end

--- A definition's text, and an input's.
function machines.draw(random)
  local definition = machines.states({ random = random, count = 0 }, 1)
  local items = array {}
  for i = 1, random:below(4) do items[i] = random:below(10) end
  return core.encode(definition), core.encode { items = items, n = random:below(10) }
end

--- How a task ends: { error } or { result = JSON text }; the same wherever and however often it is performed.
function machines.outcome(state, attempt)
  local is_token = state.pattern == "token"
  if not is_token and attempt < failures_of(state.name) then return { error = "Flaky" } end
  return { result = ('{"by":"%s"}'):format(state.name) }
end

return machines
