/* value_layout.h -- what a value looks like in memory; for src/value/ alone.
 *
 * Every value starts with a ps_value, and a string, array or object goes on behind it in the same
 * allocation. A `refs` of PS_IMMORTAL is never written to: constants lie in read-only memory and
 * may be used by several threads, and a count that ever got that high leaks instead of wrapping. */
#ifndef PS_VALUE_VALUE_LAYOUT_H
#define PS_VALUE_VALUE_LAYOUT_H

#include "value/value.h"

#define PS_IMMORTAL UINT32_MAX
/* Members from which an object carries a hash index. */
#define PS_OBJECT_INDEXED 9

struct ps_value {
    uint32_t refs;
    uint16_t depth;
    uint8_t kind;
    union {
        size_t bytes;        /* of the compact print; for a double 0 until someone asks */
        ps_value *next_dead; /* while a container waits to be freed */
    };
    union {
        int64_t n;
        double d;
        size_t len;   /* strings and decimals */
        size_t count; /* arrays and objects */
    };
};

typedef struct ps_text {
    ps_value head;
    uint64_t hash; /* 0 until someone asks */
    char p[];
} ps_text;

typedef struct ps_list {
    ps_value head;
    size_t capacity;
    ps_value **items; /* `own`, or a block apart once it outgrew that */
    ps_value *own[];
} ps_list;

typedef struct ps_member {
    ps_value *key;
    ps_value *value;
} ps_member;

typedef struct ps_index ps_index;

typedef struct ps_map {
    ps_value head;
    size_t capacity;
    ps_member *members; /* `own`, or a block apart */
    ps_index *index;    /* NULL below PS_OBJECT_INDEXED members */
    ps_member own[];
} ps_map;

static inline ps_text *ps_as_text(const ps_value *v)
{
    return (ps_text *)(uintptr_t)v;
}

static inline ps_list *ps_as_list(const ps_value *v)
{
    return (ps_list *)(uintptr_t)v;
}

static inline ps_map *ps_as_map(const ps_value *v)
{
    return (ps_map *)(uintptr_t)v;
}

static inline size_t ps_add_saturating(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* A string or decimal of `len` bytes, to be written by the caller; `bytes` is its printed size. */
ps_value *ps_text_new(ps_kind kind, size_t len, size_t bytes);
uint64_t ps_text_hash(const ps_value *string);

/* An array of exactly these items, which it owns from now on. */
ps_value *ps_array_from_take(ps_value *const *items, size_t count);
/* An object of exactly these members, which it owns from now on; `pairs` holds key, value, key ...
 * Where a key comes twice: with `merge` the last value wins, else NULL is returned, nothing is
 * taken, and `*twice` is the number of the second of the two members. */
ps_value *ps_object_from_take(ps_value *const *pairs, size_t count, bool merge, size_t *twice);

/* The numbers as they print, without the cost of a ps_buf: at most 32 bytes. */
size_t ps_int_write(int64_t n, char *to);
size_t ps_double_write(double d, char *to);

#endif
