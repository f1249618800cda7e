/* choice_compare.c -- the 39 comparators of choice rules. A wrong type is no match, never an error.
 */
#include "base/timetext.h"
#include "base/utf8.h"
#include "expr/choice_internal.h"

#define LESS PS_ORDER_LESS
#define EQUAL PS_ORDER_EQUAL
#define GREATER PS_ORDER_GREATER
#define ROW(name, kind, orders, by_path)                                                           \
    {                                                                                              \
        {name, sizeof(name) - 1}, PS_TEST_##kind, orders, by_path                                  \
    }
/* "StringEquals" and "StringEqualsPath" */
#define BOTH(name, kind, orders)                                                                   \
    ROW(name, kind, orders, false), ROW(name "Path", kind, orders, true)
#define ORDERED(prefix, kind)                                                                      \
    BOTH(prefix "Equals", kind, EQUAL), BOTH(prefix "LessThan", kind, LESS),                       \
        BOTH(prefix "GreaterThan", kind, GREATER),                                                 \
        BOTH(prefix "LessThanEquals", kind, LESS | EQUAL),                                         \
        BOTH(prefix "GreaterThanEquals", kind, GREATER | EQUAL)

static const ps_comparator comparators[] = {
    ORDERED("String", STRING),
    ORDERED("Numeric", NUMERIC),
    ORDERED("Timestamp", TIMESTAMP),
    BOTH("BooleanEquals", BOOLEAN, EQUAL),
    ROW("StringMatches", MATCHES, 0, false),
    ROW("IsNull", IS_NULL, 0, false),
    ROW("IsPresent", IS_PRESENT, 0, false),
    ROW("IsNumeric", IS_NUMERIC, 0, false),
    ROW("IsString", IS_STRING, 0, false),
    ROW("IsBoolean", IS_BOOLEAN, 0, false),
    ROW("IsTimestamp", IS_TIMESTAMP, 0, false),
};

const ps_comparator *ps_comparator_find(ps_str name)
{
    for (size_t i = 0; i < sizeof comparators / sizeof *comparators; i++) {
        if (ps_str_equal(comparators[i].name, name)) {
            return &comparators[i];
        }
    }
    return NULL;
}

bool ps_choice_comparator(ps_str name)
{
    return ps_comparator_find(name) != NULL;
}

bool ps_instant_read(const ps_value *v, ps_instant *out)
{
    return ps_value_kind(v) == PS_STRING && ps_time_parse(ps_value_str(v), &out->ms, &out->nanos);
}

static bool is_ordered(const ps_comparator *c, int order)
{
    return c->orders & (order < 0 ? LESS : order > 0 ? GREATER : EQUAL);
}

static bool compare_strings(const ps_comparator *c, const ps_value *v, const ps_value *operand)
{
    if (ps_value_kind(v) != PS_STRING || ps_value_kind(operand) != PS_STRING) {
        return false;
    }
    ps_str a = ps_value_str(v);
    ps_str b = ps_value_str(operand);
    return c->orders == EQUAL ? ps_str_equal(a, b) : is_ordered(c, ps_utf8_compare_utf16(a, b));
}

static bool compare_instants(const ps_comparator *c, const ps_value *v, const ps_value *operand,
                             const ps_instant *instant)
{
    ps_instant a;
    ps_instant b;
    if (!ps_instant_read(v, &a)) {
        return false;
    }
    if (instant) {
        b = *instant;
    } else if (!ps_instant_read(operand, &b)) {
        return false;
    }
    int order = a.ms != b.ms ? (a.ms < b.ms ? -1 : 1) : (a.nanos > b.nanos) - (a.nanos < b.nanos);
    return is_ordered(c, order);
}

static bool is_kind(const ps_value *v, ps_test_kind kind)
{
    ps_instant instant;
    switch (kind) {
    case PS_TEST_IS_NULL:
        return ps_value_kind(v) == PS_NULL;
    case PS_TEST_IS_NUMERIC:
        return ps_value_is_number(v);
    case PS_TEST_IS_STRING:
        return ps_value_kind(v) == PS_STRING;
    case PS_TEST_IS_BOOLEAN:
        return ps_value_kind(v) == PS_BOOL;
    case PS_TEST_IS_TIMESTAMP:
        return ps_instant_read(v, &instant);
    default:
        return true; /* IsPresent: it is */
    }
}

bool ps_comparator_holds(const ps_comparator *c, const ps_value *v, const ps_value *operand,
                         const ps_instant *instant)
{
    switch (c->kind) {
    case PS_TEST_STRING:
        return compare_strings(c, v, operand);
    case PS_TEST_NUMERIC:
        return ps_value_is_number(v) && ps_value_is_number(operand) &&
               is_ordered(c, ps_number_compare(v, operand));
    case PS_TEST_BOOLEAN:
        return ps_value_kind(v) == PS_BOOL && ps_value_kind(operand) == PS_BOOL &&
               ps_value_bool(v) == ps_value_bool(operand);
    case PS_TEST_TIMESTAMP:
        return compare_instants(c, v, operand, instant);
    default:
        return is_kind(v, c->kind) == ps_value_bool(operand);
    }
}
