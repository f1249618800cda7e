/* request.c -- a transfer from a request: what it asks is checked and copied. */
#include "base/mem.h"
#include "io/layout.h"

#include <strings.h>

/* -- reading the request --------------------------------------------------------------------- */

static bool is_text(ps_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f) {
            return false;
        }
    }
    return s.len > 0;
}

static bool line_is(ps_str line, const char *name)
{
    size_t len = strlen(name);
    return line.len > len && line.p[len] == ':' && strncasecmp(line.p, name, len) == 0;
}

/* The next line of `headers`; false at the end. */
static bool next_line(ps_str headers, size_t *at, ps_str *line)
{
    if (*at >= headers.len) {
        return false;
    }
    const char *start = headers.p + *at;
    const char *end = memchr(start, '\n', headers.len - *at);
    size_t len = end ? (size_t)(end - start) : headers.len - *at;
    *at += len + 1;
    *line = (ps_str){start, len && start[len - 1] == '\r' ? len - 1 : len};
    return true;
}

/* A token, a colon, and no control character but tabs. */
static bool is_header(ps_str line)
{
    const char *colon = line.len ? memchr(line.p, ':', line.len) : NULL;
    if (!colon || colon == line.p) {
        return false;
    }
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.p[i];
        bool in_name = line.p + i < colon;
        if ((c < ' ' && c != '\t') || c == 0x7f || (in_name && c <= ' ')) {
            return false;
        }
    }
    return true;
}

/* What the framing says is ours to say. */
static bool is_framing(ps_str line)
{
    return line_is(line, "Content-Length") || line_is(line, "Transfer-Encoding") ||
           line_is(line, "Expect");
}

/* "user:secret@host:port" between "://" and the path. */
static bool split_url(ps_str url, ps_str *host, unsigned *port)
{
    bool is_tls = url.len > 8 && strncasecmp(url.p, "https://", 8) == 0;
    if (!is_tls && (url.len <= 7 || strncasecmp(url.p, "http://", 7) != 0)) {
        return false;
    }
    ps_str rest = is_tls ? (ps_str){url.p + 8, url.len - 8} : (ps_str){url.p + 7, url.len - 7};
    size_t len = 0;
    while (len < rest.len && !strchr("/?#", rest.p[len])) {
        len++;
    }
    rest.len = len;
    for (size_t i = rest.len; i-- > 0;) {
        if (rest.p[i] == '@') {
            rest = (ps_str){rest.p + i + 1, rest.len - i - 1};
            break;
        }
    }
    *port = is_tls ? 443 : 80;
    size_t name = rest.len;
    while (name > 0 && rest.p[name - 1] >= '0' && rest.p[name - 1] <= '9') {
        name--;
    }
    if (name > 0 && rest.p[name - 1] == ':') {
        unsigned long number = 0;
        for (size_t i = name; i < rest.len && number < 65536; i++) {
            number = number * 10 + (unsigned long)(rest.p[i] - '0');
        }
        *port = number < 65536 ? (unsigned)number : 0;
        rest.len = name - 1;
    }
    *host = rest;
    return rest.len > 0 && *port > 0;
}

static ps_status check(const ps_io_request *r, ps_str *host, unsigned *port, ps_error *err)
{
    if (!is_text(r->url) || !split_url(r->url, host, port)) {
        return ps_fail(err, PS_EINPUT, 0, "no http:// or https:// URL with a host");
    }
    if (!is_text(r->method) || r->method.len > 32) {
        return ps_fail(err, PS_EINPUT, 0, "no HTTP method");
    }
    size_t at = 0;
    ps_str line;
    while (next_line(r->headers, &at, &line)) {
        if (line.len && !is_header(line)) {
            return ps_fail(err, PS_EINPUT, at - 1, "a header is not a line 'Name: value'");
        }
    }
    return PS_OK;
}

/* -- making ---------------------------------------------------------------------------------- */

