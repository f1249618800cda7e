/* exec.h -- one execution: hands out commands, takes inputs, keeps the history. No I/O, no clock.
 *
 * The same machine, input, options and inputs in the same order give the same commands and events,
 * byte for byte. Times are milliseconds since 1970-01-01 UTC, within PS_TIME_LIMIT on either side;
 * they are clamped never to go back.
 *
 * A driver's loop: poll until it returns false; take_events and commit them; perform the commands;
 * feed what comes back; tick at deadline; again until ps_exec_status is not PS_RUNNING. */
#ifndef PS_EXEC_EXEC_H
#define PS_EXEC_EXEC_H

#include "asl/machine.h"
#include "exec/event.h"
#include "exec/profile.h"
#include "value/blob.h"

typedef struct ps_exec ps_exec;

/* Raised whenever the same inputs bring other events than before: what records are compared by. */
#define PS_BEHAVIOUR 1
/* The newest formats, which are written unless an older one is asked for. */
#define PS_RECORD_FORMAT 1
#define PS_SNAPSHOT_FORMAT 4

#define PS_TIME_LIMIT (INT64_C(1) << 53)

typedef enum ps_exec_status {
    PS_RUNNING,
    PS_SUCCEEDED,
    PS_FAILED,
    PS_TIMED_OUT,
    PS_ABORTED
} ps_exec_status;

/* What the context object and the history tell about the execution; all borrowed, PS_STRINGs. */
typedef struct ps_exec_options {
    const ps_value *arn, *name, *role_arn;
    const ps_value *machine_arn, *machine_name;
    const ps_value *activities; /* PS_ARRAY of the activities' ARNs that exist; NULL: any */
    const ps_graph *graph;      /* where to start: NULL for the top, or a Map's item processor */
    uint8_t seed[32];
    int64_t now_ms;
    const ps_profile *profile; /* NULL: aws-standard; lives longer than the exec */
} ps_exec_options;

typedef enum ps_command_kind {
    PS_CMD_TASK,
    PS_CMD_CALL,
    PS_CMD_CHILD,
    PS_CMD_READ,
    PS_CMD_WRITE,
    PS_CMD_CANCEL,
    PS_CMD_FINISH,
    PS_CMD_MORE,
} ps_command_kind;

typedef enum ps_stage { PS_STAGE_NEW, PS_STAGE_STARTED, PS_STAGE_SUBMITTED } ps_stage;

/* Everything is borrowed until the next call on the exec. */
typedef struct ps_command {
    ps_command_kind kind;
    uint64_t token;        /* below 2^53; 0 for FINISH and MORE */
    const ps_state *state; /* TASK, CHILD, READ, WRITE; of CALL: the state that asks */
    const ps_value
        *input; /* TASK: arguments; CALL: arguments; CHILD: its input; READ, WRITE: parameters */
    const ps_value *role_arn; /* TASK: Credentials.RoleArn, or NULL */
    const ps_value
        *task_token; /* TASK .waitForTaskToken, activity: the string to hand out; else NULL */
    const ps_value *submitted; /* TASK at stage submitted: what `submitted` gave */
    ps_str name;               /* CALL: the function's name; CHILD: the child execution's */
    ps_stage stage;
    uint32_t attempt;        /* TASK: 0 for the first try */
    uint64_t visit;          /* TASK: the id of the state's entered event, for idempotency keys */
    int64_t deadline_ms;     /* TASK: INT64_MAX for none */
    int64_t index;           /* CHILD: item index; READ: MaxItems, 0 for all; else -1 */
    const ps_value *results; /* WRITE: array of {Index, Input, Status, Output | Error, Cause} */
    const ps_value *map_run; /* CHILD, READ, WRITE: the map run's ARN */
    ps_exec_status status;   /* FINISH */
    const ps_value *output, *error, *cause; /* FINISH; NULL where there is none */
} ps_command;

/* Of a READ: a PS_ARRAY of rows, or an object; of a WRITE: ResultWriterDetails; of a CHILD: the
 * child's output, or its error and cause. */
typedef struct ps_outcome {
    bool failed;
    const ps_value *value;         /* success */
    const ps_value *error, *cause; /* failure: PS_STRINGs; cause may be NULL */
} ps_outcome;

