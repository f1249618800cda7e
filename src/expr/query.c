/* query.c -- JSONata on behalf of a state: $states and variables in, AWS's words out. */
#include "expr/query.h"

#include "base/mem.h"
#include "expr/intrinsic_cause.h"
#include "jsonata/jsonata.h"
#include "value/json.h"

/* The members of $states that an expression reads; those it does not are not made for it. */
enum { READS_INPUT = 1, READS_CONTEXT = 2, READS_RESULT = 4, READS_ERROR = 8, READS_ALL = 15 };

struct ps_query {
    ps_jsonata *expression;
    unsigned reads;
};

bool ps_query_is(ps_str text)
{
    return text.len >= 4 && ps_str_starts(text, PS_STR("{%")) && ps_str_ends(text, PS_STR("%}"));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

ps_str ps_query_inner(ps_str text)
{
    ps_str s = {text.p + 2, text.len - 4};
    while (s.len && is_blank(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len && is_blank(s.p[s.len - 1])) {
        s.len--;
    }
    return s;
}

static void note_reference(void *arg, ps_jsonata_reference kind, ps_str name, ps_str member,
                           size_t at)
{
    ps_query *q = arg;
    (void)at;
    if (kind != PS_JSONATA_VARIABLE || !ps_str_equal(name, PS_STR("states"))) {
        return;
    }
    q->reads |= ps_str_equal(member, PS_STR("input"))         ? READS_INPUT
                : ps_str_equal(member, PS_STR("context"))     ? READS_CONTEXT
                : ps_str_equal(member, PS_STR("result"))      ? READS_RESULT
                : ps_str_equal(member, PS_STR("errorOutput")) ? READS_ERROR
                                                              : READS_ALL;
}

ps_query *ps_query_new(ps_str text, ps_error *err)
{
    ps_jsonata_error fault = {0};
    ps_jsonata *expression = ps_jsonata_new(ps_query_inner(text), &fault);
    if (!expression) {
        ps_str words = ps_buf_str(&fault.text);
        ps_fail(err, PS_EINPUT, fault.at, "%s: %.*s", fault.code,
                (int)(words.len < 100 ? words.len : 100), words.p);
        ps_jsonata_error_free(&fault);
        return NULL;
    }
    ps_query *q = ps_alloc(sizeof *q);
    *q = (ps_query){.expression = expression};
    ps_jsonata_references(expression, note_reference, q);
    return q;
}

void ps_query_free(ps_query *q)
{
    if (q) {
        ps_jsonata_free(q->expression);
        ps_free(q);
    }
}

/* -- failing ----------------------------------------------------------------------------------- */

static void print_place(const ps_query_place *place, ps_buf *out)
{
    if (place->outer) {
        print_place(place->outer, out);
    }
    if (!place->key.p) {
        ps_buf_addf(out, "[%zu]", place->index);
        return;
    }
    if (place->outer) {
        ps_buf_add_char(out, '/');
    }
    ps_buf_add(out, place->key);
}

/* "The JSONata expression '...' specified for the field '...' " and then `words`. */
static void fail(const ps_query *q, const ps_query_place *place, ps_env *env, ps_str words)
{
    ps_str text = ps_jsonata_text(q->expression);
    ps_buf where = {0};
    print_place(place, &where);
    ps_env_fail(env, PS_STR(PS_QUERY_ERROR),
                "The JSONata expression '%.*s' specified for the field '%.*s' %.*s", (int)text.len,
                text.p, (int)where.len, where.p, (int)words.len, words.p);
    ps_env_locate(env, ps_buf_str(&where));
    ps_buf_free(&where);
}

static const char *type_of(const ps_value *v)
{
    static const char *const names[] = {
        [PS_NULL] = "null",     [PS_BOOL] = "boolean",   [PS_INT] = "number",
        [PS_DOUBLE] = "number", [PS_DECIMAL] = "number", [PS_STRING] = "string",
        [PS_ARRAY] = "array",   [PS_OBJECT] = "object",
    };
    return names[ps_value_kind(v)];
}

void ps_query_unexpected(const ps_query *q, const ps_query_place *place, const char *expected,
                         const ps_value *got, ps_env *env)
{
    ps_buf words = {0};
    ps_buf_addf(&words,
                "returned an unexpected result type. Expected '%s', but was '%s' for value: ",
                expected, type_of(got));
    ps_cause_input(got, &words);
    if (q) {
        fail(q, place, env, ps_buf_str(&words));
    } else {
        ps_buf where = {0};
        print_place(place, &where);
        ps_env_fail(env, PS_STR(PS_QUERY_ERROR), "The field '%.*s' %.*s", (int)where.len, where.p,
                    (int)words.len, words.p);
        ps_env_locate(env, ps_buf_str(&where));
        ps_buf_free(&where);
    }
    ps_buf_free(&words);
}

/* -- evaluating -------------------------------------------------------------------------------- */

typedef struct evaluation {
    ps_env *env;
    unsigned reads;
    ps_value *states;
} evaluation;

static void show(ps_value *states, const char *name, const ps_value *v)
{
    if (v) {
        ps_object_put_take(states, ps_str_from(name), ps_value_ref(v));
    }
}

static const ps_value *variable(void *arg, ps_str name)
{
    evaluation *e = arg;
    if (!ps_str_equal(name, PS_STR("states"))) {
        return ps_scope_get(e->env->scope, name);
    }
    if (e->states) {
        return e->states;
    }
    const ps_states *s = e->env->states;
    e->states = ps_object(4);
    if (e->reads & READS_INPUT) {
        show(e->states, "input", s->input);
    }
    if (e->reads & READS_CONTEXT) {
        show(e->states, "context", e->env->context(e->env->context_arg));
    }
    if (e->reads & READS_RESULT) {
        show(e->states, "result", s->result);
    }
    if (e->reads & READS_ERROR) {
        show(e->states, "errorOutput", s->error_output);
    }
    return e->states;
}

static bool member(void *arg, ps_str name, ps_str key, const ps_value **out)
{
    const evaluation *e = arg;
    if (!ps_str_equal(name, PS_STR("states"))) {
        return false;
    }
    const ps_states *s = e->env->states;
    *out = ps_str_equal(key, PS_STR("input"))         ? s->input
           : ps_str_equal(key, PS_STR("result"))      ? s->result
           : ps_str_equal(key, PS_STR("errorOutput")) ? s->error_output
           : ps_str_equal(key, PS_STR("context"))     ? e->env->context(e->env->context_arg)
                                                      : NULL;
    return true;
}

ps_value *ps_query_eval(const ps_query *q, const ps_query_place *place, ps_env *env)
{
    evaluation e = {.env = env, .reads = q->reads};
    ps_jsonata_env here = {
        .variable = variable,
        .member = member,
        .arg = &e,
        .bounds = env->states->bounds,
        .rand = env->rand,
        .now_ms = env->states->now_ms,
        .no_eval = true,
    };
    ps_jsonata_error err = {0};
    ps_value *v = NULL;
    switch (ps_jsonata_eval(q->expression, &here, &v, &err)) {
    case PS_JSONATA_VALUE:
        break;
    case PS_JSONATA_UNDEFINED:
        fail(q, place, env, PS_STR("returned nothing (undefined)."));
        break;
    case PS_JSONATA_FUNCTION:
        fail(q, place, env, PS_STR("returned an unsupported result type."));
        break;
    case PS_JSONATA_FAULT: {
        ps_buf words = {0};
        ps_buf_addf(&words, "threw an error during evaluation. %s: ", err.code);
        ps_buf_add(&words, ps_buf_str(&err.text));
        fail(q, place, env, ps_buf_str(&words));
        ps_buf_free(&words);
        break;
    }
    }
    ps_jsonata_error_free(&err);
    ps_value_unref(e.states);
    return v;
}
