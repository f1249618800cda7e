/* text_test.c -- JSONata's strings, matches and signatures where the reference's own suite is
 * silent: what is seen in characters and what in UTF-16 units, JavaScript's regular expressions,
 * and what ends a match that would never end. */
#include "jsonata/answer.h"

#include <time.h>

static void ask(const char *text, const ps_jsonata_bounds *bounds, ps_buf *out)
{
    ps_rand rand = {.key = {1}};
    ps_jsonata_env env = {.rand = &rand, .bounds = bounds};
    tell(text, &env, ": ", out);
}

static void check_asked(const char *text, const char *want, int line)
{
    ps_buf out = {0};
    ask(text, NULL, &out);
    check_text(ps_buf_str(&out), want, __FILE__, line);
    ps_buf_free(&out);
}
#define ANSWERS(text, want) check_asked(text, want, __LINE__)

static void lengths_count_characters(void)
{
    ANSWERS("$length('a\xf0\x9f\x98\x80\xc3\xa9')", "3");
    ANSWERS("$substring('a\xf0\x9f\x98\x80"
            "bc', 1, 2)",
            "\"\xf0\x9f\x98\x80"
            "b\"");
    ANSWERS("$substring('abc', -5, 2)", "\"ab\"");
    ANSWERS("$substring('abc', -2.9)", "\"bc\"");
    ANSWERS("$substring('abc', 1, 0)", "\"\"");
    ANSWERS("$substring('abc', -1, 1)", "\"c\"");
    ANSWERS("$pad('\xf0\x9f\x98\x80', 3, '\xc3\xa9"
            "b')",
            "\"\xf0\x9f\x98\x80\xc3\xa9"
            "b\"");
    ANSWERS("$pad('x', -4, '-+')", "\"-+-x\"");
    ANSWERS("$pad('x', 2.9)", "\"x \"");
    ANSWERS("$split('a\xf0\x9f\x98\x80', '')", "[\"a\",\"\xf0\x9f\x98\x80\"]");
}

static void case_is_unicodes(void)
{
    ANSWERS("$uppercase('stra\xc3\x9f"
            "e \xef\xac\x81 \xc5\x89')",
            "\"STRASSE FI \xca\xbcN\"");
    ANSWERS("$lowercase('\xc4\xb0')", "\"i\xcc\x87\"");
    ANSWERS("$lowercase('\xce\x91\xce\xa3')", "\"\xce\xb1\xcf\x82\"");
    ANSWERS("$lowercase('\xce\x91\xce\xa3\xce\x91')", "\"\xce\xb1\xcf\x83\xce\xb1\"");
    ANSWERS("$lowercase('\xce\x91.\xce\xa3.')", "\"\xce\xb1.\xcf\x82.\"");
    ANSWERS("$lowercase('\xce\xa3')", "\"\xcf\x83\"");
    ANSWERS("$uppercase('\xf0\x90\x90\xa8')", "\"\xf0\x90\x90\x80\"");
}

static void encodings_are_nodes(void)
{
    ANSWERS("$base64encode('\xe2\x82\xac')", "\"rA==\"");
    ANSWERS("$base64decode('4oKs')", "\"\xc3\xa2\xc2\x82\xc2\xac\"");
    ANSWERS("$base64decode('YW Jj-_=YWJj')", "\"abc\xc3\xbb\"");
    ANSWERS("$encodeUrl('a b?c=\xe2\x82\xac#')", "\"a%20b?c=%E2%82%AC#\"");
    ANSWERS("$encodeUrlComponent(\"a/b?'()\")", "\"a%2Fb%3F'()\"");
    ANSWERS("$decodeUrl('%2F%e2%82%ac%41')", "\"%2F\xe2\x82\xac"
                                             "A\"");
    ANSWERS("$decodeUrlComponent('%2F')", "\"/\"");
    ANSWERS("$decodeUrlComponent('%C0%80')",
            "D3140: Malformed URL passed to $decodeUrlComponent(): \"%C0%80\"");
    ANSWERS("$decodeUrl('%E2%82')", "D3140: Malformed URL passed to $decodeUrl(): \"%E2%82\"");
}