/* Errors: PS_ELIMIT  the input is larger or deeper than the profile allows */
ps_exec *ps_exec_new(ps_machine *m, const ps_value *input, const ps_exec_options *o, ps_error *err);
void ps_exec_free(ps_exec *x);

/* What an exec was given at its start: one made of it is as new, and does the same when it is given
 * the same. */
typedef struct ps_given ps_given;
ps_given *ps_exec_given(const ps_exec *x);
ps_exec *ps_given_exec(const ps_given *g);
const ps_value *ps_given_arn(const ps_given *g);
void ps_given_free(ps_given *g);

/* The next command, or false: nothing to do until an input or the deadline. */
bool ps_exec_poll(ps_exec *x, ps_command *out);
/* The outstanding command behind a token, as poll gave it; false when there is none (any more). */
bool ps_exec_describe(const ps_exec *x, uint64_t token, ps_command *out);
/* FINISH once more, as poll gave it; false while the execution runs. */
bool ps_exec_ending(const ps_exec *x, ps_command *out);
/* When `tick` is due; INT64_MAX: nothing is waited for. */
int64_t ps_exec_deadline(const ps_exec *x);
ps_exec_status ps_exec_state(const ps_exec *x);
/* What the options said; borrowed as long as the exec lives; the name may be NULL. */
const ps_value *ps_exec_arn(const ps_exec *x);
const ps_value *ps_exec_name(const ps_exec *x);

/* Inputs. Errors: PS_ESTALE  the token is not (or no longer) outstanding, or the execution is over;
 *                            nothing happened. */
ps_status ps_exec_started(ps_exec *x, uint64_t token, const ps_value *worker, int64_t now_ms,
                          ps_error *err);
ps_status ps_exec_submitted(ps_exec *x, uint64_t token, const ps_value *v, int64_t now_ms,
                            ps_error *err);
ps_status ps_exec_beat(ps_exec *x, uint64_t token, int64_t now_ms, ps_error *err);
ps_status ps_exec_resume(ps_exec *x, uint64_t token, const ps_outcome *o, int64_t now_ms,
                         ps_error *err);
void ps_exec_tick(ps_exec *x, int64_t now_ms);
ps_status ps_exec_stop(ps_exec *x, const ps_value *error, const ps_value *cause, int64_t now_ms,
                       ps_error *err);

/* An execution that ended without success goes on with what did not succeed, and nothing else;
 * retries and the machine's time begin anew.
 *
 * Errors: PS_ESTALE  it may not be redriven; the text says why, in AWS's words */
ps_status ps_exec_redrive(ps_exec *x, int64_t now_ms, ps_error *err);

/* New limits of a map run under way; what is negative stays as it is. */
typedef struct ps_run_limits {
    int64_t max_concurrency; /* 0: no limit but the profile's */
    int64_t tolerated_count;
    double tolerated_percentage;
} ps_run_limits;

/* The run is named by the token of one of its commands, or (0) by its ARN, a PS_STRING.
 *
 * Errors: PS_ESTALE  no such run is under way
 *         PS_EINPUT  a percentage above 100 */
ps_status ps_exec_update(ps_exec *x, uint64_t token, const ps_value *map_run,
                         const ps_run_limits *limits, int64_t now_ms, ps_error *err);

/* The limits of the run under way that has this ARN, a PS_STRING: as given, by a path perhaps, or
 * changed since. False: there is none. */
bool ps_exec_limits(const ps_exec *x, const ps_value *map_run, ps_run_limits *out);

/* The token of the command whose task token is `text`, or 0. */
uint64_t ps_exec_find_token(const ps_exec *x, ps_str text);

/* From now on the stages of input and output processing of the state entered last are kept, under
 * the names TestState gives them: input, afterInputPath, afterParameters, afterItemsPath,
 * afterItemSelector (an array), result, afterResultSelector, afterResultPath, output, variables.
 * Not part of a snapshot. */
void ps_exec_observe(ps_exec *x);
/* What was kept: a PS_OBJECT, borrowed until the next call; NULL when not observed. */
const ps_value *ps_exec_stages(const ps_exec *x);

