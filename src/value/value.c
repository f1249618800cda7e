/* value.c -- owners, scalars and what all values have in common. */
#include "value/value.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "value/escape.h"
#include "value/value_layout.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* -- owners --------------------------------------------------------------------------------- */

ps_value *ps_value_ref(const ps_value *v)
{
    ps_value *owned = (ps_value *)(uintptr_t)v;
    if (owned && owned->refs != PS_IMMORTAL) {
        owned->refs++;
    }
    return owned;
}

static void bury(ps_value *v, ps_value **dead)
{
    if (v->refs == PS_IMMORTAL || --v->refs) {
        return;
    }
    if (v->kind >= PS_ARRAY) {
        v->next_dead = *dead;
        *dead = v;
    } else {
        ps_free(v);
    }
}

static __attribute__((noinline)) void free_value(ps_value *v)
{
    ps_value *dead = NULL;
    v->refs = 1;
    bury(v, &dead);
    while (dead) {
        ps_value *c = dead;
        dead = c->next_dead;
        if (c->kind == PS_ARRAY) {
            ps_list *list = ps_as_list(c);
            for (size_t i = 0; i < c->count; i++) {
                bury(list->items[i], &dead);
            }
            if (list->items != list->own) {
                ps_free(list->items);
            }
        } else {
            ps_map *map = ps_as_map(c);
            for (size_t i = 0; i < c->count; i++) {
                bury(map->members[i].key, &dead);
                bury(map->members[i].value, &dead);
            }
            if (map->members != map->own) {
                ps_free(map->members);
            }
            ps_free(map->index);
        }
        ps_free(c);
    }
}

void ps_value_unref(ps_value *v)
{
    if (v && v->refs != PS_IMMORTAL && --v->refs == 0) {
        free_value(v);
    }
}

void ps_value_set_take(ps_value **slot, ps_value *v)
{
    ps_value *old = *slot;
    *slot = v;
    ps_value_unref(old);
}

bool ps_value_unshared(const ps_value *v)
{
    return v->refs == 1;
}

/* -- constants ------------------------------------------------------------------------------ */

static const ps_value null_value = {.refs = PS_IMMORTAL, .kind = PS_NULL, .bytes = 4};
static const ps_value false_value = {.refs = PS_IMMORTAL, .kind = PS_BOOL, .bytes = 5};
static const ps_value true_value = {.refs = PS_IMMORTAL, .kind = PS_BOOL, .bytes = 4, .n = 1};

enum { SMALL_MIN = -1, SMALL_MAX = 1022 };

#define SMALL_BYTES(i) ((i) < 0 ? 2 : (i) < 10 ? 1 : (i) < 100 ? 2 : (i) < 1000 ? 3 : 4)
#define SMALL(i) {.refs = PS_IMMORTAL, .kind = PS_INT, .bytes = SMALL_BYTES(i), .n = (i)},
#define SMALL4(i) SMALL(i) SMALL((i) + 1) SMALL((i) + 2) SMALL((i) + 3)
#define SMALL16(i) SMALL4(i) SMALL4((i) + 4) SMALL4((i) + 8) SMALL4((i) + 12)
#define SMALL64(i) SMALL16(i) SMALL16((i) + 16) SMALL16((i) + 32) SMALL16((i) + 48)
#define SMALL256(i) SMALL64(i) SMALL64((i) + 64) SMALL64((i) + 128) SMALL64((i) + 192)

static const ps_value small_ints[] = {SMALL256(SMALL_MIN) SMALL256(SMALL_MIN + 256)
                                          SMALL256(SMALL_MIN + 512) SMALL256(SMALL_MIN + 768)};

/* Constants carry the type of all values, but nothing writes through it: see PS_IMMORTAL. */
static ps_value *constant(const ps_value *v)
{
    return (ps_value *)(uintptr_t)v;
}

ps_value *ps_null(void)
{
    return constant(&null_value);
}

ps_value *ps_bool(bool b)
{
    return constant(b ? &true_value : &false_value);
}

/* -- numbers and strings --------------------------------------------------------------------- */

static size_t int_bytes(int64_t n)
{
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    size_t bytes = n < 0 ? 2 : 1;
    for (; rest >= 10; rest /= 10) {
        bytes++;
    }
    return bytes;
}

ps_value *ps_int(int64_t n)
{
    if (n >= SMALL_MIN && n <= SMALL_MAX) {
        return constant(&small_ints[n - SMALL_MIN]);
    }
    ps_value *v = ps_alloc(sizeof *v);
    *v = (ps_value){.refs = 1, .kind = PS_INT, .bytes = int_bytes(n), .n = n};
    return v;
}

