/* load_check.c -- the invariants of frames, proved for a snapshot that was read. */
#include "exec/load.h"

#include "base/mem.h"

static bool is_kind(const ps_value *v, ps_kind kind)
{
    return v && ps_value_kind(v) == kind;
}

static bool absent_or(const ps_value *v, ps_kind kind)
{
    return !v || ps_value_kind(v) == kind;
}

static bool kinds_fit(const ps_frame *f)
{
    return f->input && absent_or(f->scope.variables, PS_OBJECT) &&
           absent_or(f->answers, PS_ARRAY) && absent_or(f->cause, PS_STRING) &&
           absent_or(f->role, PS_STRING) && absent_or(f->task_token, PS_STRING) &&
           (!f->failed || absent_or(f->result, PS_STRING));
}

/* A failure lasts from its outcome until a catcher has it, or none. */
static bool failure_fits(const ps_frame *f)
{
    bool may_fail = f->phase == PS_PHASE_OUTCOME || f->phase == PS_PHASE_CATCH;
    return (!f->failed || may_fail) && (!f->late_heartbeat || f->failed) &&
           (!f->catcher || f->phase == PS_PHASE_CATCH);
}

/* Nothing of a Parallel or Map is under way. */
static bool idle(const ps_frame *f)
{
    return !f->first_child && !f->results && !f->run && !f->items && !f->effective && !f->width &&
           !f->started && !f->done && !f->held;
}

/* Between its start and its items a run is narrow, afterwards wide. */
static bool narrow(const ps_frame *f)
{
    return f->state->distributed && f->run && !f->run->items && f->effective && !f->results &&
           !f->first_child && f->started == 1 && !f->done;
}

static bool wide(const ps_frame *f)
{
    return f->state->distributed && f->run && f->run->items && f->effective && f->results &&
           !f->first_child;
}

/* Each item's child is done, failed, outstanding or not yet started: one of them. */
static bool run_adds_up(const ps_frame *f)
{
    const ps_run *run = f->run;
    size_t failed = 0;
    size_t done = 0;
    for (size_t i = 0; i < f->width; i++) {
        int faces = (f->results[i] != NULL) + (run->errors[i] != NULL) + (run->tokens[i] != 0) +
                    (run->again && run->again[i]);
        if (faces != (i < f->started)) {
            return false;
        }
        failed += run->errors[i] != NULL;
        done += f->results[i] || run->errors[i];
    }
    /* When it stopped, children were ended that had not failed. */
    return (f->phase == PS_PHASE_STOPPED ? failed >= run->failed : failed == run->failed) &&
           done == f->done;
}

/* The same for frames: children stand in the order of their indexes. */
static bool children_add_up(const ps_frame *f)
{
    size_t done = 0;
    for (size_t i = 0; i < f->width; i++) {
        if (f->results[i] && i >= f->started) {
            return false;
        }
        done += f->results[i] != NULL;
    }
    size_t alive = 0;
    for (const ps_frame *c = f->first_child; c; c = c->next_sibling) {
        bool later = !c->previous_sibling || c->previous_sibling->index < c->index;
        if (!later || c->index >= f->started || f->results[c->index]) {
            return false;
        }
        alive++;
    }
    return done == f->done && done + alive == f->started;
}

static bool family_fits(const ps_frame *f)
{
    const ps_state *s = f->state;
    if (f->started > f->width || f->done > f->started ||
        (f->phase == PS_PHASE_CHILDREN && f->done == f->started)) {
        return false;
    }
    if (s->kind == PS_STATE_PARALLEL) {
        return f->phase == PS_PHASE_CHILDREN && f->results && !f->run &&
               f->width == s->branch_count && f->started == f->width && children_add_up(f);
    }
    if (s->kind != PS_STATE_MAP || !f->concurrency) {
        return false;
    }
    if (s->distributed) {
        return wide(f) && run_adds_up(f);
    }
    return f->results && f->effective && !f->run && f->width && is_kind(f->items, PS_ARRAY) &&
           ps_value_count(f->items) == f->width && children_add_up(f);
}

/* What a Parallel or Map had come to when it stopped. */
static bool stopped_family_fits(const ps_frame *f)
{
    const ps_state *s = f->state;
    if (f->started > f->width || f->done > f->started) {
        return false;
    }
    if (s->kind == PS_STATE_PARALLEL) {
        return f->results && !f->run && f->width == s->branch_count && f->started == f->width &&
               f->done < f->width && children_add_up(f);
    }
    if (s->kind != PS_STATE_MAP || !f->concurrency) {
        return false;
    }
    if (s->distributed) {
        return wide(f) && run_adds_up(f);
    }
    return f->results && f->effective && !f->run && f->done < f->width &&
           is_kind(f->items, PS_ARRAY) && ps_value_count(f->items) == f->width &&
           children_add_up(f);
}

