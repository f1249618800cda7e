/* decimal.h -- a number's text taken apart: sign, digits and power of ten, exact at any length; for
 * src/value/ alone. */
#ifndef PS_VALUE_DECIMAL_H
#define PS_VALUE_DECIMAL_H

#include "base/str.h"

#include <stdint.h>

/* Significant digits from `first` up to `end`, none of them leading or trailing zeros; a '.' may
 * stand among them. The first digit's place is 10^(place + exponent), where the exponent is the
 * literal's own text: it may be longer than any integer. Zero has no digits. */
typedef struct ps_decimal {
    bool negative;
    bool exponent_negative;
    const char *first;
    const char *end;
    int64_t place;
    ps_str exponent; /* digits without leading zeros; empty for 0 */
} ps_decimal;

/* `text` is a valid JSON number, which the result borrows. */
ps_decimal ps_decimal_read(ps_str text);
int ps_decimal_compare(const ps_decimal *a, const ps_decimal *b);
/* The nearest double, ties to even; infinite beyond the largest. */
double ps_decimal_double(const ps_decimal *d);
/* True where it is an integer that fits. */
bool ps_decimal_int(const ps_decimal *d, int64_t *n);

#endif
