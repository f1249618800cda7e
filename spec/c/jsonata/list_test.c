/* list_test.c -- functions of arrays and objects, the higher-order ones, and what Step Functions
 * adds: an expression, and the JSON or the error that it gives. */
#include "jsonata/answer.h"

static void check_examples(const example *list, size_t count)
{
    ps_error err = {0};
    ps_value *input =
        ps_json_parse(PS_STR("{\"a\":[3,1,2],\"o\":{\"x\":1,\"y\":2},\"one\":[{\"k\":[1,2]}],"
                             "\"rows\":[{\"k\":\"b\",\"n\":1},{\"k\":\"a\",\"n\":2},"
                             "{\"k\":\"b\",\"n\":3}]}"),
                      NULL, &err);
    for (size_t i = 0; i < count; i++) {
        ps_rand rand = {.key = {3}};
        ps_jsonata_env env = {.input = input, .rand = &rand};
        check_answer(list[i].text, &env, list[i].want);
    }
    ps_value_unref(input);
}
#define CHECK_EXAMPLES(list) check_examples(list, sizeof(list) / sizeof *(list))

static const example arrays[] = {
    {"$count(a)", "3"},
    {"$count(nothing)", "0"},
    {"$count(o)", "1"},
    {"$count(null)", "1"},
    {"$append(1, 2)", "[1,2]"},
    {"$append(a, a)", "[3,1,2,3,1,2]"},
    {"$append(nothing, 7)", "7"},
    {"$append(7, nothing)", "7"},
    {"$append([], [])", "[]"},
    {"$append([1], [[2]])", "[1,[2]]"},
    {"$append(1, null)", "[1,null]"},
    {"$reverse(a)", "[2,1,3]"},
    {"$reverse('ab')", "[\"ab\"]"},
    {"$reverse(nothing)", "undefined"},
    {"$sort(a)", "[1,2,3]"},
    {"$sort(['b', 'a', 'B', ''])", "[\"\",\"B\",\"a\",\"b\"]"},
    {"$sort(['\\uFFFD', '\\uD83D\\uDE00'])", "[\"\xF0\x9F\x98\x80\",\"\xEF\xBF\xBD\"]"},
    {"$sort(5)", "[5]"},
    {"$sort(nothing)", "undefined"},
    {"$sort(a, function($l, $r) { $l < $r })", "[3,2,1]"},
    {"$sort(rows, function($l, $r) { $l.k > $r.k }).n", "[2,1,3]"},
    {"$sort(a, function($l, $r) { [] })", "[2,1,3]"},
    {"$sort(a, function($l, $r) { '' })", "[3,1,2]"},
    {"$sort(a, function($l, $r) { $error('no order') })", "D3137 no order"},
    {"$sort([1, 'a'])",
     "D3070 The single argument form of the sort function can only be applied to an array of "
     "strings or an array of numbers.  Use the second argument to specify a comparison function"},
    {"$sum($shuffle([1..100]))", "5050"},
    {"$shuffle([1..100]) = [1..100]", "false"},
    {"$shuffle([1])", "[1]"},
    {"$distinct([1, 2, 1, '1', 1.0, true, null, null, [1], [1], {'a': 1}, {'a': 1}])",
     "[1,2,\"1\",true,null,[1],{\"a\":1}]"},
    {"$distinct([{'a': 1, 'b': [0]}, {'b': [0], 'a': 1}])", "[{\"a\":1,\"b\":[0]}]"},
    {"$distinct([0, -0])", "[0]"},
    {"$distinct(rows.k)", "[\"b\",\"a\"]"},
    {"$distinct(rows[k = 'b'].k)", "\"b\""},
    {"$distinct('x')", "\"x\""},
    {"$count($distinct([1..1000].($ % 10)))", "10"},
    {"$zip([1, 2, 3], [4, 5], [6, 7, 8])", "[[1,4,6],[2,5,7]]"},
    {"$zip([1, 2], 3)", "[[1,3]]"},
    {"$zip([1, 2], nothing)", "[]"},
};

