/* cbor.c -- reads CBOR. */
#include "aws/cbor.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum {
    INDEFINITE = 31,
    BREAK = 0xFF,
    MAX_BIG_BYTES = 512, /* turning them into decimal digits is quadratic */
    MAX_EXPONENT = 1000000,
    HINT = 64,
};

typedef struct reading {
    ps_str in;
    size_t at, depth;
    ps_error *err;
} reading;

typedef struct head {
    ps_cbor_major major;
    unsigned info;
    uint64_t n; /* the argument; 0 when indefinite */
} head;

static ps_value *read_item(reading *r);

static bool bad(reading *r, const char *why)
{
    ps_fail(r->err, PS_EINPUT, r->at, "not CBOR: %s", why);
    return false;
}

static bool read_head(reading *r, head *h)
{
    if (r->at == r->in.len) {
        return bad(r, "cut off");
    }
    unsigned char initial = (unsigned char)r->in.p[r->at++];
    *h = (head){(ps_cbor_major)(initial >> 5), initial & 31, initial & 31};
    if (h->info < 24) {
        return true;
    }
    h->n = 0;
    if (h->info == INDEFINITE) {
        return true;
    }
    if (h->info > 27) {
        return bad(r, "a reserved length");
    }
    size_t bytes = (size_t)1 << (h->info - 24);
    if (r->in.len - r->at < bytes) {
        return bad(r, "cut off");
    }
    for (size_t i = 0; i < bytes; i++) {
        h->n = h->n << 8 | (unsigned char)r->in.p[r->at++];
    }
    return true;
}

/* Whether the break of an indefinite item comes next; moves past it. */
static bool at_break(reading *r)
{
    if (r->at < r->in.len && (unsigned char)r->in.p[r->at] == BREAK) {
        r->at++;
        return true;
    }
    return false;
}

/* -- strings ------------------------------------------------------------------------------------
 */

static bool take_bytes(reading *r, uint64_t len, ps_str *s)
{
    if (len > r->in.len - r->at) {
        return bad(r, "a string that is cut off");
    }
    *s = (ps_str){r->in.p + r->at, (size_t)len};
    r->at += (size_t)len;
    return true;
}

/* The bytes of a string, in `joined` where it came in chunks. */
static bool read_string(reading *r, const head *h, ps_buf *joined, ps_str *s)
{
    if (h->info != INDEFINITE) {
        return take_bytes(r, h->n, s);
    }
    while (!at_break(r)) {
        head chunk;
        ps_str part;
        if (!read_head(r, &chunk)) {
            return false;
        }
        if (chunk.major != h->major || chunk.info == INDEFINITE) {
            return bad(r, "a string's chunk of another kind");
        }
        if (!take_bytes(r, chunk.n, &part)) {
            return false;
        }
        ps_buf_add(joined, part);
    }
    *s = ps_buf_str(joined);
    return true;
}

static ps_value *read_string_value(reading *r, const head *h)
{
    ps_buf joined = {0};
    ps_str s;
    ps_value *v = NULL;
    if (read_string(r, h, &joined, &s)) {
        if (h->major == PS_CBOR_TEXT && ps_utf8_check(s) != s.len) {
            bad(r, "text that is not UTF-8");
        } else {
            v = ps_string(s);
        }
    }
    ps_buf_free(&joined);
    return v;
}

/* -- numbers ------------------------------------------------------------------------------------
 */

static ps_value *read_integer(const head *h)
{
    bool negative = h->major == PS_CBOR_NEGATIVE;
    if (h->n <= INT64_MAX) {
        return ps_int(negative ? -1 - (int64_t)h->n : (int64_t)h->n);
    }
    char text[32];
    uint64_t n = h->n;
    if (negative && n < UINT64_MAX) {
        n++;
    } else if (negative) {
        return ps_number(PS_STR("-18446744073709551616"));
    }
    int len = snprintf(text, sizeof text, "%s%" PRIu64, negative ? "-" : "", n);
    return ps_number((ps_str){text, (size_t)len});
}

static ps_value *float_value(double d)
{
    if (isnan(d)) {
        return ps_string(PS_STR("NaN"));
    }
    if (isinf(d)) {
        return ps_string(d > 0 ? PS_STR("Infinity") : PS_STR("-Infinity"));
    }
    return ps_double(d);
}

