/* str.h -- a borrowed slice of bytes: pointer and length, never NUL-terminated by contract. */
#ifndef PS_BASE_STR_H
#define PS_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct ps_str {
    const char *p;
    size_t len;
} ps_str;

/* A slice over a string literal. */
#define PS_STR(literal) ((ps_str){"" literal, sizeof(literal) - 1})

/* A slice over a NUL-terminated string that outlives it. */
static inline ps_str ps_str_from(const char *text)
{
    return (ps_str){text, strlen(text)};
}

static inline bool ps_str_equal(ps_str a, ps_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool ps_str_starts(ps_str s, ps_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}

static inline bool ps_str_ends(ps_str s, ps_str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.p + (s.len - suffix.len), suffix.p, suffix.len) == 0);
}

/* Bytewise order: negative, 0 or positive; a prefix comes first. */
static inline int ps_str_compare(ps_str a, ps_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.p, b.p, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

#endif
