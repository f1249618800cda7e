-- provision.lua: makes the two connections at EventBridge that Step Functions itself would need for price.asl.json,
-- or removes them; either may be done again. passo has its connections in its own configuration: run.lua needs neither.
--
--   PRODUCTS_KEY=... CUSTOMERS_KEY=... lua provision.lua create      lua provision.lua remove
local aws = require "passo.aws"

local NAMES = { products = "PRODUCTS_KEY", customers = "CUSTOMERS_KEY" }

local events = assert(aws.client "events")

-- The result, or false where the failure has that code.
local function unless(code, result, message, failure)
  if result then return result end
  if failure.code == code then return false end
  error(message, 0)
end

local function create()
  for _, variable in pairs(NAMES) do
    if not os.getenv(variable) then error(variable .. " is not set", 0) end
  end
  for name, variable in pairs(NAMES) do
    local given = { Name = "passo-example-" .. name, AuthorizationType = "API_KEY", AuthParameters = {
      ApiKeyAuthParameters = { ApiKeyName = "X-Api-Key", ApiKeyValue = os.getenv(variable) } } }
    local made = unless("ResourceAlreadyExistsException", events:create_connection(given))
      or assert(events:update_connection(given))
    print(("made: connection %s"):format(made.ConnectionArn))
  end
end

local function remove()
  for name in pairs(NAMES) do
    unless("ResourceNotFoundException", events:delete_connection { Name = "passo-example-" .. name })
  end
  print "removed"
end

local command = ...
if command == "create" then
  create()
elseif command == "remove" then
  remove()
else
  io.stderr:write "usage: lua provision.lua create | remove\n"
  os.exit(2)
end
