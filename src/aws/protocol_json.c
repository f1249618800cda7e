/* protocol_json.c -- shapes as JSON; the protocols json 1.0 and 1.1. */
#include "aws/protocol_layout.h"
#include "base/base64.h"
#include "value/json.h"

/* -- shape -> JSON ------------------------------------------------------------------------------
 */

static void write_value(const ps_member *m, const ps_shape *shape, const ps_value *v, ps_buf *out);

static void write_structure(const ps_shape *shape, const ps_value *v, bool whole, ps_buf *out)
{
    char before = '{';
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *value = ps_object_value_at(v, i);
        const ps_member *m = ps_shape_member(shape, ps_value_str(ps_object_key_at(v, i)));
        if (!m || ps_value_kind(value) == PS_NULL || (!whole && m->location != PS_LOCATION_BODY)) {
            continue;
        }
        ps_buf_add_char(out, before);
        before = ',';
        ps_json_print_string(m->wire_name, out);
        ps_buf_add_char(out, ':');
        write_value(m, m->shape, value, out);
    }
    if (before == '{') {
        ps_buf_add_char(out, '{');
    }
    ps_buf_add_char(out, '}');
}

static void write_list(const ps_shape *shape, const ps_value *v, ps_buf *out)
{
    ps_buf_add_char(out, '[');
    for (size_t i = 0; i < ps_value_count(v); i++) {
        if (i) {
            ps_buf_add_char(out, ',');
        }
        write_value(&shape->members[0], shape->members[0].shape, ps_array_at(v, i), out);
    }
    ps_buf_add_char(out, ']');
}

static void write_map(const ps_shape *shape, const ps_value *v, ps_buf *out)
{
    ps_buf_add_char(out, '{');
    for (size_t i = 0; i < ps_value_count(v); i++) {
        if (i) {
            ps_buf_add_char(out, ',');
        }
        ps_json_print_string(ps_value_str(ps_object_key_at(v, i)), out);
        ps_buf_add_char(out, ':');
        write_value(&shape->members[1], shape->members[1].shape, ps_object_value_at(v, i), out);
    }
    ps_buf_add_char(out, '}');
}

static void write_time(const ps_member *m, const ps_shape *shape, const ps_value *v, ps_buf *out)
{
    ps_time_format format = m ? ps_member_time_format(m) : shape->time_format;
    if (format == PS_TIME_DEFAULT || format == PS_TIME_UNIX) {
        ps_time_write(v, PS_TIME_UNIX, out);
        return;
    }
    ps_buf_add_char(out, '"');
    ps_time_write(v, format, out);
    ps_buf_add_char(out, '"');
}

static void write_number(const ps_shape *shape, const ps_value *v, ps_buf *out)
{
    int64_t n;
    bool whole = shape->kind == PS_SHAPE_INTEGER || shape->kind == PS_SHAPE_LONG;
    if (whole && ps_value_int(v, &n)) {
        ps_buf_addf(out, "%lld", (long long)n);
    } else {
        ps_json_print(v, out);
    }
}

static void write_value(const ps_member *m, const ps_shape *shape, const ps_value *v, ps_buf *out)
{
    if (ps_value_kind(v) == PS_NULL) {
        ps_buf_add(out, PS_STR("null"));
        return;
    }
    switch (shape->kind) {
    case PS_SHAPE_STRUCTURE:
        write_structure(shape, v, true, out);
        break;
    case PS_SHAPE_LIST:
        write_list(shape, v, out);
        break;
    case PS_SHAPE_MAP:
        write_map(shape, v, out);
        break;
    case PS_SHAPE_TIMESTAMP:
        write_time(m, shape, v, out);
        break;
    case PS_SHAPE_BLOB:
        ps_buf_add_char(out, '"');
        ps_base64_encode(ps_value_str(v), out);
        ps_buf_add_char(out, '"');
        break;
    default:
        write_number(shape, v, out);
        break;
    }
}

void ps_shape_json_write(const ps_shape *shape, const ps_value *v, ps_buf *out)
{
    write_value(NULL, shape, v, out);
}

void ps_json_body_write(const ps_shape *shape, const ps_value *params, ps_buf *out)
{
    write_structure(shape, params, false, out);
}

/* -- JSON -> shape ------------------------------------------------------------------------------
 */

static ps_value *fail_kind(const char *wanted, ps_error *err)
{
    ps_fail(err, PS_EINPUT, 0, "the service sent no %s where one belongs", wanted);
    return NULL;
}