/* What was appended to may share its elements with what came of it, but shows it nowhere. */
static const example appended[] = {
    {"$reduce([1..20], $append)", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]"},
    {"($x := [1..9]; $y := $append($x, 10); $a := $append($y, 'a'); $b := $append($y, 'b'); "
     "[$count($x), $count($y), $a[-1], $b[-1], $y[-1]])",
     "[9,10,\"a\",\"b\",10]"},
    {"($x := $append([1..9], 0); $y := $append($x, [1..90]); $z := $append($x, 5); "
     "[$count($x), $count($y), $count($z), $z[-1], $y[10], $y[-1]])",
     "[10,100,11,5,1,90]"},
    {"$count($reduce([1..20000], function($l, $x) { $append($l, $x) }, []))", "20000"},
};

static const example objects[] = {
    {"$keys(o)", "[\"x\",\"y\"]"},
    {"$keys({'a': 1})", "\"a\""},
    {"$keys({'a': 1})[]", "[\"a\"]"},
    {"$keys([{'a': 1}, [{'b': 2, 'a': 3}]])", "[\"a\",\"b\"]"},
    {"$keys({})", "undefined"},
    {"$keys('text')", "undefined"},
    {"$lookup(o, 'y')", "2"},
    {"$lookup(o, 'z')", "undefined"},
    {"$lookup(rows, 'n')", "[1,2,3]"},
    {"$lookup(one, 'k')", "[1,2]"},
    {"$lookup([[{'k': [1, 2]}], {'k': 3}], 'k')", "[1,2,3]"},
    {"$lookup({'k': null}, 'k')", "null"},
    {"$spread(o)", "[{\"x\":1},{\"y\":2}]"},
    {"$spread({'a': 1})", "{\"a\":1}"},
    {"$spread([{'a': 1}])", "[{\"a\":1}]"},
    {"$spread([1, {'a': 1, 'b': 2}, null])", "[1,{\"a\":1},{\"b\":2},null]"},
    {"$spread([])", "undefined"},
    {"$spread('text')", "\"text\""},
    {"$merge([{'a': 1, 'b': 2}, {'a': 3}])", "{\"a\":3,\"b\":2}"},
    {"$merge(o)", "{\"x\":1,\"y\":2}"},
    {"$merge([])", "{}"},
    {"$merge(1)", "T0412 Argument 1 of function \"merge\" must be an array of \"objects\""},
    {"$each(o, function($v, $k) { $k & $v })", "[\"x1\",\"y2\"]"},
    {"$each({'a': 1}, function($v, $k, $o) { $count($keys($o)) })", "1"},
    {"$each(o, function($v) { $v = 1 ? $v })", "1"},
    {"$sift(o, function($v) { $v > 1 })", "{\"y\":2}"},
    {"$sift(o, function($v, $k, $o) { $o.x = 1 and $k = 'x' })", "{\"x\":1}"},
    {"$sift(o, function($v) { false })", "undefined"},
};

static const example functions[] = {
    {"$map(a, function($v, $i, $l) { $v * 100 + $i * 10 + $count($l) })", "[303,113,223]"},
    {"$map(a, $string)", "[\"3\",\"1\",\"2\"]"},
    {"$map(a, function() { 1 })", "[1,1,1]"},
    {"$map(a, function($v) { $v > 2 ? $v })", "3"},
    {"$map([1, 2], $keys)", "[[],[]]"},
    {"$map(nothing, $string)", "undefined"},
    {"$map('x', $uppercase)", "\"X\""},
    {"$filter(a, function($v, $i) { $i < 2 })", "[3,1]"},
    {"$filter(a, function($v) { $v = 2 })", "2"},
    {"$filter(a, function($v) { false })", "undefined"},
    {"$filter(a, ?)(function($v) { $v > 1 })", "[3,2]"},
    {"$single(a, function($v) { $v = 2 })", "2"},
    {"$single([7])", "7"},
    {"$single(nothing)", "undefined"},
    {"$single(a)",
     "D3138 The $single() function expected exactly 1 matching result.  Instead it matched more."},
    {"$single(a, function($v) { $v > 9 })",
     "D3139 The $single() function expected exactly 1 matching result.  Instead it matched 0."},
    {"$reduce(a, function($x, $y) { $x & $y })", "\"312\""},
    {"$reduce(a, function($x, $y, $i, $l) { $x + $i * $count($l) }, 0)", "9"},
    {"$reduce([], function($x, $y) { 1 })", "undefined"},
    {"$reduce([], function($x, $y) { 1 }, 7)", "7"},
    {"$reduce(5, function($x, $y) { 1 })", "5"},
    {"$reduce(a, function($x) { $x })",
     "D3050 The second argument of reduce function must be a function with at least two arguments"},
};

