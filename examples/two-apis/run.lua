-- run.lua: three changes of price, by two APIs that apis.py serves on this machine.
local here = arg[0]:match "^(.*)/[^/]*$" or "."

local history = require "passo.history"
local net = require "passo.net"
local passo = require "passo"

local pipe = assert(io.popen(("exec python3 '%s/apis.py'"):format(here)))
local apis = assert(passo.core.decode(assert(pipe:read "*l", "apis.py did not start")))

-- Connections as EventBridge has them, but here: the secrets may come from the environment ("env:NAME") or from files.
local function connection(key)
  return { AuthorizationType = "API_KEY", AuthParameters = { ApiKeyAuthParameters = { ApiKeyName = "X-Api-Key",
    ApiKeyValue = key } } }
end
local AWS = {
  region = "us-east-1",
  connections = { products = connection "products-key", customers = connection "customers-key" },
  http = { allow = { "127.0.0.1" } }, -- which http:invoke refuses otherwise, like all that is not public
}

local machine = assert(passo.load(here .. "/price.asl.json"))

local function change(product, price)
  local result = assert(machine:run({ product = product, price = price, products = apis.products,
    customers = apis.customers, connections = { products = "products", customers = "customers" } },
    { aws = AWS, history = true }))
  local retries = 0
  for _, event in ipairs(result.history) do
    if event.type == "TaskFailed" then retries = retries + 1 end
  end
  print(("%s for %d: %s, %s told, %d refusals on the way, after %s"):format(product, price, result.error
    or result.status, result.output and #result.output or "nobody", retries, history.span(history.duration(result
    .history))))
  return result, retries
end

local function body()
  local cheaper, retries = change("lamp", 30)
  assert(cheaper.status == "SUCCEEDED" and #cheaper.output == 3 and retries > 0, cheaper.cause)
  for _, told in ipairs(cheaper.output) do assert(told.status == 200) end
  assert(#change("chair", 200).output == 0)
  assert(change("sofa", 10).error == "NoSuchProduct")

  local reply = assert(net.request { url = apis.customers .. "/customers/rui/messages",
    headers = { ["X-Api-Key"] = "customers-key" } })
  print("Rui reads: " .. passo.core.decode(reply.body).messages[1])
end

local ok, message = xpcall(body, debug.traceback)
os.execute(("kill %d"):format(apis.pid))
pipe:close()
if not ok then
  io.stderr:write(message, "\n")
  os.exit(1)
end
