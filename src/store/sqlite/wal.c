/* wal.c -- the write-ahead log: room ahead of what is written, and a checkpoint when it is long.
 *
 * A commit that makes the file longer has the file system commit, too: measured, ten times slower
 * than one that writes where the file has been before. So it is made longer in steps, by zeros that
 * are written just before a commit whose sync takes them along; SQLite's recovery stops at the
 * first frame that is none. After a checkpoint the log begins anew in the room it has. */
#include "store/sqlite/layout.h"

/* Pages that are worth a checkpoint: when nothing waits, and in any case; and so many that other
 * processes, who write and read meanwhile, are kept away for it. */
enum { IDLE_PAGES = 1000, BUSY_PAGES = 2000, MOST_PAGES = 4000, READERS_MS = 100 };
/* Room is made when less than this is left, in steps that double. */
enum { LEAST_ROOM = 32 * 1024, FIRST_STEP = 128 * 1024, LAST_STEP = 1024 * 1024 };

static int on_commit(void *session, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    ((ps_session *)session)->wal_pages = pages;
    return SQLITE_OK;
}

void ps_sqlite_begin_wal(ps_session *s)
{
    s->tidy_pages = IDLE_PAGES;
    (void)sqlite3_wal_hook(s->db, on_commit, s);
}

/* -- room ------------------------------------------------------------------------------------ */

static sqlite3_int64 used(const ps_session *s)
{
    enum { FRAME = 24 + 4096, HEAD = 32 };
    return HEAD + (sqlite3_int64)s->wal_pages * FRAME;
}

/* Others may have made it longer, or begun it anew. What cannot be written now, the commit will
 * find out. */
static void add_zeros(ps_session *s, sqlite3_file *file)
{
    static const char zeros[64 * 1024];
    sqlite3_int64 size = s->wal_size;
    sqlite3_int64 step = size < FIRST_STEP ? FIRST_STEP : size < LAST_STEP ? size : LAST_STEP;
    while (step > 0) {
        int len = step < (sqlite3_int64)sizeof zeros ? (int)step : (int)sizeof zeros;
        if (file->pMethods->xWrite(file, zeros, len, size) != SQLITE_OK) {
            break;
        }
        size += len;
        step -= len;
    }
    s->wal_size = size;
}

void ps_sqlite_grow_wal(ps_session *s)
{
    sqlite3_file *file = NULL;
    if (s->wal_size >= used(s) + LEAST_ROOM) {
        return;
    }
    (void)sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    if (file && file->pMethods && file->pMethods->xFileSize(file, &s->wal_size) == SQLITE_OK &&
        s->wal_size < used(s) + LEAST_ROOM) {
        add_zeros(s, file);
    }
}

/* -- checkpoints ----------------------------------------------------------------------------- */

/* As far as no reader needs it; when that is all of it, the next commit begins it anew. Where
 * others go on writing that never comes: then the log is copied in a turn of our own, and who reads
 * is waited for a moment. */
void ps_sqlite_tidy_wal(ps_session *s, bool is_idle)
{
    int pages = s->wal_pages, copied = 0;
    if (pages < s->tidy_pages + (is_idle ? 0 : BUSY_PAGES - IDLE_PAGES)) {
        return;
    }
    bool keeps_away = pages >= MOST_PAGES && ps_sqlite_lock(s, true);
    if (keeps_away) {
        (void)sqlite3_busy_timeout(s->db, READERS_MS);
    }
    int mode = keeps_away ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    (void)sqlite3_wal_checkpoint_v2(s->db, NULL, mode, &pages, &copied);
    if (keeps_away) {
        (void)sqlite3_busy_timeout(s->db, s->wait_ms);
        ps_sqlite_unlock(s);
    }
    s->wal_pages = 0;
    s->tidy_pages = (copied < pages ? pages : 0) + IDLE_PAGES;
}
