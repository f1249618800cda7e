/* store.h -- a port to a database: units of work go in, answers come out, and nobody is blocked.
 *
 * A *unit* is a list of prepared statements with their parameters that happens as a whole or not at
 * all. Units that wait are committed together, as one *group*: one fsync for all of them. When a
 * group fails, nothing of it is kept, and its units are tried in smaller groups until each has its
 * own verdict. Units of one port are executed in the order they were submitted.
 *
 * Who does the work: one of the port's *lanes*, which has a database connection (session) of its
 * own: one lane writes, one reads. A lane is a thread, started when it is first kicked; while that
 * is idle, the owner may do the lane's work itself (ps_store_step), which saves two thread
 * switches a commit. So there are two ways to use a port:
 *
 *   submit, kick              for event loops: the threads work, ps_store_fd tells of answers
 *   submit, ..., step         for who has nothing else to do: what was submitted becomes one group
 *
 * A port and its statements belong to one thread, their owner's. After a fork those of the parent
 * are dead in the child (ps_store_is_ours): they may only be freed there. */
#ifndef PS_STORE_STORE_H
#define PS_STORE_STORE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

typedef struct ps_store ps_store;
typedef struct ps_backend ps_backend; /* backend.h */

/* What became of a unit that failed: id, the name programs see. */
#define PS_STORE_FAULTS(X)                                                                         \
    X(FENCED, "EFENCED") /* a statement changed another number of rows than it must */             \
    X(EXISTS, "EEXISTS") /* a unique key is taken */                                               \
    X(STORE, "ESTORE")   /* the database cannot be used; the text says why and what to do */       \
    X(INPUT, "EINPUT")   /* the statement is wrong, or its parameters */                           \
    X(HOST, "EHOST")     /* the port is closed, or its process was forked */

typedef enum ps_store_fault {
    PS_STORE_FINE,
#define ROW(id, name) PS_STORE_##id,
    PS_STORE_FAULTS(ROW)
#undef ROW
} ps_store_fault;

const char *ps_store_fault_name(ps_store_fault fault);

/* -- cells: parameters and results ----------------------------------------------------------- */

typedef enum ps_cell_kind {
    PS_CELL_NULL,
    PS_CELL_INT,
    PS_CELL_REAL,
    PS_CELL_TEXT,
    PS_CELL_BLOB,
} ps_cell_kind;

typedef struct ps_cell {
    ps_cell_kind kind;
    union {
        int64_t i;
        double r;
        ps_str s; /* TEXT, BLOB */
    } as;
} ps_cell;

/* -- ports ----------------------------------------------------------------------------------- */

typedef struct ps_store_options {
    const char *target; /* a file's path, a connection string */
    bool relaxed;       /* a commit need not have reached the disk when it is answered */
    int64_t wait_ms;    /* how long a session waits for somebody else's lock; 0: its default */
} ps_store_options;

/* Opens nothing yet: a session is opened by its lane's first work, and again after it was lost.
 * Everything in `options` is copied. */
ps_store *ps_store_open(const ps_backend *backend, const ps_store_options *options);
/* Does what is queued, closes the sessions and joins the threads. What came of it may still be
 * taken. Twice is fine. */
void ps_store_close(ps_store *s);
/* After ps_store_close. */
void ps_store_free(ps_store *s);
/* False in a process that was forked after it was opened, and once it is closed. */
bool ps_store_is_ours(const ps_store *s);

/* -- statements ------------------------------------------------------------------------------ */

typedef struct ps_statement ps_statement;

/* One SQL statement. It is prepared by the session that first needs it: SQL that is wrong makes
 * the unit fail (EINPUT). Lives as long as the port.
 *
 * kinds       one letter a parameter: i integer, r real, t text, b blob; any may be null
 * wants_rows  the unit's answer holds the rows
 * expect      how many rows it must change or the unit is undone (EFENCED); negative: any number */
const ps_statement *ps_store_prepare(ps_store *s, ps_str sql, const char *kinds, bool wants_rows,
                                     int64_t expect);
size_t ps_statement_arity(const ps_statement *st);
/* 'i', 'r', 't' or 'b' */
char ps_statement_kind(const ps_statement *st, size_t parameter);

/* -- units ----------------------------------------------------------------------------------- */

