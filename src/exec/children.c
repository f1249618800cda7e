/* children.c -- what Parallel and inline Map share: child frames that end well, or not. */
#include "base/mem.h"
#include "exec/redrive.h"

void ps_children_drop_results(ps_frame *f)
{
    for (size_t i = 0; f->results && i < f->width; i++) {
        ps_value_unref(f->results[i]);
    }
    ps_free(f->results);
    f->results = NULL;
}

void ps_children_clear(ps_exec *x, ps_frame *f)
{
    while (f->first_child) {
        ps_frame_kill(x, f->first_child);
    }
    ps_children_drop_results(f);
    ps_run_free(x, f->run, f->width);
    f->run = NULL;
    ps_value_set_take(&f->items, NULL);
    ps_value_set_take(&f->effective, NULL);
    f->width = f->started = f->done = f->held = 0;
}

void ps_parallel_begin(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    ps_evaluate_begin(x, f);
    ps_value *v = ps_flow_effective(x, f);
    if (!v) {
        return;
    }
    ps_evaluate_end(x);
    ps_value_set_take(&f->answers, NULL);
    ps_frame_event(x, f, PS_EVENT_PARALLEL_STARTED);
    f->width = f->started = s->branch_count;
    f->results = ps_alloc_zeroed(f->width, sizeof *f->results);
    f->phase = PS_PHASE_CHILDREN;
    for (size_t i = 0; i < f->width; i++) {
        ps_frame *branch = ps_frame_new(x, f, s->branches[i], i, ps_value_ref(v));
        branch->previous = f->previous;
    }
    ps_value_unref(v);
}

/* The children wait for a retry or a catcher to do away with them, or for a redrive. */
static void stop_all(ps_exec *x, ps_frame *f)
{
    for (ps_frame *c = f->first_child; c; c = c->next_sibling) {
        ps_frame_stop(x, c);
    }
    ps_frame_unready(x, f);
    if (f->calling) {
        ps_exec_cancel(x, f->token);
        f->calling = false;
        f->token = 0;
    }
    f->phase = PS_PHASE_CHILDREN;
}

bool ps_children_hold(ps_exec *x, ps_frame *f, const ps_value *result)
{
    size_t bytes = ps_value_bytes(result);
    if (bytes <= x->profile->memory_bytes && f->held <= x->profile->memory_bytes - bytes) {
        f->held += bytes;
        return true;
    }
    stop_all(x, f);
    ps_children_drop_results(f); /* a redrive begins all of it anew, as on AWS */
    ps_str name = ps_value_str(f->state->name);
    ps_flow_failed_take(x, f, ps_string(PS_STR("States.DataLimitExceeded")),
                        ps_stringf("The results of the state '%.*s' exceed the execution's memory "
                                   "budget of %zu bytes.",
                                   (int)name.len, name.p, x->profile->memory_bytes));
    return false;
}

void ps_children_done_take(ps_exec *x, ps_frame *child, ps_value *output)
{
    ps_frame *f = child->parent;
    bool map = f->state->kind == PS_STATE_MAP;
    f->previous = child->previous;
    f->results[child->index] = output;
    f->done++;
    if (map) {
        ps_frame_side_event(x, f, PS_EVENT_ITERATION_SUCCEEDED)->n = (int64_t)child->index;
        if (f->done == f->width) { /* only the last one is followed by what comes next */
            f->previous = x->history.next_id - 1;
        }
    }
    ps_frame_kill(x, child);
    if (!ps_children_hold(x, f, output)) {
        return;
    }
    if (f->done < f->width) {
        if (map && !f->calling && !f->ready) {
            ps_map_spawn(x, f);
        }
        return;
    }
    ps_frame_side_event(x, f, map ? PS_EVENT_MAP_SUCCEEDED : PS_EVENT_PARALLEL_SUCCEEDED);
    ps_value *all = ps_array(f->width);
    for (size_t i = 0; i < f->width; i++) {
        ps_array_add_take(all, f->results[i]);
    }
    ps_free(f->results);
    f->results = NULL;
    ps_flow_result_take(x, f, all);
}

/* The events of a frame that is cut off: innermost first, all on the event that caused it. */
static void abort_events(ps_exec *x, const ps_frame *f, uint64_t cause)
{
    for (const ps_frame *c = f->first_child; c; c = c->next_sibling) {
        abort_events(x, c, cause);
    }
    static const ps_event_type aborted[PS_STATE_KIND_COUNT] = {
        [PS_STATE_TASK] = PS_EVENT_TASK_ABORTED,
        [PS_STATE_WAIT] = PS_EVENT_WAIT_ABORTED,
        [PS_STATE_PARALLEL] = PS_EVENT_PARALLEL_ABORTED,
        [PS_STATE_MAP] = PS_EVENT_MAP_ABORTED,
    };
    ps_event_type type = aborted[f->state->kind];
    if (type && f->phase != PS_PHASE_ENTER) {
        ps_history_add(&x->history, type, cause, x->now_ms)->state = f->state;
    }
    if (f->parent->state->kind == PS_STATE_MAP) {
        ps_event *e = ps_history_add(&x->history, PS_EVENT_ITERATION_ABORTED, cause, x->now_ms);
        e->state = f->parent->state;
        e->n = (int64_t)f->index;
    }
}

void ps_children_cut(ps_exec *x, ps_frame *f)
{
    for (const ps_frame *c = f->first_child; c; c = c->next_sibling) {
        abort_events(x, c, f->previous);
    }
    stop_all(x, f);
}

void ps_children_failed(ps_exec *x, ps_frame *child, ps_value *error, ps_value *cause)
{
    ps_frame *f = child->parent;
    bool map = f->state->kind == PS_STATE_MAP;
    f->previous = child->previous;
    if (map) {
        ps_frame_side_event(x, f, PS_EVENT_ITERATION_FAILED)->n = (int64_t)child->index;
    }
    for (const ps_frame *c = f->first_child; c; c = c->next_sibling) {
        if (c != child) {
            abort_events(x, c, f->previous);
        }
    }
    if (map && child->state->kind == PS_STATE_TASK) {
        ps_frame_side_event(x, f, PS_EVENT_TASK_ABORTED);
    }
    stop_all(x, f);
    ps_flow_failed_take(x, f, ps_value_ref(error), ps_value_ref(cause));
}
