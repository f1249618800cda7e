--- What may not stand in passo.engine{...}: misspelt, out of range, or of no meaning: misuse, and told in words.
local passo = require "passo"

local function refusal(options)
  options.store = options.store or "memory:"
  local ok, message = pcall(passo.engine, options)
  assert.is_false(ok)
  return message
end

local function first(options)
  local name, value = next(options)
  return ("%s = %s"):format(name, tostring(value))
end

describe("options of an engine", function()
  local handler = function() return 1 end

  for _, case in ipairs {
    { { lease_seconds = -1 }, "options.lease_seconds: a number of seconds greater than 0 expected, got -1" },
    { { lease_seconds = 0 }, "options.lease_seconds" },
    { { lease_seconds = 0 / 0 }, "options.lease_seconds" },
    { { lease_seconds = math.huge }, "options.lease_seconds" },
    { { poll_seconds = 0 }, "options.poll_seconds" },
    { { max_running = -3 }, "options.max_running: a whole number, 0 or more expected, got -3" },
    { { max_running = 1.5 }, "options.max_running" },
    { { max_queued = 10 }, "unknown option 'max_queued'" },
    { { max_runing = 10 }, "did you mean 'max_running'" },
    { { retention_days = -1 }, "options.retention_days" },
    { { lost_tasks = "sometimes" },
      'options.lost_tasks: "retry", "fail", or a table of these expected, got "sometimes"' },
    { { lost_tasks = { Charge = "never" } }, 'options.lost_tasks["Charge"]: "retry" or "fail" expected, got "never"' },
    { { profile = "aws" }, "options.profile" },
    { { region = "us east" }, "options.region" },
    { { account = "abc" }, "options.account" },
    { { role_arn = "admin" }, "options.role_arn" },
    { { handlers = { ["lua:t"] = 5 } }, 'options.handlers["lua:t"]: a function expected, got 5' },
    { { handlers = { handler } }, "options.handlers[1]: a table of functions by name expected" },
    { { on_trouble = "print" }, "options.on_trouble" },
    { { limits = { machine = { a = 1 } } }, "a limit's name (did you mean 'machines'?)" },
    { { limits = { versions = "many" } }, 'options.limits["versions"]' },
    { { limits = { machines = { a = 0 } } }, 'options.limits["machines"]: names with whole numbers, 1 or more' },
    { { limits = { handlers = 5 } }, 'options.limits["handlers"]' },
    { { logging = { level = "SOME" } }, "LoggingConfiguration.level" },
    { { clock = {} }, "options.clock" },
    { { store = 5 }, "options.store" },
    { { store = {} }, "options.store" },
  } do
    it(("refuses %s"):format(first(case[1])), function()
      assert.has_no.errors(function() assert(refusal(case[1]):find(case[2], 1, true), refusal(case[1])) end)
    end)
  end

  it("takes what means something", function()
    local engine = assert(passo.engine { store = "memory:", max_running = math.huge, retention_days = math.huge,
      lost_tasks = { default = "fail", Charge = "retry" }, profile = "unlimited", region = "eu-west-1",
      handlers = { ["lua:t"] = setmetatable({}, { __call = handler }) },
      limits = { machines = { m = 1 }, handlers = { ["lua:t"] = 2 }, versions = math.huge, tags = 0 } })
    assert.has_error(function() engine:add_handlers { more = true } end)
    assert.has_error(function() engine:add_handlers() end)
    engine:add_handlers { more = handler }
    engine:close()
  end)
end)

describe("what an engine's verbs are asked", function()
  local engine
  before_each(function()
    engine = assert(passo.engine { store = "memory:", clock = passo.virtual_clock() })
    assert(engine:create_state_machine("m", { StartAt = "S", States = { S = { Type = "Succeed" } } }))
  end)
  after_each(function() engine:close() end)

  it("is misuse where an execution's ARN is something else", function()
    for _, given in ipairs { false, 5, {}, print } do
      local ok, message = pcall(engine.await, engine, given or nil)
      assert.is_false(ok)
      assert.truthy(message:find "engine:await: an execution's ARN")
    end
    local started = assert(engine:start_execution("m"))
    for _, seconds in ipairs { "1", 0 / 0, {} } do
      assert.has_error(function() engine:await(started, { timeout_seconds = seconds }) end)
    end
  end)

  it("has an end that tells its name, and its ARN by both its names", function()
    local started = assert(engine:start_execution("m", {}, { name = "first" }))
    for _ = 1, 2 do
      local result = assert(engine:await(started))
      assert.same({ started.executionArn, started.executionArn, "first" }, { result.executionArn, result.arn,
        result.name })
    end
  end)

  it("is misuse where an option is misspelt", function()
    for verb, call in pairs {
      start_execution = function() engine:start_execution("m", {}, { nam = "x" }) end,
      await = function() engine:await(assert(engine:start_execution("m")), { timeout = 5 }) end,
      create_state_machine = function() engine:create_state_machine("n", {}, { updat = true }) end,
      schedule = function() engine:schedule("s", "rate(1 day)", "m", { timezon = "UTC" }) end,
      get_activity_task = function() engine:get_activity_task("a", { workerName = "ana" }) end,
      start_sync_execution = function() engine:start_sync_execution("m", {}, "name") end,
      tag_resource = function() engine:tag_resource "m" end,
      create_state_machine_alias = function() engine:create_state_machine_alias() end,
      list_state_machines = function() engine:list_state_machines(5) end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.truthy(message:find("engine:" .. verb, 1, true), message)
    end
    local arn = assert(engine:describe_state_machine "m").stateMachineArn
    for _, tags in ipairs { { env = "prod" }, "env=prod", { "env" } } do
      assert.has_error(function() engine:tag_resource { resourceArn = arn, tags = tags } end)
    end
    for _, size in ipairs { 1.5, 0 / 0 } do
      assert.has_error(function() engine:list_state_machines { maxResults = size } end)
    end
  end)

  it("is refused where a text is none, before anything is kept", function()
    assert.equal("ValidationException", select(3, engine:start_execution("m", {}, { name = "a\255" })).code)
    assert.equal("ValidationException", select(3, engine:create_state_machine("b\255", { StartAt = "S",
      States = { S = { Type = "Succeed" } } })).code)
    assert.equal("ValidationException", select(3, engine:start_execution("m", {}, { traceHeader = "\255" })).code)
    local arn = assert(engine:describe_state_machine "m").stateMachineArn
    assert(engine:tag_resource { resourceArn = arn, tags = { { key = "env", value = "prod" } } })
    assert.equal("ValidationException", select(3, engine:tag_resource { resourceArn = arn,
      tags = { { key = "k", value = "\255" } } }).code)
    assert.same({ { key = "env", value = "prod" } }, engine:list_tags_for_resource(arn).tags)
    assert.has_error(function() engine:publish_state_machine_version("m", "\255") end)
    assert.same({}, engine:list_state_machine_versions("m").stateMachineVersions)
  end)
end)
