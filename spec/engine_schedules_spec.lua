local calendar = require "passo.engine.calendar"
local cron = require "passo.engine.cron"
local helper = require "engine_helper"
local zone = require "passo.engine.zone"

local function at(text)
  local year, month, day, hour, minute = text:match "^(%d+)%-(%d+)%-(%d+) (%d+):(%d+)$"
  return calendar.ms(tonumber(year), tonumber(month), tonumber(day), tonumber(hour), tonumber(minute))
end

local function times(expression, from, count, timezone)
  local parsed = assert(cron.parse(expression))
  local out, ms = {}, at(from) - 1
  for i = 1, count do
    ms = parsed:next(ms, timezone and zone.get(timezone), at(from))
    if not ms then break end
    out[i] = calendar.stamp(ms):gsub("^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)00Z$", "%1-%2-%3 %4:%5")
  end
  return out
end

describe("engine.calendar", function()
  it("counts days and dates alike over four hundred years", function()
    local days = calendar.days(1970, 1, 1)
    assert.equal(0, days)
    for year = 1970, 2370 do
      for month = 1, 12 do
        for day = 1, calendar.days_in(year, month) do
          assert(calendar.days(year, month, day) == days)
          local y, m, d = calendar.date(days)
          assert(y == year and m == month and d == day)
          days = days + 1
        end
      end
    end
    assert.equal(5, calendar.weekday(0)) -- a Thursday
  end)
end)

