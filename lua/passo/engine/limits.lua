--- The service's quotas, as numbers an engine may set otherwise: engine{limits = {versions = 20}}.
local limits = {}

local AWS = {
  definition_bytes = 1048576,
  input_bytes = 262144,
  open_executions = 1000000,
  state_machines = 100000,
  versions = 1000,
  aliases = 100,
  tags = 50,
  redrive_events = 24999, -- an execution with as many events cannot be redriven
  redrive_days = 14,
  execution_days = 365,
}

--- What holds for an engine: its own numbers before the service's; under the profile "unlimited" there are none but
--- what is given.
function limits.of(engine)
  local held = engine.quotas
  if held then return held end
  held = {}
  local is_unlimited = engine.profile == "unlimited"
  for name, value in pairs(AWS) do held[name] = is_unlimited and math.huge or value end
  for name, value in pairs(engine.limits or {}) do held[name] = value end
  engine.quotas = held
  return held
end

--- Whether there is such a quota.
function limits.is_known(name)
  return AWS[name] ~= nil
end

--- The names of all, after those of a list.
function limits.names(list)
  for name in pairs(AWS) do list[#list + 1] = name end
  return list
end

return limits
