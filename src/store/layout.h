/* layout.h -- what the files of store/ share: how a unit, a lane and a port look inside.
 *
 * Who may touch what: a unit is its owner's until it is submitted, and again once it is taken;
 * between, it is the lane's that runs it. A session belongs to whoever has set its lane's
 * `is_running` under the lock. The lock is never held while a session works. */
#ifndef PS_STORE_LAYOUT_H
#define PS_STORE_LAYOUT_H

#include "store/backend.h"
#include "wake/wake.h"

#include <pthread.h>

/* A group is at most this much: what waits behind it is answered sooner. */
#define PS_MAX_GROUP ((size_t)1024)
#define PS_MAX_GROUP_BYTES ((size_t)8 * 1024 * 1024)

/* Bytes that stay where they are. */
typedef struct ps_chunk {
    struct ps_chunk *next;
    size_t used, size;
    char bytes[];
} ps_chunk;

typedef struct ps_cells {
    ps_cell *p;
    size_t count, capacity;
    ps_chunk *chunks; /* the newest first */
} ps_cells;

/* A statement of a unit, and what came of it. */
typedef struct ps_step {
    const ps_statement *statement;
    size_t first_param;
    int64_t changes;
    size_t first_cell, columns, rows;
} ps_step;

struct ps_unit {
    ps_unit *next; /* in a queue */
    ps_verb verb;
    uint64_t ticket, key;
    int64_t number; /* asked, then answered */

    ps_step *steps;
    size_t step_count, step_capacity;
    ps_cells params;
    size_t size;

    size_t done; /* steps whose results have begun */
    ps_cells results;
    bool is_doomed; /* a unit that it depends on has failed */
    ps_trouble trouble;
};

typedef struct ps_queue {
    ps_unit *first, *last;
} ps_queue;

typedef struct ps_worker {
    ps_store *store;
    ps_lane lane;
    ps_queue queue;
    uint64_t keys;   /* a bit for each key in the queue (modulo 64); bits of taken ones may stay */
    bool is_running; /* somebody is using the session */
    bool has_thread, is_waiting;
    pthread_t thread;
    pthread_cond_t idle; /* is_running has gone */
    int kick_fd;
    ps_session *session;
    size_t opened; /* how often a session was */
} ps_worker;

/* A key some of whose units have failed, and how many of those answers are not taken yet. */
typedef struct ps_broken {
    uint64_t key;
    size_t answers; /* 0: the slot is free */
} ps_broken;

typedef struct ps_broken_keys {
    ps_broken *slots;
    size_t count, capacity;
} ps_broken_keys;

/* A HOLD or LISTEN that stands. */
typedef struct ps_kept {
    ps_verb verb;
    int64_t number;
} ps_kept;

struct ps_store {
    /* owner */
    const ps_backend *backend;
    ps_store_options options;
    char *target;
    unsigned forks;
    bool is_closed;
    uint64_t last_ticket;
    ps_statement **statements;
    size_t statement_count, statement_capacity;
    ps_queue late; /* submitted when it was not ours any more; refused */

    /* under the lock */
    pthread_mutex_t lock;
    ps_worker workers[2]; /* by ps_lane */
    ps_queue ready;
    size_t under_way; /* submitted, and not answered */
    ps_broken_keys broken;
    bool is_stopping;

    /* of whoever runs the writing lane: what a new session is asked for again */
    ps_kept *kept;
    size_t kept_count, kept_capacity;
    atomic_size_t listens; /* how many of them are LISTENs */

    ps_wake wake;
};

void ps_queue_push(ps_queue *q, ps_unit *u);
ps_unit *ps_queue_pop(ps_queue *q);

/* -- broken.c -------------------------------------------------------------------------------- */

bool ps_broken_has(const ps_broken_keys *b, uint64_t key);
/* One more of its answers is to be taken. */
void ps_broken_add(ps_broken_keys *b, uint64_t key);
/* One that was added is taken. */
void ps_broken_take(ps_broken_keys *b, uint64_t key);

/* -- worker.c -------------------------------------------------------------------------------- */

void ps_worker_init(ps_worker *w, ps_store *s, ps_lane lane);
/* Under the lock: has the thread look at its queue; starts it when there is none. False: no thread
 * can be had, and nobody will look. */
bool ps_worker_kick(ps_worker *w);
/* Under the lock, which it lets go meanwhile: does one round of what is queued, as its owner.
 * True: there was something that could be done. */
bool ps_worker_help(ps_worker *w, bool may_wait);
/* By the owner, when the port is stopping: does what is queued, joins the thread, closes. */
void ps_worker_end(ps_worker *w);

/* -- group.c --------------------------------------------------------------------------------- */

/* By whoever has the lane: runs one round of its queue, and answers it. False: it would have to
 * wait for another process; what is left has gone back to the queue. */
bool ps_group_run(ps_worker *w, bool may_wait, bool is_owner);
/* The rings that have come to the lane's session. */
void ps_group_hear(ps_worker *w);

/* Under the lock: gives an answer to the owner. */
void ps_store_answer(ps_store *s, ps_unit *u);
/* Under the lock: units of this key that are queued fail, too. */
void ps_store_break(ps_store *s, const ps_unit *u);

#endif
