/* pack_test.c -- values as bytes: what comes back, what is shared, what is refused. */
#include "value/pack.h"

#include "../check.h"
#include "value/json.h"

static ps_value *json(const char *text)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    CHECK(v != NULL);
    return v;
}

static void pack(const ps_value *v, ps_buf *out)
{
    ps_packer p = {.out = out};
    ps_pack_value(&p, v);
    ps_packer_free(&p);
}

/* NULL when it is damaged, or bytes are left. */
static ps_value *unpack(ps_str bytes)
{
    ps_unpacker u = {.in = bytes};
    ps_value *v = ps_unpack_value(&u);
    if (u.damaged || u.at != bytes.len) {
        ps_value_unref(v);
        v = NULL;
    }
    ps_unpacker_free(&u);
    return v;
}

static void values_come_back_as_they_were(void)
{
    static const char *const texts[] = {
        "null",
        "true",
        "-9223372036854775808",
        "1.5",
        "1e400",
        "-0",
        "123456789012345678901234567890",
        "\"\"",
        "\"a\\u0000\xC3\xA9\"",
        "[]",
        "{}",
        "{\"b\":[1,2.0,[\"x\",{\"\":null}]],\"a\":false}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ps_value *v = json(texts[i]);
        ps_buf bytes = {0};
        ps_buf was = {0};
        ps_buf is = {0};
        pack(v, &bytes);
        ps_value *again = unpack(ps_buf_str(&bytes));
        CHECK(again != NULL);
        if (again) {
            ps_json_print(v, &was);
            ps_json_print(again, &is);
            CHECK(ps_str_equal(ps_buf_str(&was), ps_buf_str(&is)));
        }
        ps_value_unref(again);
        ps_value_unref(v);
        ps_buf_free(&bytes);
        ps_buf_free(&was);
        ps_buf_free(&is);
    }
}

static void what_is_shared_is_written_once(void)
{
    ps_value *v = json("{\"x\":[\"a long enough string\"]}");
    for (int i = 0; i < 60; i++) { /* prints as 2^60 copies */
        ps_value *pair = ps_array(2);
        ps_array_add_take(pair, ps_value_ref(v));
        ps_array_add_take(pair, v);
        v = pair;
    }
    ps_buf bytes = {0};
    pack(v, &bytes);
    CHECK(bytes.len < 600);
    ps_value *again = unpack(ps_buf_str(&bytes));
    CHECK(again && ps_array_at(again, 0) == ps_array_at(again, 1));
    CHECK(again && ps_value_bytes(again) == ps_value_bytes(v));
    ps_value_unref(again);
    ps_value_unref(v);
    ps_buf_free(&bytes);
}

static void every_cut_is_refused(void)
{
    ps_value *v = json("{\"a\":[1,-200,1.5,1e400,\"text\",{\"b\":\"text\"}],\"c\":{}}");
    ps_buf bytes = {0};
    pack(v, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        CHECK(!unpack((ps_str){bytes.p, len}));
    }
    ps_value_unref(v);
    ps_buf_free(&bytes);
}

static void nesting_has_a_limit(void)
{
    ps_value *v = ps_array(0);
    while (ps_value_depth(v) < PS_PACK_DEPTH) {
        ps_value *outer = ps_array(1);
        ps_array_add_take(outer, v);
        v = outer;
    }
    for (int i = 0; i < 2; i++) {
        ps_buf bytes = {0};
        pack(v, &bytes);
        ps_value *again = unpack(ps_buf_str(&bytes));
        CHECK((again != NULL) == (i == 0));
        ps_value_unref(again);
        ps_buf_free(&bytes);
        ps_value *outer = ps_array(1);
        ps_array_add_take(outer, v);
        v = outer;
    }
    ps_value_unref(v);
}

/* An array that claims to have as many elements as there are bytes left, again and again: what it
 * claims must not be paid for. */
static void counts_that_lie_cost_nothing(void)
{
    ps_value *inner = ps_array(0);
    ps_buf one = {0};
    pack(inner, &one);
    char array_tag = one.p[0];
    ps_value_unref(inner);
    ps_buf_free(&one);
    ps_buf bytes = {0};
    ps_packer p = {.out = &bytes};
    for (int i = 0; i < 1000; i++) {
        ps_buf_add_char(&bytes, array_tag);
        ps_pack_count(&p, 4000000);
    }
    char *filler = ps_buf_reserve(&bytes, 4000000);
    memset(filler, 0x7F, 4000000);
    bytes.len += 4000000;
    CHECK(!unpack(ps_buf_str(&bytes)));
    ps_packer_free(&p);
    ps_buf_free(&bytes);
}

int main(void)
{
    values_come_back_as_they_were();
    what_is_shared_is_written_once();
    every_cut_is_refused();
    nesting_has_a_limit();
    counts_that_lie_cost_nothing();
    return check_report();
}
