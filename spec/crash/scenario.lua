--- What is run and crashed: a definition, an input, and what the world answers to its tasks. The answers depend on the
--- task (its visit and attempt) and on nothing else, so that they are the same after a restart.
local core = require "passo.core"
local generate = require "property.generate"
local random = require "property.random"
local slices = require "conformance.slices"

local Scenario = {}
Scenario.__index = Scenario

local NONE = { error = "NoOutcome", cause = "the case has no outcome for this task" }

-- The activities that a definition's text names.
local function activities_of(text)
  local list, seen = {}, {}
  for arn in text:gmatch '"(arn:aws[%w-]*:states:[%w-]*:%d*:activity:[^"]+)"' do
    if not seen[arn] then
      seen[arn] = true
      list[#list + 1] = arn
    end
  end
  return list
end

local function new(fields)
  fields.activities = activities_of(fields.definition)
  fields.chooses = fields.chooses or function() return true end
  -- Answers that come at once come in another order after a crash.
  fields.is_unordered = not fields.is_timed and (fields.definition:find '"Type"%s*:%s*"Parallel"'
    or fields.definition:find '"Type"%s*:%s*"Map"') and true or false
  return setmetatable(fields, Scenario)
end

-- -- recorded executions ------------------------------------------------------------------------------

local function outcomes_of(case, raw)
  local texts = raw.mocks and slices.elements(raw.mocks) or {}
  local outcomes = {}
  for i, mock in ipairs(case.mocks or {}) do
    local text = slices.members(texts[i])
    outcomes[i] = { state = mock.state, resource = mock.resource, kind = mock.kind, result = text.result,
      submitted = text.submitted, never = mock.pending or mock.timedOut or nil,
      error = (mock.error or not text.result) and (mock.error or "States.TaskFailed") or nil, cause = mock.cause }
  end
  return outcomes
end

--- The scenario of a recorded execution; its outcomes are handed out first come, first served for each state, and
--- stay with the task that got them.
function Scenario.recorded(entry)
  local case, raw = entry.case, slices.members(entry.text)
  local context = case.context
  local outcomes = outcomes_of(case, raw)
  local type_name = case.type or "STANDARD"
  return new { name = entry.name, definition = raw.definition, input = raw.input, type = type_name,
    is_sync = type_name == "EXPRESS" and case.family == "express.express_sync", outcomes = outcomes,
    files = case.env and case.env.s3, region = context.region, account = context.account, role_arn = context.roleArn }
end

-- What the ledger says who got; nil for a task that is new.
local function remembered(ledger, key, attempt)
  local found
  local function look(k, a, number) if k == key and a == attempt then found = tonumber(number) end end
  ledger:each("did", 3, look)
  ledger:each("sent", 4, look)
  return found
end

local function next_of(self, field, name)
  self.taken = self.taken or {}
  for number, outcome in ipairs(self.outcomes) do
    if outcome[field] == name and not self.taken[number] then return number end
  end
  return 0
end

local function take(self, number)
  if self.taken then self.taken[number] = true end
  return number, self:numbered(number)
end

--- The number of a task's outcome, and the outcome: { result, error, cause, submitted, never }.
function Scenario:outcome(ledger, state, key, attempt)
  if self.seed then return self:generated_outcome(key, attempt) end
  if self.answers then return self:example_outcome(state, tonumber(attempt)) end
  local planned = self.plan and self.plan[key .. " " .. attempt]
  return take(self, planned or remembered(ledger, key, attempt) or next_of(self, "state", state))
end

--- The number of the outcome of an activity's task.
function Scenario:activity_outcome(_, activity, token)
  if self.seed then return (self:generated_outcome(token, "0")) end
  return (take(self, self.plan and self.plan[token] or next_of(self, "resource", activity)))
end

function Scenario:numbered(number)
  if self.seed then return self:generated_number(number) end
  return self.outcomes[number] or NONE
end

--- Every task gets what it got in the run whose ledger this is.
function Scenario:follow(ledger)
  local plan = {}
  ledger:each("did", 3, function(key, attempt, number) plan[key .. " " .. attempt] = tonumber(number) end)
  ledger:each("sent", 4, function(key, attempt, number) plan[key .. " " .. attempt] = tonumber(number) end)
  ledger:each("took", 2, function(token, number) plan[token] = tonumber(number) end)
  self.plan = plan
end

-- -- what a Map reads ------------------------------------------------------------------------------------

--- The text of a file that the case has; a generated machine reads rows.
function Scenario:object(parameters)
  if self.seed then return core.array { { row = 1 }, { row = 2 }, { row = 3 } } end
  for _, file in ipairs(self.files or {}) do
    if file.bucket == parameters.Bucket and file.key == parameters.Key then return file.body end
  end
  return nil, "there is no such file"
end

--- The list of them.
function Scenario:objects(parameters)
  local list = core.array {}
  for _, file in ipairs(self.files or {}) do
    if file.bucket == parameters.Bucket then list[#list + 1] = { Key = file.key, Size = #file.body } end
  end
  return list
end

-- -- examples ----------------------------------------------------------------------------------------

-- "!Boom" is an error, anything else a result.
local function outcome_of(text)
  return { error = text:match "^!(.*)$", cause = "why", result = text, submitted = '{"job":1}' }
end

--- A definition of a file, whose tasks answer `results` by their state: one, or a list by attempt.
function Scenario.example(name, definition, input, results, files)
  local self = new { name = name, definition = definition, input = input, type = "STANDARD", is_timed = true,
    files = files, outcomes = { outcome_of "{}" }, answers = {} }
  local states = {}
  for state in pairs(results) do states[#states + 1] = state end
  table.sort(states) -- a number means the same in every process
  for _, state in ipairs(states) do
    local given = results[state]
    self.answers[state] = {}
    for i, text in ipairs(type(given) == "table" and given or { given }) do
      self.outcomes[#self.outcomes + 1] = outcome_of(text)
      self.answers[state][i] = #self.outcomes
    end
  end
  return self
end

function Scenario:example_outcome(state, attempt)
  local list = self.answers[state]
  local number = not list and 1 or list[math.min(attempt + 1, #list)]
  return number, self.outcomes[number]
end

--- An Express machine whose tasks a and b take a while.
function Scenario.express(name, definition, is_sync)
  return new { name = name, seed = #definition, is_timed = true, definition = definition, input = '{"n":1}',
    type = "EXPRESS", is_sync = is_sync }
end

-- -- generated machines ---------------------------------------------------------------------------------

local ERRORS = { "Boom", "Other", "States.TaskFailed" }

-- A number from a text: the same under every Lua.
local function hash(seed, text)
  local h = seed % 2147483647
  for i = 1, #text do h = (h * 31 + text:byte(i)) % 2147483647 end
  return h
end

--- The generated machine of a seed.
function Scenario.generated(seed)
  local definition, input = generate.machine(random.new(seed))
  return new { name = ("generated machine %d"):format(seed), seed = seed, definition = core.encode(definition),
    input = core.encode(input), type = "STANDARD", is_timed = true,
    chooses = function(value) return type(value) == "table" end }
end

-- Long enough for two tasks that run beside each other seldom to end at the same moment; odd, for timers of whole
-- seconds end at moments of their own.
local MOMENTS = 950

--- How long a task takes.
function Scenario:duration_ms(what)
  return 1 + 2 * (hash(self.seed or 1, what .. " takes") % MOMENTS)
end

function Scenario:generated_outcome(key, attempt)
  local number = hash(self.seed, key .. " " .. attempt) % 1000000
  return number, self:generated_number(number)
end

function Scenario:generated_number(number)
  local draw = random.new(number)
  if draw:once_in(3) then return { error = draw:pick(ERRORS), cause = draw:once_in(2) and "why" or nil } end
  return { result = ('{"n":%d}'):format(draw:below(10)), submitted = '{"job":1}' }
end

return Scenario
