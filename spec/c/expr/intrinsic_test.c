/* intrinsic_test.c -- the intrinsic functions: what they answer, what they refuse and in which
 * words. */
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

static void format_fills_holes_as_java_prints(void)
{
    CALL("States.Format('plain')", "{}", "\"plain\"");
    CALL("States.Format('{}, {}!', $.a, 'b')", "{\"a\":\"x\"}", "\"x, b!\"");
    CALL("States.Format('{}|{}|{}', null, true, -1)", "{}", "\"null|true|-1\"");
    CALL("States.Format('{}', $)", "{\"k\":[1,\"s\",null,{}],\"n\":1.5}",
         "\"{k=[1, s, null, {}], n=1.5}\"");
    CALL("States.Format('{} {} {} {}', 1.0, 1e2, 10000000.0, 0.0001)", "{}",
         "\"1.0 100.0 1.0E7 1.0E-4\"");
    CALL("States.Format('{}', 123456789012345678901234567890)", "{}",
         "\"123456789012345678901234567890\"");
    CALL("States.Format('\\{{}\\} \\'q\\' \\\\', 'x')", "{}", "\"{x} 'q' \\\\\"");
    CALL("States.Format($.t, 7)", "{\"t\":\"n={} \\\\{\"}", "\"n=7 {\"");
    CALL("States.Format('{} {}', $name, $$.State.Name)", "{}", "\"Ana S\"");
    REFUSES("States.Format", "('{} {}', 1)", "{}",
            "number of arguments do not match the occurrences of {}");
    REFUSES("States.Format", "('{}', 1, 2)", "{}",
            "number of arguments do not match the occurrences of {}");
    REFUSES("States.Format", "('a {', 1)", "{}", "matching '}' not found for '{'");
    REFUSES("States.Format", "('}')", "{}", "matching '{' not found for '}'");
    REFUSES("States.Format", "('{{}}', 1)", "{}", "matching '}' not found for '{'");
    REFUSES("States.Format", "($.t)", "{\"t\":3}", "argument 1 must be a string");
}

static void arrays(void)
{
    CALL("States.Array()", "{}", "[]");
    CALL("States.Array( 1 ,'a' , null, States.Array($.x) )", "{\"x\":{}}", "[1,\"a\",null,[{}]]");
    CALL("States.Array(1,2,3,4,5,6,7,8,9,10)", "{}", "[1,2,3,4,5,6,7,8,9,10]");
    CALL("States.ArrayPartition($, 2)", "[1,2,3]", "[[1,2],[3]]");
    CALL("States.ArrayPartition($, 2.9)", "[1,2,3]", "[[1,2],[3]]");
    CALL("States.ArrayPartition($, 9007199254740992)", "[1]", "[[1]]");
    CALL("States.ArrayPartition($, 3)", "[]", "[]");
    REFUSES("States.ArrayPartition", "($, 0.9)", "[1]",
            "the chunk size must be a positive integer");
    CALL("States.ArrayContains($.a, $.v)", "{\"a\":[1,[2]],\"v\":[2]}", "true");
    CALL("States.ArrayContains($.a, 'true')", "{\"a\":[true]}", "true");
    CALL("States.ArrayContains($.a, $.v)", "{\"a\":[{\"x\":1,\"y\":2}],\"v\":{\"y\":2,\"x\":1}}",
         "false");
    CALL("States.ArrayContains($.a, null)", "{\"a\":[0,null]}", "true");
    CALL("States.ArrayRange(1, 9, 2)", "{}", "[1,3,5,7,9]");
    CALL("States.ArrayRange(5.4, -0.6, -2.4)", "{}", "[5,3,1]");
    CALL("States.ArrayRange(5, 1, 1)", "{}", "[]");
    CALL("States.ArrayRange(3, 3, -1)", "{}", "[3]");
    CALL("States.ArrayLength(States.ArrayRange(1, 1000, 1))", "{}", "1000");
    REFUSES("States.ArrayRange", "(1, 1001, 1)", "{}", "the range has more than 1000 elements");
    REFUSES("States.ArrayRange", "(1, 2, 0.5)", "{}",
            "the arguments must be integers, the step not zero");
    REFUSES("States.ArrayRange", "(-9e15, 9e15, 1)", "{}", "the range has more than 1000 elements");
    CALL("States.ArrayGetItem($, 1.9)", "[10,20,30]", "20");
    CALL("States.ArrayGetItem($, 5)", "[]", "null");
    REFUSES("States.ArrayGetItem", "($, 3)", "[10,20,30]",
            "the index 3 is outside of an array of 3 elements");
    REFUSES("States.ArrayGetItem", "($, -1)", "[10]",
            "the index -1 is outside of an array of 1 elements");
    REFUSES("States.ArrayLength", "($)", "{}", "argument 1 must be an array");
}

