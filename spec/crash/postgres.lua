--- Databases for the crash matrix on PostgreSQL: one a process, made empty again before every point.
local postgres = {}

local quote = function(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- What psql says when it cannot do as it is told.
local function run(url, sql)
  local pipe = assert(io.popen(("psql -X -q -v ON_ERROR_STOP=1 -d %s -c %s 2>&1"):format(quote(url), quote(sql))))
  local said = pipe:read "*a"
  if not pipe:close() then error("psql: " .. said, 0) end
end

--- Drops everything a store keeps in this database.
function postgres.clear(url)
  run(url, "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
end

--- Starts a server and gives the URLs of `count` databases on it, and what ends it; nil and why there is none.
function postgres.start(count)
  local server, message = require("servers.postgres").start { "fsync = off" }
  if not server then return nil, message end
  local urls = {}
  for i = 1, count do urls[i] = server:url { database = server:database() } end
  return urls, function() server:stop() end
end

return postgres
