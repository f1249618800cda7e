/* path.c -- paths: step by step over everything the step before has found.
 *
 * The reference makes a sequence at each step. Here what stands between two steps is one item, or
 * an array to go through, which is borrowed wherever it would only be copied: a path of names over
 * objects allocates nothing. */
#include "base/utf8.h"
#include "jsonata/eval.h"

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

/* Whether nothing but sorting follows, which leaves alone what is no array. */
static bool only_sorts_follow(const ps_nodes *steps)
{
    for (size_t i = 1; i < steps->count; i++) {
        if (steps->p[i]->kind != PS_NODE_SORT || steps->p[i]->stage_count) {
            return false;
        }
    }
    return true;
}

/* Names only, from object to object: what most paths are. False where an array is on the way. */
static bool walk(ps_jx_run *run, const ps_node *path, ps_jx v, ps_jx *out)
{
    if (run->depth >= run->bounds.depth) {
        ps_jx_too_deep(run);
    }
    for (size_t i = 0; i < path->list.count; i++) {
        if (v.kind == PS_JX_ARRAY) {
            return false;
        }
        ps_jx_tick(run);
        v = v.kind == PS_JX_OBJECT ? ps_jx_get(v, ps_value_str(path->list.p[i]->value))
                                   : PS_JX_NOTHING;
    }
    *out = v;
    return true;
}

ps_jx ps_jx_path(ps_jx_run *run, const ps_node *path, ps_jx input, ps_jx_frame *frame)
{
    ps_jx v;
    if (path->plain && walk(run, path, input, &v)) {
        return v;
    }
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
            f = cons_step(run, node, f, only_sorts_follow(steps), frame);
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
