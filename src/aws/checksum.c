/* checksum.c -- CRC-32 and CRC-32C in portable C; digests are OpenSSL's. */
#include "aws/checksum.h"
#include "base/base64.h"
#include "base/hash.h"

#define CRC32 UINT32_C(0xEDB88320)

/* From here on eight bytes at a time pay for the tables they need. */
enum { LONG_BODY = 4096 };

/* `bits` steps of the division; the polynomials are reflected. */
static uint32_t steps(uint32_t polynomial, uint32_t c, int bits)
{
    for (int bit = 0; bit < bits; bit++) {
        c = c & 1 ? c >> 1 ^ polynomial : c >> 1;
    }
    return c;
}

static uint32_t crc_short(uint32_t polynomial, uint32_t c, ps_str bytes)
{
    uint32_t table[16];
    for (uint32_t i = 0; i < 16; i++) {
        table[i] = steps(polynomial, i, 4);
    }
    for (size_t i = 0; i < bytes.len; i++) {
        c ^= (uint8_t)bytes.p[i];
        c = c >> 4 ^ table[c & 15];
        c = c >> 4 ^ table[c & 15];
    }
    return c;
}

/* Of whole groups of eight bytes; table[k] is what a byte means that k more bytes follow. */
static uint32_t crc_long(uint32_t polynomial, uint32_t c, ps_str bytes)
{
    uint32_t table[8][256];
    for (uint32_t i = 0; i < 256; i++) {
        table[0][i] = steps(polynomial, i, 8);
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int k = 1; k < 8; k++) {
            uint32_t before = table[k - 1][i];
            table[k][i] = before >> 8 ^ table[0][before & 255];
        }
    }
    const uint8_t *p = (const uint8_t *)bytes.p;
    for (const uint8_t *end = p + bytes.len; p < end; p += 8) {
        c ^= p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        c = table[7][c & 255] ^ table[6][c >> 8 & 255] ^ table[5][c >> 16 & 255] ^
            table[4][c >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
    }
    return c;
}

static uint32_t crc(uint32_t polynomial, ps_str bytes)
{
    uint32_t c = UINT32_MAX;
    if (bytes.len >= LONG_BODY) {
        size_t whole = bytes.len / 8 * 8;
        c = crc_long(polynomial, c, (ps_str){bytes.p, whole});
        bytes = (ps_str){bytes.p + whole, bytes.len - whole};
    }
    return ~crc_short(polynomial, c, bytes);
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
