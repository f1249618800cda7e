/* shape_step.c -- what follows a step joins it: further steps, filters, groupings, sorting, and the
 * variables that @ and # bind. */
#include "jsonata/shape.h"

static void discard(ps_shaper *s, ps_node *n)
{
    ps_shaped_of(n)->unused = s->unused;
    s->unused = ps_shaped_of(n);
}

/* An array of `count` elements that was filled by this function alone, with room for one more: the
 * capacity is the next power of two. */
static void *grown(ps_shaper *s, void *array, size_t count, size_t size)
{
    if (count & (count - 1)) {
        return array;
    }
    void *larger = ps_pool_alloc(s->p->pool, (count ? 2 * count : 1) * size);
    if (count) {
        memcpy(larger, array, count * size);
    }
    return larger;
}

/* -- paths ---------------------------------------------------------------------------------- */

static void add_step(ps_shaper *s, ps_node *path, ps_node *step)
{
    path->list.p = grown(s, path->list.p, path->list.count, sizeof(ps_node *));
    path->list.p[path->list.count++] = step;
}

ps_node *ps_shape_path_of(ps_shaper *s, ps_node *step)
{
    ps_node *path = ps_shape_new(s, PS_NODE_PATH, 0);
    add_step(s, path, step);
    return path;
}

static ps_node *last_step(const ps_node *path)
{
    return path->list.p[path->list.count - 1];
}

static void add_stage(ps_shaper *s, ps_stage **stages, size_t *count, ps_stage stage)
{
    *stages = grown(s, *stages, *count, sizeof stage);
    (*stages)[(*count)++] = stage;
}

static void predicates_to_stages(ps_node *step)
{
    if (step->predicate_count) {
        step->stages = step->predicates;
        step->stage_count = step->predicate_count;
        step->predicates = NULL;
        step->predicate_count = 0;
    }
}

/* -- what follows a step --------------------------------------------------------------------------
 */

/* Looks at the steps that have come to `path` since it was last joined. */
static bool join_steps(ps_shaper *s, ps_node *path)
{
    ps_shaped *holder = ps_shaped_of(path);
    for (; holder->checked < path->list.count; holder->checked++) {
        ps_node *step = path->list.p[holder->checked];
        if (step->kind == PS_NODE_VALUE && ps_value_kind(step->value) != PS_STRING) {
            ps_value *fields = ps_object(2);
            ps_object_put_take(fields, PS_STR("value"), ps_value_ref(step->value));
            return ps_parser_fail_take(s->p, "S0213", step->at, fields);
        }
        if (step->kind == PS_NODE_VALUE) {
            step->kind = PS_NODE_NAME;
            step->name = ps_value_str(step->value);
        }
        holder->kept = holder->kept || step->keep_array;
    }
    path->keep_singleton = path->keep_singleton || holder->kept;
    ps_node *ends[] = {path->list.p[0], last_step(path)};
    for (size_t i = 0; i < 2; i++) {
        ends[i]->cons_array = ends[i]->cons_array || ends[i]->kind == PS_NODE_ARRAY;
    }
    return ps_shape_resolve(s, path);
}

static ps_node *join(ps_shaper *s, ps_node *left, const ps_raw *raw)
{
    ps_node *path = left;
    if (left->kind != PS_NODE_PATH) {
        path = ps_shape_path_of(s, left);
        if (left->kind == PS_NODE_PARENT && !ps_shape_begin(s, path)) {
            return NULL;
        }
    }
    ps_node *rest = ps_shape_any(s, raw->right);
    if (!rest) {
        return NULL;
    }
    if (rest->kind == PS_NODE_PATH) {
        for (size_t i = 0; i < rest->list.count; i++) {
            add_step(s, path, rest->list.p[i]);
        }
        discard(s, rest);
    } else {
        predicates_to_stages(rest);
        add_step(s, path, rest);
    }
    return join_steps(s, path) ? path : NULL;
}

