/* history.h -- the recorder behind event.h: appends compact records, hands them over as a batch. */
#ifndef PS_EXEC_HISTORY_H
#define PS_EXEC_HISTORY_H

#include "asl/machine.h"
#include "exec/event.h"
#include "exec/event_types.h"

typedef struct ps_event {
    ps_event_type type;
    uint64_t previous;
    int64_t at_ms;
    const ps_state *state; /* borrowed from the machine */
    ps_value *v[3];        /* owned; which is what: ps_event_shape */
    int64_t n, m;          /* a length, an index, seconds; -1: absent */
} ps_event;

typedef struct ps_history {
    ps_machine *machine; /* borrowed from the exec, which outlives it */
    uint64_t next_id;    /* of the next event; 1 first */
    ps_event *items;     /* not yet taken */
    size_t count, capacity;
    size_t burst_bytes; /* printed size, roughly, of what the burst under way has added */
} ps_history;

/* Appends a record with nothing but type, previous id and time; valid until the next append. Its id
 * is `h->next_id - 1`. */
ps_event *ps_history_add(ps_history *h, ps_event_type type, uint64_t previous, int64_t at_ms);
/* What the details of a type hold. */
ps_event_shape ps_event_shape_of(ps_event_type type);
/* What has gathered since the last take. */
ps_events *ps_history_take(ps_history *h);
void ps_history_free(ps_history *h);

#endif
