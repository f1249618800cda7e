/* pack.h -- values as bytes, shared parts once: what snapshots and journals are made of.
 *
 * A packer remembers what it has written; the same value (by identity) becomes a back reference.
 * The integers are LEB128, signed ones zigzag; so are lengths. Reading trusts nothing. */
#ifndef PS_VALUE_PACK_H
#define PS_VALUE_PACK_H

#include "base/error.h"
#include "value/blob.h"
#include "value/value.h"

/* Values of an execution wrap payloads, each within PS_MAX_DEPTH, in templates and records. */
#define PS_PACK_DEPTH (2 * PS_MAX_DEPTH)

typedef struct ps_packer {
    ps_buf *out;           /* borrowed */
    const ps_value **seen; /* open addressed by identity */
    uint32_t *numbers;
    size_t capacity, count;
    ps_blobs *blobs; /* NULL: every value is told in full */
    struct ps_pack_plan *plan;
    uint8_t *needs; /* hashes of the blobs referred to */
    size_t need_count, need_capacity;
} ps_packer;

void ps_packer_free(ps_packer *p);
/* Ends a text that may refer to blobs: their hashes, and how many they are. */
void ps_pack_needs(ps_packer *p);
void ps_pack_count(ps_packer *p, uint64_t n);
void ps_pack_int(ps_packer *p, int64_t n);
void ps_pack_double(ps_packer *p, double d);
void ps_pack_bytes(ps_packer *p, ps_str s);
/* `v` may be NULL. */
void ps_pack_value(ps_packer *p, const ps_value *v);

typedef struct ps_unpacker {
    ps_str in;
    size_t at;
    bool damaged; /* sticky: after it every read gives 0 or NULL */
    ps_value **seen;
    size_t count, capacity;
    ps_blob_list given; /* what blobs may be taken from */
    ps_blobs *blobs;    /* learns which were; NULL: nobody asks */
    bool missing;       /* damaged because a blob was not given */
} ps_unpacker;

void ps_unpacker_free(ps_unpacker *u);
/* Takes the end that ps_pack_needs wrote off `in`. */
void ps_unpack_needs(ps_unpacker *u);
uint64_t ps_unpack_count(ps_unpacker *u);
/* The same, damaged when above `most`. */
uint64_t ps_unpack_upto(ps_unpacker *u, uint64_t most);
int64_t ps_unpack_int(ps_unpacker *u);
double ps_unpack_double(ps_unpacker *u);
/* Borrowed from the input. */
ps_str ps_unpack_bytes(ps_unpacker *u);
/* A new reference, nested at most PS_PACK_DEPTH deep; NULL where NULL was packed, and when damaged.
 */
ps_value *ps_unpack_value(ps_unpacker *u);

#endif
