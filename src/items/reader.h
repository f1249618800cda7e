/* reader.h -- what a Distributed Map reads: bytes of a file in, items out. Pure and incremental.
 *
 * CSV, JSON and JSONL as ReaderConfig.InputType says; items may be taken while the file is still
 * coming. What AWS reports as States.ItemReaderFailed is an outcome here: error and cause. */
#ifndef PS_ITEMS_READER_H
#define PS_ITEMS_READER_H

#include "base/error.h"
#include "value/value.h"

/* An item may have this many bytes before ItemSelector shrinks it; a JSON file, read as a whole,
 * that many. */
#define PS_MAX_ITEM_BYTES ((size_t)8 << 20)
#define PS_MAX_ITEMS_JSON ((size_t)1 << 30)

typedef struct ps_item_reader ps_item_reader;

typedef struct ps_item_fault {
    ps_str error; /* "States.ItemReaderFailed" */
    ps_str cause; /* lives as long as its reader */
} ps_item_fault;

/* config     ReaderConfig with its values filled in (an object), or NULL: a JSON file
 * max_items  MaxItems; 0 for all
 *
 * Errors: PS_EINPUT        the configuration is not one (unknown InputType, CSVDelimiter ...)
 *         PS_EUNSUPPORTED  PARQUET, or a MANIFEST, which is read by manifest.h first
 * A configuration that AWS refuses when it runs (duplicate headers) makes a reader with a fault. */
ps_item_reader *ps_item_reader_new(const ps_value *config, int64_t max_items, ps_error *err);
void ps_item_reader_free(ps_item_reader *r);

/* Takes the next bytes. False when no more are wanted: MaxItems are read, or there is a fault. */
bool ps_item_reader_feed(ps_item_reader *r, ps_str chunk);
/* The file ends. False when there is a fault. */
bool ps_item_reader_end(ps_item_reader *r);
/* NULL while all is well. */
const ps_item_fault *ps_item_reader_fault(const ps_item_reader *r);

/* The items read since the last take: a new PS_ARRAY; for a JSON file that holds an object, that
 * object. */
ps_value *ps_item_reader_take(ps_item_reader *r);

/* The value at JSON pointer `pointer` (RFC 6901) in `root`, borrowed; NULL when it is not there. */
const ps_value *ps_item_pointer(const ps_value *root, ps_str pointer);

/* The item for one entry of ListObjectsV2's Contents: {Etag, Key, LastModified, Size,
 * StorageClass}, LastModified in seconds since 1970. A new PS_OBJECT. */
ps_value *ps_item_listed(const ps_value *entry);

#endif
