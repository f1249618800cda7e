/* choice_test.c -- choice rules: every comparator, first match in order, faults at compile time. */
#include "expr/choice.h"

#include "expr/evaluate.h"

typedef struct findings {
    ps_buf text;
} findings;

static void note(void *arg, ps_str pointer, const ps_error *err)
{
    findings *f = arg;
    ps_buf_addf(&f->text, "%s%.*s: %s", f->text.len ? "\n" : "", (int)pointer.len, pointer.p,
                err->text);
}

/* The index of the rule that matches, "none", the fault, or the findings. */
static void check_choices(const char *rules, const char *input, const char *want, int line)
{
    world w;
    findings found = {0};
    ps_error err = {0};
    world_open(&w, input);
    ps_value *definition = parse(rules);
    ps_choices *c = ps_choices_new(definition, note, &found, &err);
    if (c) {
        size_t rule = ps_choices_eval(c, w.input, &w.env);
        if (rule == PS_CHOICE_FAULT) {
            tell_fault(&w);
        } else if (rule == PS_CHOICE_NONE) {
            ps_buf_add(&w.result, PS_STR("none"));
        } else {
            ps_buf_addf(&w.result, "%zu", rule);
        }
    } else {
        ps_buf_add(&w.result, ps_buf_str(&found.text));
    }
    check_text(ps_buf_str(&w.result), want, __FILE__, line);
    ps_choices_free(c);
    ps_value_unref(definition);
    ps_buf_free(&found.text);
    world_close(&w);
}
#define CHOICES(rules, input, want) check_choices(rules, input, want, __LINE__)
/* One comparator on $.v: "0" where it holds, else "none". */
#define TEST(comparator, operand, v, want)                                                         \
    CHOICES("[{\"Variable\":\"$.v\",\"" comparator "\":" operand "}]", "{\"v\":" v "}", want)
#define YES(comparator, operand, v) TEST(comparator, operand, v, "0")
#define NO(comparator, operand, v) TEST(comparator, operand, v, "none")

static void strings_compare_by_code_unit(void)
{
    YES("StringEquals", "\"a\"", "\"a\"");
    NO("StringEquals", "\"a\"", "\"A\"");
    NO("StringEquals", "\"1\"", "1");
    YES("StringLessThan", "\"b\"", "\"a\"");
    NO("StringLessThan", "\"a\"", "\"a\"");
    YES("StringLessThanEquals", "\"a\"", "\"a\"");
    YES("StringGreaterThan", "\"a\"", "\"ab\"");
    YES("StringGreaterThanEquals", "\"a\"", "\"a\"");
    NO("StringGreaterThanEquals", "\"a\"", "null");
    /* U+FF5E comes before U+1F600 by code point, and after its first surrogate. */
    YES("StringGreaterThan", "\"\\ud83d\\ude00\"", "\"\\uff5e\"");
}

static void patterns(void)
{
    YES("StringMatches", "\"log-*.txt\"", "\"log-.txt\"");
    YES("StringMatches", "\"*a*b*\"", "\"xxaxbaxb\"");
    NO("StringMatches", "\"a*b\"", "\"abc\"");
    YES("StringMatches", "\"*\"", "\"\"");
    YES("StringMatches", "\"\"", "\"\"");
    NO("StringMatches", "\"\"", "\"x\"");
    YES("StringMatches", "\"a\\\\*\\\\\\\\*\"", "\"a*\\\\xyz\"");
    NO("StringMatches", "\"a\\\\*\"", "\"ab\"");
    NO("StringMatches", "\"*\"", "1");
    YES("StringMatches", "\"*aab\"", "\"aaab\"");
    TEST("StringMatches", "\"a\\\\b\"", "\"ab\"",
         "States.Runtime: The pattern 'a\\b' of StringMatches has an open escape");
}

static void numbers_compare_by_value(void)
{
    YES("NumericEquals", "1", "1.0");
    YES("NumericEquals", "0.0", "-0");
    NO("NumericEquals", "9007199254740993", "9007199254740992");
    NO("NumericEquals", "1", "\"1\"");
    NO("NumericEquals", "1", "true");
    NO("NumericEquals", "0", "null");
    YES("NumericLessThan", "1.5", "1");
    NO("NumericLessThan", "1", "1.0");
    YES("NumericLessThanEquals", "1", "1.0");
    YES("NumericGreaterThan", "-2", "-1");
    YES("NumericGreaterThanEquals", "1e2", "100");
}

