--- A service as a client sees it: its operations by any spelling, how pages and waiting go; made once for all clients.
require "passo.core" -- which passo.aws.core shares its values with
local models = require "passo.aws.models"
local text = require "passo.text"

local service = {}

---@class passo.aws.ServiceOperation
---@field name string "GetItem"
---@field write fun(params: any, options: table?): passo.aws.Request?, string?, passo.Failure?
---@field facts table
---@field signed boolean
---@field wants_token boolean
local Service = {}
Service.__index = Service

-- "list_objects_v2", "listObjectsV2", "ListObjectsV2" and "list-objects-v2" mean the same.
local function key_of(name)
  return (name:gsub("[_%-]", ""):lower())
end

-- Words whose capitals are no beginnings.
local WORDS = { iSCSI = "Iscsi", WhatsApp = "Whatsapp", OTel = "Otel", HITs = "Hits" }

local function cut_words(name, cut)
  return (name:gsub("(%l)(%u)", "%1" .. cut .. "%2"):gsub("(%d)(%u)", "%1" .. cut .. "%2")
    :gsub("(%u)(%u%l)", "%1" .. cut .. "%2"))
end

--- "ListObjectsV2" as a method is written: "list_objects_v2".
function service.snake(name)
  for word, plain in pairs(WORDS) do name = name:gsub(word, plain) end
  -- A plural of an abbreviation is one word: ListWebACLs.
  local front, plural = name:match "^(.-)(%u%u+s)$"
  if front then
    -- The first capital of the run may belong to the word before: nothing to tell by, so the run is kept whole.
    return (cut_words(front, "_") .. (front ~= "" and "_" or "") .. plural):lower()
  end
  return cut_words(name, "_"):lower()
end

function service.kebab(name)
  return (service.snake(name):gsub("_", "-"))
end

-- operations ---------------------------------------------------------------------------------------

local function keyed(self)
  if not self.by_key then
    local by_key = {}
    for _, name in ipairs(self.model:operations()) do by_key[key_of(name)] = name end
    self.by_key = by_key
  end
  return self.by_key
end

local function new_operation(self, name)
  local op = self.model:operation(name)
  local facts = op:facts()
  return {
    name = name,
    service = self,
    bound = op,
    facts = facts,
    signed = not facts.anonymous and not facts.bearer,
    wants_token = facts.idempotency ~= nil and #facts.idempotency > 0,
  }
end

--- The operation of that name, in any spelling; nil, message with the nearest one where there is none.
---@return passo.aws.ServiceOperation? operation nil, message
function Service:operation(name)
  local found = self.operations[name]
  if found then return found end
  local exact = keyed(self)[key_of(name)]
  if not exact then
    local near = text.nearest(name:gsub("-", "_"), self:names())
    if near and name:find("-", 1, true) then near = near:gsub("_", "-") end
    return nil, ("%s has no operation %q%s"):format(self.name, text.printable(name),
      near and (", did you mean %s?"):format(near) or "")
  end
  found = self.operations[exact] or new_operation(self, exact)
  self.operations[exact], self.operations[name] = found, found
  return found
end

--- The names of all operations as methods are written.
function Service:names()
  local names = {}
  for i, name in ipairs(self.model:operations()) do names[i] = service.snake(name) end
  return names
end

--- How the pages of an operation follow each other: {input_token, output_token, more_results, result_key, limit_key}.
---@return table? pages nil, message
function Service:pages_of(op)
  local pages = self.model:paginator(op.name)
  if pages then return pages end
  return nil, ("%s %s has no pages: its result comes whole"):format(self.name, service.snake(op.name))
end

--- What is waited for: {operation, delay, attempts, acceptors}.
---@return table? waiter nil, message with the nearest one
function Service:waiter(name)
  local wanted, names = key_of(name), {}
  for i, known in ipairs(self.model:waiters()) do
    if key_of(known) == wanted then return self.model:waiter(known) end
    names[i] = service.snake(known)
  end
  local near = text.nearest(name, names)
  return nil, ("%s has no waiter %q%s"):format(self.name, text.printable(name),
    near and (", did you mean %s?"):format(near) or #names == 0 and "; it has none"
      or "; there are " .. table.concat(names, ", "))
end

-- services -----------------------------------------------------------------------------------------

local loaded = {}

--- The service of that name ("dynamodb", "DynamoDB", "api-gateway"), loaded on first use.
---@return passo.aws.Service? service nil, message, failure
function service.get(name)
  local found = loaded[name]
  if found then return found end
  local model, message, failure = models.get(name)
  if not model then return nil, message, failure end
  local plain = models.name(name)
  found = loaded[plain]
  if not found then
    local facts = model:facts()
    found = setmetatable({ name = plain, model = model, facts = facts, id = facts.service_id, operations = {} },
      Service)
  end
  loaded[plain], loaded[name] = found, found
  return found
end

return service