static void unique_has_the_order_of_a_hash_set(void)
{
    CALL("States.ArrayUnique($)", "[]", "[]");
    CALL("States.ArrayUnique($)", "[3,1,3,2,1]", "[1,2,3]");
    CALL("States.ArrayUnique($)", "[true,false,true,false]", "[false,true]");
    CALL("States.ArrayUnique($)", "[[1,2],[1,2],[2,1]]", "[[2,1],[1,2]]");
    CALL("States.ArrayUnique($)", "[1,null,1,null]", "[null,1]");
    CALL("States.ArrayUnique($)", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "[{\"a\":1,\"b\":2}]");
    CALL("States.ArrayUnique($)", "[\"Aa\",\"BB\",\"Aa\"]", "[\"Aa\",\"BB\"]");
    CALL("States.ArrayUnique($)", "[1,\"1\",\"01\",1]", "[1,\"1\",\"01\"]");
}

static void text(void)
{
    CALL("States.Base64Encode('Data to encode')", "{}", "\"RGF0YSB0byBlbmNvZGU=\"");
    CALL("States.Base64Decode(' !YWJj ZA== ignored')", "{}", "\"abcd\"");
    CALL("States.Base64Decode('abc')", "{}", "\"i\xEF\xBF\xBD\"");
    CALL("States.Base64Decode('')", "{}", "\"\"");
    CALL("States.Hash('abc', 'MD5')", "{}", "\"900150983cd24fb0d6963f7d28e17f72\"");
    CALL("States.Hash('abc', 'SHA-1')", "{}", "\"a9993e364706816aba3e25717850c26c9cd0d89d\"");
    CALL("States.Hash($, 'MD5')", "{\"a\":1}", "\"055524e8a3618ce3fa9b3bd7d233be87\"");
    REFUSES("States.Hash", "('abc', 'sha-1')", "{}",
            "the algorithm must be one of MD5, SHA-1, SHA-256, SHA-384 and SHA-512");
    CALL("States.StringSplit(',a,,b;c;', ';,')", "{}", "[\"a\",\"b\",\"c\"]");
    CALL("States.StringSplit('a\xC3\xA9' , '\xC3\xA9')", "{}", "[\"a\"]");
    CALL("States.StringSplit('abc', '')", "{}", "[\"abc\"]");
    CALL("States.StringSplit('', ',')", "{}", "[]");
    CALL("States.JsonToString($)", "{\"a\":[1, 2.50]}", "\"{\\\"a\\\":[1,2.50]}\"");
    CALL("States.StringToJson($)", "\" {\\\"a\\\":1,\\\"a\\\":2} \"", "{\"a\":2}");
    CALL("States.StringToJson('  ')", "{}", "null");
    CALL("States.StringToJson('-0')", "{}", "0");
    CALL("States.JsonMerge($.a, $.b, false)", "{\"a\":{\"x\":{\"k\":1},\"y\":1},\"b\":{\"x\":{}}}",
         "{\"x\":{},\"y\":1}");
    REFUSES("States.JsonMerge", "($, $, true)", "{}",
            "the deep merge is not supported; argument 3 must be false");
    REFUSES("States.JsonMerge", "($, $.n, false)", "{\"n\":null}", "argument 2 must be an object");
}

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

