/* task.c -- Task states: scheduling, the worker's signs of life, the outcome, timeouts. */
#include "exec/layout.h"

#include "base/base64.h"

#include <stdio.h>

/* By ps_family. */
static const struct {
    ps_event_type scheduled, started, succeeded, failed, timed_out;
} events[] = {
    [PS_FAMILY_TASK] = {PS_EVENT_TASK_SCHEDULED, PS_EVENT_TASK_STARTED, PS_EVENT_TASK_SUCCEEDED,
                        PS_EVENT_TASK_FAILED, PS_EVENT_TASK_TIMED_OUT},
    [PS_FAMILY_LAMBDA] = {PS_EVENT_LAMBDA_SCHEDULED, PS_EVENT_LAMBDA_STARTED,
                          PS_EVENT_LAMBDA_SUCCEEDED, PS_EVENT_LAMBDA_FAILED,
                          PS_EVENT_LAMBDA_TIMED_OUT},
    [PS_FAMILY_ACTIVITY] = {PS_EVENT_ACTIVITY_SCHEDULED, PS_EVENT_ACTIVITY_STARTED,
                            PS_EVENT_ACTIVITY_SUCCEEDED, PS_EVENT_ACTIVITY_FAILED,
                            PS_EVENT_ACTIVITY_TIMED_OUT},
};

/* A task token: the command's number, so that it is found again, and 256 bits nobody can guess. */
#define TOKEN_BYTES 40

/* Whether someone else may answer for this task, by its task token: a .sync job may be ended so
 * too. */
static bool hands_out_token(const ps_state *s)
{
    return s->target.pattern != PS_PATTERN_REQUEST || s->target.family == PS_FAMILY_ACTIVITY;
}

static ps_value *new_task_token(ps_exec *x, uint64_t token)
{
    unsigned char bytes[TOKEN_BYTES];
    for (size_t i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(token >> (56 - 8 * i));
    }
    ps_rand stream = ps_exec_stream(x, PS_STREAM_TASK_TOKEN);
    ps_rand_bytes(&stream, bytes + 8, sizeof bytes - 8);
    ps_exec_stream_end(x, &stream);
    ps_buf text = {0};
    ps_base64_encode((ps_str){(const char *)bytes, sizeof bytes}, &text);
    ps_value *v = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return v;
}

uint64_t ps_task_find(const ps_exec *x, ps_str text)
{
    ps_buf bytes = {0};
    ps_error err;
    uint64_t token = 0;
    if (ps_base64_decode(text, &bytes, &err) == PS_OK && bytes.len == TOKEN_BYTES) {
        for (size_t i = 0; i < 8; i++) {
            token = token << 8 | (unsigned char)bytes.p[i];
        }
    }
    ps_buf_free(&bytes);
    const ps_pending *p = ps_tokens_get(&x->tokens, token);
    bool same = p && p->kind == PS_CMD_TASK && p->frame->task_token &&
                ps_str_equal(ps_value_str(p->frame->task_token), text);
    return same ? token : 0;
}

static bool limits(ps_exec *x, ps_frame *f, const ps_value *v)
{
    const ps_state *s = f->state;
    if (!ps_evaluate_count(x, &s->timeout, v, "TimeoutSecondsPath", &f->timeout_seconds) ||
        !ps_evaluate_count(x, &s->heartbeat, v, "HeartbeatSecondsPath", &f->heartbeat_seconds)) {
        return false;
    }
    if ((s->timeout.query && f->timeout_seconds <= 0) ||
        (s->heartbeat.query && f->heartbeat_seconds <= 0)) {
        bool timeout = s->timeout.query && f->timeout_seconds <= 0;
        ps_str field = timeout ? PS_STR("TimeoutSeconds") : PS_STR("HeartbeatSeconds");
        ps_value *got = ps_int(timeout ? f->timeout_seconds : f->heartbeat_seconds);
        ps_template_unexpected(timeout ? s->timeout.query : s->heartbeat.query, field,
                               "positive integer", got, &x->env);
        ps_value_unref(got);
        return false;
    }
    if ((s->timeout.path && f->timeout_seconds <= 0) ||
        (s->heartbeat.path && f->heartbeat_seconds <= 0)) {
        ps_env_fail(&x->env, PS_STR("States.Runtime"),
                    "The %s field must refer to a positive integer",
                    s->timeout.path && f->timeout_seconds <= 0 ? "TimeoutSecondsPath"
                                                               : "HeartbeatSecondsPath");
        return false;
    }
    return true;
}

