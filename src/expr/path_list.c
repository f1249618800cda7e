/* path_list.c -- the operators of filters that look into lists: in, contains, subsetof, =~ ... */
#include "expr/path_layout.h"

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
        found = ps_operand_same(wanted, &e);
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

static ps_walk match_one(ps_path_job *job, const void *regex, const ps_operand *subject, bool *pass)
{
    ps_buf text = {0};
    ps_str s = PS_STR("");
    if (subject->kind == PS_OPERAND_STRING) {
        s = ps_value_str(subject->value);
    } else if (subject->kind == PS_OPERAND_NUMBER) {
        ps_operand_print_number(subject, &text);
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

ps_walk ps_path_compare_lists(ps_path_job *job, ps_test test, const ps_operand *left,
                              const ps_operand *right, bool *pass)
{
    switch (test) {
    case PS_TEST_REGEX:
        return match(job, left, right, pass);
    case PS_TEST_IN:
    case PS_TEST_NIN:
        return in_list(job, left, right, pass);
    case PS_TEST_CONTAINS:
        return contains(job, left, right, pass);
    default:
        return overlap(job, test, left, right, pass);
    }
}
