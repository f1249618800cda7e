/* bounds_test.c -- no expression runs away: whatever is written, it ends in a value or in an error
 * that says which bound was met, within a multiple of the time that the same fuel lasts a plain
 * loop, and with memory that is a multiple of what one value may have. */
#include "check.h"
#include "jsonata/jsonata.h"
#include "value/json.h"

#include <sys/resource.h>
#include <time.h>

/* What nginx gives: fuel for some 20 ms. */
#define FUEL 1000000

typedef struct outcome {
    ps_jsonata_answer answer;
    char code[6];
    double seconds; /* of the processor, not of the clock on the wall */
} outcome;

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static outcome evaluate(ps_str text, const ps_value *input)
{
    ps_rand rand = {.key = {7}};
    ps_jsonata_bounds bounds = ps_jsonata_default;
    bounds.fuel = FUEL;
    ps_jsonata_env env = {.input = input, .bounds = &bounds, .rand = &rand};
    ps_jsonata_error err = {0};
    outcome o = {.answer = PS_JSONATA_FAULT};
    ps_value *out = NULL;
    double from = processor_seconds();
    ps_jsonata *e = ps_jsonata_new(text, &err);
    if (e) {
        o.answer = ps_jsonata_eval(e, &env, &out, &err);
    }
    ps_value_unref(out);
    ps_jsonata_free(e);
    o.seconds = processor_seconds() - from;
    memcpy(o.code, err.code, sizeof o.code);
    bool fault = o.answer == PS_JSONATA_FAULT;
    check_that(fault == (err.code[0] != 0) && fault == (err.text.len > 0), text.p, __FILE__,
               (int)text.len);
    ps_jsonata_error_free(&err);
    return o;
}

/* How long the fuel lasts a loop that does nothing else. The least of three, as
 * the machine may be busy with other things. */
static double floor_seconds(void)
{
    double least = 0;
    for (int i = 0; i < 3; i++) {
        outcome o = evaluate(PS_STR("($f := function($n) { $f($n + 1) }; $f(0))"), NULL);
        CHECK(o.answer == PS_JSONATA_FAULT && strcmp(o.code, "U1001") == 0);
        least = i == 0 || o.seconds < least ? o.seconds : least;
    }
    return least;
}

/* The longest that anything may take: loops differ in what a step of theirs does, and sanitizers
 * make memory dearer than steps. */
#ifdef __SANITIZE_ADDRESS__
#define FLOORS 40
#else
#define FLOORS 20
#endif
static double allowed_seconds;

static void check_time(const char *what, double seconds)
{
    check_count++;
    if (seconds > allowed_seconds) {
        check_failures++;
        fprintf(stderr, "%.70s: %.0f ms, allowed %.0f\n", what, seconds * 1e3,
                allowed_seconds * 1e3);
    }
}

/* -- what could run away
 * ------------------------------------------------------------------------
 */

/* `wide`: 100,000 numbers; `rows`: 1,000 objects; `deep`: 400 objects in one
 * another; `text`: 50,000 letters a; `x`: one more of them and an exclamation
 * mark. */
static ps_value *document(void)
{
    ps_buf b = {0};
    ps_error err = {0};
    ps_buf_add(&b, PS_STR("{\"wide\":[0"));
    for (int i = 1; i < 100000; i++) {
        ps_buf_addf(&b, ",%d", i);
    }
    ps_buf_add(&b, PS_STR("],\"rows\":[{\"k\":0}"));
    for (int i = 1; i < 1000; i++) {
        ps_buf_addf(&b, ",{\"k\":%d,\"v\":[%d,%d]}", i, i % 7, i % 11);
    }
    ps_buf_add(&b, PS_STR("],\"deep\":"));
    for (int i = 0; i < 400; i++) {
        ps_buf_add(&b, PS_STR("{\"a\":1,\"d\":"));
    }
    ps_buf_add_char(&b, '0');
    for (int i = 0; i < 400; i++) {
        ps_buf_add_char(&b, '}');
    }
    ps_buf_add(&b, PS_STR(",\"text\":\""));
    memset(ps_buf_reserve(&b, 50000), 'a', 50000);
    b.len += 50000;
    ps_buf_add(&b, PS_STR("\",\"x\":\""));
    memset(ps_buf_reserve(&b, 50000), 'a', 50000);
    b.len += 50000;
    ps_buf_add(&b, PS_STR("!\"}"));
    ps_value *v = ps_json_parse(ps_buf_str(&b), NULL, &err);
    ps_buf_free(&b);
    CHECK(v != NULL);
    return v;
}

