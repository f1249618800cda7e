/* value_test.c -- owners, containers and their sizes, equality, depth, places. */
#include "value/value.h"

#include "base/error.h"
#include "check.h"
#include "value/json.h"
#include "value/positions.h"
#include "value/yaml.h"

#include <stdlib.h>

static ps_value *parse(const char *text)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    CHECK(v != NULL);
    return v;
}

static void check_print(const ps_value *v, const char *want)
{
    ps_buf out = {0};
    ps_json_print(v, &out);
    CHECK_STR(ps_buf_str(&out), want);
    CHECK(out.len == ps_value_bytes(v));
    ps_buf_free(&out);
}

static void owners(void)
{
    CHECK(ps_value_ref(NULL) == NULL);
    ps_value_unref(NULL);
    CHECK(ps_int(7) == ps_int(7) && ps_null() == ps_null());
    ps_value *s = ps_string(PS_STR("text")), *slot = NULL;
    CHECK(ps_value_unshared(s));
    ps_value_set_take(&slot, ps_value_ref(s));
    CHECK(!ps_value_unshared(s));
    ps_value_set_take(&slot, NULL);
    CHECK(ps_value_unshared(s));
    ps_value_unref(s);
}

static void containers(void)
{
    ps_value *o = ps_object(0), *a = ps_array(0);
    for (int i = 0; i < 20; i++) {
        ps_array_add_take(a, ps_int(i * 1000));
    }
    ps_object_put_take(o, PS_STR("a"), ps_int(1));
    ps_object_put_take(o, PS_STR("b"), ps_stringf("%d\n", 2));
    ps_object_set_take(o, ps_string(PS_STR("a")), ps_double(2));
    check_print(o, "{\"a\":2.0,\"b\":\"2\\n\"}");
    ps_value *copy = ps_object_copy(o);
    ps_object_remove(copy, PS_STR("a"));
    ps_object_remove(copy, PS_STR("absent"));
    ps_object_put_take(copy, PS_STR("c"), a);
    CHECK(ps_value_depth(copy) == 2 && ps_value_depth(o) == 1);
    ps_object_put_take(copy, PS_STR("c"), ps_null());
    CHECK(ps_value_depth(copy) == 1);
    check_print(copy, "{\"b\":\"2\\n\",\"c\":null}");
    check_print(o, "{\"a\":2.0,\"b\":\"2\\n\"}");
    ps_value_unref(copy);
    ps_value_unref(o);

    ps_value *list = parse("[[[]],1,\"x\"]"), *other = ps_array_copy(list);
    ps_array_replace_take(other, 0, ps_bool(false));
    check_print(other, "[false,1,\"x\"]");
    CHECK(ps_value_depth(other) == 1 && ps_value_depth(list) == 3);
    ps_value_unref(other);
    ps_value_unref(list);
}

/* Indexed from nine members on, through growth, copies and removals. */
static void large_objects(void)
{
    enum { COUNT = 100000 };
    char key[16];
    ps_value *o = ps_object(0);
    for (int i = 0; i < COUNT; i++) {
        snprintf(key, sizeof key, "k%d", i);
        ps_object_put_take(o, ps_str_from(key), ps_int(i));
    }
    ps_value *text = ps_json_string(o), *copy = ps_object_copy(o);
    ps_error err = {0};
    ps_value *again = ps_json_parse(ps_value_str(text), NULL, &err);
    ps_object_put_take(copy, PS_STR("more"), ps_int(1));
    ps_object_remove(copy, PS_STR("k0"));
    CHECK(ps_value_count(copy) == COUNT && !ps_object_get(copy, PS_STR("k0")));
    CHECK(again && ps_value_equal(o, again) && !ps_value_equal(copy, again));
    for (int i = 1; i < COUNT; i += 997) {
        int64_t n = -1;
        snprintf(key, sizeof key, "k%d", i);
        const ps_value *v = ps_object_get(copy, ps_str_from(key));
        CHECK(v && ps_value_int(v, &n) && n == i);
    }
    CHECK(!ps_object_get(o, PS_STR("k100000")));
    ps_value_unref(again);
    ps_value_unref(copy);
    ps_value_unref(text);
    ps_value_unref(o);
}

