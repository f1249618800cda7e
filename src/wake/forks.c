/* forks.c -- counts the forks that led to this process, and closes what a child must not keep. */
#include "wake/wake.h"

#include <unistd.h>

enum { MOST_GUARDED = 64 };

static atomic_uint forks;
static atomic_int guarded[MOST_GUARDED]; /* descriptor + 1; 0: none */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_fork(void)
{
    atomic_fetch_add(&forks, 1);
    for (int i = 0; i < MOST_GUARDED; i++) {
        int fd = atomic_exchange(&guarded[i], 0) - 1;
        if (fd >= 0) {
            (void)close(fd);
        }
    }
}

static void watch(void)
{
    (void)pthread_atfork(NULL, NULL, on_fork);
}

unsigned ps_wake_forks(void)
{
    (void)pthread_once(&once, watch);
    return atomic_load(&forks);
}

static bool replace(int from, int to)
{
    for (int i = 0; i < MOST_GUARDED; i++) {
        int expected = from;
        if (atomic_compare_exchange_strong(&guarded[i], &expected, to)) {
            return true;
        }
    }
    return false;
}

void ps_wake_guard(int fd)
{
    (void)pthread_once(&once, watch);
    (void)replace(0, fd + 1);
}

void ps_wake_unguard(int fd)
{
    (void)replace(fd + 1, 0);
}
