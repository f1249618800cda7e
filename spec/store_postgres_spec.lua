--- The PostgreSQL store keeps the contract of all stores, against a real server.
local contract = require "store.contract"
local store = require "passo.store"
local postgres = require "servers.postgres"

local server, why
local schemas = 0
local others, urls = {}, {}

if not pcall(require, "passo.postgres.core") then
  why = "built without libpq"
else
  server, why = postgres.start { "fsync = off" }
end

contract.run {
  name = "PostgreSQL",
  pending = not server and why or nil,
  -- A schema of its own is as good as a database, and made in a tenth of the time.
  open = function()
    schemas = schemas + 1
    local name = "spec_" .. schemas
    server:sql("CREATE SCHEMA " .. name)
    local url = server:url { socket = true, query = "options=-csearch_path%3D" .. name }
    local made = assert(store.open(url))
    urls[made] = url
    return made
  end,
  other = function(made)
    local other = assert(store.open(urls[made]))
    others[#others + 1] = other
    return other
  end,
  after = function()
    for _, other in ipairs(others) do other:close() end
    others, urls = {}, {}
  end,
}

if server then
  describe("the contract's server", function()
    teardown(function() server:stop() end)
    it("is ended", function() end)
  end)
end
