--- Measures the workloads, each in a process of its own, the history always written.
---
---   lua5.4 spec/bench/run.lua [options] [W1 W2 ...]
---     --engine E     the interpreter to measure (this one)
---     --repeat N     runs of each; the median counts (3)
---     --json         {workloads: {W1: {wall_s, us_per_transition, rss_kb, check}}, start_ms, start_on_sqlite_ms}
---     --peers        runs aws-local-stepfunctions (npm, Node) beside ours and prints the ratios; workloads in JSONata
---                    run beside npm jsonata, where $PEERS is a folder with a driver for it, jsonata_min.js: it
---                    is run with a workload's name and prints {"wall_s", "rss_kb", "check"}; $WORKLOADS has the files
---     --export DIR   writes the workloads as files instead of running them
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local root = here .. "/../.."
package.path = here .. "/../?.lua;" .. package.path
local workloads = require "bench.workloads"

local options = { repeats = 3, names = {} }
do
  local i = 1
  local function operand()
    i = i + 1
    return arg[i]
  end
  while arg[i] do
    local word = arg[i]
    if word == "--engine" then options.engine = operand()
    elseif word == "--repeat" then options.repeats = tonumber(operand()) or 1
    elseif word == "--json" then options.json = true
    elseif word == "--peers" then options.peers = true
    elseif word == "--export" then options.export = operand()
    elseif word == "--child" then options.child = operand()
    elseif workloads.get(word) then options.names[#options.names + 1] = word
    else
      io.stderr:write("bench: no such option or workload: " .. word .. "\n")
      os.exit(2)
    end
    i = i + 1
  end
end
if #options.names == 0 then options.names = workloads.order end

-- -- the child: one workload, one line ------------------------------------------------------------

if options.child then
  require("locate")(root)
  local passo = require "passo"
  local measure = require "bench.measure"
  if options.child == "start" then
    print(("%.6f"):format(measure.start_up(passo)))
  elseif options.child:find "^sqlite:" then
    print(("%.6f"):format(measure.start_up_on(passo, options.child)))
  else
    local r = measure.run(passo, workloads.get(options.child))
    print(("%.6f %.4f %d %s"):format(r.wall_s, r.us_per_transition, r.rss_kb, tostring(r.check)))
  end
  os.exit(0)
end

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function write_file(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function export(directory)
  require("locate")(root)
  local core = require "passo.core"
  for _, name in ipairs(options.names) do
    local w = workloads.get(name)
    write_file(("%s/%s.asl.json"):format(directory, name), w.definition)
    write_file(("%s/%s.input.json"):format(directory, name), w.input)
    write_file(("%s/%s.meta.json"):format(directory, name),
      core.encode { executions = w.executions, transitions = w.transitions, expect = w.expect })
  end
end

if options.export then
  export(options.export)
  os.exit(0)
end

-- -- the parent -----------------------------------------------------------------------------------

local engine = options.engine or arg[-1] or "lua5.4"

local function output_of(command)
  local pipe = assert(io.popen(command))
  local line = pipe:read("*a")
  pipe:close()
  return line
end

local function child(name)
  return output_of(("%s %s --child %s"):format(quote(engine), quote(arg[0]), name))
end

local function median(list, key)
  table.sort(list, function(a, b) return a[key] < b[key] end)
  return list[math.floor((#list + 1) / 2)]
end

local function ours(name)
  local wall, us, rss, check = child(name):match("^(%S+) (%S+) (%d+) (%a+)")
  if not wall then return nil end
  return { wall_s = tonumber(wall), us_per_transition = tonumber(us), rss_kb = tonumber(rss), check = check == "true" }
end

local function per_transition(name, wall)
  local w = workloads.get(name)
  return wall / w.executions / w.transitions * 1e6
end

-- The bare loop around npm jsonata; nil without a driver.
local function their_jsonata(name, directory)
  local drivers = os.getenv "PEERS"
  if not drivers then return nil end
  local said = output_of(("NODE_PATH=%s WORKLOADS=%s node %s %s"):format(quote(directory .. "/node_modules"),
    quote(directory .. "/cases"), quote(drivers .. "/jsonata_min.js"), name))
  local wall = tonumber(said:match('"wall_s":([%d.e+-]+)'))
  if not wall then return nil end
  return { wall_s = wall, us_per_transition = per_transition(name, wall),
    rss_kb = tonumber(said:match('"rss_kb":(%d+)')), check = said:find('"check":"ok"', 1, true) ~= nil }
end

local function theirs(name, directory)
  if workloads.is_jsonata(name) then return their_jsonata(name, directory) end
  local node = ("WORKLOADS=%s node %s %s"):format(quote(directory .. "/cases"), quote(directory .. "/drive.js"), name)
  local wall, rss, check = output_of(node):match("^(%S+) (%d+) (%a+)")
  if not wall then return nil end
  return { wall_s = tonumber(wall), us_per_transition = per_transition(name, tonumber(wall)),
    rss_kb = tonumber(rss), check = check == "true" }
end

-- Installs the peer outside the tree, once, and exports the workloads beside it.
local function prepare_peer()
  local cache = (os.getenv("XDG_CACHE_HOME") or (os.getenv("HOME") or "/tmp") .. "/.cache") .. "/passo-peers"
  local install = ("mkdir -p %s/cases && cp %s/peers/package.json %s/peers/drive.js %s && cd %s && " ..
    "{ [ -d node_modules/aws-local-stepfunctions -a -d node_modules/jsonata ] || " ..
    "npm install --no-audit --no-fund --silent >&2; } && echo ready")
    :format(quote(cache), quote(here), quote(here), quote(cache), quote(cache))
  if not output_of(install):find("ready") then
    io.stderr:write("bench: the peer cannot be installed; Node and npm with a registry are needed\n")
    os.exit(2)
  end
  export(cache .. "/cases")
  return cache
end

local peer = options.peers and prepare_peer()
local results = {}
for _, name in ipairs(options.names) do
  local mine, other = {}, {}
  for _ = 1, options.repeats do
    mine[#mine + 1] = ours(name)
    if peer then other[#other + 1] = theirs(name, peer) end
  end
  results[name] = { ours = median(mine, "wall_s"), theirs = peer and median(other, "wall_s") }
end
local function start_ms_of(what)
  local starts = {}
  for _ = 1, math.max(options.repeats, 5) do starts[#starts + 1] = { s = tonumber(child(what)) or 1e9 } end
  return median(starts, "s").s * 1000
end
local start_ms = start_ms_of "start"
local folder = output_of("mktemp -d"):match "%S+"
local store = quote(("sqlite:%s/start.db"):format(folder))
child(store)
local opening_ms = start_ms_of(store)
output_of("rm -rf " .. quote(folder))

local all_good = true
for _, name in ipairs(options.names) do
  all_good = all_good and results[name].ours ~= nil and results[name].ours.check
end

local function print_json()
  local parts = {}
  for _, name in ipairs(options.names) do
    local r = results[name].ours
    parts[#parts + 1] = r and ('"%s":{"wall_s":%.6f,"us_per_transition":%.4f,"rss_kb":%d,"check":%s}'):format(name,
      r.wall_s, r.us_per_transition, r.rss_kb, tostring(r.check)) or ('"%s":{"check":false}'):format(name)
  end
  print(('{"workloads":{%s},"start_ms":%.3f,"start_on_sqlite_ms":%.3f}'):format(table.concat(parts, ","), start_ms,
    opening_ms))
end

local function print_table()
  print(("%-4s %12s %12s %10s %s"):format("", "seconds", "us/transit.", "rss kB",
    peer and "     peer us   ratio" or ""))
  local product, count = 1, 0 -- of what runs beside aws-local-stepfunctions
  for _, name in ipairs(options.names) do
    local r, p = results[name].ours, results[name].theirs
    if not r then
      print(("%-4s failed"):format(name))
    else
      local beside = ""
      if p then
        local ratio = p.us_per_transition / r.us_per_transition
        if not workloads.is_jsonata(name) then product, count = product * ratio, count + 1 end
        beside = ("%12.2f %6.1fx%s"):format(p.us_per_transition, ratio, p.check and "" or "  (its output is wrong)")
      end
      print(("%-4s %12.6f %12.3f %10d %s%s"):format(name, r.wall_s, r.us_per_transition, r.rss_kb, beside,
        r.check and "" or "  WRONG OUTPUT"))
    end
  end
  if count > 0 then print(("geometric mean %.1fx"):format(product ^ (1 / count))) end
  print(("start to first transition %.2f ms, on SQLite %.2f ms"):format(start_ms, opening_ms))
end

if options.json then print_json() else print_table() end
os.exit(all_good and 0 or 1)
