/* power10.h -- powers of ten as 128-bit fractions, for reading and printing doubles; for src/value/
 * alone. */
#ifndef PS_VALUE_POWER10_H
#define PS_VALUE_POWER10_H

#include <stdint.h>

enum { PS_POWER10_MIN = -348, PS_POWER10_MAX = 324 };

/* 10^k = (high * 2^64 + low + f) * 2^ps_power10_exponent(k), 0 <= f < 1, highest bit set. */
typedef struct ps_power10 {
    uint64_t high, low;
} ps_power10;

extern const ps_power10 ps_power10s[PS_POWER10_MAX - PS_POWER10_MIN + 1];

/* floor(log2(10^k)), exact for |k| <= 1233. */
static inline int ps_log2_of_power10(int k)
{
    return (k * 1741647) >> 19;
}

static inline int ps_power10_exponent(int k)
{
    return ps_log2_of_power10(k) - 127;
}

#endif
