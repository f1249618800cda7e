/* load.h -- between load.c, which reads a snapshot, and load_check.c, which proves what was read.
 */
#ifndef PS_EXEC_LOAD_H
#define PS_EXEC_LOAD_H

#include "exec/snapshot.h"

/* The frames read so far, by number. */
typedef struct ps_loaded {
    unsigned format;
    ps_frame **frames;
    size_t count, capacity;
} ps_loaded;

/* Whether everything that a step relies on holds for every frame: no step of an exec that passes
 * can meet a missing value, lose one, or wait for what never comes. */
bool ps_load_check(const ps_exec *x, const ps_loaded *all);

#endif
