--- HTTP through libcurl that blocks nobody: whoever waits for a reply waits through its host, so that others go on.
local body_source = require "passo.net.body"
local current_host = require("passo.host.current").host
local proxy = require "passo.net.proxy"

require "passo.host.inherit"("passo.", "host.ngx net.link")

local net = {}

local function refuse(code, message)
  return nil, message, { code = code, message = message }
end

-- The filter as the port takes it: the exceptions, "" for none; nil for no filter.
local function exceptions(filter)
  if not filter or not filter.deny_private then return nil end
  return filter.allow and table.concat(filter.allow, ",") or ""
end

local function is_source(body)
  local kind = type(body)
  return kind == "function" or kind == "userdata" or kind == "table"
end

local function submit(host, method, url, headers, body, options)
  local link, message, failure = host:link()
  if not link then return nil, message, failure end
  local via, but = proxy.choose(url, options)
  local allow = options and exceptions(options.filter)
  local transfer, id
  transfer, id, failure = link.port:submit(method, url, headers, body, options, via, but, allow)
  if not transfer and not link.port:ours() then -- it is the parent's: we were forked since
    host:unlink()
    link, message, failure = host:link()
    if not link then return nil, message, failure end
    transfer, id, failure = link.port:submit(method, url, headers, body, options, via, but, allow)
  end
  if not transfer then return nil, id, failure end
  return transfer, id, link
end

local function pass_on(sink, piece)
  local ok, message
  if type(sink) == "function" then ok, message = sink(piece) else ok, message = sink:write(piece) end
  if ok == false or (ok == nil and message ~= nil) then
    return false, "the reply's sink failed: " .. tostring(message or "it refused")
  end
  return true
end

local function end_early(transfer, code, message)
  transfer:close()
  return refuse(code, message)
end

-- Follows a transfer from news to news, to its end.
local function follow(host, transfer, event, source, sink)
  while true do
    local news, a, b, c, d = transfer:take()
    if news == "done" then
      if sink and a >= 200 and a < 300 then c = nil end
      return a, b, c, d
    elseif news == "failed" then
      return refuse(b, a)
    elseif news == "body" then
      local ok, message = pass_on(sink, a)
      if not ok then return end_early(transfer, "EIO", message) end
    else
      if news == "wanted" and not source.over then
        local ok, message = body_source.feed(transfer, source)
        if not ok then return end_early(transfer, "EINPUT", message) end
      end
      local ok, why = host:await(event)
      if not ok then
        return end_early(transfer, why == "cancelled" and "ECANCELLED" or "EHOST", "waiting for the reply: " .. why)
      end
    end
  end
end

local function ended(host, link, id, ...)
  link:forget(id)
  if host.release then host:release() end
  return ...
end

--- One HTTP exchange, and the wait for its end. Redirects are not followed; nothing is added to the headers but what
--- frames the body.
---@param method string
---@param url string sent as it is
---@param headers? string lines "Name: value\r\n"
---@param body? string|function|file*|{path: string} pieces come from a function as it is called, until nil
---@param options? passo.NetOptions
---@return integer? status
---@return string headers lines, or what went wrong
---@return string|passo.Failure|nil body nil when a sink has had it (a refusal's body never goes there)
---@return string? version of HTTP
function net.send(method, url, headers, body, options)
  local host = current_host()
  local source, given = nil, body
  if is_source(body) then
    local pieces, length = body_source.open(body, headers, options)
    if not pieces then return refuse("EINPUT", length) end
    source, given = { next = pieces, length = length, sent = 0 }, length or true
  end
  local transfer, id, link = submit(host, method, url, headers, given, options)
  if not transfer then return nil, id, link end
  local event = host:event()
  link:watch(id, host, event)
  if host.hold then host:hold(transfer) end
  return ended(host, link, id, follow(host, transfer, event, source, options and options.sink))
end

--- The same with names: {method=, url=, headers={name = value} | text, body=, and options}.
---@param request table
---@return table? reply status, headers (text), body, version
function net.request(request)
  local headers = request.headers
  if type(headers) == "table" then
    local lines = {}
    for name, value in pairs(headers) do lines[#lines + 1] = ("%s: %s\r\n"):format(name, value) end
    table.sort(lines)
    headers = table.concat(lines)
  end
  local status, text, body, version = net.send(request.method or "GET", request.url, headers, request.body, request)
  if not status then return nil, text, body end
  return { status = status, headers = text, body = body, version = version }
end

--- Ends the current host's connections; transfers under way are cancelled. The next one opens new ones.
function net.close()
  local host = current_host()
  host:unlink()
end

return net
