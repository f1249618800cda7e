/* call.c -- calls: by name in an expression, or by a built-in that was handed a function.
 *
 * A lambda's arguments are evaluated right into the frame it runs in, those of a built-in onto the
 * run's stack of values. A lambda that ends in a call gives that back as a thunk; the loop here
 * makes the call, so that recursion in tail position takes neither stack nor memory. */
#include "jsonata/eval.h"

static const ps_jx null_input = {.kind = PS_JX_NULL};

/* -- what is not a lambda --------------------------------------------------------------------- */

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Puts in and checks what the signature says; `args` moves where it needs more room. */
static ps_jx *checked(ps_jx_run *run, const ps_jx_signature *s, const ps_jx_call *call, ps_jx *args,
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
    ps_jx_frame *frame = run->frame;
    ps_jx *own = checked(run, check ? f->signature : NULL, &call, args, &count, f->native->arity);
    ps_jx v = f->native->fn(run, &call, own, count);
    ps_jx_pop(run, own);
    run->frame = frame;
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
    ps_jx *own = checked(run, f->node->signature, &call, args, &count, 1);
    ps_jx v = ps_jx_change(run, f, own[0]);
    ps_jx_pop(run, own);
    return v;
}

/* -- lambdas ---------------------------------------------------------------------------------- */

/* The frame that a lambda is to run in; its arguments are to be bound by the caller. */
static ps_jx_frame *frame_of(ps_jx_run *run, const ps_jx_function *lambda)
{
    const ps_node *node = lambda->node;
    ps_jx_frame *frame = ps_jx_frame_new(run, lambda->frame, node->parameter_count);
    for (size_t i = 0; i < node->parameter_count; i++) {
        frame->p[i] = (ps_jx_binding){node->parameters[i], PS_JX_NOTHING};
    }
    frame->count = (uint32_t)node->parameter_count;
    return frame;
}

static ps_jx_frame *bound_frame(ps_jx_run *run, const ps_jx_function *lambda, const ps_jx *args,
                                size_t count)
{
    ps_jx_frame *frame = frame_of(run, lambda);
    for (size_t i = 0; i < count && i < frame->count; i++) {
        frame->p[i].value = args[i];
    }
    return frame;
}

static ps_jx run_lambda(ps_jx_run *run, ps_jx_function *lambda, ps_jx_frame *frame,
                        ps_jx_trace *here);

static ps_jx call_lambda(ps_jx_run *run, ps_jx_function *lambda, ps_jx *args, size_t count,
                         ps_jx input, ps_jx_trace *here, bool check)
{
    const ps_jx_signature *s = check ? lambda->node->signature : NULL;
    if (!s) {
        return run_lambda(run, lambda, bound_frame(run, lambda, args, count), here);
    }
    ps_jx_call call = {input, lambda->at, lambda->token};
    ps_jx *own = checked(run, s, &call, args, &count, 0);
    ps_jx_frame *frame = bound_frame(run, lambda, own, count);
    ps_jx_pop(run, own);
    return run_lambda(run, lambda, frame, here);
}

/* -- any function ----------------------------------------------------------------------------- */

static ps_jx apply(ps_jx_run *run, ps_jx_function *f, ps_jx *args, size_t count, ps_jx input,
                   size_t at, ps_jx_trace *here, bool check);

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
    ps_jx v = apply(run, f->inner, own, f->bound_count, input, at, here, false);
    ps_jx_pop(run, own);
    return v;
}

/* In the reference this is function($f, $g){ function($x){ $g($f($x)) } }: names and places in that
 * text are what errors are told with. */
static ps_jx call_composed(ps_jx_run *run, const ps_jx_function *f, ps_jx *args, size_t count)
{
    ps_jx_trace trace = {.outer = run->trace};
    run->trace = &trace;
    f->first->token = PS_STR("f");
    f->first->at = 39;
    f->second->token = PS_STR("g");
    f->second->at = 35;
    ps_jx v = apply(run, f->first, args, count ? 1 : 0, null_input, 0, &trace, true);
    trace.function = NULL;
    v = apply(run, f->second, &v, 1, null_input, 0, &trace, true);
    run->trace = trace.outer;
    return v;
}

static ps_jx apply(ps_jx_run *run, ps_jx_function *f, ps_jx *args, size_t count, ps_jx input,
                   size_t at, ps_jx_trace *here, bool check)
{
    ps_jx v = PS_JX_NOTHING;
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
        return call_lambda(run, f, args, count, input, here, check);
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
    return v;
}

