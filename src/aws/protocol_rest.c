/* protocol_rest.c -- members in path, query, headers and status; payloads that are the body. */
#include "aws/protocol_layout.h"

static const ps_value *given(const ps_value *params, const ps_member *m)
{
    const ps_value *v = params ? ps_object_get(params, m->name) : NULL;
    return v && ps_value_kind(v) != PS_NULL ? v : NULL;
}

/* -- path ---------------------------------------------------------------------------------------
 */

static const ps_member *path_member(const ps_shape *shape, ps_str label)
{
    for (size_t i = 0; shape && i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        if (m->location == PS_LOCATION_URI && ps_str_equal(m->wire_name, label)) {
            return m;
        }
    }
    return NULL;
}

/* "{Key+}" may hold slashes, any other label is one segment. */
static ps_status write_label(const ps_shape *shape, ps_str label, const ps_value *params,
                             ps_request *req, ps_error *err)
{
    bool greedy = label.len && label.p[label.len - 1] == '+';
    label.len -= greedy;
    const ps_member *m = path_member(shape, label);
    const ps_value *v = m ? given(params, m) : NULL;
    ps_buf text = {0};
    if (v) {
        ps_scalar_write(m, v, PS_TIME_ISO8601, &text);
    }
    if (text.len == 0) {
        ps_str name = m ? m->name : label;
        ps_buf_free(&text);
        return ps_fail(err, PS_EINPUT, 0, "%.*s: must not be empty, for it is a part of the path",
                       name.len < 80 ? (int)name.len : 80, name.p);
    }
    ps_percent_encode(&req->path, ps_buf_str(&text), greedy ? PS_STR("/") : PS_STR(""));
    ps_buf_free(&text);
    return PS_OK;
}

static ps_status write_path(const ps_operation *op, const ps_value *params, ps_request *req,
                            ps_error *err)
{
    const ps_shape *shape = op->input ? op->input->shape : NULL;
    const char *at = op->uri.p, *end = at + op->uri.len;
    const char *query = op->uri.len ? memchr(at, '?', op->uri.len) : NULL;
    const char *stop = query ? query : end;
    while (at < stop) {
        const char *close = *at == '{' ? memchr(at, '}', (size_t)(stop - at)) : NULL;
        if (!close) {
            ps_buf_add_char(&req->path, *at++);
            continue;
        }
        ps_str label = {at + 1, (size_t)(close - at - 1)};
        if (write_label(shape, label, params, req, err) != PS_OK) {
            return err->code;
        }
        at = close + 1;
    }
    if (query) {
        ps_buf_add(&req->query, (ps_str){query + 1, (size_t)(end - query - 1)});
    }
    return PS_OK;
}

/* -- query --------------------------------------------------------------------------------------
 */

static void put_query(ps_request *req, ps_str name, const ps_member *m, const ps_value *v)
{
    ps_buf text = {0};
    if (ps_value_kind(v) == PS_NULL) {
        return;
    }
    ps_scalar_write(m, v, PS_TIME_ISO8601, &text);
    if (req->query.len) {
        ps_buf_add_char(&req->query, '&');
    }
    ps_percent_encode(&req->query, name, PS_STR(""));
    ps_buf_add_char(&req->query, '=');
    ps_percent_encode(&req->query, ps_buf_str(&text), PS_STR(""));
    ps_buf_free(&text);
}

static void put_query_list(ps_request *req, ps_str name, const ps_shape *list, const ps_value *v)
{
    for (size_t i = 0; i < ps_value_count(v); i++) {
        put_query(req, name, &list->members[0], ps_array_at(v, i));
    }
}

static bool is_given_in_query(const ps_shape *shape, ps_str name, const ps_value *params)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        if (m->location == PS_LOCATION_QUERY && m->shape->kind != PS_SHAPE_MAP &&
            ps_str_equal(m->wire_name, name) && given(params, m)) {
            return true;
        }
    }
    return false;
}

/* The members that have a name of their own win over what the map holds under it. */
static void put_query_map(ps_request *req, const ps_shape *shape, const ps_shape *map,
                          const ps_value *v, const ps_value *params)
{
    const ps_member *value = &map->members[1];
    for (size_t i = 0; i < ps_value_count(v); i++) {
        ps_str name = ps_value_str(ps_object_key_at(v, i));
        const ps_value *item = ps_object_value_at(v, i);
        if (is_given_in_query(shape, name, params)) {
            continue;
        }
        if (value->shape->kind == PS_SHAPE_LIST && ps_value_kind(item) == PS_ARRAY) {
            put_query_list(req, name, value->shape, item);
        } else {
            put_query(req, name, value, item);
        }
    }
}

static void write_query(const ps_shape *shape, const ps_member *m, const ps_value *v,
                        const ps_value *params, ps_request *req)
{
    if (m->shape->kind == PS_SHAPE_LIST) {
        put_query_list(req, m->wire_name, m->shape, v);
    } else if (m->shape->kind == PS_SHAPE_MAP) {
        put_query_map(req, shape, m->shape, v, params);
    } else {
        put_query(req, m->wire_name, m, v);
    }
}