static const example aws[] = {
    {"$partition([1, 2, 3, 4, 5], 2)", "[[1,2],[3,4],[5]]"},
    {"$partition([1], 4)", "[[1]]"},
    {"$partition([1, 2, 3], 2.9)", "[[1,2],[3]]"},
    {"$partition([1, 2, 3])", "[[1,2,3]]"},
    {"$partition([1, 2], 1e300)", "[[1,2]]"},
    {"$partition([1, 2], 0)", "undefined"},
    {"$partition([1, 2], -0.5)", "undefined"},
    {"$partition([], 2)", "undefined"},
    {"$partition(nothing, 2)", "undefined"},
    {"$partition([1, 2], -2)", "D3137 Second argument must be zero or greater"},
    {"$partition(1, 2)",
     "T0412 Argument 1 of function \"partition\" must be an array of undefined"},
    {"$partition([1], 'a')",
     "T0410 Argument 2 of function \"partition\" does not match function signature"},
    {"$partition([1], 1, 1)",
     "T0410 Argument 3 of function \"partition\" does not match function signature"},
    {"$range(0, 9, 3)", "[0,3,6,9]"},
    {"$range(1, 9, 9)", "1"},
    {"$range(3, 3, 1)", "3"},
    {"$range(5, 1, -2)", "[5,3,1]"},
    {"$range(1.9, 3.9, 1.9)", "[1,2,3]"},
    {"$range(-1.7, 1, 1)", "[-1,0,1]"},
    {"$range(1, 9)", "undefined"},
    {"$range(1, 9, 0)", "undefined"},
    {"$range(1, 9, -1)", "undefined"},
    {"$range(9, 1, 1)", "undefined"},
    {"$range(1, nothing, 1)",
     "T0410 Argument 2 of function \"range\" does not match function signature"},
    {"$hash('', 'MD5')", "\"d41d8cd98f00b204e9800998ecf8427e\""},
    {"$hash('abc', 'SHA-1')", "\"a9993e364706816aba3e25717850c26c9cd0d89d\""},
    {"$hash('abc', 'SHA-256')",
     "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""},
    {"$length($hash('abc', 'SHA-384'))", "96"},
    {"$length($hash('abc', 'SHA-512'))", "128"},
    {"$hash('abc')", "undefined"},
    {"$hash('abc', 'sha-1')",
     "D3137 Hash algorithm 'sha-1' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"},
    {"$hash(1, 'MD5')", "T0410 Argument 1 of function \"hash\" does not match function signature"},
    {"$random(42)", "0.7275636800328681"},
    {"$random(-1.5) = $random(-1)", "true"},
    {"$random(42) = $random(43)", "false"},
    {"$filter([1..100], function() { $random() >= 1 or $random() < 0 })", "undefined"},
    {"$random() = $random()", "false"},
    {"$random('a')", "T0410 Argument 1 of function \"random\" does not match function signature"},
    {"$split($uuid(), '-').$length()", "[8,4,4,4,12]"},
    {"$substring($uuid(), 14, 1)", "\"4\""},
    {"$uuid() = $uuid()", "false"},
    {"$uuid(1)", "T0410 Argument 1 of function \"uuid\" does not match function signature"},
    {"$parse('{\"a\":[1,null,true,\"x\"]}')", "{\"a\":[1,null,true,\"x\"]}"},
    {"$parse('[-0,1.0,1e2,1.5,123456789012]')", "[0,1,100,1.5,123456789012]"},
    {"$parse('{\"a\":{\"b\":[{\"c\":2.0}]}}').a.b.c", "2"},
    {"$exists($parse('null'))", "true"},
    {"$parse(nothing)", "undefined"},
    {"$parse('')", "D3137 Invalid JSON"},
    {"$parse('1 2')", "D3137 Invalid JSON"},
    {"$parse('{\"a\":1,\"a\":2}')", "D3137 Invalid JSON"},
    {"$parse('1e999')", "D3137 Invalid JSON"},
    {"$parse(1)", "T0410 Argument 1 of function \"parse\" does not match function signature"},
};

int main(void)
{
    CHECK_EXAMPLES(arrays);
    CHECK_EXAMPLES(appended);
    CHECK_EXAMPLES(objects);
    CHECK_EXAMPLES(functions);
    CHECK_EXAMPLES(aws);
    return check_report();
}
