/* save.c -- snapshots: an exec as bytes, and back.
 *
 * Frames are written as the tree they are, each once, and numbered in that order; the ready queue
 * and the outstanding tokens name frames by number. A snapshot says which machine it belongs to,
 * and which version of this format it is; reading trusts nothing. */
#include "exec/layout.h"

#include "base/mem.h"
#include "value/pack.h"

#include <stdlib.h>

#define MAGIC "passo:x"
#define VERSION 1
#define DEEPEST PS_MAX_DEPTH

/* Tells one machine from another: FNV-1a over the names of its states. */
static uint64_t fingerprint(const ps_machine *m)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < m->state_count; i++) {
        ps_str name = ps_value_str(m->all[i]->name);
        for (size_t k = 0; k <= name.len; k++) {
            hash = (hash ^ (k < name.len ? (unsigned char)name.p[k] : 0xFFu)) * 0x100000001b3u;
        }
    }
    return hash;
}

/* A States object by the state it belongs to: 0 is the top, else 1 + its owner's id, then the
 * branch. */
static void pack_graph(ps_packer *p, const ps_graph *g)
{
    ps_pack_count(p, g->owner ? g->owner->id + 1 : 0);
    ps_pack_count(p, g->branch);
}

static const ps_graph *unpack_graph(ps_unpacker *u, const ps_machine *m)
{
    uint64_t owner = ps_unpack_upto(u, m->state_count);
    uint64_t branch = ps_unpack_count(u);
    if (owner == 0) {
        return m->top;
    }
    const ps_state *s = m->all[owner - 1];
    if (branch >= s->branch_count) {
        u->damaged = true;
        return m->top;
    }
    return s->branches[branch];
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

/* Whether the state and values that the type's printing relies on are there. */
static bool event_complete(const ps_event *e)
{
    switch (ps_event_shape_of(e->type)) {
    case PS_SHAPE_SCHEDULED:
        return e->state && e->state->kind == PS_STATE_TASK && e->v[0];
    case PS_SHAPE_INVOKED:
    case PS_SHAPE_QUEUED:
    case PS_SHAPE_TARGET:
    case PS_SHAPE_RESULT:
    case PS_SHAPE_TASK_FAILURE:
        return e->state && e->state->kind == PS_STATE_TASK;
    case PS_SHAPE_ENTERED:
    case PS_SHAPE_ITERATION:
        return e->state != NULL;
    case PS_SHAPE_EXITED:
        return e->state && (!e->v[1] || ps_value_kind(e->v[1]) == PS_OBJECT);
    default:
        return true;
    }
}

static void unpack_event(ps_unpacker *u, ps_exec *x)
{
    ps_event_type type = (ps_event_type)ps_unpack_upto(u, PS_EVENT_TYPE_COUNT - 1);
    uint64_t previous = ps_unpack_count(u);
    ps_event *e = ps_history_add(&x->history, type, previous, ps_unpack_int(u));
    uint64_t state = ps_unpack_upto(u, x->machine->state_count);
    e->state = state ? x->machine->all[state - 1] : NULL;
    for (size_t i = 0; i < 3; i++) {
        e->v[i] = ps_unpack_value(u);
    }
    e->n = ps_unpack_int(u);
    e->m = ps_unpack_int(u);
    if (!event_complete(e)) {
        u->damaged = true;
    }
}

static void pack_run(ps_packer *p, const ps_frame *f)
{
    const ps_run *run = f->run;
    ps_pack_value(p, run->arn);
    ps_pack_value(p, run->items);
    ps_pack_int(p, run->max_items);
    ps_pack_count(p, (run->has_count ? 1u : 0u) | (run->has_percentage ? 2u : 0u));
    ps_pack_int(p, run->tolerated_count);
    ps_pack_double(p, run->tolerated_percentage);
    ps_pack_count(p, run->failed);
    for (size_t i = 0; run->errors && i < f->width; i++) {
        ps_pack_value(p, run->errors[i]);
        ps_pack_count(p, run->tokens[i]);
    }
}

static void unpack_run(ps_unpacker *u, ps_frame *f)
{
    ps_run *run = ps_alloc(sizeof *run);
    *run = (ps_run){0};
    f->run = run;
    run->arn = ps_unpack_value(u);
    run->items = ps_unpack_value(u);
    run->max_items = ps_unpack_int(u);
    uint64_t has = ps_unpack_upto(u, 3);
    run->has_count = has & 1;
    run->has_percentage = has & 2;
    run->tolerated_count = ps_unpack_int(u);
    run->tolerated_percentage = ps_unpack_double(u);
    run->failed = (size_t)ps_unpack_count(u);
    /* Child inputs are there once the run knows its width. */
    bool wide = run->items != NULL;
    if (!run->arn ||
        (wide ? ps_value_kind(run->items) != PS_ARRAY || ps_value_count(run->items) != f->width
              : f->width != 0)) {
        u->damaged = true;
        return;
    }
    if (wide) {
        run->errors = ps_alloc_zeroed(f->width, sizeof *run->errors);
        run->tokens = ps_alloc_zeroed(f->width, sizeof *run->tokens);
        for (size_t i = 0; i < f->width; i++) {
            run->errors[i] = ps_unpack_value(u);
            run->tokens[i] = ps_unpack_count(u);
            if (run->errors[i] && ps_value_kind(run->errors[i]) != PS_OBJECT) {
                u->damaged = true;
            }
        }
    }
}

static void pack_frame(ps_packer *p, ps_frame *f, size_t *number)
{
    const ps_state *s = f->state;
    f->number = (*number)++;
    ps_pack_count(p, f->index);
    ps_pack_count(p, s->id);
    ps_pack_count(p, (uint64_t)f->phase);
    ps_pack_count(p, (f->calling ? 1u : 0u) | (f->failed ? 2u : 0u) |
                         (f->late_heartbeat ? 4u : 0u) | (f->retried ? 8u : 0u) |
                         (f->results ? 16u : 0u) | (f->run ? 32u : 0u));
    ps_pack_count(p, f->previous);
    ps_pack_count(p, f->entered);
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
    ps_pack_count(p, (uint64_t)f->stage);
    int64_t const numbers[] = {f->timeout_seconds, f->heartbeat_seconds, f->timeout_ms,
                               f->heartbeat_ms, f->deadline_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ps_pack_int(p, numbers[i]);
    }
    ps_pack_count(p, f->timer_seq);
    ps_pack_count(p, f->width);
    ps_pack_count(p, f->started);
    ps_pack_count(p, f->done);
    ps_pack_count(p, f->concurrency);
    ps_pack_count(p, f->held);
    for (size_t i = 0; f->results && i < f->width; i++) {
        ps_pack_value(p, f->results[i]);
    }
    if (f->run) {
        pack_run(p, f);
    }
    size_t children = 0;
    for (const ps_frame *c = f->first_child; c; c = c->next_sibling) {
        children++;
    }
    ps_pack_count(p, children);
    for (ps_frame *c = f->first_child; c; c = c->next_sibling) {
        pack_frame(p, c, number);
    }
}

/* The frames read so far, by number. */
typedef struct loaded {
    ps_frame **frames;
    size_t count, capacity;
} loaded;

/* Whether what the phase relies on is there; a damaged snapshot must never crash a step. */
static bool frame_complete(const ps_frame *f)
{
    const ps_state *s = f->state;
    bool map = s->kind == PS_STATE_MAP;
    bool family = map || s->kind == PS_STATE_PARALLEL;
    if (!f->input || (f->scope.variables && ps_value_kind(f->scope.variables) != PS_OBJECT) ||
        (f->answers && ps_value_kind(f->answers) != PS_ARRAY) || (f->run && !s->distributed) ||
        (f->first_child && (!family || f->run)) || f->started > f->width + (f->run != NULL) ||
        f->done > f->width) {
        return false;
    }
    if (f->failed && f->result && ps_value_kind(f->result) != PS_STRING) {
        return false;
    }
    if ((f->cause && ps_value_kind(f->cause) != PS_STRING) ||
        (f->role && ps_value_kind(f->role) != PS_STRING) ||
        (f->task_token && ps_value_kind(f->task_token) != PS_STRING)) {
        return false;
    }
    switch (f->phase) {
    case PS_PHASE_WORKING:
        return s->kind == PS_STATE_TASK && f->arguments;
    case PS_PHASE_OUTCOME:
        return s->kind == PS_STATE_TASK && (f->result || f->failed);
    case PS_PHASE_SLEEPING:
        return s->kind == PS_STATE_WAIT && f->result;
    case PS_PHASE_EXIT:
        return f->result && !f->failed;
    case PS_PHASE_CATCH:
        return f->catcher && f->failed;
    case PS_PHASE_BACKOFF:
        return s->retrier_count > 0;
    case PS_PHASE_READING:
        return f->run != NULL && s->reader;
    case PS_PHASE_WRITING:
        return f->run != NULL && s->writer && f->items && ps_value_kind(f->items) == PS_ARRAY &&
               f->results;
    case PS_PHASE_ITEMS:
        return f->run != NULL && f->effective && f->items &&
               (ps_value_kind(f->items) == PS_ARRAY || ps_value_kind(f->items) == PS_OBJECT);
    case PS_PHASE_SPAWN:
    case PS_PHASE_CHILDREN:
        if (f->run) {
            return f->run->items && f->results && f->effective;
        }
        return family && f->results && f->started <= f->width &&
               (!map || (f->effective && f->items && ps_value_kind(f->items) == PS_ARRAY &&
                         ps_value_count(f->items) == f->width));
    default:
        return true;
    }
}

static ps_frame *unpack_frame(ps_unpacker *u, ps_exec *x, ps_frame *parent, const ps_graph *graph,
                              loaded *all, size_t depth)
{
    ps_frame *f = ps_frame_new(x, parent, graph, 0, NULL);
    ps_frame_unready(x, f);
    if (all->count == all->capacity) {
        all->capacity = ps_grow(all->capacity, all->count + 1);
        all->frames = ps_realloc(all->frames, all->capacity, sizeof *all->frames);
    }
    f->number = all->count;
    all->frames[all->count++] = f;
    f->index = (size_t)ps_unpack_count(u);
    const ps_state *s = x->machine->all[ps_unpack_upto(u, x->machine->state_count - 1)];
    f->phase = (ps_phase)ps_unpack_upto(u, PS_PHASE_COUNT - 1);
    uint64_t flags = ps_unpack_upto(u, 63);
    f->calling = flags & 1;
    f->failed = flags & 2;
    f->late_heartbeat = flags & 4;
    f->previous = ps_unpack_count(u);
    f->entered = ps_unpack_count(u);
    f->entered_ms = ps_unpack_int(u);
    ps_value **const values[] = {&f->scope.variables, &f->input,     &f->result,   &f->cause,
                                 &f->answers,         &f->arguments, &f->role,     &f->task_token,
                                 &f->submitted,       &f->items,     &f->effective};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        *values[i] = ps_unpack_value(u);
    }
    if (s->graph == graph) {
        f->state = s;
    } else {
        u->damaged = true;
        s = f->state;
    }
    uint64_t catcher = ps_unpack_upto(u, s->catcher_count);
    f->catcher = catcher ? &s->catchers[catcher - 1] : NULL;
    f->attempt = (uint32_t)ps_unpack_upto(u, UINT32_MAX);
    if (flags & 8) {
        f->retried = ps_alloc_zeroed(s->retrier_count, sizeof *f->retried);
        for (size_t i = 0; i < s->retrier_count; i++) {
            f->retried[i] = ps_unpack_int(u);
        }
    }
    f->token = ps_unpack_count(u);
    f->stage = (ps_stage)ps_unpack_upto(u, PS_STAGE_SUBMITTED);
    int64_t deadline_ms = PS_NEVER;
    int64_t *const numbers[] = {&f->timeout_seconds, &f->heartbeat_seconds, &f->timeout_ms,
                                &f->heartbeat_ms, &deadline_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        *numbers[i] = ps_unpack_int(u);
    }
    uint64_t timer_seq = ps_unpack_count(u);
    f->width = (size_t)ps_unpack_upto(u, u->in.len);
    f->started = (size_t)ps_unpack_count(u);
    f->done = (size_t)ps_unpack_count(u);
    f->concurrency = (size_t)ps_unpack_count(u);
    f->held = (size_t)ps_unpack_count(u);
    if (flags & 16) {
        f->results = ps_alloc_zeroed(f->width, sizeof *f->results);
        for (size_t i = 0; i < f->width && !u->damaged; i++) {
            f->results[i] = ps_unpack_value(u);
        }
    }
    if (flags & 32) {
        unpack_run(u, f);
    }
    bool timed = f->phase == PS_PHASE_WORKING || f->phase == PS_PHASE_SLEEPING ||
                 f->phase == PS_PHASE_BACKOFF;
    if (deadline_ms != PS_NEVER && timed) {
        ps_frame_timer_restore(x, f, deadline_ms, timer_seq);
    } else if (deadline_ms != PS_NEVER) {
        u->damaged = true;
    }
    uint64_t children = ps_unpack_upto(u, f->state->branch_count ? f->width : 0);
    for (uint64_t i = 0; i < children && !u->damaged && depth < DEEPEST; i++) {
        /* Which branch a child runs is in its index, which comes first in its own bytes. */
        ps_unpacker peek = *u;
        uint64_t index = ps_unpack_count(&peek);
        size_t branch = f->state->kind == PS_STATE_MAP ? 0 : (size_t)index;
        if (index >= f->width || branch >= f->state->branch_count ||
            (f->results && f->results[index])) {
            u->damaged = true;
            break;
        }
        unpack_frame(u, x, f, f->state->branches[branch], all, depth + 1);
    }
    if (depth >= DEEPEST || !frame_complete(f)) {
        u->damaged = true;
    }
    return f;
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
        ps_pack_value(p, sorted[i].name);
        ps_pack_value(p, sorted[i].input);
    }
    ps_free(sorted);
}

