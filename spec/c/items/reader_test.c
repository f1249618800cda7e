/* reader_test.c -- the cases of spec/cases/items, each file fed as a whole and byte by byte. */
#include "check.h"
#include "items/reader.h"
#include "value/json.h"

#include <stdlib.h>

static void fail(const ps_value *c, const char *what, ps_str detail)
{
    ps_value *text = ps_json_string(ps_object_get(c, PS_STR("it")));
    fprintf(stderr, "%.*s: %s %.*s\n", (int)ps_value_str(text).len, ps_value_str(text).p, what,
            (int)detail.len, detail.p);
    ps_value_unref(text);
    CHECK(false);
}

static void check_items(const ps_value *c, ps_value *items)
{
    const ps_value *want = ps_object_get(c, PS_STR("items"));
    ps_value *got = ps_json_string(items);
    ps_value *text = want ? ps_json_string(want) : NULL;
    if (!text || !ps_value_equal(got, text)) {
        fail(c, "got", ps_value_str(got));
    } else {
        CHECK(true);
    }
    ps_value_unref(text);
    ps_value_unref(got);
}

static void check_cause(const ps_value *c, const ps_item_fault *fault)
{
    const ps_value *want = ps_object_get(c, PS_STR("cause"));
    CHECK_STR(fault->error, "States.ItemReaderFailed");
    if (!want || !ps_str_starts(fault->cause, ps_value_str(want))) {
        fail(c, "cause:", fault->cause);
    }
}

static void feed(ps_item_reader *r, ps_str text, size_t step)
{
    for (size_t at = 0; at < text.len; at += step) {
        size_t len = text.len - at < step ? text.len - at : step;
        if (!ps_item_reader_feed(r, (ps_str){text.p + at, len})) {
            break;
        }
    }
    ps_item_reader_end(r);
}

static void run(const ps_value *c, size_t step)
{
    ps_error err = {0};
    int64_t max = 0;
    const ps_value *limit = ps_object_get(c, PS_STR("max_items"));
    const ps_value *refused = ps_object_get(c, PS_STR("refused"));
    CHECK(!limit || ps_value_int(limit, &max));
    ps_item_reader *r = ps_item_reader_new(ps_object_get(c, PS_STR("config")), max, &err);
    if (!r) {
        if (!refused) {
            fail(c, "refused:", ps_str_from(err.text));
            return;
        }
        CHECK(ps_str_equal(ps_value_str(refused), ps_str_from(ps_status_name(err.code))));
        return;
    }
    CHECK(!refused);
    feed(r, ps_value_str(ps_object_get(c, PS_STR("text"))), step);
    const ps_item_fault *fault = ps_item_reader_fault(r);
    if (fault) {
        check_cause(c, fault);
    } else {
        ps_value *items = ps_item_reader_take(r);
        check_items(c, items);
        ps_value_unref(items);
    }
    ps_item_reader_free(r);
}

static void runs_cases(void)
{
    FILE *file = fopen("spec/cases/items/read.jsonl", "rb");
    char line[4096];
    if (!file) {
        fprintf(stderr, "run from the project's root\n");
        exit(2);
    }
    while (fgets(line, sizeof line, file)) {
        ps_error err = {0};
        ps_value *c = ps_json_parse(ps_str_from(line), NULL, &err);
        CHECK(c != NULL);
        if (c) {
            run(c, SIZE_MAX);
            run(c, 1);
            run(c, 3);
        }
        ps_value_unref(c);
    }
    fclose(file);
}

static ps_value *parse(const char *text)
{
    return ps_json_parse(ps_str_from(text), NULL, &(ps_error){0});
}

static void hands_out_items_while_reading(void)
{
    ps_error err = {0};
    ps_value *config = parse("{\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"FIRST_ROW\"}");
    ps_item_reader *r = ps_item_reader_new(config, 0, &err);
    CHECK(ps_item_reader_feed(r, PS_STR("a\n1\n2")));
    ps_value *items = ps_item_reader_take(r);
    CHECK(ps_value_count(items) == 1);
    ps_value_unref(items);
    CHECK(ps_item_reader_feed(r, PS_STR("2\n")));
    CHECK(ps_item_reader_end(r));
    items = ps_item_reader_take(r);
    CHECK(ps_value_count(items) == 1);
    CHECK_STR(ps_value_str(ps_object_get(ps_array_at(items, 0), PS_STR("a"))), "22");
    ps_value_unref(items);
    ps_item_reader_free(r);
    ps_value_unref(config);
}

static void refuses_what_is_not_text(void)
{
    ps_error err = {0};
    ps_value *config = parse("{\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"FIRST_ROW\"}");
    ps_item_reader *r = ps_item_reader_new(config, 0, &err);
    CHECK(!ps_item_reader_feed(r, PS_STR("a\n\xFF\n1\n")));
    CHECK(ps_item_reader_fault(r) != NULL);
    CHECK(!ps_item_reader_end(r));
    ps_item_reader_free(r);
    r = ps_item_reader_new(config, 0, &err);
    ps_buf long_row = {0};
    for (size_t i = 0; i < PS_MAX_ITEM_BYTES + 1; i++) {
        ps_buf_add_char(&long_row, 'x');
    }
    CHECK(!ps_item_reader_feed(r, ps_buf_str(&long_row)));
    CHECK(ps_item_reader_fault(r) != NULL);
    ps_buf_free(&long_row);
    ps_item_reader_free(r);
    ps_value_unref(config);
}

static void makes_items_of_listings(void)
{
    ps_value *entry = parse("{\"Key\":\"k\",\"LastModified\":\"1970-01-02T00:00:01.500Z\","
                            "\"ETag\":\"\\\"x\\\"\",\"Size\":3,\"StorageClass\":\"STANDARD\","
                            "\"Owner\":{}}");
    ps_value *item = ps_item_listed(entry);
    ps_value *text = ps_json_string(item);
    CHECK_STR(ps_value_str(text), "{\"Etag\":\"\\\"x\\\"\",\"Key\":\"k\",\"LastModified\":86401,"
                                  "\"Size\":3,\"StorageClass\":\"STANDARD\"}");
    ps_value_unref(text);
    ps_value_unref(item);
    ps_value_unref(entry);
}

int main(void)
{
    runs_cases();
    hands_out_items_while_reading();
    refuses_what_is_not_text();
    makes_items_of_listings();
    return check_report();
}
