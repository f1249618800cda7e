/* pipe.c -- many statements in one round trip.
 */
#include "base/mem.h"
#include "store/postgres/session.h"

#include <stdio.h>

bool ps_pipe_send(ps_session *s, ps_pipe *p)
{
    enum { PORTION = 32 * 1024 };
    size_t n = 0, size = 0;
    for (size_t i = 0; i < p->count; i++) {
        size_t calls = ps_unit_call_count(p->units[i]);
        if (n + calls > p->capacity) {
            p->capacity = ps_grow(p->capacity, n + calls);
            p->prepares = ps_realloc(p->prepares, p->capacity, sizeof *p->prepares);
        }
        for (size_t k = 0; k < calls; k++) {
            ps_call call = ps_unit_call(p->units[i], k);
            bool prepares = p->prepares[n++] = !ps_pg_is_prepared(s, call.statement);
            if (!ps_pg_send(s, &call, prepares)) {
                return false;
            }
            ps_pg_set_prepared(s, call.statement, true);
        }
        /* Much is sent in portions, so that the server is at work meanwhile; what cannot go now
         * goes with the rest. A little wakes the server once. */
        size += ps_unit_size(p->units[i]);
        if (size > PORTION) {
            size = 0;
            if (PQflush(s->conn) < 0) {
                return false;
            }
        }
    }
    return true;
}

bool ps_pipe_send_word(ps_session *s, const char *sql)
{
    return PQsendQueryParams(s->conn, sql, 0, NULL, NULL, NULL, NULL, 0) != 0;
}

bool ps_pipe_sync(ps_session *s)
{
    return PQpipelineSync(s->conn) && ps_pg_flush(s, ps_pg_now_ms() + s->answer_ms);
}

/* The result of one command, and the NULL behind it. NULL: the connection is gone. */
static PGresult *next_result(ps_session *s)
{
    int64_t deadline_ms = ps_pg_now_ms() + s->answer_ms;
    PGresult *r = NULL, *end = NULL;
    if (!ps_pg_result(s, deadline_ms, &r) || !r) {
        return NULL;
    }
    if (!ps_pg_result(s, deadline_ms, &end) || end) {
        PQclear(end);
        PQclear(r);
        return NULL;
    }
    return r;
}

static ps_pg_verdict gone(ps_session *s, ps_trouble *t)
{
    ps_pg_explain(s->conn, t);
    return PS_PG_GONE;
}

static bool is_good(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* One statement's results, or that of its preparation. */
static ps_pg_verdict read_one(ps_session *s, ps_pipe *p, size_t i, size_t k, bool is_preparation,
                              bool has_failed, ps_trouble *t)
{
    ps_pg_verdict verdict = PS_PG_DONE;
    const ps_statement *st = ps_unit_call(p->units[i], k).statement;
    PGresult *r = next_result(s);
    if (!r) {
        return gone(s, t);
    }
    if (!is_good(r) && is_preparation) {
        ps_pg_set_prepared(s, st, false);
    }
    if (!has_failed && !is_good(r)) {
        verdict = ps_pg_judge(r, s->conn, k + 1, t);
    } else if (!has_failed && !is_preparation && !ps_pg_answer(p->units[i], st, r, t)) {
        t->culprit = k + 1;
        verdict = PS_PG_REFUSED;
    }
    if (verdict != PS_PG_DONE) {
        p->at = i;
    }
    PQclear(r);
    return verdict;
}

ps_pg_verdict ps_pipe_read(ps_session *s, ps_pipe *p, ps_trouble *t)
{
    ps_pg_verdict verdict = PS_PG_DONE;
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++) {
        size_t calls = ps_unit_call_count(p->units[i]);
        for (size_t k = 0; k < calls; k++) {
            for (int part = p->prepares[n++] ? 0 : 1; part < 2; part++) {
                ps_trouble mine;
                bool has_failed = verdict != PS_PG_DONE;
                ps_pg_verdict v =
                    read_one(s, p, i, k, part == 0, has_failed, has_failed ? &mine : t);
                if (v == PS_PG_GONE) {
                    return v;
                }
                verdict = has_failed ? verdict : v;
            }
        }
    }
    return verdict;
}

ps_pg_verdict ps_pipe_read_word(ps_session *s, char *to, size_t size, ps_trouble *t)
{
    PGresult *r = next_result(s);
    if (!r) {
        return gone(s, t);
    }
    /* Behind a statement that failed nothing was done: the error is that one's. */
    bool is_skipped = PQresultStatus(r) == PGRES_PIPELINE_ABORTED;
    ps_pg_verdict verdict = is_good(r)   ? PS_PG_DONE
                            : is_skipped ? PS_PG_REFUSED
                                         : ps_pg_judge(r, s->conn, 0, t);
    if (to) {
        bool has_value = verdict == PS_PG_DONE && PQntuples(r) > 0 && !PQgetisnull(r, 0, 0);
        snprintf(to, size, "%s", has_value ? PQgetvalue(r, 0, 0) : "");
    }
    PQclear(r);
    return verdict;
}

ps_pg_verdict ps_pipe_read_sync(ps_session *s, ps_trouble *t)
{
    enum { MOST = 4 };
    ps_pg_verdict verdict = PS_PG_DONE;
    for (int n = 0; n < MOST; n++) {
        PGresult *r;
        if (!ps_pg_result(s, ps_pg_now_ms() + s->answer_ms, &r)) {
            return gone(s, t);
        }
        ExecStatusType status = r ? PQresultStatus(r) : PGRES_EMPTY_QUERY;
        if (r && status == PGRES_FATAL_ERROR) {
            verdict = ps_pg_judge(r, s->conn, 0, t);
        }
        PQclear(r);
        if (status == PGRES_PIPELINE_SYNC || verdict == PS_PG_GONE) {
            return verdict;
        }
    }
    return gone(s, t);
}

void ps_pipe_free(ps_pipe *p)
{
    ps_free(p->prepares);
    *p = (ps_pipe){0};
}
