/* check_choice.c -- the rules of a Choice state. */
#include "asl/check_value.h"

static void check_rules(ps_walk *w, const ps_value *v, const ps_field *f);
static void check_rule_not(ps_walk *w, const ps_value *v, const ps_field *f);
static void check_condition(ps_walk *w, const ps_value *v, const ps_field *f);

#define TOP 1u    /* a rule of Choices itself */
#define NESTED 2u /* one inside And, Or, Not */
#define COMPARATOR(name, check)                                                                    \
    {                                                                                              \
        PS_FIELD(name), PS_ANYWHERE, PS_JSONPATH, check, 0, 0, NULL                                \
    }
#define WITH_PATH(name, check) COMPARATOR(name, check), COMPARATOR(name "Path", ps_check_reference)
#define COMPARED(type, check)                                                                      \
    WITH_PATH(type "Equals", check), WITH_PATH(type "LessThan", check),                            \
        WITH_PATH(type "GreaterThan", check), WITH_PATH(type "LessThanEquals", check),             \
        WITH_PATH(type "GreaterThanEquals", check)

enum { OTHERS = 9 }; /* the rows before the comparators */
static const ps_field fields[] = {
    {PS_FIELD("Comment"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
    {PS_FIELD("Next"), TOP, PS_BOTH, ps_check_string, 0, 0, NULL},
    {PS_FIELD("Assign"), TOP, PS_BOTH, ps_check_assign, 0, 0, NULL},
    {PS_FIELD("Output"), TOP, PS_JSONATA, ps_check_template, 0, 0, NULL},
    {PS_FIELD("Condition"), PS_ANYWHERE, PS_BOTH, check_condition, 0, 0, NULL},
    {PS_FIELD("Variable"), PS_ANYWHERE, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("And"), PS_ANYWHERE, PS_JSONPATH, check_rules, 0, 0, NULL},
    {PS_FIELD("Or"), PS_ANYWHERE, PS_JSONPATH, check_rules, 0, 0, NULL},
    {PS_FIELD("Not"), PS_ANYWHERE, PS_JSONPATH, check_rule_not, 0, 0, NULL},
    COMPARED("String", ps_check_string),
    COMPARATOR("StringMatches", ps_check_string),
    COMPARED("Numeric", ps_check_number),
    WITH_PATH("BooleanEquals", ps_check_bool),
    COMPARED("Timestamp", ps_check_timestamp),
    COMPARATOR("IsNull", ps_check_bool),
    COMPARATOR("IsPresent", ps_check_bool),
    COMPARATOR("IsNumeric", ps_check_bool),
    COMPARATOR("IsString", ps_check_bool),
    COMPARATOR("IsBoolean", ps_check_bool),
    COMPARATOR("IsTimestamp", ps_check_bool),
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/* A JSONata rule's condition; in JSONPath only passo's own: a Lua predicate "lua:name". */
static void check_condition(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    bool text = ps_value_kind(v) == PS_STRING;
    if (ps_check_placeholder(v) || (text && ps_str_starts(ps_value_str(v), PS_STR("lua:")))) {
        return;
    }
    if (w->jsonata && ps_check_jsonata(v)) {
        ps_check_query(w, ps_value_str(v));
    } else if (w->jsonata && ps_value_kind(v) != PS_BOOL) {
        ps_walk_error(w, "Expected value of type [BOOLEAN, JSONATA_EXPRESSION]");
    }
}

static void check_comparators(ps_walk *w, const ps_value *rule)
{
    size_t count = 0;
    for (size_t i = OTHERS; i < FIELD_COUNT; i++) {
        count += ps_object_get(rule, fields[i].name) != NULL;
    }
    if (count == 1) {
        return;
    }
    ps_finding f = {.code = PS_SCHEMA};
    ps_buf_add(&f.message, count ? PS_STR("There should only be one of the following fields: [")
                                 : PS_STR("This object should have only one of the following "
                                          "fields: ["));
    for (size_t i = OTHERS; i < FIELD_COUNT; i++) {
        ps_buf_add(&f.message, i == OTHERS ? PS_STR("") : PS_STR(", "));
        ps_buf_add(&f.message, fields[i].name);
    }
    ps_buf_add_char(&f.message, ']');
    ps_walk_add(w, &f);
}

static void check_shape(ps_walk *w, const ps_value *rule)
{
    static const char *const shapes[] = {"And", "Or", "Not", "Variable", "Condition"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        count += ps_check_get(rule, shapes[i]) != NULL;
    }
    if (count != 1) {
        ps_walk_error(w, "The object must have only one of the following fields, [And, Or, Not, "
                         "Variable, Condition]");
    }
    if (ps_check_get(rule, "Variable")) {
        check_comparators(w, rule);
    }
    const ps_value *condition = ps_check_get(rule, "Condition");
    if (condition && !(ps_value_kind(condition) == PS_STRING &&
                       ps_str_starts(ps_value_str(condition), PS_STR("lua:")))) {
        ps_walk_error(w, "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only "
                         "supported for the 'JSONata' QueryLanguage");
    }
}

static void check_rule(ps_walk *w, const ps_value *rule, unsigned level)
{
    static const char *const next[] = {"Next", NULL}, *const condition[] = {"Condition", NULL};
    if (!ps_check_kind(w, rule, PS_OBJECT)) {
        return;
    }
    if (level == TOP) {
        ps_check_required(w, rule, next);
    }
    if (w->jsonata) {
        ps_check_required(w, rule, condition);
    } else {
        check_shape(w, rule);
    }
    ps_check_fields(w, rule, fields, FIELD_COUNT, level, true);
}

static void check_array(ps_walk *w, const ps_value *v, unsigned level)
{
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_ARRAY)) {
        return;
    }
    if (ps_value_count(v) == 0) {
        ps_walk_error(w, "Value cannot be empty");
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        ps_mark mark = ps_walk_enter_index(w, i);
        check_rule(w, ps_array_at(v, i), level);
        ps_walk_leave(w, mark);
    }
}

static void check_rules(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    check_array(w, v, NESTED);
}

static void check_rule_not(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    check_rule(w, v, NESTED);
}

void ps_check_choices(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    check_array(w, v, TOP);
}
