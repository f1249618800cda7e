/* template_test.c -- templates: what is filled, what is shared, and AWS's words where it fails. */
#include "expr/template.h"

#include "expr/evaluate.h"

static void note(void *arg, ps_str pointer, const ps_error *err)
{
    ps_buf *found = arg;
    ps_buf_addf(found, "%s%.*s: %s", found->len ? "\n" : "", (int)pointer.len, pointer.p,
                err->text);
}

static void check_template(const char *definition, const char *input, const char *want, int line)
{
    world w;
    ps_error err = {0};
    world_open(&w, input);
    ps_value *d = parse(definition);
    ps_template *t = ps_template_new(d, note, &w.result, &err);
    if (t) {
        tell_value(&w, ps_template_eval(t, w.input, PS_STR(""), &w.env));
    }
    check_text(ps_buf_str(&w.result), want, __FILE__, line);
    ps_template_free(t);
    ps_value_unref(d);
    world_close(&w);
}
#define TEMPLATE(definition, input, want) check_template(definition, input, want, __LINE__)

static void fields_are_filled_in_their_place(void)
{
    TEMPLATE("{\"b\":1,\"a.$\":\"$.x\",\"c\":\"$.x\"}", "{\"x\":[1.0]}",
             "{\"b\":1,\"a\":[1.0],\"c\":\"$.x\"}");
    TEMPLATE("{\"l\":[{\"v.$\":\"$.x\"},\"$.x\",[{\"k\":{\"w.$\":\"$\"}}]]}", "{\"x\":1}",
             "{\"l\":[{\"v\":1},\"$.x\",[{\"k\":{\"w\":{\"x\":1}}}]]}");
    TEMPLATE("{\"n.$\":\"$name\",\"s.$\":\"$$.State.Name\",\"f.$\":\"States.Format('{}', $n)\"}",
             "{}", "{\"n\":\"Ana\",\"s\":\"S\",\"f\":\"3\"}");
    TEMPLATE("{\"v.$\":\"$.a[*].b\"}", "{\"a\":[{\"b\":1},{},{\"b\":2}]}", "{\"v\":[1,2]}");
    TEMPLATE("{\"v.$\":\"$.a[?(@.b > 5)]\"}", "{\"a\":[{\"b\":1}]}", "{\"v\":[]}");
    TEMPLATE("{\".$\":\"$.a\"}", "{\"a\":null}", "{\"\":null}");
    TEMPLATE("[]", "{}", "[]");
    TEMPLATE("\"$.a\"", "{}", "\"$.a\"");
}

static void what_is_missing_fails_in_awss_words(void)
{
    TEMPLATE(
        "{\"value.$\":\"$.x\"}", "{\"n\":0}",
        "States.Runtime: The JSONPath '$.x' specified for the field 'value.$' could not be found "
        "in the input '{\"n\":0}'");
    TEMPLATE(
        "{\"o\":{\"value.$\":\"$$.No.Such\"}}", "[1]",
        "States.Runtime: The JSONPath '$$.No.Such' specified for the field 'value.$' could not be "
        "found in the input '[1]'");
    /* An element behind the end of an array is null; what is below of it is missing. */
    TEMPLATE("{\"v.$\":\"$.a[5]\"}", "{\"a\":[1]}", "{\"v\":null}");
    TEMPLATE(
        "{\"v.$\":\"$.a[5].b\"}", "{\"a\":[1]}",
        "States.Runtime: The JSONPath '$.a[5].b' specified for the field 'v.$' could not be found "
        "in the input '{\"a\":[1]}'");
    TEMPLATE(
        "{\"v.$\":\"$.a[0]\"}", "{}",
        "States.Runtime: The JSONPath '$.a[0]' specified for the field 'v.$' could not be found "
        "in the input '{}'");
}

