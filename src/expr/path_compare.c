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

static void print_number(const ps_operand *number, ps_buf *out)
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
    print_number(number, &printed);
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

static bool same(const ps_operand *a, const ps_operand *b)
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
    *pass = same(a, b);
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

/* -- lists ------------------------------------------------------------------------------------- */

static bool looks_like_json(ps_str s)
{
    return s.len > 1 &&
           ((s.p[0] == '[' && s.p[s.len - 1] == ']') || (s.p[0] == '{' && s.p[s.len - 1] == '}'));
}

static bool is_path(ps_str s)
{
    if (!s.len || (s.p[0] != '$' && s.p[0] != '@')) {
        return false;
    }
    ps_error err;
    ps_path_compiler c = {.err = &err};
    ps_chain *chain = s.p[s.len - 1] == '.' ? NULL : ps_chain_new(&c, s);
    ps_chain_free(chain);
    return chain != NULL;
}

/* A string in a list is read once more: as a path, as JSON, without its own quotes. */
static void string_element(const ps_value *v, ps_operand *out)
{
    ps_str s = ps_value_str(v);
    if (is_path(s)) {
        out->kind = PS_OPERAND_PATH;
        return;
    }
    ps_value *json = looks_like_json(s) ? ps_path_json(s) : NULL;
    if (json) {
        *out = (ps_operand){.kind = PS_OPERAND_JSON, .value = json, .literal = ps_value_ref(v)};
        return;
    }
    ps_str inside = s;
    if (s.len > 1 && (s.p[0] == '\'' || s.p[0] == '"') && s.p[s.len - 1] == s.p[0]) {
        inside = (ps_str){s.p + 1, s.len - 2};
    }
    out->kind = PS_OPERAND_STRING;
    out->value = s.len > 1 ? ps_path_unescape(inside) : NULL;
    if (!out->value) {
        out->value = ps_value_ref(v);
    }
}

static void element(const ps_value *v, ps_operand *out)
{
    *out = (ps_operand){0};
    switch (ps_value_kind(v)) {
    case PS_NULL:
        out->kind = PS_OPERAND_NULL;
        return;
    case PS_STRING:
        string_element(v, out);
        return;
    case PS_BOOL:
        out->kind = PS_OPERAND_BOOL;
        break;
    default:
        out->kind = PS_OPERAND_NUMBER;
        break;
    }
    out->value = ps_value_ref(v);
}

typedef enum listed { LISTED, NOT_LISTED, LIST_BROKEN } listed;

/* The list that an operand is. Objects and arrays cannot be elements: that fails the evaluation. */
static listed as_list(ps_path_job *job, const ps_operand *operand, ps_walk *walked)
{
    if (operand->kind != PS_OPERAND_JSON) {
        *walked = PS_WALK_INVALID;
        return LIST_BROKEN;
    }
    if (ps_value_kind(operand->value) != PS_ARRAY) {
        return NOT_LISTED;
    }
    if (ps_value_depth(operand->value) > 1) {
        ps_env_fail(job->env, PS_STR("States.Runtime"), "Could not determine value type");
        *walked = PS_WALK_FAULT;
        return LIST_BROKEN;
    }
    *walked = ps_path_burn(job, 1 + ps_value_bytes(operand->value) / 8);
    return *walked == PS_WALK_ON ? LISTED : LIST_BROKEN;
}

static bool has_element(const ps_value *list, const ps_operand *wanted)
{
    bool found = false;
    for (size_t i = 0; i < ps_value_count(list) && !found; i++) {
        ps_operand e;
        element(ps_array_at(list, i), &e);
        found = same(wanted, &e);
        ps_operand_clear(&e);
    }
    return found;
}

static ps_walk in_list(ps_path_job *job, const ps_operand *wanted, const ps_operand *list,
                       bool *pass)
{
    ps_walk walked = PS_WALK_ON;
    if (as_list(job, list, &walked) == LISTED) {
        *pass = has_element(list->value, wanted);
    }
    return walked;
}

