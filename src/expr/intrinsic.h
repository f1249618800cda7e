/* intrinsic.h -- intrinsic function calls: States.Format('{}', $.x) and custom ones (Lua).
 *
 * The 18 of AWS with their recorded quirks; a call not named States.* is a Lua function's. */
#ifndef PS_EXPR_INTRINSIC_H
#define PS_EXPR_INTRINSIC_H

#include "base/error.h"
#include "expr/env.h"

typedef struct ps_intrinsic ps_intrinsic;

/* Whether `text` looks like a call at all: a name with a '.' or ':' in it (States.Format, My.Func,
 * lua:vip) followed by '('. */
bool ps_intrinsic_is(ps_str text);

/* Blanks may follow the call, but not precede it.
 *
 * Errors: PS_EINPUT  not a call, unknown States.* name, wrong count of arguments, bad literal
 *         PS_ELIMIT  nested deeper than 10 */
ps_intrinsic *ps_intrinsic_new(ps_str text, ps_error *err);
void ps_intrinsic_free(ps_intrinsic *f);
ps_str ps_intrinsic_text(const ps_intrinsic *f);

/* The call's value: a new reference; NULL with env->fault. */
ps_value *ps_intrinsic_eval(const ps_intrinsic *f, const ps_value *input, ps_env *env);

/* Calls `visit` for every path among the arguments, nested ones too (variable checks, lint). */
typedef struct ps_path ps_path;
void ps_intrinsic_paths(const ps_intrinsic *f, void (*visit)(void *arg, const ps_path *p),
                        void *arg);

#endif
