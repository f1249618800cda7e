/* pack.c -- values as bytes, shared parts once. */
#include "value/pack.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <math.h>

typedef enum tag {
    TAG_NONE,
    TAG_AGAIN, /* a back reference */
    TAG_NULL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_INT,
    TAG_DOUBLE,
    TAG_DECIMAL,
    TAG_STRING,
    TAG_ARRAY,
    TAG_OBJECT,
} tag;

/* Room made for a container's elements before they are there: a damaged count must not cost
 * memory. */
#define FIRST_ROOM 64

void ps_packer_free(ps_packer *p)
{
    ps_free(p->seen);
    ps_free(p->numbers);
    p->seen = NULL;
    p->numbers = NULL;
}

void ps_pack_count(ps_packer *p, uint64_t n)
{
    while (n >= 0x80) {
        ps_buf_add_char(p->out, (char)(unsigned char)(n | 0x80));
        n >>= 7;
    }
    ps_buf_add_char(p->out, (char)(unsigned char)n);
}

void ps_pack_int(ps_packer *p, int64_t n)
{
    ps_pack_count(p, (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0));
}

void ps_pack_double(ps_packer *p, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    for (size_t i = 0; i < 8; i++) {
        ps_buf_add_char(p->out, (char)(unsigned char)(bits >> (8 * i)));
    }
}

void ps_pack_bytes(ps_packer *p, ps_str s)
{
    ps_pack_count(p, s.len);
    ps_buf_add(p->out, s);
}

static size_t slot_of(const ps_packer *p, const ps_value *v)
{
    size_t i = (size_t)((uintptr_t)v >> 4) * 0x9E3779B97F4A7C15u >> 7 & (p->capacity - 1);
    while (p->seen[i] && p->seen[i] != v) {
        i = (i + 1) & (p->capacity - 1);
    }
    return i;
}

static void grow(ps_packer *p)
{
    ps_packer old = *p;
    p->capacity = old.capacity ? old.capacity * 2 : 64;
    p->seen = ps_alloc_zeroed(p->capacity, sizeof *p->seen);
    p->numbers = ps_alloc_zeroed(p->capacity, sizeof *p->numbers);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.seen[i]) {
            size_t to = slot_of(p, old.seen[i]);
            p->seen[to] = old.seen[i];
            p->numbers[to] = old.numbers[i];
        }
    }
    ps_packer_free(&old);
}

/* True when `v` was written before, and is now again. Otherwise it gets the next number. */
static bool again(ps_packer *p, const ps_value *v)
{
    if ((p->count + 1) * 2 > p->capacity) {
        grow(p);
    }
    size_t i = slot_of(p, v);
    if (p->seen[i]) {
        ps_buf_add_char(p->out, TAG_AGAIN);
        ps_pack_count(p, p->numbers[i]);
        return true;
    }
    p->seen[i] = v;
    p->numbers[i] = (uint32_t)p->count++;
    return false;
}

void ps_pack_value(ps_packer *p, const ps_value *v)
{
    if (!v) {
        ps_buf_add_char(p->out, TAG_NONE);
        return;
    }
    ps_kind kind = ps_value_kind(v);
    int64_t n;
    switch (kind) {
    case PS_NULL:
        ps_buf_add_char(p->out, TAG_NULL);
        return;
    case PS_BOOL:
        ps_buf_add_char(p->out, ps_value_bool(v) ? TAG_TRUE : TAG_FALSE);
        return;
    case PS_INT:
        n = 0;
        ps_value_int(v, &n);
        ps_buf_add_char(p->out, TAG_INT);
        ps_pack_int(p, n);
        return;
    case PS_DOUBLE:
        ps_buf_add_char(p->out, TAG_DOUBLE);
        ps_pack_double(p, ps_value_double(v));
        return;
    default:
        break;
    }
    if (again(p, v)) {
        return;
    }
    switch (kind) {
    case PS_DECIMAL:
    case PS_STRING:
        ps_buf_add_char(p->out, kind == PS_STRING ? TAG_STRING : TAG_DECIMAL);
        ps_pack_bytes(p, ps_value_str(v));
        return;
    case PS_ARRAY:
        ps_buf_add_char(p->out, TAG_ARRAY);
        ps_pack_count(p, ps_value_count(v));
        for (size_t i = 0; i < ps_value_count(v); i++) {
            ps_pack_value(p, ps_array_at(v, i));
        }
        return;
    default:
        ps_buf_add_char(p->out, TAG_OBJECT);
        ps_pack_count(p, ps_value_count(v));
        for (size_t i = 0; i < ps_value_count(v); i++) {
            ps_pack_value(p, ps_object_key_at(v, i));
            ps_pack_value(p, ps_object_value_at(v, i));
        }
        return;
    }
}

