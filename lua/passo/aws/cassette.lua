--- Cassettes: what tasks asked and were answered, in a file, to be played later without anybody to ask.
---
--- A line of JSON for each: {machine, state, resource, parameters, submitted?, result | error, cause?}, after one that
--- says which version of this they are. A line is written as a whole, after those that are there; a last line that
--- was cut short is no line. Numbers are as they were; secrets are not there (passo.aws.routes.scrub).
local answer = require "passo.aws.routes.answer"
local core = require "passo.core"
local difference = require "passo.aws.routes.difference"
local scrub = require "passo.aws.routes.scrub"

local cassette = {}

local VERSION = 1

-- the file --------------------------------------------------------------------------------------------

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message, true end
  local text, why = file:read "*a"
  file:close()
  if not text then return nil, ("%s: %s"):format(path, why or "cannot be read") end
  return text
end

local function header()
  return core.encode(core.object { { "passo_cassette", VERSION } }) .. "\n"
end

-- Whether the first line is ours; nil, message.
local function check_header(path, line)
  local first = core.decode(line)
  local version = type(first) == "table" and first.passo_cassette
  if type(version) ~= "number" then return nil, path .. ": this is no cassette of passo" end
  if version > VERSION then
    return nil, ("%s: the cassette is of version %d, this passo reads %d"):format(path, version, VERSION)
  end
  return true
end

