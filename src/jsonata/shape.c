/* shape.c -- the second pass: from the tree as it is written to the one that is evaluated. Paths
 * become flat lists of steps, and calls in tail position become thunks. */
#include "jsonata/shape.h"

ps_node *ps_shape_new(ps_shaper *s, ps_node_kind kind, size_t at)
{
    ps_shaped *n = s->unused;
    if (n) {
        s->unused = n->unused;
        *n = (ps_shaped){0};
    } else {
        n = ps_pool_alloc(s->p->pool, sizeof *n);
    }
    n->node.kind = kind;
    n->node.at = at;
    return &n->node;
}

static ps_node *name_node(ps_shaper *s, const ps_token *t)
{
    ps_node *n = ps_shape_new(s, PS_NODE_NAME, t->at);
    n->value = ps_jx_own_value_take(s->p->e, ps_string(t->text));
    n->name = t->text;
    return n;
}

bool ps_shape_pairs(ps_shaper *s, const ps_raw *raw, ps_pairs *pairs, ps_node *result)
{
    pairs->at = raw->token.at;
    pairs->p = ps_pool_alloc(s->p->pool, raw->count / 2 * sizeof *pairs->p);
    for (ps_raw *item = raw->items; item; item = item->next->next) {
        ps_pair *pair = &pairs->p[pairs->count++];
        pair->key = ps_shape_any(s, item);
        if (!pair->key || (result && !ps_shape_pass_on(s, result, pair->key))) {
            return false;
        }
        pair->value = ps_shape_any(s, item->next);
        if (!pair->value || (result && !ps_shape_pass_on(s, result, pair->value))) {
            return false;
        }
    }
    return true;
}

static ps_node *value_node(ps_shaper *s, const ps_token *t)
{
    ps_node *n = ps_shape_new(s, PS_NODE_VALUE, t->at);
    ps_value *v = t->kind == PS_TOKEN_STRING ? ps_string(t->text) : ps_token_value(t);
    n->value = ps_jx_own_value_take(s->p->e, v);
    return n;
}

static ps_node *terminal(ps_shaper *s, const ps_raw *raw)
{
    const ps_token *t = &raw->token;
    ps_node *n;
    switch (t->kind) {
    case PS_TOKEN_END:
        return ps_parser_fail_token_take(s->p, "S0207", t->at, ps_token_value(t));
    case PS_TOKEN_VARIABLE:
        n = ps_shape_new(s, PS_NODE_VARIABLE, t->at);
        n->name = t->text;
        return n;
    case PS_TOKEN_STRING:
    case PS_TOKEN_NUMBER:
    case PS_TOKEN_CONSTANT:
        return value_node(s, t);
    case PS_TOKEN_REGEX:
        n = ps_shape_new(s, PS_NODE_REGEX, t->at);
        n->regex = t->regex;
        return n;
    case PS_TOKEN_QUESTION:
        return ps_shape_new(s, PS_NODE_PLACEHOLDER, t->at);
    default: /* a name, or an operator's word as one */
        n = name_node(s, t);
        n->keep_array = raw->keep_array;
        n = ps_shape_path_of(s, n);
        n->keep_singleton = raw->keep_array;
        return n;
    }
}

/* The parts of `n` in order; a part that is not there is NULL in `raw` too. */
static bool shape_parts(ps_shaper *s, ps_node *n, const ps_raw *raw, bool passes_on)
{
    ps_raw *from[] = {raw->left, raw->right, raw->other};
    ps_node **to[] = {&n->left, &n->right, &n->other};
    for (size_t i = 0; i < 3; i++) {
        if (from[i]) {
            *to[i] = ps_shape_any(s, from[i]);
            if (!*to[i] || (passes_on && !ps_shape_pass_on(s, n, *to[i]))) {
                return false;
            }
        }
    }
    return true;
}

static bool shape_items(ps_shaper *s, ps_node *n, const ps_raw *raw)
{
    n->list.p = ps_pool_alloc(s->p->pool, raw->count * sizeof(ps_node *));
    for (ps_raw *item = raw->items; item; item = item->next) {
        ps_node *part = ps_shape_any(s, item);
        if (!part || !ps_shape_pass_on(s, n, part)) {
            return false;
        }
        n->list.p[n->list.count++] = part;
    }
    return true;
}

static ps_node *bind(ps_shaper *s, const ps_raw *raw)
{
    ps_node *n = ps_shape_new(s, PS_NODE_BIND, raw->token.at);
    n->name = raw->left->token.text;
    n->right = ps_shape_any(s, raw->right);
    return n->right && ps_shape_pass_on(s, n, n->right) ? n : NULL;
}

