/* redrive.c -- an execution that ended without success keeps its frames, stopped; and goes on from
 * them when it is redriven: with what did not succeed, and with nothing else.
 *
 * A stopped frame stands in PHASE_STOPPED, or in PHASE_ENTER where it had not entered its state
 * yet. It has no timer, no token, no place in the ready queue; of its visit nothing is left but the
 * state and its input. Parallel and Map keep what their children had come to. */
#include "exec/redrive.h"

#include "exec/record.h"

/* What a Parallel or Map has come to can be gone on with: not all of it is done, and nothing that
 * was begun is lost. */
static bool goes_on(const ps_frame *f)
{
    if (!f->results || f->started > f->width || (f->run ? !f->run->items : f->done >= f->width)) {
        return false;
    }
    if (f->run) {
        return true;
    }
    size_t alive = 0;
    for (const ps_frame *c = f->first_child; c; c = c->next_sibling) {
        alive++;
    }
    return f->done + alive == f->started;
}

void ps_frame_stop(ps_exec *x, ps_frame *f)
{
    for (ps_frame *c = f->first_child; c; c = c->next_sibling) {
        ps_frame_stop(x, c);
    }
    ps_frame_unready(x, f);
    ps_frame_timer(x, f, PS_NEVER);
    ps_exec_cancel(x, f->token);
    f->token = 0;
    f->calling = false;
    f->timeout_ms = f->heartbeat_ms = PS_NEVER;
    if (f->run) {
        ps_run_stop(x, f);
    }
    if (!goes_on(f)) {
        ps_children_clear(x, f);
    }
    ps_frame_clear_visit(f);
    f->phase = f->phase == PS_PHASE_ENTER ? PS_PHASE_ENTER : PS_PHASE_STOPPED;
}

static void redrive_frame(ps_exec *x, ps_frame *f);

static void redrive_run(ps_exec *x, ps_frame *f)
{
    ps_run *run = f->run;
    run->redrives++;
    ps_event *e = ps_frame_event(x, f, PS_EVENT_MAP_RUN_REDRIVEN);
    e->v[0] = ps_value_ref(run->arn);
    e->n = run->redrives;
    ps_run_reopen(run, f->width);
    f->done = 0;
    for (size_t i = 0; i < f->started; i++) {
        f->done += f->results[i] != NULL;
    }
    ps_frame_ready(x, f, PS_PHASE_SPAWN);
}

static void redrive_children(ps_exec *x, ps_frame *f)
{
    f->phase = PS_PHASE_CHILDREN;
    for (ps_frame *c = f->first_child; c; c = c->next_sibling) {
        redrive_frame(x, c);
    }
    if (f->started < f->width) {
        ps_frame_ready(x, f, PS_PHASE_SPAWN);
    }
}

static void redrive_frame(ps_exec *x, ps_frame *f)
{
    if (f->phase == PS_PHASE_ENTER || f->state->kind == PS_STATE_FAIL) {
        ps_frame_ready(x, f, PS_PHASE_ENTER);
    } else if (f->run) {
        redrive_run(x, f);
    } else if (f->results) {
        redrive_children(x, f);
    } else {
        ps_frame_ready(x, f, PS_PHASE_BEGIN);
    }
}

/* Why not, in AWS's words; NULL: it may be redriven. */
static const char *refusal(const ps_exec *x)
{
    if (x->status == PS_RUNNING) {
        return "Execution is RUNNING and cannot be redriven";
    }
    if (x->status == PS_SUCCEEDED) {
        return "Execution is SUCCEEDED and cannot be redriven";
    }
    /* One event for the redrive, and one at least for what comes of it. */
    if (x->profile->history_events != UINT64_MAX &&
        x->history.next_id >= x->profile->history_events) {
        return "Execution history event limit exceeded";
    }
    return x->top ? NULL : "The snapshot was written by a passo that kept nothing to redrive";
}

ps_status ps_exec_redrive(ps_exec *x, int64_t now_ms, ps_error *err)
{
    const char *reason = refusal(x);
    if (reason) {
        return ps_fail(err, PS_ESTALE, 0, "%s", reason);
    }
    ps_exec_clock(x, now_ms);
    ps_record_input(x, PS_INPUT_REDRIVE, 0, NULL, NULL);
    x->status = PS_RUNNING;
    ps_value_set_take(&x->output, NULL);
    ps_value_set_take(&x->error, NULL);
    ps_value_set_take(&x->cause, NULL);
    x->finish_polled = false;
    x->redrives++;
    x->redriven_ms = x->now_ms;
    ps_value_set_take(&x->context_fixed, NULL);
    ps_exec_set_deadline(x);
    ps_frame_event(x, x->top, PS_EVENT_EXECUTION_REDRIVEN)->n = x->redrives;
    redrive_frame(x, x->top);
    return PS_OK;
}
