--- Mocks: what a task answers is said beforehand, the same each time or by invocation.
local answer = require "passo.aws.routes.answer"

local mock = {}

local FIELDS = { result = true, error = true, cause = true, submitted = true }

--- Whether a table is written as a mock: {result=}, {error=, cause=}, or a list of these.
function mock.is(given)
  return given.result ~= nil or given.error ~= nil or #given > 0
end

local function check_one(given, where)
  if type(given) ~= "table" then
    return ("%s must be {result=} or {error=, cause=}, got a %s"):format(where, type(given))
  end
  for name in pairs(given) do
    if not FIELDS[name] then
      return ("%s: unknown field '%s' (known: cause, error, result, submitted)"):format(where, tostring(name))
    end
  end
  if (given.result == nil) == (given.error == nil) then return where .. " must have either result or error" end
  if given.error ~= nil and type(given.error) ~= "string" then return where .. ".error must be a string" end
  if given.cause ~= nil and type(given.cause) ~= "string" then return where .. ".cause must be a string" end
end

--- Words for what is wrong with a mock; nil: nothing.
function mock.check(given, where)
  if #given == 0 then return check_one(given, where) end
  for key in pairs(given) do
    if type(key) ~= "number" then return ("%s is a list of mocks, and has '%s' beside them"):format(where, key) end
  end
  for i, one in ipairs(given) do
    local wrong = check_one(one, ("%s[%d]"):format(where, i))
    if wrong then return wrong end
  end
end

--- A handler that answers as `find` says: the answer of the nth invocation in an execution, from 1.
---@param find fun(n: integer): table?
---@param name string of the mock, for the words when there are no more answers
function mock.play(find, name)
  local counts = setmetatable({}, { __mode = "k" })
  return function(_, ctx)
    local n = answer.count(counts, ctx.run, name)
    local given = find(n)
    if given then return answer.give(ctx, given) end
    return nil, "States.Runtime", ("%s has no response for invocation %d of state '%s'"):format(name, n - 1,
      ctx.state.name)
  end
end

--- The handler of a mock in `routes`.
function mock.handler(given, key)
  if #given == 0 then return mock.play(function() return given end, key) end
  return mock.play(function(n) return given[n] end, ("the mock of '%s'"):format(key))
end

return mock
