/* postgres.c -- the backend's table, and the life of its sessions.
 */
#include "store/postgres/postgres.h"

#include "base/mem.h"
#include "store/postgres/session.h"

#include <sys/eventfd.h>
#include <unistd.h>

/* -- numbers ---------------------------------------------------------------------------------- */

bool ps_numbers_has(const ps_numbers *n, int64_t number)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->p[i] == number) {
            return true;
        }
    }
    return false;
}

void ps_numbers_add(ps_numbers *n, int64_t number)
{
    if (ps_numbers_has(n, number)) {
        return;
    }
    if (n->count == n->capacity) {
        n->capacity = ps_grow(n->capacity, n->count + 1);
        n->p = ps_realloc(n->p, n->capacity, sizeof *n->p);
    }
    n->p[n->count++] = number;
}

void ps_numbers_remove(ps_numbers *n, int64_t number)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->p[i] == number) {
            n->p[i] = n->p[--n->count];
            return;
        }
    }
}

/* -- sessions --------------------------------------------------------------------------------- */

static void session_close(ps_session *s)
{
    if (s->conn) {
        PQfinish(s->conn);
    }
    if (s->rings_fd >= 0) {
        close(s->rings_fd);
    }
    ps_pg_params_free(&s->params);
    ps_free(s->held.p);
    ps_free(s->heard.p);
    ps_free(s->rings.p);
    ps_free(s->is_prepared);
    /* There may be a password in it. */
    ps_wipe(s->target, strlen(s->target));
    ps_free(s->target);
    ps_free(s);
}

/* One try: who opens a store wants to know at once what is wrong with its address. */
static ps_session *session_open(const ps_store_options *options, ps_lane lane, ps_trouble *t)
{
    ps_session *s = ps_alloc_zeroed(1, sizeof *s);
    size_t size = strlen(options->target) + 1;
    s->target = memcpy(ps_alloc(size), options->target, size);
    s->lane = lane;
    s->relaxed = options->relaxed;
    s->limit_ms = options->wait_ms > 0 ? options->wait_ms : PS_PG_LIMIT_MS;
    s->answer_ms = s->limit_ms < PS_PG_ANSWER_MS ? s->limit_ms : PS_PG_ANSWER_MS;
    s->rings_fd = -1;
    if (!ps_pg_connect(s, ps_pg_now_ms() + PS_PG_CONNECT_MS, t)) {
        session_close(s);
        return NULL;
    }
    return s;
}

/* -- rings ------------------------------------------------------------------------------------ */

/* Those that came with other answers make no socket readable. Who holds locks wants to know, too,
 * when the connection has gone. */
static int rings_fd(ps_session *s)
{
    if (!s->conn || s->heard.count + s->held.count == 0) {
        return -1;
    }
    if (!ps_pg_listen(s) || s->rings.count > 0) {
        s->rings_fd = s->rings_fd >= 0 ? s->rings_fd : eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        return s->rings_fd;
    }
    return PQsocket(s->conn);
}

/* A connection that is gone is had again at once, or with the next work: our locks went with it. */
static bool next_ring(ps_session *s, int64_t *number, bool *is_lost)
{
    enum { PATIENCE_MS = 2000 };
    ps_trouble t;
    *is_lost = false;
    if (s->conn && !ps_pg_listen(s)) {
        ps_pg_drop(s);
        (void)ps_pg_revive(s, ps_pg_now_ms() + PATIENCE_MS, &t);
    }
    if (s->rings.count == 0) {
        return false;
    }
    *number = s->rings.p[0];
    ps_numbers_remove(&s->rings, *number);
    return true;
}

int ps_postgres_version(void)
{
    return PQlibVersion();
}

const ps_backend ps_backend_postgres = {
    .name = "postgres",
    .open = session_open,
    .close = session_close,
    .run = ps_pg_run,
    .read = ps_pg_read,
    .verb = ps_pg_verb,
    .fd = rings_fd,
    .next_ring = next_ring,
};
