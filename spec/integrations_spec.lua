-- Tasks done by AWS, against a service that is a function: what is sent, what comes out, when jobs are asked after,
-- stopped, or left alone.
local helper = require "helper"
local passo = require "passo"
local core = passo.core

local KEYS = { access_key_id = "AKIDEXAMPLE", secret_access_key = "verysecret" }
local ID = "x-amzn-RequestId: 5f2d\r\n"

-- Options of a run whose calls `serve(operation, body, request)` answers: status, body, header lines.
local function served_by(serve, more)
  local options = { region = "us-east-1", credentials = KEYS, env = {}, config_file = "/dev/null",
    credentials_file = "/dev/null", retries = { mode = "none" } }
  function options.send(method, url, headers, body)
    local operation = headers:match "[Xx]%-[Aa]mz%-[Tt]arget: [^\r\n]*%.(%w+)" or (body or ""):match "^Action=(%w+)"
      or (body or ""):match "&Action=(%w+)" or method .. " " .. url
    local status, reply, lines = serve(operation, core.decode(body or "") or body, { url = url, headers = headers,
      body = body })
    if not status then return nil, reply, { code = "ECONNECT", message = reply } end
    return status, lines or ID, reply
  end
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

local function task(resource, parameters, more)
  local fields = { Resource = resource:find "^arn" and resource or "arn:aws:states:::" .. resource,
    Parameters = parameters }
  for name, value in pairs(more or {}) do fields[name] = value end
  return helper.task(fields)
end

local function run(machine, serve, more, options)
  local given = { aws = served_by(serve, more), clock = passo.virtual_clock() }
  for name, value in pairs(options or {}) do given[name] = value end
  return assert(machine:run({}, given))
end

local function sent(resource, parameters, reply)
  local seen
  local result = run(task(resource, parameters), function(operation, body, request)
    seen = { operation = operation, body = body, request = request }
    return 200, reply or "{}"
  end)
  return seen, result
end