/* How many elements of `left` are in `right`: none, some, all. */
static ps_walk overlap(ps_path_job *job, ps_test test, const ps_operand *left,
                       const ps_operand *right, bool *pass)
{
    ps_walk walked = PS_WALK_ON;
    if (as_list(job, right, &walked) != LISTED || as_list(job, left, &walked) != LISTED) {
        return walked;
    }
    size_t count = ps_value_count(left->value);
    size_t shared = 0;
    for (size_t i = 0; i < count && walked == PS_WALK_ON; i++) {
        ps_operand e;
        walked = ps_path_burn(job, 1 + ps_value_bytes(right->value) / 8);
        element(ps_array_at(left->value, i), &e);
        shared += has_element(right->value, &e) ? 1 : 0;
        ps_operand_clear(&e);
    }
    *pass = test == PS_TEST_SUBSETOF ? shared == count
            : test == PS_TEST_ANYOF  ? shared > 0
                                     : shared == 0;
    return walked;
}

static bool has_text(ps_str text, ps_str part)
{
    while (part.len && part.len <= text.len) {
        const char *p = memchr(text.p, part.p[0], text.len - part.len + 1);
        if (!p) {
            return false;
        }
        if (memcmp(p, part.p, part.len) == 0) {
            return true;
        }
        text = (ps_str){p + 1, text.len - (size_t)(p + 1 - text.p)};
    }
    return part.len == 0;
}

static ps_walk contains(ps_path_job *job, const ps_operand *left, const ps_operand *right,
                        bool *pass)
{
    if (left->kind == PS_OPERAND_STRING && right->kind == PS_OPERAND_STRING) {
        ps_str text = ps_value_str(left->value);
        *pass = has_text(text, ps_value_str(right->value));
        return ps_path_burn(job, 1 + text.len / 32);
    }
    return left->kind == PS_OPERAND_JSON ? in_list(job, right, left, pass) : PS_WALK_ON;
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

static ps_walk match_one(ps_path_job *job, const void *regex, const ps_operand *subject, bool *pass)
{
    ps_buf text = {0};
    ps_str s = PS_STR("");
    if (subject->kind == PS_OPERAND_STRING) {
        s = ps_value_str(subject->value);
    } else if (subject->kind == PS_OPERAND_NUMBER) {
        print_number(subject, &text);
        s = ps_buf_str(&text);
    } else if (subject->kind == PS_OPERAND_BOOL) {
        s = ps_value_bool(subject->value) ? PS_STR("true") : PS_STR("false");
    }
    ps_walk walked = ps_path_regex_match(job, regex, s, pass);
    ps_buf_free(&text);
    return walked;
}

static ps_walk match(ps_path_job *job, const ps_operand *left, const ps_operand *right, bool *pass)
{
    bool first = left->kind == PS_OPERAND_PATTERN;
    const ps_operand *subject = first ? right : left;
    const void *regex = first ? left->regex : right->regex;
    ps_walk walked = PS_WALK_ON;
    if (first == (right->kind == PS_OPERAND_PATTERN)) {
        return PS_WALK_ON;
    }
    if (subject->kind != PS_OPERAND_JSON || ps_value_kind(subject->value) != PS_ARRAY) {
        return match_one(job, regex, subject, pass);
    }
    if (as_list(job, subject, &walked) != LISTED) {
        return walked;
    }
    for (size_t i = 0; i < ps_value_count(subject->value) && walked == PS_WALK_ON && !*pass; i++) {
        ps_operand e;
        element(ps_array_at(subject->value, i), &e);
        walked = match_one(job, regex, &e, pass);
        ps_operand_clear(&e);
    }
    return walked;
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
        return match(job, left, right, pass);
    case PS_TEST_IN:
    case PS_TEST_NIN:
        return in_list(job, left, right, pass);
    case PS_TEST_CONTAINS:
        return contains(job, left, right, pass);
    case PS_TEST_SIZE:
        *pass = has_size(left, right);
        return PS_WALK_ON;
    case PS_TEST_EMPTY:
        return is_empty(left, right, pass);
    case PS_TEST_EXISTS:
        return exists(job, left, right, pass);
    case PS_TEST_SUBSETOF:
    case PS_TEST_ANYOF:
    case PS_TEST_NONEOF:
        return overlap(job, test, left, right, pass);
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
