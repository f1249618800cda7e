/* frame.c -- frames: their life, the ready queue, the timer heap, one step of one frame. */
#include "base/mem.h"
#include "exec/layout.h"

ps_frame *ps_frame_new(ps_exec *x, ps_frame *parent, const ps_graph *graph, size_t index,
                       ps_value *input_take)
{
    ps_frame *f = ps_alloc(sizeof *f);
    *f = (ps_frame){
        .parent = parent,
        .index = index,
        .graph = graph,
        .state = graph->start,
        .input = input_take,
        .scope = {.outer = parent ? &parent->scope : NULL},
        .timeout_ms = PS_NEVER,
        .heartbeat_ms = PS_NEVER,
        .deadline_ms = PS_NEVER,
        .heap_at = PS_NOT_QUEUED,
    };
    if (parent) {
        f->previous_sibling = parent->last_child;
        *(parent->last_child ? &parent->last_child->next_sibling : &parent->first_child) = f;
        parent->last_child = f;
    }
    ps_frame_ready(x, f, PS_PHASE_ENTER);
    return f;
}

static void unlink_child(ps_frame *f)
{
    ps_frame *p = f->parent;
    if (p) {
        *(f->previous_sibling ? &f->previous_sibling->next_sibling : &p->first_child) =
            f->next_sibling;
        *(f->next_sibling ? &f->next_sibling->previous_sibling : &p->last_child) =
            f->previous_sibling;
    }
}

void ps_frame_clear_visit(ps_frame *f)
{
    ps_value_set_take(&f->result, NULL);
    ps_value_set_take(&f->cause, NULL);
    ps_value_set_take(&f->answers, NULL);
    ps_value_set_take(&f->arguments, NULL);
    ps_value_set_take(&f->role, NULL);
    ps_value_set_take(&f->task_token, NULL);
    ps_value_set_take(&f->submitted, NULL);
    f->failed = f->late_heartbeat = false;
    f->catcher = NULL;
    f->attempt = 0;
    f->reserved = 0;
    if (f->retried) {
        ps_free(f->retried);
        f->retried = NULL;
    }
}

void ps_frame_kill(ps_exec *x, ps_frame *f)
{
    while (f->first_child) {
        ps_frame_kill(x, f->first_child);
    }
    ps_frame_unready(x, f);
    ps_frame_timer(x, f, PS_NEVER);
    ps_exec_cancel(x, f->token);
    ps_children_clear(x, f);
    unlink_child(f);
    ps_frame_clear_visit(f);
    ps_value_unref(f->input);
    ps_value_unref(f->scope.variables);
    ps_free(f);
}

void ps_frame_ready(ps_exec *x, ps_frame *f, ps_phase phase)
{
    f->phase = phase;
    PS_ASSERT(!f->ready);
    f->ready = true;
    f->ready_next = NULL;
    f->ready_previous = x->ready_last;
    *(x->ready_last ? &x->ready_last->ready_next : &x->ready_first) = f;
    x->ready_last = f;
}

void ps_frame_next(ps_exec *x, ps_frame *f, ps_phase phase)
{
    f->phase = phase;
    PS_ASSERT(!f->ready);
    f->ready = true;
    f->ready_previous = NULL;
    f->ready_next = x->ready_first;
    *(x->ready_first ? &x->ready_first->ready_previous : &x->ready_last) = f;
    x->ready_first = f;
}

void ps_frame_unready(ps_exec *x, ps_frame *f)
{
    if (f->ready) {
        f->ready = false;
        *(f->ready_previous ? &f->ready_previous->ready_next : &x->ready_first) = f->ready_next;
        *(f->ready_next ? &f->ready_next->ready_previous : &x->ready_last) = f->ready_previous;
    }
}

static bool sooner(const ps_frame *a, const ps_frame *b)
{
    return a->deadline_ms != b->deadline_ms ? a->deadline_ms < b->deadline_ms
                                            : a->timer_seq < b->timer_seq;
}

static void place(ps_exec *x, ps_frame *f, size_t at)
{
    x->heap[at] = f;
    f->heap_at = at;
}

/* Moves the entry at `at` up or down to where it belongs. */
static void settle(ps_exec *x, size_t at)
{
    ps_frame *f = x->heap[at];
    while (at > 0 && sooner(f, x->heap[(at - 1) / 2])) {
        place(x, x->heap[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = at * 2 + 1;
        if (child + 1 < x->heap_count && sooner(x->heap[child + 1], x->heap[child])) {
            child++;
        }
        if (child >= x->heap_count || !sooner(x->heap[child], f)) {
            break;
        }
        place(x, x->heap[child], at);
        at = child;
    }
    place(x, f, at);
}

void ps_frame_timer_restore(ps_exec *x, ps_frame *f, int64_t deadline_ms, uint64_t seq)
{
    if (x->heap_count == x->heap_capacity) {
        x->heap_capacity = ps_grow(x->heap_capacity, x->heap_count + 1);
        x->heap = ps_realloc(x->heap, x->heap_capacity, sizeof *x->heap);
    }
    f->deadline_ms = deadline_ms;
    f->timer_seq = seq;
    place(x, f, x->heap_count++);
    settle(x, f->heap_at);
}

void ps_frame_timer(ps_exec *x, ps_frame *f, int64_t deadline_ms)
{
    if (f->heap_at != PS_NOT_QUEUED) {
        size_t at = f->heap_at;
        f->heap_at = PS_NOT_QUEUED;
        ps_frame *last = x->heap[--x->heap_count];
        if (last != f) {
            place(x, last, at);
            settle(x, at);
        }
    }
    f->deadline_ms = deadline_ms;
    if (deadline_ms != PS_NEVER) {
        ps_frame_timer_restore(x, f, deadline_ms, ++x->timer_seq);
    }
}

ps_event *ps_frame_side_event(ps_exec *x, ps_frame *f, ps_event_type type)
{
    ps_event *e = ps_history_add(&x->history, type, f->previous, x->now_ms);
    e->state = f->state;
    return e;
}

ps_event *ps_frame_event(ps_exec *x, ps_frame *f, ps_event_type type)
{
    ps_event *e = ps_frame_side_event(x, f, type);
    f->previous = x->history.next_id - 1;
    return e;
}

void ps_frame_step(ps_exec *x, ps_frame *f)
{
    switch (f->phase) {
    case PS_PHASE_ENTER:
        ps_flow_enter(x, f);
        break;
    case PS_PHASE_BEGIN:
        switch (f->state->kind) {
        case PS_STATE_TASK:
            ps_task_begin(x, f);
            break;
        case PS_STATE_PARALLEL:
            ps_parallel_begin(x, f);
            break;
        case PS_STATE_MAP:
            ps_map_begin(x, f);
            break;
        default:
            ps_simple_begin(x, f);
            break;
        }
        break;
    case PS_PHASE_OUTCOME:
        ps_task_outcome(x, f);
        break;
    case PS_PHASE_SPAWN:
        ps_map_spawn(x, f);
        break;
    case PS_PHASE_ITEMS:
        ps_distributed_items(x, f);
        break;
    case PS_PHASE_EXIT:
        ps_flow_exit(x, f);
        break;
    case PS_PHASE_CATCH:
        ps_retry_catch(x, f);
        break;
    default: /* the phases that wait are never on the ready queue */
        PS_ASSERT(false);
        break;
    }
}