/* Whether the frame indeed awaits this token, in the phase that goes with it. */
static bool token_fits(const ps_frame *f, ps_command_kind kind, uint64_t token, uint64_t index,
                       const ps_value *name, const ps_value *input)
{
    if (name && ps_value_kind(name) != PS_STRING) {
        return false;
    }
    switch (kind) {
    case PS_CMD_TASK:
        return f->phase == PS_PHASE_WORKING && f->token == token;
    case PS_CMD_CALL:
        return f->calling && f->token == token && name && input;
    case PS_CMD_READ:
        return f->phase == PS_PHASE_READING && f->token == token && input;
    case PS_CMD_WRITE:
        return f->phase == PS_PHASE_WRITING && f->token == token && input;
    case PS_CMD_CHILD:
        return f->run && f->run->tokens && index < f->width && f->run->tokens[index] == token &&
               name;
    default:
        return false;
    }
}

static void unpack_tokens(ps_unpacker *u, ps_exec *x, const loaded *all)
{
    uint64_t count = ps_unpack_upto(u, u->in.len);
    for (uint64_t i = 0; i < count && !u->damaged; i++) {
        uint64_t token = ps_unpack_count(u);
        uint64_t number = ps_unpack_count(u);
        ps_command_kind kind = (ps_command_kind)ps_unpack_upto(u, PS_CMD_WRITE);
        uint64_t index = ps_unpack_count(u);
        ps_value *name = ps_unpack_value(u);
        ps_value *input = ps_unpack_value(u);
        bool fits = !u->damaged && token && token < x->next_token && number < all->count &&
                    !ps_tokens_get(&x->tokens, token) &&
                    token_fits(all->frames[number], kind, token, index, name, input);
        if (!fits) {
            ps_value_unref(name);
            ps_value_unref(input);
            u->damaged = true;
            return;
        }
        ps_exec_restore(x, token, all->frames[number], kind, (size_t)index, name, input);
    }
}