static void numbers(void)
{
    CALL("States.MathAdd(2.5, -1.5)", "{}", "2");
    CALL("States.MathAdd(1.49, 1.5)", "{}", "3");
    CALL("States.MathAdd(-0.5, 0.49999999999999994)", "{}", "0");
    CALL("States.MathAdd(2147483646, 1)", "{}", "2147483647");
    REFUSES("States.MathAdd", "(2147483647, 1)", "{}",
            "arguments and sum must be integers between -2147483648 and 2147483647");
    REFUSES("States.MathAdd", "(1e309, 1)", "{}",
            "arguments and sum must be integers between -2147483648 and 2147483647");
    REFUSES("States.MathAdd", "($.a, 1)", "{\"a\":\"1\"}", "argument 1 must be a number");
    CALL("States.MathRandom(5.9, 6)", "{}", "5");
    /* java.util.Random(42).nextInt(100) */
    CALL("States.MathRandom(0, 100, 42)", "{}", "30");
    CALL("States.MathRandom(0, 100, 42.9)", "{}", "30");
    REFUSES("States.MathRandom", "(1.4, 1.6)", "{}", "the end must be greater than the start");
    REFUSES("States.MathRandom", "(1, 9, $)", "{}", "argument 3 must be a number");
}

static void what_does_not_compile_says_where(void)
{
    CALL("  States.UUID()", "{}", "0: expected a call such as States.Format('{}', $.x)");
    CALL("JsonToString($)", "{}", "0: expected a call such as States.Format('{}', $.x)");
    CALL("States.Foo()", "{}", "0: there is no intrinsic function States.Foo");
    CALL("States.Array($.a $.b)", "{}", "17: expected ',' or ')' after an argument");
    CALL("States.Array(1,)", "{}",
         "15: expected an argument: a path, a string in single quotes, a number, true, false, null "
         "or "
         "a call");
    CALL("States.Array('a\\n')", "{}",
         "15: expected \\', \\{, \\} or \\\\ in a string, found another escape");
    CALL("States.Array('a)", "{}", "13: a string without its closing quote");
    CALL("States.Array(01)", "{}", "13: not a number as JSON has them");
    CALL("States.Array(1", "{}", "14: expected ',' or ')' after an argument");
    CALL("States.UUID() x", "{}", "14: expected nothing after the call");
    CALL("States.UUID(1)", "{}", "0: States.UUID takes 0 arguments, not 1");
    CALL("States.Format()", "{}", "0: States.Format takes at least 1 argument, not 0");
    CALL("States.MathRandom(1,2,3,4)", "{}",
         "0: States.MathRandom takes at most 3 arguments, not 4");
    CALL("States.MathAdd(1, '-1')", "{}", "18: argument 2 of States.MathAdd must be a number");
    CALL("States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(States."
         "Array("
         "States.Array(States.Array(States.Array()))))))))) ",
         "{}", "[[[[[[[[[[]]]]]]]]]]");
    CALL("States.Array(States.Array(States.Array(States.Array(States.Array(States.Array(States."
         "Array("
         "States.Array(States.Array(States.Array(States.Array())))))))))))",
         "{}", "130: calls nested deeper than 10");
}

static void a_path_that_finds_nothing_names_the_whole_call(void)
{
    CALL("States.Format('{}', States.Array($.nope))", "{\"a\":1}",
         "States.Runtime: The function 'States.Format('{}', States.Array($.nope))' had the "
         "following "
         "error: The JsonPath argument for the field '$.nope' could not be found in the input "
         "'{\"a\":1}'");
    CALL("States.Array($$.No.Such)", "{}",
         "States.Runtime: The function 'States.Array($$.No.Such)' had the following error: The "
         "JsonPath argument for the field '$.No.Such' could not be found in the input '{}'");
    CALL("States.Array($.a[?(@.b == '),')])", "{\"a\":[{\"b\":\"),\"},{}]}", "[[{\"b\":\"),\"}]]");
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
    format_fills_holes_as_java_prints();
    arrays();
    unique_has_the_order_of_a_hash_set();
    text();
    text_has_limits();
    numbers();
    what_does_not_compile_says_where();
    a_path_that_finds_nothing_names_the_whole_call();
    other_names_are_lua_functions();
    uuids_come_from_the_stream();
    shared_values_do_not_explode();
    return check_report();
}
