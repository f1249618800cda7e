/* blob.h -- values too large to be told again and again: packed texts name them by the SHA-256 of
 * their own packed bytes, which are kept apart, once.
 *
 * A value becomes a blob when what prints of it, without the blobs inside of it, is larger than a
 * limit; blobs themselves contain none. A text that may refer to blobs ends with their hashes and
 * how many they are, in four bytes. */
#ifndef PS_VALUE_BLOB_H
#define PS_VALUE_BLOB_H

#include "value/value.h"

#define PS_BLOB_HASH 32

typedef struct ps_blob {
    uint8_t hash[PS_BLOB_HASH];
    ps_str bytes;
} ps_blob;

/* Blobs that a text may need; NULL where none are expected. */
typedef struct ps_blob_list {
    const ps_blob *items;
    size_t count;
} ps_blob_list;

/* Values whose hash was computed lately; more would keep memory from being freed. */
#define PS_BLOBS_RECENT 16

/* What one execution's texts share. Zero-initialise it. */
typedef struct ps_blobs {
    size_t limit;                   /* printed bytes; 0: nothing becomes a blob */
    uint8_t (*known)[PS_BLOB_HASH]; /* open addressed by the first bytes; all zero: free */
    size_t known_capacity, known_count;
    ps_blob *fresh; /* not yet handed over; their bytes are owned */
    size_t fresh_count, fresh_capacity;
    struct {
        ps_value *v; /* owned */
        uint8_t hash[PS_BLOB_HASH];
    } recent[PS_BLOBS_RECENT];
    size_t recent_at;
} ps_blobs;

void ps_blobs_free(ps_blobs *b);
/* Writes the hash of `v` to `hash`; one never seen before is fresh from now on. */
void ps_blobs_hash(ps_blobs *b, const ps_value *v, uint8_t hash[PS_BLOB_HASH]);
/* `v` was read from the blob `hash`: somebody keeps it already. */
void ps_blobs_learn(ps_blobs *b, const ps_value *v, const uint8_t hash[PS_BLOB_HASH]);
/* Forgets the fresh ones: somebody has taken them over. */
void ps_blobs_taken(ps_blobs *b);

/* The hashes at the end of `text`: where they begin, and how many in *count; without them `text` is
 * `*body`. False: damaged. */
bool ps_blobs_needed(ps_str text, ps_str *body, const uint8_t **hashes, size_t *count);

#endif
