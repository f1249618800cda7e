/* hash.c -- digests and HMAC by OpenSSL, SipHash-1-3 by hand. */
#include "base/hash.h"

#include "base/mem.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* MD5_Init, SHA256_Init and their kin: see below */
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdlib.h>

void ps_hash_hex(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* EVP would load OpenSSL's providers first, for which a process that starts one execution has no
 * other use. */
static void digest_md5(ps_str bytes, uint8_t out[16])
{
    MD5_CTX ctx;
    MD5_Init(&ctx);
    MD5_Update(&ctx, bytes.p, bytes.len);
    MD5_Final(out, &ctx);
}

size_t ps_hash_digest(ps_digest which, ps_str bytes, uint8_t out[64])
{
    const EVP_MD *md = NULL;
    switch (which) {
    case PS_DIGEST_MD5:
        digest_md5(bytes, out);
        return 16;
    case PS_DIGEST_SHA1:
        md = EVP_sha1();
        break;
    case PS_DIGEST_SHA256:
        ps_hash_sha256(bytes, out);
        return 32;
    case PS_DIGEST_SHA384:
        md = EVP_sha384();
        break;
    case PS_DIGEST_SHA512:
        md = EVP_sha512();
        break;
    }
    unsigned int len = 0;
    /* Fails only for want of memory, or where the system forbids the digest: nothing to go on with.
     */
    if (!md || EVP_Digest(bytes.p, bytes.len, out, &len, md, NULL) != 1) {
        abort();
    }
    return len;
}

/* EVP looks its digest up by name each time, which costs more than a few blocks of SHA-256. */
void ps_hash_sha256(ps_str bytes, uint8_t out[32])
{
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, bytes.p, bytes.len);
    SHA256_Final(out, &ctx);
}

void ps_hash_hmac(ps_str key, ps_str bytes, uint8_t out[32])
{
    enum { BLOCK = 64 };
    uint8_t inner[BLOCK], outer[BLOCK], digest[32], short_key[BLOCK] = {0};
    if (key.len > BLOCK) {
        ps_hash_sha256(key, short_key);
    } else if (key.len) {
        memcpy(short_key, key.p, key.len);
    }
    for (size_t i = 0; i < BLOCK; i++) {
        inner[i] = short_key[i] ^ 0x36;
        outer[i] = short_key[i] ^ 0x5C;
    }
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, inner, BLOCK);
    SHA256_Update(&ctx, bytes.p, bytes.len);
    SHA256_Final(digest, &ctx);
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, outer, BLOCK);
    SHA256_Update(&ctx, digest, 32);
    SHA256_Final(out, &ctx);
    ps_wipe(inner, sizeof inner);
    ps_wipe(outer, sizeof outer);
    ps_wipe(short_key, sizeof short_key);
    ps_wipe(&ctx, sizeof ctx);
}

/* The only state of the process that base keeps: set before the first table, then only read. */
static uint64_t seed0 = UINT64_C(0x5DEECE66D1CE4E5B), seed1 = UINT64_C(0x9E3779B97F4A7C15);

static uint64_t load64(const void *p)
{
    const uint8_t *b = p;
    uint64_t n = 0;
    for (size_t i = 0; i < 8; i++) {
        n |= (uint64_t)b[i] << (8 * i);
    }
    return n;
}

void ps_hash_seed(const uint8_t seed[16])
{
    seed0 = load64(seed);
    seed1 = load64(seed + 8);
}

static inline uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

uint64_t ps_hash_table(ps_str bytes)
{
    uint64_t v[4] = {seed0 ^ UINT64_C(0x736F6D6570736575), seed1 ^ UINT64_C(0x646F72616E646F6D),
                     seed0 ^ UINT64_C(0x6C7967656E657261), seed1 ^ UINT64_C(0x7465646279746573)};
    const char *p = bytes.p;
    size_t left = bytes.len;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t m = load64(p);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    uint64_t last = (uint64_t)bytes.len << 56;
    for (size_t i = 0; i < left; i++) {
        last |= (uint64_t)(uint8_t)p[i] << (8 * i);
    }
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
