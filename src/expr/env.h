/* env.h -- what an expression may see besides its input, and how it fails.
 *
 * Evaluators are pure functions of (compiled expression, input, environment). On failure they
 * return NULL (or false) and have filled `env->fault`. */
#ifndef PS_EXPR_ENV_H
#define PS_EXPR_ENV_H

#include "base/rand.h"
#include "value/value.h"

#include <stdarg.h>

/* Variables: one object of name -> value a scope; inner scopes read outer ones. */
typedef struct ps_scope {
    ps_value *variables; /* PS_OBJECT or NULL */
    const struct ps_scope *outer;
} ps_scope;

/* A Lua function that an expression asked for, and the answers of those asked before it, in order.
 * Evaluation runs again from its start once the next answer is there (at most PS_MAX_CALLS). */
#define PS_MAX_CALLS 1000
typedef struct ps_calls {
    const ps_value *answers; /* PS_ARRAY, or NULL: none yet */
    size_t next;             /* the ordinal of the next call of this evaluation */
    ps_str name;             /* out, with PS_FAULT_CALL: "lua:..." */
    ps_value
        *arguments; /* out, with PS_FAULT_CALL: PS_ARRAY (intrinsic) or the input (predicate) */
} ps_calls;

/* What $states shows besides the context, and the bounds of JSONata: of a state in that language.
 */
typedef struct ps_states {
    const ps_value *input;
    const ps_value *result;       /* NULL where there is none */
    const ps_value *error_output; /* in a catcher; else NULL */
    const struct ps_jsonata_bounds *bounds;
    int64_t now_ms;
} ps_states;

typedef enum ps_fault_kind {
    PS_FAULT_NONE,
    PS_FAULT_FAILURE, /* the workflow's failure: `error` and `cause` */
    PS_FAULT_CALL,    /* a Lua function has to be asked first: env->calls says which */
} ps_fault_kind;

typedef struct ps_fault {
    ps_fault_kind kind;
    ps_str error; /* a literal: "States.Runtime", "States.IntrinsicFailure" */
    ps_buf cause; /* AWS's words, without the "An error occurred while ..." that exec puts before */
    ps_buf location; /* of a JSONata expression: its place in the state, "Output/a/b[0]" */
} ps_fault;

typedef struct ps_env {
    const ps_value *(*context)(
        void *arg); /* $$, built on first use; borrowed until evaluation ends */
    void *context_arg;
    const ps_scope *scope;
    const ps_states *states; /* NULL in JSONPath */
    ps_rand *rand;           /* States.UUID, States.MathRandom; $uuid, $random */
    ps_calls *calls;         /* NULL where Lua functions cannot be asked */
    ps_fault fault;
} ps_env;

/* Records a failure (the first one wins). */
void ps_env_fail(ps_env *env, ps_str error, const char *cause_format, ...)
    __attribute__((format(printf, 3, 4)));
void ps_env_vfail(ps_env *env, ps_str error, const char *cause_format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
/* Where the fault that has been recorded is. */
void ps_env_locate(ps_env *env, ps_str location);
/* Forgets the fault; keeps its memory. */
void ps_env_reset(ps_env *env);
void ps_env_free(ps_env *env);

/* The value of variable `name`, innermost scope first; borrowed; NULL when there is none. */
const ps_value *ps_scope_get(const ps_scope *scope, ps_str name);

#endif
