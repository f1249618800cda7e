/* watch.c -- the descriptors that an engine waits for, in an epoll set.
 *
 * An idle connection stays in the set, for it is soon used again: three calls of the kernel saved
 * in each exchange. What libcurl opens and closes unseen (its resolver's sockets) does not: its
 * number may be another's by then. */
#include "base/mem.h"
#include "io/layout.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static ps_watch *watch_of(ps_engine *e, curl_socket_t fd)
{
    size_t at = (size_t)fd;
    if (at >= e->watch_count) {
        size_t count = at < 32 ? 64 : at * 2;
        e->watches = ps_realloc(e->watches, count, sizeof *e->watches);
        memset(e->watches + e->watch_count, 0, (count - e->watch_count) * sizeof *e->watches);
        e->watch_count = count;
    }
    return &e->watches[at];
}

static void forget(ps_engine *e, curl_socket_t fd, ps_watch *w)
{
    struct epoll_event event = {.data.fd = fd};
    (void)epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, fd, &event);
    w->set = 0;
}

/* libcurl wants to hear of a socket, or no longer: that, perhaps, after it has closed it. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *engine, void *known)
{
    ps_engine *e = engine;
    ps_watch *w = watch_of(e, fd);
    (void)easy, (void)known;
    w->wanted = what == CURL_POLL_REMOVE ? 0
                                         : (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                                               (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (w->wanted == 0) {
        if (!w->is_connection || w->set != (uint32_t)EPOLLIN) {
            forget(e, fd, w);
        }
    } else if (w->set != w->wanted || !w->is_connection) {
        struct epoll_event event = {.events = w->wanted, .data.fd = fd};
        int how = w->set ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        if (epoll_ctl(e->epoll_fd, how, fd, &event) != 0) {
            how = w->set ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
            (void)epoll_ctl(e->epoll_fd, how, fd, &event);
        }
        w->set = w->wanted;
    }
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *engine)
{
    ps_engine *e = engine;
    (void)multi;
    e->timer_ms = timeout_ms < 0 ? INT64_MAX : ps_io_now_ms() + timeout_ms;
    return 0;
}

void ps_watch_open(ps_engine *e, curl_socket_t fd)
{
    *watch_of(e, fd) = (ps_watch){.is_connection = true};
}

int ps_watch_close(void *engine, curl_socket_t fd)
{
    *watch_of(engine, fd) = (ps_watch){0};
    return close(fd);
}

void ps_engine_wake(ps_engine *e)
{
    const uint64_t one = 1;
    ssize_t sent = write(e->wake_fd, &one, sizeof one);
    (void)sent; /* full: it is awake */
}

static void be_woken(ps_engine *e)
{
    uint64_t times;
    ssize_t got = read(e->wake_fd, &times, sizeof times);
    (void)got;
}

bool ps_engine_wait(ps_engine *e, int64_t timeout_ms)
{
    enum { AT_ONCE = 64 };
    struct epoll_event events[AT_ONCE];
    int count = epoll_wait(e->epoll_fd, events, AT_ONCE, ps_engine_pause_ms(e, timeout_ms));
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd, running = 0;
        if (fd == e->wake_fd) {
            be_woken(e);
            continue;
        }
        ps_watch *w = watch_of(e, fd);
        if (w->wanted == 0) {
            forget(e, fd, w); /* the end of an idle connection: libcurl looks when it wants it */
            continue;
        }
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        (void)curl_multi_socket_action(e->multi, fd, what, &running);
    }
    return count > 0;
}

bool ps_watch_begin(ps_engine *e)
{
    e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    e->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event woken = {.events = EPOLLIN, .data.fd = e->wake_fd};
    if (e->epoll_fd < 0 || e->wake_fd < 0 ||
        epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->wake_fd, &woken) != 0) {
        return false;
    }
    (void)curl_multi_setopt(e->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(e->multi, CURLMOPT_SOCKETDATA, e);
    (void)curl_multi_setopt(e->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(e->multi, CURLMOPT_TIMERDATA, e);
    return true;
}

void ps_watch_end(ps_engine *e)
{
    if (e->epoll_fd >= 0) {
        close(e->epoll_fd);
    }
    if (e->wake_fd >= 0) {
        close(e->wake_fd);
    }
    ps_free(e->watches);
}
