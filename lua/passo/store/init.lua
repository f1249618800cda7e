--- The store contract: where executions live. This page says what every store does; each is a Lua table of these
--- functions, and one written by a user is an equal of those that come with passo.
---
--- Every function answers a value, or nil, message, failure; failure.code is one of
---   EFENCED    the execution, or the worker, is not the caller's any more: nothing was kept
---   EEXISTS    what was to be new is there already
---   ECONFLICT  a document was changed meanwhile
---   ENOTFOUND  there is no such execution        EENDED  it has ended
---   ESTORE     the store cannot be used (disk full, read-only, damaged, connection gone); the message says what to do
---   EINPUT     an argument is none that a store knows, a cursor say
---   ENEWER     a newer passo wrote this store
--- Every function may wait, through the host it is called on. Times are milliseconds since 1970, `bytes` are Lua
--- strings of any content, ids are integers that the store gives and never gives again.
---
--- store.kind        "memory", "sqlite", "postgres", or what its author chose
--- store:close()     ends what the store holds in this process
--- store:now_ms()    the store's clock: one for all processes that share it
--- store:format()    { format = n, newest = n }: what it is written in now, and what this passo could write; ENEWER
--- store:upgrade(last_worker)   true: from now on it is written in the newest format. EFENCED: there is a worker
---   whose id is greater (nil: there may be)
--- store:check()     a list of problems in words, empty when there is none
---
--- Documents: everything there is little of
---   A document is { key, body, revision, parent, sort }: texts, but for `revision` (a number that grows with every
---   write in the store) and `sort` (a number, a text or nil, in lists ordered nil, numbers, texts by bytes).
--- store:get(kind, key)   the document; nil when there is none
--- store:list_documents(kind, { parent, prefix (of the key), after, limit, reverse })
---   a list in order of (sort, key) and, when there is more, the cursor to go on `after`: a text that stays good
---   whatever is written meanwhile
--- store:write{ { kind, key, body (nil: delete), parent, sort, expect }, ... }
---   all of it or nothing, one after the other. `expect` is the revision it must have, 0: it must not be there.
---   A list of the new revisions (0 for what was deleted); EEXISTS (expect = 0), ECONFLICT: failure.index says which.
---
--- Workers: processes with a lease
--- store:register{ name, ttl_ms, info }   a worker id
--- store:renew(worker, ttl_ms, info)      true; EFENCED once it was buried. info = nil leaves what is there
--- store:resign(worker)                   true: its executions become unowned and due now
--- store:bury()   a list of { worker, executions = n }: workers that died, or whose lease is over by the store's
---   clock. Their executions become unowned and due now, with one more in `crashes`
--- store:workers()   a list of { id, name, info, lease_ms (when it is over), alive }
---
--- Executions. A row is { id, arn, machine, name, revision, type, status, start_ms, stop_ms, body, result, parent,
---   parent_token, map_run, owner, epoch, due_ms, seq, last_event, crashes, redrive_count, redrive_ms, quarantine },
---   each a copy that is the caller's. `status` is RUNNING,
---   SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE. RUNNING ones are owned by a worker, or unowned: asleep.
---   Unowned ones are due at due_ms, if they have one; whoever posts to one makes it due at once. Ended ones have no
---   owner, no tokens, no inbox.
--- store:insert{ arn, machine, name, revision, type, status, start_ms, birth (bytes), body, parent, parent_token,
---     map_run, owner, epoch (1), and the fields of the first append, from `record` on }
---   its id; EEXISTS with failure.execution, the row of this ARN; EFENCED: the owner was buried. The ARN is what is
---   unique: a STANDARD one says machine and name, so those are, too; EXPRESS executions may share a name.
---   With a record its seq is 1, else 0.
--- store:insert_many(list)   for each an id, or { existing = row }; the new ones in one commit
--- store:insert_ended(kind, worker, exec, at_ms, arn), store:kind_of(common, tell)   of a store with keeps_execs =
---   true, that is, one within this Lua state: an execution that began and ended at this instant. `common` has
---   what all of a kind share (machine, revision, type, status, body); the exec is the store's, which may forget all
---   but its birth: `tell(exec)` gives the rest of the insert by an exec as it was new, once, when somebody asks for
---   it. arn: nil where it is surely new
--- store:append{ id, owner, epoch, seq, record (bytes), first_event, last_event, status, due_ms, release (asleep from
---     now on), snapshot (bytes: the state after this record), result, stop_ms,
---     tokens = { { token, number, activity, input }, ... }, dead_tokens = { text, ... }, consumed = { inbox ids },
---     posts = { { execution, verb, body }, ... }, blobs = { { hash, bytes }, ... }, crashes }
---   true when it is durable, or a pending thing: pending:wait() answers true, or nil, message, failure. Kept only when
---   owner and epoch are the row's and seq is one more than the row's, with or without a record; else EFENCED and
---   nothing of it is kept. Appends of one execution are applied in the order given, also when nobody has waited for
---   those before; after one failed, so do the others. due_ms is the row's from now on, nil too; status, result,
---   stop_ms and crashes stay what they are when nil; result and stop_ms come with the status that ends it. Posts to
---   what has ended are dropped.
--- store:claim{ worker, limit, refused = { revisions }, now_ms (the store's clock) }
---   rows that are the worker's from now on (epoch + 1): unowned, RUNNING, due, not quarantined; earliest first.
---   With load = true each is what store:load answers: many are fetched at once.
---   With ids = { ids }: these, due or not, quarantined or not, as far as they are unowned and RUNNING.
---   EFENCED: the worker was buried.
--- store:release(id, owner, epoch, due_ms)   true, asleep; EFENCED
--- store:load(id)   a row that also has birth, snapshot and snapshot_seq (if there is one), records = { { seq,
---   bytes }, ... } after it, inbox = { { id, verb, body }, ... }; ENOTFOUND
--- store:next_due(refused)   when the earliest of those that claim would find is due; nil when none ever is
--- store:describe(arn), store:describe_id(id)   the row; nil when there is none
--- store:amend(id, { quarantine = text|false, redrive_count, crashes, body }, expect_epoch)   true; EFENCED, ENOTFOUND.
---   What is quarantined is not due; let go, it is due now.
--- store:reopen{ id, owner, epoch, redrive_count, redrive_ms, and an append's fields }
---   the row: RUNNING, without stop_ms and result, owned, epoch + 1, its seq one more if there is a record. EFENCED:
---   not ended, or not of this epoch, or the worker was buried
--- store:list{ machine, map_run, parent, status, type, name_prefix, since_ms, until_ms (excluded), redriven, asleep
---     (true: unowned and RUNNING), after, limit }
---   rows, newest first (by id), and a cursor when there are more; no filter: all
--- store:count{ machine or map_run or parent, status }   a number; without status, numbers by status
--- store:records(id, { after_event, before_event, after_seq, limit, reverse })
---   a list of { seq, first_event, last_event, bytes }: those with an event after, and before; ENOTFOUND
--- store:blob(hash)   bytes; nil when nobody has it. A blob stays as long as an execution that brought it.
---
--- Tokens and the inbox
--- store:token(text)   { execution (id), number, activity, taken, answered }; nil when nobody waits with it
--- store:take_activity(activity)   { token, input, execution, number }, the oldest that nobody has taken: one taker
---   gets it, for good; nil when there is none
--- store:post(execution, verb, body, token)   { owner }, durable: the owner is rung; without one it is due now.
---   ENOTFOUND, EENDED. `token` (a text): the letter is the answer to it, and is kept only if it is the first one;
---   ESTALE: it was answered before, or is no more
--- store:inbox(worker)   a list of { id, execution, verb, body } for all it owns, in the order posted, until an
---   append has `consumed` them; EFENCED
--- store:bell(fn, worker)   fn("inbox" | "due") is called when something may be there for the worker (nil: for
---   anybody); it may be called from within any call, so it only notes it. fn = nil ends it. A bell may be lost.
--- store:ring(worker)   rings its bell, nil: everybody's ("due")
---
--- store:forget{ ended_before_ms, limit }   how many were forgotten, with all they had; oldest first
local store = {}

local OPENERS = {
  memory = function(_, options) return require("passo.store.memory").open(options) end,
  sqlite = function(url, options) return require("passo.store.sqlite").open(url, options) end,
  postgres = function(url, options) return require("passo.store.postgres").open(url, options) end,
}
OPENERS.postgresql = OPENERS.postgres

--- Opens a store: nil, message, failure where it cannot be had.
---@param url string|table "memory:", "sqlite:shop.db", "sqlite:/var/shop.db?relaxed=true", "postgres://…", or a store
---@param options table? host: whose clock and waiting it uses; others are the store's own
function store.open(url, options)
  if type(url) == "table" then return url end
  if type(url) ~= "string" then error("store.open: a URL or a store is needed, not a " .. type(url), 2) end
  if url:find("\0", 1, true) or url:find("%00", 1, true) then
    return nil, "a store's URL has no NUL in it", { code = "EINPUT" }
  end
  local scheme = url:match "^(%a+):"
  local open = OPENERS[scheme]
  if not open then
    return nil, ("a store is memory:, sqlite:FILE or postgres://..., not %q"):format(url), { code = "EINPUT" }
  end
  return open(url, options or {})
end

return store
