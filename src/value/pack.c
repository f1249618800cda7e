/* pack.c -- values as bytes, shared parts once; unpack.c reads them. */
#include "value/pack_tags.h"

#include "base/mem.h"

/* How much of a large value prints outside of the blobs in it; open addressed by identity. */
struct ps_pack_plan {
    const ps_value **values;
    size_t *net;
    size_t capacity, count;
};

void ps_packer_free(ps_packer *p)
{
    ps_free(p->seen);
    ps_free(p->numbers);
    ps_free(p->needs);
    if (p->plan) {
        ps_free(p->plan->values);
        ps_free(p->plan->net);
        ps_free(p->plan);
    }
    *p = (ps_packer){.out = p->out};
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
    ps_packer old = {.seen = p->seen, .numbers = p->numbers, .capacity = p->capacity};
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

static size_t plan_slot(const struct ps_pack_plan *plan, const ps_value *v)
{
    size_t i = (size_t)((uintptr_t)v >> 4) * 0x9E3779B97F4A7C15u >> 7 & (plan->capacity - 1);
    while (plan->values[i] && plan->values[i] != v) {
        i = (i + 1) & (plan->capacity - 1);
    }
    return i;
}

static void plan_put(struct ps_pack_plan *plan, const ps_value *v, size_t net)
{
    if ((plan->count + 1) * 2 > plan->capacity) {
        struct ps_pack_plan old = *plan;
        plan->capacity = old.capacity ? old.capacity * 2 : 16;
        plan->values = ps_alloc_zeroed(plan->capacity, sizeof *plan->values);
        plan->net = ps_alloc_zeroed(plan->capacity, sizeof *plan->net);
        for (size_t i = 0; i < old.capacity; i++) {
            if (old.values[i]) {
                size_t to = plan_slot(plan, old.values[i]);
                plan->values[to] = old.values[i];
                plan->net[to] = old.net[i];
            }
        }
        ps_free(old.values);
        ps_free(old.net);
    }
    size_t i = plan_slot(plan, v);
    plan->values[i] = v;
    plan->net[i] = net;
    plan->count++;
}

/* What prints of `v`, one larger than the limit, outside of the blobs in it. */
static size_t net_bytes(ps_packer *p, const ps_value *v)
{
    size_t limit = p->blobs->limit;
    size_t bytes = ps_value_bytes(v);
    ps_kind kind = ps_value_kind(v);
    if (kind != PS_ARRAY && kind != PS_OBJECT) {
        return bytes;
    }
    struct ps_pack_plan *plan = p->plan;
    if (plan->capacity) {
        size_t i = plan_slot(plan, v);
        if (plan->values[i]) {
            return plan->net[i];
        }
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *part = kind == PS_ARRAY ? ps_array_at(v, i) : ps_object_value_at(v, i);
        size_t whole = ps_value_bytes(part);
        if (whole > limit) {
            size_t net = net_bytes(p, part);
            size_t out = net > limit ? whole : whole - net;
            bytes = out < bytes ? bytes - out : 0;
        }
    }
    plan_put(plan, v, bytes);
    return bytes;
}

/* Tells `v` by its hash where it is a blob. */
static bool pack_blob(ps_packer *p, const ps_value *v)
{
    if (!p->blobs || !p->blobs->limit || ps_value_bytes(v) <= p->blobs->limit) {
        return false;
    }
    if (!p->plan) {
        p->plan = ps_alloc_zeroed(1, sizeof *p->plan);
    }
    if (net_bytes(p, v) <= p->blobs->limit) {
        return false;
    }
    uint8_t hash[PS_BLOB_HASH];
    ps_blobs_hash(p->blobs, v, hash);
    ps_buf_add_char(p->out, TAG_BLOB);
    ps_buf_add(p->out, (ps_str){(const char *)hash, sizeof hash});
    if (p->need_count == p->need_capacity) {
        p->need_capacity = ps_grow(p->need_capacity, p->need_count + 1);
        p->needs = ps_realloc(p->needs, p->need_capacity, PS_BLOB_HASH);
    }
    memcpy(p->needs + p->need_count++ * PS_BLOB_HASH, hash, sizeof hash);
    return true;
}

void ps_pack_needs(ps_packer *p)
{
    ps_buf_add(p->out, (ps_str){(const char *)p->needs, p->need_count * PS_BLOB_HASH});
    for (size_t i = 0; i < 4; i++) {
        ps_buf_add_char(p->out, (char)(unsigned char)(p->need_count >> (8 * i)));
    }
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
    if (again(p, v) || pack_blob(p, v)) {
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