typedef struct runaway {
    const char *text;
    const char *codes; /* those it may end with; "" any, also none */
} runaway;

#define BOUND "U1001 D2014"

static const runaway recursions[] = {
    {"($f := function($n) { 1 + $f($n + 1) }; $f(0))", BOUND},
    {"($e := function($n) { $o($n) }; $o := function($n) { $e($n) }; $e(1))", BOUND},
    {"($e := function($n) { 1 + $o($n) }; $o := function($n) { 1 + $e($n) }; "
     "$e(1))",
     BOUND},
    {"(function($x) { $x($x) })(function($x) { $x($x) })", BOUND},
    {"($f := function($n) { $n < 2 ? $n : $f($n - 1) + $f($n - 2) }; $f(60))", BOUND},
    {"($a := function($m, $n) { $m = 0 ? $n + 1 : $n = 0 ? $a($m - 1, 1) : "
     "$a($m - 1, $a($m, $n - 1)) }; $a(4, 4))",
     BOUND},
    {"($f := function($x) { $map([1, 2], $f) }; $f(1))", BOUND},
    {"($f := function($x) { $filter([1, 2], $f) }; $f(1))", BOUND},
    {"($f := function($x, $y) { $reduce([1, 2], $f) }; $f(1, 1))", BOUND},
    {"($f := function($x) { $each({'a': 1}, $f) }; $f(1))", BOUND},
    {"($f := function($x) { $sift({'a': 1}, $f) }; $f(1))", BOUND},
    {"($f := function($x) { $single([1], $f) }; $f(1))", BOUND},
    {"($f := function($x, $y) { $sort([1, 2], $f) }; $f(1, 1))", BOUND},
    {"($f := function($x) { $replace('a', /a/, $f) }; $f(1))", BOUND},
    {"($f := function() { [1, 2][$f()] }; $f())", BOUND},
    {"($f := function() { [1, 2]^($f()) }; $f())", BOUND},
    {"($f := function() { [1, 2]{$f(): 1} }; $f())", BOUND},
    {"($f := function() { {'a': $f()} }; $f())", BOUND},
    {"($f := function() { {'a': 1} ~> |$|{'b': $f()}| }; $f())", BOUND},
    {"($f := function() { 1 ~> $f }; $f())", ""},
    {"($f := function() { $eval('$f()') }; $f())", ""},
    {"($f := function($s) { $eval($s) }; $f('$eval(\"$eval(\\'$f(1)\\')\")'))", ""},
    {"($c := function($n) { $n = 0 ? $string : ($g := $c($n - 1); $g ~> $g) }; "
     "$f := $c(50); $f(1))",
     BOUND},
    {"($c := function($n) { $n = 0 ? function($x) { $x + 1 } : ($g := $c($n - "
     "1); "
     "function($x) { $g($g($x)) }) }; $f := $c(50); $f(1))",
     BOUND},
    {"($c := function($n, $g) { $n = 0 ? $g : $c($n - 1, function($x) { 1 + "
     "$g($x) }) }; "
     "$f := $c(10000, function($x) { $x }); $f(1))",
     BOUND},
    {"($c := function($n, $g) { $n = 0 ? $g : $c($n - 1, $g ~> function($x) { "
     "$x }) }; "
     "$f := $c(10000, function($x) { $x }); $f(1))",
     BOUND},
    {"($c := function($n, $g) { $n = 0 ? $g : $c($n - 1, $g(?)) }; "
     "$f := $c(10000, function($x) { $x }); $f(1))",
     BOUND},
};

