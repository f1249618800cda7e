--- The engine's verbs by the file that has them, below passo.engine. What every execution needs is loaded at once, the
--- rest by the first call of one of its verbs: a process that starts an execution and ends is done in milliseconds.
local parts = {}

parts.NOW = { "begin", "start", "revisions", "await", "concurrency", "duties", "formats" }

--- What is loaded later, and the verbs that do it.
parts.LATER = {
  tasks = "activity_of is_lost perform_command leaves_to_others",
  resume = "let_go quarantine resume redrive",
  letters = "post",
  waiting = "await_row",
  closing = "lose_all must_leave run refuse_to_run close hand_over",
  machines = "create_state_machine describe_state_machine describe_revision list_state_machines delete_state_machine "
    .. "finish_deletion validate_state_machine_definition",
  update = "update_state_machine",
  versions = "publish publish_state_machine_version list_state_machine_versions delete_state_machine_version",
  aliases = "create_state_machine_alias update_state_machine_alias describe_state_machine_alias "
    .. "delete_state_machine_alias list_state_machine_aliases",
  tags = "tag_resource untag_resource list_tags_for_resource",
  executions = "describe_execution describe_state_machine_for_execution list_executions stop_execution "
    .. "redrive_execution",
  history = "get_execution_history",
  retention = "forget tidy",
  tokens = "send_task_success send_task_failure send_task_heartbeat",
  activities = "wake_pollers offered_activity known_activities create_activity describe_activity delete_activity "
    .. "list_activities get_activity_task",
  nested = "nested_performer",
  children = "perform_child perform_read perform_write abandon posts_of recall_child hear_child",
  map_runs = "count_items note_map_runs describe_map_run list_map_runs update_map_run",
  schedules = "schedule unschedule describe_schedule list_schedules fire_schedule",
  express = "start_sync_execution lose_express",
  doctor = "doctor release_execution",
}

local function install(Engine, part)
  require("passo.engine." .. part)(Engine)
end

--- Gives the class its verbs. nginx's workers inherit modules, and may not be able to load any.
function parts.install(Engine)
  for _, part in ipairs(parts.NOW) do install(Engine, part) end
  for part, verbs in pairs(parts.LATER) do
    for verb in verbs:gmatch "%S+" do
      local function later(...)
        if Engine[verb] == later then install(Engine, part) end
        return Engine[verb](...)
      end
      Engine[verb] = later
    end
    if rawget(_G, "ngx") then install(Engine, part) end
  end
end

return parts
