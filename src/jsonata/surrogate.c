/* surrogate.c -- halves of surrogate pairs: see surrogate.h. */
#include "jsonata/surrogate.h"

#include "base/utf8.h"

/* The code unit whose three bytes begin at `at`; 0: none does. */
static uint32_t unit_at(ps_str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.p + at;
    if (at >= s.len || s.len - at < 3 || p[0] != 0xED || p[1] < 0xA0) {
        return 0;
    }
    return 0xD000 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
}

/* Where the first half at or after `at` is; s.len: none. */
static size_t find(ps_str s, size_t at)
{
    while (at < s.len) {
        const char *p = memchr(s.p + at, 0xED, s.len - at);
        if (!p) {
            break;
        }
        at = (size_t)(p - s.p);
        if (unit_at(s, at)) {
            return at;
        }
        at++;
    }
    return s.len;
}

bool ps_surrogates_in(ps_str s)
{
    return find(s, 0) < s.len;
}

ps_value *ps_surrogates_string(ps_str s)
{
    size_t at = find(s, 0);
    if (at == s.len) {
        return ps_string(s);
    }
    ps_buf out = {0};
    for (size_t from = 0; from < s.len; at = find(s, from)) {
        ps_buf_add(&out, (ps_str){s.p + from, at - from});
        if (at == s.len) {
            break;
        }
        uint32_t high = unit_at(s, at), low = unit_at(s, at + 3);
        bool pair = high < 0xDC00 && low >= 0xDC00;
        uint32_t code = pair ? 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
        out.len += ps_utf8_put(code, ps_buf_reserve(&out, 4));
        from = at + (pair ? 6 : 3);
    }
    ps_value *v = ps_string(ps_buf_str(&out));
    ps_buf_free(&out);
    return v;
}