void ps_exec_save(const ps_exec *x, ps_buf *out)
{
    ps_packer p = {.out = out};
    ps_buf_add(out, PS_STR(MAGIC));
    ps_pack_count(&p, VERSION);
    ps_pack_count(&p, x->machine->state_count);
    ps_pack_count(&p, fingerprint(x->machine));
    ps_pack_bytes(&p, x->profile->name);
    pack_graph(&p, x->graph);
    const ps_value *const values[] = {x->arn,         x->name,         x->role_arn,
                                      x->machine_arn, x->machine_name, x->input,
                                      x->output,      x->error,        x->cause};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        ps_pack_value(&p, values[i]);
    }
    ps_pack_int(&p, x->started_ms);
    ps_pack_int(&p, x->now_ms);
    ps_pack_int(&p, x->deadline_ms);
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
    size_t number = 0;
    ps_pack_count(&p, x->top != NULL);
    if (x->top) {
        pack_frame(&p, x->top, &number);
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
    size_t cancels = 0;
    for (size_t i = x->queue_at; i < x->queue_count; i++) {
        cancels += x->queue[i].cancel;
    }
    ps_pack_count(&p, cancels);
    for (size_t i = x->queue_at; i < x->queue_count; i++) {
        if (x->queue[i].cancel) {
            ps_pack_count(&p, x->queue[i].token);
        }
    }
    ps_packer_free(&p);
}