-- The lines of a cassette, without one that was cut short; nil, message.
local function lines_of(path, text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  local ok, message = check_header(path, lines[1] or text)
  if not ok then return nil, message end
  return lines
end

local function append(path, line)
  local file, message = io.open(path, "ab")
  if not file then return nil, message end
  file:setvbuf("full", #line + 1) -- one write, so that lines of several processes do not mix
  local written, why = file:write(line)
  local closed, late = file:close()
  if not written or not closed then return nil, ("%s: %s"):format(path, why or late) end
  return true
end

-- what is compared --------------------------------------------------------------------------------------

-- The execution's own names and the task's token differ from run to run.
local function known_of(deck, ctx)
  local known = {}
  for _, secret in ipairs(deck.secrets()) do known[#known + 1] = { secret, scrub.MARK } end
  if ctx.task_token then known[#known + 1] = { ctx.task_token, "<task token>" } end
  local execution = ctx.execution
  if execution.arn then known[#known + 1] = { execution.arn, "<execution>" } end
  if execution.name and #execution.name >= 16 then known[#known + 1] = { execution.name, "<execution name>" } end
  return known
end

local function without(tree, ignored)
  if type(tree) ~= "table" then return tree end
  for key, value in pairs(tree) do
    if ignored[key] then tree[key] = nil else without(value, ignored) end
  end
  return tree
end

-- Parameters as they are compared: whatever the order of their members.
local function canonical(json, ignored)
  local tree, message = core.decode(json)
  if message then return json end
  tree = without(tree, ignored)
  local function sorted(value)
    if type(value) ~= "table" then return value end
    if getmetatable(value) == core.array_mt then
      local list = core.array {}
      for i, one in ipairs(value) do list[i] = sorted(one) end
      return list
    end
    local copy = {}
    for key, one in pairs(value) do copy[key] = sorted(one) end
    return copy
  end
  return core.encode(sorted(tree))
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list or {}) do set[name] = true end
  return set
end

-- recording ---------------------------------------------------------------------------------------------

local Recorder = {}
Recorder.__index = Recorder

--- Records into a file: a new one, or after what is there.
---@param path string
---@param options {fresh: boolean?, scrub: string[]?, secrets: (fun(): string[])?}
function cassette.recorder(path, options)
  return setmetatable({ path = path, fresh = options.fresh, names = scrub.names(options.scrub),
    secrets = options.secrets or function() return {} end }, Recorder)
end

-- Makes the file ready once: its first line is there, its last one whole.
function Recorder:open()
  if self.broken then return nil, self.broken end
  if self.is_open then return true end
  local text, message, is_absent = read_file(self.path)
  if not text and not is_absent then return nil, message end
  local start = header()
  if text and text ~= "" then
    local lines
    lines, message = lines_of(self.path, text)
    if not lines then return nil, message end
    if not self.fresh then start = table.concat(lines, "\n") .. "\n" end
  end
  if start ~= text then
    local written
    written, message = core.write_private(self.path, start)
    if not written then return nil, message end
  end
  self.is_open = true
  return true
end

local function fail(message)
  return nil, "States.Runtime", "the cassette cannot be written: " .. tostring(message)
end

function Recorder:line(ctx, known, parameters, members)
  local state = ctx.state
  local fields = { { "machine", state.machine_name }, { "state", state.path }, { "resource", state.resource },
    { "parameters", core.value(parameters) } }
  for _, name in ipairs { "submitted", "result", "error", "cause", "answers_token" } do
    local value = members[name]
    if value ~= nil then
      if type(value) == "string" and name ~= "result" and name ~= "submitted" then
        value = scrub.text(value, known, self.names)
      elseif name ~= "answers_token" then
        local json, message = scrub.json(type(value) == "string" and core.encode(value) or value, known, self.names)
        if not json then return nil, message end
        value = core.value(json)
      end
      fields[#fields + 1] = { name, value }
    end
  end
  return append(self.path, core.encode(core.object(fields)) .. "\n")
end

local LISTENS = { resume = true, fail = true }

-- What is sent to the task's token is recorded when it comes.
local function listen(self, ctx, known, parameters)
  local run = ctx.run
  run.answers = run.answers or {}
  run.answers[ctx.token] = function(verb, _, value, cause)
    if not LISTENS[verb] then return end
    local members = verb == "resume" and { result = value } or { error = value or "", cause = cause }
    members.answers_token = true
    local ok, message = self:line(ctx, known, parameters, members)
    if not ok then self.broken = message end -- whoever records next tells
  end
end

-- Gives on what came, once it is in the file. Which secrets there are is known by now: some are read when they are
-- used.
function Recorder:keep(ctx, input, submitted, result, err, cause)
  if ctx.is_cancelled then return result, err, cause end
  local known = known_of(self, ctx)
  local parameters, refused = scrub.json(input, known, self.names)
  if not parameters then return fail(refused) end
  local is_open = result ~= nil and ctx.state.pattern == "token"
  local members = err == nil and { result = result == nil and core.null or result } or { error = err, cause = cause }
  members.submitted = submitted.value
  if is_open then members.submitted, members.result = result, nil end
  local ok, message = self:line(ctx, known, parameters, members)
  if not ok then return fail(message) end
  if is_open then listen(self, ctx, known, parameters) end
  return result, err, cause
end

--- A handler that records what `perform` answers.
function Recorder:wrap(perform)
  return function(input, ctx)
    local ok, message = self:open()
    if not ok then return fail(message) end
    rawset(ctx, "task_token", ctx.task_token) -- later nobody may know it any more
    local submitted, submit = {}, ctx.submit
    rawset(ctx, "submit", function(value)
      submitted.value = value
      return submit(value)
    end)
    return self:keep(ctx, input, submitted, perform(input, ctx))
  end
end

-- playing -----------------------------------------------------------------------------------------------

local Player = {}
Player.__index = Player

local function add(self, key, entry)
  local list = self.by_key[key]
  if not list then
    list = {}
    self.by_key[key] = list
  end
  list[#list + 1] = entry
  self.entries[#self.entries + 1] = entry
end

-- An answer to a token belongs to the first task with these parameters that has none yet.
local function answer_first(list, entry)
  if not list then return false end
  local at = list.answered or 1
  while list[at] and not list[at].waits do at = at + 1 end
  list.answered = at
  local one = list[at]
  if not one then return false end
  one.waits, one.result, one.error, one.cause = nil, entry.result, entry.error, entry.cause
  return true
end

local function read_entry(self, path, number, line)
  local value, message = core.value(line)
  local entry = value and value:lua()
  if type(entry) ~= "table" or type(entry.resource) ~= "string" or entry.parameters == nil then
    return nil, ("%s:%d: %s"):format(path, number, message or "resource and parameters are expected")
  end
  local parameters = canonical(core.encode(entry.parameters), self.ignored)
  local key = entry.resource .. "\n" .. parameters
  if entry.answers_token then
    if answer_first(self.by_key[key], entry) then return true end
    return nil, ("%s:%d: no task before it waits for this answer"):format(path, number)
  end
  entry.canonical, entry.line = parameters, number
  entry.waits = entry.result == nil and entry.error == nil or nil
  add(self, key, entry)
  return true
end

--- Plays what a file has; nil, message when it cannot be read.
---@param path string
---@param options {ignore: string[]?, scrub: string[]?, secrets: (fun(): string[])?}
function cassette.player(path, options)
  local text, message = read_file(path)
  if not text then return nil, message end
  local lines
  lines, message = lines_of(path, text)
  if not lines then return nil, message end
  local self = setmetatable({ path = path, ignored = set_of(options.ignore), names = scrub.names(options.scrub),
    secrets = options.secrets or function() return {} end, by_key = {}, entries = {},
    played = setmetatable({}, { __mode = "k" }) }, Player)
  for number = 2, #lines do
    if lines[number]:find "%S" then
      local ok
      ok, message = read_entry(self, path, number, lines[number])
      if not ok then return nil, message end
    end
  end
  return self
end

-- Which entries this execution has had, and how many of each list of equal ones.
function Player:played_in(run)
  local root = answer.root(run)
  local played = self.played[root]
  if not played then
    played = {}
    self.played[root] = played
  end
  return played
end

-- Why nothing fits: what is nearest.
function Player:missing(state, parameters, played)
  local asked = ("%s: nothing is recorded for state '%s' (%s)"):format(self.path, state.path, tostring(state.resource))
  local of_resource, resources = {}, {}
  for _, entry in ipairs(self.entries) do
    if entry.resource == state.resource then of_resource[#of_resource + 1] = entry end
    resources[#resources + 1] = entry.resource
  end
  if #of_resource == 0 then
    local near = require("passo.text").nearest(state.resource or "", resources)
    return asked .. (near and ("; the nearest resource is " .. near) or "; no task of this resource is")
  end
  local entry, where, is_played = difference.nearest(of_resource, parameters, played)
  if where then
    return ("%s with these parameters; the nearest%s is line %d: %s"):format(asked,
      is_played and ", played already," or "", entry.line, where)
  end
  local count = 0
  for _, one in ipairs(of_resource) do
    if one.canonical == entry.canonical then count = count + 1 end
  end
  return ("%s any more: it has been played %d time%s, as often as it was recorded"):format(asked, count,
    count == 1 and "" or "s")
end

--- The handler that plays.
function Player:handler()
  return function(input, ctx)
    local json, message = scrub.json(input, known_of(self, ctx), self.names)
    if not json then return nil, "States.Runtime", message end
    local parameters, played = canonical(json, self.ignored), self:played_in(ctx.run)
    local list = self.by_key[tostring(ctx.state.resource) .. "\n" .. parameters]
    local at = list and (played[list] or 0) + 1
    local entry = list and list[at]
    if entry then
      played[list], played[entry] = at, true
      return answer.give(ctx, entry, entry.waits)
    end
    return nil, "States.Runtime", self:missing(ctx.state, parameters, played)
  end
end

return cassette
