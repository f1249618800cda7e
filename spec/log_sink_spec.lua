-- The option `logging`: what goes to a sink, when, and that a log is never worth an execution.
local helper = require "helper"
local log_sink = require "passo.aws.log_sink"
local passo = require "passo"
local core = passo.core

local ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/shop:*"

local function two_tasks()
  return helper.chain { { "A", { Type = "Task", Resource = "lua:a" } }, { "W", { Type = "Wait", Seconds = 5 } },
    { "B", { Type = "Task", Resource = "lua:a" } } }
end

local function run(machine, logging, options)
  local given = { handlers = { ["lua:a"] = function() return { done = true } end }, clock = passo.virtual_clock(),
    logging = logging }
  for name, value in pairs(options or {}) do given[name] = value end
  return machine:run({}, given)
end

local function types(batches)
  local out = {}
  for _, records in ipairs(batches) do
    for _, record in ipairs(records) do out[#out + 1] = record.type end
  end
  return table.concat(out, " ")
end


describe("a run's log", function()
  it("gets the events of each burst, with or without a history or a journal", function()
    local expected = helper.types(assert(run(two_tasks(), nil, { history = true })).history)
    for _, options in ipairs { {}, { history = true }, { journal = passo.memory_journal() } } do
      local batches = {}
      local result = assert(run(two_tasks(), { level = "ALL", sink = function(records)
        batches[#batches + 1] = records
      end }, options))
      assert.equal("SUCCEEDED", result.status)
      assert.equal(table.concat(expected, " "), types(batches))
      assert.is_true(#batches >= 2)
      if options.history then assert.same(expected, helper.types(result.history)) end
    end
  end)

  it("has only what the level lets through, and data only where it is asked for", function()
    local batches = {}
    local logging = { level = "ERROR", sink = function(records) batches[#batches + 1] = records end }
    run(helper.task(), logging, { handlers = { ["lua:t"] = function() passo.fail("Broken", "no") end } })
    assert.equal("LambdaFunctionFailed ExecutionFailed", (types(batches):gsub("TaskFailed", "LambdaFunctionFailed")))
    batches = {}
    logging = { level = "ALL", includeExecutionData = true, sink = logging.sink }
    run(two_tasks(), logging)
    assert.equal("{}", batches[1][1].details.input)
  end)

  it("has the children of a Distributed Map, by their own ARNs", function()
    local machine = assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", End = true, Label = "L",
      ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, StartAt = "P",
        States = { P = { Type = "Pass", End = true } } } } } })
    local started = {}
    assert(machine:run({ 1, 2 }, { clock = passo.virtual_clock(), logging = { level = "ALL", sink = function(records)
      for _, record in ipairs(records) do
        if record.type == "ExecutionStarted" then started[#started + 1] = record.execution_arn end
      end
    end } }))
    assert.equal(3, #started)
    assert.matches("/L:", started[2])
  end)

  it("is flushed about every second and at the end", function()
    local flushed = {}
    local clock = passo.virtual_clock()
    local sink = { write = function() end, flush = function() flushed[#flushed + 1] = clock:now_ms() return true end }
    assert(run(two_tasks(), { level = "ALL", sink = sink }, { clock = clock }))
    assert.same({ 1000, 5000 }, flushed)
  end)

  it("of a run that was started is flushed when it ends", function()
    local flushed, count = 0, 0
    local sink = { write = function(_, records) count = count + #records end, flush = function()
      flushed = count
      return true
    end }
    local started = assert(two_tasks():start({}, { clock = passo.virtual_clock(), logging = { level = "ALL",
      sink = sink }, handlers = { default = function() return 1 end } }))
    started:advance(20)
    assert.is_true(flushed > 10)
    assert.equal("SUCCEEDED", started:finish().status)
    assert.equal(count, flushed)
  end)

  it("that fails leaves the execution alone", function()
    for _, sink in ipairs { function() error "the disk is full" end,
      { write = function() end, flush = function() return nil, "the disk is full" end },
      setmetatable({ write = function() passo.sleep(0.1) error "the disk is full" end }, {}) } do
      local result = assert(run(two_tasks(), { level = "ALL", sink = sink }))
      assert.equal("SUCCEEDED", result.status)
      assert.matches("the disk is full", result.log_problem)
    end
  end)

  it("keeps the order of a sink that waits", function()
    local ids = {}
    assert(run(two_tasks(), { level = "ALL", sink = function(records)
      passo.sleep(7)
      for _, record in ipairs(records) do ids[#ids + 1] = tonumber(record.id) end
    end }))
    for i, id in ipairs(ids) do assert.equal(i, id) end
    assert.is_true(#ids > 10)
  end)

  it("is checked before anything runs", function()
    local result, message, failure = run(two_tasks(), { level = "LOUD" })
    assert.is_nil(result)
    assert.matches("level", message)
    assert.equal("EINPUT", failure.code)
    result, message = run(two_tasks(), { level = "ALL", sink = true })
    assert.is_nil(result)
    assert.matches("sink", message)
  end)

  it("goes to the log group that is named", function()
    local calls = {}
    local function send(_, url, headers, body)
      local operation = headers:match "%.(%w+)\r\n" and headers:match "[Tt]arget: [^\r\n]*%.(%w+)"
      calls[#calls + 1] = { operation = operation, body = core.decode(body), url = url }
      if #calls == 1 then
        return 400, "", '{"__type":"ResourceNotFoundException","message":"The specified log stream does not exist."}'
      end
      return 200, "", "{}"
    end
    local aws = { region = "us-east-1", send = send, env = {}, config_file = "/dev/null",
      credentials_file = "/dev/null", credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" } }
    local logging = { level = "ALL", destinations = { { cloudWatchLogsLogGroup = { logGroupArn = ARN } } } }
    local clock = passo.virtual_clock "2026-01-01T00:00:00Z"
    assert(run(helper.task { Resource = "lua:a" }, logging, { aws = aws, clock = clock }))
    assert.same({ "PutLogEvents", "CreateLogStream", "PutLogEvents" }, { calls[1].operation, calls[2].operation,
      calls[3].operation })
    assert.matches("logs.eu-west-1.amazonaws.com", calls[3].url, 1, true)
    assert.equal("/aws/vendedlogs/states/shop", calls[3].body.logGroupName)
    assert.matches("^states/", calls[3].body.logStreamName)
    local first = calls[3].body.logEvents[1]
    assert.equal(1767225600000, first.timestamp)
    assert.equal("ExecutionStarted", core.decode(first.message).type)
    local before = #calls
    assert(run(helper.task { Resource = "lua:a" }, logging, { aws = aws, clock = clock }))
    assert.equal(before + 1, #calls)
  end)
end)

describe("log_sink", function()
  local function fake(answer)
    local client = { batches = {} }
    function client.put_log_events(_, params)
      client.batches[#client.batches + 1] = params.logEvents
      return answer(#client.batches)
    end
    function client.create_log_stream() return {} end
    return client
  end

  local function record(i, text)
    return { id = ("%d"):format(i), type = "T", event_timestamp = "1000", details = { input = text } }
  end

  it("sends batches of no more than a megabyte", function()
    local client = fake(function() return {} end)
    local sink = log_sink.new(client, ARN)
    local records = {}
    for i = 1, 30 do records[i] = record(i, ("x"):rep(100000)) end
    sink:write(records)
    assert.is_true(sink:flush())
    assert.equal(30, sink.sent)
    assert.equal(3, #client.batches)
  end)

  it("keeps what the service did not take, and drops the oldest when there is too much", function()
    local up = false
    local client = fake(function()
      if up then return {} end
      return nil, "down", { code = "ECONNECT" }
    end)
    local sink = log_sink.new(client, ARN, { max_queued = 3 })
    for i = 1, 5 do sink:write { record(i) } end
    local ok, message = sink:flush()
    assert.is_nil(ok)
    assert.equal("down", message)
    assert.same({ 3, 2 }, { sink:count(), sink.dropped })
    up = true
    assert.is_true(sink:flush())
    assert.matches('"id":"3"', client.batches[2][1].message)
  end)
end)