/* -- headers ------------------------------------------------------------------------------------
 */

static ps_status set_header(ps_request *req, const ps_member *m, ps_str name, ps_str value,
                            ps_error *err)
{
    if (!ps_header_may_be_sent(name, value)) {
        return ps_fail(err, PS_EINPUT, 0, "%.*s: has characters that a header must not have",
                       m->name.len < 80 ? (int)m->name.len : 80, m->name.p);
    }
    ps_headers_set(&req->headers, name, value);
    return PS_OK;
}

/* An element with a comma or a quote is quoted, so that the list can be taken apart again. */
static void put_header_element(const ps_member *element, const ps_value *v, ps_buf *out)
{
    ps_buf text = {0};
    ps_scalar_write(element, v, PS_TIME_RFC822, &text);
    bool quoted = element->shape->kind == PS_SHAPE_STRING && text.len &&
                  (memchr(text.p, ',', text.len) || memchr(text.p, '"', text.len));
    if (!quoted) {
        ps_buf_add(out, ps_buf_str(&text));
    } else {
        ps_buf_add_char(out, '"');
        for (size_t i = 0; i < text.len; i++) {
            if (text.p[i] == '"' || text.p[i] == '\\') {
                ps_buf_add_char(out, '\\');
            }
            ps_buf_add_char(out, text.p[i]);
        }
        ps_buf_add_char(out, '"');
    }
    ps_buf_free(&text);
}

static void write_header_list(const ps_shape *list, const ps_value *v, ps_buf *out)
{
    bool first = true;
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *item = ps_array_at(v, i);
        if (ps_value_kind(item) == PS_NULL) {
            continue;
        }
        if (!first) {
            ps_buf_add_char(out, ',');
        }
        first = false;
        put_header_element(&list->members[0], item, out);
    }
}

static ps_status write_header(const ps_member *m, const ps_value *v, ps_request *req, ps_error *err)
{
    ps_buf text = {0};
    if (m->shape->kind == PS_SHAPE_LIST && ps_value_kind(v) == PS_ARRAY) {
        write_header_list(m->shape, v, &text);
    } else {
        ps_scalar_write(m, v, PS_TIME_RFC822, &text);
    }
    ps_status status = set_header(req, m, m->wire_name, ps_buf_str(&text), err);
    ps_buf_free(&text);
    return status;
}

static ps_status write_header_map(const ps_member *m, const ps_value *v, ps_request *req,
                                  ps_error *err)
{
    ps_status status = PS_OK;
    if (ps_value_count(v) > PS_MAX_HEADER_LINES) {
        return ps_fail(err, PS_EINPUT, 0, "%.*s: more than %d headers",
                       m->name.len < 80 ? (int)m->name.len : 80, m->name.p, PS_MAX_HEADER_LINES);
    }
    for (size_t i = 0; i < ps_value_count(v) && status == PS_OK; i++) {
        const ps_value *item = ps_object_value_at(v, i);
        if (ps_value_kind(item) == PS_NULL) {
            continue;
        }
        ps_buf name = {0}, text = {0};
        ps_buf_add(&name, m->wire_name);
        ps_buf_add(&name, ps_value_str(ps_object_key_at(v, i)));
        ps_scalar_write(&m->shape->members[1], item, PS_TIME_RFC822, &text);
        status = set_header(req, m, ps_buf_str(&name), ps_buf_str(&text), err);
        ps_buf_free(&name);
        ps_buf_free(&text);
    }
    return status;
}

ps_status ps_rest_write(const ps_operation *op, const ps_value *params, ps_request *req,
                        ps_error *err)
{
    req->method = op->method;
    ps_status status = write_path(op, params, req, err);
    const ps_shape *shape = op->input ? op->input->shape : NULL;
    for (size_t i = 0; shape && i < shape->member_count && status == PS_OK; i++) {
        const ps_member *m = &shape->members[i];
        const ps_value *v = m->location == PS_LOCATION_BODY ? NULL : given(params, m);
        if (!v) {
            continue;
        }
        if (m->location == PS_LOCATION_QUERY) {
            write_query(shape, m, v, params, req);
        } else if (m->location == PS_LOCATION_HEADERS) {
            status = write_header_map(m, v, req, err);
        } else if (m->location == PS_LOCATION_HEADER) {
            status = write_header(m, v, req, err);
        }
    }
    return status;
}

bool ps_rest_write_raw(const ps_member *payload, const ps_value *params, ps_request *req)
{
    ps_shape_kind kind = payload->shape->kind;
    if (kind != PS_SHAPE_BLOB && kind != PS_SHAPE_STRING) {
        return false;
    }
    const ps_value *v = given(params, payload);
    if (v && ps_value_kind(v) == PS_STRING) {
        ps_buf_add(&req->body, ps_value_str(v));
        ps_str type =
            kind == PS_SHAPE_STRING ? PS_STR("text/plain") : PS_STR("application/octet-stream");
        if (!ps_headers_get(&req->headers, PS_STR("Content-Type")).p) {
            ps_headers_add(&req->headers, PS_STR("Content-Type"), type);
        }
    }
    return true;
}
