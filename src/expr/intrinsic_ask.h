/* intrinsic_ask.h -- asks the driver for a Lua function's answer: intrinsics and Choice predicates.
 */
#ifndef PS_EXPR_INTRINSIC_ASK_H
#define PS_EXPR_INTRINSIC_ASK_H

#include "expr/env.h"

/* The answer to the next call of this evaluation, borrowed from env->calls; NULL with env->fault:
 * PS_FAULT_CALL while it has not been given, a failure where Lua cannot be asked or was asked more
 * than PS_MAX_CALLS times.
 *
 * name       borrowed into env->calls: it must live as long as the compiled expression
 * arguments  taken */
const ps_value *ps_ask_take(ps_env *env, ps_str name, ps_value *arguments);

#endif
