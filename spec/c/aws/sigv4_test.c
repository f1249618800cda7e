/* sigv4_test.c -- what signing leaves behind, and paths and queries that a client would not send.
 */
#include "aws/sigv4.h"
#include "aws/sigv4_canonical.h"
#include "check.h"

static const ps_keys keys = {{"AKIDEXAMPLE", 11}, {"secret", 6}, {"token", 5}};

static ps_signing how(void)
{
    return (ps_signing){.region = PS_STR("us-east-1"),
                        .service = PS_STR("service"),
                        .now_ms = INT64_C(1440938160000)};
}

static ps_request request(void)
{
    ps_request r = {.method = PS_STR("GET"), .scheme = PS_STR("https")};
    ps_buf_add(&r.host, PS_STR("example.amazonaws.com"));
    ps_buf_add(&r.path, PS_STR("/"));
    return r;
}

static void a_refusal_changes_nothing(void)
{
    ps_request r = request();
    ps_headers_add(&r.headers, PS_STR("X-A"), PS_STR("a\nb"));
    ps_error err;
    ps_signing s = how();
    CHECK(ps_sigv4_sign(&r, &keys, &s, NULL, NULL, &err) == PS_EINPUT);
    CHECK(r.headers.count == 1 && !r.signed_before);
    CHECK(ps_sigv4_presign(&r, &keys, &s, 60, NULL, NULL, &err) == PS_EINPUT);
    CHECK(r.query.len == 0);
    ps_request_free(&r);
}

static void times_have_their_years(void)
{
    static const struct {
        int64_t ms;
        const char *stamp;
    } cases[] = {{0, "19700101T000000Z"},
                 {INT64_C(951782399999), "20000228T235959Z"},
                 {INT64_C(951782400000), "20000229T000000Z"},
                 {INT64_C(4107542400000), "21000301T000000Z"},
                 {INT64_C(253402300799999), "99991231T235959Z"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ps_request r = request();
        ps_error err;
        ps_signing s = how();
        s.now_ms = cases[i].ms;
        CHECK(ps_sigv4_sign(&r, &keys, &s, NULL, NULL, &err) == PS_OK);
        CHECK_STR(ps_headers_get(&r.headers, PS_STR("X-Amz-Date")), cases[i].stamp);
        ps_request_free(&r);
    }
    ps_request r = request();
    ps_error err;
    ps_signing s = how();
    s.now_ms = -1;
    CHECK(ps_sigv4_sign(&r, &keys, &s, NULL, NULL, &err) == PS_EINPUT);
    s.now_ms = INT64_C(253402300800000);
    CHECK(ps_sigv4_sign(&r, &keys, &s, NULL, NULL, &err) == PS_EINPUT);
    ps_request_free(&r);
}

static void a_wiped_cache_holds_nothing(void)
{
    ps_request r = request();
    ps_error err;
    ps_signing s = how();
    ps_signing_cache cache = {0}, zero = {0};
    CHECK(ps_sigv4_sign(&r, &keys, &s, &cache, NULL, &err) == PS_OK);
    CHECK(cache.filled);
    ps_signing_cache_wipe(&cache);
    CHECK(memcmp(cache.key, zero.key, sizeof zero.key) == 0 && !cache.filled);
    ps_request_free(&r);
}

static void path(const char *given, const char *want)
{
    ps_buf out = {0};
    ps_signing s = how();
    ps_canonical_path(&out, ps_str_from(given), &s);
    CHECK_STR(ps_buf_str(&out), want);
    ps_buf_free(&out);
}

static void paths_are_normalised(void)
{
    path("", "/");
    path("/../../..", "/");
    path("/a/b/../..", "/");
    path("/a/b/..", "/a");
    path("/a/./b//c/", "/a/b/c/");
    path("/...", "/...");
    path("/%2E%2E/x", "/%252E%252E/x");
}

static void query(const char *given, const char *want)
{
    ps_buf out = {0};
    ps_canonical_query(&out, ps_str_from(given));
    CHECK_STR(ps_buf_str(&out), want);
    ps_buf_free(&out);
}

static void queries_are_sorted_and_encoded_once(void)
{
    query("b=2&a=1&a=0", "a=0&a=1&b=2");
    query("a&&b=", "a=&b=");
    query("k=%2f%7E%zz%4", "k=%2F~%25zz%254");
    query("k=a=b&", "k=a%3Db");
    query("k1=v&k=w", "k=w&k1=v");
    query("\xE1\x88\xB4=bar", "%E1%88%B4=bar");
}

int main(void)
{
    a_refusal_changes_nothing();
    times_have_their_years();
    a_wiped_cache_holds_nothing();
    paths_are_normalised();
    queries_are_sorted_and_encoded_once();
    return check_report();
}
