/* event_pack.h -- events as bytes that can be read without the machine they came from: a state is
 * told with what its events show of it, where it is met first. */
#ifndef PS_EXEC_EVENT_PACK_H
#define PS_EXEC_EVENT_PACK_H

#include "exec/history.h"
#include "value/pack.h"

/* Appends `count` events, the first of which has the id `first`. `last_ms` is a time not far from
 * theirs, that the reader knows too. */
void ps_event_pack(ps_packer *p, const ps_event *items, size_t count, uint64_t first,
                   int64_t last_ms);
/* A batch of what was packed so: a new reference; of damaged bytes (`u->damaged`) too. */
ps_events *ps_event_unpack(ps_unpacker *u, size_t count, uint64_t first, int64_t last_ms);

#endif
