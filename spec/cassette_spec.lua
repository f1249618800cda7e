-- Cassettes: what is recorded of tasks, what never is, and how it is played.
local cassette = require "passo.aws.cassette"
local helper = require "helper"
local passo = require "passo"
local core = passo.core

local SQS = "arn:aws:states:::sqs:sendMessage"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text, mode)
  local file = assert(io.open(path, mode or "wb"))
  file:write(text)
  file:close()
end

-- The entries of a cassette, decoded.
local function entries(path)
  local list = {}
  for line in read(path):gmatch "[^\n]+" do list[#list + 1] = core.decode(line) end
  table.remove(list, 1)
  return list
end

local function task(parameters, more)
  local fields = { Resource = SQS, Parameters = parameters or { MessageBody = "m" } }
  for name, value in pairs(more or {}) do fields[name] = value end
  return helper.task(fields)
end

describe("a cassette", function()
  local path

  before_each(function()
    path = os.tmpname()
    os.remove(path)
  end)
  after_each(function() os.remove(path) end)

  local function record(machine, fn, more, input, options)
    local route = { record = path, call = fn }
    for name, value in pairs(more or {}) do route[name] = value end
    local given = { aws = { routes = { default = route } }, clock = passo.virtual_clock() }
    for name, value in pairs(options or {}) do given[name] = value end
    return assert(machine:run(input or {}, given))
  end

  local function play(machine, input, more, options)
    local route = { replay = path }
    for name, value in pairs(more or {}) do route[name] = value end
    local given = { aws = { routes = { default = route } }, clock = passo.virtual_clock() }
    for name, value in pairs(options or {}) do given[name] = value end
    return machine:run(input or {}, given)
  end

  it("plays what was recorded, numbers and order as they were", function()
    local machine = task(nil, { Parameters = { ["Body.$"] = "$" } })
    local input = '{"z": 1.10, "a": 12345678901234567890}'
    record(machine, function() return core.value '{"y":2.50,"b":[1e3,null,{}]}' end, nil, core.value(input))
    assert.equal('{"passo_cassette":1}\n{"machine":"StateMachine","state":"/T","resource":"' .. SQS
      .. '","parameters":{"Body":{"z":1.10,"a":12345678901234567890}},"result":{"y":2.50,"b":[1e3,null,{}]}}\n',
      read(path))
    local result = play(machine, core.value '{"a": 12345678901234567890, "z": 1.1}')
    assert.equal('{"y":2.50,"b":[1e3,null,{}]}', result.value:json())
  end)

  it("plays errors, retries in their order", function()
    local machine = task(nil, { Retry = { { ErrorEquals = { "Busy" }, MaxAttempts = 2 } } })
    local count = 0
    local function answer()
      count = count + 1
      if count < 3 then return nil, "Busy", "try " .. count end
      return "done"
    end
    record(machine, answer)
    assert.equal(3, #entries(path))
    assert.equal("done", play(machine).output)
    record(task { MessageBody = "none" }, function() return nil, "Gone" end)
    local result = play(task { MessageBody = "none" })
    assert.equal("Gone", result.error)
    assert.is_nil(result.cause)
  end)

  it("does not care in which order a Map's iterations ask", function()
    local machine = assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", ItemsPath = "$", End = true,
      ItemProcessor = { StartAt = "T", States = { T = { Type = "Task", End = true, Resource = SQS,
        Parameters = { ["n.$"] = "$" } } } } } } })
    record(machine, function(input)
      passo.sleep(1 / input.n)
      return input.n * 10
    end, nil, passo.array { 1, 2, 3, 2 })
    assert.equal(20, entries(path)[2].result)
    local result = play(machine, passo.array { 2, 3, 2, 1 })
    assert.equal("[20,30,20,10]", result.value:json())
  end)

  it("tells what is nearest where nothing fits, and an error that nobody catches", function()
    record(task { MessageBody = "a", Attributes = { n = 1, list = passo.array { 1, 2 } } }, function() return 1 end)
    local catch = { Catch = { { ErrorEquals = { "States.ALL" }, Next = "T" } } }
    local function told(parameters)
      local result = assert(play(task(parameters, catch)))
      assert.equal("States.Runtime", result.error)
      return result.cause
    end
    assert.matches('nothing is recorded for state \'/T\' (' .. SQS .. ') with these parameters; the nearest is line 2: '
      .. '$.Attributes.list[1] was 2, is 3', told { MessageBody = "a", Attributes = { n = 1,
      list = passo.array { 1, 3 } } }, 1, true)
    assert.matches("$.Extra was nothing, is true", told { MessageBody = "a", Attributes = { n = 1,
      list = passo.array { 1, 2 } }, Extra = true }, 1, true)
    local result = play(task(nil, { Resource = "arn:aws:states:::sqs:sendMessageBatch" }))
    assert.matches("the nearest resource is " .. SQS, result.cause, 1, true)
  end)

  it("plays each once in an execution, and says so", function()
    record(task(), function() return 1 end)
    local machine = helper.chain { { "A", { Type = "Task", Resource = SQS, Parameters = { MessageBody = "m" } } },
      { "B", { Type = "Task", Resource = SQS, Parameters = { MessageBody = "m" } } } }
    local result = play(machine)
    assert.equal("nothing is recorded for state '/B' (" .. SQS .. ") any more: it has been played 1 time, as often as "
      .. "it was recorded", (result.cause:gsub("^[^:]+: ", "")))
    local aws = { routes = { default = { replay = path } } }
    for _ = 1, 2 do assert.equal(1, task():run({}, { aws = aws, clock = passo.virtual_clock() }).output) end
  end)

  it("plays a job with what it was submitted as, and a token with what it was answered", function()
    local function answer(_, ctx)
      ctx.submit { JobRunId = "jr" }
      return { State = "OK" }
    end
    local job = helper.task { Resource = "arn:aws:states:::glue:startJobRun.sync", Parameters = { JobName = "j" } }
    record(job, answer)
    local result = play(job, nil, nil, { history = true })
    assert.same({ State = "OK" }, result.output)
    assert.equal('{"JobRunId":"jr"}', result.history[5].taskSubmittedEventDetails.output)

    local asks = helper.task { Resource = SQS .. ".waitForTaskToken", Parameters = { ["Token.$"] = "$$.Task.Token" } }
    local token
    local run = asks:start({}, { clock = passo.virtual_clock(), aws = { routes = { default = { record = path,
      call = function(input)
        token = input.Token
        return { MessageId = "7" }
      end } } } })
    assert(run:send_task_success(token, { approved = true }))
    assert.same({ approved = true }, run:finish().output)
    assert.not_matches(token, read(path), 1, true)
    result = play(asks, nil, nil, { history = true })
    assert.same({ approved = true }, result.output)
    assert.equal('{"MessageId":"7"}', result.history[5].taskSubmittedEventDetails.output)
  end)

  it("leaves a token that nobody answered to its timeout", function()
    local asks = helper.task { Resource = SQS .. ".waitForTaskToken", TimeoutSeconds = 9,
      Parameters = { ["Token.$"] = "$$.Task.Token" } }
    record(asks, function() return {} end)
    local result = play(asks)
    assert.equal("States.Timeout", result.error)
  end)

  it("compares neither the execution's names nor what it is told to ignore", function()
    local machine = task(nil, { Parameters = { ["Id.$"] = "$$.Execution.Id", ["Stamp.$"] = "$.stamp" } })
    record(machine, function() return 1 end, nil, { stamp = "monday" }, { name = "a-long-name-of-an-execution" })
    assert.equal("<execution>", entries(path)[1].parameters.Id)
    assert.equal(1, play(machine, { stamp = "monday" }).output)
    assert.equal("FAILED", play(machine, { stamp = "tuesday" }).status)
    assert.equal(1, play(machine, { stamp = "tuesday" }, { ignore = { "Stamp" } }).output)
  end)

  it("holds no secrets", function()
    local secrets = { "AKIDSECRET", "s3cr3t-access", "session-s3cr3t", "cookie-s3cr3t", "bearer.s3cr3t",
      "hunter2hunter2", "signature-s3cr3t", "own-s3cr3t", "key-of-options" }
    local machine = task({ Headers = { Authorization = "Bearer bearer.s3cr3t",
      ["x-amz-security-token"] = "session-s3cr3t" }, MessageBody = '{"password": "hunter2hunter2", "n": 1.0}',
      Note = "send with Bearer bearer.s3cr3t, key-of-options",
      Url = "https://b.s3.amazonaws.com/k?X-Amz-Signature=signature-s3cr3t&X-Amz-Security-Token=session-s3cr3t&x=1",
      Mine = "own-s3cr3t" })
    local given = { aws = { credentials = { access_key_id = "AK", secret_access_key = "key-of-options" },
      routes = { default = { record = path, scrub = { "mine" }, call = function()
        return { Credentials = { AccessKeyId = "AKIDSECRET", SecretAccessKey = "s3cr3t-access" },
          Headers = { ["Set-Cookie"] = passo.array { "a=cookie-s3cr3t" }, ["content-type"] = "x" },
          Parameter = { Type = "SecureString", Value = "hunter2hunter2" }, SecretString = "own-s3cr3t" }
      end } } }, clock = passo.virtual_clock() }
    assert.equal("SUCCEEDED", machine:run({}, given).status)
    local text = read(path)
    for _, secret in ipairs(secrets) do assert.not_matches(secret, text, 1, true) end
    local entry = entries(path)[1]
    assert.equal('{"password":"<scrubbed>","n":1.0}', entry.parameters.MessageBody)
    assert.matches("x=1$", entry.parameters.Url)
    assert.equal("x", entry.result.Headers["content-type"])
    local result = play(machine, nil, { scrub = { "mine" } }, nil)
    assert.equal("States.Runtime", result.error) -- the note names a key that this run does not know
  end)

  it("holds no secrets of connections", function()
    local machine = helper.task { Resource = "arn:aws:states:::http:invoke", Parameters = { Method = "GET",
      ApiEndpoint = "https://example.com/", InvocationConfig = { ConnectionArn = "Shop" } } }
    local result = machine:run({}, { clock = passo.virtual_clock(), aws = { region = "us-east-1",
      connections = { Shop = { AuthorizationType = "API_KEY", AuthParameters = { ApiKeyAuthParameters = {
        ApiKeyName = "X-Key", ApiKeyValue = "kept-secret-4711" } } } },
      http = { send = function(_, _, headers) return 200, "Content-Type: text/plain\r\n", headers end },
      routes = { http = { record = path } } } })
    assert.matches("kept-secret-4711", result.output.ResponseBody, 1, true)
    assert.not_matches("kept-secret-4711", read(path), 1, true)
    assert.matches("X-Key: <scrubbed>", play(machine).output.ResponseBody, 1, true)
  end)

  it("is readable by its owner alone, and grows line by line", function()
    record(task(), function() return 1 end)
    local pipe = io.popen("stat -c %a " .. path)
    assert.equal("600", (pipe:read "*l"))
    pipe:close()
    record(task(), function() return 2 end)
    assert.equal(2, #entries(path))
    record(task(), function() return 3 end, { fresh = true })
    assert.equal(1, #entries(path))
  end)

  it("forgets a last line that was cut short", function()
    record(task(), function() return 1 end)
    local whole = read(path)
    write(path, '{"machine":"StateMachine","sta', "ab")
    assert.equal(1, play(task()).output)
    record(task { MessageBody = "n" }, function() return 2 end)
    assert.equal(whole, read(path):sub(1, #whole))
    assert.equal(2, #entries(path))
  end)

  it("is refused before anything starts where it cannot be read", function()
    local function refused(text)
      if text then write(path, text) end
      local result, message, failure = play(task())
      assert.is_nil(result)
      assert.equal("EFILE", failure.code)
      return message
    end
    assert.matches(path, refused(), 1, true)
    assert.matches("no cassette of passo", refused "hello\n", 1, true)
    assert.matches("the cassette is of version 9, this passo reads 1", refused '{"passo_cassette":9}\n', 1, true)
    assert.matches(path .. ":2: expected", refused '{"passo_cassette":1}\n{oops\n{}\n', 1, true)
    assert.matches(":2: resource and parameters are expected", refused '{"passo_cassette":1}\n{}\n', 1, true)
  end)

  it("never goes over a file that is none", function()
    write(path, "precious\n")
    local result = record(task(), function() return 1 end, { fresh = true })
    assert.equal("States.Runtime", result.error)
    assert.matches("no cassette of passo", result.cause, 1, true)
    assert.equal("precious\n", read(path))
    assert.is_table(cassette)
  end)
end)
