--- The memory store: the whole contract of passo.store within one Lua state, and nothing after its end.
---
--- It is what specs, simulations and programs without a disk run on. Several engines may share one: their worker
--- ids, inboxes and bells then work between them as between processes. Nobody holds a lock here: a worker lives as
--- long as its lease does.
local documents = require "passo.store.memory.documents"
local Due = require "passo.store.memory.due"
local Ended = require "passo.store.memory.ended"
local Lists = require "passo.store.memory.lists"

local Memory = { kind = "memory", keeps_execs = true }
Memory.__index = Memory

local NEWEST = 2
local NONE = {}

--- A new, empty store.
---@param options table? host: whose clock is the store's
function Memory.open(options)
  local ended = Ended.new()
  local rows = setmetatable({ last = 0 }, ended.rows)
  return setmetatable({
    host = options and options.host,
    written = options and options.format or NEWEST,
    kinds = {}, revision = 0,       -- documents, and the number the last written one got
    rows = rows,                    -- execution -> row, with the journal in it; `last` is the newest id
    at_once = ended,                -- those that had ended when they came: their rows are made when asked for
    by_arn = {},
    lists = Lists.new(rows, function(id) return rawget(rows, id) or ended:common(id) end),
    due = Due.new(),                -- unowned running executions
    ended = {}, ended_first = 1, ended_last = 0, -- executions in the order they ended
    members = {}, last_worker = 0,  -- worker -> { name, info, lease_ms, owned = set of rows, mail = set of rows }
    by_token = {},
    offers = {},                    -- activity -> { first, last, [n] = token }: not taken yet
    blobs = {},                     -- hash -> { bytes, uses }
    last_post = 0,
    bells = {},
  }, Memory)
end

function Memory:close()
  self.bells = {}
end

function Memory:now_ms()
  return (self.host or require("passo.host.current").host()):now_ms()
end

function Memory:format()
  return { format = self.written, newest = NEWEST }
end

function Memory:upgrade(last_worker)
  for id in pairs(self.members) do
    if last_worker and id > last_worker then return nil, "workers have come meanwhile", { code = "EFENCED" } end
  end
  self.written = NEWEST
  return true
end

function Memory:check()
  return {}
end

documents.install(Memory)

local function fenced(message)
  return nil, message, { code = "EFENCED" }
end

local function absent(message)
  return nil, message, { code = "ENOTFOUND" }
end

-- bells ----------------------------------------------------------------------------------------

