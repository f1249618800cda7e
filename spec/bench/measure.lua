--- Runs one workload in this process and tells what it took.
local measure = {}

-- The value at a dotted path; "#" is a length, numbers count from 0.
local function at(value, path)
  for step in path:gmatch("[^.]+") do
    if type(value) ~= "table" then return nil end
    if step == "#" then value = #value
    elseif step:find("^%d+$") and value[1] ~= nil then value = value[tonumber(step) + 1]
    else value = value[step] end
  end
  return value
end

local function check(output, expect)
  for path, expected in pairs(expect) do
    if at(output, path) ~= expected then return false end
  end
  return true
end

--- The most memory this process has held, in kB.
function measure.peak_rss_kb()
  local file = io.open("/proc/self/status", "r")
  if not file then return 0 end
  local text = file:read("*a")
  file:close()
  return tonumber(text:match("VmHWM:%s*(%d+)")) or 0
end

---@param passo table the public module
---@param workload table of workloads.lua
---@return table {wall_s, us_per_transition, rss_kb, check, first_s: process time until the first execution's end}
function measure.run(passo, workload)
  local machine = assert(passo.parse(workload.definition))
  local value = passo.core.value
  local options = { handlers = workload.handlers or {}, profile = workload.profile,
    history = true }
  if workload.virtual then options.clock = passo.virtual_clock "2026-01-01T00:00:00Z" end
  local result
  local clock = passo.core.clock
  local began = clock()
  for _ = 1, workload.executions do
    result = assert(machine:run(value(workload.input), options))
  end
  local wall = clock() - began
  return {
    wall_s = wall,
    us_per_transition = wall / workload.executions / workload.transitions * 1e6,
    rss_kb = measure.peak_rss_kb(),
    check = result.status == "SUCCEEDED" and check(result.output, workload.expect),
  }
end

--- Seconds of this process until its first transition was made; call it first.
function measure.start_up(passo)
  local machine = assert(passo.parse '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}')
  assert(machine:run(passo.core.value "{}"))
  return os.clock()
end

--- The same, of an execution that is started on an engine and kept in its store; the machine "start" is there but for
--- the first time.
function measure.start_up_on(passo, url)
  local engine = assert(passo.engine { store = url })
  local started, _, failure = engine:start_execution("start", {})
  if not started and failure.code == "StateMachineDoesNotExist" then
    assert(engine:create_state_machine("start", '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'))
    started = assert(engine:start_execution("start", {}))
  end
  assert(engine:await(started))
  local took_s = os.clock()
  engine:close()
  return took_s
end

return measure