static bool phase_fits(const ps_frame *f)
{
    const ps_state *s = f->state;
    switch (f->phase) {
    case PS_PHASE_ENTER:
    case PS_PHASE_BEGIN:
        return idle(f);
    case PS_PHASE_WORKING:
        return idle(f) && s->kind == PS_STATE_TASK && f->arguments;
    case PS_PHASE_OUTCOME:
        return idle(f) && s->kind == PS_STATE_TASK && (f->result || f->failed);
    case PS_PHASE_SLEEPING:
        return idle(f) && s->kind == PS_STATE_WAIT && f->result;
    case PS_PHASE_BACKOFF:
        return idle(f) && s->retrier_count > 0;
    case PS_PHASE_EXIT:
        return f->result && !f->failed && !f->first_child;
    case PS_PHASE_CATCH:
        return f->catcher && f->failed && !f->first_child;
    case PS_PHASE_READING:
        return narrow(f) && s->reader && !f->items;
    case PS_PHASE_ITEMS:
        return narrow(f) && f->concurrency &&
               (is_kind(f->items, PS_ARRAY) || is_kind(f->items, PS_OBJECT));
    case PS_PHASE_WRITING:
        return wide(f) && s->writer && is_kind(f->items, PS_ARRAY) && run_adds_up(f) &&
               f->done == f->width;
    case PS_PHASE_SPAWN:
    case PS_PHASE_CHILDREN:
        return family_fits(f);
    case PS_PHASE_STOPPED:
        return idle(f) || stopped_family_fits(f);
    case PS_PHASE_COUNT:
        break;
    }
    return false;
}

/* The token that the frame awaits is outstanding, as the command that goes with its phase. */
static bool awaits(const ps_exec *x, const ps_frame *f, ps_command_kind kind)
{
    const ps_pending *p = ps_tokens_get(&x->tokens, f->token);
    return p && p->frame == f && p->kind == kind && !f->ready &&
           (kind == PS_CMD_TASK || p->input) && (kind != PS_CMD_CALL || p->name);
}

static bool run_awaits(const ps_exec *x, const ps_frame *f)
{
    for (size_t i = 0; f->run && f->run->tokens && i < f->width; i++) {
        if (f->run->tokens[i]) {
            const ps_pending *p = ps_tokens_get(&x->tokens, f->run->tokens[i]);
            if (!p || p->frame != f || p->kind != PS_CMD_CHILD || p->index != i || !p->name) {
                return false;
            }
        }
    }
    return true;
}

/* What makes the frame go on is there, and only that. */
static bool goes_on(const ps_exec *x, const ps_frame *f)
{
    bool timed = f->heap_at != PS_NOT_QUEUED;
    if (x->status != PS_RUNNING) {
        return !timed && !f->calling && !f->ready && !f->token && !f->reserved &&
               (f->phase == PS_PHASE_STOPPED || f->phase == PS_PHASE_ENTER);
    }
    switch (f->phase) {
    case PS_PHASE_WORKING:
        return !f->calling && awaits(x, f, PS_CMD_TASK);
    case PS_PHASE_READING:
        return !timed && !f->calling && awaits(x, f, PS_CMD_READ);
    case PS_PHASE_WRITING:
        return !timed && !f->calling && awaits(x, f, PS_CMD_WRITE);
    case PS_PHASE_SLEEPING:
    case PS_PHASE_BACKOFF:
        return timed && !f->calling && !f->ready && !f->token;
    case PS_PHASE_CHILDREN:
        return !timed && !f->calling && !f->ready && !f->token;
    case PS_PHASE_STOPPED:
        return false;
    default:
        return !timed && (f->calling ? awaits(x, f, PS_CMD_CALL) : f->ready && !f->token);
    }
}

bool ps_load_check(const ps_exec *x, const ps_loaded *all)
{
    ps_tokens reserved = {0};
    size_t awaited = 0;
    bool holds = true;
    for (size_t i = 0; i < all->count && holds; i++) {
        const ps_frame *f = all->frames[i];
        holds =
            kinds_fit(f) && failure_fits(f) && phase_fits(f) && goes_on(x, f) && run_awaits(x, f);
        awaited += f->token != 0;
        for (size_t k = 0; f->run && f->run->tokens && k < f->width; k++) {
            awaited += f->run->tokens[k] != 0;
        }
        if (f->reserved) {
            holds = holds && f->task_token && f->phase == PS_PHASE_BEGIN &&
                    f->reserved < x->next_token && !ps_tokens_get(&x->tokens, f->reserved) &&
                    !ps_tokens_get(&reserved, f->reserved);
            ps_tokens_add(&reserved, f->reserved);
        }
    }
    ps_free(reserved.slots);
    return holds && awaited == x->tokens.count;
}
