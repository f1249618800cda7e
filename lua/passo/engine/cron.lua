--- When schedules are due: EventBridge's cron(), rate() and at() expressions. Pure: the moment is an argument.
---
--- cron(minutes hours day-of-month month day-of-week year), with , - * / everywhere, ? L W for days of the month and
--- ? L # for days of the week (1 is Sunday); one of the two days must be "?". Times are a wall clock's: one that it
--- skips is skipped, one that it shows twice is due the first time.
local calendar = require "passo.engine.calendar"

local unpack = table.unpack or unpack

local cron = {}

local MONTHS = { JAN = 1, FEB = 2, MAR = 3, APR = 4, MAY = 5, JUN = 6, JUL = 7, AUG = 8, SEP = 9, OCT = 10, NOV = 11,
  DEC = 12 }
local DAYS = { SUN = 1, MON = 2, TUE = 3, WED = 4, THU = 5, FRI = 6, SAT = 7 }

local FIELDS = {
  { name = "minutes", from = 0, to = 59 },
  { name = "hours", from = 0, to = 23 },
  { name = "day-of-month", from = 1, to = 31, any = true },
  { name = "month", from = 1, to = 12, words = MONTHS },
  { name = "day-of-week", from = 1, to = 7, words = DAYS, any = true },
  { name = "year", from = 1970, to = 2199 },
}

local function refuse(field, part, words)
  return nil, ("the field '%s' of a cron expression is wrong at '%s': %s"):format(field.name, part, words)
end

local function number(field, text)
  local n = field.words and field.words[text:upper()] or (text:find "^%d+$" and tonumber(text))
  if n and n >= field.from and n <= field.to then return n end
end

-- One number, or a range; ranges may go over the end, as from Friday to Monday.
local function bounds(field, text, stepped)
  if text == "*" then return field.from, field.to end
  local low, high = text:match "^(%w+)%-(%w+)$"
  if low then return number(field, low), number(field, high) end
  low = number(field, text)
  return low, stepped and field.to or low
end

local function span(field, part, set)
  local base, step = part:match "^([^/]+)/(%d+)$"
  step = tonumber(step or 1)
  local low, high = bounds(field, base or part, base ~= nil)
  if not (low and high) then
    return refuse(field, part, ("numbers from %d to %d are expected"):format(field.from, field.to))
  elseif step == 0 then
    return refuse(field, part, "a step is 1 or more")
  elseif high < low then
    if field.name == "year" then return refuse(field, part, "its first year is after its last") end
    high = high + field.to - field.from + 1
  end
  for n = low, high, step do set[(n - field.from) % (field.to - field.from + 1) + field.from] = true end
  return set
end

