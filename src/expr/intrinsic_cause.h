/* intrinsic_cause.h -- quotes a state's input in a cause, as AWS does where a path finds nothing.
 */
#ifndef PS_EXPR_INTRINSIC_CAUSE_H
#define PS_EXPR_INTRINSIC_CAUSE_H

#include "value/value.h"

/* A cause may have 32,768 characters on AWS; more of an input than that is never quoted. */
#define PS_CAUSE_MAX_INPUT ((size_t)32768)

/* Appends the compact print of `input`, cut off at PS_CAUSE_MAX_INPUT bytes (between characters).
 */
void ps_cause_input(const ps_value *input, ps_buf *out);

#endif