static const runaway products[] = {
    {"[1..1e9]", "D2014"},
    {"[1..1000000]", ""},
    {"[-1e300..1e300]", ""},
    {"$range(0, 1e15, 1)", "U1001"},
    {"$count([1..1000].([1..1000].([1..1000])))", BOUND},
    {"$sum($map([1..1000], function($i) { $sum($map([1..1000], function($j) { "
     "$sum([1..1000]) })) "
     "}))",
     BOUND},
    {"[1..1000000][$ in [1..1000000]]", BOUND},
    {"wide[$ in $$.wide]", BOUND},
    {"$count(wide.($$.wide))", BOUND},
    {"$count(rows@$a.rows@$b.rows@$c.{'x': 1})", ""},
    {"$count(rows@$a.($$.rows)@$b[$a.k = $b.k].($$.rows)@$c[$a.k = $c.k])", BOUND},
    {"$count(wide#$i[$$.wide[$i] = $i])", ""},
    {"$count(rows.v#$i.%.%.rows.v#$j)", BOUND},
    {"[1..1000000]{$string($): $}", BOUND},
    {"wide{$string($): $}", ""},
    {"wide{'a': $}", ""},
    {"wide{$$.text: $}", ""},
    {"wide{$$.text & $string($): $}", BOUND},
    {"$map(wide, function() { {$$.text: 1} })", BOUND},
    {"$map(wide, function() { {$$.text: 1} = {$$.text: 1} })", BOUND},
    {"($o := {text: 1, x: 2}; $map(wide, function() { $lookup($o, $$.text) }))", BOUND},
    {"($o := $merge([1..20].{$string(): 1, $$.text: 2}); "
     "$map(wide, function() { $lookup($o, $$.text) }))",
     BOUND},
    {"($o := {text: 1}; $map(wide, function() { $merge([$o, {'a': 1}]) }))", ""},
    {"($o := {text: 1}; $map(wide, function() { $keys([$o, $o]) }))", BOUND},
    {"($o := {text: 1}; $map(wide, function() { $sift($o, function() { true }) "
     "}))",
     BOUND},
    {"($o := {text: 1}; $map(wide, function() { $o ~> |$|{'a': 1}, $$.text| "
     "}))",
     BOUND},
    {"($l := [1..500].($$.text & $string()); $map(wide, function() { "
     "$distinct($l) }))",
     BOUND},
    {"($l := [1..500].($$.text & $string()); $map(wide, function() { $sort($l) "
     "}))",
     BOUND},
    {"($l := [1..500].($$.text & $string()); $map(wide, function() { $l^($) "
     "}))",
     BOUND},
    {"($l := [1..500].($$.text & $string()); $map(wide, function() { $$.x in "
     "$l }))",
     ""},
    {"($l := [1..500].(text & 'a'); $map(wide, function() { (text & 'b') in $l "
     "}))",
     ""},
    {"$map(wide, function($i) { wide[$i] })", ""},
    {"$map(wide, function($i) { wide[[0..$i]] })", BOUND},
    {"$map(wide, function($i) { $count(wide) })", ""},
    {"$map(wide, function($i) { $sum(wide) })", BOUND},
    {"$map(wide, function($i) { $max(wide) })", BOUND},
    {"$map(wide, function($i) { $average(wide) })", BOUND},
    {"$map(wide, function($i) { $join(wide) })", ""},
    {"$map(wide, function($i) { $reverse(wide) })", BOUND},
    {"$map(wide, function($i) { $append(wide, 1) })", BOUND},
    {"$map(wide, function($i) { $zip(wide) })", BOUND},
    {"$map(wide, function($i) { $exists(wide) })", ""},
    {"$map(wide, function($i) { $boolean(wide) })", ""},
    {"$map(wide, function($i) { $type(wide) })", ""},
    {"$map(wide, function($i) { $clone(wide) })", BOUND},
    {"$map(wide, function($i) { wide = rows })", ""},
    {"$map(wide, function($i) { $$ = $$ })", ""},
    {"$map(wide, function($i) { wide[-1] })", ""},
    {"$map(wide, function($i) { [wide] })", ""},
    {"$map(wide, function($i) { [wide, wide] })", BOUND},
    {"$map(wide, function($i) { {'a': wide} })", ""},
    {"$map(wide, function($i) { $lookup(rows, 'k') })", BOUND},
    {"$map(wide, function($i) { rows.k })", BOUND},
    {"$map(wide, function($i) { *[0] })", ""},
    {"$map(wide, function($i) { $$.*[0] })", ""},
    {"$map(wide, function($i) { $$.**[0] })", BOUND},
    {"$map(wide, function($i) { $$ ~> |rows|{'a': 1}| })", BOUND},
    {"$map(wide, function($i) { $partition(wide, 10) })", BOUND},
    {"$map(wide, function($i) { $range(1, 1000, 1) })", BOUND},
    {"$map(wide, function($i) { [1..1000] })", ""},
    {"$map(wide, function($i) { $count([1..1000]) })", ""},
    {"$map(wide, function($i) { [1..1000][-1] })", ""},
    {"$map(wide, function($i) { 5 in wide })", ""},
    {"$map(wide, function($i) { -5 in wide })", BOUND},
    {"$map(wide, function($i) { $string(wide) })", BOUND},
    {"$map(wide, function($i) { $keys(rows) })", BOUND},
    {"$map(wide, function($i) { $spread(rows) })", BOUND},
    {"$map(wide, function($i) { $merge(rows) })", BOUND},
    {"$map(wide, function($i) { $shuffle(wide) })", BOUND},
    {"$map(wide, function($i) { $filter(wide, $boolean) })", BOUND},
    {"$map(wide, function($i) { rows^(k) })", BOUND},
    {"$map(wide, function($i) { rows{$string(k): v} })", BOUND},
    {"$map(wide, function($i) { rows#$j[$j = 1] })", BOUND},
    {"$map(wide, function($i) { rows@$r.v.%.k })", BOUND},
    {"wide{$string($ % 1000): $sum($)}", ""},
    {"$distinct([1..1000000])", ""},
    {"$count($distinct(wide))", ""},
    {"wide^(>$)", ""},
    {"wide^($random())", ""},
    {"$sort(wide, function($a, $b) { $a < $b })", ""},
    {"$sort(wide, function($a, $b) { $error('no') })", "D3137"},
    {"$sort(wide, function($a, $b) { true })", ""},
    {"$shuffle([1..1000000])", ""},
    {"$zip(wide, wide, wide, wide, wide, wide, wide, wide)", ""},
    {"$reduce(wide, function($a, $x) { $append($a, $x) }, [])", ""},
    {"$reduce(wide, function($a, $x) { $append($x, $a) }, [])", BOUND},
    {"$reduce(wide, function($a, $x) { $merge([$a, {$string($x): 1}]) }, {})", BOUND},
    {"$reduce(wide, function($a, $x) { $a & $string($x) }, '')", ""},
    {"$partition([1..1000000], 1)", ""},
    {"$count(**)", ""},
    {"$count(**.**)", ""},
    {"$count(deep.**.**.**.**.**)", BOUND},
    {"$count(deep.**[**])", ""},
    {"$ ~> |**|{'n': 1}|", ""},
    {"$ ~> |**|{'n': $$}|", ""},
    {"deep ~> |**|{'n': deep}| ~> |**|{'n': deep}|", ""},
    {"$spread(wide.{$string($): 1})", ""},
    {"wide{$string($): 1} ~> |$|{}, $keys($)|", ""},
    {"rows{$string(k): 1} ~> |$|{}, $keys($)|", ""},
    {"$reduce(wide, function($a, $x) { $a ~> |$|{$string($x): 1}| }, {})", BOUND},
    {"$reduce(wide, function($a, $x) { $a ~> |$|{'a': $x}, 'b'| }, {'b': 1})", ""},
    {"$count(rows.v.%.v.%.v.%.v.%.v.%.v.%.v.%.v)", ""},
    {"rows^(>k, <v, $string(v), k % 7)", ""},
    {"$sort(wide, function($l, $r) { $count(wide) })", ""},
    {"$keys(wide.{$string($): 1})", ""},
    {"$merge(wide.{$string($): 1})", ""},
};

