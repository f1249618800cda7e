/* record.h -- between record.c, which keeps what an exec was given, and replay.c, which gives it
 * again.
 *
 * A record is: MAGIC, FORMAT, the behaviour, the id of its first event, how many events and inputs;
 * the inputs in their order; the events. Values are packed once over all of it. Times are told by
 * their difference to the one before, the first one by itself. */
#ifndef PS_EXEC_RECORD_H
#define PS_EXEC_RECORD_H

#include "exec/layout.h"
#include "value/pack.h"

#define PS_RECORD_MAGIC "passo:r"
#define PS_BIRTH_MAGIC "passo:b"
#define PS_BIRTH_FORMAT 1

/* In the bytes of records: never renumbered. */
typedef enum ps_input_kind {
    PS_INPUT_POLLS,     /* `n` polls that changed something: what poll does is part of the order */
    PS_INPUT_STARTED,   /* token, worker */
    PS_INPUT_SUBMITTED, /* token, value */
    PS_INPUT_BEAT,      /* token */
    PS_INPUT_RESUMED,   /* token, value */
    PS_INPUT_REFUSED,   /* token, error, cause: resume with a failure */
    PS_INPUT_TICK,
    PS_INPUT_STOP, /* error, cause */
    PS_INPUT_REDRIVE,
    PS_INPUT_UPDATE, /* token or 0, the map run's ARN, its new limits */
    PS_INPUT_KIND_COUNT
} ps_input_kind;

typedef struct ps_input {
    ps_input_kind kind;
    uint64_t n; /* the token, or the number of polls */
    int64_t now_ms;
    ps_value *v[2]; /* owned; may be NULL */
} ps_input;

/* What an exec was given since its last record. */
typedef struct ps_recorder {
    ps_input *items;
    size_t count, capacity;
    uint64_t polls; /* since the last input */
} ps_recorder;

/* How many values an input of this kind has, and whether a token. */
size_t ps_input_values(ps_input_kind kind);
bool ps_input_has_token(ps_input_kind kind);

/* Keeps an input that was accepted; values are borrowed. Nothing where the exec keeps none. */
void ps_record_input(ps_exec *x, ps_input_kind kind, uint64_t token, const ps_value *first,
                     const ps_value *second);
/* Time has passed, and nothing else: kept only where somebody will look at the clock. */
void ps_record_time(ps_exec *x);
void ps_record_poll(ps_exec *x);
void ps_recorder_free(ps_recorder *r);

#endif
