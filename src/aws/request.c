/* request.c -- requests as data: method, target, URL. */
#include "aws/request.h"

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

void ps_request_free(ps_request *r)
{
    ps_buf_free(&r->host);
    ps_buf_free(&r->host_prefix);
    ps_buf_free(&r->path);
    ps_buf_free(&r->query);
    ps_buf_free(&r->body);
    ps_headers_free(&r->headers);
    *r = (ps_request){0};
}

ps_str ps_request_method(ps_str name)
{
    static const ps_str known[] = {{"GET", 3},  {"POST", 4},  {"PUT", 3},    {"DELETE", 6},
                                   {"HEAD", 4}, {"PATCH", 5}, {"OPTIONS", 7}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (ps_str_equal(known[i], name)) {
            return known[i];
        }
    }
    return (ps_str){NULL, 0};
}

/* The static text of a scheme in any case; {NULL, 0} for another. */
static ps_str known_scheme(ps_str name)
{
    if (ps_header_name_equal(name, PS_STR("https"))) {
        return PS_STR("https");
    }
    return ps_header_name_equal(name, PS_STR("http")) ? PS_STR("http") : (ps_str){NULL, 0};
}

/* Host names, addresses (IPv6 in brackets) and a port. */
static bool is_host(ps_str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    (c && strchr("-._~:[]%", c));
        if (!good) {
            return false;
        }
    }
    return host.len > 0;
}

static ps_str without_own_port(ps_str host, ps_str scheme)
{
    ps_str own = scheme.len == 5 ? PS_STR(":443") : PS_STR(":80");
    if (ps_str_ends(host, own)) {
        host.len -= own.len;
    }
    return host;
}

/* Where the first of `stops` is from `at` on, or the end. */
static size_t find_any(ps_str s, size_t at, const char *stops)
{
    while (at < s.len && !(s.p[at] && strchr(stops, s.p[at]))) {
        at++;
    }
    return at;
}

ps_status ps_request_read_url(ps_request *r, ps_str url, ps_error *err)
{
    for (size_t i = 0; i < url.len; i++) {
        if (is_control(url.p[i])) {
            return ps_fail(err, PS_EINPUT, i, "a URL with a control character");
        }
    }
    size_t colon = find_any(url, 0, ":/?#");
    ps_str scheme = known_scheme((ps_str){url.p, colon});
    if (!scheme.p || !ps_str_starts((ps_str){url.p + colon, url.len - colon}, PS_STR("://"))) {
        return ps_fail(err, PS_EINPUT, 0, "expected a URL that begins with http:// or https://");
    }
    size_t host_at = colon + 3, path_at = find_any(url, host_at, "/?#");
    ps_str host = {url.p + host_at, path_at - host_at};
    if (host.len && memchr(host.p, '@', host.len)) {
        return ps_fail(err, PS_EINPUT, host_at, "a URL with a user name or password in it");
    }
    host = without_own_port(host, scheme);
    if (!is_host(host)) {
        return ps_fail(err, PS_EINPUT, host_at, "a URL without a valid host name");
    }
    size_t query_at = find_any(url, path_at, "?#"), end = find_any(url, query_at, "#");
    r->scheme = scheme;
    ps_buf_clear(&r->host);
    ps_buf_add(&r->host, host);
    ps_buf_clear(&r->path);
    ps_buf_add(&r->path,
               query_at > path_at ? (ps_str){url.p + path_at, query_at - path_at} : PS_STR("/"));
    ps_buf_clear(&r->query);
    if (end > query_at) {
        ps_buf_add(&r->query, (ps_str){url.p + query_at + 1, end - query_at - 1});
    }
    return PS_OK;
}

static ps_str without_first_segment(ps_str path)
{
    size_t at = find_any(path, 1, "/");
    return at < path.len ? (ps_str){path.p + at, path.len - at} : PS_STR("/");
}

ps_status ps_request_target(ps_request *r, const ps_target *to, ps_error *err)
{
    ps_str scheme = known_scheme(to->scheme);
    if (!scheme.p) {
        return ps_fail(err, PS_EINPUT, 0, "an endpoint's scheme is http or https");
    }
    ps_buf host = {0};
    if (to->host_prefix) {
        ps_buf_add(&host, ps_buf_str(&r->host_prefix));
    }
    ps_buf_add(&host, without_own_port(to->host, scheme));
    if (!is_host(ps_buf_str(&host))) {
        ps_buf_free(&host);
        return ps_fail(err, PS_EINPUT, 0, "an endpoint without a valid host name");
    }
    ps_str path = ps_buf_str(&r->path), base = to->base_path;
    if (to->drop_segment && path.len) {
        path = without_first_segment(path);
    }
    while (base.len && base.p[base.len - 1] == '/') {
        base.len--;
    }
    ps_buf whole = {0};
    ps_buf_reserve(&whole, base.len + path.len + 1);
    ps_buf_add(&whole, base);
    ps_buf_add(&whole, path.len ? path : PS_STR("/"));
    r->scheme = scheme;
    ps_buf_free(&r->host);
    r->host = host;
    ps_buf_free(&r->path);
    r->path = whole;
    return PS_OK;
}

void ps_percent_encode(ps_buf *out, ps_str bytes, ps_str keep)
{
    static const char digits[] = "0123456789ABCDEF";
    bool plain[256] = {false};
    for (size_t i = 0; i < keep.len; i++) {
        plain[(uint8_t)keep.p[i]] = true;
    }
    size_t run = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = (uint8_t)bytes.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '_' || c == '.' || c == '~' || plain[c]) {
            continue;
        }
        ps_buf_add(out, (ps_str){bytes.p + run, i - run});
        char code[3] = {'%', digits[c >> 4], digits[c & 15]};
        ps_buf_add(out, (ps_str){code, sizeof code});
        run = i + 1;
    }
    ps_buf_add(out, (ps_str){bytes.p + run, bytes.len - run});
}
