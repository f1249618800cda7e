/* batch.h -- ItemBatcher: items in, inputs of child executions out. */
#ifndef PS_ITEMS_BATCH_H
#define PS_ITEMS_BATCH_H

#include "value/value.h"

/* What the input of a child may have at most when MaxInputBytesPerBatch says nothing. */
#define PS_MAX_BATCH_BYTES 262144

/* A new PS_ARRAY of {"BatchInput": ..., "Items": [...]}, in the order of `items` (a PS_ARRAY). Each
 * takes as many items as fit; one that is too large by itself travels alone.
 *
 * max_items    MaxItemsPerBatch; 0: no limit
 * max_bytes    MaxInputBytesPerBatch of the whole input; 0: PS_MAX_BATCH_BYTES
 * batch_input  NULL: no BatchInput */
ps_value *ps_item_batches(const ps_value *items, size_t max_items, size_t max_bytes,
                          const ps_value *batch_input);

#endif
