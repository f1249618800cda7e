/* text.c -- what the functions of strings share. */
#include "jsonata/text.h"

#include "jsonata/eval.h"

#include <math.h>

_Noreturn void ps_text_refuse(ps_jx_run *run, const ps_jx *args, size_t i)
{
    ps_jx_fields fields = {.value = args[i], .index = (int64_t)i + 1};
    ps_jx_throw(run, "T0410", 0, &fields);
}

ps_str ps_text_argument(ps_jx_run *run, const ps_jx *args, size_t i)
{
    if (!ps_jx_is(args[i], PS_JX_STRING)) {
        ps_text_refuse(run, args, i);
    }
    return ps_jx_str(args[i]);
}

double ps_text_number(ps_jx_run *run, const ps_jx *args, size_t i)
{
    if (ps_jx_is(args[i], PS_JX_UNDEFINED)) {
        return (double)NAN;
    }
    if (!ps_jx_is(args[i], PS_JX_NUMBER)) {
        ps_text_refuse(run, args, i);
    }
    return ps_jx_double(args[i]);
}

size_t ps_text_units(ps_str s)
{
    size_t units = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        units += (size_t)((c & 0xc0) != 0x80) + (size_t)(c >= 0xf0);
    }
    return units;
}

size_t ps_text_find(ps_jx_run *run, ps_str s, ps_str what, size_t from)
{
    if (what.len == 0) {
        return from <= s.len ? from : SIZE_MAX;
    }
    size_t begun = from;
    while (from < s.len && what.len <= s.len - from) {
        const char *p = memchr(s.p + from, what.p[0], s.len - what.len - from + 1);
        if (!p) {
            break;
        }
        size_t at = (size_t)(p - s.p);
        ps_jx_burn(run, 1 + what.len / 64);
        if (memcmp(p, what.p, what.len) == 0) {
            ps_jx_burn(run, (at - begun) / 64);
            return at;
        }
        from = at + 1;
    }
    ps_jx_burn(run, (s.len - (begun < s.len ? begun : s.len)) / 64);
    return SIZE_MAX;
}

void ps_text_add(ps_jx_run *run, ps_buf *out, ps_str s)
{
    if (s.len > run->bounds.bytes || out->len > run->bounds.bytes - s.len) {
        ps_jx_too_large(run);
    }
    ps_jx_burn(run, s.len / 64);
    ps_buf_add(out, s);
}
