/* buf.h -- a growable byte buffer. Zero-initialise it: (ps_buf){0}. */
#ifndef PS_BASE_BUF_H
#define PS_BASE_BUF_H

#include "base/str.h"

typedef struct ps_buf {
    char *p;
    size_t len;
    size_t capacity;
} ps_buf;

/* Room for `extra` more bytes; returns where they go. The caller adds to `len` itself. */
char *ps_buf_reserve(ps_buf *b, size_t extra);
void ps_buf_add(ps_buf *b, ps_str s);
void ps_buf_add_char(ps_buf *b, char c);
/* As printf; not for numbers with a decimal point (locale). */
void ps_buf_addf(ps_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline ps_str ps_buf_str(const ps_buf *b)
{
    return (ps_str){b->p ? b->p : "", b->len};
}
/* Forgets the contents, keeps the memory. */
static inline void ps_buf_clear(ps_buf *b)
{
    b->len = 0;
}
/* Frees the memory; the buffer is empty and usable again. */
void ps_buf_free(ps_buf *b);

#endif
