--- What services want that their models do not say. `change` works on parameters before they are written, `finish` on
--- the request before it is signed.
local core = require "passo.core"
local place = require "passo.aws.place"
local s3 = require "passo.aws.s3"

local customize = {}

local function refuse(message)
  return nil, message, { code = "EINPUT", message = message }
end

-- Glacier ------------------------------------------------------------------------------------------

local MEBIBYTE = 1048576

local function bytes_of(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- The SHA-256 of a tree whose leaves are the digests of each mebibyte.
local function tree_hash(body)
  local row = {}
  for at = 1, math.max(1, #body), MEBIBYTE do
    row[#row + 1] = bytes_of(core.digest("sha256", body:sub(at, at + MEBIBYTE - 1)))
  end
  while #row > 1 do
    local above = {}
    for i = 1, #row, 2 do
      above[#above + 1] = row[i + 1] and bytes_of(core.digest("sha256", row[i] .. row[i + 1])) or row[i]
    end
    row = above
  end
  return (row[1]:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

customize.tree_hash = tree_hash

local function glacier_account(params)
  if params.accountId == nil then params.accountId = "-" end
  return params
end

local function glacier_headers(request, call)
  request:header("x-amz-glacier-version", call.op.service.facts.api_version)
  if call.op.facts.streaming_input and not request:header "x-amz-sha256-tree-hash" then
    request:header("x-amz-sha256-tree-hash", tree_hash(request:body()))
  end
  return true
end

-- others -------------------------------------------------------------------------------------------

local function accept_json(request)
  request:header("Accept", "application/json")
  return true
end

-- Ids come back as "/hostedzone/Z123", and are taken as "Z123".
local function route53_ids(params)
  for _, name in ipairs { "HostedZoneId", "Id", "DelegationSetId" } do
    local id = params[name]
    if type(id) == "string" then params[name] = id:match "([^/]+)/*$" or id end
  end
  return params
end

-- A model's predictions have an endpoint of their own, which a parameter tells. It must be AWS's: keys sign for it.
local function predict_endpoint(self, call)
  local url = call.params.PredictEndpoint
  if self.wishes.url or type(url) ~= "string" then return place.find(self) end
  if not url:find "^https://[%w.-]+%.amazonaws%.com/?$" and not url:find "^https://[%w.-]+%.amazonaws%.com%.cn/?$" then
    return refuse "PredictEndpoint: an https URL of AWS was expected"
  end
  return place.find(self, { url = url })
end

-- Timestream tells each account which of its cells to call, and for how many minutes that holds.
local function discovered_endpoint(self)
  if self.wishes.url then return self.place end
  local now_ms = self.now_ms()
  if self.discovered and now_ms < self.discovered_until_ms then return self.discovered end
  local result, message, failure = self:call "DescribeEndpoints"
  if not result then return nil, message, failure end
  local found = result.Endpoints and result.Endpoints[1]
  if not found or not tostring(found.Address):find "^[%w.-]+%.amazonaws%.com[.cn]*$" then
    return refuse "DescribeEndpoints told no endpoint of AWS's"
  end
  local where
  where, message, failure = place.find(self, { url = "https://" .. found.Address })
  if not where then return nil, message, failure end
  self.discovered, self.discovered_until_ms = where, now_ms + (found.CachePeriodInMinutes or 1) * 60000
  return where
end

-- Each domain has an endpoint of its own, which only the caller knows.
local function domain_endpoint(_, call, where)
  if where.custom then return true end
  return refuse(("%s: the domain's own endpoint is needed: passo.aws.client(%q, { endpoint = \"https://...\" })")
    :format(call.op.name, call.op.service.name))
end

local function copy(params)
  if type(params) == "userdata" then return params:lua() end
  local out = {}
  for key, value in pairs(params or {}) do out[key] = value end
  return out
end

local S3_KEY, S3_SOURCE_KEY = s3.customer_key "SSECustomerKey", s3.customer_key "CopySourceSSECustomerKey"

local S3_CHANGES = {
  CopyObject = { s3.copy_source, S3_KEY, S3_SOURCE_KEY }, UploadPartCopy = { s3.copy_source, S3_KEY, S3_SOURCE_KEY },
  HeadObject = { S3_KEY }, GetObject = { S3_KEY }, PutObject = { S3_KEY }, UploadPart = { S3_KEY },
  CreateMultipartUpload = { S3_KEY }, CompleteMultipartUpload = { S3_KEY }, SelectObjectContent = { S3_KEY },
  CreateBucket = { s3.location },
}

-- Operations that need no keys, though their models do not say so.
local ANONYMOUS = {
  ["Cognito Identity"] = { GetId = true, GetOpenIdToken = true, UnlinkIdentity = true,
    GetCredentialsForIdentity = true },
  STS = { AssumeRoleWithSAML = true, AssumeRoleWithWebIdentity = true },
}

local CHANGE = { Glacier = glacier_account, ["Route 53"] = route53_ids }
local FINISH = { Glacier = glacier_headers, ["API Gateway"] = accept_json, ["CloudSearch Domain"] = domain_endpoint }

-- Several changes of parameters as one, on a copy: the caller's table stays as it is.
local function changing(list)
  return function(self, call)
    local params = copy(call.params)
    for _, change in ipairs(list) do
      local ok, message, failure = change(params, self)
      if not ok then return nil, message, failure end
    end
    call.params = params
    return true
  end
end

--- Adds to an operation what is special about it.
function customize.operation(op)
  local id, name = op.service.id, op.name
  if ANONYMOUS[id] and ANONYMOUS[id][name] then op.signed = false end
  local changes = id == "S3" and S3_CHANGES[name] or CHANGE[id] and { CHANGE[id] }
  if changes then op.change = changing(changes) end
  op.finish = FINISH[id]
  if (id == "Timestream Write" or id == "Timestream Query") and name ~= "DescribeEndpoints" then
    op.place = discovered_endpoint
  end
  if id == "Machine Learning" and name == "Predict" then op.place = predict_endpoint end
  op.wants_bucket = id == "S3" and name ~= "ListBuckets" and name ~= "ListDirectoryBuckets"
end

return customize
