--- The tables of the PostgreSQL store, the number of their format, and the functions that live in the server.
---
--- `passo_execution` has a row that moves with each append. Whatever an append changes is in no index, so that the new
--- version stays on the old one's page (a HOT update): `due_ms` says when an execution is due, `wake_ms` is the same
--- for those that nobody owns, and only that is indexed. `passo_journal` only grows.
---
--- What free text may hold is bytea: PostgreSQL's text takes no NUL and only UTF-8.
local schema = {}

--- The newest format. A store that is older keeps its own until it is upgraded, so that an older passo can go on.
schema.NEWEST = 2

--- From each format to the next: UPGRADES[n] is a list of statements that make n + 1 of n.
schema.UPGRADES = {
  {}, -- the tables are the same: snapshots are of another format
}

--- Serialises processes that create or upgrade one schema's tables.
schema.LOCK = "SELECT pg_advisory_xact_lock(hashtext('passo.schema'), hashtext(current_schema()))"

schema.TABLES = {
  "CREATE TABLE IF NOT EXISTS passo_meta(key text PRIMARY KEY, value bigint NOT NULL) WITH (fillfactor = 50)",
  "INSERT INTO passo_meta VALUES ('format', " .. schema.NEWEST .. "), ('execution', 0) ON CONFLICT DO NOTHING",

  -- posts   how many of its inbox nobody has consumed: who lets go of it must know, in the same row
  [[CREATE TABLE IF NOT EXISTS passo_execution(
      id bigint PRIMARY KEY, owner bigint, epoch bigint NOT NULL, seq bigint NOT NULL, last_event bigint NOT NULL,
      due_ms bigint, wake_ms bigint, stop_ms bigint, start_ms bigint, parent bigint, parent_token bigint,
      redrive_ms bigint, crashes integer NOT NULL DEFAULT 0, redrive_count integer NOT NULL DEFAULT 0,
      posts integer NOT NULL DEFAULT 0,
      status text COLLATE "C" NOT NULL CHECK (status IN
        ('RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE')),
      quarantine bytea, result bytea,
      machine text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, arn text COLLATE "C" NOT NULL,
      revision text COLLATE "C", type text COLLATE "C", map_run text COLLATE "C", body bytea, birth bytea)
    WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)]],
  "CREATE UNIQUE INDEX IF NOT EXISTS passo_execution_arn ON passo_execution(arn)",
  "CREATE INDEX IF NOT EXISTS passo_execution_machine ON passo_execution(machine, status, id)",
  [[CREATE INDEX IF NOT EXISTS passo_execution_map_run ON passo_execution(map_run, status, id)
      WHERE map_run IS NOT NULL]],
  "CREATE INDEX IF NOT EXISTS passo_execution_parent ON passo_execution(parent, id) WHERE parent IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS passo_execution_owner ON passo_execution(owner) WHERE owner IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS passo_execution_wake ON passo_execution(wake_ms, id) WHERE wake_ms IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS passo_execution_stop ON passo_execution(stop_ms, id) WHERE stop_ms IS NOT NULL",

  [[CREATE TABLE IF NOT EXISTS passo_journal(
      execution bigint NOT NULL, seq bigint NOT NULL, epoch bigint NOT NULL, first_event bigint NOT NULL,
      last_event bigint NOT NULL, bytes bytea NOT NULL, PRIMARY KEY(execution, seq))]],
  [[CREATE TABLE IF NOT EXISTS passo_snapshot(
      execution bigint PRIMARY KEY, seq bigint NOT NULL, bytes bytea NOT NULL)
    WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)]],
  -- Not every server is built with LZ4; PostgreSQL's own method takes five times as long.
  [[DO $$ BEGIN
      ALTER TABLE passo_journal ALTER COLUMN bytes SET COMPRESSION lz4;
      ALTER TABLE passo_snapshot ALTER COLUMN bytes SET COMPRESSION lz4;
    EXCEPTION WHEN feature_not_supported OR syntax_error THEN NULL; END $$]],

  "CREATE TABLE IF NOT EXISTS passo_blob(hash bytea PRIMARY KEY, bytes bytea NOT NULL)",
  [[CREATE TABLE IF NOT EXISTS passo_blob_use(
      execution bigint NOT NULL, hash bytea NOT NULL, PRIMARY KEY(execution, hash))]],
  "CREATE INDEX IF NOT EXISTS passo_blob_use_hash ON passo_blob_use(hash)",

  [[CREATE TABLE IF NOT EXISTS passo_token(
      token text COLLATE "C" PRIMARY KEY, id bigint GENERATED ALWAYS AS IDENTITY, execution bigint NOT NULL,
      number bigint NOT NULL, activity text COLLATE "C", taken boolean NOT NULL DEFAULT false, input bytea)
    WITH (autovacuum_vacuum_scale_factor = 0.05)]],
  "CREATE INDEX IF NOT EXISTS passo_token_execution ON passo_token(execution)",
  [[CREATE INDEX IF NOT EXISTS passo_token_offered ON passo_token(activity, id)
      WHERE activity IS NOT NULL AND NOT taken]],

  [[CREATE TABLE IF NOT EXISTS passo_inbox(
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, execution bigint NOT NULL, verb text NOT NULL, body bytea)
    WITH (autovacuum_vacuum_scale_factor = 0.05)]],
  "CREATE INDEX IF NOT EXISTS passo_inbox_execution ON passo_inbox(execution, id)",

  -- rank, number, label   the order in lists: absent 0, numbers 1, texts 2
  "CREATE SEQUENCE IF NOT EXISTS passo_revision",
  [[CREATE TABLE IF NOT EXISTS passo_document(
      kind text COLLATE "C" NOT NULL, key bytea NOT NULL, revision bigint NOT NULL, parent bytea,
      rank bigint NOT NULL, number float8 NOT NULL, label bytea NOT NULL, body bytea NOT NULL,
      PRIMARY KEY(kind, key)) WITH (autovacuum_vacuum_scale_factor = 0.05)]],
  "CREATE INDEX IF NOT EXISTS passo_document_sorted ON passo_document(kind, rank, number, label, key)",
  [[CREATE INDEX IF NOT EXISTS passo_document_parent ON passo_document(kind, parent, rank, number, label, key)
      WHERE parent IS NOT NULL]],

  -- born   when the server began that its lock was taken at: only there does the lock's absence mean death
  "CREATE SEQUENCE IF NOT EXISTS passo_worker_id AS integer",
  [[CREATE TABLE IF NOT EXISTS passo_worker(
      id bigint PRIMARY KEY, name bytea, info bytea, lease_ms bigint NOT NULL, born timestamptz NOT NULL)
    WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)]],
}

