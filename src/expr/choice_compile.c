/* choice_compile.c -- Choices to rules, telling every fault with its JSON pointer. */
#include "base/mem.h"
#include "expr/choice_internal.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct compiler {
    ps_choices *choices;
    ps_value *numbers; /* path text -> number of the path */
    size_t path_capacity;
    ps_buf pointer;
    ps_choices_report *report;
    void *report_arg;
    ps_error *first;
    bool failed;
} compiler;

/* -- pointers and faults ------------------------------------------------------------------------
 */

/* Appends a step to the pointer; returns what `leave` takes. */
static size_t enter_key(compiler *c, ps_str key)
{
    size_t before = c->pointer.len;
    ps_buf_add_char(&c->pointer, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.p[i] == '~' || key.p[i] == '/') {
            ps_buf_add(&c->pointer, key.p[i] == '~' ? PS_STR("~0") : PS_STR("~1"));
        } else {
            ps_buf_add_char(&c->pointer, key.p[i]);
        }
    }
    return before;
}

static size_t enter_index(compiler *c, size_t i)
{
    size_t before = c->pointer.len;
    ps_buf_addf(&c->pointer, "/%zu", i);
    return before;
}

static void leave(compiler *c, size_t before)
{
    c->pointer.len = before;
}

static void tell(compiler *c, const ps_error *err)
{
    if (!c->failed) {
        *c->first = *err;
    }
    c->failed = true;
    if (c->report) {
        c->report(c->report_arg, ps_buf_str(&c->pointer), err);
    }
}

/* A fault of the field `key`, or of the rule itself where `key` is empty. */
static void fault(compiler *c, ps_str key, const char *format, ...)
{
    ps_error err = {.code = PS_EINPUT};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err.text, sizeof err.text, format, arguments);
    va_end(arguments);
    size_t before = key.len ? enter_key(c, key) : c->pointer.len;
    tell(c, &err);
    leave(c, before);
}

/* -- paths ----------------------------------------------------------------------------------------
 */

static bool compile_path(compiler *c, ps_str key, const ps_value *v, size_t *number)
{
    ps_error err = {0};
    int64_t known;
    if (ps_value_kind(v) != PS_STRING) {
        fault(c, key, "Value is not a Reference Path: it is not a string");
        return false;
    }
    const ps_value *old = ps_object_get(c->numbers, ps_value_str(v));
    if (old && ps_value_int(old, &known)) {
        *number = (size_t)known;
        return true;
    }
    ps_path *path = ps_path_new(ps_value_str(v), &err);
    if (!path) {
        fault(c, key, "Value is not a Reference Path: %s", err.text);
        return false;
    }
    if (!ps_path_reference(path)) {
        fault(c, key, "Value is not a Reference Path: it may hold names and indices only");
        ps_path_free(path);
        return false;
    }
    ps_choices *choices = c->choices;
    if (choices->path_count == c->path_capacity) {
        c->path_capacity = ps_grow(c->path_capacity, choices->path_count + 1);
        choices->paths = ps_realloc(choices->paths, c->path_capacity, sizeof *choices->paths);
    }
    *number = choices->path_count;
    choices->paths[choices->path_count++] = path;
    ps_object_set_take(c->numbers, ps_value_ref(v), ps_int((int64_t)*number));
    return true;
}

/* -- tests ----------------------------------------------------------------------------------------
 */

static const char *literal_words(ps_test_kind kind)
{
    switch (kind) {
    case PS_TEST_STRING:
    case PS_TEST_MATCHES:
        return "a string";
    case PS_TEST_NUMERIC:
        return "a number";
    case PS_TEST_TIMESTAMP:
        return "a timestamp";
    default:
        return "true or false";
    }
}

