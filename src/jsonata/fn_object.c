/* fn_object.c -- $keys $lookup $spread $merge $sift $each. */
#include "jsonata/eval.h"

/* Sets every key of `v`, which may be arrays of arrays of objects, to true in `keys`. */
static void gather_keys(ps_jx_run *run, ps_jx v, ps_jx_record *keys, size_t level)
{
    if (level > PS_MAX_DEPTH) {
        ps_jx_too_deep(run);
    }
    if (ps_jx_is(v, PS_JX_ARRAY)) {
        for (size_t i = 0, n = ps_jx_count(v); i < n; i++) {
            ps_jx_burn(run, 1);
            gather_keys(run, ps_jx_at(v, i), keys, level + 1);
        }
    } else if (ps_jx_is(v, PS_JX_OBJECT)) {
        size_t n = ps_jx_member_count(v);
        ps_jx_burn(run, n);
        for (size_t i = 0; i < n; i++) {
            ps_jx_set(run, keys, ps_jx_key_at(v, i), ps_jx_bool(true));
        }
    }
}

static ps_jx fn_keys(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    ps_jx object = args[0];
    if (ps_jx_is(object, PS_JX_ARRAY)) {
        ps_jx_record *keys = ps_jx_record_new(run, 8);
        gather_keys(run, object, keys, 0);
        object = ps_jx_object(keys);
    }
    size_t n = ps_jx_is(object, PS_JX_OBJECT) ? ps_jx_member_count(object) : 0;
    ps_jx_burn(run, n / 4);
    ps_jx_list *list = ps_jx_list_new(run, n, PS_JX_SEQUENCE);
    for (size_t i = 0; i < n; i++) {
        ps_jx_add(run, list, ps_jx_key_value_at(object, i));
    }
    return ps_jx_array(list);
}

/* Every value of `key` in an array of objects, of arrays of objects ..., added to `found`. */
static void gather_values(ps_jx_run *run, ps_jx array, ps_str key, ps_jx_list *found, size_t level)
{
    if (level > PS_MAX_DEPTH) {
        ps_jx_too_deep(run);
    }
    for (size_t i = 0, n = ps_jx_count(array); i < n; i++) {
        ps_jx v = ps_jx_at(array, i);
        ps_jx_burn(run, 1);
        if (ps_jx_is(v, PS_JX_ARRAY)) {
            gather_values(run, v, key, found, level + 1);
        } else if (ps_jx_is(v, PS_JX_OBJECT)) {
            ps_jx_burn(run, key.len / 32);
            ps_jx_append(run, found, ps_jx_get(v, key));
        }
    }
}

