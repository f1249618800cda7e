/* cbor_test.c -- CBOR read and written; the examples of RFC 8949, appendix A, and what is wrong. */
#include "aws/cbor.h"
#include "check.h"
#include "value/json.h"

static size_t bytes_of(const char *hex, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        size_t high = (size_t)(strchr(digits, hex[2 * i]) - digits);
        size_t low = (size_t)(strchr(digits, hex[2 * i + 1]) - digits);
        out[i] = (char)(unsigned char)(high << 4 | low);
    }
    return len;
}

static const char *const good[][2] = {
    {"00", "0"},
    {"17", "23"},
    {"1818", "24"},
    {"1903e8", "1000"},
    {"1a000f4240", "1000000"},
    {"1b000000e8d4a51000", "1000000000000"},
    {"1bffffffffffffffff", "18446744073709551615"},
    {"20", "-1"},
    {"3863", "-100"},
    {"3b7fffffffffffffff", "-9223372036854775808"},
    {"3b8000000000000000", "-9223372036854775809"},
    {"3bffffffffffffffff", "-18446744073709551616"},
    {"c249010000000000000000", "18446744073709551616"},
    {"c349010000000000000000", "-18446744073709551617"},
    {"c240", "0"},
    {"c340", "-1"},
    {"c341ff", "-256"},
    {"c25f4101480000000000000000ff", "18446744073709551616"},
    {"c24d0c9f2c9cd04674edea40000000", "1000000000000000000000000000000"},
    {"c48221196ab3", "273.15e0"},
    {"f93c00", "1.0"},
    {"f90001", "5.960464477539063e-8"},
    {"f97bff", "65504.0"},
    {"f9c400", "-4.0"},
    {"f90400", "0.00006103515625"},
    {"fa47c35000", "100000.0"},
    {"fb3ff199999999999a", "1.1"},
    {"fbc010666666666666", "-4.1"},
    {"f97c00", "\"Infinity\""},
    {"fa7fc00000", "\"NaN\""},
    {"fbfff0000000000000", "\"-Infinity\""},
    {"f4", "false"},
    {"f5", "true"},
    {"f6", "null"},
    {"f7", "null"},
    {"c074323031332d30332d32315432303a30343a30305a", "\"2013-03-21T20:04:00Z\""},
    {"c1fb41d452d9e0000000", "1363896192.0"},
    {"d9d9f700", "0"},
    {"40", "\"\""},
    {"4401020304", "\"\\u0001\\u0002\\u0003\\u0004\""},
    {"62c3bc", "\"ü\""},
    {"5f42610041ff", NULL},
    {"5f426162416163", NULL},
    {"5f4261624163ff", "\"abc\""},
    {"7f657374726561646d696e67ff", "\"streaming\""},
    {"80", "[]"},
    {"83010203", "[1,2,3]"},
    {"8301820203820405", "[1,[2,3],[4,5]]"},
    {"9fff", "[]"},
    {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
    {"a0", "{}"},
    {"a26161016162820203", "{\"a\":1,\"b\":[2,3]}"},
    {"bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}"},
    {"bf7f6161616263ff", NULL},
    {"a24161014161f5", "{\"a\":true}"},
    /* cut off, behind the end, or nothing that may stand there */
    {"", NULL},
    {"18", NULL},
    {"1b00000000000000", NULL},
    {"1c", NULL},
    {"1f", NULL},
    {"61", NULL},
    {"7bffffffffffffffff61", NULL},
    {"9bffffffffffffffff00", NULL},
    {"bbffffffffffffffff00", NULL},
    {"8201", NULL},
    {"9f01", NULL},
    {"a1", NULL},
    {"a16161", NULL},
    {"a10101", NULL},
    {"bf6161ff", NULL},
    {"ff", NULL},
    {"0000", NULL},
    {"61ff", NULL},
    {"f8ff", NULL},
    {"fa0000", NULL},
    {"c1", NULL},
    {"df00", NULL},
    {"c200", NULL},
    {"c401", NULL},
    {"c4820102f6", NULL},
    {"c4826161186f", NULL},
    {"c4821b00ffffffffffffff01", NULL},
};

static void reading(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char bytes[64];
        ps_error err = {0}, json_err = {0};
        ps_str in = {bytes, bytes_of(good[i][0], bytes)};
        ps_value *v = ps_cbor_read(in, &err);
        ps_value *want =
            good[i][1] ? ps_json_parse(ps_str_from(good[i][1]), NULL, &json_err) : NULL;
        if (!v != !want || (v && !ps_value_equal(v, want))) {
            ps_buf print = {0};
            if (v) {
                ps_json_print(v, &print);
            }
            fprintf(stderr, "%s: %.*s %s\n", good[i][0], (int)print.len, ps_buf_str(&print).p,
                    err.text);
            CHECK(false);
            ps_buf_free(&print);
        }
        CHECK(v || (err.code == PS_EINPUT && err.at <= in.len));
        ps_value_unref(v);
        ps_value_unref(want);
    }
}

