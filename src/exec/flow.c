/* flow.c -- how every state is entered, left and failed; input and output processing. */
#include "base/mem.h"
#include "exec/layout.h"
#include "expr/query.h"

#include <stdarg.h>

/* By state kind; PS_EVENT_TYPE_COUNT where there is none. */
static const ps_event_type entered_types[PS_STATE_KIND_COUNT] = {
    [PS_STATE_PASS] = PS_EVENT_PASS_ENTERED,         [PS_STATE_TASK] = PS_EVENT_TASK_ENTERED,
    [PS_STATE_CHOICE] = PS_EVENT_CHOICE_ENTERED,     [PS_STATE_WAIT] = PS_EVENT_WAIT_ENTERED,
    [PS_STATE_SUCCEED] = PS_EVENT_SUCCEED_ENTERED,   [PS_STATE_FAIL] = PS_EVENT_FAIL_ENTERED,
    [PS_STATE_PARALLEL] = PS_EVENT_PARALLEL_ENTERED, [PS_STATE_MAP] = PS_EVENT_MAP_ENTERED,
};
static const ps_event_type exited_types[PS_STATE_KIND_COUNT] = {
    [PS_STATE_PASS] = PS_EVENT_PASS_EXITED,         [PS_STATE_TASK] = PS_EVENT_TASK_EXITED,
    [PS_STATE_CHOICE] = PS_EVENT_CHOICE_EXITED,     [PS_STATE_WAIT] = PS_EVENT_WAIT_EXITED,
    [PS_STATE_SUCCEED] = PS_EVENT_SUCCEED_EXITED,   [PS_STATE_FAIL] = PS_EVENT_TYPE_COUNT,
    [PS_STATE_PARALLEL] = PS_EVENT_PARALLEL_EXITED, [PS_STATE_MAP] = PS_EVENT_MAP_EXITED,
};

void ps_flow_enter(ps_exec *x, ps_frame *f)
{
    ps_frame_clear_visit(f);
    f->before = f->previous;
    ps_event *e = ps_frame_event(x, f, entered_types[f->state->kind]);
    e->v[0] = ps_value_ref(f->input);
    f->entered = f->previous;
    f->entered_ms = x->now_ms;
    x->burst++;
    ps_observe_enter(x, f);
    ps_frame_next(x, f, PS_PHASE_BEGIN);
}

bool ps_flow_fits(ps_exec *x, ps_frame *f, const ps_value *v)
{
    if (ps_value_bytes(v) > x->profile->payload_bytes || ps_value_depth(v) > PS_MAX_DEPTH) {
        ps_str name = ps_value_str(f->state->name);
        ps_flow_failed_take(
            x, f, ps_string(PS_STR("States.DataLimitExceeded")),
            ps_stringf("The state/task '%.*s' returned a result with a size exceeding the maximum "
                       "number of bytes service limit.",
                       (int)name.len, name.p));
        return false;
    }
    return true;
}

ps_value *ps_flow_effective(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    ps_value *v = ps_evaluate_filter(x, &s->input_path, f->input);
    if (!s->jsonata) {
        ps_observe(x, "afterInputPath", v);
    }
    if (v && s->parameters && s->kind != PS_STATE_MAP) {
        ps_str field = s->jsonata ? PS_STR("Arguments") : PS_STR("Parameters");
        ps_value_set_take(&v, ps_template_eval(s->parameters, v, field, &x->env));
        ps_observe(x, s->jsonata ? "afterArguments" : "afterParameters", v);
    }
    if (!v) {
        ps_flow_fault(x, f);
        return NULL;
    }
    if (s->parameters && !ps_flow_fits(x, f, v)) {
        ps_value_unref(v);
        return NULL;
    }
    return v;
}

void ps_flow_result_take(ps_exec *x, ps_frame *f, ps_value *result)
{
    ps_value_set_take(&f->result, result);
    ps_value_set_take(&f->answers, NULL);
    ps_frame_next(x, f, PS_PHASE_EXIT);
}

/* The sizes of variables in scope, from this frame outwards. */
static size_t variables_bytes(const ps_frame *f)
{
    size_t bytes = 0;
    for (const ps_scope *s = &f->scope; s; s = s->outer) {
        bytes += s->variables ? ps_value_bytes(s->variables) : 0;
    }
    return bytes;
}

