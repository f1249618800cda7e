/* rand.h -- keyed streams of randomness: the same key, label and position give the same bytes.
 *
 * A stream is HMAC-SHA256(key, label | position); streams under different labels do not foretell
 * one another. Nothing here asks the system for randomness: the 256-bit key is an argument. */
#ifndef PS_BASE_RAND_H
#define PS_BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

typedef struct ps_rand {
    uint8_t key[32];
    uint32_t label;    /* one of the owner's own enumeration */
    uint64_t position; /* blocks of 32 bytes drawn so far; save and restore it to rewind */
} ps_rand;

/* Draws whole blocks: the next call starts at a new block. */
void ps_rand_bytes(ps_rand *r, void *out, size_t len);
uint64_t ps_rand_u64(ps_rand *r);
/* Uniform in [0, 1), 53 bits. */
double ps_rand_unit(ps_rand *r);
/* A version 4 UUID, 36 characters and no NUL. */
void ps_rand_uuid(ps_rand *r, char out[36]);
/* The same of 16 random bytes from elsewhere. */
void ps_uuid_print(const uint8_t bytes[16], char out[36]);

#endif