static void booleans_and_kinds(void)
{
    YES("BooleanEquals", "false", "false");
    NO("BooleanEquals", "false", "null");
    NO("BooleanEquals", "true", "\"true\"");
    YES("IsNull", "true", "null");
    NO("IsNull", "false", "null");
    YES("IsNull", "false", "0");
    YES("IsNumeric", "true", "1.5");
    YES("IsNumeric", "false", "\"1\"");
    YES("IsString", "true", "\"\"");
    YES("IsBoolean", "true", "false");
    YES("IsTimestamp", "true", "\"2016-03-14T01:59:00Z\"");
    YES("IsTimestamp", "false", "\"2016-03-14T01:59:00\"");
    YES("IsTimestamp", "false", "\"2016-03-14\"");
    YES("IsPresent", "true", "null");
    NO("IsPresent", "false", "null");
    CHOICES("[{\"Variable\":\"$.no\",\"IsPresent\":false}]", "{}", "0");
    CHOICES("[{\"Variable\":\"$.no\",\"IsPresent\":true}]", "{}", "none");
}

static void timestamps_are_instants(void)
{
    YES("TimestampEquals", "\"2016-03-14T01:59:00Z\"", "\"2016-03-14T02:59:00.000+01:00\"");
    YES("TimestampLessThan", "\"2016-03-14T01:59:00.0000002Z\"",
        "\"2016-03-14T01:59:00.0000001Z\"");
    YES("TimestampGreaterThan", "\"2016-03-14T01:59:00Z\"", "\"2016-03-14T01:59:00.001Z\"");
    YES("TimestampLessThanEquals", "\"2016-03-14T01:59:00Z\"", "\"2016-03-14T01:59:00Z\"");
    YES("TimestampGreaterThanEquals", "\"2016-03-14T01:59:00Z\"", "\"2016-03-14T01:59:00Z\"");
    NO("TimestampEquals", "\"2016-03-14T01:59:00Z\"", "\"2016-03-14T01:59:00\"");
    NO("TimestampLessThan", "\"2016-03-14T01:59:00Z\"", "0");
}

static void paths_on_either_side(void)
{
    YES("NumericEqualsPath", "\"$.v\"", "1");
    NO("StringEqualsPath", "\"$.v\"", "1");
    NO("BooleanEqualsPath", "\"$.v\"", "\"x\"");
    NO("TimestampLessThanPath", "\"$.v\"", "\"x\"");
    YES("TimestampLessThanEqualsPath", "\"$.v\"", "\"2016-03-14T01:59:00Z\"");
    CHOICES("[{\"Variable\":\"$name\",\"StringEquals\":\"Ana\"}]", "{}", "0");
    CHOICES("[{\"Variable\":\"$$.State.Name\",\"StringEqualsPath\":\"$.s\"}]", "{\"s\":\"S\"}",
            "0");
    CHOICES("[{\"Variable\":\"$.v\",\"StringEquals\":\"x\"}]", "{}",
            "States.Runtime: Invalid path '$.v': The choice state's condition path references an "
            "invalid value.");
    CHOICES("[{\"Variable\":\"$.v\",\"StringEqualsPath\":\"$.w\"}]", "{\"v\":1}",
            "States.Runtime: Invalid path '$.w': The choice state's condition path references an "
            "invalid value.");
    CHOICES("[{\"Variable\":\"$none\",\"IsNull\":true}]", "{}",
            "States.Runtime: Invalid path '$none': The choice state's condition path references an "
            "invalid value.");
}

static void combinators_stop_at_what_decides(void)
{
    CHOICES("[{\"And\":[{\"Variable\":\"$.a\",\"IsPresent\":true},"
            "{\"Variable\":\"$.a\",\"NumericGreaterThan\":1}]}]",
            "{}", "none");
    CHOICES("[{\"Or\":[{\"Variable\":\"$.a\",\"IsPresent\":false},"
            "{\"Variable\":\"$.a\",\"NumericGreaterThan\":1}]}]",
            "{}", "0");
    CHOICES("[{\"Not\":{\"Or\":[{\"Variable\":\"$.a\",\"NumericEquals\":1},"
            "{\"Variable\":\"$.a\",\"NumericEquals\":2}]}}]",
            "{\"a\":3}", "0");
    CHOICES("[{\"Not\":{\"Variable\":\"$.a\",\"NumericEquals\":1}}]", "{}",
            "States.Runtime: Invalid path '$.a': The choice state's condition path references an "
            "invalid value.");
}

static void lua_predicates(void)
{
    const char *rules = "[{\"Condition\":\"lua:is_vip\"},{\"Variable\":\"$\",\"IsNull\":false}]";
    const char *const answers[] = {"[true]", "[false]", "[1]"};
    const char *const wants[] = {
        "0", "1", "States.Runtime: The condition 'lua:is_vip' must return true or false"};
    CHOICES(rules, "{\"a\":1}", "call: lua:is_vip {\"a\":1}");
    for (size_t i = 0; i < 3; i++) {
        world w;
        ps_error err = {0};
        ps_value *definition = parse(rules);
        ps_choices *c = ps_choices_new(definition, NULL, NULL, &err);
        world_open(&w, "{}");
        w.calls.answers = parse(answers[i]);
        size_t rule = ps_choices_eval(c, w.input, &w.env);
        if (rule == PS_CHOICE_FAULT) {
            tell_fault(&w);
        } else {
            ps_buf_addf(&w.result, "%zu", rule);
        }
        CHECK_STR(ps_buf_str(&w.result), wants[i]);
        ps_choices_free(c);
        ps_value_unref(definition);
        world_close(&w);
    }
}

