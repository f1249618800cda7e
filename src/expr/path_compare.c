/* path_compare.c -- the operators of filters, with the conversions that Jayway's nodes make: a
 * string on the left equals a number's text, a number on the left equals a string's number. Only
 * numbers among themselves and strings among themselves have an order. */
#include "base/utf8.h"
#include "expr/path_layout.h"

/* -- equality ---------------------------------------------------------------------------------- */

/* Whether Java would hold the number as Integer, Long or BigInteger. */
static bool is_whole(const ps_value *v)
{
    if (ps_value_kind(v) != PS_DECIMAL) {
        return ps_value_kind(v) == PS_INT;
    }
    ps_str text = ps_value_str(v);
    return !memchr(text.p, '.', text.len) && !memchr(text.p, 'e', text.len) &&
           !memchr(text.p, 'E', text.len);
}

static bool same_value(const ps_value *a, const ps_value *b);

static bool same_members(const ps_value *a, const ps_value *b)
{
    for (size_t i = 0; i < ps_value_count(a); i++) {
        const ps_value *other = ps_object_get(b, ps_value_str(ps_object_key_at(a, i)));
        if (!other || !same_value(ps_object_value_at(a, i), other)) {
            return false;
        }
    }
    return true;
}

/* Java's equals: as ps_value_equal, but 1 is not 1.0 within arrays and objects. */
static bool same_value(const ps_value *a, const ps_value *b)
{
    if (ps_value_is_number(a) && ps_value_is_number(b)) {
        return is_whole(a) == is_whole(b) && ps_number_compare(a, b) == 0;
    }
    if (ps_value_kind(a) != ps_value_kind(b)) {
        return false;
    }
    if (ps_value_kind(a) != PS_ARRAY && ps_value_kind(a) != PS_OBJECT) {
        return ps_value_equal(a, b);
    }
    size_t count = ps_value_count(a);
    if (count != ps_value_count(b)) {
        return false;
    }
    if (ps_value_kind(a) == PS_OBJECT) {
        return same_members(a, b);
    }
    for (size_t i = 0; i < count; i++) {
        if (!same_value(ps_array_at(a, i), ps_array_at(b, i))) {
            return false;
        }
    }
    return true;
}

static ps_walk burn_for(ps_path_job *job, const ps_value *a, const ps_value *b)
{
    size_t bytes_a = ps_value_bytes(a);
    size_t bytes_b = ps_value_bytes(b);
    return ps_path_burn(job, 1 + (bytes_a < bytes_b ? bytes_a : bytes_b) / 32);
}

void ps_operand_print_number(const ps_operand *number, ps_buf *out)
{
    if (number->literal) {
        ps_path_number_print_literal(ps_value_str(number->literal), out);
    } else {
        ps_path_number_print(number->value, out);
    }
}

static bool number_is_text(const ps_operand *number, ps_str text)
{
    ps_buf printed = {0};
    ps_operand_print_number(number, &printed);
    bool is_same = ps_str_equal(ps_buf_str(&printed), text);
    ps_buf_free(&printed);
    return is_same;
}

static bool text_is_number(ps_str text, const ps_value *number)
{
    ps_value *read = ps_path_number(text);
    bool is_same = read && ps_number_compare(number, read) == 0;
    ps_value_unref(read);
    return is_same;
}

/* JSON written in the filter equals only the same text. */
static bool same_json(const ps_operand *a, const ps_operand *b)
{
    if (a->literal || b->literal) {
        return a->literal && b->literal && ps_value_equal(a->literal, b->literal);
    }
    return same_value(a->value, b->value);
}

bool ps_operand_same(const ps_operand *a, const ps_operand *b)
{
    switch (a->kind) {
    case PS_OPERAND_STRING:
        return b->kind == PS_OPERAND_STRING   ? ps_value_equal(a->value, b->value)
               : b->kind == PS_OPERAND_NUMBER ? number_is_text(b, ps_value_str(a->value))
                                              : false;
    case PS_OPERAND_NUMBER:
        return b->kind == PS_OPERAND_NUMBER   ? ps_number_compare(a->value, b->value) == 0
               : b->kind == PS_OPERAND_STRING ? text_is_number(ps_value_str(b->value), a->value)
                                              : false;
    case PS_OPERAND_BOOL:
        return b->kind == PS_OPERAND_BOOL && ps_value_bool(a->value) == ps_value_bool(b->value);
    case PS_OPERAND_NULL:
        return b->kind == PS_OPERAND_NULL;
    case PS_OPERAND_JSON:
        return b->kind == PS_OPERAND_JSON && same_json(a, b);
    default:
        return false;
    }
}

static ps_walk equals(ps_path_job *job, const ps_operand *a, const ps_operand *b, bool *pass)
{
    *pass = false;
    if (a->kind == PS_OPERAND_JSON && b->kind == PS_OPERAND_JSON) {
        *pass = !a->literal && same_value(a->value, b->value);
        return burn_for(job, a->value, b->value);
    }
    *pass = ps_operand_same(a, b);
    return PS_WALK_ON;
}

/* -- order ------------------------------------------------------------------------------------- */

