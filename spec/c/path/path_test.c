/* path_test.c -- what is known of a path before it is read, writing at it, and its limits. */
#include "check.h"
#include "expr/identifier.h"
#include "expr/path.h"
#include "value/json.h"

static ps_value *parse(const char *text)
{
    ps_error err = {0};
    return ps_json_parse(ps_str_from(text), NULL, &err);
}

static ps_path *path(const char *text)
{
    ps_error err = {0};
    ps_path *p = ps_path_new(ps_str_from(text), &err);
    if (!p) {
        fprintf(stderr, "%s: %s\n", text, err.text);
    }
    CHECK(p != NULL);
    return p;
}

static void facts(const char *text, bool definite, bool reference, bool whole)
{
    ps_path *p = path(text);
    CHECK(ps_path_definite(p) == definite);
    CHECK(ps_path_reference(p) == reference);
    CHECK(ps_path_whole(p) == whole);
    CHECK_STR(ps_path_text(p), text);
    ps_path_free(p);
}

static void knows_paths(void)
{
    facts("$", true, true, true);
    facts("$$", true, true, false);
    facts("$.a['b'][0]", true, true, false);
    facts("$.a[-1]", true, false, false);
    facts("$['a','b']", true, false, false);
    facts("$['a','b'].c", false, false, false);
    facts("$[0,1]", false, false, false);
    facts("$[1:]", false, false, false);
    facts("$.*", false, false, false);
    facts("$..a", false, false, false);
    facts("$[?(@.a)]", false, false, false);
    facts("$.a.length()", true, false, false);
    facts("$name.a", true, true, false);
}

static void knows_roots(void)
{
    ps_path *p = path("$$.Execution.Id");
    CHECK(ps_path_where(p) == PS_ROOT_CONTEXT);
    ps_path_free(p);
    p = path("$caf\xC3\xA9[0]");
    CHECK(ps_path_where(p) == PS_ROOT_VARIABLE);
    CHECK_STR(ps_path_variable(p), "caf\xC3\xA9");
    ps_path_free(p);
    CHECK(ps_identifier_is(PS_STR("x_1")));
    CHECK(!ps_identifier_is(PS_STR("1x")));
    CHECK(!ps_identifier_is(PS_STR("_x")));
    CHECK(!ps_identifier_is(PS_STR("x-y")));
    CHECK(!ps_identifier_is(PS_STR("")));
}

/* `want` is JSON, or the start of a cause. */
static void writes(const char *text, const char *input, const char *value, const char *want)
{
    ps_env env = {0};
    ps_path *p = path(text);
    ps_value *in = parse(input);
    ps_value *v = parse(value);
    ps_value *out = ps_path_write(p, in, v, &env);
    ps_buf got = {0};
    if (out) {
        ps_json_print(out, &got);
        CHECK_STR(ps_buf_str(&got), want);
    } else {
        CHECK(ps_str_equal(env.fault.error, PS_STR("States.ResultPathMatchFailure")));
        CHECK_STR(ps_buf_str(&env.fault.cause), want);
    }
    ps_buf_clear(&got);
    ps_json_print(in, &got);
    CHECK_STR(ps_buf_str(&got), input); /* never changed */
    ps_buf_free(&got);
    ps_value_unref(out);
    ps_value_unref(v);
    ps_value_unref(in);
    ps_path_free(p);
    ps_env_free(&env);
}

static void writes_results(void)
{
    writes("$", "{\"a\":1}", "[2]", "[2]");
    writes("$.b", "{\"a\":1}", "[2]", "{\"a\":1,\"b\":[2]}");
    writes("$.a", "{\"a\":1,\"c\":3}", "2", "{\"a\":2,\"c\":3}");
    writes("$.a.b.c", "{}", "1", "{\"a\":{\"b\":{\"c\":1}}}");
    writes("$.a['b']", "{\"a\":{\"x\":0}}", "1", "{\"a\":{\"x\":0,\"b\":1}}");
    writes("$.l[1].x", "{\"l\":[0,{\"y\":1}]}", "2", "{\"l\":[0,{\"y\":1,\"x\":2}]}");
    writes("$.a.b", "{\"a\":5}", "1", "Unable to apply ReferencePath $.a.b to input {\"a\":5}");
    writes("$.a", "\"text\"", "1", "Unable to apply ReferencePath $.a to input \"text\"");
    writes("$.l[2]", "{\"l\":[0]}", "1",
           "Unable to apply ReferencePath $.l[2] to input {\"l\":[0]}");
    writes("$.l[0]", "{}", "1", "Unable to apply ReferencePath $.l[0] to input {}");
}

static void shares_what_it_reads_and_writes(void)
{
    ps_env env = {0};
    ps_path *p = path("$.a.b");
    ps_value *in = parse("{\"a\":{\"b\":{\"x\":1},\"c\":[1]},\"d\":[2]}");
    ps_value *v = ps_path_read(p, in, &env);
    CHECK(v == ps_object_get(ps_object_get(in, PS_STR("a")), PS_STR("b")));
    ps_value *out = ps_path_write(p, in, v, &env);
    CHECK(ps_object_get(out, PS_STR("d")) == ps_object_get(in, PS_STR("d")));
    CHECK(ps_object_get(ps_object_get(out, PS_STR("a")), PS_STR("b")) == v);
    ps_value_unref(out);
    ps_value_unref(v);
    ps_value_unref(in);
    ps_path_free(p);
    ps_env_free(&env);
}

static ps_status refused(ps_buf *text)
{
    ps_error err = {0};
    ps_path *p = ps_path_new(ps_buf_str(text), &err);
    ps_status code = p ? PS_OK : err.code;
    ps_path_free(p);
    ps_buf_clear(text);
    return code;
}

