--- Drives an execution at random: any outcome, in any order, at any time, and inputs that come too late.
local core = require "passo.core"
local virtual = require "conformance.virtual"

local walk = {}

local START_MS = 1767225600000
local MANY = 300 -- steps, after which only what leads to an end is done

local ERRORS = { "Boom", "Other", "States.TaskFailed" }

function walk.exec(machine, input)
  return assert(core.exec(machine, core.value(core.encode(input)), {
    arn = "arn:aws:states:us-east-1:123456789012:execution:generated:one",
    name = "one",
    role_arn = "arn:aws:iam::123456789012:role/generated",
    machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:generated",
    machine_name = "generated",
    seed = ("p"):rep(32),
    now_ms = START_MS,
  }))
end

-- What a command of each kind may be answered with.
local ANSWERS = {}
function ANSWERS.TASK(random, command) return { n = random:below(10), of = command.token } end
function ANSWERS.CALL(random, command)
  if command.name == "lua:choose" then return random:once_in(2) end
  return random:below(10)
end
function ANSWERS.CHILD(random, command) return { child = command.index, n = random:below(10) } end
function ANSWERS.READ(random)
  local rows = setmetatable({}, core.array_mt)
  for i = 1, random:below(6) do rows[i] = { row = i } end
  return rows
end
function ANSWERS.WRITE() return { Bucket = "bucket", Key = "manifest.json" } end

local function outcome(random, run, command)
  local answer = ANSWERS[command.kind](random, command)
  if random:once_in(command.kind == "TASK" and 3 or 8) then
    return run:fail(command, random:pick(ERRORS), random:once_in(2) and "why" or nil)
  end
  return run:resume(command, core.value(core.encode(answer)))
end

-- A token that is not outstanding (any more): nothing may come of it.
local function too_late(random, run)
  local used = {}
  for _, command in ipairs(run.commands) do
    if command.kind == "TASK" and not run.outstanding[command.token] then used[#used + 1] = command.token end
  end
  local token = #used > 0 and random:pick(used) or 4503599627370495
  local verb = random:below(3)
  local ok
  if verb == 0 then ok = run:feed("resume", token, run.now_ms, core.null)
  elseif verb == 1 then ok = run:feed("beat", token, run.now_ms)
  else ok = run:feed("started", token, run.now_ms) end
  if ok then error(("token %s was taken after its end"):format(tostring(token)), 0) end
end

local function pass_some_time(random, run)
  local deadline = run.exec:deadline()
  if deadline and random:once_in(2) then
    run.now_ms = math.max(run.now_ms, math.min(deadline, run.now_ms + 100000))
  else
    run.now_ms = run.now_ms + random:below(3000)
  end
  run:feed("tick", run.now_ms)
end

local function step(random, run)
  local tasks = run:waiting()
  if #tasks == 0 or random:once_in(4) then return pass_some_time(random, run) end
  if random:once_in(12) then return too_late(random, run) end
  if random:once_in(150) then
    return run:feed("stop", run.now_ms, random:once_in(2) and "Stopped" or nil, "by hand")
  end
  local command = random:pick(tasks)
  if command.kind == "CHILD" and random:once_in(6) then
    return run:feed("update", command.token, run.now_ms,
      { max_concurrency = random:below(4), tolerated_failure_count = random:once_in(2) and random:below(3) or nil })
  end
  if command.kind ~= "TASK" then return outcome(random, run, command) end
  local pattern = command.state.pattern
  local waits = pattern == "sync" or pattern == "token"
  local deed = random:below(5)
  if command.stage == "new" and deed > 0 then return run:started(command, random:once_in(2) and "worker" or nil) end
  if deed == 1 then return run:feed("beat", command.token, run.now_ms) end
  if deed == 2 and waits and command.stage == "started" then
    return run:submitted(command, core.value '{"job":1}')
  end
  return outcome(random, run, command)
end

-- Whether an execution that has ended is redriven once more.
local function redriven(random, run)
  if run.finish.status == "SUCCEEDED" or not random:once_in(2) then return false end
  run.now_ms = run.now_ms + random:below(100000)
  return run:feed("redrive", run.now_ms)
end

--- Drives to the end and returns the driver. `options` go to `virtual.new`.
function walk.run(random, machine, input, options)
  local run = virtual.new(walk.exec(machine, input), START_MS, options)
  run:drain()
  local steps = 0
  while not run.finish or redriven(random, run) do
    steps = steps + 1
    if steps > MANY * 20 then error("the execution does not end", 0) end
    local command = run:waiting()[1]
    if steps <= MANY then step(random, run)
    elseif command then outcome(random, run, command)
    elseif not run:pass_time() then error("nothing is outstanding, and no time is set", 0)
    end
  end
  return run
end

return walk