bool ps_flow_assign(ps_exec *x, ps_frame *f, const ps_template *t, const ps_value *v,
                    ps_value **assigned)
{
    *assigned = NULL;
    if (!t) {
        return true;
    }
    ps_value *values = ps_template_eval(t, v, PS_STR("Assign"), &x->env);
    if (!values) {
        ps_flow_fault(x, f);
        return false;
    }
    size_t bytes = ps_value_bytes(values);
    if (bytes > x->profile->variable_bytes ||
        bytes + variables_bytes(f) > x->profile->variables_bytes) {
        ps_value_unref(values);
        ps_flow_fail(x, f, "States.Runtime",
                     "The size of the assigned variables exceeds the maximum of %zu bytes.",
                     bytes > x->profile->variable_bytes ? x->profile->variable_bytes
                                                        : x->profile->variables_bytes);
        return false;
    }
    *assigned = values;
    return true;
}

void ps_flow_leave_take(ps_exec *x, ps_frame *f, ps_value *output, ps_value *assigned,
                        const ps_state *next)
{
    ps_observe(x, "output", output);
    if (exited_types[f->state->kind] != PS_EVENT_TYPE_COUNT) {
        ps_event *e = ps_frame_event(x, f, exited_types[f->state->kind]);
        e->v[0] = ps_value_ref(output);
        e->v[1] = assigned && ps_value_count(assigned) ? ps_value_ref(assigned) : NULL;
    }
    if (assigned) {
        if (f->scope.variables) {
            ps_value *variables = ps_object_copy(f->scope.variables);
            for (size_t i = 0; i < ps_value_count(assigned); i++) {
                ps_object_set_take(variables, ps_value_ref(ps_object_key_at(assigned, i)),
                                   ps_value_ref(ps_object_value_at(assigned, i)));
            }
            ps_value_set_take(&f->scope.variables, variables);
            ps_value_unref(assigned);
        } else {
            f->scope.variables = assigned;
        }
    }
    ps_children_clear(x, f);
    ps_frame_clear_visit(f);
    if (next) {
        ps_value_set_take(&f->input, output);
        f->state = next;
        ps_frame_next(x, f, PS_PHASE_ENTER);
    } else if (f->parent) {
        ps_children_done_take(x, f, output);
    } else {
        ps_event *e = ps_frame_event(x, f, PS_EVENT_EXECUTION_SUCCEEDED);
        e->v[0] = ps_value_ref(output);
        ps_exec_finish_take(x, PS_SUCCEEDED, output, NULL, NULL);
    }
}

void ps_flow_exit(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    ps_evaluate_begin(x, f);
    x->states.result = f->result;
    ps_observe(x, "result", f->result);
    ps_value *selected =
        s->selector ? ps_template_eval(s->selector, f->result, PS_STR("ResultSelector"), &x->env)
                    : ps_value_ref(f->result);
    if (!selected) {
        ps_flow_fault(x, f);
        return;
    }
    if (!s->jsonata) {
        ps_observe(x, "afterResultSelector", selected);
    }
    ps_flow_depart_take(x, f, selected,
                        &(ps_departure){.assign = s->assign,
                                        .result_path = s->result_path,
                                        .discard_result = s->discard_result,
                                        .output_path = &s->output_path,
                                        .output = s->output,
                                        .next = s->next});
}

/* What a state hands on of `v`. NULL: a fault. */
static ps_value *output_of(ps_exec *x, ps_frame *f, const ps_value *v, const ps_departure *d)
{
    if (d->output) {
        return ps_template_eval(d->output, v, PS_STR("Output"), &x->env);
    }
    if (f->state->jsonata) {
        return ps_value_ref(v);
    }
    ps_value *joined = d->discard_result ? ps_value_ref(f->input)
                       : d->result_path && !ps_path_whole(d->result_path)
                           ? ps_path_write(d->result_path, f->input, v, &x->env)
                           : ps_value_ref(v);
    ps_observe(x, "afterResultPath", joined);
    ps_value *output = joined && d->output_path ? ps_evaluate_filter(x, d->output_path, joined)
                                                : ps_value_ref(joined);
    ps_value_unref(joined);
    return output;
}

