/* distinct.h -- which elements of an array are equal to one before them, in linear time. */
#ifndef PS_JSONATA_DISTINCT_H
#define PS_JSONATA_DISTINCT_H

#include "jsonata/jx.h"

/* The elements of `array` without those that equal an earlier one (ps_jx_equal); a sequence where
 * `array` is one. */
ps_jx ps_jx_distinct(ps_jx_run *run, ps_jx array);

#endif
