/* run.c -- a Distributed Map's run: its life, what a redrive does to it, and its limits, which may
 * change while it runs. */
#include "exec/record.h"
#include "exec/redrive.h"

#include "base/mem.h"

void ps_run_free(ps_exec *x, ps_run *run, size_t width)
{
    if (!run) {
        return;
    }
    for (size_t i = 0; i < width; i++) {
        if (run->tokens) {
            ps_exec_cancel(x, run->tokens[i]);
        }
        if (run->errors) {
            ps_value_unref(run->errors[i]);
        }
        if (run->again) {
            ps_value_unref(run->again[i]);
        }
    }
    ps_free(run->again);
    ps_free(run->tokens);
    ps_free(run->errors);
    ps_value_unref(run->arn);
    ps_value_unref(run->items);
    ps_free(run);
}

void ps_run_reopen(ps_run *run, size_t width)
{
    if (!run->again) {
        run->again = ps_alloc_zeroed(width, sizeof *run->again);
    }
    run->again_at = run->failed = 0;
    for (size_t i = 0; i < width; i++) {
        if (run->errors[i]) {
            const ps_value *name = ps_object_get(run->errors[i], PS_STR(PS_RUN_CHILD));
            bool known = name && ps_value_kind(name) == PS_STRING;
            run->again[i] = known ? ps_value_ref(name) : ps_string(PS_STR(""));
            run->again_count++;
            ps_value_set_take(&run->errors[i], NULL);
        }
    }
}

void ps_run_stop(ps_exec *x, ps_frame *f)
{
    for (size_t i = 0; f->run->tokens && i < f->width; i++) {
        const ps_pending *p = ps_tokens_get(&x->tokens, f->run->tokens[i]);
        if (p) {
            ps_value *aborted = ps_object(1);
            ps_object_put_take(aborted, PS_STR(PS_RUN_CHILD), ps_value_ref(p->name));
            f->run->errors[i] = aborted;
            f->done++;
        }
        ps_exec_cancel(x, f->run->tokens[i]);
        f->run->tokens[i] = 0;
    }
}

/* -- limits ------------------------------------------------------------------------------------ */

static ps_frame *frame_of_run(ps_frame *f, const ps_value *arn)
{
    if (f->run && f->run->arn && ps_value_equal(f->run->arn, arn)) {
        return f;
    }
    ps_frame *found = NULL;
    for (ps_frame *c = f->first_child; c && !found; c = c->next_sibling) {
        found = frame_of_run(c, arn);
    }
    return found;
}

/* As a record has them: {MaxConcurrency, ToleratedFailureCount, ToleratedFailurePercentage}. */
static ps_value *limits_value(const ps_run_limits *l)
{
    ps_value *v = ps_object(3);
    if (l->max_concurrency >= 0) {
        ps_object_put_take(v, PS_STR("MaxConcurrency"), ps_int(l->max_concurrency));
    }
    if (l->tolerated_count >= 0) {
        ps_object_put_take(v, PS_STR("ToleratedFailureCount"), ps_int(l->tolerated_count));
    }
    if (l->tolerated_percentage >= 0) {
        ps_object_put_take(v, PS_STR("ToleratedFailurePercentage"),
                           ps_double(l->tolerated_percentage));
    }
    return v;
}

static int64_t whole(const ps_value *v, ps_str key)
{
    int64_t n = -1;
    const ps_value *found = ps_object_get(v, key);
    return found && ps_value_is_number(found) && ps_value_int(found, &n) ? n : -1;
}

ps_run_limits ps_run_limits_read(const ps_value *v)
{
    const ps_value *percentage = ps_object_get(v, PS_STR("ToleratedFailurePercentage"));
    return (ps_run_limits){
        .max_concurrency = whole(v, PS_STR("MaxConcurrency")),
        .tolerated_count = whole(v, PS_STR("ToleratedFailureCount")),
        .tolerated_percentage =
            percentage && ps_value_is_number(percentage) ? ps_value_double(percentage) : -1,
    };
}

bool ps_exec_limits(const ps_exec *x, const ps_value *map_run, ps_run_limits *out)
{
    const ps_frame *f = x->top && x->status == PS_RUNNING ? frame_of_run(x->top, map_run) : NULL;
    if (!f) {
        return false;
    }
    bool is_limited = f->concurrency < x->profile->distributed_concurrency;
    *out = (ps_run_limits){
        .max_concurrency = is_limited ? (int64_t)f->concurrency : 0,
        .tolerated_count = f->run->has_count ? f->run->tolerated_count : 0,
        .tolerated_percentage = f->run->has_percentage ? f->run->tolerated_percentage : 0,
    };
    return true;
}

ps_status ps_exec_update(ps_exec *x, uint64_t token, const ps_value *map_run,
                         const ps_run_limits *limits, int64_t now_ms, ps_error *err)
{
    const ps_pending *p = ps_tokens_get(&x->tokens, token);
    ps_frame *f = p                                              ? p->frame
                  : map_run && x->top && x->status == PS_RUNNING ? frame_of_run(x->top, map_run)
                                                                 : NULL;
    if (!f || !f->run) {
        return ps_fail(err, PS_ESTALE, 0, "no such map run is running");
    }
    if (limits->tolerated_percentage > 100) {
        return ps_fail(err, PS_EINPUT, 0, "toleratedFailurePercentage must be between 0 and 100");
    }
    ps_exec_clock(x, now_ms);
    ps_value *kept = limits_value(limits);
    ps_record_input(x, PS_INPUT_UPDATE, token, map_run, kept);
    ps_value_unref(kept);
    size_t most = x->profile->distributed_concurrency;
    if (limits->max_concurrency >= 0) {
        /* 0 is no limit of its own, as in a definition. */
        f->concurrency = limits->max_concurrency && (uint64_t)limits->max_concurrency < most
                             ? (size_t)limits->max_concurrency
                             : most;
    }
    if (limits->tolerated_count >= 0) {
        f->run->has_count = true;
        f->run->tolerated_count = limits->tolerated_count;
    }
    if (limits->tolerated_percentage >= 0) {
        f->run->has_percentage = true;
        f->run->tolerated_percentage = limits->tolerated_percentage;
    }
    if (f->phase == PS_PHASE_CHILDREN || (f->phase == PS_PHASE_SPAWN && f->ready)) {
        ps_distributed_updated(x, f);
    }
    return PS_OK;
}
