/* batch_test.c -- batches by count and by bytes. */
#include "check.h"
#include "items/batch.h"
#include "value/json.h"

static ps_value *parse(const char *text)
{
    return ps_json_parse(ps_str_from(text), NULL, &(ps_error){0});
}

static void batches(const char *items, size_t count, size_t bytes, const char *input,
                    const char *want)
{
    ps_value *from = parse(items);
    ps_value *batch_input = input ? parse(input) : NULL;
    ps_value *got = ps_item_batches(from, count, bytes, batch_input);
    ps_value *text = ps_json_string(got);
    CHECK_STR(ps_value_str(text), want);
    ps_value_unref(text);
    ps_value_unref(got);
    ps_value_unref(batch_input);
    ps_value_unref(from);
}

static void keeps_inputs_below_the_limit(void)
{
    ps_value *items = ps_array(0);
    size_t seen = 0;
    for (int64_t i = 0; i < 1000; i++) {
        ps_array_add_take(items, ps_int(i * i * i));
    }
    ps_value *got = ps_item_batches(items, 0, 100, NULL);
    for (size_t i = 0; i < ps_value_count(got); i++) {
        const ps_value *input = ps_array_at(got, i);
        CHECK(ps_value_bytes(input) <= 100);
        seen += ps_value_count(ps_object_get(input, PS_STR("Items")));
    }
    CHECK(seen == 1000);
    ps_value_unref(got);
    ps_value_unref(items);
}

int main(void)
{
    batches("[]", 2, 0, NULL, "[]");
    batches("[1,2,3]", 2, 0, NULL, "[{\"Items\":[1,2]},{\"Items\":[3]}]");
    batches("[1,2]", 5, 0, "{\"k\":1}", "[{\"BatchInput\":{\"k\":1},\"Items\":[1,2]}]");
    batches("[1,2,3]", 0, 0, NULL, "[{\"Items\":[1,2,3]}]");
    batches("[1,2]", (size_t)1 << 53, 0, NULL, "[{\"Items\":[1,2]}]");
    /* {"Items":[11,22]} has 17 bytes */
    batches("[11,22,33]", 0, 17, NULL, "[{\"Items\":[11,22]},{\"Items\":[33]}]");
    batches("[11,22,33]", 0, 16, NULL, "[{\"Items\":[11]},{\"Items\":[22]},{\"Items\":[33]}]");
    batches("[\"too large\",1]", 0, 15, NULL, "[{\"Items\":[\"too large\"]},{\"Items\":[1]}]");
    batches("[1,2]", 0, 1, NULL, "[{\"Items\":[1]},{\"Items\":[2]}]");
    keeps_inputs_below_the_limit();
    return check_report();
}
