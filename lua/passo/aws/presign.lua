--- URLs that perform an operation for whoever has them.
local aws = require "passo.aws.core"

local presign = {}

local SIGNING = {
  S3 = { raw_path = true, keep_dots = true, unsigned_payload = true },
}

-- Headers that a browser or curl would have to repeat to no use.
local LEFT_OUT = { ["content-type"] = true, ["content-length"] = true, ["user-agent"] = true, ["content-md5"] = true }

local FORM = { query = true, ec2 = true }

-- What a form would post goes into the query, so that a GET does it.
local function as_get(request, headers)
  local _, url, _, body = request:parts()
  if body and body ~= "" then url = url .. (url:find("?", 1, true) and "&" or "?") .. body end
  return aws.request("GET", url, headers)
end

local function headers_of(request, keep_type)
  local _, _, lines = request:parts()
  local headers = {}
  for name, value in lines:gmatch "([^:\r\n]+):[ \t]*([^\r\n]*)" do
    local low = name:lower()
    if not LEFT_OUT[low] or (keep_type and low == "content-type") then headers[name] = value end
  end
  return headers
end

--- The URL of a call, the headers to send with it, its method and body.
---@param write fun(client, call): passo.aws.Request, passo.aws.Place
function presign.url(self, call, write, seconds)
  if self.anonymous then
    return nil, "presign: the client is anonymous, and nobody else can sign", { code = "ECREDENTIALS" }
  end
  local request, where, failure = write(self, call)
  if not request then return nil, where, failure end
  local form = FORM[self.service.facts.protocol]
  local given = call.params and (call.params.ContentType or call.params.contentType)
  local headers = headers_of(request, given ~= nil or (not form and call.op.facts.method ~= "GET"
    and self.service.id ~= "S3"))
  local method, url, _, body = request:parts()
  if form then
    headers["Content-Type"] = nil
    request, url = as_get(request, headers)
    method, body = "GET", nil
  else
    request, url = aws.request(method, url, headers, self.service.id ~= "S3" and body or nil)
  end
  if not request then return nil, url end
  local keys, message
  keys, message, failure = self.provider:get()
  if not keys then return nil, message, failure end
  url, message, failure = request:presign(keys, where.region, where.signing_name, self.now_ms() + self.skew_ms, seconds,
    SIGNING[self.service.id])
  if not url then return nil, message, failure end
  return url, headers, method, body
end

return presign
