--- Days and dates of the Gregorian calendar, without a clock: what cron expressions and time zones count in.
local calendar = {}

calendar.MINUTE_MS, calendar.HOUR_MS, calendar.DAY_MS = 60000, 3600000, 86400000

local floor = math.floor

-- Exact for any engine: its numbers are whole and far below 2^53.
local function div(a, b)
  return floor(a / b)
end

--- Days from 1970-01-01 to a date. Months are counted from March, so that a leap day is a year's last.
---@return integer
function calendar.days(year, month, day)
  local y = month <= 2 and year - 1 or year
  local era = div(y, 400)
  local of_era = y - era * 400
  local of_year = div(153 * ((month + 9) % 12) + 2, 5) + day - 1
  return era * 146097 + of_era * 365 + div(of_era, 4) - div(of_era, 100) + of_year - 719468
end

--- The date of a day.
---@return integer year, integer month, integer day
function calendar.date(days)
  local z = days + 719468
  local era = div(z, 146097)
  local of_era = z - era * 146097
  local year = div(of_era - div(of_era, 1460) + div(of_era, 36524) - div(of_era, 146096), 365)
  local of_year = of_era - (365 * year + div(year, 4) - div(year, 100))
  local march = div(5 * of_year + 2, 153)
  local day = of_year - div(153 * march + 2, 5) + 1
  local month = march < 10 and march + 3 or march - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, day
end

--- 1 for Sunday to 7 for Saturday.
function calendar.weekday(days)
  return (days + 4) % 7 + 1
end

function calendar.days_in(year, month)
  if month == 12 then return 31 end
  return calendar.days(year, month + 1, 1) - calendar.days(year, month, 1)
end

--- Milliseconds since 1970 of a date and time, as if it were UTC.
function calendar.ms(year, month, day, hour, minute, second)
  return ((calendar.days(year, month, day) * 24 + (hour or 0)) * 60 + (minute or 0)) * 60000 + (second or 0) * 1000
end

--- "20260131T235900Z": a moment as names may have it.
function calendar.stamp(ms)
  local days = div(ms, calendar.DAY_MS)
  local year, month, day = calendar.date(days)
  local s = div(ms - days * calendar.DAY_MS, 1000)
  return ("%04d%02d%02dT%02d%02d%02dZ"):format(year, month, day, div(s, 3600), div(s, 60) % 60, s % 60)
end

--- "2026-01-31T23:59:00Z", with milliseconds where there are any.
function calendar.iso(ms)
  local days = div(ms, calendar.DAY_MS)
  local year, month, day = calendar.date(days)
  local s, rest = div(ms - days * calendar.DAY_MS, 1000), ms % 1000
  return ("%04d-%02d-%02dT%02d:%02d:%02d%sZ"):format(year, month, day, div(s, 3600), div(s, 60) % 60, s % 60,
    rest > 0 and (".%03d"):format(rest) or "")
end

return calendar