ps_jx ps_jx_apply(ps_jx_run *run, ps_jx function, ps_jx *args, size_t count, ps_jx input, size_t at)
{
    ps_jx_trace here = {.outer = run->trace};
    run->trace = &here;
    if (function.kind != PS_JX_FUNCTION) {
        ps_jx_fail(run, "T1006", at, PS_STR(""));
    }
    ps_jx v = apply(run, function.function, args, count, input, at, &here, true);
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

/* -- calls in an expression ------------------------------------------------------------------- */

/* What errors call the function that this node stands for. */
static ps_str name_of(const ps_node *procedure)
{
    const ps_node *n = procedure->kind == PS_NODE_PATH ? procedure->list.p[0] : procedure;
    switch (n->kind) {
    case PS_NODE_VARIABLE:
        return n->name;
    case PS_NODE_NAME:
        return ps_value_str(n->value);
    case PS_NODE_CALL:
    case PS_NODE_PARTIAL:
        return PS_STR("(");
    default:
        return PS_STR("");
    }
}

/* `sum(x)` where `$sum(x)` was meant. */
static void hint(ps_jx_run *run, const ps_node *call, ps_jx procedure, const ps_jx_frame *frame,
                 const char *code)
{
    if (procedure.kind == PS_JX_UNDEFINED && call->left->kind == PS_NODE_PATH &&
        call->left->list.p[0]->kind == PS_NODE_NAME) {
        ps_str name = name_of(call->left);
        if (ps_jx_lookup(run, frame, name).kind != PS_JX_UNDEFINED) {
            ps_jx_fail(run, code, call->at, name);
        }
    }
}

/* The arguments in the frame of the lambda that is called; what it has no parameter for is
 * evaluated all the same. */
static ps_jx_frame *lambda_arguments(ps_jx_run *run, const ps_jx_function *lambda,
                                     const ps_node *call, ps_jx input, ps_jx_frame *frame,
                                     const ps_jx *first)
{
    ps_jx_frame *own = frame_of(run, lambda);
    size_t at = 0;
    if (first) {
        if (own->count) {
            own->p[0].value = *first;
        }
        at = 1;
    }
    for (size_t i = 0; i < call->list.count; i++, at++) {
        ps_jx v = ps_jx_eval(run, call->list.p[i], input, frame);
        if (at < own->count) {
            own->p[at].value = v;
        }
    }
    return own;
}

/* The arguments on the stack. */
static ps_jx *arguments(ps_jx_run *run, const ps_node *call, ps_jx input, ps_jx_frame *frame,
                        const ps_jx *first, size_t *count)
{
    size_t at = 0;
    *count = call->list.count + (first != NULL);
    ps_jx *args = ps_jx_push(run, *count);
    if (first) {
        args[at++] = *first;
    }
    for (size_t i = 0; i < call->list.count; i++) {
        args[at++] = ps_jx_eval(run, call->list.p[i], input, frame);
    }
    return args;
}

/* Frames that a tail call has left, up to the one the lambda was made in. */
static void leave(ps_jx_run *run, ps_jx_frame *frame, const ps_jx_frame *outer)
{
    while (frame != outer && frame && !frame->captured) {
        ps_jx_frame *parent = frame->parent;
        ps_jx_frame_release(run, frame);
        frame = parent;
    }
}

static ps_jx run_lambda(ps_jx_run *run, ps_jx_function *lambda, ps_jx_frame *frame,
                        ps_jx_trace *here)
{
    for (;;) {
        ps_jx v = ps_jx_eval(run, lambda->node->left, lambda->input, frame);
        if (v.kind != PS_JX_FUNCTION || v.function->kind != PS_JX_THUNK) {
            ps_jx_frame_release(run, frame);
            return v;
        }
        ps_jx_function *thunk = v.function;
        const ps_node *call = thunk->node->left;
        const ps_jx_frame *outer = lambda->frame;
        here->function = NULL;
        ps_jx next = ps_jx_eval(run, call->left, thunk->input, thunk->frame);
        bool callable = next.kind == PS_JX_FUNCTION;
        if (callable) {
            next.function->token =
                call->left->kind == PS_NODE_VARIABLE ? call->left->name : next.function->token;
            next.function->at = call->left->at;
        }
        if (callable && next.function->kind == PS_JX_LAMBDA && !next.function->node->signature) {
            lambda = next.function;
            frame = lambda_arguments(run, lambda, call, thunk->input, thunk->frame, NULL);
            leave(run, thunk->frame, outer);
            thunk->first = run->spare_thunks;
            run->spare_thunks = thunk;
            here->function = lambda;
            continue;
        }
        size_t count;
        ps_jx *args = arguments(run, call, thunk->input, thunk->frame, NULL, &count);
        if (!callable) {
            ps_jx_fail(run, "T1006", 0, PS_STR(""));
        }
        run->frame = thunk->frame;
        v = apply(run, next.function, args, count, thunk->input, call->at, here, true);
        ps_jx_pop(run, args);
        return v;
    }
}

ps_jx ps_jx_invoke(ps_jx_run *run, const ps_node *call, ps_jx input, ps_jx_frame *frame,
                   const ps_jx *first)
{
    ps_jx procedure = ps_jx_eval(run, call->left, input, frame);
    ps_jx_function *f = procedure.kind == PS_JX_FUNCTION ? procedure.function : NULL;
    ps_jx_trace here = {.at = call->at, .token = name_of(call->left)};
    ps_jx v;
    if (f && f->kind == PS_JX_LAMBDA && !f->node->signature) {
        ps_jx_frame *own = lambda_arguments(run, f, call, input, frame, first);
        f->token = here.token;
        f->at = here.at;
        here.outer = run->trace;
        here.function = f;
        run->trace = &here;
        v = run_lambda(run, f, own, &here);
    } else {
        size_t count;
        hint(run, call, procedure, frame, "T1005");
        ps_jx *args = arguments(run, call, input, frame, first, &count);
        here.outer = run->trace;
        run->trace = &here;
        if (!f) {
            ps_jx_fail(run, "T1006", call->at, here.token);
        }
        f->token = here.token;
        f->at = here.at;
        run->frame = frame;
        v = apply(run, f, args, count, input, call->at, &here, true);
        ps_jx_pop(run, args);
    }
    run->trace = here.outer;
    return v;
}

ps_jx ps_jx_chain(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    ps_jx left = ps_jx_eval(run, node->left, input, frame);
    if (node->right->kind == PS_NODE_CALL) {
        return ps_jx_invoke(run, node->right, input, frame, &left);
    }
    ps_jx right = ps_jx_eval(run, node->right, input, frame);
    if (right.kind != PS_JX_FUNCTION) {
        ps_jx_fields f = {.value = right};
        ps_jx_throw(run, "T2006", node->at, &f);
    }
    if (left.kind != PS_JX_FUNCTION) {
        run->frame = frame;
        return ps_jx_apply(run, right, &left, 1, null_input, 0);
    }
    ps_jx_function *f = ps_jx_alloc(run, sizeof *f);
    *f = (ps_jx_function){.kind = PS_JX_COMPOSED, .first = left.function, .second = right.function};
    return ps_jx_function_value(f);
}

ps_jx ps_jx_partial(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    size_t count = node->list.count;
    ps_jx *bound = ps_jx_alloc(run, (count ? count : 1) * sizeof *bound);
    for (size_t i = 0; i < count; i++) {
        const ps_node *arg = node->list.p[i];
        bound[i] = arg->kind == PS_NODE_PLACEHOLDER ? (ps_jx){.kind = PS_JX_UNBOUND}
                                                    : ps_jx_eval(run, arg, input, frame);
    }
    ps_jx procedure = ps_jx_eval(run, node->left, input, frame);
    hint(run, node, procedure, frame, "T1007");
    if (procedure.kind != PS_JX_FUNCTION) {
        ps_jx_fail(run, "T1008", node->at, name_of(node->left));
    }
    /* Placeholders beyond its parameters are none. */
    size_t parameters = ps_jx_arity(procedure), arity = 0;
    count = count < parameters ? count : parameters;
    for (size_t i = 0; i < count; i++) {
        arity += bound[i].kind == PS_JX_UNBOUND;
    }
    ps_jx_function *f = ps_jx_alloc(run, sizeof *f);
    *f = (ps_jx_function){.kind = PS_JX_PARTIAL,
                          .inner = procedure.function,
                          .bound = bound,
                          .bound_count = count,
                          .arity = arity};
    return ps_jx_function_value(f);
}
