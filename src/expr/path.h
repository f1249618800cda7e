/* path.h -- JSONPath in Jayway's dialect, compiled once.
 *
 * `$...` reads the input, `$$...` the context object, `$name...` a variable.
 * Source: json-path/JsonPath's behaviour; AWS's own grammar check stands before it. */
#ifndef PS_EXPR_PATH_H
#define PS_EXPR_PATH_H

#include "base/error.h"
#include "expr/env.h"

typedef struct ps_path ps_path;

typedef enum ps_path_root { PS_ROOT_INPUT, PS_ROOT_CONTEXT, PS_ROOT_VARIABLE } ps_path_root;

/* Errors: PS_EINPUT  (`err->at`) the text is not a JSONPath
 *         PS_ELIMIT  longer or deeper than the limits */
ps_path *ps_path_new(ps_str text, ps_error *err);
void ps_path_free(ps_path *p);

ps_str ps_path_text(const ps_path *p);
ps_path_root ps_path_where(const ps_path *p);
ps_str ps_path_variable(const ps_path *p); /* PS_ROOT_VARIABLE: its name without '$' */
/* At most one result, whatever the document: no wildcard, filter, slice or `..`, no union of
 * indices (one of names only at the end: it gives one object). */
bool ps_path_definite(const ps_path *p);
/* A reference path: only member names and non-negative indices (ResultPath and the like). */
bool ps_path_reference(const ps_path *p);
/* Just "$". */
bool ps_path_whole(const ps_path *p);
/* Whether AWS takes it in a definition: functions such as .length() are refused. (Its published
 * checker, J2119, is narrower: it knows no filter, no '-' in names, no `$..['a']`. States that use
 * those are accepted and run on AWS.) */
bool ps_path_allowed(const ps_path *p);

/* What the path reads: a new reference; an indefinite path gives a PS_ARRAY of its results, empty
 * also where its definite beginning is not there (`$.missing[*]`), as AWS has it. NULL when a
 * definite path finds nothing, when the variable does not exist, or on a fault such as a filter
 * over its budget or a filter put on a scalar (only then env->fault is set).
 *
 * input  the document for `$`
 * env    for `$$` and variables */
ps_value *ps_path_read(const ps_path *p, const ps_value *input, ps_env *env);

/* The part of the text AWS names in "No results for path: $['a']['b']": normalised, up to what was
 * looked for in vain; appended to `out`. For definite paths. */
void ps_path_print_missing(const ps_path *p, const ps_value *input, ps_env *env, ps_buf *out);

/* The normalised paths of all results ("$['a'][0]"), as Jayway's AS_PATH_LIST; for specs and
 * inspection. A new PS_ARRAY of strings. */
ps_value *ps_path_list(const ps_path *p, const ps_value *input, ps_env *env);

/* How json-path/JsonPath itself answers, for conformance: no context, no variables, "a" stands for
 * "$.a", and `$.missing[*]` is not found. */
typedef enum ps_path_answer {
    PS_ANSWER_OK,
    PS_ANSWER_NOT_FOUND,
    PS_ANSWER_INVALID_PATH,
    PS_ANSWER_ERROR,
} ps_path_answer;
/* result, paths  new references with PS_ANSWER_OK, else NULL */
ps_path_answer ps_path_ask(ps_str text, const ps_value *document, ps_value **result,
                           ps_value **paths);
const char *ps_path_answer_name(ps_path_answer answer); /* "ok", "not_found" ... */

/* ResultPath: `input` with `v` put at the reference path `p`, creating objects on the way. A new
 * reference; only containers on the way are copied. NULL with env->fault
 * (States.ResultPathMatchFailure) where a scalar is in the way or an index is out of range. */
ps_value *ps_path_write(const ps_path *p, const ps_value *input, const ps_value *v, ps_env *env);

#endif
