/* eval_test.c -- the evaluator: an expression, and the JSON or the error that the reference gives;
 * and what a host meets: its functions, sharing, bounds, places of errors. */
#include "jsonata/answer.h"

static const example paths[] = {
    {"site.rooms.name", "[\"lab\",\"hall\",\"den\"]"},
    {"site.rooms[0].name", "\"lab\""},
    {"site.rooms[-1].name", "\"den\""},
    {"site.rooms[2]", "{\"name\":\"den\",\"kind\":\"work\",\"size\":8,\"tags\":[\"z\"]}"},
    {"site.rooms[size > 10].name", "[\"lab\",\"hall\"]"},
    {"site.rooms[[0,1]].size", "[12,30]"},
    {"site.rooms[tags].name", "[\"lab\",\"den\"]"},
    {"site.rooms.tags", "[\"x\",\"y\",\"z\"]"},
    {"site.rooms[0].tags[]", "[\"x\",\"y\"]"},
    {"site.city[]", "[\"Ulm\"]"},
    {"site.nothing[]", "undefined"},
    {"site.rooms.tags[0]", "[\"x\",\"z\"]"},
    {"(site.rooms.tags)[0]", "\"x\""},
    {"site.*", "[\"Ulm\",{\"name\":\"lab\",\"kind\":\"work\",\"size\":12,\"tags\":[\"x\",\"y\"]},{"
               "\"name\":\"hall\",\"kind\":\"rest\",\"size\":30},{\"name\":\"den\",\"kind\":"
               "\"work\",\"size\":8,\"tags\":[\"z\"]}]"},
    {"$count(site.**)", "17"},
    {"site.rooms[missing.deeper].name", "undefined"},
    {"site.rooms.(size * 2)", "[24,60,16]"},
    {"site.rooms.[name, size]", "[[\"lab\",12],[\"hall\",30],[\"den\",8]]"},
    {"[site.rooms.name][0]", "\"lab\""},
    {"[[1, 2], 3, [[4]]]", "[[1,2],3,[[4]]]"},
    {"[1..4]", "[1,2,3,4]"},
    {"[4..1]", "[]"},
    {"[1..3, 7, 9..10]", "[1,2,3,7,9,10]"},
    {"[nothing, 1, null]", "[1,null]"},
    {"site.rooms^(size).name", "[\"den\",\"lab\",\"hall\"]"},
};

static const example orders[] = {
    {"site.rooms^(>size).name", "[\"hall\",\"lab\",\"den\"]"},
    {"site.rooms^(kind, >size).name", "[\"hall\",\"lab\",\"den\"]"},
    {"site.rooms^(nothing, name).name", "[\"den\",\"hall\",\"lab\"]"},
    {"site.rooms^(name = 'lab')",
     "T2008 The expressions within an order-by clause must evaluate to numeric or string values"},
    {"site.rooms^(name, tags[0] = 'x' ? 1 : 'a').name", "[\"den\",\"hall\",\"lab\"]"},
};

static const example groups[] = {
    {"site.rooms{kind: $sum(size)}", "{\"work\":20,\"rest\":30}"},
    {"site.rooms{kind: name}", "{\"work\":[\"lab\",\"den\"],\"rest\":\"hall\"}"},
    {"site.rooms{name: size, kind: size}",
     "{\"lab\":12,\"work\":[12,8],\"hall\":30,\"rest\":30,\"den\":8}"},
    {"site.rooms{size: 1}", "T1003 Key in object structure must evaluate to a string; got: 12"},
    {"{'a': 1, 'a': 2}", "D1009 Multiple key definitions evaluate to same key: \"a\""},
    {"{'n': nothing, 'm': null}", "{\"m\":null}"},
    {"site.rooms.{name: size}", "[{\"lab\":12},{\"hall\":30},{\"den\":8}]"},
    {"nothing{'k': 1}", "{\"k\":1}"},
};

