/* call.c -- calls as an expression has them: f(x), x ~> f, and f(?, x). */
#include "jsonata/eval.h"

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

ps_jx ps_jx_invoke(ps_jx_run *run, const ps_node *call, ps_jx input, ps_jx_frame *frame,
                   const ps_jx *first)
{
    ps_jx procedure = ps_jx_eval(run, call->left, input, frame);
    ps_jx_function *f = procedure.kind == PS_JX_FUNCTION ? procedure.function : NULL;
    ps_jx_trace here = {.at = call->at, .token = name_of(call->left)};
    ps_jx v;
    if (f && f->kind == PS_JX_LAMBDA && !f->node->signature) {
        ps_jx_frame *own = ps_jx_lambda_arguments(run, f, call, input, frame, first);
        f->token = here.token;
        f->at = here.at;
        here.outer = run->trace;
        here.function = f;
        run->trace = &here;
        run->frame = frame;
        v = ps_jx_run_lambda(run, f, own, input, &here);
    } else {
        size_t count;
        hint(run, call, procedure, frame, "T1005");
        ps_jx *args = ps_jx_arguments(run, call, input, frame, first, &count);
        here.outer = run->trace;
        run->trace = &here;
        if (!f) {
            ps_jx_fail(run, "T1006", call->at, here.token);
        }
        f->token = here.token;
        f->at = here.at;
        run->frame = frame;
        v = ps_jx_apply_traced(run, f, args, count, input, call->at, &here, true);
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
        return ps_jx_apply(run, right, &left, 1, (ps_jx){.kind = PS_JX_NULL}, 0);
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
