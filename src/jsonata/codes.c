/* codes.c -- texts as code points: see codes.h. */
#include "jsonata/codes.h"
#include "jsonata/eval.h"

#include "base/utf8.h"

ps_codes ps_codes_read(ps_jx_run *run, ps_str s)
{
    ps_jx_burn(run, s.len / 16 + 1);
    ps_codes t = {.capacity = s.len};
    t.p = ps_jx_alloc(run, s.len * sizeof *t.p);
    for (size_t at = 0; at < s.len;) {
        t.p[t.len++] = ps_utf8_next(s, &at);
    }
    return t;
}

static size_t put(uint32_t code, char *to)
{
    if (code < 0x80) {
        *to = (char)code;
        return 1;
    }
    bool character = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    return ps_utf8_put(character ? code : 0xFFFD, to);
}

ps_jx ps_codes_string(ps_jx_run *run, ps_codes t)
{
    ps_jx_burn(run, t.len / 16 + 1);
    size_t bytes = 0;
    for (size_t i = 0; i < t.len; i++) {
        bytes += t.p[i] < 0x80 ? 1 : 4;
    }
    char *p = ps_jx_alloc(run, bytes);
    size_t len = 0;
    for (size_t i = 0; i < t.len; i++) {
        len += put(t.p[i], p + len);
    }
    return ps_jx_slice((ps_str){p, len});
}

void ps_codes_print(ps_codes t, ps_buf *out)
{
    for (size_t i = 0; i < t.len; i++) {
        out->len += put(t.p[i], ps_buf_reserve(out, 4));
    }
}

ps_codes ps_codes_part(ps_codes t, size_t from, size_t to)
{
    to = to < t.len ? to : t.len;
    from = from < to ? from : to;
    return (ps_codes){t.p ? t.p + from : NULL, to - from, 0};
}

static bool stands_at(ps_codes t, ps_codes what, size_t at)
{
    return what.len == 0 || memcmp(t.p + at, what.p, what.len * sizeof *t.p) == 0;
}

size_t ps_codes_find(ps_codes t, ps_codes what, size_t from)
{
    for (size_t at = from; what.len <= t.len && at <= t.len - what.len; at++) {
        if (stands_at(t, what, at)) {
            return at;
        }
    }
    return PS_CODES_NONE;
}

size_t ps_codes_find_last(ps_codes t, ps_codes what)
{
    for (size_t n = what.len <= t.len ? t.len - what.len + 1 : 0; n > 0; n--) {
        if (stands_at(t, what, n - 1)) {
            return n - 1;
        }
    }
    return PS_CODES_NONE;
}

/* Room for `extra` more. */
static void reserve(ps_jx_run *run, ps_codes *t, size_t extra)
{
    /* A part of another text has no capacity of its own. */
    if (t->capacity >= t->len && extra <= t->capacity - t->len) {
        return;
    }
    if (extra > run->bounds.bytes) {
        ps_jx_too_large(run);
    }
    size_t capacity = (t->len + extra) * 2 + 16;
    uint32_t *p = ps_jx_alloc(run, capacity * sizeof *p);
    if (t->len) {
        memcpy(p, t->p, t->len * sizeof *p);
    }
    t->p = p;
    t->capacity = capacity;
}

void ps_codes_add(ps_jx_run *run, ps_codes *t, uint32_t code)
{
    reserve(run, t, 1);
    t->p[t->len++] = code;
}

void ps_codes_insert(ps_jx_run *run, ps_codes *t, size_t at, ps_codes what, size_t times)
{
    if (what.len == 0 || times == 0) {
        return;
    }
    if (times > run->bounds.bytes / what.len) {
        ps_jx_too_large(run);
    }
    size_t extra = what.len * times;
    ps_jx_burn(run, (t->len + extra) / 16 + 1);
    reserve(run, t, extra);
    memmove(t->p + at + extra, t->p + at, (t->len - at) * sizeof *t->p);
    for (size_t i = 0; i < extra; i++) {
        t->p[at + i] = what.p[i % what.len];
    }
    t->len += extra;
}

bool ps_code_is_space(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0xA0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
           code == 0x202F || code == 0x205F || code == 0x3000 || code == 0xFEFF;
}
