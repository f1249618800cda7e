/* exec.c -- the verbs: start, poll, feed, finish. */
#include "exec/record.h"
#include "exec/redrive.h"

#include "base/mem.h"

/* What one burst may do before poll says MORE. */
#define BURST_TRANSITIONS 1000
#define BURST_BYTES ((size_t)1024 * 1024)

ps_value *ps_exec_region(const ps_value *arn)
{
    ps_str s = ps_value_str(arn);
    size_t colons = 0;
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == ':' && ++colons == 3) {
            from = i + 1;
        } else if (s.p[i] == ':' && colons == 4) {
            return ps_string((ps_str){s.p + from, i - from});
        }
    }
    return ps_string(PS_STR(""));
}

int64_t ps_exec_after(const ps_exec *x, int64_t seconds)
{
    return seconds <= PS_TIME_LIMIT / 1000 ? x->now_ms + seconds * 1000 : PS_NEVER;
}

void ps_exec_set_deadline(ps_exec *x)
{
    int64_t seconds = x->profile->duration_ms / 1000;
    /* TimeoutSeconds is the machine's, not that of a Map's item processor. */
    if (x->machine->timeout_seconds > 0 && x->machine->timeout_seconds < seconds &&
        x->graph == x->machine->top) {
        seconds = x->machine->timeout_seconds;
    }
    x->deadline_ms = ps_exec_after(x, seconds);
}

ps_exec *ps_exec_new(ps_machine *m, const ps_value *input, const ps_exec_options *o, ps_error *err)
{
    const ps_profile *profile = o->profile ? o->profile : ps_profile_find(PS_STR("aws-standard"));
    if (ps_value_bytes(input) > profile->payload_bytes) {
        ps_fail(
            err, PS_ELIMIT, 0, "the input has %zu bytes as JSON, more than the %zu of profile %.*s",
            ps_value_bytes(input), profile->payload_bytes, (int)profile->name.len, profile->name.p);
        return NULL;
    }
    if (ps_value_depth(input) > PS_MAX_DEPTH) {
        ps_fail(err, PS_ELIMIT, 0, "the input is nested deeper than %d", PS_MAX_DEPTH);
        return NULL;
    }
    ps_exec *x = ps_alloc(sizeof *x);
    *x = (ps_exec){
        .machine = ps_machine_ref(m),
        .profile = profile,
        .graph = o->graph ? o->graph : m->top,
        .arn = ps_value_ref(o->arn),
        .name = ps_value_ref(o->name),
        .role_arn = ps_value_ref(o->role_arn),
        .machine_arn = ps_value_ref(o->machine_arn),
        .machine_name = ps_value_ref(o->machine_name),
        .region = ps_exec_region(o->arn),
        .activities = ps_value_ref(o->activities),
        .input = ps_value_ref(input),
        .started_ms = o->now_ms,
        .now_ms = o->now_ms,
        .next_token = 1,
        .history = {.machine = m, .next_id = 1},
    };
    memcpy(x->seed, o->seed, sizeof x->seed);
    ps_exec_set_deadline(x);
    ps_event *e = ps_history_add(&x->history, PS_EVENT_EXECUTION_STARTED, 0, x->now_ms);
    e->v[0] = ps_value_ref(input);
    e->v[1] = ps_value_ref(o->role_arn);
    x->top = ps_frame_new(x, NULL, x->graph, 0, ps_value_ref(input));
    return x;
}