static bool literal_fits(ps_test_kind kind, const ps_value *v)
{
    switch (kind) {
    case PS_TEST_STRING:
    case PS_TEST_MATCHES:
    case PS_TEST_TIMESTAMP:
        return ps_value_kind(v) == PS_STRING;
    case PS_TEST_NUMERIC:
        return ps_value_is_number(v);
    default:
        return ps_value_kind(v) == PS_BOOL;
    }
}

static void compile_operand(compiler *c, ps_rule *r, ps_str key, const ps_value *v)
{
    ps_test_kind kind = r->comparator->kind;
    if (r->comparator->by_path) {
        compile_path(c, key, v, &r->operand);
        return;
    }
    r->literal = ps_value_ref(v);
    if (!literal_fits(kind, v)) {
        fault(c, key, "The value of '%.*s' must be %s", (int)key.len, key.p, literal_words(kind));
    } else if (kind == PS_TEST_TIMESTAMP && !ps_instant_read(v, &r->instant)) {
        fault(c, key, "String does not match RFC3339 timestamp");
    } else if (kind == PS_TEST_MATCHES) {
        r->pattern = ps_pattern_new(ps_value_str(v));
    }
}

/* -- rules ----------------------------------------------------------------------------------------
 */

static void compile_rule(compiler *c, ps_rule *r, const ps_value *v, size_t depth);

static void compile_list(compiler *c, ps_rule *r, ps_str key, const ps_value *v, size_t depth)
{
    size_t before = enter_key(c, key);
    if (ps_value_kind(v) != PS_ARRAY || ps_value_count(v) == 0) {
        fault(c, PS_STR(""), "The field '%.*s' must be a non-empty array of rules", (int)key.len,
              key.p);
    } else {
        r->children = ps_alloc_zeroed(ps_value_count(v), sizeof *r->children);
        for (size_t i = 0; i < ps_value_count(v); i++) {
            size_t here = enter_index(c, i);
            compile_rule(c, &r->children[r->count++], ps_array_at(v, i), depth + 1);
            leave(c, here);
        }
    }
    leave(c, before);
}

static void compile_not(compiler *c, ps_rule *r, ps_str key, const ps_value *v, size_t depth)
{
    size_t before = enter_key(c, key);
    r->children = ps_alloc_zeroed(1, sizeof *r->children);
    compile_rule(c, &r->children[r->count++], v, depth + 1);
    leave(c, before);
}

static void compile_condition(compiler *c, ps_rule *r, ps_str key, const ps_value *v)
{
    r->literal = ps_value_ref(v);
    if (ps_value_kind(v) != PS_STRING || !ps_str_starts(ps_value_str(v), PS_STR("lua:")) ||
        ps_value_str(v).len == 4) {
        fault(c, key, "The field 'Condition' must name a Lua function (lua:name) here");
    }
}

static bool is_operator(ps_str key)
{
    return ps_str_equal(key, PS_STR("And")) || ps_str_equal(key, PS_STR("Or")) ||
           ps_str_equal(key, PS_STR("Not")) || ps_str_equal(key, PS_STR("Condition")) ||
           ps_comparator_find(key);
}

/* Fields that are not about what matches: the state compiler reads them, in rules of its own. */
static bool is_other_field(ps_str key, size_t depth)
{
    return ps_str_equal(key, PS_STR("Comment")) ||
           (depth == 0 &&
            (ps_str_equal(key, PS_STR("Next")) || ps_str_equal(key, PS_STR("Assign")) ||
             ps_str_equal(key, PS_STR("Output"))));
}

static void compile_operator(compiler *c, ps_rule *r, ps_str key, const ps_value *v, size_t depth)
{
    if (ps_str_equal(key, PS_STR("And"))) {
        r->kind = PS_RULE_AND;
        compile_list(c, r, key, v, depth);
    } else if (ps_str_equal(key, PS_STR("Or"))) {
        r->kind = PS_RULE_OR;
        compile_list(c, r, key, v, depth);
    } else if (ps_str_equal(key, PS_STR("Not"))) {
        r->kind = PS_RULE_NOT;
        compile_not(c, r, key, v, depth);
    } else if (ps_str_equal(key, PS_STR("Condition"))) {
        r->kind = PS_RULE_LUA;
        compile_condition(c, r, key, v);
    } else {
        r->kind = PS_RULE_TEST;
        r->comparator = ps_comparator_find(key);
        compile_operand(c, r, key, v);
    }
}

