/* csv.c -- fuzz: a byte of settings, then a file. Whatever the bytes, a reader ends with items or
 * with a fault, and it is the same however the file is cut into chunks. */
#include "draw.h"
#include "items/reader.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const configs[] = {
    "{\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"FIRST_ROW\"}",
    "{\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"FIRST_ROW\",\"CSVDelimiter\":\"SPACE\"}",
    "{\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"GIVEN\",\"CSVHeaders\":[\"a\",\"b\"]}",
    "{\"InputType\":\"JSONL\"}",
    "{\"InputType\":\"JSON\"}",
    "{\"InputType\":\"JSON\",\"ItemsPointer\":\"/a/0\"}",
};

/* The items as text, or the cause. */
static ps_value *read(const ps_value *config, int64_t max, ps_str text, size_t step)
{
    ps_error err = {0};
    ps_item_reader *r = ps_item_reader_new(config, max, &err);
    REQUIRE(r != NULL);
    for (size_t at = 0; at < text.len; at += step) {
        size_t len = text.len - at < step ? text.len - at : step;
        if (!ps_item_reader_feed(r, (ps_str){text.p + at, len})) {
            break;
        }
    }
    bool good = ps_item_reader_end(r);
    const ps_item_fault *fault = ps_item_reader_fault(r);
    REQUIRE(good == (fault == NULL));
    ps_value *items = ps_item_reader_take(r);
    REQUIRE(!max || ps_value_count(items) <= (size_t)max);
    ps_value *answer = fault ? ps_string(fault->cause) : ps_json_string(items);
    ps_value_unref(items);
    ps_item_reader_free(r);
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    draw d = {data, size};
    unsigned choice = draw_below(&d, sizeof configs / sizeof *configs);
    unsigned max = draw_below(&d, 4);
    unsigned step = 1 + draw_below(&d, 7);
    ps_error err = {0};
    ps_str text = {(const char *)d.p, d.left};
    ps_value *config = ps_json_parse(ps_str_from(configs[choice]), NULL, &err);
    ps_value *whole = read(config, max, text, SIZE_MAX);
    ps_value *cut = read(config, max, text, step);
    REQUIRE(ps_value_equal(whole, cut));
    ps_value_unref(whole);
    ps_value_unref(cut);
    ps_value_unref(config);
    return 0;
}
