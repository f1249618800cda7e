/* simple.c -- the states that need no command: Pass, Choice, Wait, Succeed, Fail. */
#include "base/timetext.h"
#include "exec/layout.h"
#include "expr/intrinsic_ask.h"
#include "expr/query.h"

#include <stdio.h>

/* The longest a Wait may last, in seconds. */
#define LONGEST_WAIT 99999999

/* A Choice hands on its input, after OutputPath or Output; false: the frame has been told. */
static bool pass_on(ps_exec *x, ps_frame *f, const ps_value *v, const ps_template *shaped,
                    ps_value **output)
{
    *output = shaped ? ps_template_eval(shaped, v, PS_STR("Output"), &x->env)
                     : ps_evaluate_filter(x, &f->state->output_path, v);
    if (!*output) {
        ps_flow_fault(x, f);
        return false;
    }
    return true;
}

/* Of a rule whose Condition is "lua:name"; false with a fault. */
static bool predicate_holds(ps_exec *x, const ps_rule *rule, const ps_value *v, size_t i, bool *out)
{
    const ps_value *answer = ps_ask_take(&x->env, ps_value_str(rule->predicate), ps_value_ref(v));
    bool known = answer && ps_value_kind(answer) == PS_BOOL;
    *out = known && ps_value_bool(answer);
    if (answer && !known) {
        char field[48];
        (void)snprintf(field, sizeof field, "Choices[%zu]/Condition", i);
        ps_template_unexpected(rule->condition, ps_str_from(field), "boolean", answer, &x->env);
    }
    return known;
}

/* As ps_choices_eval, of rules that have conditions. */
static size_t first_true(ps_exec *x, const ps_state *s, const ps_value *v)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        const ps_rule *rule = &s->rules[i];
        bool holds;
        if (!(rule->predicate ? predicate_holds(x, rule, v, i, &holds)
                              : ps_template_holds(rule->condition, i, &x->env, &holds))) {
            return PS_CHOICE_FAULT;
        }
        if (holds) {
            return i;
        }
    }
    return PS_CHOICE_NONE;
}

static void choose(ps_exec *x, ps_frame *f, const ps_value *v)
{
    const ps_state *s = f->state;
    size_t i = s->choices ? ps_choices_eval(s->choices, v, &x->env) : first_true(x, s, v);
    if (i == PS_CHOICE_FAULT) {
        ps_flow_fault(x, f);
        return;
    }
    const ps_state *next = i == PS_CHOICE_NONE ? s->otherwise : s->rules[i].next;
    const ps_template *assign =
        i != PS_CHOICE_NONE && s->rules[i].assign ? s->rules[i].assign : s->assign;
    const ps_template *shaped =
        i != PS_CHOICE_NONE && s->rules[i].output ? s->rules[i].output : s->output;
    if (!next) {
        ps_flow_fail(
            x, f, "States.Runtime",
            "Failed to transition out of the state. The state does not point to a next state.");
        return;
    }
    ps_value *assigned = NULL;
    ps_value *output = NULL;
    if (!ps_flow_assign(x, f, assign, v, &assigned)) {
        return;
    }
    if (!pass_on(x, f, v, shaped, &output)) {
        ps_value_unref(assigned);
        return;
    }
    ps_evaluate_end(x);
    ps_flow_leave_take(x, f, output, assigned, next);
}

/* SecondsPath or TimestampPath: the value it refers to, or NULL. */
static ps_value *wait_value(ps_exec *x, ps_frame *f, const ps_path *path, const ps_value *v,
                            const char *field)
{
    ps_value *found = ps_path_read(path, v, &x->env);
    if (!found) {
        if (x->env.fault.kind == PS_FAULT_NONE) {
            ps_str text = ps_path_text(path);
            ps_env_fail(&x->env, PS_STR("States.Runtime"),
                        "The %s parameter does not reference an input value: %.*s", field,
                        (int)text.len, text.p);
        }
        ps_flow_fault(x, f);
    }
    return found;
}

static void wait_failed(ps_exec *x, ps_frame *f, const char *words, const ps_path *path,
                        const ps_value *found)
{
    ps_buf quoted = {0};
    ps_evaluate_quote(found, &quoted);
    ps_str text = ps_path_text(path);
    ps_env_fail(&x->env, PS_STR("States.Runtime"), "%s: %.*s == %.*s", words, (int)text.len, text.p,
                (int)quoted.len, quoted.p ? quoted.p : "");
    ps_buf_free(&quoted);
    ps_flow_fault(x, f);
}

/* Timestamp as an expression; false: a fault. */
static bool timestamp(ps_exec *x, const ps_state *s, const ps_value *v, int64_t *until_ms)
{
    int32_t nanos = 0;
    ps_str field = PS_STR("Timestamp");
    ps_value *found = ps_template_eval(s->timestamp, v, field, &x->env);
    bool text = found && ps_value_kind(found) == PS_STRING;
    bool ok = text && ps_time_parse(ps_value_str(found), until_ms, &nanos);
    if (text && !ok) {
        ps_str given = ps_value_str(found);
        ps_env_fail(&x->env, PS_STR(PS_QUERY_ERROR),
                    "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time "
                    "format string: %.*s",
                    (int)given.len, given.p);
        ps_env_locate(&x->env, field);
    } else if (found && !text) {
        ps_template_unexpected(s->timestamp, field, "string", found, &x->env);
    }
    *until_ms += nanos > 0;
    ps_value_unref(found);
    return ok;
}

