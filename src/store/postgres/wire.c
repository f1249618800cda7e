/* wire.c -- bytes to and from the server, with a limit on how long each may take.
 */
#include "store/postgres/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

int64_t ps_pg_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool ps_pg_wait(PGconn *conn, bool for_writing, int64_t deadline_ms)
{
    struct pollfd polled = {
        .fd = PQsocket(conn),
        .events = (short)(for_writing ? POLLIN | POLLOUT : POLLIN),
    };
    for (;;) {
        int64_t left = deadline_ms - ps_pg_now_ms();
        if (left < 0 || polled.fd < 0) {
            return false;
        }
        int count = poll(&polled, 1, left < 60000 ? (int)left + 1 : 60000);
        if (count > 0 || (count < 0 && errno != EINTR)) {
            return count > 0;
        }
    }
}

bool ps_pg_flush(ps_session *s, int64_t deadline_ms)
{
    int left;
    while ((left = PQflush(s->conn)) == 1) {
        /* The server may not read on before we have read what it has to say. */
        if (!ps_pg_wait(s->conn, true, deadline_ms) || !PQconsumeInput(s->conn)) {
            return false;
        }
    }
    return left == 0;
}

bool ps_pg_result(ps_session *s, int64_t deadline_ms, PGresult **result)
{
    *result = NULL;
    while (PQisBusy(s->conn)) {
        if (!ps_pg_wait(s->conn, false, deadline_ms) || !PQconsumeInput(s->conn)) {
            return false;
        }
    }
    *result = PQgetResult(s->conn);
    if (!*result && PQstatus(s->conn) == CONNECTION_BAD) {
        return false;
    }
    return true;
}

/* The last result of a statement that was queued. */
static PGresult *finish(ps_session *s)
{
    int64_t deadline_ms = ps_pg_now_ms() + s->answer_ms;
    PGresult *last = NULL, *r;
    if (!ps_pg_flush(s, deadline_ms)) {
        return NULL;
    }
    while (ps_pg_result(s, deadline_ms, &r)) {
        if (!r) {
            return last;
        }
        PQclear(last);
        last = r;
    }
    PQclear(last);
    return NULL;
}

static PGresult *ask(ps_session *s, const char *sql, const ps_pg_params *p, int count)
{
    if (!PQexitPipelineMode(s->conn) ||
        !PQsendQueryParams(s->conn, sql, count, p->types, p->values, p->lengths, p->formats, 0)) {
        return NULL;
    }
    PGresult *r = finish(s);
    if (r && (PQstatus(s->conn) != CONNECTION_OK || !PQenterPipelineMode(s->conn))) {
        PQclear(r);
        r = NULL;
    }
    return r;
}

PGresult *ps_pg_ask(ps_session *s, const char *sql, int count, const char *const *params)
{
    const ps_pg_params texts = {.values = (const char **)params};
    return ask(s, sql, &texts, count);
}

PGresult *ps_pg_ask_with(ps_session *s, const char *sql, size_t count, const ps_pg_params *params)
{
    return ask(s, sql, params, (int)count);
}

bool ps_pg_ask_bool(ps_session *s, const char *sql, int count, const char *const *params,
                    bool *is_gone)
{
    PGresult *r = ps_pg_ask(s, sql, count, params);
    *is_gone = !r || PQresultStatus(r) != PGRES_TUPLES_OK;
    bool answer = !*is_gone && PQntuples(r) > 0 && PQgetvalue(r, 0, 0)[0] == 't';
    PQclear(r);
    return answer;
}

bool ps_pg_listen(ps_session *s)
{
    PGnotify *n;
    bool is_alive = PQconsumeInput(s->conn) != 0;
    while ((n = PQnotifies(s->conn))) {
        const char *digits = strrchr(n->relname, '_');
        int64_t number = digits ? strtoll(digits + 1, NULL, 10) : 0;
        if (!ps_numbers_has(&s->rings, number)) {
            ps_numbers_add(&s->rings, number);
        }
        PQfreemem(n);
    }
    return is_alive && PQstatus(s->conn) == CONNECTION_OK;
}
