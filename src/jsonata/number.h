/* number.h -- numbers as JavaScript reads, rounds and writes them. No locale, no fault. */
#ifndef PS_JSONATA_NUMBER_H
#define PS_JSONATA_NUMBER_H

#include "base/buf.h"

/* The nearest double of a decimal literal: JSON's grammar, but leading zeros are fine. */
double ps_number_read(ps_str literal);
/* The nearest double of an integer in base 16, 8 or 2; `digits` are valid and not empty. */
double ps_number_read_bits(ps_str digits, unsigned bits_a_digit);
/* parseInt: white space, a sign, 0x, as many digits as there are; NaN without any. */
double ps_number_parse_int(ps_str text);
/* ToNumber of a text that is 0x.., 0o.. or 0b.. between white space; NaN for anything else. */
double ps_number_read_prefixed(ps_str text);

/* Halves to the even neighbour, `precision` digits behind the point (or before it, where it is
 * negative). The point is moved in the number's decimal print, so that 4.515 is a half. */
double ps_number_round(double n, double precision);
/* Math.pow, which differs from C's pow for 1 and -1 to the power of infinities and NaN. */
double ps_number_power(double base, double exponent);

/* toFixed of a number that is not negative; `digits` at most PS_FIXED_DIGITS. */
#define PS_FIXED_DIGITS 100
void ps_number_print_fixed(double n, size_t digits, ps_buf *out);
/* toString(radix) of an integral number; radix 2 to 36. */
void ps_number_print_radix(double n, unsigned radix, ps_buf *out);

#endif
