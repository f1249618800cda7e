--- Starts the stand-ins of AWS for a spec, and asks boto3 what they hold.
---
---   local servers = require "aws.servers"
---   local s = servers.start { "moto", "proxy" }      -- moto proxy dynamodb minio faults
---   s.proxy, s.moto, s.key_id, s.secret              -- where they are, and who may call
---   s.no_minio                                       -- why one of them is not there
---   s:boto("sqs", "list_queues", {})                 -- boto3, at moto; or at = "minio"
---   s:stop()                                         -- also done when the spec ends or dies
---
--- Needs neither passo.aws nor passo.net: they are what is being tried.
local core = require("passo").core

local servers = {}
local Servers = {}
Servers.__index = Servers

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"

local function cache()
  local home = os.getenv "PASSO_CACHE" or (os.getenv "XDG_CACHE_HOME" or os.getenv "HOME" .. "/.cache") .. "/passo"
  return os.getenv "PASSO_AWS_SERVERS" or home .. "/aws"
end

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Bytes come as {"$b": hex}.
local function plain(value)
  if type(value) ~= "table" then return value end
  local hex = value["$b"]
  if type(hex) == "string" then
    return (hex:gsub("..", function(digits) return string.char(tonumber(digits, 16)) end))
  end
  for key, item in pairs(value) do value[key] = plain(item) end
  return value
end

--- Bytes for boto3, which JSON cannot carry.
function servers.bytes(text)
  return { ["$b"] = (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) }
end

--- All or nothing but for those that a machine may lack: their reason is at no_<name>.
function servers.start(names)
  local python = cache() .. "/python/bin/python"
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir -m 700 " .. quote(folder)))
  -- What a sanitizer loads into us is none of the servers' business.
  local command = "unset LD_PRELOAD; exec %s %s %s %s %s 2>%s"
  local pipe = assert(io.popen(command:format(quote(python), quote(here .. "/servers.py"), quote(folder),
    quote(cache()), table.concat(names, " "), quote(folder .. "/servers.log"))))
  local line = pipe:read "*l"
  if not line then
    local log = io.open(folder .. "/servers.log")
    error("the servers did not start: " .. (log and log:read "*a" or "no " .. python))
  end
  local made = assert(core.decode(line))
  local ask = assert(io.open(folder .. "/ask", "w"))
  ask:setvbuf "line"
  made.folder, made.pipe, made.questions = folder, pipe, ask
  return setmetatable(made, Servers)
end

--- One question; nil, message, code where boto3 or the server refuses.
function Servers:ask(question)
  self.questions:write(assert(core.encode(question)), "\n")
  self.questions:flush()
  local line = assert(self.pipe:read "*l", "the servers are gone; see " .. self.folder .. "/servers.log")
  local answer = assert(core.decode(line))
  if answer.code then return nil, answer.message, answer.code end
  return plain(answer.result)
end

--- boto3's client(service).operation(**params).
function Servers:boto(service, operation, params, options)
  local question = { ["do"] = "boto", service = service, operation = operation, params = params }
  for key, value in pairs(options or {}) do question[key] = value end
  return self:ask(question)
end

--- What the proxy saw since last asked: {ok, service, region, key, method, target, code, message}.
function Servers:verdicts(of)
  return assert(self:ask { ["do"] = "verdicts", of = of, forget = true })
end

function Servers:stop()
  if not self.pipe then return end
  self.questions:close()
  self.pipe:close()
  self.pipe = nil
  os.execute("rm -rf " .. quote(self.folder))
end

return servers