/* False where the two cannot be ordered. */
static bool order(const ps_operand *a, const ps_operand *b, int *out)
{
    if (a->kind == PS_OPERAND_NUMBER && b->kind == PS_OPERAND_NUMBER) {
        *out = ps_number_compare(a->value, b->value);
        return true;
    }
    if (a->kind == PS_OPERAND_STRING && b->kind == PS_OPERAND_STRING) {
        *out = ps_utf8_compare_utf16(ps_value_str(a->value), ps_value_str(b->value));
        return true;
    }
    return false;
}

static bool ordered(ps_test test, const ps_operand *a, const ps_operand *b)
{
    int way;
    if (!order(a, b, &way)) {
        return false;
    }
    switch (test) {
    case PS_TEST_LT:
        return way < 0;
    case PS_TEST_LE:
        return way <= 0;
    case PS_TEST_GT:
        return way > 0;
    default:
        return way >= 0;
    }
}

/* -- the rest ---------------------------------------------------------------------------------- */

static int64_t utf16_length(ps_str s)
{
    int64_t units = 0;
    for (size_t at = 0; at < s.len;) {
        units += ps_utf8_next(s, &at) > 0xFFFF ? 2 : 1;
    }
    return units;
}

static bool has_size(const ps_operand *left, const ps_operand *right)
{
    if (right->kind != PS_OPERAND_NUMBER) {
        return false;
    }
    double wanted = ps_value_double(right->value);
    if (!(wanted > -2147483649.0 && wanted < 2147483648.0)) {
        return false;
    }
    if (left->kind == PS_OPERAND_STRING) {
        return utf16_length(ps_value_str(left->value)) == (int64_t)wanted;
    }
    if (left->kind != PS_OPERAND_JSON) {
        return false;
    }
    bool array = ps_value_kind(left->value) == PS_ARRAY;
    return (array ? (int64_t)ps_value_count(left->value) : -1) == (int64_t)wanted;
}

static ps_walk is_empty(const ps_operand *left, const ps_operand *right, bool *pass)
{
    if (left->kind != PS_OPERAND_STRING && left->kind != PS_OPERAND_JSON) {
        return PS_WALK_ON;
    }
    if (right->kind != PS_OPERAND_BOOL) {
        return PS_WALK_INVALID;
    }
    bool empty = left->kind == PS_OPERAND_STRING ? ps_value_str(left->value).len == 0
                                                 : ps_value_count(left->value) == 0;
    *pass = empty == ps_value_bool(right->value);
    return PS_WALK_ON;
}

static ps_walk exists(ps_path_job *job, const ps_operand *left, const ps_operand *right, bool *pass)
{
    bool one = left->kind == PS_OPERAND_BOOL;
    bool other = right->kind == PS_OPERAND_BOOL;
    if (!one && !other) {
        ps_env_fail(job->env, PS_STR("States.Runtime"), "Failed to evaluate exists expression");
        return PS_WALK_FAULT;
    }
    if (!one || !other) {
        return PS_WALK_INVALID;
    }
    *pass = ps_value_bool(left->value) == ps_value_bool(right->value);
    return PS_WALK_ON;
}

/* The answer of the positive form of `test`: == for !=, in for nin. */
static ps_walk compare(ps_path_job *job, ps_test test, const ps_operand *left,
                       const ps_operand *right, bool *pass)
{
    switch (test) {
    case PS_TEST_EQ:
    case PS_TEST_NE:
        return equals(job, left, right, pass);
    case PS_TEST_SAME:
    case PS_TEST_NOT_SAME:
        return left->kind == right->kind ? equals(job, left, right, pass) : PS_WALK_ON;
    case PS_TEST_LT:
    case PS_TEST_LE:
    case PS_TEST_GT:
    case PS_TEST_GE:
        *pass = ordered(test, left, right);
        return PS_WALK_ON;
    case PS_TEST_REGEX:
    case PS_TEST_IN:
    case PS_TEST_NIN:
    case PS_TEST_CONTAINS:
    case PS_TEST_SUBSETOF:
    case PS_TEST_ANYOF:
    case PS_TEST_NONEOF:
        return ps_path_compare_lists(job, test, left, right, pass);
    case PS_TEST_SIZE:
        *pass = has_size(left, right);
        return PS_WALK_ON;
    case PS_TEST_EMPTY:
        return is_empty(left, right, pass);
    case PS_TEST_EXISTS:
        return exists(job, left, right, pass);
    case PS_TEST_ALL: /* wants a list node, a class or a predicate: no filter text can give one */
    case PS_TEST_TYPE:
    case PS_TEST_MATCHES:
        break;
    }
    return PS_WALK_INVALID;
}

ps_walk ps_path_filter_compare(ps_path_job *job, ps_test test, const ps_operand *left,
                               const ps_operand *right, bool *pass)
{
    *pass = false;
    ps_walk walked = compare(job, test, left, right, pass);
    if (test == PS_TEST_NE || test == PS_TEST_NOT_SAME || test == PS_TEST_NIN) {
        *pass = !*pass;
    }
    return walked;
}
