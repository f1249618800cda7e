/* yaml.c -- fuzz: whatever YAML stands for is a JSON value that survives its own print, and an
 * error lies within the text. */
#include "value/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    ps_positions *positions = ps_positions_new();
    ps_value *v = ps_yaml_parse((ps_str){(const char *)data, size}, positions, &err);
    if (v) {
        ps_buf print = {0};
        ps_json_print(v, &print);
        ps_value *again = ps_json_parse(ps_buf_str(&print), NULL, &err);
        if (!again || !ps_value_equal(v, again) || print.len != ps_value_bytes(v)) {
            abort();
        }
        ps_value_unref(again);
        ps_buf_free(&print);
    } else if (err.at > size || !err.text[0]) {
        abort();
    }
    ps_value_unref(v);
    ps_positions_free(positions);
    return 0;
}