static void functions_stand_in_for_regexes(void)
{
    ANSWERS("($m := function($s) { { 'match': 'b', 'start': 1, 'end': 2, 'groups': ['g'],"
            " 'next': function() { $nothing } } };"
            " [$replace('abc', $m, '<$1>'), $split('abc', $m), $match('abc', $m).match])",
            "[\"a<g>c\",\"a\",\"c\",\"b\"]");
    ANSWERS("$match('a', function($s) { 'x' })",
            "T1010: The matcher function argument passed to function \"match\" does not return the "
            "correct object structure");
    ANSWERS("$contains('a', function($s) { $nothing })", "false");
}

#define TYPES "{[$type($a), $type($b), $type($c)]}"

static void signatures_are_matched_as_by_backtracking(void)
{
    ANSWERS("function($a, $b, $c)<s?n+s>" TYPES "(1, 2, 'x')",
            "[\"number\",\"number\",\"string\"]");
    ANSWERS("function($a, $b, $c)<n+?n?s>" TYPES "(1, 2, 'x')",
            "[\"number\",\"number\",\"string\"]");
    ANSWERS("function($a, $b, $c)<n?s>{[$a, $b]}('x')", "[\"x\"]");
    ANSWERS("($f := function($a)<(sn)>{$a}; $f(true))",
            "T0410: Argument 1 of function \"f\" does not match function signature");
    ANSWERS("function($a)<a<s>>{$a}('x')", "[\"x\"]");
    ANSWERS("($f := function($a)<a<s>>{$a}; $f([1]))",
            "T0412: Argument 1 of function \"f\" must be an array of \"strings\"");
    ANSWERS("($f := function($a)<s->{$a}; (5).$f())",
            "T0411: Context value is not a compatible type with argument 1 of function \"f\"");
    ANSWERS("function($a)<n<n>>{1}", "S0401: Type parameters can only be applied to functions and "
                                     "arrays");
    ANSWERS("function($a)<(a<n>)>{1}",
            "S0402: Choice groups containing parameterized types are not "
            "supported");
}

#ifdef PS_WITH_PCRE2

static void matches_count_utf16_units(void)
{
    ANSWERS("$match('\xf0\x9f\x98\x80\xc3\xa9x', /x/).index", "3");
    ANSWERS("/x/('\xf0\x9f\x98\x80x').end", "3");
    ANSWERS("/a/('aba').next().start", "2");
    ANSWERS("/a/('a').next()", "undefined");
    ANSWERS("$map(['ab', 'ab', 'bba'], /a/).start", "[0,2]");
}

static void replacements_refer_to_groups(void)
{
    ANSWERS("$replace('abc', /(b)(x)?/, '[$1$2$3$0$$]')", "\"a[bb$]c\"");
    ANSWERS("$replace('abc', /b/, '<$1>')", "\"a<>c\"");
    ANSWERS("$replace('abcdefghijkl', /(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)/, '$11$12$2')",
            "\"ka2bl\"");
    ANSWERS("$replace('a.b.c', '.', '$1', 1)", "\"a$1b.c\"");
    ANSWERS("$replace('abc', /[ac]/, function($m) { $uppercase($m.match) & $m.start })",
            "\"A0bC2\"");
    ANSWERS("$replace('abc', /b/, function($m) { 1 })",
            "D3012: Attempted to replace a matched string with a non-string value");
    ANSWERS("$replace('abc', '', 'x')",
            "D3010: Second argument of replace function cannot be an empty string");
    ANSWERS("$replace('aaa', /a/, 'b', 0)", "\"aaa\"");
}