static bool credentials(ps_exec *x, ps_frame *f, const ps_value *v)
{
    ps_value_set_take(&f->role, NULL);
    if (!f->state->credentials) {
        return true;
    }
    ps_value *filled = ps_template_eval(f->state->credentials, v, PS_STR("Credentials"), &x->env);
    bool known = filled && ps_value_kind(filled) == PS_OBJECT;
    const ps_value *role = known ? ps_object_get(filled, PS_STR("RoleArn")) : NULL;
    if (role && ps_value_kind(role) == PS_STRING) {
        f->role = ps_value_ref(role);
    } else if (filled) {
        ps_env_fail(&x->env, PS_STR("States.Runtime"),
                    "The Credentials field RoleArn must be a string");
    }
    ps_value_unref(filled);
    return f->role != NULL;
}

/* Of activities only the driver knows which there are. */
static bool resource_exists(const ps_exec *x, const ps_state *s)
{
    if (s->target.family != PS_FAMILY_ACTIVITY || !x->activities) {
        return true;
    }
    for (size_t i = 0; i < ps_value_count(x->activities); i++) {
        if (ps_value_equal(ps_array_at(x->activities, i), s->resource)) {
            return true;
        }
    }
    return false;
}

/* The mark that Step Functions leaves on the ECS tasks it waits for (recorded on AWS). */
static ps_value *signed_take(const ps_state *s, ps_value *arguments)
{
    if (s->target.pattern != PS_PATTERN_SYNC || !ps_str_equal(s->target.service, PS_STR("ecs")) ||
        ps_value_kind(arguments) != PS_OBJECT || ps_object_get(arguments, PS_STR("StartedBy"))) {
        return arguments;
    }
    ps_value *marked = ps_object_copy(arguments);
    ps_object_put_take(marked, PS_STR("StartedBy"), ps_string(PS_STR("AWS Step Functions")));
    ps_value_unref(arguments);
    return marked;
}

void ps_task_begin(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    /* Once a visit, also when the phase runs again: $$.Task.Token must not change meanwhile. */
    if (hands_out_token(s) && !f->task_token) {
        f->reserved = ps_exec_reserve(x);
        f->task_token = new_task_token(x, f->reserved);
    }
    ps_evaluate_begin(x, f);
    /* Path forms and credentials read the state's input after InputPath, before Parameters. */
    ps_value *v = ps_evaluate_filter(x, &s->input_path, f->input);
    if (!v || !limits(x, f, v) || !credentials(x, f, v)) {
        ps_value_unref(v);
        ps_flow_fault(x, f);
        return;
    }
    ps_value_unref(v);
    ps_value *arguments = ps_flow_effective(x, f);
    if (!arguments) {
        return;
    }
    if (!resource_exists(x, s)) {
        ps_value_unref(arguments);
        ps_str arn = ps_value_str(s->resource);
        ps_flow_fail(x, f, "States.Runtime", "The activity %.*s does not exist.", (int)arn.len,
                     arn.p);
        return;
    }
    arguments = signed_take(s, arguments);
    ps_evaluate_end(x);
    ps_value_set_take(&f->answers, NULL);
    ps_value_set_take(&f->arguments, arguments);
    ps_event *e = ps_frame_event(x, f, events[s->target.family].scheduled);
    e->v[0] = ps_value_ref(arguments);
    e->v[1] = ps_value_ref(f->role);
    if (s->target.family == PS_FAMILY_TASK) {
        e->v[2] = ps_value_ref(x->region);
    }
    e->n = f->timeout_seconds;
    e->m = f->heartbeat_seconds;
    f->stage = PS_STAGE_NEW;
    f->timeout_ms = f->heartbeat_ms = PS_NEVER;
    f->phase = PS_PHASE_WORKING;
    f->token = f->reserved ? f->reserved : ps_exec_reserve(x);
    f->reserved = 0;
    ps_exec_restore(x, f->token, f, PS_CMD_TASK, 0, NULL, NULL);
    ps_exec_enqueue(x, f->token, false);
}

static void set_timer(ps_exec *x, ps_frame *f)
{
    ps_frame_timer(x, f, f->timeout_ms < f->heartbeat_ms ? f->timeout_ms : f->heartbeat_ms);
}

/* A Lambda function that answers with a token does not beat while it runs: its clock starts at
 * submitted. */
static bool beats_from_start(const ps_state *s)
{
    return !(s->target.pattern == PS_PATTERN_TOKEN &&
             ps_str_equal(s->target.service, PS_STR("lambda")));
}