static ps_node *apply(ps_shaper *s, const ps_raw *raw)
{
    ps_node *n = ps_shape_new(s, PS_NODE_APPLY, raw->token.at);
    if (!shape_parts(s, n, raw, false)) {
        return NULL;
    }
    n->keep_array = n->left->keep_array || n->right->keep_array;
    return n;
}

static ps_node *binary(ps_shaper *s, const ps_raw *raw)
{
    static const struct {
        ps_node_kind kind;
        ps_operator op;
    } kinds[] = {
        [PS_TOKEN_PLUS] = {PS_NODE_BINARY, PS_OP_ADD},
        [PS_TOKEN_MINUS] = {PS_NODE_BINARY, PS_OP_SUBTRACT},
        [PS_TOKEN_STAR] = {PS_NODE_BINARY, PS_OP_MULTIPLY},
        [PS_TOKEN_SLASH] = {PS_NODE_BINARY, PS_OP_DIVIDE},
        [PS_TOKEN_PERCENT] = {PS_NODE_BINARY, PS_OP_MODULO},
        [PS_TOKEN_EQUAL] = {PS_NODE_BINARY, PS_OP_EQUAL},
        [PS_TOKEN_NOT_EQUAL] = {PS_NODE_BINARY, PS_OP_NOT_EQUAL},
        [PS_TOKEN_LESS] = {PS_NODE_BINARY, PS_OP_LESS},
        [PS_TOKEN_LESS_EQUAL] = {PS_NODE_BINARY, PS_OP_LESS_EQUAL},
        [PS_TOKEN_GREATER] = {PS_NODE_BINARY, PS_OP_GREATER},
        [PS_TOKEN_GREATER_EQUAL] = {PS_NODE_BINARY, PS_OP_GREATER_EQUAL},
        [PS_TOKEN_IN] = {PS_NODE_BINARY, PS_OP_IN},
        [PS_TOKEN_AMPERSAND] = {PS_NODE_BINARY, PS_OP_CONCATENATE},
        [PS_TOKEN_RANGE] = {PS_NODE_RANGE, 0},
        [PS_TOKEN_AND] = {PS_NODE_AND, 0},
        [PS_TOKEN_OR] = {PS_NODE_OR, 0},
    };
    if (raw->token.kind == PS_TOKEN_BIND) {
        return bind(s, raw);
    }
    if (raw->token.kind == PS_TOKEN_APPLY) {
        return apply(s, raw);
    }
    ps_node *n = ps_shape_new(s, kinds[raw->token.kind].kind, raw->token.at);
    n->op = kinds[raw->token.kind].op;
    return shape_parts(s, n, raw, true) ? n : NULL;
}

static ps_node *negate(ps_shaper *s, const ps_raw *raw)
{
    ps_node *inner = ps_shape_any(s, raw->left);
    if (!inner) {
        return NULL;
    }
    if (inner->kind == PS_NODE_VALUE && ps_value_is_number(inner->value)) {
        ps_value *v = ps_jx_number_value(-ps_value_double(inner->value));
        inner->value = ps_jx_own_value_take(s->p->e, v);
        return inner;
    }
    ps_node *n = ps_shape_new(s, PS_NODE_NEGATE, raw->token.at);
    n->left = inner;
    return ps_shape_pass_on(s, n, inner) ? n : NULL;
}

static ps_node *block(ps_shaper *s, const ps_raw *raw)
{
    ps_node *n = ps_shape_new(s, PS_NODE_BLOCK, raw->token.at);
    if (!shape_items(s, n, raw)) {
        return NULL;
    }
    for (size_t i = 0; i < n->list.count; i++) {
        const ps_node *part = n->list.p[i];
        const ps_node *first = part->kind == PS_NODE_PATH ? part->list.p[0] : part;
        n->cons_array = n->cons_array || part->cons_array || first->cons_array;
    }
    return n;
}

static ps_node *call(ps_shaper *s, const ps_raw *raw)
{
    ps_node_kind kind = raw->kind == PS_RAW_CALL ? PS_NODE_CALL : PS_NODE_PARTIAL;
    ps_node *n = ps_shape_new(s, kind, raw->token.at);
    if (!shape_items(s, n, raw)) {
        return NULL;
    }
    n->left = ps_shape_any(s, raw->left);
    return n->left ? n : NULL;
}

/* A call in tail position becomes a function of nothing that makes it, which whoever called the
 * lambda calls in its stead. */
