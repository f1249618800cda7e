--- Kills from outside: a program with many executions at a time is killed at random moments, without anything of ours
--- in it, and started again; in the end every execution that was acknowledged must have ended as it should, and each
--- of its tasks been done.
local core = require "passo.core"
local random = require "property.random"

local outside = {}

local EXECUTIONS = 40 -- started by each life

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

-- Lines of a file as a set, and how many there are.
local function lines_of(path)
  local set, count = {}, 0
  local file = io.open(path, "rb")
  for line in file and file:lines() or function() end do
    set[line] = (set[line] or 0) + 1
    count = count + 1
  end
  if file then file:close() end
  return set, count
end

--- Kills the load program so many times, then lets it end.
function outside.run(here, kills, report)
  local folder = shell "mktemp -d":match "%S+"
  local draw = random.new(os.time() % 100000)
  local command = ("%s %s %s %d"):format(quote(arg[-1] or "lua5.4"), quote(here .. "/load.lua"), quote(folder),
    EXECUTIONS)
  for life = 1, kills do
    local ms = draw:between(30, 400)
    local code = shell(("timeout -s KILL %.3f %s %d 2>>%s/errors >/dev/null; echo $?"):format(ms / 1000, command, life,
      quote(folder)))
    if not code:find "^137" then
      report(("life %d, killed after %d ms"):format(life, ms), "it ended with " .. code .. shell("tail -n 3 " ..
        quote(folder) .. "/errors"))
    end
  end
  local last = shell(("timeout -k 1 300 %s last 2>&1"):format(command))
  local ended = core.decode(last:match "{.*}" or "null")
  if type(ended) ~= "table" then return report("the last life", last) end
  local acknowledged, count = lines_of(folder .. "/acknowledged")
  local effects = lines_of(folder .. "/effects")
  for name in pairs(acknowledged) do
    local how = ended[name]
    local difference = not how and "it is lost" or how ~= "SUCCEEDED" and "it ended " .. how or nil
    for step = 1, 3 do
      if not difference and not effects[name .. " " .. step] then
        difference = ("its task %d was not done"):format(step)
      end
    end
    report("execution " .. name .. " under kills from outside", difference)
  end
  print(("%d kills, %d executions acknowledged"):format(kills, count))
  shell("rm -rf " .. quote(folder))
end

return outside