void ps_exec_free(ps_exec *x)
{
    if (!x) {
        return;
    }
    if (x->top) {
        ps_frame_kill(x, x->top);
    }
    for (size_t i = 0; i < x->tokens.capacity; i++) {
        ps_value_unref(x->tokens.slots[i].name);
        ps_value_unref(x->tokens.slots[i].input);
    }
    ps_free(x->tokens.slots);
    ps_free(x->heap);
    ps_free(x->queue);
    ps_history_free(&x->history);
    ps_env_free(&x->env);
    ps_recorder_free(x->recorder);
    if (x->blobs) {
        ps_blobs_free(x->blobs);
        ps_free(x->blobs);
    }
    ps_value *const owned[] = {x->arn,          x->name,      x->role_arn, x->machine_arn,
                               x->machine_name, x->region,    x->input,    x->output,
                               x->error,        x->cause,     x->context,  x->context_fixed,
                               x->stages,       x->activities};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        ps_value_unref(owned[i]);
    }
    ps_machine_unref(x->machine);
    ps_free(x);
}

ps_rand ps_exec_stream(const ps_exec *x, ps_stream label)
{
    ps_rand r = {.label = label, .position = x->positions[label]};
    memcpy(r.key, x->seed, sizeof r.key);
    return r;
}

void ps_exec_stream_end(ps_exec *x, const ps_rand *r)
{
    x->positions[r->label] = r->position;
}

void ps_exec_enqueue(ps_exec *x, uint64_t token, bool cancel)
{
    if (x->queue_count == x->queue_capacity) {
        x->queue_capacity = ps_grow(x->queue_capacity, x->queue_count + 1);
        x->queue = ps_realloc(x->queue, x->queue_capacity, sizeof *x->queue);
    }
    x->queue[x->queue_count++] = (ps_queued){.token = token, .cancel = cancel};
}

ps_pending *ps_exec_restore(ps_exec *x, uint64_t token, ps_frame *f, ps_command_kind kind,
                            size_t index, ps_value *name_take, ps_value *input_take)
{
    ps_pending *p = ps_tokens_add(&x->tokens, token);
    p->frame = f;
    p->kind = kind;
    p->index = index;
    p->name = name_take;
    p->input = input_take;
    return p;
}

uint64_t ps_exec_reserve(ps_exec *x)
{
    return x->next_token++;
}

uint64_t ps_exec_command(ps_exec *x, ps_frame *f, ps_command_kind kind, size_t index,
                         ps_value *name_take, ps_value *input_take)
{
    uint64_t token = ps_exec_reserve(x);
    ps_exec_restore(x, token, f, kind, index, name_take, input_take);
    ps_exec_enqueue(x, token, false);
    return token;
}

void ps_exec_cancel(ps_exec *x, uint64_t token)
{
    const ps_pending *p = ps_tokens_get(&x->tokens, token);
    if (p) {
        bool polled = p->polled;
        ps_tokens_remove(&x->tokens, token);
        if (polled) {
            ps_exec_enqueue(x, token, true);
        }
    }
}

void ps_exec_finish_take(ps_exec *x, ps_exec_status status, ps_value *output, ps_value *error,
                         ps_value *cause)
{
    x->status = status;
    x->output = output;
    x->error = error;
    x->cause = cause;
    x->deadline_ms = PS_NEVER;
    x->more = false;
    if (status == PS_SUCCEEDED) {
        ps_frame *top = x->top;
        x->top = NULL;
        ps_frame_kill(x, top);
    } else {
        ps_frame_stop(x, x->top);
    }
}

/* AWS's words for an execution that outgrows its history. */
static void history_full(ps_exec *x)
{
    ps_value *error = ps_string(PS_STR("States.Runtime"));
    ps_value *cause =
        ps_stringf("The execution reached the maximum number of history events (%llu).",
                   (unsigned long long)x->profile->history_events);
    ps_event *e =
        ps_history_add(&x->history, PS_EVENT_EXECUTION_FAILED, x->history.next_id - 1, x->now_ms);
    e->v[0] = ps_value_ref(error);
    e->v[1] = ps_value_ref(cause);
    ps_exec_finish_take(x, PS_FAILED, NULL, error, cause);
}

static void end_burst(ps_exec *x)
{
    x->burst = 0;
    x->history.burst_bytes = 0;
}

/* Runs ready frames until none is left or the burst's budget is spent; true: there is more to do.
 */
