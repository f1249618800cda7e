--- Makes model files from an installed botocore's data: `lua generate.lua DATA FOLDER`, which src/aws/models.sh calls;
-- and passo.aws.generate, for the command that adds a service.
local compile = require "passo.aws.compile"
local core = require "passo.core"

local M = {}

local function shell_word(s)
  return "'" .. s:gsub("'", "'\\''") .. "'"
end

local function output_of(command)
  local pipe = assert(io.popen(command, "r"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- The JSON of a file, packed or not; nil where there is none.
local function read(path)
  if exists(path .. ".gz") then return assert(core.decode(output_of("gzip -dc " .. shell_word(path .. ".gz")))) end
  if not exists(path) then return nil end
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return assert(core.decode(text))
end

local function read_merged(folder, name)
  local base = read(folder .. "/" .. name .. ".json")
  local extras = base and read(folder .. "/" .. name .. ".sdk-extras.json")
  if extras then compile.merge(base, extras.merge) end
  return base
end

--- The services botocore's data folder has.
function M.services(data)
  local names = {}
  for path in output_of("ls -d " .. shell_word(data) .. "/*/*/service-2.json* | sort"):gmatch "[^\n]+" do
    local name = path:match "([^/]+)/[^/]+/[^/]+$"
    if name ~= names[#names] then names[#names + 1] = name end
  end
  return names
end

--- The compact text of one service, of its newest version; and its service id.
function M.service(data, name)
  local version = output_of("ls " .. shell_word(data .. "/" .. name) .. " | sort | tail -n 1"):match "[^\n]+"
  if not version then return nil, ("botocore's data in %s has no service %q"):format(data, name) end
  local folder = data .. "/" .. name .. "/" .. version
  local model = read_merged(folder, "service-2")
  if not model then return nil, folder .. " has no service-2.json" end
  local pages = read_merged(folder, "paginators-1")
  local waiters = read_merged(folder, "waiters-2")
  return compile.compile(model, pages and pages.pagination, waiters and waiters.waiters), model.metadata.serviceId
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

--- Writes NAME.json for each service, and index.lua: their service ids.
function M.all(data, folder)
  local ids = {}
  for _, name in ipairs(M.services(data)) do
    local text, id = assert(M.service(data, name))
    write(folder .. "/" .. name .. ".json", text)
    ids[#ids + 1] = ("  [%q] = %q,"):format(name, id)
  end
  write(folder .. "/index.lua", "-- Made by src/aws/models.sh: the services, and their ids.\nreturn {\n"
    .. table.concat(ids, "\n") .. "\n}\n")
  return #ids
end

if arg and arg[0] and arg[0]:find "generate%.lua$" then
  print(M.all(arg[1], arg[2]) .. " services")
end

return M
