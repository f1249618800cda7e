--- Pages: how many, and the token that fetches the next one. A token is good for the same question for a day.
local core = require "passo.core"
local errors = require "passo.engine.errors"

local paging = {}

local DEFAULT, MOST = 100, 1000
local DAY_MS = 24 * 60 * 60 * 1000

--- Adds what the model says about maxResults and nextToken to a check.
function paging.constrain(check, request, token_length)
  return check:range("maxResults", request.maxResults, 0, MOST)
    :length("nextToken", request.nextToken, 1, token_length or 1024)
end

function paging.size(request)
  local n = request.maxResults
  if n == nil or n == 0 then return DEFAULT end
  return n
end

local function to_hex(text)
  return (text:gsub(".", function(char) return ("%02x"):format(char:byte()) end))
end

local function from_hex(text)
  if #text % 2 ~= 0 or text:find "[^%x]" then return nil end
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Says that a token was made for this question; it keeps nothing secret.
local function seal(scope, payload)
  return core.digest("sha256", scope .. "\n" .. payload):sub(1, 16)
end

--- The token behind which `cursor` stands; nil when there is no next page.
---@param scope string what the question is: the verb and everything that must stay the same
function paging.token(engine, scope, cursor)
  if cursor == nil then return nil end
  local payload = core.encode(core.array { engine:now_ms() + DAY_MS, cursor })
  return seal(scope, payload) .. to_hex(payload)
end

--- The cursor of a token; nil without one; nil, message, failure (InvalidToken).
function paging.cursor(engine, scope, token)
  if token == nil then return nil end
  local payload = from_hex(token:sub(17))
  if payload and seal(scope, payload) == token:sub(1, 16) then
    local held = core.decode(payload)
    if held[1] >= engine:now_ms() then return held[2] end
  end
  return errors.fail("InvalidToken", "Invalid Token: 'Invalid token'")
end

--- A page of documents: the list of bodies' answers under `member`, and nextToken.
---@param request table maxResults, nextToken
---@param scope string
---@param kind string
---@param options table of store:list_documents: parent, reverse
---@param member string "stateMachines"
---@param item fun(document: table): table? nil: it is not for this list
function paging.documents(engine, request, scope, kind, options, member, item)
  local cursor, message, failure = paging.cursor(engine, scope, request.nextToken)
  if failure then return nil, message, failure end
  local size, found = paging.size(request), core.array {}
  repeat
    local list, more, reason = engine.store:list_documents(kind, { parent = options.parent, reverse = options.reverse,
      after = cursor, limit = size - #found })
    if not list then return nil, more, reason end
    for _, document in ipairs(list) do found[#found + 1] = item(document) end
    cursor = more
  until #found >= size or cursor == nil
  return { [member] = found, nextToken = paging.token(engine, scope, cursor) }
end

return paging
