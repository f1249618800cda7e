/* worker.c -- a lane's thread, and its owner who helps while that is idle.
 */
#include "base/mem.h"
#include "store/layout.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

void ps_worker_init(ps_worker *w, ps_store *s, ps_lane lane)
{
    w->store = s;
    w->lane = lane;
    w->kick_fd = -1;
    pthread_cond_init(&w->idle, NULL);
}

/* -- the thread -------------------------------------------------------------------------------- */

/* Under the lock: from here to `release` the session is ours. */
static void acquire(ps_worker *w)
{
    w->is_running = true;
    pthread_mutex_unlock(&w->store->lock);
}

static void release(ps_worker *w)
{
    pthread_mutex_lock(&w->store->lock);
    w->is_running = false;
    pthread_cond_broadcast(&w->idle);
}

/* Under the lock, which is let go while it waits for a kick or a ring. */
static void wait_for_kick(ps_worker *w)
{
    const ps_backend *b = w->store->backend;
    bool hears = w->lane == PS_LANE_WRITE && b->next_ring && w->session;
    struct pollfd polled[2] = {
        {.fd = w->kick_fd, .events = POLLIN},
        {.fd = hears && b->fd ? b->fd(w->session) : -1, .events = POLLIN},
    };
    w->is_waiting = true;
    pthread_mutex_unlock(&w->store->lock);
    int count = poll(polled, 2, -1);
    pthread_mutex_lock(&w->store->lock);
    w->is_waiting = false;
    if (count > 0 && polled[0].revents) {
        uint64_t kicks;
        ssize_t got = read(w->kick_fd, &kicks, sizeof kicks);
        (void)got;
    }
    if (count > 0 && polled[1].revents && !w->is_running && w->session) {
        acquire(w);
        ps_group_hear(w);
        release(w);
    }
}

static void *work(void *worker)
{
    ps_worker *w = worker;
    pthread_mutex_lock(&w->store->lock);
    for (;;) {
        if (w->is_running) {
            pthread_cond_wait(&w->idle, &w->store->lock);
        } else if (w->queue.first) {
            acquire(w);
            (void)ps_group_run(w, true, false);
            release(w);
        } else if (w->store->is_stopping) {
            break;
        } else {
            wait_for_kick(w);
        }
    }
    pthread_mutex_unlock(&w->store->lock);
    return NULL;
}

/* Signals are the program's: its own threads see them. */
static bool start(ps_worker *w)
{
    sigset_t all, old;
    w->kick_fd = w->kick_fd >= 0 ? w->kick_fd : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (w->kick_fd < 0) {
        return false;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    w->has_thread = pthread_create(&w->thread, NULL, work, w) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return w->has_thread;
}

bool ps_worker_kick(ps_worker *w)
{
    if (!w->has_thread) {
        return start(w);
    }
    if (w->is_waiting) {
        const uint64_t one = 1;
        ssize_t sent = write(w->kick_fd, &one, sizeof one);
        (void)sent; /* full: it is kicked already */
    }
    return true;
}

/* -- the owner -----------------------------------------------------------------------------------
 */

bool ps_worker_help(ps_worker *w, bool may_wait)
{
    if (!w->queue.first || w->is_running) {
        return false;
    }
    size_t opened = w->opened;
    size_t listens = atomic_load(&w->store->listens);
    acquire(w);
    bool is_done = ps_group_run(w, may_wait, true);
    release(w);
    /* Somebody has to wait for the other process, and for rings. */
    size_t listens_now = atomic_load(&w->store->listens);
    if (!is_done || listens_now != listens || (listens > 0 && opened != w->opened)) {
        (void)ps_worker_kick(w);
    }
    return is_done;
}

void ps_worker_end(ps_worker *w)
{
    pthread_mutex_t *lock = &w->store->lock;
    if (w->has_thread) {
        pthread_mutex_lock(lock);
        (void)ps_worker_kick(w);
        pthread_mutex_unlock(lock);
        pthread_join(w->thread, NULL);
        w->has_thread = false;
    }
    while (w->queue.first) {
        (void)ps_group_run(w, true, true);
    }
    if (w->session) {
        w->store->backend->close(w->session);
        w->session = NULL;
    }
    if (w->kick_fd >= 0) {
        close(w->kick_fd);
    }
    pthread_cond_destroy(&w->idle);
}
