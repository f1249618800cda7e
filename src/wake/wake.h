/* wake.h -- how a thread tells the owner of a Lua state that there is news.
 *
 * A wake is a flag and a descriptor. Whoever has news raises the flag under a lock of its own and,
 * when it was down, signals once that lock is released; the owner waits for the descriptor, takes
 * the flag down (ps_wake_ack) and then takes all the news there is. So a burst of news costs one
 * byte, and none is missed.
 *
 * The descriptor is an eventfd, or for event loops that wait for no descriptors but their own
 * sockets (nginx) a unix socket that the owner connects to. What is not marked "any thread" is the
 * owner's. */
#ifndef PS_WAKE_WAKE_H
#define PS_WAKE_WAKE_H

#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct ps_wake {
    atomic_bool is_raised;
    pthread_mutex_t lock; /* of `fd` and `is_socket`, which other threads read */
    int fd;
    bool is_socket;
    int listen_fd;
    char *path;
} ps_wake;

void ps_wake_init(ps_wake *w);
/* Closes the descriptors; a signal that comes later goes nowhere. Twice is fine. */
void ps_wake_close(ps_wake *w);
/* After ps_wake_close, when no other thread knows the wake any more. */
void ps_wake_destroy(ps_wake *w);

/* Any thread: raises the flag; true: it was down, and ps_wake_signal is to be called. */
bool ps_wake_raise(ps_wake *w);
/* Any thread: makes the descriptor readable. */
void ps_wake_signal(ps_wake *w);

/* The eventfd, made on the first call; -1 when it cannot be had, or a socket serves instead. */
int ps_wake_fd(ps_wake *w);
/* The flag goes down; before the news is taken, so that what comes meanwhile signals again. */
void ps_wake_ack(ps_wake *w);

/* A unix socket to connect to, in a folder of its own that only this user may enter; a byte comes
 * with each signal. NULL when it cannot be had. */
const char *ps_wake_listen(ps_wake *w, ps_error *err);
/* Takes the connection that the owner has made, and removes the socket's file; false: there is
 * none. */
bool ps_wake_accept(ps_wake *w);

/* Any thread: grows in a forked child, which must leave its parent's threads and locks alone.
 * Cheaper to ask for than a process's id. */
unsigned ps_wake_forks(void);

/* Any thread: a forked child closes this descriptor at once, where closing on exec would be too
 * late: its lock means that this process lives. Up to 64 at a time; others are not closed. */
void ps_wake_guard(int fd);
/* Before it is closed here. */
void ps_wake_unguard(int fd);

#endif
