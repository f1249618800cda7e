/* direct.c -- what most expressions of a definition are: a path of names from a variable, two of
 * them computed with or compared, conditions of such. They are worked out on the values as they
 * are, without a run. Whatever is not plain (an array on the way, nothing there, a fault) is not
 * answered here: the evaluator starts from the beginning, as nothing of this has an effect. */
#include "jsonata/direct.h"

#include "base/utf8.h"
#include "jsonata/eval.h"

#include <math.h>

/* The deepest that operators may nest. */
enum { NESTED = 8 };

/* -- which expressions ------------------------------------------------------------------------ */

static bool is_bare(const ps_node *node)
{
    return !node->stage_count && !node->predicate_count && !node->group && !node->tuple &&
           !node->keep_array && !node->keep_singleton && !node->focus.len && !node->index.len &&
           !node->ancestor.len;
}

static bool is_variable(const ps_node *node)
{
    return node->kind == PS_NODE_VARIABLE && node->global && !ps_str_equal(node->name, PS_STR("$"));
}

static bool is_path(const ps_node *path)
{
    if (path->list.count < 2 || !is_bare(path->list.p[0]) || !is_variable(path->list.p[0])) {
        return false;
    }
    for (size_t i = 1; i < path->list.count; i++) {
        if (path->list.p[i]->kind != PS_NODE_NAME || !is_bare(path->list.p[i])) {
            return false;
        }
    }
    return true;
}

static bool is_scalar(const ps_value *v)
{
    ps_kind kind = ps_value_kind(v);
    return kind != PS_ARRAY && kind != PS_OBJECT;
}

static size_t plus(size_t a, size_t b)
{
    return a && b ? a + b : 0;
}

/* The steps it takes; 0: it is none of these. */
static size_t steps_of(const ps_node *node, size_t depth)
{
    if (depth == 0 || !is_bare(node)) {
        return 0;
    }
    switch (node->kind) {
    case PS_NODE_VALUE:
        return is_scalar(node->value);
    case PS_NODE_VARIABLE:
        return is_variable(node);
    case PS_NODE_PATH:
        return is_path(node) ? node->list.count : 0;
    case PS_NODE_BINARY:
        if (node->op == PS_OP_IN || node->op == PS_OP_CONCATENATE) {
            return 0;
        }
        break;
    case PS_NODE_AND:
    case PS_NODE_OR:
        break;
    default:
        return 0;
    }
    return plus(steps_of(node->left, depth - 1), steps_of(node->right, depth - 1));
}

size_t ps_jx_direct_steps(const ps_node *root)
{
    /* A literal by itself is nobody's expression, and may hold what is no UTF-8. */
    return root->kind == PS_NODE_VALUE ? 0 : steps_of(root, NESTED);
}

/* -- working them out ------------------------------------------------------------------------- */

static const ps_value *variable(const ps_jsonata_env *env, ps_str name)
{
    return env->variable ? env->variable(env->arg, name) : NULL;
}

static const ps_value *path(const ps_node *node, const ps_jsonata_env *env)
{
    const ps_nodes *steps = &node->list;
    ps_str name = steps->p[0]->name;
    const ps_value *v = NULL;
    size_t i = 1;
    if (env->member && env->member(env->arg, name, ps_value_str(steps->p[1]->value), &v)) {
        i = 2;
    } else {
        v = variable(env, name);
    }
    for (; v && i < steps->count; i++) {
        v = ps_value_kind(v) == PS_OBJECT ? ps_object_get(v, ps_value_str(steps->p[i]->value))
                                          : NULL;
    }
    return v;
}

static bool work_out(const ps_node *node, const ps_jsonata_env *env, ps_jx *out);

static bool arithmetic(ps_operator op, double a, double b, ps_jx *out)
{
    double n;
    switch (op) {
    case PS_OP_ADD:
        n = a + b;
        break;
    case PS_OP_SUBTRACT:
        n = a - b;
        break;
    case PS_OP_MULTIPLY:
        n = a * b;
        break;
    case PS_OP_DIVIDE:
        n = a / b;
        break;
    default:
        n = fmod(a, b);
        break;
    }
    *out = ps_jx_number(n);
    return isfinite(n);
}

