/* session.h -- what the files of postgres/ share: how a session looks inside.
 *
 * A session outlives its connections: one that is cut is replaced (revive.c), the locks it held are
 * taken again, and what became of a group that was under way is found out, never guessed.
 *
 * What a statement's SQL may begin with, in one comment:
 *
 *   guarded              it raises by itself when it does not do what it expects to (SQLSTATE
 * PS001, or a null where none may be): then a group needs no second round trip. Others that expect
 * a number are wrapped so that they raise witness SELECT ...   finds a row, with the statement's
 * own parameters, if and only if the transaction that the statement was in is committed
 *
 * as in: guarded, then a semicolon, then the witness. */
#ifndef PS_STORE_POSTGRES_SESSION_H
#define PS_STORE_POSTGRES_SESSION_H

#include "store/backend.h"

#include <libpq-fe.h>

#ifndef LIBPQ_HAS_PIPELINING
#error "passo needs libpq 14 or later"
#endif

typedef struct ps_numbers {
    int64_t *p;
    size_t count, capacity;
} ps_numbers;

/* Parameters as libpq wants them, in arrays that grow. */
typedef struct ps_pg_params {
    const char **values;
    int *lengths, *formats;
    int64_t *numbers;
    Oid *types;
    size_t capacity;
} ps_pg_params;

struct ps_session {
    ps_lane lane;
    char *target;
    bool relaxed;
    int64_t limit_ms; /* how long a caller waits for a server that is away */
    int64_t
        answer_ms; /* how long an answer may take: longer than the server lets a statement run */

    PGconn *conn;      /* NULL: there is none now */
    bool *is_prepared; /* by statement id, on this connection */
    size_t prepared_capacity;

    /* the server's process of the connection, or of the one before: it may still be at work */
    int pid;
    char born[40];   /* when that process began: numbers come again */
    char home[64];   /* the cluster and its timeline: another one knows nothing of our commits */
    char locks[16];  /* the first half of our advisory locks' keys */
    bool is_haunted; /* the connection before this one may still be at work */

    ps_numbers held, heard;
    ps_numbers rings; /* that have come and were not asked for yet */
    int rings_fd;     /* always readable; -1: nobody listens */
    ps_pg_params params;
};

enum { PS_PG_CONNECT_MS = 10000, PS_PG_ANSWER_MS = 20000, PS_PG_LIMIT_MS = 30000 };

int64_t ps_pg_now_ms(void);
void ps_numbers_add(ps_numbers *n, int64_t number);
bool ps_numbers_has(const ps_numbers *n, int64_t number);
void ps_numbers_remove(ps_numbers *n, int64_t number);

/* -- connect.c ------------------------------------------------------------------------------- */

/* A connection that is ready to work: checked, its settings made. False: `t` says why. */
bool ps_pg_connect(ps_session *s, int64_t deadline_ms, ps_trouble *t);
/* Gives the connection up. */
void ps_pg_drop(ps_session *s);

/* -- revive.c -------------------------------------------------------------------------------- */

/* Has a connection again, and everything that belongs to one; tries until the deadline. */
bool ps_pg_revive(ps_session *s, int64_t deadline_ms, ps_trouble *t);

/* -- wire.c ---------------------------------------------------------------------------------- */

/* Waits until the socket may be read (or written, too); false: not before the deadline. */
bool ps_pg_wait(PGconn *conn, bool for_writing, int64_t deadline_ms);
/* Sends everything that is buffered. False: the connection is gone. */
bool ps_pg_flush(ps_session *s, int64_t deadline_ms);
/* The next result of what was sent, NULL between two of them; false: the connection is gone. */
bool ps_pg_result(ps_session *s, int64_t deadline_ms, PGresult **result);
/* One statement on its own: its result, NULL when the connection is gone. Each parameter is text.
 */
