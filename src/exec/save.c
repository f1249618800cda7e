/* save.c -- writes an exec as a snapshot; load.c reads it.
 *
 * Values that are shared stay shared: each is written once, see value/pack.h. */
#include "exec/snapshot.h"

#include "base/mem.h"

#include <stdlib.h>

static uint64_t mix(uint64_t hash, uint64_t n)
{
    return (hash ^ n) * 0x100000001b3u; /* FNV-1a */
}

uint64_t ps_snapshot_print(const ps_machine *m)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < m->state_count; i++) {
        const ps_state *s = m->all[i];
        ps_str name = ps_value_str(s->name);
        for (size_t k = 0; k < name.len; k++) {
            hash = mix(hash, (unsigned char)name.p[k]);
        }
        uint64_t const shape[] = {0xFF, (uint64_t)s->kind, s->retrier_count, s->catcher_count,
                                  s->branch_count};
        for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
            hash = mix(hash, shape[k]);
        }
    }
    return hash;
}

/* 0 is the top, else 1 + its owner's id; then the branch. */
void ps_snapshot_pack_graph(ps_packer *p, const ps_graph *g)
{
    ps_pack_count(p, g->owner ? g->owner->id + 1 : 0);
    ps_pack_count(p, g->branch);
}

static void pack_event(ps_packer *p, const ps_event *e)
{
    ps_pack_count(p, (uint64_t)e->type);
    ps_pack_count(p, e->previous);
    ps_pack_int(p, e->at_ms);
    ps_pack_count(p, e->state ? e->state->id + 1 : 0);
    for (size_t i = 0; i < 3; i++) {
        ps_pack_value(p, e->v[i]);
    }
    ps_pack_int(p, e->n);
    ps_pack_int(p, e->m);
}

static void pack_run(ps_packer *p, const ps_frame *f, unsigned format)
{
    const ps_run *run = f->run;
    ps_pack_value(p, run->arn);
    ps_pack_value(p, run->items);
    ps_pack_int(p, run->max_items);
    ps_pack_count(p, (run->has_count ? PS_SAVED_COUNT : 0u) |
                         (run->has_percentage ? PS_SAVED_PERCENTAGE : 0u) |
                         (run->again ? PS_SAVED_AGAIN : 0u));
    ps_pack_int(p, run->tolerated_count);
    ps_pack_double(p, run->tolerated_percentage);
    ps_pack_count(p, run->failed);
    for (size_t i = 0; run->errors && i < f->width; i++) {
        ps_pack_value(p, run->errors[i]);
        ps_pack_count(p, run->tokens[i]);
    }
    if (format >= 4) {
        ps_pack_count(p, (uint64_t)run->redrives);
    }
    for (size_t i = 0; run->again && i < f->width; i++) {
        ps_pack_value(p, run->again[i]);
    }
}

/* Whether an evaluation that fails would follow what came before the state. */
static bool has_before(const ps_frame *f)
{
    return f->state->jsonata && f->phase != PS_PHASE_ENTER && f->previous == f->entered;
}

static void pack_frame(ps_packer *p, ps_frame *f, size_t *number, unsigned format)
{
    const ps_state *s = f->state;
    f->number = (*number)++;
    ps_pack_count(p, f->index);
    ps_pack_count(p, s->id);
    ps_pack_count(p, (uint64_t)f->phase);
    ps_pack_count(p, (f->calling ? PS_SAVED_CALLING : 0u) | (f->failed ? PS_SAVED_FAILED : 0u) |
                         (f->late_heartbeat ? PS_SAVED_LATE_HEARTBEAT : 0u) |
                         (f->retried ? PS_SAVED_RETRIED : 0u) |
                         (f->results ? PS_SAVED_RESULTS : 0u) | (f->run ? PS_SAVED_RUN : 0u) |
                         (has_before(f) ? PS_SAVED_BEFORE : 0u));
    ps_pack_count(p, f->previous);
    ps_pack_count(p, f->entered);
    if (has_before(f)) {
        ps_pack_count(p, f->before);
    }
    ps_pack_int(p, f->entered_ms);
    ps_value *const values[] = {f->scope.variables, f->input,     f->result,   f->cause,
                                f->answers,         f->arguments, f->role,     f->task_token,
                                f->submitted,       f->items,     f->effective};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        ps_pack_value(p, values[i]);
    }
    ps_pack_count(p, f->catcher ? (uint64_t)(f->catcher - s->catchers) + 1 : 0);
    ps_pack_count(p, f->attempt);
    for (size_t i = 0; f->retried && i < s->retrier_count; i++) {
        ps_pack_int(p, f->retried[i]);
    }
    ps_pack_count(p, f->token);
    ps_pack_count(p, f->reserved);
    ps_pack_count(p, (uint64_t)f->stage);
    int64_t const numbers[] = {f->timeout_seconds, f->heartbeat_seconds, f->timeout_ms,
                               f->heartbeat_ms, f->deadline_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ps_pack_int(p, numbers[i]);
    }
    ps_pack_count(p, f->deadline_ms == PS_NEVER ? 0 : f->timer_seq);
    ps_pack_count(p, f->width);
    ps_pack_count(p, f->started);
    ps_pack_count(p, f->done);
    ps_pack_count(p, f->concurrency);
    ps_pack_count(p, f->held);
    for (size_t i = 0; f->results && i < f->width; i++) {
        ps_pack_value(p, f->results[i]);
    }
    if (f->run) {
        pack_run(p, f, format);
    }
    size_t children = 0;
    for (const ps_frame *c = f->first_child; c; c = c->next_sibling) {
        children++;
    }
    ps_pack_count(p, children);
    for (ps_frame *c = f->first_child; c; c = c->next_sibling) {
        pack_frame(p, c, number, format);
    }
}