static void limits(void)
{
    char deep[PS_CBOR_MAX_DEPTH + 2];
    char big[1000] = "\xC2\x59\x03\xE5";
    ps_error err = {0};
    memset(deep, '\x81', sizeof deep);
    deep[PS_CBOR_MAX_DEPTH] = 0;
    ps_value *v = ps_cbor_read((ps_str){deep, PS_CBOR_MAX_DEPTH + 1}, &err);
    CHECK(v != NULL && ps_value_depth(v) == PS_CBOR_MAX_DEPTH);
    ps_value_unref(v);
    deep[PS_CBOR_MAX_DEPTH] = '\x81';
    deep[PS_CBOR_MAX_DEPTH + 1] = 0;
    CHECK(ps_cbor_read((ps_str){deep, sizeof deep}, &err) == NULL && err.code == PS_ELIMIT);
    CHECK(ps_cbor_read((ps_str){big, 4 + 997}, &err) == NULL);
    CHECK(ps_cbor_read((ps_str){big, 1000}, &err) == NULL);
}

static void round_trip(ps_buf *out, const char *want)
{
    ps_error err = {0};
    ps_buf print = {0};
    ps_value *v = ps_cbor_read(ps_buf_str(out), &err);
    CHECK(v != NULL);
    if (v) {
        ps_json_print(v, &print);
        CHECK_STR(ps_buf_str(&print), want);
    }
    ps_value_unref(v);
    ps_buf_free(&print);
    ps_buf_free(out);
}

static void writing(void)
{
    static const int64_t edges[] = {
        0,  23,  24,  255,  256,  65535,  65536,  4294967295,  4294967296, INT64_MAX,
        -1, -24, -25, -256, -257, -65536, -65537, -4294967296, INT64_MIN};
    ps_buf out = {0};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        char want[32];
        snprintf(want, sizeof want, "%lld", (long long)edges[i]);
        ps_cbor_put_int(&out, edges[i]);
        round_trip(&out, want);
    }
    ps_cbor_put_head(&out, PS_CBOR_MAP, 2);
    ps_cbor_put_string(&out, PS_CBOR_TEXT, PS_STR("a"));
    ps_cbor_put_head(&out, PS_CBOR_ARRAY, 4);
    ps_cbor_put_bool(&out, true);
    ps_cbor_put_null(&out);
    ps_cbor_put_float(&out, 1.5F);
    ps_cbor_put_double(&out, 0.1);
    ps_cbor_put_string(&out, PS_CBOR_TEXT, PS_STR("b"));
    ps_cbor_put_head(&out, PS_CBOR_TAG, 1);
    ps_cbor_put_int(&out, 24);
    CHECK(out.len == 25 && (unsigned char)out.p[0] == 0xA2 && (unsigned char)out.p[22] == 0xC1);
    round_trip(&out, "{\"a\":[true,null,1.5,0.1],\"b\":24}");
}

int main(void)
{
    reading();
    limits();
    writing();
    return check_report();
}
