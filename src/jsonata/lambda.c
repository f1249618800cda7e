/* lambda.c -- lambdas: their arguments are evaluated right into the frame they run in, and tail
 * calls are made in a loop.
 *
 * A lambda that ends in a call gives that back as a thunk; the loop makes the call in its place, so
 * that recursion in tail position takes neither stack nor memory. */
#include "jsonata/eval.h"

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

/* The arguments in the frame of the lambda that is called; what it has no parameter for is
 * evaluated all the same. */
ps_jx_frame *ps_jx_lambda_arguments(ps_jx_run *run, const ps_jx_function *lambda,
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
ps_jx *ps_jx_arguments(ps_jx_run *run, const ps_node *call, ps_jx input, ps_jx_frame *frame,
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

/* The tail call of `thunk` has been made, or is about to be with nothing left of its frames. */
static void finish(ps_jx_run *run, ps_jx_function *thunk, const ps_jx_frame *outer)
{
    if (thunk->node->escapes) {
        return; /* it may be called again */
    }
    leave(run, thunk->frame, outer);
    thunk->first = run->spare_thunks;
    run->spare_thunks = thunk;
}

/* The frame for the next round, where the tail call is of a lambda. */
static ps_jx_frame *next_frame(ps_jx_run *run, ps_jx_function *next, const ps_jx_function *thunk,
                               ps_jx input, ps_jx_trace *here)
{
    const ps_node *call = thunk->node->left;
    if (!next->node->signature) {
        return ps_jx_lambda_arguments(run, next, call, thunk->input, thunk->frame, NULL);
    }
    size_t count;
    ps_jx *args = ps_jx_arguments(run, call, thunk->input, thunk->frame, NULL, &count);
    ps_jx_call at = {input, next->at, next->token};
    here->function = next;
    ps_jx *own = ps_jx_checked(run, next->node->signature, &at, args, &count, 0);
    ps_jx_frame *frame = bound_frame(run, next, own, count);
    ps_jx_pop(run, own);
    ps_jx_pop(run, args);
    return frame;
}

ps_jx ps_jx_run_lambda(ps_jx_run *run, ps_jx_function *lambda, ps_jx_frame *frame, ps_jx input,
                       ps_jx_trace *here)
{
    /* What is called in tail position is called from here, as the reference sees it: with this
     * context, and $eval in the frame of this call. */
    ps_jx_frame *caller = run->frame;
    for (;;) {
        ps_jx v = ps_jx_eval(run, lambda->node->left, lambda->input, frame);
        if (v.kind != PS_JX_FUNCTION || v.function->kind != PS_JX_THUNK) {
            ps_jx_frame_release(run, frame);
            run->frame = caller;
            return v;
        }
        ps_jx_function *thunk = v.function;
        const ps_node *call = thunk->node->left;
        const ps_jx_frame *outer = lambda->frame;
        here->function = NULL;
        ps_jx next = ps_jx_eval(run, call->left, thunk->input, thunk->frame);
        bool callable = next.kind == PS_JX_FUNCTION;
        if (callable) {
            bool named = call->left->kind == PS_NODE_VARIABLE;
            next.function->token = named ? call->left->name : next.function->token;
            next.function->at = call->left->at;
        }
        if (callable && next.function->kind == PS_JX_LAMBDA) {
            lambda = next.function;
            frame = next_frame(run, lambda, thunk, input, here);
            finish(run, thunk, outer);
            here->function = lambda;
            continue;
        }
        size_t count;
        ps_jx *args = ps_jx_arguments(run, call, thunk->input, thunk->frame, NULL, &count);
        if (!callable) {
            ps_jx_fail(run, "T1006", 0, PS_STR(""));
        }
        run->frame = caller;
        v = ps_jx_apply_traced(run, next.function, args, count, input, call->at, here, true);
        ps_jx_pop(run, args);
        finish(run, thunk, outer);
        return v;
    }
}

ps_jx ps_jx_call_lambda(ps_jx_run *run, ps_jx_function *lambda, ps_jx *args, size_t count,
                        ps_jx input, ps_jx_trace *here, bool check)
{
    const ps_jx_signature *s = check ? lambda->node->signature : NULL;
    if (!s) {
        return ps_jx_run_lambda(run, lambda, bound_frame(run, lambda, args, count), input, here);
    }
    ps_jx_call call = {input, lambda->at, lambda->token};
    ps_jx *own = ps_jx_checked(run, s, &call, args, &count, 0);
    ps_jx_frame *frame = bound_frame(run, lambda, own, count);
    ps_jx_pop(run, own);
    return ps_jx_run_lambda(run, lambda, frame, input, here);
}
