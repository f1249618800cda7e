--- Jobs that `.sync` waits for: what asks how one is, which answers end it, what its result is, and what stops it.
---
--- `ask(started, arguments)` gives the parameters of `operation`; `started` is the result of the call that began the
--- job, `arguments` are the Task's. `at` names the job within the answer (a number: of a list), `status` its state
--- within the job, `good` and `bad` the states that end it; other states mean that it goes on. The result is the job
--- itself, or the whole answer where `whole` says so; what `keep` names comes over from the start's result.
local jobs = {}

local function words(text)
  local out = {}
  for word in text:gmatch "%S+" do out[word] = true end
  return out
end

-- A job known by one name in start, question and stop alike.
local function named(member, from)
  return function(started, arguments) return { [member] = started[from or member] or arguments[from or member] } end
end

jobs["athena:startQueryExecution"] = {
  operation = "getQueryExecution", ask = named "QueryExecutionId", at = { "QueryExecution" },
  status = { "Status", "State" }, good = words "SUCCEEDED", bad = words "FAILED CANCELLED", whole = true,
  stop = "stopQueryExecution", stopping = named "QueryExecutionId",
}
jobs["batch:submitJob"] = {
  operation = "describeJobs", ask = function(started) return { Jobs = { started.JobId } } end, at = { "Jobs", 1 },
  status = { "Status" }, good = words "SUCCEEDED", bad = words "FAILED",
  stop = "terminateJob",
  stopping = function(started) return { JobId = started.JobId, Reason = "The execution was stopped" } end,
}
jobs["bedrock:createModelCustomizationJob"] = {
  operation = "getModelCustomizationJob", ask = named("JobIdentifier", "JobArn"), at = {}, status = { "Status" },
  good = words "Completed", bad = words "Failed Stopped",
  stop = "stopModelCustomizationJob", stopping = named("JobIdentifier", "JobArn"),
}
local function build_id(started) return started.Build.Id end
jobs["codebuild:startBuild"] = {
  operation = "batchGetBuilds", ask = function(started) return { Ids = { build_id(started) } } end,
  at = { "Builds", 1 }, status = { "BuildStatus" }, good = words "SUCCEEDED",
  bad = words "FAILED FAULT TIMED_OUT STOPPED", wrap = "Build",
  stop = "stopBuild", stopping = function(started) return { Id = build_id(started) } end,
}
local function batch_id(started) return started.BuildBatch.Id end
local build_batch = {
  operation = "batchGetBuildBatches", ask = function(started) return { Ids = { batch_id(started) } } end,
  at = { "BuildBatches", 1 }, status = { "BuildBatchStatus" }, good = words "SUCCEEDED",
  bad = words "FAILED FAULT TIMED_OUT STOPPED", wrap = "BuildBatch",
  stop = "stopBuildBatch", stopping = function(started) return { Id = batch_id(started) } end,
}
jobs["codebuild:startBuildBatch"] = build_batch
jobs["codebuild:retryBuildBatch"] = build_batch
local function databrew_run(started, arguments) return { Name = arguments.Name, RunId = started.RunId } end
jobs["databrew:startJobRun"] = {
  operation = "describeJobRun", ask = databrew_run, at = {}, status = { "State" }, good = words "SUCCEEDED",
  bad = words "FAILED STOPPED TIMEOUT", stop = "stopJobRun", stopping = databrew_run,
}
jobs["ecs:runTask"] = {
  operation = "describeTasks",
  ask = function(started)
    local task = started.Tasks[1]
    return { Cluster = task.ClusterArn, Tasks = { task.TaskArn } }
  end,
  at = { "Tasks", 1 }, status = { "LastStatus" }, good = words "STOPPED", bad = {},
  -- A task that ended is a success only when its containers did not say otherwise.
  judge = function(job)
    for _, container in ipairs(job.Containers or {}) do
      if container.ExitCode and container.ExitCode ~= 0 then return false end
    end
    return job.StopCode == nil or job.StopCode == "EssentialContainerExited"
  end,
  stop = "stopTask",
  stopping = function(started)
    local task = started.Tasks[1]
    return { Cluster = task.ClusterArn, Task = task.TaskArn, Reason = "The execution was stopped" }
  end,
}
local function cluster(_, arguments) return { Name = arguments.Name or arguments.ClusterName } end
local function part_of_cluster(member)
  return function(_, arguments) return { ClusterName = arguments.ClusterName, [member] = arguments[member] } end
