/* checksum.c -- CRC-32 and CRC-32C, four bits at a time; digests are OpenSSL's. */
#include "aws/checksum.h"
#include "base/base64.h"
#include "base/hash.h"

#define CRC32 UINT32_C(0xEDB88320)

/* Both polynomials reflected; a table of 16 keeps within one or two cache lines. */
static uint32_t crc(uint32_t polynomial, ps_str bytes)
{
    uint32_t table[16];
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 4; bit++) {
            c = c & 1 ? c >> 1 ^ polynomial : c >> 1;
        }
        table[i] = c;
    }
    uint32_t c = UINT32_MAX;
    for (size_t i = 0; i < bytes.len; i++) {
        c ^= (uint8_t)bytes.p[i];
        c = c >> 4 ^ table[c & 15];
        c = c >> 4 ^ table[c & 15];
    }
    return ~c;
}

uint32_t ps_crc32(ps_str bytes)
{
    return crc(CRC32, bytes);
}

static void write_crc(uint32_t polynomial, ps_str body, ps_buf *out)
{
    uint32_t c = crc(polynomial, body);
    char bytes[4] = {(char)(c >> 24), (char)(c >> 16 & 0xFF), (char)(c >> 8 & 0xFF),
                     (char)(c & 0xFF)};
    ps_base64_encode((ps_str){bytes, sizeof bytes}, out);
}

static void write_digest(ps_digest which, ps_str body, ps_buf *out)
{
    uint8_t digest[64];
    size_t len = ps_hash_digest(which, body, digest);
    ps_base64_encode((ps_str){(const char *)digest, len}, out);
}

bool ps_checksum_write(ps_str algorithm, ps_str body, ps_buf *out)
{
    if (ps_str_equal(algorithm, PS_STR("CRC32"))) {
        write_crc(CRC32, body, out);
    } else if (ps_str_equal(algorithm, PS_STR("CRC32C"))) {
        write_crc(UINT32_C(0x82F63B78), body, out);
    } else if (ps_str_equal(algorithm, PS_STR("SHA1"))) {
        write_digest(PS_DIGEST_SHA1, body, out);
    } else if (ps_str_equal(algorithm, PS_STR("SHA256"))) {
        write_digest(PS_DIGEST_SHA256, body, out);
    } else if (ps_str_equal(algorithm, PS_STR("MD5"))) {
        write_digest(PS_DIGEST_MD5, body, out);
    } else {
        return false;
    }
    return true;
}