/* The frames that are ready, in their order. Which phases may be on the queue is a matter of
 * layout.h. */
static void unpack_ready(ps_unpacker *u, ps_exec *x, const loaded *all)
{
    uint64_t count = ps_unpack_upto(u, all->count);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = ps_unpack_count(u);
        ps_frame *f = number < all->count ? all->frames[number] : NULL;
        bool runs =
            f && !f->ready && !f->calling && f->heap_at == PS_NOT_QUEUED && !f->token &&
            (f->phase == PS_PHASE_ENTER || f->phase == PS_PHASE_BEGIN ||
             f->phase == PS_PHASE_OUTCOME || f->phase == PS_PHASE_SPAWN ||
             f->phase == PS_PHASE_ITEMS || f->phase == PS_PHASE_EXIT || f->phase == PS_PHASE_CATCH);
        if (u->damaged || !runs) {
            u->damaged = true;
            return;
        }
        ps_frame_ready(x, f, f->phase);
    }
}

/* Reads what follows the header. */
static void unpack_exec(ps_unpacker *u, ps_exec *x)
{
    loaded all = {0};
    x->graph = unpack_graph(u, x->machine);
    ps_value **const values[] = {&x->arn,         &x->name,         &x->role_arn,
                                 &x->machine_arn, &x->machine_name, &x->input,
                                 &x->output,      &x->error,        &x->cause};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        *values[i] = ps_unpack_value(u);
        bool text = i < 5 || i > 7;
        if (text && *values[i] && ps_value_kind(*values[i]) != PS_STRING) {
            u->damaged = true;
        }
    }
    x->started_ms = ps_unpack_int(u);
    x->now_ms = ps_unpack_int(u);
    x->deadline_ms = ps_unpack_int(u);
    ps_str seed = ps_unpack_bytes(u);
    if (seed.len == sizeof x->seed) {
        memcpy(x->seed, seed.p, sizeof x->seed);
    } else {
        u->damaged = true;
    }
    for (size_t i = PS_STREAM_UUID; i <= PS_STREAM_MAP_RUN; i++) {
        x->positions[i] = ps_unpack_count(u);
    }
    x->status = (ps_exec_status)ps_unpack_upto(u, PS_ABORTED);
    x->finish_polled = ps_unpack_upto(u, 1);
    x->timer_seq = ps_unpack_count(u);
    x->next_token = ps_unpack_count(u);
    x->burst = (uint32_t)ps_unpack_upto(u, UINT32_MAX);
    x->more = ps_unpack_upto(u, 1);
    x->history.next_id = ps_unpack_count(u);
    uint64_t events = ps_unpack_upto(u, u->in.len);
    for (uint64_t i = 0; i < events && !u->damaged; i++) {
        unpack_event(u, x);
    }
    bool has_top = ps_unpack_upto(u, 1);
    if ((x->activities && ps_value_kind(x->activities) != PS_ARRAY) || !x->arn || !x->input ||
        !x->machine_arn || !x->machine_name || has_top != (x->status == PS_RUNNING)) {
        u->damaged = true;
    }
    if (!u->damaged) {
        x->region = ps_exec_region(x->arn);
    }
    if (has_top && !u->damaged) {
        x->top = unpack_frame(u, x, NULL, x->graph, &all, 0);
    }
    if (!u->damaged) {
        unpack_ready(u, x, &all);
        uint64_t next_token = x->next_token;
        unpack_tokens(u, x, &all);
        x->next_token = next_token;
        uint64_t cancels = ps_unpack_upto(u, u->in.len);
        for (uint64_t i = 0; i < cancels && !u->damaged; i++) {
            ps_exec_restore_cancel(x, ps_unpack_count(u));
        }
    }
    ps_free(all.frames);
}