static void faults_have_pointers(void)
{
    TEMPLATE("{\"a.$\":\"x\",\"b\":[{\"c/d.$\":1}],\"e.$\":\"States.Nope()\",\"f.$\":\"$.\"}", "{}",
             "/a.$: The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic "
             "function call\n"
             "/b/0/c~1d.$: The value for the field 'c/d.$' must be a valid JSONPath or a valid "
             "intrinsic function call\n"
             "/e.$: The value for the field 'e.$' must be a valid JSONPath or a valid intrinsic "
             "function call\n"
             "/f.$: The value for the field 'f.$' must be a valid JSONPath or a valid intrinsic "
             "function call");
}

static void constants_are_shared(void)
{
    ps_error err = {0};
    ps_value *d = parse("{\"a\":{\"b\":[1,{\"c\":2}]},\"d.$\":\"$.x\"}");
    ps_template *t = ps_template_new(d, NULL, NULL, &err);
    world w;
    world_open(&w, "{\"x\":{}}");
    ps_value *v = ps_template_eval(t, w.input, PS_STR(""), &w.env);
    CHECK(ps_object_get(v, PS_STR("a")) == ps_object_get(d, PS_STR("a")));
    CHECK(ps_object_get(v, PS_STR("d")) == ps_object_get(w.input, PS_STR("x")));
    ps_value_unref(v);
    ps_template_free(t);

    ps_value *constant = parse("{\"a\":[{}]}");
    t = ps_template_new(constant, NULL, NULL, &err);
    v = ps_template_eval(t, w.input, PS_STR(""), &w.env);
    CHECK(v == constant);
    ps_value_unref(v);
    ps_value_unref(constant);
    ps_template_free(t);
    ps_value_unref(d);
    world_close(&w);
}

static void expressions_stand_alone(void)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"$.e", "\"E\""},
        {"States.Format('{}!', $.e)", "\"E!\""},
        {"$.no",
         "States.Runtime: The JSONPath '$.no' specified for the field 'CausePath' could not be "
         "found in the input '{\"e\":\"E\"}'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world w;
        ps_error err = {0};
        world_open(&w, "{\"e\":\"E\"}");
        ps_template *t = ps_template_expression(ps_str_from(cases[i].text), &err);
        tell_value(&w, ps_template_eval(t, w.input, PS_STR("CausePath"), &w.env));
        CHECK_STR(ps_buf_str(&w.result), cases[i].want);
        ps_template_free(t);
        world_close(&w);
    }
    ps_error err = {0};
    CHECK(!ps_template_expression(PS_STR("plain text"), &err));
    CHECK(err.code == PS_EINPUT);
}

static void count_path(void *arg, const ps_path *p)
{
    (void)p;
    ++*(int *)arg;
}

static void every_path_is_visited(void)
{
    ps_error err = {0};
    int count = 0;
    ps_value *d =
        parse("{\"a.$\":\"$.x\",\"b\":[{\"c.$\":\"States.Array($.y, States.Array($$.z))\"}]}");
    ps_template *t = ps_template_new(d, NULL, NULL, &err);
    ps_template_paths(t, count_path, &count);
    CHECK(count == 3);
    ps_template_free(t);
    ps_value_unref(d);
}

static void results_have_a_greatest_depth(void)
{
    world w;
    ps_error err = {0};
    world_open(&w, "[]");
    for (int i = 1; i < PS_MAX_DEPTH; i++) {
        ps_value *outer = ps_array(1);
        ps_array_add_take(outer, w.input);
        w.input = outer;
    }
    ps_value *d = parse("{\"v.$\":\"$\"}");
    ps_template *t = ps_template_new(d, NULL, NULL, &err);
    CHECK(!ps_template_eval(t, w.input, PS_STR(""), &w.env));
    CHECK_STR(ps_buf_str(&w.env.fault.cause), "The result is nested deeper than 1000 levels");
    ps_template_free(t);
    ps_value_unref(d);
    world_close(&w);
}

int main(void)
{
    fields_are_filled_in_their_place();
    what_is_missing_fails_in_awss_words();
    faults_have_pointers();
    constants_are_shared();
    expressions_stand_alone();
    every_path_is_visited();
    results_have_a_greatest_depth();
    return check_report();
}
