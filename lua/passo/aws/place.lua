--- Where a client's calls go: AWS's own endpoints, or the one that options, environment or profile name.
local aws = require "passo.aws.core"
local text = require "passo.text"

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

-- Whether a host of an endpoint that was given is AWS's own, as those of interface endpoints in a VPC are.
local function is_of_aws(host)
  host = host:gsub(":%d+$", "")
  return host:find "%.amazonaws%.com$" or host:find "%.amazonaws%.com%.cn$" or host:find "%.api%.aws$"
end

local function first_given(...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if value ~= nil then return value end
  end
end

--- A place as the client wishes it, with `more` wishes of a call.
---@param more? table region, bucket, accelerate, ... as aws.endpoint takes them
---@return passo.aws.Place? where nil, message, failure
function place.find(self, more)
  local wishes = {}
  for key, value in pairs(self.wishes) do wishes[key] = value end
  for key, value in pairs(more or {}) do wishes[key] = value end
  local where, message, failure = aws.endpoint(self.service.facts, wishes)
  if not where then return nil, message, failure end
  local kind = RAW[self.service.id] and SIGNING.raw or SIGNING.plain
  where.signing, where.streamed = kind.signed, kind.unsigned
  -- Who listens on a plain connection could change a body that is not signed.
  where.unsigned = where.scheme == "https" and kind.unsigned or nil
  where.custom = wishes.url ~= nil
  where.host_prefix = first_given(self.options.host_prefix, not where.custom or is_of_aws(where.host) ~= nil)
  return where
end

local function wishes_of(self)
  local options, settings = self.options, self.settings
  local url = options.endpoint
  if url == nil then
    local message, failure
    url, message, failure = settings:endpoint(self.service.id)
    if failure then return nil, message, failure end
  end
  local of_s3 = self.service.id == "S3" and settings.s3.use_dualstack_endpoint or nil
  local dual_stack = first_given(options.dual_stack, of_s3, settings.dual_stack)
  -- A server of one's own has a region only because signatures need one.
  return { url = url, region = self.region or (url and "us-east-1") or nil, dual_stack = dual_stack,
    fips = first_given(options.fips, settings.fips) }
end

local function same(self)
  return self.place
end

-- A wrong endpoint is often one that the environment or a profile has: where to look is told, and what is there, unless
-- a password is.
local function refuse(self, message, failure)
  local url = self.wishes.url
  if type(url) == "string" and message:find "URL" then
    message = ("the endpoint%s%s: %s"):format(url:find "@" and "" or (" %q"):format(text.printable(url)),
      self.options.endpoint == nil and " (of AWS_ENDPOINT_URL, or endpoint_url in the profile)" or "", message)
    failure.message = message
  end
  return nil, message, failure
end

--- Sets self.place and self.place_of, by which every call finds where it goes. True; nil, message, failure.
function place.choose(self)
  local message, failure
  self.wishes, message, failure = wishes_of(self)
  if not self.wishes then return nil, message, failure end
  self.place_of = same
  if self.service.id == "S3" then require("passo.aws.s3").install(self) end
  self.place, message, failure = place.find(self)
  if not self.place then return refuse(self, message, failure) end
  self.region = self.region or self.place.region
  return true
end

return place