static void repeat(ps_buf *out, const char *text, int times)
{
    while (times-- > 0) {
        ps_buf_add(out, ps_str_from(text));
    }
}

static void limits_texts(void)
{
    ps_buf text = {0};
    repeat(&text, "$", 1);
    repeat(&text, ".a", 1001);
    CHECK(refused(&text) == PS_ELIMIT);
    repeat(&text, "$.", 1);
    repeat(&text, "a", 40000);
    CHECK(refused(&text) == PS_ELIMIT);
    repeat(&text, "$[?(", 1);
    repeat(&text, "(", 10000);
    CHECK(refused(&text) != PS_OK);
    repeat(&text, "$[?", 1);
    repeat(&text, "(", 1000);
    repeat(&text, "@", 1);
    repeat(&text, ")", 1000);
    repeat(&text, "]", 1);
    CHECK(refused(&text) == PS_ELIMIT);
    repeat(&text, "$[?(", 1);
    repeat(&text, "@[?(", 100);
    repeat(&text, "@", 1);
    repeat(&text, ")]", 100);
    repeat(&text, ")]", 1);
    CHECK(refused(&text) == PS_ELIMIT);
    ps_buf_free(&text);
}

/* Many times more visits than the fuel allows: it ends with a fault, soon. */
static void limits_work(void)
{
    ps_env env = {0};
    ps_path *p =
        path("$[?(@[?(@.no == 1 && $[?(@ == 1)] size 1)] size 0 && $..*[?(@ == $)] size 7)]");
    ps_buf text = {0};
    repeat(&text, "[0", 1);
    repeat(&text, ",[1,[2,[3]]]", 20000);
    repeat(&text, "]", 1);
    ps_value *in = ps_json_parse(ps_buf_str(&text), NULL, &(ps_error){0});
    ps_value *v = ps_path_read(p, in, &env);
    CHECK(v || env.fault.kind == PS_FAULT_FAILURE);
    ps_value_unref(v);
    ps_path_free(p);
    ps_env_reset(&env);
    p = path("$..*");
    ps_buf_clear(&text);
    repeat(&text, "[", 1000);
    repeat(&text, "]", 1000);
    ps_value *deep = ps_json_parse(ps_buf_str(&text), NULL, &(ps_error){0});
    v = ps_path_read(p, deep, &env);
    CHECK(v && ps_value_count(v) == 999);
    ps_value_unref(v);
    ps_path_free(p);
    p = path("$[?(@ == $)]");
    v = ps_path_read(p, deep, &env);
    CHECK(v && ps_value_count(v) == 0);
    ps_value_unref(v);
    ps_value_unref(deep);
    ps_value_unref(in);
    ps_path_free(p);
    ps_buf_free(&text);
    ps_env_free(&env);
}

static void keeps_the_first_fault(void)
{
    ps_env env = {0};
    ps_env_fail(&env, PS_STR("A"), "%s %d", "one", 1);
    ps_env_fail(&env, PS_STR("B"), "two");
    CHECK(env.fault.kind == PS_FAULT_FAILURE);
    CHECK_STR(env.fault.error, "A");
    CHECK_STR(ps_buf_str(&env.fault.cause), "one 1");
    ps_env_reset(&env);
    CHECK(env.fault.kind == PS_FAULT_NONE);
    ps_env_fail(&env, PS_STR("B"), "%s", "");
    CHECK_STR(ps_buf_str(&env.fault.cause), "");
    ps_env_free(&env);
}

static void finds_variables_from_the_inside_out(void)
{
    ps_value *outer_values = parse("{\"a\":1,\"b\":2}");
    ps_value *inner_values = parse("{\"a\":3}");
    ps_scope outer = {.variables = outer_values};
    ps_scope middle = {.outer = &outer};
    ps_scope inner = {.variables = inner_values, .outer = &middle};
    int64_t n = 0;
    CHECK(ps_value_int(ps_scope_get(&inner, PS_STR("a")), &n) && n == 3);
    CHECK(ps_value_int(ps_scope_get(&inner, PS_STR("b")), &n) && n == 2);
    CHECK(ps_scope_get(&inner, PS_STR("c")) == NULL);
    CHECK(ps_scope_get(NULL, PS_STR("a")) == NULL);
    ps_value_unref(outer_values);
    ps_value_unref(inner_values);
}

static void asks_as_the_library(const char *text, const char *document, const char *answer)
{
    ps_value *result = NULL;
    ps_value *paths = NULL;
    ps_value *d = parse(document);
    ps_path_answer got = ps_path_ask(ps_str_from(text), d, &result, &paths);
    CHECK_STR(ps_str_from(ps_path_answer_name(got)), answer);
    CHECK((got == PS_ANSWER_OK) == (result != NULL));
    ps_value_unref(result);
    ps_value_unref(paths);
    ps_value_unref(d);
}

int main(void)
{
    knows_paths();
    knows_roots();
    writes_results();
    shares_what_it_reads_and_writes();
    limits_texts();
    limits_work();
    keeps_the_first_fault();
    finds_variables_from_the_inside_out();
    asks_as_the_library("a", "{\"a\":1}", "ok");
    asks_as_the_library("$.no[*]", "{}", "not_found");
    asks_as_the_library("$$.a", "{}", "invalid_path");
    asks_as_the_library("$.a[?(@)]", "{\"a\":1}", "invalid_path");
    asks_as_the_library("$.a.avg()", "{\"a\":[]}", "error");
    return check_report();
}