static const example tuples[] = {
    {"site.rooms@$r.tags@$t.{'room': $r.name, 'tag': $t}", "undefined"},
    {"site.rooms#$i[size > 10].{'at': $i, 'name': name}",
     "[{\"at\":0,\"name\":\"lab\"},{\"at\":1,\"name\":\"hall\"}]"},
    {"site.rooms#$i.$i", "[0,1,2]"},
    {"site.rooms.tags.{'tag': $, 'room': %.name}",
     "[{\"tag\":\"x\",\"room\":\"lab\"},{\"tag\":\"y\",\"room\":\"lab\"},{\"tag\":\"z\",\"room\":"
     "\"den\"}]"},
    {"site.rooms.tags.{'city': %.%.city}.city", "[\"Ulm\",\"Ulm\",\"Ulm\"]"},
    {"site.rooms@$r[$r.size = 12].$r.name", "\"lab\""},
    {"site.rooms@$a.$$.site.rooms@$b[$a.size < $b.size].($a.name & '<' & $b.name)",
     "[\"lab<hall\",\"den<lab\",\"den<hall\"]"},
    {"%.x", "S0217 The object representing the 'parent' cannot be derived from this expression"},
};

static const example operators[] = {
    {"1 + 2 * 3 - 4 / 8", "6.5"},
    {"7 % 3", "1"},
    {"-7 % 3", "-1"},
    {"-site.rooms[0].size", "-12"},
    {"-'x'", "D1002 Cannot negate a non-numeric value: \"x\""},
    {"1 + 'x'", "T2002 The right side of the \"+\" operator must evaluate to a number"},
    {"'x' + 1", "T2001 The left side of the \"+\" operator must evaluate to a number"},
    {"nothing + 1", "undefined"},
    {"1 < 'a'",
     "T2009 The values 1 and \"a\" either side of operator \"<\" must be of the same data type"},
    {"null < 1", "T2010 The expressions either side of operator \"<\" must evaluate to numeric or "
                 "string values"},
    {"'a' < 'b'", "true"},
    {"nothing < 1", "undefined"},
    {"1 = 1.0", "true"},
    {"[1, {'a': 2}] = [1, {'a': 2}]", "true"},
    {"{'a': 1, 'b': 2} = {'b': 2, 'a': 1}", "true"},
    {"nothing = nothing", "false"},
    {"1 != nothing", "false"},
    {"2 in [1, 2]", "true"},
    {"'x' in 'x'", "true"},
    {"[1] in [[1]]", "false"},
    {"'a' & 1 & null & [1.5]", "\"a1null[1.5]\""},
    {"nothing & 'x'", "\"x\""},
    {"true and nothing", "false"},
    {"false or 'x'", "true"},
    {"1 and (2 + 'x')", "T2002 The right side of the \"and\" operator must evaluate to a number"},
};

static const example calls[] = {
    {"(  $a := 1; $b := ($a := 5; $a + 1); [$a, $b])", "[1,6]"},
    {"($x := 1; $f := function(){ $x }; $x := 2; $f())", "2"},
    {"(function($x, $y){ [$x, $y] })(1)", "[1]"},
    {"(function($x){ $x })(1, 2, 3)", "1"},
    {"(function($x, $x){ $x })(1, 2)", "2"},
    {"(function($n)<n:n>{ $n })('x')",
     "T0410 Argument 1 of function undefined does not match function signature"},
    {"($f := function($n, $a){ $n = 0 ? $a : $f($n - 1, $a + $n) }; $f(50000, 0))", "1250025000"},
    {"($even := function($n){ $n = 0 ? true : $odd($n - 1) }; $odd := function($n){ $n = 0 ? false "
     ": $even($n - 1) }; $even(20001))",
     "false"},
    {"($c := function($n){ function(){ $n } }; [$c(1)(), $c(2)()])", "[1,2]"},
    {"($fib := function($n){ $n < 2 ? $n : $fib($n - 1) + $fib($n - 2) }; $fib(15))", "610"},
};

