/* load.c -- reads a snapshot back; trusts nothing in it.
 *
 * Reading never stops half way through a frame: what is damaged is noted, and the exec is thrown
 * away at the end. What a step relies on is proved in load_check.c, before the first step. */
#include "exec/load.h"

#include "base/mem.h"

static bool is_time(int64_t ms)
{
    return ms >= -PS_TIME_LIMIT && ms <= PS_TIME_LIMIT;
}

static bool is_deadline(int64_t ms)
{
    return ms == PS_NEVER || (ms >= -2 * PS_TIME_LIMIT && ms <= 2 * PS_TIME_LIMIT);
}

static void require(ps_unpacker *u, bool holds)
{
    if (!holds) {
        u->damaged = true;
    }
}

const ps_graph *ps_snapshot_unpack_graph(ps_unpacker *u, const ps_machine *m)
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
    if (!ps_event_complete(e)) {
        u->damaged = true;
    }
}

static void unpack_children_of_run(ps_unpacker *u, ps_frame *f)
{
    ps_run *run = f->run;
    run->errors = ps_alloc_zeroed(f->width, sizeof *run->errors);
    run->tokens = ps_alloc_zeroed(f->width, sizeof *run->tokens);
    for (size_t i = 0; i < f->width; i++) {
        run->errors[i] = ps_unpack_value(u);
        run->tokens[i] = ps_unpack_count(u);
        require(u, !run->errors[i] || ps_value_kind(run->errors[i]) == PS_OBJECT);
    }
}

/* The names of children that are to be redriven. */
static void unpack_again(ps_unpacker *u, ps_frame *f)
{
    ps_run *run = f->run;
    run->again = ps_alloc_zeroed(f->width, sizeof *run->again);
    for (size_t i = 0; i < f->width && !u->damaged; i++) {
        run->again[i] = ps_unpack_value(u);
        require(u, !run->again[i] || ps_value_kind(run->again[i]) == PS_STRING);
        run->again_count += run->again[i] != NULL;
    }
}

static void unpack_run(ps_unpacker *u, ps_frame *f, unsigned format)
{
    ps_run *run = ps_alloc(sizeof *run);
    *run = (ps_run){0};
    f->run = run;
    run->arn = ps_unpack_value(u);
    run->items = ps_unpack_value(u);
    run->max_items = ps_unpack_int(u);
    uint64_t has = ps_unpack_upto(u, PS_SAVED_RUN_FLAGS);
    run->has_count = has & PS_SAVED_COUNT;
    run->has_percentage = has & PS_SAVED_PERCENTAGE;
    run->tolerated_count = ps_unpack_int(u);
    run->tolerated_percentage = ps_unpack_double(u);
    run->failed = (size_t)ps_unpack_count(u);
    /* Child inputs are there once the run knows its width. */
    require(u, run->arn && run->max_items >= 0 &&
                   (run->items ? ps_value_kind(run->items) == PS_ARRAY &&
                                     ps_value_count(run->items) == f->width
                               : f->width == 0));
    require(u, !(has & PS_SAVED_AGAIN) || (format >= 4 && run->items));
    if (u->damaged) {
        return;
    }
    if (run->items) {
        unpack_children_of_run(u, f);
    }
    run->redrives = format >= 4 ? (int64_t)ps_unpack_upto(u, (uint64_t)PS_TIME_LIMIT) : 0;
    if (has & PS_SAVED_AGAIN) {
        unpack_again(u, f);
    }
}
static void unpack_retried(ps_unpacker *u, ps_frame *f)
{
    f->retried = ps_alloc_zeroed(f->state->retrier_count, sizeof *f->retried);
    for (size_t i = 0; i < f->state->retrier_count; i++) {
        f->retried[i] = ps_unpack_int(u);
        require(u, f->retried[i] >= 0);
    }
}

static void unpack_results(ps_unpacker *u, ps_frame *f)
{
    f->results = ps_alloc_zeroed(f->width, sizeof *f->results);
    for (size_t i = 0; i < f->width && !u->damaged; i++) {
        f->results[i] = ps_unpack_value(u);
    }
}

static void unpack_timer(ps_unpacker *u, ps_exec *x, ps_frame *f, int64_t deadline_ms)
{
    uint64_t seq = ps_unpack_upto(u, x->timer_seq);
    require(u, is_deadline(deadline_ms));
    if (deadline_ms != PS_NEVER) {
        ps_frame_timer_restore(x, f, deadline_ms, seq);
    }
}

