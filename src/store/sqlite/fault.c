/* fault.c -- what SQLite says, what that means for the units, and what its user can do. */
#include "store/sqlite/layout.h"

/* Whose fault a primary result code is. */
typedef enum ps_blame {
    UNIT,   /* the statement's or its parameters' */
    MOMENT, /* the disk is full, somebody else has a lock: later it may work */
    FILES,  /* what the session believes of the files may be wrong */
} ps_blame;

static const struct {
    int rc;
    ps_blame blame;
    const char *advice;
} meanings[] = {
    {SQLITE_FULL, MOMENT,
     "free some space: nothing that was committed is lost, and the store goes on by itself"},
    {SQLITE_READONLY, FILES,
     "the file, its folder, and the files '-wal', '-shm' and '-passo' beside it must be writable"},
    {SQLITE_PERM, FILES, "the file and its folder must be readable and writable"},
    {SQLITE_CANTOPEN, FILES, "the folder must exist, and be readable and writable"},
    {SQLITE_AUTH, FILES, "the file and its folder must be readable and writable"},
    {SQLITE_CORRUPT, FILES,
     "stop every process that uses it, keep a copy with its '-wal' file, and bring back a backup "
     "or "
     "save what is left by `sqlite3 FILE .recover`"},
    {SQLITE_NOTADB, FILES, "this is no SQLite database, or it is encrypted: check the path"},
    {SQLITE_IOERR, FILES,
     "check the disk and its file system: what was answered before is kept, whether these last "
     "changes are is not known"},
    {SQLITE_BUSY, MOMENT,
     "a program that is not passo keeps the database locked: end its transaction"},
    {SQLITE_LOCKED, MOMENT,
     "a program that is not passo keeps the database locked: end its transaction"},
    {SQLITE_PROTOCOL, MOMENT,
     "a program that is not passo keeps the database locked: end its transaction"},
    {SQLITE_NOMEM, MOMENT, "there is not enough memory"},
    {SQLITE_NOLFS, FILES, "the file is too large for its file system"},
};

static const char *find_advice(int rc, ps_blame *blame)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].rc == (rc & 0xff)) {
            *blame = meanings[i].blame;
            return meanings[i].advice;
        }
    }
    *blame = UNIT;
    return NULL;
}

static bool is_unique(int rc)
{
    return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
           rc == SQLITE_CONSTRAINT_ROWID;
}

ps_run ps_sqlite_judge(ps_session *s, int rc, size_t culprit, const char *doing, ps_trouble *t)
{
    ps_blame blame;
    const char *advice = find_advice(rc, &blame);
    const char *words = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    if (blame == UNIT) {
        ps_trouble_set(t, is_unique(rc) ? PS_STORE_EXISTS : PS_STORE_INPUT, culprit, "SQLite: %s",
                       words);
        return PS_RUN_REFUSED;
    }
    ps_trouble_set(t, PS_STORE_STORE, culprit, "the store '%s' cannot be used%s%s: %s; %s", s->path,
                   doing ? " while " : "", doing ? doing : "", words, advice);
    return blame == MOMENT ? PS_RUN_FAILED : PS_RUN_LOST;
}
