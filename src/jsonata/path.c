/* path.c -- paths and filters: step by step over everything the step before has found.
 *
 * The reference makes a sequence at each step. Here what stands between two steps is one item, or
 * an array to go through, which is borrowed wherever it would only be copied: a path of names over
 * objects allocates nothing. */
#include "base/utf8.h"
#include "jsonata/eval.h"

#include <math.h>

/* -- filters ---------------------------------------------------------------------------------- */

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

/* A filter that is the same for all items: numbers are looked up instead of compared. */
static void pick_constant(ps_jx_run *run, ps_jx_list *list, ps_jx array, ps_jx v)
{
    size_t count = ps_jx_count(array);
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

/* -- steps ------------------------------------------------------------------------------------ */

/* What has been found so far. */
typedef struct found {
    /* ALL: `v` is an array to go through; ONE: it is one item, whatever it is; LAST: it is all that
     * the path gives, though no array */
    enum { NONE, ONE, ALL, LAST } many;
    ps_jx v;
} found;

static bool is_sequence(ps_jx v)
{
    return ps_jx_flags(v) & PS_JX_SEQUENCE;
}

/* The elements of a step's only result, which is an array. */
static found spread(ps_jx array)
{
    size_t count = ps_jx_count(array);
    if (count <= 1) {
        return (found){count ? ONE : NONE, count ? ps_jx_at(array, 0) : PS_JX_NOTHING};
    }
    return (found){ALL, array};
}

static bool flattens(ps_jx v)
{
    return v.kind == PS_JX_ARRAY && !(ps_jx_flags(v) & PS_JX_CONS);
}

/* An array that is the last step's only result stays what it is. */
static found only_result(ps_jx v, bool last)
{
    if (v.kind == PS_JX_UNDEFINED) {
        return (found){NONE, v};
    }
    if (v.kind == PS_JX_ARRAY && last && !is_sequence(v)) {
        return (found){ALL, v};
    }
    return flattens(v) ? spread(v) : (found){ONE, v};
}

static ps_jx step(ps_jx_run *run, const ps_node *node, ps_jx item, ps_jx_frame *frame)
{
    ps_jx v;
    if (node->kind == PS_NODE_NAME && !node->predicate_count && !node->group && !node->keep_array) {
        if (run->depth >= run->bounds.depth) {
            ps_jx_too_deep(run);
        }
        ps_jx_tick(run);
        v = item.kind == PS_JX_OBJECT
                ? ps_jx_get(item, ps_value_str(node->value))
                : ps_jx_settle(ps_jx_field(run, item, ps_value_str(node->value)), false);
    } else {
        v = ps_jx_eval(run, node, item, frame);
    }
    for (size_t i = 0; i < node->stage_count; i++) {
        v = ps_jx_filter(run, node->stages[i].predicate, v, frame);
    }
    return v;
}

static void add_result(ps_jx_run *run, ps_jx_list *list, ps_jx v)
{
    if (flattens(v)) {
        ps_jx_append(run, list, v);
    } else {
        ps_jx_add(run, list, v);
    }
}

/* A step over an array: no list is made before there are two results. A filter's sequence may hold
 * undefined items, as in the reference. */
static found step_all(ps_jx_run *run, const ps_node *node, ps_jx array, bool last,
                      ps_jx_frame *frame)
{
    ps_jx only = PS_JX_NOTHING;
    ps_jx_list *list = NULL;
    size_t count = ps_jx_count(array);
    for (size_t i = 0; i < count; i++) {
        ps_jx v = step(run, node, ps_jx_at(array, i), frame);
        if (v.kind == PS_JX_UNDEFINED) {
            continue;
        }
        if (only.kind == PS_JX_UNDEFINED) {
            only = v;
            continue;
        }
        if (!list) {
            list = ps_jx_list_new(run, count - i + 1, PS_JX_SEQUENCE);
            add_result(run, list, only);
        }
        add_result(run, list, v);
    }
    return list ? spread(ps_jx_array(list)) : only_result(only, last);
}

static found sort_step(ps_jx_run *run, const ps_node *node, found f, ps_jx_frame *frame)
{
    if (f.many == ALL) {
        f.v = ps_jx_sort(run, node, f.v, frame);
    }
    for (size_t i = 0; i < node->stage_count; i++) {
        ps_jx v = ps_jx_filter(run, node->stages[i].predicate, f.v, frame);
        f = is_sequence(v) ? spread(v) : (found){ALL, v};
        if (f.many == NONE) {
            break;
        }
    }
    return f;
}

/* -- paths ------------------------------------------------------------------------------------ */

static ps_jx sequence_of(ps_jx_run *run, found f, unsigned flags)
{
    ps_jx_list *list = ps_jx_list_new(run, f.many == ONE, PS_JX_SEQUENCE | flags);
    if (f.many == ONE) {
        ps_jx_add(run, list, f.v);
    }
    return ps_jx_array(list);
}

static ps_jx characters(ps_jx_run *run, ps_str s)
{
    ps_jx_list *list = ps_jx_list_new(run, 0, 0);
    ps_jx_burn(run, s.len);
    for (size_t at = 0; at < s.len;) {
        size_t from = at;
        ps_utf8_next(s, &at);
        ps_jx_add(run, list, ps_jx_slice((ps_str){s.p + from, at - from}));
    }
    return ps_jx_array(list);
}

/* An array constructor in front is evaluated once, for all of the input. Where a filter or a group
 * has made something else of it, the reference goes through that as if it were an array still: a
 * string's characters, and nothing of the rest. */
static found cons_step(ps_jx_run *run, const ps_node *node, found f, bool last, ps_jx_frame *frame)
{
    ps_jx v = ps_jx_eval(run, node, f.many == ALL ? f.v : sequence_of(run, f, 0), frame);
    if (v.kind == PS_JX_ARRAY) {
        return (found){ALL, v};
    }
    if (last || (v.kind == PS_JX_STRING && ps_jx_str(v).len == 0)) {
        return (found){LAST, v};
    }
    return v.kind == PS_JX_STRING ? (found){ALL, characters(run, ps_jx_str(v))}
                                  : (found){NONE, PS_JX_NOTHING};
}

/* As a value: what is not a list yet becomes one only where somebody could tell. */
static ps_jx finish(ps_jx_run *run, const ps_node *path, found f, ps_jx_frame *frame)
{
    if (path->keep_singleton && f.many != LAST) {
        if (f.many != ALL) {
            f.v = sequence_of(run, f, PS_JX_KEEP_SINGLETON);
        } else if ((ps_jx_flags(f.v) & (PS_JX_CONS | PS_JX_SEQUENCE)) == PS_JX_CONS) {
            f.v = sequence_of(run, (found){ONE, f.v}, PS_JX_KEEP_SINGLETON);
        } else if (is_sequence(f.v)) {
            f.v.list->flags |= PS_JX_KEEP_SINGLETON;
        }
        f.many = ALL;
    }
    if (path->group) {
        return ps_jx_group(run, path->group, f.many >= ALL ? f.v : sequence_of(run, f, 0), frame);
    }
    if (path->keep_array && f.many == ONE) {
        return sequence_of(run, f, PS_JX_KEEP_SINGLETON);
    }
    return f.v;
}

/* An array constructor in front binds nothing in the reference: with @ the path goes on from its
 * input, with # from the array. */
static ps_jx tuples(ps_jx_run *run, const ps_node *path, size_t i, ps_jx items, ps_jx_frame *frame)
{
    const ps_node *node = path->list.p[i];
    if (i > 0 || !node->cons_array) {
        return ps_jx_tuple_path(run, path, i, items, frame);
    }
    ps_jx v = ps_jx_eval(run, node, items, frame);
    if (node->focus.len) {
        v = items;
    } else if (v.kind != PS_JX_ARRAY) {
        v = ps_jx_array(ps_jx_list_new(run, 0, 0));
    }
    return ps_jx_tuple_path(run, path, 1, v, frame);
}

ps_jx ps_jx_path(ps_jx_run *run, const ps_node *path, ps_jx input, ps_jx_frame *frame)
{
    const ps_nodes *steps = &path->list;
    bool absolute = steps->p[0]->kind == PS_NODE_VARIABLE;
    found f = {input.kind == PS_JX_ARRAY && !absolute ? ALL : ONE, input};
    for (size_t i = 0; i < steps->count && f.many != NONE; i++) {
        const ps_node *node = steps->p[i];
        bool last = i + 1 == steps->count;
        if (node->tuple) {
            return tuples(run, path, i, f.many == ALL ? f.v : sequence_of(run, f, 0), frame);
        }
        if (i == 0 && node->cons_array) {
            f = cons_step(run, node, f, last, frame);
        } else if (node->kind == PS_NODE_SORT) {
            f = sort_step(run, node, f, frame);
        } else if (f.many == ONE) {
            f = only_result(step(run, node, f.v, frame), last);
        } else {
            f = step_all(run, node, f.v, last, frame);
        }
        if (f.many == LAST || (f.many == ALL && ps_jx_count(f.v) == 0)) {
            break;
        }
    }
    return finish(run, path, f, frame);
}
