--- What the API's model says about members: lengths, ranges, enumerations, patterns. All that is wrong with a request
--- is told at once, in the service's words.
local core = require "passo.core"
local errors = require "passo.engine.errors"

local Constraints = {}
Constraints.__index = Constraints

local constraints = {}

--- A check of one request: call what applies, then `done`.
function constraints.new()
  return setmetatable({ found = {} }, Constraints)
end

local function shown(value)
  if type(value) == "number" then return ("%.14g"):format(value) end
  return tostring(value)
end

local function add(self, member, value, words, is_secret)
  local told = value == nil and "Value null" or is_secret and "Value" or ("Value '%s'"):format(shown(value))
  self.found[#self.found + 1] = ("%s at '%s' failed to satisfy constraint: %s"):format(told, member, words)
end

-- Characters as the service counts them: UTF-16 units. What is no UTF-8 counts bytes.
local function length_of(text)
  local n = #text
  if not text:find "[\128-\255]" then return n end
  local units = 0
  for i = 1, n do
    local byte = text:byte(i)
    if byte < 0x80 or byte >= 0xC0 then units = units + (byte >= 0xF0 and 2 or 1) end
  end
  return units
end

-- What is no text could not be kept as one.
local function is_text(value)
  return not value:find "[\128-\255]" or core.encode(value) ~= nil
end

-- Values of another type are the caller's mistake, not a request's.
local function expect(member, value, wanted)
  if type(value) ~= wanted then
    error(("%s must be a %s, got %s"):format(member, wanted, type(value)), 0)
  end
end

function Constraints:required(member, value)
  if value == nil then add(self, member, nil, "Member must not be null") end
  return self
end

--- A text's length in characters; `is_secret` texts are not shown.
function Constraints:length(member, value, least, most, is_secret)
  if value == nil then return self end
  expect(member, value, "string")
  local n = length_of(value)
  if n < least then
    add(self, member, value, ("Member must have length greater than or equal to %d"):format(least), is_secret)
  elseif n > most then
    add(self, member, value, ("Member must have length less than or equal to %d"):format(most), is_secret)
  elseif not is_secret and not is_text(value) then
    add(self, member, value, "Member must be text in UTF-8", true)
  end
  return self
end

--- A secret text's length in bytes.
function Constraints:bytes(member, value, most)
  if value ~= nil and #value > most then
    add(self, member, value, ("Member must have length less than or equal to %d"):format(most), true)
  end
  return self
end

--- A list's length; `describe` shows it.
function Constraints:count(member, list, least, most, describe)
  if list == nil then return self end
  expect(member, list, "table")
  local words = #list < least and ("Member must have length greater than or equal to %d"):format(least)
    or #list > most and ("Member must have length less than or equal to %d"):format(most)
  if words then add(self, member, describe(list), words) end
  return self
end

--- A number between two; a whole one, unless `is_real`.
function Constraints:range(member, value, least, most, is_real)
  if value == nil then return self end
  expect(member, value, "number")
  if value ~= value or (not is_real and value % 1 ~= 0) then
    error(("%s must be a %s, got %s"):format(member, is_real and "number" or "whole number", tostring(value)), 0)
  end
  if value < least then
    add(self, member, value, ("Member must have value greater than or equal to %d"):format(least))
  elseif value > most then
    add(self, member, value, ("Member must have value less than or equal to %d"):format(most))
  end
  return self
end

function Constraints:one_of(member, value, allowed)
  if value == nil then return self end
  for _, name in ipairs(allowed) do
    if value == name then return self end
  end
  add(self, member, value, ("Member must satisfy enum value set: [%s]"):format(table.concat(allowed, ", ")))
  return self
end

--- Something the caller has found by itself: `pattern` is only quoted.
function Constraints:matches(member, value, is_good, pattern)
  if value ~= nil and not is_good then
    add(self, member, value, "Member must satisfy regular expression pattern: " .. pattern)
  end
  return self
end

--- true, or nil, message, failure.
function Constraints:done()
  local n = #self.found
  if n == 0 then return true end
  return errors.invalid(("%d validation error%s detected: %s"):format(n, n > 1 and "s" or "",
    table.concat(self.found, "; ")))
end

--- An AWS-style call has one table; a program's own may give the thing's name or ARN first. Misuse raises.
---@return table request
---@return boolean is_short the thing may be a plain name
function constraints.request(who, member, first)
  if type(first) == "string" then return { [member] = first }, true end
  if type(first) ~= "table" then
    error(("%s: a table with %s expected, or a name, got %s"):format(who, member, type(first)), 3)
  end
  return first, false
end

--- The options that stand behind the arguments of a program's own call: an unknown one is misuse, and raises.
---@param who string
---@param options? table
---@param known table<string, boolean>
---@param depth? integer how many functions stand between the call and this one, beside its own
---@return table options
function constraints.options(who, options, known, depth)
  local level = 3 + (depth or 0)
  if options == nil then return {} end
  if type(options) ~= "table" then
    error(("%s: options must be a table, got %s"):format(who, type(options)), level)
  end
  for name in pairs(options) do
    if not known[name] then
      local names = {}
      for each in pairs(known) do names[#names + 1] = each end
      local near = require("passo.text").nearest(tostring(name), names)
      error(("%s: unknown option '%s'%s"):format(who, tostring(name),
        near and (" (did you mean '%s'?)"):format(near) or ""), level)
    end
  end
  return options
end

--- The table of a call that has no short form; without one an empty one where `is_optional`.
function constraints.table(who, given, is_optional)
  if given == nil and is_optional then return {} end
  if type(given) == "table" then return given end
  error(("%s: a table expected, got %s"):format(who, type(given)), 3)
end

return constraints
