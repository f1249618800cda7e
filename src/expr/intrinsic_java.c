/* intrinsic_java.c -- JSON values as the Java objects that AWS has in their place. */
#include "expr/intrinsic_java.h"

#include "base/hash.h"
#include "base/utf8.h"

#include <math.h>

/* Jackson reads a literal without point and exponent as an integer, any other as a Double. */
static bool is_integer(const ps_value *v)
{
    if (ps_value_kind(v) != PS_DECIMAL) {
        return ps_value_kind(v) == PS_INT;
    }
    ps_str text = ps_value_str(v);
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '.' || text.p[i] == 'e' || text.p[i] == 'E') {
            return false;
        }
    }
    return true;
}

static void print_number(const ps_value *v, ps_buf *out)
{
    int64_t n;
    double d = ps_value_double(v);
    if (!is_integer(v) && isinf(d)) {
        ps_buf_add(out, d < 0 ? PS_STR("-Infinity") : PS_STR("Infinity")); /* 1e400 */
    } else if (!is_integer(v)) {
        ps_double_print_java(d, out);
    } else if (ps_value_int(v, &n)) {
        ps_buf_addf(out, "%lld", (long long)n); /* -0 is 0 here */
    } else {
        ps_number_print(v, out);
    }
}

void ps_java_print(const ps_value *v, ps_buf *out)
{
    size_t count;
    switch (ps_value_kind(v)) {
    case PS_NULL:
        ps_buf_add(out, PS_STR("null"));
        break;
    case PS_BOOL:
        ps_buf_add(out, ps_value_bool(v) ? PS_STR("true") : PS_STR("false"));
        break;
    case PS_STRING:
        ps_buf_add(out, ps_value_str(v));
        break;
    case PS_ARRAY:
        count = ps_value_count(v);
        ps_buf_add_char(out, '[');
        for (size_t i = 0; i < count; i++) {
            ps_buf_add(out, i ? PS_STR(", ") : PS_STR(""));
            ps_java_print(ps_array_at(v, i), out);
        }
        ps_buf_add_char(out, ']');
        break;
    case PS_OBJECT:
        count = ps_value_count(v);
        ps_buf_add_char(out, '{');
        for (size_t i = 0; i < count; i++) {
            ps_buf_add(out, i ? PS_STR(", ") : PS_STR(""));
            ps_buf_add(out, ps_value_str(ps_object_key_at(v, i)));
            ps_buf_add_char(out, '=');
            ps_java_print(ps_object_value_at(v, i), out);
        }
        ps_buf_add_char(out, '}');
        break;
    default:
        print_number(v, out);
    }
}

/* String.hashCode, over UTF-16 code units. */
static uint32_t hash_string(ps_str s)
{
    uint32_t h = 0;
    size_t at = 0;
    while (at < s.len) {
        uint32_t code = ps_utf8_next(s, &at);
        if (code >= 0x10000) {
            h = 31 * h + (0xD800 + ((code - 0x10000) >> 10));
            h = 31 * h + (0xDC00 + ((code - 0x10000) & 0x3FF));
        } else {
            h = 31 * h + code;
        }
    }
    return h;
}

static uint32_t hash_number(const ps_value *v)
{
    int64_t n;
    uint64_t bits;
    if (is_integer(v) && ps_value_int(v, &n)) {
        bits = (uint64_t)n;
        return n >= INT32_MIN && n <= INT32_MAX ? (uint32_t)bits : (uint32_t)(bits ^ bits >> 32);
    }
    double d = ps_value_double(v);
    memcpy(&bits, &d, sizeof bits);
    return (uint32_t)(bits ^ bits >> 32);
}

uint32_t ps_java_hash(const ps_value *v)
{
    uint32_t h;
    switch (ps_value_kind(v)) {
    case PS_NULL:
        return 0;
    case PS_BOOL:
        return ps_value_bool(v) ? 1231 : 1237;
    case PS_STRING:
        return hash_string(ps_value_str(v));
    case PS_ARRAY:
        h = 1;
        for (size_t i = 0; i < ps_value_count(v); i++) {
            h = 31 * h + ps_java_hash(ps_array_at(v, i));
        }
        return h;
    case PS_OBJECT:
        h = 0;
        for (size_t i = 0; i < ps_value_count(v); i++) {
            h += hash_string(ps_value_str(ps_object_key_at(v, i))) ^
                 ps_java_hash(ps_object_value_at(v, i));
        }
        return h;
    default:
        return hash_number(v);
    }
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t pair[2] = {a, b};
    return ps_hash_table((ps_str){(const char *)pair, sizeof pair});
}

uint64_t ps_java_table_hash(const ps_value *v)
{
    uint64_t h = ps_value_kind(v);
    switch (ps_value_kind(v)) {
    case PS_NULL:
        return h;
    case PS_BOOL:
        return mix(h, ps_value_bool(v));
    case PS_STRING:
        return ps_hash_table(ps_value_str(v));
    case PS_ARRAY:
        for (size_t i = 0; i < ps_value_count(v); i++) {
            h = mix(h, ps_java_table_hash(ps_array_at(v, i)));
        }
        return h;
    case PS_OBJECT:
        for (size_t i = 0; i < ps_value_count(v); i++) {
            h += mix(ps_hash_table(ps_value_str(ps_object_key_at(v, i))),
                     ps_java_table_hash(ps_object_value_at(v, i)));
        }
        return h;
    default:
        return mix(is_integer(v), hash_number(v));
    }
}

static bool equal_objects(const ps_value *a, const ps_value *b)
{
    for (size_t i = 0; i < ps_value_count(a); i++) {
        const ps_value *other = ps_object_get(b, ps_value_str(ps_object_key_at(a, i)));
        if (!other || !ps_java_equal(ps_object_value_at(a, i), other)) {
            return false;
        }
    }
    return true;
}

bool ps_java_equal(const ps_value *a, const ps_value *b)
{
    if (a == b) {
        return true;
    }
    if (ps_value_is_number(a) && ps_value_is_number(b)) {
        return is_integer(a) == is_integer(b) && ps_value_equal(a, b);
    }
    if (ps_value_kind(a) != ps_value_kind(b)) {
        return false;
    }
    switch (ps_value_kind(a)) {
    case PS_ARRAY:
        if (ps_value_count(a) != ps_value_count(b)) {
            return false;
        }
        for (size_t i = 0; i < ps_value_count(a); i++) {
            if (!ps_java_equal(ps_array_at(a, i), ps_array_at(b, i))) {
                return false;
            }
        }
        return true;
    case PS_OBJECT:
        return ps_value_count(a) == ps_value_count(b) && equal_objects(a, b);
    default:
        return ps_value_equal(a, b);
    }
}