/* Seconds as an expression; false: a fault. */
static bool computed_seconds(ps_exec *x, const ps_state *s, const ps_value *v, int64_t *seconds)
{
    if (!ps_evaluate_count(x, &s->seconds, v, "SecondsPath", seconds)) {
        return false;
    }
    if (*seconds < 0 || *seconds > LONGEST_WAIT) {
        ps_env_fail(&x->env, PS_STR(PS_QUERY_ERROR),
                    "The Seconds field must be between 0 and %d, but was %lld", LONGEST_WAIT,
                    (long long)*seconds);
        ps_env_locate(&x->env, PS_STR("Seconds"));
        return false;
    }
    return true;
}

/* When a Wait ends; false: the frame has been told. */
static bool wait_until(ps_exec *x, ps_frame *f, const ps_value *v, int64_t *until_ms)
{
    const ps_state *s = f->state;
    int64_t seconds = 0;
    if (s->has_timestamp) {
        *until_ms = s->timestamp_ms;
        return true;
    }
    if (s->timestamp || s->seconds.query) {
        bool ok = s->timestamp ? timestamp(x, s, v, until_ms) : computed_seconds(x, s, v, &seconds);
        if (!ok) {
            ps_flow_fault(x, f);
        } else if (!s->timestamp) {
            *until_ms = ps_exec_after(x, seconds);
        }
        return ok;
    }
    if (s->timestamp_path) {
        ps_value *found = wait_value(x, f, s->timestamp_path, v, "TimestampPath");
        if (!found) {
            return false;
        }
        int32_t nanos = 0;
        bool ok = ps_value_kind(found) == PS_STRING &&
                  ps_time_parse(ps_value_str(found), until_ms, &nanos);
        if (!ok) {
            wait_failed(x, f,
                        "The TimestampPath parameter does not reference a valid ISO-8601 extended "
                        "offset date-time "
                        "format string",
                        s->timestamp_path, found);
        }
        *until_ms += nanos > 0;
        ps_value_unref(found);
        return ok;
    }
    if (s->seconds.path) {
        ps_value *found = wait_value(x, f, s->seconds.path, v, "SecondsPath");
        if (!found) {
            return false;
        }
        bool whole = ps_value_kind(found) == PS_INT && ps_value_int(found, &seconds);
        if (!whole) {
            wait_failed(x, f, "The SecondsPath parameter cannot be parsed as a long value",
                        s->seconds.path, found);
        } else if (seconds < 0) {
            wait_failed(x, f, "The SecondsPath parameter references a negative value",
                        s->seconds.path, found);
        }
        ps_value_unref(found);
        if (!whole || seconds < 0) {
            return false;
        }
        if (seconds > LONGEST_WAIT) {
            ps_flow_fail(x, f, "States.Runtime", "Wait state delay is too long.");
            return false;
        }
    } else {
        seconds = ps_count_literal(&s->seconds);
    }
    *until_ms = ps_exec_after(x, seconds);
    return true;
}

static void fail(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    ps_value *texts[2] = {ps_value_ref(s->error), ps_value_ref(s->cause)};
    ps_template *const paths[2] = {s->error_path, s->cause_path};
    static const char *const names[2][2] = {{"ErrorPath", "CausePath"}, {"Error", "Cause"}};
    const char *const *fields = names[s->jsonata];
    for (size_t i = 0; i < 2; i++) {
        if (!paths[i]) {
            continue;
        }
        ps_value_set_take(&texts[i],
                          ps_template_eval(paths[i], f->input, ps_str_from(fields[i]), &x->env));
        if (texts[i] && ps_value_kind(texts[i]) != PS_STRING && s->jsonata) {
            ps_template_unexpected(paths[i], ps_str_from(fields[i]), "string", texts[i], &x->env);
            ps_value_set_take(&texts[i], NULL);
        } else if (texts[i] && ps_value_kind(texts[i]) != PS_STRING) {
            ps_env_fail(&x->env, PS_STR("States.Runtime"),
                        "The %s field does not refer to a string", fields[i]);
            ps_value_set_take(&texts[i], NULL);
        }
        if (!texts[i]) {
            ps_value_unref(texts[1 - i]);
            ps_flow_fault(x, f);
            return;
        }
    }
    ps_evaluate_end(x);
    ps_flow_failed_take(x, f, texts[0], texts[1]);
}

void ps_simple_begin(ps_exec *x, ps_frame *f)
{
    const ps_state *s = f->state;
    ps_evaluate_begin(x, f);
    if (s->kind == PS_STATE_FAIL) {
        fail(x, f);
        return;
    }
    ps_value *v = ps_flow_effective(x, f);
    if (!v) {
        return;
    }
    if (s->kind == PS_STATE_CHOICE) {
        choose(x, f, v);
        ps_value_unref(v);
        return;
    }
    if (s->kind == PS_STATE_PASS && s->result) {
        ps_value_set_take(&v, ps_value_ref(s->result));
    }
    if (s->kind == PS_STATE_WAIT) {
        int64_t until_ms = 0;
        bool ok = wait_until(x, f, v, &until_ms);
        if (!ok || until_ms > x->now_ms) {
            if (ok) {
                ps_evaluate_end(x);
                ps_value_set_take(&f->result, v);
                f->phase = PS_PHASE_SLEEPING;
                ps_frame_timer(x, f, until_ms);
            } else {
                ps_value_unref(v);
            }
            return;
        }
    }
    ps_evaluate_end(x);
    ps_flow_result_take(x, f, v);
}
