/* number_picture.h -- XPath's format-number pictures ("#,##0.00;(#)"): the characters that are
 * active in them, and what a sub-picture says. As the reference does it, including where that
 * departs from XPath. */
#ifndef PS_JSONATA_NUMBER_PICTURE_H
#define PS_JSONATA_NUMBER_PICTURE_H

#include "jsonata/codes.h"

/* A decimal format: each may be any text, though only single characters can be active. */
typedef struct ps_decimal_format {
    ps_codes decimal, grouping, exponent, minus, percent, per_mille, zero, digit, pattern;
    uint32_t zero_code;
} ps_decimal_format;

static inline bool ps_format_is_digit(const ps_decimal_format *f, uint32_t code)
{
    return code >= f->zero_code && code - f->zero_code < 10;
}

typedef struct ps_number_picture {
    ps_codes text, prefix, suffix;
    size_t *grouping; /* digits to the right of each separator in the integer part */
    size_t grouping_count;
    size_t every; /* the distance at which they stand; 0: each in its place */
    size_t *fraction_grouping;
    size_t fraction_grouping_count;
    size_t integer_min;
    size_t scaling; /* digits that the mantissa has before the point, with an exponent */
    size_t fraction_min, fraction_max;
    bool exponent; /* with at least one digit */
    size_t exponent_min;
} ps_number_picture;

/* Takes a sub-picture apart: D3081 to D3093. */
ps_number_picture ps_number_picture_read(ps_jx_run *run, const ps_jx_call *call,
                                         const ps_decimal_format *f, ps_codes text);

#endif
