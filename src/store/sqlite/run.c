/* run.c -- groups and reads: statements are bound, stepped, and what they give is kept.
 */
#include "base/mem.h"
#include "store/sqlite/layout.h"

/* -- statements ------------------------------------------------------------------------------ */

static sqlite3_stmt **slot_of(ps_session *s, size_t id)
{
    if (id >= s->statement_count) {
        size_t count = ps_grow(s->statement_count, id + 1);
        s->statements = ps_realloc(s->statements, count, sizeof *s->statements);
        memset(s->statements + s->statement_count, 0,
               (count - s->statement_count) * sizeof *s->statements);
        s->statement_count = count;
    }
    return &s->statements[id];
}

/* NULL and `*run`: it cannot be prepared. */
static sqlite3_stmt *prepare(ps_session *s, const ps_statement *st, size_t culprit, ps_run *run,
                             ps_trouble *t)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(s->db, st->sql, (int)st->sql_len + 1, SQLITE_PREPARE_PERSISTENT,
                                &stmt, NULL);
    if (rc != SQLITE_OK) {
        *run = ps_sqlite_judge(s, rc, culprit, NULL, t);
        return NULL;
    }
    int arity = stmt ? sqlite3_bind_parameter_count(stmt) : 0;
    if (!stmt || arity != (int)st->arity) {
        ps_trouble_set(t, PS_STORE_INPUT, culprit,
                       "the statement has %d parameters, not %zu: %.80s", arity, st->arity,
                       st->sql);
        (void)sqlite3_finalize(stmt);
        *run = PS_RUN_REFUSED;
        return NULL;
    }
    return stmt;
}

/* The session's own, prepared when it is first needed. */
static sqlite3_stmt *find(ps_session *s, const ps_statement *st, size_t culprit, ps_run *run,
                          ps_trouble *t)
{
    sqlite3_stmt **slot = slot_of(s, st->id);
    if (!*slot) {
        *slot = prepare(s, st, culprit, run, t);
    }
    return *slot;
}

/* What is bound lives in the unit, which outlives the step; the next one binds anew. */
static int bind(sqlite3_stmt *stmt, const ps_call *call)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < call->statement->arity && rc == SQLITE_OK; i++) {
        const ps_cell *cell = &call->params[i];
        int at = (int)i + 1;
        switch (cell->kind) {
        case PS_CELL_NULL:
            rc = sqlite3_bind_null(stmt, at);
            break;
        case PS_CELL_INT:
            rc = sqlite3_bind_int64(stmt, at, cell->as.i);
            break;
        case PS_CELL_REAL:
            rc = sqlite3_bind_double(stmt, at, cell->as.r);
            break;
        case PS_CELL_TEXT:
            rc = sqlite3_bind_text64(stmt, at, cell->as.s.p, cell->as.s.len, SQLITE_STATIC,
                                     SQLITE_UTF8);
            break;
        case PS_CELL_BLOB:
            rc = sqlite3_bind_blob64(stmt, at, cell->as.s.p, cell->as.s.len, SQLITE_STATIC);
            break;
        }
    }
    return rc;
}

static void keep_row(ps_unit *u, sqlite3_stmt *stmt, int columns)
{
    for (int i = 0; i < columns; i++) {
        ps_str s;
        switch (sqlite3_column_type(stmt, i)) {
        case SQLITE_INTEGER:
            ps_answer_int(u, sqlite3_column_int64(stmt, i));
            break;
        case SQLITE_FLOAT:
            ps_answer_real(u, sqlite3_column_double(stmt, i));
            break;
        case SQLITE_TEXT:
            s.p = (const char *)sqlite3_column_text(stmt, i);
            s.len = (size_t)sqlite3_column_bytes(stmt, i);
            ps_answer_text(u, s);
            break;
        case SQLITE_BLOB:
            s.p = sqlite3_column_blob(stmt, i);
            s.len = (size_t)sqlite3_column_bytes(stmt, i);
            ps_answer_blob(u, s);
            break;
        default:
            ps_answer_null(u);
        }
    }
}