describe("engine.cron", function()
  local cases = {
    -- the examples of EventBridge's guides
    { "cron(0 10 * * ? *)", "2026-03-05 11:00", { "2026-03-06 10:00", "2026-03-07 10:00" } },
    { "cron(15 12 * * ? *)", "2026-03-05 12:15", { "2026-03-05 12:15", "2026-03-06 12:15" } },
    { "cron(0 18 ? * MON-FRI *)", "2026-03-06 18:01", { "2026-03-09 18:00", "2026-03-10 18:00" } },
    { "cron(0 8 1 * ? *)", "2026-03-05 00:00", { "2026-04-01 08:00", "2026-05-01 08:00" } },
    { "cron(0/15 * * * ? *)", "2026-03-05 10:01", { "2026-03-05 10:15", "2026-03-05 10:30", "2026-03-05 10:45",
      "2026-03-05 11:00" } },
    { "cron(0/10 * ? * MON-FRI *)", "2026-03-06 23:45", { "2026-03-06 23:50", "2026-03-09 00:00" } },
    { "cron(0/5 8-17 ? * MON-FRI *)", "2026-03-06 17:54", { "2026-03-06 17:55", "2026-03-09 08:00" } },
    { "cron(0 9 ? * 2#1 *)", "2026-03-05 00:00", { "2026-04-06 09:00", "2026-05-04 09:00" } },
    { "cron(15 10 ? * 6L 2022-2023)", "2022-11-01 00:00", { "2022-11-25 10:15", "2022-12-30 10:15",
      "2023-01-27 10:15" } },
    { "cron(0 0 L * ? *)", "2027-12-15 00:00", { "2027-12-31 00:00", "2028-01-31 00:00", "2028-02-29 00:00" } },
    { "cron(0/30 20-2 ? * MON-FRI *)", "2026-03-06 23:30", { "2026-03-06 23:30", "2026-03-09 00:00" } },
    -- working days: 1 August 2026 is a Saturday, 31 May 2026 a Sunday
    { "cron(0 0 1W * ? *)", "2026-07-15 00:00", { "2026-08-03 00:00", "2026-09-01 00:00" } },
    { "cron(0 0 31W * ? *)", "2026-05-01 00:00", { "2026-05-29 00:00", "2026-07-31 00:00" } },
    { "cron(0 0 15W * ? *)", "2026-08-01 00:00", { "2026-08-14 00:00", "2026-09-15 00:00" } },
    { "cron(0 12 ? * L *)", "2026-03-05 00:00", { "2026-03-07 12:00", "2026-03-14 12:00" } },
    { "cron(0 12 ? * FRI#5 *)", "2026-03-05 00:00", { "2026-05-29 12:00", "2026-07-31 12:00" } },
    { "cron(0 0 29 2 ? *)", "2026-03-05 00:00", { "2028-02-29 00:00", "2032-02-29 00:00" } },
    { "cron(5,10 1 1,L JAN,JUL ? *)", "2026-01-31 01:06", { "2026-01-31 01:10", "2026-07-01 01:05" } },
    { "cron(0 0 ? FEB FRI-MON *)", "2026-02-05 00:00", { "2026-02-06 00:00", "2026-02-07 00:00",
      "2026-02-08 00:00", "2026-02-09 00:00", "2026-02-13 00:00" } },
    { "cron(0 0 30 2 ? *)", "2026-02-05 00:00", {} },
    { "cron(0 0 1 1 ? 2025)", "2026-02-05 00:00", {} },
    { "cron(59 23 31 12 ? *)", "2199-12-31 23:00", { "2199-12-31 23:59" } },
    { "rate(1 minute)", "2026-03-05 10:00", { "2026-03-05 10:00", "2026-03-05 10:01" } },
    { "rate(2 days)", "2026-03-05 10:07", { "2026-03-05 10:07", "2026-03-07 10:07" } },
    { "at(2026-11-20T13:00:00)", "2026-03-05 10:00", { "2026-11-20 13:00" } },
    { "at(2026-11-20T13:00:00)", "2026-12-05 10:00", {} },
  }
  for _, case in ipairs(cases) do
    it(("says when %s is due after %s"):format(case[1], case[2]), function()
      assert.same(case[3], times(case[1], case[2], math.max(#case[3], 1)))
    end)
  end

  it("refuses what is none, in words", function()
    for _, bad in ipairs { "0 10 * * ? *", "cron(0 10 * * ?)", "cron(0 10 * * * *)", "cron(0 10 ? * ? *)",
      "cron(60 10 * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 0 * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 * 13 ? *)",
      "cron(0 0 ? * 8 *)", "cron(0 0 ? * MON#6 *)", "cron(0 0 * * ? 1969)", "cron(0 0 * * ? 2030-2020)",
      "cron(*/0 * * * ? *)", "cron(a * * * ? *)", "cron(1,,2 * * * ? *)", "cron(0 0 W * ? *)", "rate(0 minutes)",
      "rate(1 minutes)", "rate(5 minute)", "rate(5 weeks)", "rate(-1 days)", "at(2026-02-30T00:00:00)",
      "at(tomorrow)", "", "cron(? * * * ? *)", "cron(0 ? * * ? *)" } do
      local parsed, message = cron.parse(bad)
      assert.is_nil(parsed, bad)
      assert.is_string(message)
    end
  end)

  it("finds what looking at every minute finds", function()
    local seed = 12345
    local function random(n)
      seed = (seed * 1103515245 + 12345) % 2147483648
      return math.floor(seed / 65536) % n
    end
    local function field(from, to)
      local kind = random(4)
      local low = from + random(to - from + 1)
      if kind == 0 then return "*", function() return true end end
      if kind == 1 then return tostring(low), function(n) return n == low end end
      if kind == 2 then
        local step = 1 + random(7)
        return ("%d/%d"):format(low, step), function(n) return n >= low and (n - low) % step == 0 end
      end
      local high = math.min(to, low + random(5))
      return ("%d-%d"):format(low, high), function(n) return n >= low and n <= high end
    end
    for _ = 1, 60 do
      local minute, is_minute = field(0, 59)
      local hour, is_hour = field(0, 23)
      local month, is_month = field(1, 12)
      local day, is_day = field(1, 31)
      local weekday, is_weekday = field(1, 7)
      local by_week = random(2) == 0
      local text = ("cron(%s %s %s %s %s *)"):format(minute, hour, by_week and "?" or day, month,
        by_week and weekday or "?")
      local parsed = assert(cron.parse(text))
      local ms = at "2026-01-01 00:00" + random(365 * 24) * calendar.HOUR_MS
      local found = parsed:next(ms)
      local expected
      for days = math.floor(ms / calendar.DAY_MS), math.floor(ms / calendar.DAY_MS) + 800 do
        local _, m, d = calendar.date(days)
        if not expected and is_month(m) and (by_week and is_weekday(calendar.weekday(days))
          or not by_week and is_day(d))
        then
          for n = 0, 1439 do
            local one = days * calendar.DAY_MS + n * calendar.MINUTE_MS
            if not expected and one > ms and is_hour(math.floor(n / 60)) and is_minute(n % 60) then expected = one end
          end
        end
      end
      assert.equal(expected and calendar.stamp(expected), found and calendar.stamp(found), text)
    end
  end)

  it("finds the newest time that was missed", function()
    local parsed = assert(cron.parse "cron(0/10 8-9 ? * MON-FRI *)")
    local newest = cron.newest(parsed, at "2020-01-01 00:00", at "2026-03-08 12:00")
    assert.equal(calendar.stamp(at "2026-03-06 09:50"), calendar.stamp(newest))
    assert.is_nil(cron.newest(parsed, at "2026-03-06 09:51", at "2026-03-08 12:00"))
    local once = assert(cron.parse "at(2026-03-06T09:50:00)")
    assert.equal(at "2026-03-06 09:50", cron.newest(once, at "2026-01-01 00:00", at "2030-01-01 00:00"))
  end)
end)

describe("engine.zone", function()
  local has_zones = zone.get "America/New_York" ~= nil

  it("skips a time that the wall clock skips, and takes one that it shows twice once", function()
    if not has_zones then return pending "this system has no zoneinfo files" end
    assert.same({ "2027-03-13 07:30", "2027-03-15 06:30" },
      times("cron(30 2 * * ? *)", "2027-03-13 00:00", 2, "America/New_York"))
    assert.same({ "2027-11-06 05:30", "2027-11-07 05:30", "2027-11-08 06:30" },
      times("cron(30 1 * * ? *)", "2027-11-06 00:00", 3, "America/New_York"))
  end)

  it("knows years beyond the file's transitions by its rule, on both hemispheres", function()
    if not has_zones then return pending "this system has no zoneinfo files" end
    assert.same({ "2090-01-15 08:00", "2090-07-15 07:00" },
      times("cron(0 9 15 1,7 ? *)", "2090-01-01 00:00", 2, "Europe/Berlin"))
    assert.same({ "2090-01-14 22:00", "2090-07-14 23:00" },
      times("cron(0 9 15 1,7 ? *)", "2090-01-01 00:00", 2, "Australia/Sydney"))
    assert.same({ "2090-01-15 12:00", "2090-07-15 12:00" },
      times("cron(0 9 15 1,7 ? *)", "2090-01-01 00:00", 2, "America/Sao_Paulo"))
  end)

  it("tells what is no time zone", function()
    for _, bad in ipairs { "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "", 5 } do
      local found, message = zone.get(bad)
      assert.is_nil(found)
      assert.is_string(message)
    end
  end)
end)

describe("engine:schedule", function()
  local world, engine

  before_each(function()
    world = helper.world "2026-01-01T00:00:30Z"
    engine = world:engine()
    engine:create_state_machine("job", helper.chain { { "P", { Type = "Pass" } } })
  end)

  local function executions(of)
    local out = {}
    for i, one in ipairs(assert((of or engine):list_executions "job").executions) do out[i] = one.name end
    table.sort(out)
    return out
  end

  it("begins an execution each time it is due", function()
    assert(engine:schedule("ten", "rate(10 minutes)", "job", { input = { a = 1 } }))
    world.clock:advance(25 * 60)
    assert.same({ "ten-20260101T000030Z", "ten-20260101T001030Z", "ten-20260101T002030Z" }, executions())
    local arn = helper.HEAD .. "execution:job:ten-20260101T001030Z"
    assert.equal('{"a":1}', assert(engine:describe_execution(arn)).input)
    local told = assert(engine:describe_schedule "ten")
    assert.equal(1767227430 - 1767225600 - 30, told.lastDate - 1767225630 + 600)
    assert.equal(helper.HEAD .. "stateMachine:job", told.stateMachineArn)
  end)

  it("begins exactly one over all processes", function()
    local others = { world:engine(), world:engine(), world:engine() }
    assert(others[1]:schedule("minutely", "cron(* * * * ? *)", "job"))
    world.clock:advance(10 * 60)
    assert.equal(10, #executions())
    assert.same(executions(), executions(others[3]))
  end)

  it("begins exactly one of an Express machine over all processes, too", function()
    local count = 0
    local handlers = { count = function() count = count + 1 return {} end }
    engine:add_handlers(handlers)
    for _ = 1, 3 do world:engine { handlers = handlers } end
    engine:create_state_machine("quick", helper.chain { { "T", { Type = "Task", Resource = "lua:count" } } },
      { type = "EXPRESS" })
    engine:add_handlers { ["lua:count"] = handlers.count }
    assert(engine:schedule("often", "rate(1 minute)", "quick"))
    world.clock:advance(4 * 60 + 30)
    assert.equal(5, count)
  end)

  it("catches up the newest of the times that passed while nobody ran, once", function()
    assert(engine:schedule("hourly", "cron(0 * * * ? *)", "job"))
    engine:close()
    world.clock:advance(5 * 3600 + 600)
    local later = world:engine()
    world.clock:advance(60)
    assert.same({ "hourly-20260101T050000Z" }, executions(later))
    world.clock:advance(3600)
    assert.same({ "hourly-20260101T050000Z", "hourly-20260101T060000Z" }, executions(later))
  end)

  it("goes on after a process died while it fired", function()
    assert(engine:schedule("hourly", "cron(0 * * * ? *)", "job"))
    local second = world:engine()
    local start = engine.start_execution
    local function die(self) -- the process dies just before it begins the execution
      world:kill(self)
      return nil, "dead", { code = "ESTORE" }
    end
    engine.start_execution, second.start_execution = die, die
    world.clock:advance(3600)
    assert.same({}, executions())
    engine.start_execution, second.start_execution = start, start
    local third = world:engine()
    world.clock:advance(60)
    assert.same({ "hourly-20260101T010000Z" }, executions(third))
  end)

  it("keeps its times when it is said again, and takes new ones when it is changed", function()
    assert(engine:schedule("x", "rate(1 hour)", "job"))
    world.clock:advance(1800)
    local again = assert(engine:schedule("x", "rate(1 hour)", "job"))
    assert.equal(1767225630, again.creationDate)
    local changed = assert(engine:schedule("x", "rate(2 hours)", "job"))
    assert.equal(1767225630 + 1800, changed.creationDate)
  end)

  it("keeps within start and end, and sleeps while it is disabled", function()
    assert(engine:schedule("x", "cron(0 * * * ? *)", "job", { start = "2026-01-01T02:30:00Z",
      ending = "2026-01-01T04:30:00Z" }))
    assert(engine:schedule("off", "cron(0 * * * ? *)", "job", { enabled = false }))
    world.clock:advance(10 * 3600)
    assert.same({ "x-20260101T030000Z", "x-20260101T040000Z" }, executions())
    local list = assert(engine:list_schedules()).schedules
    assert.equal(2, #list)
    assert.is_nil(list[1].nextDate)
  end)

  it("puts the time into the input where it is asked to", function()
    assert(engine:schedule("x", "at(2026-01-01T01:00:00)", "job",
      { input = { due = "<aws.scheduler.scheduled-time>", name = "<aws.scheduler.execution-id>" } }))
    world.clock:advance(3700)
    local told = assert(engine:describe_execution(helper.HEAD .. "execution:job:x-20260101T010000Z"))
    assert.equal('{"due":"2026-01-01T01:00:00Z","name":"x-20260101T010000Z"}', told.input)
  end)

  it("ends with unschedule", function()
    assert(engine:schedule("x", "rate(1 hour)", "job"))
    assert(engine:unschedule "x")
    local _, _, failure = engine:unschedule "x"
    assert.equal("ResourceNotFoundException", failure.code)
    world.clock:advance(3600 * 3)
    assert.is_true(#executions() <= 1)
  end)

  it("refuses what it cannot do", function()
    local function code(...)
      local ok, message, failure = engine:schedule(...)
      assert.is_nil(ok)
      assert.is_string(message)
      return failure.code
    end
    assert.equal("ValidationException", code("a b", "rate(1 hour)", "job"))
    assert.equal("ValidationException", code("x", "rate(1 hours)", "job"))
    assert.equal("ValidationException", code("x", "rate(1 hour)", "job", { timezone = "Mars/Olympus" }))
    assert.equal("ValidationException", code("x", "rate(1 hour)", "job", { start = "soon" }))
    for _, moment in ipairs { 0 / 0, math.huge, -math.huge, -1, 2 ^ 60 } do
      assert.equal("ValidationException", code("x", "rate(1 hour)", "job", { start = moment }))
      assert.equal("ValidationException", code("x", "rate(1 hour)", "job", { ending = moment }))
    end
    assert.equal("ValidationException", code("x", "rate(99999999999999999999 days)", "job"))
    assert.equal("ValidationException", code("x", "rate(1 hour)", nil))
    assert.equal("StateMachineDoesNotExist", code("x", "rate(1 hour)", "nobody"))
  end)

  it("tells of a machine that is gone, and goes on to the next time", function()
    assert(engine:schedule("x", "cron(0 * * * ? *)", "job"))
    assert(engine:delete_state_machine "job")
    world.clock:advance(3700)
    local told = assert(engine:describe_schedule "x")
    assert.truthy(told.problem:find "Does Not Exist")
    assert.equal(1767225600 + 7200, told.nextDate)
  end)

  it("names executions of long schedules within eighty characters", function()
    local name = ("n"):rep(64)
    assert(engine:schedule(name, "rate(1 hour)", "job"))
    world.clock:advance(1)
    assert.equal(80, #executions()[1])
  end)
end)
