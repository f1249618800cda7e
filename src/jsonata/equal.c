/* equal.c -- deep equality, and the boolean that a value stands for. */
#include "jsonata/eval.h"

#include <math.h>

static bool equal(ps_jx_run *run, ps_jx a, ps_jx b, size_t depth);

static bool equal_texts(ps_jx_run *run, ps_str a, ps_str b)
{
    if (a.len != b.len) {
        return false;
    }
    ps_jx_burn(run, a.len / 64);
    return ps_str_equal(a, b);
}

static bool equal_arrays(ps_jx_run *run, ps_jx a, ps_jx b, size_t depth)
{
    size_t count = ps_jx_count(a);
    if (count != ps_jx_count(b)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!equal(run, ps_jx_at(a, i), ps_jx_at(b, i), depth)) {
            return false;
        }
    }
    return true;
}

static bool equal_objects(ps_jx_run *run, ps_jx a, ps_jx b, size_t depth)
{
    size_t count = ps_jx_member_count(a);
    if (count != ps_jx_member_count(b)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ps_str key = ps_jx_key_at(a, i);
        /* Most equal objects have equal orders too. */
        bool same = equal_texts(run, key, ps_jx_key_at(b, i));
        ps_jx other = same ? ps_jx_value_at(b, i) : ps_jx_get(b, key);
        if (!equal(run, ps_jx_value_at(a, i), other, depth)) {
            return false;
        }
    }
    return true;
}

static bool equal(ps_jx_run *run, ps_jx a, ps_jx b, size_t depth)
{
    ps_jx_tick(run);
    if (a.kind != b.kind) {
        return false;
    }
    switch ((ps_jx_kind)a.kind) {
    case PS_JX_UNDEFINED:
    case PS_JX_NULL:
        return true;
    case PS_JX_BOOL:
        return a.b == b.b;
    case PS_JX_NUMBER:
        return ps_jx_double(a) == ps_jx_double(b);
    case PS_JX_STRING:
        return equal_texts(run, ps_jx_str(a), ps_jx_str(b));
    case PS_JX_FUNCTION:
        return a.function == b.function;
    default:
        break;
    }
    if (a.value == b.value) {
        return true;
    }
    if (depth == 0) {
        ps_jx_too_deep(run);
    }
    return a.kind == PS_JX_ARRAY ? equal_arrays(run, a, b, depth - 1)
                                 : equal_objects(run, a, b, depth - 1);
}

bool ps_jx_equal(ps_jx_run *run, ps_jx a, ps_jx b)
{
    return equal(run, a, b, PS_MAX_DEPTH);
}

static bool any_true(ps_jx_run *run, ps_jx array, size_t depth)
{
    size_t count = ps_jx_count(array);
    if (depth == 0) {
        ps_jx_too_deep(run);
    }
    for (size_t i = 0; i < count; i++) {
        ps_jx v = ps_jx_at(array, i);
        ps_jx_tick(run);
        if (v.kind == PS_JX_ARRAY ? any_true(run, v, depth - 1) : ps_jx_truth(run, v)) {
            return true;
        }
    }
    return false;
}

bool ps_jx_truth(ps_jx_run *run, ps_jx v)
{
    switch ((ps_jx_kind)v.kind) {
    case PS_JX_BOOL:
        return v.b;
    case PS_JX_NUMBER:
        return ps_jx_is_numeric(run, v) && ps_jx_double(v) != 0;
    case PS_JX_STRING:
        return ps_jx_str(v).len != 0;
    case PS_JX_ARRAY:
        return any_true(run, v, PS_MAX_DEPTH);
    case PS_JX_OBJECT:
        return ps_jx_member_count(v) != 0;
    default:
        return false;
    }
}

bool ps_jx_is_numeric(ps_jx_run *run, ps_jx v)
{
    if (v.kind != PS_JX_NUMBER) {
        return false;
    }
    double n = ps_jx_double(v);
    if (isinf(n)) {
        ps_jx_fields f = {.value = v};
        ps_jx_throw(run, "D1001", 0, &f);
    }
    return !isnan(n);
}
