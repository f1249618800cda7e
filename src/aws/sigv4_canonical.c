/* sigv4_canonical.c -- path, query and headers as they are signed. */
#include "aws/sigv4_canonical.h"

#include "base/hex.h"
#include "base/mem.h"

#include <stdlib.h>

/* -- path
 * ------------------------------------------------------------------------------------------ */

/* RFC 3986, 5.2.4, and doubled slashes become one, as AWS's services do. */
static void remove_dot_segments(ps_buf *out, ps_str path)
{
    size_t start = out->len;
    ps_buf_reserve(out, path.len + 1);
    for (size_t at = 0; at < path.len;) {
        size_t end = at;
        while (end < path.len && path.p[end] != '/') {
            end++;
        }
        ps_str segment = {path.p + at, end - at};
        if (ps_str_equal(segment, PS_STR(".."))) {
            while (out->len > start && out->p[--out->len] != '/') {
            }
        } else if (segment.len && !ps_str_equal(segment, PS_STR("."))) {
            ps_buf_add_char(out, '/');
            ps_buf_add(out, segment);
        }
        at = end + 1;
    }
    if (out->len == start || path.p[path.len - 1] == '/') {
        ps_buf_add_char(out, '/');
    }
}

void ps_canonical_path(ps_buf *out, ps_str path, const ps_signing *how)
{
    if (path.len == 0) {
        path = PS_STR("/");
    }
    if (how->raw_path) {
        ps_buf_add(out, path);
        return;
    }
    if (how->keep_dots || path.len == 1) {
        ps_percent_encode(out, path, PS_STR("/"));
        return;
    }
    ps_buf normal = {0};
    remove_dot_segments(&normal, path);
    ps_percent_encode(out, ps_buf_str(&normal), PS_STR("/"));
    ps_buf_free(&normal);
}

/* -- query
 * ----------------------------------------------------------------------------------------- */

typedef struct parameter {
    size_t name, name_len, value, value_len; /* in the scratch buffer, encoded */
    const ps_buf *scratch;
} parameter;

static int compare_parameters(const void *a, const void *b)
{
    const parameter *x = a, *y = b;
    const char *text = x->scratch->p;
    int order = ps_str_compare((ps_str){text + x->name, x->name_len},
                               (ps_str){text + y->name, y->name_len});
    return order ? order
                 : ps_str_compare((ps_str){text + x->value, x->value_len},
                                  (ps_str){text + y->value, y->value_len});
}

/* What is encoded already stays encoded, but in upper case and only where it must be. */
static void encode_again(ps_buf *out, ps_str text)
{
    size_t run = 0;
    for (size_t i = 0; i + 2 < text.len; i++) {
        int high = text.p[i] == '%' ? ps_hex_digit(text.p[i + 1]) : -1;
        int low = high >= 0 ? ps_hex_digit(text.p[i + 2]) : -1;
        if (low < 0) {
            continue;
        }
        ps_percent_encode(out, (ps_str){text.p + run, i - run}, PS_STR(""));
        char byte = (char)(high << 4 | low);
        ps_percent_encode(out, (ps_str){&byte, 1}, PS_STR(""));
        i += 2;
        run = i + 1;
    }
    ps_percent_encode(out, (ps_str){text.p + run, text.len - run}, PS_STR(""));
}

static void read_parameter(parameter *p, ps_str text, ps_buf *scratch)
{
    const char *equals = memchr(text.p, '=', text.len);
    size_t name_len = equals ? (size_t)(equals - text.p) : text.len;
    *p = (parameter){.name = scratch->len, .scratch = scratch};
    encode_again(scratch, (ps_str){text.p, name_len});
    p->name_len = scratch->len - p->name;
    p->value = scratch->len;
    if (equals) {
        encode_again(scratch, (ps_str){equals + 1, text.len - name_len - 1});
    }
    p->value_len = scratch->len - p->value;
}

void ps_canonical_query(ps_buf *out, ps_str query)
{
    if (query.len == 0) {
        return;
    }
    size_t most = 1, count = 0;
    for (size_t i = 0; i < query.len; i++) {
        most += query.p[i] == '&';
    }
    parameter *all = ps_alloc_zeroed(most, sizeof *all);
    ps_buf scratch = {0};
    ps_buf_reserve(&scratch, query.len);
    for (size_t at = 0; at < query.len;) {
        const char *stop = memchr(query.p + at, '&', query.len - at);
        size_t end = stop ? (size_t)(stop - query.p) : query.len;
        if (end > at) {
            read_parameter(&all[count++], (ps_str){query.p + at, end - at}, &scratch);
        }
        at = end + 1;
    }
    qsort(all, count, sizeof *all, compare_parameters);
    for (size_t i = 0; i < count; i++) {
        if (i) {
            ps_buf_add_char(out, '&');
        }
        ps_buf_add(out, (ps_str){scratch.p + all[i].name, all[i].name_len});
        ps_buf_add_char(out, '=');
        ps_buf_add(out, (ps_str){scratch.p + all[i].value, all[i].value_len});
    }
    ps_buf_free(&scratch);
    ps_free(all);
}

