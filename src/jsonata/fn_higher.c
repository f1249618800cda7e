/* fn_higher.c -- $map $filter $single $reduce. */
#include "jsonata/jx.h"

static ps_jx fn_map(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    size_t n = ps_jx_count(args[0]);
    ps_jx_list *list = ps_jx_list_new(run, n, PS_JX_SEQUENCE);
    for (size_t i = 0; i < n; i++) {
        ps_jx_burn(run, 1);
        ps_jx v = ps_jx_apply_item(run, args[1], ps_jx_at(args[0], i), i, args[0]);
        if (!ps_jx_is(v, PS_JX_UNDEFINED)) {
            ps_jx_add(run, list, v);
        }
    }
    return ps_jx_array(list);
}

static ps_jx fn_filter(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    ps_jx_list *list = ps_jx_list_new(run, 8, PS_JX_SEQUENCE);
    for (size_t i = 0, n = ps_jx_count(args[0]); i < n; i++) {
        ps_jx_burn(run, 1);
        ps_jx v = ps_jx_at(args[0], i);
        if (ps_jx_truth(run, ps_jx_apply_item(run, args[1], v, i, args[0]))) {
            ps_jx_add(run, list, v);
        }
    }
    return ps_jx_array(list);
}

static ps_jx fn_single(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    bool found = false;
    ps_jx result = PS_JX_NOTHING;
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    for (size_t i = 0, n = ps_jx_count(args[0]); i < n; i++) {
        ps_jx_burn(run, 1);
        ps_jx v = ps_jx_at(args[0], i);
        if (!ps_jx_is(args[1], PS_JX_UNDEFINED) &&
            !ps_jx_truth(run, ps_jx_apply_item(run, args[1], v, i, args[0]))) {
            continue;
        }
        if (found) {
            ps_jx_throw(run, "D3138", call->at,
                        &(ps_jx_fields){.token = call->name, .index = (int64_t)i});
        }
        found = true;
        result = v;
    }
    if (!found) {
        ps_jx_fail(run, "D3139", call->at, call->name);
    }
    return result;
}

static ps_jx fn_reduce(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    size_t arity = ps_jx_arity(args[1]);
    if (arity < 2) {
        ps_jx_throw(run, "D3050", call->at, &(ps_jx_fields){.token = call->name, .index = 1});
    }
    size_t given = arity < 4 ? arity : 4;
    size_t n = ps_jx_count(args[0]);
    size_t i = 0;
    ps_jx result = args[2];
    if (ps_jx_is(result, PS_JX_UNDEFINED) && n > 0) {
        result = ps_jx_at(args[0], 0);
        i = 1;
    }
    for (; i < n; i++) {
        ps_jx_burn(run, 1);
        ps_jx four[4] = {result, ps_jx_at(args[0], i), ps_jx_number((double)i), args[0]};
        result = ps_jx_apply(run, args[1], four, given, PS_JX_NOTHING, call->at);
    }
    return result;
}

const ps_jx_native ps_jx_higher_functions[] = {
    {"map", "<af>", fn_map, 2},
    {"filter", "<af>", fn_filter, 2},
    {"single", "<af?>", fn_single, 2},
    {"reduce", "<afj?:j>", fn_reduce, 3},
    {NULL, NULL, NULL, 0},
};
