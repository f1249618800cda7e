-- Who does a Task where `routes` and `limits` say so, and what they may say.
local helper = require "helper"
local passo = require "passo"

local SQS = "arn:aws:states:::sqs:sendMessage"
local AWS = "arn:aws:states:::"

local function task(resource, more)
  local fields = { Resource = AWS .. resource, Parameters = { P = 1 } }
  for name, value in pairs(more or {}) do fields[name] = value end
  return helper.task(fields)
end

local function run(machine, aws, options)
  local given = { aws = aws, clock = passo.virtual_clock() }
  for name, value in pairs(options or {}) do given[name] = value end
  return machine:run({}, given)
end

local function routed(routes, machine)
  local result, message = run(machine or task "sqs:sendMessage", { routes = routes })
  return result and result.output, message
end

local function wrong(aws, machine)
  local ok, message = pcall(run, machine or task "sqs:sendMessage", aws)
  assert.is_false(ok)
  return message
end

describe("aws.routes", function()
  it("mean a state before a resource before an action before a service before all", function()
    local routes = { ["/T"] = { result = "path" }, T = { result = "name" }, [SQS] = { result = "resource" },
      ["arn:*:sqs:send*"] = { result = "longer" }, ["arn:*"] = { result = "glob" },
      ["sqs:sendMessage"] = { result = "action" }, sqs = { result = "service" }, default = { result = "default" } }
    for _, key in ipairs { "/T", "T", SQS, "arn:*:sqs:send*", "arn:*", "sqs:sendMessage", "sqs", "default" } do
      assert.equal(routes[key].result, (routed(routes)))
      routes[key] = nil
    end
  end)

  it("mean the service of the AWS SDK too, unless that has a route of its own", function()
    local machine = task "aws-sdk:dynamodb:getItem"
    assert.equal("both", (routed({ dynamodb = { result = "both" } }, machine)))
    assert.equal("sdk", (routed({ dynamodb = { result = "both" }, ["aws-sdk:dynamodb"] = { result = "sdk" } },
      machine)))
  end)

  it("mean functions by their ARN, too", function()
    local machine = helper.task { Resource = "arn:aws:lambda:us-east-1:123456789012:function:Charge" }
    assert.equal(1, (routed({ lambda = { result = 1 } }, machine)))
    assert.equal(2, (routed({ ["arn:aws:lambda:*:function:Charge"] = { result = 2 } }, machine)))
    assert.equal(3, (routed({ Charge = { result = 3 } }, machine)))
  end)

  it("come after handlers", function()
    local result = run(task "sqs:sendMessage", { routes = { T = { result = 1 } } }, { handlers = { T = function()
      return 2
    end } })
    assert.equal(2, result.output)
  end)

  it("name a function, which is called as a handler is", function()
    local seen
    assert.same({ n = 2 }, (routed { sqs = function(input, ctx)
      seen = { input = input, name = ctx.state.name, attempt = ctx.attempt }
      return { n = input.P + 1 }
    end }))
    assert.same({ input = { P = 1 }, name = "T", attempt = 0 }, seen)
    local result = run(task "sqs:sendMessage", { routes = { sqs = function() return nil, "Mine.Error", "why" end } })
    assert.same({ "Mine.Error", "why" }, { result.error, result.cause })
    result = run(task "sqs:sendMessage", { routes = { sqs = function() error "oops" end } })
    assert.equal("Lua.Error", result.error)
  end)

  it("name a mock, the same each time or by invocation", function()
    local machine = task("sqs:sendMessage", { Retry = { { ErrorEquals = { "E" }, MaxAttempts = 5 } } })
    assert.same({ a = 1 }, (routed({ sqs = { { error = "E", cause = "C" }, { error = "E" }, { result = { a = 1 } } } },
      machine)))
    local result = run(task "sqs:sendMessage", { routes = { sqs = { error = "E", cause = "C" } } })
    assert.same({ "E", "C" }, { result.error, result.cause })
    result = run(machine, { routes = { sqs = { { error = "E" } } } })
    assert.equal("States.Runtime", result.error)
    assert.equal("the mock of 'sqs' has no response for invocation 1 of state 'T'", result.cause)
  end)

  it("count a mock's invocations anew in each execution", function()
    local aws = { routes = { sqs = { { result = 1 }, { result = 2 } } } }
    local machine = task "sqs:sendMessage"
    assert.equal(1, run(machine, aws).output)
    assert.equal(1, run(machine, aws).output)
  end)

  it("mock jobs and task tokens whole", function()
    for _, pattern in ipairs { ".waitForTaskToken", ".sync" } do
      local machine = helper.task { Resource = AWS .. (pattern == ".sync" and "glue:startJobRun" or "sqs:sendMessage")
        .. pattern, Parameters = { ["T.$"] = pattern == ".sync" and "$" or "$$.Task.Token" } }
      local result = run(machine, { routes = { T = { submitted = { id = 7 }, result = { done = true } } } },
        { history = true })
      assert.same({ done = true }, result.output)
      assert.equal("TaskSubmitted", helper.types(result.history)[5])
    end
  end)

  it("lead to another endpoint with other keys", function()
    local urls = {}
    local function send(_, url, headers)
      urls[#urls + 1] = { url = url, key = headers:match "Credential=(%w+)", region = headers:match "/(%w+-%w+-%d)/" }
      return 200, "", "{}"
    end
    local machine = helper.chain { { "A", { Type = "Task", Resource = SQS, Parameters = {
      QueueUrl = "https://sqs.us-east-1.amazonaws.com/1/q", MessageBody = "m" } } }, { "B", { Type = "Task",
      Resource = AWS .. "dynamodb:getItem", Parameters = { TableName = "t", Key = { id = { S = "1" } } } } } }
    local result = run(machine, { region = "us-east-1", send = send, env = {}, config_file = "/dev/null",
      credentials_file = "/dev/null", credentials = { access_key_id = "AKMINE", secret_access_key = "x" },
      routes = { dynamodb = { endpoint = "http://127.0.0.1:8000", region = "eu-west-1",
        credentials = { access_key_id = "AKOTHER", secret_access_key = "y" } } } })
    assert.equal("SUCCEEDED", result.status, result.cause)
    assert.same({ { url = "https://sqs.us-east-1.amazonaws.com/", key = "AKMINE", region = "us-east-1" },
      { url = "http://127.0.0.1:8000/", key = "AKOTHER", region = "eu-west-1" } }, urls)
  end)

  it("say that nobody does it", function()
    local result, message = run(task "sqs:sendMessage", { routes = { default = false } })
    assert.is_nil(result)
    assert.matches("no handler for state 'T'", message, 1, true)
  end)

  it("that mean nothing, or are none, are told by their name before anything starts", function()
    local function told(routes, machine)
      local result, message, failure = run(machine or task "sqs:sendMessage", { routes = routes })
      assert.is_nil(result)
      assert.equal("EINPUT", failure.code)
      return message
    end
    assert.matches("aws.routes has 'sqz', which means no Task of this machine (did you mean 'sqs'?)",
      told { sqz = { result = 1 } }, 1, true)
    assert.matches("there are: /T, T, arn:aws:states:::sqs:sendMessage, sqs", told { lambda = true }, 1, true)
    local machine = helper.chain { { "P", { Type = "Pass" } }, { "T", { Type = "Task", Resource = SQS } } }
    assert.matches("the state 'P' is a Pass, no Task", told({ P = { result = 1 } }, machine), 1, true)
    assert.equal("SUCCEEDED", run(task "sqs:sendMessage", { lenient_routes = true,
      routes = { lambda = true, sqs = { result = 1 } } }).status)

    assert.matches('options.aws.routes["sqs"]: it is no route: unknown field \'enpoint\' (did you mean \'endpoint\'?)',
      wrong { routes = { sqs = { enpoint = "http://x" } } }, 1, true)
    assert.matches("it is no route", wrong { routes = { sqs = {} } }, 1, true)
    assert.matches("it is no route", wrong { routes = { sqs = "aws" } }, 1, true)
    assert.matches("either result or error", wrong { routes = { sqs = { result = 1, error = "E" } } }, 1, true)
    assert.matches("it[2]: unknown field 'oops'", wrong { routes = { sqs = { { result = 1 }, { oops = 1 } } } }, 1,
      true)
    assert.matches("replay stands alone", wrong { routes = { sqs = { replay = "f", record = "g" } } }, 1, true)
    assert.matches("call must be a function", wrong { routes = { sqs = { call = "f" } } }, 1, true)
    assert.matches("options.aws.routes must be a table", wrong { routes = 5 }, 1, true)
    assert.matches("did you mean 'routes'", wrong { route = {} }, 1, true)
  end)

  it("may be about machines that are nested here", function()
    local child = assert(passo.parse({ StartAt = "C", States = { C = { Type = "Task", Resource = SQS, End = true } } },
      { name = "Child" }))
    local parent = helper.task { Resource = AWS .. "states:startExecution.sync:2", Parameters = {
      StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:Child", Input = {} } }
    local result = run(parent, { machines = { Child = child }, routes = { C = { result = "deep" } } })
    assert.equal("deep", result.output.Output)
  end)
end)

describe("aws.routes of a Distributed Map's files", function()
  local function machine(child)
    return assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", End = true, Label = "M",
      ItemReader = { Resource = AWS .. "s3:getObject", ReaderConfig = { InputType = "JSON" },
        Parameters = { Bucket = "b", Key = "k" } },
      ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, StartAt = "T",
        States = { T = { Type = "Task", Resource = child or SQS, End = true } } } } } })
  end

  it("name a function that gives the file", function()
    local result = run(machine(), { routes = { sqs = function(input) return input * 2 end, s3 = function(parameters)
      return parameters.Key == "k" and "[1, 2]"
    end } })
    assert.equal("[2,4]", result.value and result.value:json(), result.cause)
  end)

  it("lead to another endpoint", function()
    local urls = {}
    local result = run(machine(), { region = "us-east-1", env = {},
      credentials = { access_key_id = "AK", secret_access_key = "x" },
      config_file = "/dev/null", credentials_file = "/dev/null",
      send = function(_, url, _, _, options)
        urls[#urls + 1] = url
        options.sink "[3]"
        return 200, "", nil
      end, routes = { M = { endpoint = "http://127.0.0.1:9000" }, default = { result = 1 } } })
    assert.equal("[1]", result.value and result.value:json(), result.cause)
    assert.matches("^http://127.0.0.1:9000/b/k", urls[1])
  end)

  it("are never real where tasks are played", function()
    local result = run(machine(), { routes = { default = { result = 1 } } })
    assert.equal("States.ItemReaderFailed", result.error)
    assert.matches("the route of 'default' has no files", result.cause, 1, true)
  end)
end)

