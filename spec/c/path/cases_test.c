/* cases_test.c -- the cases of spec/cases/jsonpath: a path read, or refused, per line. */
#include "check.h"
#include "expr/path.h"
#include "value/json.h"

#include <stdlib.h>

typedef struct world {
    const ps_value *context;
    ps_scope scope;
    ps_env env;
} world;

static const ps_value *context(void *arg)
{
    return ((world *)arg)->context;
}

static void fail(const ps_value *c, const char *what, ps_str detail)
{
    ps_buf text = {0};
    ps_json_print(c, &text);
    fprintf(stderr, "%s %.*s\n  in %.*s\n", what, (int)detail.len, detail.p, (int)text.len, text.p);
    ps_buf_free(&text);
    CHECK(false);
}

/* Same text, so that 1 is not 1.0. */
static bool same(const ps_value *a, const ps_value *b)
{
    ps_buf texts[2] = {{0}, {0}};
    ps_json_print(a, &texts[0]);
    ps_json_print(b, &texts[1]);
    bool equal = ps_str_equal(ps_buf_str(&texts[0]), ps_buf_str(&texts[1]));
    ps_buf_free(&texts[0]);
    ps_buf_free(&texts[1]);
    return equal;
}

static void check_missing(const ps_value *c, const ps_path *p, const ps_value *input, ps_env *env)
{
    ps_buf text = {0};
    const ps_value *want = ps_object_get(c, PS_STR("missing"));
    ps_path_print_missing(p, input, env, &text);
    CHECK(env->fault.kind == PS_FAULT_NONE);
    if (!want || !ps_str_equal(ps_value_str(want), ps_buf_str(&text))) {
        fail(c, "missing:", ps_buf_str(&text));
    } else {
        CHECK(true);
    }
    ps_buf_free(&text);
}

static void check_value(const ps_value *c, const ps_path *p, const ps_value *input, world *w,
                        const ps_value *v)
{
    const ps_value *want = ps_object_get(c, PS_STR("result"));
    const ps_value *want_paths = ps_object_get(c, PS_STR("paths"));
    if (!want || !same(want, v)) {
        ps_value *text = ps_json_string(v);
        fail(c, "got", ps_value_str(text));
        ps_value_unref(text);
        return;
    }
    CHECK(true);
    if (want_paths) {
        ps_value *paths = ps_path_list(p, input, &w->env);
        CHECK(ps_value_equal(paths, want_paths));
        ps_value_unref(paths);
    }
}

static void check_read(const ps_value *c)
{
    ps_error err = {0};
    world w = {.context = ps_object_get(c, PS_STR("context")),
               .scope.variables = (ps_value *)ps_object_get(c, PS_STR("variables"))};
    w.env = (ps_env){.context = context, .context_arg = &w, .scope = &w.scope};
    const ps_value *input = ps_object_get(c, PS_STR("input"));
    const ps_value *error = ps_object_get(c, PS_STR("error"));
    const ps_value *allowed = ps_object_get(c, PS_STR("allowed"));
    ps_path *p = ps_path_new(ps_value_str(ps_object_get(c, PS_STR("path"))), &err);
    if (!p) {
        if (err.code != PS_EUNSUPPORTED || !ps_object_get(c, PS_STR("needs"))) {
            fail(c, "refused:", ps_str_from(err.text));
        }
        return;
    }
    CHECK(ps_path_allowed(p) == (!allowed || ps_value_bool(allowed)));
    ps_value *v = ps_path_read(p, input, &w.env);
    if (error) {
        CHECK(!v && w.env.fault.kind == PS_FAULT_FAILURE);
        CHECK(ps_str_equal(w.env.fault.error, ps_value_str(error)));
    } else if (v) {
        check_value(c, p, input, &w, v);
    } else {
        check_missing(c, p, input, &w.env);
    }
    ps_value_unref(v);
    ps_path_free(p);
    ps_env_free(&w.env);
}

static void check_refused(const ps_value *c)
{
    ps_error err = {0};
    const ps_value *at = ps_object_get(c, PS_STR("at"));
    int64_t want = 0;
    ps_path *p = ps_path_new(ps_value_str(ps_object_get(c, PS_STR("path"))), &err);
    if (p) {
        fail(c, "not refused", PS_STR(""));
        ps_path_free(p);
        return;
    }
    CHECK(err.code == PS_EINPUT || err.code == PS_EUNSUPPORTED);
    CHECK(err.text[0] != '\0');
    CHECK(!at || (ps_value_int(at, &want) && err.at == (size_t)want));
}

static void each_line(const char *name, void (*check)(const ps_value *c))
{
    FILE *file = fopen(name, "rb");
    char line[4096];
    if (!file) {
        fprintf(stderr, "%s: not found; run from the project's root\n", name);
        exit(2);
    }
    while (fgets(line, sizeof line, file)) {
        ps_error err = {0};
        ps_value *c = ps_json_parse(ps_str_from(line), NULL, &err);
        CHECK(c != NULL);
        if (c) {
            check(c);
        } else {
            fprintf(stderr, "%s: %s: %s", name, err.text, line);
        }
        ps_value_unref(c);
    }
    fclose(file);
}

int main(void)
{
    each_line("spec/cases/jsonpath/read.jsonl", check_read);
    each_line("spec/cases/jsonpath/refused.jsonl", check_refused);
    return check_report();
}
