--- The mock files of Step Functions Local: which state of which machine answers what in a test case.
---
---   {"StateMachines": {machine: {"TestCases": {case: {state: response}}}},
---    "MockedResponses": {response: {"0": {"Return": any}, "1-2": {"Throw": {"Error": "E", "Cause": "C"}}}}}
local core = require "passo.core"
local mock = require "passo.aws.routes.mock"
local text = require "passo.text"

local mockfile = {}

---@class passo.MockFile
---@field path string
---@field machines table<string, table<string, table<string, string>>> cases by machine: response by state
---@field responses table<string, table[]> by name: {first, last, answer}, in order
local File = {}
File.__index = File

-- reading -----------------------------------------------------------------------------------------------

local function is_object(value)
  return type(value) == "table" and getmetatable(value) ~= core.array_mt
end

local function escaped(name)
  return (tostring(name):gsub("~", "~0"):gsub("/", "~1"))
end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- What is wrong, and where: all of it.
local function report(self, pointer, words)
  self.problems[#self.problems + 1] = { location = pointer, message = words }
end

local function check_members(self, object, pointer, known)
  for _, name in ipairs(sorted_keys(object)) do
    if not known[name] then
      local near = text.nearest(name, sorted_keys(known))
      report(self, pointer .. "/" .. escaped(name), ("unknown field '%s'%s"):format(name,
        near and (", did you mean '%s'?"):format(near) or ""))
    end
  end
end

local function read_answer(self, given, pointer)
  if not is_object(given) then
    report(self, pointer, "an object with Return or Throw is expected")
    return nil
  end
  check_members(self, given, pointer, { Return = true, Throw = true })
  if (given.Return == nil) == (given.Throw == nil) then
    report(self, pointer, "exactly one of Return and Throw is expected")
    return nil
  end
  if given.Throw == nil then return { result = given.Return } end
  local throw, at = given.Throw, pointer .. "/Throw"
  if not is_object(throw) then
    report(self, at, "an object with Error and Cause is expected")
    return nil
  end
  check_members(self, throw, at, { Error = true, Cause = true })
  if type(throw.Error) ~= "string" then report(self, at .. "/Error", "a string is expected") end
  if throw.Cause ~= nil and type(throw.Cause) ~= "string" then report(self, at .. "/Cause", "a string is expected") end
  return { error = throw.Error, cause = throw.Cause }
end

-- "2" or "0-1"
local function read_range(key)
  local first, last = key:match "^%s*(%d+)%s*%-%s*(%d+)%s*$"
  if not first then first = key:match "^%s*(%d+)%s*$" end
  first, last = tonumber(first), tonumber(last or first)
  if first and last >= first then return first, last end
end

local function read_response(self, name, given)
  local pointer = "/MockedResponses/" .. escaped(name)
  if not is_object(given) then return report(self, pointer, "an object with invocation numbers is expected") end
  local steps = {}
  for _, key in ipairs(sorted_keys(given)) do
    local at = pointer .. "/" .. escaped(key)
    local first, last = read_range(key)
    if not first then
      report(self, at, ("'%s' is no invocation: a number as \"0\" or a range as \"1-2\" is expected"):format(key))
    else
      steps[#steps + 1] = { first = first, last = last, key = key, answer = read_answer(self, given[key], at) }
    end
  end
  table.sort(steps, function(a, b) return a.first < b.first end)
  local next_one = 0
  for _, step in ipairs(steps) do
    if step.first ~= next_one then
      report(self, pointer .. "/" .. escaped(step.key), step.first > next_one
        and ("invocation %d has no response: numbers follow each other, from 0"):format(next_one)
        or ("invocation %d has two responses"):format(step.first))
    end
    next_one = math.max(next_one, step.last + 1)
  end
  if #steps == 0 then report(self, pointer, "it has no response") end
  self.responses[name] = steps
end

local function read_case(self, machine, name, given, pointer)
  if not is_object(given) then return report(self, pointer, "an object with states is expected") end
  local case = {}
  for _, state in ipairs(sorted_keys(given)) do
    local response, at = given[state], pointer .. "/" .. escaped(state)
    if type(response) ~= "string" then
      report(self, at, "the name of a mocked response is expected")
    elseif not self.responses[response] then
      local near = text.nearest(response, sorted_keys(self.responses))
      report(self, at, ("there is no mocked response '%s'%s"):format(response,
        near and (", did you mean '%s'?"):format(near) or ""))
    end
    case[state] = response
  end
  self.machines[machine][name] = case
end

local function read_machine(self, name, given)
  local pointer = "/StateMachines/" .. escaped(name)
  self.machines[name] = {}
  if not is_object(given) then return report(self, pointer, "an object with TestCases is expected") end
  check_members(self, given, pointer, { TestCases = true })
  if not is_object(given.TestCases) then return report(self, pointer .. "/TestCases", "an object is expected") end
  for _, case in ipairs(sorted_keys(given.TestCases)) do
    read_case(self, name, case, given.TestCases[case], pointer .. "/TestCases/" .. escaped(case))
  end
end

local function failed(path, message, extra)
  local failure = { code = "EINPUT", path = path }
  for key, value in pairs(extra or {}) do failure[key] = value end
  failure.message = message
  return nil, message, failure
end

local function problems_of(self)
  local first = self.problems[1]
  local more = #self.problems > 1 and (" (and %d more)"):format(#self.problems - 1) or ""
  return failed(self.path, ("%s: %s: %s%s"):format(self.path, first.location, first.message, more),
    { location = first.location, problems = self.problems })
end

--- Reads a mock file's text; nil, message, failure with `problems`, all of them: {location, message}.
---@param content string
---@param path? string for messages
---@return passo.MockFile? file
function mockfile.parse(content, path)
  path = path or "mock file"
  local tree, message, failure = core.decode(content)
  if message then
    local at = failure.line and (":%d:%d"):format(failure.line, failure.column) or ""
    return failed(path, path .. at .. ": " .. message, { line = failure.line, column = failure.column })
  end
  local self = setmetatable({ path = path, machines = {}, responses = {}, problems = {} }, File)
  if not is_object(tree) then return failed(path, path .. ": an object is expected") end
  check_members(self, tree, "", { StateMachines = true, MockedResponses = true })
  for _, name in ipairs { "MockedResponses", "StateMachines" } do
    if not is_object(tree[name]) then report(self, "/" .. name, "an object is expected") end
  end
  if #self.problems > 0 then return problems_of(self) end
  for _, name in ipairs(sorted_keys(tree.MockedResponses)) do read_response(self, name, tree.MockedResponses[name]) end
  for _, name in ipairs(sorted_keys(tree.StateMachines)) do read_machine(self, name, tree.StateMachines[name]) end
  if #self.problems > 0 then return problems_of(self) end
  return self
end

--- The same from a file.
function mockfile.load(path)
  local file, message = io.open(path, "rb")
  if not file then return failed(path, message, { code = "EFILE" }) end
  local content, why = file:read "*a"
  file:close()
  if not content then return failed(path, ("%s: %s"):format(path, why or "cannot be read"), { code = "EFILE" }) end
  return mockfile.parse(content, path)
end

-- a case --------------------------------------------------------------------------------------------------

local function step_of(steps, n)
  for _, step in ipairs(steps) do
    if n >= step.first and n <= step.last then return step.answer end
  end
end

-- Which machine of the file is meant: the one with that name, or the only one that has the case.
local function cases_of(self, name, case)
  if self.machines[name] then return self.machines[name], name end
  local found, found_name
  for other, cases in pairs(self.machines) do
    if cases[case] then
      if found then return nil end
      found, found_name = cases, other
    end
  end
  return found, found_name
end

-- A file about one machine is about the one that runs, whatever their names: then the case is wrong.
local function no_case(self, machine, case, is_own)
  local only = next(self.machines)
  if is_own and only and not next(self.machines, only) then machine = only end
  local cases = self.machines[machine]
  local what, list = "state machine '" .. machine .. "'", self.machines
  if cases then what, list = ("test case '%s' of state machine '%s'"):format(case, machine), cases end
  local near = text.nearest(cases and case or machine, sorted_keys(list))
  return failed(self.path, ("%s: there is no %s%s"):format(self.path, what,
    near and (", did you mean '%s'?"):format(near) or "; there are: " .. table.concat(sorted_keys(list), ", ")))
end

-- Each state of the case must be a Task of the machine.
local function check_states(self, machine_name, case, responses, states)
  local by_name, names = {}, {}
  for _, state in ipairs(states) do
    by_name[state.name] = by_name[state.name] == "Task" and "Task" or state.type
    names[#names + 1] = state.name
  end
  for _, name in ipairs(sorted_keys(responses)) do
    if by_name[name] ~= "Task" then
      local pointer = ("/StateMachines/%s/TestCases/%s/%s"):format(escaped(machine_name), escaped(case), escaped(name))
      local near = not by_name[name] and text.nearest(name, names)
      return failed(self.path, ("%s: %s: %s"):format(self.path, pointer, by_name[name]
        and ("the state '%s' is a %s, no Task"):format(name, by_name[name])
        or ("the machine has no state '%s'%s"):format(name, near and (", did you mean '%s'?"):format(near) or "")),
        { location = pointer })
    end
  end
  return true
end

---@class passo.MockCase
local Case = {}
Case.__index = Case

--- The handler of a state that the case names; nil for others.
function Case:handler(state)
  local name = state.type == "Task" and self.responses[state.name]
  if not name then return nil end
  local steps = self.file.responses[name]
  return mock.play(function(n) return step_of(steps, n - 1) end, ("the mocked response '%s'"):format(name))
end

--- A case of the file for a machine, or nil, message, failure.
---@param case string
---@param machine passo.Machine
---@param name? string of the machine in the file; its own when it is not given
---@return passo.MockCase?
function File:case(case, machine, name)
  local wanted = name or machine.name
  local cases, found = self.machines[wanted], name
  if wanted == machine.name then cases, found = cases_of(self, wanted, case) end
  if not cases or not cases[case] then return no_case(self, wanted, case, wanted == machine.name) end
  local ok, message, failure = check_states(self, found, case, cases[case], machine.all_states)
  if not ok then return nil, message, failure end
  return setmetatable({ file = self, responses = cases[case] }, Case)
end

--- Whether the file has this case for a machine of that name.
function File:has(case, name)
  return self.machines[name] ~= nil and self.machines[name][case] ~= nil
end

-- the option `mocks` ----------------------------------------------------------------------------------------

local OPTION = { file = "string", case = "string", machine = "string" }

--- Raises for an option that is none.
function mockfile.check_option(option)
  for name, value in pairs(option) do
    if type(value) ~= OPTION[name] then
      error(OPTION[name] and ("run: options.aws.mocks.%s must be a %s, got %s"):format(name, OPTION[name], type(value))
        or ("run: unknown option 'aws.mocks.%s' (known: case, file, machine)"):format(tostring(name)), 0)
    end
  end
  if not option.file or not option.case then error("run: options.aws.mocks has file and case", 0) end
end

return mockfile