describe("aws.limits", function()
  -- A Map over `count` items whose tasks take `seconds`; when each began, and how many were under way at most.
  local function watch(count, seconds)
    local seen = { began = {}, now = 0, most = 0, order = {} }
    function seen.route(input, ctx)
      seen.began[#seen.began + 1] = ctx.run.host:now_ms() - seen.start_ms
      seen.order[#seen.order + 1] = input.n
      seen.now = seen.now + 1
      seen.most = math.max(seen.most, seen.now)
      if seconds > 0 then passo.sleep(seconds) end
      seen.now = seen.now - 1
      return 1
    end
    local items = passo.array {}
    for i = 1, count do items[i] = { n = i } end
    seen.machine = assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", ItemsPath = "$", End = true,
      ItemProcessor = { StartAt = "T", States = { T = { Type = "Task", End = true, Resource = SQS,
        Parameters = { ["n.$"] = "$.n" } } } } } } })
    function seen.go(limits, clock, more)
      clock = clock or passo.virtual_clock()
      seen.start_ms = clock:now_ms()
      local options = { clock = clock, aws = { routes = { sqs = seen.route }, limits = limits } }
      for name, value in pairs(more or {}) do options[name] = value end
      return assert(seen.machine:run(items, options))
    end
    return seen
  end

  it("let so many tasks be under way at once, in the order they came", function()
    local seen = watch(6, 1)
    assert.equal("SUCCEEDED", seen.go({ sqs = { max_in_flight = 2 } }).status)
    assert.equal(2, seen.most)
    assert.same({ 0, 0, 1000, 1000, 2000, 2000 }, seen.began)
    assert.same({ 1, 2, 3, 4, 5, 6 }, seen.order)
  end)

  it("let so many begin in a second, some at once when they may", function()
    local seen = watch(4, 0)
    seen.go { sqs = { per_second = 10 } }
    assert.same({ 0, 100, 200, 300 }, seen.began)
    seen = watch(5, 0)
    seen.go { T = { per_second = 2, burst = 3 } }
    assert.same({ 0, 0, 0, 500, 1000 }, seen.began)
  end)

  it("hold over all executions that share the options", function()
    local seen = watch(2, 1)
    local clock = passo.virtual_clock()
    local aws = { routes = { sqs = seen.route }, limits = { sqs = { max_in_flight = 1 } } }
    seen.start_ms = clock:now_ms()
    local runs = {}
    for i = 1, 3 do runs[i] = assert(seen.machine:start(passo.array { { n = i } }, { clock = clock, aws = aws })) end
    for i = 1, 3 do assert.equal("SUCCEEDED", runs[i]:finish().status) end
    assert.same({ 0, 1000, 2000 }, seen.began)
    assert.equal(1, seen.most)
  end)

  it("hold over executions that share an object made once", function()
    local seen = watch(2, 1)
    local aws = require("passo.aws").tasks.new { routes = { sqs = seen.route },
      limits = { sqs = { max_in_flight = 1 } } }
    for _ = 1, 2 do
      local clock = passo.virtual_clock()
      seen.start_ms = clock:now_ms()
      local result = seen.machine:run(passo.array { { n = 1 }, { n = 2 } }, { clock = clock, aws = aws })
      assert.equal("SUCCEEDED", result.status)
    end
    assert.same({ 0, 1000, 0, 1000 }, seen.began)
  end)

  it("forget who is cancelled, waiting or under way", function()
    local seen = watch(3, 1)
    local clock = passo.virtual_clock()
    local aws = { routes = { sqs = seen.route }, limits = { sqs = { max_in_flight = 1 } } }
    seen.start_ms = clock:now_ms()
    local first = assert(seen.machine:start(passo.array { { n = 1 } }, { clock = clock, aws = aws }))
    local second = assert(seen.machine:start(passo.array { { n = 2 } }, { clock = clock, aws = aws }))
    local third = assert(seen.machine:start(passo.array { { n = 3 } }, { clock = clock, aws = aws }))
    second:stop()
    first:stop()
    assert.equal("SUCCEEDED", third:finish().status)
    assert.same({ 1, 3 }, seen.order)
    assert.same({ 0, 0 }, seen.began)
  end)

  it("let the next one in after one that raised", function()
    local machine = helper.task { Resource = SQS, Retry = { { ErrorEquals = { "States.ALL" }, MaxAttempts = 2 } } }
    for _, waits in ipairs { false, true } do
      local count = 0
      local result = run(machine, { limits = { sqs = { max_in_flight = 1 } }, routes = { sqs = function()
        count = count + 1
        if waits then passo.sleep(0.1) end
        if count < 3 then error "oops" end
        return count
      end } })
      assert.equal(3, result.output)
    end
  end)

  it("are checked, by their names too", function()
    assert.matches("max_in_flight must be a whole number", wrong { limits = { sqs = { max_in_flight = 0 } } }, 1, true)
    assert.matches("per_second must be a number above 0", wrong { limits = { sqs = { per_second = 0 } } }, 1, true)
    assert.matches("did you mean 'per_second'", wrong { limits = { sqs = { per_secnd = 1 } } }, 1, true)
    assert.matches("max_in_flight or per_second is expected", wrong { limits = { sqs = {} } }, 1, true)
    local _, message = run(task "sqs:sendMessage", { limits = { lambda = { max_in_flight = 1 } } })
    assert.matches("aws.limits has 'lambda'", message, 1, true)
  end)
end)
