/* template.h -- payload templates (Parameters, ResultSelector, ItemSelector, Assign, BatchInput
 * ...), compiled once: JSON in which a field `name.$` holds a path or an intrinsic call, or in
 * JSONata's states (Arguments, Output ...) any string "{% ... %}" is an expression. Parts without
 * any are shared with the definition, not copied. */
#ifndef PS_EXPR_TEMPLATE_H
#define PS_EXPR_TEMPLATE_H

#include "base/error.h"
#include "expr/env.h"
#include "expr/path.h"

typedef struct ps_template ps_template;

/* Tells the compiler's caller of every fault: `pointer` is relative to the template ("/a/b.$").
 * Gets one call for each field that is not a valid path or call, with the error. */
typedef void ps_template_report(void *arg, ps_str pointer, const ps_error *err);

/* Compiles `definition`. Fields that do not compile are reported (report may be NULL) and NULL is
 * returned in the end, `err` being the first of them. */
ps_template *ps_template_new(const ps_value *definition, ps_template_report *report, void *arg,
                             ps_error *err);
void ps_template_free(ps_template *t);

/* The same of a state whose language is JSONata: any JSON, also one string. */
ps_template *ps_template_query(const ps_value *definition, ps_template_report *report, void *arg,
                               ps_error *err);

/* One string by itself, as the field `name.$` would take it: a path or a call ("ErrorPath",
 * "Credentials.RoleArn.$"). */
ps_template *ps_template_expression(ps_str text, ps_error *err);

/* The filled template: a new reference; NULL with env->fault. In JSONata `input` does not matter
 * (env->states has it), and `field` is where the place of a fault begins ("Output", as in
 * "Output/a[0]"). In JSONPath the cause of a missing path is AWS's:
 * "The JSONPath '$.x' specified for the field 'value.$' could not be found in the input '{...}'".
 * An element behind the end of an array is null instead, as on AWS.
 *
 * field  the field name to use in that cause for ps_template_expression ("CausePath"); else ignored
 */
ps_value *ps_template_eval(const ps_template *t, const ps_value *input, ps_str field, ps_env *env);

/* Whether the Condition of a Choice's rule, in JSONata, holds; false with env->fault where it comes
 * to no boolean. */
bool ps_template_holds(const ps_template *condition, size_t rule, ps_env *env, bool *out);

/* Of a template in JSONata: fails because its value `got` is not of the type that `field` takes. */
void ps_template_unexpected(const ps_template *t, ps_str field, const char *expected,
                            const ps_value *got, ps_env *env);

/* Calls `visit` for every path in it (variable checks, lint). */
void ps_template_paths(const ps_template *t, void (*visit)(void *arg, const ps_path *p), void *arg);

#endif
