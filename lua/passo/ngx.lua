--- passo in nginx: content handlers that run a machine.
---
---   location = /checkout { content_by_lua_block { require("passo.ngx").sync(machine, { handlers = ... }) } }
local core = require "passo.core"

local nginx = {}

local MAX_BODY = 262144

-- The request's body, also one that nginx spooled to a file; nil, status when it is too large.
local function read_body()
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if not body then
    local name = ngx.req.get_body_file()
    if not name then return "" end
    local file = io.open(name, "rb")
    if not file then return nil, 500 end
    body = file:read(MAX_BODY + 1)
    file:close()
  end
  if #body > MAX_BODY then return nil, 413 end
  return body
end

local function answer(status, value)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.print(core.encode(value))
  return ngx.exit(ngx.OK)
end

--- Runs the machine with the request's body as input and answers with its output; a failed execution gives
--- AWS's {error, cause} with status 500, or what options.status(result) says.
---@param machine passo.Machine
---@param options? passo.RunOptions also status = function(result): number
function nginx.sync(machine, options)
  local body, status = read_body()
  if not body then return answer(status, { message = status == 413 and "the input is over 256 KiB" or "no body" }) end
  local input, message
  if body == "" then
    input = {}
  else
    input, message = core.value(body)
    if not input then return answer(400, { message = message }) end
  end
  local result, failed, failure = machine:run(input, options)
  if not result then
    ngx.log(ngx.ERR, "passo: ", failed)
    return answer(500, { message = failed, code = failure and failure.code })
  end
  local chosen = options and options.status and options.status(result)
  if result.status == "SUCCEEDED" then return answer(chosen or 200, result.value or core.null) end
  return answer(chosen or 500, core.object { { "status", result.status }, { "error", result.error },
    { "cause", result.cause } })
end

return nginx