void ps_flow_depart_take(ps_exec *x, ps_frame *f, ps_value *v, const ps_departure *d)
{
    ps_value *assigned = NULL;
    if (!ps_flow_assign(x, f, d->assign, v, &assigned)) {
        ps_value_unref(v);
        return;
    }
    ps_value *output = output_of(x, f, v, d);
    ps_value_unref(v);
    if (!output) {
        ps_value_unref(assigned);
        ps_flow_fault(x, f);
        return;
    }
    ps_evaluate_end(x);
    if (!ps_flow_fits(x, f, output)) {
        ps_value_unref(output);
        ps_value_unref(assigned);
        return;
    }
    ps_flow_leave_take(x, f, output, assigned, d->next);
}

/* AWS tells of an expression that failed before it tells of what failed by it. The event follows
 * what came before the state, unless the state has come further; a Wait's follows its entry
 * (recorded on AWS). */
static void evaluation_failed(ps_exec *x, ps_frame *f, const ps_value *error, const ps_value *cause)
{
    if (f->previous == f->entered && f->state->kind != PS_STATE_WAIT) {
        f->previous = f->before;
    }
    ps_event *e = ps_frame_event(x, f, PS_EVENT_EVALUATION_FAILED);
    e->v[0] = ps_value_ref(error);
    e->v[1] = ps_value_ref(cause);
    e->v[2] = x->env.fault.location.len ? ps_string(ps_buf_str(&x->env.fault.location)) : NULL;
    /* Parallel and Map fail with an event of their own, though they never said that they began. */
    f->started = f->started ? f->started : 1;
}

void ps_flow_fault(ps_exec *x, ps_frame *f)
{
    if (x->env.fault.kind == PS_FAULT_CALL) {
        ps_value *arguments = x->calls.arguments;
        x->calls.arguments = NULL;
        f->calling = true;
        f->token = ps_exec_command(x, f, PS_CMD_CALL, 0, ps_string(x->calls.name), arguments);
        return;
    }
    ps_str error = x->env.fault.error;
    ps_str cause = ps_buf_str(&x->env.fault.cause);
    ps_str name = ps_value_str(f->state->name);
    ps_value *kind = ps_string(error);
    ps_value *words = ps_stringf(
        "An error occurred while executing the state '%.*s' (entered at the event id #%llu). %.*s",
        (int)name.len, name.p, (unsigned long long)f->entered, (int)cause.len, cause.p);
    if (ps_str_equal(error, PS_STR(PS_QUERY_ERROR))) {
        evaluation_failed(x, f, kind, words);
    }
    ps_flow_failed_take(x, f, kind, words);
}

void ps_flow_fail(ps_exec *x, ps_frame *f, const char *error, const char *cause_format, ...)
{
    va_list args;
    va_start(args, cause_format);
    ps_env_reset(&x->env);
    ps_env_vfail(&x->env, ps_str_from(error), cause_format, args);
    va_end(args);
    ps_flow_fault(x, f);
}

/* The parent's turn, or the end of the execution. */
static void fail_frame(ps_exec *x, ps_frame *f, ps_value *error, ps_value *cause)
{
    if (f->parent) {
        ps_children_failed(x, f, error, cause);
        return;
    }
    ps_event *e = ps_frame_event(x, f, PS_EVENT_EXECUTION_FAILED);
    e->v[0] = ps_value_ref(error);
    e->v[1] = ps_value_ref(cause);
    ps_exec_finish_take(x, PS_FAILED, NULL, ps_value_ref(error), ps_value_ref(cause));
}

void ps_flow_failed_take(ps_exec *x, ps_frame *f, ps_value *error, ps_value *cause)
{
    if (f->first_child && f->phase != PS_PHASE_CHILDREN) {
        ps_children_cut(x, f); /* an ItemSelector may fail while earlier iterations run */
    }
    ps_value_set_take(&f->result, error);
    ps_value_set_take(&f->cause, cause);
    ps_value_set_take(&f->answers, NULL);
    f->failed = true;
    if (!ps_retry_or_catch(x, f)) {
        ps_value *kept_error = ps_value_ref(f->result);
        ps_value *kept_cause = ps_value_ref(f->cause);
        fail_frame(x, f, kept_error, kept_cause);
        ps_value_unref(kept_error);
        ps_value_unref(kept_cause);
    }
}
