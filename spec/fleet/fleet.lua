--- Processes on one store, from the outside: starts, kills, stops them, and waits for what they leave behind.
local core = require "passo.core"
local plain = require "passo.host.plain"

local Fleet = {}
Fleet.__index = Fleet

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"

local function quote(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end
Fleet.quote = quote

function Fleet.shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

function Fleet.sleep(seconds) plain.default():sleep(seconds) end

--- Asks until the answer is neither nil nor false, or the time is over.
function Fleet.wait_until(seconds, ask)
  local deadline = core.clock() + seconds
  repeat
    local answer = ask()
    if answer then return answer end
    Fleet.sleep(0.05)
  until core.clock() > deadline
  return nil
end

-- Lua programs that are here and have passo built for them.
local function interpreters()
  local out = {}
  for _, name in ipairs { "lua5.4", "luajit" } do
    if Fleet.shell(("command -v %s"):format(name)) ~= "" then out[#out + 1] = name end
  end
  return out
end

--- A new fleet.
---@param store string URL; FOLDER in it is the fleet's folder
---@param settings table passed to each worker; `count` of them
function Fleet.new(store, settings)
  local folder = Fleet.shell "mktemp -d":match "%S+"
  return setmetatable({ folder = folder, store = store:gsub("FOLDER", folder), settings = settings,
    count = settings.count or 4, luas = interpreters(), lives = {}, pids = {}, deaths = {} }, Fleet)
end

function Fleet:path(name) return self.folder .. "/" .. name end

--- Starts worker i, or starts it again. `prefix` is put before the command: another network namespace, say.
function Fleet:start(i, more, prefix)
  self.lives[i] = (self.lives[i] or 0) + 1
  local words = { ("store=%s"):format(self.store), "folder=" .. self.folder, "index=" .. i, "of=" .. self.count,
    "life=" .. self.lives[i] }
  for _, settings in ipairs { self.settings, more or {} } do
    for name, value in pairs(settings) do
      if name ~= "count" then words[#words + 1] = ("%s=%s"):format(name, value) end
    end
  end
  for k, word in ipairs(words) do words[k] = quote(word) end
  local lua = self.luas[(i - 1) % #self.luas + 1]
  local command = ("%s %s %s/worker.lua %s >>%s 2>&1 & echo $!"):format(prefix or "exec", lua, quote(here),
    table.concat(words, " "), quote(self:path("log" .. i)))
  self.pids[i] = Fleet.shell(command):match "%d+"
  return self.pids[i]
end

function Fleet:start_all(more)
  for i = 1, self.count do self:start(i, more) end
end

--- Sends a signal; the time of a KILL is kept.
function Fleet:signal(i, name)
  os.execute(("kill -%s %s 2>/dev/null"):format(name, self.pids[i]))
  if name == "KILL" then self.deaths[("%d.%d"):format(i, self.lives[i])] = core.now_ms() end
end

function Fleet:is_alive(i)
  local file = io.open(("/proc/%s/stat"):format(self.pids[i]))
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text ~= "" and not text:find("%) Z ")
end

function Fleet:touch(name)
  local file = assert(io.open(self:path(name), "w"))
  file:close()
end

--- Waits until each of its workers has said that it is at work.
function Fleet:wait_ready()
  return Fleet.wait_until(30, function()
    local ready, n = {}, 0
    for line in (io.open(self:path "ready") and io.lines(self:path "ready") or function() end) do
      ready[line:match "^%S+"] = true
    end
    for i = 1, self.count do
      if ready[("%d.%d"):format(i, self.lives[i])] then n = n + 1 end
    end
    return n == self.count
  end)
end

--- No more starts; waits until no execution runs. False: some still do at the deadline.
function Fleet:settle(seconds, store)
  self:touch "quiet"
  Fleet.sleep(0.3)
  return Fleet.wait_until(seconds, function()
    local machine = store:list { all = true, limit = 1 }
    if not (machine and machine[1]) then return machine ~= nil end
    local count = store:list { all = true, status = "RUNNING", limit = 1 }
    return count and not count[1]
  end) or false
end

--- Ends the workers; those that do not leave are killed, and named.
function Fleet:stop()
  self:touch "stop"
  local problem
  for i in pairs(self.pids) do
    if not Fleet.wait_until(15, function() return not self:is_alive(i) end) then
      problem = ("worker %d did not leave"):format(i)
      self:signal(i, "KILL")
    end
  end
  return problem
end

--- The ends of what the workers have printed, when they have.
function Fleet:said()
  return (Fleet.shell(("cd %s && tail -n 4 log* 2>/dev/null"):format(quote(self.folder))):gsub("==> log%d <==%s*", ""))
end

function Fleet:remove()
  for i in pairs(self.pids) do
    if self:is_alive(i) then os.execute(("kill -KILL %s 2>/dev/null"):format(self.pids[i])) end
  end
  if not os.getenv "PASSO_FLEET_KEEP" then os.execute("rm -rf " .. quote(self.folder)) end
end

return Fleet
