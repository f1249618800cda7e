/* intrinsic_math.c -- States.MathAdd, MathRandom, UUID: numbers as Java's, randomness as given. */
#include "expr/intrinsic_internal.h"

#include <math.h>

/* Where a double still tells whole numbers apart. */
#define EXACT 9007199254740992.0

/* Java's Math.round: the nearest integer, halves towards positive infinity. */
static bool round_half_up(const ps_value *v, int64_t *n)
{
    if (ps_value_int(v, n)) {
        return true;
    }
    double d = ps_value_double(v);
    double below = floor(d);
    if (!(fabs(d) < EXACT)) {
        return false;
    }
    *n = (int64_t)below + (d - below >= 0.5);
    return true;
}

bool ps_intrinsic_truncate(const ps_value *v, int64_t *n)
{
    int64_t whole;
    if (!ps_value_int(v, &whole)) {
        double d = ps_value_double(v);
        if (!(fabs(d) < EXACT)) {
            return false;
        }
        whole = (int64_t)d;
    }
    if (whole < -(int64_t)EXACT || whole > (int64_t)EXACT) {
        return false;
    }
    *n = whole;
    return true;
}

static bool is_int32(int64_t n)
{
    return n >= INT32_MIN && n <= INT32_MAX;
}

ps_value *ps_intrinsic_math_add(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    int64_t a;
    int64_t b;
    if (!round_half_up(arguments[0], &a) || !round_half_up(arguments[1], &b) || !is_int32(a) ||
        !is_int32(b) || !is_int32(a + b)) {
        return ps_intrinsic_refuse(
            e, c, "arguments and sum must be integers between -2147483648 and 2147483647");
    }
    return ps_int(a + b);
}

/* java.util.Random of that seed: 31 bits of its next state. */
static uint32_t next_31(uint64_t *state)
{
    *state = (*state * 0x5DEECE66DULL + 0xB) & ((1ULL << 48) - 1);
    return (uint32_t)(*state >> 17);
}

static uint64_t seeded_below(int64_t seed, uint64_t bound)
{
    uint64_t state = ((uint64_t)seed ^ 0x5DEECE66DULL) & ((1ULL << 48) - 1);
    if (bound > INT32_MAX) {
        uint64_t high = next_31(&state);
        return (high << 31 | next_31(&state)) % bound;
    }
    if ((bound & (bound - 1)) == 0) {
        return bound * next_31(&state) >> 31;
    }
    for (;;) {
        uint64_t bits = next_31(&state);
        uint64_t n = bits % bound;
        /* The last, incomplete stretch of the 31 bits would favour small numbers. */
        if (bits - n + (bound - 1) <= INT32_MAX) {
            return n;
        }
    }
}

static uint64_t random_below(ps_rand *r, uint64_t bound)
{
    uint64_t fair = UINT64_MAX - UINT64_MAX % bound;
    uint64_t n;
    do {
        n = ps_rand_u64(r);
    } while (n >= fair);
    return n % bound;
}

ps_value *ps_intrinsic_math_random(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    int64_t start;
    int64_t end;
    int64_t seed = 0;
    if (!ps_intrinsic_truncate(arguments[0], &start) ||
        !ps_intrinsic_truncate(arguments[1], &end) || start >= end) {
        return ps_intrinsic_refuse(e, c, "the end must be greater than the start");
    }
    if (c->count == 3 && !ps_intrinsic_truncate(arguments[2], &seed)) {
        return ps_intrinsic_refuse(e, c, "the seed is not an integer");
    }
    PS_ASSERT(e->env->rand);
    uint64_t bound = (uint64_t)(end - start);
    uint64_t n = c->count == 3 ? seeded_below(seed, bound) : random_below(e->env->rand, bound);
    return ps_int(start + (int64_t)n);
}

ps_value *ps_intrinsic_uuid(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    char text[36];
    (void)c;
    (void)arguments;
    PS_ASSERT(e->env->rand);
    ps_rand_uuid(e->env->rand, text);
    return ps_string((ps_str){text, sizeof text});
}
