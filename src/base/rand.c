/* rand.c -- keyed streams of randomness. */
#include "base/rand.h"

#include "base/hash.h"

static void draw_block(ps_rand *r, uint8_t out[32])
{
    uint8_t name[12];
    for (size_t i = 0; i < 4; i++) {
        name[i] = (uint8_t)(r->label >> (24 - 8 * i));
    }
    for (size_t i = 0; i < 8; i++) {
        name[4 + i] = (uint8_t)(r->position >> (56 - 8 * i));
    }
    ps_hash_hmac((ps_str){(const char *)r->key, sizeof r->key},
                 (ps_str){(const char *)name, sizeof name}, out);
    r->position++;
}

void ps_rand_bytes(ps_rand *r, void *out, size_t len)
{
    uint8_t *to = out;
    while (len) {
        uint8_t block[32];
        size_t part = len < sizeof block ? len : sizeof block;
        draw_block(r, block);
        memcpy(to, block, part);
        to += part;
        len -= part;
    }
}

uint64_t ps_rand_u64(ps_rand *r)
{
    uint8_t b[8];
    uint64_t n = 0;
    ps_rand_bytes(r, b, sizeof b);
    for (size_t i = 0; i < sizeof b; i++) {
        n = n << 8 | b[i];
    }
    return n;
}

double ps_rand_unit(ps_rand *r)
{
    return (double)(ps_rand_u64(r) >> 11) * 0x1p-53;
}

void ps_uuid_print(const uint8_t bytes[16], char out[36])
{
    static const size_t groups[] = {4, 2, 2, 2, 6};
    uint8_t b[16];
    memcpy(b, bytes, sizeof b);
    /* RFC 9562, section 5.4: the version in octet 6, the variant in octet 8. */
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    for (size_t g = 0, at = 0; g < 5; at += groups[g++]) {
        if (g > 0) {
            *out++ = '-';
        }
        ps_hash_hex(b + at, groups[g], out);
        out += 2 * groups[g];
    }
}

void ps_rand_uuid(ps_rand *r, char out[36])
{
    uint8_t bytes[16];
    ps_rand_bytes(r, bytes, sizeof bytes);
    ps_uuid_print(bytes, out);
}
