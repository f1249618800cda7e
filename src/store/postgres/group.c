/* group.c -- groups of units, each one transaction; and what became of one whose connection was
 * cut.
 *
 * A group whose statements answer no rows, and one of which has a witness, takes one round trip:
 * its statements are a transaction by being sent together. All others take two: the transaction's
 * number and all answers are here before COMMIT is sent, so that nothing is lost with the
 * connection but the news of the commit itself, and the server keeps that by the number. */
#include "store/postgres/session.h"

#include "base/mem.h"

#include <string.h>

enum { XID = 24, TRIES = 6 };

typedef enum fate { IS_KEPT, IS_NOT_KEPT, IS_UNKNOWN } fate;

typedef struct group {
    ps_pipe pipe;
    bool is_short; /* one round trip */
    ps_call witness;
    char xid[XID]; /* empty: it wrote nothing */
    char home[sizeof((ps_session *)0)->home];
    bool is_unsure; /* the commit was sent */
} group;

static bool find_witness(group *g)
{
    bool has_witness = false;
    for (size_t i = 0; i < g->pipe.count; i++) {
        size_t calls = ps_unit_call_count(g->pipe.units[i]);
        for (size_t k = 0; k < calls; k++) {
            ps_call call = ps_unit_call(g->pipe.units[i], k);
            if (call.statement->wants_rows) {
                return false;
            }
            if (!has_witness && ps_pg_witness(call.statement).len) {
                has_witness = true;
                g->witness = call;
            }
        }
    }
    return has_witness;
}

/* -- two ways -------------------------------------------------------------------------------- */

static ps_pg_verdict run_short(ps_session *s, group *g, ps_trouble *t)
{
    g->is_unsure = true;
    if (!ps_pipe_send(s, &g->pipe) || !ps_pipe_sync(s)) {
        ps_pg_explain(s->conn, t);
        return PS_PG_GONE;
    }
    ps_trouble late;
    ps_pg_verdict verdict = ps_pipe_read(s, &g->pipe, t);
    ps_pg_verdict end = verdict == PS_PG_GONE ? PS_PG_GONE : ps_pipe_read_sync(s, &late);
    if (verdict == PS_PG_DONE && end != PS_PG_DONE) {
        *t = late;
        return end == PS_PG_GONE ? PS_PG_GONE : PS_PG_FAILED;
    }
    return end == PS_PG_GONE && verdict == PS_PG_DONE ? PS_PG_GONE : verdict;
}

/* Ends a transaction: the words of the end are nobody's if it had failed before. */
static ps_pg_verdict end_with(ps_session *s, const char *word, ps_trouble *t)
{
    if (!ps_pipe_send_word(s, word) || !ps_pipe_sync(s)) {
        ps_pg_explain(s->conn, t);
        return PS_PG_GONE;
    }
    ps_pg_verdict verdict = ps_pipe_read_word(s, NULL, 0, t);
    ps_pg_verdict end = verdict == PS_PG_GONE ? verdict : ps_pipe_read_sync(s, t);
    return verdict == PS_PG_DONE ? end : verdict;
}

static ps_pg_verdict run_long(ps_session *s, group *g, ps_trouble *t)
{
    ps_trouble other;
    g->is_unsure = false;
    if (!ps_pipe_send_word(s, "BEGIN") || !ps_pipe_send(s, &g->pipe) ||
        !ps_pipe_send_word(s, "SELECT pg_current_xact_id_if_assigned()::text") ||
        !ps_pipe_sync(s)) {
        ps_pg_explain(s->conn, t);
        return PS_PG_GONE;
    }
    ps_pg_verdict verdict = ps_pipe_read_word(s, NULL, 0, t);
    if (verdict != PS_PG_DONE) {
        return PS_PG_GONE; /* a connection that cannot begin is none */
    }
    verdict = ps_pipe_read(s, &g->pipe, t);
    if (verdict == PS_PG_GONE ||
        ps_pipe_read_word(s, g->xid, sizeof g->xid, verdict ? &other : t) == PS_PG_GONE ||
        ps_pipe_read_sync(s, verdict ? &other : t) == PS_PG_GONE) {
        return PS_PG_GONE;
    }
    if (verdict != PS_PG_DONE) {
        if (end_with(s, "ROLLBACK", &other) == PS_PG_GONE) {
            ps_pg_drop(s);
        }
        return verdict;
    }
    g->is_unsure = true;
    verdict = end_with(s, "COMMIT", t);
    return verdict == PS_PG_DONE || verdict == PS_PG_GONE ? verdict : PS_PG_FAILED;
}

/* -- what became of it ----------------------------------------------------------------------- */

static fate ask_witness(ps_session *s, const group *g, bool *is_gone)
{
    ps_str sql = ps_pg_witness(g->witness.statement);
    ps_buf text = {0};
    ps_buf_add(&text, sql);
    ps_buf_add_char(&text, '\0');
    ps_pg_params_fill(&s->params, &g->witness);
    PGresult *r = ps_pg_ask_with(s, text.p, g->witness.statement->arity, &s->params);
    ps_buf_free(&text);
    *is_gone = !r;
    fate answer = !r || PQresultStatus(r) != PGRES_TUPLES_OK ? IS_UNKNOWN
                  : PQntuples(r) > 0                         ? IS_KEPT
                                                             : IS_NOT_KEPT;
    PQclear(r);
    return answer;
}

