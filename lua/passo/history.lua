-- history.lua: a history as a table for people: when, what, in which state, and the one detail that matters.
local table_lines = require("passo.table").lines

local history = {}

local COLUMNS = {
  { title = "ID", right = true }, { title = "TIME", right = true }, { title = "EVENT" }, { title = "STATE",
    shrink = 2 },
  { title = "DETAILS", shrink = 1 },
}

-- The first pattern that fits an event's type gives its colour.
local STYLES = {
  { "^Execution.*Succeeded$", "green" }, { "Succeeded$", "green" }, { "Failed$", "red" }, { "TimedOut$", "red" },
  { "Aborted$", "red" }, { "StateEntered$", "cyan" }, { "StateExited$", "dim" }, { "Scheduled$", "blue" },
}

local function style_of(kind)
  if kind == "FailStateEntered" then
    return "red"
  end
  for _, style in ipairs(STYLES) do
    if kind:find(style[1]) then
      return style[2]
    end
  end
end

-- Days since 1970-01-01 of a date in the Gregorian calendar.
local function days(year, month, day)
  year = month <= 2 and year - 1 or year
  local era = math.floor(year / 400)
  local of_era = year - era * 400
  local of_year = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year - 719468
end

--- Seconds since 1970 of an event's timestamp: a number, or text as the AWS CLI prints it; nil when it is neither.
function history.seconds(stamp)
  if type(stamp) == "number" then
    return stamp
  elseif type(stamp) ~= "string" then
    return tonumber(tostring(stamp))
  end
  local year, month, day, hour, minute, second, zone = stamp:match "^(%d+)-(%d+)-(%d+)[T ](%d+):(%d+):([%d.]+)(.*)$"
  if not year then
    return tonumber(stamp)
  end
  local at = days(tonumber(year), tonumber(month), tonumber(day)) * 86400 + hour * 3600 + minute * 60 + second
  local sign, zone_hours, zone_minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  if sign then
    at = at - (sign == "-" and -1 or 1) * (zone_hours * 3600 + zone_minutes * 60)
  end
  return at
end

--- A span as people say it: "0.250 s", "12:05", "1:00:00", "2 d 03:00:00".
function history.span(seconds)
  -- Milliseconds are exact enough in a double, and rounding first keeps 59.9996 from reading 60.000.
  local ms = math.floor(seconds * 1000 + 0.5)
  if ms < 60000 then
    return ("%.3f s"):format(ms / 1000)
  end
  local whole = math.floor(ms / 1000)
  local d, h, m, s = math.floor(whole / 86400), math.floor(whole / 3600) % 24, math.floor(whole / 60) % 60, whole % 60
  if d > 0 then
    return ("%d d %02d:%02d:%02d"):format(d, h, m, s)
  end
  return h > 0 and ("%d:%02d:%02d"):format(h, m, s) or ("%d:%02d min"):format(m, s)
end

local function details_of(event)
  for key, value in pairs(event) do
    if type(value) == "table" and tostring(key):find "EventDetails$" then
      return value
    end
  end
  return {}
end

local function string(v)
  return type(v) == "string" and v ~= "" and v or nil
end

local function short_resource(resource)
  return resource:match ":function:(.+)$" or resource:match ":activity:(.+)$" or resource
end

-- The one thing about an event that its reader asks for first.
local function summary(event, kind)
  local d = details_of(event)
  if string(d.error) or string(d.cause) then
    return (string(d.error) or "") .. (string(d.cause) and ": " .. d.cause or "")
  elseif string(d.resource) then
    local called = string(d.resourceType) and d.resourceType ~= "lua" and d.resourceType .. ":"
      .. short_resource(d.resource)
      or short_resource(d.resource)
    local sent = kind:find "Scheduled$" and (string(d.parameters) or string(d.input)) or string(d.output)
    return called .. (sent and " " .. sent or "")
  elseif string(d.output) then
    return d.output
  elseif string(d.input) then
    return d.input
  elseif type(d.index) == "number" then
    return "iteration " .. ("%d"):format(d.index)
  elseif type(d.length) == "number" then
    return ("%d items"):format(d.length)
  end
  return ""
end

--- The list of events in what a user hands over: the list itself, {events = list} as the AWS CLI prints it, or
-- {history = list} as `passo run` does. Returns nil and words where there is none.
function history.events(value)
  if type(value) ~= "table" then
    return nil, "a history is a list of events, or an object with `events` or `history`"
  end
  local list = type(value.events) == "table" and value.events or type(value.history) == "table" and value.history
    or value
  for i, event in ipairs(list) do
    if type(event) ~= "table" or type(event.type) ~= "string" or event.id == nil then
      return nil, ("event %d of the history lacks its id or its type"):format(i)
    end
  end
  if list == value and #list == 0 and next(value) ~= nil then
    return nil, "a history is a list of events, or an object with `events` or `history`"
  end
  return list
end

--- Lines of the table.
--
-- events   as the API's GetExecutionHistory gives them, oldest first
-- options  {paint = terminal.painter(...), width = columns or nil for as wide as needed}
function history.lines(events, options)
  local state_of, rows = {}, {}
  local first = events[1] and history.seconds(events[1].timestamp)
  for i, event in ipairs(events) do
    local kind = event.type
    local named = event.stateEnteredEventDetails or event.stateExitedEventDetails
    local name = type(named) == "table" and string(named.name)
    -- What follows StateExited belongs to no state until one is entered.
    local before = state_of[event.previousEventId]
    local shown = name or before or ""
    state_of[event.id] = not kind:find "StateExited$" and (name or before) or nil
    local at = first and history.seconds(event.timestamp)
    local style = style_of(kind)
    rows[i] = { (tostring(event.id):gsub("%.0$", "")), at and "+" .. history.span(at - first) or "", kind,
      kind:find "^Execution" and "" or shown, summary(event, kind), styles = { "dim", "dim", style, nil,
        style == "red" and "red" or nil } }
  end
  return table_lines(COLUMNS, rows, options)
end

--- How long a history lasted, in seconds; 0 when its events carry no time.
function history.duration(events)
  local first, last = events[1], events[#events]
  local from, to = first and history.seconds(first.timestamp), last and history.seconds(last.timestamp)
  return from and to and to - from or 0
end

return history
