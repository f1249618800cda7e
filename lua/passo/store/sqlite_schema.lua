--- The tables of the SQLite store, the number of their format, and the way from each format to the next.
---
--- What every append touches is small and lies together: `executions` has a narrow row that moves with each append
--- (some seventy to a page), `journal` only grows at its end. Fifty executions at work so dirty a handful of pages a
--- commit, where a journal keyed by execution dirties fifty. In place of an index each record points back: `prev` to
--- the record before it, `leap` further, so that any place in a journal is reached in a few steps (sqlite/journal.lua).
--- What is written once (`births`, `ends`) is kept apart, for the same reason.
local schema = {}

--- The newest format. A store that is older keeps its own until it is upgraded, so that an older passo can go on.
schema.NEWEST = 2

--- In `wake_ms`: unowned and running, but not before somebody posts or an operator lets it go.
schema.NEVER = 9007199254740991

--- A new store, in the newest format.
schema.CREATE = {
  -- format; last document revision
  "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",

  -- ARNs of machines and map runs, revisions: texts that many executions share
  "CREATE TABLE IF NOT EXISTS names(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",

  -- wake_ms   unowned and running: when to claim it. Else absent, so that the index holds sleepers only
  -- records, journal, anchor, far   the end of its journal: how many, the last one, the last of each 64, of each 4096
  [[CREATE TABLE IF NOT EXISTS executions(
      id INTEGER PRIMARY KEY AUTOINCREMENT, status TEXT NOT NULL, owner INTEGER, epoch INTEGER NOT NULL,
      seq INTEGER NOT NULL, last_event INTEGER NOT NULL, due_ms INTEGER, wake_ms INTEGER, crashes INTEGER NOT NULL,
      machine INTEGER NOT NULL, revision INTEGER NOT NULL, map_run INTEGER, records INTEGER NOT NULL,
      journal INTEGER, anchor INTEGER, far INTEGER, redrive_count INTEGER NOT NULL, redrive_ms INTEGER,
      quarantine TEXT) STRICT]],
  "CREATE INDEX IF NOT EXISTS executions_owned ON executions(owner) WHERE owner IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS executions_asleep ON executions(wake_ms, revision) WHERE wake_ms IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS executions_machine ON executions(machine, status)",
  "CREATE INDEX IF NOT EXISTS executions_map_run ON executions(map_run, status) WHERE map_run IS NOT NULL",

  -- arn_key   48 bits of the ARN's digest: an index of a tenth of the ARNs' size
  [[CREATE TABLE IF NOT EXISTS births(
      id INTEGER PRIMARY KEY, arn_key INTEGER NOT NULL, arn TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
      start_ms INTEGER NOT NULL, parent INTEGER, parent_token INTEGER, body TEXT, birth BLOB) STRICT]],
  "CREATE INDEX IF NOT EXISTS births_arn ON births(arn_key)",
  "CREATE INDEX IF NOT EXISTS births_parent ON births(parent) WHERE parent IS NOT NULL",

  "CREATE TABLE IF NOT EXISTS ends(id INTEGER PRIMARY KEY, stop_ms INTEGER NOT NULL, result TEXT) STRICT",
  "CREATE INDEX IF NOT EXISTS ends_stop ON ends(stop_ms)",

  [[CREATE TABLE IF NOT EXISTS journal(
      id INTEGER PRIMARY KEY, execution INTEGER NOT NULL, n INTEGER NOT NULL, prev INTEGER, leap INTEGER,
      seq INTEGER NOT NULL, first_event INTEGER NOT NULL, last_event INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT]],
  [[CREATE TABLE IF NOT EXISTS snapshots(
      execution INTEGER PRIMARY KEY, seq INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT]],

  "CREATE TABLE IF NOT EXISTS blobs(hash BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
  [[CREATE TABLE IF NOT EXISTS blob_uses(
      execution INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(execution, hash)) STRICT, WITHOUT ROWID]],
  "CREATE INDEX IF NOT EXISTS blob_uses_hash ON blob_uses(hash)",

  -- number   negative: the token's answer is in the inbox
  [[CREATE TABLE IF NOT EXISTS tokens(
      id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, execution INTEGER NOT NULL, number INTEGER NOT NULL,
      activity TEXT, taken INTEGER NOT NULL DEFAULT 0, input BLOB) STRICT]],
  "CREATE INDEX IF NOT EXISTS tokens_execution ON tokens(execution)",
  [[CREATE INDEX IF NOT EXISTS tokens_offered ON tokens(activity) WHERE activity IS NOT NULL AND taken = 0]],

  [[CREATE TABLE IF NOT EXISTS inbox(
      id INTEGER PRIMARY KEY AUTOINCREMENT, execution INTEGER NOT NULL, verb TEXT NOT NULL, body BLOB) STRICT]],
  "CREATE INDEX IF NOT EXISTS inbox_execution ON inbox(execution)",

  -- place, sort   the order in lists: (-infinity, ''), (number, ''), (infinity, text)
  [[CREATE TABLE IF NOT EXISTS documents(
      kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, revision INTEGER NOT NULL, parent TEXT,
      place REAL NOT NULL, sort TEXT NOT NULL, PRIMARY KEY(kind, key)) STRICT, WITHOUT ROWID]],
  "CREATE INDEX IF NOT EXISTS documents_sorted ON documents(kind, place, sort, key)",
  [[CREATE INDEX IF NOT EXISTS documents_parent ON documents(kind, parent, place, sort, key)
      WHERE parent IS NOT NULL]],

  -- locked   it holds the lock of its number: who finds that free may bury it
  [[CREATE TABLE IF NOT EXISTS workers(
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, info TEXT, lease_ms INTEGER NOT NULL,
      locked INTEGER NOT NULL DEFAULT 0) STRICT]],

  "INSERT OR IGNORE INTO meta(key, value) VALUES('format', " .. schema.NEWEST .. "), ('revision', 0)",
}

--- From each format to the next: UPGRADES[n] is a list of statements that make n + 1 of n.
schema.UPGRADES = {
  {}, -- the tables are the same: snapshots are of another format
}

return schema