void ps_unpacker_free(ps_unpacker *u)
{
    for (size_t i = 0; i < u->count; i++) {
        ps_value_unref(u->seen[i]);
    }
    ps_free(u->seen);
    u->seen = NULL;
    u->count = u->capacity = 0;
}

static unsigned char next_byte(ps_unpacker *u)
{
    if (u->damaged || u->at >= u->in.len) {
        u->damaged = true;
        return 0;
    }
    return (unsigned char)u->in.p[u->at++];
}

uint64_t ps_unpack_count(ps_unpacker *u)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned char b = next_byte(u);
        n |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80)) {
            return n;
        }
    }
    u->damaged = true;
    return 0;
}

uint64_t ps_unpack_upto(ps_unpacker *u, uint64_t most)
{
    uint64_t n = ps_unpack_count(u);
    if (n > most) {
        u->damaged = true;
    }
    return u->damaged ? 0 : n;
}

int64_t ps_unpack_int(ps_unpacker *u)
{
    uint64_t n = ps_unpack_count(u);
    return (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
}

double ps_unpack_double(ps_unpacker *u)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < 8; i++) {
        bits |= (uint64_t)next_byte(u) << (8 * i);
    }
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

ps_str ps_unpack_bytes(ps_unpacker *u)
{
    size_t len = (size_t)ps_unpack_upto(u, u->in.len - u->at);
    if (u->damaged) {
        return (ps_str){"", 0};
    }
    ps_str s = {u->in.p + u->at, len};
    u->at += len;
    return s;
}

/* The number under which the value now read will be referred to. */
static size_t reserve(ps_unpacker *u)
{
    if (u->count == u->capacity) {
        u->capacity = ps_grow(u->capacity, u->count + 1);
        u->seen = ps_realloc(u->seen, u->capacity, sizeof *u->seen);
    }
    u->seen[u->count] = NULL;
    return u->count++;
}

static ps_value *damage(ps_unpacker *u)
{
    u->damaged = true;
    return NULL;
}

static ps_value *read_value(ps_unpacker *u, size_t depth)
{
    if (depth > PS_PACK_DEPTH) {
        return damage(u);
    }
    tag t = (tag)next_byte(u);
    if (u->damaged) {
        return NULL;
    }
    switch (t) {
    case TAG_NONE:
        return NULL;
    case TAG_NULL:
        return ps_null();
    case TAG_FALSE:
    case TAG_TRUE:
        return ps_bool(t == TAG_TRUE);
    case TAG_INT:
        return ps_int(ps_unpack_int(u));
    case TAG_DOUBLE: {
        double d = ps_unpack_double(u);
        return isfinite(d) ? ps_double(d) : damage(u);
    }
    case TAG_AGAIN: {
        uint64_t number = ps_unpack_count(u);
        /* A container that is still being read cannot be part of itself. */
        return !u->damaged && number < u->count && u->seen[number] ? ps_value_ref(u->seen[number])
                                                                   : damage(u);
    }
    case TAG_DECIMAL:
    case TAG_STRING: {
        size_t number = reserve(u);
        ps_str s = ps_unpack_bytes(u);
        if (u->damaged || (t == TAG_DECIMAL ? !ps_number_valid(s) : ps_utf8_check(s) != s.len)) {
            return damage(u);
        }
        ps_value *v = t == TAG_STRING ? ps_string(s) : ps_number(s);
        u->seen[number] = ps_value_ref(v);
        return v;
    }
    case TAG_ARRAY:
    case TAG_OBJECT: {
        size_t number = reserve(u);
        size_t count = (size_t)ps_unpack_upto(u, u->in.len - u->at);
        size_t room = count < FIRST_ROOM ? count : FIRST_ROOM;
        ps_value *v = t == TAG_ARRAY ? ps_array(room) : ps_object(room);
        for (size_t i = 0; i < count && !u->damaged; i++) {
            ps_value *key = t == TAG_OBJECT ? read_value(u, depth + 1) : NULL;
            if (t == TAG_OBJECT && (!key || ps_value_kind(key) != PS_STRING)) {
                ps_value_unref(key);
                u->damaged = true;
                break;
            }
            ps_value *element = read_value(u, depth + 1);
            if (!element) {
                ps_value_unref(key);
                u->damaged = true;
            } else if (key) {
                ps_object_set_take(v, key, element);
            } else {
                ps_array_add_take(v, element);
            }
        }
        if (u->damaged || ps_value_depth(v) > PS_PACK_DEPTH) {
            ps_value_unref(v);
            return damage(u);
        }
        u->seen[number] = ps_value_ref(v);
        return v;
    }
    default:
        return damage(u);
    }
}

ps_value *ps_unpack_value(ps_unpacker *u)
{
    return read_value(u, 0);
}