static ps_jx fn_lookup(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (ps_jx_is(args[1], PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    if (ps_jx_is(args[0], PS_JX_ARRAY)) {
        ps_jx_list *found = ps_jx_list_new(run, 8, PS_JX_SEQUENCE);
        gather_values(run, args[0], ps_jx_str(args[1]), found, 0);
        return ps_jx_array(found);
    }
    if (!ps_jx_is(args[0], PS_JX_OBJECT)) {
        return PS_JX_NOTHING;
    }
    ps_str key = ps_jx_str(args[1]);
    ps_jx_burn(run, key.len / 32);
    return ps_jx_get(args[0], key);
}

static ps_jx one_member(ps_jx_run *run, ps_jx object, size_t i)
{
    ps_jx_record *record = ps_jx_record_new(run, 1);
    ps_jx_set(run, record, ps_jx_key_at(object, i), ps_jx_value_at(object, i));
    return ps_jx_object(record);
}

static void gather_members(ps_jx_run *run, ps_jx v, ps_jx_list *found, size_t level)
{
    ps_jx_burn(run, 1);
    if (level > PS_MAX_DEPTH) {
        ps_jx_too_deep(run);
    }
    if (ps_jx_is(v, PS_JX_ARRAY)) {
        for (size_t i = 0, n = ps_jx_count(v); i < n; i++) {
            gather_members(run, ps_jx_at(v, i), found, level + 1);
        }
    } else if (ps_jx_is(v, PS_JX_OBJECT)) {
        for (size_t i = 0, n = ps_jx_member_count(v); i < n; i++) {
            ps_jx_burn(run, 2);
            ps_jx_add(run, found, one_member(run, v, i));
        }
    } else if (!ps_jx_is(v, PS_JX_UNDEFINED)) {
        ps_jx_add(run, found, v);
    }
}

static ps_jx fn_spread(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    bool array = ps_jx_is(args[0], PS_JX_ARRAY);
    if (!array && !ps_jx_is(args[0], PS_JX_OBJECT)) {
        return args[0];
    }
    /* The reference concatenates what an array's elements give, and a concatenation is an ordinary
     * array: of one object it stays one. */
    unsigned flags = array && ps_jx_count(args[0]) > 0 ? 0 : PS_JX_SEQUENCE;
    ps_jx_list *found = ps_jx_list_new(run, 8, flags);
    gather_members(run, args[0], found, 0);
    return ps_jx_array(found);
}

static ps_jx fn_merge(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    ps_jx_record *record = ps_jx_record_new(run, 8);
    for (size_t i = 0, n = ps_jx_count(args[0]); i < n; i++) {
        ps_jx object = ps_jx_at(args[0], i);
        size_t members = ps_jx_is(object, PS_JX_OBJECT) ? ps_jx_member_count(object) : 0;
        ps_jx_burn(run, 1 + members);
        for (size_t k = 0; k < members; k++) {
            ps_jx_set(run, record, ps_jx_key_at(object, k), ps_jx_value_at(object, k));
        }
    }
    return ps_jx_object(record);
}

/* function(value, key, object), of which it is given as many as it takes. */
static ps_jx apply_member(ps_jx_run *run, const ps_jx_call *call, ps_jx function, ps_jx object,
                          size_t i)
{
    ps_jx args[3] = {ps_jx_value_at(object, i), ps_jx_key_value_at(object, i), object};
    if (!ps_jx_is(function, PS_JX_FUNCTION)) {
        ps_jx_fail(run, "T1006", call->at, call->name);
    }
    size_t arity = ps_jx_arity(function);
    ps_jx_burn(run, 1);
    return ps_jx_apply(run, function, args,
                       arity < 1   ? 1
                       : arity > 3 ? 3
                                   : arity,
                       PS_JX_NOTHING, call->at);
}

static ps_jx fn_each(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    size_t n = ps_jx_is(args[0], PS_JX_OBJECT) ? ps_jx_member_count(args[0]) : 0;
    ps_jx_list *list = ps_jx_list_new(run, n, PS_JX_SEQUENCE);
    for (size_t i = 0; i < n; i++) {
        ps_jx v = apply_member(run, call, args[1], args[0], i);
        if (!ps_jx_is(v, PS_JX_UNDEFINED)) {
            ps_jx_add(run, list, v);
        }
    }
    return ps_jx_array(list);
}

static ps_jx fn_sift(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    size_t n = ps_jx_is(args[0], PS_JX_OBJECT) ? ps_jx_member_count(args[0]) : 0;
    ps_jx_record *record = ps_jx_record_new(run, 8);
    for (size_t i = 0; i < n; i++) {
        if (ps_jx_truth(run, apply_member(run, call, args[1], args[0], i))) {
            ps_jx_set(run, record, ps_jx_key_at(args[0], i), ps_jx_value_at(args[0], i));
        }
    }
    return record->count > 0 ? ps_jx_object(record) : PS_JX_NOTHING;
}

const ps_jx_native ps_jx_object_functions[] = {
    {"keys", "<x-:a<s>>", fn_keys, 1},
    {"lookup", "<x-s:x>", fn_lookup, 2},
    {"spread", "<x-:a<o>>", fn_spread, 1},
    {"merge", "<a<o>:o>", fn_merge, 1},
    {"each", "<o-f:a>", fn_each, 2},
    {"sift", "<o-f?:o>", fn_sift, 2},
    {NULL, NULL, NULL, 0},
};
