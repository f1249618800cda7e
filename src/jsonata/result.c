/* result.c -- what leaves the evaluation: JSON values, with what was borrowed shared. */
#include "jsonata/eval.h"
#include "jsonata/surrogate.h"

#include <math.h>

/* What a value takes that is no container. */
enum { VALUE_BYTES = 40 };

static const ps_value *result(ps_jx_run *run, ps_jx v, size_t depth);

/* JavaScript prints 1e7 as 10000000 and 1e-5 as 0.00001, where a PS_DOUBLE has Java's notation. */
ps_value *ps_jx_number_out(double n)
{
    double size = fabs(n);
    if (size < 9007199254740992.0 && n == floor(n)) {
        return ps_int((int64_t)n);
    }
    if (size >= 1e-3 && size < 1e7) {
        return ps_double(n);
    }
    ps_buf text = {0};
    ps_double_print_js(n, &text);
    ps_value *v = isfinite(n) ? ps_number(ps_buf_str(&text)) : ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return v;
}

/* Containers are kept by the run until it ends, so that a throw loses nothing; as the bounds are
 * looked at while they are filled, they never take much more than those. */
static void check(ps_jx_run *run, const ps_value *made)
{
    if (ps_value_bytes(made) > run->bounds.bytes) {
        ps_jx_too_large(run);
    }
}

/* A new reference. */
static ps_value *element(ps_jx_run *run, ps_jx v, size_t depth)
{
    if (v.kind == PS_JX_STRING && ps_surrogates_in(ps_jx_str(v))) {
        return ps_surrogates_string(ps_jx_str(v));
    }
    if (v.borrowed) {
        return ps_value_ref(v.value);
    }
    switch ((ps_jx_kind)v.kind) {
    case PS_JX_BOOL:
        return ps_bool(v.b);
    case PS_JX_NUMBER:
        ps_jx_count_bytes(run, VALUE_BYTES);
        return ps_jx_number_out(v.n);
    case PS_JX_STRING:
        ps_jx_count_bytes(run, VALUE_BYTES + ps_jx_str(v).len);
        return ps_string(ps_jx_str(v));
    case PS_JX_FUNCTION:
        return ps_string(PS_STR(""));
    case PS_JX_ARRAY:
    case PS_JX_OBJECT:
        return ps_value_ref(result(run, v, depth));
    default:
        return ps_null();
    }
}

static const ps_value *array_result(ps_jx_run *run, ps_jx_list *list, size_t depth)
{
    if (list->made) {
        return list->made;
    }
    ps_jx_count_bytes(run, list->count * sizeof(ps_value *));
    ps_value *made = ps_array(list->count);
    ps_jx_keep_value(run, made);
    ps_jx_burn(run, list->count);
    for (size_t i = 0; i < list->count; i++) {
        ps_array_add_take(made, element(run, list->p[i], depth));
        check(run, made);
    }
    list->made = made;
    return made;
}

static const ps_value *object_result(ps_jx_run *run, ps_jx_record *record, size_t depth)
{
    if (record->made) {
        return record->made;
    }
    ps_value *made = ps_object(record->count);
    ps_jx_keep_value(run, made);
    ps_jx_burn(run, record->count * 4);
    for (size_t i = 0; i < record->count; i++) {
        const ps_jx_member *m = &record->p[i];
        if (m->value.kind == PS_JX_UNDEFINED) {
            continue;
        }
        ps_value *v = element(run, m->value, depth);
        bool whole = !ps_surrogates_in(m->key);
        ps_value *key =
            whole && m->shared_key ? ps_value_ref(m->shared_key) : ps_surrogates_string(m->key);
        ps_object_set_take(made, key, v);
        check(run, made);
    }
    record->made = made;
    return made;
}

static const ps_value *result(ps_jx_run *run, ps_jx v, size_t depth)
{
    if (depth == 0) {
        ps_jx_too_deep(run);
    }
    return v.kind == PS_JX_ARRAY ? array_result(run, v.list, depth - 1)
                                 : object_result(run, v.record, depth - 1);
}

ps_value *ps_jx_result(ps_jx_run *run, ps_jx v)
{
    ps_value *made = element(run, v, PS_MAX_DEPTH);
    /* What is shared inside may print at any length. */
    if (!v.borrowed &&
        (ps_value_bytes(made) > run->bounds.bytes || ps_value_depth(made) > PS_MAX_DEPTH)) {
        ps_jx_keep_value(run, made);
        ps_jx_too_large(run);
    }
    return made;
}
