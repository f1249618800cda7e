--- Time zones by their IANA names, from the system's zoneinfo files (RFC 8536): what a wall clock shows at a moment,
--- and at which moment it shows a time.
local calendar = require "passo.engine.calendar"

local zone = {}

---@class passo.Zone
local Zone = {}
Zone.__index = Zone

local FOLDERS = { "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo" }

-- numbers of a file ------------------------------------------------------------------------------------

local function unsigned(text, at)
  local a, b, c, d = text:byte(at, at + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local function signed(text, at)
  local n = unsigned(text, at)
  return n >= 2 ^ 31 and n - 2 ^ 32 or n
end

-- Seconds within the range that doubles hold exactly; moments before the world began are as good as any other.
local function long(text, at)
  return signed(text, at) * 2 ^ 32 + unsigned(text, at + 4)
end

-- the rule for the years after the last transition ----------------------------------------------------------

local function offset_of(sign, hours, minutes, seconds)
  local s = tonumber(hours) * 3600 + (tonumber(minutes) or 0) * 60 + (tonumber(seconds) or 0)
  return sign == "-" and -s or s
end

-- "+02:30:00" and what follows it.
local function take_offset(text)
  local sign, hours, rest = text:match "^([+-]?)(%d+)(.*)$"
  if not hours then return nil, text end
  local minutes, after = rest:match "^:(%d+)(.*)$"
  if not minutes then return offset_of(sign, hours), rest end
  local seconds, last = after:match "^:(%d+)(.*)$"
  return offset_of(sign, hours, minutes, seconds), last or after
end

local function take_name(text)
  local rest = text:match "^<[^>]*>(.*)$" or text:match "^%a+(.*)$"
  return rest
end

-- When in the year summer time begins or ends: a function from the year to seconds since its first moment.
local function take_date(text)
  local month, week, day, rest = text:match "^,M(%d+)%.(%d+)%.(%d+)(.*)$"
  local julian
  if not month then julian, rest = text:match "^,J(%d+)(.*)$" end
  local plain
  if not month and not julian then plain, rest = text:match "^,(%d+)(.*)$" end
  if not rest then return nil, text end
  local time, after = 7200, rest:match "^/(.*)$"
  if after then time, rest = take_offset(after) end
  if not time then return nil, text end
  month, week, day, julian, plain = tonumber(month), tonumber(week), tonumber(day), tonumber(julian), tonumber(plain)
  return function(year)
    local first = calendar.days(year, month or 1, 1)
    local at
    if month then
      at = first + (day + 1 - calendar.weekday(first)) % 7 + (week - 1) * 7
      if at >= first + calendar.days_in(year, month) then at = at - 7 end
    elseif julian then -- 29 February is never counted
      local leap = calendar.days_in(year, 2) == 29 and julian >= 60
      at = first + julian - 1 + (leap and 1 or 0)
    else
      at = first + plain
    end
    return at * 86400 + time
  end, rest
end

-- "CET-1CEST,M3.5.0,M10.5.0/3": signs are those of POSIX, west is positive.
local function read_rule(text)
  local rest = take_name(text)
  local standard
  if rest then standard, rest = take_offset(rest) end
  if not standard then return nil end
  local rule = { standard = -standard }
  if rest == "" then return rule end
  rest = take_name(rest)
  if not rest then return nil end
  local summer
  summer, rest = take_offset(rest)
  rule.summer = summer and -summer or rule.standard + 3600
  rule.from, rest = take_date(rest)
  if not rule.from then return nil end
  rule.to = take_date(rest)
  return rule.to and rule
end

local function by_rule(rule, s)
  if not rule.summer then return rule.standard end
  local year = calendar.date(math.floor((s + rule.standard) / 86400))
  local from, to = rule.from(year) - rule.standard, rule.to(year) - rule.summer
  local is_summer
  if from < to then is_summer = s >= from and s < to else is_summer = s >= from or s < to end
  return is_summer and rule.summer or rule.standard
end

-- the file ---------------------------------------------------------------------------------------------

local function counts(text, at)
  local n = {}
  for i, name in ipairs { "utc", "standard", "leap", "times", "types", "letters" } do
    n[name] = unsigned(text, at + 20 + (i - 1) * 4)
  end
  return n
end

local function length(n, width)
  return n.times * (width + 1) + n.types * 6 + n.letters + n.leap * (width + 4) + n.standard + n.utc
end

local function read(text)
  if #text < 44 or text:sub(1, 4) ~= "TZif" then return nil end
  local n, at, width = counts(text, 1), 1, 4
  if text:byte(5) >= 50 then -- version 2 and later say everything again, in 64 bits
    at, width = 45 + length(n, 4), 8
    if #text < at + 43 then return nil end
    n = counts(text, at)
  end
  local first = at + 44
  local last = first + length(n, width)
  if #text < last - 1 or n.types == 0 then return nil end
  local self = setmetatable({ at = {}, offset = {} }, Zone)
  local types = first + n.times * (width + 1)
  for i = 1, n.times do
    self.at[i] = width == 8 and long(text, first + (i - 1) * 8) or signed(text, first + (i - 1) * 4)
    self.offset[i] = signed(text, types + 6 * text:byte(first + n.times * width + i - 1))
  end
  self.before = signed(text, types)
  self.rule = width == 8 and read_rule(text:sub(last):match "^\n([^\n]*)\n" or "") or nil
  return self
end

local known = {}

local function load(name)
  for _, folder in ipairs(FOLDERS) do
    local file = io.open(folder .. "/" .. name, "rb")
    local text = file and file:read "*a"
    if file then file:close() end
    local found = text and read(text)
    if found then return found end
  end
end

--- The time zone of a name, "America/Sao_Paulo"; nil, message where the system does not know it.
---@param name string
---@return passo.Zone? zone
---@return string? message
function zone.get(name)
  if type(name) ~= "string" or not name:find "^%a[%w_+%-/]*$" then return nil, "it is no time zone's name" end
  if name == "UTC" then return nil end
  local found = known[name] or load(name)
  if not found then return nil, ("the system knows no time zone '%s'"):format(name) end
  known[name] = found
  return found
end

--- How far the wall clock is ahead of UTC, in milliseconds.
function Zone:offset_ms(ms)
  local s, at = math.floor(ms / 1000), self.at
  local low, high = 0, #at
  if self.rule and (high == 0 or s >= at[high]) then return by_rule(self.rule, s) * 1000 end
  while low < high do -- the last transition that is not later
    local middle = math.floor((low + high + 1) / 2)
    if at[middle] <= s then low = middle else high = middle - 1 end
  end
  return (low == 0 and self.before or self.offset[low]) * 1000
end

--- What the wall clock shows, as milliseconds since it showed 1970.
function Zone:wall(ms)
  return ms + self:offset_ms(ms)
end

--- The moment at which the wall clock shows a time: the first where it shows it twice; nil where it never does.
function Zone:moment(wall_ms)
  local a = wall_ms - self:offset_ms(wall_ms - calendar.DAY_MS)
  local b = wall_ms - self:offset_ms(wall_ms + calendar.DAY_MS)
  if b < a then a, b = b, a end
  if self:wall(a) == wall_ms then return a end
  if self:wall(b) == wall_ms then return b end
end

return zone
