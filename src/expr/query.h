/* query.h -- one JSONata expression of a definition, "{% ... %}", with AWS's words where it fails.
 */
#ifndef PS_EXPR_QUERY_H
#define PS_EXPR_QUERY_H

#include "base/error.h"
#include "expr/env.h"

typedef struct ps_query ps_query;

#define PS_QUERY_ERROR "States.QueryEvaluationError"

/* Whether a string is one: AWS evaluates what starts with exactly "{%" and ends with exactly "%}".
 */
bool ps_query_is(ps_str text);
/* What is between the delimiters, without the blanks around it: as causes quote it. */
ps_str ps_query_inner(ps_str text);

/* Errors: PS_EINPUT  (`err->at`) it does not parse */
ps_query *ps_query_new(ps_str text, ps_error *err);
void ps_query_free(ps_query *q);

/* Where an expression stands in its state, from the inside out: "Output/orders[0]/price". */
typedef struct ps_query_place {
    const struct ps_query_place *outer; /* NULL: `key` is the field of the state */
    ps_str key;                         /* NULL pointer: an element, by its index */
    size_t index;
} ps_query_place;

/* Its value: a new reference; NULL with env->fault (States.QueryEvaluationError, and its place). */
ps_value *ps_query_eval(const ps_query *q, const ps_query_place *place, ps_env *env);

/* Fails because `got` is not of the type that the field takes ("array", "number" ...).
 *
 * q  the expression whose value it was; NULL: something in the definition as it stands */
void ps_query_unexpected(const ps_query *q, const ps_query_place *place, const char *expected,
                         const ps_value *got, ps_env *env);

#endif