static bool run(ps_exec *x)
{
    while (x->ready_first) {
        if (x->burst >= BURST_TRANSITIONS || x->history.burst_bytes >= BURST_BYTES) {
            end_burst(x);
            return true;
        }
        ps_frame *f = x->ready_first;
        ps_frame_unready(x, f);
        ps_frame_step(x, f);
        if (x->history.next_id > x->profile->history_events && x->status == PS_RUNNING) {
            history_full(x);
        }
    }
    end_burst(x);
    return false;
}

static void describe(const ps_exec *x, const ps_pending *p, ps_command *out)
{
    const ps_frame *f = p->frame;
    *out = (ps_command){
        .kind = p->kind,
        .token = p->token,
        .state = f->state,
        .index = -1,
        .deadline_ms = PS_NEVER,
        .name = p->name ? ps_value_str(p->name) : (ps_str){"", 0},
        .map_run = f->run ? f->run->arn : NULL,
    };
    switch (p->kind) {
    case PS_CMD_TASK:
        out->input = f->arguments;
        out->role_arn = f->role;
        out->task_token = f->task_token;
        out->submitted = f->submitted;
        out->stage = f->stage;
        out->attempt = f->attempt;
        out->visit = f->entered;
        out->deadline_ms = f->timeout_ms != PS_NEVER ? f->timeout_ms
                           : f->timeout_seconds > 0  ? ps_exec_after(x, f->timeout_seconds)
                                                     : PS_NEVER;
        break;
    case PS_CMD_CHILD:
        out->input = ps_array_at(f->run->items, p->index);
        out->index = (int64_t)p->index;
        break;
    case PS_CMD_READ:
        out->input = p->input;
        out->index = (int64_t)p->index;
        break;
    case PS_CMD_WRITE:
        out->input = p->input;
        out->results = f->items;
        break;
    default:
        out->input = p->input;
        break;
    }
}

/* The next command in the queue that is not void by now. */
static bool hand_out(ps_exec *x, ps_command *out)
{
    while (x->queue_at < x->queue_count) {
        ps_queued q = x->queue[x->queue_at++];
        if (x->queue_at == x->queue_count) {
            x->queue_at = x->queue_count = 0;
        }
        if (q.cancel) {
            ps_record_poll(x);
            *out = (ps_command){.kind = PS_CMD_CANCEL, .token = q.token};
            return true;
        }
        ps_pending *p = ps_tokens_get(&x->tokens, q.token);
        if (p) {
            if (!p->polled) {
                ps_record_poll(x); /* one handed out again changes nothing */
                p->polled = true;
            }
            describe(x, p, out);
            return true;
        }
    }
    return false;
}

bool ps_exec_poll(ps_exec *x, ps_command *out)
{
    /* Commands of the burst that ended leave before the next burst begins. */
    bool ran = false;
    while (x->queue_count || x->more || x->ready_first) {
        if (!x->queue_count && !x->more) {
            ran = true;
            x->more = run(x);
        }
        if (hand_out(x, out)) {
            return true;
        }
        if (x->more) {
            x->more = false;
            ps_record_poll(x);
            *out = (ps_command){.kind = PS_CMD_MORE};
            return true;
        }
    }
    if (!x->finish_polled && ps_exec_ending(x, out)) {
        x->finish_polled = true;
        ps_record_poll(x);
        return true;
    }
    if (ran) {
        ps_record_poll(x);
    }
    return false;
}

bool ps_exec_ending(const ps_exec *x, ps_command *out)
{
    if (x->status == PS_RUNNING) {
        return false;
    }
    *out = (ps_command){.kind = PS_CMD_FINISH,
                        .status = x->status,
                        .output = x->output,
                        .error = x->error,
                        .cause = x->cause};
    return true;
}

bool ps_exec_describe(const ps_exec *x, uint64_t token, ps_command *out)
{
    const ps_pending *p = ps_tokens_get(&x->tokens, token);
    if (p) {
        describe(x, p, out);
    }
    return p != NULL;
}

