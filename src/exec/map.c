/* map.c -- Map states: what is iterated over, and inline iterations. */
#include "base/mem.h"
#include "exec/layout.h"
#include "expr/query.h"
#include "value/json.h"

ps_value *ps_map_select(ps_exec *x, ps_frame *f, const ps_value *key, const ps_value *item,
                        const ps_value *source, size_t index)
{
    if (!f->state->parameters) {
        return ps_value_ref(item);
    }
    ps_value *about = ps_object(4);
    ps_object_put_take(about, PS_STR("Index"), ps_int((int64_t)index));
    if (key) {
        ps_object_put_take(about, PS_STR("Key"), ps_value_ref(key));
    }
    ps_object_put_take(about, PS_STR("Value"), ps_value_ref(item));
    if (source) {
        ps_object_put_take(about, PS_STR("Source"), ps_value_ref(source));
    }
    ps_value_set_take(&x->context, NULL);
    x->item = about;
    ps_value *selected =
        ps_template_eval(f->state->parameters, f->effective, PS_STR("ItemSelector"), &x->env);
    ps_value_set_take(&x->item, NULL);
    ps_observe_each(x, "afterItemSelector", selected);
    return selected;
}

static bool iterable(const ps_state *s, const ps_value *items)
{
    ps_kind kind = ps_value_kind(items);
    return kind == PS_ARRAY || (kind == PS_OBJECT && s->distributed);
}

/* The same in JSONata: Items, or the input. */
static ps_value *computed_items(ps_exec *x, ps_frame *f, const ps_value *v)
{
    const ps_state *s = f->state;
    ps_str field = PS_STR("Items");
    ps_value *items = s->items ? ps_template_eval(s->items, v, field, &x->env) : ps_value_ref(v);
    if (items && !iterable(s, items)) {
        if (s->items) {
            ps_template_unexpected(s->items, field, "array", items, &x->env);
        } else {
            ps_buf quoted = {0};
            ps_json_print(items, &quoted);
            ps_env_fail(&x->env, PS_STR(PS_QUERY_ERROR),
                        "Map state input must be an array but was: %.*s", (int)quoted.len,
                        quoted.p);
            ps_buf_free(&quoted);
        }
        ps_value_set_take(&items, NULL);
    }
    if (!items) {
        ps_flow_fault(x, f);
    }
    return items;
}

/* What ItemsPath refers to: an array, or for a Distributed Map an object too. NULL: the frame has
 * been told. */
static ps_value *items_of(ps_exec *x, ps_frame *f, const ps_value *v)
{
    const ps_state *s = f->state;
    if (s->jsonata) {
        return computed_items(x, f, v);
    }
    ps_value *items = s->items_path ? ps_evaluate_path(x, s->items_path, v) : ps_value_ref(v);
    if (!items) {
        ps_flow_fault(x, f);
        return NULL;
    }
    if (iterable(s, items)) {
        ps_observe(x, "afterItemsPath", items);
        return items;
    }
    ps_value_unref(items);
    ps_str path = s->items_path ? ps_path_text(s->items_path) : PS_STR("$");
    ps_flow_fail(x, f, "States.Runtime", "Reference path \"%.*s\" must point to array.",
                 (int)path.len, path.p);
    return NULL;
}

/* How many may run at once; false: the frame has been told. */
static bool concurrency_of(ps_exec *x, ps_frame *f, const ps_value *v)
{
    const ps_state *s = f->state;
    int64_t asked = 0;
    if (!ps_evaluate_count(x, &s->max_concurrency, v, "MaxConcurrencyPath", &asked)) {
        ps_flow_fault(x, f);
        return false;
    }
    if (s->max_concurrency.given && asked < 0) {
        ps_flow_fail(x, f, "States.Runtime", "MaxConcurrency must not be negative, but is %lld.",
                     (long long)asked);
        return false;
    }
    size_t most =
        s->distributed ? x->profile->distributed_concurrency : x->profile->inline_concurrency;
    f->concurrency = asked > 0 && (uint64_t)asked < most ? (size_t)asked : most;
    return true;
}

void ps_map_begin(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    ps_evaluate_begin(x, f);
    ps_value *v = ps_flow_effective(x, f);
    if (!v) {
        return;
    }
    ps_value *items = NULL;
    if (!concurrency_of(x, f, v) || (!s->reader && !(items = items_of(x, f, v)))) {
        ps_value_unref(v);
        return;
    }
    if (s->distributed) {
        ps_distributed_begin_take(x, f, v, items);
        return;
    }
    ps_evaluate_end(x);
    ps_value_set_take(&f->answers, NULL);
    f->effective = v;
    f->items = items;
    f->width = ps_value_count(items);
    f->results = ps_alloc_zeroed(f->width, sizeof *f->results);
    ps_frame_event(x, f, PS_EVENT_MAP_STARTED)->n = (int64_t)f->width;
    if (!f->width) {
        ps_frame_side_event(x, f, PS_EVENT_MAP_SUCCEEDED);
        ps_flow_result_take(x, f, ps_array(0));
        return;
    }
    ps_map_spawn(x, f);
}

void ps_map_spawn(ps_exec *x, ps_frame *f)
{
    if (f->run) {
        ps_distributed_spawn(x, f);
        return;
    }
    f->phase = PS_PHASE_SPAWN;
    while (f->started < f->width && f->started - f->done < f->concurrency) {
        ps_evaluate_begin(x, f);
        ps_value *input =
            ps_map_select(x, f, NULL, ps_array_at(f->items, f->started), NULL, f->started);
        if (!input) {
            ps_flow_fault(x, f);
            return;
        }
        ps_evaluate_end(x);
        if (f->state->parameters && !ps_flow_fits(x, f, input)) {
            ps_value_unref(input);
            return;
        }
        ps_value_set_take(&f->answers, NULL);
        ps_frame_side_event(x, f, PS_EVENT_ITERATION_STARTED)->n = (int64_t)f->started;
        uint64_t started = x->history.next_id - 1;
        ps_frame *iteration = ps_frame_new(x, f, f->state->branches[0], f->started, input);
        iteration->previous = started;
        f->started++;
    }
    f->phase = PS_PHASE_CHILDREN;
}