PGresult *ps_pg_ask(ps_session *s, const char *sql, int count, const char *const *params);
/* As that, with parameters as ps_pg_params has them. */
PGresult *ps_pg_ask_with(ps_session *s, const char *sql, size_t count, const ps_pg_params *params);
/* As a bool: the first column of its first row is true; `is_gone`: the connection is. */
bool ps_pg_ask_bool(ps_session *s, const char *sql, int count, const char *const *params,
                    bool *is_gone);
/* Reads what has come without being asked for. False: the connection is gone. */
bool ps_pg_listen(ps_session *s);

/* -- send.c ---------------------------------------------------------------------------------- */

/* Queues a statement, after its preparation if need be: then two results come of it. */
bool ps_pg_send(ps_session *s, const ps_call *call, bool prepares);
bool ps_pg_is_prepared(const ps_session *s, const ps_statement *st);
void ps_pg_set_prepared(ps_session *s, const ps_statement *st, bool is_prepared);
/* The SQL that finds out whether it was committed; empty: there is none. */
ps_str ps_pg_witness(const ps_statement *st);
bool ps_pg_is_wrapped(const ps_statement *st);
void ps_pg_params_fill(ps_pg_params *p, const ps_call *call);
void ps_pg_params_free(ps_pg_params *p);

/* -- answer.c -------------------------------------------------------------------------------- */

/* A statement's result becomes the unit's answer. False: `t` says what is wrong with it. */
bool ps_pg_answer(ps_unit *u, const ps_statement *st, const PGresult *r, ps_trouble *t);

/* -- words.c --------------------------------------------------------------------------------- */

/* What an error means for whoever runs the statement. */
typedef enum ps_pg_verdict {
    PS_PG_DONE,
    PS_PG_REFUSED, /* the statement's own fault */
    PS_PG_FAILED,  /* the server cannot do it */
    PS_PG_AGAIN,   /* a conflict with another transaction: the same may succeed now */
    PS_PG_GONE,    /* the connection is of no use any more */
} ps_pg_verdict;

ps_pg_verdict ps_pg_judge(const PGresult *r, const PGconn *conn, size_t culprit, ps_trouble *t);
/* The connection's own last words, in one line. */
void ps_pg_explain(const PGconn *conn, ps_trouble *t);

/* -- pipe.c ---------------------------------------------------------------------------------- */

/* Statements of units on their way, and what came of them. */
typedef struct ps_pipe {
    ps_unit *const *units;
    size_t count;
    bool *prepares; /* of each statement in turn: a preparation went before it */
    size_t capacity;
    size_t at; /* the unit that failed */
} ps_pipe;

/* Queues all statements. False: the connection is gone. */
bool ps_pipe_send(ps_session *s, ps_pipe *p);
/* Queues one that has neither parameters nor much of an answer. */
bool ps_pipe_send_word(ps_session *s, const char *sql);
/* Ends what was queued, and sends it. */
bool ps_pipe_sync(ps_session *s);
/* The results of the statements; after the first error those behind it are passed over. DONE: none
 * failed. `t` is filled otherwise. */
ps_pg_verdict ps_pipe_read(ps_session *s, ps_pipe *p, ps_trouble *t);
/* The result of a word: its first column, if it has one and `to` is not NULL. */
ps_pg_verdict ps_pipe_read_word(ps_session *s, char *to, size_t size, ps_trouble *t);
/* The end: an error here is one of the commit. */
ps_pg_verdict ps_pipe_read_sync(ps_session *s, ps_trouble *t);
void ps_pipe_free(ps_pipe *p);

/* -- group.c, verbs.c ------------------------------------------------------------------------ */

ps_run ps_pg_run(ps_session *s, ps_unit *const *units, size_t count, bool may_wait, size_t *at,
                 ps_trouble *t);
ps_run ps_pg_read(ps_session *s, ps_unit *u, ps_trouble *t);
ps_run ps_pg_verb(ps_session *s, ps_unit *u, ps_trouble *t);
/* Takes a lock; `is_ours`: it is held now. False: the connection is gone. */
bool ps_pg_lock(ps_session *s, int64_t number, bool *is_ours);
bool ps_pg_subscribe(ps_session *s, int64_t number);

#endif
