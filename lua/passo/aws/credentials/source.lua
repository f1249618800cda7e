--- What the sources share: a source is a function find(context) that answers with a fetcher
--- {name, waits, fetch() -> keys, expires_ms}, or with nil, message, failure; failure.absent when it is not set up
--- here and the next one may be asked.
---
--- The context: settings, now_ms, send (as passo.net.send), client (as passo.aws.client), sleep; again() reads it anew.
local core = require "passo.core"
local settings = require "passo.aws.settings"

local source = {}

--- This source is not set up here.
function source.absent(name, message)
  message = name .. ": " .. message
  return nil, message, { code = "ECREDENTIALS", message = message, absent = true }
end

--- It is set up, and does not work.
---@param cause? passo.Failure of what it called: a cancellation, or a place that may not wait, stays one
function source.failed(name, message, cause)
  local code = cause and (cause.code == "ECANCELLED" or cause.code == "EHOST") and cause.code or "ECREDENTIALS"
  message = name .. ": " .. message
  return nil, message, { code = code, message = message, cause = cause }
end

-- JSON's null is none.
local function text_of(value)
  return type(value) == "string" and value ~= "" and value or nil
end
source.text = text_of

--- Keys from what a source was told. The names are those of the reply, for messages.
---@param reply table
---@param names {[1]: string, [2]: string, [3]: string?, [4]: string?} of id, secret, token and expiration
---@param required integer? how many of them must be there (2)
---@return passo.aws.Keys? keys nil, message, failure
---@return integer|string|nil expires_ms
function source.keys(name, reply, names, required)
  for i = 1, required or 2 do
    if not text_of(reply[names[i]]) then return source.failed(name, names[i] .. " is missing") end
  end
  local expires_ms
  local expiration = names[4] and text_of(reply[names[4]])
  if expiration then
    expires_ms = settings.time(expiration)
    if not expires_ms then
      return source.failed(name, ("%s is no time as ISO 8601 has them: %q"):format(names[4], expiration:sub(1, 40)))
    end
  end
  local keys = require("passo.aws.core").keys(reply[names[1]], reply[names[2]], text_of(reply[names[3]]))
  return keys, expires_ms
end

--- A JSON object that came from outside; its content is never quoted.
---@return table? object nil, message
function source.object(text)
  local value = core.decode(text)
  if type(value) == "table" then return value end
  return nil, "the answer is no JSON object"
end

--- A file of the user's. A last line break is no part of a token.
---@return string? text nil, message with the path
function source.token_file(context, path)
  local full, message = context.settings:path(path)
  if not full then return nil, message end
  local text
  text, message = settings.read(full)
  if not text then return nil, message end
  text = text:gsub("%s+$", "")
  if text == "" then return nil, full .. ": the file is empty" end
  return text
end

-- Every word of AWS's credential replies, in JSON of the metadata services.
source.METADATA_NAMES = { "AccessKeyId", "SecretAccessKey", "Token", "Expiration" }

--- Credentials in the reply of STS.
function source.sts_keys(name, result)
  local credentials = type(result) == "table" and result.Credentials
  if type(credentials) ~= "table" then return source.failed(name, "the answer of STS has no Credentials") end
  local expires_ms
  if type(credentials.Expiration) == "number" then expires_ms = math.floor(credentials.Expiration * 1000) end
  local keys, late, failure = source.keys(name, credentials, { "AccessKeyId", "SecretAccessKey", "SessionToken" }, 3)
  if not keys then return nil, late, failure end
  return keys, expires_ms or settings.time(credentials.Expiration)
end

--- The region of a call to STS; without any the one that answers for all.
function source.sts_region(context)
  return context.settings.region or "us-east-1"
end

--- What stands for credentials where a call is not signed.
source.anonymous = "anonymous"

return source
