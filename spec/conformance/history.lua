--- A recorded history against the one the core wrote.
local core = require "passo.core"
local compare = require "conformance.compare"

local history = {}

local JSON_FIELDS = { input = true, output = true, parameters = true }

local function details_of(event)
  for key, value in pairs(event) do
    if key:find("EventDetails$") then return value end
  end
  return {}
end

--- An event's details with its payloads decoded; the texts they had are kept in the rules.
function history.decode(encoded, rules)
  local details, texts = {}, {}
  for key, value in pairs(encoded) do
    if JSON_FIELDS[key] and type(value) == "string" then
      texts[key] = value
      value = core.decode(value)
    elseif key == "assignedVariables" then
      local decoded = {}
      for name, text in pairs(value) do decoded[name] = core.decode(text) end
      value = decoded
    end
    details[key] = value
  end
  rules.texts[details] = texts
  return details
end

--- HistoryEvents as the corpus writes them: {type, id, previousEventId, details}, payloads decoded.
function history.read(events, rules)
  local out = {}
  for i, event in ipairs(events) do
    local details = history.decode(details_of(event), rules)
    out[i] = { type = event.type, id = event.id, previousEventId = event.previousEventId, details = details }
  end
  return out
end

local function place(i) return ("$.expect.events[%d]"):format(i - 1) end

local function differ_at(i, expected, actual, rules)
  if not actual then return place(i) .. ": expected " .. expected.type .. ", got the history's end" end
  local at = place(i)
  if expected.type ~= actual.type then
    return ("%s: expected %s, got %s"):format(at, expected.type, actual.type)
  end
  for _, field in ipairs { "id", "previousEventId" } do
    if expected[field] ~= actual[field] then
      return ("%s.%s of %s: expected %s, got %s"):format(at, field, expected.type, tostring(expected[field]),
        tostring(actual[field]))
    end
  end
  return compare.diff(expected.details, actual.details, at .. ".details", rules)
end

local function diff_ordered(expected, actual, rules)
  for i = 1, #expected do
    local difference = differ_at(i, expected[i], actual[i], rules)
    if difference then return difference end
  end
  if actual[#expected + 1] then
    return ("%s: expected the history's end, got %s"):format(place(#expected + 1), actual[#expected + 1].type)
  end
  return nil
end

-- -- a section whose ids the recorder erased -------------------------------------------------

local function matches(i, expected, actual, rules)
  return expected.type == actual.type
    and not compare.diff(expected.details, actual.details, place(i) .. ".details", rules)
end

-- Events that have ids are compared by them, those without as a multiset. The recorder also left out
-- how an inner Parallel ended, so that may be over.
local UNRECORDED = { ParallelStateSucceeded = true, ParallelStateExited = true }

local function diff_erased(expected, actual, rules)
  local claimed, recorded = {}, {}
  for _, event in ipairs(expected) do
    if event.id then recorded[event.id] = true end
  end
  for i, event in ipairs(expected) do
    if event.id then
      local have = actual[event.id]
      claimed[event.id] = true
      local want = event
      if have and want.previousEventId ~= 0 and not recorded[want.previousEventId] then
        want = { type = want.type, id = want.id, previousEventId = have.previousEventId, details = want.details }
      end
      local difference = differ_at(i, want, have, rules)
      if difference then return difference end
    end
  end
  for i, event in ipairs(expected) do
    if not event.id then
      local found = false
      for id, have in ipairs(actual) do
        if not claimed[id] and matches(i, event, have, rules) then
          claimed[id], found = true, true
          break
        end
      end
      if not found then
        return ("%s: %s with these details is nowhere among the events of the section"):format(place(i), event.type)
      end
    end
  end
  for id, have in ipairs(actual) do
    if not claimed[id] and not UNRECORDED[have.type] then
      return ("event %d, %s, is not in the recording"):format(id, have.type)
    end
  end
  return nil
end

-- -- branches that interleave at will ----------------------------------------------------------

local OPENS = { MapStateStarted = true, ParallelStateStarted = true }
local CLOSES = {
  MapStateSucceeded = true, MapStateFailed = true, MapStateAborted = true,
  ParallelStateSucceeded = true, ParallelStateFailed = true, ParallelStateAborted = true,
}

-- A join follows whichever branch came last: it belongs to the event that opened its section.
local function parent_of(event, by_id)
  local up = by_id[event.previousEventId]
  local exit = event.type == "MapStateExited" or event.type == "ParallelStateExited"
  if not (CLOSES[event.type] or exit) then return up end
  local depth = 0
  while up do
    if CLOSES[up.type] then depth = depth + 1 end
    if OPENS[up.type] then
      if depth == 0 or exit and depth == 1 then return up end
      depth = depth - 1
    end
    up = by_id[up.previousEventId]
  end
  return nil
end

local function tree(events)
  local by_id, children, root = {}, {}, {}
  for i, event in ipairs(events) do
    by_id[event.id] = event
    children[event] = {}
    event.position = i
  end
  for _, event in ipairs(events) do
    local siblings = children[parent_of(event, by_id) or root] or root
    siblings[#siblings + 1] = event
  end
  return root, children
end

local function diff_children(expected, actual, expected_tree, actual_tree, rules, is_part)
  local taken = {}
  for _, want in ipairs(expected) do
    local found, nearest = false, nil
    for j, have in ipairs(actual) do
      if not taken[j] and have.type == want.type then
        local at = place(want.position) .. ".details"
        local difference = compare.diff(want.details, have.details, at, rules)
          or diff_children(expected_tree[want], actual_tree[have], expected_tree, actual_tree, rules, is_part)
        if not difference then
          taken[j], found = true, true
          break
        end
        nearest = nearest or difference
      end
    end
    if not found then
      return nearest or ("%s: expected %s, which is not in its chain"):format(place(want.position), want.type)
    end
  end
  for j, have in ipairs(actual) do
    if not (taken[j] or is_part) then
      return ("event %d, %s, is not in the recording's chain"):format(have.id, have.type)
    end
  end
  return nil
end

local function diff_chains(expected, actual, rules)
  if #expected ~= #actual then
    return ("$.expect.events: expected %d events, got %d"):format(#expected, #actual)
  end
  local expected_root, expected_tree = tree(expected)
  local actual_root, actual_tree = tree(actual)
  return diff_children(expected_root, actual_root, expected_tree, actual_tree, rules)
end

--- The first event of a history that was cut short, in words, which the whole one has nowhere in the same chain; or
--- nil.
function history.diff_part(part, whole, rules)
  local part_root, part_tree = tree(part)
  local whole_root, whole_tree = tree(whole)
  return diff_children(part_root, whole_root, part_tree, whole_tree, rules, true)
end

--- The first difference in words, or nil.
function history.diff(expected, actual, unordered, rules)
  for _, event in ipairs(expected) do
    if not event.id then return diff_erased(expected, actual, rules) end
  end
  if not diff_ordered(expected, actual, rules) then return nil end
  if unordered then return diff_chains(expected, actual, rules) end
  return diff_ordered(expected, actual, rules)
end

return history
