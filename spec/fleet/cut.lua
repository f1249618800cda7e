--- A worker in a network namespace of its own, whose link to the server is taken down for longer than its lease.
local audit = require "fleet.audit"
local core = require "passo.core"
local Fleet = require "fleet.fleet"
local takeover = require "fleet.takeover"

local cut = {}

local function try(command)
  local ok = os.execute("(" .. command .. ") >/dev/null 2>&1")
  return ok == true or ok == 0
end

--- The namespace and its link: {down, up, remove, prefix, address}; nil where it cannot be had.
local function new_link()
  local number = tonumber(Fleet.shell("echo $PPID"):match "%d+") % 60000
  local name, net = "passo" .. number, ("10.%d.%d"):format(200 + math.floor(number / 250) % 50, number % 250)
  local made = try(("ip netns add %s && ip link add %sh type veth peer name %sn && ip link set %sn netns %s"
    .. " && ip addr add %s.1/30 dev %sh && ip link set %sh up && ip netns exec %s ip addr add %s.2/30 dev %sn"
    .. " && ip netns exec %s ip link set %sn up"):format(name, name, name, name, name, net, name, name, name, net, name,
    name, name))
  local link = { prefix = "ip netns exec " .. name, address = net .. ".1", net = net .. ".0/30" }
  function link.remove()
    try("ip link del " .. name .. "h")
    try("ip netns del " .. name)
  end
  function link.set(how) assert(try(("ip link set %sh %s"):format(name, how))) end
  if not made then
    link.remove()
    return nil, "no network namespace can be made here (root, iproute2)"
  end
  return link
end

--- The link is down for `seconds`: nil or what is wrong; figures. nil, nil, reason where it cannot be tried.
---@param server table of servers.postgres, which listens everywhere
function cut.run(server, database, seconds)
  local link, why = new_link()
  if not link then return nil, nil, why end
  local path = server.folder .. "/data/pg_hba.conf"
  local file = assert(io.open(path, "a"))
  file:write(("host all all %s trust\n"):format(link.net))
  file:close()
  server:sql "SELECT pg_reload_conf()"
  local lease = 3
  local fleet = Fleet.new(server:url { socket = true, database = database }, { count = 2, every_ms = 100,
    lease = lease, wait = 2, work_ms = 20 })
  fleet:start(1, { store = ("postgres://passo@%s:%d/%s"):format(link.address, server.port, database) },
    link.prefix)
  fleet:start(2)
  fleet:wait_ready()
  Fleet.sleep(4)
  link.set "down"
  local from_ms = core.now_ms()
  Fleet.sleep(seconds)
  local to_ms = core.now_ms()
  link.set "up"
  Fleet.sleep(6)
  fleet.stalled = { ["1.1"] = true }
  local seen = takeover.look(fleet, from_ms, to_ms)
  local wrong, figures = audit.finish(fleet, takeover.missing(seen))
  link.remove()
  for name, value in pairs(seen) do figures[name] = value end
  return wrong, figures
end

return cut
