/* check_test.c -- the checker: every case of spec/cases/asl/check.jsonl gives exactly its findings.
 *
 * A case: {name, definition or text, express?, warnings?, want}; `want` has one line a finding:
 * "<severity> <code> <location>: <message>", and " (<hint>)" where there is one. */
#include "asl/check.h"
#include "value/json.h"

#include "check.h"

#include <stdlib.h>

static ps_str text_of(const ps_value *object, const char *name)
{
    const ps_value *v = ps_object_get(object, ps_str_from(name));
    return v ? ps_value_str(v) : PS_STR("");
}

static bool flag_of(const ps_value *object, const char *name)
{
    const ps_value *v = ps_object_get(object, ps_str_from(name));
    return v && ps_value_bool(v);
}

static void print_finding(const ps_value *f, ps_buf *out)
{
    ps_str hint = text_of(f, "hint"), where = text_of(f, "location");
    ps_buf_add(out, text_of(f, "severity"));
    ps_buf_add_char(out, ' ');
    ps_buf_add(out, text_of(f, "code"));
    ps_buf_add_char(out, ' ');
    ps_buf_add(out, where.len ? where : PS_STR("null"));
    ps_buf_add(out, PS_STR(": "));
    ps_buf_add(out, text_of(f, "message"));
    if (hint.len > 0) {
        ps_buf_addf(out, " (%.*s)", (int)hint.len, hint.p);
    }
    ps_buf_add_char(out, '\n');
}

static ps_value *findings_of(const ps_value *c)
{
    const ps_value *text = ps_object_get(c, PS_STR("text"));
    if (text) {
        return ps_check_json(ps_value_str(text));
    }
    ps_check_options options = {.express = flag_of(c, "express"),
                                .warnings = flag_of(c, "warnings")};
    return ps_check(ps_object_get(c, PS_STR("definition")), &options);
}

static void run_case(const ps_value *c)
{
    const ps_value *want = ps_object_get(c, PS_STR("want"));
    ps_value *findings = findings_of(c);
    ps_buf got = {0}, expected = {0};
    ps_str name = text_of(c, "name");
    ps_buf_addf(&got, "%.*s\n", (int)name.len, name.p);
    ps_buf_addf(&expected, "%.*s\n", (int)name.len, name.p);
    CHECK(findings != NULL);
    for (size_t i = 0; findings && i < ps_value_count(findings); i++) {
        print_finding(ps_array_at(findings, i), &got);
    }
    for (size_t i = 0; i < ps_value_count(want); i++) {
        ps_buf_add(&expected, ps_value_str(ps_array_at(want, i)));
        ps_buf_add_char(&expected, '\n');
    }
    ps_buf_add_char(&expected, '\0');
    CHECK_STR(ps_buf_str(&got), expected.p);
    ps_buf_free(&got);
    ps_buf_free(&expected);
    ps_value_unref(findings);
}

static void run_cases(void)
{
    FILE *file = fopen("spec/cases/asl/check.jsonl", "r");
    char line[8192];
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        ps_error err = {0};
        ps_str text = ps_str_from(line);
        ps_value *c = ps_json_parse(text, NULL, &err);
        CHECK(c != NULL);
        if (c) {
            run_case(c);
        }
        ps_value_unref(c);
    }
    if (file) {
        fclose(file);
    }
}

static ps_value *parse(const char *text)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    CHECK(v != NULL);
    return v ? v : ps_null();
}

static void check_summary(void)
{
    ps_value *definition =
        parse("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
              "\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","
              "\"Next\":\"A\"}}}");
    ps_check_options express = {.express = true};
    ps_value *findings = ps_check(definition, &express);
    ps_value *summary = ps_check_summary(findings);
    CHECK(ps_check_failed(findings));
    CHECK_STR(ps_value_str(summary),
              "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine "
              "does not support '.waitForTaskToken' service integration at /States/A/Resource, "
              "MISSING_END_STATE: Workflow has no terminal state at null'");
    ps_value_unref(summary);
    ps_value_unref(findings);
    ps_value_unref(definition);
}

static void check_fix(void)
{
    ps_value *definition = parse("{\"StartAt\":\"a/b\",\"States\":{\"a/b\":{\"Type\":\"Pass\","
                                 "\"End\":true,\"Paramters\":{}}}}");
    ps_value *findings = ps_check(definition, NULL);
    ps_value *fix = ps_json_string(ps_object_get(ps_array_at(findings, 0), PS_STR("fix")));
    CHECK_STR(ps_value_str(fix), "[{\"op\":\"move\",\"from\":\"/States/a~1b/Paramters\","
                                 "\"path\":\"/States/a~1b/Parameters\"}]");
    ps_value_unref(fix);
    ps_value_unref(findings);
    ps_value_unref(definition);
}

static void check_references(void)
{
    ps_value *definition =
        parse("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Map\",\"ItemsPath\":\"$list\","
              "\"ItemSelector\":{\"x.$\":\"States.Format('{} $no', $b, $a.c)\",\"y\":\"$no\"},"
              "\"ItemProcessor\":{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Pass\","
              "\"QueryLanguage\":\"JSONata\",\"Output\":\"{% ($n := $total; $map($items, "
              "function($v, $i){ $v + $n }) & $states.input) %}\",\"End\":true}}},\"End\":true}}}");
    ps_value *references = ps_machine_variable_references(definition);
    ps_value *printed = ps_json_string(references);
    CHECK_STR(ps_value_str(printed), "{\"A\":[\"a\",\"b\",\"list\"],\"B\":[\"items\",\"total\"]}");
    ps_value_unref(printed);
    ps_value_unref(references);
    ps_value_unref(definition);
}

int main(void)
{
    run_cases();
    check_summary();
    check_fix();
    check_references();
    CHECK(ps_check_json(PS_STR(" {\"a\": [1, -0.5e+3, \"\\u00e9\", null]} ")) == NULL);
    return check_report();
}