/* Each doubles what it has sixty times over; only in the end is it looked at.
 */
#define DOUBLED "$d := $reduce([1..60], function($a, $i) { [[$a], [$a]] }, [1]); "
#define DOUBLED_OBJECT                                                                             \
    "$d := $reduce([1..60], function($a, $i) { {'a': $a, 'b': $a} }, {'a': "                       \
    "1}); "
/* As deep as fuel lets it become, without any recursion. */
#define NESTED "$d := $reduce([1..20000], function($a, $i) { [[$a]] }, [1]); "
#define NESTED_OBJECT "$d := $reduce([1..20000], function($a, $i) { {'a': $a} }, {'a': 1}); "

#define LOOKED_AT(made)                                                                            \
    {"(" made "$d)", ""}, {"(" made "$string($d))", BOUND},                                        \
        {"(" made "$string($d, true))", BOUND}, {"(" made "$count($d))", ""},                      \
        {"(" made "$boolean($d))", ""},                                                            \
        {"(" made "$e := $map([1], function($x) { $d }); $d = $eval($string(1)))", ""},            \
        {"(" made "$d = $clone($d))", ""}, {"(" made "$d in [$d])", ""},                           \
        {"(" made "$distinct([$d, $d]))", ""}, {"(" made "$keys($d))", ""},                        \
        {"(" made "$lookup($d, 'a'))", ""}, {"(" made "$spread($d))", ""},                         \
        {"(" made "$d.**)", ""}, {"(" made "$count($d.**))", ""}, {"(" made "$d.*.*.*.*)", ""},    \
        {"(" made "$d ~> |**|{'z': 1}|)", ""}, {"(" made "$d & $d)", BOUND},                       \
        {"(" made "$append($d, $d))", ""}, {"(" made "$exists($d.a.a.a))", ""},                    \
        {"(" made "$flat := function($x) { $reduce($x, $append) }; $flat($d))", ""},               \
        {"(" made "$sort([$d, $d], function($a, $b) { $a = $b }))", ""},                           \
        {"(" made "$error($d))", ""}, {"(" made "$sum($d))", ""}, {"(" made "$d + 1)", ""},        \
        {"(" made "$uppercase($d))", ""}, {"(" made "{$string($d): 1})", BOUND},                   \
        {"(" made "$assert(false, $string($d)))", BOUND}, {"(" made "$d^(a))", ""},                \
        {"(" made "$d[a = 1])", ""}, {"(" made "$d{'k': $})", ""}, {"(" made "$join($d))", ""},    \
        {"(" made "$not($d))", ""}, {"(" made "$d ? 1 : 2)", ""},                                  \
        {"(" made "$e := [$d]; $d = $e)", ""},                                                     \
    {                                                                                              \
        "(" made "$d ?: 1)", ""                                                                    \
    }

