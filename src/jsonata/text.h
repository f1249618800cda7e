/* text.h -- what the functions of strings share: fn_string.c, fn_encode.c, fn_match.c. */
#ifndef PS_JSONATA_TEXT_H
#define PS_JSONATA_TEXT_H

#include "jsonata/jx.h"

/* Argument `i`, a string; T0410 where it is none, which signatures have kept out unless the
 * function was called without its own (partial application). */
ps_str ps_text_argument(ps_jx_run *run, const ps_jx *args, size_t i);
/* The same of a number; undefined gives NaN. */
double ps_text_number(ps_jx_run *run, const ps_jx *args, size_t i);
/* T0410 for argument `i`. */
_Noreturn void ps_text_refuse(ps_jx_run *run, const ps_jx *args, size_t i);

/* The UTF-16 units of `s`. */
size_t ps_text_units(ps_str s);
/* Where `what` begins in `s` at or after byte `from`; SIZE_MAX: nowhere. */
size_t ps_text_find(ps_jx_run *run, ps_str s, ps_str what, size_t from);
/* Appends within the run's bounds. */
void ps_text_add(ps_jx_run *run, ps_buf *out, ps_str s);

/* fn_encode.c */
ps_jx_builtin ps_jx_base64encode, ps_jx_base64decode, ps_jx_encode_url, ps_jx_encode_url_component,
    ps_jx_decode_url, ps_jx_decode_url_component;

#endif