/* `order`: of left to right. */
static bool ordered(ps_operator op, int order, ps_jx *out)
{
    switch (op) {
    case PS_OP_LESS:
        *out = ps_jx_bool(order < 0);
        return true;
    case PS_OP_LESS_EQUAL:
        *out = ps_jx_bool(order <= 0);
        return true;
    case PS_OP_GREATER:
        *out = ps_jx_bool(order > 0);
        return true;
    case PS_OP_GREATER_EQUAL:
        *out = ps_jx_bool(order >= 0);
        return true;
    default:
        return false;
    }
}

static bool numbers(ps_operator op, double a, double b, ps_jx *out)
{
    if (!isfinite(a) || !isfinite(b)) {
        return false;
    }
    if (op == PS_OP_EQUAL || op == PS_OP_NOT_EQUAL) {
        *out = ps_jx_bool((a == b) == (op == PS_OP_EQUAL));
        return true;
    }
    return ordered(op, (a > b) - (a < b), out) || arithmetic(op, a, b, out);
}

/* Long texts are charged for: not here. */
enum { SHORT_TEXT = 256 };

static bool texts(ps_operator op, ps_str a, ps_str b, ps_jx *out)
{
    if (op == PS_OP_EQUAL || op == PS_OP_NOT_EQUAL) {
        if (a.len == b.len && a.len > SHORT_TEXT) {
            return false;
        }
        *out = ps_jx_bool(ps_str_equal(a, b) == (op == PS_OP_EQUAL));
        return true;
    }
    return a.len <= SHORT_TEXT && b.len <= SHORT_TEXT &&
           ordered(op, ps_utf8_compare_utf16(a, b), out);
}

static bool scalars(ps_jx v)
{
    return v.kind == PS_JX_NULL || v.kind == PS_JX_BOOL || v.kind == PS_JX_NUMBER ||
           v.kind == PS_JX_STRING;
}

static bool binary(const ps_node *node, const ps_jsonata_env *env, ps_jx *out)
{
    ps_jx left, right;
    if (!work_out(node->left, env, &left) || !work_out(node->right, env, &right)) {
        return false;
    }
    if (left.kind == PS_JX_NUMBER && right.kind == PS_JX_NUMBER) {
        return numbers(node->op, ps_jx_double(left), ps_jx_double(right), out);
    }
    if (left.kind == PS_JX_STRING && right.kind == PS_JX_STRING) {
        return texts(node->op, ps_jx_str(left), ps_jx_str(right), out);
    }
    if ((node->op != PS_OP_EQUAL && node->op != PS_OP_NOT_EQUAL) || !scalars(left) ||
        !scalars(right)) {
        return false;
    }
    bool equal = left.kind == right.kind && (left.kind == PS_JX_NULL || left.b == right.b);
    *out = ps_jx_bool(equal == (node->op == PS_OP_EQUAL));
    return true;
}

/* `and`, `or`: what is on the right does not matter where the left decides. */
static bool both(const ps_node *node, const ps_jsonata_env *env, ps_jx *out)
{
    if (!work_out(node->left, env, out) || out->kind != PS_JX_BOOL) {
        return false;
    }
    if (out->b != (node->kind == PS_NODE_AND)) {
        return true;
    }
    return work_out(node->right, env, out) && out->kind == PS_JX_BOOL;
}

static bool work_out(const ps_node *node, const ps_jsonata_env *env, ps_jx *out)
{
    switch (node->kind) {
    case PS_NODE_VALUE:
        *out = ps_jx_borrow(node->value);
        break;
    case PS_NODE_VARIABLE:
        *out = ps_jx_borrow(variable(env, node->name));
        break;
    case PS_NODE_PATH:
        *out = ps_jx_borrow(path(node, env));
        break;
    case PS_NODE_BINARY:
        return binary(node, env, out);
    default:
        return both(node, env, out);
    }
    return out->kind != PS_JX_UNDEFINED;
}

ps_value *ps_jx_direct(const ps_jsonata *e, const ps_jsonata_env *env,
                       const ps_jsonata_bounds *bounds)
{
    ps_jx v;
    if (e->direct == 0 || 2 * e->direct > bounds->fuel || bounds->depth <= NESTED ||
        !work_out(e->root, env, &v)) {
        return NULL;
    }
    if (v.kind == PS_JX_NULL) {
        return ps_null();
    }
    if (v.kind == PS_JX_BOOL) {
        return ps_bool(v.b);
    }
    return v.borrowed ? ps_value_ref(v.value) : ps_jx_number_out(v.n);
}