static void unpack_frame(ps_unpacker *u, ps_exec *x, ps_frame *f, ps_loaded *all);

/* Iterations all run branch 0; the branch of a Parallel is the child's index. */
static void unpack_children(ps_unpacker *u, ps_exec *x, ps_frame *f, ps_loaded *all)
{
    uint64_t count = ps_unpack_upto(u, f->state->branch_count ? f->width : 0);
    for (uint64_t i = 0; i < count && !u->damaged; i++) {
        size_t index = (size_t)ps_unpack_count(u);
        size_t branch = f->state->kind == PS_STATE_MAP ? 0 : index;
        require(u, index < f->width && branch < f->state->branch_count);
        if (u->damaged) {
            return;
        }
        unpack_frame(u, x, ps_frame_new(x, f, f->state->branches[branch], index, NULL), all);
    }
}

/* What follows the index; the frames below are at most as deep as the machine's nesting. */
static void unpack_frame(ps_unpacker *u, ps_exec *x, ps_frame *f, ps_loaded *all)
{
    ps_frame_unready(x, f);
    if (all->count == all->capacity) {
        all->capacity = ps_grow(all->capacity, all->count + 1);
        all->frames = ps_realloc(all->frames, all->capacity, sizeof *all->frames);
    }
    f->number = all->count;
    all->frames[all->count++] = f;
    const ps_state *s = x->machine->all[ps_unpack_upto(u, x->machine->state_count - 1)];
    require(u, s->graph == f->graph);
    f->state = s->graph == f->graph ? s : f->state;
    s = f->state;
    f->phase = (ps_phase)ps_unpack_upto(u, PS_PHASE_COUNT - 1);
    uint64_t flags = ps_unpack_upto(u, PS_SAVED_FLAGS);
    f->calling = flags & PS_SAVED_CALLING;
    f->failed = flags & PS_SAVED_FAILED;
    f->late_heartbeat = flags & PS_SAVED_LATE_HEARTBEAT;
    f->previous = ps_unpack_count(u);
    f->entered = ps_unpack_count(u);
    f->before = flags & PS_SAVED_BEFORE ? ps_unpack_count(u) : 0;
    f->entered_ms = ps_unpack_int(u);
    require(u, is_time(f->entered_ms));
    ps_value **const values[] = {&f->scope.variables, &f->input,     &f->result,   &f->cause,
                                 &f->answers,         &f->arguments, &f->role,     &f->task_token,
                                 &f->submitted,       &f->items,     &f->effective};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        *values[i] = ps_unpack_value(u);
    }
    uint64_t catcher = ps_unpack_upto(u, s->catcher_count);
    f->catcher = catcher ? &s->catchers[catcher - 1] : NULL;
    f->attempt = (uint32_t)ps_unpack_upto(u, UINT32_MAX);
    if (flags & PS_SAVED_RETRIED) {
        unpack_retried(u, f);
    }
    f->token = ps_unpack_count(u);
    f->reserved = ps_unpack_count(u);
    f->stage = (ps_stage)ps_unpack_upto(u, PS_STAGE_SUBMITTED);
    f->timeout_seconds = ps_unpack_int(u);
    f->heartbeat_seconds = ps_unpack_int(u);
    f->timeout_ms = ps_unpack_int(u);
    f->heartbeat_ms = ps_unpack_int(u);
    require(u, f->timeout_seconds >= -1 && f->heartbeat_seconds >= -1 &&
                   is_deadline(f->timeout_ms) && is_deadline(f->heartbeat_ms));
    int64_t deadline_ms = ps_unpack_int(u);
    unpack_timer(u, x, f, deadline_ms);
    f->width = (size_t)ps_unpack_upto(u, u->in.len - u->at);
    f->started = (size_t)ps_unpack_count(u);
    f->done = (size_t)ps_unpack_count(u);
    f->concurrency = (size_t)ps_unpack_count(u);
    f->held = (size_t)ps_unpack_count(u);
    if (flags & PS_SAVED_RESULTS) {
        unpack_results(u, f);
    }
    if (flags & PS_SAVED_RUN) {
        unpack_run(u, f, all->format);
    }
    unpack_children(u, x, f, all);
}

/* The frames that are ready, in their order. */
static void unpack_ready(ps_unpacker *u, ps_exec *x, const ps_loaded *all)
{
    uint64_t count = ps_unpack_upto(u, all->count);
    for (uint64_t i = 0; i < count && !u->damaged; i++) {
        uint64_t number = ps_unpack_count(u);
        require(u, number < all->count && !all->frames[number]->ready);
        if (!u->damaged) {
            ps_frame_ready(x, all->frames[number], all->frames[number]->phase);
        }
    }
}

