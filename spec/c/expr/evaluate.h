/* evaluate.h -- for the tests of expr: JSON texts in, JSON text or cause out. */
#ifndef PS_SPEC_EVALUATE_H
#define PS_SPEC_EVALUATE_H

#include "check.h"
#include "expr/env.h"
#include "value/json.h"

#include <stdlib.h>

typedef struct world {
    ps_value *input;
    ps_value *context;
    ps_value *variables;
    ps_scope scope;
    ps_rand rand;
    ps_calls calls;
    ps_env env;
    ps_buf result; /* JSON, or "error: cause", or "call: name arguments" */
} world;

static inline ps_value *parse(const char *text)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    if (!v) {
        fprintf(stderr, "bad JSON in a test: %s: %s\n", text, err.text);
        exit(2);
    }
    return v;
}

static inline const ps_value *world_context(void *arg)
{
    return ((world *)arg)->context;
}

static inline void world_open(world *w, const char *input)
{
    *w = (world){0};
    w->input = parse(input);
    w->context = parse("{\"Execution\":{\"Name\":\"x1\"},\"State\":{\"Name\":\"S\"}}");
    w->variables = parse("{\"name\":\"Ana\",\"n\":3}");
    w->scope = (ps_scope){.variables = w->variables};
    w->env = (ps_env){.context = world_context,
                      .context_arg = w,
                      .scope = &w->scope,
                      .rand = &w->rand,
                      .calls = &w->calls};
}

static inline void world_close(world *w)
{
    ps_value_unref(w->input);
    ps_value_unref(w->context);
    ps_value_unref(w->variables);
    ps_value_unref((ps_value *)w->calls.answers);
    ps_value_unref(w->calls.arguments);
    ps_env_free(&w->env);
    ps_buf_free(&w->result);
}

static inline void tell_fault(world *w)
{
    if (w->env.fault.kind == PS_FAULT_CALL) {
        ps_buf_add(&w->result, PS_STR("call: "));
        ps_buf_add(&w->result, w->calls.name);
        ps_buf_add_char(&w->result, ' ');
        ps_json_print(w->calls.arguments, &w->result);
        return;
    }
    ps_buf_add(&w->result, w->env.fault.error);
    ps_buf_add(&w->result, PS_STR(": "));
    ps_buf_add(&w->result, ps_buf_str(&w->env.fault.cause));
}

/* Takes `v`. */
static inline void tell_value(world *w, ps_value *v)
{
    if (v) {
        ps_json_print(v, &w->result);
        ps_value_unref(v);
    } else {
        tell_fault(w);
    }
}

#endif
