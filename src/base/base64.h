/* base64.h -- RFC 4648 base 64, standard alphabet, with padding. */
#ifndef PS_BASE_BASE64_H
#define PS_BASE_BASE64_H

#include "base/buf.h"
#include "base/error.h"

void ps_base64_encode(ps_str bytes, ps_buf *out);
/* Errors: PS_EINPUT  a character outside the alphabet, or a wrong length (`err->at`) */
ps_status ps_base64_decode(ps_str text, ps_buf *out, ps_error *err);
/* What a character stands for, 0 to 63, in the standard alphabet or the one for URLs; -1: nothing.
 * For who decodes by rules of its own. */
int ps_base64_sextet(char c);

#endif
