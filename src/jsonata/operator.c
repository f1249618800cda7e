/* operator.c -- arithmetic, comparison, `in`, `&` and ranges on two values. */
#include "base/utf8.h"
#include "jsonata/eval.h"

#include <math.h>

static ps_str token_of(const ps_node *node)
{
    static const char *const tokens[] = {
        [PS_OP_ADD] = "+",         [PS_OP_SUBTRACT] = "-",       [PS_OP_MULTIPLY] = "*",
        [PS_OP_DIVIDE] = "/",      [PS_OP_MODULO] = "%",         [PS_OP_EQUAL] = "=",
        [PS_OP_NOT_EQUAL] = "!=",  [PS_OP_LESS] = "<",           [PS_OP_LESS_EQUAL] = "<=",
        [PS_OP_GREATER] = ">",     [PS_OP_GREATER_EQUAL] = ">=", [PS_OP_IN] = "in",
        [PS_OP_CONCATENATE] = "&",
    };
    return node->kind == PS_NODE_RANGE ? PS_STR("..") : ps_str_from(tokens[node->op]);
}

static _Noreturn void refuse(ps_jx_run *run, const ps_node *node, const char *code, ps_jx value,
                             ps_jx value2)
{
    ps_jx_fields f = {.token = token_of(node), .value = value, .value2 = value2};
    ps_jx_throw(run, code, node->at, &f);
}

/* False for NaN, which is no number to the reference's operators. */
static bool finite_number(ps_jx_run *run, const ps_node *node, ps_jx v)
{
    if (v.kind != PS_JX_NUMBER) {
        return false;
    }
    double n = ps_jx_double(v);
    if (isinf(n)) {
        refuse(run, node, "D1001", v, PS_JX_NOTHING);
    }
    return !isnan(n);
}

static ps_jx arithmetic(ps_jx_run *run, const ps_node *node, ps_jx left, ps_jx right)
{
    if (left.kind != PS_JX_UNDEFINED && !finite_number(run, node, left)) {
        refuse(run, node, "T2001", left, PS_JX_NOTHING);
    }
    if (right.kind != PS_JX_UNDEFINED && !finite_number(run, node, right)) {
        refuse(run, node, "T2002", right, PS_JX_NOTHING);
    }
    if (left.kind == PS_JX_UNDEFINED || right.kind == PS_JX_UNDEFINED) {
        return PS_JX_NOTHING;
    }
    double a = ps_jx_double(left), b = ps_jx_double(right);
    switch (node->op) {
    case PS_OP_ADD:
        return ps_jx_number(a + b);
    case PS_OP_SUBTRACT:
        return ps_jx_number(a - b);
    case PS_OP_MULTIPLY:
        return ps_jx_number(a * b);
    case PS_OP_DIVIDE:
        return ps_jx_number(a / b);
    default:
        return ps_jx_number(fmod(a, b));
    }
}

int ps_jx_compare(ps_jx_run *run, ps_jx a, ps_jx b)
{
    if (a.kind == PS_JX_STRING) {
        ps_str x = ps_jx_str(a), y = ps_jx_str(b);
        ps_jx_burn(run, (x.len < y.len ? x.len : y.len) / 32);
        return ps_utf8_compare_utf16(x, y);
    }
    double x = ps_jx_double(a), y = ps_jx_double(b);
    return (x > y) - (x < y);
}

static bool comparable(ps_jx v)
{
    return v.kind == PS_JX_NUMBER || v.kind == PS_JX_STRING || v.kind == PS_JX_UNDEFINED;
}

static ps_jx comparison(ps_jx_run *run, const ps_node *node, ps_jx left, ps_jx right)
{
    if (!comparable(left) || !comparable(right)) {
        bool mine = left.kind == PS_JX_NUMBER || left.kind == PS_JX_STRING;
        refuse(run, node, "T2010", mine ? right : left, PS_JX_NOTHING);
    }
    if (left.kind == PS_JX_UNDEFINED || right.kind == PS_JX_UNDEFINED) {
        return PS_JX_NOTHING;
    }
    if (left.kind != right.kind) {
        refuse(run, node, "T2009", left, right);
    }
    if (left.kind == PS_JX_NUMBER && (isnan(ps_jx_double(left)) || isnan(ps_jx_double(right)))) {
        return ps_jx_bool(false);
    }
    int order = ps_jx_compare(run, left, right);
    switch (node->op) {
    case PS_OP_LESS:
        return ps_jx_bool(order < 0);
    case PS_OP_LESS_EQUAL:
        return ps_jx_bool(order <= 0);
    case PS_OP_GREATER:
        return ps_jx_bool(order > 0);
    default:
        return ps_jx_bool(order >= 0);
    }
}