schema.FUNCTIONS = {
  [[CREATE OR REPLACE FUNCTION passo_now() RETURNS bigint LANGUAGE sql VOLATILE AS
    $$ SELECT (date_part('epoch', clock_timestamp()) * 1000)::bigint $$]],

  -- PS001 is what the port takes for "somebody else was first".
  [[CREATE OR REPLACE FUNCTION passo_fenced() RETURNS bigint LANGUAGE plpgsql VOLATILE AS
    $$ BEGIN RAISE EXCEPTION 'somebody else was first' USING ERRCODE = 'PS001'; END $$]],

  -- While this transaction lasts nobody buries the worker.
  [[CREATE OR REPLACE FUNCTION passo_member(p_worker bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
      PERFORM FROM passo_worker WHERE id = p_worker FOR KEY SHARE;
      IF NOT FOUND THEN RETURN passo_fenced(); END IF;
      RETURN p_worker;
    END $$]],

  -- The last append of an execution that ends: one call instead of four statements, for most have no inbox.
  [[CREATE OR REPLACE FUNCTION passo_end(p_id bigint, p_owner bigint, p_epoch bigint, p_seq bigint, p_first bigint,
      p_last bigint, p_crashes bigint, p_bytes bytea, p_result bytea, p_stop bigint, p_status text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE waiting integer; at_event bigint;
    BEGIN
      IF p_first IS NULL THEN
        SELECT last_event + 1 INTO p_first FROM passo_execution WHERE id = p_id;
      END IF;
      UPDATE passo_execution SET seq = p_seq, last_event = coalesce(p_last, last_event),
          crashes = coalesce(p_crashes, crashes), status = p_status, result = coalesce(p_result, result),
          stop_ms = coalesce(p_stop, stop_ms, passo_now()), owner = NULL, due_ms = NULL, wake_ms = NULL
        WHERE id = p_id AND owner = p_owner AND epoch = p_epoch AND seq = p_seq - 1
        RETURNING posts, last_event INTO waiting, at_event;
      IF NOT FOUND THEN RETURN passo_fenced(); END IF;
      INSERT INTO passo_journal VALUES (p_id, p_seq, p_epoch, p_first, at_event, p_bytes);
      DELETE FROM passo_token WHERE execution = p_id;
      IF waiting > 0 THEN DELETE FROM passo_inbox WHERE execution = p_id; END IF;
      RETURN 1;
    END $$]],

  -- The workers' locks, and which process of the server has each.
  [[CREATE OR REPLACE VIEW passo_lock AS
    SELECT objid::bigint AS worker, pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted
      AND classid::bigint = hashtext('passo.worker.' || current_schema())::bigint & 4294967295
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())]],

  -- Everything a worker has becomes unowned and due now.
  [[CREATE OR REPLACE FUNCTION passo_dissolve(p_worker bigint, p_crashes integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE t bigint := passo_now(); n bigint;
    BEGIN
      UPDATE passo_execution SET owner = NULL, due_ms = t, crashes = crashes + p_crashes,
        wake_ms = CASE WHEN quarantine IS NULL THEN t END WHERE owner = p_worker;
      GET DIAGNOSTICS n = ROW_COUNT;
      DELETE FROM passo_worker WHERE id = p_worker;
      RETURN n;
    END $$]],

  -- One that stands still with its lease over may hold locks on rows: its connection is ended, if it has no other
  -- worker's work and we may. Executions of workers that are not there were begun while those were being buried.
  [[CREATE OR REPLACE FUNCTION passo_bury() RETURNS TABLE(worker bigint, executions bigint)
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE w record;
    BEGIN
      FOR w IN
        SELECT m.id, l.pid FROM passo_worker m LEFT JOIN passo_lock l ON l.worker = m.id
          WHERE m.lease_ms <= passo_now() OR (l.pid IS NULL AND m.born = pg_postmaster_start_time())
          ORDER BY m.id FOR UPDATE OF m SKIP LOCKED
      LOOP
        IF w.pid <> pg_backend_pid() AND NOT EXISTS (SELECT FROM passo_lock l JOIN passo_worker m ON m.id = l.worker
            WHERE l.pid = w.pid AND m.lease_ms > passo_now()) THEN
          BEGIN
            PERFORM pg_terminate_backend(w.pid);
          EXCEPTION WHEN insufficient_privilege THEN NULL;
          END;
        END IF;
        worker := w.id;
        executions := passo_dissolve(w.id, 1);
        RETURN NEXT;
      END LOOP;
      FOR w IN
        WITH RECURSIVE o AS (
          (SELECT owner FROM passo_execution WHERE owner IS NOT NULL ORDER BY owner LIMIT 1)
          UNION ALL
          SELECT (SELECT e.owner FROM passo_execution e WHERE e.owner > o.owner ORDER BY e.owner LIMIT 1)
            FROM o WHERE o.owner IS NOT NULL)
        SELECT owner FROM o WHERE owner IS NOT NULL AND NOT EXISTS (SELECT FROM passo_worker m WHERE m.id = o.owner)
      LOOP
        worker := w.owner;
        executions := passo_dissolve(w.owner, 1);
        RETURN NEXT;
      END LOOP;
    END $$]],

  -- The first record that ends after this event. Records end in the order of their numbers, which may have gaps.
  [[CREATE OR REPLACE FUNCTION passo_seek(p_execution bigint, p_event bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE AS $$
    DECLARE low bigint := 1; high bigint; middle bigint; r record;
    BEGIN
      SELECT seq + 1 INTO high FROM passo_journal WHERE execution = p_execution ORDER BY seq DESC LIMIT 1;
      high := coalesce(high, 1);
      WHILE low < high LOOP
        middle := (low + high) / 2;
        SELECT seq, last_event INTO r FROM passo_journal
          WHERE execution = p_execution AND seq >= middle ORDER BY seq LIMIT 1;
        IF r.last_event > p_event THEN high := middle; ELSE low := r.seq + 1; END IF;
      END LOOP;
      RETURN low;
    END $$]],

  -- The first record that begins with this event, or after it.
  [[CREATE OR REPLACE FUNCTION passo_seek_begin(p_execution bigint, p_event bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE AS $$
    DECLARE low bigint := 1; high bigint; middle bigint; r record;
    BEGIN
      SELECT seq + 1 INTO high FROM passo_journal WHERE execution = p_execution ORDER BY seq DESC LIMIT 1;
      high := coalesce(high, 1);
      WHILE low < high LOOP
        middle := (low + high) / 2;
        SELECT seq, first_event INTO r FROM passo_journal
          WHERE execution = p_execution AND seq >= middle ORDER BY seq LIMIT 1;
        IF r.first_event >= p_event THEN high := middle; ELSE low := r.seq + 1; END IF;
      END LOOP;
      RETURN low;
    END $$]],

  -- A blob is locked before anybody looks who else uses it: who brings it again waits for us, and we saw all before.
  [[CREATE OR REPLACE FUNCTION passo_forget(p_before bigint, p_limit bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE gone bigint[]; hashes bytea[];
    BEGIN
      SELECT array_agg(id) INTO gone FROM (
        SELECT id FROM passo_execution WHERE stop_ms < p_before AND status <> 'RUNNING'
          ORDER BY stop_ms, id LIMIT p_limit FOR UPDATE SKIP LOCKED) e;
      IF gone IS NULL THEN RETURN 0; END IF;
      SELECT array_agg(DISTINCT hash) INTO hashes FROM passo_blob_use WHERE execution = ANY(gone);
      DELETE FROM passo_blob_use WHERE execution = ANY(gone);
      IF hashes IS NOT NULL THEN
        PERFORM FROM passo_blob WHERE hash = ANY(hashes) ORDER BY hash FOR UPDATE;
        DELETE FROM passo_blob b WHERE b.hash = ANY(hashes)
          AND NOT EXISTS (SELECT FROM passo_blob_use u WHERE u.hash = b.hash);
      END IF;
      DELETE FROM passo_journal WHERE execution = ANY(gone);
      DELETE FROM passo_snapshot WHERE execution = ANY(gone);
      DELETE FROM passo_token WHERE execution = ANY(gone);
      DELETE FROM passo_inbox WHERE execution = ANY(gone);
      DELETE FROM passo_execution WHERE id = ANY(gone);
      RETURN cardinality(gone);
    END $$]],
}

--- What `check` looks for: words, and the executions they are true of.
schema.PROBLEMS = {
  { "the journal does not end where the execution does", [[SELECT e.id FROM passo_execution e, LATERAL
      (SELECT max(seq) AS seq, max(last_event) AS last_event FROM passo_journal j WHERE j.execution = e.id) j
      WHERE j.seq > e.seq OR j.last_event <> e.last_event]] },
  { "the journal has a gap", [[SELECT DISTINCT execution FROM (SELECT execution, first_event,
      lag(last_event, 1, 0::bigint) OVER (PARTITION BY execution ORDER BY seq) AS before FROM passo_journal) j
      WHERE first_event <> before + 1]] },
  { "there is a journal without an execution", [[SELECT DISTINCT execution FROM passo_journal j
      WHERE NOT EXISTS (SELECT FROM passo_execution e WHERE e.id = j.execution)]] },
  { "it has ended, and has an owner or is due", [[SELECT id FROM passo_execution
      WHERE status <> 'RUNNING' AND (owner IS NOT NULL OR wake_ms IS NOT NULL OR due_ms IS NOT NULL)]] },
  { "it has an owner and waits for another", [[SELECT id FROM passo_execution
      WHERE owner IS NOT NULL AND wake_ms IS NOT NULL]] },
  { "a token leads to an execution that does not run", [[SELECT DISTINCT execution FROM passo_token t
      WHERE NOT EXISTS (SELECT FROM passo_execution e WHERE e.id = t.execution AND e.status = 'RUNNING')]] },
  { "its inbox is miscounted", [[SELECT id FROM passo_execution e WHERE status = 'RUNNING' AND posts <>
      (SELECT count(*) FROM passo_inbox i WHERE i.execution = e.id)]] },
  { "a large value is missing", [[SELECT DISTINCT execution FROM passo_blob_use u
      WHERE NOT EXISTS (SELECT FROM passo_blob b WHERE b.hash = u.hash)]] },
}

return schema
