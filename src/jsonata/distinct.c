/* distinct.c -- $distinct by a hash that agrees with ps_jx_equal. */
#include "jsonata/distinct.h"

#include "base/hash.h"

/* Values are told apart by what lies within this many levels; equality decides about the rest. */
#define HASH_LEVELS 6

static uint64_t mix(uint64_t h, uint64_t more)
{
    h = (h ^ more) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 29);
}

static uint64_t hash_str(ps_jx_run *run, ps_str s)
{
    ps_jx_burn(run, s.len / 64);
    return ps_hash_table(s);
}

static uint64_t hash_value(ps_jx_run *run, ps_jx v, unsigned levels)
{
    uint64_t h = v.kind;
    ps_jx_burn(run, 1);
    switch ((ps_jx_kind)v.kind) {
    case PS_JX_UNDEFINED:
    case PS_JX_NULL:
        break;
    case PS_JX_BOOL:
        h = mix(h, v.b);
        break;
    case PS_JX_NUMBER: {
        double n = ps_jx_double(v) + 0.0; /* -0 is 0 */
        h = mix(h, ps_hash_table((ps_str){(const char *)&n, sizeof n}));
        break;
    }
    case PS_JX_STRING:
        h = mix(h, hash_str(run, ps_jx_str(v)));
        break;
    case PS_JX_ARRAY: {
        size_t n = ps_jx_count(v);
        h = mix(h, n);
        for (size_t i = 0; levels > 0 && i < n; i++) {
            h = mix(h, hash_value(run, ps_jx_at(v, i), levels - 1));
        }
        break;
    }
    case PS_JX_OBJECT: {
        uint64_t sum = 0; /* members have no order */
        for (size_t i = 0, n = ps_jx_member_count(v); levels > 0 && i < n; i++) {
            sum += mix(hash_str(run, ps_jx_key_at(v, i)),
                       hash_value(run, ps_jx_value_at(v, i), levels - 1));
        }
        h = mix(h, sum);
        break;
    }
    case PS_JX_FUNCTION:
        h = mix(h, (uint64_t)(uintptr_t)v.function);
        break;
    }
    return h;
}

typedef struct slot {
    uint32_t position; /* in the result, plus 1; 0: free */
    uint32_t hash;     /* the upper half, so that unequal ones are seldom compared */
} slot;

ps_jx ps_jx_distinct(ps_jx_run *run, ps_jx array)
{
    size_t count = ps_jx_count(array);
    size_t size = 8;
    while (size < count * 2) {
        size *= 2;
    }
    ps_jx_burn(run, size / 16);
    slot *slots = ps_jx_alloc(run, size * sizeof *slots);
    memset(slots, 0, size * sizeof *slots);
    ps_jx_list *list = ps_jx_list_new(run, 8, ps_jx_flags(array) & PS_JX_SEQUENCE);
    for (size_t i = 0; i < count; i++) {
        ps_jx v = ps_jx_at(array, i);
        uint64_t h = hash_value(run, v, HASH_LEVELS);
        uint32_t high = (uint32_t)(h >> 32);
        size_t at = (size_t)h & (size - 1);
        while (slots[at].position &&
               (slots[at].hash != high || !ps_jx_equal(run, list->p[slots[at].position - 1], v))) {
            ps_jx_burn(run, 1);
            at = (at + 1) & (size - 1);
        }
        if (!slots[at].position) {
            ps_jx_add(run, list, v);
            slots[at] = (slot){(uint32_t)list->count, high};
        }
    }
    return ps_jx_array(list);
}
