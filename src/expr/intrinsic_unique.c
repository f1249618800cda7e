/* intrinsic_unique.c -- States.ArrayUnique, in the order that AWS gives: that of a Java HashSet. */
#include "base/mem.h"
#include "expr/intrinsic_internal.h"
#include "expr/intrinsic_java.h"

#include <stdlib.h>

typedef struct element {
    const ps_value *v;
    uint64_t order; /* what is sorted by: first a hash, then the bucket of the HashSet */
    size_t at;      /* in the array */
} element;

static int compare(const void *left, const void *right)
{
    const element *a = left;
    const element *b = right;
    if (a->order != b->order) {
        return a->order < b->order ? -1 : 1;
    }
    return a->at < b->at ? -1 : a->at > b->at;
}

/* Keeps the first of equal ones; returns how many there are. */
static size_t drop_repeated(element *elements, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool repeated = false;
        for (size_t k = kept; k > 0 && elements[k - 1].order == elements[i].order; k--) {
            repeated = repeated || ps_java_equal(elements[k - 1].v, elements[i].v);
        }
        if (!repeated) {
            elements[kept++] = elements[i];
        }
    }
    return kept;
}

/* The size of the table of `new HashSet(list)`: a power of two. */
static uint32_t table_size(size_t count)
{
    size_t need = count + count / 3 + 1;
    uint32_t size = 16;
    while (size < need && size < 1u << 30) {
        size <<= 1;
    }
    return size;
}

ps_value *ps_intrinsic_array_unique(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    size_t count = ps_value_count(arguments[0]);
    if (ps_value_bytes(arguments[0]) > PS_INTRINSIC_MAX_BYTES) {
        return ps_intrinsic_refuse(e, c, "more than %zu bytes to compare", PS_INTRINSIC_MAX_BYTES);
    }
    element *elements = ps_alloc(count * sizeof *elements);
    for (size_t i = 0; i < count; i++) {
        const ps_value *v = ps_array_at(arguments[0], i);
        elements[i] = (element){.v = v, .order = ps_java_table_hash(v), .at = i};
    }
    qsort(elements, count, sizeof *elements, compare);
    size_t kept = drop_repeated(elements, count);

    uint32_t last_bucket = table_size(count) - 1;
    for (size_t i = 0; i < kept; i++) {
        uint32_t h = ps_java_hash(elements[i].v);
        elements[i].order = (h ^ h >> 16) & last_bucket;
    }
    qsort(elements, kept, sizeof *elements, compare);

    ps_value *unique = ps_array(kept);
    for (size_t i = 0; i < kept; i++) {
        ps_array_add_take(unique, ps_value_ref(elements[i].v));
    }
    ps_free(elements);
    return unique;
}
