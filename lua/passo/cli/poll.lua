-- cli/poll.lua: a job that is started by aws-sdk:* and must be asked after: the states that do so, as a fix.
--
-- "Crawl" becomes: Crawl, "Crawl: wait", "Crawl: ask", "Crawl: done?", and where it can fail "Crawl: failed". The
-- data of the workflow goes through as it was, with the answer beside it. JSONPath states of JSON definitions only.
local poll = {}

-- By service and action: what asks, its parameters (from the start's own, from its result), where the answer tells
-- the state, and which states end it.
local JOBS = {
  ["glue:startCrawler"] = { "glue:getCrawler", own = { "Name" }, status = "Crawler.State", good = "READY" },
  ["glue:startWorkflowRun"] = { "glue:getWorkflowRun", own = { "Name" }, result = { RunId = "RunId" },
    status = "Run.Status", good = "COMPLETED", bad = { "STOPPED", "ERROR" } },
  ["glue:startDataQualityRulesetEvaluationRun"] = { "glue:getDataQualityRulesetEvaluationRun",
    result = { RunId = "RunId" }, status = "Status", good = "SUCCEEDED", bad = { "STOPPED", "FAILED", "TIMEOUT" } },
  ["transcribe:startTranscriptionJob"] = { "transcribe:getTranscriptionJob", own = { "TranscriptionJobName" },
    status = "TranscriptionJob.TranscriptionJobStatus", good = "COMPLETED", bad = { "FAILED" } },
  ["textract:startDocumentAnalysis"] = { "textract:getDocumentAnalysis", result = { JobId = "JobId" },
    status = "JobStatus", good = "SUCCEEDED", bad = { "FAILED" } },
  ["textract:startDocumentTextDetection"] = { "textract:getDocumentTextDetection", result = { JobId = "JobId" },
    status = "JobStatus", good = "SUCCEEDED", bad = { "FAILED" } },
  ["rekognition:startLabelDetection"] = { "rekognition:getLabelDetection", result = { JobId = "JobId" },
    status = "JobStatus", good = "SUCCEEDED", bad = { "FAILED" } },
  ["ssm:startAutomationExecution"] = { "ssm:getAutomationExecution",
    result = { AutomationExecutionId = "AutomationExecutionId" },
    status = "AutomationExecution.AutomationExecutionStatus", good = "Success",
    bad = { "Failed", "TimedOut", "Cancelled" } },
  ["redshiftdata:executeStatement"] = { "redshiftdata:describeStatement", result = { Id = "Id" }, status = "Status",
    good = "FINISHED", bad = { "FAILED", "ABORTED" } },
}

local PAUSE_SECONDS = 10
local MAX_NAME = 80

local function follow(value, pointer)
  for part in pointer:gmatch "/([^/]*)" do
    if type(value) ~= "table" then return nil end
    local key = part:gsub("~1", "/"):gsub("~0", "~")
    value = value[key] == nil and tonumber(key) and value[tonumber(key) + 1] or value[key]
  end
  return value
end

local function escaped(name)
  return (name:gsub("~", "~0"):gsub("/", "~1"))
end

-- "Crawl: wait", for names of states have a limit.
local function named(name, what)
  local room = MAX_NAME - #what - 2
  return (#name > room and name:sub(1, room):gsub("[\128-\255]*$", "") or name) .. ": " .. what
end

local function object(pairs_of)
  return require("passo").object(pairs_of)
end

-- The question's parameters: what the start was given, and what it answered at `at`.
local function parameters(job, state, at)
  local list = {}
  for _, name in ipairs(job.own or {}) do
    local given = state.Parameters or {}
    local key = given[name .. ".$"] ~= nil and name .. ".$" or name
    if given[key] == nil then return nil end
    list[#list + 1] = { key, given[key] }
  end
  for name, member in pairs(job.result or {}) do list[#list + 1] = { name .. ".$", at .. "." .. member } end
  return object(list)
end

-- Where the answers go, beside the data.
local function places(name)
  local word = name:gsub("[^%w]", "")
  word = word:find "^%a" and word or "job"
  return "$." .. word .. "Started", "$." .. word .. "Answer"
end

-- What each new state is, in their order: {name, state} pairs.
local function states_of(job, name, state, following)
  local started, answer = places(name)
  local given = parameters(job, state, started)
  if not given then return nil end
  local variable = answer .. "." .. job.status
  local choices = { object { { "Variable", variable }, { "StringEquals", job.good }, { "Next", following } } }
  for _, bad in ipairs(job.bad or {}) do
    choices[#choices + 1] = object { { "Variable", variable }, { "StringEquals", bad },
      { "Next", named(name, "failed") } }
  end
  local list = {
    { named(name, "wait"), object { { "Type", "Wait" }, { "Seconds", PAUSE_SECONDS },
      { "Next", named(name, "ask") } } },
    { named(name, "ask"), object { { "Type", "Task" }, { "Resource", "arn:aws:states:::aws-sdk:" .. job[1] },
      { "Parameters", given }, { "ResultPath", answer }, { "Next", named(name, "done?") } } },
    { named(name, "done?"), object { { "Type", "Choice" }, { "Choices", require("passo").array(choices) },
      { "Default", named(name, "wait") } } },
  }
  if job.bad then
    list[#list + 1] = { named(name, "failed"), object { { "Type", "Fail" }, { "Error", "States.TaskFailed" },
      { "CausePath", variable } } }
  end
  if state.End then list[#list + 1] = { following, object { { "Type", "Succeed" } } } end
  return list, started
end

local function is_free(states, list)
  for _, pair in ipairs(list) do
    if states[pair[1]] ~= nil then return false end
  end
  return true
end

--- The operations that ask after the job which a finding's fix starts; none where that cannot be written. "follow"
--- puts `members` behind the member at `path`.
---@param definition table decoded
---@param finding passo.Finding its fix replaces a state's Resource
---@return table operations
function poll.operations(definition, finding)
  local first = finding.fix[1]
  local service, verb = tostring(first.value):match "^arn:[^:]+:states:::aws%-sdk:([^:]+):(%w+)$"
  local job = service and JOBS[service .. ":" .. verb]
  local holder, name = first.path:match "^(.*)/([^/]*)/Resource$"
  if first.op ~= "replace" or not job or not holder then return {} end
  name = name:gsub("~1", "/"):gsub("~0", "~")
  local states = follow(definition, holder)
  local state = type(states) == "table" and states[name]
  if type(state) ~= "table" or state.QueryLanguage == "JSONata" or definition.QueryLanguage == "JSONata"
    or state.ResultPath ~= nil or state.OutputPath ~= nil or state.ResultSelector ~= nil then
    return {}
  end
  local following = type(state.Next) == "string" and state.Next or state.End == true and named(name, "end")
  if not following then return {} end
  local list, started = states_of(job, name, state, following)
  if not list or not is_free(states, list) then return {} end
  local at = holder .. "/" .. escaped(name)
  local kept = job.result and started or require("passo").null
  local operations = { { op = "add", path = at .. "/ResultPath", value = kept } }
  if state.End then
    operations[#operations + 1] = { op = "replace", path = at .. "/End", value = list[1][1] }
    operations[#operations + 1] = { op = "move", from = at .. "/End", path = at .. "/Next" }
  else
    operations[#operations + 1] = { op = "replace", path = at .. "/Next", value = list[1][1] }
  end
  operations[#operations + 1] = { op = "follow", path = at, members = list }
  return operations
end

return poll
