--- eks:call and eks:runJob: a cluster's own Kubernetes API, with the caller's identity as its token.
local apigateway = require "passo.aws.tasks.apigateway"
local core = require "passo.core"
local pure = require "passo.aws.core"

local eks = {}

local TOKEN_SECONDS = 60

-- Base 64 for URLs, without its padding, as the token wants it.
local function url_safe(text)
  return (pure.base64(text):gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" }))
end

local DIGITS = {}
for i, c in ipairs { ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(1, -1) } do
  DIGITS[c] = i - 1
end

-- The bytes of base 64; nil where it is none.
local function decoded(text)
  text = text:gsub("%s", ""):gsub("=+$", "")
  if text == "" or text:find "[^%w+/]" then return nil end
  local bytes, bits, count = {}, 0, 0
  for i = 1, #text do
    bits, count = bits * 64 + DIGITS[text:byte(i)], count + 6
    if count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char(math.floor(bits / 2 ^ count))
      bits = bits % 2 ^ count
    end
  end
  return table.concat(bytes)
end

-- What the cluster's authenticator takes: a question to STS who this is, signed and not yet asked.
local function token_of(self, state, ctx, cluster)
  local sts, message, failure = self:client("sts", state.region, ctx.role_arn)
  if not sts then return nil, message, failure end
  local url
  url, message, failure = sts:presign("GetCallerIdentity", {}, TOKEN_SECONDS,
    { headers = { ["x-k8s-aws-id"] = cluster } })
  if not url then return nil, message, failure end
  return "k8s-aws-v1." .. url_safe(url)
end

-- The transport takes the cluster's authority from a file only.
local function with_authority(text, send)
  local pem = decoded(text)
  if not pem then return nil, "CertificateAuthority is no base 64" end
  local path = os.tmpname()
  local written, why = core.write_private(path, pem)
  if not written then return nil, why end
  local status, headers, body = send(path)
  os.remove(path)
  return status, headers, body
end

local function refused(message)
  return nil, "EKS.SdkClientException", message
end

-- One request: a table as apigateway:invoke has it, or nil, error, cause.
local function send(self, state, ctx, given, method, path, query, body)
  local token, message = token_of(self, state, ctx, given.ClusterName)
  if not token then return refused(message) end
  local request = pure.request(method, given.Endpoint:gsub("/+$", "") .. path .. apigateway.query(query), nil,
    body ~= nil and body ~= core.null and (type(body) == "string" and body or core.encode(body)) or nil)
  if not request then return nil, "States.Runtime", "Endpoint and Path make no URL" end
  request:header("Accept", "application/json")
  if request:body() ~= "" then request:header("Content-Type", "application/json") end
  request:header("Authorization", "Bearer " .. token)
  local _, url, lines, bytes = request:parts()
  local transport = self.options.send or require("passo.net").send
  local status, headers, reply = with_authority(given.CertificateAuthority, function(authority)
    return transport(method, url, lines, bytes, { ca_bundle = authority, proxy = self.options.proxy,
      no_proxy = self.options.no_proxy, timeout_ms = self.options.timeout_ms })
  end)
  if not status then return refused("Unable to execute HTTP request: " .. tostring(headers)) end
  local result, _, cause = apigateway.read(status, headers, reply)
  if not result then return nil, "EKS." .. status, cause end
  return result
end

local function check(given, ...)
  for _, name in ipairs { "ClusterName", "CertificateAuthority", "Endpoint", ... } do
    if type(given[name]) ~= "string" then return ("Parameters.%s must be a string"):format(name) end
  end
end

--- eks:call
function eks.call(self, state, input, ctx)
  local given = input:lua()
  local wrong = check(given, "Method", "Path")
  if wrong then return nil, "States.Runtime", wrong end
  return send(self, state, ctx, given, given.Method, given.Path, given.QueryParameters, given.RequestBody)
end

-- The state of a Kubernetes job: "Complete", "Failed" or nil.
local function ended(job)
  for _, condition in ipairs(type(job) == "table" and job.status and job.status.conditions or {}) do
    if condition.status == "True" and (condition.type == "Complete" or condition.type == "Failed") then
      return condition.type
    end
  end
end

local function log_of(self, state, ctx, given, path, options)
  local got, err, cause = send(self, state, ctx, given, "GET", path, options.LogParameters)
  if not got then return { error = err, cause = cause } end
  local body = got.ResponseBody
  if options.RawLogs and type(body) ~= "string" then body = core.encode(body) end
  return { log = body }
end

-- What the job's containers wrote; what cannot be read says why.
local function logs_of(self, state, ctx, given, base, name)
  local pods = send(self, state, ctx, given, "GET", base .. "/pods", { labelSelector = { "job-name=" .. name } })
  local out = {}
  for _, pod in ipairs(pods and pods.ResponseBody.items or {}) do
    local containers = {}
    for _, container in ipairs(pod.spec.containers) do
      local options = { RawLogs = given.LogOptions.RawLogs, LogParameters = { container = { container.name } } }
      for key, value in pairs(given.LogOptions.LogParameters or {}) do options.LogParameters[key] = value end
      containers[container.name] = log_of(self, state, ctx, given, ("%s/pods/%s/log"):format(base, pod.metadata.name),
        options)
    end
    out[pod.metadata.name] = { containers = containers }
  end
  return { pods = out }
end

local FIRST_S, MORE, LONGEST_S = 2, 1.5, 60

-- Asks after the job until it ends: its result, or nil, error, cause.
local function await(self, state, ctx, given, path, base, name)
  local pause_s = self.options.poll and self.options.poll.first_s or FIRST_S
  local longest_s = self.options.poll and self.options.poll.longest_s or LONGEST_S
  while true do
    if not ctx.run.host:sleep(pause_s) or ctx.is_cancelled then return nil, "States.TaskFailed", "cancelled" end
    pause_s = math.min(pause_s * MORE, longest_s)
    local got, err, cause = send(self, state, ctx, given, "GET", path .. "/" .. name)
    if not got then return nil, err, cause end
    local how = ended(got.ResponseBody)
    if how then
      if given.LogOptions and given.LogOptions.RetrieveLogs then
        got.logs = logs_of(self, state, ctx, given, base, name)
      end
      if how == "Failed" then return nil, "EKS.JobFailed", core.encode(got) end
      return got
    end
  end
end

--- eks:runJob and eks:runJob.sync
function eks.run_job(self, state, input, ctx)
  local given = input:lua()
  local wrong = check(given)
  if wrong then return nil, "States.Runtime", wrong end
  local namespace = type(given.Namespace) == "string" and given.Namespace or "default"
  local path = ("/apis/batch/v1/namespaces/%s/jobs"):format(namespace)
  local started = ctx.stage == "submitted" and ctx.submitted_value and ctx.submitted_value:lua()
  if not started then
    local err, cause
    started, err, cause = send(self, state, ctx, given, "POST", path, nil, given.Job)
    if not started then return nil, err, cause end
    if state.pattern ~= "sync" then return started end
    ctx.submit(started)
  end
  return await(self, state, ctx, given, path, "/api/v1/namespaces/" .. namespace, started.ResponseBody.metadata.name)
end

return eks