static ps_node *add_filter(ps_shaper *s, ps_node *left, const ps_raw *raw)
{
    bool in_path = left->kind == PS_NODE_PATH;
    ps_node *step = in_path ? last_step(left) : left;
    if (step->group) {
        return ps_parser_fail(s->p, "S0209", raw->token.at);
    }
    ps_node *predicate = ps_shape_any(s, raw->right);
    if (!predicate || !ps_shape_seek_from_filter(s, step, predicate)) {
        return NULL;
    }
    ps_stage stage = {.kind = PS_STAGE_FILTER, .predicate = predicate, .at = raw->token.at};
    if (in_path) {
        add_stage(s, &step->stages, &step->stage_count, stage);
    } else {
        add_stage(s, &step->predicates, &step->predicate_count, stage);
    }
    return left;
}

static ps_node *add_group(ps_shaper *s, ps_node *left, const ps_raw *raw)
{
    if (left->group) {
        return ps_parser_fail(s->p, "S0210", raw->token.at);
    }
    ps_pairs *group = ps_pool_alloc(s->p->pool, sizeof *group);
    left->group = group;
    return ps_shape_pairs(s, raw, group, NULL) ? left : NULL;
}

static ps_node *add_sort(ps_shaper *s, ps_node *left, const ps_raw *raw)
{
    ps_node *path = left->kind == PS_NODE_PATH ? left : ps_shape_path_of(s, left);
    ps_node *step = ps_shape_new(s, PS_NODE_SORT, raw->token.at);
    step->terms = ps_pool_alloc(s->p->pool, raw->count * sizeof *step->terms);
    for (ps_raw *item = raw->items; item; item = item->next) {
        ps_node *term = ps_shape_any(s, item);
        if (!term || !ps_shape_pass_on(s, step, term)) {
            return NULL;
        }
        step->terms[step->term_count++] = (ps_sort_term){term, item->descending};
    }
    add_step(s, path, step);
    return ps_shape_resolve(s, path) ? path : NULL;
}

static ps_node *add_focus(ps_shaper *s, ps_node *left, const ps_raw *raw)
{
    bool in_path = left->kind == PS_NODE_PATH;
    ps_node *step = in_path ? last_step(left) : left;
    if (step->stage_count || step->predicate_count) {
        return ps_parser_fail(s->p, "S0215", raw->token.at);
    }
    if (step->kind == PS_NODE_SORT) {
        return ps_parser_fail(s->p, "S0216", raw->token.at);
    }
    if (raw->keep_array) {
        step->keep_array = true;
        ps_shaped_of(left)->kept = ps_shaped_of(left)->kept || in_path;
    }
    step->focus = raw->right->token.text;
    step->tuple = true;
    return left;
}

static ps_node *add_index(ps_shaper *s, ps_node *left, const ps_raw *raw)
{
    ps_node *path = left;
    if (left->kind != PS_NODE_PATH) {
        path = ps_shape_path_of(s, left);
        predicates_to_stages(left);
    }
    ps_node *step = last_step(path);
    ps_str name = raw->right->token.text;
    if (step->stage_count == 0) {
        step->index = name;
    } else {
        ps_stage stage = {.kind = PS_STAGE_INDEX, .index = name, .at = raw->token.at};
        add_stage(s, &step->stages, &step->stage_count, stage);
    }
    step->tuple = true;
    return path;
}

bool ps_shape_extends(const ps_raw *raw)
{
    switch (raw->kind) {
    case PS_RAW_FILTER:
    case PS_RAW_GROUP:
    case PS_RAW_SORT:
        return true;
    case PS_RAW_BINARY:
        return raw->token.kind == PS_TOKEN_DOT || raw->token.kind == PS_TOKEN_FOCUS ||
               raw->token.kind == PS_TOKEN_INDEX;
    default:
        return false;
    }
}

ps_node *ps_shape_extend(ps_shaper *s, ps_node *left, const ps_raw *raw)
{
    switch (raw->kind) {
    case PS_RAW_FILTER:
        return add_filter(s, left, raw);
    case PS_RAW_GROUP:
        return add_group(s, left, raw);
    case PS_RAW_SORT:
        return add_sort(s, left, raw);
    default:
        return raw->token.kind == PS_TOKEN_DOT     ? join(s, left, raw)
               : raw->token.kind == PS_TOKEN_FOCUS ? add_focus(s, left, raw)
                                                   : add_index(s, left, raw);
    }
}