static ps_node *tail(ps_shaper *s, ps_node *n, bool escapes)
{
    /* Of what a block or a condition gives: the reference filters and groups the thunk then. */
    escapes = escapes || n->predicate_count || n->group;
    switch (n->kind) {
    case PS_NODE_CALL:
        if (n->predicate_count == 0) {
            ps_node *thunk = ps_shape_new(s, PS_NODE_LAMBDA, n->at);
            thunk->thunk = true;
            thunk->escapes = escapes;
            thunk->left = n;
            return thunk;
        }
        return n;
    case PS_NODE_CONDITION:
        n->right = tail(s, n->right, escapes);
        n->other = n->other ? tail(s, n->other, escapes) : NULL;
        return n;
    case PS_NODE_COALESCE:
    case PS_NODE_DEFAULT:
        n->right = tail(s, n->right, escapes);
        return n;
    case PS_NODE_BLOCK:
        if (n->list.count > 0) {
            ps_node **last = &n->list.p[n->list.count - 1];
            *last = tail(s, *last, escapes);
        }
        return n;
    default:
        return n;
    }
}

static ps_node *lambda(ps_shaper *s, const ps_raw *raw)
{
    ps_node *n = ps_shape_new(s, PS_NODE_LAMBDA, raw->token.at);
    n->signature = raw->signature;
    n->parameters = ps_pool_alloc(s->p->pool, raw->count * sizeof *n->parameters);
    for (ps_raw *item = raw->items; item; item = item->next) {
        n->parameters[n->parameter_count++] = item->token.text;
    }
    ps_node *body = ps_shape_any(s, raw->right);
    n->left = body ? tail(s, body, false) : NULL;
    return body ? n : NULL;
}

static ps_node *condition(ps_shaper *s, const ps_raw *raw)
{
    ps_node_kind kind = raw->token.kind == PS_TOKEN_COALESCE  ? PS_NODE_COALESCE
                        : raw->token.kind == PS_TOKEN_DEFAULT ? PS_NODE_DEFAULT
                                                              : PS_NODE_CONDITION;
    ps_node *n = ps_shape_new(s, kind, raw->token.at);
    return shape_parts(s, n, raw, true) ? n : NULL;
}

static ps_node *shape_one(ps_shaper *s, const ps_raw *raw)
{
    ps_node *n;
    size_t at = raw->token.at;
    switch (raw->kind) {
    case PS_RAW_TERMINAL:
        return terminal(s, raw);
    case PS_RAW_WILDCARD:
        return ps_shape_new(s, PS_NODE_WILDCARD, at);
    case PS_RAW_DESCENDANTS:
        return ps_shape_new(s, PS_NODE_DESCENDANTS, at);
    case PS_RAW_PARENT:
        return ps_shape_parent(s);
    case PS_RAW_NEGATE:
        return negate(s, raw);
    case PS_RAW_ARRAY:
        n = ps_shape_new(s, PS_NODE_ARRAY, at);
        return shape_items(s, n, raw) ? n : NULL;
    case PS_RAW_OBJECT:
        n = ps_shape_new(s, PS_NODE_OBJECT, at);
        return ps_shape_pairs(s, raw, &n->pairs, n) ? n : NULL;
    case PS_RAW_BLOCK:
        return block(s, raw);
    case PS_RAW_CALL:
    case PS_RAW_PARTIAL:
        return call(s, raw);
    case PS_RAW_LAMBDA:
        return lambda(s, raw);
    case PS_RAW_CONDITION:
        return condition(s, raw);
    case PS_RAW_TRANSFORM:
        n = ps_shape_new(s, PS_NODE_TRANSFORM, at);
        return shape_parts(s, n, raw, false) ? n : NULL;
    default:
        return binary(s, raw);
    }
}

ps_node *ps_shape_any(ps_shaper *s, ps_raw *raw)
{
    ps_raw *r = raw;
    while (ps_shape_extends(r)) {
        r->left->above = r;
        r = r->left;
    }
    ps_node *n = shape_one(s, r);
    while (n) {
        n->keep_array = n->keep_array || r->keep_array;
        if (r == raw) {
            break;
        }
        r = r->above;
        n = ps_shape_extend(s, n, r);
    }
    return n;
}

ps_node *ps_jx_shape(ps_parser *p, ps_raw *raw)
{
    ps_shaper s = {.p = p};
    ps_node *n = ps_shape_any(&s, raw);
    if (n && (ps_shaped_of(n)->seeking || n->kind == PS_NODE_PARENT)) {
        return ps_shape_no_parent(&s, n);
    }
    return n;
}