static const example functions[] = {
    {"($add := function($a, $b){ $a + $b }; $plus := $add(?, 10); $plus(5))", "15"},
    {"($first := $substring(?, 0, 1); $first('lab'))", "\"l\""},
    {"(function($a, $b, $c){ [$a, $b, $c] })(?, 2, ?)(1, 3)", "[1,2,3]"},
    {"$nosuch(?)", "T1008 Attempted to partially apply a non-function"},
    {"'x' ~> $uppercase", "\"X\""},
    {"'x' ~> $uppercase() ~> $append('y')", "[\"X\",\"y\"]"},
    {"($trim ~> $uppercase)(' a ')", "\"A\""},
    {"1 ~> 2", "T2006 The right side of the function application operator ~> must be a function"},
    {"nosuch(1)", "T1006 Attempted to invoke a non-function"},
    {"count(site)", "T1005 Attempted to invoke a non-function. Did you mean $count?"},
    {"$nosuch(1)", "T1006 Attempted to invoke a non-function"},
    {"(1)(2)", "T1006 Attempted to invoke a non-function"},
    {"site ~> |rooms|{'size': size + 1}, 'tags'|",
     "{\"city\":\"Ulm\",\"rooms\":[{\"name\":\"lab\",\"kind\":\"work\",\"size\":13},{\"name\":"
     "\"hall\",\"kind\":\"rest\",\"size\":31},{\"name\":\"den\",\"kind\":\"work\",\"size\":9}]}"},
    {"site ~> |rooms[size > 10]|{'big': true}| ~> $lookup('rooms') ~> $count()", "3"},
};

static const example transforms[] = {
    {"site ~> |rooms|5|",
     "T2011 The insert/update clause of the transform expression must evaluate to an object: 5"},
    {"site ~> |rooms|{}, 5|", "T2012 The delete clause of the transform expression must evaluate "
                              "to a string or array of strings: 5"},
    {"nothing ~> |a|{}|", "undefined"},
    {"($y := site ~> |rooms|{'name': 'z'}|; site.rooms[0].name)", "\"lab\""},
    {"$eval('1 + $x')", "undefined"},
    {"($x := 2; $eval('1 + $x'))", "3"},
};

static const example metas[] = {
    {"$eval('1 +')",
     "D3120 Syntax error in expression passed to function eval: \"Unexpected end of expression\""},
    {"$eval('1 + \\'x\\'')", "S0103 Unsupported escape sequence: \\\"'\""},
    {"$eval('a', {'a': 9})", "9"},
    {"site.rooms.$eval('size')", "[12,30,8]"},
    {"$type(null) & $type([]) & $type({}) & $type($sum) & $type(1) & $type('')",
     "\"nullarrayobjectfunctionnumberstring\""},
    {"$exists(site.city) and $not($exists(site.zip))", "true"},
    {"$boolean([0, [0, 1]])", "true"},
    {"$boolean([[], {}, ''])", "false"},
    {"$boolean($sum)", "false"},
    {"$error('no')", "D3137 no"},
    {"$error()", "D3137 $error() function evaluated"},
    {"$assert(1 = 2, 'differs')", "D3141 differs"},
    {"$assert(1 = 1, 'differs')", "undefined"},
    {"$map([1, 2], function($x){ $error('at ' & $x) })", "D3137 at 1"},
    {"$clone(site.rooms[0]) = site.rooms[0]", "true"},
    {"nothing ?? 5", "5"},
    {"0 ?? 5", "0"},
};

static const example results[] = {
    {"0 ?: 5", "5"},
    {"'' ?: 'x'", "\"x\""},
    {"nothing ? 1", "undefined"},
    {"1 ? 2 : 3", "2"},
    {"$$.site.city", "\"Ulm\""},
    {"$.site.city", "\"Ulm\""},
    {"$sum", "function"},
    {"function($x){ $x }", "function"},
    {"[$sum]", "[\"\"]"},
    {"{'f': $sum}", "{\"f\":\"\"}"},
    {"[1,2,3].$", "[1,2,3]"},
    {"[[1,2],[3]].$", "[1,2,3]"},
    {"$[0]", "{\"site\":{\"city\":\"Ulm\",\"rooms\":[{\"name\":\"lab\",\"kind\":\"work\",\"size\":"
             "12,\"tags\":[\"x\",\"y\"]},{\"name\":\"hall\",\"kind\":\"rest\",\"size\":30},{"
             "\"name\":\"den\",\"kind\":\"work\",\"size\":8,\"tags\":[\"z\"]}]}}"},
#ifdef PS_WITH_PCRE2
    {"/b+/('abbc').{'m': match, 's': start, 'e': end}", "{\"m\":\"bb\",\"s\":1,\"e\":3}"},
#endif
    {"[1, 2, 3][$ > 1]", "[2,3]"},
    {"[1, 2, 3][[0, 2, 0]]", "[1,1,3]"},
    {"[{'a': 1}, {'a': 2}][0].a", "undefined"},
    {"['ab'][0].$uppercase($)", "[\"A\",\"B\"]"},
    {"[1..3].([$, 9])", "[1,9,2,9,3,9]"},
    {"[1..3].{'k': $}", "[{\"k\":1},{\"k\":2},{\"k\":3}]"},
    {"site.rooms.(tags ? tags : 'none')", "[\"x\",\"y\",\"none\",\"z\"]"},
};

