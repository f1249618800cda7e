/* cbor.c -- fuzz: what is read is bounded in depth and size, prints as JSON where it is text, and
 * is refused with a place otherwise; cutting it short is never fatal. */
#include "aws/cbor.h"
#include "draw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    ps_str in = {(const char *)data, size};
    ps_value *v = ps_cbor_read(in, &err);
    if (v) {
        ps_value *again = ps_cbor_read(in, &err);
        REQUIRE(again && ps_value_equal(v, again));
        REQUIRE(ps_value_depth(v) <= PS_CBOR_MAX_DEPTH);
        ps_value_unref(again);
        REQUIRE(ps_cbor_read((ps_str){in.p, size - 1}, &err) == NULL);
        REQUIRE(err.at <= size);
    } else {
        REQUIRE(err.at <= size && err.text[0]);
    }
    ps_value_unref(v);
    return 0;
}
