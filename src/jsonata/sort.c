/* sort.c -- the order-by operator: a stable merge sort that evaluates each term of each item at
 * most once, and a further term only where the ones before it are equal. */
#include "jsonata/eval.h"

#include <math.h>

/* A term that has not been asked for yet. */
enum { UNKNOWN = 0xFE };

typedef struct sorter {
    ps_jx_run *run;
    const ps_node *node;
    ps_jx_frame *frame;
    ps_jx array;
    bool tuples;
    ps_jx *keys; /* of item i: from i * terms on */
} sorter;

static ps_jx key_of(sorter *s, size_t i, size_t term)
{
    ps_jx *key = &s->keys[i * s->node->term_count + term];
    if (key->kind == UNKNOWN) {
        const ps_node *expression = s->node->terms[term].expression;
        ps_jx item = ps_jx_at(s->array, i);
        if (s->tuples) {
            ps_jx_frame *own = ps_jx_tuple_frame(s->run, item, s->frame);
            *key = ps_jx_eval(s->run, expression, ps_jx_tuple_context(item), own);
            ps_jx_frame_release(s->run, own);
        } else {
            *key = ps_jx_eval(s->run, expression, item, s->frame);
        }
        if (key->kind == PS_JX_NUMBER) {
            *key = ps_jx_number(ps_jx_double(*key));
        }
    }
    return *key;
}

static bool sortable(ps_jx v)
{
    return v.kind == PS_JX_NUMBER || v.kind == PS_JX_STRING;
}

static _Noreturn void refuse(sorter *s, const char *code, ps_jx value, ps_jx value2)
{
    ps_jx_fields f = {.value = value, .value2 = value2};
    ps_jx_throw(s->run, code, s->node->at, &f);
}

/* Whether item `a`, which stands before `b`, belongs behind it. Undefined keys come last either
 * way. */
static bool behind(sorter *s, size_t a, size_t b)
{
    ps_jx_tick(s->run);
    for (size_t t = 0; t < s->node->term_count; t++) {
        ps_jx x = key_of(s, a, t), y = key_of(s, b, t);
        if (x.kind == PS_JX_UNDEFINED || y.kind == PS_JX_UNDEFINED) {
            if (x.kind == y.kind) {
                continue;
            }
            return x.kind == PS_JX_UNDEFINED;
        }
        if (!sortable(x) || !sortable(y)) {
            refuse(s, "T2008", sortable(x) ? y : x, PS_JX_NOTHING);
        }
        if (x.kind != y.kind) {
            refuse(s, "T2007", x, y);
        }
        int order = ps_jx_compare(s->run, x, y);
        if (x.kind == PS_JX_NUMBER && (isnan(x.n) || isnan(y.n))) {
            order = 1;
        }
        if (order) {
            return (s->node->terms[t].descending ? -order : order) > 0;
        }
    }
    return false;
}

/* Sorts the `count` numbers of items in `p`; `spare` has room for as many. */
static void sort(sorter *s, uint32_t *p, uint32_t *spare, size_t count)
{
    if (count < 2) {
        return;
    }
    size_t middle = count / 2;
    sort(s, p, spare, middle);
    sort(s, p + middle, spare, count - middle);
    memcpy(spare, p, middle * sizeof *p);
    size_t left = 0, right = middle, to = 0;
    while (left < middle) {
        if (right == count || !behind(s, spare[left], p[right])) {
            p[to++] = spare[left++];
        } else {
            p[to++] = p[right++];
        }
    }
}

ps_jx ps_jx_sort(ps_jx_run *run, const ps_node *node, ps_jx array, ps_jx_frame *frame)
{
    size_t count = ps_jx_count(array), terms = node->term_count;
    if (count < 2) {
        return array;
    }
    if (count > UINT32_MAX || terms > SIZE_MAX / sizeof(ps_jx) / count) {
        ps_jx_too_large(run);
    }
    sorter s = {.run = run,
                .node = node,
                .frame = frame,
                .array = array,
                .tuples = ps_jx_flags(array) & PS_JX_TUPLES,
                .keys = ps_jx_alloc(run, count * terms * sizeof(ps_jx))};
    for (size_t i = 0; i < count * terms; i++) {
        s.keys[i].kind = UNKNOWN;
    }
    uint32_t *order = ps_jx_alloc(run, 2 * count * sizeof *order);
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    sort(&s, order, order + count, count);
    ps_jx_list *list = ps_jx_list_new(run, count, 0);
    for (size_t i = 0; i < count; i++) {
        ps_jx_add(run, list, ps_jx_at(array, order[i]));
    }
    return ps_jx_array(list);
}