static int by_token(const void *a, const void *b)
{
    uint64_t x = ((const ps_pending *)a)->token;
    uint64_t y = ((const ps_pending *)b)->token;
    return (x > y) - (x < y);
}

static void pack_tokens(ps_packer *p, const ps_tokens *t)
{
    ps_pending *sorted = ps_alloc_zeroed(t->count, sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].token) {
            sorted[count++] = t->slots[i];
        }
    }
    if (count) {
        qsort(sorted, count, sizeof *sorted, by_token);
    }
    ps_pack_count(p, count);
    for (size_t i = 0; i < count; i++) {
        ps_pack_count(p, sorted[i].token);
        ps_pack_count(p, sorted[i].frame->number);
        ps_pack_count(p, (uint64_t)sorted[i].kind);
        ps_pack_count(p, sorted[i].index);
        ps_pack_count(p, sorted[i].polled);
        ps_pack_value(p, sorted[i].name);
        ps_pack_value(p, sorted[i].input);
    }
    ps_free(sorted);
}

static void pack_queue(ps_packer *p, const ps_exec *x)
{
    size_t count = 0;
    for (size_t i = x->queue_at; i < x->queue_count; i++) {
        count += ps_exec_waits(x, &x->queue[i]);
    }
    ps_pack_count(p, count);
    for (size_t i = x->queue_at; i < x->queue_count; i++) {
        if (ps_exec_waits(x, &x->queue[i])) {
            ps_pack_count(p, x->queue[i].cancel);
            ps_pack_count(p, x->queue[i].token);
        }
    }
}

static void save(const ps_exec *x, unsigned format, ps_buf *out)
{
    ps_packer p = {.out = out, .blobs = format >= 4 ? x->blobs : NULL};
    ps_buf_add(out, PS_STR(PS_SNAPSHOT_MAGIC));
    ps_pack_count(&p, format);
    ps_pack_count(&p, x->machine->state_count);
    ps_pack_count(&p, ps_snapshot_print(x->machine));
    ps_pack_bytes(&p, x->profile->name);
    ps_snapshot_pack_graph(&p, x->graph);
    const ps_value *const values[] = {x->arn,          x->name,      x->role_arn, x->machine_arn,
                                      x->machine_name, x->error,     x->cause,    x->input,
                                      x->output,       x->activities};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        ps_pack_value(&p, values[i]);
    }
    ps_pack_int(&p, x->started_ms);
    ps_pack_int(&p, x->now_ms);
    ps_pack_int(&p, x->deadline_ms);
    if (format >= 4) {
        ps_pack_count(&p, (uint64_t)x->redrives);
        ps_pack_int(&p, x->redriven_ms);
    }
    ps_pack_bytes(&p, (ps_str){(const char *)x->seed, sizeof x->seed});
    for (size_t i = PS_STREAM_UUID; i <= PS_STREAM_MAP_RUN; i++) {
        ps_pack_count(&p, x->positions[i]);
    }
    ps_pack_count(&p, (uint64_t)x->status);
    ps_pack_count(&p, x->finish_polled);
    ps_pack_count(&p, x->timer_seq);
    ps_pack_count(&p, x->next_token);
    ps_pack_count(&p, x->burst);
    ps_pack_count(&p, x->more);
    ps_pack_count(&p, x->history.next_id - x->history.count);
    ps_pack_count(&p, x->history.count);
    for (size_t i = 0; i < x->history.count; i++) {
        pack_event(&p, &x->history.items[i]);
    }
    ps_pack_count(&p, x->history.burst_bytes);
    size_t number = 0;
    bool has_top = x->top && (format >= 4 || x->status == PS_RUNNING);
    ps_pack_count(&p, has_top);
    if (has_top) {
        pack_frame(&p, x->top, &number, format);
    }
    size_t ready = 0;
    for (const ps_frame *f = x->ready_first; f; f = f->ready_next) {
        ready++;
    }
    ps_pack_count(&p, ready);
    for (const ps_frame *f = x->ready_first; f; f = f->ready_next) {
        ps_pack_count(&p, f->number);
    }
    pack_tokens(&p, &x->tokens);
    pack_queue(&p, x);
    if (format >= 4) {
        ps_pack_needs(&p);
    }
    ps_packer_free(&p);
}

void ps_exec_save(const ps_exec *x, ps_buf *out)
{
    save(x, PS_SNAPSHOT_FORMAT, out);
}

ps_status ps_exec_save_as(const ps_exec *x, unsigned format, ps_buf *out, ps_error *err)
{
    if (format < PS_SNAPSHOT_OLDEST || format > PS_SNAPSHOT_FORMAT) {
        return ps_fail(err, PS_EUNSUPPORTED, 0, "snapshots are written in formats %d to %d, not %u",
                       PS_SNAPSHOT_OLDEST, PS_SNAPSHOT_FORMAT, format);
    }
    if (format < 4 && x->redrives) {
        return ps_fail(err, PS_EUNSUPPORTED, 0,
                       "snapshot format %u has no place for an execution that was redriven",
                       format);
    }
    save(x, format, out);
    return PS_OK;
}