static ps_run run_call(ps_session *s, ps_unit *u, size_t k, ps_trouble *t)
{
    ps_run run = PS_RUN_DONE;
    ps_call call = ps_unit_call(u, k);
    sqlite3_stmt *stmt = find(s, call.statement, k + 1, &run, t);
    if (!stmt) {
        return run;
    }
    int columns = call.statement->wants_rows ? sqlite3_column_count(stmt) : 0;
    ps_answer_begin(u, (size_t)columns);
    int rc = bind(stmt, &call);
    if (rc == SQLITE_OK) {
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            keep_row(u, stmt, columns);
        }
    }
    if (rc != SQLITE_DONE) {
        run = ps_sqlite_judge(s, rc, k + 1, NULL, t);
    } else if (!ps_answer_end(u, sqlite3_stmt_readonly(stmt) ? 0 : sqlite3_changes64(s->db), t)) {
        run = PS_RUN_REFUSED;
    }
    (void)sqlite3_reset(stmt); /* what it says was said by the step */
    return run;
}

static ps_run run_unit(ps_session *s, ps_unit *u, ps_trouble *t)
{
    size_t count = ps_unit_call_count(u);
    for (size_t k = 0; k < count; k++) {
        ps_run run = run_call(s, u, k, t);
        if (run != PS_RUN_DONE) {
            return run;
        }
    }
    return PS_RUN_DONE;
}

/* -- transactions ---------------------------------------------------------------------------- */

static int step_once(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    (void)sqlite3_reset(stmt);
    return rc;
}

/* A transaction that SQLite has ended by itself is over. */
static void roll_back(ps_session *s)
{
    if (!sqlite3_get_autocommit(s->db)) {
        (void)step_once(s->rollback);
    }
}

static ps_run run_locked(ps_session *s, ps_unit *const *units, size_t count, size_t *at,
                         ps_trouble *t)
{
    if (!ps_sqlite_check_files(s, t)) {
        return PS_RUN_FAILED;
    }
    int rc = step_once(s->begin);
    if (rc != SQLITE_DONE) {
        /* No unit is to blame: a connection that cannot begin is none. */
        ps_run run = ps_sqlite_judge(s, rc, 0, "beginning to write", t);
        return run == PS_RUN_REFUSED ? PS_RUN_LOST : run;
    }
    for (size_t i = 0; i < count; i++) {
        ps_run run = run_unit(s, units[i], t);
        if (run != PS_RUN_DONE) {
            *at = i;
            roll_back(s);
            return run;
        }
    }
    ps_sqlite_grow_wal(s);
    rc = step_once(s->commit);
    if (rc != SQLITE_DONE) {
        ps_run run = ps_sqlite_judge(s, rc, 0, "committing", t);
        roll_back(s);
        *at = 0;
        return run == PS_RUN_REFUSED && count > 1 ? PS_RUN_FAILED : run;
    }
    return PS_RUN_DONE;
}

ps_run ps_sqlite_run(ps_session *s, ps_unit *const *units, size_t count, bool may_wait, size_t *at,
                     ps_trouble *t)
{
    if (!ps_sqlite_lock(s, may_wait)) {
        if (!may_wait) {
            return PS_RUN_BUSY;
        }
        ps_sqlite_explain_turn(s, t);
        return PS_RUN_FAILED;
    }
    ps_run run = run_locked(s, units, count, at, t);
    ps_sqlite_unlock(s);
    return run;
}

ps_run ps_sqlite_read(ps_session *s, ps_unit *u, ps_trouble *t)
{
    bool is_many = ps_unit_call_count(u) > 1;
    int rc = is_many ? step_once(s->begin_read) : SQLITE_DONE;
    if (rc != SQLITE_DONE) {
        return ps_sqlite_judge(s, rc, 0, "beginning to read", t);
    }
    ps_run run = run_unit(s, u, t);
    roll_back(s); /* nothing was changed */
    return run;
}
