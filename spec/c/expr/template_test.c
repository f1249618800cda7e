/* template_test.c -- templates beyond spec/cases/expr/template.jsonl: what is shared, expressions,
 * limits. */
#include "expr/template.h"

#include "expr/evaluate.h"

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
    constants_are_shared();
    expressions_stand_alone();
    every_path_is_visited();
    results_have_a_greatest_depth();
    return check_report();
}
