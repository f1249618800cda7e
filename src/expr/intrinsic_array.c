/* intrinsic_array.c -- States.Array, ArrayContains, ArrayGetItem, ArrayLength, ArrayPartition,
 * ArrayRange. */
#include "expr/intrinsic_internal.h"
#include "expr/intrinsic_java.h"

/* The longest range, as on AWS. */
#define MAX_RANGE 1000

ps_value *ps_intrinsic_array(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    ps_value *array = ps_array(c->count);
    (void)e;
    for (size_t i = 0; i < c->count; i++) {
        ps_array_add_take(array, ps_value_ref(arguments[i]));
    }
    return array;
}

/* AWS compares what Java prints: true is in ["true"], and the order of members matters. */
ps_value *ps_intrinsic_array_contains(ps_evaluation *e, const ps_call *c,
                                      ps_value *const *arguments)
{
    ps_buf wanted = {0};
    ps_buf element = {0};
    bool found = false;
    if (ps_value_bytes(arguments[0]) > PS_INTRINSIC_MAX_BYTES ||
        ps_value_bytes(arguments[1]) > PS_INTRINSIC_MAX_BYTES) {
        return ps_intrinsic_refuse(e, c, "more than %zu bytes to compare", PS_INTRINSIC_MAX_BYTES);
    }
    ps_java_print(arguments[1], &wanted);
    for (size_t i = 0; i < ps_value_count(arguments[0]) && !found; i++) {
        ps_buf_clear(&element);
        ps_java_print(ps_array_at(arguments[0], i), &element);
        found = ps_str_equal(ps_buf_str(&element), ps_buf_str(&wanted));
    }
    ps_buf_free(&wanted);
    ps_buf_free(&element);
    return ps_bool(found);
}

ps_value *ps_intrinsic_array_get_item(ps_evaluation *e, const ps_call *c,
                                      ps_value *const *arguments)
{
    int64_t i;
    size_t count = ps_value_count(arguments[0]);
    if (!ps_intrinsic_truncate(arguments[1], &i)) {
        return ps_intrinsic_refuse(e, c, "the index is not an integer");
    }
    if (count == 0) {
        return ps_null(); /* as on AWS, whatever the index */
    }
    if (i < 0 || (uint64_t)i >= count) {
        return ps_intrinsic_refuse(e, c, "the index %lld is outside of an array of %zu elements",
                                   (long long)i, count);
    }
    return ps_value_ref(ps_array_at(arguments[0], (size_t)i));
}

ps_value *ps_intrinsic_array_length(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    (void)e;
    (void)c;
    return ps_int((int64_t)ps_value_count(arguments[0]));
}

ps_value *ps_intrinsic_array_partition(ps_evaluation *e, const ps_call *c,
                                       ps_value *const *arguments)
{
    int64_t size;
    size_t count = ps_value_count(arguments[0]);
    if (!ps_intrinsic_truncate(arguments[1], &size) || size < 1) {
        return ps_intrinsic_refuse(e, c, "the chunk size must be a positive integer");
    }
    size_t step = (uint64_t)size < count ? (size_t)size : count;
    ps_value *chunks = ps_array(step ? (count - 1) / step + 1 : 0);
    for (size_t i = 0; i < count; i += step) {
        size_t part = count - i < step ? count - i : step;
        ps_value *chunk = ps_array(part);
        for (size_t k = 0; k < part; k++) {
            ps_array_add_take(chunk, ps_value_ref(ps_array_at(arguments[0], i + k)));
        }
        ps_array_add_take(chunks, chunk);
    }
    return chunks;
}

ps_value *ps_intrinsic_array_range(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    int64_t first;
    int64_t last;
    int64_t step;
    if (!ps_intrinsic_truncate(arguments[0], &first) ||
        !ps_intrinsic_truncate(arguments[1], &last) ||
        !ps_intrinsic_truncate(arguments[2], &step) || step == 0) {
        return ps_intrinsic_refuse(e, c, "the arguments must be integers, the step not zero");
    }
    bool empty = step > 0 ? first > last : first < last;
    int64_t count = empty ? 0 : (last - first) / step + 1;
    if (count > MAX_RANGE) {
        return ps_intrinsic_refuse(e, c, "the range has more than %d elements", MAX_RANGE);
    }
    ps_value *range = ps_array((size_t)count);
    for (int64_t i = 0; i < count; i++) {
        ps_array_add_take(range, ps_int(first + i * step));
    }
    return range;
}
