/* jsonpath.c -- fuzz: the text of a path, a newline, and JSON as its input. Compiling never
 * crashes; what compiles reads a value, nothing or a fault, the same each time; there are as many
 * paths as results; what is written at a reference path is read there again. */
#include "base/utf8.h"
#include "draw.h"
#include "expr/path.h"
#include "value/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ps_value *context(void *arg)
{
    return arg;
}

static bool same(const ps_value *a, const ps_value *b)
{
    return a && b ? ps_value_equal(a, b) : a == b;
}

static void check_read(const ps_path *p, const ps_value *input, ps_env *env)
{
    ps_value *first = ps_path_read(p, input, env);
    REQUIRE(!first || env->fault.kind == PS_FAULT_NONE);
    bool faulted = env->fault.kind != PS_FAULT_NONE;
    ps_env_reset(env);
    ps_value *second = ps_path_read(p, input, env);
    REQUIRE(same(first, second) && faulted == (env->fault.kind != PS_FAULT_NONE));
    ps_env_reset(env);
    ps_value *paths = ps_path_list(p, input, env);
    if (first && !faulted && !ps_path_definite(p)) {
        REQUIRE(ps_value_count(paths) == ps_value_count(first));
    }
    ps_env_reset(env);
    if (!first && !faulted && ps_path_definite(p)) {
        ps_buf missing = {0};
        ps_path_print_missing(p, input, env, &missing);
        REQUIRE(missing.len > 0 && missing.p[0] == '$');
        ps_buf_free(&missing);
    }
    ps_value_unref(paths);
    ps_value_unref(first);
    ps_value_unref(second);
}

static void check_write(const ps_path *p, const ps_value *input, ps_env *env)
{
    ps_value *before = ps_json_string(input);
    ps_value *mark = ps_string(PS_STR("mark"));
    ps_value *written = ps_path_write(p, input, mark, env);
    if (written) {
        ps_value *read = ps_path_read(p, written, env);
        REQUIRE(same(read, mark));
        ps_value_unref(read);
    } else {
        REQUIRE(env->fault.kind == PS_FAULT_FAILURE);
    }
    ps_value *after = ps_json_string(input);
    REQUIRE(ps_value_equal(before, after));
    ps_value_unref(written);
    ps_value_unref(mark);
    ps_value_unref(before);
    ps_value_unref(after);
}

static void check(const ps_path *p, ps_value *input)
{
    ps_scope scope = {.variables = ps_value_kind(input) == PS_OBJECT ? input : NULL};
    ps_env env = {.context = context, .context_arg = input, .scope = &scope};
    check_read(p, input, &env);
    if (ps_path_where(p) == PS_ROOT_INPUT && ps_path_reference(p)) {
        check_write(p, input, &env);
    }
    ps_env_free(&env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;
    ps_str text = {(const char *)data, len};
    ps_value *input =
        end ? ps_json_parse((ps_str){(const char *)end + 1, size - len - 1}, NULL, &err) : NULL;
    if (!input) {
        input = ps_json_parse(
            PS_STR("{\"a\":[{\"b\":1,\"c\":\"x\"},{\"b\":2},[3]],\"d\":{\"a\":5}}"), NULL, &err);
    }
    if (ps_utf8_check(text) == len) {
        ps_path *p = ps_path_new(text, &err);
        if (p) {
            check(p, input);
        } else {
            REQUIRE(err.code != PS_OK && err.at <= len);
        }
        ps_path_free(p);
    }
    ps_value_unref(input);
    return 0;
}
