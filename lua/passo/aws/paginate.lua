--- The pages of a listing, and the items in them.
local search = require("passo.aws.jmespath").search

local paginate = {}

local function list_of(v)
  if v == nil then return {} end
  return type(v) == "table" and v or { v }
end

local function copy(params)
  if type(params) == "userdata" then return params:lua() end
  local out = {}
  for key, value in pairs(params or {}) do out[key] = value end
  return out
end

local function refuse(self, op, message)
  message = ("%s %s: %s"):format(self.service.name, op.name, message)
  return nil, message, { code = "EPAGES", message = message, service = self.service.name, operation = op.name }
end

local Pages = {}
Pages.__index = Pages

-- What goes into the next call; nil when this was the last page.
local function next_tokens(how, page)
  if how.more_results then
    local more = search(how.more_results, page)
    if more == nil or more == false then return nil end
  end
  local tokens, any = {}, false
  for i, expression in ipairs(list_of(how.output_token)) do
    local token = search(expression, page)
    -- An empty token is how some services say that there are no more.
    if token == "" then token = nil end
    if type(token) == "table" and next(token) == nil then token = nil end
    tokens[i] = token
    any = any or token ~= nil
  end
  return any and tokens or nil
end

local function equal(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, value in pairs(a) do
    if not equal(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

--- The next page: nil when there is none; nil, message, failure when it could not be had, now or ever after.
function Pages:next()
  if self.failure then return nil, self.message, self.failure end
  if self.over then return nil end
  local page, message, failure = self.client:call(self.op.name, self.params, self.options)
  if page == nil then
    self.message, self.failure = message, failure
    return nil, message, failure
  end
  local tokens = next_tokens(self.how, page)
  if not tokens then
    self.over = true
    return page
  end
  if self.tokens and equal(self.tokens, tokens) then
    -- The page is good; going on would be for ever.
    self.message, self.failure = select(2, refuse(self.client, self.op, "the service gave the next page's token twice"))
    return page
  end
  self.tokens = tokens
  for i, name in ipairs(list_of(self.how.input_token)) do self.params[name] = tokens[i] end
  return page
end

Pages.__call = function(self)
  local page, message, failure = self:next()
  -- A loop over pages cannot be told of a failure but by an error: an incomplete listing must not pass for a whole one.
  if page == nil and failure then error(message, 2) end
  return page, message, failure
end

--- An iterator of pages; with `next` it tells failures as results, in a `for` it raises them.
function paginate.pages(self, op, params, options)
  local how, message = self.service:pages_of(op)
  if not how then error("passo.aws: " .. message, 3) end
  return setmetatable({ client = self, op = op, how = how, params = copy(params), options = options }, Pages)
end

local Items = {}
Items.__index = Items

--- The next item: nil when there is none; nil, message, failure.
function Items:next()
  while true do
    local list = self.list
    if list and self.at < #list then
      self.at = self.at + 1
      return list[self.at]
    end
    local page, message, failure = self.pages:next()
    if page == nil then return nil, message, failure end
    local found = search(self.expression, page)
    self.list, self.at = type(found) == "table" and found or { found }, 0
  end
end

Items.__call = Pages.__call

--- An iterator over the elements of the first list that the pages of this operation carry (options.of: another one).
function paginate.items(self, op, params, options)
  local pages = paginate.pages(self, op, params, options)
  local expression = options and options.of or list_of(pages.how.result_key)[1]
  if not expression then error(("passo.aws: the pages of %s have no list"):format(op.name), 3) end
  return setmetatable({ pages = pages, expression = expression }, Items)
end

return paginate
