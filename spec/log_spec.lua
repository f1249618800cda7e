-- Logs: what each level lets through, what a record says, and what a configuration may not say.
local core = require "passo.core"
local log = require "passo.log"
local passo = require "passo"

local FAILING = [[{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Fail","Error":"E"}}}]]

local function events_of(definition, input)
  return passo.parse(definition):run(input, { history = true, clock = passo.virtual_clock(1000) }).history
end

local function types(level)
  local out = {}
  for i, record in ipairs(log.records({ level = level }, events_of(FAILING), "arn")) do out[i] = record.type end
  return out
end

describe("log.records", function()
  it("lets through what the level names", function()
    assert.same({ "ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered", "ExecutionFailed" },
      types "ALL")
    assert.same({ "FailStateEntered", "ExecutionFailed" }, types "ERROR")
    assert.same({ "ExecutionFailed" }, types "FATAL")
    assert.same({}, types "OFF")
  end)

  it("leaves execution data out unless it is asked for", function()
    local bare = log.records({ level = "ALL" }, events_of(FAILING, { a = 1 }), "arn")
    local full = log.records({ level = "ALL", includeExecutionData = true }, events_of(FAILING, { a = 1 }), "arn")
    assert.is_nil(bare[1].details.input)
    assert.equal('{"a":1}', full[1].details.input)
    assert.same({ truncated = false }, full[1].details.inputDetails)
  end)

  it("cuts a payload beyond 248 KiB at a character, and says so", function()
    local long = ("é"):rep(125 * 1024)
    local records = log.records({ level = "ALL", includeExecutionData = true }, events_of(FAILING, { s = long }), "arn")
    local details = records[1].details
    assert.same({ truncated = true }, details.inputDetails)
    assert.is_true(#details.input <= 248 * 1024 and #details.input > 248 * 1024 - 4)
    assert.is_truthy(core.encode(details.input))
  end)

  it("writes ids and times as text, members in the service's order", function()
    local record = log.records({ level = "FATAL" }, events_of(FAILING), "arn:x")[1]
    assert.equal('{"id":"5","type":"ExecutionFailed","details":{"error":"E"},"previous_event_id":"4",'
      .. '"event_timestamp":"1000","execution_arn":"arn:x","redrive_count":"0"}', log.text(record))
  end)
end)

describe("log.check", function()
  local function with(group)
    return { level = "ALL", destinations = { { cloudWatchLogsLogGroup = { logGroupArn = group } } } }
  end

  it("gives the log group's ARN, or true where none is named", function()
    local arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/x:*"
    assert.equal(arn, log.check(with(arn)))
    assert.is_true(log.check { level = "OFF" })
  end)

  it("refuses what is none, naming the place", function()
    for _, case in ipairs { { {}, "level" }, { { level = "all" }, "level" }, { with "arn:aws:logs:x", "logGroupArn" },
      { { level = "ALL", destinations = { {}, {} } }, "destinations" } } do
      local ok, message, failure = log.check(case[1])
      assert.is_nil(ok)
      assert.is_truthy(message:find(case[2], 1, true))
      assert.equal("EINPUT", failure.code)
    end
  end)
end)
