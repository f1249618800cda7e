/* forks.c -- counts the forks that led to this process. */
#include "wake/wake.h"

static atomic_uint forks;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void count_fork(void)
{
    atomic_fetch_add(&forks, 1);
}

static void watch(void)
{
    (void)pthread_atfork(NULL, NULL, count_fork);
}

unsigned ps_wake_forks(void)
{
    (void)pthread_once(&once, watch);
    return atomic_load(&forks);
}
