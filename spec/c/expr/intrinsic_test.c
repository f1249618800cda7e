/* intrinsic_test.c -- intrinsic functions beyond spec/cases/expr/intrinsic.jsonl: limits, Lua
 * functions, randomness. */
#include "expr/intrinsic.h"

#include "expr/evaluate.h"

static void check_call(const char *call, const char *input, const char *want, int line)
{
    world w;
    ps_error err = {0};
    world_open(&w, input);
    ps_intrinsic *f = ps_intrinsic_new(ps_str_from(call), &err);
    if (f) {
        tell_value(&w, ps_intrinsic_eval(f, w.input, &w.env));
    } else {
        ps_buf_addf(&w.result, "%zu: %s", err.at, err.text);
    }
    check_text(ps_buf_str(&w.result), want, __FILE__, line);
    ps_intrinsic_free(f);
    world_close(&w);
}
#define CALL(call, input, want) check_call(call, input, want, __LINE__)
/* The words around a refusal are the same everywhere. */
#define REFUSES(name, arguments, input, detail)                                                    \
    CALL(name arguments, input,                                                                    \
         "States.Runtime: The function '" name arguments                                           \
         "' had the following error: Invalid arguments in " name ": " detail)

static void text_has_limits(void)
{
    ps_buf input = {0};
    ps_buf_add_char(&input, '"');
    for (int i = 0; i < 10000; i++) {
        ps_buf_add(&input, PS_STR("\xC3\xA9"));
    }
    ps_buf_add(&input, PS_STR("\"\0"));
    CALL("States.ArrayLength(States.StringSplit(States.Base64Encode($), '/'))", input.p, "1");
    input.len -= 2;
    ps_buf_add(&input, PS_STR("x\"\0"));
    REFUSES("States.Base64Encode", "($)", input.p, "the data is longer than 10000 characters");
    REFUSES("States.Hash", "($, 'MD5')", input.p, "the data is longer than 10000 characters");
    ps_buf_free(&input);
}

static void other_names_are_lua_functions(void)
{
    world w;
    ps_error err = {0};
    CALL("lua:vip($.x, 1)", "{\"x\":\"a\"}", "call: lua:vip [\"a\",1]");
    CALL("States.Array(My.Func())", "{}", "call: My.Func []");

    world_open(&w, "{}");
    w.calls.answers = parse("[1,\"two\"]");
    ps_intrinsic *f = ps_intrinsic_new(PS_STR("States.Array(lua:a(), lua:b(), lua:c(2))"), &err);
    tell_value(&w, ps_intrinsic_eval(f, w.input, &w.env));
    CHECK_STR(ps_buf_str(&w.result), "call: lua:c [2]");
    CHECK(w.calls.next == 2);
    ps_env_reset(&w.env);
    ps_buf_clear(&w.result);
    w.env.calls = NULL;
    tell_value(&w, ps_intrinsic_eval(f, w.input, &w.env));
    CHECK_STR(ps_buf_str(&w.result),
              "States.Runtime: The Lua function 'lua:a' cannot be called here");
    ps_intrinsic_free(f);
    world_close(&w);

    CHECK(ps_intrinsic_is(PS_STR("lua:Orders/Ship(")));
    CHECK(!ps_intrinsic_is(PS_STR("lua:")));
    CHECK(!ps_intrinsic_is(PS_STR("States.(")));
    CHECK(!ps_intrinsic_is(PS_STR("$.a(")));
    CHECK(!ps_intrinsic_is(PS_STR("States\n.Array(")));
}

static void uuids_come_from_the_stream(void)
{
    world w;
    ps_error err = {0};
    world_open(&w, "{}");
    ps_intrinsic *f = ps_intrinsic_new(PS_STR("States.UUID()"), &err);
    ps_value *first = ps_intrinsic_eval(f, w.input, &w.env);
    ps_value *second = ps_intrinsic_eval(f, w.input, &w.env);
    w.rand.position = 0;
    ps_value *again = ps_intrinsic_eval(f, w.input, &w.env);
    CHECK(ps_value_str(first).len == 36);
    CHECK(!ps_value_equal(first, second));
    CHECK(ps_value_equal(first, again));
    ps_value_unref(first);
    ps_value_unref(second);
    ps_value_unref(again);
    ps_intrinsic_free(f);
    world_close(&w);
}

/* A few hundred bytes of nested templates make values that print for ever. */
static void shared_values_do_not_explode(void)
{
    world w;
    ps_error err = {0};
    static const char *const calls[] = {
        "States.Format('{}', $)",        "States.JsonToString($)", "States.Hash($, 'MD5')",
        "States.ArrayContains($, $[0])", "States.ArrayUnique($)",  "States.MathAdd($, 1)",
        "States.Array($.nope)",
    };
    world_open(&w, "[]");
    for (int i = 0; i < 60; i++) {
        ps_value *twice = ps_array(2);
        ps_array_add_take(twice, ps_value_ref(w.input));
        ps_array_add_take(twice, w.input);
        w.input = twice;
    }
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        ps_intrinsic *f = ps_intrinsic_new(ps_str_from(calls[i]), &err);
        CHECK(f && !ps_intrinsic_eval(f, w.input, &w.env));
        CHECK(w.env.fault.cause.len < 400);
        ps_env_reset(&w.env);
        ps_intrinsic_free(f);
    }
    world_close(&w);
}

int main(void)
{
    text_has_limits();
    other_names_are_lua_functions();
    uuids_come_from_the_stream();
    shared_values_do_not_explode();
    return check_report();
}
