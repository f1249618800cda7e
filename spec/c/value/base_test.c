/* base_test.c -- what values rest on: UTF-8, time text, base 64, hashes, randomness. */
#include "base/base64.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "check.h"

static void utf8(void)
{
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xE2\x82",
                                      "\xFF"};
    ps_str good = PS_STR("a\0é€😀\xF4\x8F\xBF\xBF");
    char out[4];
    size_t at = 0, count = 0;
    CHECK(ps_utf8_check(good) == good.len && ps_utf8_count(good) == 6);
    for (; at < good.len; count++) {
        size_t from = at;
        size_t len = ps_utf8_put(ps_utf8_next(good, &at), out);
        CHECK(len == at - from && memcmp(out, good.p + from, len) == 0);
    }
    CHECK(count == 6);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[16] = "12345678";
        strcat(text, bad[i]);
        CHECK(ps_utf8_check(ps_str_from(text)) == 8);
    }
    /* U+FFFD comes before U+1F600, but its one unit after the other's surrogates. */
    CHECK(ps_utf8_compare_utf16(PS_STR("\xEF\xBF\xBD"), PS_STR("😀")) > 0);
    CHECK(ps_utf8_compare_utf16(PS_STR("é"), PS_STR("😀")) < 0);
    CHECK(ps_utf8_compare_utf16(PS_STR("ab"), PS_STR("a")) > 0);
}

static void check_time(const char *text, const char *print, int32_t nanos_want)
{
    int64_t ms = 0;
    int32_t nanos = -1;
    ps_buf out = {0};
    bool read = ps_time_parse(ps_str_from(text), &ms, &nanos);
    if (read) {
        ps_time_print(ms, &out);
        CHECK(nanos == nanos_want);
    }
    CHECK_STR(ps_buf_str(&out), print);
    ps_buf_free(&out);
}

static void times(void)
{
    check_time("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", 0);
    check_time("2016-03-14T01:59:00.5+01:00", "2016-03-14T00:59:00.500Z", 0);
    check_time("2016-03-05T21:29:29.243167252Z", "2016-03-05T21:29:29.243Z", 167252);
    check_time("1969-12-31T23:59:59.9999-00:00", "1969-12-31T23:59:59.999Z", 900000);
    check_time("2000-02-29T12:00:00Z", "2000-02-29T12:00:00.000Z", 0);
    check_time("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z", 0);
    check_time("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z", 0);
    check_time("9999-12-31T23:59:59-01:00", "+10000-01-01T00:59:59.000Z", 0);
    static const char *const bad[] = {"",
                                      "2016-13-05T21:29:29Z",
                                      "2016-12-05T25:29:29Z",
                                      "2016-12-05T21:60:29Z",
                                      "2016-12-05 21:29:29Z",
                                      "2016-12-05T21:29:29",
                                      "2016-12-05T21:29:29.Z",
                                      "2016-12-05T21:29:29.1234567890Z",
                                      "2016-12-05t21:29:29z",
                                      "2016-12-05T21:29:29+0100",
                                      "2016-12-05T21:29:29+19:00",
                                      "12-05T21:29:29Z",
                                      "2023-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2016-12-05T21:29:29Z "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_time(bad[i], "", 0);
    }
}

static void check_base64(const char *plain, const char *coded)
{
    ps_buf out = {0};
    ps_error err = {0};
    ps_base64_encode(ps_str_from(plain), &out);
    CHECK_STR(ps_buf_str(&out), coded);
    ps_buf_clear(&out);
    CHECK(ps_base64_decode(ps_str_from(coded), &out, &err) == PS_OK);
    CHECK_STR(ps_buf_str(&out), plain);
    ps_buf_free(&out);
}

static void base64(void)
{
    static const char *const bad[] = {"Zg", "Zg=", "Z===", "Zm9=Zm9v", "Zm 9", "Zm9v\n", "===="};
    check_base64("", "");
    check_base64("f", "Zg==");
    check_base64("fo", "Zm8=");
    check_base64("foo", "Zm9v");
    check_base64("foob", "Zm9vYg==");
    check_base64("\xFF\xEF\xBE", "/+++");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ps_buf out = {0};
        ps_error err = {0};
        CHECK(ps_base64_decode(ps_str_from(bad[i]), &out, &err) == PS_EINPUT);
        ps_buf_free(&out);
    }
}

static void check_hex(const uint8_t *bytes, size_t len, const char *want)
{
    ps_buf out = {0};
    for (size_t i = 0; i < len; i++) {
        ps_buf_addf(&out, "%02x", bytes[i]);
    }
    CHECK_STR(ps_buf_str(&out), want);
    ps_buf_free(&out);
}

static void hashes(void)
{
    uint8_t out[64];
    check_hex(out, ps_hash_digest(PS_DIGEST_MD5, PS_STR("abc"), out),
              "900150983cd24fb0d6963f7d28e17f72");
    check_hex(out, ps_hash_digest(PS_DIGEST_SHA1, PS_STR("abc"), out),
              "a9993e364706816aba3e25717850c26c9cd0d89d");
    check_hex(out, ps_hash_digest(PS_DIGEST_SHA256, PS_STR("abc"), out),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(ps_hash_digest(PS_DIGEST_SHA384, PS_STR(""), out) == 48);
    CHECK(ps_hash_digest(PS_DIGEST_SHA512, PS_STR(""), out) == 64);
    /* RFC 4231, cases 2 and 6. */
    ps_hash_hmac(PS_STR("Jefe"), PS_STR("what do ya want for nothing?"), out);
    check_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    char key[131];
    memset(key, 0xAA, sizeof key);
    ps_hash_hmac((ps_str){key, sizeof key},
                 PS_STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    check_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void randomness(void)
{
    ps_rand a = {.key = {1, 2, 3}, .label = 1}, b = a, other = a;
    other.label = 2;
    char uuid[36], again[36];
    uint64_t first = ps_rand_u64(&a);
    CHECK(first == ps_rand_u64(&b) && first != ps_rand_u64(&a) && first != ps_rand_u64(&other));
    b.position = 0;
    CHECK(ps_rand_u64(&b) == first);
    for (int i = 0; i < 1000; i++) {
        double unit = ps_rand_unit(&a);
        CHECK(unit >= 0 && unit < 1);
    }
    b = a;
    ps_rand_uuid(&a, uuid);
    ps_rand_uuid(&b, again);
    CHECK(memcmp(uuid, again, sizeof uuid) == 0 && a.position == b.position);
    CHECK(uuid[14] == '4' && uuid[8] == '-' && uuid[23] == '-' && strchr("89ab", uuid[19]));
    uint8_t wide[70] = {0};
    uint64_t before = a.position;
    ps_rand_bytes(&a, wide, sizeof wide);
    CHECK(a.position == before + 3);
}

/* The table hash is SipHash-1-3: vectors of the algorithm's reference with the key 00 01 .. 0F. */
static void table_hash(void)
{
    uint8_t key[16], text[16];
    for (uint8_t i = 0; i < 16; i++) {
        key[i] = text[i] = i;
    }
    ps_hash_seed(key);
    CHECK(ps_hash_table(PS_STR("")) == UINT64_C(0xABAC0158050FC4DC));
    CHECK(ps_hash_table((ps_str){(char *)text, 1}) == UINT64_C(0xC9F49BF37D57CA93));
    CHECK(ps_hash_table((ps_str){(char *)text, 8}) != ps_hash_table((ps_str){(char *)text, 9}));
}

int main(void)
{
    utf8();
    times();
    base64();
    hashes();
    randomness();
    table_hash();
    return check_report();
}
