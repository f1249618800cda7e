--- Several processes on one store: killed, stopped, cut off, their server restarted; and how they share a file.
---
---   lua5.4 spec/fleet/run.lua [--all] [--seconds N] [--seed N] [part ...]
---
--- parts: storm-postgres storm-sqlite restart cut stall-postgres stall-sqlite stuck-sqlite bell-sqlite bell-postgres
--- share. Without --all a sample of them, in less than a minute.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path
require("locate")(here .. "/../..")

local core = require "passo.core"
local postgres = require "servers.postgres"

local options, wanted = {}, {}
do
  local i = 1
  while arg[i] do
    local name = arg[i]:match "^%-%-(%a+)$"
    if name == "all" then
      options.all = true
    elseif name then
      i = i + 1
      options[name] = tonumber(arg[i])
    else
      wanted[#wanted + 1] = arg[i]
    end
    i = i + 1
  end
end

local passed, failed, skipped = 0, 0, 0

local function report(name, problem)
  if problem then
    failed = failed + 1
    print(("FAIL %s\n     %s"):format(name, problem))
  else
    passed = passed + 1
  end
end

local function skip(reason)
  skipped = skipped + 1
  print(("skip 1  %s"):format(reason))
end

local server, no_server
local function with_server(run)
  if not server and not no_server then
    if not pcall(require, "passo.postgres.core") then
      no_server = "built without libpq"
    else
      server, no_server = postgres.start { "listen_addresses = '*'" }
    end
  end
  if not server then return skip(no_server) end
  run(server, server:url { socket = true, database = server:database() })
end

local parts = {}

local function storm(name, url, seconds, seed)
  local wrong, figures = require("fleet.storm").run(url, { seconds = options.seconds or seconds,
    seed = options.seed or seed })
  print(("%-15s %s"):format(name, require("fleet.storm").words(figures)))
  report(name, wrong)
end

parts["storm-sqlite"] = function()
  storm("storm-sqlite", "sqlite:FOLDER/fleet.db", options.all and 30 or 8)
end

parts["storm-postgres"] = function()
  with_server(function(_, url) storm("storm-postgres", url, options.all and 180 or 20) end)
end

parts.restart = function()
  with_server(function(at, url)
    local restart = require "fleet.restart"
    for _, is_long in ipairs(options.all and { false, true } or { true }) do
      local name = is_long and "restart, long" or "restart, short"
      local wrong, figures = restart.run(at, is_long and at:url { socket = true, database = at:database() } or url,
        { is_long = is_long, away_seconds = is_long and 4 or 0 })
      print(("%-15s %s"):format(name, restart.words(figures)))
      report(name, wrong)
    end
  end)
end

parts.cut = function()
  with_server(function(at)
    local wrong, figures, why = require("fleet.cut").run(at, at:database(), options.all and 20 or 7)
    if why then return skip(why) end
    print(("%-15s %s; %d effects, %d of them again"):format("cut", require("fleet.takeover").words(figures),
      figures.effects, figures.again))
    report("cut", wrong)
  end)
end

local function stalled(name, url)
  local wrong, figures = require("fleet.stall").run(url)
  print(("%-15s %s; %d effects, %d of them again"):format(name, require("fleet.takeover").words(figures),
    figures.effects, figures.again))
  report(name, wrong)
end

parts["stall-sqlite"] = function()
  stalled("stall-sqlite", "sqlite:FOLDER/fleet.db")
end

parts["stuck-sqlite"] = function()
  local wrong, figures = require("fleet.stall").within_commit "sqlite:FOLDER/fleet.db"
  print(("%-15s told after %.1f s: %s; %d effects, %d of them again"):format("stuck-sqlite",
    (figures.first_ms or -1) / 1000, (figures.words or ""):gsub("_", " "), figures.effects, figures.again))
  report("stuck-sqlite", wrong)
end

parts["stall-postgres"] = function()
  with_server(function(_, url) stalled("stall-postgres", url) end)
end

-- The poll comes once a second: most callbacks must not have waited for it.
local MOST_P50_MS, MOST_P99_MS = 100, 500

local function callbacks(name, url, sleeping_url)
  for _, case in ipairs { { "awake", url, 50 }, { "asleep", sleeping_url, 1500 } } do
    local took, why = require("fleet.bell").measure(case[2], options.all and 500 or 100, case[3])
    if took then
      print(("%-15s %s: a callback from another process is heard after %d ms (p50), %d ms (p99), %d ms at most"):format(
        name, case[1], took.p50, took.p99, took.longest))
      if took.p50 > MOST_P50_MS or took.p99 > MOST_P99_MS then why = "callbacks wait for the poll" end
    end
    report(name .. ", " .. case[1], why)
  end
end

parts["bell-sqlite"] = function() callbacks("bell-sqlite", "sqlite:FOLDER/bell.db", "sqlite:FOLDER/bell.db") end

parts["bell-postgres"] = function()
  with_server(function(at, url)
    callbacks("bell-postgres", url, at:url { socket = true, database = at:database() })
  end)
end

parts.share = function()
  local alone, together = require("fleet.share").measure(4, options.all and 10 or 3)
  print(("%-15s one process %.0f /s; four on one file %.0f /s: %.0f %%, the least of them has %.0f %%; the longest "
    .. "wait for the store %.0f ms (alone %.0f ms); %d calls refused"):format("share", alone.per_s, together.per_s,
    together.per_s / alone.per_s * 100, together.least * 100, together.longest_ms, alone.longest_ms,
    together.refused))
  local problem
  if together.refused > 0 then
    problem = "a call was refused: " .. together.said
  elseif together.per_s < 0.7 * alone.per_s then
    problem = "four processes have less than 70 % of one's rate"
  elseif together.least < 0.15 then
    problem = "a process has less than 15 % of the commits"
  elseif together.longest_ms > 250 then
    problem = "a process has waited for more than 250 ms"
  end
  report("share", problem)
end

local ALL = { "storm-postgres", "storm-sqlite", "restart", "cut", "stall-postgres", "stall-sqlite", "stuck-sqlite",
  "bell-sqlite", "bell-postgres", "share" }
local SAMPLE = { "storm-postgres", "bell-sqlite", "bell-postgres", "share" }

local function run_part(name)
  local began = core.clock()
  local ok, problem = xpcall(parts[name] or function() error("no part is called " .. name, 0) end, debug.traceback)
  if not ok then report(name, problem) end
  print(("%-15s took %.1f s"):format(name, core.clock() - began))
end

if not wanted[1] then wanted = options.all and ALL or SAMPLE end
for _, name in ipairs(wanted) do run_part(name) end
if server then server:stop() end
print(("%d passed, %d failed, %d skipped"):format(passed, failed, skipped))
os.exit(failed == 0 and 0 or 1)
