--- After a storm: whether everything that was promised has been kept, from the store, its journals, and what the
--- workers and their handlers have noted.
local core = require "passo.core"
local load = require "fleet.load"
local notes = require "fleet.notes"
local passo = require "passo"

local audit = {}

local MOST = 5 -- problems of a kind that are told

local Findings = {}
Findings.__index = Findings

function Findings:add(kind, ...)
  local list = self.kinds[kind] or {}
  self.kinds[kind] = list
  list[#list + 1] = (...):format(select(2, ...))
end

function Findings:words()
  local out = {}
  for kind, list in pairs(self.kinds) do
    out[#out + 1] = ("%s (%d): %s"):format(kind, #list, table.concat(list, "; ", 1, math.min(#list, MOST)))
  end
  return out[1] and table.concat(out, "\n     ") or nil
end

local function each_row(store, visit)
  local cursor
  repeat
    local rows, more = store:list { all = true, limit = 500, after = cursor }
    for _, row in ipairs(assert(rows, more)) do visit(row) end
    cursor = more
  until not cursor
end

-- Sequence numbers and events without holes.
local function look_at_journal(store, row, findings)
  local seq, event, after = 0, 0, 0
  repeat
    local page = assert(store:records(row.id, { after_seq = after, limit = 500 }))
    for _, record in ipairs(page) do
      -- An append without a record has a number, too: it only slept, or took letters.
      if record.seq <= seq then findings:add("journal", "%s: record %d after %d", row.name, record.seq, seq) end
      if record.last_event >= record.first_event then
        if record.first_event ~= event + 1 then
          findings:add("journal", "%s: event %d after %d", row.name, record.first_event, event)
        end
        event = record.last_event
      end
      seq, after = record.seq, record.seq
    end
  until #page == 0
  if event ~= row.last_event then
    findings:add("journal", "%s: ends with event %d, its row says %d", row.name, event, row.last_event)
  end
  return seq
end

-- One owner an epoch, one epoch a claim, one append a number, and epochs that only grow with it.
local function look_at_owners(fleet, findings)
  local owner_of, appended, epochs, appends = {}, {}, {}, 0
  local function owns(id, epoch, worker)
    local key = id .. "@" .. epoch
    if owner_of[key] and owner_of[key] ~= worker then
      findings:add("two owners", "execution %s, epoch %s: %s and %s", id, epoch, owner_of[key], worker)
    end
    owner_of[key] = worker
  end
  local function look(what, id, second, third, fourth)
    if what == "claim" then
      owns(id, second, third)
    elseif what == "append" then
      appends = appends + 1
      owns(id, third, fourth)
      local key = id .. "#" .. second
      if appended[key] then findings:add("two owners", "execution %s: append %s was kept twice", id, second) end
      appended[key] = true
      local list = epochs[id] or {}
      epochs[id] = list
      list[#list + 1] = { tonumber(second), tonumber(third) }
    end
  end
  for i = 1, fleet.count do notes.each(fleet:path("kept." .. i), look) end
  for id, list in pairs(epochs) do
    table.sort(list, function(a, b) return a[1] < b[1] end)
    for i = 2, #list do
      if list[i][2] < list[i - 1][2] then
        findings:add("two owners", "execution %s: append %d is of epoch %d, after %d", id, list[i][1], list[i][2],
          list[i - 1][2])
      end
    end
  end
  return appends
end

-- Effects by key: what was done, and how often. A task may be done again only after the worker that had it before was
-- killed, or had lost its lease.
local function look_at_effects(fleet, findings)
  local by_arn, seen, again, total = {}, {}, 0, 0
  notes.each(fleet:path "effects", function(key, worker, began_ms)
    total = total + 1
    local before = seen[key]
    if before then
      again = again + 1
      local died_ms = fleet.deaths[before]
      local stalled = fleet.stalled or {}
      if not died_ms and not stalled[before] and not stalled[worker] then
        findings:add("effects", "%s was done by %s, and again by %s", key, before, worker)
      elseif died_ms and tonumber(began_ms) < died_ms - 5 then
        findings:add("effects", "%s was begun by %s before %s was killed", key, worker, before)
      end
    else
      local arn = key:match "^(.*)#"
      by_arn[arn] = (by_arn[arn] or 0) + 1
    end
    seen[key] = worker
  end)
  return by_arn, total, again
end

--- Looks at everything: nil, or what is wrong in words; and figures.
---@param fleet table of fleet.fleet
---@param store table opened by us
function audit.run(fleet, store)
  local findings = setmetatable({ kinds = {} }, Findings)
  local engine = assert(passo.engine { store = store, max_running = 0 })
  local figures = { executions = 0, records = 0, children = 0, claims = 0, crashes = 0 }
  local by_arn
  by_arn, figures.effects, figures.again = look_at_effects(fleet, findings)
  figures.appends = look_at_owners(fleet, findings)
  local rows, children = {}, {}
  each_row(store, function(row)
    local kind = row.machine:match "[^:]*$"
    figures.executions = figures.executions + 1
    if kind == load.CHILD then
      figures.children = figures.children + 1
      if row.parent then children[row.parent] = (children[row.parent] or 0) + 1 end
    else
      rows[row.name] = row
    end
    if row.epoch > 1 then figures.claims = figures.claims + row.epoch - 1 end
    if row.status ~= "SUCCEEDED" then
      findings:add("not finished", "%s is %s%s", row.name, row.status, row.quarantine and ": " .. row.quarantine or "")
    elseif (by_arn[row.arn] or 0) ~= load.EFFECTS[kind] then
      findings:add("effects", "%s: %d of %d tasks were done", row.name, by_arn[row.arn] or 0, load.EFFECTS[kind])
    end
    look_at_journal(store, row, findings)
    local report, message = engine:doctor(row.arn)
    if not report then
      findings:add("doctor", "%s: %s", row.name, message)
    else
      figures.records = figures.records + report.records
      if not report.healthy then findings:add("doctor", "%s: %s", row.name, report.findings[1]) end
    end
    if kind == load.MAIN and row.status == "SUCCEEDED" then
      local output = assert(engine:describe_execution(row.arn)).output
      if load.wrong(core.decode(output), row.name) then findings:add("output", "%s: %s", row.name, output) end
    end
  end)
  for name, row in pairs(rows) do
    if row.status == "SUCCEEDED" and children[row.id] ~= 1 then
      findings:add("children", "%s has %d", name, children[row.id] or 0)
    end
  end
  figures.started = 0
  notes.each(fleet:path "started", function(name)
    figures.started = figures.started + 1
    if not rows[name] then findings:add("lost", "%s", name) end
  end)
  local problems = store:check()
  for _, problem in ipairs(problems or { "the check itself failed" }) do findings:add("store", "%s", problem) end
  engine:close()
  return findings:words(), figures
end

--- Lets a fleet finish what it has begun, ends it, looks at everything, and removes it. As `run`.
---@param problem? string what was wrong already
function audit.finish(fleet, problem)
  local quiet = core.clock()
  local store = assert(require("passo.store").open(fleet.store))
  local problems = { problem }
  if not fleet:settle(120, store) then problems[#problems + 1] = "some never finished" end
  local settled_s = core.clock() - quiet
  problems[#problems + 1] = fleet:stop()
  local wrong, figures = audit.run(fleet, store)
  store:close()
  problems[#problems + 1] = wrong
  figures.settled_s = settled_s
  if problems[1] then problems[#problems + 1] = fleet:said() end
  fleet:remove()
  return problems[1] and table.concat(problems, "\n     ") or nil, figures
end

return audit
