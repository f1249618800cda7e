/* verbs.c -- locks that die with their holder, rings, the server's clock.
 */
#include "store/postgres/session.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 24 };

/* Session locks, one pair of numbers each: the schema's, and the caller's. */
bool ps_pg_lock(ps_session *s, int64_t number, bool *is_ours)
{
    char digits[DIGITS];
    bool is_gone;
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    const char *params[] = {s->locks, digits};
    *is_ours =
        ps_pg_ask_bool(s, "SELECT pg_try_advisory_lock($1::int, $2::int)", 2, params, &is_gone);
    return !is_gone;
}

static bool let_go(ps_session *s, int64_t number)
{
    char digits[DIGITS];
    bool is_gone;
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    const char *params[] = {s->locks, digits};
    (void)ps_pg_ask_bool(s, "SELECT pg_advisory_unlock($1::int, $2::int)", 2, params, &is_gone);
    return !is_gone;
}

static bool is_held(ps_session *s, int64_t number, bool *answer)
{
    char digits[DIGITS];
    bool is_gone;
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    const char *params[] = {s->locks, digits};
    *answer =
        ps_pg_ask_bool(s,
                       "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND"
                       " classid::bigint = $1::bigint & 4294967295 AND"
                       " objid::bigint = $2::bigint AND objsubid = 2 AND granted AND database ="
                       " (SELECT oid FROM pg_database WHERE datname = current_database()))",
                       2, params, &is_gone);
    return !is_gone;
}

bool ps_pg_subscribe(ps_session *s, int64_t number)
{
    char sql[64];
    snprintf(sql, sizeof sql, "LISTEN passo_bell_%lld", (long long)number);
    PGresult *r = ps_pg_ask(s, sql, 0, NULL);
    bool ok = r && PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return ok;
}

/* A notification takes a lock that all commits with one share: it is not kept while a disk is
 * written to. */
static bool ring(ps_session *s, int64_t number)
{
    char channel[48];
    snprintf(channel, sizeof channel, "passo_bell_%lld", (long long)number);
    const char *params[] = {channel};
    PGresult *r = ps_pg_ask(
        s, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')", 1, params);
    bool ok = r && PQresultStatus(r) == PGRES_TUPLES_OK;
    PQclear(r);
    return ok;
}

static bool now(ps_session *s, int64_t *ms)
{
    PGresult *r = ps_pg_ask(
        s, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text", 0, NULL);
    bool ok = r && PQresultStatus(r) == PGRES_TUPLES_OK;
    if (ok) {
        *ms = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    }
    PQclear(r);
    return ok;
}

static bool perform(ps_session *s, ps_unit *u, int64_t number)
{
    int64_t answer = 1;
    bool yes = true, ok = false;
    switch (ps_unit_verb(u)) {
    case PS_VERB_HOLD:
        ok = ps_numbers_has(&s->held, number) || ps_pg_lock(s, number, &yes);
        if (ok && yes) {
            ps_numbers_add(&s->held, number);
        }
        answer = yes;
        break;
    case PS_VERB_LET_GO:
        ok = !ps_numbers_has(&s->held, number) || let_go(s, number);
        ps_numbers_remove(&s->held, number);
        break;
    case PS_VERB_HELD:
        ok = is_held(s, number, &yes);
        answer = yes;
        break;
    case PS_VERB_LISTEN:
        ok = ps_pg_subscribe(s, number);
        if (ok) {
            ps_numbers_add(&s->heard, number);
        }
        break;
    case PS_VERB_RING:
        ok = ring(s, number);
        break;
    default:
        ok = now(s, &answer);
    }
    ps_answer_number(u, answer);
    return ok;
}

/* Each of them may be done twice. */
ps_run ps_pg_verb(ps_session *s, ps_unit *u, ps_trouble *t)
{
    int64_t number = ps_unit_number(u), deadline_ms = ps_pg_now_ms() + s->limit_ms;
    for (int tries = 0; tries < 3; tries++) {
        if (!s->conn && !ps_pg_revive(s, deadline_ms, t)) {
            return PS_RUN_LOST;
        }
        if (perform(s, u, number)) {
            return PS_RUN_DONE;
        }
        ps_pg_explain(s->conn, t);
        ps_pg_drop(s);
    }
    return PS_RUN_LOST;
}