/* The events since the last take: a batch of its own; empty batches are fine. */
ps_events *ps_exec_take_events(ps_exec *x);

/* -- large values ----------------------------------------------------------------------------- */

/* From now on values that print larger than `bytes` leave births, records and snapshots as blobs,
 * each only once an execution: see value/blob.h. */
void ps_exec_blobs(ps_exec *x, size_t bytes);
/* Blobs that came out since they were taken last: borrowed until ps_exec_blobs_taken. */
ps_blob_list ps_exec_fresh_blobs(const ps_exec *x);
void ps_exec_blobs_taken(ps_exec *x);

/* -- journal ---------------------------------------------------------------------------------- */

/* Appends what ps_exec_new was given: with it and all its records an exec can be made again. */
void ps_exec_birth(const ps_exec *x, ps_buf *out);
/* The exec as it was new. Errors: as ps_exec_load */
ps_exec *ps_exec_rebirth(ps_machine *m, ps_str birth, const ps_profile *profile,
                         const ps_blob_list *blobs, ps_error *err);

/* From now on what the exec is given is kept, for take_record. */
void ps_exec_record(ps_exec *x);
bool ps_exec_records(const ps_exec *x);
/* Appends what happened since the last record: inputs, polls and events; *events is their batch, as
 * take_events would give it. False: nothing has happened, nothing is appended. */
bool ps_exec_take_record(ps_exec *x, ps_buf *out, ps_events **events);

typedef struct ps_record_head {
    unsigned format, behaviour;
    uint64_t first, last; /* ids of events; last < first: none */
    size_t inputs;
} ps_record_head;

/* Errors: PS_EDAMAGED, PS_EUNSUPPORTED (a newer format) */
ps_status ps_record_read_head(ps_str record, ps_record_head *out, ps_error *err);
/* The events of a record: a new reference; NULL with errors as read_head. */
ps_events *ps_record_events(ps_str record, const ps_blob_list *blobs, ps_error *err);
/* The inputs for people: a PS_ARRAY of {verb, at, ...}; NULL with errors as read_head. */
ps_value *ps_record_inputs(ps_str record, const ps_blob_list *blobs, ps_error *err);
/* The hashes of the blobs that a birth, record or snapshot refers to, PS_BLOB_HASH bytes each:
 * borrowed from the text. False: damaged. */
bool ps_record_needs(ps_str text, const uint8_t **hashes, size_t *count);

/* Where a replay first differed from what was stored: the event's id, and both as ps_events_value
 * gives them; NULL where one has no such event. Owned by whoever asked. */
typedef struct ps_divergence {
    uint64_t event;
    ps_value *stored, *computed;
} ps_divergence;

/* Gives the exec a record's inputs again and compares the events that come of it. There is nothing
 * to take afterwards.
 *
 * unchecked  the stored events win, whatever comes out; ids go on after them
 * d          filled with PS_EDIVERGED
 *
 * Errors: PS_EDIVERGED  the exec is of no use any more
 *         PS_EINPUT     the record does not follow on what the exec has seen
 *         PS_EDAMAGED, PS_EUNSUPPORTED */
ps_status ps_exec_replay(ps_exec *x, ps_str record, const ps_blob_list *blobs, bool unchecked,
                         ps_divergence *d, ps_error *err);
/* Every outstanding command is polled again, with the stage it has reached, as after load. */
void ps_exec_again(ps_exec *x);

/* Appends a snapshot, from which `load` goes on: same commands (those not yet answered are polled
 * again), same events. Events not taken yet are part of it. */
void ps_exec_save(const ps_exec *x, ps_buf *out);
/* The same in an older format, for those who may have to go back to an older passo.
 *
 * Errors: PS_EUNSUPPORTED  no such format, or it has no place for what this execution has seen */
ps_status ps_exec_save_as(const ps_exec *x, unsigned format, ps_buf *out, ps_error *err);
/* Errors: PS_EDAMAGED, PS_EUNSUPPORTED (a newer format), PS_EINPUT (another machine's snapshot) */
ps_exec *ps_exec_load(ps_machine *m, ps_str snapshot, const ps_profile *profile,
                      const ps_blob_list *blobs, ps_error *err);

#endif