/* What a unit asks for. All but READ are done by the writing lane, in order; all but UNIT and READ
 * outside of any transaction, with a number instead of statements. */
typedef enum ps_verb {
    PS_VERB_UNIT,   /* the statements, in a group */
    PS_VERB_READ,   /* the statements, which change nothing, on the reading lane: it sees what was
                       answered before it was submitted */
    PS_VERB_HOLD,   /* holds lock `number` until released, closed, or this process dies; the number
                       answered: 1 it is held now, 0 somebody else holds it */
    PS_VERB_LET_GO, /* releases it */
    PS_VERB_HELD,   /* answers 1 when anybody holds lock `number`, this port too; else 0 */
    PS_VERB_LISTEN, /* from now on rings for `number` reach this port */
    PS_VERB_RING,   /* rings for `number`, wherever it listens; nobody may */
    PS_VERB_NOW,    /* answers the database's clock, in milliseconds since 1970 */
} ps_verb;

typedef struct ps_unit ps_unit;

/* An empty unit, the caller's until it is submitted. */
ps_unit *ps_unit_new(ps_store *s, ps_verb verb);
void ps_unit_free(ps_unit *u);
/* For the verbs that have one; that of a UNIT or a READ is its owner's own. */
void ps_unit_set_number(ps_unit *u, int64_t number);
/* Begins the next statement; its parameters follow, each in its turn, as many as it has. */
void ps_unit_add(ps_unit *u, const ps_statement *st);
void ps_unit_add_null(ps_unit *u);
void ps_unit_add_int(ps_unit *u, int64_t i);
void ps_unit_add_real(ps_unit *u, double r);
/* For both kinds of bytes; copied. */
void ps_unit_add_bytes(ps_unit *u, ps_str s);

/* Queues a unit; its ticket (never 0). It is answered in any case.
 *
 * key  0, or what units that depend on each other share: when one of them fails, those that are
 *      submitted before its answer was taken fail with it (EFENCED). A second unit of a key that
 *      is still queued kicks, for its owner has gone on instead of waiting. */
uint64_t ps_store_submit_take(ps_store *s, ps_unit *u, uint64_t key);
/* Lets the threads do what is queued. */
void ps_store_kick(ps_store *s);

/* Does what is queued, as far as no thread is at it and no other process is in the way (then the
 * threads are kicked); when there is no answer yet, waits for one, or until one of `fds` is
 * readable, for at most `timeout_ms`. True: there are answers. */
bool ps_store_step(ps_store *s, int timeout_ms, const int *fds, size_t fd_count);
/* Whether a unit has not been answered, or its answer not been taken. */
bool ps_store_is_busy(const ps_store *s);

/* A descriptor that is readable when there are answers; and the other ways of wake/wake.h. */
int ps_store_fd(ps_store *s);
void ps_store_ack(ps_store *s);
void ps_store_signal(ps_store *s);
const char *ps_store_wake_listen(ps_store *s, ps_error *err);
bool ps_store_wake_accept(ps_store *s);

/* -- answers --------------------------------------------------------------------------------- */

/* The oldest answer, the caller's to free; NULL when there is none. */
ps_unit *ps_store_take(ps_store *s);

/* 0: it is a ring that nobody asked for, with its number. */
uint64_t ps_unit_ticket(const ps_unit *u);
ps_verb ps_unit_verb(const ps_unit *u);
int64_t ps_unit_number(const ps_unit *u);
/* PS_STORE_FINE: it has happened, durably. */
ps_store_fault ps_unit_fault(const ps_unit *u);
const char *ps_unit_text(const ps_unit *u);
/* The statement that failed, counted from 1; 0: none of them did. */
size_t ps_unit_culprit(const ps_unit *u);

/* What came of statement `k` (counted from 0). */
size_t ps_unit_count(const ps_unit *u);
int64_t ps_unit_changes(const ps_unit *u, size_t k);
bool ps_unit_wants_rows(const ps_unit *u, size_t k);
size_t ps_unit_rows(const ps_unit *u, size_t k);
size_t ps_unit_columns(const ps_unit *u, size_t k);
/* Its bytes are borrowed from the unit. */
ps_cell ps_unit_cell(const ps_unit *u, size_t k, size_t row, size_t column);

#endif