describe("a Task on AWS", function()
  it("sends what is no text as JSON, where text is wanted, and leaves nulls out", function()
    local seen = sent("sqs:sendMessage", { QueueUrl = "https://sqs.us-east-1.amazonaws.com/1/q",
      MessageBody = { a = 1 }, DelaySeconds = passo.null })
    assert.equal("SendMessage", seen.operation)
    assert.same({ QueueUrl = "https://sqs.us-east-1.amazonaws.com/1/q", MessageBody = '{"a":1}' }, seen.body)
  end)

  it("goes to the host of the queue", function()
    local seen = sent("sqs:sendMessage", { QueueUrl = "https://sqs.eu-north-1.amazonaws.com/1/q", MessageBody = "m" })
    assert.matches("^https://sqs%.eu%-north%-1%.amazonaws%.com/", seen.request.url)
  end)

  it("has its members in Pascal case both ways", function()
    local seen, result = sent("aws-sdk:sfn:describeExecution", { ExecutionArn = "arn:x" },
      '{"executionArn":"arn:x","status":"RUNNING","startDate":1700000000,"inputDetails":{"included":true}}')
    assert.same({ executionArn = "arn:x" }, seen.body)
    assert.equal('{"ExecutionArn":"arn:x","InputDetails":{"Included":true},"StartDate":"2023-11-14T22:13:20Z",'
      .. '"Status":"RUNNING"}', result.value:json())
  end)

  it("tells the headers of its reply where the integration does", function()
    local _, result = sent("dynamodb:getItem", { TableName = "t", Key = { id = { S = "1" } } }, "{}")
    assert.same({ SdkHttpMetadata = { AllHttpHeaders = { ["x-amzn-RequestId"] = { "5f2d" } },
      HttpHeaders = { ["x-amzn-RequestId"] = "5f2d" }, HttpStatusCode = 200 },
      SdkResponseMetadata = { RequestId = "5f2d" } }, result.output)
    _, result = sent("aws-sdk:dynamodb:getItem", { TableName = "t", Key = { id = { S = "1" } } }, "{}")
    assert.equal("{}", result.value:json())
  end)

  it("fails with the error of either SDK", function()
    local function refuse() return 400, '{"__type":"x#ResourceNotFoundException","message":"gone"}' end
    local parameters = { TableName = "t", Key = { id = { S = "1" } } }
    local result = run(task("dynamodb:getItem", parameters), refuse)
    assert.equal("DynamoDB.ResourceNotFoundException", result.error)
    assert.equal("gone (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; "
      .. "Request ID: 5f2d; Proxy: null)", result.cause)
    result = run(task("aws-sdk:dynamodb:getItem", parameters), refuse)
    assert.equal("DynamoDb.ResourceNotFoundException", result.error)
    assert.equal("gone (Service: DynamoDb, Status Code: 400, Request ID: 5f2d) (SDK Attempt Count: 1)", result.cause)
  end)

  it("fails by a name of its own where nobody answers", function()
    local result = run(task("sns:publish", { TopicArn = "arn:t", Message = "m" }), function()
      return nil, "connection refused"
    end)
    assert.same({ "SNS.SdkClientException", "Unable to execute HTTP request: connection refused" },
      { result.error, result.cause })
  end)

  it("names a host that nobody knows as Java does", function()
    local options = served_by(function() end)
    function options.send()
      return nil, "no-such.invalid:443: Couldn't resolve host name", { code = "EDNS",
        message = "no-such.invalid:443: Couldn't resolve host name" }
    end
    local result = assert(task("dynamodb:getItem", { TableName = "t" }):run({}, { aws = options }))
    assert.equal("Unable to execute HTTP request: no-such.invalid: Name or service not known", result.cause)
  end)

  it("fails by that name, too, where the answer is none of the service's", function()
    local result = run(task("dynamodb:getItem", { TableName = "t" }), function() return 200, "<html>" end)
    assert.equal("DynamoDB.SdkClientException", result.error)
    assert.matches("^Unable to unmarshall response %(", result.cause)
  end)

  it("is refused when a parameter is none of the operation, before anything is sent", function()
    local result = run(task("aws-sdk:dynamodb:getItem", { TableNam = "t" }), function() error "sent" end)
    assert.equal("States.Runtime", result.error)
    assert.matches("Parameters.TableNam", result.cause, 1, true)
  end)

  it("leaves nothing behind of options and machines that are made for one run", function()
    local text = [[{"StartAt":"T","States":{"T":{"Type":"Task","End":true,
      "Resource":"arn:aws:states:::aws-sdk:sqs:listQueues"}}}]]
    local function once(given, machine)
      assert.equal("SUCCEEDED", assert(machine:run({}, { aws = given })).status)
    end
    local function serve() return 200, "{}" end
    local kept_options, kept_machine = served_by(serve), assert(passo.parse(text))
    local made = setmetatable({}, { __mode = "k" })
    for i = 1, 60 do
      local options = i % 2 == 0 and served_by(serve) or kept_options
      local machine = i % 2 == 1 and assert(passo.parse(text)) or kept_machine
      once(options, machine)
      if options ~= kept_options then made[options] = true end
      if machine ~= kept_machine then made[machine.all_states[1]] = true end
    end
    once(kept_options, kept_machine)
    collectgarbage()
    collectgarbage()
    local left = 0
    for _ in pairs(made) do left = left + 1 end
    assert.is_true(left <= 2, left .. " are left")
  end)

  it("takes a copy of options for options of its own", function()
    local function region_of(options)
      local seen
      options.send = function(_, url)
        seen = url
        return 200, ID, "{}"
      end
      assert(task("aws-sdk:sqs:listQueues", {}):run({}, { aws = options }))
      return seen:match "^https://sqs%.([^.]+)"
    end
    local first, second = served_by(function() end), {}
    assert.equal("us-east-1", region_of(first))
    for name, value in pairs(first) do second[name] = value end
    second.region = "eu-west-1"
    assert.equal("eu-west-1", region_of(second))
    assert(require("passo.aws").client("sqs", second)) -- nothing was put into it
  end)

  it("is done by a handler where there is one", function()
    local result = run(task("sqs:sendMessage", {}), function() error "sent" end, nil,
      { handlers = { T = function() return "mine" end } })
    assert.equal("mine", result.output)
  end)

  it("that AWS does not know either is told before anything starts", function()
    local result, message = task("aws-sdk:dynamodb:getItm", {}):run({}, { aws = true })
    assert.is_nil(result)
    assert.matches("AWS cannot do it: aws-sdk:dynamodb has no action 'getItm', did you mean 'getItem'?", message, 1,
      true)
    result, message = task("sqs:sendMessage", {}):run({}, {})
    assert.is_nil(result)
    assert.matches("or aws = true for AWS itself", message, 1, true)
  end)

  it("tells each event of a bus who sent it", function()
    local seen = sent("events:putEvents", { Entries = { { Detail = { a = 1 }, DetailType = "d", Source = "s",
      Resources = { "r" } } } })
    local entry = seen.body.Entries[1]
    assert.equal('{"a":1}', entry.Detail)
    assert.equal("r", entry.Resources[1])
    assert.matches(":stateMachine:", entry.Resources[2])
    assert.matches(":execution:", entry.Resources[3])
  end)

  it("fails when a bus did not take an event", function()
    local _, result = sent("events:putEvents", { Entries = { { Detail = "x" } } },
      '{"FailedEntryCount":1,"Entries":[{"ErrorMessage":"Detail is malformed.","ErrorCode":"MalformedDetail"}]}')
    assert.equal("EventBridge.FailedEntry", result.error)
    assert.equal('{"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}],'
      .. '"FailedEntryCount":1}', result.cause)
  end)
end)

