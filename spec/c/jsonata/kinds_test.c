/* kinds_test.c -- what the reference checks nothing of: arguments of a built-in that was applied in
 * part, and tail calls that a filter or a group takes for values. Whatever it is, it is refused or
 * computed with, and no memory is read that is not ours. */
#include "jsonata/answer.h"

static void check_refused(const char *text, const char *code)
{
    ps_buf out = {0};
    ps_jsonata_error err = {0};
    ps_rand rand = {.key = {7}};
    ps_jsonata_env env = {.rand = &rand};
    ps_jsonata_answer kind = answer(text, &env, &err, &out);
    check_that(kind == PS_JSONATA_FAULT && strcmp(err.code, code) == 0, text, __FILE__, __LINE__);
    ps_jsonata_error_free(&err);
    ps_buf_free(&out);
}

static void check_value(const char *text, const char *want)
{
    ps_rand rand = {.key = {7}};
    ps_jsonata_env env = {.rand = &rand};
    check_answer(text, &env, want);
}

static void test_partial(void)
{
    check_refused("($f := $count(?); $f('abc'))", "T0410");
    check_refused("($f := $sum(?); $f(['a', 1]))", "T0412");
    check_refused("($f := $map(?, ?); $f([1, 2], 5))", "T0410");
    check_refused("($f := $map(?); $f([1, 2]))", "T0410");
    check_refused("($f := $reduce(?, ?); $f([1, 2], 7))", "T0410");
    check_refused("($f := $merge(?); $f([1]))", "T0412");
    check_refused("($f := $sort(?, ?); $f([2, 1], {}))", "T0410");
    check_value("($f := $sum(?); $f([1, 2]))", "3");
    check_value("($f := $map(?, function($n) { $n + 1 }); $f([1, 2]))", "[2,3]");
    check_value("($f := $substring(?, 1, ?); $f('abcd', 2))", "\"bc\"");
}

/* Thunks that became values may be called any number of times. */
static void test_tail_calls(void)
{
    check_value("($g := function($n) { $n };"
                " $f := function($n) { ($x := 1; $g($n)){'a': $} };"
                " $o := $f(1); $r := function() { $o.a }; [$r(), $r(), $r()])",
                "[1,1,1]");
    check_value("($g := function($n) { $n + 1 };"
                " $f := function($n) { ($n > 0 ? $g($n) : 0)[1 = 1]{'a': [$]} };"
                " $o := $f(1); $r := function() { $o.a[0] };"
                " $s := function() { [$r(), $r(), $r()] }; $s())",
                "[2,2,2]");
}

static void test_many_names(void)
{
    ps_buf text = {0};
    ps_buf_add(&text, PS_STR("("));
    for (int i = 0; i < 100000; i++) {
        ps_buf_addf(&text, "$a%d := %d; ", i, i);
    }
    ps_buf_add(&text, PS_STR("1)"));
    ps_buf_add_char(&text, '\0');
    check_refused(text.p, "U1001");
    ps_buf_free(&text);
    check_refused("$map([1..200000], function($i) { $eval('[1, 1, 1, 1, 1, 1, 1, 1]') })", "U1001");
}

int main(void)
{
    test_partial();
    test_tail_calls();
    test_many_names();
    return check_report();
}
