/* hash.h -- cryptographic digests (OpenSSL), and the seeded hash of our own tables. */
#ifndef PS_BASE_HASH_H
#define PS_BASE_HASH_H

#include "base/str.h"

#include <stdint.h>

typedef enum ps_digest {
    PS_DIGEST_MD5,
    PS_DIGEST_SHA1,
    PS_DIGEST_SHA256,
    PS_DIGEST_SHA384,
    PS_DIGEST_SHA512,
} ps_digest;

/* Writes the digest to `out`; returns its length: 16, 20, 32, 48 or 64. */
size_t ps_hash_digest(ps_digest which, ps_str bytes, uint8_t out[64]);
/* Hexadecimal digits, two a byte, and no NUL. */
void ps_hash_hex(const uint8_t *bytes, size_t len, char *out);
/* ps_hash_digest for SHA-256, several times faster for short texts. */
void ps_hash_sha256(ps_str bytes, uint8_t out[32]);
/* HMAC-SHA256; leaves nothing of the key on the stack. */
void ps_hash_hmac(ps_str key, ps_str bytes, uint8_t out[32]);

/* Seeded hash for tables whose keys a user chooses (SipHash-1-3). The seed is set once a process,
 * before the first table is built, by whoever may ask the system for randomness; without it a fixed
 * one holds (tests, fuzzing). Not for anything that leaves the process. */
void ps_hash_seed(const uint8_t seed[16]);
uint64_t ps_hash_table(ps_str bytes);

#endif