static fate ask_number(ps_session *s, const group *g, bool *is_gone)
{
    const char *params[] = {g->xid};
    PGresult *r = ps_pg_ask(s, "SELECT pg_xact_status($1::xid8)", 1, params);
    const char *word = r && PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "";
    fate answer = strcmp(word, "committed") == 0 ? IS_KEPT
                  : strcmp(word, "aborted") == 0 ? IS_NOT_KEPT
                                                 : IS_UNKNOWN;
    *is_gone = !r;
    PQclear(r);
    return answer;
}

/* The server's process that ran it is no more when we ask. */
static fate find_out(ps_session *s, const group *g, int64_t deadline_ms, ps_trouble *t)
{
    bool is_gone = true;
    fate answer = IS_UNKNOWN;
    if (!g->is_unsure) {
        return IS_NOT_KEPT;
    }
    if (!g->is_short && !g->xid[0]) {
        return IS_KEPT; /* there was nothing to keep */
    }
    while (is_gone) {
        if (!s->conn && !ps_pg_revive(s, deadline_ms, t)) {
            return IS_UNKNOWN;
        }
        if (strcmp(s->home, g->home) != 0) {
            return IS_UNKNOWN;
        }
        answer = g->is_short ? ask_witness(s, g, &is_gone) : ask_number(s, g, &is_gone);
        if (is_gone) {
            ps_pg_explain(s->conn, t);
            ps_pg_drop(s);
        }
    }
    return answer;
}

/* Its answers were lost, but they are known: each statement did what it must. */
static void answer_all(const group *g, ps_trouble *t)
{
    for (size_t i = 0; i < g->pipe.count; i++) {
        ps_unit *u = g->pipe.units[i];
        size_t calls = ps_unit_call_count(u);
        ps_answer_clear(u);
        for (size_t k = 0; k < calls; k++) {
            ps_answer_begin(u, 0);
            (void)ps_answer_end(u, ps_unit_call(u, k).statement->expect, t);
        }
    }
}

static void clear_all(const group *g)
{
    for (size_t i = 0; i < g->pipe.count; i++) {
        ps_answer_clear(g->pipe.units[i]);
    }
}

/* -- the backend's ---------------------------------------------------------------------------- */

static ps_run lost(const group *g, ps_trouble *t)
{
    if (g->is_unsure) {
        char why[sizeof t->text];
        memcpy(why, t->text, sizeof why);
        ps_trouble_set(
            t, PS_STORE_STORE, 0,
            "the connection was lost while this was committed, and whether it was is not "
            "known: %.200s",
            why);
    }
    return PS_RUN_LOST;
}

static ps_run run_group(ps_session *s, group *g, int64_t deadline_ms, ps_trouble *t)
{
    for (int tries = 1;; tries++) {
        if (!s->conn && !ps_pg_revive(s, deadline_ms, t)) {
            g->is_unsure = false;
            return lost(g, t);
        }
        memcpy(g->home, s->home, sizeof g->home);
        ps_pg_verdict verdict = g->is_short ? run_short(s, g, t) : run_long(s, g, t);
        if (verdict == PS_PG_GONE) {
            ps_pg_drop(s);
            fate f = find_out(s, g, deadline_ms, t);
            if (f == IS_UNKNOWN) {
                return lost(g, t);
            }
            if (f == IS_KEPT) {
                if (g->is_short) {
                    answer_all(g, t);
                }
                return PS_RUN_DONE;
            }
            if (ps_pg_now_ms() >= deadline_ms) {
                g->is_unsure = false;
                return lost(g, t);
            }
        } else if (verdict != PS_PG_AGAIN || tries == TRIES || ps_pg_now_ms() >= deadline_ms) {
            return verdict == PS_PG_DONE     ? PS_RUN_DONE
                   : verdict == PS_PG_FAILED ? PS_RUN_FAILED
                                             : PS_RUN_REFUSED;
        }
        clear_all(g);
    }
}

ps_run ps_pg_run(ps_session *s, ps_unit *const *units, size_t count, bool may_wait, size_t *at,
                 ps_trouble *t)
{
    group g = {.pipe = {.units = units, .count = count}};
    if (!s->conn && !may_wait) {
        return PS_RUN_BUSY;
    }
    g.is_short = find_witness(&g);
    ps_run run = run_group(s, &g, ps_pg_now_ms() + s->limit_ms, t);
    *at = g.pipe.at;
    ps_pipe_free(&g.pipe);
    return run;
}

ps_run ps_pg_read(ps_session *s, ps_unit *u, ps_trouble *t)
{
    int64_t deadline_ms = ps_pg_now_ms() + s->limit_ms;
    ps_run run = PS_RUN_LOST;
    for (int tries = 0; tries < TRIES && run == PS_RUN_LOST; tries++) {
        ps_pipe p = {.units = &u, .count = 1};
        ps_trouble other;
        ps_answer_clear(u);
        if (!s->conn && !ps_pg_revive(s, deadline_ms, t)) {
            return PS_RUN_LOST;
        }
        ps_pg_verdict verdict = PS_PG_GONE;
        if (ps_pipe_send(s, &p) && ps_pipe_sync(s)) {
            verdict = ps_pipe_read(s, &p, t);
            if (verdict != PS_PG_GONE && ps_pipe_read_sync(s, &other) == PS_PG_GONE) {
                verdict = PS_PG_GONE;
            }
        } else {
            ps_pg_explain(s->conn, t);
        }
        if (verdict == PS_PG_GONE) {
            ps_pg_drop(s);
        } else if (verdict != PS_PG_AGAIN || tries + 1 == TRIES) {
            run = verdict == PS_PG_DONE     ? PS_RUN_DONE
                  : verdict == PS_PG_FAILED ? PS_RUN_FAILED
                                            : PS_RUN_REFUSED;
        }
        ps_pipe_free(&p);
    }
    return run;
}
