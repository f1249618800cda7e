/* port.c -- a Lua state's end of an engine: which of its transfers have news, and how it is told.
 */
#include "base/mem.h"
#include "io/layout.h"

#include <poll.h>

ps_port *ps_port_open(ps_port_mode mode, ps_error *err)
{
    ps_engine *e = ps_engine_join(mode, err);
    if (!e) {
        return NULL;
    }
    ps_port *p = ps_alloc_zeroed(1, sizeof *p);
    atomic_init(&p->refs, 1);
    pthread_mutex_init(&p->lock, NULL);
    p->engine = e;
    p->forks = ps_wake_forks();
    p->is_threaded = mode == PS_PORT_THREAD;
    ps_wake_init(&p->wake);
    return p;
}

bool ps_port_is_ours(const ps_port *p)
{
    return p->engine && p->forks == ps_wake_forks();
}

static void drop_ready(ps_port *p)
{
    pthread_mutex_lock(&p->lock);
    ps_transfer *t = p->first_ready;
    p->first_ready = p->last_ready = NULL;
    pthread_mutex_unlock(&p->lock);
    while (t) {
        ps_transfer *next = t->next_ready;
        ps_transfer_unref(t);
        t = next;
    }
}

void ps_port_close(ps_port *p)
{
    if (!ps_port_is_ours(p)) {
        return; /* the parent's, whose threads may have held the locks when we were forked */
    }
    ps_engine *e = p->engine;
    atomic_store(&p->is_closed, true);
    p->engine = NULL;
    ps_engine_leave(e, p);
    drop_ready(p);
    ps_wake_close(&p->wake);
}

ps_port *ps_port_ref(ps_port *p)
{
    atomic_fetch_add(&p->refs, 1);
    return p;
}

void ps_port_unref(ps_port *p)
{
    if (atomic_fetch_sub(&p->refs, 1) != 1) {
        return;
    }
    pthread_mutex_destroy(&p->lock);
    ps_wake_destroy(&p->wake);
    ps_free(p);
}

void ps_port_free(ps_port *p)
{
    if (p) {
        ps_port_unref(p);
    }
}

ps_transfer *ps_port_submit(ps_port *p, const ps_io_request *request, ps_error *err)
{
    if (!ps_port_is_ours(p)) {
        (void)ps_fail(err, PS_ESTALE, 0, "the port was opened by another process, or is closed");
        return NULL;
    }
    ps_transfer *t = ps_transfer_new(p, request, err);
    if (t) {
        ps_engine_ask(p->engine, t, PS_ASK_START);
        if (!p->is_threaded) {
            ps_engine_drive(p->engine);
        }
    }
    return t;
}

/* -- news ------------------------------------------------------------------------------------ */

bool ps_port_post(ps_transfer *t)
{
    ps_port *p = t->port;
    if (t->is_ready || atomic_load(&p->is_closed)) {
        return false;
    }
    t->is_ready = true;
    t->next_ready = NULL;
    *(p->first_ready ? &p->last_ready->next_ready : &p->first_ready) = ps_transfer_ref(t);
    p->last_ready = t;
    return p->is_threaded && ps_wake_raise(&p->wake);
}

void ps_port_signal(ps_port *p)
{
    ps_wake_signal(&p->wake);
}

uint64_t ps_port_next(ps_port *p, bool *is_last)
{
    if (!ps_port_is_ours(p)) {
        return 0;
    }
    uint64_t id = 0;
    pthread_mutex_lock(&p->lock);
    ps_transfer *t = p->first_ready;
    if (t) {
        id = t->id;
        *is_last = t->is_done;
        t->is_ready = false;
        p->first_ready = t->next_ready;
    }
    pthread_mutex_unlock(&p->lock);
    if (t) {
        ps_transfer_unref(t);
    }
    return id;
}

/* Waits for the engine's descriptors and for others at once. */
static void wait_with(ps_engine *e, int timeout_ms, const int *fds, size_t fd_count)
{
    enum { MOST = 16 };
    struct pollfd polled[MOST + 1] = {{.fd = e->epoll_fd, .events = POLLIN}};
    fd_count = fd_count < MOST ? fd_count : MOST;
    for (size_t i = 0; i < fd_count; i++) {
        polled[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    }
    (void)poll(polled, (nfds_t)fd_count + 1, ps_engine_pause_ms(e, timeout_ms));
}

bool ps_port_step(ps_port *p, int timeout_ms, const int *fds, size_t fd_count)
{
    if (!ps_port_is_ours(p) || p->is_threaded) {
        return false;
    }
    if (!p->first_ready) {
        if (fd_count) {
            wait_with(p->engine, timeout_ms, fds, fd_count);
        }
        (void)ps_engine_wait(p->engine, fd_count ? 0 : timeout_ms);
    }
    ps_engine_drive(p->engine);
    return p->first_ready != NULL;
}

bool ps_port_is_busy(const ps_port *p)
{
    return ps_port_is_ours(p) && !p->is_threaded && (p->first_ready || p->engine->active_count > 0);
}

/* -- telling --------------------------------------------------------------------------------- */

int ps_port_fd(ps_port *p)
{
    return ps_port_is_ours(p) && p->is_threaded ? ps_wake_fd(&p->wake) : -1;
}

void ps_port_ack(ps_port *p)
{
    if (ps_port_is_ours(p)) {
        ps_wake_ack(&p->wake);
    }
}

const char *ps_port_listen(ps_port *p, ps_error *err)
{
    if (!ps_port_is_ours(p) || !p->is_threaded) {
        (void)ps_fail(err, PS_ESTALE, 0, "the port is not ours");
        return NULL;
    }
    return ps_wake_listen(&p->wake, err);
}

bool ps_port_accept(ps_port *p)
{
    return ps_port_is_ours(p) && ps_wake_accept(&p->wake);
}
