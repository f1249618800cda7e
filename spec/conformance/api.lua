--- Conversations with the Step Functions API, held again with an engine: each step's request goes in, its answer or
--- refusal must come out.
local core = require "passo.core"
local compare = require "conformance.compare"
local passo = require "passo"

local api = {}

local SETTLE_MS = 1000

-- Members that hold JSON text where the recording has the value.
local JSON = { definition = true, input = true, output = true, parameters = true }

-- What the service tells since then, and did not at the time of older recordings.
local REDRIVE_MS, ENCRYPTION_MS = 1699920000000, 1721865600000 -- 2023-11-14, 2024-07-25
local SINCE = { encryptionConfiguration = ENCRYPTION_MS, redriveCount = REDRIVE_MS, redriveStatus = REDRIVE_MS,
  redriveStatusReason = REDRIVE_MS, failuresNotRedrivable = REDRIVE_MS, pendingRedrive = REDRIVE_MS }

local function recorded_ms(text)
  local day, month, year, clock = (text or ""):match "^(%d+)-(%d+)-(%d+), (%d+:%d+:%d+)"
  return day and core.parse_time(("%s-%s-%sT%sZ"):format(year, month, day, clock)) or 1767225600000
end

-- names ------------------------------------------------------------------------------------------

-- The recorder put names of its own in some places. What neither a request nor a note of what the service made
-- mentions is one of those: it stands for the same thing wherever it occurs.

local function plain(text) return (text:gsub("%p", "%%%0")) end

