-- run.lua: two weeks of a nightly report, on a virtual clock: what a schedule starts, and what it does about nights in
-- which nobody was there.
local here = arg[0]:match "^(.*)/[^/]*$" or "."

local passo = require "passo"

local clock = passo.virtual_clock "2026-03-23T12:00:00Z" -- a Monday; on the Sunday after it summer begins in Lisbon
local store = assert(require("passo.store").open("memory:", { host = clock })) -- "sqlite:shop.db", and no clock, by day
local sent = {}

local handlers = {
  ["lua:gather"] = function() return 12 end,
  ["lua:send"] = function(input)
    sent[#sent + 1] = input.night
    return {}
  end,
}

local function open()
  local engine = assert(passo.engine { store = store, clock = clock, handlers = handlers })
  assert(engine:create_state_machine("report", assert(passo.load(here .. "/report.asl.json")), { update = true }))
  -- Said again at every start of the program: it goes on as it was.
  local schedule = assert(engine:schedule("nightly", "cron(30 2 ? * MON-FRI *)", "report", {
    timezone = "Europe/Lisbon", input = { night = "<aws.scheduler.scheduled-time>" } }))
  return engine, schedule
end

local function date(seconds) return os.date("!%a %d %b %H:%M", math.floor(seconds)) end

local function tell(engine, count)
  local list = assert(engine:list_executions("report", { maxResults = count })).executions
  for i = #list, 1, -1 do
    local one = list[i]
    print(("   %s UTC  %-9s  %s"):format(date(one.startDate), one.status, one.name))
  end
end

local engine, schedule = open()
print("Half past two on working days in Lisbon. It is due first at " .. date(schedule.nextDate) .. " UTC.\n")
print "A week later:"
clock:advance(7 * 86400)
tell(engine, 10)

engine:close()
clock:advance(5 * 86400)
print "\nFor five days no process ran; the newest of the nights it missed is caught up, once:"
engine = open()
clock:advance(6 * 3600)
tell(engine, 1)
engine:close()
print(("\n%d reports were sent."):format(#sent))
