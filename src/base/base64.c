/* base64.c -- RFC 4648, section 4. */
#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void ps_base64_encode(ps_str bytes, ps_buf *out)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t groups = bytes.len / 3, rest = bytes.len % 3;
    char *to = ps_buf_reserve(out, (groups + 1) * 4);
    for (size_t i = 0; i < groups; i++, p += 3) {
        uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        *to++ = alphabet[bits >> 18];
        *to++ = alphabet[bits >> 12 & 63];
        *to++ = alphabet[bits >> 6 & 63];
        *to++ = alphabet[bits & 63];
    }
    if (rest) {
        uint32_t bits = (uint32_t)p[0] << 16 | (rest == 2 ? (uint32_t)p[1] << 8 : 0);
        *to++ = alphabet[bits >> 18];
        *to++ = alphabet[bits >> 12 & 63];
        *to++ = rest == 2 ? alphabet[bits >> 6 & 63] : '=';
        *to++ = '=';
    }
    out->len += (groups + (rest != 0)) * 4;
}

int ps_base64_sextet(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

ps_status ps_base64_decode(ps_str text, ps_buf *out, ps_error *err)
{
    size_t len = text.len;
    if (len % 4 != 0) {
        return ps_fail(err, PS_EINPUT, len, "expected base 64 in groups of 4, found %zu characters",
                       len);
    }
    if (len && text.p[len - 1] == '=') {
        len -= text.p[len - 2] == '=' ? 2 : 1;
    }
    char *to = ps_buf_reserve(out, text.len / 4 * 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        int six = ps_base64_sextet(text.p[i]);
        if (six < 0 || text.p[i] == '-' || text.p[i] == '_') {
            return ps_fail(err, PS_EINPUT, i, "expected a character of the base 64 alphabet");
        }
        bits = bits << 6 | (uint32_t)six;
        if (i % 4 == 3) {
            *to++ = (char)(bits >> 16 & 0xFF);
            *to++ = (char)(bits >> 8 & 0xFF);
            *to++ = (char)(bits & 0xFF);
        }
    }
    if (len % 4 == 2) {
        *to++ = (char)(bits >> 4 & 0xFF);
    } else if (len % 4 == 3) {
        *to++ = (char)(bits >> 10 & 0xFF);
        *to++ = (char)(bits >> 2 & 0xFF);
    }
    out->len = (size_t)(to - out->p);
    return PS_OK;
}
