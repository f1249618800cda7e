/* wake.c -- the flag, and the two descriptors that tell of it.
 */
#define _GNU_SOURCE /* accept4 */
#include "wake/wake.h"

#include "base/mem.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void ps_wake_init(ps_wake *w)
{
    atomic_init(&w->is_raised, false);
    pthread_mutex_init(&w->lock, NULL);
    w->fd = w->listen_fd = -1;
    w->is_socket = false;
    w->path = NULL;
}

static void close_listener(ps_wake *w)
{
    if (w->listen_fd >= 0) {
        close(w->listen_fd);
        w->listen_fd = -1;
    }
    if (w->path) {
        (void)unlink(w->path);
        *strrchr(w->path, '/') = '\0';
        (void)rmdir(w->path);
        ps_free(w->path);
        w->path = NULL;
    }
}

static void set_fd(ps_wake *w, int fd, bool is_socket)
{
    pthread_mutex_lock(&w->lock);
    if (w->fd >= 0) {
        close(w->fd);
    }
    w->fd = fd;
    w->is_socket = is_socket;
    pthread_mutex_unlock(&w->lock);
}

void ps_wake_close(ps_wake *w)
{
    close_listener(w);
    set_fd(w, -1, false);
}

void ps_wake_destroy(ps_wake *w)
{
    pthread_mutex_destroy(&w->lock);
    ps_free(w->path);
}

bool ps_wake_raise(ps_wake *w)
{
    return !atomic_exchange(&w->is_raised, true);
}

void ps_wake_signal(ps_wake *w)
{
    pthread_mutex_lock(&w->lock);
    if (w->fd >= 0) {
        const uint64_t one = 1;
        ssize_t sent = w->is_socket ? send(w->fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL)
                                    : write(w->fd, &one, sizeof one);
        (void)sent; /* full: it is readable already; broken: its owner opens another */
    }
    pthread_mutex_unlock(&w->lock);
}

/* The flag may have been raised while nothing could be signalled: the new descriptor says so. */
static void begin(ps_wake *w, int fd, bool is_socket)
{
    set_fd(w, fd, is_socket);
    if (atomic_load(&w->is_raised)) {
        ps_wake_signal(w);
    }
}

int ps_wake_fd(ps_wake *w)
{
    if (w->is_socket) {
        return -1;
    }
    if (w->fd < 0) {
        begin(w, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), false);
    }
    return w->fd;
}

void ps_wake_ack(ps_wake *w)
{
    uint64_t count;
    if (!w->is_socket && w->fd >= 0) {
        ssize_t got = read(w->fd, &count, sizeof count);
        (void)got;
    }
    atomic_store(&w->is_raised, false);
}

const char *ps_wake_listen(ps_wake *w, ps_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    close_listener(w);
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
    w->path = ps_alloc(sizeof text);
    memcpy(w->path, text, sizeof text);
    memcpy(address.sun_path, text, sizeof text);
    w->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (w->listen_fd < 0 ||
        bind(w->listen_fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(w->listen_fd, 1) != 0) {
        (void)ps_fail(err, PS_EINPUT, 0, "no socket for the signal: %s", strerror(errno));
        close_listener(w);
        return NULL;
    }
    return w->path;
}

bool ps_wake_accept(ps_wake *w)
{
    if (w->listen_fd < 0) {
        return false;
    }
    int fd = accept4(w->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    close_listener(w);
    if (fd < 0) {
        return false;
    }
    begin(w, fd, true);
    return true;
}
