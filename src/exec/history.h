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

/* What events show of a state, for batches that are read without its machine. */
typedef struct ps_shown_state {
    ps_state state; /* id, kind, name, resource, target.service, target.action; no more */
    ps_value *name, *resource, *service, *action; /* what it borrows from; owned */
} ps_shown_state;

struct ps_events {
    size_t refs;
    ps_machine *machine; /* NULL: the states are `states` */
    uint64_t first_id;
    size_t count;
    ps_event *items;
    ps_shown_state **states;
    size_t state_count, state_capacity;
};

/* An empty batch with room for `count` events. `machine` is borrowed, may be NULL. */
ps_events *ps_events_new(ps_machine *machine, uint64_t first_id, size_t count);
void ps_events_add_state_take(ps_events *e, ps_shown_state *s);
/* Whether the state, values and time that the type's printing relies on are there. */
bool ps_event_complete(const ps_event *e);

/* Appends a record with nothing but type, previous id and time; valid until the next append. Its id
 * is `h->next_id - 1`. */
ps_event *ps_history_add(ps_history *h, ps_event_type type, uint64_t previous, int64_t at_ms);
/* What the details of a type hold. */
ps_event_shape ps_event_shape_of(ps_event_type type);
/* What has gathered since the last take. */
ps_events *ps_history_take(ps_history *h);
void ps_history_free(ps_history *h);

#endif
