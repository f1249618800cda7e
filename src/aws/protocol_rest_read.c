/* protocol_rest_read.c -- members of a reply in status and headers; bodies that are one member. */
#include "aws/protocol_layout.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static ps_str trim(ps_str s)
{
    while (s.len && is_space(*s.p)) {
        s.p++;
        s.len--;
    }
    while (s.len && is_space(s.p[s.len - 1])) {
        s.len--;
    }
    return s;
}

/* One element of a header's list, and `*at` behind its comma. HTTP dates hold one comma each. */
static void next_element(ps_str text, size_t *at, bool dates, ps_buf *out)
{
    size_t i = *at;
    while (i < text.len && is_space(text.p[i])) {
        i++;
    }
    ps_buf_clear(out);
    if (i < text.len && text.p[i] == '"') {
        for (i++; i < text.len && text.p[i] != '"'; i++) {
            i += text.p[i] == '\\' && i + 1 < text.len;
            ps_buf_add_char(out, text.p[i]);
        }
        while (i < text.len && text.p[i] != ',') {
            i++;
        }
    } else {
        size_t from = i, commas = dates ? 1 : 0;
        while (i < text.len && (text.p[i] != ',' || commas > 0)) {
            commas -= text.p[i] == ',';
            i++;
        }
        ps_buf_add(out, trim((ps_str){text.p + from, i - from}));
    }
    *at = i < text.len ? i + 1 : i;
}

static ps_value *read_list(const ps_shape *list, ps_str text, ps_error *err)
{
    const ps_member *element = &list->members[0];
    ps_time_format format = ps_member_time_format(element);
    bool dates = element->shape->kind == PS_SHAPE_TIMESTAMP &&
                 (format == PS_TIME_DEFAULT || format == PS_TIME_RFC822);
    ps_value *out = ps_array(0);
    ps_buf one = {0};
    for (size_t at = 0; at < text.len;) {
        next_element(text, &at, dates, &one);
        ps_value *v = ps_scalar_read(element, ps_buf_str(&one), err);
        if (!v) {
            ps_value_set_take(&out, NULL);
            break;
        }
        ps_array_add_take(out, v);
    }
    ps_buf_free(&one);
    return out;
}

static ps_status read_header(const ps_member *m, const ps_headers *headers, ps_value *result,
                             ps_error *err)
{
    ps_str text = ps_headers_get(headers, m->wire_name);
    bool text_like = m->shape->kind == PS_SHAPE_STRING;
    if (!text.p || (text.len == 0 && !text_like)) {
        return PS_OK;
    }
    ps_value *v = m->shape->kind == PS_SHAPE_LIST ? read_list(m->shape, text, err)
                                                  : ps_scalar_read(m, text, err);
    if (!v && m->shape->kind == PS_SHAPE_TIMESTAMP) {
        return PS_OK; /* whoever stored "Expires: soon" with an object must not bar it to others */
    }
    if (!v) {
        return err->code;
    }
    ps_object_put_take(result, m->name, v);
    return PS_OK;
}

static void read_header_map(const ps_member *m, const ps_headers *headers, ps_value *result)
{
    ps_value *map = ps_object(0);
    size_t skip = m->wire_name.len;
    for (size_t i = 0; i < headers->count; i++) {
        ps_str name = ps_headers_name(headers, i);
        if (name.len >= skip && ps_header_name_equal((ps_str){name.p, skip}, m->wire_name)) {
            ps_value *key = ps_text_value((ps_str){name.p + skip, name.len - skip});
            ps_object_set_take(map, key, ps_text_value(ps_headers_value(headers, i)));
        }
    }
    ps_object_put_take(result, m->name, map);
}

ps_status ps_rest_read(const ps_shape *shape, int status, const ps_headers *headers,
                       ps_value *result, ps_error *err)
{
    ps_status done = PS_OK;
    for (size_t i = 0; i < shape->member_count && done == PS_OK; i++) {
        const ps_member *m = &shape->members[i];
        if (m->location == PS_LOCATION_STATUS) {
            ps_object_put_take(result, m->name, ps_int(status));
        } else if (m->location == PS_LOCATION_HEADERS) {
            read_header_map(m, headers, result);
        } else if (m->location == PS_LOCATION_HEADER) {
            done = read_header(m, headers, result, err);
        }
    }
    return done;
}

bool ps_rest_read_raw(const ps_member *payload, const ps_reply *reply, bool streamed,
                      ps_value *result)
{
    ps_shape_kind kind = payload->shape->kind;
    if (kind != PS_SHAPE_BLOB && kind != PS_SHAPE_STRING) {
        return false;
    }
    bool wanted = !(streamed && payload->streaming) && (reply->body.len || payload->streaming);
    if (wanted) {
        ps_value *v = kind == PS_SHAPE_BLOB ? ps_string(reply->body) : ps_text_value(reply->body);
        ps_object_put_take(result, payload->name, v);
    }
    return true;
}