static void start(ps_exec *x, ps_frame *f, const ps_value *worker)
{
    if (f->stage != PS_STAGE_NEW) {
        return;
    }
    ps_event *e = ps_frame_event(x, f, events[f->state->target.family].started);
    e->v[0] = ps_value_ref(worker);
    f->stage = PS_STAGE_STARTED;
    if (f->timeout_seconds > 0) {
        f->timeout_ms = ps_exec_after(x, f->timeout_seconds);
    }
    if (f->heartbeat_seconds > 0 && beats_from_start(f->state)) {
        f->heartbeat_ms = ps_exec_after(x, f->heartbeat_seconds);
    }
    set_timer(x, f);
}

void ps_task_started(ps_exec *x, ps_frame *f, const ps_value *worker)
{
    start(x, f, worker);
}

void ps_task_submitted(ps_exec *x, ps_frame *f, const ps_value *v)
{
    start(x, f, NULL);
    if (f->stage == PS_STAGE_SUBMITTED) {
        return;
    }
    f->stage = PS_STAGE_SUBMITTED;
    ps_value_set_take(&f->submitted, ps_value_ref(v));
    if (f->state->target.family == PS_FAMILY_TASK) {
        ps_event *e = ps_frame_event(x, f, PS_EVENT_TASK_SUBMITTED);
        e->v[0] = ps_value_ref(v);
    }
    ps_task_beat(x, f);
}

void ps_task_beat(ps_exec *x, ps_frame *f)
{
    if (f->heartbeat_seconds > 0) {
        f->heartbeat_ms = ps_exec_after(x, f->heartbeat_seconds);
        set_timer(x, f);
    }
}

/* The outcome is there: what follows is decided when the frame's turn comes. */
static void decided(ps_exec *x, ps_frame *f)
{
    ps_frame_timer(x, f, PS_NEVER);
    f->timeout_ms = f->heartbeat_ms = PS_NEVER;
    ps_value_set_take(&f->arguments, NULL);
    ps_frame_ready(x, f, PS_PHASE_OUTCOME);
}

static void fail(ps_exec *x, ps_frame *f, ps_event_type type, const ps_value *error,
                 const ps_value *cause)
{
    ps_event *e = ps_frame_event(x, f, type);
    e->v[0] = ps_value_ref(error);
    e->v[1] = ps_value_ref(cause);
    f->failed = true;
    ps_value_set_take(&f->result, ps_value_ref(error));
    ps_value_set_take(&f->cause, ps_value_ref(cause));
    decided(x, f);
}

void ps_task_resume(ps_exec *x, ps_frame *f, const ps_outcome *o)
{
    const ps_state *s = f->state;
    start(x, f, NULL);
    f->token = 0;
    if (o->failed) {
        fail(x, f, events[s->target.family].failed, o->error, o->cause);
        return;
    }
    if (ps_value_bytes(o->value) > x->profile->payload_bytes ||
        ps_value_depth(o->value) > PS_MAX_DEPTH) {
        ps_str name =
            s->target.family == PS_FAMILY_TASK ? s->target.service : ps_value_str(s->resource);
        ps_value *error = ps_string(PS_STR("States.DataLimitExceeded"));
        ps_value *cause = ps_stringf(
            "The state/task '%.*s' returned a result with a size exceeding the maximum number "
            "of bytes service limit.",
            (int)name.len, name.p);
        fail(x, f, events[s->target.family].failed, error, cause);
        ps_value_unref(error);
        ps_value_unref(cause);
        return;
    }
    ps_event *e = ps_frame_event(x, f, events[s->target.family].succeeded);
    e->v[0] = ps_value_ref(o->value);
    ps_value_set_take(&f->result, ps_value_ref(o->value));
    decided(x, f);
}

void ps_task_timed_out(ps_exec *x, ps_frame *f)
{
    f->late_heartbeat = f->heartbeat_ms < f->timeout_ms;
    ps_exec_cancel(x, f->token);
    f->token = 0;
    ps_value *error = ps_string(PS_STR("States.Timeout"));
    fail(x, f, events[f->state->target.family].timed_out, error, NULL);
    ps_value_unref(error);
}

void ps_task_outcome(ps_exec *x, ps_frame *f)
{
    if (f->failed) {
        ps_flow_failed_take(x, f, ps_value_ref(f->result), ps_value_ref(f->cause));
    } else {
        ps_frame_next(x, f, PS_PHASE_EXIT);
    }
}
