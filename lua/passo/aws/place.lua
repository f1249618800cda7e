--- Where a client's calls go: AWS's own endpoints, or the one that options, environment or profile name.
local aws = require "passo.aws.core"

local place = {}

---@class passo.aws.Place
---@field scheme "http"|"https"
---@field host string
---@field base_path string
---@field host_prefix boolean whether an operation's own prefix goes before the host
---@field bucket_in_host? boolean
---@field region string to sign for
---@field signing_name string
---@field signing? table what the signer is told
---@field unsigned? table the same for operations whose body is not signed
---@field streamed table the same for bodies that come in pieces
---@field custom? boolean not AWS's own

-- Services whose paths are signed as they are, and which want the body's digest in a header.
local RAW = { S3 = true, ["S3 Control"] = true }

local SIGNING = {
  plain = {
    unsigned = { unsigned_payload = true, hash_header = true },
  },
  raw = {
    signed = { raw_path = true, keep_dots = true, hash_header = true },
    unsigned = { raw_path = true, keep_dots = true, hash_header = true, unsigned_payload = true },
  },
}

--- Takes a URL apart: scheme, host with port, path without its last slash.
---@return string? scheme nil, message
function place.read_url(url)
  local scheme, host, path = url:match "^(%a+)://([^/?#%s]+)([^?#%s]*)$"
  scheme = scheme and scheme:lower()
  if scheme ~= "http" and scheme ~= "https" then
    return nil, ("the endpoint %q is no URL: one like https://host:port/path is expected"):format(
      (url:gsub("//[^/@]*@", "//...@"):sub(1, 60)))
  elseif host:find("@", 1, true) then
    return nil, "the endpoint has a user name in it, which no AWS service takes"
  end
  return scheme, host, (path:gsub("/+$", ""))
end

local function is_of_aws(host)
  return host:find "%.amazonaws%.com$" or host:find "%.amazonaws%.com%.cn$" or host:find "%.api%.aws$"
end

-- The signer's options, which depend on the service only.
function place.signing(self, where)
  local kind = RAW[self.service.id] and SIGNING.raw or SIGNING.plain
  where.signing, where.streamed = kind.signed, kind.unsigned
  -- Who listens on a plain connection could change a body that is not signed.
  where.unsigned = where.scheme == "https" and kind.unsigned or nil
  return where
end

local function signing_name(facts)
  return facts.signing_name or facts.endpoint_prefix
end

local function custom(self, url)
  local scheme, host, path = place.read_url(url)
  if not scheme then return nil, host, { code = "EINPUT", message = host } end
  local region, name = self.region or "us-east-1", nil
  -- The region to sign for is not always the one given: global services have one of their own.
  local own = aws.endpoint(self.service.facts, { region = region })
  if own then region, name = own.region, own.signing_name end
  local prefixed = self.options.host_prefix
  if prefixed == nil then prefixed = is_of_aws(host:gsub(":%d+$", "")) ~= nil end
  return place.signing(self, { scheme = scheme, host = host, base_path = path, host_prefix = prefixed, region = region,
    signing_name = name or signing_name(self.service.facts), custom = true })
end

--- The endpoint of AWS itself in `region`.
---@return passo.aws.Place? where nil, message, failure
function place.of_aws(self, region, more)
  local settings, options = self.settings, self.options
  local fips, dual_stack = options.fips, options.dual_stack
  if fips == nil then fips = settings.fips end
  if dual_stack == nil then
    dual_stack = settings.dual_stack
    if self.service.id == "S3" and settings.s3 and settings.s3.use_dualstack_endpoint then dual_stack = true end
  end
  local wanted = { region = region, fips = fips, dual_stack = dual_stack }
  for key, value in pairs(more or {}) do wanted[key] = value end
  local own, message, failure = aws.endpoint(self.service.facts, wanted)
  if not own then return nil, message, failure end
  return place.signing(self, { scheme = own.scheme or "https", host = own.host, base_path = own.base_path or "",
    host_prefix = true, region = own.region, signing_name = own.signing_name or signing_name(self.service.facts),
    fips = fips, dual_stack = dual_stack })
end

local function same(self)
  return self.place
end

--- Sets self.place and self.place_of, by which every call finds where it goes. True; nil, message, failure.
function place.choose(self)
  local url, message, failure = self.options.endpoint
  if url == nil then
    url, message, failure = self.settings:endpoint(self.service.id)
    if failure then return nil, message, failure end
  end
  if url then self.place, message, failure = custom(self, url)
  else self.place, message, failure = place.of_aws(self, self.region) end
  if not self.place then return nil, message, failure end
  self.region = self.region or self.place.region
  self.place_of = same
  if self.service.id == "S3" then require("passo.aws.s3").install(self) end
  return true
end

return place
