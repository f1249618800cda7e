/* event.h -- the history: events as they happened, in compact records that share the values they
 * name. */
#ifndef PS_EXEC_EVENT_H
#define PS_EXEC_EVENT_H

#include "value/value.h"

typedef struct ps_events ps_events; /* one batch */

ps_events *ps_events_ref(ps_events *e);
void ps_events_unref(ps_events *e);
size_t ps_events_count(const ps_events *e);

/* Event `i` as the API's HistoryEvent: {timestamp (epoch seconds, a PS_DOUBLE or PS_INT), type, id,
 * previousEventId, <camelType>EventDetails: {...}}, payloads as JSON text. A new reference. */
ps_value *ps_events_value(const ps_events *e, size_t i);
/* Its type ("TaskScheduled") alone; borrowed, static. */
ps_str ps_events_type(const ps_events *e, size_t i);

#endif