end
jobs["eks:createCluster"] = {
  operation = "describeCluster", ask = cluster, at = { "Cluster" }, status = { "Status" }, good = words "ACTIVE",
  bad = words "FAILED DELETING", whole = true,
}
jobs["eks:deleteCluster"] = {
  operation = "describeCluster", ask = cluster, at = { "Cluster" }, status = { "Status" }, good = {},
  bad = words "FAILED", gone = "ResourceNotFoundException", whole = true,
}
jobs["eks:createNodegroup"] = {
  operation = "describeNodegroup", ask = part_of_cluster "NodegroupName", at = { "Nodegroup" }, status = { "Status" },
  good = words "ACTIVE", bad = words "CREATE_FAILED DEGRADED", whole = true,
}
jobs["eks:deleteNodegroup"] = {
  operation = "describeNodegroup", ask = part_of_cluster "NodegroupName", at = { "Nodegroup" }, status = { "Status" },
  good = {}, bad = words "DELETE_FAILED", gone = "ResourceNotFoundException", whole = true,
}
jobs["eks:createFargateProfile"] = {
  operation = "describeFargateProfile", ask = part_of_cluster "FargateProfileName", at = { "FargateProfile" },
  status = { "Status" }, good = words "ACTIVE", bad = words "CREATE_FAILED", whole = true,
}
jobs["eks:deleteFargateProfile"] = {
  operation = "describeFargateProfile", ask = part_of_cluster "FargateProfileName", at = { "FargateProfile" },
  status = { "Status" }, good = {}, bad = words "DELETE_FAILED", gone = "ResourceNotFoundException", whole = true,
}
local function cluster_id(started, arguments)
  return { ClusterId = started.ClusterId or started.JobFlowId or arguments.ClusterId }
end
jobs["elasticmapreduce:createCluster"] = {
  operation = "describeCluster", ask = cluster_id, at = { "Cluster" }, status = { "Status", "State" },
  good = words "WAITING", bad = words "TERMINATED TERMINATED_WITH_ERRORS TERMINATING", keep = { "ClusterId" },
  -- Nothing stops it: a cluster goes on, as it does at AWS, and so do those of EKS.
}
jobs["elasticmapreduce:terminateCluster"] = {
  operation = "describeCluster", ask = cluster_id, at = { "Cluster" }, status = { "Status", "State" },
  good = words "TERMINATED TERMINATED_WITH_ERRORS", bad = {},
}
jobs["elasticmapreduce:addStep"] = {
  operation = "describeStep",
  ask = function(started, arguments) return { ClusterId = arguments.ClusterId, StepId = started.StepId } end,
  at = { "Step" }, status = { "Status", "State" }, good = words "COMPLETED", bad = words "CANCELLED FAILED INTERRUPTED",
  whole = true, keep = { "StepId" },
  stop = "cancelStep",
  stopping = function(started, arguments) return { ClusterId = arguments.ClusterId, StepId = started.StepId } end,
}
local function virtual_cluster_run(started, arguments)
  return { Id = started.Id, VirtualClusterId = started.VirtualClusterId or arguments.VirtualClusterId }
end
jobs["emr-containers:startJobRun"] = {
  operation = "describeJobRun", ask = virtual_cluster_run, at = { "JobRun" }, status = { "State" },
  good = words "COMPLETED", bad = words "FAILED CANCELLED", stop = "cancelJobRun", stopping = virtual_cluster_run,
}
jobs["emr-containers:deleteVirtualCluster"] = {
  operation = "describeVirtualCluster", ask = named "Id", at = { "VirtualCluster" }, status = { "State" },
  good = words "TERMINATED", bad = words "ARRESTED",
}
local function application(good, bad)
  return {
    operation = "getApplication", ask = named "ApplicationId", at = { "Application" }, status = { "State" },
    good = words(good), bad = words(bad), keep = { "ApplicationId" },
  }
