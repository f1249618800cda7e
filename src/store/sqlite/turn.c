/* turn.c -- the lock of whoever writes, waited for no longer than somebody may be kept waiting.
 *
 * A process that is stopped within a commit keeps the file's lock. The kernel's wait for a lock
 * knows no deadline, so a thread of ours waits in it: who asked may give up, and the thread goes on
 * waiting. What it is granted when nobody wants it any more it lets go. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "base/mem.h"
#include "store/sqlite/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

/* Bytes of the file. It is empty: locks need none to be there. */
enum { TURNSTILE, WRITER };

typedef enum ps_turn_state { IDLE, ASKED, WAITING, GRANTED, REFUSED } ps_turn_state;

struct ps_turn {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    ps_turn_state state;
    bool is_wanted, is_stopping;
    int64_t since_ms; /* when it was asked for */
    int fd;
};

static int set_lock(int fd, int command, short type, int64_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
    int answer;
    do {
        answer = fcntl(fd, command, &lock);
    } while (answer != 0 && errno == EINTR);
    return answer;
}

/* Locks are granted to whoever asks first when they are let go: in a loop of commits that is the
 * process that has just let go. Here it finds the turnstile taken by the first who waits. */
static bool pass(int fd, int command)
{
    if (set_lock(fd, command, F_WRLCK, TURNSTILE) != 0) {
        return false;
    }
    bool is_ours = set_lock(fd, command, F_WRLCK, WRITER) == 0;
    (void)set_lock(fd, F_OFD_SETLK, F_UNLCK, TURNSTILE);
    return is_ours;
}

/* -- the thread that waits -----------------------------------------------------------------------
 */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Only here it may be cancelled: what it has by then goes with the file's descriptor. */
static bool wait_in_line(ps_turn *turn)
{
    int old;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    bool is_ours = pass(turn->fd, F_OFD_SETLKW);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    return is_ours;
}

static void *work(void *arg)
{
    ps_turn *turn = arg;
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    pthread_mutex_lock(&turn->lock);
    while (!turn->is_stopping) {
        if (turn->state != ASKED) {
            pthread_cond_wait(&turn->changed, &turn->lock);
            continue;
        }
        turn->state = WAITING;
        pthread_mutex_unlock(&turn->lock);
        bool is_ours = wait_in_line(turn);
        pthread_mutex_lock(&turn->lock);
        if (is_ours && !turn->is_wanted) {
            (void)set_lock(turn->fd, F_OFD_SETLK, F_UNLCK, WRITER);
        }
        turn->state = !turn->is_wanted ? IDLE : is_ours ? GRANTED : REFUSED;
        pthread_cond_broadcast(&turn->changed);
    }
    pthread_mutex_unlock(&turn->lock);
    return NULL;
}

static ps_turn *begin(int fd)
{
    ps_turn *turn = ps_alloc_zeroed(1, sizeof *turn);
    pthread_condattr_t monotonic;
    sigset_t all, before;
    turn->fd = fd;
    pthread_mutex_init(&turn->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&turn->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    /* Signals are the program's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool is_there = pthread_create(&turn->thread, NULL, work, turn) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!is_there) {
        pthread_cond_destroy(&turn->changed);
        pthread_mutex_destroy(&turn->lock);
        ps_free(turn);
        return NULL;
    }
    return turn;
}

void ps_sqlite_end_turn(ps_session *s)
{
    ps_turn *turn = s->turn;
    if (!turn) {
        return;
    }
    pthread_mutex_lock(&turn->lock);
    turn->is_stopping = true;
    pthread_cond_broadcast(&turn->changed);
    bool is_waiting = turn->state == WAITING;
    pthread_mutex_unlock(&turn->lock);
    if (is_waiting) {
        pthread_cancel(turn->thread);
    }
    pthread_join(turn->thread, NULL);
    pthread_cond_destroy(&turn->changed);
    pthread_mutex_destroy(&turn->lock);
    ps_free(turn);
    s->turn = NULL;
}

/* -- who wants to write --------------------------------------------------------------------------
 */

/* A wait that others have given up goes on: it is as old as theirs. */
static bool ask(ps_turn *turn, int64_t wait_ms)
{
    pthread_mutex_lock(&turn->lock);
    if (turn->state == IDLE) {
        turn->state = ASKED;
        turn->since_ms = now_ms();
        pthread_cond_broadcast(&turn->changed);
    }
    turn->is_wanted = true;
    int64_t deadline_ms = turn->since_ms + wait_ms;
    struct timespec deadline = {.tv_sec = (time_t)(deadline_ms / 1000),
                                .tv_nsec = (long)(deadline_ms % 1000) * 1000000};
    int rc = 0;
    while (turn->state != GRANTED && turn->state != REFUSED && rc != ETIMEDOUT) {
        rc = pthread_cond_timedwait(&turn->changed, &turn->lock, &deadline);
    }
    bool is_ours = turn->state == GRANTED;
    if (is_ours || turn->state == REFUSED) {
        turn->state = IDLE;
    }
    turn->is_wanted = false;
    pthread_mutex_unlock(&turn->lock);
    return is_ours;
}

static bool is_idle(ps_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    bool is = turn->state == IDLE;
    pthread_mutex_unlock(&turn->lock);
    return is;
}

bool ps_sqlite_lock(ps_session *s, bool may_wait)
{
    if (!s->turn || is_idle(s->turn)) {
        s->is_locked = pass(s->lock_fd, F_OFD_SETLK);
    }
    if (!s->is_locked && may_wait) {
        s->turn = s->turn ? s->turn : begin(s->lock_fd);
        s->is_locked = s->turn ? ask(s->turn, s->wait_ms) : pass(s->lock_fd, F_OFD_SETLKW);
    }
    return s->is_locked;
}

void ps_sqlite_unlock(ps_session *s)
{
    if (s->is_locked) {
        (void)set_lock(s->lock_fd, F_OFD_SETLK, F_UNLCK, WRITER);
        s->is_locked = false;
    }
}

void ps_sqlite_explain_turn(const ps_session *s, ps_trouble *t)
{
    ps_trouble_set(
        t, PS_STORE_STORE, 0,
        "the store '%.120s' cannot be written to: for %d s another process has been in "
        "the midst of writing. It is stopped (a debugger, SIGSTOP), or its disk does not "
        "answer: let it go on, or end it",
        s->path, s->wait_ms / 1000);
}