static const runaway shared[] = {LOOKED_AT(DOUBLED), LOOKED_AT(DOUBLED_OBJECT)};
static const runaway nested[] = {LOOKED_AT(NESTED), LOOKED_AT(NESTED_OBJECT)};

static const runaway texts[] = {
    {"$reduce([1..60], function($a, $i) { $a & $a }, 'xy')", BOUND},
    {"$reduce([1..60], function($a, $i) { $join([$a, $a]) }, 'xy')", BOUND},
    {"$reduce([1..60], function($a, $i) { $replace($a, 'x', 'xx') }, 'x')", BOUND},
    {"$reduce([1..60], function($a, $i) { $replace($a, /x/, 'xx') }, 'x')", BOUND},
    {"$reduce([1..60], function($a, $i) { $string([$a, $a]) }, 'x')", BOUND},
    {"$reduce([1..60], function($a, $i) { $string($a) & $a }, '\\u0001\"')", BOUND},
    {"$reduce([1..60], function($a, $i) { $base64encode($a) }, 'x')", BOUND},
    {"$reduce([1..60], function($a, $i) { $encodeUrlComponent($a) & $a }, '%')", BOUND},
    {"$reduce([1..60], function($a, $i) { $pad($a, 2 * $length($a)) }, 'x')", BOUND},
    {"$pad('x', 1e9)", BOUND},
    {"$pad('x', -1e15)", BOUND},
    {"$pad('x', 1e300, 'ab')", BOUND},
    {"$length($join(wide.$string($), $string(1)))", ""},
    {"$join(wide.$$.text)", BOUND},
    {"$join($map(wide, $string), $substring(text, 0, 10000))", BOUND},
    {"$replace(text, 'a', text)", BOUND},
    {"$replace(text, /a/, text)", BOUND},
    {"$replace(text, /a/, function($m) { $$.text })", BOUND},
    {"$replace(text, /(a)/, '$1$1$1$1$1$1$1$1')", ""},
    {"$replace(text, /a*?/, 'b')", ""},
    {"$count($split(text, ''))", ""},
    {"$count($split(text, 'a'))", ""},
    {"$count($split(text, /a/))", ""},
    {"$count($match(text, /a/))", ""},
    {"$match(text, /(?:)/)", ""},
    {"$contains(x, /(a+)+$/)", ""},
    {"$contains(x, /^(a|aa)+$/)", ""},
    {"$match(x, /(x+x+)+y/)", ""},
    {"$match(x, /(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[^a!]/)", ""},
    {"$match(x, /a*a*a*a*a*a*a*a*b/)", ""},
    {"$match(x, /(?=(a+))\\1b/)", ""},
    {"wide[$contains($$.x, /(a+)+$/)]", ""},
    {"$contains(text, /((a{1,100}){1,100}){1,100}b/)", ""},
    {"$contains(text, /(((((a{1000}){1000}){1000}){1000}){1000})/)", ""},
    {"$replace(text, text, '')", ""},
    {"$substringBefore(text, $substring(text, 0, 25000) & 'b')", ""},
    {"$substringAfter(text, $substring(text, 0, 25000) & 'b')", ""},
    {"$contains(text, $substring(text, 0, 25000) & 'b')", ""},
    {"$count($split(text, $substring(text, 0, 25000) & 'b'))", ""},
    {"$map(wide, function() { $length($$.text) })", BOUND},
    {"$map(wide, function() { $substring($$.text, 49999) })", BOUND},
    {"$map(wide, function() { $uppercase($$.text) })", BOUND},
    {"$map(wide, function() { $trim($$.text) })", BOUND},
    {"$map(wide, function() { $$.text = $$.x })", ""},
    {"$map(wide, function() { $$.text < $$.x })", ""},
    {"$map(wide, function() { $number($$.text) })", ""},
    {"$map(wide, function() { $hash($$.text, 'SHA-512') })", BOUND},
    {"$map(wide, function() { $base64decode($$.text) })", BOUND},
    {"$map(wide, function() { $decodeUrl($$.text) })", BOUND},
    {"$map(wide, function() { $parse('[' & $join($map([1..1000], $string), "
     "',') & ']') })",
     BOUND},
    {"$parse($join($map([1..200000], function() { '[' })))", ""},
    {"$map(wide, $uuid)", ""},
    {"$map(wide, function() { $uuid() })", ""},
    {"$map(wide, function() { $random() })", ""},
    {"$eval('[' & $join($map(wide, $string), ',') & ']')", ""},
    {"$map(wide, function() { $eval('1') })", ""},
    {"$map(wide, function() { $eval('/((a{1,100}){1,100}){1,50}b/') })", ""},
    {"$map(wide, function() { $eval('/[a-z\\\\d\\\\w\\\\s]+b/i') })", ""},
    {"$eval('/' & $join([1..5000].('(?<a' & $string() & '>x)')) & '/')", ""},
    {"$eval('/' & $join([1..200].'(') & 'a' & $join([1..200].'){1,5}') & '/')", ""},
    {"$contains(text, $eval('/' & $join([1..3000].'a?') & $join([1..3000].'a') "
     "& 'b/'))",
     ""},
    {"$split(text, /(?=a)/)", ""},
    {"$split(text, /(?<=a)/)", ""},
    {"$match(text, /(a)(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)?(a)?/)", ""},
    {"$contains(text, /^(.|a)*b/)", ""},
    {"$contains(text, /(?:(?:a?){50}){50}b/)", ""},
    {"$eval($pad('', 100000, '('))", ""},
    {"$eval($pad('', 100000, '-') & '1')", ""},
    {"$eval('1' & $pad('', 100000, '+1'))", ""},
};

