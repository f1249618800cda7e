--- Definitions that must run as they are: each ends, and succeeds for some input.
local core = require "passo.core"
local virtual = require "conformance.virtual"

local seeds = {}

local INPUTS = { '{"foo":1}', '{"foo":2}', "{}" }

local function run(machine, input)
  local exec = assert(core.exec(machine, core.value(input), {
    arn = "arn:aws:states:us-east-1:123456789012:execution:seed:run",
    name = "run",
    role_arn = "arn:aws:iam::123456789012:role/seed",
    machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:seed",
    machine_name = "seed",
    seed = ("s"):rep(32),
    now_ms = 1767225600000,
  }))
  local driver = virtual.new(exec, 1767225600000)
  driver:drain()
  while not driver.finish do
    local task = driver:waiting("TASK")[1]
    if task then
      driver:started(task)
      driver:resume(task, task.input)
    elseif not driver:pass_time() then
      return nil
    end
  end
  return driver.finish
end

function seeds.diff(_, text)
  local machine, message = core.machine(text)
  if not machine then return "the definition was refused: " .. tostring(message) end
  local succeeded = false
  for _, input in ipairs(INPUTS) do
    local finish = run(machine, input)
    if not finish then return "the execution for " .. input .. " does not end" end
    succeeded = succeeded or finish.status == "SUCCEEDED"
  end
  return not succeeded and "no input lets it succeed" or nil
end

return seeds