local function segments(arn)
  local out = {}
  for part in (arn .. ":"):gmatch "(.-):" do out[#out + 1] = part end
  return out
end

-- From now on `actual` is told as `listed`, and so are its last parts.
local function bind(session, actual, listed)
  if actual == listed or session.told[actual] then return end
  session.told[actual] = listed
  table.insert(session.renames, { from = plain(actual), to = listed, size = #actual })
  session.real[listed] = actual
  if actual:find "^arn:" then
    local a, l = segments(actual), segments(listed)
    if #a == #l then
      for i = 7, #a do bind(session, a[i], l[i]) end
    end
  end
  table.sort(session.renames, function(a, b) return a.size > b.size end)
end

local function renamed(session, text)
  for _, rename in ipairs(session.renames) do
    text = text:gsub(rename.from, (rename.to:gsub("%%", "%%%%")))
  end
  return text
end

local function is_made_up(session, arn)
  return not session.mentioned:find(arn, 1, true)
end

-- Binds the ARNs of a text that only the recorder has named.
local function learn(session, expected, actual)
  local wanted, had = {}, {}
  for arn in expected:gmatch "arn:aws:[^'%s,%]]+" do wanted[#wanted + 1] = arn end
  for arn in actual:gmatch "arn:aws:[^'%s,%]]+" do had[#had + 1] = arn end
  if #wanted ~= #had then return end
  for i, arn in ipairs(wanted) do
    if arn ~= had[i] and is_made_up(session, arn) then bind(session, had[i], arn) end
  end
end

local function member_path(path, name)
  return type(name) == "number" and ("%s[%d]"):format(path, name - 1) or compare.member(path, name)
end

-- The answer as the recorder would have told it, member by member beside the recording.
local function told(session, expected, actual, path, key)
  if JSON[key] and type(actual) == "string" then
    local value = core.decode(actual)
    return value == nil and actual or value
  end
  if type(actual) == "string" then
    local text = renamed(session, actual)
    if type(expected) == "string" and text ~= expected and not session.rules.volatile[path] then
      learn(session, expected, text)
      text = renamed(session, actual)
    end
    return text
  end
  if type(actual) ~= "table" then return actual end
  local out = setmetatable({}, getmetatable(actual))
  for name, value in pairs(actual) do
    local beside = type(expected) == "table" and expected ~= core.null and expected[name] or nil
    if beside ~= nil or not (SINCE[name] and session.recorded_ms < SINCE[name]) then
      out[name] = told(session, beside, value, member_path(path, name), name)
    end
  end
  return out
end

-- requests ---------------------------------------------------------------------------------------

local function request_of(session, value)
  if value == core.null then return nil end
  if type(value) == "string" then
    if value:find "^FAKE_NEXT_TOKEN" then return session.token end
    if session.real[value] then return session.real[value] end
    if value:find ":mapRun:" then return session.map_run end -- the recorder's name for the one there is
    for listed, actual in pairs(session.real) do
      if listed:find "^arn:" then value = value:gsub(plain(listed), (actual:gsub("%%", "%%%%"))) end
    end
    return value
  end
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for name, member in pairs(value) do out[name] = request_of(session, member) end
  return out
end

local function settle(session)
  local host = session.engine.host
  host:wait(host:event(), host:now_ms() + SETTLE_MS)
end

-- Everything a list operation has, page after page.
local function all_pages(session, step, request, answer)
  local member
  for name, value in pairs(answer) do
    if type(value) == "table" then member = name end
  end
  local list = core.array {}
  while answer do
    for _, one in ipairs(answer[member]) do list[#list + 1] = one end
    if not answer.nextToken then break end
    request.nextToken = answer.nextToken
    answer = session.engine[step.operation](session.engine, request)
  end
  return list
end

-- A part of a list: what the recorder kept comes first, and in this order; of an empty one nothing is left.
local function diff_part(session, step, request, answer, path)
  local list, part = all_pages(session, step, request, answer), core.array {}
  for i = 1, #step.expect.partial do part[i] = list[i] end
  if #step.expect.partial == 0 then part = list end
  path = path .. ".partial"
  return compare.diff(step.expect.partial, told(session, step.expect.partial, part, path), path, session.rules)
end

local function diff_error(session, expected, message, failure, path)
  local at = path .. ".error.message"
  return compare.diff(expected.code, failure.code, path .. ".error.code", session.rules)
    or compare.diff(expected.message, told(session, expected.message, message, at), at, session.rules)
end

local function diff_step(session, step, path)
  local expect = step.expect ~= core.null and step.expect or {}
  if expect.error and expect.error.clientSide then return nil end
  local verb = session.engine[step.operation]
  if not verb then return ("%s: the engine has no %s"):format(path, step.operation) end
  local request = request_of(session, step.request)
  local answer, message, failure = verb(session.engine, request)
  settle(session)
  if expect.error then
    if answer then return ("%s: expected %s, got %s"):format(path, expect.error.code, core.encode(answer)) end
    return diff_error(session, expect.error, message, failure, path)
  end
  if not answer then return ("%s: expected an answer, got %s: %s"):format(path, failure.code, message) end
  for member, listed in pairs(step.generated or {}) do
    if type(answer[member]) == "string" then bind(session, answer[member], listed) end
  end
  if answer.nextToken then session.token = answer.nextToken end
  if answer.mapRuns then session.map_run = answer.mapRuns[1] and answer.mapRuns[1].mapRunArn end
  if expect.partial then return diff_part(session, step, request, answer, path) end
  if not expect.response then return nil end
  path = path .. ".response"
  return compare.diff(expect.response, told(session, expect.response, answer, path), path, session.rules)
end

-- A file that a Map reads: the recordings do not hold it, only how many rows were counted.
local function file_of(case)
  local rows = 1
  for _, step in ipairs(case.steps) do
    local response = step.expect ~= core.null and step.expect.response
    if response and response.itemCounts then rows = response.itemCounts.total end
  end
  return "Col1,Col2\n" .. ("1,2\n"):rep(rows)
end

--- The first difference between the recording and what an engine answers; nil: none.
function api.diff(case)
  local mentioned = {}
  for _, step in ipairs(case.steps) do
    mentioned[#mentioned + 1] = core.encode(step.request) .. core.encode(step.generated or {})
  end
  local at_ms = recorded_ms(case.recorded)
  local engine = assert(passo.engine { store = "memory:", clock = passo.virtual_clock(at_ms), account = "111111111111",
    handlers = { default = function() return {} end, ["arn:aws:states:::s3:getObject"] = function()
      return file_of(case)
    end } })
  local session = { engine = engine, recorded_ms = at_ms, mentioned = table.concat(mentioned, "\n"), told = {},
    real = {}, renames = {}, rules = compare.rules(case) }
  for i, step in ipairs(case.steps) do
    local difference = diff_step(session, step, ("$.steps[%d].expect"):format(i - 1))
    if difference then return ("%s (%s)"):format(difference, step.operation) end
  end
  assert(engine:close())
  return nil
end

return api
