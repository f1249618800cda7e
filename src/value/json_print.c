/* json_print.c -- values to JSON, compact and indented. */
#include "value/escape.h"
#include "value/json.h"
#include "value/value_layout.h"

enum { COMPACT = -1 };

void ps_json_print_string(ps_str s, ps_buf *out)
{
    char *start = ps_buf_reserve(out, ps_add_saturating(s.len, 2));
    *start = '"';
    out->len++;
    size_t at = 0;
    for (;;) {
        size_t next = ps_escape_find(s, at);
        ps_buf_add(out, (ps_str){s.p + at, next - at});
        if (next == s.len) {
            break;
        }
        out->len += ps_escape_put((unsigned char)s.p[next], ps_buf_reserve(out, 6));
        at = next + 1;
    }
    ps_buf_add_char(out, '"');
}

static void print_text(const ps_value *v, ps_buf *out)
{
    /* The printed size tells whether there is anything to escape. */
    if (v->bytes != v->len + 2) {
        ps_json_print_string(ps_value_str(v), out);
        return;
    }
    char *to = ps_buf_reserve(out, v->bytes);
    to[0] = '"';
    memcpy(to + 1, ps_as_text(v)->p, v->len);
    to[v->len + 1] = '"';
    out->len += v->bytes;
}

static void new_line(ps_buf *out, int indent)
{
    if (indent != COMPACT) {
        size_t spaces = (size_t)indent * 2;
        char *to = ps_buf_reserve(out, spaces + 1);
        to[0] = '\n';
        memset(to + 1, ' ', spaces);
        out->len += spaces + 1;
    }
}

/* Recursion is bounded by the depth of values, PS_MAX_DEPTH. */
static void print(const ps_value *v, ps_buf *out, int indent);

static void print_array(const ps_value *v, ps_buf *out, int indent)
{
    int inner = indent == COMPACT ? COMPACT : indent + 1;
    ps_buf_add_char(out, '[');
    for (size_t i = 0; i < v->count; i++) {
        if (i) {
            ps_buf_add_char(out, ',');
        }
        new_line(out, inner);
        print(ps_as_list(v)->items[i], out, inner);
    }
    if (v->count) {
        new_line(out, indent);
    }
    ps_buf_add_char(out, ']');
}

static void print_object(const ps_value *v, ps_buf *out, int indent)
{
    int inner = indent == COMPACT ? COMPACT : indent + 1;
    ps_buf_add_char(out, '{');
    for (size_t i = 0; i < v->count; i++) {
        const ps_member *m = &ps_as_map(v)->members[i];
        if (i) {
            ps_buf_add_char(out, ',');
        }
        new_line(out, inner);
        print_text(m->key, out);
        ps_buf_add(out, indent == COMPACT ? PS_STR(":") : PS_STR(": "));
        print(m->value, out, inner);
    }
    if (v->count) {
        new_line(out, indent);
    }
    ps_buf_add_char(out, '}');
}

static void print(const ps_value *v, ps_buf *out, int indent)
{
    switch ((ps_kind)v->kind) {
    case PS_NULL:
        ps_buf_add(out, PS_STR("null"));
        break;
    case PS_BOOL:
        ps_buf_add(out, v->n ? PS_STR("true") : PS_STR("false"));
        break;
    case PS_INT:
    case PS_DOUBLE:
    case PS_DECIMAL:
        ps_number_print(v, out);
        break;
    case PS_STRING:
        print_text(v, out);
        break;
    case PS_ARRAY:
        print_array(v, out, indent);
        break;
    case PS_OBJECT:
        print_object(v, out, indent);
        break;
    }
}

void ps_json_print(const ps_value *v, ps_buf *out)
{
    ps_buf_reserve(out, ps_value_bytes(v));
    print(v, out, COMPACT);
}

void ps_json_print_pretty(const ps_value *v, ps_buf *out)
{
    print(v, out, 0);
}

ps_value *ps_json_string(const ps_value *v)
{
    ps_buf out = {0};
    ps_json_print(v, &out);
    ps_value *s = ps_string(ps_buf_str(&out));
    ps_buf_free(&out);
    return s;
}
