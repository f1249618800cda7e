/* revive.c -- a new connection in place of one that is gone: the server's old process is ended
 * first, then what we held is taken again.
 *
 * The old process may have everything we sent and not know yet that we are gone: as long as it
 * lives, it may still commit, and it holds our locks. */
#include "store/postgres/session.h"

#include <stdio.h>
#include <time.h>

typedef struct ghost {
    int pid;
    char born[sizeof((ps_session *)0)->born];
    char home[sizeof((ps_session *)0)->home];
} ghost;

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Another server's processes are none of ours; a restart has ended them all. */
static bool lay(ps_session *s, const ghost *g, int64_t deadline_ms)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", g->pid);
    const char *params[] = {pid, g->born};
    bool is_gone = false;
    if (strcmp(g->home, s->home) != 0) {
        return true;
    }
    for (int64_t ms = 1; ps_pg_now_ms() < deadline_ms; ms = ms < 100 ? ms * 2 : 100) {
        bool is_there = ps_pg_ask_bool(s,
                                       "SELECT pg_terminate_backend(pid) OR true FROM"
                                       " pg_stat_activity WHERE pid = $1::int AND"
                                       " backend_start::text = $2",
                                       2, params, &is_gone);
        if (is_gone || !is_there) {
            return !is_gone;
        }
        pause_ms(ms);
    }
    return false;
}

static bool take_again(ps_session *s)
{
    bool is_ours;
    for (size_t i = 0; i < s->held.count; i++) {
        if (!ps_pg_lock(s, s->held.p[i], &is_ours)) {
            return false;
        }
    }
    for (size_t i = 0; i < s->heard.count; i++) {
        if (!ps_pg_subscribe(s, s->heard.p[i])) {
            return false;
        }
    }
    return true;
}

static bool try_once(ps_session *s, ghost *g, int64_t deadline_ms, ps_trouble *t)
{
    int64_t connect_ms = ps_pg_now_ms() + PS_PG_CONNECT_MS;
    if (!ps_pg_connect(s, connect_ms < deadline_ms ? connect_ms : deadline_ms, t)) {
        return false;
    }
    if ((!s->is_haunted || lay(s, g, deadline_ms)) && take_again(s)) {
        s->is_haunted = false;
        return true;
    }
    ps_pg_explain(s->conn, t);
    /* Whatever we did not end is still to be ended: not this one. */
    PQfinish(s->conn);
    s->conn = NULL;
    return false;
}

bool ps_pg_revive(ps_session *s, int64_t deadline_ms, ps_trouble *t)
{
    ghost g = {.pid = s->pid};
    memcpy(g.born, s->born, sizeof g.born);
    memcpy(g.home, s->home, sizeof g.home);
    for (int64_t ms = 20;; ms = ms < 500 ? ms * 2 : 1000) {
        if (try_once(s, &g, deadline_ms, t)) {
            return true;
        }
        if (s->is_haunted) {
            s->pid = g.pid;
            memcpy(s->born, g.born, sizeof g.born);
            memcpy(s->home, g.home, sizeof g.home);
        }
        if (t->fault == PS_STORE_INPUT || ps_pg_now_ms() + ms >= deadline_ms) {
            return false;
        }
        pause_ms(ms);
    }
}
