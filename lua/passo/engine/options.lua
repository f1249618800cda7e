--- What may stand in passo.engine{...}: types, ranges, names; what is misspelt or means nothing is misuse, and raises
--- before a store is opened.
local core = require "passo.core"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"

local options = {}

local function is_callable(value)
  return type(value) == "function" or require("passo.task").is_callable(value)
end

local function is_whole(value, least)
  return value == math.huge or (value >= least and value % 1 == 0)
end

-- More seconds than that are a mistake; instants in milliseconds stay whole numbers.
local MOST_SECONDS = 1e12

local function is_time(value)
  return value > 0 and value <= MOST_SECONDS
end

local LOST = { retry = true, fail = true }

-- The first key of a table for which `is_good(key, value)` does not hold.
local function first_bad(map, is_good)
  for key, value in pairs(map) do
    if not is_good(key, value) then return key end
  end
end

-- Each answers true, or what is expected instead, and which member is wrong if it is one; or nil, and all the words.
local RULES = {}

function RULES.name(value) return core.encode(value) ~= nil or "text in UTF-8" end

function RULES.max_running(value) return is_whole(value, 0) or "a whole number, 0 or more" end

function RULES.lease_seconds(value) return is_time(value) or "a number of seconds greater than 0" end
RULES.poll_seconds = RULES.lease_seconds

function RULES.retention_days(value) return value >= 0 or "0 or more; math.huge: for ever" end

function RULES.region(value) return value:find "^%w[%w-]*$" ~= nil or "a region's name, as in us-east-1" end

function RULES.account(value) return value:find "^%d+$" ~= nil or "digits, as in 123456789012" end

function RULES.role_arn(value) return names.check_role(value) or "a role's ARN" end

function RULES.profile(value)
  return value == "aws-standard" or value == "unlimited" or "\"aws-standard\" or \"unlimited\""
end

function RULES.host(value)
  return type(value.event) == "function" and type(value.now_ms) == "function" or "a host of passo's"
end

function RULES.clock(value)
  return type(value.event) == "function" and type(value.now_ms) == "function" or "passo.virtual_clock(...)"
end

function RULES.lost_tasks(value)
  if type(value) ~= "table" then return LOST[value] or "\"retry\", \"fail\", or a table of these" end
  local bad = first_bad(value, function(key, choice) return type(key) == "string" and LOST[choice] or false end)
  return bad == nil or "\"retry\" or \"fail\"", bad
end

function RULES.on_trouble(value) return is_callable(value) or "a function" end

function RULES.store(value)
  return type(value) == "string" or (type(value) == "table" and is_callable(value.insert))
    or "\"sqlite:FILE\", \"postgres://...\", \"memory:\" or a store"
end

function RULES.handlers(value)
  local bad = first_bad(value, function(name) return type(name) == "string" end)
  if bad ~= nil then return "a table of functions by name", bad end
  bad = first_bad(value, function(_, handler) return is_callable(handler) end)
  return bad == nil or "a function", bad
end

local function are_numbers_by_name(map)
  if type(map) ~= "table" then return false end
  return first_bad(map, function(name, most)
    return type(name) == "string" and type(most) == "number" and is_whole(most, 1)
  end) == nil
end

function RULES.limits(value)
  for name, most in pairs(value) do
    if name == "machines" or name == "handlers" then
      if not are_numbers_by_name(most) then return "names with whole numbers, 1 or more", name end
    elseif not limits.is_known(name) then
      local near = require("passo.text").nearest(tostring(name), limits.names { "machines", "handlers" })
      return near and ("a limit's name (did you mean '%s'?)"):format(near) or "a limit's name", name
    elseif type(most) ~= "number" or not is_whole(most, 0) then
      return "a whole number, 0 or more", name
    end
  end
  return true
end

function RULES.logging(value)
  local ok, message = require("passo.log").check(value)
  if ok then return true end
  return nil, message
end

local TYPES = { handlers = "table", host = "table", clock = "table", name = "string", region = "string",
  account = "string", role_arn = "string", profile = "string", max_running = "number", lease_seconds = "number",
  poll_seconds = "number", retention_days = "number", limits = "table", logging = "table" }
local UNTYPED = { store = true, aws = true, lost_tasks = true, on_trouble = true }

local function unknown(name)
  local known = {}
  for key in pairs(TYPES) do known[#known + 1] = key end
  for key in pairs(UNTYPED) do known[#known + 1] = key end
  local near = require("passo.text").nearest(tostring(name), known)
  return ("passo.engine: unknown option '%s'%s"):format(tostring(name),
    near and (" (did you mean '%s'?)"):format(near) or "")
end

local function shown(value)
  return type(value) == "string" and ("%q"):format(require("passo.text").printable(value)) or tostring(value)
end

--- Raises, at the caller's caller, when one of the functions by name is none.
function options.check_handlers(given)
  if type(given) ~= "table" then
    error(("engine:add_handlers: a table of functions by name expected, got %s"):format(type(given)), 3)
  end
  local verdict, name = RULES.handlers(given)
  if verdict ~= true then
    error(("engine:add_handlers: %s: %s expected, got %s"):format(shown(name), verdict, type(given[name])), 3)
  end
end

--- Raises, at the caller's caller, when something is wrong with them.
function options.check(given)
  if type(given) ~= "table" then error("passo.engine: options must be a table", 3) end
  for name, value in pairs(given) do
    local wanted = TYPES[name]
    if not wanted and not UNTYPED[name] then error(unknown(name), 3) end
    if wanted and type(value) ~= wanted then
      error(("passo.engine: options.%s must be a %s, got %s"):format(name, wanted, type(value)), 3)
    end
    local rule = RULES[name]
    local verdict, member = true, nil
    if rule then verdict, member = rule(value) end
    if not verdict then error("passo.engine: options." .. name .. ": " .. member, 3) end
    if verdict ~= true then
      local place = member == nil and name or ("%s[%s]"):format(name, shown(member))
      local got = value
      if member ~= nil then got = value[member] end
      error(("passo.engine: options.%s: %s expected, got %s"):format(place, verdict, shown(got)), 3)
    end
  end
  if given.store == nil then
    error("passo.engine: options.store is missing: \"sqlite:FILE\", \"postgres://...\", \"memory:\" or a store", 3)
  end
end

return options
