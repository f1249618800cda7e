/* jsonata.c -- fuzz: the text of an expression up to the last line, which is JSON as its input.
 * Compiling never crashes; an error has a code, words and a place in the text; what compiles
 * evaluates to the same twice, within its bounds, leaving its input as it was; what needs more fuel
 * than there is ends, and no text takes long. */
#include "jsonata/jsonata.h"
#include "base/utf8.h"
#include "draw.h"
#include "value/json.h"

#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small enough that an evaluation at its end has taken some milliseconds, of which sanitizers make
 * some hundred. */
static const ps_jsonata_bounds bounds = {
    .depth = 200, .bytes = 1 << 20, .range = 10000, .fuel = 200000};
#define SECONDS_MAX 5

static void count(void *arg, ps_jsonata_reference kind, ps_str name, ps_str member, size_t at)
{
    (void)kind, (void)name, (void)member;
    const ps_jsonata *e = arg;
    REQUIRE(at > 0 && at <= ps_jsonata_text(e).len);
}

static void check_error(const ps_jsonata_error *err, size_t len)
{
    REQUIRE(err->code[0] != '\0' && err->at <= len);
    REQUIRE(ps_utf8_check(ps_buf_str(&err->text)) == err->text.len);
}

static ps_jsonata_answer evaluate(const ps_jsonata *e, const ps_value *input, ps_value **out,
                                  ps_jsonata_error *err)
{
    ps_rand rand = {.key = {1}};
    ps_jsonata_env env = {
        .input = input, .bounds = &bounds, .rand = &rand, .now_ms = 1700000000000};
    return ps_jsonata_eval(e, &env, out, err);
}

static void check(const ps_jsonata *e, const ps_value *input)
{
    ps_jsonata_error first_error = {0}, second_error = {0};
    ps_value *first = NULL, *second = NULL;
    ps_value *before = ps_json_string(input);
    ps_jsonata_references(e, count, (void *)(uintptr_t)e);
    ps_jsonata_answer answer = evaluate(e, input, &first, &first_error);
    ps_jsonata_answer again = evaluate(e, input, &second, &second_error);
    REQUIRE(answer == again && strcmp(first_error.code, second_error.code) == 0);
    if (answer == PS_JSONATA_VALUE) {
        ps_buf a = {0}, b = {0};
        ps_json_print(first, &a);
        ps_json_print(second, &b);
        REQUIRE(ps_str_equal(ps_buf_str(&a), ps_buf_str(&b)));
        REQUIRE(ps_utf8_check(ps_buf_str(&a)) == a.len);
        ps_buf_free(&a);
        ps_buf_free(&b);
    } else if (answer == PS_JSONATA_FAULT) {
        check_error(&first_error, ps_jsonata_text(e).len);
    }
    ps_value *after = ps_json_string(input);
    REQUIRE(ps_value_equal(before, after));
    ps_value_unref(before);
    ps_value_unref(after);
    ps_value_unref(first);
    ps_value_unref(second);
    ps_jsonata_error_free(&first_error);
    ps_jsonata_error_free(&second_error);
}

static ps_str last_line(ps_str text)
{
    size_t at = text.len;
    while (at > 0 && text.p[at - 1] != '\n') {
        at--;
    }
    return (ps_str){text.p + at, text.len - at};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    clock_t start = clock();
    ps_error unread = {0};
    ps_str text = {(const char *)data, size};
    ps_str line = size ? last_line(text) : text;
    ps_value *input = line.len < size ? ps_json_parse(line, NULL, &unread) : NULL;
    if (input) {
        text.len = size - line.len - 1;
    } else {
        input = ps_json_parse(
            PS_STR("{\"a\":[{\"b\":1,\"c\":\"x\"},{\"b\":2},[3]],\"d\":{\"a\":5}}"), NULL, &unread);
    }
    ps_jsonata_error err = {0};
    ps_jsonata *e = ps_jsonata_new(text, &err);
    if (e) {
        check(e, input);
    } else {
        check_error(&err, size);
    }
    ps_jsonata_free(e);
    ps_jsonata_error_free(&err);
    ps_value_unref(input);
    REQUIRE(clock() - start < SECONDS_MAX * CLOCKS_PER_SEC);
    return 0;
}
