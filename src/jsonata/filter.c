/* filter.c -- what stands in brackets: items by their places, or by what is true of them. */
#include "jsonata/eval.h"

#include <math.h>

/* The places that a filter's numbers stand for; -1: none. */
static double place_of(ps_jx number, size_t count)
{
    double i = floor(ps_jx_double(number));
    return i < 0 ? (double)count + i : i;
}

static bool is_numbers(ps_jx_run *run, ps_jx v)
{
    size_t count = ps_jx_count(v);
    ps_jx_burn(run, count);
    for (size_t i = 0; i < count; i++) {
        if (!ps_jx_is_numeric(run, ps_jx_at(v, i))) {
            return false;
        }
    }
    return true;
}

/* How often an item is picked by what the predicate gave for it. */
static size_t picks(ps_jx_run *run, ps_jx v, size_t i, size_t count)
{
    if (v.kind == PS_JX_BOOL) {
        return v.b;
    }
    if (ps_jx_is_numeric(run, v)) {
        return place_of(v, count) == (double)i;
    }
    if (v.kind != PS_JX_ARRAY || !is_numbers(run, v)) {
        return ps_jx_truth(run, v);
    }
    size_t numbers = ps_jx_count(v), found = 0;
    for (size_t k = 0; k < numbers; k++) {
        found += place_of(ps_jx_at(v, k), count) == (double)i;
    }
    return found;
}

static void add_often(ps_jx_run *run, ps_jx_list *list, ps_jx item, size_t often)
{
    for (; often > 0; often--) {
        ps_jx_add(run, list, item);
    }
}

static void pick_place(ps_jx_run *run, ps_jx_list *list, ps_jx array, ps_jx number)
{
    size_t count = ps_jx_count(array);
    double i = place_of(number, count);
    if (i >= 0 && i < (double)count) {
        ps_jx_add(run, list, ps_jx_at(array, (size_t)i));
    }
}

/* A filter that is the same for all items: numbers are looked up instead of compared. */
static void pick_constant(ps_jx_run *run, ps_jx_list *list, ps_jx array, ps_jx v)
{
    size_t count = ps_jx_count(array);
    if (ps_jx_is_numeric(run, v)) {
        pick_place(run, list, array, v);
        return;
    }
    ps_jx_burn(run, count);
    if (v.kind != PS_JX_ARRAY || !is_numbers(run, v)) {
        for (size_t i = 0; i < count; i++) {
            add_often(run, list, ps_jx_at(array, i), picks(run, v, i, count));
        }
        return;
    }
    uint32_t *often = ps_jx_alloc(run, count * sizeof *often);
    memset(often, 0, count * sizeof *often);
    size_t numbers = ps_jx_count(v);
    for (size_t k = 0; k < numbers; k++) {
        double i = place_of(ps_jx_at(v, k), count);
        if (i >= 0 && i < (double)count) {
            often[(size_t)i]++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        add_often(run, list, ps_jx_at(array, i), often[i]);
    }
}

static ps_jx filter_number(ps_jx_run *run, const ps_node *predicate, ps_jx v, ps_jx_list *list)
{
    bool is_array = v.kind == PS_JX_ARRAY;
    size_t count = is_array ? ps_jx_count(v) : 1;
    double i = place_of(ps_jx_borrow(predicate->value), count);
    if (i >= 0 && i < (double)count) {
        ps_jx item = is_array ? ps_jx_at(v, (size_t)i) : v;
        if (item.kind == PS_JX_ARRAY) {
            return item;
        }
        if (item.kind != PS_JX_UNDEFINED) {
            ps_jx_add(run, list, item);
        }
    }
    return ps_jx_array(list);
}

static void filter_tuples(ps_jx_run *run, const ps_node *predicate, ps_jx v, ps_jx_list *list,
                          ps_jx_frame *frame)
{
    size_t count = ps_jx_count(v);
    for (size_t i = 0; i < count; i++) {
        ps_jx tuple = ps_jx_at(v, i);
        ps_jx_frame *own = ps_jx_tuple_frame(run, tuple, frame);
        ps_jx is = ps_jx_eval(run, predicate, ps_jx_tuple_context(tuple), own);
        add_often(run, list, tuple, picks(run, is, i, count));
        ps_jx_frame_release(run, own);
    }
}

ps_jx ps_jx_filter(ps_jx_run *run, const ps_node *predicate, ps_jx v, ps_jx_frame *frame)
{
    unsigned tuples = ps_jx_flags(v) & PS_JX_TUPLES;
    ps_jx_list *list = ps_jx_list_new(run, 0, PS_JX_SEQUENCE | tuples);
    if (predicate->kind == PS_NODE_VALUE && ps_value_is_number(predicate->value)) {
        return filter_number(run, predicate, v, list);
    }
    if (tuples) {
        filter_tuples(run, predicate, v, list, frame);
    } else if (v.kind != PS_JX_ARRAY) {
        ps_jx is = ps_jx_eval(run, predicate, v, frame);
        add_often(run, list, v, picks(run, is, 0, 1));
    } else if (predicate->constant && ps_jx_count(v) > 0) {
        pick_constant(run, list, v, ps_jx_eval(run, predicate, PS_JX_NOTHING, frame));
    } else {
        size_t count = ps_jx_count(v);
        for (size_t i = 0; i < count; i++) {
            ps_jx item = ps_jx_at(v, i);
            add_often(run, list, item,
                      picks(run, ps_jx_eval(run, predicate, item, frame), i, count));
        }
    }
    return ps_jx_array(list);
}
