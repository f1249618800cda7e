--- Migrated definitions: a case's machine and the same one converted to JSONata, given the same tasks' outcomes.
---
--- Where the one in JSONPath succeeds, both must end the same and ask for the same; where it fails, so must the other.
local core = require "passo.core"
local asl = require "conformance.asl"
local compare = require "conformance.compare"
local migrate = require "passo.migrate"
local slices = require "conformance.slices"

local migrated = { states = 0, left = 0, whole = 0, partly = 0, unchanged = 0, succeeded = 0, reasons = {} }

local results = setmetatable({}, { __mode = "k" })

local function result_of(case, text)
  if not results[case] then results[case] = migrate.convert(core.value(slices.members(text).definition)) end
  return results[case]
end

--- What has nothing to be converted.
function migrated.skip(case, text)
  local result = result_of(case, text)
  if result.states == result.already then return "in JSONata already" end
  return nil
end

local function plain(value)
  if type(value) == "userdata" and value ~= core.null then return value:lua() end
  return value
end

local function tally(result)
  migrated.states, migrated.left = migrated.states + result.states - result.already, migrated.left + #result.left
  local kind = result.whole and "whole" or #result.left < result.states - result.already and "partly" or "unchanged"
  migrated[kind] = migrated[kind] + 1
  for _, left in ipairs(result.left) do
    local reason = (left.field or "?") .. ": " .. left.reason:gsub("^%$%S+", "a path")
    migrated.reasons[reason] = (migrated.reasons[reason] or 0) + 1
  end
end

-- Ends of any kind, a stuck execution being one.
local function play(case, text, options)
  local ok, run = pcall(asl.play, case, text, options)
  if ok then return run end
  return { finish = { status = "NONE: " .. tostring(run) }, commands = {} }
end

local function asked(run)
  local inputs = core.array {}
  for _, command in ipairs(run.commands) do
    inputs[#inputs + 1] = { kind = command.kind, state = command.state and command.state.name,
      input = plain(command.input) }
  end
  return inputs
end

--- The first difference, in words; nil: none.
function migrated.diff(case, text)
  local result = result_of(case, text)
  tally(result)
  local before = play(case, text)
  local after = play(case, text, { definition = result.definition:json() })
  if before.finish.status ~= after.finish.status then
    return ("ends as %s, migrated as %s%s"):format(before.finish.status, after.finish.status,
      after.finish.error and (" (" .. after.finish.error .. ": " .. tostring(after.finish.cause) .. ")") or "")
  end
  if before.finish.status ~= "SUCCEEDED" then return nil end
  migrated.succeeded = migrated.succeeded + 1
  local rules = compare.rules(case)
  return compare.diff(plain(before.finish.output), plain(after.finish.output), "$.expect.output", rules)
    or compare.diff(asked(before), asked(after), "$.asked", rules)
end

--- How much was converted, and why the rest was not.
function migrated.print()
  print(("%d cases converted wholly, %d partly, %d not at all; %d of %d states left in JSONPath"):format(migrated.whole,
    migrated.partly, migrated.unchanged, migrated.left, migrated.states))
  print(("%d cases succeeded, and were compared to their last value"):format(migrated.succeeded))
  local reasons = {}
  for reason in pairs(migrated.reasons) do reasons[#reasons + 1] = reason end
  table.sort(reasons, function(a, b)
    local m, n = migrated.reasons[a], migrated.reasons[b]
    return m == n and a < b or m ~= n and m > n
  end)
  for _, reason in ipairs(reasons) do print(("%5d  %s"):format(migrated.reasons[reason], reason)) end
end

return migrated
