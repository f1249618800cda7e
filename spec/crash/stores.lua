--- The stores that executions are killed on, each emptied before every point. Their clock is the virtual one: of who
--- plays on them.
local stores = {}

local FILE = "crash.db"

--- A clock for a store that outlives hosts: it shows what the host shows that is set in it.
function stores.clock(start_ms)
  return { now_ms = function(self) return self.host and self.host:now_ms() or start_ms end }
end

--- Opens the store of a name: "sqlite" is a file in the folder, anything else a URL.
function stores.open(name, folder, clock)
  local url = name == "sqlite" and ("sqlite:%s/%s"):format(folder, FILE) or name
  local store = assert(require("passo.store").open(url, { host = clock }))
  if store.kind == "postgres" then
    -- The server's clock is the real one, which has not come as far as ours: what is due by it is due by ours, and what
    -- we wait for is asked for by ours.
    local claim = store.claim
    function store.now_ms() return clock:now_ms() end
    function store.claim(self, c)
      c.now_ms = c.now_ms or clock:now_ms()
      return claim(self, c)
    end
  end
  return store
end

--- Makes it empty.
function stores.clear(name, folder)
  if name == "sqlite" then
    for _, part in ipairs { "", "-wal", "-shm", "-passo", "-journal", "-bell-1", "-bell-2" } do
      os.remove(("%s/%s%s"):format(folder, FILE, part))
    end
    return
  end
  require("crash.postgres").clear(name)
end

return stores
