/* backend.h -- what a database brings to a port (store.h): sessions that run groups of units.
 *
 * A backend is a table of functions over its own `struct ps_session`. The port does the rest:
 * queues, threads, verdicts, answers. A session is used by one thread at a time (not always the
 * same one, with a lock between), so it needs no locks of its own; it must not keep anything that
 * belongs to a thread. It is not told of forks: in a child nothing of it is called.
 *
 * How the port uses a session of the writing lane:
 *
 *   open ── run(group) ── run(group) ── hold ── ring ── idle ── run(group) ... ── close
 *             │ REFUSED: units before the culprit, the culprit alone, units behind it, again
 *             │ FAILED:  each unit alone
 *             │ LOST:    every unit of the group has failed; close, and open with the next work
 *             └ BUSY:    the same again, by a thread that may wait
 *
 * and one of the reading lane: open ── read ── read ── ... ── close. */
#ifndef PS_STORE_BACKEND_H
#define PS_STORE_BACKEND_H

#include "store/store.h"

typedef struct ps_session ps_session;

typedef enum ps_lane { PS_LANE_WRITE, PS_LANE_READ } ps_lane;

/* Why something cannot be done; `culprit` counts the unit's statements from 1, 0: none of them. */
typedef struct ps_trouble {
    ps_store_fault fault;
    size_t culprit;
    char text[320]; /* names the database's own words and what to do; never a password */
} ps_trouble;

/* Fills it, and returns `fault`. */
ps_store_fault ps_trouble_set(ps_trouble *t, ps_store_fault fault, size_t culprit,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* -- what a backend reads -------------------------------------------------------------------- */

struct ps_statement {
    size_t id;       /* 0, 1, 2 ...: a session's prepared statements may be an array */
    const char *sql; /* ends with NUL; `sql_len` bytes before it */
    size_t sql_len;
    const char *kinds; /* ends with NUL */
    size_t arity;
    bool wants_rows;
    int64_t expect; /* negative: any number */
};

typedef struct ps_call {
    const ps_statement *statement;
    const ps_cell *params; /* `statement->arity` of them; text ends with NUL behind its length */
} ps_call;

/* The statements of a unit, in order. */
size_t ps_unit_call_count(const ps_unit *u);
ps_call ps_unit_call(const ps_unit *u, size_t k);
/* Bytes of all its parameters together: for those who send much before they read. */
size_t ps_unit_size(const ps_unit *u);

/* -- what a backend writes ------------------------------------------------------------------- */

/* The results of a unit: for each of its statements begin, cells row by row (only when it wants
 * rows), end; then the next. The port has emptied them before `run` and `read`; a group that is
 * not DONE may leave half of them. */
void ps_answer_begin(ps_unit *u, size_t columns);
void ps_answer_null(ps_unit *u);
void ps_answer_int(ps_unit *u, int64_t i);
void ps_answer_real(ps_unit *u, double r);
void ps_answer_text(ps_unit *u, ps_str s);
void ps_answer_blob(ps_unit *u, ps_str s);
/* `changes` of this statement. False: not what it expects; `t` is filled (FENCED, the culprit). */
bool ps_answer_end(ps_unit *u, int64_t changes, ps_trouble *t);
/* The number that a verb answers. */
void ps_answer_number(ps_unit *u, int64_t number);
/* Empties a unit's results: for a backend that tries again by itself. */
void ps_answer_clear(ps_unit *u);

/* -- the table ------------------------------------------------------------------------------- */

typedef enum ps_run {
    PS_RUN_DONE,    /* all of them are durable (or as durable as `relaxed` says) */
    PS_RUN_REFUSED, /* nothing is kept, because of units[*at]; the trouble is its own */
    PS_RUN_FAILED,  /* nothing is kept, and no unit is to blame: disk full at COMMIT */
    PS_RUN_LOST,    /* the session is of no use any more; what became of the group is unknown, or
                       trying again at once is pointless. The text says so */
    PS_RUN_BUSY,    /* only without `may_wait`: it would have to wait for another process */
} ps_run;

struct ps_backend {
    const char *name; /* "sqlite" */

    /* A new session; NULL and `t` when it cannot be had. May take as long as a connection takes. */
    ps_session *(*open)(const ps_store_options *options, ps_lane lane, ps_trouble *t);
    void (*close)(ps_session *s);

    /* Begin, every statement of every unit in order, commit. `count` is at least 1.
     *
     * may_wait  false: the owner itself calls and would rather leave it to the thread than wait
     *           for another process's lock; a backend on a network may take it as "answer BUSY
     *           when the connection is not up" */
    ps_run (*run)(ps_session *s, ps_unit *const *units, size_t count, bool may_wait, size_t *at,
                  ps_trouble *t);
    /* The statements of one unit, in one snapshot. DONE, REFUSED, FAILED or LOST. */
    ps_run (*read)(ps_session *s, ps_unit *u, ps_trouble *t);
    /* The verbs with a number, on the writing lane; the answer goes to ps_answer_number. DONE,
     * FAILED, LOST. */
    ps_run (*verb)(ps_session *s, ps_unit *u, ps_trouble *t);

    /* After a group, and before the thread waits: what need not happen before the answers are
     * given (checkpoints). `is_idle`: nothing is queued. The trouble is nobody's. May be NULL. */
    void (*idle)(ps_session *s, bool is_idle);

    /* Rings (PS_VERB_LISTEN). `fd` is readable when some may have come, -1: never; asked again
     * before each wait. `next_ring` takes one: true, and its number; false: there is none, or the
     * session is lost (`*lost`). Both may be NULL. */
    int (*fd)(ps_session *s);
    bool (*next_ring)(ps_session *s, int64_t *number, bool *lost);
};

#endif