describe("a function on AWS", function()
  local ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"

  it("gets the payload as it is, and gives its own parsed", function()
    local seen, result = sent("lambda:invoke", { FunctionName = "f", Payload = { a = 1.5 } }, '{"b":2}')
    assert.equal('{"a":1.5}', seen.request.body)
    assert.same({ b = 2 }, result.output.Payload)
    assert.equal(200, result.output.StatusCode)
    seen = sent("lambda:invoke", { FunctionName = "f", Payload = "true" }, "1")
    assert.equal("true", seen.request.body)
  end)

  it("by its ARN gives its output alone", function()
    local machine = helper.task { Resource = ARN }
    local result = run(machine, function(_, _, request)
      assert.matches("function%%3Af/invocations", request.url)
      return 200, '"done"'
    end)
    assert.equal("done", result.output)
  end)

  it("that raised fails with its own error", function()
    local cause = '{"errorMessage":"no","errorType":"Empty","stackTrace":[]}'
    local function raise() return 200, cause, "X-Amz-Function-Error: Unhandled\r\n" end
    for _, machine in ipairs { helper.task { Resource = ARN }, task("lambda:invoke", { FunctionName = "f" }) } do
      local result = run(machine, raise)
      assert.same({ "Empty", cause }, { result.error, result.cause })
    end
  end)

  it("that ended without a type of error fails as unknown", function()
    local result = run(task("lambda:invoke", { FunctionName = "f" }), function()
      return 200, '{"errorMessage":"Task timed out"}', "X-Amz-Function-Error: Unhandled\r\n"
    end)
    assert.equal("Lambda.Unknown", result.error)
  end)
end)

