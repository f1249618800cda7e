/* layout.h -- what the files of store/sqlite share: how a session looks inside. */
#ifndef PS_STORE_SQLITE_LAYOUT_H
#define PS_STORE_SQLITE_LAYOUT_H

#include "store/sqlite/sqlite.h"

#include <sqlite3.h>
#include <sys/types.h>

/* A unix datagram socket that is rung for `number`. */
typedef struct ps_bell {
    int64_t number;
    int fd;
    char *path;
} ps_bell;

/* How long others' locks are waited for: another program's, and by ps_sqlite_lock passo's own. */
enum { PS_SQLITE_WAIT_MS = 10000 };

typedef struct ps_turn ps_turn;

/* Which file it is, whatever its name. */
typedef struct ps_file_id {
    dev_t device;
    ino_t number;
} ps_file_id;

struct ps_session {
    sqlite3 *db;
    char *path;
    sqlite3_stmt **statements; /* by ps_statement.id; NULL: not prepared yet */
    size_t statement_count;
    sqlite3_stmt *begin, *begin_read, *commit, *rollback;

    int lock_fd; /* X-passo: the turnstile, and looks at holds */
    int hold_fd; /* X-passo once more: what this session holds; -1: nothing */
    bool is_locked;
    int wait_ms;     /* for others' locks */
    bool is_watched; /* whether `file` and `lock_file` are known */
    ps_file_id file, lock_file;
    ps_turn *turn; /* NULL: nobody has had to wait yet */

    int wal_pages;          /* after the last commit of ours */
    int tidy_pages;         /* when it is worth a checkpoint */
    sqlite3_int64 wal_size; /* of the file, when we last looked */

    ps_bell *bells;
    size_t bell_count;
    int epoll_fd; /* of the bells; -1: none */
    int ring_fd;  /* to ring others; -1: not yet */
};

/* -- lock.c: files that processes share ---------------------------------------------------------
 */

/* False, and `t`: the database lies where its locks cannot be trusted. */
bool ps_sqlite_check_place(const char *path, ps_trouble *t);
bool ps_sqlite_open_locks(ps_session *s, ps_trouble *t);
void ps_sqlite_close_locks(ps_session *s);
/* Notes which files were opened; false of the second, and `t`: they are not there any more, or
 * others stand under their names, so that what is written would be lost with the last process. */
void ps_sqlite_watch_files(ps_session *s);
bool ps_sqlite_check_files(const ps_session *s, ps_trouble *t);
/* PS_VERB_HOLD ... PS_VERB_HELD: 1, 0, or -1 with errno. */
int ps_sqlite_hold(ps_session *s, int64_t number);
int ps_sqlite_let_go(ps_session *s, int64_t number);
int ps_sqlite_held(const ps_session *s, int64_t number);

/* -- turn.c: who writes ---------------------------------------------------------------------------
 */

/* One process at a time writes. Whoever waits is served in turn: the first of them holds the
 * turnstile, so that nobody passes by. False: it would have to wait, and may not, or it has waited
 * for `wait_ms`. */
bool ps_sqlite_lock(ps_session *s, bool may_wait);
void ps_sqlite_unlock(ps_session *s);
/* Fills `t`: why it has waited in vain. */
void ps_sqlite_explain_turn(const ps_session *s, ps_trouble *t);
/* Ends what still waits, before the lock file is closed. */
void ps_sqlite_end_turn(ps_session *s);

/* -- bell.c: rings --------------------------------------------------------------------------------
 */

bool ps_sqlite_listen(ps_session *s, int64_t number);
void ps_sqlite_ring(ps_session *s, int64_t number);
bool ps_sqlite_next_ring(ps_session *s, int64_t *number, bool *lost);
void ps_sqlite_close_bells(ps_session *s);

/* -- fault.c: what went wrong, in words
 * ------------------------------------------------------------ */

/* Fills `t` from the database's last error, and says what it means for the units that run:
 * REFUSED (this unit is wrong), FAILED (not now), LOST (the session is of no use).
 *
 * doing  "opening", "committing", NULL for a statement of the unit */
ps_run ps_sqlite_judge(ps_session *s, int rc, size_t culprit, const char *doing, ps_trouble *t);

/* -- wal.c: the write-ahead log ------------------------------------------------------------------
 */

void ps_sqlite_begin_wal(ps_session *s);
/* Within a writing transaction: makes room for what it writes, before that is synced. */
void ps_sqlite_grow_wal(ps_session *s);
/* Copies the log into the file when that is worth it; see ps_backend.idle. */
void ps_sqlite_tidy_wal(ps_session *s, bool is_idle);

/* -- run.c
 * ----------------------------------------------------------------------------------------- */

ps_run ps_sqlite_run(ps_session *s, ps_unit *const *units, size_t count, bool may_wait, size_t *at,
                     ps_trouble *t);
ps_run ps_sqlite_read(ps_session *s, ps_unit *u, ps_trouble *t);

#endif