static void equality(void)
{
    ps_value *a = parse("{\"x\":[1,2.0],\"y\":null}"), *b = parse("{\"y\":null,\"x\":[1.0,2]}");
    ps_value *c = parse("{\"y\":null,\"x\":[1,2,3]}");
    CHECK(ps_value_equal(a, b) && !ps_value_equal(a, c) && !ps_value_equal(a, ps_null()));
    ps_value_unref(a);
    ps_value_unref(b);
    ps_value_unref(c);
}

static ps_value *parse_nested(size_t depth, ps_error *err, bool yaml)
{
    ps_buf text = {0};
    for (size_t i = 0; i < depth; i++) {
        ps_buf_add_char(&text, '[');
    }
    for (size_t i = 0; i < depth; i++) {
        ps_buf_add_char(&text, ']');
    }
    ps_value *v = yaml ? ps_yaml_parse(ps_buf_str(&text), NULL, err)
                       : ps_json_parse(ps_buf_str(&text), NULL, err);
    ps_buf_free(&text);
    return v;
}

static void depth(void)
{
    ps_error err = {0};
    ps_value *v = parse_nested(PS_MAX_DEPTH, &err, false);
    CHECK(v && ps_value_depth(v) == PS_MAX_DEPTH && ps_value_bytes(v) == 2 * PS_MAX_DEPTH);
    ps_value_unref(v);
    CHECK(!parse_nested(PS_MAX_DEPTH + 1, &err, false) && err.code == PS_ELIMIT && err.at == 1000);
    CHECK(!parse_nested(5000, &err, true));

    /* Deeper than any input, as a program may build it: freeing needs no stack. */
    v = ps_array(1);
    for (int i = 0; i < 1000000; i++) {
        ps_value *outer = ps_array(1);
        ps_array_add_take(outer, v);
        v = outer;
    }
    ps_value_unref(v);
}

/* 2^70 bytes of print in 70 small objects. */
static void saturation(void)
{
    ps_value *v = ps_int(1);
    for (int i = 0; i < 70; i++) {
        ps_value *outer = ps_array(2);
        ps_array_add_take(outer, ps_value_ref(v));
        ps_array_add_take(outer, v);
        v = outer;
    }
    CHECK(ps_value_bytes(v) == SIZE_MAX);
    ps_array_replace_take(v, 0, ps_null());
    CHECK(ps_value_bytes(v) == SIZE_MAX);
    ps_array_replace_take(v, 1, ps_null());
    CHECK(ps_value_bytes(v) == sizeof "[null,null]" - 1 && ps_value_depth(v) == 1);
    ps_value_unref(v);
}

static void check_place(const ps_positions *p, const char *pointer, bool key, size_t line,
                        size_t column)
{
    ps_place place = {0};
    ps_str at = ps_str_from(pointer);
    CHECK(key ? ps_positions_key(p, at, &place) : ps_positions_value(p, at, &place));
    CHECK(place.line == line && place.column == column);
}

static void places(void)
{
    ps_error err = {0};
    ps_positions *p = ps_positions_new();
    ps_place place;
    ps_json_options options = {.positions = p};
    CHECK(!ps_positions_value(p, PS_STR(""), &place));
    ps_value_unref(ps_json_parse(PS_STR("{\n  \"é\": {\"a/b~\": [1,\n \"é\", 3]}, \"z\": 0}"),
                                 &options, &err));
    check_place(p, "", false, 1, 1);
    check_place(p, "/é", true, 2, 3);
    check_place(p, "/é/a~1b~0", true, 2, 9);
    check_place(p, "/é/a~1b~0/0", false, 2, 18);
    check_place(p, "/é/a~1b~0/2", false, 3, 7);
    check_place(p, "/z", true, 3, 12);
    check_place(p, "/z", false, 3, 17);
    check_place(p, "/é/absent/x", false, 2, 8);
    ps_positions_free(p);

    p = ps_positions_new();
    ps_value *v = ps_yaml_parse(PS_STR("é: &x\n  - 1\n  - !Sub {b: 2}\nc: *x\n"), p, &err);
    if (v) {
        check_place(p, "/é/0", false, 2, 5);
        check_place(p, "/é/1", false, 3, 5);
        check_place(p, "/é/1/Fn::Sub/b", true, 3, 11);
        check_place(p, "/c", true, 4, 1);
        check_place(p, "/c", false, 4, 4);
    }
    ps_value_unref(v);
    ps_positions_free(p);
}

int main(void)
{
    owners();
    containers();
    large_objects();
    equality();
    depth();
    saturation();
    places();
    return check_report();
}
