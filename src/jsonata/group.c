/* group.c -- {key: value, ...}: as a constructor, and behind a path as group by.
 *
 * Items are put to their groups by key first; then each group's value is evaluated with its items
 * as the context. Groups are found by hash, and items of one group are gathered in one list. */
#include "jsonata/eval.h"

typedef struct group {
    size_t pair;
    ps_jx first;       /* the only item so far */
    ps_jx_list *items; /* from the second on; NULL */
    ps_str key;
} group;

typedef struct grouping {
    ps_jx_run *run;
    const ps_pairs *pairs;
    ps_jx_record *index; /* key -> number of its group */
    group *p;
    size_t count, capacity;
    bool tuples;
} grouping;

static _Noreturn void refuse(grouping *g, const char *code, ps_jx value)
{
    ps_jx_fields f = {.value = value};
    ps_jx_throw(g->run, code, g->pairs->at, &f);
}

static group *group_new(grouping *g)
{
    if (g->count == g->capacity) {
        size_t capacity = g->capacity ? g->capacity * 2 : g->pairs->count;
        group *p = ps_jx_alloc(g->run, capacity * sizeof *p);
        if (g->count) {
            memcpy(p, g->p, g->count * sizeof *p);
        }
        g->p = p;
        g->capacity = capacity;
    }
    return &g->p[g->count++];
}

static void add_item(grouping *g, group *to, ps_jx item)
{
    if (!to->items) {
        unsigned flags = g->tuples ? PS_JX_TUPLES : 0;
        to->items = ps_jx_list_new(g->run, 4, flags);
        ps_jx_append(g->run, to->items, to->first);
    }
    ps_jx_append(g->run, to->items, item);
}

static void put(grouping *g, size_t pair, ps_jx key, ps_jx item)
{
    if (key.kind == PS_JX_UNDEFINED) {
        return;
    }
    if (key.kind != PS_JX_STRING) {
        refuse(g, "T1003", key);
    }
    ps_str text = ps_jx_str(key);
    ps_jx *number =
        ps_jx_place(g->run, g->index, text, key.borrowed ? (ps_value *)(uintptr_t)key.value : NULL);
    if (number->kind == PS_JX_UNDEFINED) {
        *number = ps_jx_number((double)g->count);
        *group_new(g) = (group){pair, item, NULL, text};
        return;
    }
    group *to = &g->p[(size_t)number->n];
    if (to->pair != pair) {
        refuse(g, "D1009", key);
    }
    add_item(g, to, item);
}

/* The list is the group's own, to be added to. */
enum { GATHERED = 64 };

/* The group's context out of its tuples: what each variable was, in all of them. */
static ps_jx reduce(ps_jx_run *run, ps_jx stream)
{
    ps_jx_record *all = ps_jx_record_new(run, 4);
    size_t count = ps_jx_count(stream);
    for (size_t i = 0; i < count; i++) {
        const ps_jx_record *tuple = ps_jx_at(stream, i).record;
        ps_jx_burn(run, tuple->count);
        for (size_t m = 0; m < tuple->count; m++) {
            ps_jx *v = ps_jx_place(run, all, tuple->p[m].key, NULL);
            if (i == 0 || v->kind == PS_JX_UNDEFINED) {
                *v = tuple->p[m].value;
            } else if (tuple->p[m].value.kind != PS_JX_UNDEFINED) {
                if (!(ps_jx_flags(*v) & GATHERED)) {
                    ps_jx_list *list = ps_jx_list_new(run, 4, GATHERED);
                    ps_jx_append(run, list, *v);
                    *v = ps_jx_array(list);
                }
                ps_jx_append(run, v->list, tuple->p[m].value);
            }
        }
    }
    for (size_t m = 0; m < all->count; m++) {
        if (ps_jx_flags(all->p[m].value) & GATHERED) {
            all->p[m].value.list->flags &= ~(unsigned)GATHERED; /* others may see it from now on */
        }
    }
    return ps_jx_object(all);
}

static ps_jx value_of(grouping *g, const group *of, ps_jx_frame *frame)
{
    const ps_node *node = g->pairs->p[of->pair].value;
    ps_jx context = of->items ? ps_jx_array(of->items) : of->first;
    if (!g->tuples) {
        return ps_jx_eval(g->run, node, context, frame);
    }
    ps_jx tuple = of->items ? reduce(g->run, context) : context;
    ps_jx_frame *own = ps_jx_tuple_frame(g->run, tuple, frame);
    ps_jx v = ps_jx_eval(g->run, node, ps_jx_tuple_context(tuple), own);
    ps_jx_frame_release(g->run, own);
    return v;
}

static void put_all(grouping *g, ps_jx item, ps_jx_frame *frame)
{
    for (size_t i = 0; i < g->pairs->count; i++) {
        if (g->tuples) {
            ps_jx_frame *own = ps_jx_tuple_frame(g->run, item, frame);
            put(g, i, ps_jx_eval(g->run, g->pairs->p[i].key, ps_jx_tuple_context(item), own), item);
            ps_jx_frame_release(g->run, own);
        } else {
            put(g, i, ps_jx_eval(g->run, g->pairs->p[i].key, item, frame), item);
        }
    }
}

static __attribute__((noinline)) ps_jx group_by(ps_jx_run *run, const ps_pairs *pairs, ps_jx v,
                                                ps_jx_frame *frame)
{
    grouping g = {.run = run,
                  .pairs = pairs,
                  .index = ps_jx_record_new(run, pairs->count),
                  .tuples = ps_jx_flags(v) & PS_JX_TUPLES};
    size_t count = ps_jx_count(v);
    if (count == 0 && !g.tuples) {
        put_all(&g, PS_JX_NOTHING, frame);
    }
    for (size_t i = 0; i < count; i++) {
        put_all(&g, ps_jx_at(v, i), frame);
    }
    /* The index has the keys in their order already: groups become values in place. */
    for (size_t i = 0; i < g.count; i++) {
        g.index->p[i].value = value_of(&g, &g.p[i], frame);
    }
    ps_jx_compact(run, g.index);
    return ps_jx_object(g.index);
}

/* One item: no groups are needed unless a key comes twice, which is an error. */
static __attribute__((noinline)) ps_jx construct(ps_jx_run *run, const ps_pairs *pairs, ps_jx item,
                                                 ps_jx_frame *frame)
{
    grouping g = {.run = run, .pairs = pairs};
    ps_jx_record *record = ps_jx_record_new(run, pairs->count);
    for (size_t i = 0; i < pairs->count; i++) {
        ps_jx key = ps_jx_eval(run, pairs->p[i].key, item, frame);
        if (key.kind == PS_JX_UNDEFINED) {
            continue;
        }
        if (key.kind != PS_JX_STRING) {
            refuse(&g, "T1003", key);
        }
        ps_jx *at = ps_jx_place(run, record, ps_jx_str(key),
                                key.borrowed ? (ps_value *)(uintptr_t)key.value : NULL);
        if (at->kind != PS_JX_UNDEFINED) {
            refuse(&g, "D1009", key);
        }
        *at = ps_jx_number((double)i);
    }
    for (size_t i = 0; i < record->count; i++) {
        size_t pair = (size_t)record->p[i].value.n;
        record->p[i].value = ps_jx_eval(run, pairs->p[pair].value, item, frame);
    }
    ps_jx_compact(run, record);
    return ps_jx_object(record);
}

ps_jx ps_jx_group(ps_jx_run *run, const ps_pairs *pairs, ps_jx v, ps_jx_frame *frame)
{
    return v.kind == PS_JX_ARRAY ? group_by(run, pairs, v, frame) : construct(run, pairs, v, frame);
}