/* -- headers
 * --------------------------------------------------------------------------------------- */

/* What a proxy or a transport adds, changes or takes away between here and the service. */
static const ps_str unsigned_always[] = {
    {"authorization", 13},
    {"connection", 10},
    {"expect", 6},
    {"keep-alive", 10},
    {"proxy-authenticate", 18},
    {"proxy-authorization", 19},
    {"sec-websocket-key", 17},
    {"sec-websocket-protocol", 22},
    {"sec-websocket-version", 21},
    {"te", 2},
    {"trailer", 7},
    {"transfer-encoding", 17},
    {"upgrade", 7},
    {"user-agent", 10},
    {"x-amzn-trace-id", 15},
};

static bool is_signed(ps_str name, const ps_signing *how)
{
    for (size_t i = 0; i < sizeof unsigned_always / sizeof *unsigned_always; i++) {
        if (ps_str_equal(unsigned_always[i], name)) {
            return false;
        }
    }
    for (size_t i = 0; i < how->unsigned_count; i++) {
        if (ps_header_name_equal(how->unsigned_headers[i], name)) {
            return false;
        }
    }
    return true;
}

typedef struct line {
    ps_str name; /* lower case */
    ps_str value;
    size_t order; /* lines of one name keep their order */
} line;

static int compare_lines(const void *a, const void *b)
{
    const line *x = a, *y = b;
    int order = ps_str_compare(x->name, y->name);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Without blanks around it; each run of blanks inside is one space. */
static void add_trimmed(ps_buf *out, ps_str value)
{
    ps_buf_reserve(out, value.len);
    size_t start = out->len;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_blank(value.p[i])) {
            out->p[out->len++] = value.p[i];
        } else if (out->len > start && i + 1 < value.len && !is_blank(value.p[i + 1])) {
            out->p[out->len++] = ' ';
        }
    }
}

/* Appends `name` in lower case to `scratch`, which has room for it. */
static ps_str lower_name(ps_buf *scratch, ps_str name)
{
    char *to = scratch->p + scratch->len;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    scratch->len += name.len;
    return (ps_str){to, name.len};
}

static void write_lines(ps_canonical_headers *out, const line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i && ps_str_equal(lines[i].name, lines[i - 1].name)) {
            ps_buf_add_char(&out->lines, ',');
        } else {
            if (i) {
                ps_buf_add_char(&out->lines, '\n');
                ps_buf_add_char(&out->names, ';');
            }
            ps_buf_add(&out->lines, lines[i].name);
            ps_buf_add_char(&out->lines, ':');
            ps_buf_add(&out->names, lines[i].name);
        }
        add_trimmed(&out->lines, lines[i].value);
    }
    ps_buf_add_char(&out->lines, '\n');
}

void ps_canonical_headers_write(ps_canonical_headers *out, const ps_request *req,
                                const ps_signing *how)
{
    enum { FEW = 24 };
    const ps_headers *h = &req->headers;
    line few[FEW],
        *lines = h->count + 1 <= FEW ? few : ps_alloc_zeroed(h->count + 1, sizeof *lines);
    size_t count = 0, names_len = 4;
    for (size_t i = 0; i < h->count; i++) {
        names_len += h->at[i].name_len;
    }
    ps_buf scratch = {0};
    ps_buf_reserve(&scratch, names_len);
    bool host = false;
    for (size_t i = 0; i < h->count; i++) {
        ps_str name = lower_name(&scratch, ps_headers_name(h, i));
        if (is_signed(name, how)) {
            host = host || ps_str_equal(name, PS_STR("host"));
            lines[count++] = (line){name, ps_headers_value(h, i), i};
        }
    }
    if (!host) {
        lines[count++] = (line){PS_STR("host"), ps_buf_str(&req->host), h->count};
    }
    qsort(lines, count, sizeof *lines, compare_lines);
    ps_buf_reserve(&out->lines, h->text.len + req->host.len + 8 + 2 * count);
    ps_buf_reserve(&out->names, names_len + count);
    write_lines(out, lines, count);
    ps_buf_free(&scratch);
    if (lines != few) {
        ps_free(lines);
    }
}

void ps_canonical_headers_free(ps_canonical_headers *h)
{
    ps_buf_free(&h->lines);
    ps_buf_free(&h->names);
}
