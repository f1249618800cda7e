/* snapshot.h -- what save.c and load.c agree on: the head of a snapshot, and the bits of its flags.
 *
 * A snapshot is: MAGIC, VERSION, the machine's state count and print, the profile's name, the
 * exec's fields, the events not taken yet, the tree of frames, the ready queue, the outstanding
 * tokens, the cancels. Frames are numbered in the order they are written; what comes after them
 * names them so. */
#ifndef PS_EXEC_SNAPSHOT_H
#define PS_EXEC_SNAPSHOT_H

#include "exec/layout.h"
#include "value/pack.h"

#define PS_SNAPSHOT_MAGIC "passo:x"
/* 4: an execution that ended without success keeps its frames; redrives. */
#define PS_SNAPSHOT_OLDEST 3

/* Of a frame. */
enum {
    PS_SAVED_CALLING = 1,
    PS_SAVED_FAILED = 2,
    PS_SAVED_LATE_HEARTBEAT = 4,
    PS_SAVED_RETRIED = 8,
    PS_SAVED_RESULTS = 16,
    PS_SAVED_RUN = 32,
    PS_SAVED_BEFORE = 64, /* only in JSONata's states, which an older passo cannot run anyway */
    PS_SAVED_FLAGS = 127
};

/* Of a Distributed Map's run. */
enum { PS_SAVED_COUNT = 1, PS_SAVED_PERCENTAGE = 2, PS_SAVED_AGAIN = 4, PS_SAVED_RUN_FLAGS = 7 };

/* Tells one machine from another by the names and the shapes of its states: as far as a snapshot
 * relies on them. */
uint64_t ps_snapshot_print(const ps_machine *m);

/* A States object by the state it belongs to; what is damaged gives the top. */
void ps_snapshot_pack_graph(ps_packer *p, const ps_graph *g);
const ps_graph *ps_snapshot_unpack_graph(ps_unpacker *u, const ps_machine *m);

/* -- large.c ----------------------------------------------------------------------------------- */

/* Lets `u` take blobs from a list (NULL: none), and learn which. */
void ps_blobs_given(ps_unpacker *u, const ps_blob_list *list);
/* A new exec knows what was learnt; without an exec it is forgotten. */
void ps_blobs_keep_take(ps_exec *x, ps_blobs *learnt);

#endif