static const runaway pictures[] = {
    {"$formatNumber(1e300, '#,##0.00')", ""},
    {"$formatNumber(1, $pad('', 1e6, '0'))", ""},
    {"$formatNumber(1, '0.' & $pad('', 1e6, '0'))", ""},
    {"$formatNumber(1, $pad('', 1e6, '#,'))", ""},
    {"$map(wide, function($n) { $formatNumber($n, '#,##0.00') })", ""},
    {"$formatInteger(1e15, 'I')", ""},
    {"$formatInteger(1e300, 'I')", ""},
    {"$formatInteger(1e300, 'w')", ""},
    {"$formatInteger(1e300, 'a')", ""},
    {"$formatInteger(1e300, 'Ww;o')", ""},
    {"$formatInteger(1, $pad('', 1e6, '0'))", ""},
    {"$formatInteger(1, $pad('', 1e6, '#,') & '0')", ""},
    {"$map(wide, function($n) { $formatInteger($n, 'w') })", ""},
    {"$map(wide, function($n) { $formatInteger(1e12, 'I') })", ""},
    {"$parseInteger($pad('', 1e6, 'M'), 'I')", ""},
    {"$parseInteger($pad('', 1e6, 'one hundred and '), 'w')", ""},
    {"$parseInteger($pad('', 1e6, 'z'), 'a')", ""},
    {"$parseInteger($pad('', 1e6, '9'), '0')", ""},
    {"$formatBase(1e300, 2)", ""},
    {"$map(wide, function($n) { $formatBase($n, 2) })", ""},
    {"$round(1.5, 1e300)", ""},
    {"$round(1.5, -1e300)", ""},
    {"$power(10, 1e300)", ""},
    {"$fromMillis(0, $pad('', 1e6, '[Y]'))", ""},
    {"$fromMillis(0, '[Y1000000000]')", ""},
    {"$fromMillis(0, '[Y,1000000000]')", ""},
    {"$fromMillis(0, '[Y' & $pad('', 1e5, '0') & ']')", ""},
    {"$fromMillis(0, '[f' & $pad('', 1e5, '0') & ']')", ""},
    {"$fromMillis(0, '[f,100000000-1000000000]')", ""},
    {"$fromMillis(8.64e15, '[YI]')", ""},
    {"$fromMillis(1e300, '[YI]')", ""},
    {"$fromMillis(1e300)", ""},
    {"$fromMillis(0, '', $pad('', 1e5, '0'))", ""},
    {"$fromMillis(0, '[N,100000000-1000000000]')", ""},
    {"$toMillis($pad('', 1e5, '1'), $pad('', 1e5, '[Y]'))", ""},
    {"$toMillis($pad('', 1e5, '1'), '[Y][M][D]')", ""},
    {"$toMillis($pad('', 1e5, 'M'), '[YI]')", ""},
    {"$toMillis($pad('', 1e5, 'one '), '[Yw]')", ""},
    {"$toMillis('9999999999999999999999', '[Y]')", ""},
    {"$map(wide, function() { $now() })", ""},
    {"$map(wide, function($n) { $fromMillis($n, '[FNn], [D1o] of [MNn] [YI] "
     "[W] [w] [H01]:[m]') })",
     ""},
    {"$map(wide, function($n) { $toMillis('2018-01-01T00:00:00Z') })", ""},
    {"$map(wide, function($n) { $toMillis('Monday, 1st January 2018', '[FNn], "
     "[D1o] [MNn] [Y]') })",
     ""},
};