static ps_status read_members(const ps_shape *shape, const ps_value *json, bool whole,
                              ps_value *result, ps_error *err)
{
    for (size_t i = 0; i < ps_value_count(json); i++) {
        const ps_value *value = ps_object_value_at(json, i);
        const ps_member *m = ps_shape_wire_member(shape, ps_value_str(ps_object_key_at(json, i)));
        if (!m || ps_value_kind(value) == PS_NULL || (!whole && !ps_member_in_reply_body(m))) {
            continue;
        }
        ps_value *v = ps_shape_json_read(m->shape, value, err);
        if (!v) {
            return err->code;
        }
        ps_object_put_take(result, m->name, v);
    }
    return PS_OK;
}

/* A union with a member that is newer than the model says so, by the name botocore has for that. */
static void tell_unknown(const ps_value *json, ps_value *result)
{
    for (size_t i = 0; i < ps_value_count(json); i++) {
        const ps_value *key = ps_object_key_at(json, i);
        if (ps_value_kind(ps_object_value_at(json, i)) != PS_NULL &&
            !ps_str_equal(ps_value_str(key), PS_STR("__type"))) {
            ps_value *member = ps_object(1);
            ps_object_put_take(member, PS_STR("name"), ps_value_ref(key));
            ps_object_put_take(result, PS_STR("SDK_UNKNOWN_MEMBER"), member);
            return;
        }
    }
}

static ps_value *read_structure(const ps_shape *shape, const ps_value *json, ps_error *err)
{
    if (ps_value_kind(json) != PS_OBJECT) {
        return fail_kind("object", err);
    }
    ps_value *result = ps_object(ps_value_count(json));
    if (read_members(shape, json, true, result, err) != PS_OK) {
        ps_value_unref(result);
        return NULL;
    }
    if (shape->is_union && ps_value_count(result) == 0) {
        tell_unknown(json, result);
    }
    return result;
}

/* Nulls stay, also where the model expects none: other items keep their places. */
static ps_value *read_list(const ps_shape *shape, const ps_value *json, ps_error *err)
{
    if (ps_value_kind(json) != PS_ARRAY) {
        return fail_kind("list", err);
    }
    size_t count = ps_value_count(json);
    ps_value *list = ps_array(count);
    for (size_t i = 0; i < count; i++) {
        const ps_value *item = ps_array_at(json, i);
        ps_value *v = ps_shape_json_read(shape->members[0].shape, item, err);
        if (!v) {
            ps_value_unref(list);
            return NULL;
        }
        ps_array_add_take(list, v);
    }
    return list;
}

static ps_value *read_map(const ps_shape *shape, const ps_value *json, ps_error *err)
{
    if (ps_value_kind(json) != PS_OBJECT) {
        return fail_kind("object", err);
    }
    size_t count = ps_value_count(json);
    ps_value *map = ps_object(count);
    for (size_t i = 0; i < count; i++) {
        const ps_value *item = ps_object_value_at(json, i);
        if (ps_value_kind(item) == PS_NULL && !shape->sparse) {
            continue;
        }
        ps_value *v = ps_shape_json_read(shape->members[1].shape, item, err);
        if (!v) {
            ps_value_unref(map);
            return NULL;
        }
        ps_object_set_take(map, ps_value_ref(ps_object_key_at(json, i)), v);
    }
    return map;
}

ps_value *ps_shape_json_read(const ps_shape *shape, const ps_value *json, ps_error *err)
{
    if (ps_value_kind(json) == PS_NULL) {
        return ps_null();
    }
    ps_value *v;
    switch (shape->kind) {
    case PS_SHAPE_STRUCTURE:
        return read_structure(shape, json, err);
    case PS_SHAPE_LIST:
        return read_list(shape, json, err);
    case PS_SHAPE_MAP:
        return read_map(shape, json, err);
    case PS_SHAPE_TIMESTAMP:
        v = ps_time_read_value(json);
        return v ? v : fail_kind("instant", err);
    case PS_SHAPE_BLOB:
        return ps_value_kind(json) == PS_STRING ? ps_blob_read(ps_value_str(json), err)
                                                : fail_kind("base 64", err);
    default:
        return ps_value_ref(json);
    }
}

