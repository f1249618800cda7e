/* buf.c -- the growable byte buffer. */
#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

char *ps_buf_reserve(ps_buf *b, size_t extra)
{
    if (extra > b->capacity - b->len) {
        size_t need = extra > SIZE_MAX - b->len ? SIZE_MAX : b->len + extra;
        b->capacity = ps_grow(b->capacity < 32 ? 32 : b->capacity, need);
        b->p = ps_realloc(b->p, b->capacity, 1);
    } else if (!b->p) {
        b->capacity = 64;
        b->p = ps_alloc(b->capacity);
    }
    return b->p + b->len;
}

void ps_buf_add(ps_buf *b, ps_str s)
{
    if (s.len) {
        memcpy(ps_buf_reserve(b, s.len), s.p, s.len);
        b->len += s.len;
    }
}

void ps_buf_add_char(ps_buf *b, char c)
{
    *ps_buf_reserve(b, 1) = c;
    b->len++;
}

void ps_buf_addf(ps_buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char *to = ps_buf_reserve(b, 64);
    int len = vsnprintf(to, b->capacity - b->len, format, args);
    if (len >= 0 && (size_t)len >= b->capacity - b->len) {
        to = ps_buf_reserve(b, (size_t)len + 1);
        len = vsnprintf(to, b->capacity - b->len, format, again);
    }
    b->len += len > 0 ? (size_t)len : 0;
    va_end(again);
    va_end(args);
}

void ps_buf_free(ps_buf *b)
{
    ps_free(b->p);
    *b = (ps_buf){0};
}