/* A build without PCRE2 refuses whatever has a regular expression in it. */
#ifdef PS_WITH_PCRE2
#define REFUSED_HERE(code) false
#else
#define REFUSED_HERE(code) (strcmp(code, "S0303") == 0)
#endif

static void check_all(const runaway *list, size_t count, const ps_value *input)
{
    for (size_t i = 0; i < count; i++) {
        outcome o = evaluate(ps_str_from(list[i].text), input);
        const char *codes = list[i].codes;
        check_time(list[i].text, o.seconds);
        check_count++;
        if (codes[0] && !REFUSED_HERE(o.code) &&
            (o.answer != PS_JSONATA_FAULT || !strstr(codes, o.code))) {
            check_failures++;
            fprintf(stderr, "%s: answer %d %s, expected %s\n", list[i].text, (int)o.answer, o.code,
                    codes);
        }
    }
}
#define CHECK_ALL(list, input) check_all(list, sizeof(list) / sizeof *(list), input)

/* -- what could be too much to compile
 * -----------------------------------------------------------
 */

/* `open` many times, `middle`, `close` as many times. */
static void repeated(const char *open, const char *middle, const char *close, size_t times)
{
    ps_buf b = {0};
    for (size_t i = 0; i < times; i++) {
        ps_buf_add(&b, ps_str_from(open));
    }
    ps_buf_add(&b, ps_str_from(middle));
    for (size_t i = 0; i < times; i++) {
        ps_buf_add(&b, ps_str_from(close));
    }
    check_time(open, evaluate(ps_buf_str(&b), NULL).seconds);
    ps_buf_free(&b);
}