static void unpack_tokens(ps_unpacker *u, ps_exec *x, const ps_loaded *all)
{
    uint64_t count = ps_unpack_upto(u, u->in.len);
    for (uint64_t i = 0; i < count && !u->damaged; i++) {
        uint64_t token = ps_unpack_count(u);
        uint64_t number = ps_unpack_count(u);
        ps_command_kind kind = (ps_command_kind)ps_unpack_upto(u, PS_CMD_WRITE);
        size_t index = (size_t)ps_unpack_count(u);
        bool polled = ps_unpack_upto(u, 1);
        ps_value *name = ps_unpack_value(u);
        ps_value *input = ps_unpack_value(u);
        require(u, token && token < x->next_token && number < all->count &&
                       !ps_tokens_get(&x->tokens, token) &&
                       (!name || ps_value_kind(name) == PS_STRING));
        if (u->damaged) {
            ps_value_unref(name);
            ps_value_unref(input);
            return;
        }
        ps_exec_restore(x, token, all->frames[number], kind, index, name, input)->polled = polled;
        if (polled) { /* is handed out again, before what never was */
            ps_exec_enqueue(x, token, false);
        }
    }
}

/* The commands not yet handed out, in their order; each token that was not polled stands there
 * once. */
static void unpack_queue(ps_unpacker *u, ps_exec *x)
{
    size_t unpolled = x->tokens.count - x->queue_count;
    uint64_t count = ps_unpack_upto(u, u->in.len);
    for (uint64_t i = 0; i < count && !u->damaged; i++) {
        bool cancel = ps_unpack_upto(u, 1);
        uint64_t token = ps_unpack_count(u);
        ps_pending *p = ps_tokens_get(&x->tokens, token);
        require(u, cancel ? token && token < x->next_token && !p : p && !p->polled && unpolled);
        if (!u->damaged && !cancel) {
            p->polled = true; /* until all are read: a second mention is damage */
            unpolled--;
        }
        ps_exec_enqueue(x, token, cancel);
    }
    require(u, unpolled == 0);
    for (size_t i = x->queue_count - (size_t)(u->damaged ? 0 : count); i < x->queue_count; i++) {
        ps_pending *p = ps_tokens_get(&x->tokens, x->queue[i].token);
        if (p) {
            p->polled = false;
        }
    }
}

/* The exec's own fields, up to the events. */
static void unpack_fields(ps_unpacker *u, ps_exec *x, unsigned format)
{
    x->graph = ps_snapshot_unpack_graph(u, x->machine);
    ps_value **const values[] = {&x->arn,          &x->name,      &x->role_arn, &x->machine_arn,
                                 &x->machine_name, &x->error,     &x->cause,    &x->input,
                                 &x->output,       &x->activities};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        *values[i] = ps_unpack_value(u);
        require(u, i >= 7 || !*values[i] || ps_value_kind(*values[i]) == PS_STRING);
    }
    x->started_ms = ps_unpack_int(u);
    x->now_ms = ps_unpack_int(u);
    x->deadline_ms = ps_unpack_int(u);
    if (format >= 4) {
        x->redrives = (int64_t)ps_unpack_upto(u, (uint64_t)PS_TIME_LIMIT);
        x->redriven_ms = ps_unpack_int(u);
        require(u, is_time(x->redriven_ms));
    }
    ps_str seed = ps_unpack_bytes(u);
    require(u, seed.len == sizeof x->seed);
    if (!u->damaged) {
        memcpy(x->seed, seed.p, sizeof x->seed);
    }
    for (size_t i = PS_STREAM_UUID; i <= PS_STREAM_MAP_RUN; i++) {
        x->positions[i] = ps_unpack_count(u);
    }
    x->status = (ps_exec_status)ps_unpack_upto(u, PS_ABORTED);
    x->finish_polled = ps_unpack_upto(u, 1);
    x->timer_seq = ps_unpack_count(u);
    x->next_token = ps_unpack_upto(u, (uint64_t)PS_TIME_LIMIT);
    x->burst = (uint32_t)ps_unpack_upto(u, UINT32_MAX);
    x->more = ps_unpack_upto(u, 1);
    require(u, x->arn && x->input && x->machine_arn && x->machine_name && x->next_token &&
                   (!x->activities || ps_value_kind(x->activities) == PS_ARRAY) &&
                   (x->status != PS_SUCCEEDED || x->output) && is_time(x->started_ms) &&
                   is_time(x->now_ms) && is_deadline(x->deadline_ms));
}