static ps_value *parse(const char *text)
{
    ps_error err = {0};
    return ps_json_parse(ps_str_from(text), NULL, &err);
}

static void check_examples(const example *list, size_t count)
{
    ps_value *input =
        parse("{\"site\":{\"city\":\"Ulm\",\"rooms\":["
              "{\"name\":\"lab\",\"kind\":\"work\",\"size\":12,\"tags\":[\"x\",\"y\"]},"
              "{\"name\":\"hall\",\"kind\":\"rest\",\"size\":30},"
              "{\"name\":\"den\",\"kind\":\"work\",\"size\":8,\"tags\":[\"z\"]}]}}");
    ps_jsonata_env env = {.input = input};
    for (size_t i = 0; i < count; i++) {
        check_answer(list[i].text, &env, list[i].want);
    }
    ps_value_unref(input);
}
#define CHECK_EXAMPLES(list) check_examples(list, sizeof(list) / sizeof *(list))

/* -- what the host offers --------------------------------------------------------------------- */

typedef struct host {
    ps_value *variables;
    size_t asked;
} host;

static const ps_value *variable(void *arg, ps_str name)
{
    host *h = arg;
    h->asked++;
    return ps_object_get(h->variables, name);
}

static bool is_function(void *arg, ps_str name)
{
    (void)arg;
    return ps_str_equal(name, PS_STR("tell")) || ps_str_equal(name, PS_STR("fail")) ||
           ps_str_equal(name, PS_STR("none"));
}

static ps_value *call(void *arg, ps_str name, const ps_value *arguments, ps_buf *error)
{
    (void)arg;
    if (ps_str_equal(name, PS_STR("tell"))) {
        return ps_value_ref(arguments);
    }
    if (ps_str_equal(name, PS_STR("fail"))) {
        ps_buf_add(error, PS_STR("the host says no"));
    }
    return NULL;
}

static void test_host(void)
{
    host h = {.variables = parse("{\"n\":7,\"list\":[1,2],\"count\":3}")};
    ps_jsonata_env env = {
        .variable = variable, .is_function = is_function, .call = call, .arg = &h, .no_eval = true};
    check_answer("$n + $n", &env, "14");
    h.asked = 0;
    check_answer("[1..3].($ * $n)", &env, "[7,14,21]");
    CHECK(h.asked == 1);
    check_answer("$count", &env, "3");
    check_answer("($n := 1; $n)", &env, "1");
    check_answer("$tell(1, nothing, $list)", &env, "[1,null,[1,2]]");
    check_answer("$tell()", &env, "[]");
    check_answer("$map($list, $tell)", &env, "[[1],[2]]");
    check_answer("$none(1)", &env, "undefined");
    check_answer("$fail(1)", &env, "D3137 the host says no");
    check_answer("$tell($sum)", &env,
                 "T0410 Argument 1 of function \"tell\" does not match function signature");
    check_answer("$eval('1')", &env, "T1006 Attempted to invoke a non-function");
    ps_value_unref(h.variables);
}

/* -- what leaves ------------------------------------------------------------------------------ */

static void test_shared(void)
{
    ps_value *input = parse("{\"deep\":{\"list\":[1,2,3]},\"long\":1.10}");
    ps_jsonata_env env = {.input = input};
    ps_jsonata_error err = {0};
    ps_jsonata *e = ps_jsonata_new(PS_STR("{'a': deep, 'b': deep.list, 'c': long}"), &err);
    ps_value *v = NULL;
    /* One expression, many evaluations. */
    for (int i = 0; i < 3; i++) {
        ps_value_unref(v);
        CHECK(ps_jsonata_eval(e, &env, &v, &err) == PS_JSONATA_VALUE);
    }
    const ps_value *deep = ps_object_get(input, PS_STR("deep"));
    CHECK(ps_object_get(v, PS_STR("a")) == deep);
    CHECK(ps_object_get(v, PS_STR("b")) == ps_object_get(deep, PS_STR("list")));
    CHECK_STR(ps_value_str(ps_object_get(v, PS_STR("c"))), "1.10");
    ps_value_unref(v);
    ps_value_unref(input);
    ps_jsonata_free(e);
    ps_jsonata_error_free(&err);
}