int64_t ps_exec_deadline(const ps_exec *x)
{
    int64_t first = x->heap_count ? x->heap[0]->deadline_ms : PS_NEVER;
    return first < x->deadline_ms ? first : x->deadline_ms;
}

ps_exec_status ps_exec_state(const ps_exec *x)
{
    return x->status;
}

const ps_value *ps_exec_arn(const ps_exec *x)
{
    return x->arn;
}

const ps_value *ps_exec_name(const ps_exec *x)
{
    return x->name;
}

void ps_exec_clock(ps_exec *x, int64_t now_ms)
{
    if (now_ms > x->now_ms) {
        x->now_ms = now_ms;
    }
}

/* The outstanding command behind a token; a stale token changes nothing, not even the clock. */
static ps_pending *awaited(ps_exec *x, uint64_t token, int64_t now_ms, ps_error *err)
{
    ps_pending *p = ps_tokens_get(&x->tokens, token);
    if (!p) {
        ps_fail(err, PS_ESTALE, 0, "token %llu is not outstanding", (unsigned long long)token);
        return NULL;
    }
    ps_exec_clock(x, now_ms);
    return p;
}

static ps_pending *awaited_task(ps_exec *x, uint64_t token, int64_t now_ms, ps_error *err)
{
    const ps_pending *p = ps_tokens_get(&x->tokens, token);
    if (p && p->kind != PS_CMD_TASK) {
        ps_fail(err, PS_ESTALE, 0, "token %llu is not a task's", (unsigned long long)token);
        return NULL;
    }
    return awaited(x, token, now_ms, err);
}

ps_status ps_exec_started(ps_exec *x, uint64_t token, const ps_value *worker, int64_t now_ms,
                          ps_error *err)
{
    const ps_pending *p = awaited_task(x, token, now_ms, err);
    if (!p) {
        return err->code;
    }
    if (p->frame->stage != PS_STAGE_NEW) {
        ps_record_time(x);
        return PS_OK;
    }
    ps_record_input(x, PS_INPUT_STARTED, token, worker, NULL);
    ps_task_started(x, p->frame, worker);
    return PS_OK;
}

ps_status ps_exec_submitted(ps_exec *x, uint64_t token, const ps_value *v, int64_t now_ms,
                            ps_error *err)
{
    const ps_pending *p = awaited_task(x, token, now_ms, err);
    if (!p) {
        return err->code;
    }
    if (p->frame->stage == PS_STAGE_SUBMITTED) {
        ps_record_time(x);
        return PS_OK;
    }
    ps_record_input(x, PS_INPUT_SUBMITTED, token, v, NULL);
    ps_task_submitted(x, p->frame, v);
    return PS_OK;
}

ps_status ps_exec_beat(ps_exec *x, uint64_t token, int64_t now_ms, ps_error *err)
{
    const ps_pending *p = awaited_task(x, token, now_ms, err);
    if (!p) {
        return err->code;
    }
    if (p->frame->heartbeat_seconds > 0) {
        ps_record_input(x, PS_INPUT_BEAT, token, NULL, NULL);
        ps_task_beat(x, p->frame);
    } else {
        ps_record_time(x);
    }
    return PS_OK;
}

/* A Lua function answered (or failed): the phase that asked runs again, or its state fails. */
static void answered(ps_exec *x, ps_frame *f, const ps_outcome *o)
{
    f->calling = false;
    f->token = 0;
    if (o->failed) {
        ps_str error = o->error ? ps_value_str(o->error) : PS_STR("");
        ps_str cause = o->cause ? ps_value_str(o->cause) : PS_STR("");
        ps_flow_fail(x, f, "States.Runtime", "A Lua function failed: %.*s %.*s", (int)error.len,
                     error.p, (int)cause.len, cause.p);
        return;
    }
    ps_value *answers = f->answers ? ps_array_copy(f->answers) : ps_array(1);
    ps_array_add_take(answers, ps_value_ref(o->value));
    ps_value_set_take(&f->answers, answers);
    ps_frame_ready(x, f, f->phase);
}

