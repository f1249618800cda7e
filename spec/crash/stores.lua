--- The stores that executions are killed on, each emptied before every point.
local stores = {}

local FILE = "crash.db"

--- Opens the store of a name: "sqlite" is a file in the folder, anything else a URL.
function stores.open(name, folder)
  local url = name == "sqlite" and ("sqlite:%s/%s"):format(folder, FILE) or name
  return assert(require("passo.store").open(url, {}))
end

--- Makes it empty.
function stores.clear(name, folder)
  if name == "sqlite" then
    local pipe = io.popen(("rm -f '%s/%s'*"):format(folder, FILE))
    pipe:close()
    return
  end
  require("crash.postgres").clear(name)
end

return stores