-- What is a function of the month: the last day, the working day next to one.
local function day_of_month(field, part, set)
  local upper = part:upper()
  if upper == "L" then
    set.last = true
  elseif upper == "LW" then
    set.last_working = true
  elseif upper:find "W$" then
    local n = number(field, upper:sub(1, -2))
    if not n then return refuse(field, part, "a day from 1 to 31 is expected before W") end
    set.near = set.near or {}
    set.near[#set.near + 1] = n
  else
    return span(field, part, set)
  end
  return set
end

-- The last Friday, the second Tuesday.
local function day_of_week(field, part, set)
  local upper = part:upper()
  local day, nth = upper:match "^(%w+)#(%w+)$"
  if day then
    local n = number(field, day)
    if not n or not nth:find "^[1-5]$" then
      return refuse(field, part, "a day and a number from 1 to 5 are expected")
    end
    set.nth = set.nth or {}
    set.nth[#set.nth + 1] = { day = n, nth = tonumber(nth) }
  elseif upper == "L" then
    set[7] = true
  elseif upper:find "^%w+L$" and not MONTHS[upper] and not DAYS[upper] then
    local n = number(field, upper:sub(1, -2))
    if not n then return refuse(field, part, "a day of the week is expected before L") end
    set.final = set.final or {}
    set.final[#set.final + 1] = n
  else
    return span(field, part, set)
  end
  return set
end

local PARTS = { ["day-of-month"] = day_of_month, ["day-of-week"] = day_of_week }

local function read_field(field, text)
  local set, read = {}, PARTS[field.name] or span
  if text:sub(1, 1) == "," or text:sub(-1) == "," or text:find(",,", 1, true) then
    return refuse(field, text, "between commas something is expected")
  end
  for part in text:gmatch "[^,]+" do
    local ok, message = read(field, part, set)
    if not ok then return nil, message end
  end
  return set
end

-- Which days of a month -------------------------------------------------------------------------------

local function working_day_near(first, last, day)
  local at = first + day - 1
  if at > last then return nil end
  local weekday = calendar.weekday(at)
  if weekday == 7 then return at == first and at + 2 or at - 1 end
  if weekday == 1 then return at == last and at - 2 or at + 1 end
  return at
end

local function by_month_day(set, first, last)
  local days = {}
  for day = 1, last - first + 1 do
    if set[day] then days[first + day - 1] = true end
  end
  if set.last then days[last] = true end
  if set.last_working then days[working_day_near(first, last, last - first + 1)] = true end
  for _, day in ipairs(set.near or {}) do
    local at = working_day_near(first, last, day)
    if at then days[at] = true end
  end
  return days
end

local function by_week_day(set, first, last)
  local days = {}
  for at = first, last do
    if set[calendar.weekday(at)] then days[at] = true end
  end
  for _, one in ipairs(set.nth or {}) do
    local at = first + (one.day - calendar.weekday(first)) % 7 + (one.nth - 1) * 7
    if at <= last then days[at] = true end
  end
  for _, day in ipairs(set.final or {}) do days[last - (calendar.weekday(last) - day) % 7] = true end
  return days
end

-- cron ------------------------------------------------------------------------------------------------

local Cron = {}
Cron.__index = Cron

local function days_of(self, year, month)
  local first = calendar.days(year, month, 1)
  local last = first + calendar.days_in(year, month) - 1
  return first, last, self.by_week and by_week_day(self.days, first, last) or by_month_day(self.days, first, last)
end

-- The first time of a day, from a minute of it on; nil when there is none left.
local function time_in_day(self, minute)
  for hour = math.floor(minute / 60), 23 do
    if self.hours[hour] then
      for m = minute > hour * 60 and minute - hour * 60 or 0, 59 do
        if self.minutes[m] then return hour * 60 + m end
      end
    end
  end
end

-- The first wall time of the expression that is not before `wall_ms`, a whole minute.
local function next_wall(self, wall_ms)
  local today = math.floor(wall_ms / calendar.DAY_MS)
  local minute = (wall_ms - today * calendar.DAY_MS) / calendar.MINUTE_MS
  local year, month = calendar.date(today)
  while year <= 2199 do
    if self.years[year] and self.months[month] then
      local first, last, days = days_of(self, year, month)
      for at = math.max(first, today), last do
        local time = days[at] and time_in_day(self, at == today and minute or 0)
        if time then return at * calendar.DAY_MS + time * calendar.MINUTE_MS end
      end
    end
    month = month + 1
    if month > 12 then year, month = year + 1, 1 end
  end
end

--- The first moment after `after_ms` at which it is due; nil when there is none any more.
---@param after_ms number
---@param zone? passo.Zone of the wall clock; nil is UTC
---@return number?
function Cron:next(after_ms, zone)
  local wall_ms = zone and zone:wall(after_ms) or after_ms
  wall_ms = math.floor(wall_ms / calendar.MINUTE_MS) * calendar.MINUTE_MS
  while true do
    wall_ms = next_wall(self, wall_ms)
    if not wall_ms then return nil end
    local at = wall_ms
    if zone then at = zone:moment(wall_ms) end
    if at and at > after_ms then return at end
    wall_ms = wall_ms + calendar.MINUTE_MS
  end
end

local function read_cron(body)
  local texts = {}
  for text in body:gmatch "%S+" do texts[#texts + 1] = text end
  if #texts ~= 6 then
    return nil, ("a cron expression has 6 fields (minutes, hours, day-of-month, month, day-of-week, year), not %d")
      :format(#texts)
  end
  if (texts[3] == "?") == (texts[5] == "?") then
    return nil, "one of the fields 'day-of-month' and 'day-of-week' of a cron expression, and only one, must be '?'"
  end
  local sets = {}
  for i, field in ipairs(FIELDS) do
    if not (field.any and texts[i] == "?") then
      local message
      sets[i], message = read_field(field, texts[i])
      if not sets[i] then return nil, message end
    end
  end
  return setmetatable({ kind = "cron", minutes = sets[1], hours = sets[2], days = sets[3] or sets[5],
    by_week = sets[3] == nil, months = sets[4], years = sets[6] }, Cron)
end

-- rate and at -----------------------------------------------------------------------------------------

local UNITS = { minute = calendar.MINUTE_MS, hour = calendar.HOUR_MS, day = calendar.DAY_MS }

local Rate = {}
Rate.__index = Rate

--- Due at `from_ms`, and then again and again.
function Rate:next(after_ms, _, from_ms)
  from_ms = from_ms or 0
  if after_ms < from_ms then return from_ms end
  return from_ms + (math.floor((after_ms - from_ms) / self.every_ms) + 1) * self.every_ms
end

local MOST_UNITS = 999999999

local function read_rate(body)
  local value, unit = body:match "^%s*(%d+)%s+(%a+)%s*$"
  value = tonumber(value)
  local name = unit and unit:match "^(.-)s?$"
  if not value or value == 0 or value > MOST_UNITS or not UNITS[name] then
    return nil, "a rate is a whole number, 1 to 999999999, and minutes, hours or days: rate(5 minutes)"
  elseif (value == 1) == (unit:sub(-1) == "s") then
    return nil, ("a rate of %d has its unit in the %s"):format(value, value == 1 and "singular" or "plural")
  end
  return setmetatable({ kind = "rate", every_ms = value * UNITS[name] }, Rate)
end

local At = {}
At.__index = At

function At:next(after_ms, zone)
  local at = self.wall_ms
  -- A time that the wall clock skips is due when it has gone past it.
  if zone then at = zone:moment(at) or at - zone:offset_ms(at - calendar.DAY_MS) end
  if at > after_ms then return at end
end

local function read_at(body)
  local parts = { body:match "^%s*(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)%s*$" }
  for i, text in ipairs(parts) do parts[i] = tonumber(text) end
  local year, month, day, hour, minute, second = unpack(parts, 1, 6)
  if not year or month < 1 or month > 12 or day < 1 or day > calendar.days_in(year, month) or hour > 23 or minute > 59
    or second > 59 then
    return nil, "a moment is yyyy-mm-ddThh:mm:ss: at(2026-01-31T08:30:00)"
  end
  return setmetatable({ kind = "at", wall_ms = calendar.ms(year, month, day, hour, minute, second) }, At)
end

local KINDS = { cron = read_cron, rate = read_rate, at = read_at }

--- What an expression means; nil, message where it means nothing.
---@param expression string "cron(0 8 ? * MON-FRI *)", "rate(5 minutes)", "at(2026-01-31T08:30:00)"
---@return table? parsed with next(self, after_ms, zone?, from_ms?)
---@return string? message
function cron.parse(expression)
  local kind, body = tostring(expression):match "^%s*(%l+)%((.*)%)%s*$"
  local read = KINDS[kind]
  if not read then return nil, "a schedule is cron(...), rate(...) or at(...)" end
  return read(body)
end

--- The newest moment up to `now_ms` at which it was due, no older than `since_ms`; nil when there was none.
function cron.newest(parsed, since_ms, now_ms, zone, from_ms)
  local back = calendar.MINUTE_MS
  while true do -- looks back further and further, so that years of missed minutes cost no more than a few
    local after = math.max(now_ms - back, since_ms - 1)
    local at = parsed:next(after, zone, from_ms)
    if at and at <= now_ms then
      local later = parsed:next(at, zone, from_ms)
      while later and later <= now_ms do
        at, later = later, parsed:next(later, zone, from_ms)
      end
      return at
    end
    if after < since_ms then return nil end
    back = back * 2
  end
end

return cron
