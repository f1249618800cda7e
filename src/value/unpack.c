/* unpack.c -- values back from bytes. */
#include "value/pack_tags.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <math.h>

/* Room made for a container's elements before they are there: a damaged count must not cost
 * memory. */
#define FIRST_ROOM 64

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

void ps_unpack_needs(ps_unpacker *u)
{
    const uint8_t *hashes;
    size_t count;
    if (!ps_blobs_needed(u->in, &u->in, &hashes, &count) || u->in.len < u->at) {
        u->in.len = u->at;
        u->damaged = true;
    }
}

/* The value of the blob whose hash comes next. */
static ps_value *read_blob(ps_unpacker *u)
{
    if (u->in.len - u->at < PS_BLOB_HASH) {
        return damage(u);
    }
    const uint8_t *hash = (const uint8_t *)u->in.p + u->at;
    u->at += PS_BLOB_HASH;
    const ps_blob *found = NULL;
    for (size_t i = 0; i < u->given.count && !found; i++) {
        found = memcmp(u->given.items[i].hash, hash, PS_BLOB_HASH) == 0 ? &u->given.items[i] : NULL;
    }
    if (!found) {
        u->missing = true;
        return damage(u);
    }
    uint8_t actual[PS_BLOB_HASH];
    ps_hash_sha256(found->bytes, actual);
    if (memcmp(actual, hash, PS_BLOB_HASH) != 0) {
        return damage(u);
    }
    ps_unpacker inner = {.in = found->bytes};
    ps_value *v = ps_unpack_value(&inner);
    bool whole = v && !inner.damaged && inner.at == inner.in.len;
    ps_unpacker_free(&inner);
    if (!whole) {
        ps_value_unref(v);
        return damage(u);
    }
    if (u->blobs) {
        ps_blobs_learn(u->blobs, v, hash);
    }
    return v;
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
    case TAG_BLOB: {
        size_t number = reserve(u);
        ps_value *v = read_blob(u);
        u->seen[number] = v ? ps_value_ref(v) : NULL;
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
