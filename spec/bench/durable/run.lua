--- Measures durable executions beside what disk and databases give without us, in one run.
---
---   lua5.4 spec/bench/durable/run.lua [options] [D1 D2 W1 step shares sleepers W10 ...]
---     --postgres CONNINFO   D1 and D2 on that database, too: a URL of postgres://
---     --peers               DBOS on that database, and Restate in a network namespace that has loopback only
---     --sleepers N          how many (100000)
---     --folder DIR          where the files are put (a new one below $TMPDIR)
local here = arg[0]:match("^(.*)/[^/]*$") or "."

local options, names = { sleepers = 100000 }, {}
do
  local i = 1
  while arg[i] do
    local name = arg[i]:match "^%-%-(%a+)$"
    if name == "peers" then
      options.peers = true
    elseif name then
      i = i + 1
      options[name] = name == "sleepers" and tonumber(arg[i]) or arg[i]
    else
      names[#names + 1] = arg[i]
    end
    i = i + 1
  end
end
if #names == 0 then names = { "D1", "D2", "W1", "step", "shares", "sleepers", "W10" } end

local function quote(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end

local function shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

-- "name value" lines as a table.
local function numbers(text)
  local out = {}
  for name, value in text:gmatch "(%S+) (%-?[%d.e+]+)\n" do out[name] = tonumber(value) end
  return out
end

local folder = options.folder or shell("mktemp -d"):match "%S+"
local cache = (os.getenv "XDG_CACHE_HOME" or (os.getenv "HOME" or "/tmp") .. "/.cache") .. "/passo"
local files = 0

local function new_store()
  files = files + 1
  return ("sqlite:%s/%d.db"):format(folder, files)
end

local function command(...)
  local words = { quote(arg[-1] or "lua5.4"), quote(here .. "/work.lua") }
  for _, word in ipairs { ... } do words[#words + 1] = quote(word) end
  return table.concat(words, " ")
end

local function work(...) return numbers(shell(command(...))) end

-- The floors' programs, compiled when they are older than their source.
local function floor(name, libraries, ...)
  local binary = cache .. "/floor/" .. name
  local words = {}
  for _, word in ipairs { ... } do words[#words + 1] = quote(word) end
  return numbers(shell(("mkdir -p %s/floor; [ %s -nt %s/floor/%s.c ] || cc -O2 -o %s %s/floor/%s.c %s; %s %s"):format(
    quote(cache), quote(binary), quote(here), name, quote(binary), quote(here), name, libraries, quote(binary),
    table.concat(words, " "))))
end

local function sqlite_floor(rows) return floor("sqlite", "-lsqlite3", folder .. "/floor.db", 2, rows, 300) end
local function disk() return floor("fsync", "", folder .. "/floor", 1) end
local function postgres_floor()
  return floor("postgres", "-I$(pg_config --includedir) -lpq", options.postgres, 2, 1, 300)
end

local function line(...) print(string.format(...)) end

local function peer(script, name, count, in_flight)
  local place = cache .. "/peers/durable"
  shell(("mkdir -p %s && cp %s/peers/* %s && cd %s && { [ -d node_modules ] || npm install --silent >&2; }"):format(
    quote(place), quote(here), quote(place), quote(place)))
  local node = ("cd %s && PASSO_BENCH_POSTGRES=%s node %s.js %s %d %d"):format(quote(place),
    quote(options.postgres or ""), script, name, count, in_flight)
  if script == "restate" then node = "unshare --net sh -c " .. quote("ip link set lo up; " .. node) end
  local text = shell(node .. " 2>/dev/null")
  return tonumber(text:match '"per_s":([%d.]+)'), tonumber(text:match '"cpu_us":([%d.]+)')
end

-- Beside speed stands the processor time of one step or execution: that does not depend on who else is at work here.
-- A database's server is not in it.
local function beside(name, ours, count, in_flight)
  if not options.peers then return end
  local function tell(what, per_s, cpu_us)
    if not per_s then return end
    line("   %-30s %7.0f /s, ours %.1fx; processor %.0f us, ours %.0f us: %.1fx", what, per_s, ours.per_s / per_s,
      cpu_us, ours.cpu_us, cpu_us / ours.cpu_us)
  end
  tell("Restate (its steps cross HTTP)", peer("restate", name, count, in_flight))
  if options.postgres then tell("DBOS on PostgreSQL", peer("dbos", name, count, in_flight)) end
end

local measure = {}

local function steps(name, count, in_flight)
  local ours, one = work(name, new_store(), count, in_flight), sqlite_floor(1).commits_per_s
  line("%s SQLite     %7.0f /s; one-row commits %.0f /s: %.0f %%", name, ours.per_s, one, ours.per_s / one * 100)
  if options.postgres then
    local theirs, there = postgres_floor().commits_per_s, work(name, options.postgres, count, in_flight).per_s
    line("%s PostgreSQL %7.0f /s; commits of one client %.0f /s: %.0f %%", name, there, theirs, there / theirs * 100)
  end
  beside(name, ours, count, in_flight)
end

function measure.D1() steps("D1", 1000, 1) end
function measure.D2() steps("D2", 2000, 50) end

function measure.W1()
  local ours, most = work("W1", new_store()), sqlite_floor(100).rows_per_s
  line("W1 SQLite     %7.0f events/s; %.0f /s appended 100 a commit: %.0f %%", ours.events_per_s, most,
    ours.events_per_s / most * 100)
end

function measure.step()
  local per_s = work("D1", new_store(), 1000).per_s
  local ours, fsync = work("step", new_store(), math.floor(per_s / 2)), disk()
  line("a step at half load: p50 %.2f ms, p99 %.2f ms; fsync p99 %.2f ms: %.1fx", ours.p50_ms, ours.p99_ms,
    fsync.fsync_p99_us / 1000, ours.p99_ms / fsync.fsync_p99_us * 1000)
end

function measure.shares()
  local alone = work("D2", new_store(), 4000, 50).per_s
  local store, parts = new_store(), {}
  for i = 1, 4 do parts[i] = ("%s >%s/share%d &"):format(command("D2", store, 1000, 50), quote(folder), i) end
  shell(table.concat(parts, " ") .. " wait")
  local sum, least, longest = 0, math.huge, 0
  for i = 1, 4 do
    local one = numbers(shell(("cat %s/share%d"):format(quote(folder), i)))
    sum, least = sum + (one.per_s or 0), math.min(least, one.per_s or 0)
    longest = math.max(longest, one.longest_ms or 0)
  end
  line("4 processes on one file: %.0f /s, %.0f %% of one's %.0f; the least has %.0f %%; longest execution %.0f ms", sum,
    sum / alone * 100, alone, least / sum * 100, longest)
end

function measure.sleepers()
  local store = new_store()
  local asleep = work("sleepers", store, options.sleepers)
  local spawned_ms = tonumber(shell "date +%s%3N")
  local woken = work("wake", store, options.sleepers, spawned_ms)
  line("%d sleepers: started %.0f /s; %.1f MB, %.1f bytes each beyond the first thousand", options.sleepers,
    asleep.started_per_s or 0, asleep.rss_mb or 0, asleep.each_bytes or 0)
  line("   killed: opened again in %.1f ms, a task begun %.0f ms after the process was asked for", woken.open_ms or 0,
    woken.first_ms or -1)
  line("   %d woke, late p50 %.0f ms, p99 %.0f ms, at most %.0f ms; peak %.0f MB", woken.woken or 0,
    woken.late_p50_ms or -1, woken.late_p99_ms or -1, woken.late_max_ms or -1, woken.rss_mb or 0)
end

function measure.W10()
  local w10 = work("W10", "memory:")
  line("W10: %.1f us without a store, %.1f us on the memory store: %.0f %%", w10.none_us, w10.memory_us,
    w10.ratio * 100)
end

local fsync = disk()
line("fdatasync of 4 KiB: %.0f /s, p99 %.0f us", fsync.fsync_per_s, fsync.fsync_p99_us)
for _, name in ipairs(names) do
  local ok, problem = pcall(measure[name] or error)
  if not ok then line("%s: %s", name, tostring(problem)) end
end
shell("rm -rf " .. quote(folder))
