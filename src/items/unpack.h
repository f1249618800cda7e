/* unpack.h -- compressed files of items: gzip (zlib) and Zstandard (libzstd), a chunk at a time. */
#ifndef PS_ITEMS_UNPACK_H
#define PS_ITEMS_UNPACK_H

#include "base/error.h"

#include <stdint.h>

typedef struct ps_item_unpack ps_item_unpack;

typedef enum ps_packing { PS_PACKED_NOT, PS_PACKED_GZIP, PS_PACKED_ZSTD } ps_packing;

/* What the name of a file says: .gz, .zst and .zstd. */
ps_packing ps_item_packing(ps_str key);

/* Takes unpacked bytes, borrowed for the call. Returns false to want no more. */
typedef bool ps_item_unpacked(void *arg, ps_str bytes);

/* max_bytes  of unpacked text, against files that unfold without end
 *
 * Errors: PS_EUNSUPPORTED  "built without zlib", "built without libzstd" */
ps_item_unpack *ps_item_unpack_new(ps_packing packing, uint64_t max_bytes, ps_error *err);
void ps_item_unpack_free(ps_item_unpack *u);

/* Errors: PS_EINPUT  not of that format, or damaged
 *         PS_ELIMIT  more than max_bytes */
ps_status ps_item_unpack_feed(ps_item_unpack *u, ps_str chunk, ps_item_unpacked *take, void *arg,
                              ps_error *err);
/* Errors: PS_EINPUT  the file is cut short */
ps_status ps_item_unpack_end(ps_item_unpack *u, ps_error *err);

#endif
