/* cbor_write.c -- writes CBOR, always in the shortest form of a length or integer. */
#include "aws/cbor.h"

static void put_big_endian(ps_buf *out, uint64_t n, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;) {
        ps_buf_add_char(out, (char)(unsigned char)(n >> (8 * i)));
    }
}

static void put_initial(ps_buf *out, ps_cbor_major major, unsigned info)
{
    ps_buf_add_char(out, (char)(unsigned char)((unsigned)major << 5 | info));
}

void ps_cbor_put_head(ps_buf *out, ps_cbor_major major, uint64_t n)
{
    if (n < 24) {
        put_initial(out, major, (unsigned)n);
        return;
    }
    unsigned power = n <= UINT8_MAX ? 0 : n <= UINT16_MAX ? 1 : n <= UINT32_MAX ? 2 : 3;
    put_initial(out, major, 24 + power);
    put_big_endian(out, n, (size_t)1 << power);
}

void ps_cbor_put_string(ps_buf *out, ps_cbor_major major, ps_str s)
{
    ps_cbor_put_head(out, major, s.len);
    ps_buf_add(out, s);
}

void ps_cbor_put_int(ps_buf *out, int64_t n)
{
    if (n >= 0) {
        ps_cbor_put_head(out, PS_CBOR_UNSIGNED, (uint64_t)n);
    } else {
        ps_cbor_put_head(out, PS_CBOR_NEGATIVE, (uint64_t)(-1 - n));
    }
}

void ps_cbor_put_bool(ps_buf *out, bool b)
{
    put_initial(out, PS_CBOR_SIMPLE, b ? 21 : 20);
}

void ps_cbor_put_null(ps_buf *out)
{
    put_initial(out, PS_CBOR_SIMPLE, 22);
}

void ps_cbor_put_float(ps_buf *out, float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    put_initial(out, PS_CBOR_SIMPLE, 26);
    put_big_endian(out, bits, sizeof bits);
}

void ps_cbor_put_double(ps_buf *out, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    put_initial(out, PS_CBOR_SIMPLE, 27);
    put_big_endian(out, bits, sizeof bits);
}
