/* identifier.h -- names of variables: Unicode identifiers (UAX #31, XID_Start and XID_Continue). */
#ifndef PS_EXPR_IDENTIFIER_H
#define PS_EXPR_IDENTIFIER_H

#include "base/str.h"

/* The length of the identifier that valid UTF-8 `text` starts with; 0 when it does not. */
size_t ps_identifier_length(ps_str text);
/* Whether all of `text` is one identifier. */
bool ps_identifier_is(ps_str text);

#endif
