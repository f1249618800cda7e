--- The SQLite store keeps the contract.
local contract = require "store.contract"
local store = require "passo.store"

local directory, count

local function path()
  count = count + 1
  return ("%s/%d.db"):format(directory, count)
end

setup(function()
  directory = os.tmpname()
  os.remove(directory)
  assert(os.execute("mkdir " .. directory))
  count = 0
end)

teardown(function() os.execute("rm -rf " .. directory) end)

local url
contract.run {
  name = "SQLite",
  open = function()
    url = "sqlite:" .. path()
    return assert(store.open(url))
  end,
}
