/* answer.h -- what an expression answers, as text, for the tests of JSONata. */
#ifndef PS_SPEC_ANSWER_H
#define PS_SPEC_ANSWER_H

#include "check.h"
#include "jsonata/jsonata.h"
#include "value/json.h"

/* Compiles and evaluates `text`; JSON, "undefined" or "function" is appended to `out`. A fault
 * appends nothing: `err` tells, and is the caller's to free. */
static inline ps_jsonata_answer answer(const char *text, const ps_jsonata_env *env,
                                       ps_jsonata_error *err, ps_buf *out)
{
    ps_value *v = NULL;
    ps_jsonata *e = ps_jsonata_new(ps_str_from(text), err);
    ps_jsonata_answer kind = e ? ps_jsonata_eval(e, env, &v, err) : PS_JSONATA_FAULT;
    if (kind == PS_JSONATA_VALUE) {
        ps_json_print(v, out);
    } else if (kind != PS_JSONATA_FAULT) {
        ps_buf_add(out, kind == PS_JSONATA_FUNCTION ? PS_STR("function") : PS_STR("undefined"));
    }
    ps_value_unref(v);
    ps_jsonata_free(e);
    return kind;
}

/* The same, and of a fault its code, `between` and its words. */
static inline void tell(const char *text, const ps_jsonata_env *env, const char *between,
                        ps_buf *out)
{
    ps_jsonata_error err = {0};
    if (answer(text, env, &err, out) == PS_JSONATA_FAULT) {
        ps_buf_addf(out, "%s%s", err.code, between);
        ps_buf_add(out, ps_buf_str(&err.text));
    }
    ps_jsonata_error_free(&err);
}

typedef struct example {
    const char *text;
    const char *want; /* JSON; "undefined", "function"; or the error's code, a space, its message */
} example;

static inline void check_answer(const char *text, const ps_jsonata_env *env, const char *want)
{
    ps_buf got = {0};
    tell(text, env, " ", &got);
    check_text(ps_buf_str(&got), want, text, 0);
    ps_buf_free(&got);
}

#endif
