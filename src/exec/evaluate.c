/* evaluate.c -- expressions on behalf of a frame: the context object, paths with AWS's words. */
#include "base/mem.h"
#include "base/timetext.h"
#include "exec/layout.h"
#include "value/json.h"

static void put(ps_value *object, const char *key, const ps_value *v)
{
    if (v) {
        ps_object_put_take(object, ps_str_from(key), ps_value_ref(v));
    }
}

static ps_value *time_value(int64_t ms)
{
    ps_buf text = {0};
    ps_time_print(ms, &text);
    ps_value *v = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return v;
}

/* The parts of $$ that stay the same for the whole execution. */
static ps_value *fixed_part(ps_exec *x)
{
    if (!x->context_fixed) {
        ps_value *execution = ps_object(6);
        put(execution, "Id", x->arn);
        put(execution, "Input", x->input);
        put(execution, "Name", x->name);
        put(execution, "RoleArn", x->role_arn);
        ps_object_put_take(execution, PS_STR("StartTime"), time_value(x->started_ms));
        if (x->profile->redrivable) {
            ps_object_put_take(execution, PS_STR("RedriveCount"), ps_int(x->redrives));
        }
        if (x->redrives) {
            ps_object_put_take(execution, PS_STR("RedriveTime"), time_value(x->redriven_ms));
        }
        ps_value *machine = ps_object(2);
        put(machine, "Id", x->machine_arn);
        put(machine, "Name", x->machine_name);
        x->context_fixed = ps_object(4);
        ps_object_put_take(x->context_fixed, PS_STR("Execution"), execution);
        ps_object_put_take(x->context_fixed, PS_STR("StateMachine"), machine);
    }
    return x->context_fixed;
}

static const ps_value *context_of(void *arg)
{
    ps_exec *x = arg;
    if (x->context) {
        return x->context;
    }
    const ps_frame *f = x->evaluating;
    ps_value *context = ps_object_copy(fixed_part(x));
    ps_value *state = ps_object(3);
    put(state, "Name", f->state->name);
    ps_object_put_take(state, PS_STR("EnteredTime"), time_value(f->entered_ms));
    if (f->state->kind == PS_STATE_TASK || f->state->kind == PS_STATE_PARALLEL ||
        f->state->kind == PS_STATE_MAP) {
        ps_object_put_take(state, PS_STR("RetryCount"), ps_int(f->attempt));
    }
    ps_object_put_take(context, PS_STR("State"), state);
    if (f->task_token) {
        ps_value *task = ps_object(1);
        put(task, "Token", f->task_token);
        ps_object_put_take(context, PS_STR("Task"), task);
    }
    if (x->item) {
        ps_value *map = ps_object(1);
        put(map, "Item", x->item);
        ps_object_put_take(context, PS_STR("Map"), map);
    }
    x->context = context;
    return context;
}

void ps_evaluate_begin(ps_exec *x, ps_frame *f)
{
    ps_env_reset(&x->env);
    x->env.context = context_of;
    x->env.context_arg = x;
    x->env.scope = &f->scope;
    x->rand = ps_exec_stream(x, PS_STREAM_UUID);
    x->env.rand = &x->rand;
    x->calls = (ps_calls){.answers = f->answers};
    x->env.calls = &x->calls;
    x->evaluating = f;
    ps_value_set_take(&x->context, NULL);
    x->states = (ps_states){.input = f->input, .bounds = x->profile->queries, .now_ms = x->now_ms};
    x->env.states = f->state->jsonata ? &x->states : NULL;
}

void ps_evaluate_end(ps_exec *x)
{
    ps_exec_stream_end(x, &x->rand);
    ps_value_set_take(&x->context, NULL);
}

ps_value *ps_evaluate_path(ps_exec *x, const ps_path *p, const ps_value *input)
{
    ps_value *v = ps_path_read(p, input, &x->env);
    if (v || x->env.fault.kind != PS_FAULT_NONE) {
        return v;
    }
    ps_buf where = {0};
    ps_path_print_missing(p, input, &x->env, &where);
    ps_str text = ps_path_text(p);
    ps_env_fail(&x->env, PS_STR("States.Runtime"),
                "Invalid path '%.*s' : No results for path: %.*s", (int)text.len, text.p,
                (int)where.len, where.p ? where.p : "");
    ps_buf_free(&where);
    return NULL;
}

ps_value *ps_evaluate_filter(ps_exec *x, const ps_filter *filter, const ps_value *input)
{
    if (filter->discard) {
        return ps_object(0);
    }
    return filter->path ? ps_evaluate_path(x, filter->path, input) : ps_value_ref(input);
}

void ps_evaluate_quote(const ps_value *v, ps_buf *out)
{
    if (ps_value_kind(v) == PS_STRING) {
        ps_buf_add(out, ps_value_str(v));
    } else {
        ps_json_print(v, out);
    }
}

ps_value *ps_evaluate_number(const ps_value *v)
{
    if (ps_value_is_number(v)) {
        return ps_value_ref(v);
    }
    ps_error err;
    ps_value *read =
        ps_value_kind(v) == PS_STRING ? ps_json_parse(ps_value_str(v), NULL, &err) : NULL;
    if (read && !ps_value_is_number(read)) {
        ps_value_set_take(&read, NULL);
    }
    return read;
}

int64_t ps_count_literal(const ps_count *count)
{
    static const double most = (double)(INT64_C(1) << 53);
    double n = count->literal;
    return (int64_t)(n < -most ? -most : n > most ? most : n);
}

/* `field` is the name of the Path form. */
static bool query_count(ps_exec *x, const ps_template *t, const ps_value *input, const char *field,
                        int64_t *out)
{
    ps_str name = {field, strlen(field) - strlen("Path")};
    ps_value *v = ps_template_eval(t, input, name, &x->env);
    bool fits = v && ps_value_is_number(v) && ps_value_int(v, out);
    if (v && !fits) {
        ps_template_unexpected(t, name, "integer", v, &x->env);
    }
    ps_value_unref(v);
    return fits;
}

bool ps_evaluate_count(ps_exec *x, const ps_count *count, const ps_value *input, const char *field,
                       int64_t *out)
{
    *out = -1;
    if (!count->given) {
        return true;
    }
    if (count->query) {
        return query_count(x, count->query, input, field, out);
    }
    if (!count->path) {
        *out = ps_count_literal(count);
        return true;
    }
    ps_value *v = ps_evaluate_path(x, count->path, input);
    if (!v) {
        return false;
    }
    ps_value *number = ps_evaluate_number(v);
    bool fits = number && ps_value_kind(number) == PS_INT && ps_value_int(number, out) &&
                *out >= INT32_MIN && *out <= INT32_MAX;
    ps_value_unref(number);
    if (!fits) {
        ps_buf quoted = {0};
        ps_evaluate_quote(v, &quoted);
        ps_str path = ps_path_text(count->path);
        ps_env_fail(&x->env, PS_STR("States.Runtime"),
                    "The %s field refers to value \"%.*s\" which is not a valid integer: %.*s",
                    field, (int)quoted.len, quoted.p ? quoted.p : "", (int)path.len, path.p);
        ps_buf_free(&quoted);
    }
    ps_value_unref(v);
    return fits;
}
