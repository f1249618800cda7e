/* intrinsic.c -- fuzz: the text of a call, a newline, and JSON as its input. Compiling never
 * crashes, and what compiles gives a value or a fault, the same each time. */
#include "expr/intrinsic.h"
#include "base/utf8.h"
#include "value/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ps_value *evaluate(const ps_intrinsic *f, const ps_value *input)
{
    ps_rand rand = {.label = 1};
    ps_calls calls = {0};
    ps_env env = {.rand = &rand, .calls = &calls};
    ps_value *v = ps_intrinsic_eval(f, input, &env);
    if ((v == NULL) != (env.fault.kind != PS_FAULT_NONE)) {
        abort();
    }
    ps_value_unref(calls.arguments);
    ps_env_free(&env);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end ? (size_t)(end - data) : size;
    ps_str text = {(const char *)data, len};
    ps_value *input =
        end ? ps_json_parse((ps_str){(const char *)end + 1, size - len - 1}, NULL, &err) : NULL;
    if (!input) {
        input = ps_object(0);
    }
    if (ps_utf8_check(text) == len) {
        ps_intrinsic *f = ps_intrinsic_new(text, &err);
        if (f) {
            ps_value *first = evaluate(f, input);
            ps_value *second = evaluate(f, input);
            if ((first == NULL) != (second == NULL) || (first && !ps_value_equal(first, second))) {
                abort();
            }
            ps_value_unref(first);
            ps_value_unref(second);
        }
        ps_intrinsic_free(f);
    }
    ps_value_unref(input);
    return 0;
}
