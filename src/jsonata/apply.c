/* apply.c -- functions of all kinds, applied to arguments that have been evaluated. */
#include "jsonata/eval.h"

static const ps_jx null_input = {.kind = PS_JX_NULL};

/* -- what is not a lambda --------------------------------------------------------------------- */

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Puts in and checks what the signature says; `args` moves where it needs more room. */
ps_jx *ps_jx_checked(ps_jx_run *run, const ps_jx_signature *s, const ps_jx_call *call, ps_jx *args,
                     size_t *count, size_t room)
{
    size_t need = max(room, max(*count, s ? ps_jx_signature_room(s, *count) : 0));
    ps_jx *own = ps_jx_push(run, need);
    memcpy(own, args, *count * sizeof *own);
    for (size_t i = *count; i < need; i++) {
        own[i] = PS_JX_NOTHING;
    }
    if (s) {
        *count = ps_jx_signature_apply(run, s, call, own, *count, need);
        for (size_t i = *count; i < need; i++) {
            own[i] = PS_JX_NOTHING;
        }
    }
    return own;
}

static ps_jx call_native(ps_jx_run *run, const ps_jx_function *f, ps_jx *args, size_t count,
                         ps_jx input, size_t at, bool check)
{
    ps_jx_call call = {input, at, ps_str_from(f->native->name)};
    ps_jx *own =
        ps_jx_checked(run, check ? f->signature : NULL, &call, args, &count, f->native->arity);
    if (!check && f->signature) {
        ps_jx_signature_require(run, f->signature, &call, own, count);
    }
    ps_jx v = f->native->fn(run, &call, own, count);
    ps_jx_pop(run, own);
    return v;
}

static void release_buf(void *p)
{
    ps_buf_free(p);
}

static ps_jx call_host(ps_jx_run *run, const ps_jx_function *f, const ps_jx *args, size_t count)
{
    ps_value *arguments = ps_array(count);
    ps_jx_keep_value(run, arguments);
    for (size_t i = 0; i < count; i++) {
        if (args[i].kind == PS_JX_FUNCTION) {
            ps_jx_fields fields = {
                .token = f->name, .function_name = f->name, .index = (int64_t)i + 1};
            ps_jx_throw(run, "T0410", f->at, &fields);
        }
        ps_array_add_take(arguments, ps_jx_result(run, args[i]));
    }
    ps_buf *error = ps_jx_alloc(run, sizeof *error);
    *error = (ps_buf){0};
    ps_jx_keep(run, release_buf, error);
    ps_value *v = run->env->call(run->env->arg, f->name, arguments, error);
    if (v) {
        return ps_jx_borrow(ps_jx_keep_value(run, v));
    }
    if (error->len) {
        ps_jx_fields fields = {.message = ps_buf_str(error)};
        ps_jx_throw(run, "D3137", f->at, &fields);
    }
    return PS_JX_NOTHING;
}

static ps_jx call_change(ps_jx_run *run, const ps_jx_function *f, ps_jx *args, size_t count,
                         ps_jx input, size_t at)
{
    ps_jx_call call = {input, at, PS_STR("")};
    ps_jx *own = ps_jx_checked(run, f->node->signature, &call, args, &count, 1);
    ps_jx v = ps_jx_change(run, f, own[0]);
    ps_jx_pop(run, own);
    return v;
}

/* -- any function ----------------------------------------------------------------------------- */

/* The bound arguments and the given ones in their places. What was bound keeps no signature. */
static ps_jx call_partial(ps_jx_run *run, const ps_jx_function *f, const ps_jx *args, size_t count,
                          ps_jx input, size_t at, ps_jx_trace *here)
{
    ps_jx *own = ps_jx_push(run, f->bound_count);
    size_t given = 0;
    for (size_t i = 0; i < f->bound_count; i++) {
        if (f->bound[i].kind != PS_JX_UNBOUND) {
            own[i] = f->bound[i];
        } else {
            own[i] = given < count ? args[given] : PS_JX_NOTHING;
            given++;
        }
    }
    ps_jx v = ps_jx_apply_traced(run, f->inner, own, f->bound_count, input, at, here, false);
    ps_jx_pop(run, own);
    return v;
}

/* In the reference this is function($f, $g){ function($x){ $g($f($x)) } }: names in that text are
 * what errors are told with. */