describe("a job on AWS", function()
  local parameters = { JobName = "j", Arguments = { ["--n"] = "1" } }

  local function glue(states)
    local asked = 0
    return function(operation)
      if operation == "StartJobRun" then return 200, '{"JobRunId":"jr_1"}' end
      asked = asked + 1
      return 200, ('{"JobRun":{"Id":"jr_1","JobName":"j","JobRunState":"%s","StartedOn":1700000000.25}}')
        :format(states[asked] or states[#states])
    end
  end

  it("is asked after until it ends; it is the result", function()
    local clock = passo.virtual_clock()
    local began = clock:now_ms()
    local result = run(task("glue:startJobRun.sync", parameters), glue { "RUNNING", "RUNNING", "SUCCEEDED" }, nil,
      { clock = clock, history = true })
    assert.equal('{"Id":"jr_1","JobName":"j","JobRunState":"SUCCEEDED","StartedOn":1700000000250}',
      result.value:json())
    assert.equal(250 + 375 + 563, clock:now_ms() - began)
    assert.equal("TaskScheduled TaskStarted TaskSubmitted TaskSucceeded",
      table.concat(helper.types(result.history), " ", 3, 6))
  end)

  it("that fails tells itself as the cause", function()
    local result = run(task("glue:startJobRun.sync", parameters), glue { "FAILED" })
    assert.equal("States.TaskFailed", result.error)
    assert.equal("FAILED", core.decode(result.cause).JobRunState)
  end)

  it("is stopped when its execution is, or its time is over", function()
    local operations = {}
    local function serve(operation, body)
      operations[#operations + 1] = operation
      if operation == "BatchStopJobRun" then assert.same({ "jr_1" }, { body.JobRunIds[1] }) end
      return glue { "RUNNING" }(operation)
    end
    local result = run(task("glue:startJobRun.sync", parameters, { TimeoutSeconds = 1 }), serve)
    assert.equal("States.Timeout", result.error)
    assert.equal("BatchStopJobRun", operations[#operations])

    operations = {}
    local started = assert(task("glue:startJobRun.sync", parameters):start({}, { aws = served_by(serve),
      clock = passo.virtual_clock() }))
    assert(started:advance(1))
    assert(started:stop("Enough"))
    assert.equal("ABORTED", started:finish().status)
    assert.equal("BatchStopJobRun", operations[#operations])
  end)

  it("that was started before a crash is only awaited", function()
    local aws = require("passo.aws.tasks").new(served_by(function(operation)
      assert.equal("GetJobRun", operation)
      return glue { "SUCCEEDED" }(operation)
    end))
    local state = task("glue:startJobRun.sync", parameters):states()[1]
    local result = aws:handler(state)(core.value(parameters), { state = state, stage = "submitted", attempt = 0,
      submitted_value = core.value '{"JobName":"j","JobRunId":"jr_1"}', idempotency_key = "k",
      execution = { arn = "arn:aws:states:us-east-1:1:execution:m:e" }, run = { host = passo.virtual_clock() } })
    assert.equal("SUCCEEDED", result:lua().JobRunState)
  end)

  it("that its token answers is asked after no more", function()
    local asked, token = 0, nil
    local machine = task("states:startExecution.sync", { StateMachineArn = "arn:m",
      ["Input.$"] = "$$.Task.Token" })
    local started = assert(machine:start({}, { clock = passo.virtual_clock(), aws = served_by(function(operation, body)
      if operation == "StartExecution" then
        token = body.input
        return 200, '{"executionArn":"arn:e","startDate":1700000000}'
      end
      asked = asked + 1
      return 200, '{"executionArn":"arn:e","status":"RUNNING"}'
    end) }))
    assert(started:advance(1))
    assert(started:send_task_success(token, { early = true }))
    assert.same({ early = true }, started:finish().output)
    local before = asked
    started:advance(60)
    assert.equal(before, asked)
  end)
end)

describe("a Task that waits for its token", function()
  it("hands it out, tells what the service said, and waits", function()
    local message
    local machine = task("sqs:sendMessage.waitForTaskToken", { QueueUrl = "https://sqs.us-east-1.amazonaws.com/1/q",
      MessageBody = { ["token.$"] = "$$.Task.Token" } })
    local started = assert(machine:start({}, { clock = passo.virtual_clock(), aws = served_by(function(_, body)
      message = core.decode(body.MessageBody)
      return 200, '{"MessageId":"m"}'
    end) }))
    assert.equal("RUNNING", started:status())
    assert.equal("TaskSubmitted", helper.types(started:history())[5])
    assert(started:send_task_success(message.token, "ok"))
    assert.equal("ok", started:finish().output)
  end)
end)

describe("calls that count once", function()
  local function names(machine, times)
    local seen = {}
    local options = { name = "same", seed = 1 }
    for _ = 1, times do
      run(machine, function(_, body)
        seen[#seen + 1] = body.name or body.ClientRequestToken
        return 500, '{"__type":"InternalFailure"}'
      end, nil, options)
    end
    return seen
  end

  it("have the same token for the same attempt, another for the next", function()
    local retry = { Retry = { { ErrorEquals = { "States.ALL" }, MaxAttempts = 1 } } }
    for _, machine in ipairs {
      task("athena:startQueryExecution", { QueryString = "select 1" }, retry),
      task("states:startExecution", { StateMachineArn = "arn:m" }, retry),
    } do
      local seen = names(machine, 2)
      assert.equal(4, #seen)
      assert.same({ seen[1], seen[2] }, { seen[3], seen[4] })
      assert.are_not.equal(seen[1], seen[2])
      assert.matches("^%x+%-%x+%-4%x+%-a%x+%-%x+$", seen[1])
    end
  end)

  it("keep the token or name they were given", function()
    local seen = sent("states:startExecution", { StateMachineArn = "arn:m", Name = "mine" },
      '{"executionArn":"arn:e","startDate":1700000000}')
    assert.same({ name = "mine", stateMachineArn = "arn:m", input = "{}" }, seen.body)
  end)
end)

describe("Credentials.RoleArn", function()
  local ROLE = "arn:aws:iam::123456789012:role/other"
  local machine = task("aws-sdk:secretsmanager:listSecrets", {}, { Credentials = { RoleArn = ROLE } })

  it("is assumed for the task", function()
    if not helper.reads_xml() then pending "built without expat" return end
    local assumed = [[<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIDASSUMED</AccessKeyId>
      <SecretAccessKey>s</SecretAccessKey><SessionToken>tok</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
      </Credentials></AssumeRoleResult></AssumeRoleResponse>]]
    local signed
    local result = run(machine, function(operation, _, request)
      if operation == "AssumeRole" then return 200, assumed end
      signed = request.headers
      return 200, '{"SecretList":[]}'
    end)
    assert.equal("SUCCEEDED", result.status)
    assert.matches("AKIDASSUMED", signed, 1, true)
  end)

  it("that cannot be assumed fails the task", function()
    local result = run(task("aws-sdk:secretsmanager:listSecrets", {}, { Credentials = { RoleArn = ROLE .. "2" } }),
      function(operation)
        assert.equal("AssumeRole", operation)
        return 403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
      end, nil, { role_arn = "arn:aws:iam::1:role/own" })
    assert.same({ "States.TaskFailed",
      "The role arn:aws:iam::1:role/own is not authorized to assume the task state's role, " .. ROLE .. "2." },
      { result.error, result.cause })
  end)
end)

describe("nested executions", function()
  local MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
  local child = helper.task { Resource = "lua:double" }
  local handlers = { double = function(input)
    passo.sleep(5)
    if input.n == 0 then passo.fail("Zero", "nothing") end
    return { n = input.n * 2 }
  end }

  local function nest(pattern, input, more)
    return run(task("states:startExecution" .. pattern, { StateMachineArn = MACHINE, Name = "kid", Input = input },
      more), function() error "sent" end, { machines = { [MACHINE] = child } }, { handlers = handlers })
  end

  it("run here, where the program has the machine", function()
    local output = nest(".sync:2", { n = 21 }).output
    assert.same({ n = 42 }, output.Output)
    assert.same({ n = 21 }, output.Input)
    assert.equal("arn:aws:states:us-east-1:123456789012:execution:child:kid", output.ExecutionArn)
    assert.equal(5000, output.StopDate - output.StartDate)
    assert.equal('{"n":42}', nest(".sync", { n = 21 }).output.Output)
  end)

  it("fail their parent's task when they fail", function()
    local result = nest(".sync:2", { n = 0 })
    assert.equal("States.TaskFailed", result.error)
    local told = core.decode(result.cause)
    assert.same({ "FAILED", "Zero", "nothing" }, { told.Status, told.Error, told.Cause })
  end)

  it("go on by themselves when nobody waits for them", function()
    local result = nest("", { n = 1 })
    assert.same({ "ExecutionArn", "StartDate" }, { next(result.output) and "ExecutionArn", "StartDate" })
  end)

  it("end with the parent's task", function()
    local result = nest(".sync", { n = 1 }, { TimeoutSeconds = 2 })
    assert.equal("States.Timeout", result.error)
  end)
end)

describe("apigateway:invoke", function()
  local parameters = { ApiEndpoint = "abc.execute-api.eu-west-1.amazonaws.com", Method = "POST", Stage = "dev",
    Path = "a b/c", QueryParameters = { q = { "1", "ü" } }, Headers = { ["X-Own"] = { "1", "2" } },
    RequestBody = { n = 1 } }

  it("is an HTTP request, and its reply in parts", function()
    local seen, result = sent("apigateway:invoke", parameters, '{"ok":true}')
    assert.equal("https://abc.execute-api.eu-west-1.amazonaws.com/dev/a%20b/c?q=1&q=%C3%BC", seen.request.url)
    assert.equal('{"n":1}', seen.request.body)
    assert.matches("X%-Own: 1,2\r\n", seen.request.headers)
    assert.is_nil(seen.request.headers:find "Authorization")
    assert.same({ Headers = { ["x-amzn-RequestId"] = { "5f2d" } }, ResponseBody = { ok = true }, StatusCode = 200,
      StatusText = "OK" }, result.output)
  end)

  it("is signed for the API's region where its caller must be known", function()
    parameters.AuthType = "IAM_ROLE"
    local seen = sent("apigateway:invoke", parameters)
    assert.matches("Authorization: AWS4%-HMAC%-SHA256 Credential=AKIDEXAMPLE/%d+/eu%-west%-1/execute%-api/",
      seen.request.headers)
    parameters.AuthType = nil
  end)

  it("fails by status", function()
    local result = run(task("apigateway:invoke", parameters), function() return 404, '{"message":"Not Found"}' end)
    assert.same({ "ApiGateway.404", '{"message":"Not Found"}' }, { result.error, result.cause })
  end)

  it("refuses headers that are not the definition's to set", function()
    local _, result = sent("apigateway:invoke", { ApiEndpoint = "a", Method = "GET",
      Headers = { Authorization = { "x" } } })
    assert.equal("States.Runtime", result.error)
  end)
end)

describe("a Kubernetes cluster of EKS", function()
  local parameters = { ClusterName = "c", CertificateAuthority = "LS0tLS1CRUdJTi0tLS0t",
    Endpoint = "https://ABC.yl4.us-east-1.eks.amazonaws.com" }

  local function with(more)
    local out = {}
    for _, list in ipairs { parameters, more } do
      for name, value in pairs(list) do out[name] = value end
    end
    return out
  end

  it("is called with the caller's identity, trusting its own authority", function()
    local seen, authority, lines
    local aws = served_by(function() end)
    function aws.send(method, url, headers, _, options)
      seen, lines = method .. " " .. url, headers
      local file = assert(io.open(options.ca_bundle, "rb"))
      authority = file:read "*a"
      file:close()
      return 200, "Content-Type: application/json\r\n", '{"items":[]}'
    end
    local result = task("eks:call", with { Method = "GET", Path = "/api/v1/pods",
      QueryParameters = { labelSelector = { "a=b" } } }):run({}, { aws = aws, clock = passo.virtual_clock() })
    assert.equal("GET https://ABC.yl4.us-east-1.eks.amazonaws.com/api/v1/pods?labelSelector=a%3Db", seen)
    assert.equal("-----BEGIN-----", authority)
    assert.matches("Authorization: Bearer k8s%-aws%-v1%.[%w_-]+\r\n", lines)
    assert.same({ items = {} }, result.output.ResponseBody)
  end)

  it("runs a job to its end and gives its logs", function()
    local asked = 0
    local result = run(task("eks:runJob.sync", with { Job = { metadata = { name = "j" } },
      LogOptions = { RetrieveLogs = true } }), function(operation)
      if operation:find "^POST" then return 201, '{"metadata":{"name":"j"}}' end
      if operation:find "/pods%?" then
        return 200, '{"items":[{"metadata":{"name":"p"},"spec":{"containers":[{"name":"k"}]}}]}'
      elseif operation:find "/pods/p/log%?container=k$" then
        return 200, "3.14"
      end
      asked = asked + 1
      return 200, ('{"metadata":{"name":"j"},"status":{"conditions":[{"type":"Complete","status":"%s"}]}}')
        :format(asked < 3 and "False" or "True")
    end)
    assert.equal("SUCCEEDED", result.status, result.cause)
    assert.same({ pods = { p = { containers = { k = { log = 3.14 } } } } }, result.output.logs)
    assert.equal(3, asked)
  end)

  it("that refuses fails the task by status", function()
    local result = run(task("eks:call", with { Method = "GET", Path = "/x" }), function() return 403, "no" end)
    assert.same({ "EKS.403", "no" }, { result.error, result.cause })
  end)
end)

describe("EMR's actions", function()
  it("are about one step and one cluster", function()
    local seen, result = sent("elasticmapreduce:addStep", { ClusterId = "j-1", Step = { Name = "s",
      HadoopJarStep = { Jar = "x" } } }, '{"StepIds":["s-1"]}')
    assert.equal("AddJobFlowSteps", seen.operation)
    assert.same({ JobFlowId = "j-1", Steps = { { Name = "s", HadoopJarStep = { Jar = "x" } } } }, seen.body)
    assert.equal("s-1", result.output.StepId)
  end)

  it("tell which application or step it was", function()
    local _, result = sent("emr-serverless:startApplication", { ApplicationId = "00f1" }, "{}")
    assert.same({ ApplicationId = "00f1" }, result.output)
    _, result = sent("elasticmapreduce:cancelStep", { ClusterId = "j-1", StepId = "s-1" },
      '{"CancelStepsInfoList":[{"StepId":"s-1","Status":"SUBMITTED"}]}')
    assert.same({ StepId = "s-1", Status = "SUBMITTED" }, result.output.CancelStepsInfo)
  end)

  it("find fleets by their names", function()
    local operations = {}
    local result = run(task("elasticmapreduce:modifyInstanceFleetByName", { ClusterId = "j-1",
      InstanceFleetName = "core", InstanceFleet = { TargetOnDemandCapacity = 3 } }), function(operation, body)
      operations[#operations + 1] = operation
      if operation == "ListInstanceFleets" then return 200, '{"InstanceFleets":[{"Id":"if-9","Name":"core"}]}' end
      assert.same({ InstanceFleetId = "if-9", TargetOnDemandCapacity = 3 }, body.InstanceFleet)
      return 200, "{}"
    end)
    assert.same({ "SUCCEEDED", { "ListInstanceFleets", "ModifyInstanceFleet" } }, { result.status, operations })
  end)
end)

describe("a job that is only started", function()
  local repair = require "passo.cli.repair"

  local function repaired(text)
    local count, fixed = repair.apply("x.json", text, passo.check(text, { text = true }))
    assert.equal(1, count)
    return assert(passo.parse(fixed))
  end

  it("is asked after, once its definition is repaired", function()
    local machine = repaired [[{ "StartAt": "Crawl", "States": {
      "Crawl": { "Type": "Task", "Resource": "arn:aws:states:::glue:startCrawler", "Parameters": { "Name.$": "$.c" },
        "Next": "After" },
      "After": { "Type": "Pass", "Parameters": { "c.$": "$.c" }, "End": true } } }]]
    local asked = 0
    local result = assert(machine:run({ c = "mine" }, { clock = passo.virtual_clock(),
      aws = served_by(function(operation, body)
        assert.equal("mine", body.Name)
        if operation == "StartCrawler" then return 200, "{}" end
        asked = asked + 1
        return 200, ('{"Crawler":{"Name":"mine","State":"%s"}}'):format(asked < 3 and "RUNNING" or "READY")
      end) }))
    assert.same({ c = "mine" }, result.output)
    assert.equal(3, asked)
  end)

  it("that fails, fails", function()
    local machine = repaired [[{"StartAt":"T","States":{"T":{"Type":"Task","End":true,
      "Resource":"arn:aws:states:::redshiftdata:executeStatement","Parameters":{"Sql":"s","Database":"d"}}}}]]
    local result = run(machine, function(operation)
      if operation == "ExecuteStatement" then return 200, '{"Id":"7"}' end
      return 200, '{"Id":"7","Status":"FAILED"}'
    end)
    assert.same({ "States.TaskFailed", "FAILED" }, { result.error, result.cause })
  end)
end)

describe("passo.check", function()
  local function findings(resource, options)
    local found = {}
    for _, finding in ipairs(passo.check({ StartAt = "T", States = { T = { Type = "Task",
      Resource = "arn:aws:states:::" .. resource, Parameters = {}, End = true } } }, options)) do
      if finding.code == "SCHEMA_VALIDATION_FAILED" then found[#found + 1] = finding end
    end
    return found
  end

  it("takes every action that AWS has, in each of its patterns", function()
    for _, resource in ipairs { "aws-sdk:s3:listObjectsV2", "aws-sdk:sfn:startSyncExecution",
      "aws-sdk:ec2:describeVpcs",
      "aws-sdk:applicationdiscovery:describeAgents", "aws-sdk:cloudwatchlogs:putLogEvents",
      "aws-sdk:rds:describeDBInstances", "aws-sdk:sqs:sendMessage.waitForTaskToken", "sqs:sendMessage.waitForTaskToken",
      "glue:startJobRun.sync", "states:startExecution.sync:2", "ecs:runTask.waitForTaskToken" } do
      assert.same({}, findings(resource), resource)
    end
  end)

  it("refuses others with the remedy, and only warns where no limits hold", function()
    for resource, remedy in pairs {
      ["aws-sdk:s3:listObjectsv2"] = "did you mean 'listObjectsV2'?",
      ["aws-sdk:nosuch:thing"] = "no service",
      ["glue:startCrawler"] = "write arn:aws:states:::aws-sdk:glue:startCrawler and poll with aws-sdk:glue:getCrawler",
      ["glue:startCrawler.sync"] = "poll with aws-sdk:glue:getCrawler",
      ["dynamodb:query"] = "write arn:aws:states:::aws-sdk:dynamodb:query",
      ["sqs:sendMessage.sync"] = "cannot be called in this pattern",
      ["states:startExecution.sync:3"] = "a pattern is .sync",
      ["aws-sdk:glue:startCrawler.sync"] = "cannot be called in this pattern",
    } do
      local found = findings(resource)
      assert.same({ 1, "ERROR" }, { #found, found[1] and found[1].severity }, resource)
      assert.matches("is not recognized", found[1].message, 1, true)
      assert.matches(remedy, found[1].hint, 1, true)
      assert.equal("WARNING", findings(resource, { profile = "unlimited" })[1].severity)
    end
  end)
end)