static char *put_text(char **to, ps_str s)
{
    char *start = *to;
    if (!s.p) {
        return NULL;
    }
    memcpy(start, s.p, s.len);
    start[s.len] = '\0';
    *to += s.len + 1;
    return start;
}

/* What libcurl would add by itself, and must not. */
static char no_expect[] = "Expect:", no_accept[] = "Accept:", no_type[] = "Content-Type:";

static struct curl_slist *put_node(struct curl_slist **node, struct curl_slist *last, char *line)
{
    struct curl_slist *n = (*node)++;
    *n = (struct curl_slist){.data = line};
    if (last) {
        last->next = n;
    }
    return n;
}

/* The header lines as libcurl's list, in memory of ours; it takes "Name;" for an empty header. */
static void put_headers(ps_transfer *t, ps_str headers, struct curl_slist *node, char **to)
{
    struct curl_slist *last = put_node(&node, NULL, no_expect);
    t->headers = last;
    bool has_accept = false, has_type = false;
    size_t at = 0;
    ps_str line;
    while (next_line(headers, &at, &line)) {
        if (line.len == 0 || is_framing(line)) {
            continue;
        }
        has_accept = has_accept || line_is(line, "Accept");
        has_type = has_type || line_is(line, "Content-Type");
        while (line.len && (line.p[line.len - 1] == ' ' || line.p[line.len - 1] == '\t')) {
            line.len--;
        }
        char *copy = put_text(to, line);
        char *colon = strchr(copy, ':');
        if (colon == copy + line.len - 1) {
            *colon = ';';
        }
        last = put_node(&node, last, copy);
    }
    if (!has_accept) {
        last = put_node(&node, last, no_accept);
    }
    if (!has_type) {
        put_node(&node, last, no_type);
    }
}

ps_transfer *ps_transfer_new(ps_port *p, const ps_io_request *r, ps_error *err)
{
    ps_str host = {0}, line;
    unsigned port = 0;
    if (check(r, &host, &port, err) != PS_OK) {
        return NULL;
    }
    size_t lines = 3, at = 0;
    int64_t length = r->length;
    while (next_line(r->headers, &at, &line)) {
        lines++;
    }
    size_t texts = r->url.len + r->method.len + r->headers.len + r->ca_bundle.len + r->proxy.len +
                   r->no_proxy.len + r->allow.len + r->body.len + 8 + lines;
    ps_transfer *t = ps_alloc_zeroed(1, sizeof *t);
    atomic_init(&t->refs, 1);
    t->port = ps_port_ref(p);
    t->id = ++p->last_id;
    /* One block: the list first, for its alignment, then the texts, then the words of libcurl. */
    t->memory = ps_alloc(lines * sizeof(struct curl_slist) + texts + CURL_ERROR_SIZE);
    struct curl_slist *nodes = (struct curl_slist *)(void *)t->memory;
    char *to = t->memory + lines * sizeof *nodes;
    t->words = to;
    to += CURL_ERROR_SIZE;
    char *url = put_text(&to, r->url);
    t->url = url;
    t->host = (ps_str){url + (host.p - r->url.p), host.len};
    t->port_number = port;
    t->method = put_text(&to, r->method);
    t->ca_bundle = put_text(&to, r->ca_bundle);
    t->proxy = put_text(&to, r->proxy);
    t->no_proxy = put_text(&to, r->no_proxy);
    t->allow = (ps_str){put_text(&to, r->allow), r->allow.len};
    put_headers(t, r->headers, nodes, &to);
    t->secret_len = (size_t)(to - t->memory);
    t->body = (ps_str){put_text(&to, r->body), r->body.len};
    t->length = length;
    t->timeout_ms = r->timeout_ms;
    t->connect_timeout_ms = r->connect_timeout_ms;
    t->idle_timeout_ms = r->idle_timeout_ms;
    t->max_body = r->max_body;
    t->has_body = r->has_body;
    t->streams_body = r->streams_body;
    t->streams_reply = t->sinks_reply = r->streams_reply;
    t->verify = r->verify;
    t->http2 = r->http2;
    t->deny_private = r->deny_private;
    return t;
}
