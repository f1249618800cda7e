/* transform.c -- |pattern|update, delete|: a copy of a value with the objects changed that the
 * pattern finds in it; and the copy. */
#include "jsonata/eval.h"

static ps_jx clone(ps_jx_run *run, ps_jx v, size_t depth)
{
    ps_jx_tick(run);
    if (v.kind == PS_JX_FUNCTION) {
        return ps_jx_slice(PS_STR(""));
    }
    if (v.kind == PS_JX_NUMBER) {
        return ps_jx_is_numeric(run, v) ? ps_jx_number(ps_jx_round15(ps_jx_double(v)))
                                        : (ps_jx){.kind = PS_JX_NULL};
    }
    if (v.kind != PS_JX_ARRAY && v.kind != PS_JX_OBJECT) {
        return v;
    }
    if (depth == 0) {
        ps_jx_too_deep(run);
    }
    if (v.kind == PS_JX_ARRAY) {
        size_t count = ps_jx_count(v);
        ps_jx_list *list = ps_jx_list_new(run, count, 0);
        for (size_t i = 0; i < count; i++) {
            ps_jx item = clone(run, ps_jx_at(v, i), depth - 1);
            ps_jx_add(run, list, item.kind == PS_JX_UNDEFINED ? (ps_jx){.kind = PS_JX_NULL} : item);
        }
        return ps_jx_array(list);
    }
    size_t count = ps_jx_member_count(v);
    ps_jx_record *record = ps_jx_record_new(run, count);
    for (size_t i = 0; i < count; i++) {
        ps_jx key = ps_jx_key_value_at(v, i), member = ps_jx_value_at(v, i);
        if (member.kind != PS_JX_UNDEFINED) {
            ps_value *shared = key.borrowed ? (ps_value *)(uintptr_t)key.value : NULL;
            *ps_jx_place(run, record, ps_jx_str(key), shared) = clone(run, member, depth - 1);
        }
    }
    return ps_jx_object(record);
}

ps_jx ps_jx_clone(ps_jx_run *run, ps_jx v)
{
    if (ps_jx_flags(v) & PS_JX_OUTER_WRAPPER) {
        v = ps_jx_at(v, 0);
    }
    return clone(run, v, PS_MAX_DEPTH);
}

static void update(ps_jx_run *run, const ps_node *node, ps_jx match, ps_jx change)
{
    if (change.kind == PS_JX_UNDEFINED) {
        return;
    }
    if (change.kind != PS_JX_OBJECT) {
        ps_jx_fields f = {.value = change};
        ps_jx_throw(run, "T2011", node->right->at, &f);
    }
    if (match.kind != PS_JX_OBJECT || match.borrowed) {
        return;
    }
    size_t count = ps_jx_member_count(change);
    ps_jx_burn(run, count);
    for (size_t i = 0; i < count; i++) {
        ps_jx v = ps_jx_value_at(change, i);
        if (v.kind != PS_JX_UNDEFINED) {
            ps_jx_set(run, match.record, ps_jx_key_at(change, i), v);
        }
    }
}

static void forget(ps_jx_run *run, const ps_node *node, ps_jx match, ps_jx names)
{
    if (names.kind == PS_JX_UNDEFINED) {
        return;
    }
    ps_jx all = ps_jx_as_array(run, names);
    size_t count = ps_jx_count(all);
    for (size_t i = 0; i < count; i++) {
        if (ps_jx_at(all, i).kind != PS_JX_STRING) {
            ps_jx_fields f = {.value = names};
            ps_jx_throw(run, "T2012", node->other->at, &f);
        }
    }
    if (match.kind != PS_JX_OBJECT || match.borrowed) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        ps_jx_remove(run, match.record, ps_jx_str(ps_jx_at(all, i)));
    }
    ps_jx_compact(run, match.record);
}

/* A program may bind a function of its own to $clone. */
static ps_jx copy_of(ps_jx_run *run, const ps_jx_function *change, ps_jx v)
{
    ps_jx by = ps_jx_lookup(run, change->frame, PS_STR("clone"));
    if (by.kind != PS_JX_FUNCTION) {
        ps_jx_fail(run, "T2013", change->node->at, PS_STR(""));
    }
    return ps_jx_apply(run, by, &v, 1, (ps_jx){.kind = PS_JX_NULL}, change->node->at);
}

ps_jx ps_jx_change(ps_jx_run *run, const ps_jx_function *change, ps_jx v)
{
    const ps_node *node = change->node;
    if (v.kind == PS_JX_UNDEFINED) {
        return v;
    }
    ps_jx copy = copy_of(run, change, v);
    ps_jx found = ps_jx_eval(run, node->left, copy, change->frame);
    ps_jx matches = ps_jx_as_array(run, found);
    size_t count = ps_jx_count(matches);
    for (size_t i = 0; i < count; i++) {
        ps_jx match = ps_jx_at(matches, i);
        update(run, node, match, ps_jx_eval(run, node->right, match, change->frame));
        if (node->other) {
            forget(run, node, match, ps_jx_eval(run, node->other, match, change->frame));
        }
    }
    return copy;
}
