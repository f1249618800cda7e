/* intrinsic_cause.c -- quotes a state's input in a cause. */
#include "expr/intrinsic_cause.h"

#include "value/json.h"

/* Printed whole before it is cut: what is larger than this is named by its size only. */
#define PRINTED_WHOLE ((size_t)4 * 1024 * 1024)

void ps_cause_input(const ps_value *input, ps_buf *out)
{
    size_t start = out->len;
    if (!input) {
        return;
    }
    if (ps_value_bytes(input) > PRINTED_WHOLE) {
        ps_buf_addf(out, "(more than %zu bytes)", PRINTED_WHOLE);
        return;
    }
    ps_json_print(input, out);
    if (out->len - start > PS_CAUSE_MAX_INPUT) {
        size_t end = start + PS_CAUSE_MAX_INPUT;
        while (((unsigned char)out->p[end] & 0xC0) == 0x80) {
            end--;
        }
        out->len = end;
    }
}
