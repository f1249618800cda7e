/* pictures.h -- between the files of the functions that write and read by pictures. */
#ifndef PS_JSONATA_PICTURES_H
#define PS_JSONATA_PICTURES_H

#include "jsonata/jx.h"

ps_jx_builtin ps_jx_format_number; /* fn_format_number.c */
ps_jx_builtin ps_jx_parse_integer; /* fn_parse_integer.c */

/* The greatest common divisor: the distance that separators keep, if they keep one. */
size_t ps_picture_gcd(size_t a, size_t b); /* integer_picture.c */

/* A picture that was left out (which the signatures let pass) is refused: T0410. */
void ps_picture_missing(ps_jx_run *run, const ps_jx_call *call, ps_jx picture);

#endif