static void long_expressions(void)
{
    static const char *const parts[][3] = {
        {"(", "1", ")"},
        {"[", "1", "]"},
        {"{\"a\":", "1", "}"},
        {"-", "1", ""},
        {"", "1", "+1"},
        {"", "a", ".a"},
        {"", "a", "[0]"},
        {"", "a", "[]"},
        {"", "a", "^(a)"},
        {"", "a", "{\"a\":1}"},
        {"", "a", "@$a"},
        {"", "a", "#$a"},
        {"", "a", ".%"},
        {"a.", "a", ".%"},
        {"a.(", "%", ")"},
        {"", "$", "()"},
        {"", "1", "~>$f"},
        {"1?", "1", ":1"},
        {"", "1", "?1:1"},
        {"", "1", "??1"},
        {"", "1", "?:1"},
        {"$a:=", "1", ""},
        {"function(){", "1", "}"},
        {"function($x){$f(", "1", ")}"},
        {"$f(", "1", ")"},
        {"$f(", "?", ")"},
        {"(1;", "1", ")"},
        {"|a|", "{}", "|"},
        {"a[", "0", "]"},
        {"/*", "", "*/"},
        {"/* */", "1", ""},
        {"", "1", " and 1"},
        {"", "1", " in 1"},
        {"", "'a'", "&'a'"},
        {"", "[1", ",1]"},
        {"[1,", "1", ",1]"},
        {"(", "", ""},
        {"[", "", ""},
        {"\"", "", ""},
        {"`", "", ""},
        {"/", "", ""},
        {"/(", "a", ")/"},
        {"**.", "a", ".*"},
        {"$", "", ""},
        {"\\", "", ""},
        {"function($a)<", "", ""},
        {"function($a)<a", "", ">{1}"},
        {"function($a)<(", "", ")>{1}"},
        {"function($a)<f<", "n", ">>{1}"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        repeated(parts[i][0], parts[i][1], parts[i][2], 300);
        repeated(parts[i][0], parts[i][1], parts[i][2], 30000);
    }
    /* One long literal, list, signature or regular expression. */
    static const char *const longs[][3] = {
        {"\"", "a", "\""},
        {"[1", ",1", "]"},
        {"{'a':1", ",'a':1", "}"},
        {"(1", ";1", ")"},
        {"/", "(a|b)*", "/"},
        {"/", "a?", "/"},
        {"/", "[a-z]", "/"},
        {"function($a)<", "n", ">{1}"},
        {"function($a)<", "n?", ">{1}"},
        {"function($a)<", "a-", ">{1}"},
        {"function($a", ",$a", "){1}"},
        {"$f(1", ",1", ")"},
        {"1", "0", ""},
        {"0.", "0", "1"},
        {"1e", "9", ""},
        {"a^(a", ",a", ")"},
        {"'", "\\u0041", "'"},
        {"", " ", "1"},
    };
    for (size_t i = 0; i < sizeof longs / sizeof *longs; i++) {
        ps_buf b = {0};
        ps_buf_add(&b, ps_str_from(longs[i][0]));
        for (size_t k = 0; k < 30000; k++) {
            ps_buf_add(&b, ps_str_from(longs[i][1]));
        }
        ps_buf_add(&b, ps_str_from(longs[i][2]));
        check_time(longs[i][1], evaluate(ps_buf_str(&b), NULL).seconds);
        ps_buf_free(&b);
    }
}

/* The most memory this process has had, in bytes; 0 where sanitizers keep what
 * was freed. */
static size_t peak_bytes(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return 0;
#else
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
#endif
}

int main(void)
{
    ps_value *input = document();
    size_t before = peak_bytes();
    allowed_seconds = FLOORS * floor_seconds();
    CHECK_ALL(recursions, input);
    CHECK_ALL(products, input);
    CHECK_ALL(shared, input);
    CHECK_ALL(nested, input);
    CHECK_ALL(texts, input);
    CHECK_ALL(pictures, input);
    long_expressions();
    /* Fresh memory costs fuel: this much is less than what the bounds on bytes alone allow. */
    CHECK(peak_bytes() - before < 4 * ps_jsonata_default.bytes);
    ps_value_unref(input);
    return check_report();
}
