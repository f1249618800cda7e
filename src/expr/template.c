/* template.c -- fills templates. */
#include "expr/template.h"

#include "expr/intrinsic_cause.h"
#include "expr/template_internal.h"

typedef struct filling {
    const ps_value *input;
    ps_str field; /* for an expression that stands alone */
    ps_env *env;
} filling;

static ps_value *missing(filling *f, const ps_plan *p)
{
    ps_str path = ps_path_text(p->path);
    ps_str field = p->field ? ps_value_str(p->field) : f->field;
    ps_buf input = {0};
    ps_cause_input(f->input, &input);
    ps_env_fail(
        f->env, PS_STR("States.Runtime"),
        "The JSONPath '%.*s' specified for the field '%.*s' could not be found in the input "
        "'%.*s'",
        (int)path.len, path.p, (int)field.len, field.p, (int)input.len, ps_buf_str(&input).p);
    ps_buf_free(&input);
    return NULL;
}

/* AWS fills in null for an element behind the end of an array; a missing member fails. */
static bool is_behind_end(filling *f, const ps_plan *p)
{
    ps_value *array = p->array ? ps_path_read(p->array, f->input, f->env) : NULL;
    bool behind = array && ps_value_kind(array) == PS_ARRAY;
    ps_value_unref(array);
    return behind;
}

static ps_value *fill_path(filling *f, const ps_plan *p)
{
    ps_value *v = ps_path_read(p->path, f->input, f->env);
    if (v || f->env->fault.kind != PS_FAULT_NONE) {
        return v;
    }
    return is_behind_end(f, p) ? ps_null() : missing(f, p);
}

static ps_value *fill(filling *f, const ps_plan *p, const ps_query_place *at);

static ps_value *fill_object(filling *f, const ps_plan *p, const ps_query_place *at)
{
    ps_value *object = ps_object(p->count);
    for (size_t i = 0; i < p->count; i++) {
        ps_query_place here = {.outer = at, .key = ps_value_str(p->parts[i].key)};
        ps_value *v = fill(f, &p->parts[i], &here);
        if (!v) {
            ps_value_unref(object);
            return NULL;
        }
        ps_object_set_take(object, ps_value_ref(p->parts[i].key), v);
    }
    return object;
}

static ps_value *fill_array(filling *f, const ps_plan *p, const ps_query_place *at)
{
    ps_value *array = ps_array(p->count);
    for (size_t i = 0; i < p->count; i++) {
        ps_query_place here = {.outer = at, .index = i};
        ps_value *v = fill(f, &p->parts[i], &here);
        if (!v) {
            ps_value_unref(array);
            return NULL;
        }
        ps_array_add_take(array, v);
    }
    return array;
}

static ps_value *fill(filling *f, const ps_plan *p, const ps_query_place *at)
{
    switch (p->kind) {
    case PS_PLAN_PATH:
        return fill_path(f, p);
    case PS_PLAN_CALL:
        return ps_intrinsic_eval(p->call, f->input, f->env);
    case PS_PLAN_QUERY:
        return ps_query_eval(p->query, at, f->env);
    case PS_PLAN_OBJECT:
        return fill_object(f, p, at);
    case PS_PLAN_ARRAY:
        return fill_array(f, p, at);
    default:
        return ps_value_ref(p->shared);
    }
}

ps_value *ps_template_eval(const ps_template *t, const ps_value *input, ps_str field, ps_env *env)
{
    filling f = {.input = input, .field = field, .env = env};
    ps_value *v = fill(&f, &t->plan, &(ps_query_place){.key = field});
    if (v && ps_value_depth(v) > PS_MAX_DEPTH) {
        ps_env_fail(env, PS_STR("States.Runtime"), "The result is nested deeper than %d levels",
                    PS_MAX_DEPTH);
        ps_value_unref(v);
        return NULL;
    }
    return v;
}

bool ps_template_holds(const ps_template *condition, size_t rule, ps_env *env, bool *out)
{
    ps_query_place choices = {.key = PS_STR("Choices")};
    ps_query_place element = {.outer = &choices, .index = rule};
    ps_query_place at = {.outer = &element, .key = PS_STR("Condition")};
    filling f = {.env = env};
    ps_value *v = fill(&f, &condition->plan, &at);
    if (!v) {
        return false;
    }
    bool known = ps_value_kind(v) == PS_BOOL;
    *out = known && ps_value_bool(v);
    if (!known) {
        ps_query_unexpected(condition->plan.query, &at, "boolean", v, env);
    }
    ps_value_unref(v);
    return known;
}

void ps_template_unexpected(const ps_template *t, ps_str field, const char *expected,
                            const ps_value *got, ps_env *env)
{
    ps_query_unexpected(t->plan.query, &(ps_query_place){.key = field}, expected, got, env);
}
