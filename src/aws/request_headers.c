/* request_headers.c -- header lines in one buffer. */
#include "aws/request.h"

#include "base/mem.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool ps_header_name_equal(ps_str a, ps_str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

static bool is_token(ps_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c <= 0x20 || c >= 0x7F || strchr("\"(),/:;<=>?@[\\]{}", c)) {
            return false;
        }
    }
    return name.len > 0;
}

bool ps_header_may_be_sent(ps_str name, ps_str value)
{
    if (!is_token(name)) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool folds =
            c == '\n' && i + 1 < value.len && (value.p[i + 1] == ' ' || value.p[i + 1] == '\t');
        if ((c < 0x20 || c == 0x7F) && c != '\t' && !folds) {
            return false;
        }
    }
    return true;
}

void ps_headers_add(ps_headers *h, ps_str name, ps_str value)
{
    if (h->count == h->capacity) {
        h->capacity = ps_grow(h->capacity, h->count + 1);
        h->at = ps_realloc(h->at, h->capacity, sizeof *h->at);
    }
    ps_header *line = &h->at[h->count++];
    *line = (ps_header){h->text.len, name.len, h->text.len + name.len, value.len};
    ps_buf_add(&h->text, name);
    ps_buf_add(&h->text, value);
}

/* The index of the first line of that name, or the count. */
static size_t find(const ps_headers *h, ps_str name)
{
    size_t i = 0;
    while (i < h->count && !ps_header_name_equal(ps_headers_name(h, i), name)) {
        i++;
    }
    return i;
}

void ps_headers_set(ps_headers *h, ps_str name, ps_str value)
{
    size_t i = find(h, name);
    if (i == h->count) {
        ps_headers_add(h, name, value);
        return;
    }
    ps_header *line = &h->at[i];
    if (value.len > line->value_len) {
        line->value = h->text.len;
        ps_buf_add(&h->text, value);
    } else if (value.len) {
        memmove(h->text.p + line->value, value.p, value.len);
    }
    line->value_len = value.len;
}

void ps_headers_remove(ps_headers *h, ps_str name)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++) {
        if (!ps_header_name_equal(ps_headers_name(h, i), name)) {
            h->at[kept++] = h->at[i];
        }
    }
    h->count = kept;
}

ps_str ps_headers_get(const ps_headers *h, ps_str name)
{
    size_t i = find(h, name);
    return i < h->count ? ps_headers_value(h, i) : (ps_str){NULL, 0};
}

ps_str ps_headers_name(const ps_headers *h, size_t i)
{
    return (ps_str){h->text.p + h->at[i].name, h->at[i].name_len};
}

ps_str ps_headers_value(const ps_headers *h, size_t i)
{
    return (ps_str){h->text.p + h->at[i].value, h->at[i].value_len};
}

void ps_headers_free(ps_headers *h)
{
    ps_buf_free(&h->text);
    ps_free(h->at);
    *h = (ps_headers){0};
}

static ps_str trim(ps_str s)
{
    while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.len--;
    }
    while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t' || s.p[s.len - 1] == '\r')) {
        s.len--;
    }
    return s;
}

void ps_headers_parse(ps_headers *h, ps_str lines)
{
    while (lines.len && h->count < PS_MAX_HEADER_LINES) {
        const char *end = memchr(lines.p, '\n', lines.len);
        size_t len = end ? (size_t)(end - lines.p) : lines.len;
        const char *colon = memchr(lines.p, ':', len);
        if (colon) {
            ps_str name = {lines.p, (size_t)(colon - lines.p)};
            if (is_token(name)) {
                ps_headers_add(h, name, trim((ps_str){colon + 1, len - name.len - 1}));
            }
        }
        size_t step = end ? len + 1 : len;
        lines = (ps_str){lines.p + step, lines.len - step};
    }
}
