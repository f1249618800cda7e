/* json.c -- fuzz: print after parse is a fixed point, and the printed text means the same value,
 * has the size that was foretold, and reads the same when indented. */
#include "value/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_again(const ps_value *v, const ps_buf *print, ps_str text)
{
    ps_error err = {0};
    ps_value *again = ps_json_parse(text, NULL, &err);
    ps_buf same = {0};
    demand(again && ps_value_equal(v, again) && ps_value_depth(v) == ps_value_depth(again));
    ps_json_print(again, &same);
    demand(ps_str_equal(ps_buf_str(print), ps_buf_str(&same)));
    ps_buf_free(&same);
    ps_value_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    ps_str text = {(const char *)data, size};
    ps_positions *positions = ps_positions_new();
    ps_json_options options = {.positions = positions};
    ps_value *v = ps_json_parse(text, &options, &err);
    if (v) {
        ps_buf print = {0}, pretty = {0};
        ps_place place;
        ps_json_print(v, &print);
        demand(print.len == ps_value_bytes(v));
        check_again(v, &print, ps_buf_str(&print));
        ps_json_print_pretty(v, &pretty);
        check_again(v, &print, ps_buf_str(&pretty));
        demand(ps_positions_value(positions, PS_STR(""), &place) && place.at < size);
        ps_buf_free(&print);
        ps_buf_free(&pretty);
    } else {
        demand(err.at <= size && err.text[0]);
    }
    ps_value_unref(v);
    ps_positions_free(positions);

    options = (ps_json_options){.allow_duplicate_keys = true};
    v = ps_json_parse(text, &options, &err);
    if (v) {
        ps_buf print = {0};
        ps_json_print(v, &print);
        demand(print.len == ps_value_bytes(v));
        check_again(v, &print, ps_buf_str(&print));
        ps_buf_free(&print);
    }
    ps_value_unref(v);
    return 0;
}