static double half_value(unsigned bits)
{
    unsigned exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double d = exponent == 0    ? ldexp(mantissa, -24)
               : exponent != 31 ? ldexp(mantissa + 1024, (int)exponent - 25)
               : mantissa       ? (double)NAN
                                : (double)INFINITY;
    return bits & 0x8000 ? -d : d;
}

static ps_value *read_simple(reading *r, const head *h)
{
    float single;
    double d;
    uint32_t bits = (uint32_t)h->n;
    switch (h->info) {
    case 20:
    case 21:
        return ps_bool(h->info == 21);
    case 22:
    case 23:
        return ps_null();
    case 25:
        return float_value(half_value((unsigned)h->n));
    case 26:
        memcpy(&single, &bits, sizeof single);
        return float_value((double)single);
    case 27:
        memcpy(&d, &h->n, sizeof d);
        return float_value(d);
    default:
        bad(r, "a simple value that means nothing");
        return NULL;
    }
}

/* The digits of a big-endian number: it is divided by 10^9 until nothing is left. */
static void put_big_digits(ps_str bytes, ps_buf *out)
{
    enum { LIMBS = MAX_BIG_BYTES / 4 + 1, BILLION = 1000000000 };
    uint32_t limbs[LIMBS] = {0}; /* the highest last */
    uint32_t groups[LIMBS * 32 / 29 + 2];
    size_t count = (bytes.len + 3) / 4, group_count = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        size_t from_end = bytes.len - 1 - i;
        limbs[from_end / 4] |= (uint32_t)(unsigned char)bytes.p[i] << (8 * (from_end % 4));
    }
    while (count && limbs[count - 1] == 0) {
        count--;
    }
    do {
        uint64_t rest = 0;
        for (size_t i = count; i-- > 0;) {
            uint64_t part = rest << 32 | limbs[i];
            limbs[i] = (uint32_t)(part / BILLION);
            rest = part % BILLION;
        }
        groups[group_count++] = (uint32_t)rest;
        while (count && limbs[count - 1] == 0) {
            count--;
        }
    } while (count);
    ps_buf_addf(out, "%" PRIu32, groups[group_count - 1]);
    for (size_t i = group_count - 1; i-- > 0;) {
        ps_buf_addf(out, "%09" PRIu32, groups[i]);
    }
}

static ps_value *read_big_integer(reading *r, bool negative)
{
    head h;
    ps_str bytes;
    ps_buf joined = {0}, text = {0};
    unsigned char plus_one[MAX_BIG_BYTES + 1];
    ps_value *v = NULL;
    if (!read_head(r, &h) || (h.major != PS_CBOR_BYTES && !bad(r, "a big integer of no bytes")) ||
        !read_string(r, &h, &joined, &bytes)) {
        ps_buf_free(&joined);
        return NULL;
    }
    if (bytes.len >= MAX_BIG_BYTES) {
        ps_fail(r->err, PS_ELIMIT, r->at, "a big integer of more than %d bytes", MAX_BIG_BYTES);
    } else {
        /* The negative ones stand for -1 - n. */
        unsigned carry = negative ? 1 : 0;
        for (size_t i = bytes.len; i-- > 0;) {
            unsigned sum = (unsigned char)bytes.p[i] + carry;
            plus_one[i + 1] = (unsigned char)sum;
            carry = sum >> 8;
        }
        plus_one[0] = (unsigned char)carry;
        if (negative) {
            ps_buf_add_char(&text, '-');
        }
        put_big_digits((ps_str){(const char *)plus_one, bytes.len + 1}, &text);
        v = ps_number(ps_buf_str(&text));
    }
    ps_buf_free(&joined);
    ps_buf_free(&text);
    return v;
}