ps_value *ps_double(double d)
{
    PS_ASSERT(isfinite(d));
    ps_value *v = ps_alloc(sizeof *v);
    *v = (ps_value){.refs = 1, .kind = PS_DOUBLE, .d = d};
    return v;
}

ps_value *ps_text_new(ps_kind kind, size_t len, size_t bytes)
{
    ps_text *t = ps_alloc(ps_add_saturating(sizeof *t, len));
    t->head = (ps_value){.refs = 1, .kind = (uint8_t)kind, .bytes = bytes, .len = len};
    t->hash = 0;
    return &t->head;
}

ps_value *ps_string(ps_str s)
{
    size_t bytes = ps_add_saturating(s.len + 2, ps_escape_extra(s));
    ps_value *v = ps_text_new(PS_STRING, s.len, bytes);
    if (s.len) {
        memcpy(ps_as_text(v)->p, s.p, s.len);
    }
    return v;
}

ps_value *ps_stringf(const char *format, ...)
{
    char text[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(text, sizeof text, format, args);
    PS_ASSERT(len >= 0);
    ps_value *v;
    if ((size_t)len < sizeof text) {
        v = ps_string((ps_str){text, (size_t)len});
    } else {
        char *longer = ps_alloc((size_t)len + 1);
        vsnprintf(longer, (size_t)len + 1, format, again);
        v = ps_string((ps_str){longer, (size_t)len});
        ps_free(longer);
    }
    va_end(again);
    va_end(args);
    return v;
}

uint64_t ps_text_hash(const ps_value *string)
{
    ps_text *t = ps_as_text(string);
    if (t->hash == 0) {
        t->hash = ps_hash_table((ps_str){t->p, t->head.len});
    }
    return t->hash;
}

/* -- reading --------------------------------------------------------------------------------- */

ps_kind ps_value_kind(const ps_value *v)
{
    return (ps_kind)v->kind;
}

bool ps_value_bool(const ps_value *v)
{
    PS_ASSERT(v->kind == PS_BOOL);
    return v->n != 0;
}

ps_str ps_value_str(const ps_value *v)
{
    PS_ASSERT(v->kind == PS_STRING || v->kind == PS_DECIMAL);
    return (ps_str){ps_as_text(v)->p, v->len};
}

size_t ps_value_count(const ps_value *v)
{
    PS_ASSERT(v->kind >= PS_ARRAY);
    return v->count;
}

size_t ps_value_bytes(const ps_value *v)
{
    if (v->bytes == 0) {
        char text[32];
        ps_value *d = (ps_value *)(uintptr_t)v;
        d->bytes = ps_double_write(v->d, text);
    }
    return v->bytes;
}

size_t ps_value_depth(const ps_value *v)
{
    return v->depth;
}

/* -- comparing ------------------------------------------------------------------------------- */

static bool equal_arrays(const ps_value *a, const ps_value *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!ps_value_equal(ps_as_list(a)->items[i], ps_as_list(b)->items[i])) {
            return false;
        }
    }
    return true;
}

static bool equal_objects(const ps_value *a, const ps_value *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const ps_member *m = &ps_as_map(a)->members[i];
        const ps_member *same = &ps_as_map(b)->members[i];
        /* Most equal objects have equal orders too. */
        const ps_value *other = ps_str_equal(ps_value_str(m->key), ps_value_str(same->key))
                                    ? same->value
                                    : ps_object_get(b, ps_value_str(m->key));
        if (!other || !ps_value_equal(m->value, other)) {
            return false;
        }
    }
    return true;
}

bool ps_value_equal(const ps_value *a, const ps_value *b)
{
    if (a == b) {
        return true;
    }
    if (ps_value_is_number(a) && ps_value_is_number(b)) {
        return ps_number_compare(a, b) == 0;
    }
    if (a->kind != b->kind) {
        return false;
    }
    switch ((ps_kind)a->kind) {
    case PS_STRING:
        return ps_str_equal(ps_value_str(a), ps_value_str(b));
    case PS_ARRAY:
        return a->count == b->count && a->depth == b->depth && equal_arrays(a, b);
    case PS_OBJECT:
        return a->count == b->count && a->depth == b->depth && equal_objects(a, b);
    case PS_BOOL:
        return a->n == b->n;
    default:
        return true; /* null; numbers were compared above */
    }
}