end
jobs["emr-serverless:createApplication"] = application("CREATED STARTED STOPPED", "TERMINATED")
jobs["emr-serverless:startApplication"] = application("STARTED", "STOPPED TERMINATED")
jobs["emr-serverless:stopApplication"] = application("STOPPED", "TERMINATED")
jobs["emr-serverless:deleteApplication"] = application("TERMINATED", "")
local function serverless_run(started, arguments)
  return { ApplicationId = arguments.ApplicationId, JobRunId = started.JobRunId or arguments.JobRunId }
end
jobs["emr-serverless:startJobRun"] = {
  operation = "getJobRun", ask = serverless_run, at = { "JobRun" }, status = { "State" }, good = words "SUCCESS",
  bad = words "FAILED CANCELLED", stop = "cancelJobRun", stopping = serverless_run,
}
jobs["emr-serverless:cancelJobRun"] = {
  operation = "getJobRun", ask = serverless_run, at = { "JobRun" }, status = { "State" },
  good = words "CANCELLED SUCCESS", bad = words "FAILED",
}
jobs["glue:startJobRun"] = {
  operation = "getJobRun",
  ask = function(started, arguments) return { JobName = arguments.JobName, RunId = started.JobRunId } end,
  at = { "JobRun" }, status = { "JobRunState" }, good = words "SUCCEEDED", bad = words "FAILED TIMEOUT ERROR STOPPED",
  stop = "batchStopJobRun",
  stopping = function(started, arguments)
    return { JobName = arguments.JobName, JobRunIds = { started.JobRunId } }
  end,
}
local function job_id(started) return { Id = started.Job.Id } end
jobs["mediaconvert:createJob"] = {
  operation = "getJob", ask = job_id, at = { "Job" }, status = { "Status" }, good = words "COMPLETE",
  bad = words "ERROR CANCELED", whole = true, stop = "cancelJob", stopping = job_id,
}
-- SageMaker's five: createTrainingJob, describeTrainingJob, stopTrainingJob, TrainingJobName, TrainingJobStatus.
for kind, status in pairs { TrainingJob = "TrainingJobStatus", TransformJob = "TransformJobStatus",
  ProcessingJob = "ProcessingJobStatus", HyperParameterTuningJob = "HyperParameterTuningJobStatus",
  LabelingJob = "LabelingJobStatus" } do
  local name = kind .. "Name"
  jobs["sagemaker:create" .. kind] = {
    operation = "describe" .. kind, ask = named(name), at = {}, status = { status }, good = words "Completed",
    bad = words "Failed Stopped", stop = "stop" .. kind, stopping = named(name),
  }
end
jobs["states:startExecution"] = {
  operation = "describeExecution", ask = named "ExecutionArn", at = {}, status = { "Status" }, good = words "SUCCEEDED",
  bad = words "FAILED TIMED_OUT ABORTED", stop = "stopExecution",
  stopping = function(started)
    return { ExecutionArn = started.ExecutionArn, Cause = "The parent execution was stopped" }
  end,
}

local function follow(answer, path)
  for _, step in ipairs(path) do
    if type(answer) ~= "table" then return nil end
    answer = answer[step]
  end
  return answer
end

local function copied(job)
  local out = {}
  for key, value in pairs(job) do out[key] = value end
  return out
end

local function result_of(row, started, answer, job)
  if row.wrap then return { [row.wrap] = job } end
  local result = row.whole and answer or job
  for _, name in ipairs(row.keep or {}) do
    if result[name] == nil and started[name] ~= nil then
      result = copied(result)
      result[name] = started[name]
    end
  end
  return result
end

--- How the job is: nil while it goes on, else "good" or "bad", and its result.
---@param row table of this module
---@param started table
---@param answer table
function jobs.judge(row, started, answer)
  local job = follow(answer, row.at)
  local status = follow(job, row.status)
  if not status then return nil end
  if row.bad[status] then return "bad", result_of(row, started, answer, job) end
  if not row.good[status] then return nil end
  local good = not row.judge or row.judge(job)
  return good and "good" or "bad", result_of(row, started, answer, job)
end

return jobs