/* [exponent, mantissa], to base ten. */
static ps_value *decimal_fraction(reading *r, const ps_value *pair)
{
    int64_t exponent;
    bool good = ps_value_kind(pair) == PS_ARRAY && ps_value_count(pair) == 2 &&
                ps_value_is_number(ps_array_at(pair, 0)) &&
                ps_value_int(ps_array_at(pair, 0), &exponent) && exponent >= -MAX_EXPONENT &&
                exponent <= MAX_EXPONENT;
    const ps_value *mantissa = good ? ps_array_at(pair, 1) : NULL;
    ps_buf text = {0};
    ps_value *v = NULL;
    if (mantissa && (ps_value_kind(mantissa) == PS_INT || ps_value_kind(mantissa) == PS_DECIMAL)) {
        ps_number_print(mantissa, &text);
        ps_buf_addf(&text, "e%d", (int)exponent);
    }
    if (text.len && ps_number_valid(ps_buf_str(&text))) {
        v = ps_number(ps_buf_str(&text));
    } else {
        bad(r, "a decimal fraction that is none");
    }
    ps_buf_free(&text);
    return v;
}

static ps_value *read_tagged(reading *r, uint64_t tag)
{
    if (tag == 2 || tag == 3) {
        return read_big_integer(r, tag == 3);
    }
    ps_value *v = read_item(r);
    if (v && tag == 4) {
        ps_value *number = decimal_fraction(r, v);
        ps_value_unref(v);
        return number;
    }
    return v;
}

/* -- containers ---------------------------------------------------------------------------------
 */

static bool add_pair(reading *r, ps_value *map)
{
    head h;
    if (!read_head(r, &h)) {
        return false;
    }
    if (h.major != PS_CBOR_TEXT && h.major != PS_CBOR_BYTES) {
        return bad(r, "a key that is no string");
    }
    h.major = PS_CBOR_TEXT;
    ps_value *key = read_string_value(r, &h);
    ps_value *v = key ? read_item(r) : NULL;
    if (!v) {
        ps_value_unref(key);
        return false;
    }
    ps_object_set_take(map, key, v);
    return true;
}

static bool add_element(reading *r, ps_value *array)
{
    ps_value *v = read_item(r);
    if (!v) {
        return false;
    }
    ps_array_add_take(array, v);
    return true;
}

static ps_value *read_container(reading *r, const head *h)
{
    bool array = h->major == PS_CBOR_ARRAY;
    uint64_t left = h->n;
    if (left > r->in.len - r->at) { /* an element takes a byte at least */
        bad(r, "a count beyond the end");
        return NULL;
    }
    /* Many nested containers may each claim what is left of the input: they grow as they fill. */
    size_t hint = left < HINT ? (size_t)left : HINT;
    ps_value *v = array ? ps_array(hint) : ps_object(hint);
    while (h->info == INDEFINITE ? !at_break(r) : left-- > 0) {
        if (!(array ? add_element(r, v) : add_pair(r, v))) {
            ps_value_unref(v);
            return NULL;
        }
    }
    return v;
}

static ps_value *read_nested(reading *r, const head *h)
{
    if (r->depth == PS_CBOR_MAX_DEPTH) {
        ps_fail(r->err, PS_ELIMIT, r->at, "CBOR nested deeper than %d", PS_CBOR_MAX_DEPTH);
        return NULL;
    }
    r->depth++;
    ps_value *v = h->major == PS_CBOR_TAG ? read_tagged(r, h->n) : read_container(r, h);
    r->depth--;
    return v;
}

static ps_value *read_item(reading *r)
{
    head h;
    if (!read_head(r, &h)) {
        return NULL;
    }
    switch (h.major) {
    case PS_CBOR_BYTES:
    case PS_CBOR_TEXT:
        return read_string_value(r, &h);
    case PS_CBOR_ARRAY:
    case PS_CBOR_MAP:
        return read_nested(r, &h);
    case PS_CBOR_SIMPLE:
        return read_simple(r, &h);
    default:
        break;
    }
    if (h.info == INDEFINITE) {
        bad(r, "a number or tag without end");
        return NULL;
    }
    return h.major == PS_CBOR_TAG ? read_nested(r, &h) : read_integer(&h);
}

ps_value *ps_cbor_read(ps_str bytes, ps_error *err)
{
    reading r = {.in = bytes, .err = err};
    ps_value *v = read_item(&r);
    if (v && r.at != bytes.len) {
        bad(&r, "something behind the end");
        ps_value_unref(v);
        v = NULL;
    }
    return v;
}