static void compile_variable(compiler *c, ps_rule *r, const ps_value *v)
{
    const ps_value *variable = ps_object_get(v, PS_STR("Variable"));
    if (r->kind == PS_RULE_TEST && !variable) {
        fault(c, PS_STR(""), "These fields are required: [Variable]");
    } else if (r->kind != PS_RULE_TEST && variable) {
        fault(c, PS_STR("Variable"), "Field 'Variable' is not supported");
    } else if (variable) {
        compile_path(c, PS_STR("Variable"), variable, &r->variable);
    }
}

static void compile_rule(compiler *c, ps_rule *r, const ps_value *v, size_t depth)
{
    size_t operators = 0;
    if (ps_value_kind(v) != PS_OBJECT) {
        fault(c, PS_STR(""), "A choice rule must be an object");
        return;
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        ps_str key = ps_value_str(ps_object_key_at(v, i));
        if (is_operator(key)) {
            operators++;
            if (operators == 1) {
                compile_operator(c, r, key, ps_object_value_at(v, i), depth);
            } else {
                fault(c, key, "Each Choice Rule can only have one comparison operator");
            }
        } else if (!ps_str_equal(key, PS_STR("Variable")) && !is_other_field(key, depth)) {
            fault(c, key, "Field '%.*s' is not supported", (int)(key.len < 60 ? key.len : 60),
                  key.p);
        }
    }
    if (operators == 0) {
        fault(c, PS_STR(""), "A choice rule needs a comparison operator");
        return;
    }
    compile_variable(c, r, v);
}

void ps_rule_free(ps_rule *r)
{
    for (size_t i = 0; i < r->count; i++) {
        ps_rule_free(&r->children[i]);
    }
    ps_free(r->children);
    ps_value_unref(r->literal);
    ps_pattern_free(r->pattern);
}

ps_choices *ps_choices_new(const ps_value *rules, ps_choices_report *report, void *arg,
                           ps_error *err)
{
    ps_choices *choices = ps_alloc(sizeof *choices);
    *choices = (ps_choices){0};
    compiler c = {.choices = choices, .report = report, .report_arg = arg, .first = err};
    if (ps_value_kind(rules) != PS_ARRAY || ps_value_count(rules) == 0) {
        fault(&c, PS_STR(""), "The field 'Choices' must be a non-empty array of rules");
    } else {
        c.numbers = ps_object(0);
        choices->rules = ps_alloc_zeroed(ps_value_count(rules), sizeof *choices->rules);
        for (size_t i = 0; i < ps_value_count(rules); i++) {
            size_t before = enter_index(&c, i);
            compile_rule(&c, &choices->rules[choices->count++], ps_array_at(rules, i), 0);
            leave(&c, before);
        }
    }
    ps_value_unref(c.numbers);
    ps_buf_free(&c.pointer);
    if (c.failed) {
        ps_choices_free(choices);
        return NULL;
    }
    ps_runs_build(choices);
    return choices;
}

void ps_choices_free(ps_choices *c)
{
    if (!c) {
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        ps_rule_free(&c->rules[i]);
    }
    ps_free(c->rules);
    for (size_t i = 0; i < c->path_count; i++) {
        ps_path_free(c->paths[i]);
    }
    ps_free(c->paths);
    ps_runs_free(c);
    ps_free(c);
}

void ps_choices_paths(const ps_choices *c, void (*visit)(void *arg, const ps_path *p), void *arg)
{
    for (size_t i = 0; i < c->path_count; i++) {
        visit(arg, c->paths[i]);
    }
}