static ps_jx call_composed(ps_jx_run *run, const ps_jx_function *f, ps_jx *args, size_t count)
{
    ps_jx_trace trace = {.outer = run->trace};
    run->trace = &trace;
    f->first->token = PS_STR("f");
    f->first->at = 0;
    f->second->token = PS_STR("g");
    f->second->at = 0;
    ps_jx v = ps_jx_apply_traced(run, f->first, args, count ? 1 : 0, null_input, 0, &trace, true);
    trace.function = NULL;
    v = ps_jx_apply_traced(run, f->second, &v, 1, null_input, 0, &trace, true);
    run->trace = trace.outer;
    return v;
}

ps_jx ps_jx_apply_traced(ps_jx_run *run, ps_jx_function *f, ps_jx *args, size_t count, ps_jx input,
                         size_t at, ps_jx_trace *here, bool check)
{
    ps_jx v = PS_JX_NOTHING;
    ps_jx_frame *caller = run->frame;
    if (check) {
        /* What a composed one calls tells its errors itself; a partial's own function is none that
         * the reference calls. */
        here->function = f->kind == PS_JX_COMPOSED ? NULL : f;
    }
    /* Functions made of functions may nest as deep as expressions. */
    if (++run->depth > run->bounds.depth + 1) {
        ps_jx_too_deep(run);
    }
    ps_jx_tick(run);
    switch (f->kind) {
    case PS_JX_LAMBDA:
        run->depth--; /* its body counts */
        return ps_jx_call_lambda(run, f, args, count, input, here, check);
    case PS_JX_NATIVE:
        v = call_native(run, f, args, count, input, at, check);
        break;
    case PS_JX_PARTIAL:
        v = call_partial(run, f, args, count, input, at, here);
        break;
    case PS_JX_COMPOSED:
        v = call_composed(run, f, args, count);
        break;
    case PS_JX_CHANGE:
        v = call_change(run, f, args, count, input, at);
        break;
    case PS_JX_HOST:
        v = call_host(run, f, args, count);
        break;
    case PS_JX_REGEX:
        v = ps_jx_regex_apply(run, f->regex, args, count);
        break;
    case PS_JX_NEXT:
        v = f->again(run, f->state);
        break;
    case PS_JX_THUNK:
        break;
    }
    run->depth--;
    run->frame = caller;
    return v;
}

ps_jx ps_jx_apply(ps_jx_run *run, ps_jx function, ps_jx *args, size_t count, ps_jx input, size_t at)
{
    ps_jx_trace here = {.outer = run->trace};
    run->trace = &here;
    if (function.kind != PS_JX_FUNCTION) {
        ps_jx_fail(run, "T1006", at, PS_STR(""));
    }
    ps_jx v = ps_jx_apply_traced(run, function.function, args, count, input, at, &here, true);
    run->trace = here.outer;
    return v;
}

size_t ps_jx_arity(ps_jx function)
{
    const ps_jx_function *f = function.function;
    switch (f->kind) {
    case PS_JX_LAMBDA:
        return f->node->parameter_count;
    case PS_JX_NATIVE:
        return f->native->arity;
    case PS_JX_PARTIAL:
        return f->arity;
    case PS_JX_REGEX:
        return 2;
    case PS_JX_NEXT:
    case PS_JX_THUNK:
        return 0;
    case PS_JX_HOST:
    case PS_JX_COMPOSED:
    case PS_JX_CHANGE:
        break;
    }
    return 1;
}

ps_jx ps_jx_apply_item(ps_jx_run *run, ps_jx function, ps_jx value, size_t index, ps_jx whole)
{
    ps_jx args[3] = {value, ps_jx_number((double)index), whole};
    size_t arity = ps_jx_arity(function);
    return ps_jx_apply(run, function, args, arity >= 3 ? 3 : arity >= 2 ? 2 : 1, null_input, 0);
}

bool ps_jx_is_regex(ps_jx v)
{
    return v.kind == PS_JX_FUNCTION && v.function->kind == PS_JX_REGEX;
}

const ps_jx_regex *ps_jx_regex_of(ps_jx regex)
{
    return regex.function->regex;
}

ps_jx ps_jx_regex_value(ps_jx_run *run, const ps_jx_regex *regex)
{
    ps_jx_function *f = ps_jx_alloc(run, sizeof *f);
    *f = (ps_jx_function){.kind = PS_JX_REGEX, .regex = regex};
    return ps_jx_function_value(f);
}

ps_jx ps_jx_again_value(ps_jx_run *run, ps_jx_again *again, void *state)
{
    ps_jx_function *f = ps_jx_alloc(run, sizeof *f);
    *f = (ps_jx_function){.kind = PS_JX_NEXT, .again = again, .state = state};
    return ps_jx_function_value(f);
}
