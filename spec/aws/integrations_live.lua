--- Tasks on AWS's stand-ins: moto behind a proxy that checks every signature; boto3 looks at what was done.
local passo = require "passo"
local servers = require "aws.servers"
local core = passo.core

describe("integrations at moto", function()
  local s, aws
  setup(function()
    s = servers.start { "moto", "proxy" }
    aws = { region = "us-east-1", endpoint = s.proxy, env = {}, config_file = "/dev/null",
      credentials_file = "/dev/null", credentials = { access_key_id = s.key_id, secret_access_key = s.secret },
      poll = { first_s = 0.05, longest_s = 0.2 } }
  end)
  teardown(function() s:stop() end)

  local function run(resource, parameters, more)
    local state = { Type = "Task", Resource = "arn:aws:states:::" .. resource, Parameters = parameters, End = true }
    for name, value in pairs(more or {}) do state[name] = value end
    local machine = assert(passo.parse { StartAt = "T", States = { T = state } })
    return assert(machine:run({}, { aws = aws }))
  end

  local function output(resource, parameters, more)
    local result = run(resource, parameters, more)
    assert.equal("SUCCEEDED", result.status, tostring(result.error) .. ": " .. tostring(result.cause))
    return result.output
  end

  it("DynamoDB: items, conditions, both spellings of errors", function()
    assert(s:boto("dynamodb", "create_table", { TableName = "t", BillingMode = "PAY_PER_REQUEST",
      KeySchema = passo.array { { AttributeName = "id", KeyType = "HASH" } },
      AttributeDefinitions = passo.array { { AttributeName = "id", AttributeType = "S" } } }))
    local item = { id = { S = "1" }, n = { N = "5" } }
    output("dynamodb:putItem", { TableName = "t", Item = item })
    local key = { TableName = "t", Key = { id = { S = "1" } } }
    assert.same(item, assert(s:boto("dynamodb", "get_item", key)).Item)
    local once = { TableName = "t", Item = item, ConditionExpression = "attribute_not_exists(id)" }
    assert.equal("DynamoDB.ConditionalCheckFailedException", run("dynamodb:putItem", once).error)
    assert.equal("DynamoDb.ConditionalCheckFailedException", run("aws-sdk:dynamodb:putItem", once).error)
    assert.same({ N = "7" }, output("dynamodb:updateItem", { TableName = "t", Key = key.Key,
      UpdateExpression = "ADD n :two", ExpressionAttributeValues = { [":two"] = { N = "2" } },
      ReturnValues = "ALL_NEW" }).Attributes.n)
    output("dynamodb:deleteItem", key)
    assert.is_nil(output("dynamodb:getItem", key).Item)
  end)

  it("SQS: a message whose token a worker answers", function()
    local url = assert(s:boto("sqs", "create_queue", { QueueName = "q" })).QueueUrl
    local machine = assert(passo.parse { StartAt = "T", States = { T = { Type = "Task", End = true,
      Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken", TimeoutSeconds = 20,
      Parameters = { QueueUrl = url, MessageBody = { ["token.$"] = "$$.Task.Token" } } } } })
    local started = assert(machine:start({}, { aws = aws }))
    local message
    for _ = 1, 50 do
      started:advance(0.1)
      local got = assert(s:boto("sqs", "receive_message", { QueueUrl = url }))
      message = got.Messages and got.Messages[1]
      if message then break end
    end
    assert(started:send_task_success(core.decode(message.Body).token, { approved = true }))
    assert.same({ approved = true }, started:finish().output)
    assert.equal("SQS.QueueDoesNotExistException", run("sqs:sendMessage", { QueueUrl = url .. "x",
      MessageBody = "m" }).error)
  end)

  it("SNS: a message reaches a queue", function()
    local url = assert(s:boto("sqs", "create_queue", { QueueName = "listens" })).QueueUrl
    local topic = assert(s:boto("sns", "create_topic", { Name = "x" })).TopicArn
    assert(s:boto("sns", "subscribe", { TopicArn = topic, Protocol = "sqs",
      Endpoint = "arn:aws:sqs:us-east-1:123456789012:listens" }))
    output("sns:publish", { TopicArn = topic, Message = { a = { 1, "ü" } },
      MessageAttributes = { k = { DataType = "String", StringValue = "v" } } })
    local got = assert(s:boto("sqs", "receive_message", { QueueUrl = url })).Messages[1]
    assert.equal('{"a":[1,"ü"]}', core.decode(got.Body).Message)
    assert.equal("SNS.NotFoundException", run("sns:publish", { TopicArn = topic .. "y", Message = "m" }).error)
  end)

  it("S3 by aws-sdk: text, JSON, what is not there", function()
    output("aws-sdk:s3:createBucket", { Bucket = "bkt" })
    output("aws-sdk:s3:putObject", { Bucket = "bkt", Key = "a b/ü", Body = { n = 1 }, Metadata = { k = "v" } })
    assert.equal('{"n":1}', assert(s:boto("s3", "get_object", { Bucket = "bkt", Key = "a b/ü" })).Body)
    local got = output("aws-sdk:s3:getObject", { Bucket = "bkt", Key = "a b/ü" })
    assert.same({ '{"n":1}', 7, { k = "v" } }, { got.Body, got.ContentLength, got.Metadata })
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", got.LastModified)
    assert.equal("a b/ü", output("aws-sdk:s3:listObjectsV2", { Bucket = "bkt" }).Contents[1].Key)
    assert.equal("S3.NoSuchKeyException", run("aws-sdk:s3:getObject", { Bucket = "bkt", Key = "no" }).error)
    assert.equal("S3.NoSuchBucketException", run("aws-sdk:s3:listObjectsV2", { Bucket = "nobkt" }).error)
  end)

  it("Glue: a job that is waited for, a crawler that is not there", function()
    assert(s:boto("glue", "create_job", { Name = "j", Role = "r", Command = { Name = "c" } }))
    local run_of = output("glue:startJobRun.sync", { JobName = "j" })
    assert.equal("SUCCEEDED", run_of.JobRunState)
    assert.equal("number", type(run_of.StartedOn))
    assert.equal("Glue.EntityNotFoundException", run("glue:startJobRun.sync", { JobName = "none" }).error)
    assert.equal("Glue.EntityNotFoundException", run("aws-sdk:glue:startCrawler", { Name = "none" }).error)
  end)

  it("Step Functions: the same execution once, whoever starts it twice", function()
    local arn = assert(s:boto("stepfunctions", "create_state_machine", { name = "m",
      roleArn = "arn:aws:iam::123456789012:role/r",
      definition = '{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}' })).stateMachineArn
    local started = output("states:startExecution", { StateMachineArn = arn, Name = "one", Input = { a = 1 } })
    assert.equal('{"a":1}', assert(s:boto("stepfunctions", "describe_execution",
      { executionArn = started.ExecutionArn })).input)
    assert.equal("number", type(started.StartDate))
    assert.equal("StepFunctions.ExecutionAlreadyExistsException",
      run("states:startExecution", { StateMachineArn = arn, Name = "one", Input = { a = 2 } }).error)
    local result = run("states:startExecution.sync", { StateMachineArn = arn, Name = "two" }, { TimeoutSeconds = 1 })
    assert.equal("States.Timeout", result.error)
    assert.equal("ABORTED", assert(s:boto("stepfunctions", "describe_execution",
      { executionArn = arn:gsub(":stateMachine:", ":execution:") .. ":two" })).status)
  end)

  it("other services in their other protocols", function()
    assert.is_table(output("events:putEvents", { Entries = passo.array { { Detail = { a = 1 }, DetailType = "d",
      Source = "s" } } }).Entries)
    assert.is_string(output("aws-sdk:ec2:describeVpcs", {}).Vpcs[1].CidrBlock)
    output("aws-sdk:iam:createRole", { RoleName = "r1", AssumeRolePolicyDocument = { Version = "2012-10-17" } })
    assert.equal("r1", output("aws-sdk:iam:listRoles", {}).Roles[1].RoleName)
    output("aws-sdk:cloudwatchlogs:createLogGroup", { LogGroupName = "g" })
    assert.equal("g", assert(s:boto("logs", "describe_log_groups", {})).logGroups[1].logGroupName)
    output("aws-sdk:secretsmanager:createSecret", { Name = "n", SecretString = { k = "v" } })
    assert.equal('{"k":"v"}', assert(s:boto("secretsmanager", "get_secret_value", { SecretId = "n" })).SecretString)
    output("aws-sdk:cloudwatch:putMetricData", { Namespace = "n", MetricData = passo.array { { MetricName = "m",
      Value = 1.5 } } })
    output("aws-sdk:ses:verifyEmailIdentity", { EmailAddress = "a@example.com" })
    assert.equal("a@example.com", assert(s:boto("ses", "list_identities", {})).Identities[1])
    output("aws-sdk:kinesis:createStream", { StreamName = "s", ShardCount = 1 })
    output("aws-sdk:ssm:putParameter", { Name = "/p", Value = "v", Type = "String" })
    assert.equal("v", output("aws-sdk:ssm:getParameter", { Name = "/p" }).Parameter.Value)
    output("aws-sdk:ecs:createCluster", { ClusterName = "c" })
    assert.equal(1, #output("aws-sdk:ecs:listClusters", {}).ClusterArns)
    assert.equal("Kms.NotFoundException", run("aws-sdk:kms:describeKey",
      { KeyId = "12345678-1234-1234-1234-123456789012" }).error)
  end)

  it("another role by STS", function()
    local identity = output("aws-sdk:sts:getCallerIdentity", {},
      { Credentials = { RoleArn = "arn:aws:iam::123456789012:role/other" } })
    assert.matches("assumed%-role/other/", identity.Arn)
  end)

  it("signs every call as botocore would", function()
    for _, seen in ipairs(s:verdicts()) do
      local words = ("%s %s: %s"):format(tostring(seen.service), tostring(seen.target), tostring(seen.message))
      assert.is_true(seen.ok, words)
    end
  end)
end)
