/* request_test.c -- headers in one buffer, URLs, targets. */
#include "aws/request.h"
#include "check.h"

static void headers_keep_their_order(void)
{
    ps_headers h = {0};
    ps_headers_add(&h, PS_STR("A"), PS_STR("1"));
    ps_headers_add(&h, PS_STR("B"), PS_STR("2"));
    ps_headers_add(&h, PS_STR("a"), PS_STR("3"));
    ps_headers_set(&h, PS_STR("b"), PS_STR("longer than before"));
    ps_headers_set(&h, PS_STR("B"), PS_STR("x"));
    CHECK(h.count == 3);
    CHECK_STR(ps_headers_get(&h, PS_STR("a")), "1");
    CHECK_STR(ps_headers_get(&h, PS_STR("b")), "x");
    CHECK_STR(ps_headers_name(&h, 1), "B");
    ps_headers_remove(&h, PS_STR("A"));
    CHECK(h.count == 1);
    CHECK(ps_headers_get(&h, PS_STR("A")).p == NULL);
    ps_headers_free(&h);
}

static void lines_are_taken_apart(void)
{
    ps_headers h = {0};
    ps_headers_parse(
        &h, PS_STR("ETag: \"x\"\r\nno colon\r\nbad name: 1\r\nEmpty:\r\nX:a:b \t\r\nLast: 1"));
    CHECK(h.count == 4);
    CHECK_STR(ps_headers_get(&h, PS_STR("etag")), "\"x\"");
    CHECK_STR(ps_headers_get(&h, PS_STR("empty")), "");
    CHECK_STR(ps_headers_get(&h, PS_STR("x")), "a:b");
    CHECK_STR(ps_headers_get(&h, PS_STR("last")), "1");
    ps_headers_free(&h);
    ps_buf many = {0};
    for (int i = 0; i < 50000; i++) {
        ps_buf_addf(&many, "a:%d\n", i);
    }
    ps_headers_parse(&h, ps_buf_str(&many));
    CHECK(h.count == PS_MAX_HEADER_LINES);
    ps_headers_free(&h);
    ps_buf_free(&many);
}

static void lines_bring_no_others_along(void)
{
    CHECK(ps_header_may_be_sent(PS_STR("X-A"), PS_STR("a\tb \xC3\xA9")));
    CHECK(ps_header_may_be_sent(PS_STR("X-A"), PS_STR("folded\n  line")));
    CHECK(!ps_header_may_be_sent(PS_STR("X-A"), PS_STR("a\r\nX-B: 1")));
    CHECK(!ps_header_may_be_sent(PS_STR("X-A"), PS_STR("a\nX-B: 1")));
    CHECK(!ps_header_may_be_sent(PS_STR("X-A"), PS_STR("a\n")));
    CHECK(!ps_header_may_be_sent(PS_STR("X-A"), PS_STR("a\0b")));
    CHECK(!ps_header_may_be_sent(PS_STR("X A"), PS_STR("")));
    CHECK(!ps_header_may_be_sent(PS_STR("X-A:"), PS_STR("")));
    CHECK(!ps_header_may_be_sent(PS_STR(""), PS_STR("")));
}

static void urls_are_taken_apart(void)
{
    ps_request r = {0};
    ps_error err;
    CHECK(ps_request_read_url(&r, PS_STR("https://[::1]:8443/a//b?x=%20#f?"), &err) == PS_OK);
    CHECK_STR(r.scheme, "https");
    CHECK_STR(ps_buf_str(&r.host), "[::1]:8443");
    CHECK_STR(ps_buf_str(&r.path), "/a//b");
    CHECK_STR(ps_buf_str(&r.query), "x=%20");
    CHECK(ps_request_read_url(&r, PS_STR("http://h?q"), &err) == PS_OK);
    CHECK_STR(ps_buf_str(&r.path), "/");
    CHECK_STR(ps_buf_str(&r.query), "q");
    CHECK(ps_request_read_url(&r, PS_STR("http://h:80#x"), &err) == PS_OK);
    CHECK_STR(ps_buf_str(&r.host), "h");
    CHECK_STR(ps_buf_str(&r.query), "");
    CHECK(ps_request_read_url(&r, PS_STR("http://"), &err) == PS_EINPUT);
    CHECK(ps_request_read_url(&r, PS_STR("http"), &err) == PS_EINPUT);
    CHECK(ps_request_read_url(&r, PS_STR(""), &err) == PS_EINPUT);
    CHECK(ps_request_read_url(&r, PS_STR("http://a\tb/"), &err) == PS_EINPUT);
    ps_request_free(&r);
}

static void target(const char *path, ps_target to, const char *host, const char *want)
{
    ps_request r = {0};
    ps_error err;
    ps_buf_add(&r.path, ps_str_from(path));
    ps_buf_add(&r.host_prefix, PS_STR("sync-"));
    CHECK(ps_request_target(&r, &to, &err) == PS_OK);
    CHECK_STR(ps_buf_str(&r.host), host);
    CHECK_STR(ps_buf_str(&r.path), want);
    ps_request_free(&r);
}

static void targets_are_put_together(void)
{
    target("/x", (ps_target){PS_STR("https"), PS_STR("h"), PS_STR(""), false, false}, "h", "/x");
    target("/x", (ps_target){PS_STR("https"), PS_STR("h:443"), PS_STR("/b/"), true, false},
           "sync-h", "/b/x");
    target("/bucket/k/1", (ps_target){PS_STR("HTTP"), PS_STR("h"), PS_STR("/"), false, true}, "h",
           "/k/1");
    target("/bucket", (ps_target){PS_STR("http"), PS_STR("h"), PS_STR(""), false, true}, "h", "/");
}

static void bytes_are_encoded(void)
{
    ps_buf out = {0};
    ps_percent_encode(&out, PS_STR("aZ9-_.~/ +%\xE1\x88\xB4"), PS_STR("/"));
    CHECK_STR(ps_buf_str(&out), "aZ9-_.~/%20%2B%25%E1%88%B4");
    ps_buf_free(&out);
}

int main(void)
{
    headers_keep_their_order();
    lines_are_taken_apart();
    lines_bring_no_others_along();
    urls_are_taken_apart();
    targets_are_put_together();
    bytes_are_encoded();
    return check_report();
}
