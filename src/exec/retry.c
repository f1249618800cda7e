/* retry.c -- Retry and Catch of a failed Task, Parallel or Map. */
#include "base/mem.h"
#include "exec/layout.h"

#include <math.h>

/* States.Runtime is never caught, named or not; an execution's own data limit neither. */
static bool terminal(const ps_frame *f)
{
    ps_str error = f->result ? ps_value_str(f->result) : PS_STR("");
    if (ps_str_equal(error, PS_STR("States.Runtime"))) {
        return true;
    }
    return ps_str_equal(error, PS_STR("States.DataLimitExceeded")) && f->phase != PS_PHASE_OUTCOME;
}

static bool matches(const ps_frame *f, const ps_value *const *errors, size_t count)
{
    ps_str error = f->result ? ps_value_str(f->result) : PS_STR("");
    for (size_t i = 0; i < count; i++) {
        ps_str wanted = ps_value_str(errors[i]);
        if (ps_str_equal(wanted, error) || ps_str_equal(wanted, PS_STR("States.ALL")) ||
            (f->late_heartbeat && ps_str_equal(wanted, PS_STR("States.HeartbeatTimeout"))) ||
            (ps_str_equal(wanted, PS_STR("States.TaskFailed")) &&
             !ps_str_equal(error, PS_STR("States.Timeout")))) {
            return true;
        }
    }
    return false;
}

/* IntervalSeconds * BackoffRate ^ n, at most MaxDelaySeconds, in milliseconds; with FULL jitter
 * uniform from 0 to that. */
static int64_t delay_ms(ps_exec *x, const ps_retrier *r, int64_t before)
{
    double seconds = (double)r->interval_seconds * pow(r->backoff_rate, (double)before);
    double most = r->max_delay_seconds ? (double)r->max_delay_seconds : 99999999.0;
    seconds = seconds < most ? seconds : most;
    if (r->full_jitter) {
        ps_rand stream = ps_exec_stream(x, PS_STREAM_JITTER);
        seconds *= ps_rand_unit(&stream);
        ps_exec_stream_end(x, &stream);
    }
    return (int64_t)(seconds * 1000.0);
}

static bool retry(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    for (size_t i = 0; i < s->retrier_count; i++) {
        const ps_retrier *r = &s->retriers[i];
        if (!matches(f, r->errors, r->error_count)) {
            continue;
        }
        if (!f->retried) {
            f->retried = ps_alloc_zeroed(s->retrier_count, sizeof *f->retried);
        }
        if (f->retried[i] >= r->max_attempts) {
            return false;
        }
        int64_t wait_ms = delay_ms(x, r, f->retried[i]);
        f->retried[i]++;
        f->attempt++;
        f->failed = f->late_heartbeat = false;
        ps_value_set_take(&f->result, NULL);
        ps_value_set_take(&f->cause, NULL);
        ps_value_set_take(&f->task_token, NULL);
        f->reserved = 0;
        ps_value_set_take(&f->submitted, NULL);
        ps_children_clear(x, f);
        x->burst++;
        if (wait_ms > 0) {
            f->phase = PS_PHASE_BACKOFF;
            ps_frame_timer(x, f, x->now_ms + wait_ms);
        } else {
            ps_frame_ready(x, f, PS_PHASE_BEGIN);
        }
        return true;
    }
    return false;
}

bool ps_retry_or_catch(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    if (f->catcher) {
        return false; /* failed while leaving through a catcher */
    }
    bool may = !terminal(f);
    if (may && retry(x, f)) {
        return true;
    }
    if (f->started) {
        if (s->kind == PS_STATE_PARALLEL) {
            ps_frame_event(x, f, PS_EVENT_PARALLEL_FAILED);
        } else if (s->kind == PS_STATE_MAP) {
            ps_frame_event(x, f, PS_EVENT_MAP_FAILED);
        }
    }
    for (size_t i = 0; may && i < s->catcher_count; i++) {
        if (matches(f, s->catchers[i].errors, s->catchers[i].error_count)) {
            f->catcher = &s->catchers[i];
            ps_children_clear(x, f);
            ps_frame_next(x, f, PS_PHASE_CATCH);
            return true;
        }
    }
    return false;
}

void ps_retry_catch(ps_exec *x, ps_frame *f)
{
    const ps_catcher *c = f->catcher;
    ps_evaluate_begin(x, f);
    ps_value *problem = ps_object(2);
    if (f->result) {
        ps_object_put_take(problem, PS_STR("Error"), ps_value_ref(f->result));
    }
    if (f->cause) {
        ps_object_put_take(problem, PS_STR("Cause"), ps_value_ref(f->cause));
    }
    x->states.error_output = problem;
    ps_flow_depart_take(x, f, problem,
                        &(ps_departure){.assign = c->assign,
                                        .output = c->output,
                                        .result_path = c->result_path,
                                        .discard_result = c->discard_result,
                                        .next = c->next});
}