static void regexes_are_javascripts(void)
{
    ANSWERS("$contains('a\\n', /a$/)", "false");
    ANSWERS("$contains('a\\u2028b', /a$/m)", "true");
    ANSWERS("$contains('a\\u2028b', /a.b/)", "false");
    ANSWERS("$contains('\\u00a0\\ufeff', /^\\s+$/)", "true");
    ANSWERS("$contains('\xc3\xa9\xd9\xa1', /\\w|\\d/)", "false");
    ANSWERS("$contains('\\u212a', /k/i)", "false");
    ANSWERS("$contains('\\u017f', /[a-z]/i)", "false");
    ANSWERS("$contains('\xc3\x89', /\xc3\xa9/i)", "true");
    ANSWERS("$contains('pQ', /\\p\\Q/)", "true");
    ANSWERS("$contains('\\n', /[^]/)", "true");
    ANSWERS("$contains('a', /[]/)", "false");
    ANSWERS("$contains('x{,2}', /x{,2}/)", "true");
    ANSWERS("$match('aa', /(?<first>a)\\k<first>/).groups", "[\"a\"]");
    ANSWERS("$match('b', /(a)?b\\1/).match", "\"b\"");
    ANSWERS("$contains('\\u0002', /(a)|\\2/)", "true");
    ANSWERS("$match('\xf0\x9f\x98\x80', /[\\ud800-\\udbff][\\udc00-\\udfff]/).match",
            "\"\xf0\x9f\x98\x80\"");
    ANSWERS("$match('price 12', /(?<=price )\\d+/).match", "\"12\"");
    ANSWERS("$match('aba', /a*/)", "D1004: Regular expression matches zero length string");
    ANSWERS("$split('abc', /x*$/)", "[\"abc\",\"\"]");
}

static void what_is_no_regex_is_refused(void)
{
    ANSWERS("/a++/", "S0303: Invalid regular expression: /a++/: Nothing to repeat");
    ANSWERS("/(?>a)/", "S0303: Invalid regular expression: /(?>a)/: Invalid group");
    ANSWERS("/(*UTF)a/", "S0303: Invalid regular expression: /(*UTF)a/: Nothing to repeat");
    ANSWERS("/[b-a]/",
            "S0303: Invalid regular expression: /[b-a]/: Range out of order in character class");
    ANSWERS("/a{2,1}/", "S0303: Invalid regular expression: /a{2,1}/: numbers out of order in {} "
                        "quantifier");
    ANSWERS("/(?<n>a)(?<n>b)/", "S0303: Invalid regular expression: /(?<n>a)(?<n>b)/: Duplicate "
                                "capture group name");
    ANSWERS("/a/ii", "S0303: Invalid regular expression: /a/: Invalid flags");
}

static void runaway_matches_end(void)
{
    static const char *const bombs[] = {
        "$contains($pad('', 40, 'a'), /(a+)+[bc]/)",
        "$contains($pad('', 40, 'a'), /(a|aa)+$|[bc]/) and $contains($pad('', 60, 'a'), "
        "/^(([a-z])+.)+[A-Z]([a-z])+$/)",
        "$contains($pad('', 1000000, 'a'), /a*[bc]/)",
        "$contains($pad('', 1000000, 'a'), /a{1000}[bc]/)",
        "$contains($pad('', 1000000, 'a'), /(a+)\\1[bc]/)",
        "$contains($pad('', 1000000, 'a'), /(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)"
        "(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)[bc]/)",
        "$map([1..100000], function($i) { $contains('aaaaaaaaaaaab', /(a+)+$/) })",
        "$contains($pad('', 1000000, 'a'), $pad('', 500000, 'a') & 'b')",
        "$replace($pad('', 1000000, 'a'), 'a', $pad('', 1000000, 'b'))",
        "$pad('', 1e300, '\xc3\xa9')",
    };
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        ps_buf out = {0};
        clock_t begun = clock();
        ask(bombs[i], &ps_jsonata_aws, &out);
        check_that(ps_str_starts(ps_buf_str(&out), PS_STR("U1001: ")), bombs[i], __FILE__,
                   __LINE__);
        /* of which sanitizers and slow machines may take ten times as much */
        check_that(clock() - begun < CLOCKS_PER_SEC, bombs[i], __FILE__, __LINE__);
        ps_buf_free(&out);
    }
}

static void regexes(void)
{
    matches_count_utf16_units();
    replacements_refer_to_groups();
    regexes_are_javascripts();
    what_is_no_regex_is_refused();
    runaway_matches_end();
}

#else

static void regexes(void)
{
    ANSWERS("$contains('a', /a/)", "S0303: Invalid regular expression: /a/: built without PCRE2");
}

#endif

int main(void)
{
    lengths_count_characters();
    case_is_unicodes();
    encodings_are_nodes();
    functions_stand_in_for_regexes();
    regexes();
    signatures_are_matched_as_by_backtracking();
    return check_report();
}
