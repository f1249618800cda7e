/* intrinsic.c -- evaluates intrinsic function calls. */
#include "expr/intrinsic.h"

#include "base/mem.h"
#include "expr/intrinsic_ask.h"
#include "expr/intrinsic_cause.h"
#include "expr/intrinsic_internal.h"

#include <stdarg.h>
#include <stdio.h>

/* As many arguments as most calls have: these need no memory of their own. */
#define FEW_ARGUMENTS 8

ps_intrinsic *ps_intrinsic_new(ps_str text, ps_error *err)
{
    ps_intrinsic *f = ps_alloc(sizeof *f);
    *f = (ps_intrinsic){.text = ps_string(text)};
    f->call = ps_intrinsic_parse(ps_value_str(f->text), err);
    if (!f->call) {
        ps_intrinsic_free(f);
        return NULL;
    }
    return f;
}

void ps_intrinsic_free(ps_intrinsic *f)
{
    if (f) {
        ps_call_free(f->call);
        ps_value_unref(f->text);
        ps_free(f);
    }
}

ps_str ps_intrinsic_text(const ps_intrinsic *f)
{
    return ps_value_str(f->text);
}

ps_value *ps_intrinsic_refuse(ps_evaluation *e, const ps_call *c, const char *format, ...)
{
    char detail[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    ps_str whole = ps_intrinsic_text(e->whole);
    ps_env_fail(e->env, PS_STR("States.Runtime"),
                "The function '%.*s' had the following error: Invalid arguments in %.*s: %s",
                (int)whole.len, whole.p, (int)c->name.len, c->name.p, detail);
    return NULL;
}

/* AWS names the whole expression, cuts `$$` down to `$`, and quotes the state's input even then. */
static ps_value *missing_path(ps_evaluation *e, const ps_path *path)
{
    ps_str whole = ps_intrinsic_text(e->whole);
    ps_str text = ps_path_text(path);
    ps_buf input = {0};
    if (ps_path_where(path) == PS_ROOT_CONTEXT) {
        text = (ps_str){text.p + 1, text.len - 1};
    }
    ps_cause_input(e->input, &input);
    ps_env_fail(e->env, PS_STR("States.Runtime"),
                "The function '%.*s' had the following error: The JsonPath argument for the field "
                "'%.*s' could not be found in the input '%.*s'",
                (int)whole.len, whole.p, (int)text.len, text.p, (int)input.len,
                ps_buf_str(&input).p);
    ps_buf_free(&input);
    return NULL;
}

static ps_value *evaluate_call(ps_evaluation *e, const ps_call *c);

static ps_value *evaluate_argument(ps_evaluation *e, const ps_argument *a)
{
    switch (a->kind) {
    case PS_ARGUMENT_PATH: {
        ps_value *v = ps_path_read(a->path, e->input, e->env);
        if (!v && e->env->fault.kind == PS_FAULT_NONE) {
            return missing_path(e, a->path);
        }
        return v;
    }
    case PS_ARGUMENT_CALL:
        return evaluate_call(e, a->call);
    default:
        return ps_value_ref(a->literal);
    }
}

static ps_value *ask_lua(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    ps_value *list = ps_array(c->count);
    for (size_t i = 0; i < c->count; i++) {
        ps_array_add_take(list, ps_value_ref(arguments[i]));
    }
    return ps_value_ref(ps_ask_take(e->env, c->name, list));
}

static ps_value *apply(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    if (!c->function) {
        return ask_lua(e, c, arguments);
    }
    for (size_t i = 0; i < c->count; i++) {
        char letter = ps_intrinsic_letter(c->function, i);
        if (!ps_intrinsic_fits(letter, arguments[i])) {
            return ps_intrinsic_refuse(e, c, "argument %zu must be %s", i + 1,
                                       ps_intrinsic_letter_words(letter));
        }
    }
    return c->function->run(e, c, arguments);
}

static ps_value *evaluate_call(ps_evaluation *e, const ps_call *c)
{
    ps_value *few[FEW_ARGUMENTS];
    ps_value **arguments = c->count <= FEW_ARGUMENTS ? few : ps_alloc(c->count * sizeof *arguments);
    ps_value *result = NULL;
    size_t done = 0;
    while (done < c->count) {
        arguments[done] = evaluate_argument(e, &c->arguments[done]);
        if (!arguments[done]) {
            break;
        }
        done++;
    }
    if (done == c->count) {
        result = apply(e, c, arguments);
    }
    while (done) {
        ps_value_unref(arguments[--done]);
    }
    if (arguments != few) {
        ps_free(arguments);
    }
    return result;
}

ps_value *ps_intrinsic_eval(const ps_intrinsic *f, const ps_value *input, ps_env *env)
{
    ps_evaluation e = {.whole = f, .input = input, .env = env};
    return evaluate_call(&e, f->call);
}

static void visit_call(const ps_call *c, void (*visit)(void *arg, const ps_path *p), void *arg)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->arguments[i].kind == PS_ARGUMENT_PATH) {
            visit(arg, c->arguments[i].path);
        } else if (c->arguments[i].kind == PS_ARGUMENT_CALL) {
            visit_call(c->arguments[i].call, visit, arg);
        }
    }
}

void ps_intrinsic_paths(const ps_intrinsic *f, void (*visit)(void *arg, const ps_path *p),
                        void *arg)
{
    visit_call(f->call, visit, arg);
}