ps_exec *ps_exec_load(ps_machine *m, ps_str snapshot, const ps_profile *profile, ps_error *err)
{
    ps_str magic = PS_STR(MAGIC);
    if (!ps_str_starts(snapshot, magic)) {
        ps_fail(err, PS_EDAMAGED, 0, "not a snapshot of an execution");
        return NULL;
    }
    ps_unpacker u = {.in = snapshot, .at = magic.len};
    uint64_t version = ps_unpack_count(&u);
    if (version > VERSION) {
        ps_fail(err, PS_EUNSUPPORTED, u.at, "snapshot format %llu is newer than this build's %d",
                (unsigned long long)version, VERSION);
        return NULL;
    }
    uint64_t states = ps_unpack_count(&u);
    uint64_t print = ps_unpack_count(&u);
    ps_str name = ps_unpack_bytes(&u);
    if (!u.damaged && (states != m->state_count || print != fingerprint(m))) {
        ps_fail(err, PS_EINPUT, u.at, "the snapshot belongs to another machine");
        return NULL;
    }
    profile = profile ? profile : ps_profile_find(name);
    if (u.damaged || !profile) {
        ps_fail(err, PS_EDAMAGED, u.at, "the snapshot's head is damaged");
        return NULL;
    }
    ps_exec *x = ps_alloc(sizeof *x);
    *x = (ps_exec){
        .machine = ps_machine_ref(m), .profile = profile, .history = {.machine = m, .next_id = 1}};
    unpack_exec(&u, x);
    bool damaged = u.damaged || u.at != snapshot.len;
    size_t at = u.at;
    ps_unpacker_free(&u);
    if (damaged) {
        ps_exec_free(x);
        ps_fail(err, PS_EDAMAGED, at, "the snapshot is damaged near byte %zu", at);
        return NULL;
    }
    return x;
}
