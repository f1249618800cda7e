--- What is asked of a machine for every execution and never changes: found once.
local facts = {}

--- has_tasks; names_activities: a task of it is an activity's; has_map_runs: it has a Distributed Map.
---@param machine passo.Machine
---@return {has_tasks: boolean, names_activities: boolean, has_map_runs: boolean}
function facts.of(machine)
  local found = machine.facts
  if found then return found end
  found = { has_tasks = false, names_activities = false, has_map_runs = false }
  for _, state in ipairs(machine.all_states) do
    if state.type == "Task" then found.has_tasks = true end
    if state.family == "activity" then found.names_activities = true end
    if state.distributed then found.has_map_runs = true end
  end
  machine.facts = found
  return found
end

return facts
