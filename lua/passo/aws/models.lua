--- Finds, reads and keeps the models of services.
--
-- A service goes by botocore's name ("dynamodb", "stepfunctions", "logs") or by its id as Step Functions spells it in
-- aws-sdk resources ("dynamodb", "sfn", "cloudwatchlogs"). Files in the folders of PASSO_MODELS (separated by ':') come
-- before those that are shipped.
local aws = require "passo.aws.core"

local M = {}

local own_folder = (debug.getinfo(1, "S").source:match "^@(.*)models%.lua$" or "") .. "models"

local loaded = {}
local names -- service ids in lower case, without spaces -> names

local function read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

-- "CloudWatch Logs", "cloudwatch_logs", "cloudwatchlogs" -> "cloudwatchlogs"
local function plain(service)
  return (service:lower():gsub("[^%w]", ""))
end

local function sorted_names(ids)
  local list = {}
  for name in pairs(ids) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- Names by plain service id. Two services share one: they are versions of each other, the first will do.
local function index()
  if names then return names end
  local ids = assert(loadfile(own_folder .. "/index.lua"))()
  names = {}
  for _, name in ipairs(sorted_names(ids)) do names[plain(ids[name])] = names[plain(ids[name])] or name end
  return names
end

--- Where models are looked for, first to last.
function M.folders()
  local folders = {}
  for folder in (os.getenv "PASSO_MODELS" or ""):gmatch "[^:]+" do folders[#folders + 1] = folder end
  folders[#folders + 1] = own_folder
  return folders
end

local function find(name)
  if not name:find "^[%w_-]+$" then return nil end
  for _, folder in ipairs(M.folders()) do
    local path = folder .. "/" .. name .. ".json"
    local text = read_file(path)
    if text then return text, path end
  end
  return nil
end

--- The name of a service's model file: "logs" for "logs", "CloudWatch Logs" and "cloudwatchlogs"; nil for none.
function M.name(service)
  local id = plain(service)
  local known = index()[id]
  -- Both spellings may be names of services: botocore's own wins, as in "iot-data" and "iotdata".
  if loaded[service] or find(service) then return service end
  return known
end

-- Names that look like what was asked for.
local function suggestion(service)
  local id = plain(service)
  local near = {}
  for key, name in pairs(index()) do
    if #id > 1 and (key:find(id, 1, true) or (#key > 2 and id:find(key, 1, true))) then near[#near + 1] = name end
  end
  table.sort(near)
  if #near == 0 then near[1] = require("passo.text").nearest(service, (M.list())) end
  if #near == 0 then return "" end
  return "; did you mean " .. table.concat(near, ", ", 1, math.min(#near, 4)) .. "?"
end

--- The model of a service, read at its first use.
---@param service string botocore's name, or the service id
---@return passo.aws.Model? model nil, message, failure where there is none
function M.get(service)
  if type(service) ~= "string" then error("passo.aws.models.get: a service is named by a string", 2) end
  local model = loaded[service]
  if model then return model end
  local text, path = find(service)
  local name = service
  if not text then
    name = index()[plain(service)]
    if name and loaded[name] then return loaded[name] end
    if name then text, path = find(name) end
  end
  if not text then
    local message = ("there is no service %q%s"):format(service, suggestion(service))
    return nil, message, { code = "EINPUT", message = message }
  end
  local message, failure
  model, message, failure = aws.model(text)
  if not model then return nil, ("%s: %s"):format(path, message), failure end
  loaded[name] = model
  return model
end

--- The names of all services that are shipped, sorted; and their service ids by name.
function M.list()
  local ids = assert(loadfile(own_folder .. "/index.lua"))()
  return sorted_names(ids), ids
end

return M
