--- AWS: clients of its services, the credentials they sign with, and what else programs ask for.
require "passo.core" -- which passo.aws.core shares its values with
local client = require "passo.aws.client"

local aws = {}

--- A client for a service: `aws.client("s3", { region = "sa-east-1" })`. Options in types.lua, passo.aws.ClientOptions;
--- what is not given is found as the AWS CLI finds it.
---@param service string
---@param options? passo.aws.ClientOptions
---@return passo.aws.Client? client nil, message, failure
function aws.client(service, options)
  return client.new(service, options)
end

require "passo.host.inherit"("passo.aws.", [[core settings credentials models jmespath check client service
    customize place presign retry s3 stream paginate waiters items log_sink ahead limits tasks tasks.call tasks.sync
    tasks.nested tasks.api tasks.apigateway tasks.eks tasks.emr tasks.jobs route routes.answer routes.difference
    routes.match routes.mock routes.scrub cassette http http.connections http.form http.reason http.request]])

local LAZY = { credentials = "passo.aws.credentials", models = "passo.aws.models", jmespath = "passo.aws.jmespath",
  settings = "passo.aws.settings", core = "passo.aws.core", tasks = "passo.aws.tasks" }

return setmetatable(aws, { __index = function(self, key)
  local name = LAZY[key]
  if not name then return nil end
  local value = require(name)
  rawset(self, key, value)
  return value
end })
