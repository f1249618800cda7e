/* read_test.c -- the cases of spec/cases/json and spec/cases/yaml, one JSON object a line: `text`,
 * and what it `prints` as compact JSON, or why it is `refused` and `at` which byte; with `merge`
 * duplicate keys are allowed. */
#include "check.h"
#include "value/yaml.h"

static const ps_value *member(const ps_value *test, const char *name)
{
    return ps_object_get(test, ps_str_from(name));
}

static void check_case(const char *file, ps_str line)
{
    ps_error err = {0};
    ps_value *test = ps_json_parse(line, NULL, &err);
    if (!test) {
        CHECK_STR(ps_str_from(err.text), "a case that is JSON");
        return;
    }
    ps_json_options options = {.allow_duplicate_keys = member(test, "merge") != NULL};
    ps_str text = ps_value_str(member(test, "text"));
    ps_value *v = strstr(file, "yaml") ? ps_yaml_parse(text, NULL, &err)
                                       : ps_json_parse(text, &options, &err);
    const ps_value *prints = member(test, "prints"), *refused = member(test, "refused");
    ps_buf got = {0};
    if (v) {
        ps_json_print(v, &got);
        CHECK(got.len == ps_value_bytes(v));
    } else if (err.code != PS_EUNSUPPORTED) {
        int64_t at = -1;
        ps_buf_add(&got, ps_str_from(err.text));
        CHECK(refused && ps_value_int(member(test, "at"), &at) && err.at == (size_t)at);
    }
    if (err.code != PS_EUNSUPPORTED) {
        ps_buf want = {0};
        ps_buf_add(&want, ps_value_str(prints ? prints : refused));
        ps_buf_add_char(&want, '\0');
        CHECK((v != NULL) == (prints != NULL));
        CHECK_STR(ps_buf_str(&got), want.p);
        ps_buf_free(&want);
    }
    ps_buf_free(&got);
    ps_value_unref(v);
    ps_value_unref(test);
}

static void check_file(const char *name)
{
    ps_buf line = {0};
    FILE *f = fopen(name, "rb");
    CHECK(f != NULL);
    for (int c; f && (c = getc(f)) != EOF;) {
        if (c != '\n') {
            ps_buf_add_char(&line, (char)c);
        } else {
            check_case(name, ps_buf_str(&line));
            ps_buf_clear(&line);
        }
    }
    if (f) {
        fclose(f);
    }
    ps_buf_free(&line);
}

int main(void)
{
    check_file("spec/cases/json/read.jsonl");
    check_file("spec/cases/yaml/read.jsonl");
    return check_report();
}