static void test_numbers(void)
{
    ps_jsonata_env env = {0};
    check_answer("[1e7 + 0.5, 1 / 3, 1e21 * 1, 1e-7 * 1, -0, 2 * 0.5]", &env,
                 "[10000000.5,0.3333333333333333,1e+21,1e-7,0,1]");
    check_answer("[1 / 0, -1 / 0]", &env, "[\"Infinity\",\"-Infinity\"]");
    check_answer("1 / 0 + 1", &env, "D1001 Number out of range: null");
    check_answer("$string([1/3, 0.1 + 0.2, 123456789012344.5, 1e-10 / 3])", &env,
                 "\"[0.333333333333333,0.3,123456789012345,3.33333333333333e-11]\"");
}

/* -- bounds ----------------------------------------------------------------------------------- */

static const char stack_words[] =
    "U1001 Stack overflow error: Check for non-terminating recursive function.  Consider "
    "rewriting as tail-recursive.";

static void test_depth(void)
{
    ps_jsonata_bounds bounds = ps_jsonata_default;
    ps_jsonata_env env = {.bounds = &bounds};
    bounds.depth = 3;
    check_answer("1 + (2 + 3)", &env, stack_words);
    check_answer("1 + 2 + 3", &env, "6");
    bounds.depth = 4;
    check_answer("1 + (2 + 3)", &env, "6");
    check_answer("{'a': {'b': {'c': {'d': 1}}}}", &env, stack_words);
    bounds = ps_jsonata_aws;
    check_answer("($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(10))", &env, "10");
    check_answer("($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(60))", &env, stack_words);
}

static void test_memory(void)
{
    ps_jsonata_bounds bounds = ps_jsonata_default;
    ps_jsonata_env env = {.bounds = &bounds};
    bounds.bytes = 100000;
    /* Ten thousand rounds that need no memory each. */
    check_answer("($f := function($n){ ($m := $n - 1; $n = 0 ? 'done' : $f($m)) }; $f(10000))",
                 &env, "\"done\"");
    check_answer("$count($map([1..2000], function($x){ $abs($x) }))", &env, "2000");
    check_answer(
        "$reduce([1..30], function($s, $i){ $s & $s }, 'x')", &env,
        "U1001 Expression evaluation memory limit exceeded: Check for excessive memory usage");
    check_answer(
        "$reduce([1..60], function($v, $i){ {'a': $v, 'b': $v} }, 1)", &env,
        "U1001 Expression evaluation memory limit exceeded: Check for excessive memory usage");
    bounds.fuel = 10000;
    check_answer("($f := function(){ $f() }; $f())", &env,
                 "U1001 Expression evaluation timeout: Check for infinite loop");
}

/* Where an error is said to be: behind the token, or at the outermost call around it. */
static void check_place(const char *text, size_t at)
{
    ps_jsonata_env env = {0};
    ps_jsonata_error err = {0};
    ps_value *v = NULL;
    ps_jsonata *e = ps_jsonata_new(ps_str_from(text), &err);
    check_that(ps_jsonata_eval(e, &env, &v, &err) == PS_JSONATA_FAULT && err.at == at, text,
               __FILE__, __LINE__);
    ps_jsonata_free(e);
    ps_jsonata_error_free(&err);
}

static void test_places(void)
{
    check_place("1 + 'x'", 3);
    check_place("'\xC3\xA4' + 1", 6);
    check_place("$map([1], function($a){ $a + 'x' })", 5);
    check_place("1 and $foo(2)", 5);
    check_place("$length(5)", 8);
    check_place("$sum($length(5))", 13);
}

int main(void)
{
    CHECK_EXAMPLES(paths);
    CHECK_EXAMPLES(orders);
    CHECK_EXAMPLES(groups);
    CHECK_EXAMPLES(tuples);
    CHECK_EXAMPLES(operators);
    CHECK_EXAMPLES(calls);
    CHECK_EXAMPLES(functions);
    CHECK_EXAMPLES(transforms);
    CHECK_EXAMPLES(metas);
    CHECK_EXAMPLES(results);
    test_host();
    test_shared();
    test_numbers();
    test_depth();
    test_memory();
    test_places();
    return check_report();
}