ps_status ps_exec_resume(ps_exec *x, uint64_t token, const ps_outcome *o, int64_t now_ms,
                         ps_error *err)
{
    const ps_pending *p = awaited(x, token, now_ms, err);
    if (!p) {
        return err->code;
    }
    if (o->failed) {
        ps_record_input(x, PS_INPUT_REFUSED, token, o->error, o->cause);
    } else {
        ps_record_input(x, PS_INPUT_RESUMED, token, o->value, NULL);
    }
    ps_frame *f = p->frame;
    ps_command_kind kind = p->kind;
    size_t index = p->index;
    ps_value *name = ps_value_ref(p->name);
    ps_tokens_remove(&x->tokens, token);
    switch (kind) {
    case PS_CMD_TASK:
        ps_task_resume(x, f, o);
        break;
    case PS_CMD_CALL:
        answered(x, f, o);
        break;
    case PS_CMD_CHILD:
        ps_distributed_child(x, f, index, name, o);
        break;
    case PS_CMD_READ:
        ps_distributed_rows(x, f, o);
        break;
    default:
        ps_distributed_written(x, f, o);
        break;
    }
    ps_value_unref(name);
    return PS_OK;
}

static void timed_out(ps_exec *x)
{
    ps_event *e = ps_history_add(&x->history, PS_EVENT_EXECUTION_TIMED_OUT, 0, x->now_ms);
    e->v[0] = ps_string(PS_STR("States.Timeout"));
    ps_exec_finish_take(x, PS_TIMED_OUT, NULL, NULL, NULL);
}

void ps_exec_tick(ps_exec *x, int64_t now_ms)
{
    ps_exec_clock(x, now_ms);
    if (ps_exec_deadline(x) <= x->now_ms && x->status == PS_RUNNING) {
        ps_record_input(x, PS_INPUT_TICK, 0, NULL, NULL);
    } else {
        ps_record_time(x);
    }
    while (x->status == PS_RUNNING) {
        ps_frame *f = x->heap_count ? x->heap[0] : NULL;
        /* The execution's own timer was set first, so it goes first among equals. */
        if (x->deadline_ms <= x->now_ms && (!f || x->deadline_ms <= f->deadline_ms)) {
            timed_out(x);
            return;
        }
        if (!f || f->deadline_ms > x->now_ms) {
            return;
        }
        if (f->phase == PS_PHASE_WORKING) {
            ps_task_timed_out(x, f);
            continue;
        }
        ps_frame_timer(x, f, PS_NEVER);
        ps_frame_ready(x, f, f->phase == PS_PHASE_SLEEPING ? PS_PHASE_EXIT : PS_PHASE_BEGIN);
    }
}

ps_status ps_exec_stop(ps_exec *x, const ps_value *error, const ps_value *cause, int64_t now_ms,
                       ps_error *err)
{
    if (x->status != PS_RUNNING) {
        return ps_fail(err, PS_ESTALE, 0, "the execution is over already");
    }
    ps_exec_clock(x, now_ms);
    ps_record_input(x, PS_INPUT_STOP, 0, error, cause);
    ps_event *e = ps_history_add(&x->history, PS_EVENT_EXECUTION_ABORTED, 0, x->now_ms);
    e->v[0] = ps_value_ref(error);
    e->v[1] = ps_value_ref(cause);
    ps_exec_finish_take(x, PS_ABORTED, NULL, ps_value_ref(error), ps_value_ref(cause));
    return PS_OK;
}

uint64_t ps_exec_find_token(const ps_exec *x, ps_str text)
{
    return ps_task_find(x, text);
}

ps_events *ps_exec_take_events(ps_exec *x)
{
    return ps_history_take(&x->history);
}
