/* cbor.h -- CBOR (RFC 8949) as smithy-rpc-v2-cbor uses it.
 *
 * Reading gives values: byte and text strings are PS_STRINGs, undefined is null, NaN and the
 * infinities are the strings "NaN", "Infinity", "-Infinity". Tags 2 and 3 (big integers) and 4
 * (decimal fractions) become numbers with all their digits; of any other tag the content counts. */
#ifndef PS_AWS_CBOR_H
#define PS_AWS_CBOR_H

#include "base/buf.h"
#include "base/error.h"
#include "value/value.h"

#include <stdint.h>

#define PS_CBOR_MAX_DEPTH 256

typedef enum ps_cbor_major {
    PS_CBOR_UNSIGNED,
    PS_CBOR_NEGATIVE,
    PS_CBOR_BYTES,
    PS_CBOR_TEXT,
    PS_CBOR_ARRAY,
    PS_CBOR_MAP,
    PS_CBOR_TAG,
    PS_CBOR_SIMPLE,
} ps_cbor_major;

/* The one data item that `bytes` are: a new reference, or NULL.
 *
 * Errors: PS_EINPUT  cut off, not well-formed, keys that are no strings (`err->at`)
 *         PS_ELIMIT  nested too deep, big integers of more than 512 bytes */
ps_value *ps_cbor_read(ps_str bytes, ps_error *err);

/* The head of a data item: the length of a string, the count of an array or map, a tag. */
void ps_cbor_put_head(ps_buf *out, ps_cbor_major major, uint64_t n);
void ps_cbor_put_string(ps_buf *out, ps_cbor_major major, ps_str s);
void ps_cbor_put_int(ps_buf *out, int64_t n);
void ps_cbor_put_bool(ps_buf *out, bool b);
void ps_cbor_put_null(ps_buf *out);
void ps_cbor_put_float(ps_buf *out, float f);
void ps_cbor_put_double(ps_buf *out, double d);

#endif