/* JavaScript's ===: arrays and objects by identity. */
static bool identical(ps_jx_run *run, ps_jx a, ps_jx b)
{
    if (a.kind != b.kind) {
        return false;
    }
    if (a.kind == PS_JX_ARRAY || a.kind == PS_JX_OBJECT) {
        return a.value == b.value;
    }
    return ps_jx_equal(run, a, b);
}

static ps_jx includes(ps_jx_run *run, ps_jx left, ps_jx right)
{
    if (left.kind == PS_JX_UNDEFINED || right.kind == PS_JX_UNDEFINED) {
        return ps_jx_bool(false);
    }
    if (right.kind != PS_JX_ARRAY) {
        return ps_jx_bool(identical(run, left, right));
    }
    size_t count = ps_jx_count(right);
    ps_jx_burn(run, count);
    for (size_t i = 0; i < count; i++) {
        if (identical(run, left, ps_jx_at(right, i))) {
            return ps_jx_bool(true);
        }
    }
    return ps_jx_bool(false);
}

static ps_str text_of(ps_jx_run *run, ps_jx v)
{
    if (v.kind == PS_JX_STRING) {
        return ps_jx_str(v);
    }
    if (v.kind == PS_JX_UNDEFINED) {
        return PS_STR("");
    }
    return ps_jx_str(ps_jx_printed(run, v, false));
}

static ps_jx concatenate(ps_jx_run *run, const ps_node *node, ps_jx left, ps_jx right)
{
    ps_jx_trace here = {run->trace, NULL, node->at, token_of(node), true};
    run->trace = &here;
    ps_str a = text_of(run, left), b = text_of(run, right);
    run->trace = here.outer;
    size_t len = a.len + b.len;
    if (len > run->bounds.bytes || len > UINT32_MAX) {
        ps_jx_too_large(run);
    }
    ps_jx_burn(run, len / 64);
    char *p = ps_jx_alloc(run, len);
    memcpy(p, a.p, a.len);
    memcpy(p + a.len, b.p, b.len);
    return ps_jx_slice((ps_str){p, len});
}

ps_jx ps_jx_binary(ps_jx_run *run, const ps_node *node, ps_jx left, ps_jx right)
{
    switch (node->op) {
    case PS_OP_EQUAL:
    case PS_OP_NOT_EQUAL:
        if (left.kind == PS_JX_UNDEFINED || right.kind == PS_JX_UNDEFINED) {
            return ps_jx_bool(false);
        }
        return ps_jx_bool(ps_jx_equal(run, left, right) == (node->op == PS_OP_EQUAL));
    case PS_OP_LESS:
    case PS_OP_LESS_EQUAL:
    case PS_OP_GREATER:
    case PS_OP_GREATER_EQUAL:
        return comparison(run, node, left, right);
    case PS_OP_IN:
        return includes(run, left, right);
    case PS_OP_CONCATENATE:
        return concatenate(run, node, left, right);
    default:
        return arithmetic(run, node, left, right);
    }
}

static bool is_integer(ps_jx v)
{
    double n = v.kind == PS_JX_NUMBER ? ps_jx_double(v) : NAN;
    return isfinite(n) && n == floor(n);
}

ps_jx ps_jx_range(ps_jx_run *run, const ps_node *node, ps_jx from, ps_jx to)
{
    if (from.kind != PS_JX_UNDEFINED && !is_integer(from)) {
        refuse(run, node, "T2003", from, PS_JX_NOTHING);
    }
    if (to.kind != PS_JX_UNDEFINED && !is_integer(to)) {
        refuse(run, node, "T2004", to, PS_JX_NOTHING);
    }
    if (from.kind == PS_JX_UNDEFINED || to.kind == PS_JX_UNDEFINED) {
        return PS_JX_NOTHING;
    }
    double first = ps_jx_double(from), last = ps_jx_double(to), size = last - first + 1;
    if (first > last) {
        return PS_JX_NOTHING;
    }
    if (size > (double)run->bounds.range) {
        refuse(run, node, "D2014", ps_jx_number(size), PS_JX_NOTHING);
    }
    size_t count = (size_t)size;
    ps_jx_burn(run, count);
    ps_jx_list *list = ps_jx_list_new(run, count, PS_JX_SEQUENCE);
    for (size_t i = 0; i < count; i++) {
        list->p[i] = ps_jx_number(first + (double)i);
    }
    list->count = count;
    return ps_jx_array(list);
}
