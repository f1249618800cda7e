/* port.c -- a Lua state's end of an engine: which of its transfers have news, and how it is told.
 */
#define _GNU_SOURCE /* accept4 */
#include "base/mem.h"
#include "io/layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
    p->forks = ps_io_forks();
    p->is_threaded = mode == PS_PORT_THREAD;
    p->signal_fd = p->listen_fd = -1;
    return p;
}

bool ps_port_is_ours(const ps_port *p)
{
    return p->engine && p->forks == ps_io_forks();
}

static void close_listener(ps_port *p)
{
    if (p->listen_fd >= 0) {
        close(p->listen_fd);
        p->listen_fd = -1;
    }
    if (p->path) {
        (void)unlink(p->path);
        *strrchr(p->path, '/') = '\0';
        (void)rmdir(p->path);
        ps_free(p->path);
        p->path = NULL;
    }
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
    close_listener(p);
    pthread_mutex_lock(&p->lock);
    if (p->signal_fd >= 0) {
        close(p->signal_fd);
        p->signal_fd = -1;
    }
    pthread_mutex_unlock(&p->lock);
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
    ps_free(p->path);
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
    return p->is_threaded && !atomic_exchange(&p->is_signalled, true);
}

void ps_port_signal(ps_port *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->signal_fd >= 0) {
        const uint64_t one = 1;
        ssize_t sent = p->is_socket ? send(p->signal_fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL)
                                    : write(p->signal_fd, &one, sizeof one);
        (void)sent; /* full: it is readable already; broken: its owner opens another */
    }
    pthread_mutex_unlock(&p->lock);
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

bool ps_port_step(ps_port *p, int timeout_ms)
{
    if (!ps_port_is_ours(p) || p->is_threaded) {
        return false;
    }
    if (!p->first_ready) {
        (void)ps_engine_wait(p->engine, timeout_ms);
    }
    ps_engine_drive(p->engine);
    return p->first_ready != NULL;
}

bool ps_port_is_busy(const ps_port *p)
{
    return ps_port_is_ours(p) && !p->is_threaded && (p->first_ready || p->engine->active_count > 0);
}

/* -- telling --------------------------------------------------------------------------------- */

static void set_signal(ps_port *p, int fd, bool is_socket)
{
    pthread_mutex_lock(&p->lock);
    if (p->signal_fd >= 0) {
        close(p->signal_fd);
    }
    p->signal_fd = fd;
    p->is_socket = is_socket;
    bool has_news = p->first_ready != NULL;
    atomic_store(&p->is_signalled, has_news);
    pthread_mutex_unlock(&p->lock);
    if (has_news) {
        ps_port_signal(p);
    }
}

int ps_port_fd(ps_port *p)
{
    if (!ps_port_is_ours(p) || !p->is_threaded || p->is_socket) {
        return -1;
    }
    if (p->signal_fd < 0) {
        set_signal(p, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), false);
    }
    return p->signal_fd;
}

/* The flag goes down before the owner takes: what comes meanwhile signals again. */
void ps_port_ack(ps_port *p)
{
    if (ps_port_is_ours(p)) {
        uint64_t count;
        if (!p->is_socket && p->signal_fd >= 0) {
            ssize_t got = read(p->signal_fd, &count, sizeof count);
            (void)got;
        }
        atomic_store(&p->is_signalled, false);
    }
}

const char *ps_port_listen(ps_port *p, ps_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!ps_port_is_ours(p) || !p->is_threaded) {
        (void)ps_fail(err, PS_ESTALE, 0, "the port is not ours");
        return NULL;
    }
    close_listener(p);
    const char *folder = getenv("TMPDIR");
    char text[sizeof address.sun_path];
    int len = snprintf(text, sizeof text, "%s/passo-XXXXXX", folder && *folder ? folder : "/tmp");
    if (len < 0 || (size_t)len + 3 > sizeof text || !mkdtemp(text)) {
        (void)ps_fail(err, PS_EINPUT, 0, "no folder for the signal's socket: %s",
                      len >= 0 && (size_t)len + 3 > sizeof text ? "TMPDIR is too long"
                                                                : strerror(errno));
        return NULL;
    }
    memcpy(text + len, "/s", 3);
    p->path = ps_alloc(sizeof text);
    memcpy(p->path, text, sizeof text);
    memcpy(address.sun_path, text, sizeof text);
    p->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->listen_fd < 0 ||
        bind(p->listen_fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(p->listen_fd, 1) != 0) {
        (void)ps_fail(err, PS_EINPUT, 0, "no socket for the signal: %s", strerror(errno));
        close_listener(p);
        return NULL;
    }
    return p->path;
}

bool ps_port_accept(ps_port *p)
{
    if (!ps_port_is_ours(p) || p->listen_fd < 0) {
        return false;
    }
    int fd = accept4(p->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    close_listener(p);
    if (fd < 0) {
        return false;
    }
    set_signal(p, fd, true);
    return true;
}
