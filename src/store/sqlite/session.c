/* session.c -- a connection to the file: how it is opened and closed, and what it does besides
 * units.
 */
#include "store/sqlite/layout.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>

const char *ps_sqlite_version(void)
{
    return sqlite3_libversion();
}

bool ps_sqlite_whole_path(const char *path, char *out, size_t size)
{
    sqlite3_vfs *vfs = sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find(NULL) : NULL;
    int rc = vfs ? vfs->xFullPathname(vfs, path, (int)size, out) : SQLITE_CANTOPEN;
    return (rc & 0xff) == SQLITE_OK; /* SQLITE_OK_SYMLINK, too */
}

/* -- opening --------------------------------------------------------------------------------- */

static bool fail(ps_session *s, int rc, ps_trouble *t)
{
    (void)ps_sqlite_judge(s, rc, 0, "opening", t);
    t->fault = PS_STORE_STORE;
    return false;
}

static bool execute(ps_session *s, const char *sql, ps_trouble *t)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK || fail(s, rc, t);
}

static int on_mode(void *mode, int count, char **values, char **names)
{
    (void)names;
    (void)snprintf(mode, 16, "%s", count > 0 && values[0] ? values[0] : "");
    return 0;
}

/* A new file turns to WAL mode by a rollback journal. With less than EXTRA that journal may come
 * back when the power goes, and roll back all that was committed since. */
static bool use_wal(ps_session *s, ps_trouble *t)
{
    char mode[16] = "";
    if (!execute(s, "PRAGMA synchronous=EXTRA", t)) {
        return false;
    }
    int rc = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", on_mode, mode, NULL);
    if (rc != SQLITE_OK) {
        return fail(s, rc, t);
    }
    if (strcmp(mode, "wal") != 0) {
        ps_trouble_set(
            t, PS_STORE_STORE, 0,
            "the store '%s' cannot be used: SQLite keeps it in journal mode '%s', not in "
            "WAL mode, as where shared memory is not to be had",
            s->path, mode);
        return false;
    }
    return true;
}

static bool prepare(ps_session *s, const char *sql, sqlite3_stmt **out, ps_trouble *t)
{
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK || fail(s, rc, t);
}

/* Pages are in the kernel's cache as well, where reading one again takes a microsecond or two; what
 * SQLite keeps of a large file is memory of the process for nothing: measured, a megabyte is as
 * fast as sixteen. */
static const char *const cache_of[] = {
    [PS_LANE_WRITE] = "PRAGMA cache_size=-1024",
    [PS_LANE_READ] = "PRAGMA cache_size=-512; PRAGMA query_only=1",
};

static bool open_database(ps_session *s, const ps_store_options *o, ps_lane lane, ps_trouble *t)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
    if (rc != SQLITE_OK) {
        return fail(s, rc, t);
    }
    (void)sqlite3_extended_result_codes(s->db, 1);
    (void)sqlite3_busy_timeout(s->db, s->wait_ms);
    if (sqlite3_db_readonly(s->db, "main") == 1) {
        return fail(s, SQLITE_READONLY, t);
    }
    bool good =
        use_wal(s, t) &&
        execute(s, o->relaxed ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL", t) &&
        execute(s,
                "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;"
                "PRAGMA temp_store=MEMORY",
                t) &&
        execute(s, cache_of[lane], t) && prepare(s, "BEGIN IMMEDIATE", &s->begin, t) &&
        prepare(s, "BEGIN", &s->begin_read, t) && prepare(s, "COMMIT", &s->commit, t) &&
        prepare(s, "ROLLBACK", &s->rollback, t);
    ps_sqlite_begin_wal(s);
    ps_sqlite_watch_files(s);
    return good;
}

static void close_session(ps_session *s)
{
    for (size_t i = 0; i < s->statement_count; i++) {
        (void)sqlite3_finalize(s->statements[i]);
    }
    ps_free(s->statements);
    (void)sqlite3_finalize(s->begin);
    (void)sqlite3_finalize(s->begin_read);
    (void)sqlite3_finalize(s->commit);
    (void)sqlite3_finalize(s->rollback);
    /* The last one to close copies the WAL into the file: nobody may open it meanwhile. */
    bool is_locked = s->db && s->lock_fd >= 0 && ps_sqlite_lock(s, true);
    (void)sqlite3_close(s->db);
    if (is_locked) {
        ps_sqlite_unlock(s);
    }
    ps_sqlite_close_bells(s);
    ps_sqlite_close_locks(s);
    ps_free(s->path);
    ps_free(s);
}

static ps_session *open_session(const ps_store_options *o, ps_lane lane, ps_trouble *t)
{
    ps_session *s = ps_alloc_zeroed(1, sizeof *s);
    size_t len = strlen(o->target) + 1;
    s->path = memcpy(ps_alloc(len), o->target, len);
    s->lock_fd = s->hold_fd = s->epoll_fd = s->ring_fd = -1;
    s->wait_ms = o->wait_ms > 0 ? (int)o->wait_ms : PS_SQLITE_WAIT_MS;
    bool good = ps_sqlite_check_place(s->path, t) && ps_sqlite_open_locks(s, t);
    /* Only one process turns to WAL mode, or recovers after a crash. */
    if (good && !ps_sqlite_lock(s, true)) {
        ps_sqlite_explain_turn(s, t);
        good = false;
    }
    if (good) {
        good = open_database(s, o, lane, t);
        ps_sqlite_unlock(s);
    }
    if (good) {
        return s;
    }
    close_session(s);
    return NULL;
}

/* -- verbs ------------------------------------------------------------------------------------- */

static int64_t now_ms(ps_session *s)
{
    sqlite3_vfs *vfs = NULL;
    sqlite3_int64 julian_ms = 0;
    (void)sqlite3_file_control(s->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    if (!vfs || vfs->xCurrentTimeInt64(vfs, &julian_ms) != SQLITE_OK) {
        return 0;
    }
    return julian_ms - INT64_C(210866760000000); /* 1970 on the Julian calendar */
}

static ps_run do_verb(ps_session *s, ps_unit *u, ps_trouble *t)
{
    int64_t number = ps_unit_number(u), answer = 1;
    switch (ps_unit_verb(u)) {
    case PS_VERB_HOLD:
        answer = ps_sqlite_hold(s, number);
        break;
    case PS_VERB_LET_GO:
        answer = ps_sqlite_let_go(s, number);
        break;
    case PS_VERB_HELD:
        answer = ps_sqlite_held(s, number);
        break;
    case PS_VERB_LISTEN:
        answer = ps_sqlite_listen(s, number);
        break;
    case PS_VERB_RING:
        ps_sqlite_ring(s, number);
        break;
    default:
        answer = now_ms(s);
    }
    if (answer < 0) {
        ps_trouble_set(t, PS_STORE_STORE, 0, "the lock file '%s-passo' cannot be locked: %s",
                       s->path, strerror(errno));
        return PS_RUN_FAILED;
    }
    ps_answer_number(u, answer);
    return PS_RUN_DONE;
}

static int bell_fd(ps_session *s)
{
    return s->epoll_fd;
}

const ps_backend ps_backend_sqlite = {
    .name = "sqlite",
    .open = open_session,
    .close = close_session,
    .run = ps_sqlite_run,
    .read = ps_sqlite_read,
    .verb = do_verb,
    .idle = ps_sqlite_tidy_wal,
    .fd = bell_fd,
    .next_ring = ps_sqlite_next_ring,
};
