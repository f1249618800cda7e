/* direct.h -- expressions that need no evaluator. */
#ifndef PS_JSONATA_DIRECT_H
#define PS_JSONATA_DIRECT_H

#include "jsonata/ast.h"

/* The steps that such an expression takes at most; 0: it needs the evaluator. To be asked once,
 * after ps_jx_resolve. */
size_t ps_jx_direct_steps(const ps_node *root);

/* Its value: a new reference; NULL: the evaluator is to say what it is. */
ps_value *ps_jx_direct(const ps_jsonata *e, const ps_jsonata_env *env,
                       const ps_jsonata_bounds *bounds);

#endif
