--- The crash matrix: for each scenario, for each commit, a process that is killed there and another one that goes on.
local matrix = {}

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- One process after another until the folder's work is done. What is killed has done as it should; a shell tells of
-- a child's signal by 128 + its number.
local SHARD = [[
while :; do
  timeout -k 1 60 "$0" %s %s 2>>%s/errors
  code=$?
  [ $code -eq 137 ] && continue
  [ $code -eq 0 ] || echo "FAIL a process ended with $code: $(tail -n 1 %s/errors)" >>%s/results
  [ $code -eq 0 ] && break
  fails=$((${fails:-0} + 1))
  [ $fails -lt 5 ] || break
done
]]

--- Runs the points of scenarios (a list of { name, url, most }), in `jobs` processes at a time.
--- report(name, difference) is told of each point.
function matrix.run(here, scenarios, jobs, report)
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read "*l"
  pipe:close()
  local interpreter = arg[-1] or "lua5.4"
  local script = { "pids=" }
  for job = 1, jobs do
    local mine = {}
    for i = job, #scenarios, jobs do
      mine[#mine + 1] = ("%d %s %s"):format(scenarios[i].most, scenarios[i].url, scenarios[i].name)
    end
    local shard = ("%s/%d"):format(folder, job)
    os.execute("mkdir " .. quote(shard))
    write(shard .. "/scenarios", table.concat(mine, "\n") .. "\n")
    local q = quote(shard)
    script[#script + 1] = ("sh -c %s %s &"):format(quote(SHARD:format(quote(here .. "/child.lua"), q, q, q, q)),
      quote(interpreter))
  end
  script[#script + 1] = "wait"
  os.execute(table.concat(script, "\n"))
  for job = 1, jobs do
    local file = io.open(("%s/%d/results"):format(folder, job), "rb")
    local failed
    for line in file and file:lines() or function() end do
      local how, name = line:match "^(%u?%l?%S+) (.*)$"
      if failed and line:find "^     " then
        report(failed, line:sub(6))
        failed = nil
      elseif how == "FAIL" then
        if failed then report(failed, "it failed") end
        failed = name
      elseif how == "ok" then
        report(name)
      end
    end
    if failed then report(failed, "it failed") end
    if file then file:close() end
  end
  os.execute("rm -rf " .. quote(folder))
end

return matrix