static void unpack_events(ps_unpacker *u, ps_exec *x)
{
    x->history.next_id = ps_unpack_upto(u, (uint64_t)PS_TIME_LIMIT);
    require(u, x->history.next_id > 0);
    uint64_t count = ps_unpack_upto(u, u->in.len);
    for (uint64_t i = 0; i < count && !u->damaged; i++) {
        unpack_event(u, x);
    }
    x->history.burst_bytes = (size_t)ps_unpack_upto(u, SIZE_MAX / 2);
}

/* Reads what follows the head. */
static void unpack_exec(ps_unpacker *u, ps_exec *x, unsigned format)
{
    ps_loaded all = {.format = format};
    unpack_fields(u, x, format);
    unpack_events(u, x);
    bool has_top = ps_unpack_upto(u, 1);
    /* Older formats kept no frames of what had ended. */
    require(u, has_top ? x->status == PS_RUNNING || (format >= 4 && x->status != PS_SUCCEEDED)
                       : x->status != PS_RUNNING);
    if (u->damaged) {
        return;
    }
    x->region = ps_exec_region(x->arn);
    if (has_top) {
        size_t index = (size_t)ps_unpack_count(u);
        x->top = ps_frame_new(x, NULL, x->graph, index, NULL);
        unpack_frame(u, x, x->top, &all);
    }
    if (!u->damaged) {
        unpack_ready(u, x, &all);
        unpack_tokens(u, x, &all);
        unpack_queue(u, x);
    }
    require(u, !u->damaged && ps_load_check(x, &all));
    ps_free(all.frames);
}

ps_exec *ps_exec_load(ps_machine *m, ps_str snapshot, const ps_profile *profile,
                      const ps_blob_list *blobs, ps_error *err)
{
    ps_str magic = PS_STR(PS_SNAPSHOT_MAGIC);
    if (!ps_str_starts(snapshot, magic)) {
        ps_fail(err, PS_EDAMAGED, 0, "not a snapshot of an execution");
        return NULL;
    }
    ps_unpacker u = {.in = snapshot, .at = magic.len};
    uint64_t version = ps_unpack_count(&u);
    if (!u.damaged && (version < PS_SNAPSHOT_OLDEST || version > PS_SNAPSHOT_FORMAT)) {
        ps_fail(err, PS_EUNSUPPORTED, u.at,
                "%s passo wrote this snapshot (format %llu, this one reads %d to %d); run that "
                "version%s",
                version < PS_SNAPSHOT_OLDEST ? "an older" : "a newer", (unsigned long long)version,
                PS_SNAPSHOT_OLDEST, PS_SNAPSHOT_FORMAT,
                version < PS_SNAPSHOT_OLDEST ? "" : " or a newer one");
        return NULL;
    }
    if (version >= 4) {
        ps_unpack_needs(&u);
    }
    uint64_t states = ps_unpack_count(&u);
    uint64_t print = ps_unpack_count(&u);
    ps_str name = ps_unpack_bytes(&u);
    if (!u.damaged && (states != m->state_count || print != ps_snapshot_print(m))) {
        ps_fail(err, PS_EINPUT, u.at, "the snapshot belongs to another machine");
        return NULL;
    }
    profile = profile ? profile : ps_profile_find(name);
    if (u.damaged || !profile) {
        ps_fail(err, PS_EDAMAGED, u.at, "the snapshot's head is damaged");
        return NULL;
    }
    ps_blobs_given(&u, blobs);
    ps_exec *x = ps_alloc(sizeof *x);
    *x = (ps_exec){
        .machine = ps_machine_ref(m), .profile = profile, .history = {.machine = m, .next_id = 1}};
    unpack_exec(&u, x, (unsigned)version);
    bool damaged = u.damaged || u.at != u.in.len;
    ps_unpacker_free(&u);
    if (damaged) {
        ps_exec_free(x);
        ps_blobs_keep_take(NULL, u.blobs);
        if (u.missing) {
            ps_fail(err, PS_EDAMAGED, u.at, "a large value of the snapshot is not there");
        } else {
            ps_fail(err, PS_EDAMAGED, u.at, "the snapshot is damaged near byte %zu", u.at);
        }
        return NULL;
    }
    ps_blobs_keep_take(x, u.blobs);
    return x;
}
