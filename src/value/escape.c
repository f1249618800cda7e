/* escape.c -- looks at eight bytes at a time. */
#include "value/escape.h"

#include <stdint.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte of the result is set where that byte of `x` is to be escaped; a byte
 * behind such a one may be set wrongly (borrows), one before it never. */
static inline uint64_t marks(uint64_t x)
{
    uint64_t quote = x ^ EACH('"'), slash = x ^ EACH('\\');
    return (((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) | ((x - EACH(0x20)) & ~x)) &
           EACH(0x80);
}

static inline bool escaped(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static inline size_t find(ps_str s, size_t at, uint64_t also)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t x;
    for (; s.len - at >= sizeof x; at += sizeof x) {
        memcpy(&x, s.p + at, sizeof x);
        uint64_t found = marks(x) | (x & also);
        if (found) {
            return at + (size_t)__builtin_ctzll(found) / 8;
        }
    }
#endif
    unsigned char high = also ? 0x80 : 0;
    while (at < s.len && !escaped((unsigned char)s.p[at]) && !((unsigned char)s.p[at] & high)) {
        at++;
    }
    return at;
}

size_t ps_escape_find(ps_str s, size_t at)
{
    return find(s, at, 0);
}

size_t ps_escape_find_ascii(ps_str s, size_t at)
{
    return find(s, at, EACH(0x80));
}

/* The letter behind the backslash; 0 where it takes \u00XX. */
static char short_escape(unsigned char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

size_t ps_escape_extra(ps_str s)
{
    size_t extra = 0;
    for (size_t at = find(s, 0, 0); at < s.len; at = find(s, at + 1, 0)) {
        extra += short_escape((unsigned char)s.p[at]) ? 1 : 5;
    }
    return extra;
}

size_t ps_escape_put(unsigned char byte, char out[6])
{
    static const char digits[] = "0123456789abcdef";
    char letter = short_escape(byte);
    out[0] = '\\';
    if (letter) {
        out[1] = letter;
        return 2;
    }
    out[1] = 'u';
    out[2] = '0';
    out[3] = '0';
    out[4] = digits[byte >> 4];
    out[5] = digits[byte & 15];
    return 6;
}