ps_status ps_json_body_read(const ps_shape *shape, ps_str body, ps_value *result, ps_error *err)
{
    if (body.len == 0) {
        return PS_OK;
    }
    ps_value *json = ps_json_parse(body, &ps_json_payload, err);
    if (!json) {
        return err->code;
    }
    ps_status status = PS_OK;
    if (ps_value_kind(json) == PS_OBJECT) {
        status = read_members(shape, json, false, result, err);
    } else if (ps_value_kind(json) != PS_NULL) {
        fail_kind("object", err);
        status = err->code;
    }
    ps_value_unref(json);
    return status;
}

/* -- refusals -----------------------------------------------------------------------------------
 */

/* The first of the members that is a string; services spell them differently. */
static ps_str first_text(const ps_value *json, const char *const *names)
{
    for (; json && *names; names++) {
        const ps_value *v = ps_object_get(json, ps_str_from(*names));
        if (v && ps_value_kind(v) == PS_STRING) {
            return ps_value_str(v);
        }
    }
    return PS_STR("");
}

static ps_value *parse_object(ps_str body)
{
    ps_error ignored;
    ps_value *json = body.len ? ps_json_parse(body, &ps_json_payload, &ignored) : NULL;
    if (json && ps_value_kind(json) != PS_OBJECT) {
        ps_value_set_take(&json, NULL);
    }
    return json;
}

/* An HTML page of a proxy says nothing that a program could use. */
static ps_str plain_body(ps_str body)
{
    return body.len && body.len <= 1000 && body.p[0] != '<' && body.p[0] != '{' ? body : PS_STR("");
}

void ps_json_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out)
{
    static const char *const codes[] = {"__type", "code", "Code", NULL};
    static const char *const messages[] = {"message", "Message", "errorMessage", NULL};
    ps_headers headers = {0};
    ps_headers_parse(&headers, reply->headers);
    ps_value *json = parse_object(reply->body);
    ps_str code = ps_headers_get(&headers, PS_STR("x-amzn-errortype"));
    if (code.len == 0) {
        code = first_text(json, codes);
    }
    ps_str message = json ? first_text(json, messages) : plain_body(reply->body);
    ps_refusal_set(out, op, reply->status, code, message, ps_reply_request_id(&headers));
    ps_refusal_query_code(out, op, ps_headers_get(&headers, PS_STR("x-amzn-query-error")));
    ps_error ignored;
    if (json && out->shape) {
        read_members(out->shape, json, false, out->fields, &ignored);
    }
    if (out->shape) {
        ps_rest_read(out->shape, reply->status, &headers, out->fields, &ignored);
    }
    ps_value_unref(json);
    ps_headers_free(&headers);
}

/* -- the protocol -------------------------------------------------------------------------------
 */

static ps_status write_call(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err)
{
    (void)options;
    (void)err;
    ps_buf text = {0};
    ps_buf_add_char(&req->path, '/');
    ps_buf_add(&text, op->model->target_prefix);
    ps_buf_add_char(&text, '.');
    ps_buf_add(&text, op->name);
    ps_headers_add(&req->headers, PS_STR("X-Amz-Target"), ps_buf_str(&text));
    ps_buf_clear(&text);
    ps_buf_add(&text, PS_STR("application/x-amz-json-"));
    ps_buf_add(&text, op->model->json_version.len ? op->model->json_version : PS_STR("1.0"));
    ps_headers_add(&req->headers, PS_STR("Content-Type"), ps_buf_str(&text));
    ps_buf_free(&text);
    if (op->model->query_compatible) {
        ps_headers_add(&req->headers, PS_STR("x-amzn-query-mode"), PS_STR("true"));
    }
    if (op->input && params) {
        write_structure(op->input->shape, params, true, &req->body);
    } else {
        ps_buf_add(&req->body, PS_STR("{}"));
    }
    return PS_OK;
}

/* Locations mean nothing here: all members are in the body. */
static ps_value *read_reply(const ps_operation *op, const ps_reply *reply, bool streamed,
                            ps_error *err)
{
    (void)streamed;
    if (!op->output || reply->body.len == 0) {
        return ps_object(0);
    }
    ps_value *json = ps_json_parse(reply->body, &ps_json_payload, err);
    if (!json) {
        return NULL;
    }
    ps_value *result = ps_value_kind(json) == PS_NULL
                           ? ps_object(0)
                           : read_structure(op->output->shape, json, err);
    ps_value_unref(json);
    return result;
}

const ps_codec ps_codec_json = {write_call, read_reply, ps_json_refusal};