/* Long lists of equalities on one variable are looked up; the first match still wins. */
static void lookups_keep_the_order(void)
{
    const char *rules = "[{\"Variable\":\"$.k\",\"StringEquals\":\"a\"},"
                        "{\"And\":[{\"Variable\":\"$.k\",\"StringEquals\":\"b\"},"
                        "{\"Variable\":\"$.n\",\"NumericEquals\":1}]},"
                        "{\"Variable\":\"$.k\",\"NumericEquals\":1.0},"
                        "{\"Variable\":\"$.k\",\"StringEquals\":\"b\"},"
                        "{\"Variable\":\"$.k\",\"BooleanEquals\":true},"
                        "{\"Variable\":\"$.k\",\"StringEquals\":\"a\"},"
                        "{\"Variable\":\"$.n\",\"NumericEquals\":2},"
                        "{\"Variable\":\"$.k\",\"NumericEquals\":100}]";
    CHOICES(rules, "{\"k\":\"a\"}", "0");
    CHOICES(rules, "{\"k\":\"b\",\"n\":1}", "1");
    CHOICES(rules, "{\"k\":\"b\",\"n\":2}", "3");
    CHOICES(rules, "{\"k\":\"b\"}",
            "States.Runtime: Invalid path '$.n': The choice state's condition path references an "
            "invalid value.");
    CHOICES(rules, "{\"k\":1,\"n\":2}", "2");
    CHOICES(rules, "{\"k\":true,\"n\":2}", "4");
    CHOICES(rules, "{\"k\":\"c\",\"n\":2}", "6");
    CHOICES(rules, "{\"k\":1e2,\"n\":0}", "7");
    CHOICES(rules, "{\"k\":null,\"n\":0}", "none");
    CHOICES(rules, "{\"k\":\"true\",\"n\":0}", "none");
    CHOICES(rules, "{\"n\":2}",
            "States.Runtime: Invalid path '$.k': The choice state's condition path references an "
            "invalid value.");
}

static void faults_have_pointers(void)
{
    CHOICES("[]", "{}", ": The field 'Choices' must be a non-empty array of rules");
    CHOICES("[1,{}]", "{}",
            "/0: A choice rule must be an object\n"
            "/1: A choice rule needs a comparison operator");
    CHOICES("[{\"StringEquals\":\"a\"}]", "{}", "/0: These fields are required: [Variable]");
    CHOICES("[{\"Variable\":\"$.a\",\"StringEquals\":1,\"IsNull\":true,\"x/y\":0}]", "{}",
            "/0/StringEquals: The value of 'StringEquals' must be a string\n"
            "/0/IsNull: Each Choice Rule can only have one comparison operator\n"
            "/0/x~1y: Field 'x/y' is not supported");
    CHOICES("[{\"And\":[{\"Or\":[]},{\"Not\":{\"Variable\":\"$.a\",\"IsNull\":0,\"Next\":\"X\"}}],"
            "\"Next\":\"Y\",\"Comment\":\"c\"}]",
            "{}",
            "/0/And/0/Or: The field 'Or' must be a non-empty array of rules\n"
            "/0/And/1/Not/IsNull: The value of 'IsNull' must be true or false\n"
            "/0/And/1/Not/Next: Field 'Next' is not supported");
    CHOICES("[{\"Variable\":\"$.a\",\"TimestampEquals\":\"2016-03-14\"}]", "{}",
            "/0/TimestampEquals: String does not match RFC3339 timestamp");
    CHOICES("[{\"Condition\":\"{% true %}\"},{\"Condition\":\"lua:x\",\"Variable\":\"$\"}]", "{}",
            "/0/Condition: The field 'Condition' must name a Lua function (lua:name) here\n"
            "/1/Variable: Field 'Variable' is not supported");
    CHOICES("[{\"Variable\":1,\"NumericEqualsPath\":2}]", "{}",
            "/0/NumericEqualsPath: Value is not a Reference Path: it is not a string\n"
            "/0/Variable: Value is not a Reference Path: it is not a string");
    CHOICES("[{\"Variable\":\"$.a[*]\",\"IsNull\":true}]", "{}",
            "/0/Variable: Value is not a Reference Path: it may hold names and indices only");
    CHECK(ps_choice_comparator(PS_STR("TimestampGreaterThanEqualsPath")));
    CHECK(!ps_choice_comparator(PS_STR("StringMatchesPath")));
    CHECK(!ps_choice_comparator(PS_STR("And")));
}

int main(void)
{
    strings_compare_by_code_unit();
    patterns();
    numbers_compare_by_value();
    booleans_and_kinds();
    timestamps_are_instants();
    paths_on_either_side();
    combinators_stop_at_what_decides();
    lua_predicates();
    lookups_keep_the_order();
    faults_have_pointers();
    return check_report();
}