--- fn(what) is called when something may be there for this worker (without one: for anybody).
function Memory:bell(fn, worker)
  for i = #self.bells, 1, -1 do
    if self.bells[i].worker == worker then table.remove(self.bells, i) end
  end
  if fn then self.bells[#self.bells + 1] = { fn = fn, worker = worker } end
end

local function ring(self, worker, what)
  local bells = self.bells
  for i = #bells, 1, -1 do
    local bell = bells[i]
    if not worker or not bell.worker or bell.worker == worker then bell.fn(what) end
  end
end

function Memory:ring(worker)
  ring(self, worker, worker and "inbox" or "due")
end

-- rows -----------------------------------------------------------------------------------------

-- The row of an ARN.
local function find(self, arn)
  local row = self.by_arn[arn]
  if row then return row end
  local id = self.at_once:find(arn)
  return id and self.rows[id]
end

local function row_of(row)
  return {
    id = row.id, arn = row.arn, machine = row.machine, name = row.name, revision = row.revision, type = row.type,
    status = row.status, start_ms = row.start_ms, stop_ms = row.stop_ms, body = row.body, result = row.result,
    parent = row.parent, parent_token = row.parent_token, map_run = row.map_run, owner = row.owner,
    epoch = row.epoch, due_ms = row.due_ms, seq = row.seq, last_event = row.last_event, crashes = row.crashes,
    redrive_count = row.redrive_count, redrive_ms = row.redrive_ms, quarantine = row.quarantine,
  }
end

-- An unowned execution waits for its moment; one with an inbox has no time to wait.
local function lie_down(self, row)
  if row.status ~= "RUNNING" or row.quarantine then return end
  if row.inbox then
    local now_ms = self:now_ms()
    if not row.due_ms or row.due_ms > now_ms then row.due_ms = now_ms end
  end
  if row.due_ms and self.due:set(row.id, row.revision, row.due_ms) then ring(self, nil, "due") end
end

local function disown(self, row)
  local member = self.members[row.owner]
  if member then
    member.owned[row] = nil
    member.mail[row] = nil
  end
  row.owner = nil
end

local function own(self, row, worker)
  local member = self.members[worker]
  self.due:clear(row.id, row.revision)
  row.owner = worker
  member.owned[row] = true
  if row.inbox then member.mail[row] = true end
end

local function drop_tokens(self, row)
  for text in pairs(row.tokens or NONE) do self.by_token[text] = nil end
  row.tokens = nil
end

local function put_post(self, post)
  local row = self.rows[post.execution]
  if not row then return absent("there is no such execution") end
  if row.status ~= "RUNNING" then return nil, "the execution has ended", { code = "EENDED" } end
  self.last_post = self.last_post + 1
  row.inbox = row.inbox or {}
  table.insert(row.inbox, { id = self.last_post, execution = row.id, verb = post.verb, body = post.body })
  if row.owner then
    self.members[row.owner].mail[row] = true
    ring(self, row.owner, "inbox")
  else
    lie_down(self, row)
  end
  return { owner = row.owner }
end

local function consume(self, row, ids)
  local gone, kept = {}, {}
  for _, id in ipairs(ids) do gone[id] = true end
  for _, item in ipairs(row.inbox) do
    if not gone[item.id] then kept[#kept + 1] = item end
  end
  row.inbox = kept[1] and kept or nil
  if not row.inbox and row.owner then self.members[row.owner].mail[row] = nil end
end

local function put_tokens(self, row, tokens)
  row.tokens = row.tokens or {}
  for _, token in ipairs(tokens) do
    row.tokens[token.token] = true
    self.by_token[token.token] = {
      token = token.token, execution = row.id, number = token.number, activity = token.activity,
      input = token.input, taken = false,
    }
    if token.activity then
      local offer = self.offers[token.activity]
      if not offer then
        offer = { first = 1, last = 0 }
        self.offers[token.activity] = offer
      end
      offer.last = offer.last + 1
      offer[offer.last] = token.token
    end
  end
end

local function put_blobs(self, row, blobs)
  row.blobs = row.blobs or {}
  for _, blob in ipairs(blobs) do
    if not row.blobs[blob.hash] then
      row.blobs[blob.hash] = true
      local held = self.blobs[blob.hash] or { bytes = blob.bytes, uses = 0 }
      held.uses = held.uses + 1
      self.blobs[blob.hash] = held
    end
  end
end

local function end_of(self, row)
  if row.owner then disown(self, row) end
  self.due:clear(row.id, row.revision)
  drop_tokens(self, row)
  row.inbox, row.due_ms = nil, nil
  row.stop_ms = row.stop_ms or self:now_ms()
  self.ended_last = self.ended_last + 1
  self.ended[self.ended_last] = row.id
end

-- What an append, an insert and a reopening bring, once nothing is in their way.
local function keep(self, row, a)
  local first = a.first_event or row.last_event + 1
  if a.last_event then row.last_event = a.last_event end
  if a.record then
    local records = row.records
    records[#records + 1] = { seq = row.seq, first_event = first, last_event = row.last_event, bytes = a.record }
  end
  if a.snapshot then row.snapshot, row.snapshot_seq = a.snapshot, row.seq end
  if a.blobs then put_blobs(self, row, a.blobs) end
  if a.consumed and row.inbox then consume(self, row, a.consumed) end
  if a.dead_tokens and row.tokens then
    for _, text in ipairs(a.dead_tokens) do
      if row.tokens[text] then row.tokens[text], self.by_token[text] = nil, nil end
    end
  end
  if a.tokens then put_tokens(self, row, a.tokens) end
  if a.crashes then row.crashes = a.crashes end
  if a.result ~= nil then row.result = a.result end
  if a.stop_ms then row.stop_ms = a.stop_ms end
  row.due_ms = a.due_ms
  if a.posts then
    for _, post in ipairs(a.posts) do put_post(self, post) end
  end
  if row.status ~= "RUNNING" then
    end_of(self, row)
  elseif a.release and row.owner then
    disown(self, row)
    lie_down(self, row)
  end
end

-- workers --------------------------------------------------------------------------------------

function Memory:register(w)
  local id = self.last_worker + 1
  self.last_worker = id
  self.members[id] = {
    id = id, name = w.name, info = w.info, lease_ms = self:now_ms() + w.ttl_ms, owned = {}, mail = {},
  }
  return id
end

function Memory:renew(worker, ttl_ms, info)
  local member = self.members[worker]
  if not member then return fenced("the worker's lease was over, and others have taken its executions") end
  member.lease_ms = self:now_ms() + ttl_ms
  if info ~= nil then member.info = info end
  return true
end

-- Everything the worker has becomes unowned and due now.
local function dissolve(self, member, crashed)
  local now_ms, rows = self:now_ms(), {}
  for row in pairs(member.owned) do rows[#rows + 1] = row end
  table.sort(rows, function(a, b) return a.id < b.id end)
  self.members[member.id] = nil
  for _, row in ipairs(rows) do
    row.owner, row.due_ms = nil, now_ms
    if crashed then row.crashes = row.crashes + 1 end
    lie_down(self, row)
  end
  self:bell(nil, member.id)
  return #rows
end

function Memory:resign(worker)
  local member = self.members[worker]
  if member then dissolve(self, member, false) end
  return true
end

function Memory:bury()
  local now_ms, dead = self:now_ms(), {}
  for id, member in pairs(self.members) do
    if member.lease_ms <= now_ms then dead[#dead + 1] = id end
  end
  table.sort(dead)
  for i, id in ipairs(dead) do
    dead[i] = { worker = id, executions = dissolve(self, self.members[id], true) }
  end
  return dead
end

function Memory:workers()
  local now_ms, out = self:now_ms(), {}
  for id, member in pairs(self.members) do
    out[#out + 1] = {
      id = id, name = member.name, info = member.info, lease_ms = member.lease_ms, alive = member.lease_ms > now_ms,
    }
  end
  table.sort(out, function(a, b) return a.id < b.id end)
  return out
end

-- executions -----------------------------------------------------------------------------------

local function exists(row)
  return nil, "an execution of this name exists already", { code = "EEXISTS", execution = row_of(row) }
end

function Memory:insert(e)
  local existing = find(self, e.arn)
  if existing then return exists(existing) end
  if e.owner and not self.members[e.owner] then
    return fenced("the worker's lease was over: it can start nothing")
  end
  local rows = self.rows
  local id = rows.last + 1
  local row = {
    id = id, arn = e.arn, machine = e.machine, name = e.name, revision = e.revision, type = e.type,
    status = e.status or "RUNNING", start_ms = e.start_ms, stop_ms = nil, body = e.body, result = nil,
    parent = e.parent, parent_token = e.parent_token, map_run = e.map_run, owner = nil, epoch = e.epoch or 1,
    due_ms = nil, seq = e.record and 1 or 0, last_event = 0, crashes = 0, redrive_count = 0, birth = e.birth,
    records = {},
  }
  rows[id], rows.last = row, id
  self.by_arn[e.arn] = row
  if e.owner and row.status == "RUNNING" then
    row.owner = e.owner
    self.members[e.owner].owned[row] = true
  end
  keep(self, row, e)
  if not e.owner then lie_down(self, row) end
  return id
end

function Memory:kind_of(common, tell)
  return Ended.kind(common, tell)
end

function Memory:insert_ended(kind, worker, exec, at_ms, arn)
  local existing = arn and find(self, arn)
  if existing then return exists(existing) end
  if not self.members[worker] then return fenced("the worker's lease was over: it can start nothing") end
  local rows = self.rows
  local id, ended = rows.last + 1, self.ended_last + 1
  rows.last = id
  self.at_once:put(id, kind, exec, at_ms)
  self.ended[ended], self.ended_last = id, ended
  return id
end

function Memory:insert_many(list)
  for _, e in ipairs(list) do
    if e.owner and not self.members[e.owner] then return fenced("the worker's lease was over: it can start nothing") end
  end
  local out = {}
  for i, e in ipairs(list) do
    local id, _, failure = self:insert(e)
    out[i] = id or { existing = failure.execution }
  end
  return out
end

local function is_owned(row, owner, epoch)
  return row and owner and row.owner == owner and row.epoch == epoch
end

function Memory:append(a)
  local row = self.rows[a.id]
  if not is_owned(row, a.owner, a.epoch) or a.seq ~= row.seq + 1 then
    return fenced("the execution is not this worker's any more")
  end
  row.seq = a.seq
  local status = a.status
  if status and status ~= row.status then
    row.status = status
    self.lists:moved(row.id)
  end
  keep(self, row, a)
  return true
end

function Memory:release(id, owner, epoch, due_ms)
  local row = self.rows[id]
  if not is_owned(row, owner, epoch) then return fenced("the execution is not this worker's any more") end
  disown(self, row)
  row.due_ms = due_ms
  lie_down(self, row)
  return true
end

local function take(self, row, claim)
  row.epoch = row.epoch + 1
  own(self, row, claim.worker)
  if claim.load then return self:load(row.id) end
  return row_of(row)
end

function Memory:claim(c)
  local worker, limit = c.worker, c.limit or math.huge
  if not self.members[worker] then return fenced("the worker's lease was over: it can claim nothing") end
  local refused, out = {}, {}
  for _, revision in ipairs(c.refused or NONE) do refused[revision] = true end
  if c.ids then
    for _, id in ipairs(c.ids) do
      local row = self.rows[id]
      if #out < limit and row and not row.owner and row.status == "RUNNING" and not refused[row.revision] then
        out[#out + 1] = take(self, row, c)
      end
    end
    return out
  end
  local now_ms = c.now_ms or self:now_ms()
  while #out < limit do
    local at, id = self.due:first(refused)
    if not at or at > now_ms then break end
    out[#out + 1] = take(self, self.rows[id], c)
  end
  return out
end

function Memory:next_due(refused)
  local set = {}
  for _, revision in ipairs(refused or NONE) do set[revision] = true end
  return (self.due:first(set))
end

-- The first record after this event, or number; one past the last where there is none.
local function first_after(records, field, n)
  local low, high = 1, #records + 1
  while low < high do
    local middle = (low + high - (low + high) % 2) / 2
    if records[middle][field] <= n then low = middle + 1 else high = middle end
  end
  return low
end

function Memory:load(id)
  local row = self.rows[id]
  if not row then return absent("there is no such execution") end
  local out = row_of(row)
  out.birth, out.snapshot, out.snapshot_seq = row.birth, row.snapshot, row.snapshot_seq
  out.records, out.inbox = {}, {}
  local records = row.records
  for i = first_after(records, "seq", row.snapshot_seq or 0), #records do
    out.records[#out.records + 1] = { seq = records[i].seq, bytes = records[i].bytes }
  end
  for i, item in ipairs(row.inbox or NONE) do out.inbox[i] = { id = item.id, verb = item.verb, body = item.body } end
  return out
end

function Memory:describe(arn)
  local row = find(self, arn)
  return row and row_of(row)
end

function Memory:describe_id(id)
  local row = self.rows[id]
  return row and row_of(row)
end

function Memory:amend(id, fields, expect_epoch)
  local row = self.rows[id]
  if not row then return absent("there is no such execution") end
  if expect_epoch and expect_epoch ~= row.epoch then return fenced("the execution was claimed meanwhile") end
  if fields.redrive_count then row.redrive_count = fields.redrive_count end
  if fields.crashes then row.crashes = fields.crashes end
  if fields.body then row.body = fields.body end
  if fields.quarantine then
    row.quarantine = fields.quarantine
    self.due:clear(id, row.revision)
  elseif fields.quarantine == false and row.quarantine then
    row.quarantine = nil
    if row.status == "RUNNING" and not row.owner then
      row.due_ms = self:now_ms()
      lie_down(self, row)
    end
  end
  return true
end

function Memory:reopen(r)
  local row = self.rows[r.id]
  if not row or row.epoch ~= r.epoch or row.status == "RUNNING" or not self.members[r.owner] then
    return fenced("the execution was redriven or forgotten meanwhile")
  end
  row.status, row.stop_ms, row.result, row.epoch = "RUNNING", nil, nil, row.epoch + 1
  if r.redrive_count then row.redrive_count = r.redrive_count end
  if r.redrive_ms then row.redrive_ms = r.redrive_ms end
  self.lists:moved(row.id)
  own(self, row, r.owner)
  if r.record then row.seq = row.seq + 1 end
  keep(self, row, r)
  return row_of(row)
end

-- lists ----------------------------------------------------------------------------------------

local function passes(row, filter)
  return (not filter.machine or row.machine == filter.machine)
    and (not filter.map_run or row.map_run == filter.map_run)
    and (not filter.parent or row.parent == filter.parent)
    and (not filter.type or row.type == filter.type)
    and (not filter.name_prefix or row.name:sub(1, #filter.name_prefix) == filter.name_prefix)
    and (not filter.since_ms or row.start_ms >= filter.since_ms)
    and (not filter.until_ms or row.start_ms < filter.until_ms)
    and (filter.redriven == nil or filter.redriven == (row.redrive_count > 0))
    and (filter.asleep == nil or filter.asleep == (row.status == "RUNNING" and row.owner == nil))
end

function Memory:list(filter)
  local out, more, limit = {}, nil, filter.limit or math.huge
  local after = filter.after and tonumber(filter.after)
  if filter.after and not after then return nil, "the cursor is none of this store's", { code = "EINPUT" } end
  self.lists:each(filter, after, function(row)
    if not passes(row, filter) then return true end
    if #out == limit then
      more = ("%d"):format(out[limit].id)
      return false
    end
    out[#out + 1] = row_of(row)
    return true
  end)
  return out, more
end

function Memory:count(filter)
  local counts = self.lists:count(filter)
  if filter.status then return counts[filter.status] or 0 end
  return counts
end

function Memory:records(id, options)
  local row = self.rows[id]
  if not row then return absent("there is no such execution") end
  options = options or NONE
  local records, limit, out = row.records, options.limit or math.huge, {}
  local first, last = 1, #records
  if options.after_event then first = first_after(records, "last_event", options.after_event) end
  if options.after_seq then first = math.max(first, first_after(records, "seq", options.after_seq)) end
  if options.before_event then last = first_after(records, "first_event", options.before_event - 1) - 1 end
  local from, to, step = first, last, 1
  if options.reverse then from, to, step = last, first, -1 end
  for i = from, to, step do
    if #out == limit then break end
    local r = records[i]
    out[#out + 1] = { seq = r.seq, first_event = r.first_event, last_event = r.last_event, bytes = r.bytes }
  end
  return out
end

function Memory:blob(hash)
  local held = self.blobs[hash]
  return held and held.bytes
end

-- tokens and the inbox ---------------------------------------------------------------------------

function Memory:token(text)
  local held = self.by_token[text]
  return held and {
    execution = held.execution, number = held.number, activity = held.activity, taken = held.taken,
    answered = held.answered,
  }
end

function Memory:take_activity(activity)
  local offer = self.offers[activity]
  while offer and offer.first <= offer.last do
    local held = self.by_token[offer[offer.first]]
    offer[offer.first] = nil
    offer.first = offer.first + 1
    if held and not held.taken then
      held.taken = true
      return { token = held.token, input = held.input, execution = held.execution, number = held.number }
    end
  end
  self.offers[activity] = nil
end

function Memory:post(execution, verb, body, token)
  local held = token and self.by_token[token]
  if token and (not held or held.answered) then
    return nil, "the token was answered before", { code = "ESTALE", message = "the token was answered before" }
  end
  local posted, message, failure = put_post(self, { execution = execution, verb = verb, body = body })
  if posted and held then held.answered = true end
  return posted, message, failure
end

function Memory:inbox(worker)
  local member, out = self.members[worker], {}
  if not member then return fenced("the worker's lease was over, and others have taken its executions") end
  for row in pairs(member.mail) do
    for _, item in ipairs(row.inbox) do
      out[#out + 1] = { id = item.id, execution = item.execution, verb = item.verb, body = item.body }
    end
  end
  table.sort(out, function(a, b) return a.id < b.id end)
  return out
end

-- retention --------------------------------------------------------------------------------------

local function forget(self, row)
  self.lists:removed(row.id)
  for hash in pairs(row.blobs or NONE) do
    local held = self.blobs[hash]
    held.uses = held.uses - 1
    if held.uses == 0 then self.blobs[hash] = nil end
  end
  self.at_once.by_arn[row.arn] = nil
  self.rows[row.id], self.by_arn[row.arn] = nil, nil
end

function Memory:forget(f)
  local n, limit, at_once = 0, f.limit or math.huge, self.at_once
  while n < limit and self.ended_first <= self.ended_last do
    local id = self.ended[self.ended_first]
    local at_ms, row = at_once.at_ms[id], rawget(self.rows, id)
    local is_stale = not at_ms and (not row or row.status == "RUNNING")
    if not is_stale and (at_ms or row.stop_ms) >= f.ended_before_ms then break end
    self.ended[self.ended_first] = nil
    self.ended_first = self.ended_first + 1
    if at_ms then
      self.lists:removed(id)
      at_once:forget(id)
    elseif not is_stale then
      forget(self, row)
    end
    if not is_stale then n = n + 1 end
  end
  return n
end

return Memory
